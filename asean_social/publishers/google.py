"""The way to Google: googleapiclient over our HTTP stack, tokens, and the meaning of a refusal.

googleapiclient's own transport, httplib2, sends a POST a second time when the server hangs up without an answer.
Ours sends everything once; only a request refused with 401 is repeated, in full, with a new token.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import httplib2
import requests
from googleapiclient.discovery import build_from_document
from googleapiclient.http import MediaUpload

from asean_social.credentials import YouTubeAccount
from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers.base import TokenPair, Tokens
from asean_social.publishers.http import Body, Session, same_origin, transport_error

USED = ("channels", "playlistItems", "videos")  # a whole service costs three times the time and memory
# Nothing but a plain host may stand before the path: URL parsers disagree on user names and backslashes there.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[\x21-\x5b\x5d-\x7e]*)?")
_GOOGLE = re.compile(r"https://[a-z0-9-]+\.googleapis\.com(?::443)?/[\x21-\x7e]*")
_DAY = 86_400.0


class Refused(Exception):
    """The platform answered, and not with what was asked for. Never leaves this adapter."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(answer.status_code)
        self.status = answer.status_code
        self.reason, self.text = _told(answer.content)
        self.retry_after = _seconds(answer.headers.get("Retry-After", ""))


def _told(content: bytes) -> tuple[str, str]:
    """`errors[0].reason` and the platform's sentence; upload servers also answer in plain text or HTML."""
    try:
        error = json.loads(content)["error"]
        return str((error.get("errors") or [{}])[0].get("reason", "")), str(error.get("message", ""))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "", content[:300].decode("utf-8", "replace")


