"""What the three stand-ins have in common: the clock, ids, secrets, stored bytes, and the log of effects."""

import hashlib
import math
import re
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

KEPT_REQUESTS = 20_000
HIDDEN = "•••"
SECRET_NAMES = frozenset(
    [
        "access_token",
        "appsecret_proof",
        "client_secret",
        "fb_exchange_token",
        "input_token",
        "refresh_token",
        "secret_key",
        "token",
        "upload_id",
    ]
)
# `name=value` of a form, `"name": "value"` of JSON
_NAMED = re.compile(r'("?\b(?:' + "|".join(sorted(SECRET_NAMES)) + r')"?\s*[:=]\s*"?)[^"&\s,}]+')


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that a client sent or the sandbox fetched."""

    id: str
    sha256: str
    size: int
    mime: str
    path: Path | None  # None where the bytes were only counted and hashed
    width: int = 0
    height: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "media": self.id if self.path else "",
            "sha256": self.sha256,
            "size": self.size,
            "mime": self.mime,
            "width": self.width,
            "height": self.height,
        }


@dataclass(frozen=True, slots=True)
class Strain:
    """How the processing of one thing departs from the usual."""

    seconds: float = 0.0  # longer
    fails: bool = False


class Made(Protocol):
    @property
    def created(self) -> float: ...


T = TypeVar("T", bound=Made)


def newest_first(rows: list[T]) -> list[T]:
    """By the time they were made; of two made at the same moment, the later one first."""
    backwards = list(reversed(rows))
    return sorted(backwards, key=lambda one: -one.created)


class World:
    def __init__(self, clock: Callable[[], float], folder: Path) -> None:
        self.now = clock
        self.folder = folder
        self.lock = threading.RLock()
        self._secrets: set[str] = set()
        self._count = 0
        self.clear()

    def clear(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self.events: list[dict[str, Any]] = []
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self._strains: defaultdict[str, deque[Strain]] = defaultdict(deque)  # by platform, in order
        self._lags: dict[str, tuple[float, float]] = {}  # by platform: since when, until when

    def number(self) -> int:
        """A new number, never used before in this world."""
        with self.lock:
            self._count += 1
            return self._count

    def secret(self, prefix: str) -> str:
        """A new token; it is masked wherever the transcript is shown."""
        made = prefix + secrets.token_urlsafe(32)
        with self.lock:
            self._secrets.add(made)
        return made

    def event(self, platform: str, what: str, subject: str, *, at: float | None = None, **more: Any) -> None:
        when = self.now() if at is None else at
        with self.lock:
            self.events.append({"at": when, "platform": platform, "event": what, "id": subject, **more})

    def order_strain(self, platform: str, strain: Strain) -> None:
        with self.lock:
            self._strains[platform].append(strain)

    def strain(self, platform: str) -> Strain:
        """Of what begins to be processed now."""
        with self.lock:
            waiting = self._strains[platform]
            return waiting.popleft() if waiting else Strain()

    def lag(self, platform: str, seconds: float) -> None:
        """From now on, and for so long, reads do not see what is made."""
        self._lags[platform] = (self.now(), self.now() + seconds)

    def sees_until(self, platform: str) -> float:
        """What was made from this moment on, no read of the platform sees now."""
        since, until = self._lags.get(platform, (math.inf, math.inf))
        return since if self.now() < until else math.inf

    def keep(self, payload: bytes, mime: str, size: tuple[int, int] = (0, 0)) -> Blob:
        name = f"{self.number()}"
        path = self.folder / name
        path.write_bytes(payload)
        digest = hashlib.sha256(payload).hexdigest()
        return self.adopt(Blob(name, digest, len(payload), mime, path, *size))

    def adopt(self, blob: Blob) -> Blob:
        with self.lock:
            self.blobs[blob.id] = blob
        return blob

    def masked(self, text: str) -> str:
        with self.lock:
            known = list(self._secrets)
        for one in known:
            text = text.replace(one, HIDDEN)
        return text

    def masked_body(self, payload: bytes) -> str:
        """A form or JSON body for the transcript; other kinds are only named."""
        text = payload.decode("utf-8", "replace")
        if text.startswith("--") or (not text.isprintable() and "\x00" in text):
            return "…"
        return self.masked(_NAMED.sub(rf"\1{HIDDEN}", text))

    def masked_target(self, target: str) -> str:
        """A request target whose secret parameters are hidden, whatever their value."""
        path, mark, query = target.partition("?")
        pairs = [
            f"{name}={HIDDEN}" if name in SECRET_NAMES else urlencode({name: worth}, safe=",:/{}|*")
            for name, worth in parse_qsl(query, keep_blank_values=True)
        ]
        return self.masked(path + mark + "&".join(pairs))
