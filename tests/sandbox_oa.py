"""Requests to the sandbox's Zalo beyond normal articles: videos and broadcasts."""

from typing import Any

import requests
from sandbox_clients import Clock, Oa

from asean_social.sandbox.server import Sandbox

MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"


def prepare(oa: Oa, payload: bytes = MP4, field: str = "file", name: str = "hue.mp4") -> Any:
    url = f"{oa.account['api_url']}/v2.0/article/upload_video/preparevideo"
    files = {field: (name, payload)}
    return requests.post(url, files=files, headers={"access_token": oa.access}, timeout=30).json()


def told(oa: Oa, token: str) -> Any:
    return oa.send("GET", "article/upload_video/verify", token=token).json()


def clip(oa: Oa, clock: Clock) -> str:
    """The id of a video that is ready."""
    token = prepare(oa)["data"]["token"]
    clock.advance(5)
    return told(oa, token)["data"]["video_id"]


def video_article(oa: Oa, video: str, **changed: Any) -> dict[str, Any]:
    """A whole video article; None drops a field."""
    whole = {
        "type": "video",
        "title": "Huế một phút",
        "description": "Một phút ở Huế.",
        "video_id": video,
        "avatar": f"{oa.media}/cover.jpg",
        "status": "show",
        "comment": "show",
        **changed,
    }
    return {name: worth for name, worth in whole.items() if worth is not None}


def made(oa: Oa, clock: Clock, article: dict[str, Any]) -> str:
    """The id of a new article."""
    token = oa.call("create", **article)["data"]["token"]
    clock.advance(5)
    return oa.call("verify", token=token)["data"]["id"]


def broadcast(oa: Oa, articles: list[Any], target: Any = None, **changed: Any) -> Any:
    """Sent to everybody unless a target is given; `changed` replaces fields of the payload."""
    elements = [{"media_type": "article", "attachment_id": one} for one in articles]
    payload = {"template_type": "media", "elements": elements, **changed}
    body = {
        "recipient": {"target": {"gender": "0"} if target is None else target},
        "message": {"attachment": {"type": "template", "payload": payload}},
    }
    return oa.send("POST", "oa/message", body).json()


def only(box: Sandbox) -> Any:
    [seen] = box.public() + box.hidden()
    return seen
