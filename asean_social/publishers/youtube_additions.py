"""What is added to a video that is still private: its thumbnail, then its captions.

Sources, read 2026-11-23: https://developers.google.com/youtube/v3/docs/thumbnails/set (also for Shorts, but only once
processing has succeeded: what comes earlier may be lost) and https://developers.google.com/youtube/v3/docs/captions.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asean_social.errors import Rejected, Unavailable
from asean_social.publishers.base import Media, Message, Piece, piece
from asean_social.publishers.google import Whole, enveloped
from asean_social.publishers.youtube_api import Api, fitting, identity, items, part


def additions(api: Api, message: Message, video: str, pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces are `thumbnail` (the id of its video) and, for each file, `caption:N` (N is its index)."""
    thumbnail = message.options.get("thumbnail")
    if thumbnail is not None and piece(pieces, "thumbnail") is None:
        _set_thumbnail(api, video, message.media[thumbnail])
        yield Piece("thumbnail", video)
    for track in message.options.get("captions") or ():
        name = f"caption:{track['media']}"
        if piece(pieces, name) is None:
            yield Piece(name, _add_captions(api, video, track, message.media[track["media"]]))


def _set_thumbnail(api: Api, video: str, media: Media) -> None:
    thumbnails = api.service.thumbnails()
    request = fitting(
        lambda: thumbnails.set(videoId=video, media_body=Whole(media)), "youtube.bad-thumbnail", media
    )
    items(api.ask(request, file=media.path.name))


def _add_captions(api: Api, video: str, track: Mapping[str, Any], media: Media) -> str:
    """The id of the track. One that is there already, after a lost answer, gets these bytes again."""
    snippet = {
        "videoId": video,
        "language": track["language"],
        "name": track.get("name") or "",
        "isDraft": False,
    }
    try:
        answer = _send(api, "insert", {"snippet": snippet}, media)
    except Rejected as error:
        if error.values.get("reason") != "captionExists":
            raise
        known = _known(api, video, track)
        answer = _send(api, "update", {"id": known, "snippet": {"isDraft": False}}, media)
    made = identity(answer)
    state = part(answer, "snippet")
    if state.get("status") == "failed":
        reason = str(state.get("failureReason", ""))
        raise Rejected("youtube", "youtube.captions-failed", file=media.path.name, reason=reason)
    return made


def _send(api: Api, verb: str, body: Mapping[str, Any], media: Media) -> Any:
    call = getattr(api.service.captions(), verb)
    request = fitting(
        lambda: enveloped(media, lambda file: call(part="snippet", body=body, media_body=file)),
        "youtube.bad-captions",
        media,
    )
    return api.ask(request, file=media.path.name)


def _known(api: Api, video: str, track: Mapping[str, Any]) -> str:
    """The id of the track with this language and name, of which there is one at most."""
    wanted = _by(track)
    for one in items(api.ask(api.service.captions().list(part="snippet", videoId=video))):
        if _by(part(one, "snippet")) == wanted:
            return identity(one)
    raise Unavailable("youtube", "youtube.captions-not-listed")


def _by(track: Mapping[str, Any]) -> tuple[str, str]:
    return str(track.get("language", "")).casefold(), str(track.get("name") or "")
