"""Videos and reels of the Pages: uploads in pieces, processing, publishing.

Sources: https://developers.facebook.com/docs/graph-api/reference/page/videos/,
https://developers.facebook.com/docs/video-api/guides/reels-publishing, and Meta's own uploader
(facebook_business/video_uploader.py), which names the offsets a refused piece is answered with. Bytes go to disk as
they come; what Facebook takes of one chunk is its own choice.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asean_social.sandbox.contract import contract
from asean_social.sandbox.facebook_rules import (
    LATEST_REEL,
    check_length,
    check_past,
    check_time,
    check_window,
)
from asean_social.sandbox.facebook_wall import stamp
from asean_social.sandbox.graph import gone, refuse
from asean_social.sandbox.multipart import Part
from asean_social.sandbox.pictures import look
from asean_social.sandbox.wire import BLOCK, Answer, Body, Refusal, Vanished
from asean_social.sandbox.world import Blob, World, newest_first

CHUNK = 4 << 20  # bytes Facebook takes at a time
MOST_BYTES = 10_000_000_000  # by chunks
MOST_REELS, REEL_WINDOW = 30, 86_400  # per Page and seconds
AT_END = frozenset(  # what belongs to the end of an upload, and would be lost before
    [
        "content_category",
        "custom_labels",
        "description",
        "feed_targeting",
        "published",
        "scheduled_publish_time",
        "targeting",
        "thumb",
        "title",
        "unpublished_content_type",
    ]
)
PLAYABLE = 256 << 20  # larger films are counted and hashed, not kept
SIGNATURE = re.compile(
    rb"....(ftyp|moov|mdat|wide|free)|\x1aE\xdf\xa3|RIFF....AVI |\x00\x00\x01[\xb3\xba]|FLV", re.DOTALL
)


@dataclass(slots=True)
class Film:
    id: str
    page: str
    kind: str  # video | reel
    path: Path
    created: float
    total: int | None = None
    offset: int = 0
    session: str = ""
    head: bytes = b""
    digest: Any = field(default_factory=hashlib.sha256)
    text: str = ""
    title: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    thumbnail: Blob | None = None
    finished: float | None = None  # when its upload was ended
    wanted: bool = False  # to be published
    scheduled: int | None = None
    published: float | None = None
    blob: Blob | None = None
    post: str = ""
    delay: float = 0.0  # seconds its processing takes longer than that of others
    fails: bool = False  # whatever its bytes are

    @property
    def url(self) -> str:
        place = "reel/" if self.kind == "reel" else "watch/?v="
        return f"https://www.facebook.com/{place}{self.id}"

    @property
    def complete(self) -> bool:
        return self.total is not None and self.offset == self.total


class Films:
    def __init__(self, world: World, names: Mapping[str, str], processing: float) -> None:
        self._world = world
        self._names = names
        self._processing = processing  # seconds
        self.films: dict[str, Film] = {}

    def film(self, subject: str, page: str, method: str = "get") -> Film:
        found = self.films.get(subject)
        if found is None or found.page != page:
            raise gone(subject, method)
        return found

    def _new(self, page: str, kind: str, total: int | None) -> Film:
        number = self._world.number()
        name = str(122_200_000_000_000_001 + 7 * number)
        film = Film(name, page, kind, self._world.folder / f"film-{name}", self._world.now(), total)
        film.path.touch()
        self.films[name] = film
        self._world.event("facebook", "begun", name, kind=kind)
        return film

    # -- videos: start, transfer, finish, cancel ------------------------------------------------------------------

    def video(self, page: str, values: Mapping[str, Any], files: list[Part]) -> dict[str, Any]:
        phase = values.get("upload_phase")
        if phase is None:
            raise refuse(100, "(#100) Send the video in pieces: upload_phase is missing")
        if "file_url" in values:
            raise refuse(100, "(#100) file_url cannot be combined with upload_phase")
        early = sorted(AT_END & set(values)) if phase != "finish" else []
        if early:
            raise refuse(100, f"(#100) {early[0]} belongs to upload_phase finish")
        if phase == "start":
            return self._start(page, values)
        film = next(
            (one for one in self.films.values() if one.session == values.get("upload_session_id")), None
        )
        if film is None or film.page != page or not film.session:
            raise refuse(100, "(#100) Invalid upload_session_id")
        if phase == "transfer":
            return self._transfer(film, values, files)
        if phase == "cancel":
            self._drop(film)
            return {"success": True}
        return self._finish(film, values, files)

    def _start(self, page: str, values: Mapping[str, Any]) -> dict[str, Any]:
        size = values.get("file_size")
        if not size:
            raise refuse(382 if size == 0 else 100, "" if size == 0 else "(#100) file_size is required")
        if size > MOST_BYTES:
            raise refuse(100, "(#100) The video file is too large")
        film = self._new(page, "video", size)
        film.session = str(9_000_000_000_000_001 + self._world.number())
        return {"video_id": film.id, "upload_session_id": film.session, **self._span(film)}

    def _span(self, film: Film) -> dict[str, str]:
        return {
            "start_offset": str(film.offset),
            "end_offset": str(film.offset + self._wanted(film)),
        }

    def _transfer(self, film: Film, values: Mapping[str, Any], files: list[Part]) -> dict[str, Any]:
        if film.finished is not None:
            raise refuse(6001, "The upload is finished")
        if [one.name for one in files] != ["video_file_chunk"]:
            raise refuse(100, "(#100) A transfer carries one part video_file_chunk")
        if "start_offset" not in values:
            raise refuse(100, "(#100) start_offset is required")
        if values["start_offset"] != film.offset:
            raise refuse(6001, subcode=1363037, error_data=self._span(film))
        payload = files[0].payload
        if len(payload) != self._wanted(film):
            raise refuse(6001, subcode=1363037, error_data=self._span(film))
        self._store(film, memoryview(payload))
        return self._span(film)

    def _wanted(self, film: Film) -> int:
        """The server dictates the size of each chunk, and not always the same."""
        whole = CHUNK if film.offset // CHUNK % 2 else CHUNK * 3 // 4
        return min(whole, (film.total or 0) - film.offset)

    def _finish(self, film: Film, values: Mapping[str, Any], files: list[Part]) -> dict[str, Any]:
        if not film.complete:
            raise refuse(6000, "There was a problem uploading your video file: bytes are missing")
        if film.finished is not None:
            raise refuse(6001, "The upload is finished")
        check_length(values, "description")
        check_time(values, self._world.now())
        published, scheduled = values.get("published", True), values.get("scheduled_publish_time")
        film.thumbnail = self._thumbnail(files)
        self._end(film, values)
        film.wanted, film.scheduled = bool(published), scheduled
        return {"success": True}

    def _thumbnail(self, files: list[Part]) -> Blob | None:
        if not files:
            return None
        picture = look(files[0].payload) if [one.name for one in files] == ["thumb"] else None
        if picture is None:
            raise refuse(100, "(#100) thumb must be one image")
        return self._world.keep(files[0].payload, picture.mime, (picture.width, picture.height))

    def _end(self, film: Film, values: Mapping[str, Any]) -> None:
        strain = self._world.strain("facebook")
        film.finished, film.delay, film.fails = self._world.now(), strain.seconds, strain.fails
        film.text, film.title = values.get("description", ""), values.get("title", "")
        film.options = {
            name: values[name] for name in ("place", "targeting", "feed_targeting") if name in values
        }
        kept = film.path if (film.total or 0) <= PLAYABLE else None
        film.blob = self._world.adopt(
            Blob(film.path.name, film.digest.hexdigest(), film.offset, "video/mp4", kept)
        )
        self._world.event(
            "facebook", "created", film.id, kind=film.kind, bytes=film.offset, sha256=film.blob.sha256
        )

    def _store(self, film: Film, block: memoryview) -> None:
        if not film.head:
            film.head = bytes(block[:16])
        film.digest.update(block)
        if (film.total or 0) <= PLAYABLE:
            with film.path.open("ab") as file:
                file.write(block)
        film.offset += len(block)

    def edit(self, film: Film, values: Mapping[str, Any]) -> dict[str, Any]:
        if values.get("published") is False and film.published is not None:
            raise refuse(100, "(#100) A published video cannot be unpublished")
        if film.finished is None:
            raise refuse(100, "(#100) The video is not uploaded yet")
        check_length(values, "description")
        check_past(values, self._world.now())
        if "scheduled_publish_time" in values:
            self._check_moved(film, values)
            film.scheduled = values["scheduled_publish_time"]
        film.text = values.get("description", film.text)
        film.title = values.get("title", values.get("name", film.title))
        film.wanted = film.wanted or bool(values.get("published"))
        self.settle()
        return {"success": True}

    def _check_moved(self, film: Film, values: Mapping[str, Any]) -> None:
        if film.published is not None or film.wanted or values.get("published"):
            raise refuse(100, "(#100) You cannot specify a scheduled publish time on a published post")
        check_window(values["scheduled_publish_time"], self._world.now())

    def remove(self, film: Film) -> None:
        self._drop(film)
        self._world.event("facebook", "deleted", film.id)

    def _drop(self, film: Film) -> None:
        del self.films[film.id]
        film.path.unlink(missing_ok=True)

    # -- reels ---------------------------------------------------------------------------------------------------

    def reel(self, page: str, values: Mapping[str, Any], origin: str) -> dict[str, Any]:
        if values["upload_phase"] == "start":
            film = self._new(page, "reel", None)
            return {"video_id": film.id, "upload_url": f"{origin}/facebook/video-upload/v26.0/{film.id}"}
        if values["upload_phase"] != "finish":
            raise refuse(100, "(#100) upload_phase must be start or finish")
        if "video_id" not in values or "video_state" not in values:
            raise refuse(100, "(#100) finish needs video_id and video_state")
        film = self.film(values["video_id"], page, "post")
        if film.kind != "reel" or not film.complete:
            raise refuse(6000, "The video upload is missing")
        if film.finished is not None:
            raise refuse(6001, "The reel is finished already")
        self._check_reel(page, values)
        self._end(film, values)
        film.wanted = values["video_state"] == "PUBLISHED"
        film.scheduled = values.get("scheduled_publish_time")
        return {"success": True}

    def _check_reel(self, page: str, values: Mapping[str, Any]) -> None:
        now, scheduled = self._world.now(), values.get("scheduled_publish_time")
        if (values["video_state"] == "SCHEDULED") is not (scheduled is not None):
            raise refuse(100, "(#100) scheduled_publish_time goes with video_state SCHEDULED")
        if scheduled is not None:
            check_window(scheduled, now, LATEST_REEL)
        check_length(values, "description")
        ends = [
            one.finished
            for one in self.films.values()
            if one.kind == "reel" and one.page == page and one.finished
        ]
        if sum(now - end < REEL_WINDOW for end in ends) >= MOST_REELS:
            raise refuse(368, subcode=1390008)

    def receive(self, film: Film, headers: Mapping[str, str], body: Body) -> Answer:
        """The bytes of a reel. Errors come in an envelope of their own."""
        offset, size = headers.get("offset", ""), headers.get("file_size", "")
        if not (offset.isdigit() and size.isdigit()) or not int(size):
            raise _broken("OffsetInvalidError", "Header Offset not convertable")
        if film.total not in (None, int(size)) or int(offset) != film.offset:
            raise _broken("OffsetInvalidError", f"Upload stands at {film.offset}")
        film.total = int(size)
        buffer = memoryview(bytearray(BLOCK))
        while film.offset < film.total:
            count = body.readinto(buffer[: min(BLOCK, film.total - film.offset)])
            if not count:
                break
            self._store(film, buffer[:count])
        if not film.complete:
            if body.cut:
                raise Vanished
            raise _broken("PartialRequestError", f"Received {film.offset} of {film.total} bytes")
        return Answer.json({"success": True})

    # -- time ----------------------------------------------------------------------------------------------------

    def failure(self, film: Film) -> str:
        if SIGNATURE.match(film.head) and not film.fails:
            return ""
        return "The video file you selected is in a format that we don't support."

    def state(self, film: Film) -> str:
        if film.finished is None:
            return "upload_complete" if film.complete else "uploading"
        if self._world.now() < film.finished + self._processing + film.delay:
            return "processing"
        return "error" if self.failure(film) else "ready"

    def settle(self) -> None:
        now = self._world.now()
        for film in self.films.values():
            if film.published is not None or film.finished is None or self.state(film) != "ready":
                continue
            if film.wanted or (film.scheduled is not None and film.scheduled <= now):
                ready = film.finished + self._processing + film.delay
                film.published = max(ready, float(film.scheduled or 0)) if film.kind == "reel" else now
                film.post = f"{film.page}_{122_300_000_000_000_001 + 7 * self._world.number()}"
                self._world.event("facebook", "public", film.id, at=film.published, kind=film.kind)

    # -- reading -------------------------------------------------------------------------------------------------

    def of_page(self, page: str, kind: str) -> list[Film]:
        return newest_first([one for one in self.films.values() if one.page == page and one.kind == kind])

    def node(self, film: Film) -> dict[str, Any]:
        return {
            "id": film.id,
            "title": film.title or None,
            "description": film.text or None,
            "created_time": stamp(film.created),
            "updated_time": stamp(film.finished or film.created),
            "published": film.published is not None,
            "post_id": film.post.partition("_")[2] or None,
            "permalink_url": film.url.removeprefix("https://www.facebook.com"),
            "scheduled_publish_time": stamp(film.scheduled) if film.scheduled else None,
            "from": {"id": film.page, "name": self._names[film.page]},
            "status": self._status(film),
        }

    def post_node(self, film: Film) -> dict[str, Any]:
        """The post that shows a published video."""
        link = {"id": film.id, "url": film.url}
        return {
            "id": film.post,
            "message": film.text or None,
            "created_time": stamp(film.published or film.created),
            "updated_time": stamp(film.published or film.created),
            "is_published": True,
            "from": {"name": self._names[film.page], "id": film.page},
            "permalink_url": film.url,
            "status_type": "added_video",
            "attachments": {
                "data": [{"media_type": "video", "type": "video_inline", "target": link, "url": film.url}]
            },
        }

    def _status(self, film: Film) -> dict[str, Any]:
        state = self.state(film)
        uploaded = film.complete and (film.kind == "reel" or film.finished is not None)
        processing: dict[str, Any] = {"status": "not_started"}
        if film.finished is not None:
            processing["status"] = {"processing": "in_progress", "ready": "complete"}.get(state, "error")
        if state == "error":
            processing["errors"] = [{"code": 1363128, "message": self.failure(film)}]
        publishing: dict[str, Any] = {"status": "not_started"}
        if film.published is not None:
            publishing = {
                "status": "complete",
                "publish_status": "published",
                "publish_time": stamp(film.published),
            }
        elif film.scheduled is not None:
            publishing = {"status": "complete", "publish_status": "scheduled"}
        return {
            "video_status": state,
            "uploading_phase": {
                "status": "complete" if uploaded else "in_progress",
                "bytes_transferred": film.offset,
            },
            "processing_phase": processing,
            "publishing_phase": publishing,
        }

    def shown(self, film: Film) -> dict[str, Any]:
        """One film as the sandbox's own listing shows it."""
        return {
            "platform": "facebook",
            "account": film.page,
            "account_name": self._names[film.page],
            "kind": film.kind,
            "id": film.id,
            "post": film.post,
            "url": film.url,
            "text": film.text,
            "title": film.title,
            "options": film.options,
            "thumbnail": film.thumbnail.shown() if film.thumbnail else None,
            "state": self.state(film),
            **(film.blob.shown() if film.blob else {"size": film.offset}),
            "created_at": film.created,
            "published_at": film.published,
            "scheduled_at": film.scheduled,
        }


def ordered_upload(kind: str, message: str = "") -> Answer:
    """One of the errors that the host of reels' bytes has, in its own envelope."""
    known = contract("facebook")["upload_errors"]
    if kind not in known:
        raise ValueError(f"{kind!r} is none of {known}")
    return _broken(kind, message or kind).answer


def _broken(kind: str, message: str) -> Refusal:
    return Refusal(Answer.json({"debug_info": {"retriable": True, "type": kind, "message": message}}, 400))
