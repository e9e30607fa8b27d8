"""What a post says on one channel: the final text, every option written out, the media with their facts.

The kind follows from the content unless the post says it. What does not fit together is a problem, never a guess;
nothing is cut, and nothing the post holds is left out silently.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from asean_social.campaign import Campaign, Channel, Post
from asean_social.errors import Problem, Severity
from asean_social.media import Library, Unusable
from asean_social.publishers.base import Media, Message
from asean_social.shapes import Block, MediaRef, paragraphs
from asean_social.text import fold

Part = tuple[str | int, ...]  # where something stands inside its post


def compose(
    campaign: Campaign, post: Post, channel: Channel, library: Library
) -> tuple[Message | None, list[Problem]]:
    """The message of a post on a channel, still without a key; None where a problem stands in its way."""
    work = _Work(campaign, post, channel, library)
    message = {"facebook": _facebook, "youtube": _youtube, "zalo": _zalo}[channel.platform](work)
    if any(one.severity is Severity.ERROR for one in work.problems):
        message = None
    return message, work.problems


class _Work:
    """One post on its way to one channel, and what was found on the way."""

    def __init__(self, campaign: Campaign, post: Post, channel: Channel, library: Library) -> None:
        self.campaign = campaign
        self.post = post
        self.channel = channel
        self.problems: list[Problem] = []
        self._library = library

    def report(self, code: str, *part: str | int, severity: Severity = Severity.ERROR, **values: Any) -> None:
        problem = self.campaign.problem(
            self.post, code, *part, severity=severity, platform=self.channel.platform, **values
        )
        self.problems.append(replace(problem, post=f"{problem.post}/{self.channel.name}"))

    def message(self, kind: str, **parts: Any) -> Message:
        return Message("", self.channel.platform, self.channel.account, kind, **parts)

    def media(self, ref: MediaRef, part: Part) -> Media | None:
        try:
            facts = self._library.facts(ref.file)
        except Unusable as error:
            self.report(error.code, *part, **error.values)
            return None
        return Media(
            facts.path, facts.kind, facts.mime, facts.size, facts.sha256, ref.alt, facts.width, facts.height
        )

    def all_media(self, own: tuple[MediaRef, ...] | None) -> list[tuple[MediaRef, Media]]:
        """The media of the platform's block, or else of the post."""
        at: Part = ("media",) if own is None else (self.channel.platform, "media")
        refs = self.post.media if own is None else own
        found = ((ref, self.media(ref, (*at, index, "file"))) for index, ref in enumerate(refs))
        return [(ref, media) for ref, media in found if media]

    def title(self, own: str | None) -> str:
        title = own or self.post.title
        if not title:
            self.report("plan.no-title", self.channel.platform)
        return title or ""


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _text(typed: str | None, link: str | None, hashtags: Iterable[str]) -> str:
    """A text with its link and its hashtags below it, each unless the text holds it already."""
    text = (typed or "").strip()
    there = {fold(one) for one in re.findall(r"#\w+", text)}
    missing = " ".join(one for one in hashtags if fold(one) not in there)
    return _joined(text, link if link and link not in text else "", missing)


# (images, videos) -> whether they make this kind
_MEDIA_OF_KIND: Mapping[str, Callable[[int, int], bool]] = {
    "text": lambda images, videos: images == videos == 0,
    "link": lambda images, videos: images == videos == 0,
    "photo": lambda images, videos: (images, videos) == (1, 0),
    "album": lambda images, videos: images >= 2 and videos == 0,
    "video": lambda images, videos: (images, videos) == (0, 1),
    "reel": lambda images, videos: (images, videos) == (0, 1),
}


def _kind(images: int, videos: int, link: str) -> str | None:
    kinds = ("link" if link else "text", "photo", "album", "video")
    return next((one for one in kinds if _MEDIA_OF_KIND[one](images, videos)), None)


def _facebook(work: _Work) -> Message | None:
    post, block = work.post, work.post.facebook
    media = [one for _, one in work.all_media(block.media)]
    images = sum(one.kind == "image" for one in media)
    videos = len(media) - images
    link = block.link or post.link or ""
    kind = block.kind or _kind(images, videos, link)
    if kind is None:
        work.report("plan.mixed-media", "media", images=images, videos=videos)
    elif not _MEDIA_OF_KIND[kind](images, videos) or (kind == "link" and not link):
        work.report("plan.kind-contradicts", "facebook", "kind", kind=kind, images=images, videos=videos)
    own = kind == "link"
    text = _text(
        post.text if block.text is None else block.text,
        None if own else link,
        post.hashtags if block.hashtags is None else block.hashtags,
    )
    options = block.model_dump(
        include={"title", "description", "place", "targeting"}, exclude_none=True, mode="json"
    )
    return work.message(kind or "", text=text, link=link if own else "", media=tuple(media), options=options)


