"""The Graph API as one Page's publisher calls it: signed requests, and what each answer means.

facebook-sdk sends what it can, the same session what it cannot (a streaming upload). The SDK looks at neither HTTP
status nor broken bodies and shows only parts of an error, so every answer is judged here before the SDK sees it.
"""

import hashlib
import hmac
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

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
from asean_social.publishers.base import Media, Tokens
from asean_social.publishers.http import Body, Session, multipart, same_origin, transport_error

with warnings.catch_warnings():
    # facebook-sdk 3.1.0 writes a regular expression in a plain string; asleep since 2020.
    warnings.filterwarnings("ignore", message=".*invalid escape sequence")
    import facebook

PLATFORM = "facebook"
HOST = "https://graph.facebook.com"
VERSION = "v26.0"  # https://developers.facebook.com/docs/graph-api/changelog/versions/


class Gone(Rejected):
    """Code 100/33: not there, or not visible to this token."""


class WrongOffset(Unavailable):
    """An upload stands elsewhere than we thought; `start` and `end` say which bytes come next, None where Facebook does
    not say.
    """

    start: int | None = None
    end: int | None = None


class Graph:
    """Calls with one Page's token. Each raises a PublishError; `visible`: it would change what the public sees."""

    def __init__(self, account: FacebookAccount, session: Session, tokens: Tokens) -> None:
        self._secret = account.app_secret.get_secret_value()
        self._app = f"{account.app_id}|{self._secret}" if account.app_id and self._secret else ""
        self.api_url = account.api_url
        self.rest = 0.0  # seconds the last answer asks us to make no further request
        self._session, self._tokens = session, tokens
        session.rebase(HOST, account.api_url)
        session.keep_secret(self._secret, self._app)

    def get(self, path: str, **fields: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._call("GET", path, fields, visible=False)
        return answer

    def create(self, path: str, *, visible: bool, **fields: Any) -> str:
        """The id of the new object."""
        return _new_id(self._call("POST", path, fields, visible=visible), visible=visible)

    def upload(self, path: str, media: Media, **fields: Any) -> str:
        """The id of the new, invisible object."""
        return _new_id(self.send_file(path, "source", media, fields), visible=False)

    def send_file(
        self,
        path: str,
        name: str,
        media: Media,
        fields: Mapping[str, Any],
        *,
        visible: bool = False,
        part: tuple[int, int] | None = None,
    ) -> Any:
        """One request with a file, or a part of it (first byte, length). (The SDK would hold it in memory twice.)"""
        token = self._token()
        form = {"access_token": token, **self._signed(token, fields)}
        body, headers = multipart(form, name, media.path, media.mime, self._session.progress, part)
        with body:
            wire = _Wire(self._session, self, visible=visible)
            answer = wire.request("POST", f"{HOST}/{VERSION}/{path}", data=body, headers=headers)
        return answer.json()

    def send_bytes(self, url: str, media: Media, start: int) -> None:
        """The bytes of a reel from `start` on, to the address that its beginning was answered with."""
        real = url.startswith(f"{RUPLOAD}/")
        if not real and not same_origin(url, self.api_url):
            raise Rejected(PLATFORM, "publish.facebook.foreign-upload")
        token = self._token()
        headers = {
            "Authorization": f"OAuth {token}",
            "offset": str(start),
            "file_size": str(media.size),
            "Content-Type": "application/octet-stream",
            "Content-Length": str(media.size - start),
        }
        with Body(media.path, start, media.size - start, self._session.progress) as body:
            _Wire(self._session, self, visible=False).request("POST", url, data=body, headers=headers)

    def post(self, path: str, *, visible: bool, **fields: Any) -> Any:
        """The answer as it came."""
        return self._call("POST", path, fields, visible=visible)

    def update(self, path: str, *, visible: bool, **fields: Any) -> None:
        self._call("POST", path, fields, visible=visible)

    def look(self, remote_id: str, fields: str) -> Mapping[str, Any] | None:
        """The object; None where it is not there, or not visible to this token."""
        try:
            return self.get(remote_id, fields=fields)
        except Gone:
            return None

    def known(self, remote_id: str, fields: str) -> Mapping[str, Any]:
        """An object whose id Facebook told us."""
        with self.seen():
            return self.get(remote_id, fields=fields)

    @contextmanager
    def seen(self) -> Iterator[None]:
        """Around a request that names what Facebook told us: what is new may not be seen yet, which raises Unavailable.

        https://github.com/DayMoonDevelopment/post-for-me/issues/355
        """
        try:
            yield
        except Gone as gone:
            raise Unavailable(PLATFORM, "publish.facebook.not-seen", gone.detail) from None

    def inspect(self) -> Mapping[str, Any] | None:
        """What Facebook tells of the token in use; None where the app's own id and secret are not configured.

        https://developers.facebook.com/docs/graph-api/reference/debug_token
        """
        if not self._app:
            return None
        graph = facebook.GraphAPI(self._app, session=_Wire(self._session, self, visible=False))
        found = graph.request(f"{VERSION}/debug_token", {"input_token": self._token()}).get("data")
        if not isinstance(found, dict):
            raise unclear(visible=False)
        return found

    def delete(self, remote_id: str) -> None:
        """One already gone counts as removed."""
        with suppress(Gone):
            self._call("DELETE", remote_id, {}, visible=False)

    def _call(self, method: str, path: str, fields: Mapping[str, Any], *, visible: bool) -> Any:
        token = self._token()
        graph = facebook.GraphAPI(token, session=_Wire(self._session, self, visible=visible))
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


def _new_id(answer: Any, *, visible: bool) -> str:
    if isinstance(answer, dict) and answer.get("id"):
        return str(answer["id"])
    raise unclear(visible=visible)


def _encoded(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


class _Wire:
    """The session as facebook-sdk sees it: only good answers pass, labelled as the JSON that the SDK looks for."""

    def __init__(self, session: Session, graph: Graph, *, visible: bool) -> None:
        self._session, self._graph, self._visible = session, graph, visible

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            response = self._session.request(method, url, **options)
        except requests.RequestException as error:
            raise transport_error(PLATFORM, error, self._session, visible=self._visible) from None
        self._graph.rest = _wanted_rest(response)
        refusal = _refusal(response, self._session, visible=self._visible)
        if refusal:
            raise refusal
        response.headers["content-type"] = "application/json"
        return response


def unclear(*, visible: bool, detail: str = "") -> PublishError:
    """An answer that does not say whether the request was carried out."""
    return (OutcomeUnknown if visible else Unavailable)(PLATFORM, "publish.unclear-answer", detail)


FAULT = "publish.facebook.fault"
_DOUBT, _BUSY, _DUPLICATE = "doubt", "busy", "duplicate"
_Verdict = tuple[str | type[PublishError], str]
_REFUSED: _Verdict = (Rejected, "publish.facebook.refused")
_PERMISSION: _Verdict = (AuthFailed, "publish.facebook.permission")
_RECONNECT: _Verdict = (AuthFailed, "publish.facebook.reconnect")
_SECURITY: _Verdict = (AuthFailed, "publish.facebook.security-check")
_SECRET: _Verdict = (AuthFailed, "publish.facebook.app-secret")
_THROTTLED: _Verdict = (_BUSY, "publish.throttled")
_TOO_FAST: _Verdict = (_BUSY, "publish.facebook.too-fast")
DUPLICATE = "publish.facebook.duplicate"
_SAME: _Verdict = (_DUPLICATE, DUPLICATE)
_UNSUPPORTED: _Verdict = (Rejected, "publish.facebook.unsupported")
_ABUSE: _Verdict = (Rejected, "publish.facebook.against-standards")
_PHOTO: _Verdict = (Rejected, "publish.facebook.photo")
_VIDEO: _Verdict = (Rejected, "publish.facebook.video")
_LINK: _Verdict = (Rejected, "publish.facebook.link")

# (code, subcode); no code: the number was reported without saying which of the two it is.
# https://developers.facebook.com/docs/graph-api/guides/error-handling
# https://developers.facebook.com/docs/pages-api/error-codes
# and libraries/nestjs-libraries/src/integrations/social/facebook.provider.ts of gitroomhq/postiz-app
_VERDICTS: Mapping[tuple[int | None, int | None], _Verdict] = {
    (1, None): (_DOUBT, FAULT),  # also after a post that did appear: facebookarchive/php-graph-sdk#1141
    (1, 2853006): _PERMISSION,
    (2, None): (_DOUBT, "publish.facebook.down"),
    (3, None): _PERMISSION,
    (4, None): _THROTTLED,
    (10, None): _PERMISSION,
    (17, None): _THROTTLED,
    (32, None): _THROTTLED,
    (100, None): (Rejected, "publish.facebook.bad-parameter"),
    (100, 33): (Gone, "publish.facebook.gone"),
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
    (382, None): _VIDEO,
    (389, None): _VIDEO,
    (6000, None): _VIDEO,
    (6001, None): (Unavailable, "publish.facebook.upload"),
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
    debug = answer.get("debug_info") if isinstance(answer, dict) else None
    if isinstance(debug, dict):
        return _rupload_refusal(debug, session)
    if isinstance(error, dict):
        if _number(error.get("error_subcode")) == WRONG_OFFSET:
            return _wrong_offset(error, session)
        kind, code = _verdict(error, response.status_code)
        detail = session.scrub(error.get("error_user_msg") or error.get("message") or "")
        return _made(kind, code, detail, response, visible=visible)
    if response.status_code >= 300 or error or not _usable(answer, response):
        return unclear(visible=visible, detail=f"HTTP {response.status_code}")
    return None


# https://github.com/facebook/facebook-python-business-sdk, facebook_business/video_uploader.py
WRONG_OFFSET = 1363037
RUPLOAD = "https://rupload.facebook.com"


def _wrong_offset(error: Mapping[str, Any], session: Session) -> WrongOffset:
    data = error.get("error_data")
    if isinstance(data, str):
        data = _parsed(data)
    refusal = WrongOffset(PLATFORM, "publish.facebook.offset", session.scrub(error.get("message") or ""))
    if isinstance(data, dict):
        refusal.start, refusal.end = _offset(data, "start_offset"), _offset(data, "end_offset")
    return refusal


def _offset(data: Mapping[str, Any], name: str) -> int | None:
    text = str(data.get(name, ""))
    return int(text) if text.isdecimal() else None


def _rupload_refusal(debug: Mapping[str, Any], session: Session) -> PublishError:
    """The host of reels' bytes has an envelope of its own (https://github.com/trypostit/trypost/pull/32)."""
    kind, detail = str(debug.get("type", "")), session.scrub(debug.get("message") or "")
    if kind == "OffsetInvalidError" or "offset" in kind.lower():
        return WrongOffset(PLATFORM, "publish.facebook.offset", detail)
    if kind in ("NotAuthorizedError", "OAuthException") or "auth" in kind.lower():
        return AuthFailed(PLATFORM, "publish.facebook.reconnect", detail)
    if kind in ("PartialRequestError", "ProcessingFailedError") or debug.get("retriable") is not False:
        return Unavailable(PLATFORM, "publish.facebook.upload", detail)
    return Rejected(PLATFORM, "publish.facebook.video", detail)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _document(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _usable(answer: Any, response: requests.Response) -> bool:
    """Writes answer `true`, a `success`, a new id, or where an upload goes on."""
    if response.request.method == "GET":
        return isinstance(answer, dict)
    if isinstance(answer, dict):
        return bool(answer.get("success") or answer.get("id") or answer.keys() & {"video_id", "start_offset"})
    return answer is True


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
    return (_DOUBT, FAULT) if status >= 500 or error.get("is_transient") else _REFUSED


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


_TIRED, _FULL = 95.0, 100.0  # percent; throttling may begin at 100
_PAUSE = 300.0  # seconds, where a full measure names no time


def _wanted_rest(response: requests.Response) -> float:
    """Seconds to leave the Page alone, before Facebook has to refuse.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    app = _parsed(response.headers.get("X-App-Usage", "null"))
    pages = _parsed(response.headers.get(_USAGE, "null"))
    uses = [app] if isinstance(app, dict) else []
    uses += [use for some in pages.values() for use in some] if isinstance(pages, dict) else []
    return max((_rest_after(use) for use in uses if isinstance(use, dict)), default=0.0)


def _rest_after(use: Mapping[str, Any]) -> float:
    numbers = {name: value for name, value in use.items() if isinstance(value, int | float)}
    minutes = numbers.pop("estimated_time_to_regain_access", 0)
    most = max(numbers.values(), default=0)
    if minutes:
        return float(minutes) * 60
    if most >= _FULL:
        return 3600.0
    return _PAUSE if most >= _TIRED else 0.0


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
