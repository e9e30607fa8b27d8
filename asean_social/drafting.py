"""A post on its way to one channel: what every platform's composition needs, and what was found on the way."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from asean_social.campaign import Campaign, Channel, Post
from asean_social.errors import Problem, Severity
from asean_social.media import Facts, Library, Unusable
from asean_social.publishers.base import Media, Message
from asean_social.shapes import MediaRef
from asean_social.text import fold

Part = tuple[str | int, ...]  # where something stands inside its post
Ref = tuple[MediaRef, Part, Facts]  # a medium that the post names, its place, and what it is


class Draft:
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

    # -- media ---------------------------------------------------------------------------------------------------

    def refs(self, own: tuple[MediaRef, ...] | None) -> list[Ref]:
        """The usable media of the platform's block, or else of the post, with their places."""
        at: Part = ("media",) if own is None else (self.channel.platform, "media")
        refs = self.post.media if own is None else own
        found = ((ref, (*at, index)) for index, ref in enumerate(refs))
        return [(ref, at, facts) for ref, at in found if (facts := self.facts(ref.file, (*at, "file")))]

    def one_video(self, own: tuple[MediaRef, ...] | None) -> tuple[Ref, list[Ref]] | None:
        """The video that the whole message is about, and all media; a problem where there is not exactly one."""
        refs = self.refs(own)
        videos = [one for one in refs if one[2].kind == "video"]
        if len(videos) == 1:
            return videos[0], refs
        self.report("plan.one-video", "media", videos=len(videos))
        return None

    def facts(self, file: Path, part: Part) -> Facts | None:
        try:
            return self._library.facts(file)
        except Unusable as error:
            self.report(error.code, *part, **error.values)
            return None

    def media(self, file: Path, part: Part, alt: str = "") -> Media | None:
        """The file as it will be sent: an image may have to be made smaller."""
        try:
            return self._library.media(file, alt or self._alt(file), self.channel.platform)
        except Unusable as error:
            self.report(error.code, *part, **error.values)
            return None

    def _alt(self, file: Path) -> str:
        """A file named by an option is described where the post lists it."""
        block = getattr(self.post, self.channel.platform)
        refs = (*(block.media or ()), *self.post.media)
        return next((ref.alt for ref in refs if ref.file == file), "")

    def picture(self, file: Path | None, part: Part) -> Media | None:
        """A picture named by an option; anything else under that name is an error."""
        if file is None:
            return None
        media = self.media(file, part)
        if media is not None and media.kind != "image":
            self.report("plan.not-a-picture", *part, found=media.mime)
            return None
        return media

    # -- texts ---------------------------------------------------------------------------------------------------

    def title(self, own: str | None) -> str:
        title = own or self.post.title
        if not title:
            self.report("plan.no-title", self.channel.platform)
        return title or ""


def joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def running_text(typed: str | None, link: str | None, hashtags: Iterable[str]) -> str:
    """A text with its link and its hashtags below it, each unless the text holds it already."""
    text = (typed or "").strip()
    there = {fold(one) for one in re.findall(r"#\w+", text)}
    missing = " ".join(one for one in hashtags if fold(one) not in there)
    return joined(text, link if link and link not in text else "", missing)


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing. False and 0 say something."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
