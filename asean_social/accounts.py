"""From an account's name to a publisher that may be used: secrets, tokens, HTTP, and the check that it is the right one."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from asean_social.clock import Clock
from asean_social.credentials import (
    AnyAccount,
    Credentials,
    FacebookAccount,
    YouTubeAccount,
    ZaloAccount,
    load,
    quota_owner,
)
from asean_social.database import Database
from asean_social.decisions import Policy
from asean_social.errors import AuthFailed, UserError
from asean_social.ledger import Ledger
from asean_social.publishers import registry
from asean_social.publishers.base import Publisher, TokenPair, Tokens
from asean_social.publishers.http import Guard, Progress, Session, Timeouts, unguarded, unheard
from asean_social.tokens import RotatingTokens, StaticToken

_log = logging.getLogger("asean_social")

# Google's access tokens live an hour, its own client replaces them 3 min 45 s before; Zalo's live 25 h and are
# replaced at 20 h of age.
EARLY: Mapping[str, timedelta] = {"youtube": timedelta(seconds=225), "zalo": timedelta(hours=5)}


class Accounts:
    """Opens publishers for one runner. A token is compared with the configured account before anything is sent."""

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str],
        database: Callable[[], Database],
        policy: Policy,
        clock: Clock,
        owner: str,
    ) -> None:
        """`path`: the credentials file. Raises CredentialsError."""
        self._path, self._environment = path, environment
        self._database, self._clock, self._owner = database, clock, owner
        self._lease = timedelta(seconds=policy.lease)
        self._timeouts = timeouts(policy.lease)
        self._verified: set[tuple[str, str, str, str]] = set()
        self._lock = threading.Lock()
        self._read()

    def _read(self) -> None:
        self._seen = self._path.stat().st_mtime_ns if self._path.exists() else 0
        self._read_at = self._clock.now()
        self.credentials = load(self._path, self._environment)

    def _current(self) -> Credentials:
        """The credentials as the file has them now: a new pair of tokens is taken without a restart."""
        with self._lock:
            try:
                if self._path.stat().st_mtime_ns != self._seen:
                    self._read()
            except (OSError, UserError) as error:
                # half-written or gone: what was read before still holds
                _log.warning("credentials were not read again: %s", type(error).__name__)
            return self.credentials

    def __call__(self, platform: str, account: str, guard: Guard, progress: Progress) -> Publisher:
        try:
            configured = self._current().account(platform, account)
        except UserError as error:
            raise AuthFailed(platform, error.code, **_without(error.values, "platform")) from error
        session, tokens = self._session(platform, account, configured, guard, progress)
        publisher = registry.open_publisher(platform, configured, session, tokens)
        publisher.quota_owner = quota_owner(platform, account, configured)
        session.spend = lambda name, amount: self._spend(publisher, name, amount)
        self._identify(publisher, platform, account, configured, tokens)
        return publisher

    def _spend(self, publisher: Publisher, name: str, amount: int) -> None:
        if quota := publisher.quotas.get(name):
            period = quota.period(self._clock.now())
            Ledger(self._database()).spend(publisher.quota_owner, name, period, amount)

    def keep_alive(self, account: tuple[str, str]) -> None:
        """Renew tokens that lay unused for a week. Raises PublishError, CredentialsError."""
        configured = self._current().account(*account)
        _, tokens = self._session(*account, configured, unguarded, unheard)
        if isinstance(tokens, RotatingTokens):
            tokens.keep_alive()

    def _session(
        self, platform: str, account: str, configured: AnyAccount, guard: Guard, progress: Progress
    ) -> tuple[Session, Tokens]:
        session = Session(guard, progress, self._timeouts)
        session.keep_secret(*_secrets(configured))
        return session, self._tokens(platform, account, configured, session)

    def _identify(
        self, publisher: Publisher, platform: str, account: str, configured: AnyAccount, tokens: Tokens
    ) -> None:
        wanted = _remote_id(configured)
        if (platform, account, wanted, tokens.current()) in self._verified:
            return
        found = publisher.whoami()
        if found.remote_id != wanted:
            raise AuthFailed(
                platform,
                "publish.wrong-account",
                account=account,
                found=found.remote_id,
                name=found.name,
                fits=wanted,
            )
        self._verified.add((platform, account, wanted, tokens.current()))

    def _tokens(self, platform: str, name: str, account: AnyAccount, session: Session) -> Tokens:
        if isinstance(account, FacebookAccount):
            return StaticToken(platform, account.access_token.get_secret_value())

        def refresh(refresh_token: str) -> TokenPair:
            session.keep_secret(refresh_token)
            pair = registry.refresh(platform, account, session, refresh_token)
            session.keep_secret(pair.access, pair.refresh)
            return pair

        access = account.access_token.get_secret_value() if isinstance(account, ZaloAccount) else ""
        pasted = (access, account.refresh_token.get_secret_value())
        return RotatingTokens(
            self._database(),
            platform,
            name,
            pasted,
            refresh,
            self._clock,
            self._owner,
            EARLY[platform],
            self._read_at,
            self._lease,
        )


def timeouts(lease: float) -> Timeouts:
    """So that no request outlives its lease (seconds), which begins anew with its first byte and is renewed while more
    than a quarter of it has gone and a file is sent: a last block and the answer fit into the other three.
    """
    usual = Timeouts()
    return Timeouts(min(usual.connect, lease / 4), min(usual.send, lease / 6), min(usual.read, lease / 2))


def _remote_id(account: AnyAccount) -> str:
    match account:
        case FacebookAccount():
            return account.page_id
        case YouTubeAccount():
            return account.channel_id
        case ZaloAccount():
            return account.oa_id


def _secrets(account: AnyAccount) -> list[str]:
    from pydantic import SecretStr

    values = (getattr(account, name) for name in type(account).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
