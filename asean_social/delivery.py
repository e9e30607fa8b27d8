"""One step of one delivery under a claim: prepare it, release it, look it up; record before and after.

This is the only place where the ledger and a publisher meet. What happens next is decided in `decisions`.
"""

import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from asean_social import decisions
from asean_social.clock import Clock
from asean_social.decisions import CONFIRM, FINISH, LOOK_BACK, LOOK_UP, RELEASE, SKEW, STAGE, Decision, Policy
from asean_social.errors import OutcomeUnknown, PublishError, Rejected, Unavailable, UserError
from asean_social.ledger import Ledger
from asean_social.publishers.base import Message, Piece, Publisher, Receipt, Wait, stale
from asean_social.publishers.http import Guard, Progress
from asean_social.records import (
    RELEASE_LANE,
    STAGE_LANE,
    Claimer,
    Delivery,
    FollowUp,
    FollowUpEnd,
    LeaseLost,
    thaw,
)
from asean_social.states import State

RATE_FROM = 1 << 20  # bytes; a smaller upload says nothing about the line


class Stopped(Exception):
    """The runner is to end; raised by the guard, so before anything was sent."""


class Opener(Protocol):
    def __call__(self, platform: str, account: str, guard: Guard, progress: Progress) -> Publisher:
        """A publisher whose account was compared with the configured one. Raises PublishError, UserError."""


class Listener(Protocol):
    def moved(self, delivery: Delivery, old: State) -> None: ...
    def progress(self, delivery: Delivery, sent: int, size: int) -> None: ...


@dataclass(frozen=True)
class Desk:
    """What a runner works with."""

    ledger: Ledger
    opener: Opener
    sha256: Callable[[Path], str]  # of a media file as it is now; raises UserError
    root: Path  # of the project
    policy: Policy
    clock: Clock
    claimer: Claimer
    listener: Listener
    stopping: Callable[[], bool]
    jitter: random.Random

    def work(self, account: tuple[str, str], lane: str, campaigns: Collection[str]) -> bool:
        """Do the account's next due step of this lane; False when there was none."""
        claim = self.ledger.claim(account, lane, campaigns, self.clock.now(), self.claimer)
        if claim is None:
            return False
        turn = Turn(self, claim)
        try:
            turn.run(lane)
        except LeaseLost:
            return True  # another runner has it: stop at once, send and delete nothing
        except Stopped:
            turn.put_back()
        return True

    def follow_up(self) -> bool:
        """Do the next due follow-up; False when there was none."""
        claim = self.ledger.claim_follow_up(self.clock.now(), self.claimer)
        if claim is None:
            return False
        self.ledger.end_follow_up(claim, self._discard(claim))
        return True

    def _discard(self, claim: FollowUp) -> FollowUpEnd:
        payload = claim.payload
        pieces = self.ledger.pieces(claim.delivery, payload["generation"])
        now = self.clock.now()
        try:
            publisher = self.opener(
                payload["platform"], payload["account"], self._stop_guard, lambda _s, _a: None
            )
            publisher.discard(pieces)
        except (PublishError, UserError) as error:
            again = now + decisions.backoff(claim.tries, self.policy, self.jitter)
            final = isinstance(error, Rejected) or claim.tries + 1 >= self.policy.tries
            state = "held" if final else "waiting"
            return FollowUpEnd(state, again, error.code, error.values)
        except Stopped:
            return FollowUpEnd("waiting", now)
        return FollowUpEnd("done", now)

    def _stop_guard(self) -> None:
        if self.stopping():
            raise Stopped


