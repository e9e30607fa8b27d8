"""The values the ledger keeps and gives back."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asean_social.database import moment, stamp
from asean_social.publishers.base import After, Media, Message
from asean_social.states import State

# Per account; each has a thread of its own, so that a release never waits for an upload, nor does the question whether
# a platform has finished its work on what is due next.
PLATFORM = "platform"  # of the clocks that may show a delivery at its time; the other is our own
STAGE_LANE, POLL_LANE, RELEASE_LANE = "stage", "poll", "release"


WRONG = timedelta(
    hours=1
)  # what was written to begin, or to be leased, later than this from now: by a wrong clock


class LeaseLost(Exception):
    """Another runner owns this delivery now."""


class Stopped(Exception):
    """The runner is to end; raised by a guard, so before anything was sent."""


class IllegalTransition(Exception):
    """A bug: a state was to follow another that it may not follow."""


@dataclass(frozen=True, slots=True)
class Delivery:
    key: str
    campaign: str
    post: str
    channel: str
    slot: str
    pillar: str
    theme: str
    title: str
    platform: str
    account: str
    due_at: datetime
    clock: str  # own | platform: whose clock shows it at that time
    stage_at: datetime
    grace: float
    message: str  # JSON, see `thaw`
    digest: str
    plan_digest: str
    staged_digest: str
    approval: str
    state: State
    step: str
    reason: str
    why: Mapping[str, Any]
    resume_at: datetime | None
    tries: int
    looks: int
    generation: int
    began_at: datetime | None
    asked_at: datetime | None
    owner: str | None
    fence: int
    lease_until: datetime | None
    remote_id: str | None
    url: str | None
    released_at: datetime | None
    created_at: datetime
    updated_at: datetime
    retimed_from: datetime | None  # what the campaign said when a person gave it another time

    @property
    def drifted(self) -> bool:
        """The campaign says something else now than what was (or is being) published."""
        return self.digest != self.plan_digest

    @property
    def grace_from(self) -> datetime:
        """The time from which its grace counts."""
        return max(self.due_at, self.asked_at or self.due_at)

    def leased(self, now: datetime) -> bool:
        return self.lease_until is not None and now < self.lease_until < now + WRONG


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    delivery: str
    who: str
    old: str
    new: str
    step: str
    reason: str
    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something to be done after publication, or an invisible object to be removed. It has a life of its own."""

    number: int
    delivery: str
    kind: str
    payload: Mapping[str, Any]
    state: str
    step: str
    reason: str
    why: Mapping[str, Any]
    resume_at: datetime
    tries: int
    looks: int
    remote_id: str
    owner: str | None
    fence: int


@dataclass(frozen=True, slots=True)
class Hold:
    value: str  # platform/name of the account; of a person's hold what its scope names
    reason: str
    why: Mapping[str, Any]
    since: datetime
    until: datetime | None  # when it ends by itself; None: a person must act
    scope: str  # account; of a person's hold also all, channel, key
    who: str  # the person; "": the program paused the account


@dataclass(frozen=True, slots=True)
class Change:
    """What a sync or a person does to one delivery: columns to set, and the state to go to where it changes."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    state: State | None = None
    reason: str = ""  # without a state it is only logged
    why: Mapping[str, Any] = field(default_factory=dict)
    discard: bool = False  # the pieces of the present generation are not wanted any more
    insert: bool = False


_TIMES = (
    "due_at",
    "stage_at",
    "resume_at",
    "began_at",
    "asked_at",
    "lease_until",
    "released_at",
    "created_at",
    "updated_at",
    "retimed_from",
)


def delivery(row: sqlite3.Row | Mapping[str, Any]) -> Delivery:
    values: dict[str, Any] = dict(row)
    for name in _TIMES:
        values[name] = moment(values[name])
    values["state"] = State(values["state"])
    values["why"] = json.loads(values["why"])
    return Delivery(**values)


def follow_up(row: sqlite3.Row) -> FollowUp:
    return FollowUp(
        row["id"],
        row["delivery"],
        row["kind"],
        json.loads(row["payload"]),
        row["state"],
        row["step"],
        row["reason"],
        json.loads(row["why"]),
        surely(row["resume_at"]),
        row["tries"],
        row["looks"],
        row["remote_id"],
        row["owner"],
        row["fence"],
    )


def surely(text: str) -> datetime:
    return datetime.fromisoformat(text)


def to_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: Any) -> str:
    return stamp(value) if isinstance(value, datetime) else str(value)


def freeze(message: Message, root: Path) -> str:
    """The message as JSON, media by path inside the project, so that the ledger outlives a moved folder."""
    media = [{**asdict(one), "path": one.path.relative_to(root).as_posix()} for one in message.media]
    return to_json({**_shallow(message), "media": media, "after": [asdict(one) for one in message.after]})


def _shallow(message: Message) -> dict[str, Any]:
    return {one.name: getattr(message, one.name) for one in fields(message)}


def thaw(text: str, root: Path) -> Message:
    values = json.loads(text)
    media = tuple(Media(**{**one, "path": root / one["path"]}) for one in values.pop("media"))
    after = tuple(After(**one) for one in values.pop("after", ()))
    return Message(**values, media=media, after=after)


@dataclass(frozen=True, slots=True)
class Claimer:
    owner: str
    lease: float  # seconds
    spacing: float  # seconds between two late releases of one account

    def far(self, now: datetime) -> str:
        """What was written to happen so soon can lie no later, unless the clock that wrote it was wrong."""
        return stamp(now + timedelta(seconds=2 * self.lease))
