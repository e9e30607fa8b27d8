"""A resumable upload server of our own, as Google's guide describes it; single answers can be scripted.

Separate from the sandbox on purpose: the adapter has to work with any server that follows the published protocol.
"""

import hashlib
import io
import json
import re
import threading
from collections import deque
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from asean_social.credentials import YouTubeAccount
from asean_social.publishers.base import Media, Message
from asean_social.publishers.http import Session
from asean_social.publishers.youtube import YouTube

CHUNK = 256 << 10
MP4 = b"\0\0\0\x18ftypmp42"  # how the file of a video begins
OPTIONS: dict[str, Any] = {
    "title": "ASEAN tròn 60 năm: Huế hội nhập",
    "description": "Dòng một\nDòng hai",
    "tags": ["ASEAN", "Huế hội nhập"],
    "category": "25",
    "language": "vi",
    "audio_language": "en",
    "made_for_kids": True,
    "notify_subscribers": False,
    "license": "creativeCommon",
    "embeddable": False,
    "public_stats": False,
    "recording_date": "2027-02-20",
    "contains_synthetic_media": True,
    "localizations": {"en": {"title": "ASEAN at 60", "description": "One"}},
    "privacy": "public",
}

HANG_UP = "hang up"  # read the whole request, do what it asks, close the line without an answer


@dataclass(frozen=True)
class Cut:
    """Take only so many bytes of the body, then close the line."""

    after: int


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = b""  # bytes, or a value that becomes JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # names in lower case
    body: bytes  # empty for the bytes of a video
    taken: int  # bytes that were read

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class GoogleServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self.script: deque[Reply | Cut | str | None] = deque()  # None: as usual
        self.stored = bytearray()
        self.session = "/session?upload_id=secret-upload-id"
        self.answers: dict[tuple[str, str], Any] = {}  # (method, last part of the path) to a Reply

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def requests(self, method: str, part: str = "") -> list[Seen]:
        return [one for one in self.seen if one.method == method and part in one.path]

    def handle_error(self, *_: object) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GoogleServer

    def _serve(self) -> None:
        server = self.server
        step = server.script.popleft() if server.script else None
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, step.after) if isinstance(step, Cut) else length)
        path = urlsplit(self.path).path
        upload = path == "/session"
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(urlsplit(self.path).query)
        server.seen.append(Seen(self.command, path, query, headers, b"" if upload else body, len(body)))
        if isinstance(step, Reply):
            return self._reply(step)
        usual = self._upload(body) if upload else self._usual(path)
        if step is None:
            return self._reply(usual)
        self.close_connection = True
        return None

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 -- names that http.server calls

    def _usual(self, path: str) -> Reply:
        if path == "/upload/youtube/v3/videos":
            return Reply(200, headers=(("Location", self.server.url + self.server.session),))
        return self.server.answers[self.command, path.rpartition("/")[2]]

    def _upload(self, body: bytes) -> Reply:
        span = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+)", self.headers["Content-Range"])
        stored = self.server.stored
        if span[1]:
            if int(span[1]) != len(stored):
                return Reply(400, b"wrong offset")
            stored += body
        if len(stored) == int(span[3]):
            return Reply(201, {"id": "v1", "kind": "youtube#video"})
        held = (("Range", f"bytes=0-{len(stored) - 1}"),) if stored else ()
        return Reply(308, headers=held)

    def _reply(self, reply: Reply) -> None:
        payload = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def error(
    status: int, reason: str, message: str = "no", domain: str = "youtube.video", **headers: str
) -> Reply:
    """An error as the Data API tells it."""
    one = {"domain": domain, "reason": reason, "message": message}
    body = {"error": {"code": status, "message": message, "errors": [one]}}
    return Reply(status, body, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def video(upload: str = "processed", privacy: str = "private", **more: Any) -> dict[str, Any]:
    return {"id": "v1", "status": {"uploadStatus": upload, "privacyStatus": privacy, **more}}


def items(*found: Any, **more: Any) -> Reply:
    return Reply(200, {"kind": "youtube#listResponse", "items": list(found), **more})


# -- what the tests of the adapter open and send


class Tokens:
    def __init__(self) -> None:
        self.token = "token-1"
        self.renewed: list[str] = []  # the tokens that were refused

    def current(self) -> str:
        return self.token

    def renew(self, refused: str) -> str:
        self.renewed.append(refused)
        self.token = f"token-{len(self.renewed) + 1}"
        return self.token


class SmallChunks(YouTube):
    chunk = CHUNK


def account_at(server: GoogleServer) -> YouTubeAccount:
    return YouTubeAccount(
        channel_id="UC1",
        client_id="client",
        client_secret="GOCSPX-a-client-secret",
        refresh_token="1//refresh-old",
        api_url=server.url,
        token_url=server.url + "/token",
    )


def open_at(server: GoogleServer, tokens: Tokens, session: Session | None = None) -> YouTube:
    return SmallChunks(account_at(server), session or Session(), tokens)


def a_message(path: Path, size: int) -> Message:
    path.write_bytes((MP4 + bytes(range(256)) * (size // 256 + 1))[:size])
    media = Media(path, "video", "video/mp4", size, "")
    return Message("hue/a/kenh/1", "youtube", "hue", "video", media=(media,), options=OPTIONS)


def having(message: Message, **options: Any) -> Message:
    return replace(message, options={**message.options, **options})


VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nXin chào Huế\n"


def completed(message: Message) -> Message:
    """The same with a thumbnail and captions in two languages, written beside the video."""
    folder = message.media[0].path.parent
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "navy").save(picture, "JPEG")
    files = {
        "bìa.jpg": ("image", "image/jpeg", picture.getvalue()),
        "tac.vi.vtt": ("captions", "text/vtt", VTT.encode()),
        "tac.en.vtt": (
            "captions",
            "text/vtt",
            VTT.replace("Xin chào", "Hello").replace("\n", "\r\n").encode(),
        ),
    }
    media = [message.media[0]]
    for name, (kind, mime, content) in files.items():
        path = folder / name
        path.write_bytes(content)
        media.append(Media(path, kind, mime, len(content), hashlib.sha256(content).hexdigest()))
    tracks = [
        {"media": 2, "language": "vi", "name": "Tiếng Việt"},
        {"media": 3, "language": "en", "name": ""},
    ]
    return replace(having(message, thumbnail=1, captions=tracks), media=tuple(media))
