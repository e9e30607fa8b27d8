"""Facebook: what each answer means, by its codes, its shape and its headers."""

import json
from importlib.resources import files
from typing import Any

import pytest
from facebook_script import Scripted, a_message
from publisher_contract import tells_what_to_do

from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers.base import After, Piece
from asean_social.publishers.facebook_errors import Gone, WrongOffset

# -- what answers mean


def refusal(answer: Any, *, visible: bool = True, **wire: Any) -> PublishError:
    with Scripted(answer, **wire) as script, pytest.raises(PublishError) as caught:
        script.graph.update("111_222", visible=visible, is_published=True)
    assert tells_what_to_do(caught.value)
    return caught.value


# kind, code of the sentence, and every (code, subcode) of the documentation and the field that means it
TABLE: list[tuple[type[PublishError], str, list[tuple[int, int | None]]]] = [
    (OutcomeUnknown, "fault", [(1, None), (1, 99)]),
    (OutcomeUnknown, "down", [(2, None)]),
    (OutcomeUnknown, "duplicate", [(506, None), (100, 1366051)]),
    (Unavailable, "upload", [(6001, None)]),
    (WrongOffset, "offset", [(6001, 1363037)]),
    (RateLimited, "throttled", [(code, None) for code in (4, 17, 32, 341, 613, 80001)]),
    (RateLimited, "too-fast", [(368, None), (368, 1390008)]),
    (AuthFailed, "permission", [(code, None) for code in (3, 10, 200, 210, 283, 299)] + [(1, 2853006)]),
    (AuthFailed, "reconnect", [(102, None)] + [(190, one) for one in (None, 458, 460, 463, 467)]),
    (AuthFailed, "security-check", [(190, 459), (190, 464), (1404006, None), (1404078, None)]),
    (AuthFailed, "security-check", [(1404112, None), (4854002, None)]),
    (AuthFailed, "role-lost", [(190, 492)]),
    (AuthFailed, "page-token", [(190, 2069032)]),
    (AuthFailed, "app-secret", [(104, None)]),
    (Gone, "gone", [(100, 33)]),
    (Rejected, "bad-parameter", [(100, None)]),
    (Rejected, "empty", [(197, None)]),
    (Rejected, "unsupported", [(200, 2069030), (200, 2069031), (200, 2069033)]),
    (Rejected, "photo", [(324, None), (100, 1366046), (100, 2069019)]),
    (Rejected, "video", [(382, None), (389, None), (6000, None)]),
    (Rejected, "link", [(1609005, None), (100, 1609008), (100, 2061006)]),
    (Rejected, "against-standards", [(368, 1346003), (1404102, None)]),
    (Rejected, "comment-refused", [(1705, None)]),
    (Rejected, "refused", [(100, 1349125)]),
]
MEANS = {numbers: (kind, name) for kind, name, rows in TABLE for numbers in rows}
STATUSES = [200, 400, 401, 403, 500]  # no guide: each was seen with several


def named(code: str) -> str:
    return code.removeprefix("publish.facebook.").removeprefix("publish.")


def told(code: Any, subcode: Any = None, **more: Any) -> dict[str, Any]:
    """An error as the Graph API tells it."""
    error = {"message": "Nội dung lỗi 490", "type": "OAuthException", "code": code, "fbtrace_id": "A190"}
    return {"error": error | ({} if subcode is None else {"error_subcode": subcode}) | more}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("code", "subcode"), MEANS)
def test_each_documented_error_is_told_apart_whatever_its_status(code, subcode, status) -> None:
    found = refusal(told(code, subcode), status=status)

    assert (type(found), named(found.code)) == MEANS[code, subcode]
    assert found.detail == "Nội dung lỗi 490"


CONTRACT = json.loads(
    (files("asean_social.sandbox") / "contracts" / "facebook.json").read_text(encoding="utf-8")
)["errors"]


