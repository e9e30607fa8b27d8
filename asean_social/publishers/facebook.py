"""Facebook Pages through the Graph API: text, link and photo posts.

No publishing call has an idempotency key, and an answer can be lost after the post went live
(https://github.com/arsduo/koala/issues/699). Two-step accounts therefore create the post unpublished and then set
`is_published` on its known id, which may be repeated. One-step accounts create it visibly, which may not.
`message.options` must be empty for these kinds.
"""

import hashlib
import hmac
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from asean_social.credentials import FacebookAccount
from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers.base import (
    Account,
    Media,
    Message,
    Piece,
    Publisher,
    Receipt,
    Tokens,
    Wait,
    piece,
)
from asean_social.publishers.http import Session, multipart, transport_error
from asean_social.publishers.limits import FACEBOOK
from asean_social.text import fold

with warnings.catch_warnings():
    # facebook-sdk 3.1.0 writes a regular expression in a plain string; asleep since 2020.
    warnings.filterwarnings("ignore", message=".*invalid escape sequence")
    import facebook

PLATFORM = "facebook"
HOST = "https://graph.facebook.com"
VERSION = "v26.0"  # https://developers.facebook.com/docs/graph-api/changelog/versions/

# Unpublished photos are dropped after about 24 h; a post staged with photos is made anew before that.
# https://developers.facebook.com/docs/graph-api/reference/page/photos/ (read 2026-09-11)
STAGED_LIFE = timedelta(hours=20)

_PAGE_SIZES = (
    25,
    12,
    6,
    5,
)  # posts asked for at once; smaller when Facebook says "reduce the amount of data"
_POST_FIELDS = "id,message,created_time,permalink_url,is_published,attachments{media_type,unshimmed_url}"


class Facebook(Publisher):
    platform = PLATFORM
    kinds = frozenset({"text", "link", "photo"})
    limits = FACEBOOK

    def __init__(self, account: FacebookAccount, session: Session, tokens: Tokens) -> None:
        self.repeatable = account.release == "two-step"
        self._page = account.page_id
        self._graph = _Graph(account, session, tokens)

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
            raise Unavailable(PLATFORM, "publish.unclear-answer")
        return _receipt({"id": post, **found})

    def find(self, message: Message, pieces: Sequence[Piece], since: datetime) -> Receipt | None:
        del pieces
        hits = [post for post in self._published(since) if post.shows(message)]
        if len(hits) > 1:  # nothing is removed: the oldest stays, a person decides about the others
            oldest = min(hits, key=lambda post: post.created).receipt
            raise OutcomeUnknown(PLATFORM, "publish.several-match", count=len(hits), url=oldest.url)
        return hits[0].receipt if hits else None

    def discard(self, pieces: Sequence[Piece]) -> None:
        for one in sorted(pieces, key=lambda one: one.name != "post"):
            self._remove(one)

    def _show(self, post: str) -> None:
        try:
            self._graph.post(post, visible=True, is_published=True)
        except _Gone as gone:
            # Right after its creation a post may not be seen yet (DayMoonDevelopment/post-for-me#355), later it is
            # gone: the look-up waits and tells.
            raise OutcomeUnknown(PLATFORM, gone.code, gone.detail) from None

    def _remove(self, one: Piece) -> None:
        shown = (
            "is_published" if one.name == "post" else "page_story_id"
        )  # a photo's, absent until it is public
        found = self._look(one.value, shown)
        if found is None:
            return
        if found.get(shown):
            raise Rejected(PLATFORM, "publish.is-public", remote_id=one.value)
        try:
            self._graph.delete(one.value)
        except _Gone:
            return

    def _look(self, remote_id: str, fields: str) -> Mapping[str, Any] | None:
        try:
            return self._graph.get(remote_id, fields=fields)
        except _Gone:
            return None

    def _missing_photos(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece]:
        for number, media in enumerate(message.media):
            if piece(pieces, f"photo:{number}") is None:
                answer = self._graph.upload(
                    f"{self._page}/photos", media, published=False, alt_text_custom=media.alt
                )
                yield Piece(f"photo:{number}", _new_id(answer, visible=False))

    def _create(self, message: Message, pieces: Sequence[Piece], *, published: bool) -> str:
        photos = [_known(piece(pieces, f"photo:{number}")) for number, _ in enumerate(message.media)]
        answer = self._graph.post(
            f"{self._page}/feed",
            visible=published,
            message=message.text,
            link=message.link if message.kind == "link" else "",
            attached_media=[{"media_fbid": photo} for photo in photos],
            published=published,
        )
        return _new_id(answer, visible=published)

    def _published(self, since: datetime) -> Iterator["_Post"]:
        """The Page's posts made after `since`. The list is ranked, so it ends only after a whole page of older ones."""
        sizes, after = list(_PAGE_SIZES), ""
        while True:
            posts, after = _page(self._list(sizes, after))
            fresh = [post for post in posts if post.created >= since]
            yield from fresh
            if not after or (posts and not fresh):
                return

    def _list(self, sizes: list[int], after: str) -> Mapping[str, Any]:
        """One page; `sizes` loses the ones that were too large for Facebook."""
        while True:
            try:
                return self._graph.get(
                    f"{self._page}/published_posts", fields=_POST_FIELDS, limit=sizes[0], after=after
                )
            except Unavailable as error:
                if error.code != _FAULT or len(sizes) == 1:
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


