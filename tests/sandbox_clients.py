"""Plain HTTP clients for the tests of the sandbox; they share no code with the publishers."""

import io
import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from PIL import Image

from asean_social.sandbox.server import Sandbox

BASE = 1_798_700_000.0  # 2026-12-31, winter time in California
VIDEO = b"\x00\x00\x00\x18ftypmp42"


class Clock:
    def __init__(self) -> None:
        self.now = BASE

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def running(clock: Clock, **options: Any) -> Iterator[Sandbox]:
    with Sandbox(clock=clock, **options) as box:
        yield box


def account(box: Sandbox, platform: str, who: str = "hue-asean") -> dict[str, Any]:
    return tomllib.loads(box.credentials(who))[platform]["hue-asean"]


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), *, pad_to: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue().ljust(pad_to, b"\x00")


class Graph:
    def __init__(self, box: Sandbox, who: str = "hue-asean") -> None:
        self.account = account(box, "facebook", who)
        self.page = self.account["page_id"]
        self.token = self.account["access_token"]
        self.http = requests.Session()

    def send(
        self, method: str, path: str, version: str = "/v26.0", files: Any = None, **values: Any
    ) -> requests.Response:
        values = {"access_token": self.token, **values}
        named = {
            name: json.dumps(one) if isinstance(one, list | dict) else one for name, one in values.items()
        }
        where = {"params": named} if method in ("GET", "DELETE") else {"data": named}
        return self.http.request(
            method, f"{self.account['api_url']}{version}{path}", files=files, timeout=20, **where
        )

    def get(self, path: str, **values: Any) -> Any:
        return self.send("GET", path, **values).json()

    def post(self, path: str, **values: Any) -> Any:
        return self.send("POST", path, **values).json()

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path).json()

    def feed(self, **values: Any) -> Any:
        return self.post(f"/{self.page}/feed", **values)

    def photo(self, payload: bytes | None = None, **values: Any) -> Any:
        files = {"source": ("a.jpg", picture() if payload is None else payload)}
        return self.post(f"/{self.page}/photos", files=files, **values)


def code(answer: dict[str, Any]) -> tuple[int, int | None]:
    """Code and subcode of a Graph error."""
    return answer["error"]["code"], answer["error"].get("error_subcode")


class Tube:
    def __init__(self, box: Sandbox, who: str = "hue-asean") -> None:
        self.account = account(box, "youtube", who)
        self.http = requests.Session()
        self.refresh()

    def token(self, **changed: str) -> requests.Response:
        form = {name: self.account[name] for name in ("client_id", "client_secret", "refresh_token")}
        form |= {"grant_type": "refresh_token", **changed}
        return self.http.post(self.account["token_url"], data=form, timeout=20)

    def refresh(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        url = f"{self.account['api_url']}/youtube/v3/{path}"
        return self.http.request(method, url, params=params, json=body, timeout=20)

    def start(
        self, size: int | None = 12, mime: str = "video/mp4", part: str = "snippet,status", **body: Any
    ) -> requests.Response:
        body = {"snippet": {"title": "Huế"}, "status": {"privacyStatus": "private"}} | body
        headers = {"X-Upload-Content-Type": mime, "Slug": "hue.mp4"}
        if size is not None:
            headers["X-Upload-Content-Length"] = str(size)
        url = f"{self.account['api_url']}/upload/youtube/v3/videos"
        params = {"uploadType": "resumable", "part": part}
        return self.http.post(url, params=params, json=body, headers=headers, timeout=20)

    def put(self, session: str, payload: bytes, span: str | None = None) -> requests.Response:
        headers = {} if span is None else {"Content-Range": span}
        return self.http.put(session, data=payload, headers=headers, timeout=20, allow_redirects=False)

    def upload(self, payload: bytes = VIDEO, **body: Any) -> Any:
        parts = ",".join(["snippet", "status", *(set(body) - {"snippet", "status"})])
        session = self.start(len(payload), part=parts, **body).headers["Location"]
        return self.put(session, payload).json()

    def video(self, key: str, part: str = "snippet,status") -> Any:
        return self.call("GET", "videos", part=part, id=key).json()["items"][0]


def reason(answer: requests.Response) -> tuple[int, str]:
    """Status and reason of a Google error."""
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


class Oa:
    def __init__(self, box: Sandbox, who: str = "hue-asean") -> None:
        self.account = account(box, "zalo", who)
        self.access, self.secret = self.account["access_token"], self.account["refresh_token"]
        self.media = self.account["media"]["url"]
        self.http = requests.Session()

    def token(self, refresh: str | None = None, **changed: str) -> requests.Response:
        headers = {"secret_key": changed.pop("secret_key", self.account["secret_key"])}
        form = {
            "grant_type": "refresh_token",
            "app_id": self.account["app_id"],
            "refresh_token": refresh or self.secret,
        }
        url = f"{self.account['oauth_url']}/v4/oa/access_token"
        return self.http.post(url, headers=headers, data=form | changed, timeout=20)

    def send(
        self, method: str, path: str, body: Any = None, headers: Any = None, **params: Any
    ) -> requests.Response:
        named = {"access_token": self.access, **(headers or {})}
        url = f"{self.account['api_url']}/v2.0/{path}"
        return self.http.request(method, url, json=body, params=params, headers=named, timeout=20)

    def call(self, path: str, **body: Any) -> Any:
        return self.send("POST", f"article/{path}", body).json()

    def article(self, **changed: Any) -> dict[str, Any]:
        """A whole article; None drops a field."""
        whole = {
            "type": "normal",
            "title": "Huế – ASEAN",
            "author": "Huế",
            "description": "Một ngày ở Huế.",
            "cover": {"cover_type": "photo", "photo_url": f"{self.media}/cover.jpg", "status": "show"},
            "body": [{"type": "text", "content": "Chào ASEAN"}],
            "status": "show",
            "comment": "show",
            **changed,
        }
        return {name: worth for name, worth in whole.items() if worth is not None}
