"""The life of what follows publication, as data and pure decisions: first comment, playlist entry, broadcast; discarding.

None of it alters `published`. Where the platform can be asked whether it is done, it is looked for before any repeat;
where it cannot (a broadcast), an answer that was lost leaves it `unknown`, and a person decides.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from asean_social import decisions
from asean_social.decisions import Policy
from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, Rejected

DISCARD, BROADCAST = "discard", "broadcast"
DO, LOOK = "do", "look"

TRANSITIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "planned": frozenset({"doing", "skipped"}),
        "doing": frozenset({"waiting", "done", "unknown", "held"}),
        "waiting": frozenset({"doing", "skipped"}),
        "unknown": frozenset({"waiting", "skipped"}),
        "held": frozenset({"waiting", "skipped"}),
        "done": frozenset(),
        "skipped": frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class End:
    """How one turn of a follow-up ends, and what comes next."""

    state: str
    resume_at: datetime
    step: str = DO
    reason: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)
    remote_id: str = ""


def after_fault(
    error: PublishError, step: str, tries: int, now: datetime, policy: Policy, jitter: random.Random
) -> End:
    """`tries` counts the turns before this one that ended in a fault."""
    why = dict(error.values)
    if isinstance(error, OutcomeUnknown):
        if step == LOOK:  # the platform cannot tell
            return End("unknown", now, LOOK, "follow-up.cannot-tell", {**why, "cause": error.code})
        return End("waiting", now + timedelta(seconds=policy.lookup_waits[0]), LOOK, error.code, why)
    if isinstance(error, Rejected) or (isinstance(error, AuthFailed) and tries + 1 >= policy.tries):
        return End("held", now, step, error.code, why)
    if isinstance(error, AuthFailed):
        return End("waiting", now + timedelta(seconds=policy.backoff), step, error.code, why)
    until = decisions.not_before(error, now)
    if tries + 1 >= policy.tries and decisions.leave_alone_until(error, now) is None:
        return End("held", now, step, "held.too-many-tries", {**why, "tries": tries + 1, "cause": error.code})
    wait = now + decisions.backoff(tries, policy, jitter)
    return End("waiting", max(wait, until), step, error.code, why)


def after_look(remote_id: str | None, looks: int, now: datetime, policy: Policy) -> End:
    """The platform was asked whether it is done. Lists lag behind, so that it is looked for a while before a repeat."""
    if remote_id is not None:
        return End("done", now, LOOK, "follow-up.found", remote_id=remote_id)
    if looks < len(policy.lookup_waits):
        return End("waiting", now + decisions.look_gap(looks, policy), LOOK, "follow-up.not-seen")
    return End("waiting", now, DO, "follow-up.surely-absent")


# Zalo delivers broadcasts between 06:00 and 22:00 only, and looks at each for about half an hour before
# (https://developers.zalo.me/docs/official-account/tin-nhan/tin-truyen-thong, read 2026-11-23): what is sent after 21:15
# may not arrive on the same day.
ZALO_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST, LAST = time(6, 0), time(21, 15)
REVIEW = timedelta(minutes=35)
TOO_LATE = timedelta(minutes=10)  # later than this it will not arrive at the wanted time


def broadcast_hour(wanted: datetime | None, late: str, now: datetime) -> End | None:
    """When a broadcast may be sent; None: now. `wanted`: when it is to arrive. `late`: wait (for the next hour that
    fits) or hold, where its own hour has gone.
    """
    if wanted is not None and now < wanted - REVIEW:
        return End(
            "waiting", _allowed(wanted - REVIEW), reason="follow-up.broadcast-planned", why={"at": wanted}
        )
    if wanted is not None and now > wanted - REVIEW + TOO_LATE and late == "hold":
        return End("held", now, reason="follow-up.broadcast-late", why={"at": wanted})
    allowed = _allowed(now)
    if allowed <= now:
        return None
    if late == "hold" and wanted is not None:
        return End("held", now, reason="follow-up.broadcast-night", why={"at": allowed})
    return End("waiting", allowed, reason="follow-up.broadcast-night", why={"at": allowed})


def _allowed(when: datetime) -> datetime:
    """The first moment from then on at which Zalo takes a broadcast that arrives the same day."""
    there = when.astimezone(ZALO_ZONE)
    if there.time() < FIRST:
        return datetime.combine(there.date(), FIRST, ZALO_ZONE).astimezone(when.tzinfo)
    if there.time() > LAST:
        return datetime.combine(there.date() + timedelta(days=1), FIRST, ZALO_ZONE).astimezone(when.tzinfo)
    return when
