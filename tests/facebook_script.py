"""What the tests of Facebook share: messages, an account, a server with a script."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from PIL import Image
from publisher_contract import FixedTokens
from socket_server import Recorder, server

from asean_social.credentials import FacebookAccount
from asean_social.publishers.base import Media, Message
from asean_social.publishers.facebook import Facebook
from asean_social.publishers.facebook_graph import Graph
from asean_social.publishers.http import Session

TEXT = "Huế – thành phố di sản\nchào ASEAN 🌏 & “60 năm”"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def a_message(kind: str, folder: Path) -> Message:
    message = Message("hue/bai/trang/1", "facebook", "hue-asean", kind, text=TEXT)
    if kind == "link":
        return dataclasses.replace(message, link="https://huecity.gov.vn/tin?id=5&b=%E1%BA%BF")
    if kind == "photo":
        path = folder / "cờ ASEAN.jpg"
        Image.new("RGB", (60, 40), "#0047ab").save(path)
        photo = Media(path, "image", "image/jpeg", path.stat().st_size, "", "Cờ ASEAN bay trên Kỳ đài Huế")
        return dataclasses.replace(message, media=(photo,))
    return message


def account(url: str, **fields: str) -> FacebookAccount:
    return FacebookAccount.model_validate(
        {"page_id": "111", "access_token": "PAGETOKEN", "api_url": url, **fields}
    )


class Scripted:
    """A server that gives these answers one after the other, and a graph and publisher that ask it."""

    def __init__(
        self, *answers: Any, status: int = 200, headers: str = "", kind: str = "application/json"
    ) -> None:
        self.recorder = Recorder(*(_response(one, status, headers, kind) for one in answers))

    def __enter__(self) -> Self:
        self._server = server(self.recorder)
        url = self._server.__enter__()
        self.configured = account(url, app_secret="secret")
        self.graph = Graph(self.configured, Session(), FixedTokens("TOKEN"))
        self.publisher = Facebook(self.configured, Session(), FixedTokens("TOKEN"))
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    @property
    def asked(self) -> list[str]:
        return [head.splitlines()[0].rsplit(" ", 1)[0] for head in self.recorder.heads]

    def form(self, number: int = 0) -> dict[str, str]:
        return {
            name: worth for name, [worth] in parse_qs(self.recorder.bodies[number].decode(), True).items()
        }

    def query(self, number: int = 0) -> dict[str, str]:
        return {name: worth for name, [worth] in parse_qs(self.asked[number].partition("?")[2]).items()}


def _response(body: Any, status: int, headers: str, kind: str) -> bytes:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    label = f"Content-Type: {kind}\r\n" if kind else ""
    head = (
        f"HTTP/1.1 {status} X\r\nConnection: close\r\n{label}{headers}Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


PROOF = (
    "2356b17ae2860016a34575ada27f94b543ed2cbe59a85ba2e0c62dc4aba7a5c6"  # of TOKEN under the secret "secret"
)
