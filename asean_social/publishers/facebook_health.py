"""What Facebook tells of a Page and of the token that publishes on it.

Page tasks (CREATE_CONTENT) are told to a person's token only, so a missing one shows at the first post. Sources, read
2026-11-23: https://developers.facebook.com/docs/graph-api/reference/debug_token and the permissions that
https://developers.facebook.com/docs/pages-api/posts and …/comments-mentions name.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from asean_social.errors import Problem, Severity
from asean_social.publishers.base import ending
from asean_social.publishers.facebook_graph import Graph

TO_PUBLISH = ("pages_manage_posts", "pages_read_engagement")
TO_COMMENT = ("pages_manage_engagement", "pages_read_user_content")


def condition(graph: Graph, now: datetime) -> Iterator[Problem]:
    if graph.get("me", fields="id,is_published").get("is_published") is False:
        yield Problem("publish.facebook.page-hidden")
    found = graph.inspect()
    if found is None:
        yield Problem("publish.facebook.not-inspected", {}, Severity.WARNING)
        return
    if str(found.get("type", "PAGE")).upper() != "PAGE":
        yield Problem("publish.facebook.person-token", {"kind": str(found["type"])})
    yield from _scopes(found)
    yield from _ends(found, now)


def _scopes(found: Mapping[str, Any]) -> Iterator[Problem]:
    scopes = found.get("scopes")
    if not isinstance(scopes, list):
        return
    missing = [one for one in TO_PUBLISH if one not in scopes]
    unable = [one for one in TO_COMMENT if one not in scopes]
    if missing:
        yield Problem("publish.facebook.no-scope", {"scopes": ", ".join(missing)})
    if unable:
        values = {"scopes": ", ".join(unable)}
        yield Problem("publish.facebook.no-comment-scope", values, Severity.WARNING)
    if not missing and not unable:
        yield Problem("publish.facebook.scopes-granted", {}, Severity.NOTE)


def _ends(found: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    """`expires_at` 0 is never. (Data access that lapses stops none of the permissions used here.)"""
    told = found.get("expires_at")
    if not isinstance(told, int) or isinstance(told, bool):
        return
    if not told:
        yield Problem("publish.facebook.token-endless", {}, Severity.NOTE)
        return
    end = datetime.fromtimestamp(told, UTC)
    yield Problem("publish.facebook.token-ends", {"end": end}, ending(end, now))
