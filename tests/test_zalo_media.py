"""What Zalo's articles refer to: uploads and what becomes of them, refused pictures, addresses as Zalo takes them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from publisher_contract import FixedTokens, run
from zalo_case import Clock, Scripted, article, film, picture, publisher_of, rich, turn, video_article

from asean_social.credentials import ZaloAccount
from asean_social.errors import PublishError, Rejected, Unavailable
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import After, Message, Piece, Wait, piece
from asean_social.publishers.http import Session
from asean_social.publishers.zalo import Zalo
from asean_social.publishers.zalo_parts import encoded
from asean_social.sandbox.server import Sandbox

TOKEN = "AT-1"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


@pytest.fixture
def scripted(server) -> Zalo:
    account = ZaloAccount(
        oa_id="1", app_id="2", secret_key="s", refresh_token="RT", api_url=server.url, oauth_url=server.url
    )
    return Zalo(account, Session(), FixedTokens(TOKEN))


@pytest.fixture
def clip(tmp_path) -> Message:
    return video_article(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock, verify_seconds=0) as box:
        yield box


@pytest.fixture
def zalo(box) -> Zalo:
    return publisher_of(box)


def good(**data) -> dict[str, object]:
    return {"error": 0, "message": "Success", "data": data}


def refusal(step, message, pieces: list[Piece]) -> PublishError:
    """What the step was refused with; the pieces it gave before are added to the known ones."""
    with pytest.raises(PublishError) as caught:
        pieces.extend(step(message, list(pieces)))
    return caught.value


def sent(box, operation) -> list[str]:
    return [one["sent"] for one in box.requests() if one["operation"] == operation]


# -- uploads


def test_a_video_is_one_part_named_file_and_its_token_goes_both_ways(server, scripted, clip):
    server.say(wire.PREPARE.path, good(token="VT+/="))
    server.say(wire.VIDEO.path, good(status=3, convert_percent=40, video_id="early"))
    pieces, wait = turn(scripted.stage, clip)

    (_, headers, body), (path, asked, _) = server.asked
    kind, mark = headers["Content-Type"].split("; boundary=")
    head, content = body.split(b"\r\n\r\n", 1)
    assert kind == "multipart/form-data"
    assert b'name="file"; filename="phim.mp4"' in head
    assert b"Content-Type: video/mp4" in head
    assert content == clip.media[0].path.read_bytes() + f"\r\n--{mark}--\r\n".encode()
    assert path == f"{wire.VIDEO.path}?token=VT%2B%2F%3D"
    assert asked["token"] == "VT+/="
    assert headers["access_token"] == asked["access_token"] == TOKEN
    assert wait == Wait(0, "zalo.converting")
    assert pieces == [Piece("video-token:0", "VT+/=")]  # its id is told before it can be used


def test_a_video_is_ready_by_its_status_and_its_id_together(server, scripted, clip):
    server.say(wire.VIDEO.path, good(status=1, video_id=""))
    server.say(wire.VIDEO.path, good(status="1", video_id=77))
    pieces, wait = turn(scripted.stage, clip, [Piece("video-token:0", "VT")])
    assert wait == Wait(0, "zalo.converting")
    error = refusal(scripted.stage, clip, pieces)

    assert piece(pieces, "video:0") == "77"
    assert error.code == "zalo.no-media-store"


def test_a_video_of_unknown_state_is_waited_for_some_minutes_only(server, scripted, clip):
    server.say(wire.VIDEO.path, good(status=0, status_message="unknown"))
    pieces = [Piece("video-token:0", "VT")]
    for _ in range(9):
        pieces, wait = turn(scripted.stage, clip, pieces)
        assert wait == Wait(0, "zalo.converting")
    error = refusal(scripted.stage, clip, pieces)

    assert isinstance(error, Rejected)
    assert (error.code, error.values["file"]) == ("zalo.video-unclear", "phim.mp4")
    assert piece(pieces, "video-token:0") == piece(pieces, "video-unknown:0") == ""  # a retry uploads anew


def test_an_upload_that_zalo_forgot_is_sent_again(box, zalo, clip, clock):
    box.zalo.settings.video_seconds = 7200
    pieces, _ = turn(zalo.stage, clip)
    clock.later(3601)
    error = refusal(zalo.stage, clip, pieces)
    box.zalo.settings.video_seconds = 0
    pieces = run(zalo.stage, clip, pieces)

    assert type(error) is wire.JobLost
    assert isinstance(error, Unavailable)
    assert len(sent(box, "video.prepare")) == 2
    assert len(box.hidden()) == 1


def test_each_video_is_uploaded_once_whatever_comes_between(box, zalo, tmp_path):
    message = rich(tmp_path)
    box.fault("zalo", "article.create", "cut-after")
    pieces: list[Piece] = []
    refusal(zalo.stage, message, pieces)
    run(zalo.stage, message, pieces)

    assert len(sent(box, "video.prepare")) == 2


@pytest.mark.parametrize(("code", "text"), [(-201, "file is invalid"), (-210, "file is over the limit")])
def test_a_video_that_zalo_does_not_take_is_told_by_name_and_size(box, zalo, clip, code, text):
    box.zalo.refuse_next("video.prepare", code, text)
    error = refusal(zalo.stage, clip, [])

    assert isinstance(error, Rejected)
    assert (error.code, error.detail) == ("zalo.video-refused", f"{code}: {text}")
    assert (error.values["file"], error.values["size"]) == ("phim.mp4", clip.media[0].size)


def test_the_sandbox_refuses_what_only_looks_like_a_video(zalo, tmp_path, clip):
    fake = film(tmp_path, "giả.mp4")
    fake.path.write_bytes(b"not a film" + bytes(fake.size - 10))
    error = refusal(zalo.stage, replace(clip, media=(fake, clip.media[1])), [])

    assert error.code == "zalo.video-refused"


def test_a_video_against_the_rules_is_told_as_such(box, zalo, clip):
    box.zalo.refuse_next("video.prepare", -248)
    assert refusal(zalo.stage, clip, []).code == "zalo.rules"


def test_a_video_that_was_ready_and_is_not_taken_any_more_is_uploaded_by_the_next_try(box, zalo, tmp_path):
    message, pieces = rich(tmp_path), []
    box.zalo.refuse_next("article.create", -201, "cover.video_id is invalid")
    error = refusal(zalo.stage, message, pieces)
    run(zalo.stage, message, pieces)

    assert error.code == "zalo.video-gone"
    assert len(sent(box, "video.prepare")) == 4


# -- pictures that are refused


NAME = re.compile(r"asean-social-[0-9a-f]{32}(-\d+)?\.jpeg")


def stems(box) -> list[str]:
    """What tells the names in the store apart, beside the content."""
    return sorted({NAME.fullmatch(one.name)[1] or "" for one in box.media_dir.iterdir()})


def test_a_refused_picture_gets_another_name_with_each_try(box, zalo, tmp_path):
    message, pieces = article(tmp_path), []
    box.zalo.settings.refused_hosts, box.zalo.settings.host_refusal = ("127.0.0.1",), "verify"
    for _ in range(2):
        assert refusal(zalo.stage, message, pieces).code == "zalo.image-failed"
    box.zalo.settings.refused_hosts = ()
    run(zalo.stage, message, pieces)

    assert stems(box) == ["", "-1", "-2"]
    assert len(box.hidden()) == 1


def test_an_address_that_failed_too_often_is_left_for_another(box, zalo, tmp_path):
    message, pieces = article(tmp_path), []
    box.zalo.refuse_next("article.verify", -200, "Upload media failed. Too many failed attempts")
    error = refusal(zalo.stage, message, pieces)
    run(zalo.stage, message, pieces)

    assert type(error) is wire.TooOften
    assert isinstance(error, Unavailable)
    assert stems(box) == ["", "-1"]


@pytest.mark.parametrize(
    ("call", "code"), [("create", "zalo.image-address"), ("verify", "zalo.image-failed")]
)
def test_a_refused_host_is_named_whichever_call_refuses_it(box, zalo, tmp_path, call, code):
    box.zalo.settings.refused_hosts = ("127.0.0.1",)
    box.zalo.settings.host_refusal = call
    message = article(tmp_path)
    error = refusal(zalo.stage, message, [])

    cover = message.media[1]
    assert isinstance(error, Rejected)
    assert (error.code, error.values["host"]) == (code, "127.0.0.1")
    assert (error.values["file"], error.values["size"]) == (cover.path.name, cover.size)
    assert error.values["url"].startswith(f"{box.url}/media/asean-social-")
    assert error.detail


def test_a_picture_that_is_too_large_is_named_wherever_it_stands(box, zalo, tmp_path):
    message = article(tmp_path)
    large = picture(tmp_path, "to", padding=1_000_000)
    error = refusal(zalo.stage, replace(message, media=(*message.media[:2], large)), [])

    assert error.code == "zalo.image-too-large"
    assert (error.values["file"], error.values["size"]) == ("to ảnh.jpg", large.size)


def test_an_article_of_videos_may_be_refused_too(box, zalo, tmp_path):
    media = (film(tmp_path),)
    body = [{"type": "text", "content": "Chữ."}]
    options = {**article(tmp_path).options, "cover": 0, "cover_view": "square", "body": body}
    box.zalo.refuse_next("article.verify", -200)
    error = refusal(zalo.stage, replace(article(tmp_path), media=media, options=options), [])

    assert (error.code, error.values["file"]) == ("zalo.image-failed", "phim.mp4")
    assert error.values["host"] == "–"


@pytest.mark.parametrize("call", ["create", "verify"])
def test_the_declared_cover_comes_in_whichever_call_refuses_the_first(box, zalo, tmp_path, call):
    code, text = (-201, "photo_url is invalid") if call == "create" else (-200, "Upload media failed")
    box.zalo.refuse_next(f"article.{call}", code, text)
    message = rich(tmp_path)
    message = replace(message, options={**message.options, "fallback_cover": 1})
    pieces, wait = turn(zalo.stage, message)
    assert wait == Wait(0, "zalo.fallback-cover")
    pieces = run(zalo.release, message, run(zalo.stage, message, pieces))

    [thing] = box.public()
    assert thing["cover"]["cover_type"] == "photo"
    assert thing["cover"]["sha256"] == message.media[1].sha256
    assert zalo.status(message, pieces).differs == "zalo.fallback-cover-used"


def test_when_the_declared_cover_is_refused_too_the_next_try_begins_with_the_first(box, zalo, tmp_path):
    message, pieces = article(tmp_path, fallback_cover=0), []
    box.zalo.refuse_next("article.verify", -200, times=2)
    pieces, _ = turn(zalo.stage, message)
    error = refusal(zalo.stage, message, pieces)
    pieces = run(zalo.release, message, run(zalo.stage, message, pieces))

    assert error.values["file"] == message.media[0].path.name
    assert box.public()[0]["cover"]["sha256"] == message.media[1].sha256
    assert zalo.status(message, pieces).differs == ""


# -- addresses


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("https://hue.example/a-1_2~b.jpg?x=1&y=a%20b#z", "https://hue.example/a-1_2~b.jpg?x=1&y=a%20b#z"),
        ("https://hue.example/Ảnh đẹp.jpg", "https://hue.example/%E1%BA%A2nh%20%C4%91%E1%BA%B9p.jpg"),
        ("https://huế.example:8443/x?q=chữ", "https://xn--hu-07s.example:8443/x?q=ch%E1%BB%AF"),
    ],
)
def test_addresses_are_percent_encoded_once(written, taken):
    assert encoded(written) == taken
    assert encoded(taken) == taken


def test_an_address_with_vietnamese_letters_reaches_zalo_encoded(box, zalo, tmp_path):
    link = "https://huế.example/Bài viết?nguồn=zalo"
    message = article(tmp_path, tracking_link=link)
    message = replace(message, options={**message.options, "summary": f"Xem {link}"})
    run(zalo.stage, message)

    [thing] = box.hidden()
    assert thing["tracking_link"] == encoded(link)
    assert thing["description"] == f"Xem {link}"  # texts stay as they are


# -- video articles in the list

FILM = good(status=1, video_id="v", video_name="phim.mp4")


def test_a_hidden_video_article_may_be_missing_in_the_list(server, scripted, clip):
    """Whether Zalo lists what is hidden is not known."""
    server.say(wire.DETAIL.path, FILM)
    server.say(wire.SLICE.path, good(total=0, medias=[]))

    assert list(scripted.stage(clip, [Piece("article", "k")])) == []
    assert scripted.status(clip, [Piece("article", "k")]).staged
    assert all("type=video" in path for path, _, _ in server.asked if "getslice" in path)


def test_a_public_video_article_under_another_title_raises_an_alarm(server, scripted, clip):
    server.say(wire.DETAIL.path, FILM)
    row = {"id": "k", "status": "show", "title": "Khác", "link_view": "https://zalo.example/k"}
    server.say(wire.SLICE.path, good(total=1, medias=[row]))
    receipt = scripted.status(clip, [Piece("article", "k")])

    assert (receipt.public, receipt.differs, receipt.url) == (True, "zalo.differs", "https://zalo.example/k")


def test_the_whole_list_is_read_before_a_video_article_is_removed(server, scripted):
    server.say(wire.DETAIL.path, FILM)
    for page in range(5):
        rows = [{"id": f"{page}-{place}", "status": "show"} for place in range(10)]
        server.say(wire.SLICE.path, good(total=51, medias=rows))
    server.say(wire.SLICE.path, good(total=51, medias=[{"id": "k", "status": "show"}]))
    with pytest.raises(Rejected, match=r"zalo.already-public"):
        scripted.discard([Piece("article", "k")])

    server.say(wire.REMOVE.path, {"error": 0, "message": "Success"})
    server.answers[wire.SLICE.path].clear()
    server.say(wire.SLICE.path, good(total=0, medias=[]))
    scripted.discard([Piece("article", "k")])
    assert server.asked[-1][0] == wire.REMOVE.path


def test_a_staged_video_article_is_discarded(box, zalo, clip):
    zalo.discard(run(zalo.stage, clip))

    assert box.hidden() == []


def test_an_article_whose_pictures_failed_leaves_nothing_to_discard(server, scripted):
    server.say(wire.VERIFY.path, {"error": -200, "message": "Too many failed attempts"})
    scripted.discard([Piece("create-token", "T")])

    assert len(server.asked) == 1


# -- a broadcast to everybody


def test_a_broadcast_without_a_target_is_for_everybody(server, scripted):
    server.say(wire.BROADCAST.path, good(message_id="m-1"))

    assert scripted.follow(After("broadcast", {"ages": "", "articles": ["a", "b"]}), "a") == "m-1"
    [(_, _, body)] = server.asked
    assert b'"recipient": {"target": {"gender": "0"}}' in body
    assert body.count(b'"media_type": "article"') == 2


@pytest.mark.parametrize(
    ("status", "body", "spent"),
    [
        (200, good(message_id="m-1"), 1),
        (200, {"error": -234, "message": "Not at night"}, 0),
        (200, {"error": -201, "message": "attachment_id is invalid"}, 0),
        (200, b"<html>", 1),
        (500, {"error": -32}, 1),
    ],
)
def test_a_broadcast_that_was_refused_costs_nothing_of_the_quota(server, status, body, spent):
    used = []
    account = ZaloAccount(oa_id="1", app_id="2", secret_key="s", refresh_token="RT", api_url=server.url)
    session = Session(spend=lambda name, amount: used.append((name, amount)))
    server.say(wire.BROADCAST.path, body, status)
    with suppress(PublishError):
        Zalo(account, session, FixedTokens(TOKEN)).follow(After("broadcast", {"articles": ["a"]}), "a")

    assert {name for name, _ in used} == {"broadcasts"}
    assert sum(amount for _, amount in used) == spent
