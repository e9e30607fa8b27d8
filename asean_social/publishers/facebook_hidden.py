"""What only a Page's people see: unpublished posts and videos, drafts of people too.

Sources, read 2026-11-23: https://developers.facebook.com/docs/graph-api/reference/page/feed/ (lists unpublished posts
as well, and visitors' posts, which are told by their author) and
https://developers.facebook.com/docs/graph-api/reference/page/videos/
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from asean_social.errors import Rejected
from asean_social.publishers import facebook_lists as lists
from asean_social.publishers.base import Hidden, Message
from asean_social.publishers.facebook_errors import PLATFORM
from asean_social.publishers.facebook_graph import Graph
from asean_social.text import fold

POST = "message,created_time,is_published,scheduled_publish_time,from{id},attachments{media_type}"
VIDEO = "description,created_time,published,scheduled_publish_time"
# What a post of each kind has attached; unpublished photos are dropped after about a day, and the post stays.
ATTACHED: Mapping[str, frozenset[str]] = {
    "text": frozenset({""}),
    "link": frozenset({"link"}),
    "photo": frozenset({"photo", ""}),
    "album": frozenset({"album", "photo", ""}),
}


def hidden_posts(graph: Graph, page: str, since: datetime) -> Iterator[Hidden]:
    for one in lists.since(graph, f"{page}/feed", since, fields=f"id,{POST}"):
        author = one.get("from")
        own = isinstance(author, dict) and str(author.get("id")) == page
        if own and one.get("is_published") is False:
            yield _post(one)


def hidden_videos(graph: Graph, page: str, since: datetime) -> Iterator[Hidden]:
    for one in lists.since(graph, f"{page}/videos", since, type="uploaded", fields=f"id,{VIDEO}"):
        if one.get("published") is False:
            yield _video(one)


def erase(graph: Graph, hidden: Hidden) -> None:
    post = hidden.kind == "post"
    found = graph.look(hidden.remote_id, POST if post else VIDEO)
    if found is None:
        return
    if found.get("is_published" if post else "published") is not False:
        raise Rejected(PLATFORM, "publish.is-public", remote_id=hidden.remote_id)
    now = (_post if post else _video)({"id": hidden.remote_id, **found})
    if now.timed or fold(now.name) != fold(hidden.name):
        raise Rejected(PLATFORM, "publish.changed-meanwhile", remote_id=hidden.remote_id)
    graph.delete(hidden.remote_id)


def _post(one: Mapping[str, Any]) -> Hidden:
    text, media = str(one.get("message") or ""), _attached(one)

    def shows(message: Message) -> bool:
        card = media == "link" and "://" in text  # an address in a text gets a link's card
        fits = media in ATTACHED.get(message.kind, ()) or (message.kind == "text" and card)
        return fits and fold(message.text) == fold(text) != ""

    return Hidden(
        str(one["id"]), "post", lists.made(one), text, shows, timed=bool(one.get("scheduled_publish_time"))
    )


def _video(one: Mapping[str, Any]) -> Hidden:
    text = str(one.get("description") or "")

    def shows(message: Message) -> bool:
        return message.kind == "video" and fold(message.text) == fold(text) != ""

    return Hidden(
        str(one["id"]), "video", lists.made(one), text, shows, timed=bool(one.get("scheduled_publish_time"))
    )


def _attached(one: Mapping[str, Any]) -> str:
    attachments = one.get("attachments")
    parts = attachments.get("data") if isinstance(attachments, dict) else None
    return str(parts[0].get("media_type", "")) if isinstance(parts, list) and parts else ""
