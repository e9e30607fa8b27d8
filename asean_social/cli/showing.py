"""What the ledger knows: status, log; and what a person decides about a held post: retry, skip."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asean_social.cli.app import FAULTS, GOOD, Desktop, Json, Paths, Reason, Screen, app, desktop
from asean_social.errors import UserError
from asean_social.follow_ups import DISCARD
from asean_social.states import DONE, NEEDS_PERSON, State

if TYPE_CHECKING:
    from asean_social.ledger import Ledger
    from asean_social.records import Delivery, FollowUp

STATE_STYLES: Mapping[State, str] = {
    State.PUBLISHED: "green",
    State.STAGED: "cyan",
    State.HELD: "red bold",
    State.UNKNOWN: "red",
    State.WAITING: "yellow",
    State.CANCELLED: "dim",
    State.SKIPPED: "dim",
}

Posts = Annotated[list[str], typer.Argument(help="help.posts", show_default=False)]


def look(tool: Desktop, paths: list[Any] | None) -> "Ledger | None":
    from asean_social.ledger import Ledger

    return Ledger.look(tool.project(paths).ledger(tool.ledger))


@app.command(help="help.status")
def status(context: typer.Context, paths: Paths = None, as_json: Json = False) -> int:
    from asean_social.clock import SystemClock

    tool = desktop(context)
    ledger = look(tool, paths)
    rows = ledger.deliveries() if ledger else []
    now = SystemClock().now()
    if as_json:
        tool.screen.json([status_json(tool.screen, ledger, row) for row in rows] if ledger else [])
        return exit_code(ledger, rows, now) if ledger else GOOD
    if ledger is None or not rows:
        tool.screen.say("status.empty")
        return GOOD
    tell_status(tool.screen, ledger, rows, now)
    _tell_unproven(tool, ledger, rows, paths or [])
    return exit_code(ledger, rows, now)


def _tell_unproven(tool: Desktop, ledger: "Ledger", rows: "Sequence[Delivery]", paths: list[Any]) -> None:
    """Facebook accounts whose two steps are documented too thinly to be trusted before they were tried."""
    from asean_social.project import Project
    from asean_social.rehearsal import WORKS, Book, one_step

    exempt = one_step(Project.find(paths, Path.cwd()).credentials(tool.credentials))
    pages = sorted({f"facebook/{row.account}" for row in rows if row.platform == "facebook"} - exempt)
    for page in pages:
        verdict, _, _ = Book(ledger.database).verdict(page)
        if verdict != WORKS:
            tool.screen.say("status.refuted" if verdict else "status.unproven", account=page)


def exit_code(ledger: "Ledger", rows: "Sequence[Delivery]", now: datetime) -> int:
    """A person is needed: for a post, for what follows it, for an account, or for a campaign file that is broken."""
    stopped = any(hold.until is None for hold in ledger.holds()) or ledger.troubles()
    return FAULTS if stopped or faults(ledger, rows, now) or _stuck(ledger.follow_ups(), rows) else GOOD


def _stuck(chores: "Sequence[FollowUp]", rows: "Sequence[Delivery]") -> "list[FollowUp]":
    """What was to follow publication, and needs a person."""
    keys = {row.key for row in rows}
    mine = (one for one in chores if one.delivery in keys and one.kind != DISCARD)
    return [one for one in mine if one.state in ("held", "unknown")]


def faults(ledger: "Ledger", rows: "Sequence[Delivery]", now: datetime) -> "list[Delivery]":
    """Where a person is needed, or what should be out and is not; a future post that waits for approval is none."""
    paused = {hold.value for hold in ledger.holds()}
    return [row for row in rows if _is_fault(row, now, f"{row.platform}/{row.account}" in paused)]


def _is_fault(row: "Delivery", now: datetime, paused: bool) -> bool:
    if row.state in NEEDS_PERSON or row.state in DONE or row.due_at > now:
        return row.state in NEEDS_PERSON
    return paused or not row.approval or now > row.grace_from + timedelta(seconds=row.grace)


def status_json(screen: Screen, ledger: "Ledger", row: "Delivery") -> dict[str, Any]:
    return {
        "key": row.key,
        "campaign": row.campaign,
        "post": row.post,
        "pillar": row.pillar,
        "theme": row.theme,
        "channel": row.channel,
        "platform": row.platform,
        "account": row.account,
        "due_at": row.due_at.isoformat(),
        "state": row.state.value,
        "reason": row.reason,
        "why": why(screen, row),
        "approved": bool(row.approval),
        "drift": row.drifted,
        "remote_id": row.remote_id,
        "url": row.url,
        "released_at": row.released_at.isoformat() if row.released_at else None,
        "resume_at": row.resume_at.isoformat() if row.resume_at else None,
        "attempts": len(ledger.attempts(row.key)),
        "follow_ups": [
            {
                "kind": one.kind,
                "state": one.state,
                "reason": one.reason,
                "why": screen.language.say(one.reason, **one.why) if one.reason else "",
                "remote_id": one.remote_id or None,
                "resume_at": one.resume_at.isoformat() if one.state in ("planned", "waiting") else None,
            }
            for one in ledger.follow_ups(row.key)
        ],
    }


def why(screen: Screen, row: "Delivery") -> str:
    """The reason as a sentence; what a planned post waits for."""
    if row.state in (State.PLANNED, State.STAGED) and not row.approval:
        return screen.language.say("planned.needs-approval", post=f"{row.campaign}/{row.post}")
    return screen.language.say(row.reason, **row.why) if row.reason else ""


def tell_status(screen: Screen, ledger: "Ledger", rows: "Sequence[Delivery]", now: datetime) -> None:
    for hold in ledger.holds():
        screen.say("status.paused", account=hold.value, why=screen.language.say(hold.reason, **hold.why))
        hint = screen.language.hint(hold.reason, **hold.why)
        if hint:
            screen.write("  " + screen.language.say("screen.hint", hint=hint))
    chores = ledger.follow_ups()
    tell_rows(screen, rows, chores)
    counts = Counter(row.state for row in rows)
    summary = ", ".join(f"{screen.language.say(f'state.{state}')} {count}" for state, count in counts.items())
    screen.say("status.summary", summary=summary)
    coming = [row for row in rows if row.due_at > now and row.state not in (State.CANCELLED, State.SKIPPED)]
    if coming:
        screen.say("status.next", due=coming[0].due_at, key=coming[0].key)
    _tell_needs(screen, faults(ledger, rows, now), _stuck(chores, rows))
    for source, code in ledger.troubles():
        screen.say("status.trouble", file=source, why=screen.language.say(code))
    for chore in chores:
        if chore.state == "held" and chore.kind == DISCARD:
            screen.say(
                "status.not-discarded", key=chore.delivery, why=screen.language.say(chore.reason, **chore.why)
            )


def _tell_needs(screen: Screen, rows: "Sequence[Delivery]", chores: "Sequence[FollowUp]") -> None:
    """What a person must do, each with its command."""
    if rows or chores:
        screen.write()
        screen.say("status.needs-person", count=len(rows) + len(chores))
    for row in rows:
        screen.write(f"  {row.key}: {why(screen, row)}")
        _tell_way_out(screen, row.key, row.reason, row.why)
    for one in chores:
        screen.write(f"  {one.delivery}: {_follow_up(screen, one)}")
        _tell_way_out(screen, one.delivery, one.reason, one.why)


def _tell_way_out(screen: Screen, key: str, reason: str, values: Mapping[str, Any]) -> None:
    hint = screen.language.hint(reason, **values) if reason else ""
    if hint:
        screen.write("    " + screen.language.say("screen.hint", hint=hint.replace("POST", key)))


def _follow_up(screen: Screen, one: "FollowUp") -> str:
    language = screen.language
    state = f"{language.say(f'after.{one.kind}')}: {language.say(f'follow-up.state.{one.state}')}"
    return f"{state} – {language.say(one.reason, **one.why)}" if one.reason else state


def tell_rows(screen: Screen, rows: "Sequence[Delivery]", chores: "Sequence[FollowUp]") -> None:
    language = screen.language
    after: dict[str, list[str]] = {}
    for one in chores:
        if one.kind != DISCARD:
            after.setdefault(one.delivery, []).append(_follow_up(screen, one))
    if not screen.is_terminal:
        for row in rows:
            parts = (
                language.time(row.due_at),
                row.key,
                f"{row.platform}/{row.account}",
                language.say(f"state.{row.state}"),
                row.url or why(screen, row),
            )
            screen.write("  ".join(part for part in parts if part))
            for line in after.get(row.key, ()):
                screen.write(f"    + {line}")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("column.due", "column.post", "column.channel", "column.state", "column.more"):
        table.add_column(language.say(name), overflow="fold")
    for row in rows:
        style = STATE_STYLES.get(row.state, "")
        table.add_row(
            language.time(row.due_at),
            Text(f"{row.campaign}/{row.post}" + ("" if row.slot == "1" else f" ({row.slot})")),
            Text(row.channel),
            Text(language.say(f"state.{row.state}"), style=style),
            Text("\n".join([row.url or why(screen, row), *after.get(row.key, ())]), style="dim"),
        )
    screen.console().print(table)


@app.command(help="help.log")
def log(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="help.post", show_default=False)] = "",
    as_json: Json = False,
) -> int:
    tool = desktop(context)
    ledger = look(tool, None)
    keys = [row.key for row in _chosen(ledger, [post])] if ledger and post else [None]
    attempts = [one for key in keys for one in ledger.attempts(key)] if ledger else []
    screen = tool.screen
    if as_json:
        screen.json(
            [
                {
                    "at": one.at.isoformat(),
                    "key": one.delivery,
                    "who": one.who,
                    "from": one.old,
                    "to": one.new,
                    "step": one.step,
                    "reason": one.reason,
                    "why": screen.language.say(one.reason, **one.why) if one.reason else "",
                }
                for one in attempts
            ]
        )
        return GOOD
    for one in attempts:
        old = screen.language.say(f"state.{one.old}") if one.old else "–"
        text = screen.language.say(one.reason, **one.why) if one.reason else ""
        when = one.at.astimezone(screen.language.zone).strftime("%d/%m/%Y %H:%M:%S")
        new = screen.language.say(f"state.{one.new}")
        screen.write(f"{when}  {one.delivery}  {old} → {new}  {text}  ({one.who})")
    if not attempts:
        screen.say("status.empty")
    return GOOD


def _chosen(ledger: "Ledger", names: Sequence[str]) -> "list[Delivery]":
    from asean_social.cli.planning import resolve

    return resolve(names, ledger.deliveries())


@app.command(help="help.retry")
def retry(context: typer.Context, posts: Posts, reason: Reason) -> int:
    """Held -> planned, or -> looked up where it may be public already."""
    return _act(desktop(context), posts, "retry", reason)


@app.command(help="help.skip")
def skip(context: typer.Context, posts: Posts, reason: Reason) -> int:
    return _act(desktop(context), posts, "skip", reason)


def _act(tool: Desktop, posts: Sequence[str], verb: str, reason: str) -> int:
    from asean_social.clock import SystemClock
    from asean_social.ledger import Ledger
    from asean_social.records import IllegalTransition, LeaseLost

    file = tool.project(None).ledger(tool.ledger)
    if not file.exists():
        raise UserError("post.unknown", post=posts[0])
    now = SystemClock().now()
    ledger = Ledger.open(file, now)
    for row in _chosen(ledger, posts):
        try:
            if not _act_on_follow_ups(ledger, row, verb, reason, now):
                _act_on(ledger, row, verb, reason, now)
        except LeaseLost:
            raise UserError("act.busy", key=row.key) from None
        except IllegalTransition:
            state = tool.screen.language.say(f"state.{row.state}")
            raise UserError("act.not-now", key=row.key, state=state) from None
        tool.screen.say(f"{verb}.done", key=row.key)
    ledger.close()
    return GOOD


def _act_on_follow_ups(ledger: "Ledger", row: "Delivery", verb: str, reason: str, now: datetime) -> bool:
    """Of a published post, what was to follow and needs a person; whether there was any."""
    stuck = _stuck(ledger.follow_ups(row.key), [row]) if row.state == State.PUBLISHED else []
    for one in stuck:
        ledger.act_on_follow_up(one.number, "waiting" if verb == "retry" else "skipped", reason, now)
    return bool(stuck)


def _act_on(ledger: "Ledger", row: "Delivery", verb: str, reason: str, now: datetime) -> None:
    from getpass import getuser

    from asean_social.decisions import Decision, retried
    from asean_social.records import IllegalTransition

    if verb == "skip":
        decision = Decision(State.SKIPPED, row.step, "skipped.by-person", {"by_reason": reason})
        ledger.act(row.key, decision, getuser(), now)
        return
    if row.state != State.HELD:
        raise IllegalTransition(row.state)
    anew = {"generation": row.generation + 1, "staged_digest": ""} if row.reason == "held.staged-gone" else {}
    # a person's word to publish it now: its grace begins again
    ledger.act(row.key, retried(row.step, row.reason, reason, now), getuser(), now, asked_at=now, **anew)
