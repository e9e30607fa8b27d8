"""Facebook: what each answer means, by its codes, its shape and its headers."""

import json
from typing import Any

import pytest
from facebook_script import Scripted, a_message

from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers.base import Piece
from asean_social.wording.publish import MESSAGES

# -- what answers mean


def refusal(answer: Any, *, visible: bool = True, **wire: Any) -> PublishError:
    with Scripted(answer, **wire) as script, pytest.raises(PublishError) as caught:
        script.graph.update("111_222", visible=visible, is_published=True)
    assert caught.value.code in MESSAGES
    return caught.value


BODIES = [
    (500, 1, None, OutcomeUnknown, "publish.facebook.fault"),
    (500, 1, 99, OutcomeUnknown, "publish.facebook.fault"),
    (400, 1, 2853006, AuthFailed, "publish.facebook.permission"),
    (500, 2, None, OutcomeUnknown, "publish.facebook.down"),
    (400, 3, None, AuthFailed, "publish.facebook.permission"),
    (403, 4, None, RateLimited, "publish.throttled"),
    (400, 10, None, AuthFailed, "publish.facebook.permission"),
    (400, 17, None, RateLimited, "publish.throttled"),
    (403, 32, None, RateLimited, "publish.throttled"),
    (400, 341, None, RateLimited, "publish.throttled"),
    (400, 613, None, RateLimited, "publish.throttled"),
    (400, 80001, None, RateLimited, "publish.throttled"),
    (400, 100, None, Rejected, "publish.facebook.bad-parameter"),
    (400, 100, 1366046, Rejected, "publish.facebook.photo"),
    (400, 100, 1366051, OutcomeUnknown, "publish.facebook.duplicate"),
    (400, 100, 1609008, Rejected, "publish.facebook.link"),
    (400, 100, 2061006, Rejected, "publish.facebook.link"),
    (400, 100, 1349125, Rejected, "publish.facebook.refused"),
    (400, 100, 2069019, Rejected, "publish.facebook.photo"),
    (400, 1609005, None, Rejected, "publish.facebook.link"),
    (400, 1609008, None, Rejected, "publish.facebook.link"),
    (400, 102, None, AuthFailed, "publish.facebook.reconnect"),
    (400, 104, None, AuthFailed, "publish.facebook.app-secret"),
    (400, 190, None, AuthFailed, "publish.facebook.reconnect"),
    (401, 190, 458, AuthFailed, "publish.facebook.reconnect"),
    (400, 190, 459, AuthFailed, "publish.facebook.security-check"),
    (400, 190, 460, AuthFailed, "publish.facebook.reconnect"),
    (200, 190, 463, AuthFailed, "publish.facebook.reconnect"),
    (400, 190, 464, AuthFailed, "publish.facebook.security-check"),
    (400, 190, 467, AuthFailed, "publish.facebook.reconnect"),
    (400, 190, 492, AuthFailed, "publish.facebook.role-lost"),
    (400, 190, 2069032, AuthFailed, "publish.facebook.page-token"),
    (400, 197, None, Rejected, "publish.facebook.empty"),
    (403, 200, None, AuthFailed, "publish.facebook.permission"),
    (400, 210, None, AuthFailed, "publish.facebook.permission"),
    (400, 283, None, AuthFailed, "publish.facebook.permission"),
    (400, 200, 2069030, Rejected, "publish.facebook.unsupported"),
    (400, 200, 2069031, Rejected, "publish.facebook.unsupported"),
    (400, 200, 2069033, Rejected, "publish.facebook.unsupported"),
    (400, 324, None, Rejected, "publish.facebook.photo"),
    (400, 368, None, RateLimited, "publish.facebook.too-fast"),
    (403, 368, 1390008, RateLimited, "publish.facebook.too-fast"),
    (400, 368, 1346003, Rejected, "publish.facebook.against-standards"),
    (400, 1404102, None, Rejected, "publish.facebook.against-standards"),
    (400, 506, None, OutcomeUnknown, "publish.facebook.duplicate"),
    (400, 1404006, None, AuthFailed, "publish.facebook.security-check"),
    (400, 100, 1404078, AuthFailed, "publish.facebook.security-check"),
    (400, 1404112, None, AuthFailed, "publish.facebook.security-check"),
    (400, 4854002, None, AuthFailed, "publish.facebook.security-check"),
    (400, 987654, None, Rejected, "publish.facebook.refused"),
    (503, 987654, None, OutcomeUnknown, "publish.facebook.fault"),
    (400, "190", ["x"], AuthFailed, "publish.facebook.reconnect"),
]


@pytest.mark.parametrize(("status", "code", "subcode", "kind", "meaning"), BODIES)
def test_each_documented_error_is_told_apart(status, code, subcode, kind, meaning) -> None:
    error = {"message": "Nội dung lỗi 490", "type": "OAuthException", "code": code, "fbtrace_id": "A190"}
    found = refusal({"error": error | ({} if subcode is None else {"error_subcode": subcode})}, status=status)

    assert (type(found), found.code) == (kind, meaning)
    assert found.detail == "Nội dung lỗi 490"


