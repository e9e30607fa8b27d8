"""Broadcasts of articles to followers: accepted at once, reviewed for about half an hour, never shown by any call.

Sources: https://github.com/zaloplatform (Zalo's own SDKs), https://developers.zalo.me/docs/official-account. Not
idempotent: each accepted request is a broadcast of its own.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asean_social.sandbox.contract import contract
from asean_social.sandbox.world import World
from asean_social.sandbox.zalo_articles import Article, Press
from asean_social.sandbox.zalo_calendar import hour_of, month_of
from asean_social.sandbox.zalo_rules import check_value, invalid, refuse
from asean_social.sandbox.zalo_settings import Settings

FIRST_HOUR, CLOSED_HOUR = 6, 22  # 06:00 to 21:59
OPERATION = "broadcast"


@dataclass(slots=True)
class Broadcast:
    message_id: str
    oa: str
    target: dict[str, str]
    articles: list[str]
    sent: float
    due: float
    delivered: float | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "message_id": self.message_id,
            "target": self.target,
            "articles": self.articles,
            "sent_at": self.sent,
            "delivered_at": self.delivered,
        }


class Broadcasts:
    def __init__(self, world: World, press: Press, settings: Settings) -> None:
        self._world, self._press, self._settings = world, press, settings
        self._sent: list[Broadcast] = []

    def clear(self) -> None:
        self._sent.clear()

    def send(self, oa: str, value: Mapping[str, Any]) -> str:
        """The id of the message. Every reason to refuse comes first."""
        if self._settings.messages_shut:
            raise refuse(-240)
        if not self._settings.verified:
            raise refuse(-221)
        _check(value)
        articles = self._articles(oa, value)
        now = self._world.now()
        if not FIRST_HOUR <= hour_of(now) < CLOSED_HOUR:
            raise refuse(-234, "Message can not be sent from 22:00 to 06:00")
        month = [one for one in self._sent if one.oa == oa and month_of(one.sent) == month_of(now)]
        if len(month) >= self._settings.broadcasts:
            raise refuse(-211, "Out of quota")
        target = dict(value["recipient"]["target"])
        made = Broadcast(
            secrets.token_hex(10),
            oa,
            target,
            [one.id for one in articles],
            now,
            now + self._settings.review_seconds,
        )
        self._sent.append(made)
        self._world.event("zalo", "broadcast", made.message_id, articles=made.articles)
        return made.message_id

    def _articles(self, oa: str, value: Mapping[str, Any]) -> list[Article]:
        """They exist, and everybody can see them."""
        elements = value["message"]["attachment"]["payload"]["elements"]
        found = [self._press.articles.get(one["attachment_id"]) for one in elements]
        good = [one for one in found if one is not None and one.oa == oa and one.is_public]
        if len(good) < len(elements):
            raise invalid("attachment_id")
        return good

    def settle(self) -> None:
        for one in self._sent:
            if one.delivered is None and one.due <= self._world.now():
                one.delivered = one.due
                self._world.event("zalo", "delivered", one.message_id, at=one.due, articles=one.articles)

    def shown(self, article: str = "") -> list[dict[str, Any]]:
        """All broadcasts, or those of one article; oldest first."""
        return [one.shown() for one in self._sent if article in ("", *one.articles)]


def _check(value: Mapping[str, Any]) -> None:
    known = contract("zalo")["endpoints"][OPERATION]["params"]
    given: dict[str, list[Any]] = {}
    _gather(value, "", given)
    for name in given:
        if name not in known and not any(one.startswith((f"{name}.", f"{name}[]")) for one in known):
            raise invalid(name)
    for name, described in known.items():
        worths = given.get(name, [])
        if described["required"] is True and not worths:
            raise invalid(name)
        for worth in worths:
            check_value(name, worth, described)
    elements = given["message.attachment.payload.elements"][0]
    for needed in ("media_type", "attachment_id"):
        if any(needed not in one for one in elements):
            raise invalid(needed)


def _gather(value: Any, prefix: str, found: dict[str, list[Any]]) -> None:
    """Every name with all its values: `a.b`, and `a[].b` for what stands in a list."""
    if prefix:
        found.setdefault(prefix, []).append(value)
    if isinstance(value, dict):
        for name, worth in value.items():
            _gather(worth, f"{prefix}.{name}" if prefix else name, found)
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                for name, worth in one.items():
                    _gather(worth, f"{prefix}[].{name}", found)
