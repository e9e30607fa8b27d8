"""A stand-in for oauth2.googleapis.com: access tokens from refresh tokens.

Source: https://developers.google.com/identity/protocols/oauth2.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World

ACCESS_LIFE = 3599  # seconds
SCOPE = "https://www.googleapis.com/auth/youtube"
SCOPES = frozenset({SCOPE, f"{SCOPE}.upload", f"{SCOPE}.readonly", f"{SCOPE}.force-ssl"})
FIELDS = frozenset({"grant_type", "client_id", "client_secret", "refresh_token", "scope"})


@dataclass(slots=True)
class ChannelAccount:
    id: str
    name: str
    client_id: str
    client_secret: str
    first: str  # the refresh token it begins with
    refresh_token: str = ""

    @property
    def uploads(self) -> str:
        """The playlist that holds every upload."""
        return "UU" + self.id[2:]


@dataclass(frozen=True, slots=True)
class _Access:
    channel: str
    until: float
    scopes: frozenset[str]


class GoogleTokens:
    def __init__(self, world: World, accounts: list[ChannelAccount]) -> None:
        self._world = world
        self._accounts = accounts
        self._alive: dict[str, _Access] = {}  # by token
        self.granted = SCOPES  # what the person allowed on the consent page

    def clear(self) -> None:
        self._alive.clear()
        self.granted = SCOPES
        for one in self._accounts:
            one.refresh_token = one.first

    def channel(self, token: str) -> str | None:
        """The channel a live access token stands for."""
        found = self._alive.get(token)
        return found.channel if found and self._world.now() < found.until else None

    def scopes(self, token: str) -> set[str]:
        """Short names (youtube.upload …) of what a token may do."""
        found = self._alive.get(token)
        return {one.rpartition("/")[2] for one in found.scopes} if found else set()

    def revoke(self) -> None:
        with self._world.lock:
            self._alive.clear()
            for one in self._accounts:
                one.refresh_token = self._world.secret("1//new")

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
        asked = frozenset(form.get("scope", "").split()) or self.granted
        if asked - self.granted:
            return _error("invalid_scope", "Some requested scopes were invalid.")
        token = self._world.secret("ya29.")
        with self._world.lock:
            self._alive[token] = _Access(account.id, self._world.now() + ACCESS_LIFE, asked)
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
