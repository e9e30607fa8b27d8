"""What the sandbox serves for itself: the page, the JSON listings, stored bytes, orders for faults, public media."""

import hashlib
import json
import mimetypes
import re
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from asean_social.sandbox.faults import KINDS
from asean_social.sandbox.page import LANGUAGES, render
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
PLAYABLE = ("image/", "video/")


class Box(Protocol):
    """The part of the sandbox that the desk needs."""

    world: World

    def public(self) -> list[dict[str, Any]]: ...
    def hidden(self) -> list[dict[str, Any]]: ...
    def events(self) -> list[dict[str, Any]]: ...
    def requests(self) -> list[dict[str, Any]]: ...
    def reset(self) -> None: ...
    def fault(
        self, platform: str, operation: str, fault: str, nth: int = 1, times: int = 1, *, seconds: float = 1.0
    ) -> None: ...


class Desk:
    def __init__(self, box: Box, media: Path) -> None:
        self._box = box
        self._media = media
        self._listings = {
            "public.json": box.public,
            "hidden.json": box.hidden,
            "events.json": box.events,
            "requests.json": box.requests,
        }

    def answer(self, request: Request) -> Answer:
        found = self._read(request) if request.method in ("GET", "HEAD") else self._order(request)
        answer = found or Answer(404, b"not found", "text/plain; charset=utf-8")
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    def _read(self, request: Request) -> Answer | None:
        path = request.path
        if path == "/":
            return self._page(request)
        if path.startswith("/media/"):
            return _whole_file(self._media, path.removeprefix("/media/"))
        name = path.removeprefix("/_sandbox/")
        if name in self._listings:
            return Answer.json(self._listings[name]())
        if name in ASSETS:
            text = (resources.files("asean_social.sandbox") / "look" / name).read_bytes()
            return Answer(200, text, ASSETS[name])
        return self._stored(name.removeprefix("media/"), request)

    def _page(self, request: Request) -> Answer:
        language = dict(request.query).get("lang", "vi")
        language = language if language in LANGUAGES else "vi"
        html = render(language, self._box.public(), self._box.hidden(), self._box.requests()).encode()
        tag = f'"{hashlib.sha256(html).hexdigest()[:20]}"'
        headers = {"ETag": tag, "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        if request.headers.get("If-None-Match") == tag:
            return Answer(304, kind="", headers=headers)
        return Answer(200, html, "text/html; charset=utf-8", headers)

    def _stored(self, name: str, request: Request) -> Answer | None:
        blob = self._box.world.blobs.get(name)
        if blob is None or blob.path is None:
            return None
        kind = blob.mime if blob.mime.startswith(PLAYABLE) else "application/octet-stream"
        start, length = _range(request.headers.get("Range"), blob.size)
        headers = {"Accept-Ranges": "bytes", "Content-Security-Policy": "default-src 'none'; sandbox"}
        if length == blob.size:
            return Answer(200, kind=kind, headers=headers, file=blob.path, span=(0, blob.size))
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
        return Answer(206, kind=kind, headers=headers, file=blob.path, span=(start, length))

    def _order(self, request: Request) -> Answer | None:
        if (request.method, request.path) == ("POST", "/_sandbox/reset"):
            self._box.reset()
            return Answer.json({"reset": True})
        if (request.method, request.path) == ("POST", "/_sandbox/faults"):
            return self._fault(request)
        return None

    def _fault(self, request: Request) -> Answer:
        try:
            order = json.loads(request.body.read(1 << 16))
            self._box.fault(**order)
        except (ValueError, TypeError) as error:
            return Answer.json({"error": str(error), "faults": KINDS}, 400)
        return Answer.json({"ordered": order})


def _whole_file(folder: Path, name: str) -> Answer | None:
    """A file inside the folder; never one that a path or a link leads out to."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Answer(200, kind=kind, file=path, span=(0, path.stat().st_size))


def _range(text: str | None, size: int) -> tuple[int, int]:
    """Offset and length of `bytes=A-B`; the whole where it is absent, odd or beyond the end."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if not match or match.group() == "bytes=-":
        return 0, size
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    return (start, end - start + 1) if start <= end else (0, size)
