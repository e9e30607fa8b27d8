"""Private videos of a channel, those of people too.

Source: https://developers.google.com/youtube/v3/docs/videos (read 2026-11-23).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from asean_social.errors import Rejected
from asean_social.publishers.base import Hidden, Message
from asean_social.publishers.youtube_api import Api, part
from asean_social.publishers.youtube_errors import unreadable
from asean_social.text import fold


def hidden_videos(videos: Iterable[Mapping[str, Any]]) -> Iterator[Hidden]:
    """`videos`: with their snippet and status."""
    for video in videos:
        if part(video, "status").get("privacyStatus") == "private":
            yield _hidden(video)


def erase(api: Api, hidden: Hidden) -> None:
    found = api.video(hidden.remote_id, "snippet,status")
    if not found:
        return
    if part(found, "status").get("privacyStatus") != "private":
        raise Rejected("youtube", "youtube.is-public", video=hidden.remote_id)
    now = _hidden(found)
    if now.timed or fold(now.name) != fold(hidden.name):
        raise Rejected("youtube", "publish.changed-meanwhile", remote_id=hidden.remote_id)
    api.ask(api.service.videos().delete(id=hidden.remote_id), gone=True)


def _hidden(video: Mapping[str, Any]) -> Hidden:
    snippet, timed = part(video, "snippet"), "publishAt" in part(video, "status")
    title, text = str(snippet.get("title", "")), str(snippet.get("description", ""))
    try:
        made = datetime.fromisoformat(str(snippet.get("publishedAt"))).astimezone(
            UTC
        )  # of a private one: uploaded
    except ValueError:
        raise unreadable() from None

    def shows(message: Message) -> bool:
        told, options = (fold(title), fold(text)), message.options
        return bool(told[0]) and told == (fold(options["title"]), fold(options["description"]))

    return Hidden(str(video.get("id", "")), "video", made, title, shows, timed=timed)
