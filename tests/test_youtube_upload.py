import pytest
from google_server import (
    CHUNK,
    HANG_UP,
    OPTIONS,
    Cut,
    GoogleServer,
    Reply,
    Tokens,
    a_message,
    error,
    having,
    items,
    open_at,
    video,
)

from asean_social.errors import RateLimited, Rejected, Unavailable
from asean_social.publishers.base import Piece, Wait
from asean_social.publishers.http import Session

VIDEO = [Piece("video", "v1")]


@pytest.fixture
def server():
    with GoogleServer() as server:
        server.answers["GET", "videos"] = items(video())
        yield server


@pytest.fixture
def publisher(server):
    return open_at(server, Tokens())


@pytest.fixture
def message(tmp_path):
    return a_message(tmp_path / "Huế 60 năm.mp4", 900_000)  # three whole chunks and a part of one


def content(message):
    return message.media[0].path.read_bytes()


def test_the_session_is_a_piece_before_the_first_byte(server, publisher, message):
    first = next(publisher.stage(message, []))

    assert first == Piece("session", server.url + server.session, secret=True)
    assert [one.method for one in server.seen] == ["POST"]


def test_a_session_begins_private_with_every_field(server, publisher, message):
    next(publisher.stage(having(message, privacy="unlisted"), []))

    (start,) = server.seen
    assert start.query == {
        "uploadType": ["resumable"],
        "part": ["snippet,status,localizations,recordingDetails"],
        "notifySubscribers": ["false"],
        "alt": ["json"],
    }
    assert start.headers["x-upload-content-length"] == str(message.media[0].size)
    assert start.headers["x-upload-content-type"] == "video/mp4"
    assert start.headers["slug"] == "hue-60-nam.mp4"
    assert start.json == {
        "snippet": {
            "title": OPTIONS["title"],
            "description": OPTIONS["description"],
            "tags": OPTIONS["tags"],
            "categoryId": "25",
            "defaultLanguage": "vi",
            "defaultAudioLanguage": "en",
        },
        "status": {
            "privacyStatus": "private",
            "embeddable": False,
            "license": "creativeCommon",
            "publicStatsViewable": False,
            "selfDeclaredMadeForKids": True,
            "containsSyntheticMedia": True,
        },
        "localizations": OPTIONS["localizations"],
        "recordingDetails": {"recordingDate": "2027-02-20T00:00:00Z"},
    }


def test_what_is_not_set_is_not_sent(server, publisher, message):
    empty = dict.fromkeys(("category", "language", "audio_language", "recording_date"), "")
    next(publisher.stage(having(message, **empty, tags=[], localizations={}), []))

    (start,) = server.seen
    assert start.query["part"] == ["snippet,status"]
    assert set(start.json["snippet"]) == {"title", "description"}


def test_the_file_arrives_in_chunks_and_progress_is_told(server, message):
    told = []
    publisher = open_at(server, Tokens(), Session(progress=lambda sent, size: told.append((sent, size))))

    pieces = list(publisher.stage(message, []))

    assert [one.name for one in pieces] == ["session", "video"]
    assert pieces[1] == Piece("video", "v1")
    assert server.stored == content(message)
    assert [one.taken for one in server.requests("PUT")] == [
        CHUNK,
        CHUNK,
        CHUNK,
        len(server.stored) - 3 * CHUNK,
    ]
    assert told == sorted(told)
    assert told[-1] == (message.media[0].size, message.media[0].size)


@pytest.mark.parametrize("fault", [Cut(100_000), HANG_UP, Reply(503, b"busy"), Reply(200, b"<html>")])
def test_after_a_fault_in_the_middle_at_most_one_chunk_is_sent_again(server, publisher, message, fault):
    server.script += [None, None, fault]
    pieces = []
    with pytest.raises(Unavailable) as caught:
        pieces.extend(publisher.stage(message, []))

    pieces += publisher.stage(message, pieces)

    assert pieces[-1] == Piece("video", "v1")
    assert server.stored == content(message)
    assert sum(one.taken for one in server.requests("PUT")) <= message.media[0].size + CHUNK
    assert len(server.requests("POST")) == 1
    assert "secret-upload-id" not in str(caught.value)


def test_an_upload_that_ended_unseen_is_found_without_sending_a_byte(server, publisher, message):
    server.script += [None, None, None, None, HANG_UP]
    pieces = []
    with pytest.raises(Unavailable):
        pieces.extend(publisher.stage(message, []))
    pieces = [Piece("session", server.url + server.session, secret=True)]
    before = len(server.seen)

    pieces += publisher.stage(message, pieces)

    assert pieces[-1] == Piece("video", "v1")
    probe = server.seen[before]
    assert probe.headers["content-range"] == f"bytes */{message.media[0].size}"
    assert probe.headers["content-length"] == "0"
    assert sum(one.taken for one in server.seen[before:] if one.method == "PUT") == 0


def test_a_token_that_ends_during_the_upload_is_renewed_and_the_chunk_sent_in_full(server, message):
    tokens = Tokens()
    server.script += [None, None, error(401, "authError")]

    list(open_at(server, tokens).stage(message, []))

    assert server.stored == content(message)
    assert tokens.renewed == ["token-1"]
    used = [one.headers["authorization"] for one in server.requests("PUT")]
    assert used == ["Bearer token-1"] * 2 + ["Bearer token-2"] * 3


