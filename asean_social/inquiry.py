"""Before launch: do the accounts that campaigns name exist, work, and take what is to be sent? Nothing is changed there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from asean_social import credentials
from asean_social.accounts import Accounts
from asean_social.campaign import Campaign
from asean_social.clock import SystemClock
from asean_social.decisions import Policy
from asean_social.errors import CredentialsError, Problem, PublishError, Severity, UserError
from asean_social.ledger import Ledger
from asean_social.plan import Planned
from asean_social.publishers.base import Publisher
from asean_social.publishers.http import unguarded, unheard
from asean_social.states import DONE
from asean_social.sync import Loaded


def of_credentials(loaded: Loaded, file: Path, environment: Mapping[str, str]) -> list[Problem]:
    """Accounts that campaigns name and the file does not know. No file yet is no finding: it comes last."""
    if not file.exists():
        return []
    try:
        known = credentials.load(file, environment).accounts
    except CredentialsError as error:
        found = error.problems or (Problem(error.code, error.values, file=file.name),)
        return [replace(one, severity=Severity.WARNING) for one in found]
    problems = []
    for campaign in loaded.campaigns.values():
        for name, channel in campaign.channels.items():
            if (channel.platform, channel.account) not in known:
                names = ", ".join(sorted(account for kind, account in known if kind == channel.platform))
                values = {"platform": channel.platform, "account": channel.account, "known": names or "–"}
                problems.append(campaign.finding("check.no-account", "channels", name, **values))
    return problems


def still_scheduled(loaded: Loaded, ledger_file: Path) -> list[Problem]:
    """A file that is broken or gone stops nothing: what it said last is still published."""
    ledger = Ledger.look(ledger_file)
    if ledger is None:
        return []
    good = loaded.campaigns.keys() - loaded.bad
    problems = []
    for slug, source in ledger.campaigns().items():
        open_rows = [one for one in ledger.deliveries(slug) if one.state not in DONE]
        if slug not in good and open_rows:
            values = {"count": len(open_rows), "campaign": slug}
            problems.append(Problem("check.still-scheduled", values, Severity.WARNING, source))
    ledger.close()
    return problems


def of_accounts(
    loaded: Loaded, file: Path, environment: Mapping[str, str], ledger_file: Path
) -> list[Problem]:
    """What each account says of itself and of every message. Raises UserError for the files themselves."""
    clock = SystemClock()
    ledger = Ledger.open(ledger_file, clock.now())
    policy = Policy.from_environment(environment)
    accounts = Accounts(file, environment, lambda: ledger.database, policy, clock, "check")
    problems: list[Problem] = []
    try:
        for campaign in loaded.campaigns.values():
            for name, channel in campaign.channels.items():
                plan = loaded.plans[campaign.slug].deliveries
                own = [one for one in plan if one.channel == name]
                problems += _of_channel(accounts, campaign, name, (channel.platform, channel.account), own)
    finally:
        ledger.close()
    return problems


def refused(publisher: Publisher, campaign: Campaign, name: str, own: Iterable[Planned]) -> list[Problem]:
    """What an account would not take of what is planned for the channel `name`. Raises PublishError."""
    return [
        replace(campaign.finding(code, "channels", name, **values), post=f"{one.campaign}/{one.post}/{name}")
        for one in {planned.digest: planned for planned in own}.values()
        for code, values in publisher.objections(one.message)
    ]


def _of_channel(
    accounts: Accounts, campaign: Campaign, name: str, account: tuple[str, str], own: list[Planned]
) -> list[Problem]:
    try:
        publisher = accounts(*account, unguarded, unheard)
        publisher.whoami()
        return refused(publisher, campaign, name, own)
    except (PublishError, UserError) as error:
        return [campaign.finding(error.code, "channels", name, **error.values)]
