"""Hidden articles of an Official Account, those of people too.

That the list shows hidden ones is implied by its `status` and not confirmed; where it does not, none is found.
Source: https://developers.zalo.me/docs/official-account (read 2026-11-23).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import Hidden, Message
from asean_social.text import fold

Row = Mapping[str, Any]


def hidden_articles(
    pages: Iterable[Sequence[Row]], detail: Callable[[str], Row | None], since: datetime
) -> Iterator[Hidden]:
    """`pages`: of the list of one type, newest first."""
    for page in pages:
        young = [row for row in page if _made(row) >= since]
        for row in young:
            if row.get("status") == "hide":
                yield _hidden(row, detail)
        if not young:
            return


def _hidden(row: Row, detail: Callable[[str], Row | None]) -> Hidden:
    title = str(row.get("title", ""))

    def shows(message: Message) -> bool:
        """The list tells the title only; the rest is asked where that fits. Of a video article it is not told."""
        options = message.options
        if (
            message.kind != row.get("type", message.kind)
            or not title
            or fold(title) != fold(options["title"])
        ):
            return False
        found = detail(str(row["id"])) or {}
        pairs = (("description", "summary"), ("author", "author"))
        return all(
            fold(str(found[theirs])) == fold(str(options.get(ours, "")))
            for theirs, ours in pairs
            if isinstance(found.get(theirs), str)
        )

    return Hidden(str(row["id"]), "article", _made(row), title, shows)


def _made(row: Row) -> datetime:
    """Milliseconds since 1970; one that is not told counts as new, so it is never old enough to be removed."""
    told = wire.number(row.get("create_date"), 0) / 1000
    return datetime.fromtimestamp(told, UTC) if told else datetime.max.replace(tzinfo=UTC)