def test_308_without_a_range_means_that_nothing_arrived(server, publisher, message):
    session = next(publisher.stage(message, []))
    server.script += [None, Reply(308)]
    with pytest.raises(Unavailable) as caught:
        list(publisher.stage(message, [session]))
    assert caught.value.code == "youtube.no-progress"

    list(publisher.stage(message, [session]))

    assert server.stored == content(message)


def test_a_part_of_a_chunk_that_arrived_is_not_sent_again(server, publisher, message):
    session = next(publisher.stage(message, []))
    server.stored += content(message)[:1000]

    list(publisher.stage(message, [session]))

    assert server.stored == content(message)
    assert server.requests("PUT")[1].headers["content-range"].startswith(f"bytes 1000-{1000 + CHUNK - 1}/")


@pytest.mark.parametrize("span", ["bytes=0-99999999", "bytes=", "bytes=0", "some", "bytes=0-x"])
def test_a_range_that_cannot_be_is_only_a_delay(server, publisher, message, span):
    session = next(publisher.stage(message, []))
    for script in ([Reply(308, b"", (("Range", span),))], [None, Reply(308, b"", (("Range", span),))]):
        server.script.extend(script)
        server.stored.clear()
        with pytest.raises(Unavailable):
            list(publisher.stage(message, [session]))
        server.script.clear()


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_session_is_forgotten_and_another_begun(server, publisher, message, status):
    session = next(publisher.stage(message, []))
    server.script.append(Reply(status, b"Gone"))

    *pieces, last = publisher.stage(message, [session])

    assert pieces == [Piece("session", "", secret=True)]
    assert last == Wait(0, "youtube.session-gone")
    again = list(publisher.stage(message, [session, *pieces]))
    assert [one.name for one in again] == ["session", "video"]
    assert len(server.requests("POST")) == 2


def test_a_session_that_dies_between_two_chunks_is_forgotten_too(server, publisher, message):
    server.script += [None, None, Reply(404, b"Not Found")]

    *_, forgotten, last = publisher.stage(message, [])

    assert (forgotten.name, forgotten.value) == ("session", "")
    assert last == Wait(0, "youtube.session-gone")


@pytest.mark.parametrize("turn", ["start", "chunk"])
def test_an_address_on_another_host_gets_no_token_and_no_byte(server, publisher, message, turn):
    with GoogleServer() as other:
        away = (("Location", other.url + other.session),)
        steal = Reply(308, b"", (("Range", "bytes=0-9"), *away))
        server.script += [Reply(200, b"", away)] if turn == "start" else [None, steal]
        pieces = []

        with pytest.raises(Rejected) as caught:
            pieces.extend(publisher.stage(message, []))

        assert caught.value.code == "youtube.foreign-address"
        assert other.seen == []
        assert [one.value for one in pieces if one.value.startswith(other.url)] == []


def test_a_session_start_without_an_address_is_tried_again_later(server, publisher, message):
    server.script += [Reply(200, {})]

    with pytest.raises(Unavailable):
        next(publisher.stage(message, []))


def test_the_day_of_a_full_upload_bucket_is_over(server, publisher, message):
    server.script.append(error(429, "rateLimitExceeded", "Video Uploads per day", "global"))

    with pytest.raises(RateLimited) as caught:
        next(publisher.stage(message, []))

    assert (caught.value.code, caught.value.values["quota"]) == ("youtube.quota", "uploads")
    assert len(server.seen) == 1


def test_a_file_that_changed_since_it_was_checked_is_not_sent(server, publisher, message):
    session = next(publisher.stage(message, []))
    with message.media[0].path.open("ab") as file:
        file.write(b"more")
    before = len(server.seen)

    for pieces in ([], [session]):
        with pytest.raises(Rejected) as caught:
            next(publisher.stage(message, pieces))
        assert caught.value.code == "youtube.file-changed"
    message.media[0].path.unlink()
    with pytest.raises(Rejected):
        next(publisher.stage(message, []))
    assert len(server.seen) == before


def test_an_empty_file_is_not_sent(server, publisher, tmp_path):
    with pytest.raises(Rejected) as caught:
        next(publisher.stage(a_message(tmp_path / "empty.mp4", 0), []))

    assert caught.value.code == "youtube.empty-file"
    assert server.seen == []


def test_processing_is_waited_for_and_its_end_ends_the_stage(server, publisher, message):
    server.answers["GET", "videos"] = items(video("uploaded"))
    assert list(publisher.stage(message, VIDEO)) == [Wait(0, "youtube.processing")]

    server.answers["GET", "videos"] = items(video("processed"))
    assert list(publisher.stage(message, VIDEO)) == []


@pytest.mark.parametrize(
    ("found", "code", "reason"),
    [
        ([video("failed", failureReason="codec")], "youtube.processing-failed", "codec"),
        ([video("rejected", rejectionReason="copyright")], "youtube.video-rejected", "copyright"),
        ([video("deleted")], "youtube.video-gone", None),
        (
            [
                {
                    **video("uploaded"),
                    "processingDetails": {
                        "processingStatus": "terminated",
                        "processingFailureReason": "transcodeFailed",
                    },
                }
            ],
            "youtube.processing-failed",
            "transcodeFailed",
        ),
    ],
)
def test_a_video_that_cannot_be_processed_needs_a_person(server, publisher, message, found, code, reason):
    server.answers["GET", "videos"] = items(*found)

    with pytest.raises(Rejected) as caught:
        list(publisher.stage(message, VIDEO))

    assert (caught.value.code, caught.value.values.get("reason")) == (code, reason)
