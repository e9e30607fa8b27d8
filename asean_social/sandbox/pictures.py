"""Looking at pictures, and fetching them the way a platform does: by public address only."""

import http.client
import io
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_SIDE = 30_000
PATIENCE = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Picture:
    kind: str  # JPEG, PNG …
    mime: str
    width: int
    height: int


def look(payload: bytes) -> Picture | None:
    """What the bytes really are; None where they are no whole picture."""
    from PIL import Image  # costs 40 ms, needed only here

    try:
        with Image.open(io.BytesIO(payload)) as image:
            kind, size = image.format or "", image.size
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    if max(size) > MOST_SIDE:
        return None
    return Picture(kind, Image.MIME.get(kind, ""), *size)


def fetch(url: str, most: int) -> bytes | None:
    """The bytes behind `url`, at most `most` + 1 of them; None where it cannot be reached.

    Only loopback addresses are asked: the sandbox works offline, everything else counts as unreachable.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        return None
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    line = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE)
    try:
        line.request("GET", target or "/")
        answer = line.getresponse()
        return answer.read(most + 1) if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_clean_url(text: object) -> bool:
    """An http address whose spaces and letters beyond ASCII are percent-encoded."""
    if not isinstance(text, str) or not text.isascii() or not text.isprintable():
        return False
    if any(sign in text for sign in ' "<>\\^`{|}'):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
