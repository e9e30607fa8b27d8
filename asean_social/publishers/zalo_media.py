"""What a Zalo article refers to: videos are uploaded and converted, pictures are put behind public addresses.

Pieces: `video-token:N` and `video:N` (an upload, and the video it became; "" where Zalo no longer knows it),
`video-unknown:N` (how often its state was told as unknown), `media:N` (public address of a picture), `names` (how often
the pictures got new names: Zalo gives up on an address that failed some times), `fallback` (its cover was refused).
Sources: https://github.com/zaloplatform/zalo-java-sdk and https://developers.zalo.me/docs (read 2026-11-23).
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from asean_social.errors import Rejected, Unavailable
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import Media, Message, Piece, Wait
from asean_social.publishers.http import BLOCK, Session, transport_error
from asean_social.publishers.limits import ZALO
from asean_social.publishers.store import Store, public_name
from asean_social.publishers.zalo_parts import Known, Turn, cover_of, encoded, keep, media_of
from asean_social.publishers.zalo_wire import PLATFORM

UNKNOWN, READY = 0, 1  # of a video; all others than these mean that it is being converted
FAILED = {2: "zalo.video-locked", 4: "zalo.video-failed", 5: "zalo.video-deleted"}
MOST_UNKNOWN = 10  # looks; with the waits between them some minutes
GROWING = 0.0  # the wait that the runner makes longer from look to look: 5 s to a minute

Ask = Callable[..., dict[str, Any]]


# -- videos


def send_videos(ask: Ask, message: Message, known: Known) -> Turn:
    """Each video uploaded and ready. Zalo keeps the token of an upload for about an hour; a lost one is sent again."""
    for index in media_of(message, known, "video"):
        if known.get(f"video:{index}"):
            continue
        if not known.get(f"video-token:{index}"):
            yield from keep(known, f"video-token:{index}", _prepared(ask, message.media[index]))
        if not (yield from _converted(ask, index, message.media[index], known)):
            return False
    return True


def _prepared(ask: Ask, media: Media) -> str:
    try:
        return str(ask(wire.PREPARE, file=media)["token"])
    except Rejected as refusal:
        if refusal.code != "zalo.video-refused":
            raise
        values = {"file": media.path.name, "size": media.size}
        raise Rejected(PLATFORM, refusal.code, refusal.detail, **values) from refusal


def _converted(ask: Ask, index: int, media: Media, known: Known) -> Turn:
    """Ask after one video; the status counts, as its id may be told before it can be used."""
    token = f"video-token:{index}"
    try:
        found = ask(wire.VIDEO, token=known[token])
    except wire.JobLost:
        yield from keep(known, token, "")
        raise
    status = int(wire.number(found["status"], UNKNOWN))
    if status == READY and found.get("video_id"):
        yield from keep(known, f"video:{index}", str(found["video_id"]))
        return True
    told, file = str(found.get("status_message") or status), media.path.name
    if status in FAILED:
        yield from keep(known, token, "")
        raise Rejected(PLATFORM, FAILED[status], told, file=file)
    if status == UNKNOWN:
        yield from _unknown(index, told, file, known)
    yield Wait(GROWING, "zalo.converting")
    return False


def _unknown(index: int, told: str, file: str, known: Known) -> Iterator[Piece]:
    """Zalo may not know the state of a video at first; when that lasts, nothing will come of it."""
    name = f"video-unknown:{index}"
    looks = int(known.get(name) or 0) + 1
    if looks < MOST_UNKNOWN:
        yield from keep(known, name, str(looks))
        return
    yield from keep(known, name, "")
    yield from keep(known, f"video-token:{index}", "")
    raise Rejected(PLATFORM, "zalo.video-unclear", told, file=file)


def forget_videos(message: Message, known: Known) -> Iterator[Piece]:
    """Zalo no longer takes their ids: the next try uploads them anew."""
    for index in media_of(message, known, "video"):
        yield from keep(known, f"video:{index}", "")
        yield from keep(known, f"video-token:{index}", "")


# -- pictures


def show_pictures(session: Session, store: Store, message: Message, known: Known) -> Iterator[Piece]:
    """Each picture behind a public address, proven anew before each create: the store keeps them a week only."""
    for index in media_of(message, known, "image"):
        media = message.media[index]
        name = public_name(media.sha256, media.mime, int(known.get("names") or 0))
        url = encoded(store.put(name, media.path))
        prove(session, url, media)
        yield from keep(known, f"media:{index}", url)


def rename(known: Known) -> Iterator[Piece]:
    """Another address for each picture at the next try: Zalo did not say which one it could not take."""
    yield from keep(known, "names", str(int(known.get("names") or 0) + 1))


def explained(message: Message, known: Known, refusal: wire.PictureRefused) -> Rejected:
    """What Zalo would not take, and what is known of it: its size, its host, the text of its address."""
    cover, pictures = cover_of(message, known), media_of(message, known, "image")
    index = max(pictures, key=lambda one: message.media[one].size, default=cover)
    large = index in pictures and message.media[index].size > ZALO["image.safe-size"].most
    if not large and cover in pictures:
        index = cover
    failed = "zalo.image-too-large" if large else "zalo.image-failed"
    code = refusal.code if refusal.code == "zalo.image-address" else failed
    url, media = known.get(f"media:{index}", ""), message.media[index]
    host = urlsplit(url).hostname or "–"
    values = {"file": media.path.name, "size": media.size, "host": host, "url": url}
    return Rejected(PLATFORM, code, refusal.detail, **values)


def prove(session: Session, url: str, media: Media) -> None:
    """That everybody is shown this very file at the address. Raises Unavailable, Rejected."""
    try:
        with session.get(url, stream=True) as response:
            status, found = response.status_code, _digest(response, media.size)
    except requests.RequestException as error:
        reason = transport_error(PLATFORM, error, session, visible=False).detail
        raise Unavailable(PLATFORM, "store.no-answer", reason, url=url) from error
    if status >= 500:
        raise Unavailable(PLATFORM, "store.no-answer", f"HTTP {status}", url=url)
    if status != 200:
        raise Rejected(PLATFORM, "store.not-public", f"HTTP {status}", url=url, file=media.path.name)
    if found != media.sha256:
        raise Rejected(PLATFORM, "store.differs", url=url, file=media.path.name)


def _digest(response: requests.Response, size: int) -> str:
    """SHA-256 of the answer, of no more than shows that it is another file."""
    digest, left = hashlib.sha256(), size
    for block in response.iter_content(BLOCK):
        digest.update(block)
        left -= len(block)
        if left < 0:
            break
    return digest.hexdigest()
