"""What all commands share: the Typer app, the options before the command, and the screen."""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asean_social.errors import Problem, Severity, SocialError, UserError
from asean_social.lang import LANGUAGES, Language

if TYPE_CHECKING:
    from rich.console import Console

    from asean_social.project import Project

app = typer.Typer(
    help="help.app",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,  # locals hold tokens
)

Paths = Annotated[list[Path] | None, typer.Argument(help="help.paths", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="help.json")]
By = Annotated[str, typer.Option("--by", help="help.by", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="help.reason", show_default=False)]

GOOD, BAD_INPUT, WRONG_USAGE, FAULTS, BUG = 0, 1, 2, 3, 70


@app.callback()
def options(
    context: typer.Context,
    lang: Annotated[str, typer.Option(envvar="ASEAN_SOCIAL_LANG", help="help.lang", metavar="vi|en")] = "vi",
    credentials: Annotated[
        str, typer.Option(envvar="ASEAN_SOCIAL_CREDENTIALS", help="help.credentials", show_default=False)
    ] = "",
    ledger: Annotated[
        str, typer.Option(envvar="ASEAN_SOCIAL_LEDGER", help="help.ledger", show_default=False)
    ] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="help.verbose")] = False,
) -> None:
    if lang not in LANGUAGES:
        raise typer.BadParameter(lang, param_hint="--lang (vi, en)")
    if verbose:
        import logging

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    context.obj = Desktop(Screen(Language(lang)), credentials, ledger)


@dataclass(frozen=True)
class Desktop:
    """The options before the command."""

    screen: "Screen"
    credentials: str
    ledger: str

    def project(self, paths: list[Path] | None) -> "Project":
        from asean_social.project import Project

        found = Project.find(paths or [], Path.cwd())
        if not paths and found.root != Path.cwd():  # a folder above was taken: that must not happen unseen
            self.screen.note(self.screen.language.say("project.above", folder=str(found.root)))
        return found


class Screen:
    """Results go to standard output, everything else to standard error."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @property
    def is_terminal(self) -> bool:
        return sys.stdout.isatty()

    def console(self, *, stderr: bool = False) -> "Console":
        from rich.console import Console

        return Console(stderr=stderr, highlight=False, emoji=False, markup=False)

    def write(self, text: str = "") -> None:
        sys.stdout.write(text + "\n")

    def say(self, code: str, /, **values: Any) -> None:
        self.write(self.language.say(code, **values))

    def note(self, text: str) -> None:
        with suppress(OSError):  # a full disk or a closed console must not end the publishing
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def json(self, value: Any) -> None:
        self.write(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def error(self, error: SocialError) -> None:
        sentence, hint = self.language.error(error)
        if isinstance(error, UserError):
            for problem in error.problems:
                self.note(self.problem(problem))
        self.note(self.language.say("screen.error", sentence=sentence))
        if hint:
            self.note(self.language.say("screen.hint", hint=hint))

    def problem(self, problem: Problem) -> str:
        """`file:line:column path, what was found, what fits`, and the hint below."""
        sentence, hint = self.language.problem(problem)
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        kind = self.language.say(f"severity.{problem.severity}")
        head = " ".join(part for part in (place, f"{kind}:", problem.path) if part)
        return f"{head} {sentence}" + (f"\n  {self.language.say('screen.hint', hint=hint)}" if hint else "")

    def problems(self, problems: Iterable[Problem]) -> None:
        for one in ordered(problems):
            self.note(self.problem(one))

    def problem_json(self, problem: Problem) -> Mapping[str, Any]:
        sentence, hint = self.language.problem(problem)
        values = {name: self.language.value(name, value) for name, value in problem.values.items()}
        return {**asdict(problem), "values": values, "message": sentence, "hint": hint}


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
    return sorted(problems, key=lambda one: (one.file, one.line, one.column, rank[one.severity]))


def desktop(context: typer.Context) -> Desktop:
    found = context.find_object(Desktop)
    assert found is not None
    return found
