"""What the sandbox serves for itself: the page, the JSON listings, stored bytes, orders for faults, public media.

Addresses of its own begin with `/_sandbox/`: `public.json`, `hidden.json`, `events.json`, `requests.json`,
`credentials.toml`, `media/ID`, and by POST `faults` and `reset`.
"""

import hashlib
import json
import mimetypes
import re
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from asean_social.sandbox.faults import KINDS, Order
from asean_social.sandbox.page import LANGUAGES, render
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import World

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS = {  # folder and type
    "page.css": ("sandbox/look", "text/css; charset=utf-8"),
    "page.js": ("sandbox/look", "text/javascript; charset=utf-8"),
    "looks.css": ("looks", "text/css; charset=utf-8"),
}
PLAYABLE = ("image/", "video/", "text/plain")  # plain text: captions
PRACTICE = (
    "# Khóa thực hành của sân thử asean-social; không mở được tài khoản thật nào.\n"
    "# Practice keys of the asean-social sandbox; they open no real account.\n"
)


class Box(Protocol):
    """The part of the sandbox that the desk needs."""

    world: World

    def public(self) -> list[dict[str, Any]]: ...
    def hidden(self) -> list[dict[str, Any]]: ...
    def events(self) -> list[dict[str, Any]]: ...
    def requests(self) -> list[dict[str, Any]]: ...
    def credentials(self) -> str: ...
    def reset(self) -> None: ...
    def order(self, order: Order) -> None: ...


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
            folder, kind = ASSETS[name]
            return Answer(200, (resources.files("asean_social") / folder / name).read_bytes(), kind)
        if name == "credentials.toml":
            return self._credentials()
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

    def _credentials(self) -> Answer:
        headers = {
            "Content-Disposition": 'attachment; filename="credentials.toml"',
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return Answer(
            200, (PRACTICE + self._box.credentials()).encode(), "application/toml; charset=utf-8", headers
        )

    def _stored(self, name: str, request: Request) -> Answer | None:
        blob = self._box.world.blobs.get(name)
        if blob is None or blob.path is None:
            return None
        kind = blob.mime if blob.mime.startswith(PLAYABLE) else "application/octet-stream"
        headers = {"Accept-Ranges": "bytes", "Content-Security-Policy": "default-src 'none'; sandbox"}
        asked = _range(request.headers.get("Range"), blob.size)
        if asked is None:
            return Answer(200, kind=kind, headers=headers, file=blob.path, span=(0, blob.size))
        start, length = asked
        if length <= 0:
            return Answer(416, kind="", headers=headers | {"Content-Range": f"bytes */{blob.size}"})
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
            self._box.order(Order(**order))
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


def _range(text: str | None, size: int) -> tuple[int, int] | None:
    """Offset and length of `bytes=A-B`, the length 0 or less where nothing is there; None where it is absent or odd.

    Source: https://www.rfc-editor.org/rfc/rfc9110.html#section-14.
    """
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if not match or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None  # not a range: to be ignored
    return start, end - start + 1
