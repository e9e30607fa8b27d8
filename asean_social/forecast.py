"""How much of a platform's daily allowance a plan will use. An estimate: how often a video is looked at is not known before.

Only YouTube counts what we can count with; Zalo's packages are told by the office (`broadcasts_per_month`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from asean_social.decisions import Policy
from asean_social.plan import Planned
from asean_social.publishers.base import Message
from asean_social.publishers.quotas import YOUTUBE, YOUTUBE_COSTS

LOOKS = 15  # at one video: while it is processed, before and after its release
AHEAD = timedelta(seconds=Policy().stage_ahead)


@dataclass(frozen=True, slots=True)
class Day:
    """One period of an account's quotas, in the quotas' own time zone."""

    account: str
    day: date


def cost(message: Message) -> Mapping[str, int]:
    """By name of a quota, what publishing a message to YouTube takes."""
    methods = ["videos.insert", "videos.update", *["videos.list"] * LOOKS]
    if "thumbnail" in message.options:
        methods.append("thumbnails.set")
    if captions := message.options.get("captions"):
        methods += ["captions.list", *["captions.insert"] * len(captions)]
    for after in message.after:
        if after.kind == "playlist-entry":
            methods += ["playlistItems.list", "playlistItems.insert"]
    taken: Counter[str] = Counter()
    for method in methods:
        quota, amount = YOUTUBE_COSTS[method]
        taken[quota] += amount
    return taken


def day_of(one: Planned) -> Day:
    """The day on which it is uploaded; only its release, one cheap request, may fall on the next."""
    return Day(one.message.account, YOUTUBE["uploads"].period(one.due_at - AHEAD))


def of(deliveries: Iterable[Planned]) -> dict[Day, Counter[str]]:
    """What is taken on each day on which something is uploaded, days in order."""
    days: dict[Day, Counter[str]] = {}
    for one in sorted(deliveries, key=lambda one: one.due_at):
        if one.message.platform == "youtube":
            days.setdefault(day_of(one), Counter()).update(cost(one.message))
    return days


def too_much(taken: Mapping[str, int]) -> str:
    """The name of a quota that does not suffice; "" where all do."""
    return next((name for name, quota in YOUTUBE.items() if taken.get(name, 0) > quota.most), "")
