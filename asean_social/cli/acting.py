"""What a person decides: retry, skip, retime, hold, resume; each with a reason that is kept."""

import sys
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from getpass import getuser
from os import environ
from typing import TYPE_CHECKING, Annotated

import typer

from asean_social.cli.app import BAD_INPUT, GOOD, Desktop, Reason, app, desktop
from asean_social.cli.planning import Posts, resolve
from asean_social.cli.showing import command, stuck
from asean_social.errors import SocialError, UserError
from asean_social.states import IN_FLIGHT, LEASED, State

if TYPE_CHECKING:
    from asean_social.records import Delivery

OfChannel = Annotated[str, typer.Option("--channel", help="help.act-channel", show_default=False)]
OfCampaign = Annotated[str, typer.Option("--campaign", help="help.act-campaign", show_default=False)]
OfAccount = Annotated[str, typer.Option("--account", help="help.act-account", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="help.act-all")]
AllHeld = Annotated[bool, typer.Option("--all", help="help.act-all-held")]
AllLate = Annotated[bool, typer.Option("--all", help="help.act-all-late")]
Late = Annotated[bool, typer.Option("--late", help="help.act-late")]
At = Annotated[str, typer.Option("--at", help="help.retime-at", show_default=False)]
Shift = Annotated[str, typer.Option("--by", help="help.retime-by", show_default=False)]
NextFree = Annotated[bool, typer.Option("--next-free", help="help.retime-next-free")]
Every = Annotated[str, typer.Option("--every", help="help.retime-every", show_default=False)]


@dataclass(frozen=True)
class Chosen:
    """What the command line names: posts, or all that lies in a channel, campaign or account."""

    posts: Sequence[str]
    channel: str = ""
    campaign: str = ""
    account: str = ""
    everything: bool = False
    late: bool = False

    def __post_init__(self) -> None:
        if not any((self.posts, self.channel, self.campaign, self.account, self.everything, self.late)):
            raise UserError("act.nothing-named")

    def among(self, rows: "Sequence[Delivery]", fits: "Callable[[Delivery], bool]") -> "list[Delivery]":
        """The posts that were named, whatever their state; of the rest what fits. Raises UserError."""
        from asean_social.acts import is_late

        found = resolve(self.posts, rows) if self.posts else [row for row in rows if fits(row)]
        found = [row for row in found if self._within(row) and (not self.late or is_late(row))]
        if not found:
            raise UserError("act.nothing")
        return found

    def _within(self, row: "Delivery") -> bool:
        wanted = (
            (self.channel, row.channel),
            (self.campaign, row.campaign),
            (self.account, f"{row.platform}/{row.account}"),
        )
        return all(not asked or asked == own for asked, own in wanted)


class Person:
    """Who acts, on which ledger, why."""

    def __init__(self, tool: Desktop, *, make: bool = False) -> None:
        """`make`: a ledger where there is none yet. Raises UserError, LedgerError."""
        from asean_social.clock import SystemClock
        from asean_social.decisions import Policy
        from asean_social.ledger import Ledger

        self.screen, self.project = tool.screen, tool.project(None)
        file = self.project.ledger(tool.ledger)
        if not make and not file.exists():
            raise UserError("act.nothing")
        self.now = SystemClock.from_environment(environ).now()
        self.policy = Policy.from_environment(environ)
        self.ledger = Ledger.open(file, self.now)
        self.name = _who()
        self.reason = ""

    def ask(self, reason: str) -> None:
        """Raises UserError when nobody is there to ask."""
        self.reason = reason.strip()
        if not self.reason and not sys.stdin.isatty():
            raise UserError("act.no-reason")
        while not self.reason:
            self.reason = typer.prompt(self.screen.language.say("prompt.reason")).strip()

    def each(self, rows: "Sequence[Delivery]", act: "Callable[[Delivery], None]") -> int:
        """Each on its own: one that cannot be acted on just now keeps no other back."""
        from asean_social.records import IllegalTransition, LeaseLost

        failed: list[SocialError] = []
        for row in rows:
            try:
                act(row)
            except LeaseLost:
                failed.append(UserError("act.busy", key=row.key))
            except IllegalTransition:
                state = self.screen.language.say(f"state.{row.state}")
                failed.append(UserError("act.not-now", key=row.key, state=state))
        for error in failed:
            self.screen.error(error)
        self.ledger.close()
        return BAD_INPUT if failed else GOOD


