"""What a media file really is: by its content, not its name. Only headers are decoded.

Images by Pillow, films by MediaInfo (https://mediaarea.net/MediaInfo), captions by their own grammar.
"""

import re
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

FORMATS = (
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
CAPTION_NAMES = MappingProxyType({".vtt": "text/vtt", ".srt": "application/x-subrip"})
_STILL_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"avif", b"avis"})  # photographs in a video's container
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that exchange width and height


class Unusable(Exception):
    """A file that cannot be sent, as a message code and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def probe(path: Path) -> dict[str, Any]:
    """The facts of a file that is not empty, by the names of `media.Facts`. Raises Unusable, OSError."""
    if path.suffix.lower() in CAPTION_NAMES:
        return _captions(path)
    with path.open("rb") as file:
        head = file.read(16)
    container = _container(head)
    return _video(path, container) if container else _image(path)


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


# -- films -------------------------------------------------------------------------------------------------------


def _video(path: Path, container: str) -> dict[str, Any]:
    from pymediainfo import MediaInfo

    mime = _MIMES[container]
    if path.suffix.lower() in _IMAGE_NAMES:
        raise Unusable("media.misnamed", found=path.name, fits=mime)
    found = MediaInfo.parse(path)
    pictures, sounds = found.video_tracks, found.audio_tracks
    if any(one.istruncated == "Yes" for one in found.general_tracks):
        raise Unusable("media.truncated", found=path.name)
    if not pictures or not pictures[0].width or not pictures[0].height:
        raise Unusable("media.no-picture", found=path.name)
    track = pictures[0]
    turn = round(float(track.rotation or 0)) % 360
    size = (int(track.width), int(track.height))
    milliseconds = track.duration or found.general_tracks[0].duration or 0
    return {
        "kind": "video",
        "format": container,
        "mime": mime,
        "width": size[turn % 180 == 90],
        "height": size[turn % 180 != 90],
        "duration": float(milliseconds) / 1000,
        "turn": turn,
        "fps": float(track.frame_rate or 0),
        "codec": str(track.format or ""),
        "sound": str(sounds[0].format or "?") if sounds else "",
    }


# -- images ------------------------------------------------------------------------------------------------------


def _image(path: Path) -> dict[str, Any]:
    named_video = path.suffix.lower() in _VIDEO_NAMES
    try:
        facts = _header(path)
    except UnidentifiedImageError:
        raise Unusable("media.not-video" if named_video else "media.not-image", found=path.name) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable("media.too-many-pixels", found=path.name) from None
    except _BROKEN:
        raise Unusable("media.broken", found=path.name) from None
    if named_video:
        raise Unusable("media.misnamed", found=path.name, fits=facts["mime"])
    return facts


def _header(path: Path) -> dict[str, Any]:
    """Without decoding the picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.simplefilter("ignore", UserWarning)  # odd metadata; whether it matters, `verify` says
        with Image.open(path, formats=FORMATS) as image:
            form, exif = image.format or "", image.getexif()
            turn = int(exif.get(ExifTags.Base.Orientation, 1) or 1)
            width, height = image.size
            facts: dict[str, Any] = {
                "format": _SAME_AS.get(form, form),
                "colours": image.mode,
                "animated": bool(getattr(image, "is_animated", False)) and form != "MPO",
                "located": bool(exif.get_ifd(ExifTags.IFD.GPSInfo)),
            }
        with Image.open(path, formats=FORMATS) as image:
            image.verify()  # only right after opening
        if form != "PNG":  # whose parts have checksums, which `verify` has compared
            _decode(path)
    turned = turn in _TURNED
    return facts | {
        "kind": "image",
        "mime": Image.MIME[facts["format"]],
        "width": height if turned else width,
        "height": width if turned else height,
        "turn": turn,
    }


def _decode(path: Path) -> None:
    """Read all of it, a JPEG at an eighth of its size: only so is a file known that was cut short."""
    with Image.open(path, formats=FORMATS) as image:
        image.draft(None, (max(image.width // 8, 1), max(image.height // 8, 1)))
        image.load()


# -- captions ----------------------------------------------------------------------------------------------------

_CLOCK = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_CUE = re.compile(rf"{_CLOCK}[ \t]+-->[ \t]+{_CLOCK}(?:[ \t].*)?")


def _captions(path: Path) -> dict[str, Any]:
    """WebVTT (https://www.w3.org/TR/webvtt1/) or SubRip: cues with text, in order, each ending after its beginning."""
    mime = CAPTION_NAMES[path.suffix.lower()]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("media.captions-not-utf8", found=path.name) from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if mime == "text/vtt" and not re.match(r"WEBVTT($|[ \t])", lines[0]):
        raise Unusable("media.captions-no-header", found=path.name)
    begin, end = 0.0, 0.0
    cues = [(number, line) for number, line in enumerate(lines, 1) if "-->" in line]
    for number, line in cues:
        match = _CUE.fullmatch(line.strip())
        if match is None:
            raise Unusable("media.captions-bad-time", found=path.name, place=number)
        start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if end <= start or start < begin:
            raise Unusable("media.captions-order", found=path.name, place=number)
        if number >= len(lines) or not lines[number].strip():
            raise Unusable("media.captions-no-text", found=path.name, place=number)
        begin = start
    if not cues:
        raise Unusable("media.captions-empty", found=path.name)
    return {"kind": "captions", "format": path.suffix[1:].upper(), "mime": mime, "duration": end}


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(one or 0) for one in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
