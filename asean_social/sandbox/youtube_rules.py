"""The grammar of the YouTube Data API: errors, parameters, and what a video's metadata may hold.

Sources: https://developers.google.com/youtube/v3/docs/videos, https://developers.google.com/youtube/v3/docs/errors,
https://developers.google.com/youtube/v3/docs/videos/insert, and the discovery document.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from asean_social.sandbox.contract import contract
from asean_social.sandbox.wire import Answer, Refusal, Request

MOST_TITLE = 100  # characters
MOST_DESCRIPTION = 5000  # bytes of UTF-8
MOST_TAGS = 500  # characters, separators and quotes counted
MOST_IDS = 50
DEFAULT_CATEGORY = "22"
CATEGORIES = {
    "1": "Phim và hoạt hình",
    "2": "Ô tô và xe cộ",
    "10": "Âm nhạc",
    "15": "Thú cưng và động vật",
    "17": "Thể thao",
    "19": "Du lịch và sự kiện",
    "20": "Trò chơi",
    "22": "Mọi người và blog",
    "23": "Hài kịch",
    "24": "Giải trí",
    "25": "Tin tức và chính trị",
    "26": "Hướng dẫn và phong cách",
    "27": "Giáo dục",
    "28": "Khoa học và công nghệ",
    "29": "Hoạt động xã hội và phi lợi nhuận",
}
UNASSIGNABLE = {"42": "Shorts"}
UNSUPPORTED_LANGUAGES = frozenset(
    {"nb"}
)  # `no` is taken instead; seen by https://gist.github.com/alexdean/70af1b9e
WRITABLE = ("snippet", "status", "localizations", "recordingDetails")


def refuse(method: str, reason: str, message: str = "", **more: Any) -> Refusal:
    """The error of `method` with this reason, with the status the contract gives it."""
    rows = contract("youtube")["errors"]
    fitting = [one for one in rows if one["reason"] == reason and one["method"] in (method, "*")]
    status = more.pop("status", None) or min(fitting, key=lambda one: one["method"] == "*")["status"]
    domain = more.pop("domain", "youtube.video" if method.startswith("videos.") else "global")
    text = message or f"The request is refused: {reason}"
    error = {"message": text, "domain": domain, "reason": reason, **more}
    return Refusal(Answer.json({"error": {"code": status, "message": text, "errors": [error]}}, status))


# the names that the contract's rows have for the sandbox's own operations
_ROWS = {
    "upload.start": "videos.insert",
    "upload.put": "videos.insert.session",
    "upload.probe": "videos.insert.session",
    "oauth.token": "oauth2.token",
}


def ordered(operation: str, reason: str, status: int = 0, message: str = "") -> Answer:
    """The answer that a row of the contract describes; `status` where several rows have the reason, or it is `*`."""
    method = _ROWS.get(operation, operation)
    rows = [
        one
        for one in contract("youtube")["errors"]
        if one["method"] in (method, "*") and one["reason"] == reason and status in (0, one["status"])
    ]
    if not rows:
        raise ValueError(f"the contract knows no {reason!r} ({status or 'any status'}) of {method}")
    status = min(rows, key=lambda one: one["method"] == "*")["status"]
    if reason == "*":  # servers of uploads also answer in plain text
        return Answer(status, (message or "Service unavailable").encode(), "text/plain; charset=UTF-8")
    if method == "oauth2.token":
        return Answer.json({"error": reason, "error_description": message or reason}, status)
    return refuse(method, reason, message, status=status).answer


def bad_value(method: str, where: str, message: str) -> Refusal:
    return refuse(method, "badRequest", message, domain="global", location=where, locationType="other")


# -- parameters ------------------------------------------------------------------------------------------------


def arguments(request: Request, method: str, *also: str) -> dict[str, Any]:
    """Query parameters, typed; repeated ones as lists. Unknown, twice given, wrong or missing ones are refused."""
    known = contract("youtube")["methods"][method]
    free = {*contract("youtube")["global"], *also}
    found: dict[str, Any] = {}
    for name, worth in request.query:
        if name in known:
            _add(found, method, name, worth, known[name])
        elif name not in free or (name == "alt" and worth not in ("json", "")):
            raise refuse(
                method,
                "unexpectedParameter",
                f'Unknown name "{name}"',
                domain="youtube.parameter",
                location=name,
                locationType="parameter",
            )
    for name, described in known.items():
        if described.get("required") and not found.get(name):
            text = (
                f"No filter selected. Expected one of: {name}"
                if name == "id"
                else f"Required parameter: {name}"
            )
            raise refuse(
                method,
                "missingRequiredParameter",
                text,
                domain="youtube.parameter",
                location=name,
                locationType="parameter",
            )
    return found


def _add(found: dict[str, Any], method: str, name: str, worth: str, described: Mapping[str, Any]) -> None:
    if described.get("repeated"):
        found.setdefault(name, []).extend(one.strip() for one in worth.split(",") if one.strip())
        return
    if name in found:
        raise refuse(
            method,
            "invalidParameter",
            f"Parameter {name} is given twice",
            domain="global",
            location=name,
            locationType="parameter",
        )
    found[name] = _typed(method, name, worth, described)


def _typed(method: str, name: str, worth: str, described: Mapping[str, Any]) -> Any:
    kind = described["type"]
    fits = {
        "boolean": worth in ("true", "false"),
        "integer": worth.isdigit()
        and described.get("minimum", 0) <= int(worth) <= described.get("maximum", 1 << 31),
    }.get(kind, True)
    if not fits or worth not in described.get("enum", [worth]):
        raise refuse(
            method,
            "invalidParameter",
            f"Invalid value '{worth}' for {name}",
            domain="global",
            location=name,
            locationType="parameter",
        )
    return {"boolean": worth == "true", "integer": int(worth) if worth.isdigit() else 0}.get(kind, worth)


def check_parts(asked: list[str], resource: str, method: str) -> list[str]:
    known = contract("youtube")["parts"][resource]
    for one in asked:
        if one not in known:
            raise refuse(
                method,
                "unknownPart",
                f"'{one}'",
                domain="youtube.part",
                location="part",
                locationType="parameter",
            )
    return asked


# -- the body --------------------------------------------------------------------------------------------------


def resource(payload: bytes, parts: list[str], method: str) -> dict[str, Any]:
    """The JSON body: only parts that the request names, only fields that exist, each of its type."""
    known = contract("youtube")["parts"][method.partition(".")[0]]
    try:
        value = json.loads(payload or b"{}")
    except ValueError:
        raise refuse(method, "parseError", "Parse Error", domain="global") from None
    if not isinstance(value, dict):
        raise refuse(method, "parseError", "Parse Error", domain="global")
    for name, worth in value.items():
        if name in ("kind", "etag", "id"):
            continue
        if name not in known:
            raise bad_value(
                method, "body", f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            )
        if name not in parts:
            raise refuse(
                method,
                "unexpectedPart",
                f"'{name}'",
                domain="youtube.part",
                location="part",
                locationType="parameter",
            )
        _check_part(method, name, worth)
    return value


def _check_part(method: str, part: str, worth: Any) -> None:
    if not isinstance(worth, dict):
        raise bad_value(method, part, f"Invalid value at 'resource.{part}' (type.googleapis.com)")
    if part == "localizations":
        for language, text in worth.items():
            _check_localization(method, language, text)
        return
    schema = contract("youtube")["schemas"][method.partition(".")[0]].get(part, {})
    for name, value in worth.items():
        if name not in schema:
            raise bad_value(
                method,
                part,
                f"Invalid JSON payload received. Unknown name \"{name}\" at 'resource.{part}': Cannot find field.",
            )
        if not _fits(value, schema[name]):
            raise bad_value(
                method, part, f"Invalid value at 'resource.{part}.{name}', {json.dumps(value)[:80]}"
            )


def _fits(value: Any, described: Mapping[str, Any]) -> bool:
    kind = described["type"]
    if kind == "array":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    right = {"string": str, "boolean": bool, "object": dict}[kind]
    return isinstance(value, right) and ("enum" not in described or value in described["enum"])


def _check_localization(method: str, language: str, text: Any) -> None:
    if not isinstance(text, dict) or set(text) - {"title", "description"}:
        raise bad_value(method, "localizations", f"Invalid value at 'resource.localizations.{language}'")
    if not is_language(language):
        raise refuse(method, "invalidVideoMetadata", f"Unsupported language {language}")
    _check_title(method, text.get("title"))
    _check_description(method, text.get("description", ""))


def check_snippet(method: str, snippet: Mapping[str, Any]) -> None:
    _check_title(method, snippet.get("title"))
    _check_description(method, snippet.get("description", ""))
    _check_tags(method, snippet.get("tags", []))
    if snippet.get("categoryId", DEFAULT_CATEGORY) not in CATEGORIES:
        raise refuse(
            method,
            "invalidCategoryId",
            "The category is not assignable",
            location="body.snippet.categoryId",
            locationType="other",
        )
    for name in ("defaultLanguage", "defaultAudioLanguage"):
        if name in snippet and not is_language(snippet[name]):
            raise refuse(
                method,
                "invalidVideoMetadata",
                f"Unsupported language in {name}",
                location=f"body.snippet.{name}",
                locationType="other",
            )


def _check_title(method: str, title: Any) -> None:
    if not isinstance(title, str) or not title.strip() or len(title) > MOST_TITLE or re.search("[<>]", title):
        text = "The request metadata specifies an invalid or empty video title."
        raise refuse(method, "invalidTitle", text, location="body.snippet.title", locationType="other")


def _check_description(method: str, text: Any) -> None:
    if (
        not isinstance(text, str)
        or len(text.encode("utf-8", "replace")) > MOST_DESCRIPTION
        or re.search("[<>]", text)
    ):
        said = "The request metadata specifies an invalid video description."
        raise refuse(
            method, "invalidDescription", said, location="body.snippet.description", locationType="other"
        )


def _check_tags(method: str, tags: list[str]) -> None:
    counted = sum(len(one) + 2 * (" " in one) for one in tags) + max(0, len(tags) - 1)
    if counted > MOST_TAGS or any(not one.strip() or re.search("[<>,]", one) for one in tags):
        said = "The request metadata specifies invalid video keywords."
        raise refuse(method, "invalidTags", said, location="body.snippet.tags", locationType="other")


def is_language(code: Any) -> bool:
    good = isinstance(code, str) and re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?", code)
    return bool(good) and code not in UNSUPPORTED_LANGUAGES


def check_file_name(slug: str) -> None:
    """The Slug header is ASCII (https://developers.google.com/youtube/v3/docs/videos/insert, invalidFilename)."""
    if not slug.isascii():
        raise refuse("videos.insert", "invalidFilename", "The video filename in the Slug header is invalid.")


def moment(method: str, reason: str, text: str) -> float:
    """An RFC 3339 time with its offset, as epoch seconds."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or "T" not in text:
        raise refuse(method, reason, "The time is not valid RFC 3339")
    return found.timestamp()


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