def _who() -> str:
    try:
        return getuser()
    except (OSError, KeyError, ImportError):  # Windows without USERNAME
        return "?"


@app.command(help="help.retry")
def retry(
    context: typer.Context,
    posts: Posts = None,
    channel: OfChannel = "",
    campaign: OfCampaign = "",
    account: OfAccount = "",
    everything: AllHeld = False,
    late: Late = False,
    reason: Reason = "",
) -> int:
    from asean_social.acts import needs_a_look, retried

    chosen = Chosen(posts or (), channel, campaign, account, everything, late)
    person = Person(desktop(context))
    rows = chosen.among(person.ledger.deliveries(), lambda row: row.state == State.HELD)
    if not posts:
        for row in filter(needs_a_look, rows):
            person.screen.say("retry.look-yourself", key=row.key, command=command("retry", row.key))
        rows = [row for row in rows if not needs_a_look(row)]
    person.ask(reason)
    before: Counter[tuple[str, str]] = Counter()

    def act(row: "Delivery") -> None:
        if not _act_on_follow_ups(person, row, "waiting"):
            # late ones keep their distance: what waits for its turn must not become late by waiting
            place = (row.platform, row.account)
            asked_at = person.now + timedelta(seconds=person.policy.spacing) * before[place]
            person.ledger.act(
                row.key,
                lambda found: retried(found, person.reason, person.now, asked_at),
                person.name,
                person.now,
            )
            before[place] += 1
        person.screen.say("retry.done", key=row.key)

    return person.each(rows, act)


@app.command(help="help.skip")
def skip(
    context: typer.Context,
    posts: Posts = None,
    channel: OfChannel = "",
    campaign: OfCampaign = "",
    account: OfAccount = "",
    everything: AllHeld = False,
    late: Late = False,
    reason: Reason = "",
) -> int:
    from asean_social.acts import skipped

    chosen = Chosen(posts or (), channel, campaign, account, everything, late)
    person = Person(desktop(context))
    rows = chosen.among(person.ledger.deliveries(), lambda row: row.state == State.HELD)
    person.ask(reason)

    def act(row: "Delivery") -> None:
        if not _act_on_follow_ups(person, row, "skipped"):
            person.ledger.act(row.key, lambda found: skipped(found, person.reason), person.name, person.now)
        person.screen.say("skip.done", key=row.key)

    return person.each(rows, act)


def _act_on_follow_ups(person: Person, row: "Delivery", state: str) -> bool:
    """Of a published post, what was to follow and needs a person; whether there was any."""
    found = stuck(person.ledger.follow_ups(row.key), [row]) if row.state == State.PUBLISHED else []
    for one in found:
        person.ledger.act_on_follow_up(one.number, state, person.reason, person.now)
    return bool(found)


# -- another time ----------------------------------------------------------------------------------------------------


@app.command(help="help.retime")
def retime(
    context: typer.Context,
    posts: Posts = None,
    at: At = "",
    by: Shift = "",
    next_free: NextFree = False,
    every: Every = "",
    channel: OfChannel = "",
    campaign: OfCampaign = "",
    account: OfAccount = "",
    everything: AllLate = False,
    late: Late = False,
    reason: Reason = "",
) -> int:
    from asean_social import acts
    from asean_social.cli.retiming import Moves

    chosen = Chosen(posts or (), channel, campaign, account, everything, late)
    person = Person(desktop(context), make=True)
    moves = Moves(person, at, by, every, next_free=next_free)
    moves.sync()
    rows = chosen.among(person.ledger.deliveries(), acts.is_late)
    times = moves.times(rows)
    person.ask(reason)

    def act(row: "Delivery") -> None:
        due_at = times[row.key]
        moved = person.ledger.act(
            row.key,
            lambda found: acts.retimed(found, due_at, person.reason, person.now),
            person.name,
            person.now,
        )
        moves.tell(row, moved)

    code = person.each(rows, act)
    person.screen.say("retime.file-stays")
    return code


# -- kept back -------------------------------------------------------------------------------------------------------


