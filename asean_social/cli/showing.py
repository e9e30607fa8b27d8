"""What the ledger knows: status, log."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from os import environ
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asean_social.cli.app import FAULTS, GOOD, Desktop, Json, Paths, Screen, app, desktop
from asean_social.follow_ups import DISCARD
from asean_social.states import DONE, NEEDS_PERSON, State

if TYPE_CHECKING:
    from asean_social.ledger import Ledger
    from asean_social.records import Delivery, FollowUp, Hold

STATE_STYLES: Mapping[State, str] = {
    State.PUBLISHED: "green",
    State.STAGED: "cyan",
    State.HELD: "red bold",
    State.UNKNOWN: "red",
    State.WAITING: "yellow",
    State.CANCELLED: "dim",
    State.SKIPPED: "dim",
}


def look(tool: Desktop, paths: list[Any] | None) -> "Ledger | None":
    from asean_social.ledger import Ledger

    return Ledger.look(tool.project(paths).ledger(tool.ledger))


@app.command(help="help.status")
def status(context: typer.Context, paths: Paths = None, as_json: Json = False) -> int:
    from asean_social.clock import SystemClock

    tool = desktop(context)
    ledger = look(tool, paths)
    rows = ledger.deliveries() if ledger else []
    now = SystemClock.from_environment(environ).now()
    if as_json:
        back = ledger.covered() if ledger else {}
        shown = [status_json(tool.screen, ledger, row, back.get(row.key)) for row in rows] if ledger else []
        tool.screen.json(shown)
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
    paused = any(hold.until is None and not hold.who for hold in ledger.holds())
    stopped = paused or ledger.troubles()
    return FAULTS if stopped or faults(ledger, rows, now) or stuck(ledger.follow_ups(), rows) else GOOD


def stuck(chores: "Sequence[FollowUp]", rows: "Sequence[Delivery]") -> "list[FollowUp]":
    """What was to follow publication, and needs a person."""
    keys = {row.key for row in rows}
    mine = (one for one in chores if one.delivery in keys and one.kind != DISCARD)
    return [one for one in mine if one.state in ("held", "unknown")]


def faults(ledger: "Ledger", rows: "Sequence[Delivery]", now: datetime) -> "list[Delivery]":
    """Where a person is needed, or what should be out and is not; a future post that waits for approval is none."""
    paused, back = {hold.value for hold in ledger.holds() if not hold.who}, ledger.covered()
    return [
        row
        for row in rows
        if _is_fault(row, now, f"{row.platform}/{row.account}" in paused or row.key in back)
    ]


def _is_fault(row: "Delivery", now: datetime, stopped: bool) -> bool:
    if row.state in NEEDS_PERSON or row.state in DONE or row.due_at > now:
        return row.state in NEEDS_PERSON
    return stopped or not row.approval or now > row.grace_from + timedelta(seconds=row.grace)


def status_json(
    screen: Screen, ledger: "Ledger", row: "Delivery", held: "Hold | None" = None
) -> dict[str, Any]:
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
        "needs_this_machine": needs_machine(row),
        "retimed_from": row.retimed_from.isoformat() if row.retimed_from else None,
        "held_back": _hold_json(held) if held else None,
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


def _hold_json(held: "Hold") -> dict[str, str]:
    from asean_social.holds import name_of

    return {
        "name": name_of(held.scope, held.value),
        "who": held.who,
        "reason": held.why["by_reason"],
        "since": held.since.isoformat(),
    }


def command(verb: str, name: str) -> str:
    return f"asean-social {verb} {name} --reason …"


def why(screen: Screen, row: "Delivery") -> str:
    """The reason as a sentence; what a planned post waits for."""
    if row.state in (State.PLANNED, State.STAGED) and not row.approval:
        return screen.language.say("planned.needs-approval", post=f"{row.campaign}/{row.post}")
    return screen.language.say(row.reason, **row.why) if row.reason else ""


def tell_status(screen: Screen, ledger: "Ledger", rows: "Sequence[Delivery]", now: datetime) -> None:
    for hold in ledger.holds():
        _tell_hold(screen, hold)
    chores = ledger.follow_ups()
    tell_rows(screen, rows, chores, ledger.covered())
    counts = Counter(row.state for row in rows)
    summary = ", ".join(f"{screen.language.say(f'state.{state}')} {count}" for state, count in counts.items())
    screen.say("status.summary", summary=summary)
    coming = [row for row in rows if row.due_at > now and row.state not in (State.CANCELLED, State.SKIPPED)]
    if coming:
        screen.say("status.next", due=coming[0].due_at, key=coming[0].key)
        _tell_awake(screen, coming)
    _tell_needs(screen, faults(ledger, rows, now), stuck(chores, rows))
    for source, code in ledger.troubles():
        screen.say("status.trouble", file=source, why=screen.language.say(code))
    for chore in chores:
        if chore.state == "held" and chore.kind == DISCARD:
            screen.say(
                "status.not-discarded", key=chore.delivery, why=screen.language.say(chore.reason, **chore.why)
            )


def needs_machine(row: "Delivery") -> bool:
    """Whether it is shown at its time only by a computer that is awake with this ledger."""
    from asean_social.decisions import VERIFY

    with_platform = row.state == State.HANDED_OVER and row.step == VERIFY
    return not with_platform and row.state not in DONE


def _tell_awake(screen: Screen, coming: "Sequence[Delivery]") -> None:
    awake = [row for row in coming if needs_machine(row)]
    if len(awake) < len(coming):
        handed = sum(row.state == State.HANDED_OVER for row in coming)
        screen.say("status.with-platform", count=handed)
        if awake:
            screen.say("status.awake", count=len(awake), due=awake[0].due_at, key=awake[0].key)


def _tell_hold(screen: Screen, hold: "Hold") -> None:
    from asean_social.holds import name_of

    if hold.who:
        name = name_of(hold.scope, hold.value)
        screen.say("status.held-back", name=name, who=hold.who, since=hold.since, **hold.why)
        hint = command("resume", name)
    else:
        said = screen.language.say(hold.reason, **hold.why)
        code = "status.paused-until" if hold.until else "status.paused"
        screen.say(code, account=hold.value, until=hold.until, why=said)
        hint = screen.language.hint(hold.reason, **hold.why)
    if hint:
        screen.write("  " + screen.language.say("screen.hint", hint=hint))


def _tell_needs(screen: Screen, rows: "Sequence[Delivery]", chores: "Sequence[FollowUp]") -> None:
    """What a person must do, each with its command."""
    if rows or chores:
        screen.write()
        screen.say("status.needs-person", count=len(rows) + len(chores))
    from asean_social.acts import is_late

    late = [row for row in rows if is_late(row)]
    if len(late) > 1:
        _tell_late(screen, late)
        rows = [row for row in rows if not is_late(row)]
    for row in rows:
        screen.write(f"  {row.key}: {why(screen, row)}")
        _tell_way_out(screen, row.key, row.reason, row.why)
    for one in chores:
        screen.write(f"  {one.delivery}: {_follow_up(screen, one)}")
        _tell_way_out(screen, one.delivery, one.reason, one.why)


def _tell_late(screen: Screen, rows: "Sequence[Delivery]") -> None:
    """Many that nobody was awake for: once, with one command for all."""
    screen.say("status.late", count=len(rows))
    for row in rows:
        screen.write(f"    {screen.language.time(row.due_at)}  {row.key}")
    for verb, name in (("retime", "--late --next-free"), ("retry", "--late"), ("skip", "--late")):
        screen.say(f"status.late-{verb}", command=command(verb, name))


def _tell_way_out(screen: Screen, key: str, reason: str, values: Mapping[str, Any]) -> None:
    hint = screen.language.hint(reason, **values) if reason else ""
    if hint:
        screen.write("    " + screen.language.say("screen.hint", hint=hint.replace("POST", key)))


def _follow_up(screen: Screen, one: "FollowUp") -> str:
    language = screen.language
    state = f"{language.say(f'after.{one.kind}')}: {language.say(f'follow-up.state.{one.state}')}"
    return f"{state} – {language.say(one.reason, **one.why)}" if one.reason else state


def _besides(screen: Screen, row: "Delivery", held: "Hold | None") -> "Iterator[str]":
    """Where it stands apart from what the campaign file says."""
    if held:
        yield screen.language.say("row.held-back", who=held.who, by_reason=held.why["by_reason"])
    if row.retimed_from:
        yield screen.language.say("row.retimed", said_at=row.retimed_from)
    if row.drifted:
        yield screen.language.say("row.drift")


def tell_rows(
    screen: Screen,
    rows: "Sequence[Delivery]",
    chores: "Sequence[FollowUp]",
    back: "Mapping[str, Hold]" = MappingProxyType({}),
) -> None:
    language = screen.language
    after: dict[str, list[str]] = {row.key: list(_besides(screen, row, back.get(row.key))) for row in rows}
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
    keys = _names(_chosen(ledger, [post])) if ledger and post else [None]
    attempts = [one for key in keys for one in ledger.attempts(key)] if ledger else []
    attempts.sort(key=lambda one: one.at)
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
        moved = f"{old} → {screen.language.say(f'state.{one.new}')}  " if one.new != one.old else ""
        screen.write(f"{when}  {one.delivery}  {moved}{text}  ({one.who})")
    if not attempts:
        screen.say("status.empty")
    return GOOD


def _names(rows: "Sequence[Delivery]") -> list[str]:
    """By which the log knows what concerns these: they, and all they may be kept back with."""
    from asean_social.holds import ACCOUNT, ALL, CHANNEL, KEY, name_of

    found: dict[str, None] = {}
    for row in rows:
        parts = row.key.split("/")
        found |= dict.fromkeys(name_of(KEY, "/".join(parts[:count])) for count in range(1, 5))
        account = f"{row.platform}/{row.account}"
        found |= dict.fromkeys((name_of(CHANNEL, row.channel), name_of(ACCOUNT, account), name_of(ALL, "")))
    return list(found)


def _chosen(ledger: "Ledger", names: Sequence[str]) -> "list[Delivery]":
    from asean_social.cli.planning import resolve

    return resolve(names, ledger.deliveries())
