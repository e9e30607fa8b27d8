"""A stand-in for oauth2.googleapis.com: access tokens from refresh tokens.

Source: https://developers.google.com/identity/protocols/oauth2.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World

ACCESS_LIFE = 3599  # seconds
SCOPE = "https://www.googleapis.com/auth/youtube"
SCOPES = frozenset({SCOPE, f"{SCOPE}.upload", f"{SCOPE}.readonly", f"{SCOPE}.force-ssl"})
FIELDS = frozenset({"grant_type", "client_id", "client_secret", "refresh_token", "scope"})


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    id: str
    name: str
    client_id: str
    client_secret: str
    refresh_token: str

    @property
    def uploads(self) -> str:
        """The playlist that holds every upload."""
        return "UU" + self.id[2:]


class GoogleTokens:
    def __init__(self, world: World, accounts: list[ChannelAccount]) -> None:
        self._world = world
        self._accounts = accounts
        self._alive: dict[str, tuple[str, float]] = {}  # access token: channel, until

    def clear(self) -> None:
        self._alive.clear()

    def channel(self, token: str) -> str | None:
        """The channel a live access token stands for."""
        channel, until = self._alive.get(token, ("", 0.0))
        return channel if self._world.now() < until else None

    def expire(self, token: str) -> None:
        self._alive.pop(token, None)

    def answer(self, request: Request) -> Answer:
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip()
        form = dict(parse_qsl(request.body.read(1 << 16).decode("utf-8", "replace"), keep_blank_values=True))
        if kind != "application/x-www-form-urlencoded" or request.query or set(form) - FIELDS:
            return _error("invalid_request", "Parameter not allowed for this message type")
        if form.get("grant_type") != "refresh_token":
            return _error("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        return self._refresh(form)

    def _refresh(self, form: dict[str, str]) -> Answer:
        client = [one for one in self._accounts if one.client_id == form.get("client_id")]
        if not any(one.client_secret == form.get("client_secret") for one in client):
            return _error("invalid_client", "The OAuth client was not found.", 401)
        if not form.get("refresh_token"):
            return _error("invalid_request", "Missing required parameter: refresh_token")
        account = next((one for one in client if one.refresh_token == form["refresh_token"]), None)
        if account is None:
            return _error("invalid_grant", "Token has been expired or revoked.")
        asked = set(re.split(r"\s+", form.get("scope", SCOPE).strip()))
        if asked - SCOPES:
            return _error("invalid_scope", "Some requested scopes were invalid.")
        token = self._world.secret("ya29.")
        with self._world.lock:
            self._alive[token] = (account.id, self._world.now() + ACCESS_LIFE)
        self._world.event("youtube", "token", account.id)
        body = {
            "access_token": token,
            "expires_in": ACCESS_LIFE,
            "scope": " ".join(sorted(asked)),
            "token_type": "Bearer",
        }
        return Answer.json(body, Cache_Control="no-cache, no-store, max-age=0, must-revalidate")


def _error(code: str, text: str, status: int = 400) -> Answer:
    return Answer.json({"error": code, "error_description": text}, status)
