"""The entry point: arguments in, exit code out. The only place that catches what went wrong."""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from asean_social import __version__
from asean_social.cli.app import BAD_INPUT, BUG, GOOD, WRONG_USAGE, Screen, app
from asean_social.cli.faults import keep
from asean_social.errors import SocialError
from asean_social.lang import LANGUAGES, Language, messages

UsageError: Any = typer.BadParameter.__base__  # Typer has a Click of its own inside and exports only this

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
        code = _call(ordered, language)
        sys.stdout.flush()
        return code  # noqa: TRY300 -- what cannot be shown is told below
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
        case typer.Abort():
            screen.note(screen.language.say("screen.interrupted"))
            return INTERRUPTED
        case UsageError():
            _tell_usage(error, screen)
            return WRONG_USAGE
        case BrokenPipeError():
            # the reader of our output has left (`| head`): nothing is wrong
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return GOOD
        case OSError(errno=errno.ENOSPC):
            screen.note(screen.language.say("screen.disk-full"))
            return BAD_INPUT
        case _:  # a bug of ours: its traceback is kept in the log
            kind = type(error).__name__
            screen.note(screen.language.say("screen.bug", file=str(keep(error)), kind=kind))
            return BUG


def _call(arguments: Sequence[str], language: Language) -> int:
    from asean_social.cli import acting, doctor, ledger, planning, running, showing  # noqa: F401 -- they register their commands

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


def _translate(command: Any, language: Language) -> None:
    """Help texts and prompts were written as codes; the headings of a help page are Click's own."""
    if command.help:
        command.help = language.say(command.help)
    for parameter in command.params:
        for name in ("help", "prompt"):
            text = getattr(parameter, name, None)
            if isinstance(text, str) and language.known(text):
                setattr(parameter, name, language.say(text))
    page = command.get_help
    command.get_help = lambda context: _headings(page(context), language)
    for one in getattr(command, "commands", {}).values():
        _translate(one, language)


def _headings(page: str, language: Language) -> str:
    for name in ("usage", "options", "commands", "arguments"):
        english = messages()[f"heading.{name}"]
        page = page.replace(f"{english}", language.say(f"heading.{name}"), 1)
    return page.replace("Show this message and exit.", language.say("help.help"))


def _tell_usage(error: Any, screen: Screen) -> None:
    name = error.ctx.info_name if error.ctx and error.ctx.parent else ""
    screen.note(screen.language.say("usage.wrong", message=error.format_message()))
    hint = screen.language.hint("usage.wrong", command=name or "").replace("  ", " ")
    screen.note(screen.language.say("screen.hint", hint=hint))
