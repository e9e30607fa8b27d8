"""Hand-over to the platform's own clock: set the time on what is staged, read it back, take it back, see it public.

The ledger says `handed-over` before the request leaves, so that a lost answer is a time that may be set, never a post
that is prepared a second time. Nothing is prepared anew before the platform has given up the old one.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asean_social import decisions
from asean_social.decisions import (
    HAND_OVER,
    LOOK_UP,
    RELEASE,
    TAKE_BACK,
    VERIFY,
    Decision,
    Policy,
)
from asean_social.errors import AuthFailed, PublishError, Rejected
from asean_social.publishers.base import Message, Publisher, Receipt
from asean_social.publishers.limits import PLATFORM_CLOCK
from asean_social.states import State

if TYPE_CHECKING:
    from asean_social.delivery import Turn

# Facebook takes times from 10 minutes on, to 30 days for posts and 29 for reels; clocks differ
# (https://developers.facebook.com/docs/pages-api/posts, read 2026-11-23).
EARLIEST, LATEST = timedelta(minutes=15), timedelta(days=29)
READ_BACK = timedelta(hours=24)  # by then the platform has dropped what it will not keep


def in_window(due_at: datetime, now: datetime) -> bool:
    return now + EARLIEST <= due_at <= now + LATEST


def after_check(receipt: Receipt, due_at: datetime, looks: int, now: datetime, policy: Policy) -> Decision:
    """What a look at something handed over says; it is to be shown at `due_at`."""
    if receipt.public:
        return Decision(State.PUBLISHED, reason=receipt.differs)
    armed = receipt.due == due_at and receipt.whole
    if now < due_at:
        if not armed:
            return Decision(State.HANDED_OVER, TAKE_BACK, "handed-over.lost-its-time", resume_at=now)
        return Decision(State.HANDED_OVER, VERIFY, resume_at=min(now + READ_BACK, due_at))
    if now > due_at + timedelta(seconds=policy.confirm):
        return Decision(State.HANDED_OVER, TAKE_BACK, "handed-over.not-shown", resume_at=now)
    wait = decisions.poll_wait(looks, 0, policy)
    return Decision(State.HANDED_OVER, VERIFY, "handed-over.not-yet", resume_at=now + wait)


class Clockwork:
    """The steps of a turn that concern the platform's clock."""

    def __init__(self, turn: "Turn") -> None:
        self._turn = turn

    def begin(self) -> None:
        """It is staged; leave it to the platform, if there is time for that."""
        turn, claim = self._turn, self._turn.claim
        message = turn.message()
        try:
            publisher = turn.open()
        except PublishError as error:
            self._again(error, State.STAGED, HAND_OVER)
            return
        able = publisher.hands_over and message.kind in PLATFORM_CLOCK.get(message.platform, ())
        if not (able and in_window(claim.due_at, turn.now())):
            turn.move(Decision(State.STAGED, RELEASE))
            return
        turn.move(Decision(State.HANDED_OVER, HAND_OVER, resume_at=turn.now()))
        self._tell(publisher, message, first=True)

    def go_on(self) -> None:
        turn, claim = self._turn, self._turn.claim
        message = turn.message()
        try:
            publisher = turn.open()
            if claim.step == HAND_OVER and in_window(claim.due_at, turn.now()):
                self._tell(publisher, message, first=False)
            elif claim.step == TAKE_BACK:
                self._take_back(publisher, message)
            else:
                self._check(publisher, message)
        except PublishError as error:
            self._again(error, State.HANDED_OVER, claim.step)

    def _tell(self, publisher: Publisher, message: Message, *, first: bool) -> None:
        turn, due = self._turn, self._turn.claim.due_at
        try:
            publisher.hand_over(message, turn.pieces(), due)
            turn.rest(publisher)
        except Rejected as error:
            if first:  # refused, and nothing was told before: it keeps to our clock
                turn.move(Decision(State.STAGED, RELEASE, "staged.not-handed-over", {"cause": error.code}))
            else:
                turn.move(Decision(State.HANDED_OVER, TAKE_BACK, error.code, error.values, turn.now()))
        except PublishError as error:
            self._again(error, State.HANDED_OVER, HAND_OVER)
        else:
            turn.move(Decision(State.HANDED_OVER, VERIFY, resume_at=min(turn.now() + READ_BACK, due)))

    def _check(self, publisher: Publisher, message: Message) -> None:
        turn, claim = self._turn, self._turn.claim
        receipt = publisher.handed(message, turn.pieces())
        decision = after_check(receipt, claim.due_at, claim.looks, turn.now(), turn.policy)
        if decision.state == State.PUBLISHED:
            turn.settle(decision, receipt, released_at=min(turn.now(), claim.due_at))
        else:
            turn.move(decision, looks=claim.looks + 1)

    def _take_back(self, publisher: Publisher, message: Message) -> None:
        turn, claim = self._turn, self._turn.claim
        try:
            kept = publisher.take_back(message, turn.pieces())
        except Rejected as error:  # public, in the meantime
            turn.move(Decision(State.UNKNOWN, LOOK_UP, error.code, error.values, turn.now()))
            return
        taken = Decision(State.STAGED, HAND_OVER, "staged.taken-back", resume_at=turn.now())
        if kept:
            turn.move(taken)
            return
        turn.ledger.discard(claim, turn.now())  # what belongs to it and was not removed with it
        turn.move(taken, generation=claim.generation + 1, staged_digest="")

    def _again(self, error: PublishError, state: State, step: str) -> None:
        turn, tries, now = self._turn, self._turn.claim.tries, self._turn.now()
        if isinstance(error, AuthFailed):
            decision = Decision(state, step, error.code, error.values, now, pause_account=True)
        else:
            wait = decisions.backoff(tries, turn.policy, turn.desk.jitter)
            later = max(now + wait, decisions.not_before(error, now))
            decision = Decision(state, step, error.code, error.values, later)
        turn.pause_after(error, decision)
        turn.move(decision, tries=tries + 1)
