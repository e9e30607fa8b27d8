"""HTTP/1.1 as the sandbox speaks it: bodies read in constant memory, exact lengths, calm when a client vanishes.

`http.server` is used because it passes header names with underscores (Zalo's `access_token`), which several web
frameworks drop silently.
"""

import json
import math
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

BLOCK = 1 << 20
MEMORY_CAP = 32 << 20  # the largest body that is ever held in memory
SHOWN = 4000  # bytes of a body that the transcript shows


class Vanished(ConnectionError):
    """The client went away before its body was complete."""


class Body:
    """The bytes of one request, from Content-Length or chunks, read once from front to back."""

    def __init__(self, stream: BinaryIO, headers: Mapping[str, str]) -> None:
        self._stream = stream
        self._chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        self._left = 0 if self._chunked else _length(headers.get("Content-Length"))
        self._ended = not self._chunked
        self.declared = None if self._chunked else self._left
        self.received = 0
        self.start = b""  # of a body that was read whole, for the transcript
        self._most = math.inf  # bytes that arrive before the client vanishes

    def cut_after(self, share: float) -> None:
        """Let the client vanish when this share of the body has arrived; without a length, of its first block."""
        self._most = int((BLOCK if self.declared is None else self.declared) * share)

    def readinto(self, view: memoryview) -> int:
        """Fill as much of `view` as there is; less than its length only at the end or when the line was cut."""
        filled = 0
        while filled < len(view) and self._more():
            room = min(self._left, self._most - self.received)
            count = room and self._stream.readinto(view[filled : filled + int(room)])  # type: ignore[attr-defined]  # BufferedReader
            if not count:
                self._left, self._ended = -1, True
                break
            filled += count
            self._left -= count
            self.received += count
        return filled

    @property
    def cut(self) -> bool:
        """Whether the client went away in the middle."""
        return self._left < 0

    def read(self, most: int = MEMORY_CAP) -> bytes:
        """All of it, or its first `most` + 1 bytes when it is longer (the rest is read and thrown away)."""
        kept = bytearray()
        buffer = memoryview(bytearray(BLOCK))
        while count := self.readinto(buffer):
            kept += buffer[: min(count, max(0, most + 1 - len(kept)))]
        if self.cut:
            raise Vanished
        self.start = bytes(kept[:SHOWN])
        return bytes(kept)

    def drain(self, most: int | None = None) -> None:
        """Read and throw away `most` bytes, or all that is left."""
        buffer = memoryview(bytearray(BLOCK))
        while most is None or most > 0:
            count = self.readinto(buffer if most is None else buffer[:most])
            if not count:
                return
            most = None if most is None else most - count

    def _more(self) -> bool:
        if self._left == 0 and not self._ended:
            self._next_chunk()
        return self._left > 0

    def _next_chunk(self) -> None:
        if self.received:
            self._stream.readline(8)  # the line end after the chunk before
        try:
            self._left = int(self._stream.readline(80).split(b";")[0], 16)
        except ValueError:
            self._left = -1
        self._ended = self._left <= 0
        if self._left == 0:
            self._stream.readline(80)


def _length(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


@dataclass(slots=True)
class Request:
    method: str
    path: str  # decoded, without the query
    target: str  # as sent
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Body
    origin: str  # http://127.0.0.1:PORT
    prefix: str = ""  # which platform root was addressed
    sees_until: float = math.inf  # a read that lags behind does not see what was made from this moment on

    def sees(self, made: float) -> bool:
        return made < self.sees_until

    def bearer(self) -> str:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() in ("bearer", "oauth") else ""


@dataclass(slots=True)
class Answer:
    status: int = 200
    payload: bytes = b""
    kind: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None  # sent instead of the payload
    span: tuple[int, int] = (0, 0)  # offset and length within the file
    share: float = 1.0  # of the payload that is sent before the line is cut

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> "Answer":
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        named = {name.replace("_", "-"): worth for name, worth in headers.items()}
        return cls(status, text.encode("utf-8", "replace"), headers=named)


class Refusal(Exception):  # it carries the platform's answer, which need not be an error at HTTP level
    """A platform refuses; the answer is in its own shape."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class HangUp(Exception):  # an order, not an error
    """Close the line without an answer."""


class Server(ThreadingHTTPServer):
    """Threads, one per connection; `stop` ends every one of them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._talking: set[threading.Thread] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Connection)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self._converse, args=(request, client_address), daemon=True)
        with self._guard:
            self._open.add(request)
            self._talking.add(thread)
        thread.start()

    def _converse(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client vanished
        finally:
            self.shutdown_request(request)
            with self._guard:
                self._open.discard(request)
                self._talking.discard(threading.current_thread())

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        with self._guard:
            waiting = list(self._talking)
            for line in self._open:
                hang_up(line)
        for thread in waiting:
            thread.join(5)


def hang_up(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "asean-social-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        try:
            request = self._request()
            answer = self.server.answer(request)
            request.body.drain()
            self._send(answer)
        except (HangUp, ConnectionError):
            self.close_connection = True
            hang_up(self.connection)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815  # names that http.server calls

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            path=unquote(path),
            target=self.path,
            query=parse_qsl(query, keep_blank_values=True),
            headers=self.headers,  # type: ignore[arg-type]  # a mapping in all but name
            body=Body(self.rfile, self.headers),  # type: ignore[arg-type]  # the same
            origin=self.server.url,
        )

    def _send(self, answer: Answer) -> None:
        size = answer.span[1] if answer.file else len(answer.payload)
        head = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}"]
        named = {"Date": self.date_time_string(), "Content-Type": answer.kind, **answer.headers}
        if answer.status not in (204, 304):  # they have no body by definition
            named["Content-Length"] = str(size)
        head += [f"{name}: {worth}" for name, worth in named.items() if worth]
        start = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        bodiless = self.command == "HEAD" or answer.status == 304
        if answer.share < 1:
            self.wfile.write((start + answer.payload)[: len(start) + int(len(answer.payload) * answer.share)])
            raise HangUp
        # one write: head and body apart would meet delayed acknowledgements
        self.wfile.write(start if bodiless else start + answer.payload)
        if answer.file and not bodiless:
            _copy(answer.file, answer.span, self.wfile)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
        """Nothing on the terminal; the transcript is on the page."""


def _copy(path: Path, span: tuple[int, int], out: Any) -> None:
    with path.open("rb") as file:
        file.seek(span[0])
        left = span[1]
        while left and (block := file.read(min(BLOCK, left))):
            out.write(block)
            left -= len(block)
