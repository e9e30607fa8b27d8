"""The sample campaign, from its file to what the public sees, against the local stand-in of the platforms.

A whole year is played in under a minute: sandbox and runner share one clock, which is moved to the next moment at
which something is due as soon as nothing is left to do. Nothing else differs from a real run.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asean_social import __file__ as package_file
from asean_social.cli.app import FAULTS, GOOD, Screen
from asean_social.cli.planning import tell_check
from asean_social.cli.running import Station
from asean_social.clock import SystemClock
from asean_social.states import DONE, State

if TYPE_CHECKING:
    from asean_social.plan import Planned
    from asean_social.project import Project
    from asean_social.runner import Runner
    from asean_social.sync import Loaded

APPROVER = "dung"  # of the sample's office.toml
WEEK = timedelta(days=7)  # at least this often a real runner would have been awake
PACE = 0.2  # seconds between two steps, so that a person can follow
BEFORE = timedelta(hours=3)  # before the first post is due, the play begins


def play(screen: Screen) -> int:
    with tempfile.TemporaryDirectory(prefix="asean-social-demo-", ignore_cleanup_errors=True) as folder:
        return _play(screen, Path(folder).resolve())


def _play(screen: Screen, folder: Path) -> int:
    from asean_social.project import Project
    from asean_social.sandbox.server import Sandbox

    _copy_sample(folder)
    project = Project.find([folder / "campaigns"], folder)
    clock = SystemClock()
    loaded = _check(screen, project, clock)
    planned = sorted((one for plan in loaded.plans.values() for one in plan.deliveries), key=_due)
    _jump(clock, planned[0].due_at - BEFORE)
    _preview(screen, planned)
    _approve(screen, project, loaded, planned, clock)
    with Sandbox(clock=lambda: clock.now().timestamp(), media_dir=folder / "public") as sandbox:
        (folder / "credentials.toml").write_text(sandbox.credentials(), encoding="utf-8")
        (folder / "credentials.toml").chmod(0o600)
        screen.write()
        screen.say("demo.schedule", url=sandbox.url)
        good = _publish(screen, project, clock)
        _tell(screen, sandbox.public())
        _wait_for_person(screen, sandbox.url)
    return GOOD if good else FAULTS


def _due(planned: "Planned") -> datetime:
    return planned.due_at


def _jump(clock: SystemClock, moment: datetime) -> None:
    clock.offset += moment - clock.now()


def _copy_sample(folder: Path) -> None:
    """From the installed package, or from the repository it is run in."""
    package = Path(package_file).parent
    sample = package / "sample"
    source = sample if sample.is_dir() else package.parent
    shutil.copytree(
        source / "campaigns", folder / "campaigns", ignore=shutil.ignore_patterns("*.approvals.yaml")
    )
    shutil.copy2(source / "office.toml", folder / "office.toml")


def _check(screen: Screen, project: "Project", clock: SystemClock) -> "Loaded":
    from asean_social import sync

    screen.say("demo.check")
    loaded = sync.read(project.paths, project.root, clock.now())
    tell_check(screen, loaded)
    return loaded


def _preview(screen: Screen, planned: "Sequence[Planned]") -> None:
    screen.write()
    screen.say("demo.preview", count=len(planned))
    language = screen.language
    for one in planned:
        kind = language.say(f"kind.{one.message.platform}.{one.message.kind}")
        screen.write(f"  {language.time(one.due_at)}  {one.channel:<8}  {kind:<22}  {one.title}")


def _approve(
    screen: Screen, project: "Project", loaded: "Loaded", planned: "Sequence[Planned]", clock: SystemClock
) -> None:
    from asean_social import approval
    from asean_social.office import load as load_office

    office = load_office(project.office)
    for slug, campaign in loaded.campaigns.items():
        own = [one for one in planned if one.campaign == slug and one.approval_needed]
        if own:
            approval.approve(approval.path_for(campaign), own, APPROVER, office, clock.now())
    screen.write()
    screen.say("demo.approved", count=len(planned), by=office.people[APPROVER].name)


def _publish(screen: Screen, project: "Project", clock: SystemClock) -> bool:
    """Let the real runner work, and the clock go from one due step to the next."""
    with Station(screen, project, "", "", clock) as station:
        runner = station.runner
        runner.sync()
        try:
            while (moment := _next(runner, clock.now())) is not None:
                if moment > clock.now():
                    _jump(clock, moment)
                runner.care()
                runner.drain(clock.now())
                clock.pause(PACE if screen.is_terminal else 0)
        finally:
            runner.leave()
        return all(row.state == State.PUBLISHED for row in station.ledger.deliveries())


def _next(runner: "Runner", now: datetime) -> datetime | None:
    ended = all(row.state in DONE or row.state == State.HELD for row in runner.ledger.deliveries())
    if ended and runner.ledger.next_follow_up(now, runner.desk.claimer) is None:
        return None
    due = runner.ledger.next_due(runner.scope.campaigns, now, runner.desk.claimer)
    return min(due, now + WEEK) if due else None


def _tell(screen: Screen, public: Sequence[dict[str, Any]]) -> None:
    screen.write()
    screen.say("demo.public", count=len(public))
    language = screen.language
    for one in sorted(public, key=lambda item: item["published_at"]):
        when = datetime.fromtimestamp(one["published_at"], language.zone).strftime("%d/%m/%Y %H:%M:%S")
        text = one.get("title") or one.get("text") or ""
        first = text.strip().splitlines()[0][:60] if text.strip() else ""
        screen.write(f"  {when}  {one['platform']:<8}  {first}")
        screen.write(f"                       {one['url']}")


def _wait_for_person(screen: Screen, url: str) -> None:
    screen.write()
    screen.say("demo.page", url=url)
    if sys.stdin.isatty() and screen.is_terminal:
        screen.say("demo.enter")
        sys.stdin.readline()
