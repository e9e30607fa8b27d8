"""The videos of the channels: mutable fields, processing by the clock, and every part as the API gives it.

Source: https://developers.google.com/youtube/v3/docs/videos.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asean_social.sandbox.world import Blob, World, newest_first
from asean_social.sandbox.youtube_film import LONG, LONGEST, UNKNOWN, Film
from asean_social.sandbox.youtube_rules import DEFAULT_CATEGORY, check_snippet, moment, refuse, stamp
from asean_social.sandbox.youtube_settings import Settings

# what `videos.update` writes again when a field is missing from a named part
STATUS_DEFAULTS = {
    "privacyStatus": "public",
    "embeddable": True,
    "license": "youtube",
    "publicStatsViewable": True,
    "selfDeclaredMadeForKids": False,
    "containsSyntheticMedia": False,
}
SNIPPET_FIELDS = ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage")
HD = 720  # lines
OWNER_PARTS = frozenset({"fileDetails", "processingDetails", "suggestions"})


@dataclass(slots=True)
class Video:
    id: str
    channel: str
    created: float
    blob: Blob
    name: str  # the file name the client gave
    failure: str  # why processing will end badly; "" when it will not
    notify: bool = True
    film: Film = UNKNOWN
    end: str = "processed"  # how processing ends: also failed, rejected, terminated
    thumbnail: Blob | None = None
    snippet: dict[str, Any] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)
    localizations: dict[str, Any] = field(default_factory=dict)
    recording: dict[str, Any] = field(default_factory=dict)
    publish_at: float | None = None
    published: float | None = None  # first time it was public
    delay: float = 0.0  # seconds its processing takes longer than that of others

    @property
    def url(self) -> str:
        return f"https://www.youtube.com/watch?v={self.id}"

    @property
    def kind(self) -> str:
        return "short" if self.film.is_short else "video"


class Shelf:
    def __init__(
        self, world: World, names: Mapping[str, str], processing_seconds: float, settings: Settings
    ) -> None:
        self._world = world
        self._names = names  # of the channels, by id
        self._processing = processing_seconds
        self._settings = settings
        self.videos: dict[str, Video] = {}
        self.captioned: Callable[[str], bool] = lambda _: False  # whether a video has captions to switch on

    def clear(self) -> None:
        self.videos.clear()

    def check(self, body: Mapping[str, Any], method: str, old: Video | None = None) -> None:
        """Everything that may be wrong with the named parts, before anything is changed."""
        if "snippet" in body:
            if method == "videos.update" and not (
                body["snippet"].get("title") and body["snippet"].get("categoryId")
            ):
                raise refuse(method, "invalidVideoMetadata", "The request metadata is invalid.")
            check_snippet(method, body["snippet"])
        language = body.get("snippet", old.snippet if old else {}).get("defaultLanguage")
        if body.get("localizations") and not language:
            raise refuse(method, "defaultLanguageNotSet", "localizations need snippet.defaultLanguage")
        if "recordingDate" in body.get("recordingDetails", {}):
            moment(method, "invalidRecordingDetails", body["recordingDetails"]["recordingDate"])
        self._check_status(body.get("status", {}), method, old)

    def _check_status(self, status: Mapping[str, Any], method: str, old: Video | None) -> None:
        if "publishAt" not in status:
            return
        moment(method, "invalidPublishAt", status["publishAt"])
        never = old is None or old.published is None
        if status.get("privacyStatus") != "private" or not never:
            text = "publishAt needs privacyStatus private and a video that was never published."
            raise refuse(
                method, "invalidPublishAt", text, location="body.status.publishAt", locationType="other"
            )

    def add(self, video: Video, body: Mapping[str, Any]) -> None:
        self._foresee(video)
        self.write(video, {"snippet": {}, "status": {}, **body})
        video.snippet.setdefault("title", "unknown")
        self.videos[video.id] = video
        self._world.event("youtube", "created", video.id, bytes=video.blob.size)
        self._became_public(video)

    def _foresee(self, video: Video) -> None:
        """How processing will end: as ordered, or as the file deserves."""
        strain = self._world.strain("youtube")
        video.delay = strain.seconds
        if strain.fails:
            video.end, video.failure = "failed", "conversion"
        elif self._settings.outcomes:
            video.end, _, video.failure = self._settings.outcomes.pop(0).partition(":")
        elif video.failure:
            video.end = "failed"
        elif video.film.seconds > (LONGEST if self._settings.long_uploads == "allowed" else LONG):
            video.end, video.failure = "rejected", "length"

    def update(self, video: Video, body: Mapping[str, Any]) -> None:
        self.write(video, body)
        self._world.event("youtube", "edited", video.id)
        self._became_public(video)

    def write(self, video: Video, body: Mapping[str, Any]) -> None:
        """Replace every mutable field of each part in `body`."""
        if "snippet" in body:
            video.snippet = {
                name: body["snippet"][name] for name in SNIPPET_FIELDS if name in body["snippet"]
            }
            video.snippet.setdefault("categoryId", DEFAULT_CATEGORY)
        if "localizations" in body:
            video.localizations = dict(body["localizations"])
        if "recordingDetails" in body:
            video.recording = dict(body["recordingDetails"])
        if "status" in body:
            given = body["status"]
            video.status = {name: given.get(name, worth) for name, worth in STATUS_DEFAULTS.items()}
            video.status["privacyStatus"] = self._settings.privacy or video.status["privacyStatus"]
            at = given.get("publishAt")
            video.publish_at = moment("videos.update", "invalidPublishAt", at) if at else None

    def _became_public(self, video: Video, at: float | None = None) -> None:
        now = self._world.now()
        if video.publish_at is not None and video.publish_at <= now:
            at, video.publish_at = at or now, None
            video.status["privacyStatus"] = "public"
        if video.status["privacyStatus"] == "public" and video.published is None and video.end == "processed":
            video.published = at or now
            self._world.event("youtube", "public", video.id, at=video.published)

    def settle(self) -> None:
        now = self._world.now()
        for video in self.videos.values():
            if video.publish_at is not None and video.publish_at <= now:
                self._became_public(video, video.publish_at)

    def remove(self, video: Video) -> None:
        del self.videos[video.id]
        self._world.event("youtube", "deleted", video.id)

    def is_public(self, video: Video) -> bool:
        return video.status["privacyStatus"] == "public" and video.end == "processed"

    def uploads(self, channel: str) -> list[Video]:
        """By upload time, newest first."""
        mine = [video for video in self.videos.values() if video.channel == channel]
        return newest_first(mine)

    # -- reading -----------------------------------------------------------------------------------------------

    def resource(self, video: Video, parts: list[str]) -> dict[str, Any]:
        makers: dict[str, Callable[[Video], Any]] = {
            "snippet": self._snippet,
            "status": self._status,
            "processingDetails": self._processing_details,
            "fileDetails": self._file_details,
            "statistics": _statistics,
            "recordingDetails": lambda one: one.recording,
            "localizations": lambda one: one.localizations or None,
            "contentDetails": self._content_details,
            "player": lambda one: {"embedHtml": f'<iframe src="//www.youtube.com/embed/{one.id}"></iframe>'},
        }
        shown: dict[str, Any] = {"kind": "youtube#video", "etag": f"e{video.id}", "id": video.id}
        for part in parts:
            value = makers[part](video) if part in makers else None
            if value is not None:
                shown[part] = value
        return shown

    def _ready(self, video: Video) -> bool:
        return self._left(video) <= 0

    def _left(self, video: Video) -> float:
        """Seconds of processing."""
        return video.created + self._processing + video.delay - self._world.now()

    def is_processed(self, video: Video) -> bool:
        return self._ready(video) and video.end == "processed"

    def _snippet(self, video: Video) -> dict[str, Any]:
        fields = {name: worth for name, worth in video.snippet.items() if worth not in ([], "")}
        localized = {
            "title": video.snippet.get("title", ""),
            "description": video.snippet.get("description", ""),
        }
        return {
            "publishedAt": stamp(video.published or video.created),
            "channelId": video.channel,
            **fields,
            "description": localized["description"],
            "thumbnails": {
                "default": {
                    "url": f"https://i.ytimg.com/vi/{video.id}/default.jpg",
                    "width": 120,
                    "height": 90,
                }
            },
            "channelTitle": self._names[video.channel],
            "liveBroadcastContent": "none",
            "localized": localized,
        }

    def _status(self, video: Video) -> dict[str, Any]:
        status = {**video.status, "madeForKids": video.status["selfDeclaredMadeForKids"]}
        if video.publish_at is not None:
            status["publishAt"] = stamp(video.publish_at)
        if not self._ready(video) or video.end == "terminated":
            return {"uploadStatus": "uploaded", **status}
        reason = {"failed": "failureReason", "rejected": "rejectionReason"}.get(video.end)
        return {"uploadStatus": video.end, **({reason: video.failure} if reason else {}), **status}

    def _processing_details(self, video: Video) -> dict[str, Any]:
        if not self._ready(video):
            left = str(int(1000 * self._left(video)))
            progress = {"partsTotal": "100", "partsProcessed": "50", "timeLeftMs": left}
            state: dict[str, Any] = {"processingStatus": "processing", "processingProgress": progress}
        elif video.end == "failed":
            state = {"processingStatus": "failed", "processingFailureReason": "transcodeFailed"}
        else:
            state = {"processingStatus": "terminated" if video.end == "terminated" else "succeeded"}
        available = "available" if self.is_processed(video) else "inProgress"
        return {**state, "fileDetailsAvailability": available, "thumbnailsAvailability": available}

    def _file_details(self, video: Video) -> dict[str, Any] | None:
        if not self._ready(video):
            return None
        made: dict[str, Any] = {"fileName": video.name, "fileSize": str(video.blob.size), "fileType": "video"}
        film = video.film
        if film.seconds:
            made |= {"durationMs": str(round(film.seconds * 1000)), "container": film.container}
            made["videoStreams"] = [
                {"widthPixels": film.width, "heightPixels": film.height, "codec": film.video}
            ]
        return made

    def _content_details(self, video: Video) -> dict[str, Any]:
        """The length is told once the video is processed, and where it is known at all."""
        ready = self.is_processed(video)
        return {
            "duration": video.film.duration if ready else "P0D",
            "dimension": "2d",
            "definition": "hd" if min(video.film.width, video.film.height) >= HD else "sd",
            "caption": "true" if ready and self.captioned(video.id) else "false",
            "licensedContent": False,
            "hasCustomThumbnail": video.thumbnail is not None,
            "projection": "rectangular",
        }

    def shown(self, video: Video) -> dict[str, Any]:
        """One video as the sandbox's own listing shows it."""
        return {
            "platform": "youtube",
            "account": video.channel,
            "account_name": self._names[video.channel],
            "kind": video.kind,
            "id": video.id,
            "url": video.url,
            "title": video.snippet.get("title", ""),
            "description": video.snippet.get("description", ""),
            "tags": video.snippet.get("tags", []),
            "category_id": video.snippet["categoryId"],
            "default_language": video.snippet.get("defaultLanguage", ""),
            "default_audio_language": video.snippet.get("defaultAudioLanguage", ""),
            "localizations": video.localizations,
            "recording_date": video.recording.get("recordingDate", ""),
            "status": self._status(video),
            "notify_subscribers": video.notify,
            "file_name": video.name,
            **video.blob.shown(),
            "width": video.film.width,
            "height": video.film.height,
            "duration": video.film.seconds,
            "thumbnail": video.thumbnail.shown() if video.thumbnail else {},
            "created_at": video.created,
            "published_at": video.published,
            "scheduled_at": video.publish_at,
        }


def _statistics(_: Video) -> dict[str, str]:
    return dict.fromkeys(("viewCount", "likeCount", "favoriteCount", "commentCount"), "0")
