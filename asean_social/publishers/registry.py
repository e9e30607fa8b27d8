"""Which class publishes on which platform. A platform's library is imported when its publisher is first used."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from asean_social.errors import UserError
from asean_social.publishers.base import Publisher, TokenPair, Tokens

if TYPE_CHECKING:
    from asean_social.credentials import AnyAccount
    from asean_social.publishers.http import Session

PUBLISHERS: Mapping[str, str] = {
    "facebook": "asean_social.publishers.facebook:Facebook",
    "youtube": "asean_social.publishers.youtube:YouTube",
    "zalo": "asean_social.publishers.zalo:Zalo",
}

REFRESH: Mapping[str, str] = {
    "youtube": "asean_social.publishers.google:refresh",
    "zalo": "asean_social.publishers.zalo:refresh",
}


def publisher_class(platform: str) -> type[Publisher]:
    """Raises UserError for a platform we do not publish on."""
    if platform not in PUBLISHERS:
        raise UserError("publish.unknown-platform", platform=platform, known=", ".join(PUBLISHERS))
    return cast("type[Publisher]", _load(PUBLISHERS[platform]))


def _load(place: str) -> object:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def open_publisher(platform: str, account: "AnyAccount", session: "Session", tokens: Tokens) -> Publisher:
    """The publisher of one account. `account` is of the platform's own table type."""
    create = cast("Callable[..., Publisher]", publisher_class(platform))
    return create(account, session, tokens)


def refresh(platform: str, account: "AnyAccount", session: "Session", refresh_token: str) -> TokenPair:
    """The next access token of an account whose tokens rotate. Raises PublishError."""
    call = cast("Callable[..., TokenPair]", _load(REFRESH[platform]))
    return call(account, session, refresh_token)
