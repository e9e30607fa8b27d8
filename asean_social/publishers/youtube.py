"""YouTube: a video uploaded as private, completed, then made public (or unlisted) by one update of its status.

A Short is a video that YouTube itself takes for one, by its shape and length; it is sent in the same way.

Options of a message, all written out: title, description, tags (list), category (id as text), language,
audio_language, made_for_kids, notify_subscribers, license (youtube | creativeCommon), embeddable, public_stats,
recording_date (ISO), contains_synthetic_media, localizations ({language: {title, description}}), privacy (public |
unlisted: what the release makes of it), thumbnail (index of an image in media), captions (list of {media: index,
language, name}). Of these, an empty text, list or mapping is not sent. What may follow: playlist-entry ({playlist: id}).

Sources, read 2026-11-23: https://developers.google.com/youtube/v3/docs/videos and
https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from asean_social.credentials import YouTubeAccount
from asean_social.errors import OutcomeUnknown, Problem, Rejected, Unavailable
from asean_social.publishers import quotas, youtube_playlists
from asean_social.publishers.base import (
    Account,
    After,
    Hidden,
    Limit,
    Message,
    Piece,
    Publisher,
    Receipt,
    Tokens,
    Wait,
    piece,
)
from asean_social.publishers.google import Video
from asean_social.publishers.http import Session
from asean_social.publishers.limits import YOUTUBE
from asean_social.publishers.youtube_additions import additions
from asean_social.publishers.youtube_api import PAGE, Api, fitting, identity, items, part
from asean_social.publishers.youtube_errors import SESSION, unreadable
from asean_social.publishers.youtube_hidden import erase, hidden_videos
from asean_social.publishers.youtube_objections import Objections
from asean_social.text import fold, plain

PUBLISHED = frozenset({"public", "unlisted"})
MOST_PAGES = 400  # an uploads playlist shows no more than 20,000 videos
RESUME = 308


class YouTube(Publisher):
    platform: ClassVar[str] = "youtube"
    kinds: ClassVar[frozenset[str]] = frozenset({"video", "short"})
    limits: ClassVar[Mapping[str, Limit]] = YOUTUBE
    follow_ups: ClassVar[frozenset[str]] = frozenset({"playlist-entry"})
    quotas = quotas.YOUTUBE
    hands_over = True
    chunk: ClassVar[int] = 64 << 20  # bytes of one request, a multiple of 256 KiB; a fault repeats so many

    def __init__(self, account: YouTubeAccount, session: Session, tokens: Tokens) -> None:
        self._session = session
        self._api = Api(account, session, tokens)
        self._objections = Objections(self._api, account.channel_id)

    def whoami(self) -> Account:
        channel = self._api.channel("id,snippet")
        return Account(str(channel.get("id", "")), str(part(channel, "snippet").get("title", "")))

    # -- stage: the pieces are "session" (address of the upload), "video" (its id), and those of `additions`

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
            return
        yield from additions(self._api, message, video, pieces)

    def _upload(self, message: Message) -> Any:
        media, body = message.media[0], _resource(message.options)
        file = Video(media.path, media.mime, media.size, self.chunk)
        return fitting(
            lambda: self._api.service.videos().insert(
                part=",".join(body),
                body=body,
                notifySubscribers=message.options["notify_subscribers"],
                media_body=file,
            ),
            "youtube.too-large",
            media,
        )

    def _begin(self, upload: Any, message: Message) -> None:
        """Open the session ourselves: googleapiclient would send a chunk before anybody knows the address."""
        headers = {
            **upload.headers,
            "X-Upload-Content-Length": str(upload.resumable.size()),
            "X-Upload-Content-Type": upload.resumable.mimetype(),
            "slug": re.sub("[^a-z0-9.]+", "-", plain(message.media[0].path.name)),
        }
        answer, _ = self._api.send(
            "videos.insert",
            lambda: self._api.http.request(upload.uri, upload.method, upload.body, headers),
        )
        if not answer.get("location"):
            raise unreadable()
        self._api.http.trust(answer["location"])
        upload.resumable_uri = answer["location"]

    def _send(self, upload: Any, session: str | None) -> str | None:
        """The id of the video once all bytes are there; None when the platform no longer knows the session.

        `session` is given when an earlier turn opened it, and may have sent some bytes.
        """
        if session:
            upload.resumable_uri = session
        self._session.keep_secret(upload.resumable_uri)
        video = self._api.send(
            SESSION,
            lambda: self._chunks(upload, resumed=bool(session)),
            gone=True,
        )
        return None if video is None else identity(video)

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
        answer, content = self._api.http.request(upload.resumable_uri, "PUT", headers=headers)
        if answer.status != RESUME:
            return upload.postproc(answer, content)
        last = answer.get("range", "").rpartition("-")[2]
        upload.resumable_progress = int(last) + 1 if last else 0
        return None

    def _processed(self, video: str) -> bool:
        found = self._api.video(video, "status,processingDetails")
        if not found:
            # also said of a video that was uploaded a moment ago; if it stays so, the caller asks a person
            raise Unavailable("youtube", "youtube.not-listed")
        status, processing = part(found, "status"), part(found, "processingDetails")
        state = status.get("uploadStatus", "deleted")
        if state == "deleted":
            raise Rejected("youtube", "youtube.video-gone")
        if state == "rejected":
            raise Rejected("youtube", "youtube.video-rejected", reason=status.get("rejectionReason", ""))
        if state == "failed" or processing.get("processingStatus") in ("failed", "terminated"):
            reason = status.get("failureReason") or processing.get("processingFailureReason", "")
            raise Rejected("youtube", "youtube.processing-failed", reason=reason)
        # a thumbnail that comes before processing has succeeded may be lost, so both are waited for
        succeeded: bool = processing.get("processingStatus", "succeeded") == "succeeded"
        return succeeded and state == "processed"

    # -- release and after

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        body = {"id": piece(pieces, "video"), "status": _status(message.options, message.options["privacy"])}
        answer = self._api.ask(self._api.service.videos().update(part="status", body=body), visible=True)
        if not isinstance(answer, dict):
            raise unreadable(visible=True)
        if part(answer, "status").get("privacyStatus") == "private":
            # accepted and not done: a project or channel whose videos YouTube locks (support.google.com/youtube/answer/7300965)
            raise OutcomeUnknown("youtube", "youtube.kept-private", kept=True)
        yield from ()

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        video = piece(pieces, "video")
        found = self._api.video(video, "status") if video else {}
        return _receipt(found, message.options) if found else Receipt(public=False)

    def hand_over(self, message: Message, pieces: Sequence[Piece], at: datetime) -> None:
        self._set(message, piece(pieces, "video"), publishAt=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")

    def handed(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        video = piece(pieces, "video")
        found = self._api.video(video, "status") if video else {}
        told = part(found, "status").get("publishAt") if found else None
        due = datetime.fromisoformat(told) if told else None
        return replace(_receipt(found, message.options), due=due) if found else Receipt(public=False)

    def take_back(self, message: Message, pieces: Sequence[Piece]) -> bool:
        video = piece(pieces, "video")
        found = self._api.video(video, "status") if video else {}
        if not found:
            return False
        if part(found, "status").get("privacyStatus") != "private":
            raise Rejected("youtube", "youtube.is-public", video=video)
        self._set(message, video)
        return True

    def _set(self, message: Message, video: str | None, **more: str) -> None:
        """Private, with or without a time."""
        body = {"id": video, "status": _status(message.options, "private") | more}
        answer = self._api.ask(self._api.service.videos().update(part="status", body=body))
        if not isinstance(answer, dict):
            raise unreadable()

    def discard(self, pieces: Sequence[Piece]) -> None:
        video = piece(pieces, "video")
        found = self._api.video(video, "status") if video else {}
        if not found:
            return
        if part(found, "status").get("privacyStatus") != "private":
            raise Rejected("youtube", "youtube.is-public", video=video)
        self._api.ask(self._api.service.videos().delete(id=video), gone=True)

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        del pieces
        wanted, title = message.options["privacy"], fold(message.options["title"])
        found = [
            video
            for video in self._uploads(since)
            if video.get("id") not in known
            and part(video, "status").get("privacyStatus") in ("public", wanted)
            and fold(str(part(video, "snippet").get("title", ""))) == title
        ]
        if len(found) > 1:
            raise OutcomeUnknown("youtube", "youtube.several-found", count=len(found))
        return _receipt(found[0], message.options) if found else None

    def invisible(self, since: datetime) -> Iterator[Hidden]:
        return hidden_videos(self._uploads(since))

    def erase(self, hidden: Hidden) -> None:
        erase(self._api, hidden)

    def _uploads(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The videos uploaded or published after `since`, newest upload first."""
        related = part(part(self._api.channel("contentDetails"), "contentDetails"), "relatedPlaylists")
        playlist, token = str(related.get("uploads", "")), None
        for _ in range(MOST_PAGES):
            request = self._api.service.playlistItems().list(
                playlistId=playlist, part="snippet,contentDetails", maxResults=PAGE, pageToken=token
            )
            answer = self._api.ask(request, gone=True)
            if answer is None:  # said of a channel without videos too, but it may be a fault
                break
            listed = items(answer)
            recent = [item for item in listed if _made(item) >= since]
            if recent:
                names = ",".join(str(part(item, "contentDetails").get("videoId")) for item in recent)
                request = self._api.service.videos().list(part="snippet,status", id=names)
                yield from items(self._api.ask(request))
            token = answer.get("nextPageToken")
            if not token or (listed and not recent):
                return
        raise OutcomeUnknown("youtube", "youtube.cannot-search")

    # -- what follows, and what would not be taken

    def follow(self, after: After, remote_id: str) -> str:
        return youtube_playlists.add(self._api, after, remote_id)

    def followed(self, after: After, remote_id: str) -> str | None:
        return youtube_playlists.entry(self._api, after, remote_id)

    def objections(self, message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield from self._objections.of(message)

    def condition(self, now: datetime) -> Iterator[Problem]:
        del now
        yield from self._objections.of_channel()


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


def _receipt(video: Mapping[str, Any], options: Mapping[str, Any]) -> Receipt:
    status, name = part(video, "status"), str(video.get("id", ""))
    privacy = status.get("privacyStatus")
    public = privacy in PUBLISHED
    return Receipt(
        public=public,
        remote_id=name,
        url=f"https://www.youtube.com/watch?v={name}",
        staged=privacy == "private" and status.get("uploadStatus") == "processed",
        differs=_difference(status, options) if public else "",
    )


def _difference(status: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """What a published video is read back to have otherwise; what the platform does not tell is no difference."""
    asked = _status(options, options["privacy"])
    if status["privacyStatus"] != asked["privacyStatus"]:
        return "youtube.privacy-differs"
    same = all(status.get(name, wanted) == wanted for name, wanted in asked.items())
    return "" if same else "youtube.settings-differ"


def _made(item: Mapping[str, Any]) -> datetime:
    """The later of upload and publication; what cannot be read counts as new, so that nothing is overlooked."""
    told = (part(item, "contentDetails").get("videoPublishedAt"), part(item, "snippet").get("publishedAt"))
    try:
        return max(datetime.fromisoformat(when).astimezone(UTC) for when in told if when)
    except (ValueError, TypeError):
        return datetime.max.replace(tzinfo=UTC)
