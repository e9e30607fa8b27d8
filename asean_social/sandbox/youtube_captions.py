"""The tracks of captions of the videos.

Sources: https://developers.google.com/youtube/v3/docs/captions, …/captions/insert, …/captions/update. A file that
cannot be read is taken, and its track then says `failed` with a reason, as the resource describes it.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import Blob, World
from asean_social.sandbox.youtube_answers import json_bytes
from asean_social.sandbox.youtube_bodies import Sent, sent
from asean_social.sandbox.youtube_reception import Reception
from asean_social.sandbox.youtube_rules import check_parts, is_language, refuse, resource, stamp
from asean_social.sandbox.youtube_settings import Settings
from asean_social.sandbox.youtube_tracks import Track, read
from asean_social.sandbox.youtube_videos import Shelf, Video

MOST_NAME = 150  # characters


@dataclass(slots=True)
class Captions:
    id: str
    video: str
    language: str
    name: str
    draft: bool
    changed: float
    track: Track
    blob: Blob


class CaptionTracks:
    def __init__(self, world: World, reception: Reception, shelf: Shelf, settings: Settings) -> None:
        self._world, self._reception = world, reception
        self._shelf, self._settings = shelf, settings
        self._tracks: dict[str, Captions] = {}

    def clear(self) -> None:
        self._tracks.clear()

    def of(self, video: str) -> list[Captions]:
        return [one for one in self._tracks.values() if one.video == video]

    # -- requests

    def listing(self, request: Request) -> Answer:
        method = "captions.list"
        channel, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "captions", method)
        with self._world.lock:
            self._mine(channel, asked["videoId"], method)
            found = [one for one in self.of(asked["videoId"]) if request.sees(one.changed)]
            wanted = asked.get("id") or [one.id for one in found]
            rows = [_shown(one, parts) for one in found if one.id in wanted]
        return Answer.json({"kind": "youtube#captionListResponse", "etag": "e", "items": rows})

    def insert(self, request: Request) -> Answer:
        method = "captions.insert"
        channel, asked = self._reception.begin(request, method, "uploadType")
        parts = check_parts(asked["part"], "captions", method)
        upload = sent(request, method, self._settings.captions_bytes)
        snippet = resource(upload.metadata, parts, method).get("snippet", {})
        _check(snippet, method)
        with self._world.lock:
            video = self._mine(channel, snippet["videoId"], method)
            for one in self.of(video.id):
                if (one.language.lower(), one.name) == (snippet["language"].lower(), snippet["name"]):
                    text = "The specified video already has a caption track with the given language and name."
                    raise refuse(method, "captionExists", text, domain="youtube.caption")
            made = self._made(video, snippet, upload, method)
            self._tracks[made.id] = made
            self._world.event("youtube", "edited", video.id, part="captions")
            return Answer.json(_shown(made, parts))

    def _made(self, video: Video, snippet: dict[str, Any], upload: Sent, method: str) -> Captions:
        track, blob = self._kept(upload, method)
        key, draft = f"AUieDa{secrets.token_urlsafe(24)}", snippet.get("isDraft", False)
        words = snippet["language"], snippet["name"]
        return Captions(key, video.id, *words, draft, self._world.now(), track, blob)

    def _kept(self, upload: Sent, method: str) -> tuple[Track, Blob]:
        if not upload.media:
            text = "The request does not contain the caption track contents."
            raise refuse(method, "contentRequired", text, domain="youtube.caption", status=400)
        return read(upload.media), self._world.keep(upload.media, "text/plain")

    def update(self, request: Request) -> Answer:
        """With media by the upload address, without by the plain one. Only `isDraft` can be changed."""
        method = "captions.update"
        also = ("uploadType",) if request.path.startswith("/upload/") else ()
        channel, asked = self._reception.begin(request, method, *also)
        parts = check_parts(asked["part"], "captions", method)
        upload = (
            sent(request, method, self._settings.captions_bytes)
            if also
            else Sent(json_bytes(request, method), "", b"")
        )
        body = resource(upload.metadata, parts, method)
        with self._world.lock:
            one = self._own(channel, body.get("id"), method)
            if also:
                one.track, one.blob = self._kept(upload, method)
            one.draft = body.get("snippet", {}).get("isDraft", one.draft)
            one.changed = self._world.now()
            self._world.event("youtube", "edited", one.video, part="captions")
            return Answer.json(_shown(one, parts))

    def delete(self, request: Request) -> Answer:
        channel, asked = self._reception.begin(request, "captions.delete")
        with self._world.lock:
            one = self._own(channel, asked["id"], "captions.delete")
            del self._tracks[one.id]
            self._world.event("youtube", "edited", one.video, part="captions")
        return Answer(204, kind="")

    # -- whose

    def _mine(self, channel: str, subject: str, method: str) -> Video:
        video = self._shelf.videos.get(subject)
        if video is None:
            text = "The video identified by the videoId parameter could not be found."
            raise refuse(method, "videoNotFound", text, domain="youtube.caption", status=404)
        if video.channel != channel:
            text = "The permissions associated with the request are not sufficient."
            raise refuse(method, "forbidden", text, domain="youtube.caption", status=403)
        return video

    def _own(self, channel: str, subject: Any, method: str) -> Captions:
        found = self._tracks.get(subject) if isinstance(subject, str) else None
        if found is None:
            text = "The caption track could not be found."
            raise refuse(method, "captionNotFound", text, domain="youtube.caption", status=404)
        self._mine(channel, found.video, method)
        return found

    def shown(self, video: str) -> list[dict[str, Any]]:
        """What a viewer can switch on."""
        return [
            {"language": one.language, "name": one.name, "format": one.track.format, "cues": one.track.cues}
            | one.blob.shown()
            for one in self.of(video)
            if not one.draft and not one.track.failure
        ]


def _check(snippet: dict[str, Any], method: str) -> None:
    named = all(isinstance(snippet.get(name), str) for name in ("videoId", "language", "name"))
    if not named or not is_language(snippet["language"]):
        text = "The request contains invalid metadata values, which prevent the track from being created."
        raise refuse(method, "invalidMetadata", text, domain="youtube.caption")
    if len(snippet["name"]) > MOST_NAME:
        text = f"The specified caption track name is too long; at most {MOST_NAME} characters."
        raise refuse(method, "nameTooLong", text, domain="youtube.caption")


def _shown(one: Captions, parts: list[str]) -> dict[str, Any]:
    failed = {"failureReason": one.track.failure} if one.track.failure else {}
    snippet = {
        "videoId": one.video,
        "lastUpdated": stamp(one.changed),
        "trackKind": "standard",
        "language": one.language,
        "name": one.name,
        "audioTrackType": "unknown",
        "isCC": False,
        "isLarge": False,
        "isEasyReader": False,
        "isDraft": one.draft,
        "isAutoSynced": False,
        "status": "failed" if failed else "serving",
        **failed,
    }
    row = {"kind": "youtube#caption", "etag": f"e{one.id}", "id": one.id}
    return row | ({"snippet": snippet} if "snippet" in parts else {})
