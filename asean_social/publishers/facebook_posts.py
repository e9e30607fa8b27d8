"""The posts of a Page as its lists show them, and which of them has the content of a message.

Source: https://developers.facebook.com/docs/graph-api/reference/page/feed/ (read 2026-11-23). `feed` holds visitors' posts
and unpublished ones as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from asean_social.publishers import facebook_lists as lists
from asean_social.publishers.base import Message, Receipt
from asean_social.publishers.facebook_errors import unclear
from asean_social.publishers.facebook_graph import Graph
from asean_social.text import fold

ATTACHED = "attachments{media_type,target{id},unshimmed_url}"
FIELDS = f"id,message,created_time,permalink_url,is_published,from{{id}},{ATTACHED}"


@dataclass(frozen=True, slots=True)
class Post:
    """One post of a list, as far as it is compared; a video's is known by the video's own id."""

    created: datetime
    receipt: Receipt
    author: str  # id; "" where it is not told
    text: str
    links: frozenset[tuple[str, str, str]]
    media: str  # photo, album, video, …

    def shows(self, message: Message) -> bool:
        if not self.receipt.public or fold(self.text) != fold(message.text):
            return False
        if message.kind == "link":
            return _bare(message.link) in self.links
        if message.kind in ("album", "video"):
            return self.media == message.kind
        return message.kind == "text" or self.media in ("photo", "album")


class Posts:
    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    def showing(self, message: Message, since: datetime, edge: str = "published_posts") -> list[Receipt]:
        """The public posts with this content made after `since`, each with its time. Raises PublishError."""
        return [
            replace(post.receipt, at=post.created)
            for post in map(_post, lists.since(self._graph, f"{self._page}/{edge}", since, fields=FIELDS))
            if post.author in ("", self._page) and post.shows(message)
        ]

    def of_photo(self, photo: str) -> list[Receipt]:
        """The public post that a photo of ours is part of: the photo tells it, before any list does."""
        found = self._graph.look(photo, "page_story_id")
        story = str(found.get("page_story_id") or "") if found else ""
        if not story:
            return []
        return [receipt({"id": story if "_" in story else f"{self._page}_{story}"})]


def receipt(post: Mapping[str, Any]) -> Receipt:
    public = post.get("is_published") is not False
    url = urljoin("https://www.facebook.com/", post.get("permalink_url") or post["id"])
    return Receipt(public, post["id"], url, staged=not public)


def _post(one: Mapping[str, Any]) -> Post:
    """Raises Unavailable for what has not the shape that was asked for."""
    try:
        attached = one.get("attachments", {}).get("data", [])
        media = next((str(part.get("media_type", "")) for part in attached), "")
        film = str(attached[0].get("target", {}).get("id", "")) if media == "video" else ""
        shown = receipt(one)
        return Post(
            created=lists.made(one),
            receipt=replace(shown, remote_id=film or shown.remote_id),
            author=str(one.get("from", {}).get("id", "")),
            text=one.get("message") or "",
            links=frozenset(_bare(part.get("unshimmed_url") or "") for part in attached),
            media=media,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise unclear(visible=False) from None


def _bare(url: str) -> tuple[str, str, str]:
    """What stays of an address when a crawler has followed and tidied it."""
    parts = urlsplit(unquote(url))
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/"), parts.query
