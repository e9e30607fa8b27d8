"""Channels, and the categories a video can be put into.

Sources: https://developers.google.com/youtube/v3/docs/channels/list, …/videoCategories/list.
"""

from typing import Any

from asean_social.sandbox.google_tokens import ChannelAccount
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World
from asean_social.sandbox.youtube_answers import listed
from asean_social.sandbox.youtube_reception import Reception
from asean_social.sandbox.youtube_rules import CATEGORIES, UNASSIGNABLE, check_parts, refuse
from asean_social.sandbox.youtube_settings import Settings
from asean_social.sandbox.youtube_videos import Shelf

FILTERS = ("mine", "id", "forHandle", "forUsername", "managedByMe", "mySubscribers", "categoryId")


class Channels:
    def __init__(
        self,
        world: World,
        reception: Reception,
        shelf: Shelf,
        settings: Settings,
        channels: list[ChannelAccount],
    ) -> None:
        self._world, self._reception = world, reception
        self._shelf, self._settings = shelf, settings
        self._by_id = {one.id: one for one in channels}

    def channels(self, request: Request) -> Answer:
        method = "channels.list"
        channel, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "channels", method)
        if sum(name in asked for name in FILTERS) != 1:
            text = "No filter selected."
            raise refuse(method, "missingRequiredParameter", text, domain="youtube.parameter")
        if not asked.get("mine") and "id" not in asked:
            raise refuse(method, "invalidCriteria", "Only mine and id are offered here.")
        with self._world.lock:
            chosen = [channel] if asked.get("mine") else [one for one in asked["id"] if one in self._by_id]
            rows = [self._channel(self._by_id[one], parts, own=one == channel) for one in chosen]
        return listed("youtube#channelListResponse", rows)

    def _channel(self, one: ChannelAccount, parts: list[str], *, own: bool) -> dict[str, Any]:
        videos = [video for video in self._shelf.uploads(one.id) if self._shelf.is_public(video)]
        made = {
            "snippet": {
                "title": one.name,
                "description": "",
                "publishedAt": "2020-01-01T00:00:00Z",
                "country": "VN",
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": one.uploads}},
            "status": self._status(own=own),
            "statistics": {"viewCount": "0", "subscriberCount": "100", "videoCount": str(len(videos))},
        }
        shown = {part: made[part] for part in parts if part in made}
        return {"kind": "youtube#channel", "etag": f"e{one.id}", "id": one.id, **shown}

    def _status(self, *, own: bool) -> dict[str, Any]:
        known = {"longUploadsStatus": self._settings.long_uploads} if own else {}
        return {"privacyStatus": "public", "isLinked": True, **known}

    def categories(self, request: Request) -> Answer:
        method = "videoCategories.list"
        _, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "videoCategories", method)
        if ("id" in asked) == ("regionCode" in asked):
            text = "Give exactly one of id, regionCode"
            raise refuse(method, "incompatibleParameters", text, domain="youtube.parameter")
        names = CATEGORIES | UNASSIGNABLE
        chosen = [one for one in asked.get("id", names) if one in names]
        return listed(
            "youtube#videoCategoryListResponse", [_category(one, names[one], parts) for one in chosen]
        )


def _category(key: str, title: str, parts: list[str]) -> dict[str, Any]:
    row = {"kind": "youtube#videoCategory", "etag": f"e{key}", "id": key}
    snippet = {"title": title, "assignable": key in CATEGORIES, "channelId": "UCBR8-60-B28hp2BmDPdntcQ"}
    return row | ({"snippet": snippet} if "snippet" in parts else {})
