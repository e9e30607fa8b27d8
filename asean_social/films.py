"""What a film really is, by MediaInfo (https://mediaarea.net/MediaInfo); only its headers are read."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree.ElementTree import ParseError

from asean_social.unusable import Unusable

NAMES = frozenset(
    ".mp4 .m4v .mov .avi .mkv .webm .wmv .mpg .mpeg .flv .3gp .3g2 .ts .mts .m2ts .vob .ogv".split()  # noqa: SIM905 -- a table
)
HEAD = 256  # bytes that tell a container

_MIMES: Mapping[str, str] = MappingProxyType(
    {
        "mp4": "video/mp4",
        "3gp": "video/3gpp",
        "mov": "video/quicktime",
        "mkv": "video/x-matroska",
        "webm": "video/webm",
        "avi": "video/x-msvideo",
        "mpeg": "video/mpeg",
        "ts": "video/mp2t",
        "ogg": "video/ogg",
        "flv": "video/x-flv",
        "wmv": "video/x-ms-wmv",
    }
)
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypqt", "mov"),
    (4, b"ftyp3g", "3gp"),
    (4, b"ftyp", "mp4"),
    (4, b"moov", "mov"),  # QuickTime from before `ftyp`
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "mkv"),
    (8, b"AVI ", "avi"),
    (0, b"\0\0\x01\xba", "mpeg"),
    (0, b"FLV\x01", "flv"),
    (0, b"OggS", "ogg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
)
_PACKET, _PACKET_M2TS = 188, 192  # bytes of a transport stream; cameras put four more before each
_STILL_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
)  # photographs in a film's container


def container(head: bytes) -> str | None:
    """Which container begins like this; None where it is no film. Raises Unusable for a telephone's photograph."""
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        raise Unusable("media.unsupported", found="AVIF" if head[8:11] == b"avi" else "HEIC")
    found = next((name for at, mark, name in _SIGNATURES if head[at : at + len(mark)] == mark), None)
    if found == "mkv" and b"webm" in head:
        return "webm"
    packets = ((0, _PACKET), (4, 4 + _PACKET_M2TS))
    if found is None and any(head[one : one + 1] == head[two : two + 1] == b"G" for one, two in packets):
        return "ts"
    return found


def read(path: Path, form: str) -> dict[str, Any]:
    """The facts of a film in this container, by the names of `media.Facts`. Raises Unusable, OSError."""
    found = _ask(path)
    general, pictures, sounds = found.general_tracks, found.video_tracks, found.audio_tracks
    if any(one.istruncated == "Yes" for one in general):
        raise Unusable("media.truncated", found=path.name)
    if not pictures or not pictures[0].width or not pictures[0].height:
        raise Unusable("media.no-picture", found=path.name)
    track = pictures[0]
    turn = round(float(track.rotation or 0)) % 360
    # a pixel that is not square is shown wider, or narrower, than it is stored
    size = (round(int(track.width) * float(track.pixel_aspect_ratio or 1)), int(track.height))
    milliseconds = float(track.duration or general[0].duration or 0)
    return {
        "kind": "video",
        "format": form,
        "mime": _MIMES[form],
        "width": size[turn % 180 == 90],
        "height": size[turn % 180 != 90],
        "duration": milliseconds / 1000,
        "turn": turn,
        "fps": float(track.frame_rate or 0),
        "codec": str(track.format or ""),
        "sound": str(sounds[0].format or "?") if sounds else "",
    }


def _ask(path: Path) -> Any:
    from pymediainfo import MediaInfo

    try:
        return MediaInfo.parse(path)
    except (RuntimeError, ParseError):  # it cannot open the file, or found what XML cannot hold
        raise Unusable("media.no-picture", found=path.name) from None
    except OSError:
        if MediaInfo.can_parse():
            raise
        raise Unusable("media.no-mediainfo", found=path.name) from None
