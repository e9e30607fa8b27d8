"""The only place that asks the time. Sandbox and runner can share an offset, so that a night can be played by day."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

from asean_social.errors import UserError


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
