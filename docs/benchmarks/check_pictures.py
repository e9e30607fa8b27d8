# ruff: noqa: INP001, S603 -- a script, not a package; it starts our own command, nothing from outside
"""How long `asean-social check` takes for a campaign in which every post has a picture.

    python docs/benchmarks/check_pictures.py [--posts 1000] [--runs 3] [--channels trang,oa]

Four campaigns: one picture shared by all posts; pictures that are sent as they are; pictures that have to be made
smaller for Zalo; photographs of 12 megapixels that say where they were taken. Each is checked with an empty cache
("first") and again ("again"); the figures are medians in seconds, with the start of the command in them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageFilter

ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = "2027-01-01", "2027-12-31"


def scene(size: tuple[int, int]) -> Image.Image:
    """Something about as hard to compress as a photograph."""
    rough = Image.effect_noise((size[0] // 8, size[1] // 8), 90).filter(ImageFilter.GaussianBlur(1))
    layers = [rough.rotate(angle).resize(size, Image.Resampling.BICUBIC) for angle in (0, 90, 180)]
    grain = Image.effect_noise(size, 12)
    return Image.merge("RGB", [Image.blend(layer, grain, 0.15) for layer in layers])


def located() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 28.0, 0.0)})
    return exif


def shared(folder: Path, posts: int) -> list[str]:
    scene((1200, 800)).save(folder / "0.jpg", quality=80)
    return ["0.jpg"] * posts


def different(
    size: tuple[int, int], quality: int, *, where: bool = False
) -> Callable[[Path, int], list[str]]:
    def make(folder: Path, posts: int) -> list[str]:
        picture = scene(size)
        options = {"exif": located()} if where else {}
        for number in range(posts):
            picture.paste((number % 256, number // 256, 99), (0, 0, 64, 64))
            picture.save(folder / f"{number}.jpg", quality=quality, **options)
        return [f"{number}.jpg" for number in range(posts)]

    return make


CASES: dict[str, Callable[[Path, int], list[str]]] = {
    "one picture, shared": shared,
    "1200×800, sent as they are": different((1200, 800), 75),
    "2048×1365, too large for Zalo": different((2048, 1365), 94),
    "4000×3000 with a place": different((4000, 3000), 85, where=True),
}


def campaign(folder: Path, names: list[str], channels: list[str]) -> None:
    posts = [
        {"id": f"p{number}", "theme": "diplomacy", "text": f"Bài {number}", "title": f"Bài {number}",
         "at": f"{number % 28 + 1:02}/{number // 28 % 12 + 1:02}/2027 {number // 336 % 12 + 8:02}:30",
         "channels": channels, "media": [{"file": name, "alt": "Ảnh"}],
         "zalo": {"summary": "Tóm tắt", "author": "Cổng", "cover": name}}
        for number, name in enumerate(names)
    ]  # fmt: skip
    content = {
        "campaign": "anh", "title": "Ảnh", "from": FIRST, "to": LAST, "approval": "none",
        "channels": {"trang": "facebook/hue", "oa": "zalo/hue"}, "pillars": {"apsc": posts},
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False)  # JSON is YAML
    (folder / "anh.yaml").write_text(text, encoding="utf-8")


def seconds(folder: Path, cache: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ASEAN_SOCIAL_CACHE": str(cache)}
    command = [sys.executable, "-m", "asean_social", "check", str(folder / "anh.yaml")]
    began = time.perf_counter()
    done = subprocess.run(command, check=False, env=environment, cwd=folder.parent, capture_output=True)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit((done.stdout + done.stderr).decode()[-2000:])
    return took


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--posts", type=int, default=1000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--channels", default="trang,oa")
    options.add_argument("--case", default="", help="only those whose name holds this")
    asked = options.parse_args()
    sys.stdout.write(f"{asked.posts} posts on {asked.channels}, median of {asked.runs}\n")
    for name, make in CASES.items():
        if asked.case not in name:
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "campaigns"
            folder.mkdir()
            campaign(folder, make(folder, asked.posts), asked.channels.split(","))
            caches = [Path(place) / f"cache-{run}" for run in range(asked.runs)]
            first = [seconds(folder, cache) for cache in caches]
            again = [seconds(folder, cache) for cache in caches]
            size = (folder / "0.jpg").stat().st_size / 1000
        row = f"{name:32} {size:6.0f} KB each  first {statistics.median(first):6.1f} s"
        sys.stdout.write(f"{row}  again {statistics.median(again):6.1f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
