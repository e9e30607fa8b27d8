"""Facebook: the promises of every publisher, and what only Facebook does."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facebook_script import PROOF, SINCE, TEXT, Scripted, a_message, account
from publisher_contract import FixedTokens, PublisherContract, run

from asean_social.errors import (
    OutcomeUnknown,
    PublishError,
    Rejected,
    Unavailable,
    UserError,
)
from asean_social.publishers.base import Piece
from asean_social.publishers.facebook import Facebook
from asean_social.publishers.http import Session
from asean_social.publishers.registry import open_publisher, publisher_class
from asean_social.sandbox.server import Sandbox


class TestFacebook(PublisherContract):
    platform = "facebook"
    kinds = ("text", "link", "photo")
    stage_operation, release_operation, status_operation = "feed.create", "post.update", "post.get"

    def make(self, box, guard=lambda: None):
        account = self.credentials(box)
        return Facebook(account, Session(guard), FixedTokens(account.access_token.get_secret_value()))

    def message(self, kind, folder):
        return a_message(kind, folder)

    def other(self, message):
        return dataclasses.replace(message, text=message.text + "!")

    def assert_shown(self, thing, message):
        assert (thing["kind"], thing["text"], thing["link"]) == (message.kind, message.text, message.link)
        shown = [(one["alt_text"], one["size"], one["mime"]) for one in thing["photos"]]
        assert shown == [(one.alt, one.size, one.mime) for one in message.media]


# -- one-step accounts, against the sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture
def one_step(box) -> Facebook:
    found = box.facebook.pages["hue-asean"]
    configured = account(
        f"{box.url}/facebook", page_id=found.id, access_token=found.token, release="one-step"
    )
    return Facebook(configured, Session(), FixedTokens(found.token))


@pytest.mark.parametrize("kind", ["text", "link", "photo"])
def test_a_one_step_account_creates_nothing_but_photos_before_its_release(
    box, one_step, kind, tmp_path
) -> None:
    message = a_message(kind, tmp_path)
    pieces = run(one_step.stage, message)
    staged = one_step.status(message, pieces)

    assert box.public() == []
    assert [one["kind"] for one in box.hidden()] == ["unattached-photo"] * len(message.media)
    assert not one_step.repeatable
    assert (staged.public, staged.staged) == (False, False)

    pieces = run(one_step.release, message, pieces)

    (thing,) = box.public()
    TestFacebook().assert_shown(thing, message)
    assert one_step.status(message, pieces).public
    assert box.hidden() == []


def test_a_one_step_release_whose_post_is_known_sends_nothing(box, one_step, tmp_path) -> None:
    message = a_message("text", tmp_path)
    pieces = run(one_step.release, message)
    sent = len(box.requests())

    assert run(one_step.release, message, pieces) == pieces
    assert len(box.requests()) == sent


@pytest.mark.parametrize(
    ("fault", "appeared"), [("500-after", 1), ("cut-after", 1), ("cut-before", 0), ("html", 0)]
)
def test_after_a_doubtful_one_step_release_the_post_is_found_or_surely_absent(
    box, one_step, fault, appeared, tmp_path
) -> None:
    message = a_message("link", tmp_path)
    box.fault("facebook", "feed.create", fault)

    with pytest.raises(OutcomeUnknown):
        run(one_step.release, message)

    assert (one_step.find(message, [], SINCE) is not None) == bool(appeared)


def test_photos_of_an_abandoned_one_step_delivery_are_removed(box, one_step, tmp_path) -> None:
    pieces = run(one_step.stage, a_message("photo", tmp_path))

    one_step.discard(pieces)

    assert box.hidden() == []


def test_photos_that_became_public_are_not_removed_though_their_post_is_not_known(
    box, one_step, tmp_path
) -> None:
    message = a_message("photo", tmp_path)
    pieces = run(one_step.stage, message)
    run(one_step.release, message, pieces)

    with pytest.raises(Rejected) as caught:
        one_step.discard(pieces)

    assert caught.value.code == "publish.is-public"
    assert len(box.public()[0]["photos"]) == 1


def test_two_posts_that_match_are_for_a_person_and_the_oldest_is_named(box, one_step, tmp_path) -> None:
    message = a_message("text", tmp_path)
    first, *_ = run(one_step.release, message)
    run(one_step.release, message)

    with pytest.raises(OutcomeUnknown) as caught:
        one_step.find(message, [], SINCE)

    assert caught.value.code == "publish.several-match"
    assert caught.value.values["count"] == 2
    assert caught.value.values["url"] == one_step.status(message, [first]).url


# -- what is sent


def test_forms_carry_booleans_and_lists_as_graph_reads_them_and_nothing_empty(tmp_path) -> None:
    message = dataclasses.replace(a_message("photo", tmp_path), text="")
    with Scripted({"id": "111_222"}, {"is_published": False}) as script:
        run(script.publisher.stage, message, [Piece("photo:0", "333")])

        assert script.asked[0] == "POST /v26.0/111/feed"
        assert script.form() == {
            "published": "false",
            "attached_media": '[{"media_fbid":"333"}]',
            "appsecret_proof": PROOF,
            "access_token": "TOKEN",
        }


def test_every_kind_of_request_is_signed(tmp_path) -> None:
    with Scripted({"id": "333", "success": True}) as script:
        script.graph.get("me", fields="id")
        script.graph.delete("333")
        script.graph.upload("111/photos", a_message("photo", tmp_path).media[0])

        assert script.query(0)["appsecret_proof"] == PROOF
        assert script.query(1)["appsecret_proof"] == PROOF
        assert script.asked[2] == "POST /v26.0/111/photos"
        assert f'name="appsecret_proof"\r\n\r\n{PROOF}\r\n'.encode() in script.recorder.bodies[2]


def test_release_is_one_request_on_the_known_id_and_nothing_else(tmp_path) -> None:
    with Scripted({"success": True}) as script:
        assert list(script.publisher.release(a_message("text", tmp_path), [Piece("post", "111_222")])) == []

        assert script.asked == ["POST /v26.0/111_222"]
        assert script.form() == {"is_published": "true", "appsecret_proof": PROOF, "access_token": "TOKEN"}


def test_a_post_that_is_public_at_once_is_stored_and_told(tmp_path) -> None:
    stored: list[object] = []
    answers = {"id": "111_222"}, {"is_published": True, "permalink_url": "/111/posts/222"}
    with Scripted(*answers) as script, pytest.raises(Rejected) as caught:
        stored.extend(script.publisher.stage(a_message("text", tmp_path), []))

    assert caught.value.code == "publish.facebook.public-at-once"
    assert stored == [Piece("post", "111_222")]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://www.facebook.com/111/posts/222", "https://www.facebook.com/111/posts/222"),
        ("/reel/222/", "https://www.facebook.com/reel/222/"),
        ("", "https://www.facebook.com/111_222"),
    ],
)
def test_the_address_of_a_post_is_whole_whatever_facebook_says(link, url, tmp_path) -> None:
    with Scripted({"is_published": True, "permalink_url": link, "id": "111_222"}) as script:
        assert script.publisher.status(a_message("text", tmp_path), [Piece("post", "111_222")]).url == url


@pytest.mark.parametrize("wrong", [{"kind": "story"}, {"options": {"privacy": "1"}}])
def test_what_the_adapter_does_not_know_is_our_bug(wrong, tmp_path) -> None:
    message = dataclasses.replace(a_message("text", tmp_path), **wrong)
    with Scripted({}) as script:
        for step in (script.publisher.stage, script.publisher.release):
            with pytest.raises(TypeError):
                list(step(message, [Piece("post", "1")]))

        assert script.asked == []


def test_releasing_what_was_never_staged_is_our_bug(tmp_path) -> None:
    with Scripted({}) as script, pytest.raises(ValueError, match="before it was staged"):
        list(script.publisher.release(a_message("text", tmp_path), []))


# -- looking for a post whose id was lost


def _listed(text: str = TEXT, *, age: int = 0, number: int = 1, **more: Any) -> dict[str, Any]:
    created = datetime(2026, 11, 23, 9, tzinfo=UTC) - timedelta(minutes=age)
    post = {
        "id": f"111_{number}",
        "message": text,
        "created_time": created.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }
    return post | more


def _listing(*posts: dict[str, Any], after: str = "") -> dict[str, Any]:
    paging = {"cursors": {"before": "b", "after": after or "z"}} | ({"next": "https://x/"} if after else {})
    return {"data": list(posts), "paging": paging}


LOOK = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "post", "same"),
    [
        ("text", _listed(), True),
        ("text", _listed(TEXT.replace("\n", "  ").upper()), True),
        ("text", _listed(TEXT.replace("ế", "ê")), False),
        ("text", _listed(is_published=False), False),
        ("text", _listed(age=40), False),
        ("text", {**_listed(), "message": None}, False),
        ("link", _listed(), False),
        (
            "link",
            _listed(attachments={"data": [{"unshimmed_url": "http://www.huecity.gov.vn/tin/?id=5&b=ế"}]}),
            True,
        ),
        (
            "link",
            _listed(attachments={"data": [{"unshimmed_url": "https://huecity.gov.vn/tin?id=6"}]}),
            False,
        ),
        ("photo", _listed(attachments={"data": [{"media_type": "photo"}]}), True),
        ("photo", _listed(attachments={"data": [{"media_type": "link"}]}), False),
        ("photo", _listed(), False),
    ],
)
def test_a_post_is_ours_when_text_time_and_attachment_agree(kind, post, same, tmp_path) -> None:
    with Scripted(_listing(post)) as script:
        found = script.publisher.find(a_message(kind, tmp_path), [], LOOK)

    assert (found is not None and found.remote_id == "111_1") == same


def _asked(tmp_path, pages, kind: str = "text") -> tuple[Any, list[str | None]]:
    with Scripted(*pages) as script:
        found = script.publisher.find(a_message(kind, tmp_path), [], LOOK)
        return found, [script.query(number).get("after") for number in range(len(script.asked))]


def test_a_list_is_read_until_many_older_ones_have_stood_in_order(tmp_path) -> None:
    pages = [
        _listing(_listed("khác", age=90), _listed("khác"), after="p2"),  # a pinned one comes first
        _listing(after="p3"),  # empty, yet there is more
        _listing(_listed(), after="p4"),
        _listing(*(_listed("khác", age=60 + n) for n in range(24)), after="p5"),
        _listing(_listed("khác", age=84), after="p6"),
        _listing(_listed()),
    ]

    found, asked = _asked(tmp_path, pages)

    assert found is not None
    assert asked == [None, "p2", "p3", "p4", "p5"]


@pytest.mark.parametrize("ages", [range(400, 100, -1), [100 + n * 97 % 300 for n in range(300)]])
def test_a_list_in_another_order_is_read_to_its_end(tmp_path, ages) -> None:
    """Facebook calls its lists ranked and names no order."""
    older = [_listed("khác", age=age) for age in ages]
    pages = [_listing(*older[n : n + 25], after=f"p{n}") for n in range(0, 300, 25)]

    found, asked = _asked(tmp_path, [*pages, _listing(_listed())])

    assert found is not None
    assert len(asked) == 13


def test_a_page_that_names_no_cursor_of_its_next_is_not_the_last(tmp_path) -> None:
    endless = {"data": [_listed("khác")], "paging": {"next": "https://x/"}}

    with Scripted(endless) as script, pytest.raises(Unavailable):
        script.publisher.find(a_message("text", tmp_path), [], LOOK)


FAULT_1 = {"error": {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry"}}


def test_less_is_asked_for_when_facebook_says_so(tmp_path) -> None:
    with Scripted(FAULT_1, FAULT_1, _listing(_listed("khác"), after="p2"), _listing(_listed())) as script:
        assert script.publisher.find(a_message("text", tmp_path), [], LOOK) is not None

        assert [script.query(number)["limit"] for number in range(4)] == ["25", "12", "6", "6"]


def test_a_list_that_cannot_be_read_is_not_taken_for_absence(tmp_path) -> None:
    with Scripted(FAULT_1) as script:
        with pytest.raises(Unavailable):
            script.publisher.find(a_message("text", tmp_path), [], LOOK)

        assert len(script.asked) == 4


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": {}, "paging": []},
        {"data": ["x"]},
        {"data": [{"id": "1"}]},
        {"data": [], "paging": {"next": "x"}},
    ],
)
def test_a_list_of_another_shape_is_not_taken_for_absence(answer, tmp_path) -> None:
    with Scripted(answer) as script, pytest.raises(PublishError) as caught:
        script.publisher.find(a_message("text", tmp_path), [], LOOK)

    assert (type(caught.value), caught.value.code) == (Unavailable, "publish.unclear-answer")


# -- registry


def test_the_registry_opens_the_publisher_of_a_platform() -> None:
    opened = open_publisher("facebook", account("http://127.0.0.1:9"), Session(), FixedTokens("T"))

    assert isinstance(opened, Facebook)


def test_an_unknown_platform_is_named_with_those_we_know() -> None:
    with pytest.raises(UserError) as caught:
        publisher_class("myspace")

    assert caught.value.code == "publish.unknown-platform"
    assert "facebook" in caught.value.values["known"]


def test_the_library_is_imported_without_a_warning_and_only_when_used(tmp_path) -> None:
    script = (
        "import sys; from asean_social.publishers import registry; assert 'facebook' not in sys.modules;"
        "registry.publisher_class('facebook'); assert 'facebook' in sys.modules"
    )
    fresh = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}  # the SDK warns when it is compiled
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, env=fresh
    )

    assert (done.returncode, done.stderr) == (0, "")
