"""Images made fit for a platform: upright, without metadata, in sRGB, small enough. The same file gives the same bytes.

A `recipe` says all that follows from the platform ("jpeg 2048x1365 4000000 v2": pixels and bytes at most), so that it
can be made at any time from the original, and nothing need be encoded to know what is going to be sent.
"""

import io
import re
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from asean_social.probe import FORMATS

QUALITIES = (60, 68, 74, 80, 84, 88, 92)
FINE = 88  # from this quality on, colours are as sharp as brightness: red letters on yellow need it
SMALLER = 0.85  # of both edges, where no quality is small enough
LEAST = 200  # pixels of the longer edge; below it a picture shows nothing
_RECIPE = re.compile(r"jpeg (\d+)x(\d+) (\d+) v2")

Size = tuple[int, int]


def recipe(size: Size, most_bytes: int, most_edge: int) -> str:
    """How an upright picture of this size is brought under a platform's limits."""
    width, height = _scaled(size, min(1.0, most_edge / max(size)))
    return f"jpeg {width}x{height} {most_bytes} v2"


def limits(text: str) -> tuple[int, int, int]:
    """Pixels across, pixels down, bytes: the most that comes of a recipe. Raises ValueError for one that is not ours."""
    match = _RECIPE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    width, height, most = (int(one) for one in match.groups())
    return width, height, most


def make(path: Path, text: str) -> bytes:
    """The best that a recipe allows. Raises ValueError, OSError, SyntaxError."""
    width, height, most = limits(text)
    upright = _upright(path, max(width, height))
    size = (width, height)
    while max(size) >= min(LEAST, max(width, height)):
        page = upright if size == upright.size else upright.resize(size, Image.Resampling.LANCZOS)
        if made := _best(page, most):
            return made
        size = _scaled(size, SMALLER)
    raise ValueError(path.name)


def _best(page: Image.Image, most: int) -> bytes | None:
    """By halving: better quality is never smaller."""
    best, low, high = None, 0, len(QUALITIES)
    while low < high:
        middle = (low + high) // 2
        made = _jpeg(page, QUALITIES[middle])
        if len(made) <= most:
            best, low = made, middle + 1
        else:
            high = middle
    return best


def _jpeg(page: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    colours = "4:4:4" if quality >= FINE else "4:2:0"
    page.save(file, "JPEG", quality=quality, optimize=True, subsampling=colours)
    return file.getvalue()


def _upright(path: Path, edge: int) -> Image.Image:
    """In RGB, on white where it was clear; of a JPEG no more is decoded than this edge needs."""
    with Image.open(path, formats=FORMATS) as image:
        share = min(1.0, edge / max(image.size))
        image.draft(None, _scaled(image.size, share))
        turned = ImageOps.exif_transpose(image)
        if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
            clear = turned.convert("RGBA")
            ground = Image.new("RGB", clear.size, "white")
            ground.paste(_srgb(clear.convert("RGB"), turned.info), mask=clear.getchannel("A"))
            return ground
        return _srgb(turned, turned.info)


def _srgb(image: Image.Image, info: dict[str | tuple[int, int], object]) -> Image.Image:
    """By the picture's own profile where it has one that fits: a telephone's colours look dull without it."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    profile = info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            return image.convert("RGB")  # of a picture in other colours than its profile says
        return found or image.convert("RGB")
    return image.convert("RGB")


def _scaled(size: Size, share: float) -> Size:
    return max(round(size[0] * share), 1), max(round(size[1] * share), 1)
