"""Checks everything before it fails: this computer, the project, its ledger, and every account. Nothing is changed.

Findings are Problems: an error stops publishing, a warning may do so soon, a note is well. `path` says what a finding is
about: an account (platform/name), or "" for this computer and project.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asean_social import credentials, inquiry, orphans, timekeeping
from asean_social.accounts import Accounts
from asean_social.clock import Clock
from asean_social.credentials import Credentials
from asean_social.database import Database
from asean_social.decisions import SKEW, Policy
from asean_social.delivery import BEGIN_NEEDS
from asean_social.errors import CredentialsError, LedgerError, Problem, PublishError, Severity, UserError
from asean_social.ledger import Ledger
from asean_social.orphans import Orphan
from asean_social.publishers.base import Publisher, ending
from asean_social.publishers.http import unguarded, unheard
from asean_social.records import Hold
from asean_social.rehearsal import WORKS, Book, Rehearsal, Rehearser
from asean_social.sync import Loaded
from asean_social.tokens import UNUSED_LIFE, renewed_at

Account = tuple[str, str]  # platform, name

SPARE_DISK = 1 << 30  # bytes; smaller pictures are made and kept, the ledger grows
LEAST_DISK = 50 << 20
SLACK = timedelta(seconds=30)  # of this computer's clock; a release on the minute would be seen to be off


class _Undone(Exception):
    """Ends a transaction that was only a trial."""


@dataclass
class Doctor:
    """Looks at one project. The ledger is made where there is none yet and an account's tokens have to be kept."""

    root: Path
    loaded: Loaded
    credentials_file: Path
    ledger_file: Path
    environment: Mapping[str, str]
    clock: Clock
    only: Collection[Account] = ()  # the accounts to look at; empty: all

    def __post_init__(self) -> None:
        self.policy = Policy.from_environment(self.environment)
        self._ledger: Ledger | None = None
        self._accounts: Accounts | None = None
        self._open: dict[Account, Publisher] = {}
        # what `findings` told of
        self.orphans: list[tuple[Account, Orphan]] = []
        self.unfinished: list[tuple[Account, Rehearsal]] = []

    @property
    def ledger(self) -> Ledger:
        """Raises LedgerError."""
        if self._ledger is None:
            self._ledger = Ledger.open(self.ledger_file, self.clock.now())
        return self._ledger

    def close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()

    def findings(self) -> Iterator[Problem]:
        yield from of_disk(shutil.disk_usage(self.root).free)
        yield from of_campaigns(self.loaded)
        yield from _told(lambda: inquiry.still_scheduled(self.loaded, self.ledger_file))
        yield from of_ledger(self.ledger_file)
        known: Credentials | None = None
        try:
            known = credentials.load(self.credentials_file, self.environment)
        except CredentialsError as error:
            yield Problem(error.code, error.values)
            yield from error.problems
        if known is not None:
            yield from self._of_known(known)

    def _of_known(self, known: Credentials) -> Iterator[Problem]:
        yield from known.warnings or [
            Problem("doctor.credentials", {"count": len(known.accounts)}, Severity.NOTE)
        ]
        yield from inquiry.of_credentials(self.loaded, self.credentials_file, self.environment)
        yield from of_clock({one.api_url for one in known.accounts.values()}, self.clock)
        for account in self.chosen(known):
            yield from _about(account, self._of_account(account))

    def chosen(self, known: Credentials) -> list[Account]:
        """Raises UserError for an account the credentials file does not have."""
        for one in self.only:
            known.account(*one)
        return [one for one in known.accounts if not self.only or one in self.only]

    # -- accounts ------------------------------------------------------------------------------------------------

    def publisher(self, account: Account) -> Publisher:
        """Opened once, and compared with the configured account. Raises PublishError, UserError."""
        if self._accounts is None:
            self._accounts = Accounts(
                self.credentials_file,
                self.environment,
                lambda: self.ledger.database,
                self.policy,
                self.clock,
                "doctor",
            )
        if account not in self._open:
            self._open[account] = self._accounts(*account, unguarded, unheard)
        return self._open[account]

    def _of_account(self, account: Account) -> Iterator[Problem]:
        yield from self._on_hold(account)
        try:
            publisher = self.publisher(account)
            found = publisher.whoami()
            yield Problem("doctor.account", {"name": found.name, "id": found.remote_id}, Severity.NOTE)
        except (PublishError, UserError) as error:
            yield Problem(error.code, error.values)
            return
        yield from _told(lambda: publisher.condition(self.clock.now()))
        yield from _told(lambda: self._token(account))
        yield from _told(lambda: self._quotas(publisher))
        yield from _told(lambda: self._refused(account, publisher))
        yield from _told(lambda: self._proof(account, publisher))
        yield from self._orphans(account, publisher)

    def _on_hold(self, account: Account) -> Iterator[Problem]:
        for hold in holds(self.ledger_file):
            if hold.value == "/".join(account):
                severity = Severity.WARNING if hold.until else Severity.ERROR
                values = {**hold.why, "cause": hold.reason, "since": hold.since}
                yield Problem("doctor.on-hold", values, severity)

    def _token(self, account: Account) -> Iterator[Problem]:
        life = UNUSED_LIFE.get(account[0])
        renewed = renewed_at(self.ledger.database, *account) if life else None
        if life is not None and renewed is not None:
            values = {"renewed": renewed, "end": renewed + life}
            yield Problem("doctor.token", values, ending(renewed + life, self.clock.now()))

    def _quotas(self, publisher: Publisher) -> Iterator[Problem]:
        now = self.clock.now()
        for name, quota in publisher.quotas.items():
            left = self.ledger.left(publisher.quota_owner, name, quota, now)
            values = {"quota": name, "left": max(left, 0), "most": quota.most, "until": quota.ends(now)}
            enough = left >= BEGIN_NEEDS.get(name, 1)
            yield Problem("doctor.quota", values, Severity.NOTE if enough else Severity.WARNING)
        if publisher.rest:
            until = now + timedelta(seconds=publisher.rest)
            yield Problem("publish.rest", {"until": until, "platform": publisher.platform}, Severity.WARNING)

    def _orphans(self, account: Account, publisher: Publisher) -> Iterator[Problem]:
        try:
            seen = orphans.look(publisher, account, self.ledger, self.root, self.clock.now())
        except (PublishError, LedgerError) as error:
            values = {**error.values, "cause": error.code}
            yield Problem("doctor.orphans-unseen", values, Severity.WARNING)
            return
        self.orphans += [(account, one) for one in seen.orphans]
        for one in seen.orphans:
            yield Problem("doctor.orphan", _of_orphan(one), Severity.WARNING, post=one.key)
        if seen.others:
            yield Problem("doctor.hidden", {"count": seen.others}, Severity.NOTE)

    # -- rehearsals ----------------------------------------------------------------------------------------------

    def _proof(self, account: Account, publisher: Publisher) -> Iterator[Problem]:
        """Whether the account has proven its two steps, and what earlier rehearsals may have left there."""
        name = "/".join(account)
        book = Book(self.ledger.database)
        if publisher.unproven:
            verdict, reason, at = book.verdict(name)
            if verdict:
                severity = Severity.NOTE if verdict == WORKS else Severity.ERROR
                yield Problem(f"rehearsal.two-step-{verdict}", {"since": at, "cause": reason}, severity)
            else:
                yield Problem("rehearsal.unproven", {}, Severity.WARNING)
        for one in book.unfinished(name):
            with self._rehearser(account) as rehearser:
                problem = rehearser.left(one)
            if problem is not None:
                yield problem
                self.unfinished += [(account, one)] if problem.severity is not Severity.NOTE else []

    def rehearse(self, account: Account, kind: str) -> Iterator[Problem]:
        """`kind`: hidden or release. What an earlier one left is removed first."""
        with self._rehearser(account) as rehearser:
            for owner, one in self.unfinished:
                if owner == account:
                    yield from _about(account, rehearser.remove(one))
            self.unfinished = [pair for pair in self.unfinished if pair[0] != account]
            yield from _about(account, rehearser.run(kind))

    def working(self, *, unproven: bool) -> list[Account]:
        """The accounts that could be opened; `unproven`: of these, the ones that are to prove their two steps."""
        return [account for account, one in self._open.items() if one.unproven or not unproven]

    @contextmanager
    def _rehearser(self, account: Account) -> Iterator[Rehearser]:
        with TemporaryDirectory() as folder:
            yield Rehearser(
                self.publisher(account),
                "/".join(account),
                Book(self.ledger.database),
                self.policy,
                self.clock,
                Path(folder),
            )

    def clean(self) -> Iterator[Problem]:
        """Remove what `findings` told of: orphans, each read anew just before, and what is left of rehearsals."""
        for account, left in self.unfinished:
            with self._rehearser(account) as rehearser:
                done = [Problem("rehearsal.removed", {"began": left.began_at}, Severity.NOTE)]
                yield from _about(account, rehearser.remove(left) or done)
        for account, one in self.orphans:
            problem = Problem("doctor.cleaned", _of_orphan(one), Severity.NOTE)
            try:
                self.publisher(account).erase(one.hidden)
            except (PublishError, UserError) as error:
                problem = Problem(error.code, error.values)
            yield replace(problem, path="/".join(account), post=one.key)

    def _refused(self, account: Account, publisher: Publisher) -> Iterator[Problem]:
        for campaign in self.loaded.campaigns.values():
            for name, channel in campaign.channels.items():
                if (channel.platform, channel.account) == account:
                    plan = self.loaded.plans[campaign.slug].deliveries
                    own = [one for one in plan if one.channel == name]
                    yield from inquiry.refused(publisher, campaign, name, own)


