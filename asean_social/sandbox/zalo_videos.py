"""Videos for articles: taken whole, converted by the clock, then known by an id.

Sources: https://github.com/zaloplatform (Zalo's own SDKs); mp4 or avi, below 50,000,000 bytes; a token is good for about
an hour. The id is told before the video is ready.
"""

import base64
import re
import secrets
from dataclasses import dataclass
from typing import Any

from asean_social.sandbox.multipart import Part, boundary, parts
from asean_social.sandbox.wire import Request
from asean_social.sandbox.world import Blob, World
from asean_social.sandbox.zalo_rules import INVALID, OVER, invalid, refuse
from asean_social.sandbox.zalo_settings import Settings

BEYOND = 50_000_000  # bytes; the first size that is too large
ENVELOPE = 1 << 14  # bytes that boundaries and headers may take
TOKEN_LIFE = 3600  # seconds
UNKNOWN, READY, LOCKED, CONVERTING, FAILED, DELETED = range(6)
WORDS = ("unknown", "ready", "locked", "converting", "failed", "deleted")
FORMATS = {
    "video/mp4": re.compile(rb"....ftyp", re.DOTALL),
    "video/x-msvideo": re.compile(rb"RIFF....AVI ", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Clip:
    token: str
    oa: str
    id: str
    name: str
    blob: Blob
    opened: float
    seconds: float  # of converting
    end: int  # the status it comes to


class Clips:
    def __init__(self, world: World, settings: Settings, verify_seconds: float) -> None:
        self._world, self._settings, self._seconds = world, settings, verify_seconds
        self._clips: dict[str, Clip] = {}  # by token

    def clear(self) -> None:
        self._clips.clear()

    def take(self, oa: str, request: Request) -> str:
        """The token of a new upload."""
        part = _file(request)
        mime = next((kind for kind, start in FORMATS.items() if start.match(part.payload)), "")
        if not mime:
            raise refuse(INVALID, "file is invalid: only mp4 and avi are supported")
        given, outcomes = self._settings.video_seconds, self._settings.video_outcomes
        strain = self._world.strain("zalo")
        seconds = (self._seconds if given is None else given) + strain.seconds
        with self._world.lock:
            end = FAILED if strain.fails else outcomes.pop(0) if outcomes else READY
            token = base64.b64encode(secrets.token_bytes(18)).decode()
            blob = self._world.keep(part.payload, mime)
            now = self._world.now()
            clip = Clip(token, oa, secrets.token_hex(9), part.filename or "", blob, now, seconds, end)
            self._clips[token] = clip
        self._world.event("zalo", "received", clip.name, bytes=blob.size)
        return token

    def told(self, oa: str, request: Request) -> dict[str, Any]:
        """The state of an upload, by its token in the query or in a header of that name."""
        for name, _ in request.query:
            if name != "token":
                raise invalid(name)
        clip = self._clips.get(self._token(request))
        if clip is None or clip.oa != oa or self._world.now() >= clip.opened + TOKEN_LIFE:
            raise invalid("token")
        if not request.sees(clip.opened):
            raise invalid("token")
        return self.state(clip)

    def _token(self, request: Request) -> str:
        query, header = dict(request.query).get("token", ""), request.headers.get("token", "")
        if query and header and query != header:
            raise invalid("token")
        places = {"either": query or header, "header": header, "query": query}
        return places[self._settings.verify_reads]

    def state(self, clip: Clip) -> dict[str, Any]:
        status = self._status(clip)
        return {
            "status": status,
            "status_message": WORDS[status],
            "convert_percent": self._percent(clip),
            "convert_error_code": int(status == FAILED),
            "video_id": "" if status == UNKNOWN else clip.id,
            "video_name": clip.name,
            "video_size": clip.blob.size,
        }

    def _status(self, clip: Clip) -> int:
        percent = self._percent(clip)
        return clip.end if percent == 100 else CONVERTING if percent >= 10 else UNKNOWN

    def _percent(self, clip: Clip) -> int:
        passed = self._world.now() - clip.opened
        return int(100 * passed / clip.seconds) if passed < clip.seconds else 100

    def find(self, oa: str, subject: Any) -> Clip | None:
        """The video with this id, if it is the account's."""
        mine = (one for one in self._clips.values() if one.oa == oa and one.id == subject)
        return next(mine, None)

    def ready(self, oa: str, subject: Any) -> Clip | None:
        clip = self.find(oa, subject)
        return clip if clip is not None and self._status(clip) == READY else None


def _file(request: Request) -> Part:
    """The only part of the body; its name is `file`."""
    if request.query:
        raise invalid(request.query[0][0])
    kind = request.headers.get("Content-Type", "")
    if not kind.startswith("multipart/form-data"):
        raise refuse(INVALID, "Content-Type must be multipart/form-data")
    payload = request.body.read(BEYOND + ENVELOPE)
    if len(payload) > BEYOND + ENVELOPE:
        raise refuse(OVER, "file is over the limit of 50MB")
    found = parts(payload, boundary(kind))
    if [one.name for one in found] != ["file"] or found[0].filename is None:
        raise invalid("file")
    if len(found[0].payload) >= BEYOND:
        raise refuse(OVER, "file is over the limit of 50MB")
    return found[0]
