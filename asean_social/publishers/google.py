"""The way to Google: googleapiclient over our HTTP stack, files that stream, and tokens.

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
from asean_social.errors import AuthFailed, PublishError, Rejected, Unavailable
from asean_social.publishers.base import Media, TokenPair, Tokens
from asean_social.publishers.http import Body, Session, retry_after, same_origin
from asean_social.publishers.youtube_errors import Refused, ask

# a whole service costs three times the time and memory
USED = ("captions", "channels", "playlistItems", "playlists", "thumbnails", "videoCategories", "videos")
# Nothing but a plain host may stand before the path: URL parsers disagree on user names and backslashes there.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[\x21-\x5b\x5d-\x7e]*)?")
_GOOGLE = re.compile(r"https://[a-z0-9-]+\.googleapis\.com(?::443)?/[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a file that can be opened any number of times, so that a refused request can be sent again."""

    path: Path
    start: int
    length: int
    head: bytes = b""  # what is sent before and after it
    tail: bytes = b""

    def __len__(self) -> int:
        return len(self.head) + self.length + len(self.tail)


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


class Whole(MediaUpload):  # type: ignore[misc]  # googleapiclient ships no types
    """A file that is the body of one request."""

    def __init__(self, media: Media) -> None:
        self._media = media

    def mimetype(self) -> str:
        return self._media.mime

    def size(self) -> int:
        return self._media.size

    def resumable(self) -> bool:
        return False

    def getbytes(self, begin: int, length: int) -> Slice | bytes:
        return Slice(self._media.path, begin, length)


class _Place(Whole):
    """Stands where the file goes, in a body that googleapiclient puts together in memory."""

    MARK = b"\0"  # JSON writes this character in another way

    def getbytes(self, begin: int, length: int) -> bytes:
        del begin, length
        return self.MARK


def enveloped(media: Media, make: Callable[[MediaUpload], Any]) -> Any:
    """The request that `make` builds around a file, whose one body holds JSON and the file; the file streams."""
    request = make(_Place(media))
    head, tail = request.body.split(_Place.MARK)
    request.body = Slice(media.path, 0, media.size, head, tail)
    request.body_size = len(request.body)
    return request


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
            progress = self._session.progress
            return Body(body.path, body.start, body.length, progress, body.head, body.tail)
        return nullcontext(body)


def service(api_url: str, transport: Transport) -> Any:
    """The API as its own description in the package tells it, at `api_url`."""
    source = resources.files("googleapiclient.discovery_cache.documents") / "youtube.v3.json"
    document = json.loads(source.read_text(encoding="utf-8"))
    document["rootUrl"] = document["baseUrl"] = api_url + "/"
    document.pop("mtlsRootUrl", None)
    document["resources"] = {name: document["resources"][name] for name in USED}
    return build_from_document(document, http=transport)


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
    raise _no_token(session, answer, fields)


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


def _no_token(session: Session, answer: requests.Response, fields: Mapping[str, Any]) -> PublishError:
    status, reason = answer.status_code, str(fields.get("error", ""))
    detail = session.scrub(fields.get("error_description", ""))
    if status not in range(400, 500) or status == requests.codes.too_many_requests or not reason:
        return Unavailable("youtube", "youtube.server-error", detail, retry_after(answer), status=status)
    if reason == "invalid_grant":
        return AuthFailed("youtube", "youtube.reconnect", detail)
    return AuthFailed("youtube", "youtube.client-refused", detail, reason=reason)
