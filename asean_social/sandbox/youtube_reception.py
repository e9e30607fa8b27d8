"""What every request to the YouTube Data API passes first: its token, its scope, its price, its parameters.

Scopes: the discovery document; https://developers.google.com/youtube/v3/docs/core_errors.
"""

from typing import Any

from asean_social.sandbox.contract import contract
from asean_social.sandbox.google_tokens import GoogleTokens
from asean_social.sandbox.wire import Request
from asean_social.sandbox.youtube_quota import Quota
from asean_social.sandbox.youtube_rules import arguments, refuse


class Reception:
    def __init__(self, tokens: GoogleTokens, quota: Quota) -> None:
        self._tokens, self._quota = tokens, quota

    def begin(self, request: Request, method: str, *also: str) -> tuple[str, dict[str, Any]]:
        """The channel that asks, and the parameters; `also` names those of uploads."""
        channel = self.caller(request, method)
        self._quota.pay(method)
        return channel, arguments(request, method, *also)

    def caller(self, request: Request, method: str) -> str:
        token = request.bearer()
        channel = self._tokens.channel(token)
        if channel is None:
            reason = "authError" if token else "required"
            text = "Invalid Credentials" if token else "Login Required."
            refusal = refuse("*", reason, text, status=401, location="Authorization", locationType="header")
            refusal.answer.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/"'
            raise refusal
        if not self._tokens.scopes(token) & set(contract("youtube")["scopes"][method]):
            # the page of captions says `forbidden` where the others say `insufficientPermissions`
            reason = "forbidden" if method.startswith("captions.") else "insufficientPermissions"
            raise refuse(method, reason, "Request had insufficient authentication scopes.", status=403)
        return channel
