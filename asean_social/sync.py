"""From plan to ledger: what is new, changed or gone since last time. `changes` is pure; `sync` carries it out.

Only a campaign that loaded without an error is synced; the last good plan of every other stays in force.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asean_social import acts, approval, campaign, checks, office, plan
from asean_social.approval import Approvals
from asean_social.campaign import Campaign
from asean_social.decisions import HAND_OVER, LOOK_FIRST, STAGE, TAKE_BACK, Policy, overdue
from asean_social.errors import ApprovalError, CampaignError, Problem, Severity
from asean_social.ledger import Ledger
from asean_social.media import Library
from asean_social.office import Office
from asean_social.plan import Plan, Planned
from asean_social.project import OFFICE
from asean_social.publishers.limits import LIMITS, PLATFORM_CLOCK
from asean_social.records import PLATFORM, Change, Delivery, freeze
from asean_social.states import IN_FLIGHT, State

NOT_NEEDED = "not-needed"
FIRST_RATE = 500_000.0  # bytes per second; an office line's upload, until one was measured
PROCESSING = timedelta(minutes=10)  # what a platform usually takes for a video


@dataclass(frozen=True)
class Scope:
    """What one sync saw: the campaigns that are to be worked on, and every finding."""

    campaigns: frozenset[str]
    plans: tuple[Plan, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.ERROR)


@dataclass(frozen=True)
class Loaded:
    """Campaigns with their plans and findings; `good` are those without an error."""

    plans: Mapping[str, Plan]
    campaigns: Mapping[str, Campaign]
    approvals: Mapping[str, Approvals]
    problems: tuple[Problem, ...]
    broken: tuple[Path, ...]
    bad: frozenset[str]


def read(paths: Sequence[Path], root: Path, now: datetime) -> Loaded:
    """Load, plan and check campaign files; no network, no ledger."""
    loaded = campaign.load(paths, root)
    library = Library(root)
    plans: dict[str, Plan] = {}
    approvals: dict[str, Approvals] = {}
    problems = list(loaded.problems)
    bad: set[str] = set()
    desk = _office(root, problems)
    for one in loaded.campaigns:
        planned = plan.plan(one, library, desk)
        found = [*planned.problems, *checks.check(planned, one, LIMITS, now, desk)]
        if any(problem.severity is Severity.ERROR for problem in found):
            bad.add(one.slug)
        plans[one.slug] = planned
        problems += found
        try:
            approvals[one.slug] = Approvals.read(approval.path_for(one))
        except ApprovalError as error:
            approvals[one.slug] = Approvals(())
            problems += error.problems
            bad.add(one.slug)
    by_slug = {one.slug: one for one in loaded.campaigns}
    return Loaded(plans, by_slug, approvals, tuple(problems), loaded.broken, frozenset(bad))


def _office(root: Path, problems: list[Problem]) -> Office:
    """A broken office file is told, and keeps no post back: it holds habits of the house, nothing that is sent."""
    try:
        return office.load(root / OFFICE)
    except CampaignError as error:
        problems += [replace(one, severity=Severity.WARNING) for one in error.problems]
        return Office()


def sync(
    ledger: Ledger, loaded: Loaded, paths: Sequence[Path], root: Path, now: datetime, policy: Policy, who: str
) -> Scope:
    """Raises LedgerError."""
    rates = ledger.rates()
    later = now + timedelta(seconds=policy.lease)
    for slug, one in loaded.campaigns.items():
        if slug in loaded.bad:
            ledger.trouble(slug, "campaign.has-errors")
            continue
        source = one.source.relative_to(root).as_posix()
        ledger.put_campaign(slug, source, one.title, str(one.timezone), now)
        wanted = {
            item.key: Wanted.of(item, loaded.approvals[slug], root, policy, rates)
            for item in loaded.plans[slug].deliveries
        }
        _bring(ledger, slug, wanted, who, now, later)
        for renamed in _former(ledger, loaded, slug, source):
            _bring(ledger, renamed, {}, who, now, later)
    ledger.take_back_held(now)
    scope = _scope(ledger, loaded, paths, root)
    return Scope(scope, tuple(loaded.plans.values()), loaded.problems)


def _bring(
    ledger: Ledger, slug: str, wanted: "Mapping[str, Wanted]", who: str, now: datetime, later: datetime
) -> None:
    """One campaign's rows to what is wanted; twice, since what is inserted may be too late already."""
    for _ in range(2):
        ledger.apply(slug, lambda rows: changes(rows, wanted, now), who, now, later)


