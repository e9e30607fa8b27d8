"""Numbered rules over a plan. A rule is a small function; the table of rules is the list of them.

Everything found is a Problem with the code of its rule's finding, at its place in the campaign file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asean_social.campaign import Campaign, Post
from asean_social.compose import Part
from asean_social.errors import Problem, Severity
from asean_social.plan import Plan, Planned
from asean_social.publishers.base import Limit, Media
from asean_social.publishers.limits import PICTURES, measured
from asean_social.text import count, fold, nfc

Limits = Mapping[str, Mapping[str, Limit]]


@dataclass(frozen=True)
class Seen:
    """What a rule looks at."""

    plan: Plan
    campaign: Campaign
    limits: Limits
    now: datetime

    def messages(self, platform: str) -> Iterator[tuple[Planned, Post]]:
        """One delivery for each post and channel of a platform: its slots carry the same message."""
        done: set[tuple[str, str]] = set()
        for planned, post in self.deliveries():
            if planned.message.platform == platform and (planned.post, planned.channel) not in done:
                done.add((planned.post, planned.channel))
                yield planned, post

    def deliveries(self) -> Iterator[tuple[Planned, Post]]:
        posts = {post.id: post for post in self.campaign.posts}
        for planned in self.plan.deliveries:
            yield planned, posts[planned.post]

    def problem(self, planned: Planned, post: Post, code: str, *part: str | int, **values: Any) -> Problem:
        found = self.campaign.problem(post, code, *part, **values)
        return replace(found, post=f"{found.post}/{planned.channel}")


@dataclass(frozen=True)
class Rule:
    id: str
    severity: Severity
    source: str  # where the rule comes from
    find: Callable[[Seen], Iterator[Problem]]


def check(plan: Plan, campaign: Campaign, limits: Limits, now: datetime) -> tuple[Problem, ...]:
    """Every finding of every rule, in the order of the file."""
    seen = Seen(plan, campaign, limits, now)
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


def _alt(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in _pictures(seen):
        if planned.message.platform == "facebook" and not media.alt.strip():
            yield seen.problem(planned, post, "check.no-alt", *part, found=media.path.name)


def _pictures(seen: Seen) -> Iterator[tuple[Planned, Post, Media, Part]]:
    """Every picture that is sent, with the place where the post names it."""
    for platform in PICTURES:
        for planned, post in seen.messages(platform):
            named = {nfc(file.name): part for part, file in _files(post, platform)}
            for media in planned.message.media:
                if media.kind == "image":
                    yield planned, post, media, named[nfc(media.path.name)]


def _files(post: Post, platform: str) -> Iterator[tuple[Part, Path]]:
    block = getattr(post, platform)
    refs = post.media if block.media is None else block.media
    at: Part = ("media",) if block.media is None else (platform, "media")
    for index, ref in enumerate(refs):
        yield (*at, index), ref.file
    if platform == "zalo":
        for index, one in enumerate(block.body or ()):
            if one.image:
                yield ("zalo", "body", index), one.image
        if block.cover:
            yield ("zalo", "cover"), block.cover


def _picture_format(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in _pictures(seen):
        platform = planned.message.platform
        if media.mime not in PICTURES[platform]:
            fits = ", ".join(sorted(one.removeprefix("image/") for one in PICTURES[platform]))
            yield seen.problem(
                planned, post, f"check.{platform}.format", *part, found=media.path.name, fits=fits
            )


def _picture_size(seen: Seen) -> Iterator[Problem]:
    fields = {"facebook": "photo.size", "zalo": "image.size"}
    for planned, post, media, part in _pictures(seen):
        platform = planned.message.platform
        most = seen.limits[platform][fields[platform]].most
        if media.size > most:
            yield seen.problem(
                planned,
                post,
                f"check.{platform}.size",
                *part,
                found=media.path.name,
                count=media.size,
                most=most,
            )


def _picture_risk(seen: Seen) -> Iterator[Problem]:
    safe, most = (seen.limits["zalo"][one].most for one in ("image.safe-size", "image.size"))
    for planned, post, media, part in _pictures(seen):
        if planned.message.platform == "zalo" and safe < media.size <= most:
            yield seen.problem(
                planned,
                post,
                "check.zalo.risky-size",
                *part,
                found=media.path.name,
                count=media.size,
                most=safe,
            )


LATER = {  # what may be written already, and is published by a later version
    "facebook": ("first_comment", "thumbnail", "place", "targeting", "title", "description"),
    "youtube": ("playlist", "thumbnail"),
    "zalo": ("broadcast",),
}
_KINDS = {"facebook": {"text", "link", "photo"}, "youtube": {"video"}, "zalo": {"normal"}}


def _later_kinds(seen: Seen) -> Iterator[Problem]:
    for platform, kinds in _KINDS.items():
        for planned, post in seen.messages(platform):
            if planned.message.kind not in kinds:
                yield seen.problem(
                    planned, post, "check.not-yet", platform, what=f"{platform} {planned.message.kind}"
                )


def _later_options(seen: Seen) -> Iterator[Problem]:
    for platform, names in LATER.items():
        for planned, post in seen.messages(platform):
            block = getattr(post, platform)
            for name in names:
                if getattr(block, name) is not None:
                    yield seen.problem(
                        planned, post, "check.not-yet", platform, name, what=f"{platform}.{name}"
                    )


def _later_parts(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.messages("zalo"):
        for index, block in enumerate(post.zalo.body or ()):
            if block.video:
                yield seen.problem(planned, post, "check.not-yet", "zalo", "body", index, what="video")
    for planned, post in seen.messages("youtube"):
        at = ("media",) if post.youtube.media is None else ("youtube", "media")
        for index, ref in enumerate(post.media if post.youtube.media is None else post.youtube.media):
            if ref.captions not in (None, "burned-in"):
                yield seen.problem(planned, post, "check.not-yet", *at, index, "captions", what="captions")


def _later_campaign(seen: Seen) -> Iterator[Problem]:
    campaign = seen.campaign
    if campaign.approval == "two-level":
        yield campaign.finding("check.not-yet", "approval", what="approval: two-level")
    for name, channel in campaign.channels.items():
        if channel.clock == "platform":
            yield campaign.finding("check.not-yet", "channels", name, "clock", what="clock: platform")


def _past(seen: Seen) -> Iterator[Problem]:
    for planned, post in seen.deliveries():
        if planned.due_at < seen.now:
            part = ("at",) if post.at else ("every",) if post.every else ()
            yield seen.problem(planned, post, "check.past", *part, due=planned.due_at)


def _daily_cap(seen: Seen) -> Iterator[Problem]:
    counts: dict[tuple[str, Any], int] = {}
    for planned, post in seen.deliveries():
        cap = seen.campaign.channels[planned.channel].daily_cap
        day = planned.due_at.astimezone(seen.campaign.timezone).date()
        counts[planned.channel, day] = counts.get((planned.channel, day), 0) + 1
        if cap and counts[planned.channel, day] > cap:
            yield seen.problem(
                planned, post, "check.daily-cap", day=f"{day:%d/%m/%Y}", most=cap, channel=planned.channel
            )


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
_YOUTUBE = "https://developers.google.com/youtube/v3/docs/videos"
_ZALO = "https://developers.zalo.me/docs/official-account/bai-viet/tao-bai-viet"
_OURS = "what this version can publish"
_OFFICE = "the office's own order"

RULES: tuple[Rule, ...] = (
    Rule("C01", E, "publishers/limits.py", _too_long),
    Rule("C02", E, "publishers/limits.py", _localized),
    Rule("C03", E, _META, _empty),
    Rule("C04", E, _META, _facebook_link),
    Rule("C05", E, _YOUTUBE, _angle_brackets),
    Rule("C06", E, _YOUTUBE, _category),
    Rule("C07", E, _YOUTUBE, _languages),
    Rule("C08", E, _ZALO, _zalo_twins),
    Rule("C09", W, _ZALO, _zalo_brackets),
    Rule("C10", W, "https://www.w3.org/TR/WCAG22/#non-text-content", _alt),
    Rule("C11", E, "publishers/limits.py", _picture_format),
    Rule("C12", E, "publishers/limits.py", _picture_size),
    Rule("C13", W, "publishers/limits.py", _picture_risk),
    Rule("C14", E, _OURS, _later_kinds),
    Rule("C15", E, _OURS, _later_options),
    Rule("C16", E, _OURS, _later_parts),
    Rule("C17", E, _OURS, _later_campaign),
    Rule("C18", W, _OFFICE, _past),
    Rule("C19", W, _OFFICE, _daily_cap),
    Rule("C20", W, _OFFICE, _clash),
)
