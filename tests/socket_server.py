"""A server of plain sockets, for answers that no well-behaved server gives."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

BLOCK = 1 << 20
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
Conversation = Callable[[socket.socket], None]


@contextmanager
def server(talk: Conversation, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A socket server that has this conversation with every client."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            try:
                with context.wrap_socket(line, server_side=True) if context else line as wrapped:
                    talk(wrapped)
            except OSError:
                line.close()  # the client would not go on

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):  # Windows: closing alone wakes the thread
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


class Recorder:
    """Reads one request of each client, counts its bytes, keeps it if small, gives the next answer or the last."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers or [OK])
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.received = 0

    def __call__(self, line: socket.socket) -> None:
        with line.makefile("rb") as stream:
            head = self._head(stream)
            self.heads.append(head)
            self.bodies.append(self._body(stream, head))
            line.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def _head(self, stream) -> str:
        lines = []
        while (one := stream.readline()) not in (b"", b"\r\n"):
            lines.append(one.decode())
        return "".join(lines)

    def _body(self, stream, head: str) -> bytes:
        lengths = [one for one in head.lower().splitlines() if one.startswith("content-length:")]
        left, kept = int(lengths[0].split(":")[1]) if lengths else 0, b""
        while left:
            block = stream.read1(min(left, BLOCK))
            if not block:
                break
            left -= len(block)
            self.received += len(block)
            kept = kept + block if len(kept) + len(block) < BLOCK else kept
        return kept
