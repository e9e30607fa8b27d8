"""What is in a video file, as far as it can be told: length, size, orientation; and whether it is a Short.

A Short is square or taller and at most three minutes long (https://support.google.com/youtube/answer/15424877).
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_SHORT = 180.0  # seconds
LONG = 900.0  # seconds; more needs a verified channel (https://support.google.com/youtube/answer/71673)
LONGEST = 12 * 3600.0  # seconds (the same page)


@dataclass(frozen=True, slots=True)
class Film:
    seconds: float = 0.0  # 0 where it is not known
    width: int = 0  # as shown, after rotation; 0 where it is not known
    height: int = 0
    container: str = ""
    video: str = ""  # its codec
    audio: str = ""

    @property
    def is_short(self) -> bool:
        return 0 < self.seconds <= LONGEST_SHORT and 0 < self.width <= self.height

    @property
    def duration(self) -> str:
        """ISO 8601; P0D as long as it is not known."""
        whole = round(self.seconds)
        if not whole:
            return "P0D"
        hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
        named = ((hours, "H"), (minutes, "M"), (seconds, "S"))
        return "PT" + "".join(f"{number}{letter}" for number, letter in named if number)


UNKNOWN = Film()


def film(path: Path | None) -> Film:
    """Nothing is known of a file that was not kept, or that holds no video."""
    if path is None:
        return UNKNOWN
    try:
        reader = importlib.import_module("pymediainfo").MediaInfo
    except ImportError:
        return UNKNOWN
    try:
        tracks = reader.parse(path).tracks
    except (OSError, RuntimeError, ValueError):  # no library on this machine, or a file it cannot follow
        return UNKNOWN
    by_type = {one.track_type: one for one in reversed(tracks)}
    return _told(by_type) if "Video" in by_type else UNKNOWN


def _told(tracks: dict[str, Any]) -> Film:
    picture, whole, sound = tracks["Video"], tracks.get("General"), tracks.get("Audio")
    width, height = _number(picture.width), _number(picture.height)
    if round(_number(picture.rotation)) % 180 == 90:
        width, height = height, width
    length = _number(picture.duration) or _number(getattr(whole, "duration", 0))
    return Film(
        length / 1000,
        int(width),
        int(height),
        str(getattr(whole, "format", "") or ""),
        str(picture.format or ""),
        str(getattr(sound, "format", "") or ""),
    )


def _number(worth: Any) -> float:
    try:
        return float(worth)
    except (TypeError, ValueError):
        return 0.0
