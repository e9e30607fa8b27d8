"""Captions by their own grammar: WebVTT (https://www.w3.org/TR/webvtt1/) and SubRip."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asean_social.unusable import Unusable

NAMES = MappingProxyType({".vtt": "text/vtt", ".srt": "application/x-subrip"})
MOST_READ = 104_857_600  # bytes; no platform takes more, so more is refused by its size and not read
_ARROW = r"[ \t]+-->[ \t]+"
_VTT, _SRT = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})", r"(\d{1,3}):([0-5]\d):([0-5]\d),(\d{3})"
_CUES = MappingProxyType(
    {
        ".vtt": re.compile(rf"{_VTT}{_ARROW}{_VTT}(?:[ \t]+\S.*)?"),  # settings may follow
        ".srt": re.compile(rf"{_SRT}{_ARROW}{_SRT}"),
    }
)


def read(path: Path) -> dict[str, Any]:
    """The facts of a captions file, by the names of `media.Facts`. Raises Unusable, OSError."""
    suffix = path.suffix.lower()
    facts = {"kind": "captions", "format": suffix[1:].upper(), "mime": NAMES[suffix]}
    if path.stat().st_size > MOST_READ:
        return facts
    lines = _lines(path)
    if suffix == ".vtt" and not re.match(r"WEBVTT($|[ \t])", lines[0]):
        raise Unusable("media.captions-no-header", found=path.name)
    ends = [end for _, end in _cues(path, lines)]
    if not ends:
        raise Unusable("media.captions-empty", found=path.name)
    return facts | {"duration": max(ends)}


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("media.captions-not-utf8", found=path.name) from None
    return text.split("\n")  # Python has read \r\n and \r as \n


def _cues(path: Path, lines: list[str]) -> Iterator[tuple[float, float]]:
    """Beginning and end of each caption: in order, each ending after its beginning, each with a text."""
    grammar, earlier = _CUES[path.suffix.lower()], 0.0
    for number, line in enumerate(lines, 1):
        if "-->" not in line:
            continue
        match = grammar.fullmatch(line.strip())
        if match is None:
            point = "." if path.suffix.lower() == ".vtt" else ","
            fits = f"00:00:01{point}000 --> 00:00:04{point}000"
            raise Unusable("media.captions-bad-time", found=path.name, place=number, fits=fits)
        begin, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if end <= begin or begin < earlier:
            raise Unusable("media.captions-order", found=path.name, place=number)
        if number >= len(lines) or not lines[number].strip():
            raise Unusable("media.captions-no-text", found=path.name, place=number)
        earlier = begin
        yield begin, end


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(one or 0) for one in parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
