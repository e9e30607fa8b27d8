"""What an answer of the Graph API means, by its codes, its shape and its headers.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/pages-api/error-codes (read 2026-11-23); others stand where they are used.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import requests

from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers.http import Session, retry_after

PLATFORM = "facebook"


class Gone(Rejected):
    """Code 100/33: not there, or not visible to this token."""


class WrongOffset(Unavailable):
    """An upload stands elsewhere than we thought; `start` and `end` say which bytes come next, None where Facebook does
    not say.
    """

    start: int | None = None
    end: int | None = None


def unclear(*, visible: bool, detail: str = "") -> PublishError:
    """An answer that does not say whether the request was carried out."""
    return (OutcomeUnknown if visible else Unavailable)(PLATFORM, "publish.unclear-answer", detail)


FAULT = "publish.facebook.fault"
_DOUBT, _BUSY, _DUPLICATE = "doubt", "busy", "duplicate"
_Verdict = tuple[str | type[PublishError], str]
_REFUSED: _Verdict = (Rejected, "publish.facebook.refused")
PERMISSION = "publish.facebook.permission"
_PERMISSION: _Verdict = (AuthFailed, PERMISSION)
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
COMMENT_REFUSED = "publish.facebook.comment-refused"

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
    (1705, None): (Rejected, COMMENT_REFUSED),
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


def refusal(response: requests.Response, session: Session, *, visible: bool) -> PublishError | None:
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
        text = error.get("error_user_msg") or error.get("message") or ""
        return _made(kind, code, session.scrub(f"{text}{_blamed(error)}"), response, visible=visible)
    if response.status_code >= 300 or error or not _usable(answer, response):
        return unclear(visible=visible, detail=f"HTTP {response.status_code}")
    return None


# https://github.com/facebook/facebook-python-business-sdk, facebook_business/video_uploader.py
WRONG_OFFSET = 1363037


def _wrong_offset(error: Mapping[str, Any], session: Session) -> WrongOffset:
    data = _error_data(error)
    refusal = WrongOffset(PLATFORM, "publish.facebook.offset", session.scrub(error.get("message") or ""))
    refusal.start, refusal.end = _number(data.get("start_offset")), _number(data.get("end_offset"))
    return refusal


def _blamed(error: Mapping[str, Any]) -> str:
    """The parameters that are at fault; the message may not name them."""
    specs = _error_data(error).get("blame_field_specs")
    names = (
        [str(one) for spec in specs if isinstance(spec, list) for one in spec]
        if isinstance(specs, list)
        else []
    )
    return f" [{', '.join(names)}]" if names else ""


def _error_data(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """At times told as text."""
    data = error.get("error_data")
    found = _parsed(data) if isinstance(data, str) else data
    return found if isinstance(found, dict) else {}


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
    keys = ((code, subcode), (None, subcode), (None, code), (code, None))
    found = next((_VERDICTS[key] for key in keys if key in _VERDICTS), None)
    if found is None and code in range(200, 300):
        return _PERMISSION
    unclear = found is None and (status >= 500 or code is None)
    if unclear or ((found or _REFUSED)[0] is Rejected and error.get("is_transient") is True):
        return _DOUBT, FAULT
    return found or _REFUSED


def _number(value: Any) -> int | None:
    """Also one told as text."""
    return int(value) if re.fullmatch("[0-9]{1,19}", str(value)) else None


def _made(
    kind: str | type[PublishError], code: str, detail: str, response: requests.Response, *, visible: bool
) -> PublishError:
    if kind == _BUSY:
        told = _told_wait(response)
        wait = max(told, _COOL_DOWN) if code == _TOO_FAST[1] else told or _HOUR
        return RateLimited(PLATFORM, code, detail, retry_after=wait)
    if kind == _DUPLICATE:  # the twin may be an earlier try of ours
        kind = OutcomeUnknown if visible else Rejected
    if isinstance(kind, str):
        kind = OutcomeUnknown if visible else Unavailable
    return kind(PLATFORM, code, detail)


_HOUR, _DAY = 3600.0, 86_400.0  # seconds; what Facebook counts in
_COOL_DOWN = 4 * _HOUR  # every further call lengthens the block, and Facebook names no time
_TIRED, _FULL = 95.0, 100.0  # percent; throttling may begin at 100
_PAUSE = 300.0  # seconds, where a full measure names no time


def wanted_rest(response: requests.Response) -> float:
    """Seconds to leave the Page alone, before Facebook has to refuse.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    return max((_rest_after(use) for use in _uses(response)), default=0.0)


def _uses(response: requests.Response) -> list[Mapping[str, Any]]:
    """What the headers tell of app and Page; `X-Page-Usage` is of older answers."""
    uses = [_parsed(response.headers.get(f"X-{whose}-Usage", "")) for whose in ("App", "Page")]
    pages = _parsed(response.headers.get("X-Business-Use-Case-Usage", ""))
    for some in pages.values() if isinstance(pages, dict) else ():
        uses += some if isinstance(some, list) else []
    return [one for one in uses if isinstance(one, dict)]


def _rest_after(use: Mapping[str, Any]) -> float:
    most = max((one for one in use.values() if isinstance(one, int | float)), default=0)
    if told := _regained(use):
        return told
    if most >= _FULL:
        return _HOUR
    return _PAUSE if most >= _TIRED else 0.0


def _regained(use: Mapping[str, Any]) -> float:
    """Seconds until calls are let in again, 0 where it does not say."""
    minutes = use.get("estimated_time_to_regain_access")
    return min(minutes * 60.0, _DAY) if isinstance(minutes, int | float) and minutes > 0 else 0.0


def _told_wait(response: requests.Response) -> float:
    return max((0.0, retry_after(response) or 0.0, *map(_regained, _uses(response))))
