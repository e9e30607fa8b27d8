"""What was found out about media, kept between runs: facts and renditions, in the user's cache folder.

It may vanish at any time, be read-only or shared by several processes; then things are found out again.
"""

import hashlib
import json
import os
import shutil
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp, mkstemp
from typing import Any

from platformdirs import user_cache_path

VERSION = "2"  # of what is kept; another one is found out anew
LIFE = 90 * 86_400  # seconds something is kept that nobody asks for any more
ROOM = 1_000_000_000  # bytes
IN_USE = 86_400  # seconds in which an upload may still read a rendition


class Shelf:
    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        asked = environment.get("ASEAN_SOCIAL_CACHE")
        self.folder = Path(asked) if asked else user_cache_path("asean-social", appauthor=False)
        self._own: Path | None = None
        self._lock = threading.Lock()

    def known(self, key: str) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            kept = json.loads(self._fact(key).read_text(encoding="utf-8"))
            if isinstance(kept, dict) and kept.pop("key", None) == key:
                return kept
        return None

    def keep(self, key: str, facts: Mapping[str, Any]) -> None:
        with suppress(OSError):
            put(self._fact(key), json.dumps({**facts, "key": key}).encode())

    def rendition(self, sha256: str, recipe: str, content: bytes) -> Path:
        """A file with this content; where the cache cannot be written, one that lives as long as this shelf."""
        name = f"{sha256[:32]}-{recipe.replace(' ', '-')}.jpg"
        path = self.folder / "renditions" / name
        try:
            if _holds(path, content):
                path.touch()
            else:
                put(path, content)
        except OSError:
            path = self._private() / name
            put(path, content)
        return path

    def _private(self) -> Path:
        with self._lock:
            if self._own is None:
                self._own = Path(mkdtemp(prefix="asean-social-"))
                weakref.finalize(self, shutil.rmtree, self._own, ignore_errors=True)
            return self._own

    def tidy(self) -> None:
        """Remove what nobody asked for in a long time, then the oldest until the rest has room."""
        now, total = time.time(), 0
        for changed, size, path in sorted(self._kept(), reverse=True):
            total += size
            old = now - changed
            if old > LIFE or (total > ROOM and old > IN_USE):
                with suppress(OSError):
                    path.unlink()

    def _kept(self) -> Iterator[tuple[float, int, Path]]:
        """Only what has the look of ours: the folder may have been named by mistake."""
        for path in (*self.folder.glob("facts-*/*"), *self.folder.glob("renditions/*")):
            with suppress(OSError):
                about = path.stat()
                yield about.st_mtime, about.st_size, path

    def _fact(self, key: str) -> Path:
        return self.folder / f"facts-{VERSION}" / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.json"


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


def put(path: Path, content: bytes, *, durably: bool = False) -> None:
    """Whole or not at all, whoever else writes it; `durably`: also after a power cut. Raises OSError."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
