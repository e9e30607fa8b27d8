"""What publishes: schedule; and what practises: sandbox, demo."""

import errno
import os
import signal
import socket
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Self
from uuid import uuid4

import typer

from asean_social.cli.app import BAD_INPUT, BUG, FAULTS, GOOD, Desktop, Paths, Screen, app, desktop
from asean_social.cli.planning import show_preview
from asean_social.cli.showing import exit_code, needs_machine, tell_status
from asean_social.cli.watching import Watcher
from asean_social.errors import Problem, Severity, UserError

if TYPE_CHECKING:
    from asean_social.accounts import Accounts
    from asean_social.clock import SystemClock
    from asean_social.decisions import Policy
    from asean_social.desk import Desk
    from asean_social.ledger import Ledger
    from asean_social.media import Library
    from asean_social.project import Project
    from asean_social.publishers.base import Media
    from asean_social.runner import Runner
    from asean_social.sync import Scope

Once = Annotated[bool, typer.Option("--once", help="help.once")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="help.dry-run")]
Wait = Annotated[float, typer.Option("--wait", help="help.wait", min=0)]
Horizon = Annotated[str, typer.Option("--horizon", help="help.horizon", metavar="24h", show_default=False)]


@app.command(help="help.schedule")
def schedule(
    context: typer.Context,
    paths: Paths = None,
    once: Once = False,
    dry_run: DryRun = False,
    wait: Wait = 900,
    horizon: Horizon = "",
) -> int:
    from asean_social.clock import SystemClock

    tool = desktop(context)
    ahead = _span(horizon) if horizon else None
    if dry_run:
        return _dry_run(tool, paths)
    project = tool.project(paths)
    clock = SystemClock.from_environment(os.environ)
    with Station(tool.screen, project, tool.credentials, tool.ledger, clock, ahead) as station:
        _stop_on_signals(station.runner)
        if once:
            scope = station.runner.once(wait)
        else:
            tool.screen.say("schedule.running")
            station.runner.forever()
            scope = station.runner.scope
        code = _result(tool.screen, station.ledger, scope, clock, ahead)
        return BUG if station.watcher.faults else code


def _span(text: str) -> timedelta:
    """Raises UserError."""
    from asean_social.moments import Unfit, seconds

    try:
        return timedelta(seconds=seconds(text))
    except Unfit as error:
        raise UserError(error.code, **error.values) from None


def _dry_run(tool: Desktop, paths: list[Path] | None) -> int:
    from asean_social.cli.planning import read, tell_quotas

    project, loaded = read(tool, paths)
    result = show_preview(tool.screen, loaded, "", project.root, as_json=False)
    tell_quotas(tool, project, loaded)
    tool.screen.say("schedule.dry-run")
    return result


def _result(
    screen: Screen, ledger: "Ledger", scope: "Scope", clock: "SystemClock", horizon: timedelta | None
) -> int:
    rows, now = [row for row in ledger.deliveries() if row.campaign in scope.campaigns], clock.now()
    tell_status(screen, ledger, rows, now)
    alone = [row for row in rows if horizon and now < row.due_at <= now + horizon and needs_machine(row)]
    if alone:
        screen.write()
        screen.say("schedule.nobody-awake", count=len(alone), until=now + (horizon or timedelta()))
    for row in alone:
        screen.write(f"  {screen.language.time(row.due_at)} {row.key}")
    if scope.errors:
        return BAD_INPUT
    return FAULTS if alone else exit_code(ledger, rows, now)


def _stop_on_signals(runner: "Runner") -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        runner.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if hasattr(signal, "SIGBREAK"):  # Ctrl-Break and a closed console on Windows
        signal.signal(signal.SIGBREAK, stop)