def _seconds(header: str) -> float | None:
    return float(header) if re.fullmatch(r"\d{1,6}", header) else None


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a file that can be opened any number of times, so that a refused request can be sent again."""

    path: Path
    start: int
    length: int

    def __len__(self) -> int:
        return self.length


class Video(MediaUpload):  # type: ignore[misc]  # googleapiclient ships no types
    """A file as googleapiclient uploads it: `getbytes` hands out slices, the transport streams them."""

    def __init__(self, path: Path, mime: str, size: int, chunk: int) -> None:
        self._path, self._mime, self._size, self._chunk = path, mime, size, chunk

    def chunksize(self) -> int:
        return self._chunk

    def mimetype(self) -> str:
        return self._mime

    def size(self) -> int:
        return self._size

    def resumable(self) -> bool:
        return True

    def getbytes(self, begin: int, length: int) -> Slice:
        return Slice(self._path, begin, min(length, self._size - begin))


class Transport:
    """What googleapiclient takes for an httplib2.Http. Raises Refused for every status but 2xx and 308."""

    def __init__(self, session: Session, tokens: Tokens, api_url: str) -> None:
        self._session, self._tokens, self._api_url = session, tokens, api_url

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | Slice | None = None,
        headers: Mapping[str, str] | None = None,
        redirections: int = 0,
        connection_type: object = None,
    ) -> tuple[httplib2.Response, bytes]:
        del redirections, connection_type
        self.trust(uri)
        token = self._tokens.current()
        answer = self._send(uri, method, body, headers or {}, token)
        if answer.status_code == requests.codes.unauthorized:
            answer = self._send(uri, method, body, headers or {}, self._tokens.renew(token))
        # for an upload 308 means "go on", not a redirect; nothing else is answered so
        going_on = answer.status_code == 308 and method == "PUT"
        if not answer.ok or (answer.status_code in range(300, 400) and not going_on):
            raise Refused(answer)
        return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), answer.content

    def trust(self, uri: str) -> None:
        """Raises Rejected unless the token may be sent to this address."""
        if not _PLAIN.fullmatch(uri) or not (same_origin(uri, self._api_url) or _GOOGLE.fullmatch(uri)):
            raise Rejected("youtube", "youtube.foreign-address")

    def close(self) -> None:
        """Part of what googleapiclient expects; the session belongs to whoever passed it in."""

    def _send(
        self, uri: str, method: str, body: str | bytes | Slice | None, headers: Mapping[str, str], token: str
    ) -> requests.Response:
        self._session.keep_secret(token)
        with self._opened(body) as payload:
            return self._session.request(
                method, uri, data=payload, headers={**headers, "Authorization": f"Bearer {token}"}
            )

    def _opened(self, body: str | bytes | Slice | None) -> AbstractContextManager[Any]:
        if isinstance(body, Slice):
            return Body(body.path, body.start, body.length, self._session.progress)
        return nullcontext(body)


def service(api_url: str, transport: Transport) -> Any:
    """The API as its own description in the package tells it, at `api_url`."""
    source = resources.files("googleapiclient.discovery_cache.documents") / "youtube.v3.json"
    document = json.loads(source.read_text(encoding="utf-8"))
    document["rootUrl"] = document["baseUrl"] = api_url + "/"
    document.pop("mtlsRootUrl", None)
    document["resources"] = {name: document["resources"][name] for name in USED}
    return build_from_document(document, http=transport)


def ask(
    session: Session, method: str, send: Callable[[], Any], *, visible: bool = False, gone: bool = False
) -> Any:
    """What `send` returns, or the PublishError that its failure means.

    `gone`: None when the platform does not know what was addressed. No cause is chained: the texts of the HTTP
    libraries hold upload addresses, which are secret.
    """
    try:
        return send()
    except Refused as refused:
        if gone and refused.status in _GONE:
            return None
        raise failure(session, method, refused, visible=visible) from None
    except requests.RequestException as error:
        raise transport_error("youtube", error, session, visible=visible) from None
    except (ValueError, IndexError):  # a success that is no text, a Range that is none
        raise unreadable(visible=visible) from None


def unreadable(*, visible: bool = False) -> PublishError:
    return (OutcomeUnknown if visible else Unavailable)("youtube", "youtube.unreadable")


# -- what a refusal means: https://developers.google.com/youtube/v3/docs/errors and /core_errors (read 2026-11-23)

_AUTH = {
    "youtubeSignupRequired": "youtube.no-channel",
    "authenticatedUserNotChannel": "youtube.no-channel",
    "channelNotFound": "youtube.no-channel",
    "insufficientPermissions": "youtube.scope-missing",
    "playlistItemsNotAccessible": "youtube.scope-missing",
    "accountDelegationForbidden": "youtube.scope-missing",
    "authenticatedUserAccountClosed": "youtube.channel-closed",
    "authenticatedUserAccountSuspended": "youtube.channel-closed",
    "channelClosed": "youtube.channel-closed",
    "channelSuspended": "youtube.channel-closed",
    "accessNotConfigured": "youtube.api-off",  # the project's fault, so every delivery of the account meets it
}
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_BURST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "servingLimitExceeded"})
_GONE = frozenset({404, 410})
_AGAIN = frozenset({408, 416})  # upload servers: too slow; not where we thought, so probe
_WRONG = {
    "invalidTitle": "youtube.bad-title",
    "invalidDescription": "youtube.bad-description",
    "invalidTags": "youtube.bad-tags",
    "invalidCategoryId": "youtube.bad-category",
    "invalidRecordingDetails": "youtube.bad-recording-date",
    "defaultLanguageNotSet": "youtube.language-missing",
    "invalidVideoMetadata": "youtube.bad-metadata",
    "invalidFilename": "youtube.bad-file-name",
    "mediaBodyRequired": "youtube.empty-file",
    "uploadTooLarge": "youtube.too-large",
    "forbiddenPrivacySetting": "youtube.privacy-forbidden",
    "forbiddenLicenseSetting": "youtube.license-forbidden",
    "forbiddenEmbedSetting": "youtube.embedding-forbidden",
    "forbidden": "youtube.forbidden",
    "videoNotFound": "youtube.video-gone",
}


def failure(session: Session, method: str, refused: Refused, *, visible: bool = False) -> PublishError:
    """The error this answer to `method` (videos.insert, videos.insert.session, videos.list …) means."""
    reason, status = refused.reason, refused.status
    detail = session.scrub(refused.text)
    if status == requests.codes.unauthorized or reason in _AUTH:
        return AuthFailed("youtube", _AUTH.get(reason, "youtube.token-refused"), detail)
    limited = _limited(method, refused, detail)
    if limited is not None:
        return limited
    if status < requests.codes.bad_request or status >= requests.codes.server_error:
        error = OutcomeUnknown if visible else Unavailable
        return error("youtube", "youtube.server-error", detail, status=status)
    if status in _AGAIN or reason == "alreadyExists":
        # alreadyExists: seen once at a session's start, before any byte (DayMoonDevelopment/post-for-me#337)
        return Unavailable("youtube", "youtube.server-error", detail, status=status)
    return Rejected("youtube", _WRONG.get(reason, "youtube.refused"), detail, reason=reason or str(status))


def _limited(method: str, refused: Refused, detail: str) -> RateLimited | None:
    """Uploads have a daily bucket of their own, whose end shows as 429 (googleapis/google-api-python-client#2753)."""
    reason, status = refused.reason, refused.status
    insert = method == "videos.insert"
    too_many = status == requests.codes.too_many_requests
    if reason in _QUOTA or (too_many and (insert or "per day" in refused.text)):
        return RateLimited("youtube", "youtube.quota", detail, None, quota="uploads" if insert else "units")
    if reason == "uploadLimitExceeded":
        # of the channel, not of the project: "try again in 24 hours" (support.google.com/youtube/answer/71673)
        return RateLimited("youtube", "youtube.channel-uploads", detail, _DAY)
    if too_many or reason in _BURST:
        return RateLimited("youtube", "youtube.burst", detail, refused.retry_after)
    return None


# -- tokens


def refresh(account: YouTubeAccount, session: Session, refresh_token: str) -> TokenPair:
    """A new access token. Raises AuthFailed when a person must act, Unavailable otherwise.

    Source: https://developers.google.com/identity/protocols/oauth2/native-app#offline
    """
    secret = account.client_secret.get_secret_value()
    session.keep_secret(secret, refresh_token)
    form = {
        "grant_type": "refresh_token",
        "client_id": account.client_id,
        "client_secret": secret,
        "refresh_token": refresh_token,
    }
    answer: requests.Response = ask(
        session, "oauth2.token", lambda: session.post(account.token_url, data=form)
    )
    fields = _fields(answer.content)
    if answer.ok and isinstance(fields.get("access_token"), str):
        session.keep_secret(fields["access_token"])
        return TokenPair(
            fields["access_token"],
            fields.get("refresh_token") or refresh_token,
            _lifetime(fields.get("expires_in")),
        )
    raise _no_token(session, answer.status_code, fields)


def _lifetime(lifetime: object) -> float:
    """As a number or as text; 0, so used at once and replaced, where it says neither."""
    try:
        return float(str(lifetime))
    except ValueError:
        return 0.0


def _fields(content: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(content)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _no_token(session: Session, status: int, fields: Mapping[str, Any]) -> PublishError:
    reason = str(fields.get("error", ""))
    detail = session.scrub(fields.get("error_description", ""))
    if status not in range(400, 500) or status == requests.codes.too_many_requests or not reason:
        return Unavailable("youtube", "youtube.server-error", detail, status=status)
    if reason == "invalid_grant":
        return AuthFailed("youtube", "youtube.reconnect", detail)
    return AuthFailed("youtube", "youtube.client-refused", detail, reason=reason)
