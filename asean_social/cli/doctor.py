"""doctor: what is well, what may fail soon, what stops publishing, each with what to do."""

import sys
from collections import Counter
from collections.abc import Iterable
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asean_social.cli.app import FAULTS, GOOD, Desktop, Json, Paths, Screen, app, desktop
from asean_social.errors import Problem, Severity, UserError
from asean_social.text import plain

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
def doctor(
    context: typer.Context,
    paths: Paths = None,
    accounts: Only = None,
    clean: Annotated[bool, typer.Option("--clean", help="help.doctor-clean")] = False,
    probe: Annotated[bool, typer.Option("--probe", help="help.doctor-probe")] = False,
    probe_release: Annotated[bool, typer.Option("--probe-release", help="help.doctor-probe-release")] = False,
    as_json: Json = False,
) -> int:
    tool = desktop(context)
    called, report = _called(tool, paths, accounts), Report(tool.screen, as_json=as_json)
    try:
        report.tell(called.findings())
        if clean:
            _clean(report, called)
        if probe:
            _probe(report, called)
        if probe_release:
            _probe_release(report, called)
        return report.end()
    finally:
        called.close()


def _clean(report: "Report", called: "Doctor") -> None:
    count = len(called.orphans) + len(called.unfinished)
    if not count:
        report.say("doctor.nothing-to-clean")
        return
    report.say("doctor.cleaning", count=count)
    report.consent("doctor.word-clean")
    report.tell(called.clean())


def _probe(report: "Report", called: "Doctor") -> None:
    from asean_social.rehearsal import HIDDEN

    for account in called.working(unproven=False):
        report.tell(called.rehearse(account, HIDDEN))


def _probe_release(report: "Report", called: "Doctor") -> None:
    """One account after the other; each has a consent of its own, since the public may see it."""
    from asean_social.rehearsal import RELEASE

    accounts = called.working(unproven=True)
    if not accounts:
        report.say("doctor.nothing-to-prove")
    for account in accounts:
        report.say("doctor.proving", account="/".join(account))
        report.consent("doctor.word-release")
        report.tell(called.rehearse(account, RELEASE))


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


class Report:
    """Each finding as soon as it is known, since asking the platforms takes its time; JSON at the end."""

    def __init__(self, screen: Screen, *, as_json: bool) -> None:
        self._screen, self._as_json = screen, as_json
        self._told: list[Problem] = []

    def tell(self, findings: Iterable[Problem]) -> None:
        for one in findings:
            if not self._as_json:
                if not self._told or self._told[-1].path != one.path:
                    self._screen.write(one.path or self._screen.language.say("doctor.computer"))
                self._line(one)
            self._told.append(one)

    def say(self, code: str, **values: Any) -> None:
        self._screen.note(self._screen.language.say(code, **values))

    def consent(self, code: str) -> None:
        """A person types the word, or whoever calls hands it over. Raises UserError."""
        word = self._screen.language.say(code)
        if sys.stdin.isatty() and self._as_json:
            raise UserError("doctor.no-terminal", word=word)
        sys.stderr.write(self._screen.language.say("doctor.type", word=word))
        sys.stderr.flush()
        typed = sys.stdin.readline()
        if not typed:
            raise UserError("doctor.no-terminal", word=word)
        if plain(typed) != plain(word):  # with or without marks
            raise UserError("doctor.not-typed", word=word)

    def end(self) -> int:
        counts = Counter(one.severity for one in self._told)
        faults = counts[Severity.ERROR]
        if self._as_json:
            self._screen.json([self._screen.problem_json(one) for one in self._told])
        else:
            values = {"good": counts[Severity.NOTE], "warnings": counts[Severity.WARNING]}
            self._screen.say("doctor.ill" if faults else "doctor.well", faults=faults, **values)
        return FAULTS if faults else GOOD

    def _line(self, one: Problem) -> None:
        from rich.text import Text

        code, style = WORDS[one.severity]
        language = self._screen.language
        sentence, hint = language.problem(one)
        hint = hint or language.hint(str(one.values.get("cause", "")), **one.values)
        place = f"{one.file}:{one.line} " if one.file and one.line else ""
        line = Text.assemble("  ", (f"{language.say(code):<10}", style), f"{place}{sentence}")
        self._screen.console().print(line, soft_wrap=True)
        if hint and one.severity is not Severity.NOTE:
            self._screen.write(f"  {'':10}{language.say('screen.hint', hint=hint)}")
