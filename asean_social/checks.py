"""Numbered rules over a plan. A rule is a small function; the table of rules is the list of them.

Everything found is a Problem with the code of its rule's finding, at its place in the campaign file.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from asean_social import follow_ups, forecast
from asean_social.campaign import Campaign, Post
from asean_social.drafting import Part
from asean_social.errors import Problem, Severity
from asean_social.film_rules import RULES as FILM_RULES
from asean_social.office import Office
from asean_social.picture_rules import RULES as PICTURE_RULES
from asean_social.plan import Plan, Planned, daily_cap, is_quiet
from asean_social.publishers.limits import BROADCAST_TARGET, PLATFORM_CLOCK, measured
from asean_social.publishers.quotas import YOUTUBE
from asean_social.seen import Limits, Rule, Seen
from asean_social.text import count, fold


def check(
    plan: Plan,
    campaign: Campaign,
    limits: Limits,
    now: datetime,
    office: Office = Office(),  # noqa: B008 -- it is frozen
) -> tuple[Problem, ...]:
    """Every finding of every rule, in the order of the file."""
    seen = Seen(plan, campaign, limits, now, office)
    found = [replace(one, severity=rule.severity) for rule in RULES for one in rule.find(seen)]
    return tuple(sorted(found, key=lambda one: (one.line, one.column)))


def _too_long(seen: Seen) -> Iterator[Problem]:
    for platform in seen.limits:
        for planned, post in seen.messages(platform):
            for field, length, most, _ in measured(planned.message, seen.limits):
                if length > most:
                    part = _part(post, platform, field)
                    code = f"check.{platform}.{field}"
                    yield seen.problem(planned, post, code, *part, count=length, most=most)


def _part(post: Post, platform: str, field: str) -> tuple[str, ...]:
    """Where a field was written: in the platform's block, or in the post itself."""
    if getattr(getattr(post, platform), field, None):
        return (platform, field)
    own = "text" if field == "description" else field
    return (own,) if getattr(post, own, None) else (platform,)


