"""Facebook Pages through the Graph API: text, link, photo and album posts here, videos and reels beside it.

No publishing call has an idempotency key, and an answer can be lost after the post went live
(https://github.com/arsduo/koala/issues/699). Two-step accounts therefore create the post unpublished and then set
`is_published` on its known id, which may be repeated. One-step accounts create it visibly, which may not.

Options of a message: `place` (id of a Page), `targeting` (object), `title`, `description` (of a link's card; the title
of a video or reel), `thumbnail` (index of an image: of a link's card, of a video). After: `first-comment` {text}.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from asean_social.credentials import FacebookAccount
from asean_social.errors import AuthFailed, OutcomeUnknown, Problem, Rejected, Unavailable
from asean_social.publishers import facebook_lists as lists
from asean_social.publishers.base import (
    Account,
    After,
    Hidden,
    Media,
    Message,
    Piece,
    Publisher,
    Receipt,
    Tokens,
    Wait,
    piece,
)
from asean_social.publishers.facebook_clock import Clock
from asean_social.publishers.facebook_errors import (
    COMMENT_REFUSED,
    DUPLICATE,
    PERMISSION,
    PLATFORM,
    Gone,
    unclear,
)
from asean_social.publishers.facebook_graph import Graph
from asean_social.publishers.facebook_health import condition
from asean_social.publishers.facebook_hidden import erase, hidden_posts, hidden_videos
from asean_social.publishers.facebook_posts import Posts, receipt
from asean_social.publishers.facebook_reel import Reels
from asean_social.publishers.facebook_video import Videos, address
from asean_social.publishers.http import Session
from asean_social.publishers.limits import FACEBOOK
from asean_social.text import fold

OPTIONS = frozenset({"title", "description", "place", "targeting", "thumbnail"})
Look = Callable[[], Sequence[Receipt]]


class Facebook(Publisher):
    platform = PLATFORM
    kinds = frozenset({"text", "link", "photo", "album", "video", "reel"})
    follow_ups = frozenset({"first-comment"})
    limits = FACEBOOK

    def __init__(self, account: FacebookAccount, session: Session, tokens: Tokens) -> None:
        self._two_step = account.release == "two-step"
        self.repeatable = self.unproven = self._two_step
        self._page = account.page_id
        self._graph = Graph(account, session, tokens)
        self._posts = Posts(self._graph, self._page)
        self._videos, self._reels = Videos(self._graph, self._page), Reels(self._graph, self._page)
        self.hands_over = self._two_step
        self._clock = Clock(self._graph, self._videos, self._reels)

    def whoami(self) -> Account:
        found = self._graph.get("me", fields="id,name")
        return Account(str(found.get("id", "")), str(found.get("name", "")))

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        """One-step accounts send their media only: their post is created by `release`."""
        self._expect(message)
        if message.kind == "video":
            yield from self._videos.stage(message, pieces, hidden=self._two_step)
        elif message.kind == "reel":
            yield from self._reels.stage(message, pieces)
        else:
            yield from self._stage_post(message, pieces)
        self.rest = self._graph.rest

    def _stage_post(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        known = list(pieces)
        for one in self._missing_photos(message, known):
            known.append(one)
            yield one
        if not self._two_step:
            return
        if piece(known, "post") is None:
            for one in self._assembled(message, known):
                known.append(one)
                yield one
        if self.status(message, known).public:
            # Public notes say that unpublished posts with media may go out at once; a person must know.
            raise Rejected(PLATFORM, "publish.facebook.public-at-once", post=piece(known, "post"))

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        self._expect(message)
        post = piece(pieces, "post")
        if message.kind == "reel":
            yield from self._reels.release(message, pieces)
        elif message.kind == "video" and self._two_step:
            self._videos.release(pieces)
        elif message.kind == "video":
            self._videos.end(message, pieces, hidden=False)
        elif self._two_step:
            self._show(_known(post))
        elif post is None:
            yield Piece("post", self._create(message, pieces, published=True))
        self.rest = self._graph.rest

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        """What `is_published` says; a one-step delivery that was not released is neither staged nor public.

        Whether the post is listed too is not asked: the list lags behind and adds nothing about a known id.
        """
        if message.kind == "video":
            return self._videos.status(pieces, hidden=self._two_step)
        if message.kind == "reel":
            return self._reels.status(pieces)
        post = piece(pieces, "post")
        found = self._graph.look(post, "is_published,permalink_url") if post else None
        if post is None or found is None:
            return Receipt(public=False)
        if not isinstance(found.get("is_published"), bool):
            raise unclear(visible=False)
        return receipt({"id": post, **found})

    def _expect(self, message: Message) -> None:
        if message.kind not in self.kinds or message.options.keys() - OPTIONS:
            text = f"facebook does not know {message.kind} with options {sorted(message.options)}"
            raise TypeError(text)

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        self._expect(message)
        for look in self._looks(message, pieces, since):
            hits = [one for one in look() if one.remote_id not in known]
            if len(hits) > 1:  # nothing is removed: the oldest stays, a person decides about the others
                oldest = min(reversed(hits), key=lambda one: one.at or since)
                raise OutcomeUnknown(PLATFORM, "publish.several-match", count=len(hits), url=oldest.url)
            if hits:
                return hits[0]
        return None

    def _looks(self, message: Message, pieces: Sequence[Piece], since: datetime) -> Iterator[Look]:
        """The ways to find it, the surest first. In one step absence lets it be created again, so that all must agree."""
        if message.kind in ("video", "reel"):
            yield lambda: self._found_films(message, since)
            return
        photo = piece(pieces, "photo:0") if not self._two_step else None
        if photo:
            yield lambda: self._posts.of_photo(photo)
        yield lambda: self._posts.showing(message, since)
        if not self._two_step:
            yield lambda: self._posts.showing(message, since, "feed")

    def _found_films(self, message: Message, since: datetime) -> list[Receipt]:
        """Videos and reels that say the same; reels show in no list of posts."""
        films = self._videos if message.kind == "video" else self._reels
        try:
            found = list(films.find(message, since))
        except Rejected:  # the guide and the reference contradict each other on whether videos can be listed
            if message.kind == "reel":
                raise
            return self._posts.showing(message, since)
        return [
            Receipt(True, str(one["id"]), address(str(one["id"]), one), at=lists.made(one)) for one in found
        ]

    def hand_over(self, message: Message, pieces: Sequence[Piece], at: datetime) -> None:
        self._clock.set(message, pieces, at)
        self.rest = self._graph.rest

    def handed(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        return self._clock.read(message, pieces)

    def take_back(self, message: Message, pieces: Sequence[Piece]) -> bool:
        self._clock.take_back(message, pieces)
        return False

    def discard(self, pieces: Sequence[Piece]) -> None:
        if video := piece(pieces, "video"):
            self._videos.discard(video)
        for reel in {one.value for one in pieces if one.name == "reel"}:
            self._reels.discard(reel)
        posts = [one for one in pieces if one.value and one.name.startswith(("post", "photo:"))]
        for one in sorted(posts, key=lambda one: one.name != "post"):
            self._remove(one)

    def condition(self, now: datetime) -> Iterator[Problem]:
        yield from condition(self._graph, now)
        self.rest = self._graph.rest

    def invisible(self, since: datetime) -> Iterator[Hidden]:
        """Unpublished posts and videos. Unpublished photos are in no list (Facebook drops them itself within a day), and
        an unfinished reel has no content yet.
        """
        yield from hidden_posts(self._graph, self._page, since)
        yield from hidden_videos(self._graph, self._page, since)

    def erase(self, hidden: Hidden) -> None:
        erase(self._graph, hidden)

    def withdraw(self, remote_id: str) -> None:
        self._graph.delete(remote_id)

    def rehearsal(self, marker: str, folder: Path) -> Message | None:
        del folder
        return Message("", PLATFORM, "", "text", marker) if self._two_step else None

    # -- what follows publication

    def follow(self, after: After, remote_id: str) -> str:
        path = f"{self._post_of(remote_id)}/comments"
        with self._comments():
            return self._graph.create(path, visible=True, message=after.options["text"])

    def followed(self, after: After, remote_id: str) -> str | None:
        """The Page's own comment with this text."""
        path, wanted = f"{self._post_of(remote_id)}/comments", fold(after.options["text"])
        fields = {
            "filter": "stream",
            "order": "reverse_chronological",
            "fields": "id,message,created_time,from",
        }
        with self._comments():
            for page in lists.every(self._graph, path, **fields):
                for one in page:
                    author = one.get("from")
                    own = isinstance(author, dict) and str(author.get("id")) == self._page
                    if own and fold(str(one.get("message", ""))) == wanted:
                        return str(one["id"])
        return None

    @contextmanager
    def _comments(self) -> Iterator[None]:
        """Around requests about comments: an app that may not comment may publish posts all the same."""
        try:
            with self._graph.seen():
                yield
        except AuthFailed as refusal:
            if refusal.code != PERMISSION:
                raise
            raise Rejected(PLATFORM, COMMENT_REFUSED, refusal.detail) from None

    def _post_of(self, remote_id: str) -> str:
        """Comments belong to a post; a video tells its own, at times without the Page's part."""
        if "_" in remote_id:
            return remote_id
        post = str(self._graph.known(remote_id, "post_id").get("post_id") or "")
        if not post:
            raise Unavailable(PLATFORM, "publish.facebook.no-post-yet")
        return post if "_" in post else f"{self._page}_{post}"

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
        found = self._graph.look(one.value, shown)
        if found is None:
            return
        if found.get(shown):
            raise Rejected(PLATFORM, "publish.is-public", remote_id=one.value)
        self._graph.delete(one.value)

    def _assembled(self, message: Message, known: list[Piece]) -> Iterator[Piece]:
        """The unpublished post. Where the answer to an earlier one was lost, its photos hang on that and are refused:
        nobody sees it, so they are uploaded once more.
        """
        try:
            post = self._create(message, known, published=False)
        except Rejected as refusal:
            if refusal.code != DUPLICATE or not _photos(message):
                raise
            for number, _ in enumerate(_photos(message)):
                yield Piece(f"photo:{number}", "")
            yield from self._missing_photos(message, known)
            post = self._create(message, known, published=False)
        yield Piece("post", post)

    def _missing_photos(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece]:
        for number, media in enumerate(_photos(message)):
            if not piece(pieces, f"photo:{number}"):
                kept = {"temporary": True} if message.timed else {}  # else dropped before its post is shown
                photo = self._graph.upload(
                    f"{self._page}/photos", media, published=False, alt_text_custom=media.alt, **kept
                )
                yield Piece(f"photo:{number}", photo)

    def _create(self, message: Message, pieces: Sequence[Piece], *, published: bool) -> str:
        photos = [_known(piece(pieces, f"photo:{number}")) for number, _ in enumerate(_photos(message))]
        options = message.options
        fields = {
            "message": message.text,
            "link": message.link if message.kind == "link" else "",
            "attached_media": [{"media_fbid": photo} for photo in photos],
            "name": options.get("title"),
            "description": options.get("description"),
            "place": options.get("place"),
            "targeting": options.get("targeting"),
            "published": published,
        }
        path = f"{self._page}/feed"
        if "thumbnail" not in options:
            return self._graph.create(path, visible=published, **fields)
        picture = message.media[options["thumbnail"]]
        answer = self._graph.send_file(path, "thumbnail", picture, fields, visible=published)
        return str(answer["id"])


def _photos(message: Message) -> Sequence[Media]:
    """The pictures that are the post itself, in their order."""
    return message.media if message.kind in ("photo", "album") else ()


def _known(remote_id: str | None) -> str:
    if remote_id is None:
        text = "released or assembled before it was staged"
        raise ValueError(text)
    return remote_id
