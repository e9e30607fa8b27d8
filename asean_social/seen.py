"""What a check rule looks at, and what a rule is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from asean_social.campaign import Campaign, Post
from asean_social.drafting import Part
from asean_social.errors import Problem, Severity
from asean_social.office import Office
from asean_social.plan import Plan, Planned
from asean_social.publishers.base import Limit, Media
from asean_social.text import nfc

PLATFORMS = ("facebook", "youtube", "zalo")
Limits = Mapping[str, Mapping[str, Limit]]


@dataclass(frozen=True)
class Seen:
    """What a rule looks at."""

    plan: Plan
    campaign: Campaign
    limits: Limits
    now: datetime
    office: Office

    def messages(self, platform: str) -> Iterator[tuple[Planned, Post]]:
        """One delivery for each post and channel of a platform: the slots of one text carry the same message."""
        done: set[tuple[str, str, int | None]] = set()
        for planned, post in self.deliveries():
            one = (planned.post, planned.channel, planned.variant)
            if planned.message.platform == platform and one not in done:
                done.add(one)
                yield planned, post

    def deliveries(self) -> Iterator[tuple[Planned, Post]]:
        posts = {post.id: post for post in self.campaign.posts}
        for planned in self.plan.deliveries:
            yield planned, posts[planned.post].as_variant(planned.variant)

    def media(
        self, kind: str, platforms: tuple[str, ...] = PLATFORMS
    ) -> Iterator[tuple[Planned, Post, Media, Part]]:
        """Every medium of this kind that is sent, with the place where its post names it first."""
        for platform in platforms:
            for planned, post in self.messages(platform):
                places: dict[str, Part] = {}
                for part, file in files(post, platform):
                    places.setdefault(nfc(str(file)), part)
                for media in planned.message.media:
                    if media.kind == kind:
                        yield planned, post, media, places.get(nfc(str(media.path)), ("media",))

    def problem(self, planned: Planned, post: Post, code: str, *part: str | int, **values: Any) -> Problem:
        found = self.campaign.problem(post, code, *part, **values)
        return replace(found, post=f"{found.post}/{planned.channel}")


@dataclass(frozen=True)
class Rule:
    id: str
    severity: Severity
    source: str  # where the rule comes from
    find: Callable[[Seen], Iterator[Problem]]


def files(post: Post, platform: str) -> Iterator[tuple[Part, Path]]:
    """Every file a post names for a platform, with the place where it does."""
    block = getattr(post, platform)
    refs = post.media if block.media is None else block.media
    at: Part = ("media",) if block.media is None else (platform, "media")
    for index, ref in enumerate(refs):
        yield (*at, index), ref.file
        tracks = ((place, one.file) for place, one in enumerate(ref.captions))
        yield from (((*at, index, "captions", place), file) for place, file in tracks if file)
    for name in ("thumbnail", "fallback_cover", "cover"):
        if file := getattr(block, name, None):
            yield (platform, name), file
    for index, one in enumerate(getattr(block, "body", None) or ()):
        named = (file for file in (one.image, one.video, one.thumb) if file)
        yield from (((platform, "body", index), file) for file in named)
