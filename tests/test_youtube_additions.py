"""Thumbnail, captions, playlist entry, objections and what they cost, against a server of our own."""

import email
import json
from dataclasses import replace

import pytest
from google_server import (
    HANG_UP,
    Cut,
    GoogleServer,
    Reply,
    Tokens,
    a_message,
    completed,
    error,
    having,
    items,
    open_at,
    video,
)

from asean_social.errors import AuthFailed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from asean_social.publishers.base import After, Media, Piece, Wait
from asean_social.publishers.http import Session
from asean_social.publishers.quotas import YOUTUBE_COSTS

VIDEO = [Piece("video", "v1")]
THUMBNAIL = [*VIDEO, Piece("thumbnail", "v1")]
ENTRY = After("playlist-entry", {"playlist": "PL1"})


@pytest.fixture
def server():
    with GoogleServer() as server:
        server.answers["GET", "videos"] = items(video())
        server.answers["POST", "set"] = items({"default": {}})
        server.answers["POST", "captions"] = Reply(200, track("c1", "serving"))
        server.answers["PUT", "captions"] = Reply(200, track("c1", "serving"))
        yield server


@pytest.fixture
def publisher(server):
    return open_at(server, Tokens())


@pytest.fixture
def message(tmp_path):
    return completed(a_message(tmp_path / "Huế 60 năm.mp4", 1000))


def track(name, status, language="vi", title="Tiếng Việt", **more):
    return {"id": name, "snippet": {"language": language, "name": title, "status": status, **more}}


def uploads(server, part=""):
    return [one for one in server.seen if one.path.startswith("/upload/") and part in one.path]