@pytest.mark.parametrize("row", CONTRACT, ids=lambda row: f"{row['code']}-{row['subcode']}")
def test_every_error_of_the_contract_has_its_meaning(row) -> None:
    """In the words and with the status in which it was seen."""
    words = {name: row[name] for name in ("message", "type", "is_transient") if name in row}
    found = refusal(told(row["code"], row["subcode"], **words), status=row["status"])

    known = MEANS.get((row["code"], row["subcode"]), (Rejected, "refused"))
    proof = "appsecret_proof" in row["message"]
    assert (type(found), named(found.code)) == ((AuthFailed, "app-secret") if proof else known)
    assert (row["code"], row["subcode"]) in MEANS or row["code"] == 3001  # what is never asked: insights


# reported as numbers in a body, without saying of which field (gitroomhq/postiz-app, facebook.provider.ts)
EITHER = [1346003, 1349125, 1366046, 1366051, 1390008, 1404006, 1404078, 1404102, 1404112, 1609005, 1609008]
EITHER += [2061006, 2069019, 4854002]


@pytest.mark.parametrize("number", EITHER)
def test_a_number_of_unknown_place_means_the_same_as_code_and_as_subcode(number) -> None:
    [meaning] = {means for numbers, means in MEANS.items() if number in numbers}

    for code, subcode in [(number, None), (number, 99)] + [(one, number) for one in (1, 100, 200, 368, 5)]:
        found = refusal(told(code, subcode), status=400)
        assert (type(found), named(found.code)) == meaning, (code, subcode)


@pytest.mark.parametrize(
    ("body", "status", "kind", "meaning"),
    [
        (told(987654), 400, Rejected, "refused"),
        (told(987654), 503, OutcomeUnknown, "fault"),
        (told("190", "463"), 400, AuthFailed, "reconnect"),  # as text
        (told(190, ["x"]), 400, AuthFailed, "reconnect"),
        (
            told(190, message="must be granted before impersonating a user's page"),
            400,
            AuthFailed,
            "reconnect",
        ),
        ({"error": {"message": "?", "type": "OAuthException"}}, 400, OutcomeUnknown, "fault"),  # no number
        (told("?"), 400, OutcomeUnknown, "fault"),
        (told(None), 200, OutcomeUnknown, "fault"),
        (told(True), 400, OutcomeUnknown, "fault"),
        # what may be otherwise the next time is no refusal
        (told(987654, is_transient=True), 400, OutcomeUnknown, "fault"),
        (told(100, is_transient=True), 400, OutcomeUnknown, "fault"),
        (told(100, 1366046, is_transient=True), 400, OutcomeUnknown, "fault"),
        (told(100, is_transient=False), 400, Rejected, "bad-parameter"),
        (told(190, is_transient=True), 400, AuthFailed, "reconnect"),
        (told(4, is_transient=True), 400, RateLimited, "throttled"),
    ],
)
def test_an_error_out_of_the_table_is_read_by_what_it_has(body, status, kind, meaning) -> None:
    found = refusal(body, status=status)

    assert (type(found), named(found.code)) == (kind, meaning)
    if kind is OutcomeUnknown:
        assert type(refusal(body, visible=False, status=status)) is Unavailable


BLAMED = {"blame_field_specs": [["message"], ["targeting", "geo_locations"]]}


@pytest.mark.parametrize("data", [BLAMED, json.dumps(BLAMED)])
def test_the_parameters_at_fault_are_named(data) -> None:
    found = refusal(told(100, message="(#100) Invalid parameter", error_data=data), status=400)

    assert found.detail == "(#100) Invalid parameter [message, targeting, geo_locations]"


