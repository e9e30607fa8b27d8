"""Zalo: the promises of every publisher, and articles in particular, against the sandbox."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from publisher_contract import FixedTokens, PublisherContract, run
from zalo_case import Clock, Rotating, Scripted, article, picture, turn

from asean_social.credentials import ZaloAccount
from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, Rejected, Unavailable
from asean_social.publishers.base import Message, Piece, Wait, piece
from asean_social.publishers.http import Session
from asean_social.publishers.zalo import Zalo
from asean_social.sandbox.server import Sandbox


class TestZaloContract(PublisherContract):
    platform = "zalo"
    kinds = ("normal",)
    account = "hue-asean"
    stage_operation = "article.create"
    release_operation = "article.update"
    status_operation = "article.getdetail"

    def sandbox(self) -> Sandbox:
        return Sandbox(verify_seconds=0)

    def make(self, box, guard=lambda: None):
        account = self.credentials(box)
        return Zalo(account, Session(guard), FixedTokens(account.access_token.get_secret_value()))

    def message(self, kind, folder):
        return article(folder)

    def other(self, message):
        return replace(message, options={**message.options, "title": "Một bài khác"})

    def assert_shown(self, thing, message):
        options, media = message.options, message.media
        assert thing["title"] == options["title"]
        assert thing["description"] == options["summary"]
        assert thing["author"] == options["author"]
        assert thing["comment"] == "hide"
        assert thing["tracking_link"] == options["tracking_link"]
        assert thing["cover"]["status"] == "hide"
        assert thing["cover"]["sha256"] == media[1].sha256
        told = [
            (one["type"], one.get("content"), one.get("caption"), one.get("sha256")) for one in thing["body"]
        ]
        assert told == [
            ("text", options["body"][0]["content"], None, None),
            ("image", None, "Cầu Trường Tiền", media[2].sha256),
            ("text", options["body"][2]["content"], None, None),
            ("image", None, None, media[0].sha256),
        ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock, verify_seconds=10) as box:
        yield box


@pytest.fixture
def account(box) -> ZaloAccount:
    return TestZaloContract().credentials(box)


@pytest.fixture
def tokens(account) -> Rotating:
    return Rotating(account)


@pytest.fixture
def zalo(account, tokens) -> Zalo:
    return Zalo(account, Session(), tokens)


@pytest.fixture
def message(tmp_path) -> Message:
    return article(tmp_path)


def staged(zalo, message, clock) -> list[Piece]:
    pieces, wait = turn(zalo.stage, message)
    assert wait is not None
    clock.later(10)
    pieces, wait = turn(zalo.stage, message, pieces)
    assert wait is None
    return pieces


def released(zalo, message, clock) -> list[Piece]:
    pieces, _ = turn(zalo.release, message, staged(zalo, message, clock))
    clock.later(10)
    return turn(zalo.release, message, pieces)[0]


def sent(box, operation) -> list[str]:
    return [one["sent"] for one in box.requests() if one["operation"] == operation]


# -- stage


def test_zalo_is_asked_again_until_it_has_made_the_article(zalo, box, message, clock):
    pieces, wait = turn(zalo.stage, message)
    for _ in range(3):  # both forms of "being processed" come by turns
        again, wait = turn(zalo.stage, message, pieces)
        assert again == pieces
        assert wait == Wait(0, "zalo.being-processed")
    clock.later(10)
    pieces, wait = turn(zalo.stage, message, pieces)

    assert wait is None
    assert piece(pieces, "article") == box.hidden()[0]["id"]
    assert len(sent(box, "article.create")) == 1


def test_work_that_zalo_forgot_is_given_anew(zalo, box, message, clock):
    pieces, _ = turn(zalo.stage, message)
    clock.later(3601)
    pieces, wait = turn(zalo.stage, message, pieces)
    assert wait == Wait(0, "zalo.being-processed")
    clock.later(10)
    pieces, wait = turn(zalo.stage, message, pieces)

    assert wait is None
    assert [one.value == "" for one in pieces if one.name == "create-token"] == [False, True, False]
    assert len(sent(box, "article.create")) == 2


def test_an_article_that_a_person_removed_is_made_anew(zalo, box, message, clock):
    pieces = staged(zalo, message, clock)
    zalo.discard(pieces)
    pieces, _ = turn(zalo.stage, message, pieces)
    clock.later(10)
    pieces, wait = turn(zalo.stage, message, pieces)

    assert wait is None
    assert [one["id"] for one in box.hidden()] == [piece(pieces, "article")]


def test_an_article_that_shows_before_its_time_needs_a_person(zalo, message, clock):
    pieces = released(zalo, message, clock)

    with pytest.raises(Rejected, match=r"zalo.public-at-once"):
        run(zalo.stage, message, pieces)


def test_a_picture_zalo_cannot_take_needs_a_person_and_does_not_block_the_next_try(
    zalo, box, message, clock, tmp_path
):
    large = picture(tmp_path, "to", padding=1_000_000)
    pieces, _ = turn(zalo.stage, replace(message, media=(large, *message.media[1:])))
    clock.later(10)
    caught = refusal(zalo.stage, message, pieces)

    assert caught.code == "zalo.image-failed"
    assert "Upload media failed" in caught.detail
    assert box.hidden() == []
    pieces, _ = turn(zalo.stage, message, pieces)
    clock.later(10)
    turn(zalo.stage, message, pieces)
    assert len(box.hidden()) == 1


def refusal(step, message, pieces: list[Piece]) -> Rejected:
    """What the step was refused with; the pieces it gave before are added to the known ones."""
    with pytest.raises(Rejected) as caught:
        pieces.extend(step(message, list(pieces)))
    return caught.value


def test_only_the_pictures_the_article_shows_are_made_public(zalo, box, message):
    body = [{"type": "text", "content": "Chỉ có chữ."}]
    pieces, _ = turn(zalo.stage, replace(message, options={**message.options, "body": body}))

    assert [one.name for one in pieces] == ["media:1", "create-token"]
    assert len(list(box.media_dir.iterdir())) == 1


def test_the_first_picture_is_the_cover_where_none_is_named(zalo, message):
    options = {name: value for name, value in message.options.items() if name != "cover"}
    pieces, _ = turn(
        zalo.stage, replace(message, options={**options, "body": [{"type": "text", "content": "Chữ"}]})
    )

    assert pieces[0].name == "media:0"


def test_options_that_were_not_set_are_not_sent(zalo, box, message, clock):
    options = {name: value for name, value in message.options.items() if name != "tracking_link"}
    staged(zalo, replace(message, options=options), clock)

    (body,) = sent(box, "article.create")
    assert "tracking_link" not in body
    assert body.count('"caption"') == 1


# -- pictures


def test_without_a_media_store_a_person_is_told_so(account, tokens, box, message):
    zalo = Zalo(account.model_copy(update={"media": None}), Session(), tokens)

    with pytest.raises(Rejected, match=r"zalo.no-media-store"):
        run(zalo.stage, message)
    assert sent(box, "article.create") == []


@pytest.mark.parametrize(
    ("address", "code", "kind"),
    [
        ("{box}/media/khac", "store.not-public", Rejected),
        ("http://127.0.0.1:1", "store.no-answer", Unavailable),
    ],
)
def test_pictures_nobody_can_see_stop_the_article(account, tokens, box, message, address, code, kind):
    media = account.media.model_copy(update={"url": address.format(box=box.url)})
    zalo = Zalo(account.model_copy(update={"media": media}), Session(), tokens)

    with pytest.raises(kind) as caught:
        run(zalo.stage, message)

    assert caught.value.code == code
    assert caught.value.values["url"].startswith(address.format(box=box.url))
    assert sent(box, "article.create") == []


def test_another_picture_behind_the_address_stops_the_article(zalo, box, message):
    turn(zalo.stage, message)
    for path in box.media_dir.iterdir():
        path.write_bytes(b"x" * path.stat().st_size)

    with pytest.raises(Rejected, match=r"store.differs"):
        run(zalo.stage, message)
    assert len(sent(box, "article.create")) == 1


def test_the_token_goes_to_zalo_only(account, tokens, message, clock):
    seen = []

    class Watching(Session):
        def send(self, request, **kwargs):
            seen.append(request)
            return super().send(request, **kwargs)

    staged(Zalo(account, Watching(), tokens), message, clock)

    for request in seen:
        assert ("access_token" in request.headers) == ("/zalo/" in request.url)
        assert tokens.current() not in request.url
        assert "Authorization" not in request.headers
    assert any("/media/" in request.url for request in seen)


@pytest.mark.parametrize(
    ("status", "payload", "code"),
    [
        (503, b"busy", "store.no-answer"),
        (301, b"moved", "store.not-public"),
        (403, b"login", "store.not-public"),
        (200, b"another and much longer file" * 100, "store.differs"),
        (200, b"", "store.differs"),
    ],
)
def test_only_the_very_picture_proves_that_it_is_public(account, tokens, message, status, payload, code):
    with Scripted() as server:
        server.say("*", payload, status)
        media = account.media.model_copy(update={"url": server.url})
        zalo = Zalo(account.model_copy(update={"media": media}), Session(), tokens)
        with pytest.raises(PublishError) as caught:
            run(zalo.stage, message)

    assert caught.value.code == code
    assert not any("access_token" in headers for _, headers, _ in server.asked)


# -- release


def test_the_article_is_shown_by_one_update_and_asked_after(zalo, box, message, clock):
    pieces = staged(zalo, message, clock)
    pieces, wait = turn(zalo.release, message, pieces)
    assert wait == Wait(3, "zalo.being-processed")
    assert zalo.status(message, pieces).staged
    clock.later(10)
    pieces, wait = turn(zalo.release, message, pieces)

    assert wait is None
    assert zalo.status(message, pieces).public
    assert piece(pieces, "update-token") == ""
    assert len(sent(box, "article.update")) == 1


def test_an_update_that_zalo_forgot_is_judged_by_the_article(zalo, box, message, clock):
    pieces, _ = turn(zalo.release, message, staged(zalo, message, clock))
    clock.later(3601)  # the update came through meanwhile
    pieces, wait = turn(zalo.release, message, pieces)

    assert wait is None
    assert len(box.public()) == 1
    assert len(sent(box, "article.update")) == 1


def test_an_article_that_is_gone_at_its_time_needs_a_person(zalo, message, clock):
    pieces = staged(zalo, message, clock)
    zalo.discard(pieces)

    with pytest.raises(Rejected, match=r"zalo.article-gone"):
        run(zalo.release, message, pieces)


def test_pictures_that_vanished_before_the_release_need_a_person(zalo, box, message, clock):
    pieces = staged(zalo, message, clock)
    for path in box.media_dir.iterdir():
        path.unlink()
    pieces, _ = turn(zalo.release, message, pieces)
    clock.later(10)

    with pytest.raises(Rejected, match=r"zalo.image-failed") as caught:
        run(zalo.release, message, pieces)

    assert caught.value.values["file"] == message.media[1].path.name
    assert box.public() == []


def test_a_wait_ends_the_turn_whoever_goes_on_listening(zalo, box, message, clock):
    *pieces, wait = zalo.stage(message, [])
    assert isinstance(wait, Wait)
    clock.later(10)
    pieces += zalo.stage(message, pieces)
    for _ in range(2):
        *more, wait = zalo.release(message, pieces)
        assert isinstance(wait, Wait)
        pieces += more

    assert len(sent(box, "article.update")) == 1


# -- look


def test_another_text_than_approved_raises_an_alarm(zalo, message, clock):
    pieces = released(zalo, message, clock)
    edited = replace(message, options={**message.options, "summary": "Một tóm tắt khác."})

    assert zalo.status(message, pieces).differs == ""
    assert zalo.status(edited, pieces).differs == "zalo.differs"


def test_an_address_that_cannot_be_read_hides_nothing(zalo, box, message, clock):
    pieces = released(zalo, message, clock)
    box.fault("zalo", "article.getslice", "html")

    receipt = zalo.status(message, pieces)

    assert receipt.public
    assert receipt.url == ""


def many(zalo, message, clock, count) -> None:
    for number in range(count):
        released(zalo, replace(message, options={**message.options, "title": f"Bài số {number}"}), clock)


def test_an_article_is_found_behind_other_peoples_newer_ones(zalo, box, message, clock):
    pieces = released(zalo, message, clock)
    since = datetime.fromtimestamp(clock.at, UTC) - timedelta(minutes=5)
    many(zalo, message, clock, 12)

    found = zalo.find(message, [], since)
    assert found is not None
    assert found.remote_id == piece(pieces, "article")
    assert found.url == zalo.status(message, pieces).url != ""


def test_the_list_is_read_no_further_back_than_asked(zalo, box, message, clock):
    many(zalo, message, clock, 11)
    clock.later(3600)
    before = len(sent(box, "article.getslice"))

    assert zalo.find(message, [], datetime.fromtimestamp(clock.at, UTC)) is None
    assert len(sent(box, "article.getslice")) - before == 1


def test_a_title_is_the_same_in_other_letters_and_spaces(zalo, message, clock):
    released(zalo, message, clock)
    title = f"  {message.options['title'].upper()} ".replace(" ", "  ")

    since = datetime.fromtimestamp(clock.at, UTC) - timedelta(hours=1)
    assert zalo.find(replace(message, options={**message.options, "title": title}), [], since)


def test_two_articles_of_one_title_are_left_to_a_person(zalo, message, clock):
    released(zalo, message, clock)
    released(zalo, message, clock)

    with pytest.raises(OutcomeUnknown) as caught:
        zalo.find(message, [], datetime.fromtimestamp(clock.at, UTC) - timedelta(hours=1))
    assert caught.value.code == "zalo.twins"
    assert caught.value.values["count"] == 2


def test_absence_is_not_told_when_a_page_could_not_be_read(zalo, box, message, clock):
    many(zalo, message, clock, 11)
    box.fault("zalo", "article.getslice", "500-before", nth=2)

    with pytest.raises(Unavailable):
        zalo.find(message, [], datetime.fromtimestamp(clock.at, UTC) - timedelta(hours=1))


# -- discard


def test_an_article_still_being_made_is_removed_later(zalo, box, message, clock):
    pieces, _ = turn(zalo.stage, message)
    with pytest.raises(Unavailable):
        zalo.discard(pieces)
    clock.later(10)
    zalo.discard(pieces)

    assert box.hidden() == []
    assert len(sent(box, "article.remove")) == 1


def test_work_that_came_to_nothing_leaves_nothing_to_remove(zalo, box, message, clock):
    pieces, _ = turn(zalo.stage, message)
    for path in box.media_dir.iterdir():
        path.unlink()
    clock.later(10)
    zalo.discard(pieces)
    zalo.discard([])

    assert sent(box, "article.remove") == []


# -- tokens


def test_a_token_that_died_is_renewed_and_nothing_is_sent_twice(zalo, box, tokens, message, clock):
    pieces, _ = turn(zalo.stage, message)
    clock.later(90_001)
    pieces, _ = turn(zalo.stage, message, pieces)
    clock.later(10)
    pieces, _ = turn(zalo.stage, message, pieces)
    box.fault("zalo", "article.update", "expire-token")
    pieces, _ = turn(zalo.release, message, pieces)
    clock.later(10)
    turn(zalo.release, message, pieces)

    assert tokens.renewed == 2
    assert len(box.public()) == 1
    accepted = [one for one in box.events() if one["event"] == "edited"]
    assert len(accepted) == 1


def test_a_token_refused_twice_needs_a_person(account, box):
    class Dead:
        asked = 0

        def current(self) -> str:
            return "AT-dead"

        def renew(self, refused: str) -> str:
            self.asked += 1
            return "AT-dead-too"

    dead = Dead()
    with pytest.raises(AuthFailed) as caught:
        Zalo(account, Session(), dead).whoami()

    assert caught.value.code == "zalo.reconnect"
    assert dead.asked == 1
    assert len(sent(box, "oa.get")) == 2
