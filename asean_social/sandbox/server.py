"""The sandbox: one loopback server that stands in for Facebook, YouTube and Zalo.

Platform roots, under one port: `/facebook` for https://graph.facebook.com, `/youtube` for
https://youtube.googleapis.com, `/google-oauth` for https://oauth2.googleapis.com, `/zalo` for
https://openapi.zalo.me, `/zalo-oauth` for https://oauth.zaloapp.com, `/media/NAME` for the office's public web host.

Operations that a fault can be ordered for (`*` is any; the faults are listed in `faults.KINDS`):
facebook: me.get me.accounts me.permissions debug_token page.get feed.create feed.list published_posts.list
scheduled_posts.list photos.create photos.list photo.get photo.delete post.get post.update post.delete comments.create
comments.list videos.create videos.list video.get video.update video.delete video_reels.create video_reels.list
rupload.video.
youtube: oauth.token upload.start upload.put upload.probe videos.insert videos.list videos.update videos.delete
thumbnails.set captions.list captions.insert captions.update captions.delete channels.list playlists.list
playlistItems.list playlistItems.insert playlistItems.delete videoCategories.list.
zalo: oauth.token oa.get article.create article.verify article.update article.remove article.getdetail
article.getslice video.prepare video.verify broadcast.
"""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from asean_social.sandbox import mishaps
from asean_social.sandbox.desk import Desk
from asean_social.sandbox.facebook import Facebook
from asean_social.sandbox.faults import Faults, Order
from asean_social.sandbox.pictures import is_loopback
from asean_social.sandbox.platform import Call, Platform
from asean_social.sandbox.wire import Answer, Request, Server
from asean_social.sandbox.world import World
from asean_social.sandbox.youtube import YouTube
from asean_social.sandbox.zalo import Zalo

CUT = 0  # the status of a request that was never answered


