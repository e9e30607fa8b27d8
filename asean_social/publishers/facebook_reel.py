"""Reels of a Page: bytes to an address of their own, then exactly one `finish`, which publishes.

Pieces: `reel` (the video's id), `address` (where its bytes go), `finish` ("asked" before it is sent, "done" once it was
taken). One that was taken is never sent again; one whose answer was lost only when the video, asked for a while, shows no
sign of it: what a video tells lags behind, and Facebook may process it long before it says that it is being published.

Source, read 2026-11-23: https://developers.facebook.com/docs/video-api/guides/reels-publishing
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from asean_social.errors import Rejected, Unavailable
from asean_social.publishers import facebook_lists as lists
from asean_social.publishers.base import ASKED, DONE, Message, Piece, Receipt, Wait, piece
from asean_social.publishers.facebook_errors import PLATFORM, WrongOffset, unclear
from asean_social.publishers.facebook_graph import Graph
from asean_social.publishers.facebook_video import AT_WORK, address, reason_of, same_text, state

FIELDS = "status,post_id,permalink_url"
REFUSED_AGAIN = frozenset({"publish.facebook.video", "publish.facebook.upload"})  # codes 6000 and 6001
COMPLETE = frozenset({"complete", "completed"})  # guides and answers spell it in two ways
UPLOADED = AT_WORK | {"upload_complete"}


class Reels:
    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        known = list(pieces)
        reel, place = piece(known, "reel"), piece(known, "address")
        if reel is None or not place:
            answer = self._graph.post(f"{self._page}/video_reels", visible=False, upload_phase="start")
            if not isinstance(answer, dict) or not answer.get("video_id") or not answer.get("upload_url"):
                raise unclear(visible=False)
            reel, place = str(answer["video_id"]), str(answer["upload_url"])
            yield Piece("reel", reel)
            yield Piece("address", place, secret=True)
            self._send(message, place, 0)
        found = self._graph.known(reel, FIELDS)
        if state(found) in ("expired", "upload_failed"):
            yield Piece("address", "", secret=True)  # begun anew
            yield Wait(0, "publish.facebook.upload-gone")
            return
        self._refuse_broken(found)
        if _phase(found, "uploading_phase") not in COMPLETE and state(found) not in UPLOADED:
            self._send(message, place, _received(found))
            yield Wait(0, "publish.facebook.processing")

    def _send(self, message: Message, place: str, start: int) -> None:
        media = message.media[0]
        if start < media.size:
            try:
                self._graph.send_bytes(place, media, start)
            except WrongOffset as wrong:
                if wrong.start is None or wrong.start >= media.size:
                    raise
                self._graph.send_bytes(place, media, wrong.start)

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        reel, asked = str(piece(pieces, "reel")), piece(pieces, "finish")
        found = self._graph.known(reel, FIELDS)
        self._refuse_broken(found)
        if asked != DONE and not _begun(found):
            if asked is None:
                yield Piece("finish", ASKED)
            try:
                self._finish(message, reel, video_state="PUBLISHED")
            except (Rejected, Unavailable) as refusal:
                second = asked is not None and state(found) in AT_WORK
                if not second or refusal.code not in REFUSED_AGAIN:
                    raise  # else the first was taken after all
            yield Piece("finish", DONE)
            found = {}
        if not _published(found):
            yield Wait(0, "publish.facebook.publishing")

    def hand_over(self, message: Message, pieces: Sequence[Piece], at: int) -> None:
        """`finish` with a time, in epoch seconds. One that was taken before can get no other time: Rejected."""
        reel = str(piece(pieces, "reel"))
        found = self._graph.known(reel, f"{FIELDS},scheduled_publish_time")
        self._refuse_broken(found)
        if not _begun(found):
            self._finish(message, reel, video_state="SCHEDULED", scheduled_publish_time=at)
        elif lists.moment(found.get("scheduled_publish_time")) != datetime.fromtimestamp(at, UTC):
            raise Rejected(PLATFORM, "publish.facebook.reel-time")

    def _finish(self, message: Message, reel: str, **more: Any) -> None:
        options = message.options
        self._graph.post(
            f"{self._page}/video_reels",
            visible=True,
            upload_phase="finish",
            video_id=reel,
            description=message.text,
            title=options.get("title"),
            place=options.get("place"),
            **more,
        )

    def status(self, pieces: Sequence[Piece]) -> Receipt:
        reel = piece(pieces, "reel")
        found = self._graph.look(reel, FIELDS) if reel else None
        if reel is None or found is None:
            return Receipt(public=False)
        public, asked = _published(found), piece(pieces, "finish")
        begun = _begun(found) or asked == DONE or (asked == ASKED and state(found) == "processing")
        return Receipt(
            public,
            reel,
            address(reel, found),
            staged=not begun and (_phase(found, "uploading_phase") in COMPLETE or state(found) in UPLOADED),
            underway=(begun or asked == ASKED) and not public and not _timed(found),
        )

    def find(self, message: Message, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Published reels of the Page with the same description."""
        fields = "id,description,created_time,updated_time,post_id,permalink_url,status"
        start = str(int(since.timestamp()))
        for one in lists.since(self._graph, f"{self._page}/video_reels", since, since=start, fields=fields):
            if _published(one) and same_text(one, message):
                yield one

    def discard(self, reel: str) -> None:
        found = self._graph.look(reel, FIELDS)
        if found is None:
            return
        if _begun(found) and not _timed(found):
            raise Rejected(PLATFORM, "publish.is-public", remote_id=reel)
        self._graph.delete(reel)

    def _refuse_broken(self, found: Mapping[str, Any]) -> None:
        if state(found) == "error":
            raise Rejected(PLATFORM, "publish.facebook.video", reason_of(found))


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    status = found.get("status")
    part = status.get(name) if isinstance(status, dict) else None
    return part if isinstance(part, dict) else {}


def _phase(found: Mapping[str, Any], name: str) -> str:
    return str(_part(found, name).get("status", ""))


def _received(found: Mapping[str, Any]) -> int:
    phase = _part(found, "uploading_phase")
    told = phase.get("bytes_transferred", phase.get("bytes_transfered", 0))  # spelt in two ways
    return int(told) if str(told).isdecimal() else 0


def _begun(found: Mapping[str, Any]) -> bool:
    """Whether `finish` was taken: the phase of publishing has left its start."""
    phase = _part(found, "publishing_phase")
    return (
        str(phase.get("status", "not_started")) != "not_started" or phase.get("publish_status") == "published"
    )


def _timed(found: Mapping[str, Any]) -> bool:
    return str(_part(found, "publishing_phase").get("publish_status")) == "scheduled"


def _published(found: Mapping[str, Any]) -> bool:
    """Ready alone is not published (https://github.com/ImTheOne-9/VideoTranslate)."""
    phase = _part(found, "publishing_phase")
    done = _phase(found, "processing_phase") in COMPLETE or state(found) == "ready"
    return done and phase.get("publish_status") == "published"
