"""Whether this computer's clock is right, by the clocks of the platforms' servers; and whether it was set meanwhile."""

import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta

from asean_social.clock import Clock
from asean_social.decisions import SKEW
from asean_social.publishers.http import server_time

JUMP = timedelta(
    seconds=60
)  # a clock that moves so far at once was set, or its computer slept where that is not counted
ASK_EVERY = 15.0  # seconds between two questions while the clock is ahead

Off = Callable[[], timedelta | None]  # how much later it is at the platforms; None: nobody says


def off(urls: Collection[str], clock: Clock) -> timedelta | None:
    """How much later it is there than here: the least of all, since a server's clock may be wrong and all of them are not."""
    return min(
        (found for url in sorted(urls) if (found := _off(url, clock)) is not None), key=abs, default=None
    )


def _off(url: str, clock: Clock) -> timedelta | None:
    before = clock.now()
    there = server_time(url)
    return there - before - (clock.now() - before) / 2 if there else None


def is_ahead(found: timedelta | None) -> bool:
    """Far enough before the platforms to bring something out before its time."""
    return found is not None and found < -SKEW


def uptime() -> float:
    """Seconds that passed since some moment, asleep or awake, whatever the clock was set to."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()  # counts sleep on Windows


class Watch:
    """Set ahead while the program runs, a clock would bring out everything before its time."""

    def __init__(self, clock: Clock, ask: Off) -> None:
        self._clock, self._ask = clock, ask
        self._lock = threading.Lock()
        self._began = self._reading()
        self._ahead = False
        self._asked = 0.0

    def right(self) -> bool:
        """False from the moment the clock is set ahead until it agrees with the platforms again.

        Where none of them says the time, this computer is believed.
        """
        with self._lock:
            reading = self._reading()
            jumped = abs(reading - self._began) > JUMP
            self._began = reading
            if jumped or (self._ahead and time.monotonic() - self._asked >= ASK_EVERY):
                found = self._ask()
                self._ahead = is_ahead(found)
                self._asked = time.monotonic()
            return not self._ahead

    def _reading(self) -> timedelta:
        return timedelta(seconds=self._clock.now().timestamp() - uptime())
