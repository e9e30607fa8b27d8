"""The sandbox's YouTube: playlists that exist from the start, their entries, and the playlist of uploads."""

import pytest
from sandbox_clients import Tube, reason
from sandbox_tube import FOREIGN, MINE, SORTED, enter, entries

from asean_social.sandbox.youtube_settings import PlaylistAtStart

UPLOADS = "UUHueAsean00000000000001"

SANDBOX = {"processing_seconds": 0.0}


@pytest.fixture
def video(tube):
    return tube.upload()["id"]


def test_an_entry_is_on_the_video_and_in_the_list(box, tube, video) -> None:
    made = enter(tube, video).json()

    [seen] = box.hidden()
    row = {"id": MINE, "title": "ASEAN tròn 60 năm", "position": 0, "entry": made["id"]}
    assert seen["playlists"] == [row]
    [one] = entries(tube, videoId=video)
    assert (one["id"], one["snippet"]["resourceId"]) == (
        made["id"],
        {"kind": "youtube#video", "videoId": video},
    )
    assert entries(tube, videoId="another") == []


def test_a_second_entry_is_a_second_one_or_is_refused(box, tube, video) -> None:
    assert [enter(tube, video).status_code for _ in range(2)] == [200, 200]
    assert len(entries(tube)) == 2

    box.youtube.settings.duplicates = "refuse"

    assert reason(enter(tube, video)) == (409, "videoAlreadyInPlaylist")


def test_a_new_video_is_not_found_at_once(box, tube, video, clock) -> None:
    box.youtube.settings.too_fresh = 60.0
    clock.advance(59)
    assert reason(enter(tube, video)) == (404, "videoNotFound")

    clock.advance(1)

    assert enter(tube, video).status_code == 200


def test_entries_stand_where_they_were_put(tube) -> None:
    first, second, third = (tube.upload()["id"] for _ in range(3))
    for one, place in ((first, None), (second, 0), (third, 1)):
        assert enter(tube, one, position=place).status_code == 200

    assert [one["snippet"]["resourceId"]["videoId"] for one in entries(tube)] == [second, third, first]
    assert [one["snippet"]["position"] for one in entries(tube)] == [0, 1, 2]
    assert reason(enter(tube, first, position=4)) == (400, "invalidPlaylistItemPosition")
    assert reason(enter(tube, first, position=-1)) == (400, "invalidPlaylistItemPosition")


@pytest.mark.parametrize(
    ("playlist", "changed", "expected"),
    [
        (None, {}, (400, "playlistIdRequired")),
        ("PLunknown", {}, (404, "playlistNotFound")),
        (FOREIGN, {}, (403, "playlistItemsNotAccessible")),
        (UPLOADS, {}, (400, "playlistOperationUnsupported")),
        (SORTED, {"position": 0}, (400, "manualSortRequired")),
        (MINE, {"resourceId": None}, (400, "resourceIdRequired")),
        (MINE, {"resourceId": {"kind": "youtube#video"}}, (400, "resourceIdRequired")),
        (MINE, {"resourceId": {"kind": "youtube#channel", "videoId": "a"}}, (400, "invalidResourceType")),
        (MINE, {"resourceId": {"kind": "youtube#video", "videoId": "unknown"}}, (404, "videoNotFound")),
        (MINE, {"position": "0"}, (400, "badRequest")),
        (MINE, {"colour": "red"}, (400, "badRequest")),
    ],
)
def test_an_entry_is_held_to_the_rules(tube, video, playlist, changed, expected) -> None:
    assert reason(enter(tube, video, playlist, **changed)) == expected


def test_a_note_has_its_length(tube, video) -> None:
    snippet = {"playlistId": MINE, "resourceId": {"kind": "youtube#video", "videoId": video}}

    def noted(length: int):
        body = {"snippet": snippet, "contentDetails": {"note": "n" * length}}
        return tube.call("POST", "playlistItems", body, part="snippet,contentDetails")

    assert noted(280).json()["contentDetails"]["note"] == "n" * 280
    assert reason(noted(281)) == (400, "invalidContentDetails")


def test_a_full_playlist_takes_no_more(box, tube, video) -> None:
    full = PlaylistAtStart("PLfull", "hue-asean", "Đầy", size=1)
    box.youtube.settings.playlists = (full,)
    box.youtube.playlists.clear()

    assert enter(tube, video, "PLfull").status_code == 200
    assert reason(enter(tube, video, "PLfull")) == (403, "playlistContainsMaximumNumberOfVideos")


def test_the_private_video_of_another_channel_cannot_be_entered(box, tube) -> None:
    stranger = Tube(box, "other")
    secret, seen = stranger.upload()["id"], stranger.upload(status={"privacyStatus": "public"})["id"]

    assert reason(enter(tube, secret)) == (400, "failedPrecondition")
    assert enter(tube, seen).status_code == 200


def test_an_entry_can_be_removed_by_its_owner_and_goes_with_its_video(box, tube, video) -> None:
    made = enter(tube, video).json()["id"]

    assert reason(Tube(box, "other").call("DELETE", "playlistItems", id=made)) == (403, "forbidden")
    assert tube.call("DELETE", "playlistItems", id=made).status_code == 204
    assert reason(tube.call("DELETE", "playlistItems", id=made)) == (404, "playlistItemNotFound")

    again = enter(tube, video).json()["id"]
    assert tube.call("GET", "playlistItems", part="id", id=again).json()["items"][0]["id"] == again
    tube.call("DELETE", "videos", id=video)
    assert entries(tube) == []


def test_playlists_are_found_by_id_by_channel_and_as_ones_own(box, tube) -> None:
    def found(client: Tube, **asked: str) -> list[str]:
        answer = client.call("GET", "playlists", part="id,snippet,status,contentDetails", **asked)
        return [one["id"] for one in answer.json()["items"]]

    assert found(tube, mine="true") == [MINE, SORTED]
    assert found(Tube(box, "other"), mine="true") == [FOREIGN]
    assert found(tube, channelId=box.youtube.channels["other"].id) == [FOREIGN]
    assert found(tube, id=f"{MINE},{FOREIGN},PLunknown") == [MINE, FOREIGN]
    assert found(tube, mine="true", maxResults="1") == [MINE]
    [one] = tube.call("GET", "playlists", part="snippet,contentDetails", id=MINE).json()["items"]
    assert (one["snippet"]["channelId"], one["contentDetails"]) == (
        tube.account["channel_id"],
        {"itemCount": 0},
    )
    assert reason(tube.call("GET", "playlists", part="id")) == (400, "missingRequiredParameter")
    assert reason(tube.call("GET", "playlists", part="id", mine="true", id=MINE)) == (
        400,
        "missingRequiredParameter",
    )


def test_lists_may_lag_behind(box, tube, clock) -> None:
    box.youtube.settings.uploads_lag = 30.0
    video = tube.upload()["id"]
    assert entries(tube, UPLOADS) == []
    clock.advance(30)
    assert len(entries(tube, UPLOADS)) == 1

    enter(tube, video)
    box.fault("youtube", "playlistItems.list", "not-found-once")
    assert [len(entries(tube)) for _ in range(2)] == [0, 1]
