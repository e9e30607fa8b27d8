"""What to do next, as pure functions of (what happened, which step, how often, now, policy).

A `Decision` names the state to go to, the step that comes next, why, and when. Nothing here asks a clock or a platform.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
    UserError,
)
from asean_social.publishers.base import Receipt
from asean_social.publishers.quotas import YOUTUBE
from asean_social.states import State

STAGE, RELEASE, LOOK_UP, LOOK_FIRST = "stage", "release", "look-up", "look-first"
FINISH = "finish"  # the release was accepted, the platform still works on it
CONFIRM = "confirm"  # the release is done, to be seen public
# of what the platform's own clock is to show: its time is to be set, has been set, is to be taken off
HAND_OVER, VERIFY, TAKE_BACK = "hand-over", "verify", "take-back"

LATE = timedelta(seconds=60)  # later than this after due: catching up, so releases are spaced
ON_TIME = timedelta(
    minutes=15
)  # begun on time, so long a platform may work on it before its release counts as late
UNSEEN_LOOKS = 3  # at an object that may have taken its release before it counts as untouched: some 50 s
LOOK_BACK = timedelta(days=30)  # how far back the same content counts as already published
SKEW = timedelta(minutes=2)  # between our clock and a platform's
LONGEST_HINT = 86_400.0  # seconds: platforms count by the day, so a longer hint is a mistake


@dataclass(frozen=True)
class Policy:
    """Every wait, in seconds. Each can be set by the environment: ASEAN_SOCIAL_ + the name in capitals."""

    lease: float = 120
    stage_ahead: float = 7200
    hand_over_ahead: float = 259_200  # how long before due the platform's clock gets it: a long weekend
    backoff: float = 30  # first wait after a fault; doubles
    backoff_most: float = 3600
    lookup_waits: tuple[float, ...] = (5, 15, 45, 120, 300)  # since the first look
    poll: float = 5  # first wait between two looks at work in progress; grows
    poll_most: float = 60
    spacing: float = 300  # between two late releases on one account
    grace: float = 7200
    workers: int = 4
    tries: int = 12  # of one step, before a person is asked
    confirm: float = 900  # how long an accepted release may stay unseen

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Policy":
        """Raises UserError naming the variable whose value is no number of seconds."""
        found: dict[str, Any] = {}
        for one in fields(cls):
            name = f"ASEAN_SOCIAL_{one.name.upper()}"
            text = environment.get(name, "").strip()
            if text:
                found[one.name] = _number(name, text, many=one.name == "lookup_waits")
        if "workers" in found:
            found["workers"] = max(1, int(found["workers"]))
        if "lease" in found:
            # the time-outs of requests are parts of it; one beyond an hour is taken for a wrong clock's
            found["lease"] = min(max(1.0, found["lease"]), 1800.0)
        return cls(**found)


def _number(name: str, text: str, *, many: bool) -> float | tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(",")) if many else (float(text),)
    except ValueError:
        raise UserError("policy.not-a-number", variable=name, found=text) from None
    if any(not 0 <= one < 1e8 for one in numbers):
        raise UserError("policy.not-a-number", variable=name, found=text)
    return numbers if many else numbers[0]


@dataclass(frozen=True)
class Decision:
    state: State
    step: str = ""
    reason: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)
    resume_at: datetime | None = None
    pause_account: bool = False  # the fault is the account's: nothing of it is begun until it works again


def backoff(tries: int, policy: Policy, jitter: random.Random) -> timedelta:
    """Full waits, doubled each time, capped, then shortened by up to half at random so that waiters spread."""
    whole = min(policy.backoff * 2 ** min(tries, 20), policy.backoff_most)
    return timedelta(seconds=whole * jitter.uniform(0.5, 1.0))


def poll_wait(tries: int, asked: float, policy: Policy) -> timedelta:
    """Between two looks at work the platform is doing: what it asks for, or 5 s growing by half to 60 s."""
    own = min(policy.poll * 1.5 ** min(tries, 20), policy.poll_most)
    return timedelta(seconds=min(asked, own) if asked else own)


def after_error(
    error: PublishError, step: str, tries: int, now: datetime, policy: Policy, jitter: random.Random
) -> Decision:
    """`tries` counts the failures of this step before this one. `step` is stage or release."""
    why = dict(error.values)
    if isinstance(error, Rejected) or (isinstance(error, AuthFailed) and tries + 1 >= policy.tries):
        # an account that answers, and refuses this again and again, is not what is at fault
        return Decision(State.HELD, step, error.code, why)
    if isinstance(error, AuthFailed):
        return Decision(State.WAITING, step, error.code, why, now, pause_account=True)
    if isinstance(error, OutcomeUnknown) and step == RELEASE:
        first = timedelta(seconds=policy.lookup_waits[0])
        later = (
            backoff(tries, policy, jitter) if tries else first
        )  # released again and again it is left alone longer
        return Decision(State.UNKNOWN, LOOK_UP, error.code, why, now + max(first, later))
    if tries + 1 >= policy.tries and not isinstance(error, RateLimited):
        return Decision(
            State.HELD, step, "held.too-many-tries", {"tries": tries + 1, "cause": error.code, **why}
        )
    wait = backoff(tries, policy, jitter)
    return Decision(State.WAITING, step, error.code, why, max(now + wait, not_before(error, now)))


def leave_alone_until(error: PublishError, now: datetime) -> datetime | None:
    """How long a platform that throttles wants no request of this account, as far as it says."""
    until = not_before(error, now)
    return until if isinstance(error, RateLimited) and until > now else None


def not_before(error: PublishError, now: datetime) -> datetime:
    """When the platform wants the same asked again at the earliest; `now` where it says nothing."""
    if error.values.get("quota") == "night":
        # Zalo broadcasts nothing between 22:00 and 06:00 (https://developers.zalo.me, error -234, read 2026-11-23)
        there = now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
        day = there.date() + timedelta(days=there.hour >= 6)
        return datetime.combine(day, time(6, 5), there.tzinfo).astimezone(UTC)
    if (quota := YOUTUBE.get(error.values.get("quota", ""))) is not None:
        return quota.ends(now)
    told = error.retry_after if isinstance(error, Unavailable) else None
    return now + timedelta(seconds=min(told, LONGEST_HINT)) if told and told > 0 else now


def overdue(grace_from: datetime, grace: float, now: datetime) -> bool:
    """Later than its grace allows."""
    return now > grace_from + timedelta(seconds=grace)


def begin(
    due_at: datetime,
    grace_from: datetime,
    grace: float,
    now: datetime,
    *,
    known_before_due: bool,
    looked: bool = False,
) -> Decision:
    """What a planned delivery does when its time to be prepared has come."""
    if overdue(grace_from, grace, now):
        code = "held.late" if known_before_due else "held.past"
        return Decision(State.HELD, STAGE, code, {"due_at": due_at})
    if now >= due_at and not looked:
        return Decision(State.PLANNED, LOOK_FIRST, "planned.look-first", resume_at=now)
    return Decision(State.STAGING, STAGE)


def after_first_look(
    receipt: Receipt | PublishError | None,
    looks: int,
    now: datetime,
    policy: Policy,
    *,
    sure: bool,
) -> Decision:
    """The account was asked whether it already shows this content, before anything of it was sent.

    `sure`: this ledger is old enough to know of every publication that a lagging list might not show yet.
    """
    if isinstance(receipt, Receipt):
        return Decision(State.PUBLISHED, reason="published.found", why={"url": receipt.url})
    if isinstance(receipt, PublishError):
        return _look_failed(State.PLANNED, LOOK_FIRST, receipt, looks, now, policy)
    if sure or looks >= len(policy.lookup_waits):
        return Decision(State.STAGING, STAGE)
    why = {"seconds": int(policy.lookup_waits[-1])}
    return Decision(State.PLANNED, LOOK_FIRST, "planned.young-ledger", why, now + look_gap(looks, policy))


def after_look_up(
    receipt: Receipt | PublishError | None,
    looks: int,
    tries: int,
    now: datetime,
    policy: Policy,
    *,
    repeatable: bool,
    kept: str = "",
) -> Decision:
    """A release was sent and its answer is not trusted; `receipt` is what the platform shows now, None: nothing.

    `tries` counts the releases that ended here before. `kept`: why the platform, which took the release, said that it
    keeps the object invisible all the same; doing it again would not help.
    """
    if isinstance(receipt, PublishError):
        return _look_failed(State.UNKNOWN, LOOK_UP, receipt, looks, now, policy)
    if receipt is not None and receipt.public:
        return Decision(State.PUBLISHED, reason=receipt.differs)
    if receipt is not None and receipt.staged and kept:
        return Decision(State.HELD, LOOK_UP, kept)
    later = now + look_gap(looks, policy)
    if receipt is not None and receipt.underway:
        # the platform tells with delay; where it shows no sign, the release may be sent again
        patience = UNSEEN_LOOKS if receipt.staged else len(policy.lookup_waits) + policy.tries
        if looks < patience:
            return Decision(State.UNKNOWN, LOOK_UP, "confirming.not-yet", resume_at=later)
    if tries + 1 >= policy.tries:
        return Decision(State.HELD, LOOK_UP, "held.cannot-tell", {"cause": "unknown.not-seen"})
    staged = receipt is not None and receipt.staged
    return _not_public(staged, looks, now, later, policy, repeatable=repeatable)


def _not_public(
    staged: bool, looks: int, now: datetime, later: datetime, policy: Policy, *, repeatable: bool
) -> Decision:
    if staged and repeatable:
        return Decision(State.STAGED, RELEASE, "staged.not-released")
    if looks < len(policy.lookup_waits):
        return Decision(State.UNKNOWN, LOOK_UP, "unknown.not-seen", resume_at=later)
    if repeatable:
        return Decision(State.HELD, LOOK_UP, "held.staged-gone")
    return Decision(State.WAITING, RELEASE, "waiting.surely-absent", resume_at=now)


def after_confirm(
    receipt: Receipt | PublishError,
    looks: int,
    accepted_at: datetime,
    now: datetime,
    policy: Policy,
    step: str = CONFIRM,
) -> Decision:
    """The platform accepted the release; is it seen public now?"""
    if isinstance(receipt, Receipt) and receipt.public:
        return Decision(State.PUBLISHED, reason=receipt.differs)
    dead = isinstance(receipt, AuthFailed)
    # accepted later than now: by a clock that was wrong, nobody knows when
    if not accepted_at - SKEW <= now <= accepted_at + timedelta(seconds=policy.confirm):
        return Decision(State.UNKNOWN, LOOK_UP, "unknown.not-seen", resume_at=now, pause_account=dead)
    if isinstance(receipt, PublishError):
        later = now if dead else max(now + poll_wait(looks, 0, policy), not_before(receipt, now))
        return Decision(State.CONFIRMING, step, receipt.code, receipt.values, later, pause_account=dead)
    return Decision(State.CONFIRMING, step, "confirming.not-yet", resume_at=now + poll_wait(looks, 0, policy))


def _look_failed(
    state: State, step: str, error: PublishError, looks: int, now: datetime, policy: Policy
) -> Decision:
    # unreachable: before anything was sent it may go on until the grace ends, after a release for some hours
    for_hours = step == LOOK_FIRST or looks < len(policy.lookup_waits) + policy.tries
    if isinstance(error, (OutcomeUnknown, Rejected)) or not for_hours:
        return Decision(State.HELD, step, "held.cannot-tell", {"cause": error.code, **error.values})
    if isinstance(error, AuthFailed):
        return Decision(state, step, error.code, error.values, now, pause_account=True)
    resume = max(now + look_gap(looks, policy), not_before(error, now))
    return Decision(state, step, error.code, error.values, resume)


def look_gap(looks: int, policy: Policy) -> timedelta:
    """From look number `looks` (the first is 0) to the next; the waits count from the first look, then they double."""
    waits = (0.0, *policy.lookup_waits)
    last = len(policy.lookup_waits) - 1
    at = min(looks, last)
    gap = max(waits[at + 1] - waits[at], 0.0) * 2 ** min(max(looks - last, 0), 10)
    return timedelta(seconds=min(gap, policy.backoff_most))


def retried(step: str, held: str, reason: str, now: datetime) -> Decision:
    """What `retry` does to a held delivery. Where its release was sent, it is looked up before anything else.

    Where only a person could tell whether it is public, and said to go on, it is not looked for again (step `stage`).
    """
    why = {"by_reason": reason}
    if step in (LOOK_UP, FINISH, CONFIRM) and held != "held.staged-gone":
        return Decision(State.UNKNOWN, LOOK_UP, "unknown.by-person", why, now)
    sure = held in ("held.staged-gone", "held.cannot-tell", "held.same-content")
    return Decision(State.PLANNED, STAGE if sure else "", "planned.by-person", why)
