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
    HAND_OVER,
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
from asean_social.platform_clock import Clockwork
from asean_social.publishers.base import ASKED, Message, Piece, Publisher, Receipt, Wait, stale
from asean_social.records import (
    PLATFORM,
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
        now = self.now()
        if self.claim.state == State.STAGING:
            self.move(Decision(State.WAITING, STAGE, "waiting.stopped", resume_at=now))
        elif self.claim.state == State.RELEASING and self._sent_release:
            self.move(Decision(State.UNKNOWN, LOOK_UP, "unknown.interrupted", resume_at=now))
        elif self.claim.state == State.RELEASING:
            self.move(Decision(State.WAITING, RELEASE, "waiting.stopped", resume_at=now))
        else:
            stay = Decision(self.claim.state, self.claim.step, self.claim.reason, self.claim.why, now)
            self.claim = self.ledger.move(self.claim, stay, now)

    def set_aside(self, error: Exception) -> None:
        """After a bug of ours: held, or looked up where a release may have been sent."""
        if self.claim.state == State.RELEASING:
            self.move(Decision(State.UNKNOWN, LOOK_UP, "unknown.interrupted", resume_at=self.now()))
            return
        doubt = self.claim.state in (State.CONFIRMING, State.UNKNOWN, State.HANDED_OVER)
        step = LOOK_UP if doubt else self.claim.step
        self.move(Decision(State.HELD, step, "held.fault", {"kind": type(error).__name__}))

    # -- lanes ---------------------------------------------------------------------------------------------------

    def _stage_lane(self) -> None:
        claim, now = self.claim, self.now()
        late = decisions.overdue(claim.grace_from, claim.grace, now)
        if claim.state == State.PLANNED and claim.step == LOOK_FIRST and not late:
            self._look_first()
        elif claim.state == State.PLANNED:
            self.settle(self._begin(), None)
        elif claim.state == State.STAGING and not claim.approval:
            self.move(
                Decision(State.PLANNED, reason="planned.edited")
            )  # left half done, and meanwhile edited
        elif late:
            self._hold_late(STAGE)
        elif claim.state != State.STAGING:
            self.move(Decision(State.STAGING, STAGE))
        if self.claim.state == State.STAGING and self.claim.owner:
            self._stage()

    def _begin(self) -> Decision:
        claim = self.claim
        known = claim.created_at <= claim.due_at
        return decisions.begin(
            claim.due_at,
            claim.grace_from,
            claim.grace,
            self.now(),
            known_before_due=known,
            looked=claim.step == STAGE,
        )

    def _release_lane(self) -> None:
        match self.claim.state:
            case State.RELEASING:  # its runner died or froze: looked up, never simply repeated
                self.move(Decision(State.UNKNOWN, LOOK_UP, "unknown.interrupted", resume_at=self.now()))
            case State.UNKNOWN:
                self._look_up()
            case State.CONFIRMING:
                self._confirm()
            case State.HANDED_OVER:
                Clockwork(self).go_on()
            case State.STAGED if self.claim.step == HAND_OVER:
                Clockwork(self).begin()
            case _:
                self._release()

    # -- stage ---------------------------------------------------------------------------------------------------

    def _stage(self) -> None:
        message = self._ready(self.message())
        if message is None:
            return
        digest, generation = self.claim.digest, self.claim.generation
        try:
            publisher = self.open()
            if self._quota_used_up(publisher) or self._armed_elsewhere(publisher, message):
                return
            wait = self._drive(publisher.stage(message, self.pieces()))
            self.rest(publisher)
        except PublishError as error:
            self._failed(error, STAGE)
            return
        except OSError as error:  # a file went away while it was read
            name = Path(str(error.filename or "–")).name
            self.move(Decision(State.HELD, STAGE, "held.media-missing", {"file": name}))
            return
        self._measure()
        if wait is not None:
            pause = decisions.poll_wait(self.claim.looks, wait.seconds, self.policy)
            pause = max(pause, self._thrift(publisher))
            again = Decision(State.WAITING, STAGE, wait.why, resume_at=self.now() + pause)
            self.move(again, looks=self.claim.looks + 1)
            return
        now = self.ledger.delivery(self.claim.key)
        if now is not None and (now.digest, now.generation) != (digest, generation):
            self.move(Decision(State.PLANNED, reason="planned.edited"))
            return
        step = HAND_OVER if self.claim.clock == PLATFORM else RELEASE
        self.move(Decision(State.STAGED, step, resume_at=self.now()), staged_digest=digest)

    def _quota_used_up(self, publisher: Publisher) -> bool:
        """Nothing new is begun where what is left of a daily quota is needed to finish and release what is."""
        now, claim = self.now(), self.claim
        for name, needed in BEGIN_NEEDS.items():
            quota = publisher.quotas.get(name)
            if quota is None or self.pieces():
                continue
            if self.ledger.left(publisher.quota_owner, name, quota, now) < needed:
                why = {"quota": name, "most": quota.most, "until": quota.ends(now)}
                self.move(
                    Decision(State.WAITING, STAGE, "waiting.quota", why, quota.ends(now)),
                    tries=claim.tries,
                    looks=claim.looks,
                )
                return True
        return False

    def _armed_elsewhere(self, publisher: Publisher, message: Message) -> bool:
        """A lost ledger may have left the same with the platform's clock: then that one would be shown too."""
        if not message.timed or not publisher.hands_over or self.pieces():
            return False
        known = self.ledger.known_ids()
        for one in publisher.invisible(self.now() - LOOK_BACK):
            if one.timed and one.remote_id not in known and one.shows(message):
                self.move(Decision(State.HELD, STAGE, "held.armed-elsewhere", {"remote_id": one.remote_id}))
                return True
        return False

    def _thrift(self, publisher: Publisher) -> timedelta:
        """Between two looks, when little is left of what looking costs."""
        quota = publisher.quotas.get("units")
        if quota is None:
            return timedelta()
        left = self.ledger.left(publisher.quota_owner, "units", quota, self.now())
        return SCARCE_POLL if left < quota.most / 10 else timedelta()

    def rest(self, publisher: Publisher) -> None:
        """What was sent is recorded; the platform asks to be left alone before it has to refuse."""
        if publisher.rest:
            name, now = f"{self.claim.platform}/{self.claim.account}", self.now()
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
                self.move(Decision(State.HELD, STAGE, code, {"file": name}))
                return None
        return replace(message, media=tuple(media))

    def _drive(self, steps: Iterator[Piece | Wait]) -> Wait | None:
        """Store each piece before the next request is sent; a Wait ends the turn."""
        for step in steps:
            if isinstance(step, Wait):
                return step
            self.ledger.add_piece(self.claim, step, self.now())
            self._stored += step.value != ASKED
        return None

    # -- release -------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        claim = self.claim
        if decisions.overdue(claim.grace_from, claim.grace, self.now()):
            self._hold_late(RELEASE)
            return
        again = claim.state == State.WAITING
        message, pieces = self.message(), self.pieces()
        if stale(message, pieces, self.now()):
            self._stage_anew()
            return
        self.move(Decision(State.RELEASING, RELEASE))
        try:
            publisher = self.open()
            if again and publisher.status(message, pieces).public:
                self._published(publisher, message)
                return
            self._stored, self._in_release = 0, True
            wait = self._drive(publisher.release(message, pieces))
            self.rest(publisher)
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
        decision = decisions.after_error(error, RELEASE, 0, self.now(), self.policy, self.desk.jitter)
        self.pause_after(error, decision)
        self._accepted(error.code, error.values, decisions.backoff(0, self.policy, self.desk.jitter))

    def _accepted(self, reason: str, why: Mapping[str, Any], pause: timedelta) -> None:
        now = self.now()
        accepted = Decision(State.CONFIRMING, FINISH, reason, why, now + pause)
        self.move(accepted, released_at=now)

    def _published(self, publisher: Publisher, message: Message) -> None:
        """The platform accepted; seen public it is done, else it is looked at again soon."""
        now = self.now()
        receipt = self._status(publisher, message)
        decision = decisions.after_confirm(receipt, 0, now, now, self.policy)
        self.settle(decision, receipt, released_at=now)
        with suppress(PublishError):  # what is left lying about is removed the next time
            publisher.tidy(now)

    def _confirm(self) -> None:
        """Accepted before: is it public now? Where the platform was still at work, ask how that went."""
        message, step = self.message(), self.claim.step
        receipt: Receipt | PublishError
        try:
            publisher = self.open()
            receipt = publisher.status(message, self.pieces())
            if step == FINISH and not receipt.public:
                receipt, step = self._finish(publisher, message, receipt)
                if isinstance(receipt, Rejected):
                    self.move(Decision(State.HELD, FINISH, receipt.code, receipt.values))
                    return
        except PublishError as error:
            receipt = error
        accepted = self.claim.released_at or self.now()
        decision = decisions.after_confirm(receipt, self.claim.looks, accepted, self.now(), self.policy, step)
        self.settle(decision, receipt)

    def _finish(
        self, publisher: Publisher, message: Message, receipt: Receipt
    ) -> tuple[Receipt | PublishError, str]:
        """Ask how a release goes that the platform was still at work on."""
        try:
            again = self._drive(publisher.release(message, self.pieces()))
        except PublishError as error:
            return error, FINISH
        return receipt, FINISH if again else CONFIRM

    def _stage_anew(self) -> None:
        """What was prepared is too old to be released."""
        self.ledger.discard(self.claim, self.now() + timedelta(seconds=self.policy.lease))
        anew = Decision(State.STAGING, STAGE, "staging.expired")
        self.move(anew, generation=self.claim.generation + 1, staged_digest="")
        self.move(Decision(State.WAITING, STAGE, "staging.expired", resume_at=self.now()))

    # -- look-ups ------------------------------------------------------------------------------------------------

    def _look_first(self) -> None:
        """Begun after its time: another ledger may have published it."""
        claim, now = self.claim, self.now()
        receipt: Receipt | PublishError | None
        # a platform may give a post the time at which it was prepared
        since = claim.stage_at - SKEW if self.ledger.twins(claim) else now - LOOK_BACK
        try:
            receipt = self.open().find(self.message(), (), since)
        except PublishError as error:
            receipt = error
        lag = timedelta(seconds=self.policy.lookup_waits[-1])
        sure = now >= self.ledger.created_at() + lag
        decision = decisions.after_first_look(receipt, claim.looks, now, self.policy, sure=sure)
        self.settle(decision, receipt)

    def _look_up(self) -> None:
        """A release was sent and its answer is not trusted."""
        claim = self.claim
        message, pieces = self.message(), self.pieces()
        receipt: Receipt | PublishError | None
        repeatable = True
        try:
            publisher = self.open()
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
            self.now(),
            self.policy,
            repeatable=repeatable,
            kept=claim.reason if claim.why.get("kept") else "",
        )
        if decision.state == State.UNKNOWN:  # looked for again, for the same reason
            decision = replace(decision, step=claim.step)
        self.settle(decision, receipt)

    # -- small things --------------------------------------------------------------------------------------------

    def _status(self, publisher: Publisher, message: Message) -> Receipt | PublishError:
        try:
            return publisher.status(message, self.pieces())
        except PublishError as error:
            return error

    def settle(self, decision: Decision, receipt: object, **columns: Any) -> None:
        if isinstance(receipt, PublishError):
            self.pause_after(receipt, decision)
        if decision.state == State.PUBLISHED and isinstance(receipt, Receipt):
            owner = self.ledger.owner_of(self.claim.platform, self.claim.account, receipt.remote_id)
            if owner not in (None, self.claim.key):
                why = {"key": owner, "url": receipt.url}
                self.move(Decision(State.HELD, self.claim.step, "held.same-content", why))
                return
            columns = {"released_at": self.claim.released_at or self.now(), **columns}
            columns |= {"remote_id": receipt.remote_id or None, "url": receipt.url or None}
        same = decision.step == self.claim.step and decision.state == self.claim.state
        tries = (
            self.claim.tries + 1 if decision.state == State.STAGED else 0
        )  # released once more, and not seen
        self.move(decision, tries=tries, looks=self.claim.looks + 1 if same else 0, **columns)

    def _failed(self, error: PublishError, step: str) -> None:
        if step == STAGE and isinstance(error, OutcomeUnknown):
            error = _as_unavailable(error)
        now = self.now()
        decision = decisions.after_error(error, step, self.claim.tries, now, self.policy, self.desk.jitter)
        self.pause_after(error, decision)
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
        self.move(decision, tries=tries, looks=self.claim.looks)

    def pause_after(self, error: PublishError, decision: Decision) -> None:
        """A fault of the account concerns all its deliveries; so does a platform that asks to be left alone."""
        name, now = f"{self.claim.platform}/{self.claim.account}", self.now()
        until = decisions.leave_alone_until(error, now)
        if decision.pause_account:
            self.ledger.pause(name, error.code, error.values, now)
        elif until is not None and error.values.get("quota") not in STAGING_QUOTAS:
            self.ledger.pause(name, error.code, error.values, now, until)

    def _hold_late(self, step: str) -> None:
        if self.claim.released_at is not None:  # the platform accepted it once, and never showed it
            self.move(Decision(State.HELD, LOOK_UP, "held.cannot-tell", {"cause": "unknown.not-seen"}))
            return
        why = {"due_at": self.claim.due_at}
        self.move(Decision(State.HELD, step, "held.late", why))

    def move(self, decision: Decision, *, tries: int = 0, looks: int = 0, **columns: Any) -> None:
        """`tries` counts failures in a row, `looks` polls and look-ups; both go on while one step lasts.

        Between a release and what became of it `tries` goes on too: one that never works ends with a person.
        """
        old, said = self.claim.state, self.claim.reason
        if decision.state in (State.STAGING, State.RELEASING) and old != State.PLANNED:
            tries, looks = self.claim.tries, self.claim.looks
        elif decision.state in (State.UNKNOWN, State.CONFIRMING):
            tries = self.claim.tries
        columns |= {"tries": tries, "looks": looks}
        self.claim = self.ledger.move(self.claim, decision, self.now(), **columns)
        if self.claim.state != old or (decision.step == LOOK_FIRST and decision.reason != said):
            self.desk.listener.moved(self.claim, old)

    def open(self) -> Publisher:
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
            self._upload = (self.now(), sent)
        self.desk.listener.progress(self.claim, sent, size)
        if self.desk.stopping():
            raise Stopped
        enough = timedelta(seconds=self.policy.lease * 3 / 4)  # for a last block and the answer: `timeouts`
        if self.claim.lease_until is not None and self.now() > self.claim.lease_until - enough:
            self._renew()
        self._sent = sent

    def _measure(self) -> None:
        if self._upload is None:
            return
        began, first = self._upload
        seconds = (self.now() - began).total_seconds()
        if self._sent - first > RATE_FROM and seconds > 0:
            name = f"{self.claim.platform}/{self.claim.account}"
            self.ledger.put_rate(name, (self._sent - first) / seconds)

    def _renew(self) -> None:
        self.claim = self.ledger.renew(self.claim, self.now() + timedelta(seconds=self.policy.lease))

    def message(self) -> Message:
        return replace(thaw(self.claim.message, self.desk.root), timed=self.claim.clock == PLATFORM)

    def pieces(self) -> tuple[Piece, ...]:
        return self.ledger.pieces(self.claim.key, self.claim.generation)

    def now(self) -> datetime:
        return self.desk.clock.now()


def _as_unavailable(error: OutcomeUnknown) -> PublishError:
    """Nothing of staging is visible, so a lost answer costs an orphan at worst and may be repeated."""
    return Unavailable(error.platform, error.code, error.detail)