@pytest.mark.parametrize(
    ("error", "kind", "meaning"),
    [
        (
            {"code": 100, "type": "GraphMethodException", "message": "Invalid appsecret_proof provided"},
            AuthFailed,
            "publish.facebook.app-secret",
        ),
        (
            {"code": 368, "message": "You have already posted this."},
            OutcomeUnknown,
            "publish.facebook.duplicate",
        ),
        ({"code": 987654, "is_transient": True}, OutcomeUnknown, "publish.facebook.fault"),
    ],
)
def test_a_number_with_two_meanings_is_read_with_its_other_fields(error, kind, meaning) -> None:
    found = refusal({"error": error}, status=400)

    assert (type(found), found.code) == (kind, meaning)


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (b"<html>Sorry, something went wrong.</html>", {"status": 502, "kind": "text/html"}),
        (b"<html></html>", {"kind": "text/html"}),
        (b'{"id": "1', {}),
        (b"", {}),
        (b"", {"kind": ""}),
        ({"success": False}, {}),
        ({}, {}),
        ([], {}),
        (b"null", {}),
        ({"success": True}, {"status": 500}),
        ({"error": "unexpected"}, {"status": 500}),
        ({"id": "1"}, {"status": 302, "headers": "Location: /\r\n"}),
    ],
)
def test_an_unclear_answer_is_unknown_at_a_visible_step_and_a_delay_elsewhere(body, wire) -> None:
    visible, invisible = refusal(body, **wire), refusal(body, visible=False, **wire)

    assert (type(visible), visible.code) == (OutcomeUnknown, "publish.unclear-answer")
    assert (type(invisible), invisible.code) == (Unavailable, "publish.unclear-answer")


@pytest.mark.parametrize(("code", "kind"), [(1, Unavailable), (2, Unavailable), (506, Rejected)])
def test_doubt_and_duplicates_at_an_invisible_step_leave_nothing_public(code, kind) -> None:
    assert type(refusal({"error": {"code": code}}, visible=False, status=500)) is kind


@pytest.mark.parametrize("kind", ["text/javascript", "", "application/json; charset=UTF-8", "image/png"])
@pytest.mark.parametrize("answer", [True, {"success": True}])
def test_a_good_answer_is_accepted_whatever_its_label(answer, kind) -> None:
    with Scripted(answer, kind=kind) as script:
        script.graph.update("111_222", visible=True, is_published=True)

        assert script.asked == ["POST /v26.0/111_222"]


@pytest.mark.parametrize("answer", [True, {"success": True}, {"id": ""}])
@pytest.mark.parametrize(("visible", "kind"), [(True, OutcomeUnknown), (False, Unavailable)])
def test_a_creation_that_tells_no_id_is_not_trusted(answer, visible, kind) -> None:
    with Scripted(answer) as script, pytest.raises(PublishError) as caught:
        script.graph.create("111/feed", visible=visible, message="x")

    assert type(caught.value) is kind


GONE = {"error": {"code": 100, "error_subcode": 33, "message": "Object with ID '1' does not exist"}}


def test_a_post_that_is_not_seen_is_neither_staged_nor_public(tmp_path) -> None:
    with Scripted(GONE, status=400) as script:
        receipt = script.publisher.status(a_message("text", tmp_path), [Piece("post", "111_222")])

    assert (receipt.public, receipt.staged, receipt.remote_id) == (False, False, "")


def test_a_status_without_the_field_asked_for_says_nothing(tmp_path) -> None:
    with Scripted({"id": "111_222"}) as script, pytest.raises(Unavailable):
        script.publisher.status(a_message("text", tmp_path), [Piece("post", "111_222")])


def test_a_post_not_seen_at_its_release_is_looked_up(tmp_path) -> None:
    with Scripted(GONE, status=400) as script, pytest.raises(OutcomeUnknown) as caught:
        list(script.publisher.release(a_message("text", tmp_path), [Piece("post", "111_222")]))

    assert caught.value.code == "publish.facebook.gone"


def test_a_photo_that_vanishes_while_it_is_discarded_counts_as_removed() -> None:
    with Scripted({"id": "333"}, GONE) as script:
        script.publisher.discard([Piece("photo:0", "333")])

        assert [one.partition("?")[0] for one in script.asked] == ["GET /v26.0/333", "DELETE /v26.0/333"]


def _usage(*minutes: Any) -> str:
    rows = [{"type": "pages", "estimated_time_to_regain_access": one} for one in minutes]
    return f"X-Business-Use-Case-Usage: {json.dumps({'111': rows})}\r\n"


@pytest.mark.parametrize(
    ("code", "header", "seconds"),
    [
        (80001, _usage(7, 12), 720),
        (80001, _usage(0), 3600),
        (80001, "", 3600),
        (4, "X-Business-Use-Case-Usage: nonsense\r\n", 3600),
        (4, "X-Business-Use-Case-Usage: [1]\r\n", 3600),
        (4, _usage("soon"), 3600),
        (368, _usage(1), 4 * 3600),
    ],
)
def test_a_throttled_account_waits_as_long_as_facebook_says(code, header, seconds) -> None:
    found = refusal({"error": {"code": code}}, status=400, headers=header)

    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


def test_the_text_for_people_is_preferred_and_secrets_in_it_are_masked() -> None:
    error = {"code": 100, "message": "(#100)", "error_user_msg": "Sai access_token=TOKEN và secret"}

    assert refusal({"error": error}, status=400).detail == "Sai access_token=*** và ***"
