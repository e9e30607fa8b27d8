"""Who asks the stand-in for Graph, and what they may see of the accounts: tokens, proofs, Pages, permissions.

Sources: https://developers.facebook.com/docs/facebook-login/security,
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from asean_social.sandbox.contract import contract
from asean_social.sandbox.graph import Sent, gone, page, refuse, select, sent, typed
from asean_social.sandbox.platform import Platform
from asean_social.sandbox.refusals import Refusals
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World

PROOF_LIFE = 300  # seconds a proof with appsecret_time is good
SCOPES = [
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_read_user_content",
]
TASKS = ["ANALYZE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
FILES_ON = frozenset(  # edges that take files
    {"photos.create", "videos.create", "feed.create", "comments.create"}
)


@dataclass(frozen=True, slots=True)
class PageAccount:
    id: str
    name: str
    username: str
    token: str


@dataclass(frozen=True, slots=True)
class Caller:
    kind: str  # page | user | app
    page: str = ""


class Access(Platform):
    app_id = "880000000000001"
    user_id = "122000000000009"

    def __init__(self, world: World) -> None:
        self.refusals = Refusals()
        self.app_secret = world.secret("app-secret-")
        self.user_token = world.secret("EAAuser")
        self.pages = {
            "hue-asean": PageAccount("61550000000001", "Huế – ASEAN", "hue.asean", world.secret("EAApage")),
            "other": PageAccount("61550000000002", "Trang khác", "trang.khac", world.secret("EAAother")),
        }
        self._first = (self.user_token, dict(self.pages))
        self._dead: set[str] = set()
        super().__init__(world)

    def clear(self) -> None:
        self.refusals.clear()
        self.user_token, pages = self._first
        self.pages.update(pages)
        self._by_id = {one.id: one for one in self.pages.values()}
        self._dead.clear()
        self.proof_required = False
        self.granted = set(SCOPES)  # what the person behind the tokens did not untick
        self.tasks = list(TASKS)  # what this person may do on the Pages

    def revoke(self) -> None:
        with self.world.lock:
            self._dead |= {self.user_token, *(one.token for one in self.pages.values())}
            self.user_token = self.world.secret("EAAuser")
            for name, one in self.pages.items():
                self.pages[name] = replace(one, token=self.world.secret("EAApage"))
            self._by_id = {one.id: one for one in self.pages.values()}

    # -- who asks ----------------------------------------------------------------------------------------------

    def _open(self, request: Request, edge: str) -> tuple[Caller, dict[str, Any], Sent]:
        """The caller and the typed parameters; the token is looked at before anything else, as Graph does."""
        got = sent(request)
        token = str(got.values.get("access_token") or request.bearer())
        caller = self._caller(token)
        self._prove(token, caller, got.values)
        self._allow(edge)
        if got.files and edge not in FILES_ON:
            raise refuse(100, f"(#100) Param {got.files[0].name} is not a parameter of this edge")
        return caller, typed(got.values, edge), got

    def _caller(self, token: str) -> Caller:
        if token in self._dead:
            raise refuse(190, subcode=460)
        if not token:
            raise refuse(190, "An access token is required to request this resource.")
        for one in self.pages.values():
            if hmac.compare_digest(token.encode(), one.token.encode()):
                return Caller("page", one.id)
        if token == self.user_token:
            return Caller("user")
        if token == f"{self.app_id}|{self.app_secret}":
            return Caller("app")
        raise refuse(190, "Invalid OAuth access token - Cannot parse access token")

    def _prove(self, token: str, caller: Caller, values: dict[str, Any]) -> None:
        proof = values.get("appsecret_proof")
        if proof is None:
            if self.proof_required and caller.kind != "app":
                message = "API calls from the server require an appsecret_proof argument"
                raise refuse(100, message, type="GraphMethodException")
            return
        moment = values.get("appsecret_time")
        text = token if moment is None else f"{token}|{moment}"
        right = hmac.new(self.app_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        stale = moment is not None and not self._is_fresh(str(moment))
        if stale or not hmac.compare_digest(str(proof).encode(), right.encode()):
            message = "Invalid appsecret_proof provided in the API argument"
            raise refuse(100, message, type="GraphMethodException")

    def _allow(self, edge: str) -> None:
        """Whether the person behind the token may do this at all."""
        described = contract("facebook")["edges"][edge]
        for one in described.get("permissions", []):
            if one not in self.granted:
                raise refuse(200, f"(#200) Requires {one} permission to manage the object")
        for one in described.get("tasks", []):
            if one not in self.tasks:
                raise refuse(200, f"(#200) The user does not have the task {one} on the Page")

    def _is_fresh(self, moment: str) -> bool:
        return moment.isdigit() and abs(self.world.now() - int(moment)) <= PROOF_LIFE

    def _own(self, caller: Caller, subject: str, *, write: bool) -> str:
        """The Page addressed, if this token may act on it."""
        asked = caller.page if subject == "me" else subject
        if asked not in self._by_id:
            raise gone(subject, "post" if write else "get")
        if caller.kind != "page":
            raise refuse(190, subcode=2069032)
        if caller.page != asked:
            raise refuse(200 if write else 10)
        return asked

    # -- accounts ----------------------------------------------------------------------------------------------

    def _me(self, request: Request) -> Answer:
        caller, values, _ = self._open(request, "me.get")
        if caller.kind == "page":
            return Answer.json(self._page_node(self._by_id[caller.page], caller, values))
        if caller.kind == "app":
            raise refuse(
                2500, "An active access token must be used to query information about the current user."
            )
        person = {"id": self.user_id, "name": "Cán bộ thử nghiệm"}
        return Answer.json(select("User", person, values.get("fields"), "id,name"))

    def _my_list(self, request: Request, edge: str) -> Answer:
        caller, values, _ = self._open(request, f"me.{edge}")
        if caller.kind != "user":
            raise refuse(100, f"(#100) Tried accessing nonexisting field ({edge}) on node type (Page)")
        if edge == "permissions":
            return Answer.json({"data": self._permissions(values)})
        rows = [
            self._page_node(one, caller, values, "id,name,access_token,tasks") for one in self.pages.values()
        ]
        return Answer.json(page(rows, values, self._next(request)))

    def _permissions(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        rows = [
            {"permission": one, "status": "granted" if one in self.granted else "declined"} for one in SCOPES
        ]
        asked = {name: values[name] for name in ("permission", "status") if name in values}
        return [
            select("Permission", row, values.get("fields"), "permission,status")
            for row in rows
            if row.items() >= asked.items()
        ]

    def _page_node(
        self, one: PageAccount, caller: Caller, values: dict[str, Any], default: str = "id,name"
    ) -> dict[str, Any]:
        node: dict[str, Any] = {
            "id": one.id,
            "name": one.name,
            "username": one.username,
            "link": f"https://www.facebook.com/{one.username}",
            "category": "Government organization",
            "is_published": True,
            "can_post": True,
            "fan_count": 1200,
            "followers_count": 1250,
            "has_transitioned_to_new_page_experience": True,
            "verification_status": "not_verified",
            "tasks": self.tasks if caller.kind == "user" else None,
        }
        if caller.kind == "user" or caller.page == one.id:
            node["access_token"] = one.token
        return select("Page", node, values.get("fields"), default)

    def _debug(self, request: Request) -> Answer:
        caller, values, _ = self._open(request, "debug_token")
        if caller.kind == "page":
            raise refuse(
                100, "(#100) You must provide an app access token, or a user access token of a developer"
            )
        return Answer.json({"data": self._inspected(values["input_token"])})

    def _inspected(self, token: str) -> dict[str, Any]:
        basis = {"app_id": self.app_id, "application": "asean-social"}
        owner = next((one for one in self.pages.values() if one.token == token), None)
        if owner is None and token != self.user_token:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return {**basis, "error": error, "is_valid": False, "scopes": []}
        found: dict[str, Any] = {
            **basis,
            "type": "PAGE" if owner else "USER",
            "is_valid": True,
            "scopes": [one for one in SCOPES if one in self.granted],
        }
        found |= {
            "expires_at": 0,
            "data_access_expires_at": 0,
            "issued_at": 1_790_000_000,
            "user_id": self.user_id,
        }
        return found | ({"profile_id": owner.id} if owner else {})

    def _next(self, request: Request) -> Callable[[dict[str, str]], str]:
        """Addresses of further pages: complete, with the token in them, as Graph gives them."""
        kept = {name: worth for name, worth in request.query if name not in ("after", "before", "limit")}
        return lambda more: f"{request.origin}/facebook{request.path}?{urlencode(kept | more)}"
