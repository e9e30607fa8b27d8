"""Faults on order: what goes wrong, with which request, how often."""

import os
import signal
import threading
from dataclasses import dataclass
from typing import Self

KINDS = {
    "refuse": "the line is closed before anything is read",
    "cut-before": "the request is read, then the line is cut; nothing has happened",
    "cut-half": "a `share` of the body arrives, then the line is cut; what a platform would keep of it is kept",
    "cut-after": "the request takes effect, then the line is cut without an answer",
    "half-answer": "the request takes effect; a `share` of the promised answer arrives, then the line is cut",
    "500-before": "a server error; nothing has happened",
    "500-after": "the request takes effect, then a server error is answered",
    "garbage": "the request takes effect; the answer is HTTP 200 with broken JSON",
    "html": "an HTML page at HTTP 502; nothing has happened",
    "slow": "the request takes effect; the answer comes after `seconds`",
    "throttle": "too many requests, in the platform's shape, with a hint of `seconds` where it gives one",
    "expire-token": "the access token in use is dead (a Facebook Page token only for this request)",
    "revoke-token": "every token of the platform is dead for good; the credentials hold new ones, as after a new consent",
    "not-found-once": "the read does not see what was made in the last `seconds`",
    "lag": "for `seconds` no read of the platform sees what is made from this request on",
    "slow-processing": "what is processed next takes `seconds` longer",
    "fail-processing": "what is processed next cannot be processed",
    "kill-before": "the process `pid` is killed; nothing has happened",
    "kill-after": "the request takes effect, then the process `pid` is killed",
    "freeze-before": "the process `pid` is stopped until it is told to go on, and the line is cut; nothing has happened",
    "freeze-after": "the request takes effect, the process `pid` is stopped, and its answer waits for it",
}
KILLS, FREEZES = ("kill-before", "kill-after"), ("freeze-before", "freeze-after")


@dataclass(slots=True)
class Order:
    """`parse` reads its short form. Raises ValueError where a number is none that fits."""

    platform: str  # "*" for any
    operation: str  # "*" for any
    fault: str
    nth: int = 1  # the first matching request that meets it, from 1
    times: int = 1
    seconds: float = 1.0
    share: float = 0.5  # of the bytes of a body
    pid: int = 0  # whom to kill or to stop
    seen: int = 0

    def __post_init__(self) -> None:
        if self.fault not in KINDS:
            raise ValueError(f"fault {self.fault!r} is none of {sorted(KINDS)}")
        if not all(type(one) is int and one > 0 for one in (self.nth, self.times)):
            raise ValueError("nth and times are whole numbers from 1")
        if not isinstance(self.seconds, int | float) or not self.seconds >= 0:
            raise ValueError("seconds is a number from 0")
        if not isinstance(self.share, int | float) or not 0 <= self.share < 1:
            raise ValueError("share is a number from 0 to below 1")
        if type(self.pid) is not int or (self.signals and self.pid <= 0) or self.pid == os.getpid():
            raise ValueError("pid is the number of another process")
        if self.fault in FREEZES and not hasattr(signal, "SIGSTOP"):
            raise ValueError("this system cannot stop a process and let it go on")

    @classmethod
    def parse(cls, text: str) -> Self:
        """`PLATFORM:OPERATION:FAULT[:NTH[:TIMES]]` and then `,seconds=…`, `,share=…`, `,pid=…`. Raises ValueError."""
        head, *more = text.split(",")
        words, named = head.split(":"), dict(one.partition("=")[::2] for one in more)
        if not 3 <= len(words) <= 5 or set(named) - {"seconds", "share", "pid"}:
            raise ValueError(f"{text!r} is not PLATFORM:OPERATION:FAULT[:NTH[:TIMES]][,NAME=NUMBER]")
        platform, operation, fault = words[:3]
        nth, times = (*map(int, words[3:]), 1, 1)[:2]
        seconds, share = float(named.get("seconds", 1.0)), float(named.get("share", 0.5))
        return cls(platform, operation, fault, nth, times, seconds, share, int(named.get("pid", 0)))

    @property
    def signals(self) -> bool:
        return self.fault in KILLS + FREEZES

    def meets(self, platform: str, operation: str) -> bool:
        """Count a request; True when it is one of those that meet the fault."""
        if self.platform not in ("*", platform) or self.operation not in ("*", operation):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    def signal(self) -> None:
        """Kill or stop the process, if there still is one. Windows only ends it."""
        wanted = signal.SIGSTOP if self.fault in FREEZES else getattr(signal, "SIGKILL", signal.SIGTERM)
        try:
            os.kill(self.pid, wanted)
        except ProcessLookupError:
            return


class Faults:
    def __init__(self, operations: dict[str, frozenset[str]], *, may_signal: bool = False) -> None:
        self._operations = operations  # by platform
        self._may_signal = may_signal
        self._orders: list[Order] = []
        self._guard = threading.Lock()

    def add(self, order: Order) -> None:
        """Raises ValueError for a platform or an operation that does not exist, and for a kill that is not allowed."""
        known = frozenset().union(*self._operations.values())
        known = self._operations.get(order.platform, known if order.platform == "*" else frozenset())
        if not known:
            raise ValueError(f"platform {order.platform!r} is none of {sorted(self._operations)}")
        if order.operation not in known | {"*"}:
            raise ValueError(f"operation {order.operation!r} is none of {sorted(known)}")
        if order.signals and not self._may_signal:
            raise ValueError("this sandbox was not started to kill or stop processes")
        with self._guard:
            self._orders.append(order)

    def take(self, platform: str, operation: str) -> Order | None:
        with self._guard:
            met = [one for one in self._orders if one.meets(platform, operation)]
        return met[0] if met else None

    def clear(self) -> None:
        with self._guard:
            self._orders.clear()
