"""From a campaign to the deliveries it asks for: posts by channels by slots. Pure, but for the media it reads.

A slot is a name that outlives its time: `1` of a post with one time or none, the item's id in a list of times, the
local date in a series. So a changed time moves a delivery and never makes a second one.

Posts without a time take the channel's `slots` of each day, from the campaign's first day on. Which pillar a slot
belongs to follows from `mix` alone, and the n-th such post of a pillar takes that pillar's n-th slot. Hence a post's
slot depends only on the posts above it in its own pillar's list: what is added below, in another pillar, or with a
time of its own, moves nothing.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from types import MappingProxyType

from croniter import croniter

from asean_social.campaign import Campaign, Channel, Post
from asean_social.compose import compose
from asean_social.errors import Problem, Severity
from asean_social.media import Library
from asean_social.office import Office, Quiet
from asean_social.publishers.base import Media, Message
from asean_social.shapes import Every
from asean_social.taxonomy import Pillar

MOST_OF_A_SERIES = 2_000  # daily for five years; more is a rule gone wrong


@dataclass(frozen=True, slots=True)
class Planned:
    key: str  # campaign/post/channel/slot
    campaign: str
    post: str
    pillar: str
    theme: str
    channel: str
    slot: str
    due_at: datetime  # UTC
    grace_seconds: int | None  # None: the runner's own
    message: Message
    digest: str  # of all that the public will see, and where; not of the time
    approval_needed: bool
    clock: str  # own | platform
    position: tuple[str, int, int]  # file, line, column
    title: str  # for lists
    author: str | None
    variant: int | None = None  # which of the texts of its series
    chosen: tuple[str, Mapping[str, object]] = ("", MappingProxyType({}))  # code and values: why this time


@dataclass(frozen=True, slots=True)
class Plan:
    deliveries: tuple[Planned, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    at: datetime  # UTC
    variant: int | None = None
    chosen: tuple[str, Mapping[str, object]] = ("", MappingProxyType({}))


Slots = Sequence[Slot]


def plan(campaign: Campaign, library: Library, office: Office = Office()) -> Plan:  # noqa: B008 -- it is frozen
    deliveries: list[Planned] = []
    problems: list[Problem] = []
    free = _Free(campaign, office)
    for post in campaign.posts:
        own = None if not (post.at or post.every) else _own_slots(campaign, post, problems)
        for name in post.channels:
            slots = free.take(post, name, problems) if own is None else own
            deliveries += _of_channel(campaign, post, name, slots, library, problems)
    return Plan(tuple(deliveries), _once(problems))


def _of_channel(
    campaign: Campaign, post: Post, name: str, slots: Slots, library: Library, problems: list[Problem]
) -> Iterator[Planned]:
    """The deliveries of one post on one channel; each text of a series is composed once."""
    texts = len(post.every.texts) if post.every else 0
    for variant in range(texts) if texts else (None,):
        said = post.as_variant(variant)
        message, found = compose(campaign, said, campaign.channels[name], library)
        problems += found
        if message:
            mine = [slot for slot in slots if slot.variant == variant]
            yield from _deliveries(campaign, said, name, message, mine)


def _deliveries(
    campaign: Campaign, post: Post, channel: str, message: Message, slots: Slots
) -> Iterator[Planned]:
    digest = digest_of(message)
    line, column = campaign.document.position(post.steps)
    grace = campaign.grace if post.grace is None else post.grace
    for slot in slots:
        key = f"{campaign.slug}/{post.id}/{channel}/{slot.name}"
        yield Planned(
            key=key,
            campaign=campaign.slug,
            post=post.id,
            pillar=post.pillar,
            theme=post.theme,
            channel=channel,
            slot=slot.name,
            due_at=slot.at,
            grace_seconds=grace,
            message=replace(message, key=key),
            digest=digest,
            approval_needed=campaign.approval != "none",
            clock=campaign.channels[channel].clock,
            position=(campaign.file, line, column),
            title=_title(post, message),
            author=post.author,
            variant=slot.variant,
            chosen=slot.chosen,
        )


def digest_of(message: Message) -> str:
    """SHA-256 over what will be seen and where. All text in it is NFC already."""
    said = {
        "platform": message.platform,
        "account": message.account,
        "kind": message.kind,
        "text": message.text,
        "link": message.link,
        "options": dict(message.options),
        "media": [_seen(one) for one in message.media],
    }
    if message.after:
        said["after"] = [{"kind": one.kind, "options": dict(one.options)} for one in message.after]
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _seen(media: Media) -> dict[str, str]:
    recipe = {"recipe": media.recipe} if media.recipe else {}
    return {"sha256": media.sha256, "alt": media.alt, **recipe}


def _title(post: Post, message: Message) -> str:
    first_line = message.text.partition("\n")[0]
    return str(post.title or message.options.get("title") or first_line or post.id)


def _once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """A file missing on three channels is one finding, of the post."""
    found: dict[tuple[str, int, int], Problem] = {}
    for one in problems:
        place = (one.code, one.line, one.column)
        shared = place in found and found[place].post != one.post
        found[place] = replace(one, post="/".join(one.post.split("/")[:2])) if shared else one
    return tuple(found.values())


def _own_slots(campaign: Campaign, post: Post, problems: list[Problem]) -> Slots:
    if not post.every:
        return [Slot(moment.id, moment.at) for moment in post.at]
    slots = _series(campaign, post.every)
    if not slots:
        problems.append(campaign.problem(post, "plan.empty-series", "every"))
    if len(slots) > MOST_OF_A_SERIES:
        problems.append(campaign.problem(post, "plan.too-often", "every", most=MOST_OF_A_SERIES))
    unused = len(post.every.texts) - len(slots)
    if slots and unused > 0:
        where = ("every", "texts")
        problems.append(
            campaign.problem(post, "plan.texts-unused", *where, severity=Severity.WARNING, count=unused)
        )
    return slots[:MOST_OF_A_SERIES]


def _series(campaign: Campaign, every: Every) -> list[Slot]:
    """Local dates as names; a second time on one day is `2027-02-24-2`."""
    last = min(campaign.end, every.until or campaign.end)
    begin = datetime.combine(campaign.start, time()) - timedelta(minutes=1)
    texts = len(every.texts)
    most = texts if texts and not every.repeat else MOST_OF_A_SERIES + 1
    found: list[Slot] = []
    day, nth = date.min, 1
    for local in croniter(every.cron, begin, ret_type=datetime, max_years_between_matches=5).all_next():
        if local.date() > last or len(found) == most:
            break
        nth = nth + 1 if local.date() == day else 1
        day = local.date()
        name = day.isoformat() if nth == 1 else f"{day.isoformat()}-{nth}"
        at = local.replace(tzinfo=campaign.timezone).astimezone(UTC)
        variant = len(found) % texts if texts else None
        found.append(Slot(name, at, variant, _why_in_series(len(found), variant, texts)))
    return found


def _why_in_series(nth: int, variant: int | None, texts: int) -> tuple[str, Mapping[str, object]]:
    if variant is None:
        return "chosen.series", {"nth": nth + 1}
    return "chosen.series-text", {"nth": nth + 1, "text": variant + 1, "texts": texts}


@dataclass(frozen=True, slots=True)
class _Turn:
    at: datetime
    number: int  # of the pillar's turns on this channel, from 1


class _Free:
    """Deals the free slots of each channel out to the pillars, and each pillar's to its posts in order.

    Slots in the office's quiet hours, and those beyond a day's cap, are dealt to nobody.
    """

    def __init__(self, campaign: Campaign, office: Office) -> None:
        self._campaign = campaign
        self._office = office
        self._shares = _shares(campaign.mix)
        self._slots: dict[str, Mapping[str, Iterator[_Turn]]] = {}

    def take(self, post: Post, channel: str, problems: list[Problem]) -> Slots:
        """The next slot of the post's pillar on the channel, or a problem."""
        if channel not in self._campaign.slots:
            problems.append(self._campaign.problem(post, "plan.no-slots", channel=channel))
            return ()
        if not self._shares.get(post.pillar):
            problems.append(self._campaign.problem(post, "plan.no-share", pillar=post.pillar))
            return ()
        if channel not in self._slots:
            self._slots[channel] = self._dealt(channel)
        turn = next(self._slots[channel][post.pillar], None)
        if turn is None:
            problems.append(self._campaign.problem(post, "plan.no-free-slot", channel=channel))
            return ()
        percent = round(100 * self._shares[post.pillar] / sum(self._shares.values()))
        why = {"nth": turn.number, "pillar": post.pillar, "percent": percent, "channel": channel}
        return [Slot("1", turn.at, chosen=("chosen.free-slot", why))]

    def _dealt(self, channel: str) -> Mapping[str, Iterator[_Turn]]:
        hands: dict[str, list[_Turn]] = {pillar: [] for pillar in self._shares}
        moments = free_moments(self._campaign, channel, self._office)
        for pillar, at in zip(_turns(self._shares), moments, strict=False):
            hands[pillar].append(_Turn(at, len(hands[pillar]) + 1))
        return {pillar: iter(hand) for pillar, hand in hands.items()}


