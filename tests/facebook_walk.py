"""One sandbox of Facebook, asked edge by edge of its contract, and what its answers say."""

import json
import re
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import requests
from sandbox_clients import VIDEO, Clock, Graph, picture

from asean_social.sandbox.contract import contract
from asean_social.sandbox.server import Sandbox

CONTRACT = contract("facebook")
EDGES = CONTRACT["edges"]
ROWS = {(row["code"], row["subcode"], row["type"]): row for row in CONTRACT["errors"]}
PLAIN, MISSING, PHOTO = (100, None), (100, 33), (324, None)
HOUR, DAY = 3600, 86_400
OWN = "https://hue.gov.vn/"  # a link that belongs to the Page


class Walk:
    """One sandbox, asked edge by edge with a request that is whole."""

    def __init__(self, graph: Graph, box: Sandbox, clock: Clock) -> None:
        self.graph, self.box, self.clock = graph, box, clock
        self.app = f"{graph.account['app_id']}|{graph.account['app_secret']}"
        self.user = box.facebook.user_token

    def ask(self, edge: str, files: Any = None, body: Any = None, **changed: Any) -> requests.Response:
        """A request that is taken as it stands, changed; None drops a value. `body`: values sent as JSON."""
        return self.ready(edge, files, body, **changed)()

    def ready(
        self, edge: str, files: Any = None, body: Any = None, **changed: Any
    ) -> Callable[[], requests.Response]:
        """The same, to be sent later: what it acts on is there already."""
        if edge == "rupload.video":
            return partial(self.bytes_of_reel, **changed)
        values = {"access_token": self.graph.token, **self.base(edge, changed), **changed}
        values = {name: one for name, one in values.items() if one is not None}
        url = f"{self.graph.account['api_url']}/v26.0{self.path(edge)}"
        if body is not None:
            return partial(self.graph.http.post, url, json={**values, **body}, timeout=20)
        if edge == "photos.create" and files is None and not {"url", "vault_image_id"} & set(values):
            files = {"source": ("a.jpg", picture())}
        named = {
            name: json.dumps(one) if isinstance(one, list | dict) else one for name, one in values.items()
        }
        method = EDGES[edge]["method"]
        where: Any = {"data" if method == "POST" else "params": named}
        return partial(self.graph.http.request, method, url, files=files or None, timeout=20, **where)

    def base(self, edge: str, changed: Any) -> dict[str, Any]:
        if edge.startswith("me.") or edge == "debug_token":
            more = {"input_token": self.graph.token} if edge == "debug_token" else {}
            return {"access_token": self.app if more else self.user, **more}
        if edge == "videos.create" and changed.get("upload_phase", "finish") == "finish":
            session = changed.get("upload_session_id") or self.upload()["upload_session_id"]
            return {"upload_phase": "finish", "upload_session_id": session}
        return {
            "feed.create": {"message": "a"},
            "post.update": {"message": "a"},
            "video.update": {"name": "a"},
            "video_reels.create": {"upload_phase": "start"},
            "comments.create": {"message": "a"},
        }.get(edge, {})

    def path(self, edge: str) -> str:
        named = re.sub(r"\{page-id\}", self.graph.page, EDGES[edge]["path"])
        fresh = EDGES[edge]["method"] == "DELETE"
        for place, make in (("page-post-id", "post"), ("photo-id", "photo"), ("video-id", "film")):
            if f"{{{place}}}" in named:
                named = named.replace(
                    f"{{{place}}}", getattr(self, f"make_{make}")() if fresh else getattr(self, make)
                )
        return named

    def make_post(self) -> str:
        target = {"geo_locations": {"countries": ["VN"]}, "age_min": 18}
        values = {
            "message": "a",
            "link": OWN,
            "place": "7",
            "targeting": target,
            "backdated_time": 1_700_000_000,
        }
        post: str = self.graph.feed(**values)["id"]
        self.graph.post(f"/{post}/comments", message="a")
        return post

    def make_photo(self) -> str:
        return str(self.graph.photo(caption="a", alt_text_custom="b", published="false")["id"])

    def make_film(self) -> str:
        begun = self.upload()
        session = begun["upload_session_id"]
        self.ask("videos.create", upload_session_id=session, title="a", description="b", published="false")
        return str(begun["video_id"])

    post, photo, film = cached_property(make_post), cached_property(make_photo), cached_property(make_film)

    def session(self) -> str:
        """A video that waits for its bytes."""
        begun = self.ask("videos.create", upload_phase="start", file_size=len(VIDEO))
        return str(begun.json()["upload_session_id"])

    def upload(self) -> Any:
        """A video whose bytes are all there."""
        begun = self.ask("videos.create", upload_phase="start", file_size=len(VIDEO)).json()
        self.chunk(begun["upload_session_id"], 0)
        return begun

    def chunk(
        self, session: str | None, offset: int | None, name: str = "video_file_chunk"
    ) -> requests.Response:
        values = {"upload_session_id": session, "start_offset": offset}
        return self.ask("videos.create", files={name: ("a.mp4", VIDEO)}, upload_phase="transfer", **values)

    def reel(self) -> str:
        """A reel whose bytes are all there."""
        begun = self.ask("video_reels.create").json()
        self.bytes_of_reel(begun["upload_url"])
        return str(begun["video_id"])

    def bytes_of_reel(self, url: str = "", **changed: str) -> requests.Response:
        url = url or self.ask("video_reels.create").json()["upload_url"]
        headers = {"Authorization": f"OAuth {self.graph.token}", "offset": "0", "file_size": str(len(VIDEO))}
        return self.graph.http.post(url, data=VIDEO, headers=headers | changed, timeout=20)

    def finish_reel(self, state: str = "PUBLISHED", **values: Any) -> requests.Response:
        base = {"upload_phase": "finish", "video_id": self.reel(), "video_state": state}
        return self.ask("video_reels.create", **(base | values))

    def album(self, *photos: str, **values: Any) -> requests.Response:
        return self.ask("feed.create", attached_media=[{"media_fbid": one} for one in photos], **values)

    def later(self, seconds: int = HOUR) -> dict[str, Any]:
        """What makes an object appear by itself."""
        return {"published": "false", "scheduled_publish_time": int(self.clock.now) + seconds}


def outcome(answer: requests.Response) -> tuple[int, int | None] | None:
    """Code and subcode of what was refused in Facebook's own shape; None where it was taken."""
    document = answer.json()
    if answer.ok:
        assert "error" not in document
        return None
    error = document["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(error) <= set(CONTRACT["envelope"])
    found = error["code"], error.get("error_subcode")
    row = ROWS.get((*found, error["type"]))
    if row is None:
        assert (found, error["type"], answer.status_code) == ((2500, None), "OAuthException", 400)
    else:
        assert answer.status_code == row["status"]
        assert error.get("is_transient") == row.get("is_transient")
    assert error["message"]
    return found


def blamed(answer: requests.Response) -> str:
    """The parameter that a refusal names; "" for none."""
    if (why := outcome(answer)) != PLAIN:
        return ""
    error = answer.json()["error"]
    assert (why, error["type"]) == (PLAIN, "OAuthException")
    return str(error.get("error_data", {}).get("blame_field_specs", [[""]])[0][0])
