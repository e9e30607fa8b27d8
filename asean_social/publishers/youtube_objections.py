"""What a channel would refuse of a message, asked beforehand; nothing is changed there.

Sources, read 2026-11-23: https://developers.google.com/youtube/v3/docs/playlists/list,
https://developers.google.com/youtube/v3/docs/videoCategories/list and
https://developers.google.com/youtube/v3/docs/channels (status.longUploadsStatus).
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from asean_social.errors import Problem, Severity
from asean_social.publishers.base import Message
from asean_social.publishers.limits import LONG_UPLOAD
from asean_social.publishers.youtube_api import Api, items, part

REGION = "VN"  # whose categories can be chosen

Objection = tuple[str, Mapping[str, Any]]


class Objections:
    """Of one channel. What was asked once is not asked again."""

    def __init__(self, api: Api, channel: str) -> None:
        self._api, self._channel = api, channel
        self._owners: dict[str, str] = {}  # of playlists; "" for one that does not exist

    def of(self, message: Message) -> Iterator[Objection]:
        yield from self._playlists(message)
        yield from self._category(message)
        yield from self._length(message)

    def _playlists(self, message: Message) -> Iterator[Objection]:
        for after in message.after:
            if after.kind != "playlist-entry":
                continue
            playlist = str(after.options["playlist"])
            owner = self._owner(playlist)
            if not owner:
                yield "youtube.playlist-missing", {"playlist": playlist}
            elif owner != self._channel:
                yield "youtube.playlist-foreign", {"playlist": playlist}

    def _owner(self, playlist: str) -> str:
        if playlist not in self._owners:
            request = self._api.service.playlists().list(part="id,snippet", id=playlist)
            answer = self._api.ask(request, gone=True)
            found = items(answer) if answer is not None else []
            self._owners[playlist] = str(part(found[0], "snippet").get("channelId", "")) if found else ""
        return self._owners[playlist]

    def _category(self, message: Message) -> Iterator[Objection]:
        category = message.options.get("category")
        if category and self._categories and category not in self._categories:
            fits = ", ".join(f"{number} ({title})" for number, title in self._categories.items())
            yield "youtube.category-not-offered", {"category": category, "fits": fits}

    @cached_property
    def _categories(self) -> Mapping[str, str]:
        """Titles by number of those that can be chosen; empty where the platform lists none, so cannot tell."""
        request = self._api.service.videoCategories().list(part="snippet", regionCode=REGION)
        found = items(self._api.ask(request))
        return {
            str(one.get("id")): str(part(one, "snippet").get("title", ""))
            for one in found
            if part(one, "snippet").get("assignable")
        }

    def _length(self, message: Message) -> Iterator[Objection]:
        if message.media[0].duration > LONG_UPLOAD and self._long_uploads in ("eligible", "disallowed"):
            yield "youtube.long-uploads", {"minutes": round(message.media[0].duration / 60)}

    @property
    def _long_uploads(self) -> str:
        return str(self._status.get("longUploadsStatus", ""))

    @cached_property
    def _status(self) -> Mapping[str, Any]:
        return part(self._api.channel("status"), "status")

    def of_channel(self) -> Iterator[Problem]:
        """What the channel's own status tells, as far as it hinders."""
        if self._status.get("isLinked") is False:
            yield Problem("youtube.not-linked")
        if self._long_uploads in ("eligible", "disallowed"):
            yield Problem("youtube.short-only", {}, Severity.NOTE)
