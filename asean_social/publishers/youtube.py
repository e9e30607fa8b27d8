"""YouTube: a video uploaded as private, then made public (or unlisted) by one update of its status.

Options of a message, all written out: title, description, tags (list), category (id as text), language,
audio_language, made_for_kids, notify_subscribers, license (youtube | creativeCommon), embeddable, public_stats,
recording_date (ISO), contains_synthetic_media, localizations ({language: {title, description}}), privacy (public |
unlisted: what the release makes of it). Of these, an empty text, list or mapping is not sent.

Sources, read 2026-11-23: https://developers.google.com/youtube/v3/docs/videos and
https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from asean_social.credentials import YouTubeAccount
from asean_social.errors import AuthFailed, OutcomeUnknown, Rejected, Unavailable
from asean_social.publishers.base import (
    Account,
    Limit,
    Media,
    Message,
    Piece,
    Publisher,
    Receipt,
    Tokens,
    Wait,
    piece,
)
from asean_social.publishers.google import Transport, Video, ask, service, unreadable
from asean_social.publishers.http import Session
from asean_social.publishers.limits import YOUTUBE
from asean_social.text import fold, plain

PUBLISHED = frozenset({"public", "unlisted"})
PAGE = 50  # most that playlistItems.list gives at once, and most ids of one videos.list
MOST_PAGES = 400  # an uploads playlist shows no more than 20,000 videos
RESUME = 308


class YouTube(Publisher):
    platform: ClassVar[str] = "youtube"
    kinds: ClassVar[frozenset[str]] = frozenset({"video"})
    limits: ClassVar[Mapping[str, Limit]] = YOUTUBE
    chunk: ClassVar[int] = 64 << 20  # bytes of one request, a multiple of 256 KiB; a fault repeats so many

    def __init__(self, account: YouTubeAccount, session: Session, tokens: Tokens) -> None:
        self._session = session
        self._http = Transport(session, tokens, account.api_url)
        self._api = service(account.api_url, self._http)

    def whoami(self) -> Account:
        channel = self._channel("id,snippet")
        return Account(str(channel.get("id", "")), str(_part(channel, "snippet").get("title", "")))

    # -- stage: the pieces are "session" (address of the upload) and "video" (its id)

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        video = piece(pieces, "video")
        if video is None:
            upload, session = self._upload(message), piece(pieces, "session")
            if not session:
                self._begin(upload, message)
                yield Piece("session", upload.resumable_uri, secret=True)
            video = self._send(upload, session)
            if video is None:
                yield Piece("session", "", secret=True)
                yield Wait(0, "youtube.session-gone")
                return
            yield Piece("video", video)
        if not self._processed(video):
            yield Wait(0, "youtube.processing")

    def _upload(self, message: Message) -> Any:
        media, body = message.media[0], _resource(message.options)
        _unchanged(media)
        return self._api.videos().insert(
            part=",".join(body),
            body=body,
            notifySubscribers=message.options["notify_subscribers"],
            media_body=Video(media.path, media.mime, media.size, self.chunk),
        )

    def _begin(self, upload: Any, message: Message) -> None:
        """Open the session ourselves: googleapiclient would send a chunk before anybody knows the address."""
        headers = {
            **upload.headers,
            "X-Upload-Content-Length": str(upload.resumable.size()),
            "X-Upload-Content-Type": upload.resumable.mimetype(),
            "slug": re.sub("[^a-z0-9.]+", "-", plain(message.media[0].path.name)),
        }
        answer, _ = ask(
            self._session,
            "videos.insert",
            lambda: self._http.request(upload.uri, upload.method, upload.body, headers),
        )
        if not answer.get("location"):
            raise unreadable()
        self._http.trust(answer["location"])
        upload.resumable_uri = answer["location"]

    def _send(self, upload: Any, session: str | None) -> str | None:
        """The id of the video once all bytes are there; None when the platform no longer knows the session.

        `session` is given when an earlier turn opened it, and may have sent some bytes.
        """
        if session:
            upload.resumable_uri = session
        self._session.keep_secret(upload.resumable_uri)
        video = ask(
            self._session,
            "videos.insert.session",
            lambda: self._chunks(upload, resumed=bool(session)),
            gone=True,
        )
        if video is None:
            return None
        if not isinstance(video, dict) or not video.get("id"):
            raise unreadable()
        return str(video["id"])

    def _chunks(self, upload: Any, *, resumed: bool) -> Any:
        """Send from where the platform stands to the end. Stops at the first fault, or when nothing moves."""
        video = self._probe(upload) if resumed else None
        sent = -1
        while video is None:
            if not sent < upload.resumable_progress < upload.resumable.size():
                raise Unavailable("youtube", "youtube.no-progress")
            sent = upload.resumable_progress
            _, video = upload.next_chunk()
        return video

    def _probe(self, upload: Any) -> Any:
        """The video if the upload had ended unseen; else None, and `upload` goes on where the platform stands."""
        headers = {"Content-Range": f"bytes */{upload.resumable.size()}"}
        answer, content = self._http.request(upload.resumable_uri, "PUT", headers=headers)
        if answer.status != RESUME:
            return upload.postproc(answer, content)
        last = answer.get("range", "").rpartition("-")[2]
        upload.resumable_progress = int(last) + 1 if last else 0
        return None

    def _processed(self, video: str) -> bool:
        found = self._video(video, "status,processingDetails")
        if not found:
            # also said of a video that was uploaded a moment ago; if it stays so, the caller asks a person
            raise Unavailable("youtube", "youtube.not-listed")
        status, processing = _part(found, "status"), _part(found, "processingDetails")
        state = status.get("uploadStatus", "deleted")
        if state == "deleted":
            raise Rejected("youtube", "youtube.video-gone")
        if state == "rejected":
            raise Rejected("youtube", "youtube.video-rejected", reason=status.get("rejectionReason", ""))
        if state == "failed" or processing.get("processingStatus") in ("failed", "terminated"):
            reason = status.get("failureReason") or processing.get("processingFailureReason", "")
            raise Rejected("youtube", "youtube.processing-failed", reason=reason)
        return bool(state == "processed")

    # -- release and after

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        body = {"id": piece(pieces, "video"), "status": _status(message.options, message.options["privacy"])}
        answer = self._ask(self._api.videos().update(part="status", body=body), visible=True)
        if not isinstance(answer, dict):
            raise unreadable(visible=True)
        yield from ()

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        video = piece(pieces, "video")
        found = self._video(video, "status") if video else {}
        return _receipt(found, message.options["privacy"]) if found else Receipt(public=False)

    def discard(self, pieces: Sequence[Piece]) -> None:
        video = piece(pieces, "video")
        found = self._video(video, "status") if video else {}
        if not found:
            return
        if _part(found, "status").get("privacyStatus") != "private":
            raise Rejected("youtube", "youtube.is-public", video=video)
        self._ask(self._api.videos().delete(id=video), gone=True)

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        del pieces
        wanted, title = message.options["privacy"], fold(message.options["title"])
        found = [
            video
            for video in self._uploads(since)
            if video.get("id") not in known
            and _part(video, "status").get("privacyStatus") in ("public", wanted)
            and fold(str(_part(video, "snippet").get("title", ""))) == title
        ]
        if len(found) > 1:
            raise OutcomeUnknown("youtube", "youtube.several-found", count=len(found))
        return _receipt(found[0], wanted) if found else None

    def _uploads(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The videos uploaded or published after `since`, newest upload first."""
        related = _part(_part(self._channel("contentDetails"), "contentDetails"), "relatedPlaylists")
        playlist, token = str(related.get("uploads", "")), None
        for _ in range(MOST_PAGES):
            request = self._api.playlistItems().list(
                playlistId=playlist, part="snippet,contentDetails", maxResults=PAGE, pageToken=token
            )
            answer = self._ask(request, gone=True)
            if answer is None:  # said of a channel without videos too, but it may be a fault
                break
            items = _items(answer)
            recent = [item for item in items if _made(item) >= since]
            if recent:
                names = ",".join(str(_part(item, "contentDetails").get("videoId")) for item in recent)
                yield from _items(self._ask(self._api.videos().list(part="snippet,status", id=names)))
            token = answer.get("nextPageToken")
            if not token or (items and not recent):
                return
        raise OutcomeUnknown("youtube", "youtube.cannot-search")

    # -- requests

    def _channel(self, part: str) -> Mapping[str, Any]:
        channels = _items(self._ask(self._api.channels().list(part=part, mine=True)))
        if not channels:
            raise AuthFailed("youtube", "youtube.no-channel")
        return channels[0]

    def _video(self, video: str, part: str) -> Mapping[str, Any]:
        """One video, empty if there is none: an unknown id is an empty list or 404."""
        answer = self._ask(self._api.videos().list(part=part, id=video), gone=True)
        videos = _items(answer) if answer is not None else []
        return videos[0] if videos else {}

    def _ask(self, request: Any, *, visible: bool = False, gone: bool = False) -> Any:
        method = request.methodId.removeprefix("youtube.")
        return ask(self._session, method, request.execute, visible=visible, gone=gone)


