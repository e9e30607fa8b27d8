"""What a post says on Zalo: an article of blocks with a cover, or a video article; its broadcast."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asean_social.drafting import Draft, Part, Ref, filled, running_text
from asean_social.errors import Severity
from asean_social.publishers.base import After, Media, Message
from asean_social.shapes import Block, paragraphs


def compose(draft: Draft) -> Message | None:
    return _video(draft) if draft.post.zalo.type == "video" else _normal(draft)


def _normal(draft: Draft) -> Message | None:
    block = draft.post.zalo
    parts = _Parts(draft)
    cover = parts.cover()
    options: dict[str, Any] = {
        "title": draft.title(block.title),
        "summary": (block.summary or "").strip(),
        "author": (block.author or "").strip(),
        "cover": cover,
        "cover_status": block.cover_status,
        "body": parts.body(),
        "comment": block.comment,
    }
    for name in ("summary", "author"):
        if not options[name]:
            draft.report(f"plan.no-{name}", "zalo")
    if parts.media and parts.media[cover].kind == "video":
        options["cover_view"] = _view(parts.media[cover])
    fallback = draft.picture(block.fallback_cover, ("zalo", "fallback_cover"))
    if fallback:
        options["fallback_cover"] = parts.index(fallback)
    if block.tracking_link:
        options["tracking_link"] = block.tracking_link
    return draft.message("normal", media=tuple(parts.media), options=options, after=_broadcast(draft))


def _view(cover: Media) -> str:
    if cover.width == cover.height:
        return "square"
    return "horizontal" if cover.width > cover.height else "vertical"


def _video(draft: Draft) -> Message | None:
    block = draft.post.zalo
    found = draft.one_video(block.media)
    if found is None:
        return None
    (ref, at, _), refs = found
    for name in ("body", "fallback_cover", "tracking_link"):
        if getattr(block, name) is not None:
            draft.report("plan.option-not-of-kind", "zalo", name, option=name, kind="video")
    media = [draft.media(ref.file, (*at, "file"), ref.alt)]
    pictures = [one for one in refs if one[2].kind == "image"]
    avatar = draft.picture(block.cover, ("zalo", "cover"))
    if avatar is None and block.cover is None and pictures:
        other, place, _ = pictures[0]
        avatar = draft.picture(other.file, (*place, "file"))
    if avatar is None:
        draft.report("plan.no-avatar", "zalo")
    summary = (block.summary or "").strip()
    if not summary:
        draft.report("plan.no-summary", "zalo")
    options = {
        "title": draft.title(block.title),
        "summary": summary,
        "avatar": 1,
        "comment": block.comment,
    }
    sent = tuple(one for one in (*media, avatar) if one)
    return draft.message("video", media=sent, options=options, after=_broadcast(draft))


def _broadcast(draft: Draft) -> tuple[After, ...]:
    wanted = draft.post.zalo.broadcast
    if wanted is None:
        return ()
    known = {post.id: post for post in draft.campaign.posts}
    for index, post in enumerate(wanted.posts):
        there = known.get(post)
        if there is None or post == draft.post.id or draft.channel.name not in there.channels:
            draft.report("plan.broadcast-of-unknown", "zalo", "broadcast", "with", index, found=post)
    options = {
        "gender": wanted.gender,
        "ages": wanted.ages,
        "locations": wanted.locations,
        "cities": wanted.cities,
        "platform": wanted.platform,
        "at": wanted.at.isoformat() if wanted.at else None,
        "late": wanted.late,
        "with": list(wanted.posts),
    }
    return (After("broadcast", filled(options)),)


class _Parts:
    """The media of an article, each once, and the blocks that name them by index; the cover is the first."""

    def __init__(self, draft: Draft) -> None:
        self.media: list[Media] = []
        self._draft = draft
        self._block = draft.post.zalo
        self._given = draft.refs(self._block.media)

    def cover(self) -> int:
        if self._block.cover:
            media = self._draft.media(self._block.cover, ("zalo", "cover"))
            return self.index(media) if media else 0
        pictures = [one for one in self._given if one[2].kind == "image"]
        if not pictures:
            self._draft.report("plan.no-cover", "zalo")
            return 0
        return self._given_media(pictures[0]) or 0

    def body(self) -> list[dict[str, Any]]:
        """What the post wrote, or its text; then its media, unless the post placed media itself."""
        blocks = self._block.body
        post = self._draft.post
        if blocks is None:
            text = running_text(post.text, post.link, ())
            return [_paragraph(one) for one in paragraphs(text)] + self._shown(videos=True)
        written = [self._written(one, index) for index, one in enumerate(blocks)]
        placed = any(one.text is None for one in blocks)
        return [one for one in written if one] + ([] if placed else self._shown(videos=True))

    def _shown(self, *, videos: bool) -> list[dict[str, Any]]:
        """The media of the post that the article does not show yet, below its text."""
        shown = []
        for one in self._given:
            ref, at, facts = one
            if facts.path in {media.path for media in self.media}:
                continue
            if facts.kind == "video" and videos:
                shown.append(self._film(ref.file, None, ref.caption, at))
            elif facts.kind == "image":
                place = self._given_media(one)
                shown.append(
                    {"type": "image", "media": place, "caption": ref.caption} if place is not None else None
                )
        return [one for one in shown if one]

    def _written(self, block: Block, index: int) -> dict[str, Any] | None:
        at: Part = ("zalo", "body", index)
        if block.text is not None:
            return _paragraph(block.text)
        if block.video is not None:
            return self._film(block.video, block.thumb, block.caption, at)
        assert block.image is not None
        media = self._draft.media(block.image, (*at, "image"))
        if media is None:
            return None
        if media.kind != "image":
            self._draft.report("plan.not-a-picture", *at, "image", found=media.mime)
        return {"type": "image", "media": self.index(media), "caption": block.caption}

    def _film(self, file: Path, thumb: Path | None, caption: str, at: Part) -> dict[str, Any] | None:
        """A video block; its still is the one the post names, or the cover."""
        media = self._draft.media(file, at)
        if media is None:
            return None
        if media.kind != "video":
            self._draft.report("plan.not-a-video", *at, found=media.mime)
            return None
        still = self._draft.picture(thumb, (*at, "thumb"))
        place = self.index(media)
        if still is None and not (self.media and self.media[0].kind == "image"):
            self._draft.report("plan.video-without-still", *at)
        block = {"type": "video", "media": place, "thumb": self.index(still) if still else 0}
        if caption:  # Zalo takes none on a video
            self._draft.report("plan.caption-on-video", *at, severity=Severity.WARNING)
        return block

    def _given_media(self, one: Ref) -> int | None:
        ref, at, _ = one
        media = self._draft.media(ref.file, (*at, "file"), ref.alt)
        return self.index(media) if media else None

    def index(self, media: Media) -> int:
        """Its place among the media of the message; a file is sent once, whatever it is used for."""
        known: Sequence[Path] = [one.path for one in self.media]
        if media.path not in known:
            self.media.append(media)
            return len(known)
        return known.index(media.path)


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}