@pytest.mark.parametrize("data", ["?", "[]", [], {"blame_field_specs": "x"}, {"blame_field_specs": [5]}])
def test_error_data_of_any_shape_is_borne(data) -> None:
    assert refusal(told(100, error_data=data), status=400).detail == "Nội dung lỗi 490"


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
    ],
)
def test_a_number_with_two_meanings_is_read_with_its_other_fields(error, kind, meaning) -> None:
    found = refusal({"error": error}, status=400)

    assert (type(found), found.code) == (kind, meaning)


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        *(
            (b"<html>Sorry, something went wrong.</html>", {"status": status, "kind": "text/html"})
            for status in (200, 400, 403, 404, 429, 500, 502)
        ),
        (b'{"id": "1', {}),
        (b'{"error": {"code": 190, "mess', {"status": 400}),
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
        (80001, _usage(0, None, "soon", 12), 720),
        (80001, _usage(10**9), 86_400),
        (80001, _usage(-5), 3600),
        (80001, _usage(float("nan")), 3600),
        (80001, _usage(0), 3600),
        (80001, "", 3600),
        *(
            (4, f"X-Business-Use-Case-Usage: {text}\r\n", 3600)
            for text in ("nonsense", "[1]", "5", '{"111": 5}', '{"111": [5]}', '{"111": [{"type": "pages"}]}')
        ),
        (4, 'X-App-Usage: {"call_count": 100, "total_time": 25, "total_cputime": 25}\r\n', 3600),
        (17, "Retry-After: 900\r\n", 900),
        (17, f"Retry-After: 900\r\n{_usage(20)}", 1200),
        (368, _usage(1), 4 * 3600),
        (368, _usage(600), 10 * 3600),
    ],
)
def test_a_throttled_account_waits_as_long_as_facebook_says(code, header, seconds) -> None:
    found = refusal({"error": {"code": code}}, status=400, headers=header)

    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


def test_the_text_for_people_is_preferred_and_secrets_in_it_are_masked() -> None:
    error = {"code": 100, "message": "(#100)", "error_user_msg": "Sai access_token=TOKEN và secret"}

    assert refusal({"error": error}, status=400).detail == "Sai access_token=*** và ***"


NEW_COMMENT = After("first-comment", {"text": "Xem thêm"})


@pytest.mark.parametrize(
    ("body", "kind", "meaning"),
    [
        (told(200), Rejected, "comment-refused"),
        (told(10), Rejected, "comment-refused"),
        (told(1705), Rejected, "comment-refused"),
        (told(190), AuthFailed, "reconnect"),
        (told(100, 33), Unavailable, "not-seen"),
    ],
)
@pytest.mark.parametrize("step", ["follow", "followed"])
def test_who_may_not_comment_may_publish_all_the_same(body, kind, meaning, step) -> None:
    """A refusal of the account would pause it, and its posts with it."""
    with Scripted(body, status=403) as script, pytest.raises(PublishError) as caught:
        getattr(script.publisher, step)(NEW_COMMENT, "111_222")

    assert (type(caught.value), named(caught.value.code)) == (kind, meaning)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("debug", "kind", "meaning"),
    [
        ({"type": "OffsetInvalidError", "retriable": False}, WrongOffset, "offset"),
        ({"type": "PartialRequestError", "retriable": False}, Unavailable, "upload"),
        ({"type": "ProcessingFailedError", "retriable": False}, Unavailable, "upload"),
        ({"type": "NotAuthorizedError", "retriable": False}, AuthFailed, "reconnect"),
        ({"type": "FileTooLargeError", "retriable": False}, Rejected, "video"),
        ({"type": "SomethingNewError", "retriable": True}, Unavailable, "upload"),
        ({"type": "SomethingNewError"}, Unavailable, "upload"),
        ({}, Unavailable, "upload"),
    ],
)
def test_the_host_of_reels_bytes_has_words_of_its_own(debug, kind, meaning, status) -> None:
    body = {"debug_info": {"message": "Nội dung lỗi", **debug}}
    found = refusal(body, visible=False, status=status)

    assert (type(found), named(found.code), found.detail) == (kind, meaning, "Nội dung lỗi")