def _resource(options: Mapping[str, Any]) -> dict[str, Any]:
    """The new video, by part; private whatever is asked for."""
    snippet = {
        "title": options["title"],
        "description": options["description"],
        "tags": options.get("tags"),
        "categoryId": options.get("category"),
        "defaultLanguage": options.get("language"),
        "defaultAudioLanguage": options.get("audio_language"),
    }
    day = (options.get("recording_date") or "")[:10]
    parts = {
        "snippet": _filled(snippet),
        "status": _status(options, "private"),
        "localizations": options.get("localizations"),
        "recordingDetails": {"recordingDate": f"{day}T00:00:00Z"} if day else None,
    }
    return _filled(parts)


def _status(options: Mapping[str, Any], privacy: str) -> dict[str, Any]:
    """The whole part: an update resets every field of it that is left out."""
    return {
        "privacyStatus": privacy,
        "embeddable": options["embeddable"],
        "license": options["license"],
        "publicStatsViewable": options["public_stats"],
        "selfDeclaredMadeForKids": options["made_for_kids"],
        "containsSyntheticMedia": options["contains_synthetic_media"],
    }


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _unchanged(media: Media) -> None:
    """Raises Rejected if the file is not the one that was checked: its size is part of the session."""
    try:
        size = media.path.stat().st_size
    except OSError as error:
        raise Rejected(
            "youtube", "youtube.file-unreadable", file=media.path.name, problem=error.strerror
        ) from None
    if size != media.size:
        raise Rejected("youtube", "youtube.file-changed", file=media.path.name)
    if not size:
        raise Rejected("youtube", "youtube.empty-file")


