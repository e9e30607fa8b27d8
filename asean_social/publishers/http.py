"""The one HTTP stack of all publishers: `requests`, with what publishing needs added.

- Nothing is sent unless `guard()` lets it pass: it checks the lease and the stop signal when the connection stands, just
  before the first byte of every request. (Looking up a name and connecting may take minutes.)
- Nothing is sent twice: no retry and no redirect inside the stack; both are decisions of the runner.
- Files stream in blocks of 256 KiB (http.client's own 8 KiB blocks reach a third of the speed), `progress` is told.
- Secrets that were registered are masked in every text that leaves through `scrub`.
"""

import ipaddress
import re
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool

from asean_social.errors import OutcomeUnknown, PublishError, Unavailable

BLOCK = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds. A block takes so long on a line of 105 kbit/s."""

    connect: float = 10.0  # to one of a host's addresses
    send: float = 20.0  # one block
    read: float = 60.0  # between two reads of an answer


Guard = Callable[[], None]
Progress = Callable[[int, int], None]  # bytes sent so far, bytes in all
Spend = Callable[[str, int], None]  # name of a platform's quota, how much of it this request costs

_SECRET_WORDS = re.compile(
    r"((?:access_token|refresh_token|appsecret_proof|client_secret|secret_key|upload_id|input_token)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',})]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|OAuth)\s+[A-Za-z0-9._~+/|=-]{8,}")


def unguarded() -> None:
    """A guard for what anybody may ask at any time."""


def unheard(_sent: int, _all: int) -> None:
    """Progress that nobody waits for."""


class _Guarded(HTTPConnection):
    """Asks for leave when it stands, before the first byte of each request."""

    def __init__(self, session: "Session", **options: Any) -> None:
        super().__init__(**options)
        self._session = session

    def request(self, *args: Any, **kwargs: Any) -> None:  # passed on as it came
        if self.sock is None:
            self.connect()
        self.timeout = self._session.timeouts.send  # urllib3 would send with the time-out of the connection
        self._session.guard()
        super().request(*args, **kwargs)


class _GuardedTls(_Guarded, HTTPSConnection): ...


class _BlockAdapter(HTTPAdapter):
    def __init__(self, session: "Session") -> None:
        self._session = session
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, blocksize=BLOCK)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """Also of a proxy."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        assert isinstance(pool, HTTPConnectionPool)
        kind = _GuardedTls if pool.scheme == "https" else _Guarded
        pool.ConnectionCls = partial(kind, self._session)  # type: ignore[assignment]  # called with options only
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if is_loopback(request.url or ""):  # an office's proxy does not reach this machine
            kwargs["proxies"] = None
        return super().send(request, *args, **kwargs)


class _RebaseAdapter(_BlockAdapter):
    """Sends what was addressed to a real host to another server, path and version kept."""

    def __init__(self, session: "Session", real: str, other: str) -> None:
        self.real, self.other = real.rstrip("/"), other.rstrip("/")
        super().__init__(session)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        request.url = self.other + request.url[len(self.real) :]
        return super().send(request, *args, **kwargs)


