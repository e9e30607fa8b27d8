"""Images made fit for a platform: turned upright, without metadata, small enough. The same file gives the same bytes.

A `recipe` says all of it ("jpeg 2048x1365 q88 v1"), so that it can be made again from the original at any time.
"""

import io
import re
from pathlib import Path

from PIL import Image, ImageOps

from asean_social.probe import FORMATS

QUALITIES = (92, 88, 84, 80, 74, 68, 60)
SMALLER = 0.85  # of the edge, where no quality is small enough
LEAST = 200  # pixels of the longer edge; below it a picture shows nothing
_RECIPE = re.compile(r"jpeg (\d+)x(\d+) q(\d+) v1")


def fit(path: Path, most_bytes: int, most_edge: int) -> tuple[str, bytes]:
    """The recipe with the best quality that fits, and its bytes. Raises ValueError when none does, OSError."""
    upright = _upright(path)
    edge = min(most_edge, max(upright.size))
    while True:
        size = _scaled(upright.size, edge)
        page = upright if size == upright.size else upright.resize(size, Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            made = _jpeg(page, quality)
            if len(made) <= most_bytes:
                return f"jpeg {size[0]}x{size[1]} q{quality} v1", made
        edge = int(edge * SMALLER)
        if edge < LEAST:
            raise ValueError(path.name)


def make(path: Path, recipe: str) -> bytes:
    """The bytes of a recipe. Raises ValueError for a recipe of another version, OSError."""
    match = _RECIPE.fullmatch(recipe)
    if match is None:
        raise ValueError(recipe)
    width, height, quality = (int(one) for one in match.groups())
    upright = _upright(path)
    page = (
        upright
        if upright.size == (width, height)
        else upright.resize((width, height), Image.Resampling.LANCZOS)
    )
    return _jpeg(page, quality)


def _upright(path: Path) -> Image.Image:
    with Image.open(path, formats=FORMATS) as image:
        turned = ImageOps.exif_transpose(image)
        if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
            clear = turned.convert("RGBA")
            ground = Image.new("RGB", clear.size, "white")
            ground.paste(clear, mask=clear.getchannel("A"))
            return ground
        return turned.convert("RGB")


def _scaled(size: tuple[int, int], edge: int) -> tuple[int, int]:
    longer = max(size)
    if longer <= edge:
        return size
    return max(round(size[0] * edge / longer), 1), max(round(size[1] * edge / longer), 1)


def _jpeg(page: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    page.save(file, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
    return file.getvalue()
