"""ledger check, ledger backup: care of the file that knows what was published."""

from os import environ
from pathlib import Path
from typing import Annotated

import typer

from asean_social.cli.app import FAULTS, GOOD, Json, app, desktop
from asean_social.errors import Severity

ledger = typer.Typer(help="help.ledger-care", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(ledger, name="ledger")

File = Annotated[Path | None, typer.Argument(help="help.backup-file", show_default=False)]
Replace = Annotated[bool, typer.Option("--replace", help="help.backup-replace")]


@ledger.command(help="help.ledger-check")
def check(context: typer.Context, as_json: Json = False) -> int:
    from asean_social.soundness import examine

    tool = desktop(context)
    file = tool.project(None).ledger(tool.ledger)
    found = list(examine(file))
    bad = any(one.severity is Severity.ERROR for one in found)
    if as_json:
        tool.screen.json([tool.screen.problem_json(one) for one in found])
    else:
        tool.screen.problems(found)
        tool.screen.say("ledger.bad" if bad else "ledger.good", file=str(file))
    return FAULTS if bad else GOOD


@ledger.command(help="help.ledger-backup")
def backup(context: typer.Context, file: File = None, replace: Replace = False) -> int:
    from asean_social import backups
    from asean_social.clock import SystemClock

    tool = desktop(context)
    source = tool.project(None).ledger(tool.ledger)
    made = backups.backup(source, file, SystemClock.from_environment(environ).now(), replace=replace)
    tool.screen.say("ledger.backed-up", file=str(made.file), count=made.deliveries)
    tool.screen.say("ledger.backup-secret")
    return GOOD
