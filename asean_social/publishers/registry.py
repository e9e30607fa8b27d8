"""Which class publishes on which platform. A platform's library is imported when its publisher is first used."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from asean_social.errors import UserError
from asean_social.publishers.base import Publisher, Tokens

if TYPE_CHECKING:
    from asean_social.credentials import AnyAccount
    from asean_social.publishers.http import Session

PUBLISHERS: Mapping[str, str] = {
    "facebook": "asean_social.publishers.facebook:Facebook",
    "youtube": "asean_social.publishers.youtube:YouTube",
    "zalo": "asean_social.publishers.zalo:Zalo",
}


def publisher_class(platform: str) -> type[Publisher]:
    """Raises UserError for a platform we do not publish on."""
    try:
        module, _, name = PUBLISHERS[platform].partition(":")
    except KeyError:
        known = ", ".join(PUBLISHERS)
        raise UserError("publish.unknown-platform", platform=platform, known=known) from None
    return cast("type[Publisher]", getattr(import_module(module), name))


def open_publisher(platform: str, account: "AnyAccount", session: "Session", tokens: Tokens) -> Publisher:
    """The publisher of one account. `account` is of the platform's own table type."""
    create = cast("Callable[..., Publisher]", publisher_class(platform))
    return create(account, session, tokens)
