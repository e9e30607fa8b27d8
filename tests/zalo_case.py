"""What the tests of Zalo share: an article with its pictures, a clock to move, a server with a script."""

import hashlib
import io
import json
import threading
import time
import tomllib
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from films import mp4
from PIL import Image
from publisher_contract import FixedTokens

from asean_social.credentials import ZaloAccount
from asean_social.publishers.base import Media, Message, Piece, Wait
from asean_social.publishers.http import Session
from asean_social.publishers.zalo import Zalo, refresh
from asean_social.sandbox.server import Sandbox


def picture(folder: Path, name: str, padding: int = 0) -> Media:
    path = folder / f"{name} ảnh.jpg"
    buffer = io.BytesIO()
    Image.new("RGB", (100, 64), "#40a060").save(buffer, "JPEG")
    path.write_bytes(buffer.getvalue() + name.encode() + bytes(padding))
    payload = path.read_bytes()
    return Media(path, "image", "image/jpeg", len(payload), hashlib.sha256(payload).hexdigest())


def article(folder: Path, **options: Any) -> Message:
    media = tuple(picture(folder, name) for name in ("một", "hai", "ba"))
    chosen = {
        "title": "Huế – nhịp cầu ASEAN",
        "summary": "Từ năm nước ký năm 1976 đến năm mươi tám thành viên.",
        "author": "Sở Ngoại vụ",
        "cover": 1,
        "cover_status": "hide",
        "comment": "hide",
        "tracking_link": "https://hue.example/bai?nguon=zalo&thang=2",
        "body": [
            {"type": "text", "content": "Ngày 24/02/1976…\nTôn trọng & hợp tác <3"},
            {"type": "image", "media": 2, "caption": "Cầu Trường Tiền"},
            {"type": "text", "content": "Hòa bình là điều kiện để làm ăn."},
            {"type": "image", "media": 0, "caption": ""},
        ],
        **options,
    }
    return Message("chien-dich/bai/oa/1", "zalo", "hue-asean", "normal", media=media, options=chosen)


def film(folder: Path, name: str = "phim.mp4", **kind: Any) -> Media:
    content = mp4(**kind)
    path = folder / name
    path.write_bytes(content)
    return Media(path, "video", "video/mp4", len(content), hashlib.sha256(content).hexdigest(), duration=10.0)


def video_article(folder: Path) -> Message:
    options = {"title": "Huế một phút", "summary": "Một phút ở Huế.", "avatar": 1, "comment": "hide"}
    media = (film(folder), picture(folder, "đại diện"))
    return Message("a/b/oa/1", "zalo", "hue-asean", "video", media=media, options=options)


def rich(folder: Path) -> Message:
    """An article with a video as its cover and another in its text."""
    base = article(folder)
    media = (*base.media, film(folder), film(folder, "hai.mp4", seconds=3))
    body = [*base.options["body"], {"type": "video", "media": 4, "thumb": 0}]
    return replace(
        base, media=media, options={**base.options, "cover": 3, "cover_view": "horizontal", "body": body}
    )


def account_of(box: Sandbox) -> ZaloAccount:
    return ZaloAccount.model_validate(tomllib.loads(box.credentials())["zalo"]["hue-asean"])


def publisher_of(box: Sandbox) -> Zalo:
    account = account_of(box)
    return Zalo(account, Session(), FixedTokens(account.access_token.get_secret_value()))


class Clock:
    def __init__(self) -> None:
        self.at = time.time()

    def __call__(self) -> float:
        return self.at

    def later(self, seconds: float) -> None:
        self.at += seconds


class Rotating:
    """Tokens that are renewed at Zalo, as the runner's are."""

    def __init__(self, account: ZaloAccount) -> None:
        self._account = account
        self._access = account.access_token.get_secret_value()
        self._refresh = account.refresh_token.get_secret_value()
        self.renewed = 0

    def current(self) -> str:
        return self._access

    def renew(self, refused: str) -> str:
        pair = refresh(self._account, Session(), self._refresh)
        self._access, self._refresh = pair.access, pair.refresh
        self.renewed += 1
        return self._access


def turn(step, message, pieces=()) -> tuple[list[Piece], Wait | None]:
    """One turn: the pieces known after it, and the wait that ended it."""
    known = list(pieces)
    for one in step(message, known):
        if isinstance(one, Wait):
            return known, one
        known.append(one)
    return known, None


class Scripted(ThreadingHTTPServer):
    """A server that gives the answers it was told, by path (`*`: any other); the last one again and again."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Reader)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.headers: dict[str, str] = {}  # of every answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def say(self, path: str, body: Any, status: int = 200) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.setdefault(path, []).append((status, payload))


class _Reader(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, dict(self.headers), body))
        told = self.server.answers
        answers = told.get(self.path.partition("?")[0]) or told["*"]
        status, payload = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(payload)), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...