def _former(ledger: Ledger, loaded: Loaded, slug: str, source: str) -> list[str]:
    """Slugs that this file had before it was given another one: their posts left with the old name."""
    return [
        old
        for old, file in ledger.campaigns().items()
        if file == source and old != slug and old not in loaded.campaigns
    ]


def _scope(ledger: Ledger, loaded: Loaded, paths: Iterable[Path], root: Path) -> frozenset[str]:
    """Slugs whose file is among the paths, readable now or not."""
    asked = [path.resolve() for path in paths]
    found = set(loaded.campaigns) - loaded.bad
    for slug, source in ledger.campaigns().items():
        file = (root / source).resolve()
        if any(file == path or path in file.parents for path in asked):
            found.add(slug)
            if file in {one.resolve() for one in loaded.broken} or not file.exists():
                ledger.trouble(slug, "campaign.last-good-plan")
    return frozenset(found)


@dataclass(frozen=True)
class Wanted:
    """A planned delivery as the columns of its row."""

    columns: Mapping[str, Any]  # what may change at any time before release
    digest: str
    due_at: datetime
    grace: float
    approved: Callable[[datetime], str]  # by whom, if it is released then; "" by nobody

    def where_put(self, row: Delivery) -> "Wanted":
        """At the time a person gave it, as long as the campaign says what it said then."""
        if row.retimed_from != self.due_at:
            return replace(self, columns={**self.columns, "retimed_from": None})
        stage_at = row.due_at - (self.due_at - self.columns["stage_at"])
        there = {"due_at": row.due_at, "stage_at": stage_at, "approval": self.approved(row.due_at)}
        return replace(self, columns={**self.columns, **there}, due_at=row.due_at)

    @classmethod
    def of(
        cls, one: Planned, approvals: Approvals, root: Path, policy: Policy, rates: Mapping[str, float]
    ) -> "Wanted":
        message = one.message
        grace = policy.grace if one.grace_seconds is None else one.grace_seconds

        def approved(due_at: datetime) -> str:
            if not one.approval_needed:
                return NOT_NEEDED
            granted = approvals.covers(replace(one, due_at=due_at))
            return granted.by if granted else ""

        columns = {
            "campaign": one.campaign,
            "post": one.post,
            "channel": one.channel,
            "slot": one.slot,
            "pillar": one.pillar,
            "theme": one.theme,
            "title": one.title,
            "platform": message.platform,
            "account": message.account,
            "due_at": one.due_at,
            "clock": _clock(one),
            "stage_at": one.due_at - _ahead(one, policy, rates),
            "grace": grace,
            "message": freeze(message, root),
            "digest": one.digest,
            "plan_digest": one.digest,
            "approval": approved(one.due_at),
        }
        return cls(columns, one.digest, one.due_at, grace, approved)


def _clock(one: Planned) -> str:
    """The platform's only for what it can show by itself."""
    return one.clock if one.message.kind in PLATFORM_CLOCK.get(one.message.platform, ()) else "own"


def _ahead(one: Planned, policy: Policy, rates: Mapping[str, float]) -> timedelta:
    """How long before due preparing begins: two hours, or twice the upload at the measured rate and processing.

    What the platform's clock is to show is prepared while somebody is awake: before a weekend.
    """
    rate = rates.get(f"{one.message.platform}/{one.message.account}", FIRST_RATE)
    size = sum(media.size for media in one.message.media)
    upload = timedelta(seconds=2 * size / max(rate, 1.0)) + PROCESSING
    least = policy.hand_over_ahead if _clock(one) == PLATFORM else policy.stage_ahead
    return max(timedelta(seconds=least), upload if size > rate * 60 else timedelta())


def changes(rows: Mapping[str, Delivery], wanted: Mapping[str, Wanted], now: datetime) -> dict[str, Change]:
    """What has to change in the ledger so that it says what the plan says."""
    found: dict[str, Change] = {}
    for key, want in wanted.items():
        row = rows.get(key)
        change = Change(want.columns, insert=True) if row is None else _brought(row, want, now)
        if change is not None:
            found[key] = change
    for key, row in rows.items():
        change = None if key in wanted else _gone(row, now)
        if change is not None:
            found[key] = change
    return found


