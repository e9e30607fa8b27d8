"""A stand-in for graph.facebook.com, Graph API v26.0: Pages with text, link and photo posts.

Sources: https://developers.facebook.com/docs/graph-api/reference/page/feed/,
https://developers.facebook.com/docs/pages-api/posts,
https://developers.facebook.com/docs/graph-api/overview/rate-limiting,
https://developers.facebook.com/docs/facebook-login/security.
"""

import hashlib
import hmac
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from asean_social.sandbox.contract import contract
from asean_social.sandbox.facebook_rules import MOST_PHOTO, check_photo_bytes, check_photo_values
from asean_social.sandbox.facebook_wall import Photo, Post, Wall
from asean_social.sandbox.graph import Sent, gone, page, refuse, select, sent, typed
from asean_social.sandbox.pictures import fetch, is_clean_url
from asean_social.sandbox.platform import Call, Platform, Route, route
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World

# https://developers.facebook.com/docs/graph-api/changelog/versions/ read 2026-11: usable until
VERSIONS = {
    "v21.0": "2027-01-21",
    "v22.0": "2027-05-20",
    "v23.0": "2027-10-08",
    "v24.0": "2028-02-18",
    "v25.0": "2028-07-29",
    "v26.0": "9999-12-31",
}
PROOF_LIFE = 300  # seconds a proof with appsecret_time is good
SCOPES = ["pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_read_user_content"]
TASKS = ["ANALYZE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
POST_DEFAULT = "id,created_time,message"
PHOTO_DEFAULT = "id,created_time,name"


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


class Facebook(Platform):
    name: ClassVar[str] = "facebook"
    prefixes: ClassVar[tuple[str, ...]] = ("facebook",)
    operations: ClassVar[frozenset[str]] = frozenset(contract("facebook")["edges"])
    app_id = "880000000000001"
    user_id = "122000000000009"

    def __init__(self, world: World) -> None:
        self.proof_required = False
        self.app_secret = world.secret("app-secret-")
        self.user_token = world.secret("EAAuser")
        self.pages = {
            "hue-asean": PageAccount("61550000000001", "Huế – ASEAN", "hue.asean", world.secret("EAApage")),
            "other": PageAccount("61550000000002", "Trang khác", "trang.khac", world.secret("EAAother")),
        }
        self._by_id = {one.id: one for one in self.pages.values()}
        super().__init__(world)
        self.clear()

    def clear(self) -> None:
        self.wall = Wall(self.world, {one.id: one.name for one in self.pages.values()})
        self._served = 0

    def table(self) -> list[Route]:
        def on(method: str, path: str, operation: Any, action: Callable[..., Answer]) -> Route:
            return route("facebook", method, r"(?:/v\d+\.\d+)?" + path, operation, action)

        return [
            on("GET", "/me", "me.get", self._me),
            on("GET", "/me/(accounts|permissions)", lambda _, found: f"me.{found[0]}", self._my_list),
            on("GET", "/debug_token", "debug_token", self._debug),
            on("POST", r"/(\d+|me)/feed", "feed.create", self._create_post),
            on("POST", r"/(\d+|me)/photos", "photos.create", self._create_photo),
            on("GET", r"/(\d+|me)/(feed|published_posts|scheduled_posts)", _list_name, self._list_posts),
            on("GET", r"/(\d+|me)/photos", "photos.list", self._list_photos),
            on("GET", r"/(\d+_\d+)", "post.get", self._get_post),
            on("POST", r"/(\d+_\d+)", "post.update", self._update_post),
            on("DELETE", r"/(\d+_\d+)", "post.delete", self._delete_post),
            on("GET", r"/(\d+)", self._node_name, self._get_node),
            on("DELETE", r"/(\d+)", "photo.delete", self._delete_photo),
        ]

    def _node_name(self, _: Request, found: Sequence[str]) -> str:
        return "page.get" if found[0] in self._by_id else "photo.get"

    # -- who asks ----------------------------------------------------------------------------------------------

    def _open(self, request: Request, edge: str) -> tuple[Caller, dict[str, Any], Sent]:
        """The caller and the typed parameters; the token is looked at before anything else, as Graph does."""
        got = sent(request)
        token = str(got.values.get("access_token") or request.bearer())
        caller = self._caller(token)
        self._prove(token, caller, got.values)
        if got.files and edge != "photos.create":
            raise refuse(100, f"(#100) Param {got.files[0].name} is not a parameter of this edge")
        return caller, typed(got.values, edge), got

    def _caller(self, token: str) -> Caller:
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
            return Answer.json({"data": [{"permission": one, "status": "granted"} for one in SCOPES]})
        rows = [
            self._page_node(one, caller, values, "id,name,access_token,tasks") for one in self.pages.values()
        ]
        return Answer.json(page(rows, values, self._next(request)))

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
            "tasks": TASKS if caller.kind == "user" else None,
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
            "scopes": SCOPES,
        }
        found |= {
            "expires_at": 0,
            "data_access_expires_at": 0,
            "issued_at": 1_790_000_000,
            "user_id": self.user_id,
        }
        return found | ({"profile_id": owner.id} if owner else {})

    # -- posts and photos --------------------------------------------------------------------------------------

    def _create_post(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "feed.create")
        owner = self._own(caller, subject, write=True)
        with self.world.lock:
            post = self.wall.add_post(owner, values)
            return Answer.json(self._written(post, values))

    def _written(self, post: Post, values: dict[str, Any]) -> dict[str, Any]:
        """The new id, and with `fields` the object read back in the same answer."""
        if "fields" not in values:
            return {"id": post.id}
        return select("PagePost", self.wall.post_node(post), values["fields"], POST_DEFAULT)

    def _create_photo(self, request: Request, subject: str) -> Answer:
        caller, values, got = self._open_photo(request)
        owner = self._own(caller, subject, write=True)
        check_photo_values(values, self.world.now())
        payload = self._photo_bytes(values, got)
        picture = check_photo_bytes(payload)
        with self.world.lock:
            blob = self.world.keep(payload, picture.mime, (picture.width, picture.height))
            self.world.event(self.name, "received", blob.id, bytes=blob.size, sha256=blob.sha256)
            photo = self.wall.add_photo(owner, blob, values)
            return Answer.json(self._written_photo(photo, values))

    def _open_photo(self, request: Request) -> tuple[Caller, dict[str, Any], Sent]:
        declared = request.body.declared or 0
        if declared > 8 * MOST_PHOTO:  # never held in memory; the token is inside the body and stays unread
            request.body.drain()
            raise refuse(100, subcode=1366046)
        return self._open(request, "photos.create")

    def _written_photo(self, photo: Photo, values: dict[str, Any]) -> dict[str, Any]:
        if "fields" in values:
            return select("Photo", self.wall.photo_node(photo), values["fields"], PHOTO_DEFAULT)
        public = {"post_id": photo.post} if photo.public and self.wall.posts[photo.post].feed else {}
        return {"id": photo.id, **public}

    def _photo_bytes(self, values: dict[str, Any], got: Sent) -> bytes:
        if got.oversize:
            raise refuse(100, subcode=1366046)
        if len(got.files) + ("url" in values) + ("vault_image_id" in values) != 1:
            raise refuse(
                324, "(#324) Requires upload file" if not got.files else "(#324) Send one file or one url"
            )
        if got.files:
            return got.files[0].payload
        url = values.get("url")
        found = fetch(url, MOST_PHOTO) if is_clean_url(url) and url else None
        if found is None:
            raise refuse(324)
        return found

    def _get_post(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "post.get")
        if request.lagging:
            raise gone(subject)
        with self.world.lock:
            post = self.wall.post(subject, caller.page)
            return Answer.json(
                select("PagePost", self.wall.post_node(post), values.get("fields"), POST_DEFAULT)
            )

    def _get_node(self, request: Request, subject: str) -> Answer:
        if subject in self._by_id:
            caller, values, _ = self._open(request, "page.get")
            if caller.kind == "page" and caller.page != subject:
                raise refuse(10)
            return Answer.json(self._page_node(self._by_id[subject], caller, values))
        caller, values, _ = self._open(request, "photo.get")
        if request.lagging:
            raise gone(subject)
        with self.world.lock:
            photo = self.wall.photo(subject, caller.page)
            return Answer.json(
                select("Photo", self.wall.photo_node(photo), values.get("fields"), PHOTO_DEFAULT)
            )

    def _update_post(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "post.update")
        with self.world.lock:
            post = self.wall.post(subject, caller.page, "post")
            if not set(values) - {
                "access_token",
                "appsecret_proof",
                "appsecret_time",
                "fields",
                "locale",
                "pretty",
            }:
                raise refuse(100, "(#100) The request changes nothing")
            self.wall.edit(post, values)
            return Answer.json({"success": True})

    def _delete_post(self, request: Request, subject: str) -> Answer:
        caller, _, _ = self._open(request, "post.delete")
        with self.world.lock:
            self.wall.remove_post(self.wall.post(subject, caller.page, "delete"))
        return Answer.json({"success": True})

    def _delete_photo(self, request: Request, subject: str) -> Answer:
        caller, _, _ = self._open(request, "photo.delete")
        with self.world.lock:
            self.wall.remove_photo(self.wall.photo(subject, caller.page, "delete"))
        return Answer.json({"success": True})

    def _list_posts(self, request: Request, subject: str, edge: str) -> Answer:
        caller, values, _ = self._open(request, f"{edge}.list")
        owner = self._own(caller, subject, write=False)
        with self.world.lock:
            found = [post for post in self.wall.posts_of(owner) if _BELONGS[edge](post)]
            nodes = [self.wall.post_node(post) for post in found[request.lagging :]]
        rows = [select("PagePost", node, values.get("fields"), POST_DEFAULT) for node in nodes]
        return Answer.json(page(rows, values, self._next(request)))

    def _list_photos(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "photos.list")
        owner = self._own(caller, subject, write=False)
        with self.world.lock:
            found = self.wall.photos_of(owner) if values.get("type") == "uploaded" else []
            nodes = [self.wall.photo_node(photo) for photo in found[request.lagging :]]
        rows = [select("Photo", node, values.get("fields"), PHOTO_DEFAULT) for node in nodes]
        return Answer.json(page(rows, values, self._next(request)))

    def _next(self, request: Request) -> Callable[[dict[str, str]], str]:
        """Addresses of further pages: complete, with the token in them, as Graph gives them."""
        kept = {name: worth for name, worth in request.query if name not in ("after", "before", "limit")}
        return lambda more: f"{request.origin}/facebook{request.path}?{urlencode(kept | more)}"

    # -- as a platform -----------------------------------------------------------------------------------------

    def answer(self, request: Request, call: Call | None) -> Answer:
        return super().answer(request, call if self._version(request.path) else None)

    def _version(self, path: str) -> str:
        """The version that really runs: an expired or missing one becomes the oldest alive; "" is unknown."""
        today = datetime.fromtimestamp(self.world.now(), UTC).date().isoformat()
        alive = [name for name, until in VERSIONS.items() if today <= until]
        match = re.match(r"/v(\d+)\.(\d+)(?=/|$)", path)
        if match is None or (asked := f"v{match[1]}.{match[2]}") in alive:
            return asked if match else alive[0]
        newest = int(alive[-1][1:].partition(".")[0])
        return alive[0] if int(match[1]) < newest else ""

    def dressed(self, request: Request, answer: Answer) -> Answer:
        self._served += 1
        answer.headers.setdefault("facebook-api-version", self._version(request.path) or "v26.0")
        if self._served > 2:  # usage headers appear only after some traffic
            share = min(99, self._served // 50)
            use = {"call_count": share, "total_time": share, "total_cputime": share}
            answer.headers.setdefault("X-App-Usage", json.dumps(use))
            answer.headers.setdefault("X-Business-Use-Case-Usage", self._usage(share, 0))
        return answer

    def _usage(self, share: int, minutes: int) -> str:
        row: dict[str, Any] = {
            "type": "pages",
            "call_count": share,
            "total_cputime": share,
            "total_time": share,
        }
        row["estimated_time_to_regain_access"] = minutes
        return json.dumps({self.pages["hue-asean"].id: [row]})

    def nowhere(self, request: Request) -> Answer:
        return refuse(2500, f"Unknown path components: {request.path}").answer

    def broken(self) -> Answer:
        return refuse(2).answer

    def throttled(self, request: Request, seconds: float) -> Answer:
        answer = refuse(80001).answer
        answer.headers["X-Business-Use-Case-Usage"] = self._usage(100, max(1, math.ceil(seconds / 60)))
        return self.dressed(request, answer)

    def expire(self, request: Request) -> Answer | None:
        """A Page token cannot be refreshed: the request is refused, and the next one finds the token alive again."""
        return self.dressed(request, refuse(190, subcode=463).answer)

    def settle(self) -> None:
        with self.world.lock:
            self.wall.settle()

    def public(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [self.wall.shown(post) for post in self.wall.posts.values() if post.published is not None]

    def hidden(self) -> list[dict[str, Any]]:
        with self.world.lock:
            posts = [self.wall.shown(post) for post in self.wall.posts.values() if post.published is None]
            loose = [self.wall.loose(one) for one in self.wall.photos.values() if not one.post]
        return posts + loose


def _list_name(_: Request, found: Sequence[str]) -> str:
    return f"{found[1]}.list"


_BELONGS: dict[str, Callable[[Post], bool]] = {
    "feed": lambda _: True,
    "published_posts": lambda post: post.published is not None,
    "scheduled_posts": lambda post: post.scheduled is not None,
}
