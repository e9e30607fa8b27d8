"""What every stand-in offers to the server, and the table of its requests."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from asean_social.sandbox.wire import Answer, Refusal, Request
from asean_social.sandbox.world import World

Action = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    prefix: str  # first part of the path: which host of the platform
    method: str
    pattern: re.Pattern[str]  # of the rest of the path, matched whole
    operation: str | Callable[[Request, Sequence[str]], str]
    action: Action  # called with the request and the groups of the pattern


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood as far as its operation."""

    operation: str
    action: Action
    values: tuple[str, ...]


def route(prefix: str, method: str, pattern: str, operation: Any, action: Action) -> Route:
    return Route(prefix, method, re.compile(pattern), operation, action)


class Platform(ABC):
    name: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    operations: ClassVar[frozenset[str]]  # one name per kind of request; a path that is not known has none

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = self.table()

    @abstractmethod
    def table(self) -> list[Route]:
        """Every request this platform knows."""

    def understand(self, request: Request) -> Call | None:
        for one in self.routes:
            if one.prefix == request.prefix and one.method == request.method:
                match = one.pattern.fullmatch(request.path)
                if match:
                    groups = tuple(match.groups(default=""))
                    named = (
                        one.operation if isinstance(one.operation, str) else one.operation(request, groups)
                    )
                    return Call(named, one.action, groups)
        return None

    def answer(self, request: Request, call: Call | None) -> Answer:
        try:
            return self.dressed(
                request, call.action(request, *call.values) if call else self.nowhere(request)
            )
        except Refusal as refusal:
            return self.dressed(request, refusal.answer)

    def dressed(self, request: Request, answer: Answer) -> Answer:
        """The answer with the headers this platform puts on everything."""
        del request
        return answer

    @abstractmethod
    def nowhere(self, request: Request) -> Answer:
        """No such path."""

    @abstractmethod
    def broken(self) -> Answer:
        """A server error in this platform's shape."""

    @abstractmethod
    def throttled(self, request: Request, seconds: float) -> Answer:
        """Too many requests, with this platform's hint how long to wait."""

    @abstractmethod
    def expire(self, request: Request) -> Answer | None:
        """Kill the access token in use; an answer where the platform has no way to get a new one."""

    @abstractmethod
    def revoke(self) -> None:
        """Kill every token; new ones take their place, which only the credentials tell."""

    @abstractmethod
    def settle(self) -> None:
        """Do what time has brought: publish what is scheduled, finish processing, drop what has expired."""

    @abstractmethod
    def public(self) -> list[dict[str, Any]]:
        """What everybody sees now."""

    @abstractmethod
    def hidden(self) -> list[dict[str, Any]]:
        """What is staged and seen by the account's owner only."""

    @abstractmethod
    def clear(self) -> None:
        """Forget everything but the accounts and the credentials they began with."""