def free_moments(campaign: Campaign, channel: str, office: Office) -> Iterator[datetime]:
    """The channel's slots of every day, in UTC, but for those in quiet hours and beyond the day's cap."""
    free = [one for one in campaign.slots[channel] if not any(is_quiet(one, q) for q in office.quiet)]
    cap = daily_cap(campaign.channels[channel], office)
    for days in range((campaign.end - campaign.start).days + 1):
        for clock in free[:cap]:
            local = datetime.combine(campaign.start + timedelta(days), clock, campaign.timezone)
            yield local.astimezone(UTC)


def is_quiet(clock: time, quiet: Quiet) -> bool:
    """Whether a time of the day lies in a window, which may go past midnight; its end is outside."""
    if quiet.start <= quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def daily_cap(channel: Channel, office: Office) -> int | None:
    """The most posts a day on a channel: the campaign's cap or the office's, whichever is less."""
    caps = (channel.daily_cap, office.daily_caps.get(f"{channel.platform}/{channel.account}"))
    return min((cap for cap in caps if cap), default=None)


def _shares(mix: Mapping[str, float]) -> Mapping[str, Fraction]:
    if not any(mix.values()):
        return {pillar.value: Fraction(1) for pillar in Pillar}
    return {pillar.value: Fraction(mix.get(pillar, 0)) for pillar in Pillar}


def _turns(shares: Mapping[str, Fraction]) -> Iterator[str]:
    """Pillars without end, each as often as its share and as evenly spread as can be: the one most behind comes next."""
    total = sum(shares.values())
    behind = dict.fromkeys(shares, Fraction(0))
    while True:
        for pillar, share in shares.items():
            behind[pillar] += share
        turn = max(behind, key=lambda pillar: behind[pillar])
        behind[turn] -= total
        yield turn