def _localized(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("youtube"):
        for language, texts in planned.message.options["localizations"].items():
            for field in ("title", "description"):
                limit = seen.limits["youtube"][field]
                length = count(texts[field], limit.unit)
                where = ("youtube", "localizations", language, field)
                if length > limit.most:
                    yield seen.problem(
                        planned, post, f"check.youtube.{field}", *where, count=length, most=limit.most
                    )
                if set(texts[field]) & set("<>"):
                    yield seen.problem(planned, post, "check.youtube.angle-brackets", *where)


def _empty(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("facebook"):
        if planned.message.kind == "text" and not planned.message.text:
            yield seen.problem(planned, post, "check.empty-text")
    for planned, post in seen.messages("zalo"):
        if planned.message.kind == "normal" and not planned.message.options["body"]:
            yield seen.problem(planned, post, "check.empty-text")


def _facebook_link(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("facebook"):
        host = (urlsplit(planned.message.link).hostname or "") if planned.message.link else ""
        if re.search(r"(^|\.)(facebook\.com|fb\.com|fb\.me|fb\.watch)$", host):
            part = ("facebook", "link") if post.facebook.link else ("link",)
            yield seen.problem(planned, post, "check.facebook.own-link", *part, found=planned.message.link)


def _angle_brackets(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("youtube"):
        options = planned.message.options
        for field, texts in (
            ("title", [options["title"]]),
            ("description", [options["description"]]),
            ("tags", options["tags"]),
        ):
            if any(set(one) & set("<>") for one in texts):
                yield seen.problem(
                    planned, post, "check.youtube.angle-brackets", *_part(post, "youtube", field)
                )


# Ids that videoCategories.list gives as assignable; the list of a region is fetched by `doctor`.
_CATEGORIES = frozenset(map(str, (1, 2, 10, 15, 17, 19, 20, 22, 23, 24, 25, 26, 27, 28, 29)))
# RFC 5646, as far as YouTube uses it: language, script, region.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def _category(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("youtube"):
        category = planned.message.options["category"]
        if category not in _CATEGORIES:
            fits = ", ".join(sorted(_CATEGORIES, key=int))
            yield seen.problem(
                planned, post, "check.youtube.category", "youtube", "category", found=category, fits=fits
            )


def _languages(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("youtube"):
        options = planned.message.options
        tags: list[tuple[Part, str | None]] = [
            (("language",), options["language"]),
            (("audio_language",), options["audio_language"]),
        ]
        tags += [(("localizations", one), one) for one in options["localizations"]]
        for part, tag in tags:
            if tag and not _LANGUAGE.fullmatch(tag):
                yield seen.problem(planned, post, "check.youtube.language", "youtube", *part, found=tag)


def _zalo_twins(seen: Seen) -> Iterator[Problem]:
    """The title is the only way to find an article again."""
    first: dict[tuple[str, str], Planned] = {}
    for planned, post in seen.deliveries():
        message = planned.message
        if message.platform == "zalo":
            one = first.setdefault((message.account, fold(message.options["title"])), planned)
            if one is not planned:
                part = _part(post, "zalo", "title")
                yield seen.problem(
                    planned,
                    post,
                    "check.zalo.same-title",
                    *part,
                    found=message.options["title"],
                    other=one.key,
                )


def _zalo_brackets(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("zalo"):
        options = planned.message.options
        texts = [one.get("content", "") for one in options.get("body", ())]
        if any(re.search(r"<[a-zA-Z/!]", one) for one in texts):
            part = ("zalo", "body") if post.zalo.body else ("text",)
            yield seen.problem(planned, post, "check.zalo.html", *part)


def _later_campaign(seen: Seen) -> Iterator[Problem]:
    campaign = seen.campaign
    if campaign.approval == "two-level":
        yield campaign.finding("check.not-yet", "approval", what="approval: two-level")


def _platform_clock(seen: Seen) -> Iterator[Problem]:
    for name, channel in seen.campaign.channels.items():
        if channel.clock == "platform" and channel.platform not in PLATFORM_CLOCK:
            fits = ", ".join(sorted(PLATFORM_CLOCK))
            where = ("channels", name, "clock")
            yield seen.campaign.finding("check.no-platform-clock", *where, found=channel.platform, fits=fits)


def _past(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.deliveries():
        if planned.due_at < seen.now:
            part = ("at",) if post.at else ("every",) if post.every else ()
            yield seen.problem(planned, post, "check.past", *part, due=planned.due_at)


def _daily_cap(seen: Seen) -> Iterator[Problem]:
    counts: dict[tuple[str, Any], int] = {}
    for planned, post in seen.deliveries():
        cap = daily_cap(seen.campaign.channels[planned.channel], seen.office)
        day = planned.due_at.astimezone(seen.campaign.timezone).date()
        counts[planned.channel, day] = counts.get((planned.channel, day), 0) + 1
        if cap and counts[planned.channel, day] > cap:
            yield seen.problem(
                planned, post, "check.daily-cap", day=f"{day:%d/%m/%Y}", most=cap, channel=planned.channel
            )


def _quiet(seen: Seen) -> Iterator[Problem]:
    """Free slots keep out of the office's quiet hours by themselves."""
    done: set[tuple[str, str]] = set()
    for planned, post in seen.deliveries():
        clock = planned.due_at.astimezone(seen.campaign.timezone).time()
        window = next((one for one in seen.office.quiet if is_quiet(clock, one)), None)
        if window is not None and (planned.post, planned.slot) not in done:
            done.add((planned.post, planned.slot))
            part = ("at",) if post.at else ("every",)
            between = f"{window.start:%H:%M} – {window.end:%H:%M}"
            yield seen.problem(planned, post, "check.quiet", *part, due=planned.due_at, between=between)


def _author(seen: Seen) -> Iterator[Problem]:
    """Nobody approves what they wrote themselves: so it must be known who wrote it."""
    people = seen.office.people
    if seen.campaign.approval == "none" or not people:
        return
    for post in seen.campaign.posts:
        if post.author and post.author not in people:
            fits = ", ".join(sorted(people))
            yield seen.campaign.problem(post, "check.unknown-author", "author", found=post.author, fits=fits)


def _no_author(seen: Seen) -> Iterator[Problem]:
    if seen.campaign.approval != "none" and seen.office.people:
        for post in seen.campaign.posts:
            if not post.author:
                yield seen.campaign.problem(post, "check.no-author")


def _broadcast_target(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("zalo"):
        for after in planned.message.after:
            for field, most in BROADCAST_TARGET.items():
                codes = str(after.options.get(field) or "0").split(",")
                if any(int(one) > most for one in codes):
                    where = ("zalo", "broadcast", field)
                    code = "check.zalo.broadcast-target"
                    yield seen.problem(
                        planned, post, code, *where, found=after.options[field], fits=f"0 – {most}"
                    )


def _broadcast_articles(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("zalo"):
        count = 1 + len(post.zalo.broadcast.posts) if post.zalo.broadcast else 0
        most = seen.limits["zalo"]["broadcast.articles"].most
        if count > most:
            where = ("zalo", "broadcast", "with")
            yield seen.problem(planned, post, "check.zalo.broadcast-articles", *where, count=count, most=most)


def _broadcast_hour(seen: Seen) -> Iterator[Problem]:
    """A wanted time of arrival that Zalo cannot keep: it looks at a broadcast for half an hour, and keeps hours."""
    for planned, post in seen.deliveries():
        wanted = post.zalo.broadcast.at if planned.message.after and post.zalo.broadcast else None
        if planned.message.platform != "zalo" or wanted is None:
            continue
        where = ("zalo", "broadcast", "at")
        if wanted < planned.due_at + follow_ups.REVIEW:
            minutes = int(follow_ups.REVIEW.total_seconds() / 60)
            yield seen.problem(planned, post, "check.zalo.broadcast-soon", *where, minutes=minutes)
        elif follow_ups.broadcast_hour(wanted, "hold", wanted - follow_ups.REVIEW) is not None:
            yield seen.problem(planned, post, "check.zalo.broadcast-night", *where)


def _youtube_quota(seen: Seen) -> Iterator[Problem]:
    """The runner keeps within the quota: what is beyond it waits for the next day."""
    taken: dict[forecast.Day, Counter[str]] = {}
    for planned, post in seen.deliveries():
        if planned.message.platform == "youtube":
            counts = taken.setdefault(forecast.day_of(planned), Counter())
            counts.update(forecast.cost(planned.message))
            if quota := forecast.too_much(counts):
                day, most = f"{forecast.day_of(planned).day:%d/%m/%Y}", YOUTUBE[quota].most
                code = f"check.youtube.quota-{quota}"
                yield seen.problem(planned, post, code, day=day, most=most, count=counts[quota])


def _clash(seen: Seen) -> Iterator[Problem]:
    """Free slots do not make way for a post with a time of its own: nothing moves when one is added."""
    ordered = sorted(
        seen.deliveries(), key=lambda one: (one[0].message.platform, one[0].message.account, one[0].due_at)
    )
    for (one, _), (other, post) in pairwise(ordered):
        same = (one.channel, one.due_at) == (other.channel, other.due_at)
        if same:
            yield seen.problem(other, post, "check.same-time", other=one.key)


E, W = Severity.ERROR, Severity.WARNING
_META = "https://developers.facebook.com/docs/graph-api/reference/page/feed/"
_ZALO_BROADCAST = "https://developers.zalo.me/docs/official-account/tin-nhan/tin-truyen-thong"
_YOUTUBE = "https://developers.google.com/youtube/v3/docs/videos"
_ZALO = "https://developers.zalo.me/docs/official-account/bai-viet/tao-bai-viet"
_OURS = "what this version can publish"
_OFFICE = "the office's own order"

RULES: tuple[Rule, ...] = (
    *FILM_RULES,
    *PICTURE_RULES,
    Rule("C01", E, "publishers/limits.py", _too_long),
    Rule("C02", E, "publishers/limits.py", _localized),
    Rule("C03", E, _META, _empty),
    Rule("C04", E, _META, _facebook_link),
    Rule("C05", E, _YOUTUBE, _angle_brackets),
    Rule("C06", E, _YOUTUBE, _category),
    Rule("C07", E, _YOUTUBE, _languages),
    Rule("C08", E, _ZALO, _zalo_twins),
    Rule("C09", W, _ZALO, _zalo_brackets),
    Rule("C17", E, _OURS, _later_campaign),
    Rule("C28", E, "https://developers.zalo.me/docs/official-account/bai-viet/tao-bai-viet", _platform_clock),
    Rule("C18", W, _OFFICE, _past),
    Rule("C19", W, _OFFICE, _daily_cap),
    Rule("C20", W, _OFFICE, _clash),
    Rule("C21", W, _OFFICE, _quiet),
    Rule("C27", W, YOUTUBE["uploads"].source, _youtube_quota),
    Rule("C25", E, _OFFICE, _author),
    Rule("C26", W, _OFFICE, _no_author),
    Rule("C22", E, _ZALO_BROADCAST, _broadcast_target),
    Rule("C23", E, _ZALO_BROADCAST, _broadcast_articles),
    Rule("C24", E, _ZALO_BROADCAST, _broadcast_hour),
)