def _about(account: Account, found: Iterable[Problem]) -> Iterator[Problem]:
    for one in found:
        yield replace(one, path="/".join(account))


def _of_orphan(one: Orphan) -> Mapping[str, Any]:
    hidden = one.hidden
    name = " ".join(hidden.name.split())[:60]
    return {"kind": hidden.kind, "id": hidden.remote_id, "made": hidden.made_at, "name": name, "key": one.key}


def of_disk(free: int) -> Iterator[Problem]:
    """`free`: bytes left where the ledger is kept."""
    severity = Severity.NOTE if free >= SPARE_DISK else Severity.WARNING
    yield Problem(
        "doctor.disk", {"megabytes": free >> 20}, severity if free >= LEAST_DISK else Severity.ERROR
    )


def of_campaigns(loaded: Loaded) -> Iterator[Problem]:
    errors = [one for one in loaded.problems if one.severity is Severity.ERROR]
    if errors:
        yield Problem("doctor.campaigns-bad", {"errors": len(errors)})
    elif not loaded.campaigns:
        yield Problem("doctor.no-campaigns", {}, Severity.WARNING)
    else:
        posts = sum(len(one.posts) for one in loaded.campaigns.values())
        values = {"campaigns": len(loaded.campaigns), "posts": posts}
        yield Problem("doctor.campaigns", values, Severity.NOTE)


