"""Is a file of captions well formed? WebVTT, SubRip and SubViewer are read to the last cue.

Sources: https://www.w3.org/TR/webvtt1/ and https://support.google.com/youtube/answer/2734698 (the formats YouTube takes).
"""

import re
from dataclasses import dataclass

_VTT = re.compile(
    r"((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3})[ \t]+-->[ \t]+((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3})(?:[ \t].*)?"
)
_SRT = re.compile(r"(\d{2,}:[0-5]\d:[0-5]\d,\d{3})[ \t]+-->[ \t]+(\d{2,}:[0-5]\d:[0-5]\d,\d{3})[ \t]*")
_SBV = re.compile(r"(\d+:[0-5]\d:[0-5]\d\.\d{3}),(\d+:[0-5]\d:[0-5]\d\.\d{3})[ \t]*")


@dataclass(frozen=True, slots=True)
class Track:
    format: str = ""  # WebVTT, SubRip, SubViewer; "" where it is none of them
    cues: int = 0
    failure: str = ""  # the reason that the platform gives


def read(payload: bytes) -> Track:
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Track(failure="unknownFormat")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if re.match(r"WEBVTT(?:[ \t][^\n]*)?(?:\n|$)", text):
        return _vtt(text)
    blocks = _blocks(text)
    if blocks and re.fullmatch(r"\d+", blocks[0][0].strip()):
        return _counted("SubRip", [one[0].strip().isdigit() and _cue(_SRT, one[1:]) for one in blocks])
    if blocks and _SBV.fullmatch(blocks[0][0]):
        return _counted("SubViewer", [_cue(_SBV, one) for one in blocks])
    known = text.lstrip().startswith(("<?xml", "<tt"))
    return Track(failure="unsupportedFormat" if known else "unknownFormat")


def _vtt(text: str) -> Track:
    head, *blocks = _blocks(text)
    if len(head) > 1 and any("-->" in line for line in head):
        return Track("WebVTT", 0, "processingFailed")  # the first cue must come after an empty line
    cues = [one for one in blocks if not re.match(r"(NOTE|STYLE|REGION)(\s|$)", one[0])]
    return _counted("WebVTT", [_cue(_VTT, one if "-->" in one[0] else one[1:]) for one in cues])


def _blocks(text: str) -> list[list[str]]:
    """Groups of lines between empty ones."""
    return [one.split("\n") for one in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n")) if one.strip()]


def _cue(timing: re.Pattern[str], lines: list[str]) -> bool:
    """A line of times, in their order, and a line of text at least."""
    times = timing.fullmatch(lines[0]) if lines else None
    if times is None or not any(line.strip() for line in lines[1:]):
        return False
    return _seconds(times.group(1)) < _seconds(times.group(2))


def _seconds(text: str) -> float:
    whole = 0.0
    for one in text.replace(",", ".").split(":"):
        whole = whole * 60 + float(one)
    return whole


def _counted(kind: str, cues: list[bool]) -> Track:
    good = bool(cues) and all(cues)
    return Track(kind, len(cues) if good else 0, "" if good else "processingFailed")
