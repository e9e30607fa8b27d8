"""What a media file really is: by its content, not its name. Only headers are decoded; the bytes are hashed once."""

import hashlib
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image, UnidentifiedImageError

from asean_social.publishers.base import Media
from asean_social.text import nfc

_FORMATS = (
    "JPEG",
    "PNG",
    "GIF",
    "BMP",
    "TIFF",
    "WEBP",
)  # what Pillow may open: fewer decoders, fewer surprises
_SAME_AS = MappingProxyType({"MPO": "JPEG"})  # a camera's JPEG with a second picture inside
_IMAGE_NAMES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"})
_VIDEO_NAMES = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".flv", ".3gp"}
)
_STILL_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"avif", b"avis"})  # photographs in a video's container
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)


class Unusable(Exception):
    """A file that cannot be sent, as a message code and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Facts:
    path: Path  # as it is spelt on disk
    kind: str  # image | video
    format: str  # JPEG, PNG …; mp4, mov …
    mime: str
    size: int  # bytes
    sha256: str
    width: int = 0  # pixels; 0 for a video
    height: int = 0
    duration: float = 0.0  # seconds; 0 for an image


class Library:
    """The project's media. What was found out about a file holds while its size and time stay the same."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._known: dict[tuple[Path, int, int], Facts | Unusable] = {}

    def facts(self, path: Path) -> Facts:
        """Raises Unusable."""
        real = self._real(path)
        try:
            about = real.stat()
            key = (real, about.st_size, about.st_mtime_ns)
            if key not in self._known:
                self._known[key] = _probe(real, about.st_size)
        except OSError as error:
            raise _unreadable(error) from error
        found = self._known[key]
        if isinstance(found, Unusable):
            raise Unusable(found.code, **found.values)
        return found

    def media(self, path: Path, alt: str, platform: str, use: str) -> Media:
        """The file as it will be sent to a platform for this use. Raises Unusable."""
        del platform, use
        facts = self.facts(path)
        return Media(
            facts.path, facts.kind, facts.mime, facts.size, facts.sha256, alt, facts.width, facts.height
        )

    def ready(self, media: Media) -> Media:
        """The very bytes that are to be sent, proven to be those that were checked. Raises Unusable."""
        if self.facts(media.path).sha256 != media.sha256:
            raise Unusable("media.changed", found=media.path.name)
        return media

    def _real(self, path: Path) -> Path:
        real = _spelt(path)
        if real is None:
            near = get_close_matches(path.name, _names(path.parent), n=1)
            raise (
                Unusable("media.misspelt", found=path.name, fits=near[0])
                if near
                else Unusable("media.missing", found=path.name)
            )
        if not real.resolve().is_relative_to(self._root):
            raise Unusable("campaign.media-outside", found=path.name)
        if not real.is_file():
            raise Unusable("media.not-a-file", found=path.name)
        return real


def _names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()] if folder.is_dir() else []


def _spelt(path: Path) -> Path | None:
    """The path as the disk spells it: macOS and some copies keep names decomposed."""
    if path.exists():
        return path
    if path.parent == path:
        return None
    parent = _spelt(path.parent)
    if parent is None or not parent.is_dir():
        return None
    return next((one for one in sorted(parent.iterdir()) if nfc(one.name) == nfc(path.name)), None)


def _unreadable(error: OSError) -> Unusable:
    return Unusable("media.unreadable", reason=error.strerror or type(error).__name__)


def _probe(path: Path, size: int) -> Facts | Unusable:
    if size == 0:
        return Unusable("media.empty", found=path.name)
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        if container := _container(head):
            return _video(path, container, size, digest)
        return _image(path, size, digest)
    except Unusable as error:
        return error


_MIMES: Mapping[str, str] = MappingProxyType(
    {
        "mp4": "video/mp4",
        "mov": "video/quicktime",
        "mkv": "video/x-matroska",
        "avi": "video/x-msvideo",
        "mpeg": "video/mpeg",
        "flv": "video/x-flv",
        "wmv": "video/x-ms-wmv",
    }
)
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypqt", "mov"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1a\x45\xdf\xa3", "mkv"),
    (8, b"AVI ", "avi"),
    (0, b"\0\0\x01\xba", "mpeg"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
)


def _container(head: bytes) -> str | None:
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        raise Unusable("media.unsupported", found="HEIC/AVIF")
    return next((name for at, mark, name in _SIGNATURES if head[at : at + len(mark)] == mark), None)


def _video(path: Path, container: str, size: int, digest: str) -> Facts:
    mime = _MIMES[container]
    if path.suffix.lower() in _IMAGE_NAMES:
        raise Unusable("media.misnamed", found=path.name, fits=mime)
    return Facts(path, "video", container, mime, size, digest)


def _image(path: Path, size: int, digest: str) -> Facts:
    named_video = path.suffix.lower() in _VIDEO_NAMES
    try:
        form, width, height = _header(path)
    except UnidentifiedImageError:
        raise Unusable("media.not-video" if named_video else "media.not-image", found=path.name) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable("media.too-many-pixels", found=path.name) from None
    except _BROKEN:
        raise Unusable("media.broken", found=path.name) from None
    mime = Image.MIME[form]
    if named_video:
        raise Unusable("media.misnamed", found=path.name, fits=mime)
    return Facts(path, "image", form, mime, size, digest, width, height)


def _header(path: Path) -> tuple[str, int, int]:
    """Format, width and height, without decoding the picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.simplefilter("ignore", UserWarning)  # odd metadata; whether it matters, `verify` says
        with Image.open(path, formats=_FORMATS) as image:
            form = image.format or ""
            size = image.size
            image.verify()
    return _SAME_AS.get(form, form), *size
