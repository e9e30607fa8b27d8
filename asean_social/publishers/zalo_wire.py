"""One request to Zalo, and what its answer means.

Zalo answers errors with HTTP 200 and a number in the body, so the body is read whatever the status says.
Sources: https://github.com/zaloplatform/zalo-java-sdk and https://developers.zalo.me/docs (read 2026-11-23).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import requests

from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, RateLimited, Rejected, Unavailable
from asean_social.publishers.base import Media
from asean_social.publishers.http import Session, multipart, transport_error
from asean_social.text import fold

PLATFORM = "zalo"
NIGHT = -234
MINUTE = 60.0  # -32 counts requests per minute and tells no other time


class TokenRefused(AuthFailed):
    """The access token; renewed once, then only a person can help."""


class Working(Unavailable):
    """Zalo has not finished the article yet."""


class JobLost(Unavailable):
    """Zalo no longer knows the token of a create or an update."""


class TooOften(Unavailable):
    """Zalo failed too often to fetch a picture from its address to try that once more; there is no article."""


class PictureRefused(Rejected):
    """A picture, its host or its address; there is no article, or it stayed as it was."""


class VideoLost(Rejected):
    """The id of a video that was ready once."""


class Gone(Rejected):
    """There is no article of this id."""


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    answers: tuple[str, ...] = ()  # a success has at least one of these in its data
    visible: bool = False  # it changes what the public sees


WHO = Call("GET", "/v2.0/oa/getoa", ("oaid", "oa_id"))
CREATE = Call("POST", "/v2.0/article/create", ("token",))
VERIFY = Call("POST", "/v2.0/article/verify", ("id", "article_id"))
UPDATE = Call("POST", "/v2.0/article/update", ("token",), visible=True)
REMOVE = Call("POST", "/v2.0/article/remove")
DETAIL = Call("GET", "/v2.0/article/getdetail", ("title", "status"))
PREPARE = Call("POST", "/v2.0/article/upload_video/preparevideo", ("token",))
VIDEO = Call("GET", "/v2.0/article/upload_video/verify", ("status",))
BROADCAST = Call("POST", "/v2.0/oa/message", ("message_id",), visible=True)
SLICE = Call("GET", "/v2.0/article/getslice", ("medias",))

_Verdict = tuple[type[PublishError], str]

# The error table of https://developers.zalo.me/docs/official-account/phu-luc/ma-loi (read second-hand, 2026-09-22).
# Codes that are missing here (one-user messages, groups, unknown ones) have the verdict of `_unlisted`.
_VERDICTS: Mapping[int, _Verdict] = MappingProxyType(
    {
        -32: (RateLimited, "zalo.too-many-requests"),
        **dict.fromkeys((-216, -220, 216, 401, -401), (TokenRefused, "zalo.reconnect")),
        **dict.fromkeys((-204, -205, -219), (AuthFailed, "zalo.account-gone")),
        **dict.fromkeys((-202, -207, -208, -209, -212, -215, -242), (AuthFailed, "zalo.app-setup")),
        -221: (AuthFailed, "zalo.not-verified"),
        -223: (AuthFailed, "zalo.no-permission"),  # or the quota of articles: see `_TEXTS`
        -224: (AuthFailed, "zalo.package"),
        **dict.fromkeys((-320, -321), (AuthFailed, "zalo.cloud-account")),
        -201: (Rejected, "zalo.field-refused"),
        -210: (Rejected, "zalo.too-large"),
        -211: (Rejected, "zalo.quota"),
        **dict.fromkeys((-233, -235, -240), (Rejected, "zalo.not-supported")),
        -248: (Rejected, "zalo.rules"),
        -214: (Unavailable, "zalo.being-processed"),
        -234: (RateLimited, "zalo.night"),
    }
)
_GONE: _Verdict = (Gone, "zalo.article-gone")
_LOST: _Verdict = (JobLost, "zalo.job-lost")
_NOT_OFFERED: _Verdict = (Rejected, "zalo.broadcast-not-offered")
# A broadcast that Zalo does not allow must not pause the account: its articles go on. After -200 ("send failed") nobody
# can tell whether it went out.
_OF_BROADCASTS: Mapping[int, _Verdict] = MappingProxyType(
    {
        -200: (OutcomeUnknown, "zalo.unclear"),
        -201: (Rejected, "zalo.broadcast-refused"),
        -211: (Rejected, "zalo.broadcast-quota"),
        **dict.fromkeys((-212, -221, -224, -233, -235), _NOT_OFFERED),
        -223: (Rejected, "zalo.broadcast-permission"),
        **dict.fromkeys((-209, -240), (Rejected, "zalo.broadcast-shut")),
        **dict.fromkeys((-320, -321), (Rejected, "zalo.cloud-account")),
    }
)
_VERDICTS_BY_CALL: Mapping[Call, Mapping[int, _Verdict]] = MappingProxyType(
    {
        VERIFY: {
            -214: (Working, "zalo.being-processed"),
            -200: (PictureRefused, "zalo.image-failed"),
        },
        DETAIL: {-201: _GONE},
        REMOVE: {-201: _GONE},
        PREPARE: dict.fromkeys((-200, -201, -210), (Rejected, "zalo.video-refused")),
        VIDEO: dict.fromkeys((-200, -201), _LOST),  # its token is all that it is asked
        BROADCAST: _OF_BROADCASTS,
    }
)


@dataclass(frozen=True, slots=True)
class _Text:
    """A number of several meanings, told apart by what Zalo says with it."""

    calls: frozenset[Call]
    codes: frozenset[int]  # empty: any, and none
    found: re.Pattern[str]  # in the folded text
    verdict: _Verdict


_ARTICLE = frozenset({CREATE, UPDATE, VERIFY})
_ANY: frozenset[int] = frozenset()
_QUOTA = re.compile("quota|limit|hạn mức|giới hạn")
_PICTURE = re.compile(r"photo_url|avatar|thumb|ảnh|\burl\b")
_TEXTS = (
    # the number that comes with it is not known
    _Text(frozenset({VERIFY}), _ANY, re.compile("being processed"), (Working, "zalo.being-processed")),
    # of one address: minutes help, and so does another name
    _Text(_ARTICLE, _ANY, re.compile("too many failed attempts"), (TooOften, "zalo.image-too-often")),
    _Text(frozenset({VERIFY}), frozenset({-200, -201}), re.compile("token"), _LOST),
    _Text(_ARTICLE, frozenset({-201}), re.compile("video_id"), (VideoLost, "zalo.video-gone")),
    # which call refuses a host was not recorded; seen was "Ảnh đại diện không hợp lệ"
    _Text(_ARTICLE, frozenset({-201}), _PICTURE, (PictureRefused, "zalo.image-address")),
    _Text(_ARTICLE, frozenset({-200}), re.compile("media failed"), (PictureRefused, "zalo.image-failed")),
    _Text(frozenset({BROADCAST}), frozenset({-223}), _QUOTA, (Rejected, "zalo.broadcast-quota")),
    _Text(_ARTICLE | {PREPARE}, frozenset({-223}), _QUOTA, (Rejected, "zalo.quota")),
)


def send(
    api_url: str,
    session: Session,
    token: str,
    call: Call,
    sent: Mapping[str, Any],
    file: Media | None = None,
) -> dict[str, Any]:
    """The data of the answer. Raises PublishError."""
    session.keep_secret(token)
    url, headers = api_url + call.path, {"access_token": token}
    try:
        if file is not None:
            body, more = multipart({}, "file", file.path, file.mime, session.progress)
            with body:
                response = session.post(url, data=body, headers=headers | more)
        elif call is VIDEO:  # the sources disagree where the token of an upload goes
            response = session.get(url, params=sent, headers=headers | {"token": str(sent["token"])})
        elif call.method == "GET":
            response = session.get(url, params=sent, headers=headers)
        else:
            response = session.post(url, json=sent, headers=headers)
    except requests.RequestException as error:
        raise transport_error(PLATFORM, error, session, visible=call.visible) from error
    return _read(call, response, session)


def _read(call: Call, response: requests.Response, session: Session) -> dict[str, Any]:
    body = as_object(response)
    code, data = number(body.get("error"), math.nan), body.get("data")
    found = data if isinstance(data, dict) else {}
    if code == 0 and _complete(call, found):
        return found
    told = session.scrub(body.get("message") or f"HTTP {response.status_code}")
    raise _refusal(call, 0 if math.isnan(code) else int(code), told, response.status_code)


def _complete(call: Call, found: Mapping[str, Any]) -> bool:
    return not call.answers or any(found.get(name) not in (None, "") for name in call.answers)


def _refusal(call: Call, code: int, told: str, status: int) -> PublishError:
    """`code` 0: the answer could not be read, or lacks what makes it a success."""
    detail = f"{code}: {told}" if code else told
    if call.visible and status >= 500:  # whatever the number says, it may have been done
        return OutcomeUnknown(PLATFORM, "zalo.unclear", detail)
    kind, name = _verdict(call, code, fold(told)) or _unlisted(call, code, status)
    if code == NIGHT:
        return RateLimited(PLATFORM, name, detail, quota="night")
    if kind is RateLimited:
        return RateLimited(PLATFORM, name, detail, MINUTE)
    if kind is Rejected and call.method == "GET":
        kind = Unavailable  # a question that was not answered says nothing about the article
    return kind(PLATFORM, name, detail)


def _verdict(call: Call, code: int, told: str) -> _Verdict | None:
    for one in _TEXTS:
        if call in one.calls and (not one.codes or code in one.codes) and one.found.search(told):
            return one.verdict
    return _VERDICTS_BY_CALL.get(call, {}).get(code) or _VERDICTS.get(code)


def _unlisted(call: Call, code: int, status: int) -> _Verdict:
    if code and status < 500:
        return Rejected, "zalo.refused"
    return (OutcomeUnknown if call.visible else Unavailable), "zalo.unclear"


def as_object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def number(value: object, otherwise: float) -> float:
    """Zalo sends some numbers as text."""
    try:
        found = float(value) if isinstance(value, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        return otherwise
    return found if math.isfinite(found) else otherwise
