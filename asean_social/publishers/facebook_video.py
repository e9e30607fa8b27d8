"""Videos of a Page: uploaded in chunks whose bounds Facebook dictates, finished unpublished, published by one update.

Pieces: `video` (its id), `upload` (the upload session), `offset` (where the upload stands and up to where Facebook wants
its next chunk, "start-end"), `finish` ("asked" before the upload is ended, "done" after). An upload that was interrupted goes on in its own session; a second one is never begun.

Sources, read 2026-11-23: https://developers.facebook.com/docs/graph-api/reference/page/videos/ and
facebook_business/video_uploader.py of https://github.com/facebook/facebook-python-business-sdk
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from asean_social.errors import Rejected
from asean_social.publishers import facebook_lists as lists
from asean_social.publishers.base import ASKED, DONE, Media, Message, Piece, Receipt, Wait, piece
from asean_social.publishers.facebook_errors import PLATFORM, WrongOffset, unclear
from asean_social.publishers.facebook_graph import Graph
from asean_social.text import fold

FIELDS = "status,published,post_id,permalink_url"
AT_WORK = frozenset({"processing", "ready"})  # not before the upload was ended
UNSEEN_LOOKS = 3  # at a video whose finish may have been taken before it is sent again


class Videos:
    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    def stage(self, message: Message, pieces: Sequence[Piece], *, hidden: bool) -> Iterator[Piece | Wait]:
        """`hidden`: finished unpublished; else only the bytes are sent, and finishing is the release."""
        known = list(pieces)
        for step in self._upload(message.media[0], known):
            known.append(step)
            yield step
        if not hidden:
            return
        if piece(known, "finish") != DONE:
            yield from self._finish(message, known)
        video = str(piece(known, "video"))
        found = self._graph.known(video, FIELDS)
        if state(found) in ("error", "upload_failed", "expired"):
            raise Rejected(PLATFORM, "publish.facebook.video", reason_of(found))
        if state(found) != "ready":
            yield Wait(0, "publish.facebook.processing")
        elif found.get("published"):
            raise Rejected(PLATFORM, "publish.facebook.public-at-once", post=video)

    def _upload(self, media: Media, known: Sequence[Piece]) -> Iterator[Piece]:
        session, stands = piece(known, "upload"), piece(known, "offset")
        if session is None:
            answer = self._send("start", file_size=media.size)
            yield Piece("video", _text(answer, "video_id"))
            session = _text(answer, "upload_session_id")
            yield Piece("upload", session)
            start, end = _bounds(answer)
            yield Piece("offset", f"{start}-{end}")
        else:
            start, end = _stored_bounds(stands, media.size)
        while start < end:
            start, end = self._transfer(media, session, start, end)
            yield Piece("offset", f"{start}-{end}")

    def _transfer(self, media: Media, session: str, start: int, end: int) -> tuple[int, int]:
        """Send one chunk; where the upload stands elsewhere than thought, go on from there."""
        fields = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": str(start)}
        length = min(end, media.size) - start
        try:
            answer = self._graph.send_file(
                f"{self._page}/videos", "video_file_chunk", media, fields, part=(start, length)
            )
        except WrongOffset as wrong:
            if wrong.start is None:
                raise
            told = wrong.start, min(wrong.end or wrong.start + FIRST_CHUNK, media.size)
            if told == (start, end):
                raise
            return told
        return _bounds(answer)

    def _finish(self, message: Message, known: Sequence[Piece]) -> Iterator[Piece | Wait]:
        video = str(piece(known, "video"))
        asked = sum(one.name == "finish" for one in known)
        # an answer that was lost is not asked for again by doing it twice: the video itself knows, though it tells late
        if not (asked and state(self._graph.known(video, FIELDS)) in AT_WORK):
            yield Piece("finish", ASKED)
            if 0 < asked < UNSEEN_LOOKS:
                yield Wait(0, "publish.facebook.processing")
                return
            self.end(message, known, hidden=True)
        yield Piece("finish", DONE)

    def end(self, message: Message, known: Sequence[Piece], *, hidden: bool) -> None:
        """End the upload: the video exists from here on, published or not."""
        options = message.options
        fields = {
            "upload_phase": "finish",
            "upload_session_id": piece(known, "upload"),
            "description": message.text,
            "title": options.get("title"),
            "targeting": options.get("targeting"),
            "published": not hidden,
        }
        path, visible = f"{self._page}/videos", not hidden
        if "thumbnail" in options:
            picture = message.media[options["thumbnail"]]
            self._graph.send_file(path, "thumb", picture, fields, visible=visible)
        else:
            self._graph.post(path, visible=visible, **fields)

    def release(self, pieces: Sequence[Piece]) -> None:
        self._graph.update(str(piece(pieces, "video")), visible=True, published=True)

    def status(self, pieces: Sequence[Piece], *, hidden: bool) -> Receipt:
        """In two steps a finished video waits unpublished; in one step it is nothing until it is finished."""
        video = piece(pieces, "video")
        found = self._graph.look(video, FIELDS) if video else None
        if video is None or found is None or (not hidden and state(found) not in AT_WORK):
            return Receipt(public=False)
        ready = state(found) == "ready"
        public = found.get("published") is True and (ready or hidden)
        return Receipt(
            public,
            video,
            address(video, found),
            staged=ready and not public and hidden,
            underway=not hidden and not public,
        )

    def find(self, message: Message, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Published videos of the Page with the same description."""
        fields = "id,title,description,created_time,published,post_id,permalink_url"
        for one in lists.since(self._graph, f"{self._page}/videos", since, type="uploaded", fields=fields):
            if one.get("published") is not False and same_text(one, message):
                yield one

    def discard(self, video: str) -> None:
        found = self._graph.look(video, FIELDS)
        if found is None:
            return
        if found.get("published") is True and state(found) == "ready":
            raise Rejected(PLATFORM, "publish.is-public", remote_id=video)
        self._graph.delete(video)

    def _send(self, phase: str, **fields: Any) -> Any:
        return self._graph.post(f"{self._page}/videos", visible=False, upload_phase=phase, **fields)


