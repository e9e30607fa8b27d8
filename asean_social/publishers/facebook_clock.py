"""Posts, videos and reels that Facebook's own clock shows: a time is set on the known id of what is staged.

A time that was set can be replaced and not taken off again, so that taking back removes the object. A reel takes its
time with its only `finish`.

Sources, read 2026-11-23: https://developers.facebook.com/docs/pages-api/posts (window: 10 minutes to 30 days),
https://developers.facebook.com/docs/video-api/guides/reels-publishing (29 days)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from asean_social.errors import Rejected
from asean_social.publishers.base import Message, Piece, Receipt, piece
from asean_social.publishers.facebook_errors import PLATFORM, Gone, unclear
from asean_social.publishers.facebook_graph import Graph
from asean_social.publishers.facebook_lists import moment
from asean_social.publishers.facebook_posts import receipt
from asean_social.publishers.facebook_reel import Reels
from asean_social.publishers.facebook_video import Videos

TIME = "scheduled_publish_time"
POST = f"is_published,permalink_url,{TIME},attachments"


class Clock:
    def __init__(self, graph: Graph, videos: Videos, reels: Reels) -> None:
        self._graph, self._videos, self._reels = graph, videos, reels

    def set(self, message: Message, pieces: Sequence[Piece], at: datetime) -> None:
        seconds = int(at.timestamp())
        if message.kind == "reel":
            self._reels.hand_over(message, pieces, seconds)
            return
        try:
            self._graph.update(_known(message, pieces), visible=False, **{TIME: seconds})
        except Gone as gone:
            raise Rejected(PLATFORM, gone.code, gone.detail) from None

    def read(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        known = _known(message, pieces)
        if message.kind in ("video", "reel"):
            reel = message.kind == "reel"
            told = self._reels.status(pieces) if reel else self._videos.status(pieces, hidden=True)
            found = self._graph.look(known, TIME) or {}
            return replace(told, due=moment(found.get(TIME)))
        post = self._graph.look(known, POST)
        if post is None:
            return Receipt(public=False)
        if not isinstance(post.get("is_published"), bool):
            raise unclear(visible=False)
        pictures = len(message.media) if message.kind in ("photo", "album") else 0
        return replace(
            receipt({"id": known, **post}), due=moment(post.get(TIME)), whole=_attached(post) >= pictures
        )

    def take_back(self, message: Message, pieces: Sequence[Piece]) -> None:
        """Removes it; one already gone counts as removed. Raises Rejected when it is public."""
        if self.read(message, pieces).public:
            raise Rejected(PLATFORM, "publish.is-public", remote_id=_known(message, pieces))
        self._graph.delete(_known(message, pieces))


def _known(message: Message, pieces: Sequence[Piece]) -> str:
    return str(piece(pieces, message.kind if message.kind in ("video", "reel") else "post"))


def _attached(post: Mapping[str, Any]) -> int:
    """How many pictures hang on a post."""
    parts = _data(post, "attachments")
    return sum(len(_data(one, "subattachments")) or 1 for one in parts)


def _data(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    group = found.get(name)
    parts = group.get("data") if isinstance(group, dict) else None
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []
