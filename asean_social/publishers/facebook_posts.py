"""The posts of a Page as its lists show them, and which of them has the content of a message.

Source: https://developers.facebook.com/docs/graph-api/reference/page/feed/ (read 2026-11-23). Lists are ranked, lag behind
what was written, and `feed` holds visitors' posts and unpublished ones as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from asean_social.errors import OutcomeUnknown, Unavailable
from asean_social.publishers.base import Message, Receipt
from asean_social.publishers.facebook_graph import FAULT, PLATFORM, Graph, unclear
from asean_social.text import fold

PAGES_MOST = 60  # of a list; more than a Page publishes in a month
# Posts asked for at once; fewer when Facebook says "reduce the amount of data".
PAGE_SIZES = (25, 12, 6, 5)
FIELDS = "id,message,created_time,permalink_url,is_published,from{id},attachments{media_type,unshimmed_url}"


@dataclass(frozen=True, slots=True)
class Post:
    """One post of a list, as far as it is compared."""

    created: datetime
    receipt: Receipt
    author: str  # id; "" where it is not told
    text: str
    links: frozenset[tuple[str, str, str]]
    media: str  # photo, album, …

    def shows(self, message: Message) -> bool:
        if not self.receipt.public or fold(self.text) != fold(message.text):
            return False
        if message.kind == "link":
            return _bare(message.link) in self.links
        if message.kind == "album":
            return self.media == "album"
        return message.kind == "text" or self.media in ("photo", "album")


class Posts:
    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    def showing(self, message: Message, since: datetime, edge: str = "published_posts") -> list[Receipt]:
        """The public posts with this content made after `since`, each with its time. Raises PublishError."""
        return [
            replace(post.receipt, at=post.created)
            for post in self._made_since(since, edge)
            if post.author in ("", self._page) and post.shows(message)
        ]

    def of_photo(self, photo: str) -> list[Receipt]:
        """The public post that a photo of ours is part of: the photo tells it, before any list does."""
        found = self._graph.look(photo, "page_story_id")
        story = str(found.get("page_story_id") or "") if found else ""
        if not story:
            return []
        return [receipt({"id": story if "_" in story else f"{self._page}_{story}"})]

    def _made_since(self, since: datetime, edge: str) -> Iterator[Post]:
        """The list is ranked, so it ends only after a whole page of older ones."""
        sizes, after = list(PAGE_SIZES), ""
        for _ in range(PAGES_MOST):
            posts, after = _page(self._list(edge, sizes, after))
            fresh = [post for post in posts if post.created >= since]
            yield from fresh
            if not after or (posts and not fresh):
                return
        raise OutcomeUnknown(PLATFORM, "publish.cannot-look-up")

    def _list(self, edge: str, sizes: list[int], after: str) -> Mapping[str, Any]:
        """One page; `sizes` loses the ones that were too large for Facebook."""
        while True:
            try:
                return self._graph.get(f"{self._page}/{edge}", fields=FIELDS, limit=sizes[0], after=after)
            except Unavailable as error:
                if error.code != FAULT or len(sizes) == 1:
                    raise
                sizes.pop(0)


def receipt(post: Mapping[str, Any]) -> Receipt:
    public = post.get("is_published") is not False
    url = urljoin("https://www.facebook.com/", post.get("permalink_url") or post["id"])
    return Receipt(public, post["id"], url, staged=not public)


def _page(answer: Mapping[str, Any]) -> tuple[list[Post], str]:
    """The posts of one page and the cursor of the next, empty after the last. A page may be empty, yet have a next."""
    posts, paging = answer.get("data"), answer.get("paging", {})
    if not isinstance(posts, list):
        raise unclear(visible=False)
    try:
        return [_post(one) for one in posts], paging["cursors"]["after"] if "next" in paging else ""
    except (KeyError, TypeError, ValueError, AttributeError):  # not the shape that was asked for
        raise unclear(visible=False) from None


def _post(one: Mapping[str, Any]) -> Post:
    attached = one.get("attachments", {}).get("data", [])
    return Post(
        created=datetime.fromisoformat(one["created_time"]),
        receipt=receipt(one),
        author=str(one.get("from", {}).get("id", "")),
        text=one.get("message") or "",
        links=frozenset(_bare(part.get("unshimmed_url") or "") for part in attached),
        media=next((str(part.get("media_type", "")) for part in attached), ""),
    )


def _bare(url: str) -> tuple[str, str, str]:
    """What stays of an address when a crawler has followed and tidied it."""
    parts = urlsplit(unquote(url))
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/"), parts.query
