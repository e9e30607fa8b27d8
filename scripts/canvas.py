"""A drawing board for the pictures of the sample campaign: text that is never cut off, smooth edges, water pattern."""

import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE = 3  # drawn larger, then reduced: Pillow smooths letters, but not discs and lines
INK, SOFT, PAPER, WHITE, GOLD = "#14283C", "#4A5B6C", "#F8F6F1", "#FFFFFF", "#E6AC3A"


def font(size: float, weight: str) -> ImageFont.FreeTypeFont:
    found = files("fontpkg_be_vietnam_pro") / "files" / f"BeVietnamPro-{weight}.ttf"
    return ImageFont.truetype(str(found), round(size * SCALE))


def blend(one: str, other: str, share: float) -> str:
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


class Canvas:
    """A drawing board measured in the pixels of the finished picture."""

    def __init__(self, width: int, height: int, fill: str) -> None:
        self.size = (width, height)
        self.image = Image.new("RGBA", (width * SCALE, height * SCALE), fill)
        self.draw = ImageDraw.Draw(self.image)

    def box(
        self, x: float, y: float, width: float, height: float, fill: str | None, radius: float = 0,
        edge: str | None = None, line: float = 0,
    ) -> None:  # fmt: skip
        corners = [x * SCALE, y * SCALE, (x + width) * SCALE - 1, (y + height) * SCALE - 1]
        self.draw.rounded_rectangle(corners, radius * SCALE, fill, edge, round(line * SCALE))

    def oval(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        fill: str | None,
        edge: str | None = None,
        line: float = 0,
    ) -> None:
        corners = [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE]
        self.draw.ellipse(corners, fill, edge, round(line * SCALE))

    def disc(
        self, x: float, y: float, r: float, fill: str | None, edge: str | None = None, line: float = 0
    ) -> None:
        self.oval(x, y, r, r, fill, edge, line)

    def arc(self, x: float, y: float, r: float, start: float, end: float, fill: str, line: float) -> None:
        corners = [(x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE]
        self.draw.arc(corners, start, end, fill, round(line * SCALE))

    def path(self, points: Sequence[tuple[float, float]], fill: str, line: float = 0) -> None:
        """A filled shape, or an open line where `line` is given."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        if line:
            self.draw.line(scaled, fill, round(line * SCALE), joint="curve")
        else:
            self.draw.polygon(scaled, fill)

    def text(
        self, x: float, y: float, text: str, size: float, fill: str = INK, weight: str = "Regular",
        align: str = "l", leading: float = 1.32,
    ) -> float:  # fmt: skip
        """Writes from the top y down; answers the y below the last line.

        Lines break only where the text says so: no rule knows which Vietnamese syllables make one word.
        """
        face = font(size, weight)
        for line in text.split("\n"):
            at = (x * SCALE, y * SCALE)
            self._inside(face.getbbox(line, anchor=align + "a"), at, line)
            self.draw.text(at, line, fill, face, anchor=align + "a")
            y += size * leading
        return y

    def _inside(self, bounds: tuple[float, float, float, float], at: tuple[float, float], line: str) -> None:
        left, top, right, bottom = bounds
        wide, high = self.image.size
        if at[0] + left < 0 or at[1] + top < 0 or at[0] + right > wide or at[1] + bottom > high:
            raise ValueError(f"text leaves the picture: {line}")

    def waves(self, x: float, y: float, width: float, height: float, base: str, step: float = 88) -> None:
        """Rows of ripples, the water pattern of Huế's court dress, barely lighter than the ground."""
        tile = Canvas(round(width), round(height), base)
        for row in range(math.ceil(height / (step / 4)) + 4):
            for column in range(-1, math.ceil(width / step) + 1):
                centre = (column + row % 2 / 2) * step + step / 2
                for ring, share in ((0.5, 0.05), (0.4, 0.0), (0.3, 0.04), (0.2, 0.0), (0.1, 0.03)):
                    tile.disc(centre, row * step / 4, step * ring, blend(base, WHITE, share))
        self.image.paste(tile.image, (round(x * SCALE), round(y * SCALE)))

    def chip(self, x: float, y: float, text: str, fill: str, ink: str = WHITE, size: float = 19) -> None:
        wide = font(size, "SemiBold").getlength(text.upper()) / SCALE + size * 1.6
        self.box(x, y, wide, size * 1.95, fill, size)
        self.text(x + size * 0.8, y + size * 0.33, text.upper(), size, ink, "SemiBold")

    def finished(self) -> Image.Image:
        return self.image.resize(self.size, Image.Resampling.LANCZOS)

    def save(self, path: Path) -> None:
        self.finished().convert("RGB").save(path, quality=86, optimize=True, subsampling=0)


def largest(text: str, weight: str, width: float, ceiling: int) -> int:
    """The largest letter size, up to `ceiling`, at which every line fits the width."""
    sizes = ((size, font(size, weight)) for size in range(ceiling, 10, -2))
    lines = text.split("\n")
    return next(size for size, face in sizes if max(map(face.getlength, lines)) <= width * SCALE)
