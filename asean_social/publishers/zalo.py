"""Zalo Official Account: articles, staged hidden and released by one update.

Options of a `normal` message, all written out by the plan: `title`, `summary`, `author`, `cover` (index into the
message's media), `cover_status` and `comment` ("show" or "hide"), `body` (a list of `{"type": "text", "content"}` and
`{"type": "image", "media": index, "caption"}`), and `tracking_link` where there is one.

A body may hold `{"type": "video", "media": index, "thumb": index}`, a cover may be a video (then `cover_view` says its
shape), and `fallback_cover` is the image to show where Zalo refuses the cover. Options of a `video` message: `title`,
`summary`, `avatar` (index of an image), `comment`; its first medium is the video. After: `broadcast` {gender, ages,
locations, cities, platform, articles}.

Pieces: `video-token:N` and `video:N` (an upload, and the video it became), `fallback` (its cover was refused), `media:N` (public address of a picture), `create-token` and `update-token` (Zalo works on articles in the
background and gives the article's id for such a token, once done; "" after the token has come to its end), `article`.
"""

import hashlib
import math
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import requests

from asean_social.credentials import ZaloAccount
from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, RateLimited, Rejected, Unavailable
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import (
    Account,
    After,
    Media,
    Message,
    Piece,
    Publisher,
    Receipt,
    TokenPair,
    Tokens,
    Wait,
    piece,
)
from asean_social.publishers.http import BLOCK, Session, transport_error
from asean_social.publishers.limits import ZALO
from asean_social.publishers.quotas import Quota
from asean_social.publishers.store import Store, public_name
from asean_social.publishers.zalo_parts import Known, article, cover_of, media_of
from asean_social.publishers.zalo_wire import PLATFORM
from asean_social.text import fold

PAGE = 10  # `getslice` refuses more
LINK_PAGES = 3  # how far back the public address of an article is looked for
SKEW = timedelta(minutes=2)  # between Zalo's clock and ours
POLL = 3.0  # seconds; an article with a picture is ready after up to 24
TOKEN_LIFE = 90_000.0  # seconds; the documented 25 hours, where an answer does not say

HOME = "Asia/Ho_Chi_Minh"
READY, FAILED = 1, frozenset({2, 4, 5})  # of a video: locked, failed, deleted
TARGET = ("gender", "ages", "locations", "cities", "platform")  # of a broadcast
KEEP = timedelta(days=7)  # how long a picture stays reachable

Turn = Generator[Piece | Wait, None, bool]  # returns whether the work is done