class Station:
    """Everything a runner needs, opened and closed together."""

    def __init__(
        self,
        screen: Screen,
        project: "Project",
        credentials: str,
        ledger: str,
        clock: "SystemClock",
        horizon: timedelta | None = None,
    ) -> None:
        """`horizon`: so far ahead the platforms' clocks get what they can show, whatever the environment says."""
        from asean_social import sync, timekeeping
        from asean_social.accounts import Accounts
        from asean_social.campaign import find_files
        from asean_social.clock import settle
        from asean_social.copies import Witness
        from asean_social.decisions import Policy
        from asean_social.ledger import Ledger
        from asean_social.runner import Runner

        self.screen, self.project = screen, project
        self.watcher = Watcher(screen)
        policy = Policy.from_environment(os.environ)
        if horizon is not None:
            policy = replace(policy, hand_over_ahead=horizon.total_seconds())
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._told: set[str] = set()
        self._clock_is = ""
        loaded = sync.read(project.paths, project.root, clock.now())
        self._tell(_errors(loaded.problems))
        accounts = Accounts(
            project.credentials(credentials), os.environ, lambda: self.ledger.database, policy, clock, owner
        )
        self._tell(accounts.credentials.warnings)
        for plan in loaded.plans.values():
            for one in plan.deliveries:
                accounts.credentials.account(one.message.platform, one.message.account)
        place = project.ledger(ledger)
        self.ledger = Ledger.open(place, clock.now())
        if self.ledger.is_copy(Witness(place), clock.now()):
            screen.note(screen.language.say("ledger.copy", file=str(place)))
        desk = self._desk(accounts, policy, clock, owner)

        def synced() -> "Scope":
            settle((file for path in project.paths for file in find_files(path)), clock)
            now = clock.now()
            found = sync.read(project.paths, project.root, now)
            self._tell(_errors(found.problems))
            scope = sync.sync(self.ledger, found, project.paths, project.root, now, policy, owner)
            self._tell_troubles()
            return scope

        def off() -> "timedelta | None":
            found = timekeeping.off({one.api_url for one in accounts.credentials.accounts.values()}, clock)
            self._tell_clock(found)
            return found

        self.runner = Runner(self.ledger, desk, synced, accounts.keep_alive, clock, off)

    def _tell_clock(self, off: "timedelta | None") -> None:
        """The clock was set while the program ran: how it stands to the platforms' now."""
        from asean_social.timekeeping import is_ahead

        code = "unknown" if off is None else "ahead" if is_ahead(off) else "right"
        if code != self._clock_is:  # once, although it is asked again and again
            seconds = abs(round(off.total_seconds())) if off else 0
            self.screen.note(self.screen.language.say(f"clock.set-{code}", seconds=seconds))
        self._clock_is = code

    def _tell_troubles(self) -> None:
        """A file that is missing or broken is said once, loudly: what it said last is still published."""
        for source, code in self.ledger.troubles():
            text = self.screen.language.say("status.trouble", file=source, why=self.screen.language.say(code))
            if text not in self._told:
                self._told.add(text)
                self.screen.note(text)

    def _desk(self, accounts: "Accounts", policy: "Policy", clock: "SystemClock", owner: str) -> "Desk":
        from asean_social.desk import Desk
        from asean_social.media import Library
        from asean_social.records import Claimer
        from asean_social.shelf import Shelf

        shelf = Shelf()
        shelf.tidy()
        library = Library(self.project.root, shelf)
        return Desk(
            ledger=self.ledger,
            opener=accounts,
            ready=lambda media: _ready(library, media),
            root=self.project.root,
            policy=policy,
            clock=clock,
            claimer=Claimer(owner, policy.lease, policy.spacing),
            listener=self.watcher,
            stopping=lambda: self.runner.stopping(),  # noqa: PLW0108 -- there is no runner yet
            jitter=Random(),  # noqa: S311 -- spreads retries, hides nothing
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.watcher.close()
        self.ledger.close()

    def _tell(self, problems: Iterable[Problem]) -> None:
        """Each finding once, although the files are read again and again."""
        new = {self.screen.problem(one): one for one in problems}
        self.screen.problems(one for text, one in new.items() if text not in self._told)
        self._told.update(new)


def _ready(library: "Library", media: "Media") -> "Media":
    from asean_social.media import Unusable

    try:
        return library.ready(media)
    except Unusable as error:
        raise UserError(error.code, **error.values) from error


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    """Warnings are for `check`: a runner that is started every five minutes would repeat them."""
    return [one for one in problems if one.severity is Severity.ERROR]


@app.command(help="help.sandbox")
def sandbox(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", help="help.port", min=1, max=65535)] = 8765,
    offset: Annotated[float, typer.Option("--offset", help="help.offset")] = 0.0,
    write: Annotated[Path, typer.Option("--write-credentials", help="help.write-credentials")] = Path(
        "sandbox.toml"
    ),
    fault: Annotated[list[str] | None, typer.Option("--fault", help="help.fault", metavar="ORDER")] = None,
    allow_kill: Annotated[bool, typer.Option("--allow-kill", help="help.allow-kill")] = False,
) -> int:
    from asean_social.sandbox.faults import Order
    from asean_social.sandbox.server import serve

    screen = desktop(context).screen

    def ready(url: str, credentials: str) -> None:
        _write_practice(write, credentials)
        screen.say("sandbox.ready", url=url)
        screen.say("sandbox.practice", file=str(write))

    try:
        orders = [Order.parse(one) for one in fault or ()]
        serve("127.0.0.1", port, offset_seconds=offset, orders=orders, may_signal=allow_kill, on_ready=ready)
    except ValueError as error:
        raise UserError("sandbox.no-such-fault", reason=str(error)) from None
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UserError("sandbox.port-busy", port=str(port)) from None
    return GOOD


def _write_practice(file: Path, credentials: str) -> None:
    """Keys of a sandbox only; a file with others is not overwritten."""
    try:
        if file.exists() and "127.0.0.1" not in file.read_text(encoding="utf-8", errors="replace"):
            raise UserError("sandbox.other-credentials", file=str(file))
        file.write_text(credentials, encoding="utf-8")
        file.chmod(0o600)
    except OSError as error:
        raise UserError("sandbox.not-written", file=str(file), reason=error.strerror or "") from None


@app.command(help="help.demo")
def demo(context: typer.Context) -> int:
    from asean_social.cli.demo import play

    return play(desktop(context).screen)