def _new_id(answer: Any, *, visible: bool) -> str:
    if isinstance(answer, dict) and answer.get("id"):
        return str(answer["id"])
    raise (OutcomeUnknown if visible else Unavailable)(PLATFORM, "publish.unclear-answer")


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
    try:
        paging = answer.get("paging", {})
        after = paging["cursors"]["after"] if "next" in paging else ""
        return [_post(one) for one in answer["data"]], after
    except (KeyError, TypeError, ValueError, AttributeError):  # not the shape that was asked for
        raise Unavailable(PLATFORM, "publish.unclear-answer") from None


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
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/"), parts.query


class _Graph:
    """Calls of one Page: facebook-sdk where it can, the same session where it cannot."""

    def __init__(self, account: FacebookAccount, session: Session, tokens: Tokens) -> None:
        self._secret = account.app_secret.get_secret_value()
        self._session, self._tokens = session, tokens
        session.rebase(HOST, account.api_url)
        session.keep_secret(self._secret)

    def get(self, path: str, **fields: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._call("GET", path, fields, visible=False)
        return answer

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, {}, visible=False)

    def post(self, path: str, *, visible: bool, **fields: Any) -> Any:
        return self._call("POST", path, fields, visible=visible)

    def upload(self, path: str, media: Media, **fields: Any) -> Any:
        """The SDK would hold the file in memory twice."""
        token = self._token()
        form = {"access_token": token, **self._signed(token, fields)}
        body, headers = multipart(form, "source", media.path, media.mime, self._session.progress)
        with body:
            wire = _Wire(self._session, visible=False)
            return wire.request("POST", f"{HOST}/{VERSION}/{path}", data=body, headers=headers).json()

    def _call(self, method: str, path: str, fields: Mapping[str, Any], *, visible: bool) -> Any:
        token = self._token()
        graph = facebook.GraphAPI(token, session=_Wire(self._session, visible=visible))
        graph.version = VERSION  # the constructor knows versions up to 3.1 only
        place = "post_args" if method == "POST" else "args"
        return graph.request(f"{VERSION}/{path}", method=method, **{place: self._signed(token, fields)})

    def _token(self) -> str:
        token = self._tokens.current()
        self._session.keep_secret(token)
        return token

    def _signed(self, token: str, fields: Mapping[str, Any]) -> dict[str, str]:
        """The fields as forms carry them, with the proof that this token is used by its own app."""
        encoded = {name: _encoded(value) for name, value in fields.items() if value or value is False}
        if self._secret:
            proof = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            encoded["appsecret_proof"] = proof
        return encoded


