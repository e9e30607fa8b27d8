"""One step of one delivery under a claim: prepare it, release it, look it up; record before and after.

This is where the ledger and a publisher meet. What happens next is decided in `decisions`.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asean_social import decisions
from asean_social.decisions import (
    CONFIRM,
    FINISH,
    LOOK_BACK,
    LOOK_FIRST,
    LOOK_UP,
    RELEASE,
    SKEW,
    STAGE,
    Decision,
)
from asean_social.errors import (
    OutcomeUnknown,
    PublishError,
    Rejected,
    Unavailable,
    UserError,
)
from asean_social.publishers.base import Message, Piece, Publisher, Receipt, Wait, stale
from asean_social.records import (
    POLL_LANE,
    RELEASE_LANE,
    STAGE_LANE,
    Delivery,
    Stopped,
    thaw,
)
from asean_social.states import State

if TYPE_CHECKING:
    from asean_social.desk import Desk

# What must be left of a quota before something new is begun: an upload; and units for its thumbnail, captions, playlist
# entry, its release, and the releases of what is staged already.
BEGIN_NEEDS = {"uploads": 1, "units": 800}
STAGING_QUOTAS = ("uploads", "channel-uploads", "thumbnails")  # used up, releases go on
SCARCE_POLL = timedelta(minutes=5)
RATE_FROM = 1 << 20  # bytes; a smaller upload says nothing about the line


class Turn:
    """One claim, from taking it to giving it back."""

    def __init__(self, desk: "Desk", claim: Delivery) -> None:
        self.desk, self.claim = desk, claim
        self.ledger, self.policy = desk.ledger, desk.policy
        self._upload: tuple[datetime, int] | None = None  # when and where this turn's upload began
        self._sent = 0  # bytes of it
        self._stored = 0  # pieces of this turn
        self._in_release = False
        self._sent_release = False  # a request of the release may have left

    def run(self, lane: str) -> None:
        if lane == RELEASE_LANE:
            self._release_lane()
        else:
            assert lane in (STAGE_LANE, POLL_LANE)
            self._stage_lane()

    def put_back(self) -> None:
        """Stopped before the next request: whoever comes next goes on from the pieces, or looks what became of it."""
        now = self._now()
        if self.claim.state == State.STAGING:
            self._move(Decision(State.WAITING, STAGE, "waiting.stopped", resume_at=now))
        elif self.claim.state == State.RELEASING and self._sent_release:
            self._move(Decision(State.UNKNOWN, LOOK_UP, "unknown.interrupted", resume_at=now))
        elif self.claim.state == State.RELEASING:
            self._move(Decision(State.WAITING, RELEASE, "waiting.stopped", resume_at=now))
        else:
            stay = Decision(self.claim.state, self.claim.step, self.claim.reason, self.claim.why, now)
            self.claim = self.ledger.move(self.claim, stay, now)

    def set_aside(self, error: Exception) -> None:
        """After a bug of ours: held, or looked up where a release may have been sent."""
        if self.claim.state == State.RELEASING:
            self._move(Decision(State.UNKNOWN, LOOK_UP, "unknown.interrupted", resume_at=self._now()))
            return
        doubt = self.claim.state in (State.CONFIRMING, State.UNKNOWN)
        step = LOOK_UP if doubt else self.claim.step
        self._move(Decision(State.HELD, step, "held.fault", {"kind": type(error).__name__}))

    # -- lanes ---------------------------------------------------------------------------------------------------

    def _stage_lane(self) -> None:
        claim, now = self.claim, self._now()
        late = decisions.overdue(claim.grace_from, claim.grace, now)
        if claim.state == State.PLANNED and claim.step == LOOK_FIRST and not late:
            self._look_first()
        elif claim.state == State.PLANNED:
            self._settle(self._begin(), None)
        elif claim.state == State.STAGING and not claim.approval:
            self._move(
                Decision(State.PLANNED, reason="planned.edited")
            )  # left half done, and meanwhile edited
        elif late:
            self._hold_late(STAGE)
        elif claim.state != State.STAGING:
            self._move(Decision(State.STAGING, STAGE))
        if self.claim.state == State.STAGING and self.claim.owner:
            self._stage()

    def _begin(self) -> Decision:
        claim = self.claim
        known = claim.created_at <= claim.due_at
        return decisions.begin(
            claim.due_at,
            claim.grace_from,
            claim.grace,
            self._now(),
            known_before_due=known,
            looked=claim.step == STAGE,
        )

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
        message = self._ready(self._message())
        if message is None:
            return
        digest, generation = self.claim.digest, self.claim.generation
        try:
            publisher = self._open()
            if self._quota_used_up(publisher):
                return
            wait = self._drive(publisher.stage(message, self._pieces()))
            self._rest(publisher)
        except PublishError as error:
            self._failed(error, STAGE)
            return
        except OSError as error:  # a file went away while it was read
            name = Path(str(error.filename or "–")).name
            self._move(Decision(State.HELD, STAGE, "held.media-missing", {"file": name}))
            return
        self._measure()
        if wait is not None:
            pause = decisions.poll_wait(self.claim.looks, wait.seconds, self.policy)
            pause = max(pause, self._thrift(publisher))
            again = Decision(State.WAITING, STAGE, wait.why, resume_at=self._now() + pause)
            self._move(again, looks=self.claim.looks + 1)
            return
        now = self.ledger.delivery(self.claim.key)
        if now is not None and (now.digest, now.generation) != (digest, generation):
            self._move(Decision(State.PLANNED, reason="planned.edited"))
            return
        self._move(Decision(State.STAGED, RELEASE), staged_digest=digest)

    def _quota_used_up(self, publisher: Publisher) -> bool:
        """Nothing new is begun where what is left of a daily quota is needed to finish and release what is."""
        now, claim = self._now(), self.claim
        for name, needed in BEGIN_NEEDS.items():
            quota = publisher.quotas.get(name)
            if quota is None or self._pieces():
                continue
            if self.ledger.left(publisher.quota_owner, name, quota, now) < needed:
                why = {"quota": name, "most": quota.most, "until": quota.ends(now)}
                self._move(
                    Decision(State.WAITING, STAGE, "waiting.quota", why, quota.ends(now)),
                    tries=claim.tries,
                    looks=claim.looks,
                )
                return True
        return False

    def _thrift(self, publisher: Publisher) -> timedelta:
        """Between two looks, when little is left of what looking costs."""
        quota = publisher.quotas.get("units")
        if quota is None:
            return timedelta()
        left = self.ledger.left(publisher.quota_owner, "units", quota, self._now())
        return SCARCE_POLL if left < quota.most / 10 else timedelta()

    def _rest(self, publisher: Publisher) -> None:
        """What was sent is recorded; the platform asks to be left alone before it has to refuse."""
        if publisher.rest:
            name, now = f"{self.claim.platform}/{self.claim.account}", self._now()
            until = now + timedelta(seconds=publisher.rest)
            self.ledger.pause(name, "publish.rest", {"until": until}, now, until)

    def _ready(self, message: Message) -> Message | None:
        """With the very bytes that are to be sent, if they are the approved ones."""
        media = []
        for one in message.media:
            try:
                media.append(self.desk.ready(one))
            except UserError as error:
                name = one.path.relative_to(self.desk.root).as_posix()
                code = "held.media-changed" if error.code == "media.changed" else "held.media-missing"
                self._move(Decision(State.HELD, STAGE, code, {"file": name}))
                return None
        return replace(message, media=tuple(media))

    def _drive(self, steps: Iterator[Piece | Wait]) -> Wait | None:
        """Store each piece before the next request is sent; a Wait ends the turn."""
        for step in steps:
            if isinstance(step, Wait):
                return step
            self.ledger.add_piece(self.claim, step, self._now())
            self._stored += 1
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
            self._stored, self._in_release = 0, True
            wait = self._drive(publisher.release(message, pieces))
            self._rest(publisher)
        except PublishError as error:
            self._release_failed(error)
            return
        if wait is None:
            self._published(publisher, message)
        else:
            self._accepted(wait.why, {}, decisions.poll_wait(0, wait.seconds, self.policy))

    def _release_failed(self, error: PublishError) -> None:
        """What the platform had accepted before it failed goes on; it is not begun again."""
        if not self._stored or isinstance(error, Rejected):
            self._failed(error, RELEASE)
            return
        decision = decisions.after_error(error, RELEASE, 0, self._now(), self.policy, self.desk.jitter)
        self._pause_after(error, decision)
        self._accepted(error.code, error.values, decisions.backoff(0, self.policy, self.desk.jitter))

    def _accepted(self, reason: str, why: Mapping[str, Any], pause: timedelta) -> None:
        now = self._now()
        accepted = Decision(State.CONFIRMING, FINISH, reason, why, now + pause)
        self._move(accepted, released_at=now)

    def _published(self, publisher: Publisher, message: Message) -> None:
        """The platform accepted; seen public it is done, else it is looked at again soon."""
        now = self._now()
        receipt = self._status(publisher, message)
        decision = decisions.after_confirm(receipt, 0, now, now, self.policy)
        self._settle(decision, receipt, released_at=now)
        with suppress(PublishError):  # what is left lying about is removed the next time
            publisher.tidy(now)

    def _confirm(self) -> None:
        """Accepted before: is it public now? Where the platform was still at work, ask how that went."""
        message, step = self._message(), self.claim.step
        receipt: Receipt | PublishError
        try:
            publisher = self._open()
            receipt = publisher.status(message, self._pieces())
            if step == FINISH and not receipt.public:
                receipt, step = self._finish(publisher, message, receipt)
                if isinstance(receipt, Rejected):
                    self._move(Decision(State.HELD, FINISH, receipt.code, receipt.values))
                    return
        except PublishError as error:
            receipt = error
        accepted = self.claim.released_at or self._now()
        decision = decisions.after_confirm(
            receipt, self.claim.looks, accepted, self._now(), self.policy, step
        )
        self._settle(decision, receipt)

    def _finish(
        self, publisher: Publisher, message: Message, receipt: Receipt
    ) -> tuple[Receipt | PublishError, str]:
        """Ask how a release goes that the platform was still at work on."""
        try:
            again = self._drive(publisher.release(message, self._pieces()))
        except PublishError as error:
            return error, FINISH
        return receipt, FINISH if again else CONFIRM

    def _stage_anew(self) -> None:
        """What was prepared is too old to be released."""
        self.ledger.discard(self.claim, self._now() + timedelta(seconds=self.policy.lease))
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
            if not (receipt.public or receipt.staged or receipt.underway):
                since = (claim.began_at or claim.created_at) - SKEW
                others = self.ledger.remote_ids(claim)
                receipt = None if repeatable else publisher.find(message, pieces, since, others)
        except PublishError as error:
            receipt = error
        decision = decisions.after_look_up(
            receipt,
            claim.looks,
            claim.tries,
            self._now(),
            self.policy,
            repeatable=repeatable,
            kept=claim.reason if claim.why.get("kept") else "",
        )
        if decision.state == State.UNKNOWN:  # looked for again, for the same reason
            decision = replace(decision, step=claim.step)
        self._settle(decision, receipt)

    # -- small things --------------------------------------------------------------------------------------------

    def _status(self, publisher: Publisher, message: Message) -> Receipt | PublishError:
        try:
            return publisher.status(message, self._pieces())
        except PublishError as error:
            return error

    def _settle(self, decision: Decision, receipt: object, **columns: Any) -> None:
        if isinstance(receipt, PublishError):
            self._pause_after(receipt, decision)
        if decision.state == State.PUBLISHED and isinstance(receipt, Receipt):
            owner = self.ledger.owner_of(self.claim.platform, self.claim.account, receipt.remote_id)
            if owner not in (None, self.claim.key):
                why = {"key": owner, "url": receipt.url}
                self._move(Decision(State.HELD, self.claim.step, "held.same-content", why))
                return
            columns = {"released_at": self.claim.released_at or self._now(), **columns}
            columns |= {"remote_id": receipt.remote_id or None, "url": receipt.url or None}
        same = decision.step == self.claim.step and decision.state == self.claim.state
        tries = (
            self.claim.tries + 1 if decision.state == State.STAGED else 0
        )  # released once more, and not seen
        self._move(decision, tries=tries, looks=self.claim.looks + 1 if same else 0, **columns)

    def _failed(self, error: PublishError, step: str) -> None:
        if step == STAGE and isinstance(error, OutcomeUnknown):
            error = _as_unavailable(error)
        now = self._now()
        decision = decisions.after_error(error, step, self.claim.tries, now, self.policy, self.desk.jitter)
        self._pause_after(error, decision)
        due = self.claim.due_at
        if (
            step == STAGE
            and type(error) is Unavailable
            and decision.resume_at
            and now < due < decision.resume_at
        ):
            decision = replace(decision, resume_at=due)  # a wait must not outlast the hour itself
        again = decision.state == State.WAITING
        tries = self.claim.tries + 1 if again else self.claim.tries
        self._move(decision, tries=tries, looks=self.claim.looks)

    def _pause_after(self, error: PublishError, decision: Decision) -> None:
        """A fault of the account concerns all its deliveries; so does a platform that asks to be left alone."""
        name, now = f"{self.claim.platform}/{self.claim.account}", self._now()
        until = decisions.leave_alone_until(error, now)
        if decision.pause_account:
            self.ledger.pause(name, error.code, error.values, now)
        elif until is not None and error.values.get("quota") not in STAGING_QUOTAS:
            self.ledger.pause(name, error.code, error.values, now, until)

    def _hold_late(self, step: str) -> None:
        if self.claim.released_at is not None:  # the platform accepted it once, and never showed it
            self._move(Decision(State.HELD, LOOK_UP, "held.cannot-tell", {"cause": "unknown.not-seen"}))
            return
        why = {"due_at": self.claim.due_at}
        self._move(Decision(State.HELD, step, "held.late", why))

    def _move(self, decision: Decision, *, tries: int = 0, looks: int = 0, **columns: Any) -> None:
        """`tries` counts failures in a row, `looks` polls and look-ups; both go on while one step lasts.

        Between a release and what became of it `tries` goes on too: one that never works ends with a person.
        """
        old, said = self.claim.state, self.claim.reason
        if decision.state in (State.STAGING, State.RELEASING) and old != State.PLANNED:
            tries, looks = self.claim.tries, self.claim.looks
        elif decision.state in (State.UNKNOWN, State.CONFIRMING):
            tries = self.claim.tries
        columns |= {"tries": tries, "looks": looks}
        self.claim = self.ledger.move(self.claim, decision, self._now(), **columns)
        if self.claim.state != old or (decision.step == LOOK_FIRST and decision.reason != said):
            self.desk.listener.moved(self.claim, old)

    def _open(self) -> Publisher:
        claim = self.claim
        return self.desk.opener(claim.platform, claim.account, self._guard, self._progress)

    def _guard(self) -> None:
        """Just before each request: still ours, for long enough, and not to stop."""
        if self.desk.stopping():
            raise Stopped
        self._renew()
        self._sent_release = self._in_release

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
