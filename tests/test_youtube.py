import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google_server import (
    HANG_UP,
    OPTIONS,
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

from asean_social.errors import AuthFailed, OutcomeUnknown, Unavailable
from asean_social.publishers import google
from asean_social.publishers.base import Piece
from asean_social.wording.youtube import MESSAGES

SINCE = datetime(2027, 2, 1, tzinfo=UTC)
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
    return a_message(tmp_path / "Huế 60 năm.mp4", 1000)


# -- release, status, discard


def test_release_is_one_update_with_the_whole_status(server, publisher, message):
    server.answers["PUT", "videos"] = Reply(200, video(privacy="unlisted"))

    assert list(publisher.release(having(message, privacy="unlisted"), VIDEO)) == []

    (update,) = server.seen
    assert update.query["part"] == ["status"]
    assert update.json == {
        "id": "v1",
        "status": {
            "privacyStatus": "unlisted",
            "embeddable": False,
            "license": "creativeCommon",
            "publicStatsViewable": False,
            "selfDeclaredMadeForKids": True,
            "containsSyntheticMedia": True,
        },
    }


@pytest.mark.parametrize("fault", [HANG_UP, Reply(500, b"oops"), Reply(200, b"<html>")])
def test_a_release_without_a_clear_answer_is_unknown_and_sent_once(server, publisher, message, fault):
    server.answers["PUT", "videos"] = Reply(200, video())
    server.script.append(fault)

    with pytest.raises(OutcomeUnknown):
        list(publisher.release(message, VIDEO))
    assert len(server.seen) == 1


def test_a_release_that_stays_private_is_told_at_once(server, publisher, message):
    server.answers["PUT", "videos"] = Reply(200, video(privacy="private"))

    with pytest.raises(OutcomeUnknown) as caught:
        list(publisher.release(message, VIDEO))
    assert caught.value.code == "youtube.kept-private"


def test_an_answer_to_a_release_that_does_not_tell_the_privacy_is_no_fault(server, publisher, message):
    server.answers["PUT", "videos"] = Reply(200, {"id": "v1"})

    assert list(publisher.release(message, VIDEO)) == []


@pytest.mark.parametrize(
    ("shown", "differs"),
    [
        ({}, ""),
        ({"license": "creativeCommon", "embeddable": False, "madeForKids": True}, ""),
        ({"license": "youtube"}, "youtube.settings-differ"),
        ({"embeddable": True}, "youtube.settings-differ"),
        ({"publicStatsViewable": True}, "youtube.settings-differ"),
        ({"selfDeclaredMadeForKids": False}, "youtube.settings-differ"),
        ({"containsSyntheticMedia": False}, "youtube.settings-differ"),
    ],
)
def test_settings_are_read_back_as_far_as_they_are_told(server, publisher, message, shown, differs):
    server.answers["GET", "videos"] = items(video(privacy="public", **shown))

    assert publisher.status(message, VIDEO).differs == differs


@pytest.mark.parametrize(
    ("asked", "shown", "public", "staged", "differs"),
    [
        ("public", "public", True, False, ""),
        ("unlisted", "unlisted", True, False, ""),
        ("public", "private", False, True, ""),
        ("public", "unlisted", True, False, "youtube.privacy-differs"),
        ("unlisted", "public", True, False, "youtube.privacy-differs"),
    ],
)
def test_status_compares_what_is_shown_with_what_was_asked(
    server, publisher, message, asked, shown, public, staged, differs
):
    server.answers["GET", "videos"] = items(video(privacy=shown))

    receipt = publisher.status(having(message, privacy=asked), VIDEO)

    assert (receipt.public, receipt.staged, receipt.differs) == (public, staged, differs)
    assert receipt.url == "https://www.youtube.com/watch?v=v1"
    assert len(server.seen) == 1


def test_a_private_video_still_in_work_is_not_staged(server, publisher, message):
    server.answers["GET", "videos"] = items(video("uploaded"))

    assert not publisher.status(message, VIDEO).staged


@pytest.mark.parametrize(
    "reply", [items(), Reply(200, {"kind": "youtube#videoListResponse"}), error(404, "videoNotFound")]
)
def test_a_video_that_is_gone_is_neither_staged_nor_public(server, publisher, message, reply):
    server.answers["GET", "videos"] = reply

    receipt = publisher.status(message, VIDEO)
    publisher.discard(VIDEO)

    assert (receipt.public, receipt.staged, receipt.remote_id) == (False, False, "")
    assert server.requests("DELETE") == []


@pytest.mark.parametrize("body", [[], {}, {"items": 7}, {"items": ["x"]}, "x"])
def test_an_answer_of_another_shape_is_not_taken_for_absence(server, publisher, message, body):
    server.answers["GET", "videos"] = Reply(200, body)

    with pytest.raises(Unavailable):
        publisher.status(message, VIDEO)


@pytest.mark.parametrize("reply", [Reply(204), error(404, "videoNotFound")])
def test_discard_deletes_the_private_video(server, publisher, reply):
    server.answers["DELETE", "videos"] = reply

    publisher.discard(VIDEO)

    assert server.requests("DELETE")[0].query["id"] == ["v1"]


# -- whoami and find


def test_an_account_without_a_channel_is_refused(server, publisher):
    server.answers["GET", "channels"] = Reply(200, {"kind": "youtube#channelListResponse"})

    with pytest.raises(AuthFailed) as caught:
        publisher.whoami()
    assert caught.value.code == "youtube.no-channel"


def listed(number, made="2027-02-10T00:00:00Z", published=None):
    content = {"videoId": f"v{number}"} | ({"videoPublishedAt": published} if published else {})
    return {"snippet": {"publishedAt": made}, "contentDetails": content}


def shown(number, title=OPTIONS["title"], privacy="public"):
    return {"id": f"v{number}", "snippet": {"title": title}, "status": {"privacyStatus": privacy}}


def searchable(server, *answers):
    """The answers to playlistItems.list and videos.list, in turn, after the one to channels.list."""
    related = {"contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}
    server.script += [items(related), *answers]


def test_find_reads_every_page_back_to_since(server, publisher, message):
    old = "2027-01-01T00:00:00Z"
    searchable(
        server,
        items(listed(1), nextPageToken="two"),
        items(shown(1, "Khác")),
        items(listed(2, old, published="2027-02-03T00:00:00Z"), listed(3, old), nextPageToken="three"),
        items(shown(2, "  asean TRÒN 60 năm: Huế hội nhập ")),
        items(listed(4, old), nextPageToken="four"),
    )

    receipt = publisher.find(message, [], SINCE)

    assert receipt is not None
    assert (receipt.public, receipt.remote_id) == (True, "v2")
    assert [one.query.get("pageToken") for one in server.requests("GET", "playlistItems")] == [
        None,
        ["two"],
        ["three"],
    ]
    assert server.seen[4].query["id"] == ["v2"]


@pytest.mark.parametrize(
    ("found", "asked", "hit"),
    [
        (shown(1), "public", True),
        (shown(1, privacy="unlisted"), "unlisted", True),
        (shown(1), "unlisted", True),
        (shown(1, privacy="unlisted"), "public", False),
        (shown(1, privacy="private"), "public", False),
        (shown(1, "ASEAN tròn 61 năm"), "public", False),
    ],
)
def test_find_takes_only_a_published_video_with_the_same_title(server, publisher, message, found, asked, hit):
    searchable(server, items(listed(1)), items(found))

    assert (publisher.find(having(message, privacy=asked), [], SINCE) is not None) == hit


def test_two_videos_with_the_title_are_for_a_person_to_tell_apart(server, publisher, message):
    searchable(server, items(listed(1), listed(2)), items(shown(1), shown(2)))

    with pytest.raises(OutcomeUnknown) as caught:
        publisher.find(message, [], SINCE)
    assert caught.value.values["count"] == 2


def test_a_date_that_cannot_be_read_hides_nothing(server, publisher, message):
    searchable(server, items(listed(1, made="lately")), items(shown(1)))

    assert publisher.find(message, [], SINCE) is not None


def test_a_list_that_cannot_be_read_to_the_end_is_no_proof_of_absence(server, publisher, message):
    searchable(server, error(404, "playlistNotFound"))
    with pytest.raises(OutcomeUnknown):
        publisher.find(message, [], SINCE)

    searchable(server, items(listed(1), nextPageToken="two"), items(), Reply(500, b"oops"))
    with pytest.raises(Unavailable):
        publisher.find(message, [], SINCE)


# -- wording


def test_every_code_of_the_adapter_has_a_sentence_and_every_sentence_a_code():
    files = [Path(google.__file__), *Path(google.__file__).parent.glob("youtube*.py")]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    codes = set(re.findall(r'"(youtube\.[a-z-]+)"', source)) - {"youtube.v"}

    assert codes == {code for code in MESSAGES if not code.endswith(".hint")}
    assert {code.removesuffix(".hint") for code in MESSAGES if code.endswith(".hint")} <= codes