def envelope(seen):
    """The two parts of a body, as a reader of MIME sees them: JSON, and the file."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    return email.message_from_bytes(head + seen.body).get_payload()


def file_in(seen):
    boundary = seen.headers["content-type"].partition('boundary="')[2].rstrip('"').encode()
    last = seen.body.split(b"--" + boundary)[2]
    return last.partition(b"\n\n")[2].removesuffix(b"\n")


# -- thumbnail


def test_the_thumbnail_follows_the_processing_and_is_a_piece(server, publisher, message):
    pieces = list(publisher.stage(message, VIDEO))

    assert [one.name for one in pieces] == ["thumbnail", "caption:2", "caption:3"]
    assert pieces[0] == Piece("thumbnail", "v1")
    (seen,) = uploads(server, "thumbnails/set")
    assert seen.query == {"videoId": ["v1"], "alt": ["json"], "uploadType": ["media"]}
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["content-length"] == str(message.media[1].size)
    assert seen.body == message.media[1].path.read_bytes()


@pytest.mark.parametrize(
    "found", [video("uploaded"), {**video(), "processingDetails": {"processingStatus": "processing"}}]
)
def test_nothing_is_added_before_processing_has_succeeded(server, publisher, message, found):
    server.answers["GET", "videos"] = items(found)

    assert list(publisher.stage(message, VIDEO)) == [Wait(0, "youtube.processing")]
    assert uploads(server) == []


def test_a_message_without_additions_sends_none(server, publisher, message):
    assert list(publisher.stage(having(message, thumbnail=None, captions=[]), VIDEO)) == []
    assert uploads(server) == []


def test_what_was_added_is_not_added_again(server, publisher, message):
    pieces = list(publisher.stage(message, VIDEO))
    before = len(uploads(server))

    assert list(publisher.stage(message, [*VIDEO, *pieces])) == []
    assert len(uploads(server)) == before


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (error(403, "forbidden", domain="youtube.thumbnail"), Rejected, "youtube.thumbnail-forbidden"),
        (error(429, "uploadRateLimitExceeded"), RateLimited, "youtube.thumbnail-limit"),
        (error(400, "invalidImage"), Rejected, "youtube.bad-thumbnail"),
        (error(404, "videoNotFound"), Rejected, "youtube.video-gone"),
        (Reply(503, b"busy"), Unavailable, "youtube.server-error"),
        (HANG_UP, Unavailable, "publish.unreachable"),
        (Cut(10), Unavailable, "publish.unreachable"),
    ],
)
def test_a_refused_thumbnail_says_why_and_is_sent_once(server, publisher, message, reply, kind, code):
    server.script += [None, reply]

    with pytest.raises(kind) as caught:
        list(publisher.stage(message, VIDEO))

    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(uploads(server)) == 1
    assert code != "youtube.bad-thumbnail" or caught.value.values["file"] == "bìa.jpg"


def test_a_token_that_ends_at_the_thumbnail_is_renewed_and_the_file_sent_in_full(server, message):
    tokens = Tokens()
    server.script += [None, error(401, "authError")]

    list(open_at(server, tokens).stage(message, VIDEO))

    first, second = uploads(server, "thumbnails/set")
    assert first.body == second.body == message.media[1].path.read_bytes()
    assert tokens.renewed == ["token-1"]


@pytest.mark.parametrize("index", [1, 2])
def test_a_file_that_changed_since_it_was_checked_is_not_sent(server, publisher, message, index):
    with message.media[index].path.open("ab") as file:
        file.write(b"more")

    with pytest.raises(Rejected) as caught:
        list(publisher.stage(message, VIDEO))

    assert caught.value.code == "youtube.file-changed"
    assert caught.value.values["file"] == message.media[index].path.name
    assert len(uploads(server)) == index - 1


@pytest.mark.parametrize(
    ("index", "most", "code"), [(1, 50 << 20, "bad-thumbnail"), (2, 100 << 20, "bad-captions")]
)
def test_a_file_beyond_what_the_api_takes_is_not_sent(server, publisher, message, index, most, code):
    file = message.media[index]
    with file.path.open("r+b") as opened:
        opened.truncate(most + 1)
    media = list(message.media)
    media[index] = Media(file.path, file.kind, file.mime, most + 1, "")

    with pytest.raises(Rejected) as caught:
        list(publisher.stage(replace(message, media=tuple(media)), VIDEO))

    assert caught.value.code == f"youtube.{code}"
    assert len(uploads(server)) == index - 1


# -- captions


def test_captions_are_one_body_of_words_and_file(server, publisher, message):
    server.script += [None, Reply(200, track("c1", "syncing")), Reply(200, track("c2", "syncing"))]

    pieces = list(publisher.stage(message, THUMBNAIL))

    assert pieces == [Piece("caption:2", "c1"), Piece("caption:3", "c2")]
    for seen, wanted, index in zip(uploads(server), message.options["captions"], (2, 3), strict=True):
        assert (seen.method, seen.path) == ("POST", "/upload/youtube/v3/captions")
        assert seen.query == {"part": ["snippet"], "alt": ["json"], "uploadType": ["multipart"]}
        assert seen.headers["content-length"] == str(len(seen.body))
        words, file = envelope(seen)
        assert words.get_content_type() == "application/json"
        assert json_of(words) == {
            "snippet": {
                "videoId": "v1",
                "language": wanted["language"],
                "name": wanted["name"],
                "isDraft": False,
            }
        }
        assert file.get_content_type() == "text/vtt"
        assert file_in(seen) == message.media[index].path.read_bytes()


def json_of(part):
    return json.loads(part.get_payload())


def test_captions_that_are_there_already_get_the_bytes_again(server, publisher, message):
    others = [track("c0", "serving", "en"), track("c9", "serving", "vi", ""), track("c7", "serving", "VI")]
    server.script += [None, error(409, "captionExists"), items(*others), Reply(200, track("c7", "syncing"))]

    first = next(publisher.stage(message, THUMBNAIL))

    assert first == Piece("caption:2", "c7")
    assert server.seen[2].query == {"part": ["snippet"], "videoId": ["v1"], "alt": ["json"]}
    update = server.seen[3]
    assert (update.method, update.path) == ("PUT", "/upload/youtube/v3/captions")
    assert json_of(envelope(update)[0]) == {"id": "c7", "snippet": {"isDraft": False}}
    assert file_in(update) == message.media[2].path.read_bytes()


def test_captions_said_to_be_there_and_not_listed_are_waited_for(server, publisher, message):
    server.script += [None, error(409, "captionExists"), items(track("c0", "serving", "en"))]

    with pytest.raises(Unavailable) as caught:
        list(publisher.stage(message, THUMBNAIL))
    assert caught.value.code == "youtube.captions-not-listed"


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (
            Reply(200, track("c1", "failed", failureReason="unknownFormat")),
            Rejected,
            "youtube.captions-failed",
        ),
        (error(403, "forbidden"), AuthFailed, "youtube.captions-scope"),
        (error(403, "insufficientPermissions"), AuthFailed, "youtube.scope-missing"),
        (error(400, "contentRequired"), Rejected, "youtube.empty-file"),
        (error(400, "invalidMetadata"), Rejected, "youtube.bad-captions"),
        (error(400, "nameTooLong"), Rejected, "youtube.caption-name"),
        (error(403, "quotaExceeded"), RateLimited, "youtube.quota"),
        (Reply(200, {}), Unavailable, "youtube.unreadable"),
        (HANG_UP, Unavailable, "publish.unreachable"),
    ],
)
def test_refused_captions_say_why_and_are_sent_once(server, publisher, message, reply, kind, code):
    server.script += [None, reply]

    with pytest.raises(kind) as caught:
        list(publisher.stage(message, THUMBNAIL))

    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(uploads(server)) == 1


def test_the_bytes_of_additions_are_told_as_progress(server, message):
    told = []
    publisher = open_at(server, Tokens(), Session(progress=lambda sent, size: told.append((sent, size))))

    list(publisher.stage(message, VIDEO))

    assert told == [(one.size, one.size) for one in message.media[1:]]


# -- playlist entry


def entry(name="i1", of="v1"):
    return {"id": name, "snippet": {"resourceId": {"kind": "youtube#video", "videoId": of}}}


def test_an_entry_is_looked_for_and_then_made_without_a_position(server, publisher):
    server.script += [items(), Reply(200, entry())]

    assert publisher.follow(ENTRY, "v1") == "i1"

    look, insert = server.seen
    assert look.query["playlistId"] == ["PL1"]
    assert look.query["videoId"] == ["v1"]
    assert (insert.method, insert.query["part"]) == ("POST", ["snippet"])
    assert insert.json == {
        "snippet": {"playlistId": "PL1", "resourceId": {"kind": "youtube#video", "videoId": "v1"}}
    }


def test_an_entry_that_is_there_is_not_made_again(server, publisher):
    server.script += [items(entry("i0", "v0"), entry())]

    assert publisher.follow(ENTRY, "v1") == "i1"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (items(entry()), "i1"),
        (items(), None),
        (items(entry(of="v2")), None),
        (items({"id": "i1", "snippet": {}}), None),
        (error(404, "videoNotFound"), None),
    ],
)
def test_an_entry_is_told_by_the_video_it_holds(server, publisher, reply, found):
    server.script.append(reply)

    assert publisher.followed(ENTRY, "v1") == found


def test_already_in_the_playlist_is_done(server, publisher):
    server.script += [items(), error(409, "videoAlreadyInPlaylist")]

    assert publisher.follow(ENTRY, "v1") == ""


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (error(404, "videoNotFound"), Unavailable, "youtube.not-listed"),
        (error(404, "playlistNotFound"), Rejected, "youtube.playlist-missing"),
        (error(403, "playlistContainsMaximumNumberOfVideos"), Rejected, "youtube.playlist-full"),
        (error(400, "manualSortRequired"), Rejected, "youtube.playlist-refuses"),
        (error(403, "quotaExceeded"), RateLimited, "youtube.quota"),
        (Reply(500, b"oops"), OutcomeUnknown, "youtube.server-error"),
        (Reply(200, b"<html>"), OutcomeUnknown, "youtube.unreadable"),
        (Reply(200, {}), OutcomeUnknown, "youtube.unreadable"),
        (HANG_UP, OutcomeUnknown, "publish.no-answer"),
    ],
)
def test_an_entry_that_fails_is_repeated_only_where_it_surely_was_not_made(
    server, publisher, reply, kind, code
):
    server.answers["POST", "playlistItems"] = Reply(200, entry())
    server.script += [items(), reply]

    with pytest.raises(kind) as caught:
        publisher.follow(ENTRY, "v1")

    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(server.requests("POST")) == 1
    assert kind is not Rejected or caught.value.values["playlist"] == "PL1"


def test_a_playlist_that_is_gone_is_no_missing_entry(server, publisher):
    for action in (publisher.follow, publisher.followed):
        server.script.append(error(404, "playlistNotFound"))
        with pytest.raises(Rejected) as caught:
            action(ENTRY, "v1")
        assert (caught.value.code, caught.value.values["playlist"]) == ("youtube.playlist-missing", "PL1")


# -- objections


def playlist(owner):
    return items({"id": "PL1", "snippet": {"channelId": owner}})


def category(number, *, assignable=True):
    return {"id": number, "snippet": {"title": f"T{number}", "assignable": assignable}}


def channel(long_uploads):
    return items({"id": "UC1", "status": {"longUploadsStatus": long_uploads}})


def asking(message, *, duration=0.0, after=(ENTRY,)):
    first = message.media[0]
    media = Media(first.path, "video", "video/mp4", first.size, "", duration=duration)
    return replace(message, media=(media,), after=after)


@pytest.fixture
def willing(server):
    server.answers["GET", "playlists"] = playlist("UC1")
    server.answers["GET", "videoCategories"] = items(category("25"), category("42", assignable=False))
    server.answers["GET", "channels"] = channel("allowed")
    return server


def test_a_message_that_fits_meets_no_objection(willing, publisher, message):
    assert list(publisher.objections(asking(message, duration=3600))) == []
    assert willing.requests("GET", "videoCategories")[0].query["regionCode"] == ["VN"]
    assert {one.method for one in willing.seen} == {"GET"}


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (items(), "youtube.playlist-missing"),
        (error(404, "playlistNotFound"), "youtube.playlist-missing"),
        (playlist("UC2"), "youtube.playlist-foreign"),
    ],
)
def test_a_playlist_must_exist_and_be_of_this_channel(willing, publisher, message, reply, code):
    willing.answers["GET", "playlists"] = reply

    assert list(publisher.objections(asking(message))) == [(code, {"playlist": "PL1"})]


@pytest.mark.parametrize("number", ["42", "999"])
def test_a_category_must_be_one_that_can_be_chosen(willing, publisher, message, number):
    found = list(publisher.objections(asking(having(message, category=number))))

    assert found == [("youtube.category-not-offered", {"category": number, "fits": "25 (T25)"})]


def test_without_a_list_of_categories_there_is_no_objection(willing, publisher, message):
    willing.answers["GET", "videoCategories"] = items()

    assert list(publisher.objections(asking(having(message, category="999")))) == []


@pytest.mark.parametrize(
    ("duration", "state", "objects"),
    [
        (900, "disallowed", False),
        (901, "disallowed", True),
        (901, "eligible", True),
        (901, "allowed", False),
        (901, "longUploadsUnspecified", False),
    ],
)
def test_more_than_fifteen_minutes_need_a_verified_channel(
    willing, publisher, message, duration, state, objects
):
    willing.answers["GET", "channels"] = channel(state)

    found = list(publisher.objections(asking(message, duration=duration)))

    assert found == ([("youtube.long-uploads", {"minutes": 15})] if objects else [])


def test_nothing_is_asked_that_no_option_needs_and_nothing_twice(willing, publisher, message):
    plain = asking(having(message, category=None), after=())
    assert list(publisher.objections(plain)) == []
    assert willing.seen == []

    for _ in range(3):
        list(publisher.objections(asking(message, duration=3600)))
    assert len(willing.seen) == 3


# -- what it costs


def test_every_request_that_is_counted_is_told_before_it_is_sent(server, message):
    spent = []
    session = Session()
    session.spend = lambda quota, amount: spent.append((quota, amount, len(server.seen)))
    publisher = open_at(server, Tokens(), session)
    server.answers["PUT", "videos"] = Reply(200, video(privacy="public"))
    server.answers["DELETE", "videos"] = Reply(204)

    pieces = list(publisher.stage(message, []))
    list(publisher.release(message, pieces))
    publisher.status(message, pieces)
    publisher.discard(pieces)
    server.script += [items(), Reply(200, entry())]
    publisher.follow(ENTRY, "v1")

    # session, bytes, look, thumbnail, twice captions, release, look, look, removal, look, entry
    assert spent == [
        ("uploads", 1, 0),
        ("units", 1, 2),
        ("units", 50, 3),
        ("units", 400, 4),
        ("units", 400, 5),
        ("units", 50, 6),
        ("units", 1, 7),
        ("units", 1, 8),
        ("units", 50, 9),
        ("units", 1, 10),
        ("units", 50, 11),
    ]


def test_a_refused_request_is_counted_too(server, message):
    spent = []
    session = Session()
    session.spend = lambda quota, amount: spent.append((quota, amount))
    server.script.append(error(403, "quotaExceeded"))

    with pytest.raises(RateLimited):
        list(open_at(server, Tokens(), session).stage(message, []))

    assert spent == [("uploads", 1)]


def test_every_cost_is_of_a_quota_of_the_publisher(publisher):
    assert {quota for quota, _ in YOUTUBE_COSTS.values()} == set(publisher.quotas)
    assert publisher.quotas["units"].most == 10_000
    assert publisher.quotas["uploads"].most == 100
    assert {one.zone for one in publisher.quotas.values()} == {"America/Los_Angeles"}
