"""What a person decides about a delivery, as pure functions of its row: the change, or IllegalTransition."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from asean_social import decisions
from asean_social.decisions import CONFIRM, FINISH, HAND_OVER, LOOK_FIRST, LOOK_UP, STAGE
from asean_social.publishers.base import STAGED_LIFE
from asean_social.records import Change, Delivery, IllegalTransition
from asean_social.states import BEGINNING, State

TIME_BOUND = frozenset({"held.late", "held.past"})
_SENT = frozenset({LOOK_UP, FINISH, CONFIRM})  # steps after a release was sent


def in_doubt(row: Delivery) -> bool:
    """Held after its release was sent: it may be public."""
    return row.state == State.HELD and row.step in _SENT


def is_late(row: Delivery) -> bool:
    """Held for its time alone."""
    return row.state == State.HELD and row.reason in TIME_BOUND


def needs_a_look(row: Delivery) -> bool:
    """Whether `retry` would take the person's word that it is not public: for each alone, after a look at the page."""
    return decisions.retried(row.step, row.reason, "", row.updated_at).step == STAGE


def would_be_stale(row: Delivery, due_at: datetime) -> bool:
    """Moved so far that the platform will have dropped what is staged."""
    life = STAGED_LIFE.get(row.platform)
    return row.state == State.STAGED and life is not None and row.updated_at + life < due_at


def retried(row: Delivery, reason: str, now: datetime, asked_at: datetime) -> Change:
    """It goes on; its grace begins again at `asked_at`."""
    if row.state != State.HELD:
        raise IllegalTransition(row.state)
    decision = decisions.retried(row.step, row.reason, reason, now)
    columns: dict[str, Any] = {"step": decision.step, "resume_at": decision.resume_at, "asked_at": asked_at}
    if row.reason == "held.staged-gone":
        columns |= {"generation": row.generation + 1, "staged_digest": ""}
    return Change(columns, decision.state, decision.reason, decision.why)


def skipped(row: Delivery, reason: str) -> Change:
    """Left out for good; what was prepared is removed, unless it may be public."""
    why = {"by_reason": reason}
    return Change({"step": row.step}, State.SKIPPED, "skipped.by-person", why, discard=not in_doubt(row))


def retimed(row: Delivery, due_at: datetime, reason: str, now: datetime) -> Change:
    """It gets another time, which counts until the campaign itself says another.

    Only what is held for its time alone is planned by that; held for anything else it stays held.
    """
    handed = row.state == State.HANDED_OVER and now < row.due_at
    if in_doubt(row) or not (handed or row.state in BEGINNING | {State.HELD}):
        raise IllegalTransition(row.state)
    said = row.retimed_from or row.due_at
    columns: dict[str, Any] = {
        "due_at": due_at,
        "stage_at": due_at - (row.due_at - row.stage_at),
        "retimed_from": None if due_at == said else said,
        "asked_at": None,
    }
    if handed:  # the platform's clock is told, or gives it up
        columns |= {"step": HAND_OVER, "resume_at": now, "tries": 0, "looks": 0}
    late = is_late(row)
    if late or (row.state == State.PLANNED and row.step != STAGE):
        # its hour had come: an earlier ledger may have published it
        come = row.due_at <= now or row.step == LOOK_FIRST
        columns |= {"step": LOOK_FIRST if come else "", "resume_at": None, "tries": 0, "looks": 0}
    return Change(
        columns,
        State.PLANNED if late else None,
        "planned.retimed-by-person",
        {"by_reason": reason, "due_at": due_at, "before_at": row.due_at},
        discard=late or would_be_stale(row, due_at),
    )


def spread(wished: Iterable[datetime], taken: Iterable[datetime], gap: timedelta) -> Iterator[datetime]:
    """Each at its time, or as soon after it as it keeps its distance to what is taken and to those before it."""
    occupied = sorted(taken)
    for at in wished:
        for other in occupied:
            if abs(at - other) < gap:
                at = other + gap  # noqa: PLW2901 -- moved on, past one after the other
        occupied = sorted([*occupied, at])
        yield at
