"""Zalo Official Account: articles, staged hidden and released by one update.

Options of a `normal` message, all written out by the plan: `title`, `summary`, `author`, `cover` (index into the
message's media), `cover_status` and `comment` ("show" or "hide"), `body` (a list of `{"type": "text", "content"}` and
`{"type": "image", "media": index, "caption"}`), and `tracking_link` where there is one.

A body may hold `{"type": "video", "media": index, "thumb": index}`, a cover may be a video (then `cover_view` says its
shape), and `fallback_cover` is the image to show where Zalo refuses the cover. Options of a `video` message: `title`,
`summary`, `avatar` (index of an image), `comment`; its first medium is the video. After: `broadcast` {gender, ages,
locations, cities, platform, articles}.

Pieces: those of `zalo_media`, and `create-token` and `update-token` (Zalo works on articles in the background and gives
the article's id for such a token, once done; "" after the token has come to its end), `article`.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import requests

from asean_social.credentials import ZaloAccount
from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    Problem,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import (
    Account,
    After,
    Hidden,
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
from asean_social.publishers.http import Session, transport_error
from asean_social.publishers.limits import ZALO
from asean_social.publishers.quotas import Quota
from asean_social.publishers.store import Store
from asean_social.publishers.zalo_health import of_package, of_store, plain_picture, rehearsal
from asean_social.publishers.zalo_hidden import hidden_articles
from asean_social.publishers.zalo_media import (
    GROWING,
    explained,
    forget_videos,
    rename,
    send_videos,
    show_pictures,
)
from asean_social.publishers.zalo_parts import Known, Turn, article, keep, known_of
from asean_social.publishers.zalo_wire import PLATFORM
from asean_social.text import fold

PAGE = 10  # `getslice` refuses more
LINK_PAGES = 3  # how far back the public address of an article is looked for
SKEW = timedelta(minutes=2)  # between Zalo's clock and ours
POLL = 3.0  # seconds; an article with a picture is ready after up to 24
UNKNOWN_APP = -14002  # at the host of tokens
TOKEN_LIFE = 90_000.0  # seconds; the documented 25 hours, where an answer does not say

HOME = "Asia/Ho_Chi_Minh"
TARGET = ("gender", "ages", "locations", "cities", "platform")  # of a broadcast
EVERYBODY = {"gender": "0"}
SHOWN = ("show", "hide")


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
        known = known_of(pieces)
        if known.get("article") and self._detail(known["article"]) is None:  # a person removed it
            yield from keep(known, "article", "")
            yield from keep(known, "create-token", "")
        if not known.get("article") and not (yield from self._make(message, known)):
            return
        view = self._view(known["article"], message.kind)
        if view is None or not _complete(view, message):
            raise Unavailable(PLATFORM, "zalo.incomplete")
        if view["status"] == "show":
            raise Rejected(PLATFORM, "zalo.public-at-once")

    def _make(self, message: Message, known: Known) -> Turn:
        try:
            return (yield from self._created(message, known))
        except wire.PictureRefused as refusal:
            yield from rename(known)
            if "fallback_cover" in message.options and not known.get("fallback"):
                yield from keep(known, "fallback", "used")
                yield Wait(GROWING, "zalo.fallback-cover")
                return False
            reason = explained(message, known, refusal)
            yield from keep(known, "fallback", "")  # once a person has acted, the first cover is tried again
            raise reason from refusal
        except wire.TooOften:
            yield from rename(known)
            raise
        except wire.VideoLost:
            yield from forget_videos(message, known)
            raise

    def _created(self, message: Message, known: Known) -> Turn:
        if known.get("create-token"):
            # A lost create leaves at most a hidden article, so the next one is made without looking for it.
            with suppress(wire.JobLost):
                return (yield from self._finish(known, "create-token", GROWING))
        if not (yield from send_videos(self._call, message, known)):
            return False
        if self._account.media is None:
            raise Rejected(PLATFORM, "zalo.no-media-store")
        yield from show_pictures(self._session, Store(self._account.media), message, known)
        made = self._call(wire.CREATE, **article(message, known, "hide"))
        yield from keep(known, "create-token", str(made["token"]))
        return (yield from self._finish(known, "create-token", GROWING))

    def _finish(self, known: Known, token: str, wait: float) -> Turn:
        """Ask after the work behind a token. One that has come to its end is forgotten: Zalo keeps none for ever."""
        try:
            found = self._call(wire.VERIFY, token=known[token])
        except wire.Working as working:
            yield Wait(wait, working.code)
            return False
        except (wire.JobLost, wire.TooOften, Rejected):
            yield from keep(known, token, "")
            raise
        yield from keep(known, "article", _article_id(found))
        return True

    # -- release

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        known = known_of(pieces)
        try:
            yield from self._shown(message, known)
        except wire.PictureRefused as refusal:  # taken when it was prepared, and not any more
            raise explained(message, known, refusal) from refusal

    def _shown(self, message: Message, known: Known) -> Iterator[Piece | Wait]:
        if known.get("update-token") and not (yield from self._updated(known)):
            return
        view = self._view(known["article"], message.kind) if known.get("article") else None
        if view is None:
            raise Rejected(PLATFORM, "zalo.article-gone")
        if view["status"] == "show":
            return
        made = self._call(wire.UPDATE, id=known["article"], **article(message, known, "show"))
        yield from keep(known, "update-token", str(made["token"]))
        yield from self._updated(known)

    def _updated(self, known: Known) -> Turn:
        with suppress(wire.JobLost):  # whether it came through is then asked of the article itself
            if not (yield from self._finish(known, "update-token", POLL)):
                return False
            yield from keep(known, "update-token", "")
        return True

    # -- look

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        name = piece(pieces, "article")
        view = self._view(name, message.kind) if name else None
        if not name or view is None:
            return Receipt(public=False)
        if view["status"] == "hide":
            return Receipt(public=False, remote_id=name, staged=True)
        fallback = "zalo.fallback-cover-used" if piece(pieces, "fallback") else ""
        differs = fallback if _same(view, message) else "zalo.differs"
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

    def _view(self, name: str, kind: str = "", pages: int | None = LINK_PAGES) -> dict[str, Any] | None:
        """What Zalo tells of an article, its `status` one of show and hide; None where it is gone.

        Of a video article `getdetail` tells about its film only (`status` is a number); the list tells the rest.
        """
        detail = self._detail(name)
        if detail is None:
            return None
        if detail.get("status") in SHOWN:
            return dict(detail)
        film = kind == "video" or math.isfinite(wire.number(detail.get("status"), math.nan))
        row = self._listed(name, "video" if film else kind, pages)
        # Whether Zalo lists what is hidden is not known: a film that is not among the newest is hidden.
        status = row.get("status") if row or not film else "hide"
        if status not in SHOWN:
            raise Unavailable(PLATFORM, "zalo.unclear", f"status: {status}")
        return {**{one: row[one] for one in ("title",) if one in row}, **detail, "status": status}

    def _address(self, name: str, kind: str) -> str:
        with suppress(PublishError):  # that it is public is known already; its address is a courtesy
            return str(self._listed(name, kind, LINK_PAGES).get("link_view") or "")
        return ""

    def _listed(self, name: str, kind: str, pages: int | None) -> Mapping[str, Any]:
        for one in [kind] if kind else sorted(self.kinds):
            for page in islice(self._pages(one), pages):
                for row in page:
                    if str(row["id"]) == name:
                        return row
        return {}

    # -- what follows publication

    def follow(self, after: After, remote_id: str) -> str:
        """Zalo has no key, no list and no status of broadcasts: a lost answer is never asked for again."""
        del remote_id  # it is the first of the articles
        options = after.options
        target = {name: str(options[name]) for name in TARGET if options.get(name)} or EVERYBODY
        elements = [{"media_type": "article", "attachment_id": one} for one in options["articles"]]
        payload = {"template_type": "media", "elements": elements}
        return self._broadcast({"target": target}, {"attachment": {"type": "template", "payload": payload}})

    def _broadcast(self, recipient: Mapping[str, Any], message: Mapping[str, Any]) -> str:
        """Counted as soon as it may have been sent; what Zalo refused, or never got, costs nothing."""
        self._session.spend("broadcasts", 1)
        counts = False
        try:
            made = self._call(wire.BROADCAST, recipient=recipient, message=message)
            counts = True
        except OutcomeUnknown:
            counts = True
            raise
        finally:
            if not counts:
                self._session.spend("broadcasts", -1)
        return str(made["message_id"])

    def followed(self, after: After, remote_id: str) -> str | None:
        del after, remote_id
        raise OutcomeUnknown(PLATFORM, "zalo.broadcast-unknown")

    def tidy(self, now: datetime) -> None:
        """Pictures are needed until Zalo has fetched them, and a while more."""
        if self._account.media is not None:
            Store(self._account.media).sweep(now)

    def condition(self, now: datetime) -> Iterator[Problem]:
        yield from of_package(self._call(wire.WHO), now)
        if self._account.media is None:
            raise Rejected(PLATFORM, "zalo.no-media-store")
        yield from of_store(self._session, Store(self._account.media))

    def invisible(self, since: datetime) -> Iterator[Hidden]:
        for kind in sorted(self.kinds):
            yield from hidden_articles(self._pages(kind), self._detail, since)

    def erase(self, hidden: Hidden) -> None:
        view = self._view(hidden.remote_id, pages=None)
        if view is not None and fold(str(view.get("title", ""))) != fold(hidden.name):
            raise Rejected(PLATFORM, "publish.changed-meanwhile", remote_id=hidden.remote_id)
        self._remove(hidden.remote_id)

    def withdraw(self, remote_id: str) -> None:
        with suppress(wire.Gone):
            self._call(wire.REMOVE, id=remote_id)

    def rehearsal(self, marker: str, folder: Path) -> Message | None:
        return rehearsal(marker, plain_picture(folder))

    # -- discard

    def discard(self, pieces: Sequence[Piece]) -> None:
        """Videos stay: Zalo has no call that removes one, and nobody sees it."""
        known = known_of(pieces)
        if known.get("create-token") and not known.get("article"):
            with suppress(wire.JobLost, wire.TooOften, Rejected):  # then nothing came of it
                known["article"] = _article_id(self._call(wire.VERIFY, token=known["create-token"]))
        if known.get("article"):
            self._remove(known["article"])

    def _remove(self, article: str) -> None:
        view = self._view(article, pages=None)
        if view is None:
            return
        if view["status"] == "show":
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
    # also seen without a number
    app = wire.number(answer.get("error"), 0) == UNKNOWN_APP or "app id" in fold(detail)
    return AuthFailed(PLATFORM, "zalo.app-setup" if app else "zalo.reconnect", detail)


def _article_id(found: Mapping[str, Any]) -> str:
    return str(found.get("id") or found["article_id"])


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
