"""The Graph API as one Page's publisher calls it: signed requests, of which only good answers come back.

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
from asean_social.errors import Rejected, Unavailable
from asean_social.publishers.base import Media, Tokens
from asean_social.publishers.facebook_errors import PLATFORM, Gone, refusal, unclear, wanted_rest
from asean_social.publishers.http import (
    Body,
    Session,
    multipart,
    same_origin,
    transport_error,
)

with warnings.catch_warnings():
    # facebook-sdk 3.1.0 writes a regular expression in a plain string; asleep since 2020.
    warnings.filterwarnings("ignore", message=".*invalid escape sequence")
    import facebook

HOST = "https://graph.facebook.com"
RUPLOAD = "https://rupload.facebook.com"
VERSION = "v26.0"  # https://developers.facebook.com/docs/graph-api/changelog/versions/


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
        self._graph.rest = wanted_rest(response)
        refused = refusal(response, self._session, visible=self._visible)
        if refused:
            raise refused
        response.headers["content-type"] = "application/json"
        return response
