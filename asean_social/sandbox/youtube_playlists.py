"""Playlists and their entries; the playlist of uploads is one of them, kept by the platform itself.

Sources: https://developers.google.com/youtube/v3/docs/playlists/list, …/playlistItems/list, …/playlistItems/insert,
…/playlistItems/delete; https://github.com/tokland/youtube-upload/issues/305 (a new video is not found at once).
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from asean_social.sandbox.google_tokens import ChannelAccount
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World
from asean_social.sandbox.youtube_answers import json_bytes, page
from asean_social.sandbox.youtube_reception import Reception
from asean_social.sandbox.youtube_rules import check_parts, refuse, resource, stamp
from asean_social.sandbox.youtube_settings import PlaylistAtStart, Settings
from asean_social.sandbox.youtube_videos import Shelf, Video

ITEM = "youtube.playlistItem"
MOST_NOTE = 280  # characters of contentDetails.note


@dataclass(slots=True)
class Entry:
    id: str
    video: str
    added: float
    note: str = ""


@dataclass(slots=True)
class Playlist:
    id: str
    channel: str
    title: str
    made: float
    about: PlaylistAtStart | None  # None for a playlist of uploads
    entries: list[Entry] = field(default_factory=list)

    @property
    def privacy(self) -> str:
        return "public" if self.about else "private"


class Playlists:
    def __init__(
        self,
        world: World,
        reception: Reception,
        shelf: Shelf,
        settings: Settings,
        channels: dict[str, ChannelAccount],  # by the name of the account
    ) -> None:
        self._world, self._reception = world, reception
        self._shelf, self._settings = shelf, settings
        self._channels = channels
        self._by_id = {one.id: one for one in channels.values()}
        self._playlists: dict[str, Playlist] = {}

    def clear(self) -> None:
        now = self._world.now()
        made = [
            Playlist(one.id, self._channels[one.account].id, one.title, now, one)
            for one in self._settings.playlists
        ]
        self._playlists = {one.id: one for one in made}

    def forget(self, video: str) -> None:
        for one in self._playlists.values():
            one.entries = [entry for entry in one.entries if entry.video != video]

    def shown(self, video: str) -> list[dict[str, Any]]:
        """Where a video stands: one row for each entry."""
        return [
            {"id": one.id, "title": one.title, "position": place, "entry": entry.id}
            for one in self._playlists.values()
            for place, entry in enumerate(one.entries)
            if entry.video == video
        ]

    # -- playlists

    def playlists(self, request: Request) -> Answer:
        method = "playlists.list"
        channel, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "playlists", method)
        if sum(name in asked for name in ("mine", "id", "channelId")) != 1:
            text = "No filter selected. Expected one of: mine, id, channelId"
            raise refuse(method, "missingRequiredParameter", text, domain="youtube.parameter")
        with self._world.lock:
            fits = _fits(asked, channel)
            found = [one for one in self._playlists.values() if fits(one)]
            found += [
                one for one in map(self._uploads_of, self._by_id.values()) if one.id in asked.get("id", ())
            ]
            return page(
                "youtube#playlistListResponse", found, asked, method, lambda one: _list(one, parts, self)
            )

    def name(self, channel: str) -> str:
        return self._by_id[channel].name

    # -- entries

    def entries(self, request: Request) -> Answer:
        method = "playlistItems.list"
        channel, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "playlistItems", method)
        if ("playlistId" in asked) == ("id" in asked):
            text = "No filter selected. Expected one of: id, playlistId"
            raise refuse(method, "missingRequiredParameter", text, domain="youtube.parameter")
        with self._world.lock:
            rows = self._named(asked["id"]) if "id" in asked else self._of(asked["playlistId"], method)
            rows = [row for row in rows if self._seen(row, channel)]
            if "videoId" in asked:
                rows = [row for row in rows if row[1].video == asked["videoId"]]
            rows = [row for row in rows if request.sees(row[1].added)]
            kind = "youtube#playlistItemListResponse"
            return page(kind, rows, asked, method, lambda row: self._item(*row, parts))

    def _of(self, subject: str, method: str) -> list[tuple[Playlist, Entry]]:
        one = self._find(subject, method)
        return [(one, entry) for entry in one.entries]

    def _named(self, ids: Sequence[str]) -> list[tuple[Playlist, Entry]]:
        every = [*self._playlists.values(), *map(self._uploads_of, self._by_id.values())]
        return [(one, entry) for one in every for entry in one.entries if entry.id in ids]

    def _seen(self, row: tuple[Playlist, Entry], channel: str) -> bool:
        video = self._shelf.videos[row[1].video]
        return video.channel == channel or self._shelf.is_public(video)

    def _find(self, subject: str, method: str) -> Playlist:
        uploads = [self._uploads_of(one) for one in self._by_id.values() if one.uploads == subject]
        found = self._playlists.get(subject) or next(iter(uploads), None)
        if found is None:
            raise refuse(method, "playlistNotFound", "The playlist cannot be found.", domain=ITEM)
        return found

    def _uploads_of(self, channel: ChannelAccount) -> Playlist:
        until = self._world.now() - self._settings.uploads_lag
        videos = [one for one in self._shelf.uploads(channel.id) if one.created <= until]
        entries = [Entry(f"{channel.uploads}.{one.id}", one.id, one.created) for one in videos]
        return Playlist(channel.uploads, channel.id, "Uploads", 0.0, None, entries)

    def insert(self, request: Request) -> Answer:
        method = "playlistItems.insert"
        channel, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "playlistItems", method)
        body = resource(json_bytes(request, method), parts, method)
        snippet, note = body.get("snippet", {}), body.get("contentDetails", {}).get("note", "")
        with self._world.lock:
            playlist = self._writable(channel, snippet.get("playlistId"))
            video = self._video(channel, snippet.get("resourceId"))
            place = self._place(playlist, video, snippet.get("position"))
            if len(note) > MOST_NOTE:
                raise refuse(method, "invalidContentDetails", "contentDetails.note is too long.", domain=ITEM)
            entry = Entry(f"UE{secrets.token_urlsafe(24)}", video.id, self._world.now(), note)
            playlist.entries.insert(place, entry)
            self._world.event("youtube", "playlist", video.id, playlist=playlist.id)
            return Answer.json(self._item(playlist, entry, parts))

    def _writable(self, channel: str, subject: Any) -> Playlist:
        method = "playlistItems.insert"
        if not subject:
            raise refuse(
                method, "playlistIdRequired", "The request does not specify a playlist.", domain=ITEM
            )
        playlist = self._find(subject, method)
        if playlist.channel != channel:
            text = "The playlist belongs to another channel."
            raise refuse(method, "playlistItemsNotAccessible", text, domain=ITEM)
        if playlist.about is None:
            text = "The playlist of uploads is kept by the platform."
            raise refuse(method, "playlistOperationUnsupported", text, domain=ITEM)
        return playlist

    def _video(self, channel: str, named: Any) -> Video:
        method = "playlistItems.insert"
        if not isinstance(named, dict) or not named.get("videoId"):
            raise refuse(method, "resourceIdRequired", "snippet.resourceId is missing.", domain=ITEM)
        if named.get("kind") != "youtube#video":
            raise refuse(method, "invalidResourceType", "The resource type is not supported.", domain=ITEM)
        video = self._shelf.videos.get(named["videoId"]) if isinstance(named["videoId"], str) else None
        if video is None or self._world.now() < video.created + self._settings.too_fresh:
            raise refuse(method, "videoNotFound", "Video not found.", domain=ITEM)
        if video.channel != channel and not self._shelf.is_public(video):
            raise refuse(method, "failedPrecondition", "Precondition check failed.", domain=ITEM)
        return video

    def _place(self, playlist: Playlist, video: Video, asked: Any) -> int:
        """Where the entry goes; refused where the playlist takes no more, or not there."""
        method, about = "playlistItems.insert", playlist.about
        if asked is not None and about is not None and about.sorts_itself:
            text = "The playlist is sorted by itself; no position can be given."
            raise refuse(method, "manualSortRequired", text, domain=ITEM)
        if asked is not None and not 0 <= asked <= len(playlist.entries):
            text = "The position is beyond the playlist."
            raise refuse(method, "invalidPlaylistItemPosition", text, domain=ITEM)
        if about is not None and len(playlist.entries) >= about.size:
            text = "The playlist is full."
            raise refuse(method, "playlistContainsMaximumNumberOfVideos", text, domain=ITEM)
        known = any(one.video == video.id for one in playlist.entries)
        if known and self._settings.duplicates == "refuse":
            raise refuse(method, "videoAlreadyInPlaylist", "Video already in playlist.", domain=ITEM)
        return len(playlist.entries) if asked is None else int(asked)

    def remove(self, request: Request) -> Answer:
        method = "playlistItems.delete"
        channel, asked = self._reception.begin(request, method)
        with self._world.lock:
            for playlist, entry in self._named([asked["id"]]):
                if playlist.channel != channel or playlist.about is None:
                    raise refuse(method, "forbidden", "The entry cannot be removed.", domain=ITEM)
                playlist.entries.remove(entry)
                self._world.event("youtube", "edited", entry.video, part="playlist")
                return Answer(204, kind="")
        raise refuse(method, "playlistItemNotFound", "Playlist item not found.", domain=ITEM)

    def _item(self, playlist: Playlist, entry: Entry, parts: list[str]) -> dict[str, Any]:
        video = self._shelf.videos[entry.video]
        snippet = {
            "publishedAt": stamp(entry.added),
            "channelId": playlist.channel,
            "title": video.snippet["title"],
            "description": video.snippet.get("description", ""),
            "channelTitle": self.name(playlist.channel),
            "playlistId": playlist.id,
            "position": playlist.entries.index(entry),
            "resourceId": {"kind": "youtube#video", "videoId": video.id},
            "videoOwnerChannelTitle": self.name(video.channel),
            "videoOwnerChannelId": video.channel,
        }
        details = {"videoId": video.id, **({"note": entry.note} if entry.note else {})}
        if video.published is not None:
            details["videoPublishedAt"] = stamp(video.published)
        made = {
            "snippet": snippet,
            "contentDetails": details,
            "status": {"privacyStatus": video.status["privacyStatus"]},
        }
        shown = {part: made[part] for part in parts if part in made}
        return {"kind": "youtube#playlistItem", "etag": f"e{video.id}", "id": entry.id, **shown}


def _fits(asked: dict[str, Any], channel: str) -> Callable[[Playlist], bool]:
    if "id" in asked:
        return lambda one: one.id in asked["id"]
    owner = channel if asked.get("mine") else asked.get("channelId")
    return lambda one: one.channel == owner


def _list(one: Playlist, parts: list[str], names: Playlists) -> dict[str, Any]:
    made = {
        "snippet": {
            "publishedAt": stamp(one.made),
            "channelId": one.channel,
            "title": one.title,
            "description": "",
            "channelTitle": names.name(one.channel),
            "localized": {"title": one.title, "description": ""},
        },
        "status": {"privacyStatus": one.privacy, "podcastStatus": "disabled"},
        "contentDetails": {"itemCount": len(one.entries)},
        "player": {"embedHtml": f'<iframe src="//www.youtube.com/embed/videoseries?list={one.id}"></iframe>'},
    }
    shown = {part: made[part] for part in parts if part in made}
    return {"kind": "youtube#playlist", "etag": f"e{one.id}", "id": one.id, **shown}
