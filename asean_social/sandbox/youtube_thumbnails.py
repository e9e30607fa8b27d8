"""Setting a video's thumbnail.

Sources: https://developers.google.com/youtube/v3/docs/thumbnails/set and
https://support.google.com/youtube/answer/72431 (only channels verified by telephone).
"""

from typing import Any

from asean_social.sandbox.pictures import look
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World
from asean_social.sandbox.youtube_bodies import sent
from asean_social.sandbox.youtube_quota import Quota
from asean_social.sandbox.youtube_reception import Reception
from asean_social.sandbox.youtube_rules import refuse
from asean_social.sandbox.youtube_settings import Settings
from asean_social.sandbox.youtube_videos import Shelf, Video

METHOD = "thumbnails.set"
KINDS = frozenset({"JPEG", "PNG", "MPO"})
SIZES = {
    "default": (120, 90),
    "medium": (320, 180),
    "high": (480, 360),
    "standard": (640, 480),
    "maxres": (1280, 720),
}


class Thumbnails:
    def __init__(
        self, world: World, reception: Reception, quota: Quota, shelf: Shelf, settings: Settings
    ) -> None:
        self._world, self._reception, self._quota = world, reception, quota
        self._shelf, self._settings = shelf, settings

    def set(self, request: Request) -> Answer:
        channel, asked = self._reception.begin(request, METHOD, "uploadType")
        with self._world.lock:
            video = self._mine(channel, asked["videoId"])
        if not self._quota.count(channel, METHOD, self._settings.thumbnails):
            text = (
                "The channel has uploaded too many thumbnails recently. Please try the request again later."
            )
            raise refuse(METHOD, "uploadRateLimitExceeded", text, domain="youtube.quota")
        media = sent(request, METHOD, self._settings.thumbnail_bytes).media
        if not media:
            raise refuse(METHOD, "mediaBodyRequired", "The request does not include the image content.")
        picture = look(media)
        if picture is None or picture.kind not in KINDS:
            raise refuse(METHOD, "invalidImage", "The provided image content is invalid.")
        with self._world.lock:
            if self._shelf.is_processed(video):
                video.thumbnail = self._world.keep(media, picture.mime, (picture.width, picture.height))
                self._world.event("youtube", "edited", video.id, part="thumbnail")
            else:
                # the documentation asks to wait; what comes earlier is answered like any other, and lost
                self._world.event("youtube", "lost", video.id, part="thumbnail")
        return Answer.json(_response(video))

    def _mine(self, channel: str, subject: str) -> Video:
        video = self._shelf.videos.get(subject)
        if video is None:
            text = "The video that you are trying to insert a thumbnail image for cannot be found."
            raise refuse(METHOD, "videoNotFound", text)
        if video.channel != channel or not self._settings.phone_verified:
            text = (
                "The authenticated user doesn't have permissions to upload and set custom video thumbnails."
            )
            raise refuse(METHOD, "forbidden", text, domain="youtube.thumbnail")
        return video


def _response(video: Video) -> dict[str, Any]:
    sizes = {**SIZES, **({"shortsAspectRatio": (1080, 1920)} if video.film.is_short else {})}
    made = {
        name: {"url": f"https://i.ytimg.com/vi/{video.id}/{name}.jpg", "width": width, "height": height}
        for name, (width, height) in sizes.items()
    }
    return {"kind": "youtube#thumbnailSetResponse", "etag": f"e{video.id}", "items": [made]}