def _youtube(work: _Work) -> Message | None:
    post, block = work.post, work.post.youtube
    found = [one for _, one in work.all_media(block.media)]
    videos = [one for one in found if one.kind == "video"]
    if len(videos) != 1:
        work.report("plan.one-video", "media", videos=len(videos))
    elif len(found) > 1:
        work.report("plan.pictures-not-sent", "media", severity=Severity.NOTE, images=len(found) - 1)
    text = _text(post.text, post.link, post.hashtags)
    language = post.lang.partition("+")[0]
    options = {
        "title": work.title(block.title),
        "description": text if block.description is None else block.description.strip(),
        "tags": list(block.tags),
        "category": block.category,
        "language": block.language or language,
        "audio_language": block.audio_language,
        "made_for_kids": block.made_for_kids,
        "notify_subscribers": block.notify_subscribers,
        "license": block.license,
        "embeddable": block.embeddable,
        "public_stats": block.public_stats,
        "recording_date": block.recording_date.isoformat() if block.recording_date else None,
        "contains_synthetic_media": post.ai_generated,
        "localizations": {name: one.model_dump() for name, one in block.localizations.items()},
        "privacy": "public",
    }
    return work.message(block.kind or "video", media=tuple(videos), options=options)


def _zalo(work: _Work) -> Message | None:
    block = work.post.zalo
    if block.type == "video":
        clips = tuple(one for _, one in work.all_media(block.media))
        return work.message("video", media=clips, options={"title": work.title(block.title)})
    article = _Article(work)
    cover = article.cover()
    body = article.body()
    options: dict[str, Any] = {
        "title": work.title(block.title),
        "summary": (block.summary or "").strip(),
        "author": (block.author or "").strip(),
        "cover": cover,
        "cover_status": block.cover_status,
        "body": body,
        "comment": block.comment,
    }
    for name in ("summary", "author"):
        if not options[name]:
            work.report(f"plan.no-{name}", "zalo")
    if block.tracking_link:
        options["tracking_link"] = block.tracking_link
    return work.message(block.type, media=tuple(article.media), options=options)


class _Article:
    """The pictures of a Zalo article, each once, and the blocks that name them by index; the cover is the first."""

    def __init__(self, work: _Work) -> None:
        self.media: list[Media] = []
        self._work = work
        self._block = work.post.zalo
        self._given = work.all_media(self._block.media)

    def cover(self) -> int:
        if self._block.cover:
            return self._add(self._block.cover, ("zalo", "cover"))
        pictures = [media for _, media in self._given if media.kind == "image"]
        if not pictures:
            self._work.report("plan.no-cover", "zalo")
            return 0
        return self._index(pictures[0])

    def body(self) -> list[dict[str, Any]]:
        """What the post wrote, or its text; then its pictures, unless the post placed pictures itself."""
        blocks = self._block.body
        if blocks is None:
            text = _text(self._work.post.text, self._work.post.link, ())
            return [_paragraph(one) for one in paragraphs(text)] + self._pictures()
        written = [self._written(one, index) for index, one in enumerate(blocks) if one.video is None]
        placed = any(one.text is None for one in blocks)
        return written + ([] if placed else self._pictures())

    def _pictures(self) -> list[dict[str, Any]]:
        shown = []
        for ref, media in self._given:
            if media.kind == "video":
                self._work.report("plan.video-not-in-article", "media", severity=Severity.NOTE)
            elif media.path not in {one.path for one in self.media}:
                shown.append({"type": "image", "media": self._index(media), "caption": ref.caption})
        return shown

    def _written(self, block: Block, index: int) -> dict[str, Any]:
        if block.text is not None:
            return _paragraph(block.text)
        assert block.image is not None
        place = self._add(block.image, ("zalo", "body", index, "image"))
        return {"type": "image", "media": place, "caption": block.caption}

    def _add(self, file: Path, part: Part) -> int:
        refs = (ref for ref, _ in self._given if ref.file == file)
        media = self._work.media(next(refs, MediaRef.model_construct(file=file)), part)
        if media is None:
            return 0
        if media.kind != "image":
            self._work.report("plan.not-a-picture", *part, found=media.mime)
        return self._index(media)

    def _index(self, media: Media) -> int:
        known = [one.path for one in self.media]
        if media.path not in known:
            self.media.append(media)
            return len(known)
        return known.index(media.path)


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}
