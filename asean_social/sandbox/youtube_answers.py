"""Lists as the YouTube Data API answers them, whole or by pages, and JSON as it takes it.

Source: https://developers.google.com/youtube/v3/guides/implementation/pagination.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.youtube_rules import refuse

PAGE = 5  # rows, unless maxResults says otherwise
T = TypeVar("T")


def json_bytes(request: Request, method: str) -> bytes:
    if not request.headers.get("Content-Type", "application/json").startswith("application/json"):
        raise refuse(method, "parseError", "The metadata must be JSON", domain="global")
    return request.body.read(1 << 20)


def listed(kind: str, items: list[dict[str, Any]], **more: Any) -> Answer:
    info = {"pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)}}
    return Answer.json({"kind": kind, "etag": "e", **info, **more, "items": items})


def page(
    kind: str, rows: Sequence[T], asked: dict[str, Any], method: str, show: Callable[[T], dict[str, Any]]
) -> Answer:
    """The rows that `maxResults` and `pageToken` ask for."""
    size = asked.get("maxResults", PAGE)
    start = _offset(asked.get("pageToken", ""), method)
    more: dict[str, Any] = {"pageInfo": {"totalResults": len(rows), "resultsPerPage": size}}
    if start + size < len(rows):
        more["nextPageToken"] = _page_token(start + size)
    if start:
        more["prevPageToken"] = _page_token(max(0, start - size))
    return listed(kind, [show(one) for one in rows[start : start + size]], **more)


def _page_token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode()


def _offset(token: str, method: str) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        return int(number) if word == "after" else int("")
    except ValueError:
        text = "The page token is invalid"
        raise refuse(method, "invalidPageToken", text, domain="youtube.parameter") from None
