"""doctor: what is well, what may fail soon, what stops publishing, each with what to do."""

from collections import Counter
from collections.abc import Iterable
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asean_social.cli.app import FAULTS, GOOD, Desktop, Json, Paths, Screen, app, desktop
from asean_social.errors import Problem, Severity, UserError

if TYPE_CHECKING:
    from asean_social.doctor import Account, Doctor

Only = Annotated[
    list[str] | None,
    typer.Option("--account", help="help.doctor-account", metavar="ACCOUNT", show_default=False),
]

WORDS = {
    Severity.NOTE: ("doctor.good", "green"),
    Severity.WARNING: ("doctor.warning", "yellow"),
    Severity.ERROR: ("doctor.fault", "red bold"),
}


@app.command(help="help.doctor")
def doctor(context: typer.Context, paths: Paths = None, accounts: Only = None, as_json: Json = False) -> int:
    tool = desktop(context)
    called = _called(tool, paths, accounts)
    try:
        return _tell(tool.screen, called.findings(), as_json=as_json)
    finally:
        called.close()


def _called(tool: Desktop, paths: list[Path] | None, accounts: list[str] | None) -> "Doctor":
    from asean_social import sync
    from asean_social.clock import SystemClock
    from asean_social.doctor import Doctor

    clock = SystemClock.from_environment(environ)
    project = tool.project(paths)
    return Doctor(
        project.root,
        sync.read(project.paths, project.root, clock.now()),
        project.credentials(tool.credentials),
        project.ledger(tool.ledger),
        environ,
        clock,
        [_account(one) for one in accounts or ()],
    )


def _account(text: str) -> "Account":
    platform, slash, name = text.partition("/")
    if not (platform and slash and name):
        raise UserError("doctor.bad-account", found=text)
    return platform, name


def _tell(screen: Screen, findings: Iterable[Problem], *, as_json: bool) -> int:
    """Each as soon as it is known: asking the platforms takes its time."""
    told: list[Problem] = []
    for one in findings:
        if not as_json:
            if not told or told[-1].path != one.path:
                screen.write(one.path or screen.language.say("doctor.computer"))
            _line(screen, one)
        told.append(one)
    counts = Counter(one.severity for one in told)
    if as_json:
        screen.json([screen.problem_json(one) for one in told])
    else:
        values = {"good": counts[Severity.NOTE], "warnings": counts[Severity.WARNING]}
        faults = counts[Severity.ERROR]
        screen.say("doctor.ill" if faults else "doctor.well", faults=faults, **values)
    return FAULTS if counts[Severity.ERROR] else GOOD


def _line(screen: Screen, one: Problem) -> None:
    from rich.text import Text

    code, style = WORDS[one.severity]
    sentence, hint = screen.language.problem(one)
    hint = hint or screen.language.hint(str(one.values.get("cause", "")), **one.values)
    place = f"{one.file}:{one.line} " if one.file and one.line else ""
    line = Text.assemble("  ", (f"{screen.language.say(code):<10}", style), f"{place}{sentence}")
    screen.console().print(line, soft_wrap=True)
    if hint and one.severity is not Severity.NOTE:
        screen.write(f"  {'':10}{screen.language.say('screen.hint', hint=hint)}")
