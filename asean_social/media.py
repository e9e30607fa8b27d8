"""The project's media: what each file is, what will be sent of it, and proof that it is still the same."""

import hashlib
import io
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from PIL import Image

from asean_social import rendition
from asean_social.probe import BROKEN, probe
from asean_social.publishers.base import Media
from asean_social.publishers.limits import PICTURES, Picture
from asean_social.shelf import Shelf
from asean_social.text import nfc
from asean_social.unusable import Unusable

__all__ = ["Facts", "Library", "Unusable"]


@dataclass(frozen=True, slots=True)
class Facts:
    path: Path  # as it is spelt on disk
    kind: str  # image | video | captions
    format: str  # JPEG, PNG …; mp4, mov …; VTT, SRT
    mime: str
    size: int  # bytes
    sha256: str
    width: int = 0  # pixels as seen: turned as its metadata says
    height: int = 0
    duration: float = 0.0  # seconds; of captions the end of the last one
    turn: int = 0  # of an image its EXIF orientation, of a video degrees
    fps: float = 0.0
    codec: str = ""  # of a video's picture, as MediaInfo names it: AVC, HEVC …
    sound: str = ""  # the codec of a video's sound; "" without
    colours: str = ""  # of an image, as Pillow names them: RGB, CMYK …
    animated: bool = False
    located: bool = False  # says where it was taken


class Library:
    """What was found out about a file holds while its size and time stay the same."""

    def __init__(self, root: Path, shelf: Shelf | None = None) -> None:
        self._root = root.resolve()
        self._shelf = shelf or Shelf()
        self._known: dict[tuple[Path, int, int], Facts | Unusable] = {}

    def facts(self, path: Path) -> Facts:
        """Raises Unusable."""
        real = self._real(path)
        try:
            about = real.stat()
            key = (real, about.st_size, about.st_mtime_ns)
            if key not in self._known:
                self._known[key] = self._find_out(key)
        except OSError as error:
            raise _unreadable(error) from error
        found = self._known[key]
        if isinstance(found, Unusable):
            raise Unusable(found.code, **found.values)
        return found

    def _find_out(self, key: tuple[Path, int, int]) -> Facts | Unusable:
        path, size, _ = key
        if size == 0:
            return Unusable("media.empty", found=path.name)
        name = "|".join(str(one) for one in key)
        kept = self._shelf.known(name)
        if kept is None:
            try:
                kept = {**probe(path), "sha256": _sha256(path), "size": size}
            except Unusable as error:
                return error
            self._shelf.keep(name, kept)
        return Facts(path=path, **kept)

    def media(self, path: Path, alt: str, platform: str) -> Media:
        """The file as it will be sent to a platform. Raises Unusable.

        Of an image that has to be made fit, `size` is the most it can have: nothing is encoded to know it (`sent`).
        """
        facts = self.facts(path)
        plain = Media(
            path=facts.path,
            kind=facts.kind,
            mime=facts.mime,
            size=facts.size,
            sha256=facts.sha256,
            alt=alt,
            width=facts.width,
            height=facts.height,
            duration=facts.duration,
            fps=facts.fps,
            codec=facts.codec,
            sound=bool(facts.sound),
            turn=facts.turn if facts.kind == "video" else 0,
            animated=facts.animated,
        )
        return _fitted(facts, plain, PICTURES[platform]) if _needs_work(facts, platform) else plain

    def sent(self, media: Media) -> Media:
        """With the exact size of what will be sent, for those who want to see it. Raises Unusable."""
        if not media.recipe:
            return media
        name = f"{media.sha256}|{media.recipe}"
        kept = self._shelf.known(name)
        if kept is None:
            content = self._made(self._real(media.path), media)
            with Image.open(io.BytesIO(content)) as image:
                kept = {"size": len(content), "width": image.width, "height": image.height}
            self._shelf.keep(name, kept)
        return replace(media, **kept)

    def ready(self, media: Media) -> Media:
        """The very bytes that are to be sent, proven to be those that were checked. Raises Unusable."""
        path = self._real(media.path)
        try:
            if _sha256(path) != media.sha256:
                raise Unusable("media.changed", found=path.name)
            if not media.recipe:
                return replace(media, path=path)
            content = self._made(path, media)
            made = self._shelf.rendition(media.sha256, media.recipe, content)
        except OSError as error:
            raise _unreadable(error) from error
        digest = hashlib.sha256(content).hexdigest()
        return replace(media, path=made, size=len(content), sha256=digest)

    def _made(self, path: Path, media: Media) -> bytes:
        try:
            return rendition.make(path, media.recipe)
        except BROKEN:
            raise Unusable("media.broken", found=path.name) from None

    def _real(self, path: Path) -> Path:
        real = _spelt(path)
        if real is None:
            near = get_close_matches(path.name, _names(path.parent), n=1)
            raise (
                Unusable("media.misspelt", found=path.name, fits=near[0])
                if near
                else Unusable("media.missing", found=path.name)
            )
        if not real.resolve().is_relative_to(self._root):
            raise Unusable("campaign.media-outside", found=path.name)
        if not real.is_file():
            raise Unusable("media.not-a-file", found=path.name)
        return real


def _needs_work(facts: Facts, platform: str) -> bool:
    """Whether an image must be made anew for a platform. An animation never is: it would stand still."""
    if facts.kind != "image" or facts.animated:
        return False
    fits = PICTURES[platform]
    large = facts.size > fits.aim or facts.width * facts.height > fits.pixels
    odd = facts.mime not in fits.mimes or facts.colours not in _PLAIN_COLOURS
    return large or odd or facts.located or facts.turn > 1


def _fitted(facts: Facts, plain: Media, fits: Picture) -> Media:
    recipe = rendition.recipe((facts.width, facts.height), fits.aim, fits.edge)
    width, height, most = rendition.limits(recipe)
    original = f"{facts.width}×{facts.height}, {facts.size / 1_000_000:.1f} MB"
    return replace(
        plain, mime="image/jpeg", size=most, width=width, height=height, recipe=recipe, original=original
    )


# CMYK and 16-bit pictures look wrong on the web
_PLAIN_COLOURS = frozenset({"RGB", "RGBA", "L", "LA", "P", "1"})


def _names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()] if folder.is_dir() else []


def _spelt(path: Path) -> Path | None:
    """The path as the disk spells it: macOS and some copies keep names decomposed."""
    if path.exists():
        return path
    if path.parent == path:
        return None
    parent = _spelt(path.parent)
    if parent is None or not parent.is_dir():
        return None
    return next((one for one in sorted(parent.iterdir()) if nfc(one.name) == nfc(path.name)), None)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreadable(error: OSError) -> Unusable:
    return Unusable("media.unreadable", reason=error.strerror or type(error).__name__)
