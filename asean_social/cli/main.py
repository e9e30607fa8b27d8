"""The entry point: arguments in, exit code out. The only place that catches what went wrong."""

import gettext
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
import typer

from asean_social import __version__
from asean_social.cli.app import BAD_INPUT, BUG, GOOD, WRONG_USAGE, Screen, app
from asean_social.errors import SocialError, UserError
from asean_social.lang import LANGUAGES, Language

# with a value each; they may also stand behind the command, where people expect them
GLOBAL_OPTIONS = frozenset({"--lang", "--credentials", "--ledger"})
INTERRUPTED = 130
GLOBAL_FLAGS = frozenset({"-v", "--verbose"})


def run() -> None:
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if list(arguments) == ["--version"]:
        sys.stdout.write(f"asean-social {__version__}\n")
        return GOOD
    ordered = _globals_first(arguments)
    language = Language(_language(ordered))
    screen = Screen(language)
    try:
        return _call(ordered, language)
    except Exception as error:  # noqa: BLE001 -- told in one sentence, whatever it is
        return _told(error, screen)
    except KeyboardInterrupt:
        screen.note(language.say("screen.interrupted"))
        return INTERRUPTED


def _told(error: Exception, screen: Screen) -> int:
    match error:
        case SocialError():
            screen.error(error)
            return BAD_INPUT
        case click.Abort():
            screen.note(screen.language.say("screen.interrupted"))
            return INTERRUPTED
        case click.ClickException():
            error.show()
            return WRONG_USAGE
        case BrokenPipeError():
            # the reader of our output has left (`| head`): nothing is wrong
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return GOOD
        case _:  # a bug of ours: its traceback is kept in the log
            kind = type(error).__name__
            screen.note(screen.language.say("screen.bug", file=str(_keep(error)), kind=kind))
            return BUG


def _call(arguments: Sequence[str], language: Language) -> int:
    from asean_social.cli import planning, running, showing  # noqa: F401 -- they register their commands

    _use_catalog_in_click(language)
    command = typer.main.get_command(app)
    _translate(command, language)
    result = command.main(list(arguments), prog_name="asean-social", standalone_mode=False)
    return result if isinstance(result, int) else GOOD


def _globals_first(arguments: Sequence[str]) -> list[str]:
    first: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for one in left:
        name = one.partition("=")[0]
        if name in GLOBAL_OPTIONS:
            first += [one] if "=" in one else [one, *([value] if (value := next(left, None)) else [])]
        elif one in GLOBAL_FLAGS:
            first.append(one)
        else:
            rest.append(one)
    return first + rest


def _language(arguments: Sequence[str]) -> str:
    wanted = os.environ.get("ASEAN_SOCIAL_LANG", "")
    for place, one in enumerate(arguments):
        if one == "--lang":
            wanted = "".join(arguments[place + 1 : place + 2])
        elif one.startswith("--lang="):
            wanted = one.removeprefix("--lang=")
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def _use_catalog_in_click(language: Language) -> None:
    """Click's own words ("Usage", "Missing option") come through gettext's default domain."""
    folder = Path(__file__).parent.parent / "locale"
    os.environ["LANGUAGE"] = language.code
    gettext.bindtextdomain("asean_social", folder)
    gettext.textdomain("asean_social")


def _translate(command: click.Command, language: Language) -> None:
    """Help texts and prompts were written as codes."""
    if command.help:
        command.help = language.say(command.help)
    for parameter in command.params:
        for name in ("help", "prompt"):
            text = getattr(parameter, name, None)
            if isinstance(text, str) and language.known(text):
                setattr(parameter, name, language.say(text))
            elif isinstance(text, str) and text.startswith("Show this message"):
                setattr(parameter, name, language.say("help.help"))
    if isinstance(command, click.Group):
        for one in command.commands.values():
            _translate(one, language)


def _keep(error: BaseException) -> Path:
    """Append the traceback to the log file of the project, or of the temporary folder."""
    from asean_social.project import Project

    try:
        file = Project.find([], Path.cwd()).log
    except UserError:
        file = Path(tempfile.gettempdir()) / "asean-social.log"
    text = "".join(traceback.format_exception(error))
    try:
        _append(file, text)
    except OSError:
        file = Path(tempfile.gettempdir()) / "asean-social.log"
        _append(file, text)
    return file


def _append(file: Path, text: str) -> None:
    from asean_social.publishers.http import scrub

    handler = logging.FileHandler(file, encoding="utf-8")
    stamp = datetime.now().astimezone().isoformat(timespec="seconds")
    handler.stream.write(f"--- {stamp} asean-social {__version__}\n{scrub(text, set())}")
    handler.close()
