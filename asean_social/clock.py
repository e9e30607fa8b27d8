"""The only place that asks the time. Sandbox and runner can share an offset, so that a night can be played by day."""

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, Self

from asean_social.errors import UserError

QUIET = timedelta(seconds=0.5)  # a file that did not change for so long is not being written just now
PATIENCE = 5.0  # seconds to wait for that


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, aware."""

    def pause(self, seconds: float) -> None:
        """Let time pass; ends early when the clock is interrupted."""

    def interrupt(self) -> None: ...


class SystemClock:
    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset
        self._interrupted = threading.Event()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """ASEAN_SOCIAL_OFFSET: seconds ahead, as of a sandbox one practises with. Raises UserError."""
        text = environment.get("ASEAN_SOCIAL_OFFSET", "").strip() or "0"
        try:
            return cls(timedelta(seconds=float(text)))
        except (ValueError, OverflowError):
            raise UserError("policy.not-a-number", variable="ASEAN_SOCIAL_OFFSET", found=text) from None

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def pause(self, seconds: float) -> None:
        self._interrupted.wait(max(seconds, 0.0))

    def interrupt(self) -> None:
        self._interrupted.set()


def settle(files: Iterable[Path], clock: Clock) -> None:
    """Wait until an editor has finished writing: half a file may be a good file that lacks its last posts."""
    files = list(files)
    waited = 0.0
    while waited < PATIENCE and any(_is_fresh(file) for file in files):
        clock.pause(QUIET.total_seconds() / 2)
        waited += QUIET.total_seconds() / 2


def _is_fresh(file: Path) -> bool:
    """By the system's own time, as its files have it."""
    try:
        age = datetime.now(UTC) - datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return False
    return timedelta() <= age < QUIET