def _sealed(row: Delivery) -> bool:
    """It is, or may be, public: what was sent can no longer be changed, and only a person ends a doubt."""
    return acts.in_doubt(row) or row.state in IN_FLIGHT or row.state in (State.PUBLISHED, State.SKIPPED)


def _with_platform(row: Delivery, now: datetime) -> bool:
    """Its platform's clock has it, and its hour has not come: it can be moved, or taken back."""
    return row.state == State.HANDED_OVER and now < row.due_at


def _taken_back(row: Delivery, now: datetime) -> Change | None:
    """First the platform gives it up; the next sync then sees it as one that is prepared, and nothing more."""
    if row.step == TAKE_BACK or row.leased(now):
        return None
    return Change({"step": TAKE_BACK, "resume_at": now, "approval": "", "tries": 0, "looks": 0})


def _moved_there(row: Delivery, want: Wanted, now: datetime) -> Change | None:
    """Of what the platform's clock has."""
    same = row.staged_digest == want.digest and want.columns["clock"] == PLATFORM
    if not same or not want.columns["approval"]:
        return _taken_back(row, now)
    columns = _differing(row, want.columns)
    if not columns or row.leased(now) or row.step == TAKE_BACK:
        return None
    if "due_at" in columns:
        columns |= {"step": HAND_OVER, "resume_at": now, "tries": 0, "looks": 0}
    return Change(columns)


def _gone(row: Delivery, now: datetime) -> Change | None:
    """What becomes of a delivery that the campaign no longer asks for."""
    if _with_platform(row, now):
        return _taken_back(row, now)
    if _sealed(row) or row.state == State.CANCELLED:
        return None
    if row.state == State.STAGING:  # its runner, or the next, puts it back; then it can go
        return Change({"approval": ""}) if row.approval else None
    if row.leased(now):
        return None
    return Change(state=State.CANCELLED, reason="cancelled.left-campaign", discard=True)


def _brought(row: Delivery, want: Wanted, now: datetime) -> Change | None:
    if row.retimed_from is not None:
        want = want.where_put(row)
    return _moved_there(row, want, now) if _with_platform(row, now) else _changed(row, want, now)


def _changed(row: Delivery, want: Wanted, now: datetime) -> Change | None:
    if _sealed(row):
        names = ("pillar", "theme", "title")
        shown = {name: want.columns[name] for name in names} | {"plan_digest": want.digest}
        columns = _differing(row, shown)
        return Change(columns) if columns else None
    if row.leased(now) and row.state != State.STAGING:
        return None  # just being taken in hand; the next sync sees what became of it
    edited = row.digest != want.digest
    columns = _differing(row, want.columns)
    state, reason = _next_state(row, want, now, edited=edited)
    if not columns and state is None:
        return None
    if reason == "planned.retimed" and row.due_at <= now:
        columns |= {"step": LOOK_FIRST}  # its hour had come: an earlier ledger may have published it
    if not reason and "retimed_from" in columns:
        reason = "planned.retimed"  # a person had given it another time, and now the campaign does
    if edited and state is None and row.state in (State.WAITING, State.PLANNED):
        step = STAGE if row.state == State.WAITING else ""
        columns |= {"step": step, "resume_at": now, "tries": 0, "looks": 0}
    why = {"due_at": want.due_at} if state == State.HELD else {}
    return Change(
        columns,
        state,
        reason,
        why,
        discard=edited or acts.would_be_stale(row, want.due_at) or state == State.PLANNED,
    )


def _next_state(row: Delivery, want: Wanted, now: datetime, *, edited: bool) -> tuple[State | None, str]:
    if row.state == State.CANCELLED:
        return State.PLANNED, "planned.came-back"
    asked = row.asked_at or want.due_at
    in_time = not overdue(max(want.due_at, asked), want.grace, now)
    if row.state == State.HELD and in_time:
        if (
            row.reason in acts.TIME_BOUND
        ):  # it has another time or grace, or it was a wrong clock that held it
            return State.PLANNED, "planned.retimed" if want.due_at != row.due_at else "planned.in-time"
        if edited:
            return State.PLANNED, "planned.edited"
    waits = row.state in (State.PLANNED, State.STAGED, State.WAITING) and row.released_at is None
    if waits and not in_time:
        known = row.created_at <= want.due_at
        return State.HELD, "held.late" if known else "held.past"
    return None, ""


def _differing(row: Delivery, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if getattr(row, name) != value}
