"""What can be known of a Zalo account before an article fails: its package, and its store of public pictures.

Source of `getoa`: https://developers.zalo.me/docs/official-account (read 2026-11-23).
"""

import hashlib
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from asean_social.errors import Problem, Severity
from asean_social.publishers.base import Media, Message, ending
from asean_social.publishers.http import Session
from asean_social.publishers.store import Store, public_name
from asean_social.publishers.zalo_media import prove
from asean_social.publishers.zalo_parts import encoded

HOME = ZoneInfo("Asia/Ho_Chi_Minh")
MIME = "image/png"
SIZE = (1000, 640)  # pixels; what articles' covers are advised to have


def of_package(found: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    """`found`: what `getoa` answered."""
    if found.get("is_verified") is False:
        yield Problem("zalo.unverified", {}, Severity.WARNING)
    try:
        last = datetime.strptime(str(found["package_valid_through_date"]), "%d/%m/%Y").replace(tzinfo=HOME)
    except (KeyError, ValueError):
        return  # not told, or without an end
    values = {"package": str(found.get("package_name") or "–"), "end": last.date()}
    yield Problem("zalo.package-ends", values, ending(last + timedelta(days=1), now))


def of_store(session: Session, store: Store) -> Iterator[Problem]:
    """Whether what is written to the store is shown to everybody: tried with a small picture, which is removed."""
    with tempfile.TemporaryDirectory() as folder:
        media = plain_picture(Path(folder))
        name = public_name(hashlib.sha256(uuid4().bytes).hexdigest(), MIME)
        try:
            prove(session, encoded(store.put(name, media.path)), media)
        finally:
            store.remove(name)
    yield Problem("store.works", {}, Severity.NOTE)


def rehearsal(marker: str, picture: Media) -> Message:
    """A whole article that says nothing but the marker. (Zalo counts hidden articles too, as far as is known.)"""
    options = {
        "title": marker,
        "summary": marker,
        "author": "asean-social",
        "cover": 0,
        "cover_status": "show",
    }
    body = [{"type": "text", "content": marker}]
    return Message(
        "", "zalo", "", "normal", media=(picture,), options={**options, "comment": "hide", "body": body}
    )


def plain_picture(folder: Path) -> Media:
    """A picture of one colour, as a PNG of a palette (https://www.w3.org/TR/png/)."""
    width, height = SIZE
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", b"\x1f\x4e\x79"),
        (b"IDAT", zlib.compress(bytes((width + 1) * height))),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in (*parts, (b"IEND", b"")))
    path = folder / "asean-social.png"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Media(path, "image", MIME, len(data), digest, width=width, height=height)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
