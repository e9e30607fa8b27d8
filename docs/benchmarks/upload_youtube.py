# ruff: noqa: INP001, S603, S607 -- a script, not a package; it starts itself and curl, nothing from outside
"""How fast a video leaves this machine, and how much memory that takes, against `curl -T` in the same run.

    python docs/benchmarks/upload_youtube.py [--megabytes 2048] [--runs 3]

The server speaks the resumable protocol on the loopback interface and throws the bytes away. Peak memory is VmHWM of
the uploading process, above the same process after a first upload of 1 MB (Linux only; elsewhere it shows as "–").
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 1 << 20
ROOT = Path(__file__).resolve().parents[2]


# -- the server


def serve() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        say(str(listener.getsockname()[1]))
        while True:
            line, _ = listener.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=converse, args=(line,), daemon=True).start()


def converse(line: socket.socket) -> None:
    view, pending = memoryview(bytearray(MEGABYTE)), b""
    while True:
        while b"\r\n\r\n" not in pending:
            got = line.recv(65536)
            if not got:
                return
            pending += got
        head, _, pending = pending.partition(b"\r\n\r\n")
        text = head.decode("latin-1").lower()
        length = re.search(r"\r\ncontent-length: (\d+)", text)
        left = int(length[1]) - len(pending) if length else 0
        pending = b""
        while left > 0 and (count := line.recv_into(view[: min(left, MEGABYTE)])):
            left -= count
        line.sendall(answer(text))


def answer(head: str) -> bytes:
    if head.startswith("post"):
        host = re.search(r"\r\nhost: (\S+)", head)
        assert host is not None
        return reply("200 OK", f"Location: http://{host[1]}/session\r\n")
    span = re.search(r"content-range: bytes (\d+)-(\d+)/(\d+)", head)
    if span and int(span[2]) + 1 < int(span[3]):
        return reply("308 Resume Incomplete", f"Range: bytes=0-{span[2]}\r\n")
    body = '{"kind":"x","id":"v1","items":[{"id":"v1","status":{"uploadStatus":"processed"}}]}'
    return reply("200 OK", "", body)


def reply(status: str, headers: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


# -- the clients


class Token:
    def current(self) -> str:
        return "token"

    def renew(self, refused: str) -> str:
        return refused


def upload(url: str, path: Path) -> None:
    from asean_social.credentials import YouTubeAccount
    from asean_social.publishers.base import Media, Message
    from asean_social.publishers.http import Session
    from asean_social.publishers.youtube import YouTube

    account = YouTubeAccount.model_validate(
        {"channel_id": "c", "client_id": "c", "client_secret": "c", "refresh_token": "c", "api_url": url}
    )
    false = ("made_for_kids", "notify_subscribers", "embeddable", "public_stats", "contains_synthetic_media")
    options = {"title": "t", "description": "", "license": "youtube", **dict.fromkeys(false, False)}
    media = Media(path, "video", "video/mp4", path.stat().st_size, "")
    message = Message("k", "youtube", "a", "video", media=(media,), options=options)
    for _ in YouTube(account, Session(), Token()).stage(message, []):
        pass


def measure(url: str, path: Path, small: Path) -> None:
    """Upload once to warm up, then measure: seconds, processor seconds, extra peak in bytes."""
    upload(url, small)
    peak, began, worked = high_water(), time.perf_counter(), time.process_time()
    upload(url, path)
    say(json.dumps([time.perf_counter() - began, time.process_time() - worked, high_water() - peak]))


def high_water() -> float:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) * 1024.0 for line in status.splitlines() if line.startswith("VmHWM"))


def curl(url: str, path: Path) -> list[float]:
    began, before = time.perf_counter(), os.times()
    subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-o", os.devnull, "-H", "Expect:", "-T", path, url + "/x"],
        check=True,
    )
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return [time.perf_counter() - began, worked, float("nan")]


def ours(url: str, path: Path, small: Path) -> list[float]:
    child = [sys.executable, __file__, "--measure", url, path, small]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(child, check=True, capture_output=True, text=True, env=environment).stdout
    figures: list[float] = json.loads(found)
    return figures


# -- the table


def compare(url: str, folder: Path, megabytes: int, runs: int) -> Iterator[str]:
    path, small, block = folder / "video.mp4", folder / "small.mp4", os.urandom(MEGABYTE)
    small.write_bytes(block)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)
    yield f"{megabytes} MB, median of {runs}"
    reference: list[list[float]] = []
    found: list[list[float]] = []
    for _ in range(runs):  # in turn, so that both meet the same machine
        found.append(ours(url, path, small))
        reference += [curl(url, path)] if shutil.which("curl") else []
    yield row("curl -T", reference, megabytes, reference)
    yield row("asean-social, YouTube", found, megabytes, reference)


def row(name: str, found: list[list[float]], megabytes: int, reference: list[list[float]]) -> str:
    if not found:
        return f"{name:24} not installed"
    seconds, worked, extra = (statistics.median(column) for column in zip(*found, strict=True))
    share = f"{statistics.median(one[0] for one in reference) / seconds:5.0%}" if reference else "    –"
    memory = "–" if extra != extra else f"{extra / MEGABYTE:.1f} MB"  # noqa: PLR0124 -- NaN differs from itself
    speed, per_gigabyte = megabytes / seconds, worked / megabytes * 1024
    return f"{name:24} {speed:6.0f} MB/s {share} of curl  {per_gigabyte:5.2f} cpu s/GB  extra peak {memory}"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--megabytes", type=int, default=2048)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.serve:
        serve()
    if asked.measure:
        url, path, small = asked.measure
        measure(url, Path(path), Path(small))
        return
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            for line in compare(url, Path(folder), asked.megabytes, asked.runs):
                say(line)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


if __name__ == "__main__":
    main()
