"""What a runner works with, and how it takes the next due step in hand."""

import random
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from asean_social.clock import Clock
from asean_social.decisions import Policy
from asean_social.delivery import Turn
from asean_social.errand import Errand
from asean_social.errors import LedgerError
from asean_social.follow_ups import End
from asean_social.ledger import Ledger
from asean_social.publishers.base import Media, Publisher
from asean_social.publishers.http import Guard, Progress
from asean_social.records import Claimer, Delivery, LeaseLost, Stopped
from asean_social.states import State


class Opener(Protocol):
    def __call__(self, platform: str, account: str, guard: Guard, progress: Progress) -> Publisher:
        """A publisher whose account was compared with the configured one. Raises PublishError, UserError."""


class Listener(Protocol):
    def moved(self, delivery: Delivery, old: State) -> None: ...
    def progress(self, delivery: Delivery, sent: int, size: int) -> None: ...
    def followed(self, delivery: Delivery, kind: str, end: End) -> None: ...
    def fault(self, delivery: Delivery, error: Exception) -> None:
        """A bug of ours met this delivery; its traceback is to be kept."""

    def hindered(self, error: LedgerError) -> None:
        """The ledger cannot be written for now, so nothing is sent."""


@dataclass(frozen=True)
class Desk:
    ledger: Ledger
    opener: Opener
    ready: Callable[
        [Media], Media
    ]  # the very bytes to be sent, proven to be those that were checked; raises UserError
    root: Path  # of the project
    policy: Policy
    clock: Clock
    claimer: Claimer
    listener: Listener
    stopping: Callable[[], bool]
    jitter: random.Random

    def work(self, account: tuple[str, str], lane: str, campaigns: Collection[str]) -> bool:
        """Do the account's next due step of this lane; False when there was none. Raises LedgerError."""
        claim = self.ledger.claim(account, lane, campaigns, self.clock.now(), self.claimer)
        if claim is None:
            return False
        self.ledger.begun()
        turn = Turn(self, claim)
        with suppress(LeaseLost):  # another runner has it: stop at once, send and delete nothing
            try:
                turn.run(lane)
            except Stopped:
                turn.put_back()
            except (LedgerError, LeaseLost):
                raise
            except Exception as error:  # noqa: BLE001 -- one faulty delivery must not stop the others: it waits for a person
                self.listener.fault(turn.claim, error)
                turn.set_aside(error)
        return True

    def follow_up(self) -> bool:
        """Do the next due follow-up; False when there was none."""
        claim = self.ledger.claim_follow_up(self.clock.now(), self.claimer)
        if claim is None:
            return False
        self.ledger.begun()
        with suppress(LeaseLost):  # another runner has it
            Errand(self, claim).run()
        return True
