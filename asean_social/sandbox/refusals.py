"""Refusals on order: the next requests of one kind are refused with an error of the contract, whatever they ask.

Most errors come by themselves from what is sent and from the settings of a platform. The others (an account is
suspended, the API is not enabled …) are ordered, so that every row of a contract can be met.
"""

from collections import defaultdict, deque

from asean_social.sandbox.wire import Answer


class Refusals:
    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Answer]] = defaultdict(deque)

    def order(self, operation: str, answer: Answer, times: int = 1) -> None:
        self._waiting[operation].extend([answer] * times)

    def take(self, operation: str) -> Answer | None:
        try:
            return self._waiting[operation].popleft()
        except IndexError:
            return None

    def clear(self) -> None:
        self._waiting.clear()