class Turn:
    """One claim, from taking it to giving it back."""

    def __init__(self, desk: Desk, claim: Delivery) -> None:
        self.desk, self.claim = desk, claim
        self.ledger, self.policy = desk.ledger, desk.policy
        self._upload: tuple[datetime, int] | None = None  # when and where this turn's upload began
        self._sent = 0

    def run(self, lane: str) -> None:
        if lane == STAGE_LANE:
            self._stage_lane()
        else:
            assert lane == RELEASE_LANE
            self._release_lane()

    def put_back(self) -> None:
        """Stopped before anything was sent in this turn: whoever comes next goes on from the pieces."""
        step = RELEASE if self.claim.state == State.RELEASING else STAGE
        if self.claim.state in (State.STAGING, State.RELEASING):
            self._move(Decision(State.WAITING, step, "waiting.stopped", resume_at=self._now()))
        else:
            self._stay(self.claim.step, self.claim.reason, self._now())

    # -- lanes ---------------------------------------------------------------------------------------------------

    def _stage_lane(self) -> None:
        claim, now = self.claim, self._now()
        if claim.state == State.UNKNOWN:
            self._look_first()
            return
        if claim.state == State.PLANNED:
            known = claim.created_at <= claim.due_at
            first = decisions.begin(
                claim.due_at,
                claim.grace_from,
                claim.grace,
                now,
                known_before_due=known,
                looked=claim.step == STAGE,
            )
            self._move(first)
            if first.state != State.STAGING:
                return
        elif decisions.overdue(claim.grace_from, claim.grace, now) and claim.state != State.STAGED:
            self._hold_late(STAGE)
            return
        elif claim.state != State.STAGING:
            self._move(Decision(State.STAGING, STAGE))
        self._stage()

    def _release_lane(self) -> None:
        match self.claim.state:
            case State.RELEASING:  # its runner died or froze: looked up, never simply repeated
                self._move(Decision(State.UNKNOWN, LOOK_UP, "unknown.interrupted", resume_at=self._now()))
            case State.UNKNOWN:
                self._look_up()
            case State.CONFIRMING:
                self._confirm()
            case _:
                self._release()

    # -- stage ---------------------------------------------------------------------------------------------------

    def _stage(self) -> None:
        message = self._message()
        if not self._media_as_approved(message):
            return
        digest = self.claim.digest
        try:
            publisher = self._open()
            wait = self._drive(publisher.stage(message, self._pieces()))
        except PublishError as error:
            self._failed(error, STAGE)
            return
        self._measure()
        if wait is not None:
            pause = decisions.poll_wait(self.claim.looks, wait.seconds, self.policy)
            again = Decision(State.WAITING, STAGE, wait.why, resume_at=self._now() + pause)
            self._move(again, looks=self.claim.looks + 1)
            return
        now = self.ledger.delivery(self.claim.key)
        if now is not None and now.digest != digest:
            self._move(Decision(State.PLANNED, reason="planned.edited"))
            return
        self._move(Decision(State.STAGED, RELEASE), staged_digest=digest)

    def _media_as_approved(self, message: Message) -> bool:
        for one in message.media:
            code = "held.media-changed"
            try:
                if self.desk.sha256(one.path) == one.sha256:
                    continue
            except UserError:
                code = "held.media-missing"
            name = one.path.relative_to(self.desk.root).as_posix()
            self._move(Decision(State.HELD, STAGE, code, {"file": name}))
            return False
        return True

    def _drive(self, steps: Iterator[Piece | Wait]) -> Wait | None:
        """Store each piece before the next request is sent; a Wait ends the turn."""
        for step in steps:
            if isinstance(step, Wait):
                return step
            self.ledger.add_piece(self.claim, step, self._now())
        return None

    # -- release -------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        claim = self.claim
        if decisions.overdue(claim.grace_from, claim.grace, self._now()):
            self._hold_late(RELEASE)
            return
        again = claim.state == State.WAITING
        message, pieces = self._message(), self._pieces()
        if stale(message, pieces, self._now()):
            self._stage_anew()
            return
        self._move(Decision(State.RELEASING, RELEASE))
        try:
            publisher = self._open()
            if again and publisher.status(message, pieces).public:
                self._published(publisher, message)
                return
            self._move_released(self._drive(publisher.release(message, pieces)))
        except PublishError as error:
            self._failed(error, RELEASE)
            return
        if self.claim.state == State.CONFIRMING:
            return
        self._published(publisher, message)

    def _move_released(self, wait: Wait | None) -> None:
        if wait is not None:
            pause = decisions.poll_wait(0, wait.seconds, self.policy)
            accepted = Decision(State.CONFIRMING, FINISH, wait.why, resume_at=self._now() + pause)
            self._move(accepted, released_at=self._now())

    def _published(self, publisher: Publisher, message: Message) -> None:
        """The platform accepted; seen public it is done, else it is looked at again soon."""
        now = self._now()
        receipt = self._status(publisher, message)
        decision = decisions.after_confirm(receipt, 0, now, now, self.policy)
        self._settle(decision, receipt, released_at=now)

    def _confirm(self) -> None:
        """Accepted before: is it public now? Where the platform was still at work, ask how that went."""
        message, step = self._message(), self.claim.step
        receipt: Receipt | PublishError
        try:
            publisher = self._open()
            receipt = publisher.status(message, self._pieces())
            if step == FINISH and not receipt.public:
                again = self._drive(publisher.release(message, self._pieces()))
                step = FINISH if again else CONFIRM
        except (Rejected, OutcomeUnknown) as error:
            self._failed(error, RELEASE)
            return
        except PublishError as error:
            receipt = error
        accepted = self.claim.released_at or self._now()
        decision = decisions.after_confirm(
            receipt, self.claim.looks, accepted, self._now(), self.policy, step
        )
        self._settle(decision, receipt)

    def _stage_anew(self) -> None:
        """What was prepared is too old to be released."""
        anew = Decision(State.STAGING, STAGE, "staging.expired")
        self._move(anew, generation=self.claim.generation + 1, staged_digest="")
        self._move(Decision(State.WAITING, STAGE, "staging.expired", resume_at=self._now()))

    # -- look-ups ------------------------------------------------------------------------------------------------

    def _look_first(self) -> None:
        """Begun after its time: another ledger may have published it."""
        claim, now = self.claim, self._now()
        receipt: Receipt | PublishError | None
        # a platform may give a post the time at which it was prepared
        since = claim.stage_at - SKEW if self.ledger.twins(claim) else now - LOOK_BACK
        try:
            receipt = self._open().find(self._message(), (), since)
        except PublishError as error:
            receipt = error
        if isinstance(receipt, Receipt) and self._of_another(receipt):
            receipt = None
        lag = timedelta(seconds=self.policy.lookup_waits[-1])
        sure = now >= self.ledger.created_at() + lag
        decision = decisions.after_first_look(receipt, claim.looks, now, self.policy, sure=sure)
        self._settle(decision, receipt)

    def _look_up(self) -> None:
        """A release was sent and its answer is not trusted."""
        claim = self.claim
        message, pieces = self._message(), self._pieces()
        receipt: Receipt | PublishError | None
        repeatable = True
        try:
            publisher = self._open()
            repeatable = publisher.repeatable
            receipt = publisher.status(message, pieces)
            if not receipt.public and not receipt.staged:
                since = (claim.began_at or claim.created_at) - SKEW
                receipt = None if repeatable else publisher.find(message, pieces, since)
        except PublishError as error:
            receipt = error
        decision = decisions.after_look_up(
            receipt, claim.looks, self._now(), self.policy, repeatable=repeatable
        )
        self._settle(decision, receipt)

    def _of_another(self, receipt: Receipt) -> bool:
        owner = self.ledger.owner_of(self.claim.platform, self.claim.account, receipt.remote_id)
        return owner not in (None, self.claim.key)

    # -- small things --------------------------------------------------------------------------------------------

    def _status(self, publisher: Publisher, message: Message) -> Receipt | PublishError:
        try:
            return publisher.status(message, self._pieces())
        except PublishError as error:
            return error

    def _settle(self, decision: Decision, receipt: object, **columns: Any) -> None:
        if decision.pause_account and isinstance(receipt, PublishError):
            self._pause(receipt)
        if decision.state == State.PUBLISHED and isinstance(receipt, Receipt):
            columns = {"released_at": self.claim.released_at or self._now(), **columns}
            columns |= {"remote_id": receipt.remote_id or None, "url": receipt.url or None}
        same = decision.step == self.claim.step
        self._move(decision, looks=self.claim.looks + 1 if same else 0, **columns)

    def _failed(self, error: PublishError, step: str) -> None:
        if step == STAGE and isinstance(error, OutcomeUnknown):
            error = _as_unavailable(error)
        decision = decisions.after_error(
            error, step, self.claim.tries, self._now(), self.policy, self.desk.jitter
        )
        if decision.pause_account:
            self._pause(error)
        again = decision.state == State.WAITING
        self._move(decision, tries=self.claim.tries + 1 if again else 0, looks=self.claim.looks)

    def _pause(self, error: PublishError) -> None:
        name = f"{self.claim.platform}/{self.claim.account}"
        self.ledger.pause(name, error.code, error.values, self._now())

    def _hold_late(self, step: str) -> None:
        if self.claim.released_at is not None:  # the platform accepted it once, and never showed it
            self._move(Decision(State.HELD, LOOK_UP, "held.cannot-tell", {"cause": "unknown.not-seen"}))
            return
        why = {"due_at": self.claim.due_at}
        self._move(Decision(State.HELD, step, "held.late", why))

    def _move(self, decision: Decision, *, tries: int = 0, looks: int = 0, **columns: Any) -> None:
        """`tries` counts failures in a row, `looks` polls and look-ups; both go on while one step lasts."""
        old = self.claim.state
        if decision.state in (State.STAGING, State.RELEASING):
            tries, looks = self.claim.tries, self.claim.looks
        columns |= {"tries": tries, "looks": looks}
        self.claim = self.ledger.move(self.claim, decision, self._now(), **columns)
        if self.claim.state != old:
            self.desk.listener.moved(self.claim, old)

    def _stay(self, step: str, reason: str, resume_at: datetime) -> None:
        stay = Decision(self.claim.state, step, reason, self.claim.why, resume_at)
        self.claim = self.ledger.move(self.claim, stay, self._now())

    def _open(self) -> Publisher:
        claim = self.claim
        return self.desk.opener(claim.platform, claim.account, self._guard, self._progress)

    def _guard(self) -> None:
        """Just before each request: still ours, for long enough, and not to stop."""
        if self.desk.stopping():
            raise Stopped
        self._renew()

    def _progress(self, sent: int, size: int) -> None:
        if self._upload is None:
            self._upload = (self._now(), sent)
        self.desk.listener.progress(self.claim, sent, size)
        if self.desk.stopping():
            raise Stopped
        half = timedelta(seconds=self.policy.lease / 2)
        if self.claim.lease_until is not None and self._now() > self.claim.lease_until - half:
            self._renew()
        self._sent = sent

    def _measure(self) -> None:
        if self._upload is None:
            return
        began, first = self._upload
        seconds = (self._now() - began).total_seconds()
        if self._sent - first > RATE_FROM and seconds > 0:
            name = f"{self.claim.platform}/{self.claim.account}"
            self.ledger.put_rate(name, (self._sent - first) / seconds)

    def _renew(self) -> None:
        self.claim = self.ledger.renew(self.claim, self._now() + timedelta(seconds=self.policy.lease))

    def _message(self) -> Message:
        return thaw(self.claim.message, self.desk.root)

    def _pieces(self) -> tuple[Piece, ...]:
        return self.ledger.pieces(self.claim.key, self.claim.generation)

    def _now(self) -> datetime:
        return self.desk.clock.now()


def _as_unavailable(error: OutcomeUnknown) -> PublishError:
    """Nothing of staging is visible, so a lost answer costs an orphan at worst and may be repeated."""
    return Unavailable(error.platform, error.code, error.detail)
