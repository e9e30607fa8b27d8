"""Requests to the YouTube Data API as an adapter sends them: counted, guarded, each answer a value or a PublishError."""

from collections.abc import Callable, Mapping
from typing import Any

from googleapiclient.errors import MediaUploadSizeError

from asean_social.credentials import YouTubeAccount
from asean_social.errors import AuthFailed, Rejected
from asean_social.publishers.base import Media, Tokens
from asean_social.publishers.google import Transport, service
from asean_social.publishers.http import Session
from asean_social.publishers.quotas import YOUTUBE_COSTS
from asean_social.publishers.youtube_errors import ask, unreadable

PAGE = 50  # most that playlistItems.list gives at once, and most ids of one videos.list


class Api:
    def __init__(self, account: YouTubeAccount, session: Session, tokens: Tokens) -> None:
        self.session = session
        self.http = Transport(session, tokens, account.api_url)
        self.service = service(account.api_url, self.http)

    def ask(self, request: Any, *, visible: bool = False, gone: bool = False, **about: str) -> Any:
        """`gone`: None when the platform does not know what was addressed. `about`: what a refusal is to name."""
        method = request.methodId.removeprefix("youtube.")
        return self.send(method, request.execute, visible=visible, gone=gone, **about)

    def send(
        self,
        method: str,
        request: Callable[[], Any],
        *,
        visible: bool = False,
        gone: bool = False,
        **about: str,
    ) -> Any:
        """The same for a request we put together ourselves."""
        # One refused with 401 and sent again is counted once: without a valid token Google knows no project to charge.
        if method in YOUTUBE_COSTS:
            self.session.spend(*YOUTUBE_COSTS[method])
        return ask(self.session, method, request, visible=visible, gone=gone, **about)

    def channel(self, names: str) -> Mapping[str, Any]:
        """The channel of the token, of which `names` are the parts wanted."""
        channels = items(self.ask(self.service.channels().list(part=names, mine=True)))
        if not channels:
            raise AuthFailed("youtube", "youtube.no-channel")
        return channels[0]

    def video(self, video: str, names: str) -> Mapping[str, Any]:
        """One video, empty if there is none: an unknown id is an empty list or 404."""
        answer = self.ask(self.service.videos().list(part=names, id=video), gone=True)
        videos = items(answer) if answer is not None else []
        return videos[0] if videos else {}


def items(answer: Any) -> list[Mapping[str, Any]]:
    """The list in an answer; one without results leaves the list out."""
    if not isinstance(answer, dict) or not answer.keys() & {"items", "kind", "pageInfo"}:
        raise unreadable()
    found = answer.get("items") or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise unreadable()
    return found


def part(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = resource.get(name)
    return found if isinstance(found, dict) else {}


def identity(answer: Any, *, visible: bool = False) -> str:
    """The id of what a request has made."""
    if not isinstance(answer, dict) or not answer.get("id"):
        raise unreadable(visible=visible)
    return str(answer["id"])


def unchanged(media: Media) -> None:
    """Raises Rejected if the file is not the one that was checked: its size is told before its bytes are."""
    name = media.path.name
    try:
        size = media.path.stat().st_size
    except OSError as error:
        raise Rejected("youtube", "youtube.file-unreadable", file=name, problem=error.strerror) from None
    if size != media.size:
        raise Rejected("youtube", "youtube.file-changed", file=name)
    if not size:
        raise Rejected("youtube", "youtube.empty-file", file=name)


def fitting(make: Callable[[], Any], code: str, media: Media) -> Any:
    """The request that uploads a file, unless the API's own description says that the file is too large."""
    unchanged(media)
    try:
        return make()
    except MediaUploadSizeError:
        raise Rejected("youtube", code, file=media.path.name) from None
