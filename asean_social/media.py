"""The project's media: what each file is, what will be sent of it, and proof that it is still the same."""

import hashlib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from asean_social import rendition
from asean_social.probe import Unusable, probe
from asean_social.publishers.base import Media
from asean_social.publishers.limits import PICTURE_EDGE, PICTURE_SIZE, PICTURES
from asean_social.shelf import Shelf
from asean_social.text import nfc

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
        self._made: dict[tuple[str, str], Media | Unusable] = {}

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
        """The file as it will be sent to a platform. Raises Unusable."""
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
        if not _needs_work(facts, platform):
            return plain
        key = (facts.sha256, platform)
        if key not in self._made:
            self._made[key] = self._fitted(facts, plain, platform)
        found = self._made[key]
        if isinstance(found, Unusable):
            raise Unusable(found.code, **found.values)
        return replace(found, path=facts.path, alt=alt)

    def _fitted(self, facts: Facts, plain: Media, platform: str) -> Media | Unusable:
        most, edge = PICTURE_SIZE[platform], PICTURE_EDGE[platform]
        name = f"fit|{facts.sha256}|{most}|{edge}"
        kept = self._shelf.known(name)
        if kept is None:
            try:
                recipe, content = rendition.fit(facts.path, most, edge)
                self._shelf.put(self._shelf.rendition(facts.sha256, recipe), content)
            except (OSError, ValueError, SyntaxError):
                return Unusable("media.broken", found=facts.path.name)
            kept = {"recipe": recipe, "size": len(content)}
            self._shelf.keep(name, kept)
        width, height = (int(one) for one in kept["recipe"].split()[1].split("x"))
        original = f"{facts.width}×{facts.height}, {facts.size / 1_000_000:.1f} MB"
        return replace(
            plain,
            mime="image/jpeg",
            size=kept["size"],
            width=width,
            height=height,
            recipe=kept["recipe"],
            original=original,
        )

    def ready(self, media: Media) -> Media:
        """The very bytes that are to be sent, proven to be those that were checked. Raises Unusable."""
        path = self._real(media.path)
        try:
            if _sha256(path) != media.sha256:
                raise Unusable("media.changed", found=path.name)
            if not media.recipe:
                return replace(media, path=path)
            made = self._shelf.rendition(media.sha256, media.recipe)
            content = rendition.make(path, media.recipe)
            if not made.exists() or made.read_bytes() != content:
                self._shelf.put(made, content)
        except OSError as error:
            raise _unreadable(error) from error
        except (ValueError, SyntaxError):
            raise Unusable("media.changed", found=path.name) from None
        digest = hashlib.sha256(content).hexdigest()
        return replace(media, path=made, size=len(content), sha256=digest)

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
    if facts.kind != "image" or facts.animated or platform not in PICTURES:
        return False
    unfit = facts.mime not in PICTURES[platform] or facts.size > PICTURE_SIZE[platform]
    return unfit or facts.located or facts.turn > 1 or facts.colours not in _PLAIN_COLOURS


_PLAIN_COLOURS = frozenset(
    {"RGB", "RGBA", "L", "LA", "P", "1"}
)  # CMYK and 16-bit pictures look wrong on the web


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