def _encoded(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


class _Wire:
    """The session as facebook-sdk sees it.

    Every answer is judged here first, since the SDK looks at neither HTTP status nor broken bodies and shows only
    parts of an error. What passes is plain JSON, and labelled so: the SDK goes by the content type alone.
    """

    def __init__(self, session: Session, *, visible: bool) -> None:
        self._session, self._visible = session, visible

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            response = self._session.request(method, url, **options)
        except requests.RequestException as error:
            raise transport_error(PLATFORM, error, self._session, visible=self._visible) from None
        refusal = _refusal(response, self._session, visible=self._visible)
        if refusal:
            raise refusal
        response.headers["content-type"] = "application/json"
        return response


class _Gone(Rejected):
    """Code 100/33: not there, or not visible to this token."""


_FAULT = "publish.facebook.fault"
_DOUBT, _BUSY, _DUPLICATE = "doubt", "busy", "duplicate"
_Verdict = tuple[str | type[PublishError], str]
_REFUSED: _Verdict = (Rejected, "publish.facebook.refused")
_PERMISSION: _Verdict = (AuthFailed, "publish.facebook.permission")
_RECONNECT: _Verdict = (AuthFailed, "publish.facebook.reconnect")
_SECURITY: _Verdict = (AuthFailed, "publish.facebook.security-check")
_SECRET: _Verdict = (AuthFailed, "publish.facebook.app-secret")
_THROTTLED: _Verdict = (_BUSY, "publish.throttled")
_TOO_FAST: _Verdict = (_BUSY, "publish.facebook.too-fast")
_SAME: _Verdict = (_DUPLICATE, "publish.facebook.duplicate")
_UNSUPPORTED: _Verdict = (Rejected, "publish.facebook.unsupported")
_ABUSE: _Verdict = (Rejected, "publish.facebook.against-standards")
_PHOTO: _Verdict = (Rejected, "publish.facebook.photo")
_LINK: _Verdict = (Rejected, "publish.facebook.link")

# (code, subcode); no code: the number was reported without saying which of the two it is.
# https://developers.facebook.com/docs/graph-api/guides/error-handling
# https://developers.facebook.com/docs/pages-api/error-codes
# and libraries/nestjs-libraries/src/integrations/social/facebook.provider.ts of gitroomhq/postiz-app
_VERDICTS: Mapping[tuple[int | None, int | None], _Verdict] = {
    (1, None): (_DOUBT, _FAULT),  # also after a post that did appear: facebookarchive/php-graph-sdk#1141
    (1, 2853006): _PERMISSION,
    (2, None): (_DOUBT, "publish.facebook.down"),
    (3, None): _PERMISSION,
    (4, None): _THROTTLED,
    (10, None): _PERMISSION,
    (17, None): _THROTTLED,
    (32, None): _THROTTLED,
    (100, None): (Rejected, "publish.facebook.bad-parameter"),
    (100, 33): (_Gone, "publish.facebook.gone"),
    (102, None): _RECONNECT,
    (104, None): _SECRET,
    (190, None): _RECONNECT,
    (190, 459): _SECURITY,
    (190, 464): _SECURITY,
    (190, 492): (AuthFailed, "publish.facebook.role-lost"),
    (190, 2069032): (AuthFailed, "publish.facebook.page-token"),
    (197, None): (Rejected, "publish.facebook.empty"),
    (324, None): _PHOTO,
    (341, None): _THROTTLED,
    (368, None): _TOO_FAST,
    (506, None): _SAME,
    (613, None): _THROTTLED,
    (80001, None): _THROTTLED,
    (None, 1346003): _ABUSE,
    (None, 1349125): _REFUSED,
    (None, 1366046): _PHOTO,
    (None, 1366051): _SAME,
    (None, 1390008): _TOO_FAST,
    (None, 1404006): _SECURITY,
    (None, 1404078): _SECURITY,
    (None, 1404102): _ABUSE,
    (None, 1404112): _SECURITY,
    (None, 1609005): _LINK,
    (None, 1609008): _LINK,
    (None, 2061006): _LINK,
    (None, 2069019): _PHOTO,
    (None, 2069030): _UNSUPPORTED,
    (None, 2069031): _UNSUPPORTED,
    (None, 2069033): _UNSUPPORTED,
    (None, 4854002): _SECURITY,
}


def _refusal(response: requests.Response, session: Session, *, visible: bool) -> PublishError | None:
    """The error that this answer means; None for a good one."""
    answer = _document(response)
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        kind, code = _verdict(error, response.status_code)
        detail = session.scrub(error.get("error_user_msg") or error.get("message") or "")
        return _made(kind, code, detail, response, visible=visible)
    if response.status_code >= 300 or error or not _usable(answer, response):
        return _made(
            _DOUBT, "publish.unclear-answer", f"HTTP {response.status_code}", response, visible=visible
        )
    return None


def _document(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _usable(answer: Any, response: requests.Response) -> bool:
    """Writes answer `true`, a `success`, or a new id."""
    if response.request.method == "GET":
        return isinstance(answer, dict)
    return answer is True or (isinstance(answer, dict) and bool(answer.get("success") or answer.get("id")))


def _verdict(error: Mapping[str, Any], status: int) -> _Verdict:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    message = str(error.get("message", ""))
    if code == 100 and "appsecret_proof" in message:
        return _SECRET
    if code == 368 and "already posted" in message:  # https://github.com/arsduo/koala/issues/422
        return _SAME
    for key in ((code, subcode), (None, subcode), (None, code), (code, None)):
        if key in _VERDICTS:
            return _VERDICTS[key]
    if code in range(200, 300):
        return _PERMISSION
    return (_DOUBT, _FAULT) if status >= 500 or error.get("is_transient") else _REFUSED


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _made(
    kind: str | type[PublishError], code: str, detail: str, response: requests.Response, *, visible: bool
) -> PublishError:
    if kind == _BUSY:
        wait = _COOL_DOWN if code == _TOO_FAST[1] else _told_wait(response)
        return RateLimited(PLATFORM, code, detail, retry_after=wait)
    if kind == _DUPLICATE:  # the twin may be an earlier try of ours
        kind = OutcomeUnknown if visible else Rejected
    if isinstance(kind, str):
        kind = OutcomeUnknown if visible else Unavailable
    return kind(PLATFORM, code, detail)


_COOL_DOWN = 4 * 3600.0  # seconds; every further call lengthens the block, and Facebook names no time
_USAGE = "X-Business-Use-Case-Usage"


def _told_wait(response: requests.Response) -> float:
    """Seconds until calls are let in again. https://developers.facebook.com/docs/graph-api/overview/rate-limiting"""
    try:
        usage = json.loads(response.headers.get(_USAGE, "{}"))
        minutes = max(
            float(use["estimated_time_to_regain_access"]) for uses in usage.values() for use in uses
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return 3600.0
    return minutes * 60 or 3600.0