class Sandbox:
    """Start it with `with Sandbox() as sandbox:`; every account's name is `hue-asean`."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        processing_seconds: float = 2.0,
        verify_seconds: float = 1.0,
        may_signal: bool = False,
        media_dir: Path | None = None,
        data_dir: Path | None = None,
    ) -> None:
        """`clock` gives epoch seconds; the two delays are in its seconds. `may_signal`: faults may kill and stop processes.

        Raises ValueError off loopback.
        """
        if not is_loopback(host):
            raise ValueError("the sandbox listens on loopback only")
        self._address = (host, port)
        self._own = Path(tempfile.mkdtemp(prefix="asean-social-sandbox-"))
        data = data_dir or self._own / "data"
        self.media_dir = media_dir or self._own / "media"
        for folder in (data, self.media_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.world = World(clock, data)
        self.facebook = Facebook(self.world, processing_seconds)
        self.youtube = YouTube(self.world, processing_seconds)
        self.zalo = Zalo(self.world, verify_seconds)
        self._platforms: tuple[Platform, ...] = (self.facebook, self.youtube, self.zalo)
        self._roots = {prefix: one for one in self._platforms for prefix in one.prefixes}
        self._faults = Faults({one.name: one.operations for one in self._platforms}, may_signal=may_signal)
        self._desk = Desk(self, self.media_dir)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    # -- life --------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        self._server = Server(self._address, self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End every connection and thread, and remove the temporary files."""
        self._ending.set()
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
        shutil.rmtree(self._own, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("the sandbox has not been started")
        return self._server.url

    # -- what a test or a person asks --------------------------------------------------------------------------

    def credentials(self, account: str = "hue-asean") -> str:
        """A complete credentials.toml. With `other` the table keeps its name but holds a stranger's account."""
        page, channel, oa = (
            self.facebook.pages[account],
            self.youtube.channels[account],
            self.zalo.accounts[account],
        )
        tables: dict[str, dict[str, str]] = {
            "facebook.hue-asean": {
                "page_id": page.id,
                "access_token": page.token,
                "app_id": self.facebook.app_id,
                "app_secret": self.facebook.app_secret,
                "api_url": f"{self.url}/facebook",
            },
            "youtube.hue-asean": {
                "channel_id": channel.id,
                "client_id": channel.client_id,
                "client_secret": channel.client_secret,
                "refresh_token": channel.refresh_token,
                "api_url": f"{self.url}/youtube",
                "token_url": f"{self.url}/google-oauth/token",
            },
            "zalo.hue-asean": {
                "oa_id": oa.id,
                "app_id": self.zalo.app_id,
                "secret_key": self.zalo.secret_key,
                "access_token": oa.access,
                "refresh_token": oa.refresh,
                "api_url": f"{self.url}/zalo",
                "oauth_url": f"{self.url}/zalo-oauth",
            },
            "zalo.hue-asean.media": {"store": self.media_dir.resolve().as_uri(), "url": f"{self.url}/media"},
        }
        return "\n".join(_table(name, rows) for name, rows in tables.items())

    def public(self) -> list[dict[str, Any]]:
        """Everything the public sees now."""
        self.settle()
        return [shown for one in self._platforms for shown in one.public()]

    def hidden(self) -> list[dict[str, Any]]:
        """Everything that is staged and invisible."""
        self.settle()
        return [shown for one in self._platforms for shown in one.hidden()]

    def events(self) -> list[dict[str, Any]]:
        """The effects so far: accepted, created, received, edited, scheduled, public, deleted, expired, token."""
        self.settle()
        with self.world.lock:
            return list(self.world.events)

    def requests(self) -> list[dict[str, Any]]:
        """The transcript, oldest first, secrets masked; status 0 is a line that was cut."""
        with self.world.lock:
            return list(self.world.requests)

    def fault(
        self,
        platform: str,
        operation: str,
        fault: str,
        nth: int = 1,
        times: int = 1,
        *,
        seconds: float = 1.0,
        share: float = 0.5,
        pid: int = 0,
    ) -> None:
        """Let the nth matching request from now on, and `times` in all, meet a fault. Raises ValueError."""
        self.order(Order(platform, operation, fault, nth, times, seconds, share, pid))

    def order(self, order: Order) -> None:
        """Raises ValueError."""
        self._faults.add(order)

    def reset(self) -> None:
        """Forget every object, fault and request; the credentials are again those of the beginning."""
        with self.world.lock:
            for blob in self.world.blobs.values():
                if blob.path:
                    blob.path.unlink(missing_ok=True)
            self.world.clear()
            self._faults.clear()
            for one in self._platforms:
                one.clear()

    def settle(self) -> None:
        """Do what the clock has brought."""
        for one in self._platforms:
            one.settle()

    # -- one request -------------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Answer:
        if not _is_local(request):
            return Answer.json({"error": "this server answers on loopback only"}, 421)
        prefix, _, rest = request.path.lstrip("/").partition("/")
        platform = self._roots.get(prefix)
        if platform is None:
            return self._desk.answer(request)
        request.prefix, request.path = prefix, f"/{rest}"
        request.sees_until = self.world.sees_until(platform.name)
        self.settle()
        return self._logged(platform, request)

    def _logged(self, platform: Platform, request: Request) -> Answer:
        answer = self._recorded(platform, request)
        answer.headers.setdefault("Date", formatdate(self.world.now(), usegmt=True))
        return answer

    def _recorded(self, platform: Platform, request: Request) -> Answer:
        call = platform.understand(request)
        order = self._faults.take(platform.name, call.operation if call else "")
        row = {
            "at": self.world.now(),
            "method": request.method,
            "platform": platform.name,
            "operation": call.operation if call else "",
            "path": self.world.masked_target(request.target),
            "status": CUT,
            "fault": order.fault if order else "",
        }
        try:
            answer = self._met(platform, request, call, order)
            row["status"] = answer.status
            row["answer"] = self.world.masked_body(answer.payload[:4000])
            return answer
        finally:
            row["bytes"] = request.body.received
            row["sent"] = self.world.masked_body(request.body.start)
            with self.world.lock:
                self.world.requests.append(row)

    def _met(self, platform: Platform, request: Request, call: Call | None, order: Order | None) -> Answer:
        if order is None or call is None:
            return platform.answer(request, call)
        early = mishaps.instead(platform, request, order)
        if early is not None:
            request.body.drain()
            return early
        mishaps.prepare(platform, request, order)
        answer = mishaps.answered(platform, platform.answer(request, call), order)
        if order.fault == "slow":
            self._ending.wait(order.seconds)
        return answer


def _table(name: str, rows: dict[str, str]) -> str:
    lines = [f"{field} = {json.dumps(worth, ensure_ascii=False)}" for field, worth in rows.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _is_local(request: Request) -> bool:
    """Refuse names that only resolve to this machine, and pages of other sites (DNS rebinding, forged posts)."""
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
        origin = urlsplit(request.headers.get("Origin", "http://localhost")).hostname
    except ValueError:
        return False
    return is_loopback(host or "") and is_loopback(origin or "")


def serve(
    host: str,
    port: int,
    *,
    offset_seconds: float = 0.0,
    media_dir: Path | None = None,
    orders: Sequence[Order] = (),
    may_signal: bool = False,
    on_ready: Callable[[str, str], None],
) -> None:
    """Run a sandbox for a person until Ctrl-C; `on_ready` gets its address and its credentials.toml.

    Its clock is `offset_seconds` ahead. Raises ValueError for an order that cannot be carried out.
    """

    def clock() -> float:
        return time.time() + offset_seconds

    with Sandbox(host=host, port=port, clock=clock, media_dir=media_dir, may_signal=may_signal) as sandbox:
        for one in orders:
            sandbox.order(one)
        on_ready(sandbox.url, sandbox.credentials())
        try:
            while True:
                time.sleep(0.5)  # Windows hears Ctrl-C only between short sleeps
        except KeyboardInterrupt:
            return