def of_ledger(file: Path) -> Iterator[Problem]:
    """Whether it can be read and written, and lies on a disk whose locks can be trusted."""
    values = {"file": str(file)}
    try:
        database = Database(file)
        if not file.exists():
            reachable = file.parent.is_dir() and os.access(file.parent, os.W_OK)
            code = "doctor.ledger-new" if reachable else "ledger.cannot-open"
            yield Problem(code, values, Severity.NOTE if reachable else Severity.ERROR)
            return
        ledger = Ledger.look(file)
        if ledger is None:
            yield Problem("doctor.ledger-older", values, Severity.WARNING)
            return
        ledger.close()
        _try_to_write(database)
    except LedgerError as error:
        yield Problem(error.code, error.values)
        return
    yield Problem("doctor.ledger", values, Severity.NOTE)


def _try_to_write(database: Database) -> None:
    """All that a transaction needs but its end. Raises LedgerError."""
    with suppress(_Undone), database.write() as db:
        db.execute("update ledger set id=id")
        raise _Undone
    database.close()


def holds(file: Path) -> Sequence[Hold]:
    """Of the ledger as it is; none where it cannot be read, which is told elsewhere."""
    with suppress(LedgerError):
        if ledger := Ledger.look(file):
            found = ledger.holds()
            ledger.close()
            return found
    return ()


def of_clock(urls: Collection[str], clock: Clock) -> Iterator[Problem]:
    """Against the platforms' own clocks. Beyond SKEW even look-ups by time would miss what was published."""
    least = timekeeping.off(urls, clock)
    if least is None:
        yield Problem("doctor.clock-unknown", {}, Severity.WARNING)
        return
    seconds = round(least.total_seconds())
    code = "doctor.clock-slow" if seconds > 0 else "doctor.clock-fast"
    if abs(least) <= SLACK:
        yield Problem("doctor.clock", {}, Severity.NOTE)
    else:
        yield Problem(
            code, {"seconds": abs(seconds)}, Severity.ERROR if abs(least) > SKEW else Severity.WARNING
        )


def _told(found: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    """What keeps us from finding out is a finding too."""
    try:
        yield from found()
    except (PublishError, UserError) as error:
        yield Problem(error.code, error.values)
