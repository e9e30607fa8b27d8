"""The lists of a Page: ranked, behind what was written, in pages of which one may be empty and yet have a next.

Sources, read 2026-11-23: https://developers.facebook.com/docs/graph-api/reference/page/feed/ and
https://developers.facebook.com/docs/graph-api/results (cursors; "stop paging when the next link no longer appears").
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from asean_social.errors import OutcomeUnknown, Unavailable
from asean_social.publishers.facebook_errors import FAULT, PLATFORM, unclear
from asean_social.publishers.facebook_graph import Graph

Row = Mapping[str, Any]
MOST_PAGES = 100
# Rows asked for at once; fewer when Facebook says "reduce the amount of data".
PAGE_SIZES = (25, 12, 6, 5)
IN_ORDER = 25  # older rows in a row, newest first: then the rest is taken for older still


def every(graph: Graph, path: str, **fields: Any) -> Iterator[list[Row]]:
    """All pages of a list. Raises PublishError; OutcomeUnknown where it has no end."""
    sizes, after = list(PAGE_SIZES), ""
    for _ in range(MOST_PAGES):
        answer = _page(graph, path, sizes, {**fields, "after": after})
        found = answer.get("data")
        if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("id") for one in found):
            raise unclear(visible=False)
        yield found
        after = _next(answer)
        if not after:
            return
    raise OutcomeUnknown(PLATFORM, "publish.cannot-look-up")


def since(graph: Graph, path: str, start: datetime, **fields: Any) -> Iterator[Row]:
    """The rows made from `start` on. The fields asked for hold `created_time`. Raises PublishError."""
    older, last = 0, start
    for page in every(graph, path, **fields):
        for row in page:
            created = made(row)
            older = older + 1 if created <= min(last, start) else 0
            last = created
            if created >= start:
                yield row
        if older >= IN_ORDER:
            return


def made(row: Row) -> datetime:
    """When it was made; Facebook tells of a reel at times only when it was changed."""
    told = moment(row.get("created_time") or row.get("updated_time"))
    if told is None:
        raise unclear(visible=False)
    return told


def moment(told: Any) -> datetime | None:
    """A time that Facebook told, in seconds or as ISO 8601."""
    if not told:
        return None
    try:
        text = str(told)
        return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else datetime.fromisoformat(text)
    except ValueError:
        raise unclear(visible=False) from None


def _page(graph: Graph, path: str, sizes: list[int], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """One page; `sizes` loses the ones that were too large for Facebook."""
    while True:
        try:
            return graph.get(path, limit=sizes[0], **fields)
        except Unavailable as error:
            if error.code != FAULT or len(sizes) == 1:
                raise
            sizes.pop(0)


def _next(answer: Mapping[str, Any]) -> str:
    """The cursor of the next page; empty after the last."""
    paging = answer.get("paging")
    if not isinstance(paging, dict) or "next" not in paging:
        return ""
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if not after:
        raise unclear(visible=False)
    return str(after)