FIRST_CHUNK = 1 << 20  # bytes to offer where Facebook has not said yet how many it takes


def state(video: Mapping[str, Any]) -> str:
    status = video.get("status")
    return str(status.get("video_status", "")) if isinstance(status, dict) else ""


def reason_of(video: Mapping[str, Any]) -> str:
    """What the phases of a failed video say; guides and answers spell the list of errors in two ways."""
    status = video.get("status")
    phases = [one for one in status.values() if isinstance(one, dict)] if isinstance(status, dict) else []
    errors = [phase.get("errors") or phase.get("error") for phase in phases]
    flat = [
        one
        for some in errors
        for one in (some if isinstance(some, list) else [some])
        if isinstance(one, dict)
    ]
    return "; ".join(str(one.get("message", "")) for one in flat)


def address(video: str, found: Mapping[str, Any]) -> str:
    return urljoin("https://www.facebook.com/", str(found.get("permalink_url") or video))


def same_text(video: Mapping[str, Any], message: Message) -> bool:
    return fold(str(video.get("description") or "")) == fold(message.text)


def _text(answer: Any, name: str) -> str:
    if not isinstance(answer, dict) or not answer.get(name):
        raise unclear(visible=False)
    return str(answer[name])


def _stored_bounds(stands: str | None, size: int) -> tuple[int, int]:
    """Before this version only the start was stored, and before the first chunk nothing."""
    start, _, end = (stands or "0").partition("-")
    return int(start), int(end) if end else min(int(start) + FIRST_CHUNK, size)


def _bounds(answer: Any) -> tuple[int, int]:
    try:
        return int(answer["start_offset"]), int(answer["end_offset"])
    except (KeyError, TypeError, ValueError):
        raise unclear(visible=False) from None
