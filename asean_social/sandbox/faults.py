"""Faults on order: what goes wrong, with which request, how often."""

import threading
from dataclasses import dataclass

KINDS = {
    "refuse": "the line is closed before anything is read",
    "cut-before": "the request is read, then the line is cut; nothing has happened",
    "cut-half": "half of the body is read (an upload keeps what a platform would keep), then the line is cut",
    "cut-after": "the request takes effect, then the line is cut without an answer",
    "500-before": "a server error; nothing has happened",
    "500-after": "the request takes effect, then a server error is answered",
    "garbage": "the request takes effect; the answer is HTTP 200 with broken JSON",
    "html": "an HTML page at HTTP 502; nothing has happened",
    "slow": "the request takes effect; the answer comes after `seconds`",
    "throttle": "too many requests, in the platform's shape, with a hint of `seconds` where it gives one",
    "expire-token": "the access token in use is dead (a Facebook Page token only for this request)",
    "not-found-once": "the read does not see the newest object yet",
}


@dataclass(slots=True)
class Order:
    platform: str  # "*" for any
    operation: str  # "*" for any
    fault: str
    nth: int = 1  # the first matching request that meets it, from 1
    times: int = 1
    seconds: float = 1.0
    seen: int = 0

    def meets(self, platform: str, operation: str) -> bool:
        """Count a request; True when it is one of those that meet the fault."""
        if self.platform not in ("*", platform) or self.operation not in ("*", operation):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class Faults:
    def __init__(self, operations: dict[str, frozenset[str]]) -> None:
        self._operations = operations  # by platform
        self._orders: list[Order] = []
        self._guard = threading.Lock()

    def add(self, order: Order) -> None:
        """Raises ValueError for a platform, operation or fault that does not exist."""
        known = frozenset().union(*self._operations.values())
        known = self._operations.get(order.platform, known if order.platform == "*" else frozenset())
        if not known:
            raise ValueError(f"platform {order.platform!r} is none of {sorted(self._operations)}")
        if order.operation not in known | {"*"}:
            raise ValueError(f"operation {order.operation!r} is none of {sorted(known)}")
        if order.fault not in KINDS:
            raise ValueError(f"fault {order.fault!r} is none of {sorted(KINDS)}")
        if not all(isinstance(one, int) and one > 0 for one in (order.nth, order.times)):
            raise ValueError("nth and times are whole numbers from 1")
        if not isinstance(order.seconds, int | float) or order.seconds < 0:
            raise ValueError("seconds is a number from 0")
        with self._guard:
            self._orders.append(order)

    def take(self, platform: str, operation: str) -> Order | None:
        with self._guard:
            met = [one for one in self._orders if one.meets(platform, operation)]
        return met[0] if met else None

    def clear(self) -> None:
        with self._guard:
            self._orders.clear()
