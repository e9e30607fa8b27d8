"""Zalo Official Account: articles, staged hidden and released by one update.

Options of a `normal` message, all written out by the plan: `title`, `summary`, `author`, `cover` (index into the
message's media), `cover_status` and `comment` ("show" or "hide"), `body` (a list of `{"type": "text", "content"}` and
`{"type": "image", "media": index, "caption"}`), and `tracking_link` where there is one.

Pieces: `media:N` (public address of a picture), `create-token` and `update-token` (Zalo works on articles in the
background and gives the article's id for such a token, once done; "" after the token has come to its end), `article`.
"""

import hashlib
import math
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import requests

from asean_social.credentials import ZaloAccount
from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, RateLimited, Rejected, Unavailable
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import (
    Account,
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
from asean_social.publishers.store import Store, public_name
from asean_social.publishers.zalo_wire import PLATFORM
from asean_social.text import fold

PAGE = 10  # `getslice` refuses more
LINK_PAGES = 3  # how far back the public address of an article is looked for
SKEW = timedelta(minutes=2)  # between Zalo's clock and ours
POLL = 3.0  # seconds; an article with a picture is ready after up to 24
TOKEN_LIFE = 90_000.0  # seconds; the documented 25 hours, where an answer does not say

Known = dict[str, str]  # newest value of each piece
Turn = Generator[Piece | Wait, None, bool]  # returns whether the work is done


class Zalo(Publisher):
    platform = PLATFORM
    kinds = frozenset({"normal"})
    limits = ZALO

    def __init__(self, account: ZaloAccount, session: Session, tokens: Tokens) -> None:
        self._account = account
        self._session = session
        self._tokens = tokens

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
        if self._visibility(known["article"], detail) == "show":
            raise Rejected(PLATFORM, "zalo.public-at-once")

    def _make(self, message: Message, known: Known) -> Turn:
        if known.get("create-token"):
            # A lost create leaves at most a hidden article, so the next one is made without looking for it.
            with suppress(wire.JobLost):
                return (yield from self._finish(known, "create-token"))
        yield from self._show_pictures(message, known)
        made = self._call(wire.CREATE, **self._article(message, known, "hide"))
        yield from _keep(known, "create-token", str(made["token"]))
        return (yield from self._finish(known, "create-token"))

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
        yield from _keep(known, "article", str(found.get("id") or found["article_id"]))
        return True

    def _show_pictures(self, message: Message, known: Known) -> Iterator[Piece]:
        """Each picture behind a public address, proven anew before each create: the store keeps them a week only."""
        if self._account.media is None:
            raise Rejected(PLATFORM, "zalo.no-media-store")
        store = Store(self._account.media)
        for index in _pictures(message.options):
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

    def _article(self, message: Message, known: Known, status: str) -> dict[str, Any]:
        options = message.options
        cover = {
            "cover_type": "photo",
            "photo_url": known[f"media:{_cover(options)}"],
            "status": options["cover_status"],
        }
        link = options.get("tracking_link")
        return {
            "type": message.kind,
            "title": options["title"],
            "author": options["author"],
            "description": options["summary"],
            "cover": cover,
            "body": [_block(one, known) for one in options["body"]],
            "status": status,
            "comment": options["comment"],
            **({"tracking_link": link} if link else {}),
        }

    # -- release

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        known = _known(pieces)
        if known.get("update-token") and not (yield from self._finish_update(known)):
            return
        if self._shown(known) == "show":
            return
        article = self._article(message, known, "show")
        made = self._call(wire.UPDATE, id=known["article"], **article)
        yield from _keep(known, "update-token", str(made["token"]))
        yield from self._finish_update(known)

    def _finish_update(self, known: Known) -> Turn:
        with suppress(wire.JobLost):  # whether it came through is then asked of the article itself
            if not (yield from self._finish(known, "update-token")):
                return False
            yield from _keep(known, "update-token", "")
        return True

    def _shown(self, known: Known) -> str:
        detail = self._detail(known["article"]) if known.get("article") else None
        if detail is None:
            raise Rejected(PLATFORM, "zalo.article-gone")
        return self._visibility(known["article"], detail)

    # -- look

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        article = piece(pieces, "article")
        detail = self._detail(article) if article else None
        if not article or detail is None:
            return Receipt(public=False)
        if self._visibility(article, detail) == "hide":
            return Receipt(public=False, remote_id=article, staged=True)
        differs = "" if _same(detail, message) else "zalo.differs"
        return Receipt(public=True, remote_id=article, url=self._address(article), differs=differs)

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        """By its title: all that the list tells of an article's content."""
        del pieces
        title, found = fold(message.options["title"]), {}
        oldest = (since - SKEW).timestamp() * 1000
        for page in self._pages():
            young = [row for row in page if wire.number(row.get("create_date"), math.inf) >= oldest]
            for row in young:
                same = fold(str(row.get("title", ""))) == title and row.get("status") != "hide"
                if same and str(row["id"]) not in known:
                    found[str(row["id"])] = str(row.get("link_view") or "")
            if not young:
                break
        if len(found) > 1:
            raise OutcomeUnknown(PLATFORM, "zalo.twins", title=message.options["title"], count=len(found))
        for article, url in found.items():
            return Receipt(public=True, remote_id=article, url=url)
        return None

    def _pages(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """All articles of the account, newest first, a page at a time."""
        offset, total = 0, math.inf
        while offset < total:
            # The type is asked for in plain parameters; the `data={…}` of other requests is refused here.
            found = self._call(wire.SLICE, offset=offset, limit=PAGE, type="normal")
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

    def _visibility(self, article: str, detail: Mapping[str, Any]) -> str:
        """`show` or `hide`. The list tells it too, where the article itself does not."""
        told = detail.get("status") or self._listed(article).get("status")
        if told not in ("show", "hide"):
            raise Unavailable(PLATFORM, "zalo.unclear", f"status: {told}")
        return str(told)

    def _address(self, article: str) -> str:
        with suppress(PublishError):  # that it is public is known already; its address is a courtesy
            return str(self._listed(article).get("link_view") or "")
        return ""

    def _listed(self, article: str) -> Mapping[str, Any]:
        for page in islice(self._pages(), LINK_PAGES):
            for row in page:
                if str(row["id"]) == article:
                    return row
        return {}

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

    def _call(self, call: wire.Call, **sent: Any) -> dict[str, Any]:
        """The data of the answer. A request refused for its token was not carried out, so it may be sent again."""
        token = self._tokens.current()
        try:
            return wire.send(self._account.api_url, self._session, token, call, sent)
        except wire.TokenRefused:
            token = self._tokens.renew(token)
            return wire.send(self._account.api_url, self._session, token, call, sent)


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


def _cover(options: Mapping[str, Any]) -> int:
    return int(options.get("cover", 0))


def _pictures(options: Mapping[str, Any]) -> list[int]:
    blocks = {int(one["media"]) for one in options["body"] if one["type"] == "image"}
    return sorted(blocks | {_cover(options)})


def _block(block: Mapping[str, Any], known: Known) -> dict[str, Any]:
    if block["type"] == "text":
        return {"type": "text", "content": block["content"]}
    caption = block.get("caption")
    return {
        "type": "image",
        "url": known[f"media:{block['media']}"],
        **({"caption": caption} if caption else {}),
    }


def _complete(detail: Mapping[str, Any], message: Message) -> bool:
    """Whether Zalo has the whole article, as far as it tells."""
    body = detail.get("body")
    return _same(detail, message) and (
        not isinstance(body, list) or len(body) == len(message.options["body"])
    )


def _same(detail: Mapping[str, Any], message: Message) -> bool:
    pairs = (("title", "title"), ("description", "summary"), ("comment", "comment"))
    return all(
        fold(str(detail[theirs])) == fold(message.options[ours])
        for theirs, ours in pairs
        if detail.get(theirs) is not None
    )
