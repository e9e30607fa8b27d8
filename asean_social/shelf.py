"""What was found out about media, kept between runs: facts and renditions, in the user's cache folder.

It may vanish at any time, be read-only or shared by several processes; then things are found out again.
"""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

VERSION = "1"  # of what is kept; another one is found out anew
LIFE = 90 * 86_400  # seconds something is kept that nobody asks for any more


class Shelf:
    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        asked = environment.get("ASEAN_SOCIAL_CACHE")
        wanted = Path(asked) if asked else user_cache_path("asean-social", appauthor=False)
        self.folder = _writable(wanted)

    def known(self, key: str) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            kept = json.loads(self._fact(key).read_text(encoding="utf-8"))
            if isinstance(kept, dict) and kept.get("key") == key:
                return {name: worth for name, worth in kept.items() if name != "key"}
        return None

    def keep(self, key: str, facts: Mapping[str, Any]) -> None:
        with suppress(OSError):
            self.put(self._fact(key), json.dumps({**facts, "key": key}).encode())

    def rendition(self, sha256: str, recipe: str) -> Path:
        return self.folder / "renditions" / f"{sha256[:32]}-{recipe.replace(' ', '-')}.jpg"

    def put(self, path: Path, content: bytes) -> None:
        """Whole or not at all, whoever else writes it. Raises OSError."""
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)

    def tidy(self) -> None:
        """Remove what was not written for a long time; it can be made again."""
        old = time.time() - LIFE
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                if path.stat().st_mtime < old:
                    path.unlink()

    def _fact(self, key: str) -> Path:
        return self.folder / f"facts-{VERSION}" / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.json"


def _writable(folder: Path) -> Path:
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir()) / "asean-social"