class Zalo(Publisher):
    platform = PLATFORM
    kinds = frozenset({"normal", "video"})
    follow_ups = frozenset({"broadcast"})
    limits = ZALO

    def __init__(self, account: ZaloAccount, session: Session, tokens: Tokens) -> None:
        self._account = account
        self._session = session
        self._tokens = tokens
        if account.broadcasts_per_month is not None:
            day = account.package_day
            self.quotas = {
                "broadcasts": Quota(account.broadcasts_per_month, HOME, monthly=True, first_day=day)
            }

    def whoami(self) -> Account:
        found = self._call(wire.WHO)
        return Account(str(found.get("oaid") or found["oa_id"]), str(found.get("name", "")))

    # -- stage

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        known = _known(pieces)
        if known.get("article") and self._detail(known["article"]) is None:  # a person removed it
            yield from _keep(known, "article", "")
            yield from _keep(known, "create-token", "")
        if not known.get("article") and not (yield from self._make(message, known)):
            return
        detail = self._detail(known["article"])
        if detail is None or not _complete(detail, message):
            raise Unavailable(PLATFORM, "zalo.incomplete")
        if self._visibility(known["article"], detail, message.kind) == "show":
            raise Rejected(PLATFORM, "zalo.public-at-once")

    def _make(self, message: Message, known: Known) -> Turn:
        if known.get("create-token"):
            # A lost create leaves at most a hidden article, so the next one is made without looking for it.
            with suppress(wire.JobLost):
                return (yield from self._finish(known, "create-token"))
        if not (yield from self._send_videos(message, known)):
            return False
        yield from self._show_pictures(message, known)
        made = self._call(wire.CREATE, **article(message, known, "hide"))
        yield from _keep(known, "create-token", str(made["token"]))
        try:
            return (yield from self._finish(known, "create-token"))
        except Rejected as refusal:
            yield from self._after_refusal(message, known, refusal)
            return False

    def _after_refusal(self, message: Message, known: Known, refusal: Rejected) -> Iterator[Piece | Wait]:
        """A refused cover makes way for the declared one; else a person is told what Zalo would not take."""
        if refusal.code != "zalo.image-failed":
            raise refusal
        if "fallback_cover" in message.options and not known.get("fallback"):
            yield from _keep(known, "fallback", "used")
            yield Wait(0, "zalo.fallback-cover")
            return
        cover = message.media[cover_of(message, known)]
        host = urlsplit(known.get(f"media:{cover_of(message, known)}", "")).hostname or "–"
        values = {"file": cover.path.name, "size": cover.size, "host": host}
        raise Rejected(PLATFORM, "zalo.image-failed", refusal.detail, **values) from refusal

    def _send_videos(self, message: Message, known: Known) -> Turn:
        for index in media_of(message, known, "video"):
            if known.get(f"video:{index}"):
                continue
            if not known.get(f"video-token:{index}"):
                made = self._call(wire.PREPARE, file=message.media[index])
                yield from _keep(known, f"video-token:{index}", str(made["token"]))
            if not (yield from self._converted(index, message.media[index], known)):
                return False
        return True

    def _converted(self, index: int, media: Media, known: Known) -> Turn:
        """Ask after one video; the status counts, as its id may be told before it can be used."""
        name = f"video-token:{index}"
        try:
            found = self._call(wire.VIDEO, token=known[name])
        except wire.JobLost:
            yield from _keep(known, name, "")  # sent again; Zalo keeps tokens for about an hour
            raise
        status = int(wire.number(found.get("status"), 0))
        if status == READY and found.get("video_id"):
            yield from _keep(known, f"video:{index}", str(found["video_id"]))
            return True
        if status in FAILED:
            yield from _keep(known, name, "")
            told = str(found.get("status_message", ""))
            raise Rejected(PLATFORM, "zalo.video-failed", told, file=media.path.name)
        yield Wait(POLL, "zalo.converting")
        return False

    def _finish(self, known: Known, token: str) -> Turn:
        """Ask after the work behind a token. One that has come to its end is forgotten: Zalo keeps none for ever."""
        try:
            found = self._call(wire.VERIFY, token=known[token])
        except wire.Working as working:
            yield Wait(POLL, working.code)
            return False
        except (wire.JobLost, Rejected):
            yield from _keep(known, token, "")
            raise
        except Unavailable as error:
            if error.code == wire.TOO_OFTEN:  # there is no article, and will be none of this token
                yield from _keep(known, token, "")
            raise
        yield from _keep(known, "article", str(found.get("id") or found["article_id"]))
        return True

    def _show_pictures(self, message: Message, known: Known) -> Iterator[Piece]:
        """Each picture behind a public address, proven anew before each create: the store keeps them a week only."""
        if self._account.media is None:
            raise Rejected(PLATFORM, "zalo.no-media-store")
        store = Store(self._account.media)
        for index in media_of(message, known, "image"):
            media = message.media[index]
            url = store.put(public_name(media.sha256, media.mime), media.path)
            self._prove(url, media)
            yield from _keep(known, f"media:{index}", url)

    def _prove(self, url: str, media: Media) -> None:
        try:
            with self._session.get(url, stream=True) as response:
                status, found = response.status_code, _digest(response, media.size)
        except requests.RequestException as error:
            reason = transport_error(PLATFORM, error, self._session, visible=False).detail
            raise Unavailable(PLATFORM, "store.no-answer", reason, url=url) from error
        if status >= 500:
            raise Unavailable(PLATFORM, "store.no-answer", f"HTTP {status}", url=url)
        if status != 200:
            raise Rejected(PLATFORM, "store.not-public", f"HTTP {status}", url=url, file=media.path.name)
        if found != media.sha256:
            raise Rejected(PLATFORM, "store.differs", url=url, file=media.path.name)

    # -- release

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        known = _known(pieces)
        if known.get("update-token") and not (yield from self._finish_update(known)):
            return
        if self._shown(known, message.kind) == "show":
            return
        made = self._call(wire.UPDATE, id=known["article"], **article(message, known, "show"))
        yield from _keep(known, "update-token", str(made["token"]))
        yield from self._finish_update(known)

    def _finish_update(self, known: Known) -> Turn:
        with suppress(wire.JobLost):  # whether it came through is then asked of the article itself
            if not (yield from self._finish(known, "update-token")):
                return False
            yield from _keep(known, "update-token", "")
        return True

    def _shown(self, known: Known, kind: str) -> str:
        detail = self._detail(known["article"]) if known.get("article") else None
        if detail is None:
            raise Rejected(PLATFORM, "zalo.article-gone")
        return self._visibility(known["article"], detail, kind)

    # -- look

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        name = piece(pieces, "article")
        detail = self._detail(name) if name else None
        if not name or detail is None:
            return Receipt(public=False)
        if self._visibility(name, detail, message.kind) == "hide":
            return Receipt(public=False, remote_id=name, staged=True)
        fallback = "zalo.fallback-cover-used" if piece(pieces, "fallback") else ""
        differs = fallback if _same(detail, message) else "zalo.differs"
        return Receipt(public=True, remote_id=name, url=self._address(name, message.kind), differs=differs)

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        """By its title: all that the list tells of an article's content."""
        del pieces
        title, found = fold(message.options["title"]), {}
        oldest = (since - SKEW).timestamp() * 1000
        for page in self._pages(message.kind):
            young = [row for row in page if wire.number(row.get("create_date"), math.inf) >= oldest]
            for row in young:
                same = fold(str(row.get("title", ""))) == title and row.get("status") != "hide"
                if same and str(row["id"]) not in known:
                    found[str(row["id"])] = str(row.get("link_view") or "")
            if not young:
                break
        if len(found) > 1:
            raise OutcomeUnknown(PLATFORM, "zalo.twins", title=message.options["title"], count=len(found))
        for name, url in found.items():
            return Receipt(public=True, remote_id=name, url=url)
        return None

    def _pages(self, kind: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        """All articles of the account, newest first, a page at a time."""
        offset, total = 0, math.inf
        while offset < total:
            # The type is asked for in plain parameters; the `data={…}` of other requests is refused here.
            found = self._call(wire.SLICE, offset=offset, limit=PAGE, type=kind)
            rows = [row for row in found["medias"] if isinstance(row, dict) and row.get("id")]
            if not rows:
                return
            yield rows
            offset, total = offset + PAGE, wire.number(found.get("total"), math.inf)

    def _detail(self, article: str) -> Mapping[str, Any] | None:
        try:
            return self._call(wire.DETAIL, id=article)
        except wire.Gone:
            return None

    def _visibility(self, name: str, detail: Mapping[str, Any], kind: str = "") -> str:
        """`show` or `hide`. The list tells it too, where the article itself does not: a video's tells of its film."""
        told = detail.get("status")
        if told not in ("show", "hide"):
            told = self._listed(name, kind).get("status")
        if told not in ("show", "hide"):
            raise Unavailable(PLATFORM, "zalo.unclear", f"status: {told}")
        return str(told)

    def _address(self, name: str, kind: str) -> str:
        with suppress(PublishError):  # that it is public is known already; its address is a courtesy
            return str(self._listed(name, kind).get("link_view") or "")
        return ""

    def _listed(self, name: str, kind: str) -> Mapping[str, Any]:
        for one in [kind] if kind else sorted(self.kinds):
            for page in islice(self._pages(one), LINK_PAGES):
                for row in page:
                    if str(row["id"]) == name:
                        return row
        return {}

    # -- what follows publication

    def follow(self, after: After, remote_id: str) -> str:
        """Zalo has no key, no list and no status of broadcasts: a lost answer is never asked for again."""
        del remote_id  # it is the first of the articles
        options = after.options
        target = {name: options[name] for name in TARGET if options.get(name)}
        elements = [{"media_type": "article", "attachment_id": one} for one in options["articles"]]
        payload = {"template_type": "media", "elements": elements}
        self._session.spend("broadcasts", 1)
        made = self._call(
            wire.BROADCAST,
            recipient={"target": target},
            message={"attachment": {"type": "template", "payload": payload}},
        )
        return str(made["message_id"])

    def followed(self, after: After, remote_id: str) -> str | None:
        del after, remote_id
        raise OutcomeUnknown(PLATFORM, "zalo.broadcast-unknown")

    def tidy(self, now: datetime) -> None:
        """Pictures are needed until Zalo has fetched them, and a while more."""
        if self._account.media is not None:
            Store(self._account.media).prune(now - KEEP)

    # -- discard

    def discard(self, pieces: Sequence[Piece]) -> None:
        known = _known(pieces)
        if known.get("create-token") and not known.get("article"):
            with suppress(wire.JobLost, Rejected):  # then nothing came of it
                found = self._call(wire.VERIFY, token=known["create-token"])
                known["article"] = str(found.get("id") or found["article_id"])
        if known.get("article"):
            self._remove(known["article"])

    def _remove(self, article: str) -> None:
        detail = self._detail(article)
        if detail is None:
            return
        if self._visibility(article, detail) == "show":
            raise Rejected(PLATFORM, "zalo.already-public")
        with suppress(wire.Gone):
            self._call(wire.REMOVE, id=article)

    # -- one request

    def _call(self, call: wire.Call, file: Media | None = None, **sent: Any) -> dict[str, Any]:
        """The data of the answer. A request refused for its token was not carried out, so it may be sent again."""
        token = self._tokens.current()
        try:
            return wire.send(self._account.api_url, self._session, token, call, sent, file)
        except wire.TokenRefused:
            token = self._tokens.renew(token)
            return wire.send(self._account.api_url, self._session, token, call, sent, file)


def refresh(account: ZaloAccount, session: Session, refresh_token: str) -> TokenPair:
    """The next pair; this refresh token dies with the answer.

    Raises OutcomeUnknown when the answer was lost (the same token may be tried once more), Unavailable when Zalo can
    be asked again later, AuthFailed when a person must connect the account anew.
    """
    secret = account.secret_key.get_secret_value()
    session.keep_secret(refresh_token, secret)
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "app_id": account.app_id}
    try:
        response = session.post(
            f"{account.oauth_url}/v4/oa/access_token", data=form, headers={"secret_key": secret}
        )
    except requests.RequestException as error:
        raise transport_error(PLATFORM, error, session, visible=True) from error
    answer = wire.as_object(response)
    access, following = answer.get("access_token"), answer.get("refresh_token")
    if isinstance(access, str) and isinstance(following, str) and access and following:
        session.keep_secret(access, following)
        return TokenPair(access, following, wire.number(answer.get("expires_in"), TOKEN_LIFE))
    raise _refresh_refusal(response.status_code, answer, session)


