"""A stand-in for graph.facebook.com, Graph API v26.0: Pages with text, link and photo posts.

Sources: https://developers.facebook.com/docs/graph-api/reference/page/feed/,
https://developers.facebook.com/docs/pages-api/posts,
https://developers.facebook.com/docs/graph-api/overview/rate-limiting,
https://developers.facebook.com/docs/facebook-login/security.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from asean_social.sandbox.contract import contract
from asean_social.sandbox.facebook_access import Access, Caller
from asean_social.sandbox.facebook_comments import COMMENT_DEFAULT, Comments
from asean_social.sandbox.facebook_films import Films, ordered_upload
from asean_social.sandbox.facebook_rules import MOST_PHOTO, check_photo_bytes, check_photo_values
from asean_social.sandbox.facebook_wall import Photo, Post, Wall
from asean_social.sandbox.graph import Sent, gone, ordered, page, refuse, select
from asean_social.sandbox.pictures import fetch, is_clean_url, look
from asean_social.sandbox.platform import Call, Route, route
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
MOST_LISTED = 600  # posts that a feed goes back at most: about a year's
POST_DEFAULT = "id,created_time,message"
FILM_DEFAULT = "id,description,updated_time"
PHOTO_DEFAULT = "id,created_time,name"


class Facebook(Access):
    name: ClassVar[str] = "facebook"
    prefixes: ClassVar[tuple[str, ...]] = ("facebook",)
    operations: ClassVar[frozenset[str]] = frozenset(contract("facebook")["edges"])

    def __init__(self, world: World, processing_seconds: float = 2.0) -> None:
        self._processing = processing_seconds
        super().__init__(world)
        self.clear()

    def clear(self) -> None:
        super().clear()
        self.wall = Wall(self.world, {one.id: one.name for one in self.pages.values()})
        self.films = Films(self.world, {one.id: one.name for one in self.pages.values()}, self._processing)
        self.comments = Comments(self.world, self.wall, self.films)
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
            on("POST", r"/(\d+|me)/videos", "videos.create", self._create_video),
            on("GET", r"/(\d+|me)/(videos|video_reels)", _list_name, self._list_films),
            on("POST", r"/(\d+|me)/video_reels", "video_reels.create", self._create_reel),
            on("POST", r"/video-upload/v\d+\.\d+/(\d+)", "rupload.video", self._receive_reel),
            on("POST", r"/(\d+_\d+)/comments", "comments.create", self._comment),
            on("GET", r"/(\d+_\d+)/comments", "comments.list", self._list_comments),
            on("GET", r"/(\d+_\d+)", "post.get", self._get_post),
            on("POST", r"/(\d+_\d+)", "post.update", self._update_post),
            on("DELETE", r"/(\d+_\d+)", "post.delete", self._delete_post),
            on("GET", r"/(\d+)", self._node_name, self._get_node),
            on("POST", r"/(\d+)", "video.update", self._update_video),
            on("DELETE", r"/(\d+)", self._gone_name, self._delete_node),
        ]

    def _node_name(self, _: Request, found: Sequence[str]) -> str:
        if found[0] in self.films.films:
            return "video.get"
        return "page.get" if found[0] in self._by_id else "photo.get"

    def _gone_name(self, _: Request, found: Sequence[str]) -> str:
        return "video.delete" if found[0] in self.films.films else "photo.delete"

    # -- refusals on order -------------------------------------------------------------------------------------

    def refuse_next(
        self,
        operation: str,
        code: int | str,
        subcode: int | None = None,
        *,
        kind: str = "",
        status: int = 0,
        message: str = "",
        times: int = 1,
    ) -> None:
        """Let the next requests of one kind meet this row of the contract. Raises ValueError if there is none.

        `kind`: the type, where two rows have the same numbers; `status`: where Facebook was seen to use another one.
        The host of a reel's bytes has words in place of codes.
        """
        if operation not in self.operations:
            raise ValueError(f"operation {operation!r} is none of {sorted(self.operations)}")
        if operation == "rupload.video":
            answer = ordered_upload(str(code), message)
        else:
            answer = ordered(int(code), subcode, kind, status, message)
        self.refusals.order(operation, answer, times)

    # -- posts and photos --------------------------------------------------------------------------------------

    def _create_post(self, request: Request, subject: str) -> Answer:
        caller, values, got = self._open(request, "feed.create")
        owner = self._own(caller, subject, write=True)
        card = self._card(values, got)
        with self.world.lock:
            post = self.wall.add_post(owner, values | card)
            post.options |= card
            return Answer.json(self._written(post, values))

    def _card(self, values: dict[str, Any], got: Sent) -> dict[str, Any]:
        """Name and picture of a link's card."""
        name = {"name": values["name"]} if "link" in values and "name" in values else {}
        if not got.files:
            return name
        picture = look(got.files[0].payload) if got.files[0].name == "thumbnail" else None
        if picture is None or len(got.files) > 1 or "link" not in values:
            raise refuse(100, "(#100) thumbnail must be one image, and goes with link")
        blob = self.world.keep(got.files[0].payload, picture.mime, (picture.width, picture.height))
        return {**name, "thumbnail": blob.shown()}

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
        with self.world.lock:
            post = self.wall.post(subject, caller.page)
            if not request.sees(post.created):
                raise gone(subject)
            return Answer.json(
                select("PagePost", self.wall.post_node(post), values.get("fields"), POST_DEFAULT)
            )

    def _get_node(self, request: Request, subject: str) -> Answer:
        if subject in self._by_id:
            caller, values, _ = self._open(request, "page.get")
            if caller.kind == "page" and caller.page != subject:
                raise refuse(10)
            return Answer.json(self._page_node(self._by_id[subject], caller, values))
        if subject in self.films.films:
            return self._get_video(request, subject)
        caller, values, _ = self._open(request, "photo.get")
        with self.world.lock:
            photo = self.wall.photo(subject, caller.page)
            if not request.sees(photo.created):
                raise gone(subject)
            return Answer.json(
                select("Photo", self.wall.photo_node(photo), values.get("fields"), PHOTO_DEFAULT)
            )

    def _update_post(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "post.update")
        with self.world.lock:
            post = self.wall.post(subject, caller.page, "post")
            if not set(values) - set(contract("facebook")["global"]):
                raise refuse(100, "(#100) The request changes nothing")
            self.wall.edit(post, values)
            return Answer.json({"success": True})

    def _delete_post(self, request: Request, subject: str) -> Answer:
        caller, _, _ = self._open(request, "post.delete")
        with self.world.lock:
            self.wall.remove_post(self.wall.post(subject, caller.page, "delete"))
        return Answer.json({"success": True})

    # -- films and comments ------------------------------------------------------------------------------------

    def _create_video(self, request: Request, subject: str) -> Answer:
        caller, values, got = self._open(request, "videos.create")
        owner = self._own(caller, subject, write=True)
        with self.world.lock:
            return Answer.json(self.films.video(owner, values, got.files))

    def _create_reel(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "video_reels.create")
        owner = self._own(caller, subject, write=True)
        with self.world.lock:
            return Answer.json(self.films.reel(owner, values, request.origin))

    def _receive_reel(self, request: Request, subject: str) -> Answer:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        caller = self._caller(token) if scheme == "OAuth" else Caller("nobody")
        film = self.films.film(subject, caller.page, "post")
        return self.films.receive(film, request.headers, request.body)

    def _get_video(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "video.get")
        with self.world.lock:
            film = self.films.film(subject, caller.page)
            if not request.sees(film.created):
                raise gone(subject)
            node = self.films.node(film)
        return Answer.json(select("AdVideo", node, values.get("fields"), FILM_DEFAULT))

    def _update_video(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "video.update")
        with self.world.lock:
            return Answer.json(self.films.edit(self.films.film(subject, caller.page, "post"), values))

    def _list_films(self, request: Request, subject: str, edge: str) -> Answer:
        caller, values, _ = self._open(request, f"{edge}.list")
        owner = self._own(caller, subject, write=False)
        uploaded = edge == "video_reels" or values.get("type") == "uploaded"
        since, until = values.get("since", 0), values.get("until", math.inf)
        if since >= until:
            raise refuse(100, "(#100) until must be after since")
        with self.world.lock:
            found = (
                self.films.of_page(owner, "reel" if edge == "video_reels" else "video") if uploaded else []
            )
            seen = [one for one in found if since <= one.created <= until and request.sees(one.created)]
            nodes = [self.films.node(one) for one in seen]
        rows = [select("AdVideo", node, values.get("fields"), FILM_DEFAULT) for node in nodes]
        return Answer.json(page(rows, values, self._next(request)))

    def _comment(self, request: Request, subject: str) -> Answer:
        caller, values, got = self._open(request, "comments.create")
        if caller.kind != "page":
            raise refuse(1705)
        with self.world.lock:
            made = self.comments.add(subject, self._by_id[caller.page], values, got.files, request.sees)
        return Answer.json(select("Comment", made, values.get("fields"), "id"))

    def _list_comments(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "comments.list")
        if caller.kind == "user":  # not refused: the list is empty
            return Answer.json({"data": []})
        with self.world.lock:
            found = self.comments.listed(subject, caller.page, values, request.sees)
        rows = [select("Comment", one, values.get("fields"), COMMENT_DEFAULT) for one in found]
        return Answer.json(page(rows, values, self._next(request)))

    def _delete_node(self, request: Request, subject: str) -> Answer:
        if subject not in self.films.films:
            return self._delete_photo(request, subject)
        caller, _, _ = self._open(request, "video.delete")
        with self.world.lock:
            self.films.remove(self.films.film(subject, caller.page, "delete"))
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
            nodes = [
                self.wall.post_node(post)
                for post in self.wall.posts_of(owner)
                if _BELONGS[edge](post) and request.sees(max(post.created, post.published or 0.0))
            ]
            if edge != "scheduled_posts":  # a reel shows in no list of posts
                nodes += [
                    self.films.post_node(film)
                    for film in self.films.of_page(owner, "video")
                    if film.published is not None and request.sees(film.published)
                ]
        nodes.sort(key=lambda node: str(node["created_time"]), reverse=True)
        if edge == "feed":
            nodes = nodes[:MOST_LISTED]
        rows = [select("PagePost", node, values.get("fields"), POST_DEFAULT) for node in nodes]
        return Answer.json(page(rows, values, self._next(request)))

    def _list_photos(self, request: Request, subject: str) -> Answer:
        caller, values, _ = self._open(request, "photos.list")
        owner = self._own(caller, subject, write=False)
        with self.world.lock:
            found = self.wall.photos_of(owner) if values.get("type") == "uploaded" else []
            nodes = [self.wall.photo_node(photo) for photo in found if request.sees(photo.created)]
        rows = [select("Photo", node, values.get("fields"), PHOTO_DEFAULT) for node in nodes]
        return Answer.json(page(rows, values, self._next(request)))

    # -- as a platform -----------------------------------------------------------------------------------------

    def answer(self, request: Request, call: Call | None) -> Answer:
        refused = self.refusals.take(call.operation) if call else None
        if refused:
            return self.dressed(request, refused)
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
            self.films.settle()

    def public(self) -> list[dict[str, Any]]:
        with self.world.lock:
            posts = [self.wall.shown(post) for post in self.wall.posts.values() if post.published is not None]
            films = [self.films.shown(one) for one in self.films.films.values() if one.published is not None]
            return [
                {**one, "comments": self.comments.of(one.get("post") or one["id"])} for one in posts + films
            ]

    def hidden(self) -> list[dict[str, Any]]:
        with self.world.lock:
            posts = [self.wall.shown(post) for post in self.wall.posts.values() if post.published is None]
            loose = [self.wall.loose(one) for one in self.wall.photos.values() if not one.post]
            films = [self.films.shown(one) for one in self.films.films.values() if one.published is None]
        return posts + loose + films


def _list_name(_: Request, found: Sequence[str]) -> str:
    return f"{found[1]}.list"


_BELONGS: dict[str, Callable[[Post], bool]] = {
    "feed": lambda _: True,
    "published_posts": lambda post: post.published is not None,
    "scheduled_posts": lambda post: post.scheduled is not None,
}
