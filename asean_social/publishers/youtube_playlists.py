"""The entry of a published video in a playlist.

Not idempotent by itself: sources disagree whether a second entry is refused with 409 or made, so that the playlist is
read before anything is added (https://developers.google.com/youtube/v3/docs/playlistItems/insert, read 2026-11-23).
"""

from typing import Any

from asean_social.errors import Rejected
from asean_social.publishers.base import After
from asean_social.publishers.youtube_api import PAGE, Api, identity, items, part


def add(api: Api, after: After, video: str) -> str:
    """The id of the entry; "" where the platform only says that there is one.

    Without a position: a playlist that sorts itself refuses any. A lost answer is OutcomeUnknown, so that it is looked
    for before a repeat.
    """
    there = entry(api, after, video)
    if there is not None:
        return there
    playlist = str(after.options["playlist"])
    body = {
        "snippet": {"playlistId": playlist, "resourceId": {"kind": "youtube#video", "videoId": video}},
    }
    request = api.service.playlistItems().insert(part="snippet", body=body)
    try:
        return identity(api.ask(request, visible=True, playlist=playlist), visible=True)
    except Rejected as error:
        if error.values.get("reason") == "videoAlreadyInPlaylist":
            return ""
        raise


def entry(api: Api, after: After, video: str) -> str | None:
    """The id of the video's entry, None where there is none yet."""
    playlist = str(after.options["playlist"])
    request = api.service.playlistItems().list(
        part="id,snippet", playlistId=playlist, videoId=video, maxResults=PAGE
    )
    try:
        found = items(api.ask(request, playlist=playlist))
    except Rejected as error:
        if error.values.get("reason") == "videoNotFound":  # not in this playlist
            return None
        raise
    return next((identity(one) for one in found if _holds(one, video)), None)


def _holds(one: Any, video: str) -> bool:
    return part(part(one, "snippet"), "resourceId").get("videoId") == video
