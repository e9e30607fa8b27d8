# ruff: noqa: INP001, S310, S603, T201 -- a script, not a package; it starts our own command and asks a server on this machine
"""What a large video costs on its way to each platform that takes one: memory, time, and bytes sent again after a cut.

    python docs/benchmarks/large_video.py [--megabytes 2048] [--share 0.9]

The real `schedule --once` uploads to `asean-social sandbox`, each a process of its own. Memory is the peak of the
runner, above its peak with a video of 1 MB. Then the same with the line cut when `--share` of the bytes have arrived.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from films import mp4  # noqa: E402 -- the path comes first

MEGABYTE = 1 << 20
KINDS = {  # post, film, request that carries the bytes, bytes of one such request (0: all)
    "facebook video": ("channels: [trang], text: Phim", mp4(1280, 720, 60.0), "videos.create", 4 * MEGABYTE),
    "facebook reel": ("channels: [trang], text: Phim", mp4(1080, 1920, 60.0, fps=30), "rupload.video", 0),
    "youtube": ("channels: [kenh], title: Phim", mp4(1280, 720, 60.0), "upload.put", 64 * MEGABYTE),
}
HEAD = """campaign: lon
title: Phim lớn
from: 2026-01-01
to: 2030-12-31
approval: none
channels: {{trang: facebook/hue-asean, kenh: youtube/hue-asean}}
pillars:
  aec:
    - {{id: p, theme: trade-agreements, at: "{due}", {post}, media: phim.mp4}}
"""


def padded(film: bytes, size: int, file: Path) -> None:
    """A film of that many bytes, made long by a box that players skip."""
    with file.open("wb") as out:
        out.write(film)
        rest = size - len(film)
        if rest > 16:
            out.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
            out.truncate(size)


def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Play:
    """One project, one sandbox, one upload."""

    def __init__(self, folder: Path, kind: str, size: int, share: float | None) -> None:
        post, film, self.operation, piece = KINDS[kind]
        (folder / "campaigns").mkdir(parents=True)
        padded(film, size, folder / "campaigns" / "phim.mp4")
        due = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="seconds")
        text = HEAD.format(due=due, post=post)
        (folder / "campaigns" / "lon.yaml").write_text(text, encoding="utf-8")
        self.folder, self.size = folder, size
        order: list[str] = []
        if share is not None:
            pieces = -(-size // piece) if piece else 1
            nth, within = (max(1, int(pieces * share)), 0.5) if piece else (1, share)
            platform = kind.split(maxsplit=1)[0]
            order = ["--fault", f"{platform}:{self.operation}:cut-half:{nth},share={within}"]
        where = ["--port", str(port()), "--write-credentials", str(folder / "credentials.toml")]
        self.url = f"http://127.0.0.1:{where[1]}"
        self.box = subprocess.Popen(
            [sys.executable, "-m", "asean_social", "sandbox", *where, *order], stdout=subprocess.DEVNULL
        )

    def run(self) -> tuple[float, int, int]:
        """Seconds, peak memory in bytes, bytes that arrived."""
        while not (self.folder / "credentials.toml").exists():
            time.sleep(0.1)
        waits = {"BACKOFF": "0.5", "POLL": "0.5", "LOOKUP_WAITS": "0.1,0.2"}
        environment = {**os.environ, **{f"ASEAN_SOCIAL_{name}": worth for name, worth in waits.items()}}
        command = [sys.executable, "-m", "asean_social", "schedule", "--once"]
        began = time.monotonic()
        child = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, code, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        if code:
            raise SystemExit(f"schedule ended with {os.waitstatus_to_exitcode(code)} in {self.folder}")
        [public] = self.ask("public.json")
        assert public["size"] == self.size, public
        rows = [one for one in self.ask("requests.json") if one["operation"] == self.operation]
        return seconds, used.ru_maxrss * 1024, sum(one["bytes"] for one in rows)

    def ask(self, name: str) -> list[dict[str, object]]:
        with urllib.request.urlopen(f"{self.url}/_sandbox/{name}", timeout=60) as answer:
            return list(json.load(answer))

    def end(self) -> None:
        self.box.terminate()
        self.box.wait()


def played(kind: str, size: int, share: float | None = None) -> tuple[float, int, int]:
    with tempfile.TemporaryDirectory(prefix="asean-social-large-") as folder:
        play = Play(Path(folder), kind, size, share)
        try:
            return play.run()
        finally:
            play.end()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--megabytes", type=int, default=2048)
    options.add_argument("--share", type=float, default=0.9)
    chosen = options.parse_args()
    size = chosen.megabytes * MEGABYTE
    print(f"{chosen.megabytes} MB; cut at {chosen.share:.0%}")
    for kind in KINDS:
        _, small, _ = played(kind, MEGABYTE)
        seconds, peak, arrived = played(kind, size)
        _, _, after_cut = played(kind, size, chosen.share)
        print(
            f"{kind:<15} {seconds:6.1f} s  {size / seconds / 1e6:6.0f} MB/s  memory {(peak - small) / 1e6:+6.1f} MB"
            f"  sent again after the cut {(after_cut - arrived) / 1e6:6.1f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
