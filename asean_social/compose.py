"""What a post says on one channel: the final text, every option written out, the media with their facts.

The kind follows from the content unless the post says it. What does not fit together is a problem, never a guess;
nothing is cut, and nothing the post holds is left out silently.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from asean_social import article
from asean_social.campaign import Campaign, Channel, Post
from asean_social.drafting import Draft, Part, Ref, filled, running_text
from asean_social.errors import Problem, Severity
from asean_social.media import Facts, Library
from asean_social.publishers.base import After, Media, Message
from asean_social.publishers.limits import FACEBOOK, LONGEST_SHORT, SHORTEST_REEL, is_reel_shaped


def compose(
    campaign: Campaign, post: Post, channel: Channel, library: Library
) -> tuple[Message | None, list[Problem]]:
    """The message of a post on a channel, still without a key; None where a problem stands in its way."""
    draft = Draft(campaign, post, channel, library)
    message = {"facebook": _facebook, "youtube": _youtube, "zalo": article.compose}[channel.platform](draft)
    if any(one.severity is Severity.ERROR for one in draft.problems):
        message = None
    return message, draft.problems


def _fits_reel(video: Facts) -> bool:
    longest = FACEBOOK["reel.seconds"].most
    return is_reel_shaped(video.width, video.height) and SHORTEST_REEL <= video.duration <= longest


def _fits_short(video: Facts) -> bool:
    return 0 < video.width <= video.height and 0 < video.duration <= LONGEST_SHORT


Refs = list[Ref]


def _counts(refs: Refs) -> tuple[int, int]:
    images = sum(facts.kind == "image" for _, _, facts in refs)
    return images, len(refs) - images


# (images, videos) -> whether they make this kind
_MEDIA_OF_KIND: Mapping[str, Callable[[int, int], bool]] = {
    "text": lambda images, videos: images == videos == 0,
    "link": lambda images, videos: images == videos == 0,
    "photo": lambda images, videos: (images, videos) == (1, 0),
    "album": lambda images, videos: images >= 2 and videos == 0,
    "video": lambda images, videos: (images, videos) == (0, 1),
    "reel": lambda images, videos: (images, videos) == (0, 1),
}
# the options of a Facebook post that only some kinds have
_FACEBOOK_OPTIONS: Mapping[str, frozenset[str]] = {
    "title": frozenset({"link", "video", "reel"}),
    "description": frozenset({"link", "video", "reel"}),
    "thumbnail": frozenset({"link", "video"}),
    "targeting": frozenset({"text", "link", "photo", "album", "video"}),
    "place": frozenset({"text", "link", "photo", "album", "reel"}),
}


def _facebook_kind(draft: Draft, refs: Refs, link: str) -> str:
    wanted = draft.post.facebook.kind
    images, videos = _counts(refs)
    kinds = ("link" if link else "text", "photo", "album", "video")
    kind: str | None = wanted or next((one for one in kinds if _MEDIA_OF_KIND[one](images, videos)), None)
    if kind is None:
        draft.report("plan.mixed-media", "media", images=images, videos=videos)
        return ""
    if not _MEDIA_OF_KIND[kind](images, videos) or (kind == "link" and not link):
        draft.report("plan.kind-contradicts", "facebook", "kind", kind=kind, images=images, videos=videos)
    if kind == "video" and wanted is None and _fits_reel(refs[0][2]):
        return "reel"
    return kind


def _facebook(draft: Draft) -> Message | None:
    post, block = draft.post, draft.post.facebook
    refs = draft.refs(block.media)
    link = block.link or post.link or ""
    kind = _facebook_kind(draft, refs, link)
    for name, kinds in _FACEBOOK_OPTIONS.items():
        if getattr(block, name) is not None and kind not in kinds:
            draft.report("plan.option-not-of-kind", "facebook", name, option=name, kind=kind)
    media = [_medium(draft, one) for one in refs]
    text = block.text
    if text is None and kind in ("video", "reel") and block.description is not None:
        text = block.description
    own = kind == "link"
    said = running_text(
        post.text if text is None else text,
        None if own else link,
        post.hashtags if block.hashtags is None else block.hashtags,
    )
    options: dict[str, Any] = {
        "title": block.title,
        "description": block.description if own else None,
        "place": block.place,
        "targeting": block.targeting,
    }
    if thumbnail := draft.picture(block.thumbnail, ("facebook", "thumbnail")):
        options["thumbnail"] = len(media)
        media.append(thumbnail)
    comment = (block.first_comment or "").strip()
    return draft.message(
        kind,
        text=said,
        link=link if own else "",
        media=tuple(one for one in media if one),
        options=filled(options),
        after=(After("first-comment", {"text": comment}),) if comment else (),
    )


def _medium(draft: Draft, one: Ref) -> Media | None:
    ref, at, _ = one
    return draft.media(ref.file, (*at, "file"), ref.alt)


def _youtube(draft: Draft) -> Message | None:
    block = draft.post.youtube
    found = draft.one_video(block.media)
    if found is None:
        return None
    video, refs = found
    if len(refs) > 1:
        draft.report("plan.pictures-not-sent", "media", severity=Severity.NOTE, images=len(refs) - 1)
    short = _fits_short(video[2])
    if block.kind == "short" and not short:
        draft.report("plan.not-a-short", "youtube", "kind")
    kind = block.kind or ("short" if short else "video")
    media = [one for one in [_medium(draft, video)] if one]
    options = _youtube_options(draft)
    if thumbnail := draft.picture(block.thumbnail, ("youtube", "thumbnail")):
        options["thumbnail"] = len(media)
        media.append(thumbnail)
    tracks = list(_captions(draft, video, len(media)))
    named = [(track["language"], track["name"]) for track, _ in tracks]
    if len(set(named)) < len(named):
        draft.report("plan.captions-twice", *video[1], "captions")
    if tracks:
        options["captions"] = [track for track, _ in tracks]
    playlist = block.playlist
    return draft.message(
        kind,
        media=(*media, *(file for _, file in tracks)),
        options=options,
        after=(After("playlist-entry", {"playlist": playlist}),) if playlist else (),
    )


def _youtube_options(draft: Draft) -> dict[str, Any]:
    post, block = draft.post, draft.post.youtube
    text = running_text(post.text, post.link, post.hashtags)
    return {
        "title": draft.title(block.title),
        "description": text if block.description is None else block.description.strip(),
        "tags": list(block.tags),
        "category": block.category,
        "language": block.language or post.lang.partition("+")[0],
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


# `tac.en.vtt`, `tac.zh-Hant.srt`
_LANGUAGE_IN_NAME = re.compile(r"\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)$")


def _captions(draft: Draft, video: Ref, first: int) -> Iterator[tuple[dict[str, Any], Media]]:
    ref, at, _ = video
    for index, one in enumerate(ref.captions):
        part: Part = (*at, "captions", index, "file")
        media = draft.media(one.file, part) if one.file else None
        if media is None:
            continue
        if media.kind != "captions":
            draft.report("plan.not-captions", *part, found=media.path.name)
        language = one.language or _language_of(media.path) or draft.post.lang.partition("+")[0]
        yield {"media": first, "language": language, "name": one.name}, media
        first += 1


def _language_of(path: Path) -> str | None:
    found = _LANGUAGE_IN_NAME.search(path.stem)
    return found[1] if found else None