def _refresh_refusal(status: int, answer: Mapping[str, Any], session: Session) -> PublishError:
    """The host of tokens names its fields in another way, and may send no number at all."""
    words = [answer[name] for name in ("error", "error_name", "error_description") if answer.get(name)]
    detail = session.scrub(": ".join(str(word) for word in words))
    if wire.number(answer.get("error"), 0) == -32:
        return RateLimited(PLATFORM, "zalo.too-many-requests", detail, wire.MINUTE)
    if status >= 500:
        return Unavailable(PLATFORM, "zalo.unclear", detail or f"HTTP {status}")
    if not answer:
        return OutcomeUnknown(PLATFORM, "zalo.unclear", f"HTTP {status}")
    return AuthFailed(PLATFORM, "zalo.reconnect", detail)


def _digest(response: requests.Response, size: int) -> str:
    """SHA-256 of the answer, of no more than shows that it is another file."""
    digest, left = hashlib.sha256(), size
    for block in response.iter_content(BLOCK):
        digest.update(block)
        left -= len(block)
        if left < 0:
            break
    return digest.hexdigest()


def _known(pieces: Sequence[Piece]) -> Known:
    return {one.name: one.value for one in pieces}


def _keep(known: Known, name: str, value: str) -> Iterator[Piece]:
    """A piece for the caller to store, unless it is the same already."""
    if known.get(name, "") != value:
        known[name] = value
        yield Piece(name, value)


def _complete(detail: Mapping[str, Any], message: Message) -> bool:
    """Whether Zalo has the whole article, as far as it tells."""
    body = detail.get("body")
    blocks = message.options.get("body")
    return _same(detail, message) and (
        blocks is None or not isinstance(body, list) or len(body) == len(blocks)
    )


def _same(detail: Mapping[str, Any], message: Message) -> bool:
    pairs = (("title", "title"), ("description", "summary"), ("comment", "comment"))
    return all(
        fold(str(detail[theirs])) == fold(message.options[ours])
        for theirs, ours in pairs
        if detail.get(theirs) is not None
    )
