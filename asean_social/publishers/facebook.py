"""Facebook Pages through the Graph API: text, link and photo posts.

No publishing call has an idempotency key, and an answer can be lost after the post went live
(https://github.com/arsduo/koala/issues/699). Two-step accounts therefore create the post unpublished and then set
`is_published` on its known id, which may be repeated. One-step accounts create it visibly, which may not.
`message.options` must be empty for these kinds.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from asean_social.credentials import FacebookAccount
from asean_social.errors import OutcomeUnknown, Rejected, Unavailable
from asean_social.publishers.base import (
    Account,
    Message,
    Piece,
    Publisher,
    Receipt,
    Tokens,
    Wait,
    piece,
)
from asean_social.publishers.facebook_graph import FAULT, PLATFORM, Gone, Graph, unclear
from asean_social.publishers.http import Session
from asean_social.publishers.limits import FACEBOOK
from asean_social.text import fold

# Posts asked for at once; fewer when Facebook says "reduce the amount of data".
_PAGES_MOST = 60  # of the list; more than a Page publishes in a month
_PAGE_SIZES = (25, 12, 6, 5)
_POST_FIELDS = "id,message,created_time,permalink_url,is_published,attachments{media_type,unshimmed_url}"


class Facebook(Publisher):
    platform = PLATFORM
    kinds = frozenset({"text", "link", "photo"})
    limits = FACEBOOK

    def __init__(self, account: FacebookAccount, session: Session, tokens: Tokens) -> None:
        self.repeatable = account.release == "two-step"
        self._page = account.page_id
        self._graph = Graph(account, session, tokens)

    def whoami(self) -> Account:
        found = self._graph.get("me", fields="id,name")
        return Account(str(found.get("id", "")), str(found.get("name", "")))

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        """One-step accounts upload their photos only: their post is created by `release`."""
        _expect(message)
        known = list(pieces)
        for one in self._missing_photos(message, known):
            known.append(one)
            yield one
        if not self.repeatable:
            return
        if piece(known, "post") is None:
            known.append(Piece("post", self._create(message, known, published=False)))
            yield known[-1]
        if self.status(message, known).public:
            # Public notes say that unpublished posts with media may go out at once; a person must know.
            raise Rejected(PLATFORM, "publish.facebook.public-at-once", post=piece(known, "post"))

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        _expect(message)
        post = piece(pieces, "post")
        if self.repeatable:
            self._show(_known(post))
        elif post is None:
            yield Piece("post", self._create(message, pieces, published=True))

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        """What `is_published` says; a one-step delivery that was not released is neither staged nor public.

        Whether the post is listed too is not asked: the list lags behind and adds nothing about a known id.
        """
        del message
        post = piece(pieces, "post")
        found = self._look(post, "is_published,permalink_url") if post else None
        if post is None or found is None:
            return Receipt(public=False)
        if not isinstance(found.get("is_published"), bool):
            raise unclear(visible=False)
        return _receipt({"id": post, **found})

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        del pieces
        posts = self._published(since)
        hits = [post for post in posts if post.receipt.remote_id not in known and post.shows(message)]
        if len(hits) > 1:  # nothing is removed: the oldest stays, a person decides about the others
            oldest = min(reversed(hits), key=lambda post: post.created).receipt
            raise OutcomeUnknown(PLATFORM, "publish.several-match", count=len(hits), url=oldest.url)
        return hits[0].receipt if hits else None

    def discard(self, pieces: Sequence[Piece]) -> None:
        for one in sorted(pieces, key=lambda one: one.name != "post"):
            self._remove(one)

    def _show(self, post: str) -> None:
        try:
            self._graph.update(post, visible=True, is_published=True)
        except Gone as gone:
            # Right after its creation a post may not be seen yet (DayMoonDevelopment/post-for-me#355), later it is
            # gone: the look-up waits and tells.
            raise OutcomeUnknown(PLATFORM, gone.code, gone.detail) from None

    def _remove(self, one: Piece) -> None:
        # A photo has a story once it is public.
        shown = "is_published" if one.name == "post" else "page_story_id"
        found = self._look(one.value, shown)
        if found is None:
            return
        if found.get(shown):
            raise Rejected(PLATFORM, "publish.is-public", remote_id=one.value)
        try:
            self._graph.delete(one.value)
        except Gone:
            return

    def _look(self, remote_id: str, fields: str) -> Mapping[str, Any] | None:
        try:
            return self._graph.get(remote_id, fields=fields)
        except Gone:
            return None

    def _missing_photos(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece]:
        for number, media in enumerate(message.media):
            if piece(pieces, f"photo:{number}") is None:
                photo = self._graph.upload(
                    f"{self._page}/photos", media, published=False, alt_text_custom=media.alt
                )
                yield Piece(f"photo:{number}", photo)

    def _create(self, message: Message, pieces: Sequence[Piece], *, published: bool) -> str:
        photos = [_known(piece(pieces, f"photo:{number}")) for number, _ in enumerate(message.media)]
        return self._graph.create(
            f"{self._page}/feed",
            visible=published,
            message=message.text,
            link=message.link if message.kind == "link" else "",
            attached_media=[{"media_fbid": photo} for photo in photos],
            published=published,
        )

    def _published(self, since: datetime) -> Iterator["_Post"]:
        """The Page's posts made after `since`. The list is ranked, so it ends only after a whole page of older ones."""
        sizes, after = list(_PAGE_SIZES), ""
        for _ in range(_PAGES_MOST):
            posts, after = _page(self._list(sizes, after))
            fresh = [post for post in posts if post.created >= since]
            yield from fresh
            if not after or (posts and not fresh):
                return
        raise OutcomeUnknown(PLATFORM, "publish.cannot-look-up")

    def _list(self, sizes: list[int], after: str) -> Mapping[str, Any]:
        """One page; `sizes` loses the ones that were too large for Facebook."""
        while True:
            try:
                return self._graph.get(
                    f"{self._page}/published_posts", fields=_POST_FIELDS, limit=sizes[0], after=after
                )
            except Unavailable as error:
                if error.code != FAULT or len(sizes) == 1:
                    raise
                sizes.pop(0)


