"""Before launch: check, preview, approve. No network; only `approve` writes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from asean_social.cli.app import BAD_INPUT, GOOD, By, Desktop, Json, Paths, Screen, app, desktop
from asean_social.errors import Problem, Severity, UserError

if TYPE_CHECKING:
    from asean_social.plan import Planned
    from asean_social.preview import Card
    from asean_social.project import Project
    from asean_social.sync import Loaded

Posts = Annotated[list[str] | None, typer.Argument(help="help.posts", show_default=False)]
Post = Annotated[str, typer.Option("--post", help="help.post", show_default=False)]
PathOption = Annotated[list[Path] | None, typer.Option("--path", help="help.paths", show_default=False)]


def read(tool: Desktop, paths: list[Path] | None) -> "tuple[Project, Loaded]":
    from asean_social import sync
    from asean_social.clock import SystemClock

    project = tool.project(paths)
    return project, sync.read(project.paths, project.root, SystemClock().now())


@app.command(help="help.check")
def check(
    context: typer.Context,
    paths: Paths = None,
    as_json: Json = False,
    accounts: Annotated[bool, typer.Option("--accounts", help="help.accounts")] = False,
) -> int:
    from asean_social import inquiry

    tool = desktop(context)
    project, loaded = read(tool, paths)
    scheduled = inquiry.still_scheduled(loaded, project.ledger(tool.ledger)) if not paths else []
    if not loaded.campaigns and not loaded.broken and not scheduled:
        raise UserError("check.nothing", folder=", ".join(project.shown(one) for one in project.paths))
    found = [*scheduled, *of_accounts(loaded, tool, project, ask=accounts)]
    loaded = replace(loaded, problems=(*loaded.problems, *found))
    errors = [one for one in loaded.problems if one.severity is Severity.ERROR]
    if as_json:
        from asean_social.cli.app import ordered

        tool.screen.json([tool.screen.problem_json(one) for one in ordered(loaded.problems)])
    else:
        tell_check(tool.screen, loaded)
    return BAD_INPUT if errors else GOOD


def of_accounts(loaded: "Loaded", tool: Desktop, project: "Project", *, ask: bool) -> "list[Problem]":
    """What the credentials file says against it; `ask`: and the accounts themselves, changing nothing there."""
    from asean_social import inquiry

    file = project.credentials(tool.credentials)
    found = inquiry.of_credentials(loaded, file, environ)
    if ask:
        found += inquiry.of_accounts(loaded, file, environ, project.ledger(tool.ledger))
    return found


def tell_check(screen: Screen, loaded: "Loaded") -> None:
    screen.problems(loaded.problems)
    errors = sum(one.severity is Severity.ERROR for one in loaded.problems)
    posts = sum(len(one.posts) for one in loaded.campaigns.values())
    deliveries = sum(len(one.deliveries) for one in loaded.plans.values())
    screen.say(
        "check.bad" if errors else "check.good",
        errors=errors,
        warnings=len(loaded.problems) - errors,
        campaigns=len(loaded.campaigns),
        posts=posts,
        deliveries=deliveries,
    )


@app.command(help="help.preview")
def preview(context: typer.Context, paths: Paths = None, post: Post = "", as_json: Json = False) -> int:
    tool = desktop(context)
    project, loaded = read(tool, paths)
    result = show_preview(tool.screen, loaded, post, project.root, as_json=as_json)
    if not as_json and not post:
        tell_quotas(tool, project, loaded)
    return result


def tell_quotas(tool: Desktop, project: "Project", loaded: "Loaded") -> None:
    """What each YouTube account takes of its daily allowance: today, and on the fullest day to come."""
    from asean_social import forecast
    from asean_social.clock import SystemClock
    from asean_social.ledger import Ledger
    from asean_social.publishers.quotas import YOUTUBE
    from asean_social.states import State

    now, ledger = SystemClock().now(), Ledger.look(project.ledger(tool.ledger))
    begun = {row.key for row in ledger.deliveries() if row.state != State.PLANNED} if ledger else set()
    planned = [one for plan in loaded.plans.values() for one in plan.deliveries]
    days = forecast.of(one for one in planned if one.key not in begun)
    today, until = YOUTUBE["uploads"].period(now), YOUTUBE["uploads"].ends(now)
    most = {f"most_{name}": quota.most for name, quota in YOUTUBE.items()}
    for account in sorted({one.account for one in days}):
        owner = _quota_owner(account, tool, project) if ledger else ""
        used = {name: ledger.spent(owner, name, today) if ledger else 0 for name in YOUTUBE}
        counts = days.get(forecast.Day(account, today), Counter()) + Counter(used)
        so_far = {f"used_{name}": count for name, count in used.items()}
        shown = {name: counts[name] for name in YOUTUBE} | most
        tool.screen.say("forecast.today", account=account, until=until, **shown, **so_far)
        later = [one for one in days if one.account == account and one.day > today]
        if later:
            fullest = max(later, key=lambda one: (days[one]["uploads"], days[one]["units"]))
            day = f"{fullest.day:%d/%m/%Y}"
            tool.screen.say("forecast.fullest", account=account, day=day, **days[fullest], **most)
    if ledger:
        ledger.close()


def _quota_owner(account: str, tool: Desktop, project: "Project") -> str:
    """By whose name the ledger counts; "" where the credentials do not tell."""
    from asean_social import credentials

    try:
        known = credentials.load(project.credentials(tool.credentials), environ)
        return credentials.quota_owner("youtube", account, known.account("youtube", account))
    except UserError:
        return ""


def show_preview(screen: Screen, loaded: "Loaded", post: str, root: Path, *, as_json: bool) -> int:
    """The cards of every delivery, or of those of one post."""
    from asean_social import preview as views
    from asean_social.media import Library

    cards = views.cards(loaded)
    if post:
        keys = {one.key for one in resolve([post], [card.planned for card in cards])}
        cards = [card for card in cards if card.planned.key in keys]
    library = Library(root)
    cards = [views.exact(card, library) for card in cards]
    errors = [one for one in loaded.problems if one.severity is Severity.ERROR]
    if as_json:
        screen.json([views.as_json(card, screen.language) for card in cards])
    else:
        _tell_cards(screen, cards)
        shown = {id(one) for card in cards for one in card.findings}
        screen.problems(one for one in loaded.problems if id(one) not in shown)
        screen.say("preview.summary-line", deliveries=len(cards), errors=len(errors))
    return BAD_INPUT if errors else GOOD


def _tell_cards(screen: Screen, cards: "Sequence[Card]") -> None:
    from asean_social import preview as views

    if screen.is_terminal:
        console = screen.console()
        for card in cards:
            console.print(views.panel(card, screen.language))
        return
    for card in cards:
        for line in views.lines(card, screen.language):
            screen.write(line)


@app.command(help="help.approve")
def approve(
    context: typer.Context,
    by: By,
    posts: Posts = None,
    all_posts: Annotated[bool, typer.Option("--all", help="help.approve-all")] = False,
    path: PathOption = None,
) -> int:
    from asean_social import approval
    from asean_social.clock import SystemClock
    from asean_social.office import load as load_office

    tool = desktop(context)
    project, loaded = read(tool, path)
    planned = [one for plan in loaded.plans.values() for one in plan.deliveries if one.approval_needed]
    chosen = planned if all_posts else resolve(posts or [], planned)
    if not chosen:
        raise UserError("approve.none-waiting" if all_posts else "approve.nothing")
    _refuse_bad(chosen, loaded)
    office = load_office(project.office)
    for slug, campaign in loaded.campaigns.items():
        own = [one for one in chosen if one.campaign == slug]
        if own:
            approval.approve(approval.path_for(campaign), own, by, office, SystemClock().now())
            tool.screen.say("approve.done", count=len(own), campaign=slug, by=office.people[by].name)
    return GOOD


def _refuse_bad(chosen: "Sequence[Planned]", loaded: "Loaded") -> None:
    """What cannot be published is not signed."""
    slugs = {one.campaign for one in chosen} & loaded.bad
    problems = [one for one in loaded.problems if one.severity is Severity.ERROR]
    if slugs:
        raise UserError("approve.has-errors", problems, campaign=", ".join(sorted(slugs)))


class _HasKey(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def campaign(self) -> str: ...
    @property
    def post(self) -> str: ...


Keyed = TypeVar("Keyed", bound=_HasKey)


def resolve(names: Sequence[str], planned: Sequence[Keyed]) -> list[Keyed]:
    """Deliveries by `campaign/post[/channel[/slot]]`, shorter when unique. Raises UserError."""
    found: dict[str, Keyed] = {}
    for name in names:
        hits = [one for one in planned if _matches(name, one.key)]
        posts = sorted({f"{one.campaign}/{one.post}" for one in hits})
        if not hits:
            raise UserError("post.unknown", post=name)
        if len(posts) > 1:
            raise UserError("post.ambiguous", post=name, candidates=", ".join(posts[:12]))
        found |= {one.key: one for one in hits}
    return list(found.values())


def _matches(name: str, key: str) -> bool:
    """`name` is the whole key, a leading part of it, or such a part without the campaign."""
    without = key.split("/", 1)[1]
    return any(whole == name or whole.startswith(f"{name}/") for whole in (key, without))