@app.command(help="help.hold")
def hold(
    context: typer.Context,
    posts: Posts = None,
    channel: OfChannel = "",
    campaign: OfCampaign = "",
    account: OfAccount = "",
    everything: All = False,
    reason: Reason = "",
) -> int:
    from asean_social.holds import name_of

    chosen = Chosen(posts or (), channel, campaign, account, everything)
    person = Person(desktop(context), make=True)
    scopes = _scopes(person, chosen)
    person.ask(reason)
    for scope, value in scopes:
        person.ledger.hold(scope, value, person.name, person.reason, person.now)
        person.screen.say(
            "hold.done", name=name_of(scope, value), command=command("resume", name_of(scope, value))
        )
    back = person.ledger.covered()
    for row in person.ledger.deliveries():
        if row.key in back and row.state in LEASED:
            person.screen.say("hold.being-prepared", key=row.key)
    for key in person.ledger.covered(IN_FLIGHT):
        person.screen.say("hold.under-way", key=key)
    person.screen.say("hold.kept-back", count=len(back))
    person.ledger.close()
    return GOOD


@app.command(help="help.resume")
def resume(
    context: typer.Context,
    posts: Posts = None,
    channel: OfChannel = "",
    campaign: OfCampaign = "",
    account: OfAccount = "",
    everything: All = False,
    reason: Reason = "",
) -> int:
    from asean_social.decisions import overdue
    from asean_social.holds import name_of

    chosen = Chosen(posts or (), channel, campaign, account, everything)
    person = Person(desktop(context))
    scopes = _scopes(person, chosen)
    in_force = {(one.scope, one.value) for one in person.ledger.holds() if one.who}
    for scope, value in scopes:
        if (scope, value) not in in_force:
            _refuse_to_resume(person, scope, value)
    person.ask(reason)
    before = person.ledger.covered()
    for scope, value in scopes:
        person.ledger.resume(scope, value, person.name, person.reason, person.now)
        person.screen.say("resume.done", name=name_of(scope, value))
    still = person.ledger.covered()
    free = [row for row in person.ledger.deliveries() if row.key in before and row.key not in still]
    late = [row for row in free if overdue(row.grace_from, row.grace, person.now)]
    person.screen.say("resume.goes-on", count=len(free), still=len(still))
    if late:
        person.screen.say("resume.late", count=len(late), command=command("retime", "--late --next-free"))
    person.ledger.close()
    return GOOD


def _refuse_to_resume(person: Person, scope: str, value: str) -> None:
    """What was not held as it is named now, is resumed as it was held: nothing else starts moving by that."""
    from asean_social.holds import name_of

    for one in person.ledger.holds():
        if not one.who and (scope, value) == (one.scope, one.value):
            raise UserError("resume.paused-by-program", account=value)
    others = [command("resume", name_of(one.scope, one.value)) for one in person.ledger.holds() if one.who]
    raise UserError("resume.not-held", name=name_of(scope, value), others=" · ".join(others) or "–")


def _scopes(person: Person, chosen: Chosen) -> list[tuple[str, str]]:
    """What is to be kept back, or no longer: each by scope and value. Raises UserError for what nobody knows."""
    from asean_social.holds import ACCOUNT, ALL, CHANNEL, KEY

    rows = person.ledger.deliveries()
    found = [(KEY, _whole(name, rows)) for name in chosen.posts]
    known = {
        CHANNEL: (chosen.channel, {row.channel for row in rows}),
        ACCOUNT: (chosen.account, {f"{row.platform}/{row.account}" for row in rows}),
        KEY: (chosen.campaign, {row.campaign for row in rows}),
    }
    for scope, (name, names) in known.items():
        if name:
            found.append((scope, _known(name, names)))
    return [*found, (ALL, "")] if chosen.everything else found


def _known(name: str, names: Collection[str]) -> str:
    if name not in names:
        raise UserError("act.unknown-name", found=name, fits=", ".join(sorted(names)) or "–")
    return name


def _whole(name: str, rows: "Sequence[Delivery]") -> str:
    """The name with its campaign before it. Raises UserError."""
    [row, *_] = resolve([name], rows)
    return name if f"{row.key}/".startswith(f"{name}/") else f"{row.campaign}/{name}"
