"""From an account's name to a publisher that may be used: secrets, tokens, HTTP, and the check that it is the right one."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from asean_social.clock import Clock
from asean_social.credentials import AnyAccount, Credentials, FacebookAccount, YouTubeAccount, ZaloAccount
from asean_social.database import Database
from asean_social.decisions import Policy
from asean_social.errors import AuthFailed, UserError
from asean_social.publishers import registry
from asean_social.publishers.base import Publisher, TokenPair, Tokens
from asean_social.publishers.http import Guard, Progress, Session
from asean_social.tokens import RotatingTokens, StaticToken

# Google's access tokens live an hour, its own client replaces them 3 min 45 s before; Zalo's live 25 h and are
# replaced at 20 h of age.
EARLY: Mapping[str, timedelta] = {"youtube": timedelta(seconds=225), "zalo": timedelta(hours=5)}


class Accounts:
    """Opens publishers for one runner. A token is compared with the configured account before anything is sent."""

    def __init__(
        self, credentials: Credentials, database: Database, policy: Policy, clock: Clock, owner: str
    ) -> None:
        self._credentials, self._database, self._clock, self._owner = credentials, database, clock, owner
        self._timeout = (min(10.0, policy.lease / 4), min(60.0, policy.lease / 2))
        self._verified: set[tuple[str, str, str]] = set()

    def require(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Raises CredentialsError for the first account that is not configured."""
        for platform, name in wanted:
            self._credentials.account(platform, name)

    def __call__(self, platform: str, account: str, guard: Guard, progress: Progress) -> Publisher:
        try:
            configured = self._credentials.account(platform, account)
        except UserError as error:
            raise AuthFailed(platform, error.code, **_without(error.values, "platform")) from error
        session = Session(guard, progress, self._timeout)
        session.keep_secret(*_secrets(configured))
        tokens = self._tokens(platform, account, configured, session)
        publisher = registry.open_publisher(platform, configured, session, tokens)
        self._identify(publisher, platform, account, configured, tokens)
        return publisher

    def keep_alive(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Renew tokens that lay unused for a week. Raises PublishError for the first that could not be."""
        for platform, name in wanted:
            configured = self._credentials.account(platform, name)
            session = Session(timeout=self._timeout)
            session.keep_secret(*_secrets(configured))
            tokens = self._tokens(platform, name, configured, session)
            if isinstance(tokens, RotatingTokens):
                tokens.keep_alive()

    def _identify(
        self, publisher: Publisher, platform: str, account: str, configured: AnyAccount, tokens: Tokens
    ) -> None:
        seen = (platform, account, tokens.current())
        if seen in self._verified:
            return
        found, wanted = publisher.whoami(), _remote_id(configured)
        if found.remote_id != wanted:
            raise AuthFailed(
                platform,
                "publish.wrong-account",
                account=account,
                found=found.remote_id,
                name=found.name,
                fits=wanted,
            )
        self._verified.add((platform, account, tokens.current()))

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
            self._database, platform, name, pasted, refresh, self._clock, self._owner, EARLY[platform]
        )


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
