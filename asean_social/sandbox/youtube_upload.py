"""Resumable upload: sessions that take a video in pieces, in constant memory, and survive a cut line.

Source: https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol. Bytes are kept on whole
multiples of 256 KiB when a line is cut, so an interrupted piece is resumed where the platform says, not where the
client believes.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from asean_social.sandbox.wire import BLOCK, Answer, Body, Refusal, Vanished
from asean_social.sandbox.youtube_rules import bad_value, refuse

UNIT = 262_144
MOST_BYTES = 274_877_906_944
PLAYABLE = 256 << 20  # larger videos are counted and hashed, not kept
SESSION_LIFE = 7 * 86_400  # seconds; Google only says "finite"
# first bytes of the containers YouTube takes: ISO media, Matroska and WebM, AVI, MPEG, FLV, ASF, MPEG-TS
SIGNATURES = (
    re.compile(rb"....(ftyp|moov|mdat|wide|free)", re.DOTALL),
    re.compile(rb"\x1aE\xdf\xa3"),
    re.compile(rb"RIFF....AVI ", re.DOTALL),
    re.compile(rb"\x00\x00\x01[\xb3\xba]"),
    re.compile(rb"FLV|\x30\x26\xb2\x75|\x47"),
)
METHOD = "videos.insert.session"


@dataclass(slots=True)
class Session:
    id: str
    channel: str
    parts: list[str]
    body: dict[str, Any]
    notify: bool
    mime: str
    name: str
    total: int | None  # None: not said yet
    path: Path
    opened: float
    offset: int = 0
    head: bytes = b""
    digest: Any = field(default_factory=hashlib.sha256)
    video: str = ""  # its id, once complete
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_kept(self) -> bool:
        return (self.total or 0) <= PLAYABLE

    def sink(self) -> AbstractContextManager[BinaryIO | None]:
        """Where the next bytes go; None where they are only counted."""
        if not self.is_kept:
            return nullcontext()
        self.path.touch()
        file = self.path.open("r+b")
        file.seek(self.offset)
        return file

    def progress(self) -> Answer:
        """308: what has been stored so far."""
        span = {"Range": f"bytes=0-{self.offset - 1}"} if self.offset else {}
        return Answer(308, kind="", headers=span)

    def failure(self) -> str:
        """Why processing this file will fail; "" for a video."""
        if not self.offset:
            return "emptyFile"
        return "" if any(one.match(self.head) for one in SIGNATURES) else "invalidFile"


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    length: int
    total: int


def span_of(text: str | None, body: Body, session: Session) -> Span | None:
    """What a PUT brings; None asks how far the upload is."""
    probe = re.fullmatch(r"bytes \*/(\d+|\*)", text or "")
    if probe:
        if body.declared:
            raise _bad("A probe has no body")
        return None
    if not text:
        return _whole(body, session)
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", text)
    if not match:
        raise _bad("Invalid Content-Range")
    start, last, total = (int(one) for one in match.groups())
    _check_span(start, last, total, body)
    return Span(start, last + 1 - start, total)


def _whole(body: Body, session: Session) -> Span:
    """All bytes in one request, without Content-Range."""
    length = body.declared
    if length is None or length != (session.total if session.total is not None else length):
        raise _bad("Content-Length must be the declared size of the video")
    return Span(0, length, length)


def _check_span(start: int, last: int, total: int, body: Body) -> None:
    length = last + 1 - start
    if length <= 0 or last >= total:
        raise _bad("Invalid Content-Range")
    if body.declared is not None and body.declared != length:
        raise _bad("Content-Length does not match Content-Range")
    if last + 1 != total and length % UNIT:
        raise _bad(f"Every piece but the last must be a multiple of {UNIT} bytes")


def _bad(message: str) -> Refusal:
    return bad_value(METHOD, "Content-Range", message)


def receive(session: Session, span: Span, body: Body) -> bool:
    """Store the bytes of one PUT as they come; True when the video is complete.

    Raises Vanished when the client went away.
    """
    if session.total not in (None, span.total):
        raise _bad(f"The declared size is {session.total}")
    if span.start != session.offset:
        raise refuse(
            METHOD, "requestedRangeNotSatisfiable", f"Expected byte {session.offset}", domain="global"
        )
    session.total = span.total
    goal = span.start + span.length
    with session.sink() as file:
        _pour(session, body, goal, file)
    if session.offset < goal:
        if body.cut:
            raise Vanished
        raise _bad("The body is shorter than Content-Range says")
    return session.offset == session.total


def _pour(session: Session, body: Body, stop: int, file: BinaryIO | None) -> None:
    buffer = memoryview(bytearray(BLOCK))
    while session.offset < stop:
        ask = min(BLOCK, stop - session.offset)
        count = body.readinto(buffer[:ask])
        if session.offset + count < (session.total or 0):
            count -= count % UNIT
        if not count:
            return
        _store(session, buffer[:count], file)


def _store(session: Session, block: memoryview, file: BinaryIO | None) -> None:
    if not session.head:
        session.head = bytes(block[:16])
    session.digest.update(block)
    if file is not None:
        file.write(block)
    session.offset += len(block)


def open_session(make: Callable[..., Session], mime: str, length: str | None) -> Session:
    """Check what the two X-Upload headers promise."""
    if not (mime.startswith("video/") or mime == "application/octet-stream"):
        text = f"Media type '{mime}' is not supported. Valid media types: [video/*, application/octet-stream]"
        raise refuse("videos.insert", "badRequest", text, domain="global")
    if length is not None and not length.isdigit():
        raise refuse("videos.insert", "badRequest", "Invalid X-Upload-Content-Length", domain="global")
    total = int(length) if length is not None else None
    if (total or 0) > MOST_BYTES:
        raise refuse("videos.insert", "uploadTooLarge", "The video is larger than 256 GB", domain="global")
    return make(mime=mime, total=total)