def _expect(message: Message) -> None:
    if message.kind not in Facebook.kinds or message.options:
        text = f"facebook does not know {message.kind} with options {sorted(message.options)}"
        raise TypeError(text)


def _known(remote_id: str | None) -> str:
    if remote_id is None:
        text = "released or assembled before it was staged"
        raise ValueError(text)
    return remote_id


def _receipt(post: Mapping[str, Any]) -> Receipt:
    public = post.get("is_published") is not False
    url = urljoin("https://www.facebook.com/", post.get("permalink_url") or post["id"])
    return Receipt(public, post["id"], url, staged=not public)


@dataclass(frozen=True, slots=True)
class _Post:
    """One post of the list, as far as it is compared."""

    created: datetime
    receipt: Receipt
    text: str
    links: frozenset[tuple[str, str, str]]
    photo: bool

    def shows(self, message: Message) -> bool:
        if not self.receipt.public or fold(self.text) != fold(message.text):
            return False
        if message.kind == "link":
            return _bare(message.link) in self.links
        return self.photo or message.kind == "text"


def _page(answer: Mapping[str, Any]) -> tuple[list[_Post], str]:
    """The posts of one page and the cursor of the next, empty after the last. A page may be empty, yet have a next."""
    posts, paging = answer.get("data"), answer.get("paging", {})
    if not isinstance(posts, list):
        raise unclear(visible=False)
    try:
        return [_post(one) for one in posts], paging["cursors"]["after"] if "next" in paging else ""
    except (KeyError, TypeError, ValueError, AttributeError):  # not the shape that was asked for
        raise unclear(visible=False) from None


def _post(one: Mapping[str, Any]) -> _Post:
    attached = one.get("attachments", {}).get("data", [])
    return _Post(
        created=datetime.fromisoformat(one["created_time"]),
        receipt=_receipt(one),
        text=one.get("message") or "",
        links=frozenset(_bare(part.get("unshimmed_url") or "") for part in attached),
        photo=any(part.get("media_type") in ("photo", "album") for part in attached),
    )


def _bare(url: str) -> tuple[str, str, str]:
    """What stays of an address when a crawler has followed and tidied it."""
    parts = urlsplit(unquote(url))
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/"), parts.query
