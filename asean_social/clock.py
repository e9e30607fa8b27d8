"""The only place that asks the time. Sandbox and runner can share an offset, so that a night can be played by day."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


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

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def pause(self, seconds: float) -> None:
        self._interrupted.wait(max(seconds, 0.0))

    def interrupt(self) -> None:
        self._interrupted.set()
