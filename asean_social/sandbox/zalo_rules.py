"""What Zalo refuses in an article. Every error arrives at HTTP 200 with a non-zero `error`.

Sources: https://github.com/zaloplatform (Zalo's own SDKs) and the contract file; limits are the observed ones.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from asean_social.sandbox.contract import contract
from asean_social.sandbox.pictures import is_clean_url
from asean_social.sandbox.wire import Answer, Refusal, Request

INVALID = -201
OVER = -210


def refuse(code: int, message: str = "", status: int = 200) -> Refusal:
    text = message or contract("zalo")["errors"].get(str(code), "Unknown error")
    return Refusal(Answer.json({"error": code, "message": text}, status))


def invalid(name: str) -> Refusal:
    return refuse(INVALID, f"{name} is invalid")


def json_body(request: Request, operation: str) -> dict[str, Any]:
    """The JSON object of a POST; a name the contract does not list is refused."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise refuse(INVALID, "Content-Type must be application/json")
    if request.query:
        raise invalid(request.query[0][0])
    try:
        value = json.loads(request.body.read(1 << 22))
    except ValueError:
        raise refuse(INVALID, "body is invalid") from None
    if not isinstance(value, dict):
        raise refuse(INVALID, "body is invalid")
    known = {name.partition(".")[0] for name in _params(operation)}
    for name in value:
        if name not in known:
            raise invalid(name)
    return value


def _params(operation: str, kind: str = "") -> dict[str, Any]:
    """The fields of a call; `kind` is that of an article, and "" means the fields of every kind."""
    call = contract("zalo")["endpoints"][operation]
    by_kind = {"normal": call["params"], "video": call.get("video", {})}
    found: dict[str, Any] = by_kind.get(kind, call["params"] | by_kind["video"])
    return found


def check_query(request: Request, operation: str) -> dict[str, Any]:
    """Plain query parameters, each given once."""
    known = _params(operation)
    given = dict(request.query)
    for name, described in known.items():
        if name not in given or not _query_fits(given[name], described):
            raise _query_refusal(name, given.get(name, ""), described)
    unknown = [name for name, _ in request.query if name not in known]
    if unknown or len(given) != len(request.query):
        raise invalid((unknown or ["query"])[0])
    return {name: int(worth) if known[name]["type"] == "integer" else worth for name, worth in given.items()}


def _query_fits(worth: str, described: Mapping[str, Any]) -> bool:
    if described["type"] == "integer":
        return worth.isdigit() and described.get("min", 0) <= int(worth) <= described.get("max", 1 << 31)
    return bool(worth) and worth in described.get("enum", [worth])


def _query_refusal(name: str, worth: str, described: Mapping[str, Any]) -> Refusal:
    if "max" in described and worth.isdigit() and int(worth) > described["max"]:
        return refuse(INVALID, f"maximum {name} is {described['max']}")
    return invalid(name)


def check_article(value: Mapping[str, Any], operation: str) -> None:
    """An article, whole; in the order in which the contract lists its fields."""
    kind = "video" if value.get("type") == "video" else "normal"
    known = _params(operation, kind)
    for name in value:
        if name not in known:
            raise invalid(name)
    for name, described in known.items():
        if "." not in name and "[" not in name:
            _check_field(name, value.get(name), described)
    if kind == "normal":
        _check_cover(value["cover"], known)
        for item in value["body"]:
            _check_item(item, known)


def videos(value: Mapping[str, Any]) -> dict[str, str]:
    """The ids of the videos that an article shows, by the name of their field."""
    if value["type"] == "video":
        return {"video_id": value["video_id"]}
    named = {f"body[{place}].video_id": one.get("video_id") for place, one in enumerate(value["body"])}
    return {
        name: one for name, one in {"cover.video_id": value["cover"].get("video_id"), **named}.items() if one
    }


def pictures(value: Mapping[str, Any]) -> dict[str, str]:
    """The addresses of the pictures that an article needs, in order, by the name of their field."""
    if value["type"] == "video":
        return {"avatar": value["avatar"]}
    named = {f"body[{place}]": picture_of(one) for place, one in enumerate(value["body"])}
    return {name: one for name, one in {"cover": value["cover"].get("photo_url"), **named}.items() if one}


def picture_of(item: Mapping[str, Any]) -> str:
    return str({"image": item.get("url"), "video": item.get("thumb")}.get(str(item["type"])) or "")


def words(value: Mapping[str, Any]) -> str:
    """All that can be read in an article."""
    texts = [item.get("content", "") + item.get("caption", "") for item in value.get("body", ())]
    return "\n".join([value["title"], value["description"], *texts])


def _check_field(name: str, worth: Any, described: Mapping[str, Any]) -> None:
    if worth is not None:
        check_value(name, worth, described)
    elif described["required"] is True:
        raise invalid(f"{name} value")


def check_value(name: str, worth: Any, described: Mapping[str, Any]) -> None:
    """The type, the length and the allowed values that the contract names."""
    if not _TYPES[described["type"]](worth):
        raise invalid(name)
    low, high = described.get("min_length", 0), described.get("max_length")
    if high is not None and not low <= len(worth) <= high:
        raise refuse(INVALID, f"{name} allow {low} to {high} characters")
    if "enum" in described and worth not in described["enum"]:
        raise invalid(name)
    if "codes" in described and not set(worth.split(",")) <= set(described["codes"]):
        raise invalid(name)
    if "min_items" in described and not described["min_items"] <= len(worth) <= described.get(
        "max_items", 1 << 31
    ):
        raise invalid(name)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda worth: isinstance(worth, str),
    "url": is_clean_url,
    "object": lambda worth: isinstance(worth, dict),
    "array": lambda worth: isinstance(worth, list),
    "array<object>": lambda worth: isinstance(worth, list) and all(isinstance(one, dict) for one in worth),
}


def _check_cover(cover: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    kind = cover.get("cover_type")
    needed = {"photo": {"photo_url"}, "video": {"video_id", "cover_view"}}.get(str(kind), set())
    _check_group(cover, "cover.", {"cover_type", "status"} | needed, set(), known)


def _check_item(item: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    kind = str(item.get("type"))
    shown = "video_id" if "video_id" in item else "url"  # a video is uploaded, or it is one of YouTube's
    needed = {"text": {"content"}, "image": {"url"}, "product": {"id"}, "video": {shown, "thumb"}}.get(
        kind, set()
    )
    _check_group(item, "body[].", {"type"} | needed, {"caption"} if kind == "image" else set(), known)


def _check_group(
    given: Mapping[str, Any], prefix: str, needed: set[str], free: set[str], known: Mapping[str, Any]
) -> None:
    for name in sorted(needed | set(given)):
        if name not in needed | free or prefix + name not in known:
            raise invalid(prefix + name)
        _check_field(prefix + name, given.get(name), {**known[prefix + name], "required": name in needed})