def _receipt(video: Mapping[str, Any], wanted: str) -> Receipt:
    status, name = _part(video, "status"), str(video.get("id", ""))
    privacy = status.get("privacyStatus")
    public = privacy in PUBLISHED
    return Receipt(
        public=public,
        remote_id=name,
        url=f"https://www.youtube.com/watch?v={name}",
        staged=privacy == "private" and status.get("uploadStatus") == "processed",
        differs="youtube.privacy-differs" if public and privacy != wanted else "",
    )


def _items(answer: Any) -> list[Mapping[str, Any]]:
    """The list in an answer; one without results leaves the list out."""
    if not isinstance(answer, dict) or not answer.keys() & {"items", "kind", "pageInfo"}:
        raise unreadable()
    items = answer.get("items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise unreadable()
    return items


def _part(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = resource.get(name)
    return part if isinstance(part, dict) else {}


def _made(item: Mapping[str, Any]) -> datetime:
    """The later of upload and publication; what cannot be read counts as new, so that nothing is overlooked."""
    told = (_part(item, "contentDetails").get("videoPublishedAt"), _part(item, "snippet").get("publishedAt"))
    try:
        return max(datetime.fromisoformat(when).astimezone(UTC) for when in told if when)
    except (ValueError, TypeError):
        return datetime.max.replace(tzinfo=UTC)