class Session(requests.Session):
    def __init__(
        self,
        guard: Guard = unguarded,
        progress: Progress = unheard,
        timeouts: Timeouts = Timeouts(),
        spend: Spend = lambda _quota, _amount: None,
    ) -> None:
        super().__init__()
        self.guard = guard
        self.spend = spend  # called by an adapter before a request that the platform counts
        self.timeouts = timeouts
        self.progress = progress
        self._secrets: set[str] = set()
        self.auth = _no_netrc
        self.mount("https://", _BlockAdapter(self))
        self.mount("http://", _BlockAdapter(self))

    def rebase(self, real: str, other: str) -> None:
        """Make requests for the real host go to `other`."""
        if real.rstrip("/") != other.rstrip("/"):
            self.mount(real, _RebaseAdapter(self, real, other))

    def keep_secret(self, *secrets: str) -> None:
        self._secrets.update(one for one in secrets if one)

    def scrub(self, text: object) -> str:
        return scrub(str(text), self._secrets)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self.timeouts.connect, self.timeouts.read)
        kwargs["allow_redirects"] = False  # a redirect would carry the token to another host
        return super().send(request, **kwargs)


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def scrub(text: str, secrets: set[str]) -> str:
    """`text` without the secrets, in plain and in percent-encoded form, and without anything that looks like one."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, quote(secret, safe="")}:
            text = text.replace(form, "***")
    return _BEARER.sub(r"\1 ***", _SECRET_WORDS.sub(r"\1***", text))


def server_time(url: str) -> datetime | None:
    """What a server says the time is, to the second, in UTC; None where it does not answer or does not say."""
    try:
        with Session().get(url, stream=True) as response:
            return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (requests.RequestException, KeyError, ValueError):
        return None


def retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks to wait, told as a number or as a date of its own clock; None where it does not say."""
    told = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", told):
        return float(told)
    try:
        until, now = parsedate_to_datetime(told), parsedate_to_datetime(response.headers["Date"])
        return (until - now).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None


def transport_error(
    platform: str, error: requests.RequestException, session: Session, *, visible: bool
) -> PublishError:
    """What a failed exchange means. `visible`: the request would have changed what the public sees."""
    if not visible or _never_sent(error):
        return Unavailable(platform, "publish.unreachable", session.scrub(_cause(error)))
    return OutcomeUnknown(platform, "publish.no-answer", session.scrub(_cause(error)))


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(
        reason, urllib3.exceptions.SSLError
    ):  # others come after the request too, when the line is cut
        return isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.NameResolutionError))


def _cause(error: BaseException) -> str:
    """The innermost reason, without the URL that requests puts in front."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return f"{type(error).__name__}: {error}"


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def same_origin(url: str, *trusted: str) -> bool:
    """Whether an address that a platform answered with may receive a token."""
    if "\\" in url or "@" in url.partition("://")[2].partition("/")[0]:
        return False  # read as one host by us and as another by the connection
    origin = _origin(url)
    return any(origin == _origin(one) for one in trusted)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


class Body:
    """Bytes, a slice of a file, bytes: one readable of known length, read in the blocks http.client asks for."""

    def __init__(
        self, path: Path, start: int, length: int, progress: Progress, head: bytes = b"", tail: bytes = b""
    ) -> None:
        self._file: BinaryIO = path.open("rb")
        self._file.seek(start)
        self._left = length
        self._head, self._tail = head, tail
        self._length = len(head) + length + len(tail)
        self._sent, self._progress, self._size = start, progress, path.stat().st_size

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        if self._head:
            block, self._head = self._head, b""
            return block
        if self._left:
            block = self._file.read(self._left if size < 0 else min(size, self._left))
            if not block:
                msg = "file became shorter while it was sent"
                raise OSError(msg)
            self._left -= len(block)
            self._sent += len(block)
            self._progress(self._sent, self._size)
            return block
        block, self._tail = self._tail, b""
        return block


def multipart(
    fields: Mapping[str, str],
    name: str,
    path: Path,
    mime: str,
    progress: Progress,
    part: tuple[int, int] | None = None,
) -> tuple[Body, dict[str, str]]:
    """A form with one file, or a part of it (first byte, length), as a streaming body, and its headers.

    (`files=` of requests holds twice the file in memory.)
    """
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    ascii_name = path.name.encode("ascii", "ignore").decode().replace('"', "") or "file"
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{ascii_name}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
    start, length = part or (0, path.stat().st_size)
    body = Body(path, start, length, progress, "".join(parts).encode(), f"\r\n--{mark}--\r\n".encode())
    return body, {"Content-Type": f"multipart/form-data; boundary={mark}", "Content-Length": str(len(body))}
