"""The public media store: a folder somewhere that the public web shows under an address of its own.

Zalo takes the pictures of an article by public address only, so the office keeps a folder that fsspec can write to
(`file:///…`, SFTP, S3-compatible, WebDAV) and a web server shows. Files are named by their content, so the same
picture is never there twice, and stay a week after they were last asked for.
"""

import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from asean_social.credentials import MediaStore
from asean_social.errors import Rejected, Unavailable

PLATFORM = "zalo"  # the only one that cannot take a picture's bytes
KEEP = timedelta(days=7)
DAY = timedelta(days=1)

SWEPT = "asean-social-swept"  # its age says when the store was last swept, whoever did it

_OURS = re.compile(r"asean-social-[0-9a-f]{32}(-[0-9]+)?\.[a-z0-9]+(\.[0-9a-f]{32}\.part)?")
# An object appears there whole or not at all, and renaming one needs rights that writing does not.
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az", "oss"})
# What the optional packages raise beside OSError.
_FOREIGN = (
    ("paramiko", "SSHException"),
    ("botocore.exceptions", "BotoCoreError"),
    ("webdav4.client", "ClientError"),
    ("httpx", "HTTPError"),
)


def public_name(sha256: str, mime: str, again: int = 0) -> str:
    """`asean-social-0123….jpeg`: the same for the same bytes, and safe in any address.

    `again`: another name for the same bytes, `…-1.jpeg`, where an address was refused.
    """
    return f"asean-social-{sha256[:32]}{f'-{again}' if again else ''}.{mime.rpartition('/')[2]}"


class Store:
    def __init__(self, media: MediaStore) -> None:
        self._media = media

    def put(self, name: str, path: Path) -> str:
        """The public address of the file, which is there now. Raises Unavailable, or Rejected when a person must act."""
        size = _size(path)
        with _told(self._media.store):
            files, root = self._open()
            target = f"{root}/{name}"
            if not _kept(files, target, size):
                _write(files, path, target)
        return f"{self._media.url}/{name}"

    def remove(self, name: str) -> None:
        """One that is not there counts as removed. Raises Unavailable, Rejected."""
        with _told(self._media.store):
            files, root = self._open()
            with suppress(FileNotFoundError):
                files.rm_file(f"{root}/{name}")

    def sweep(self, now: datetime) -> list[str]:
        """`prune` what is older than `KEEP`, at most once a day: listing a store may cost a request for each file."""
        with _told(self._media.store):
            files, root = self._open()
            mark = f"{root}/{SWEPT}"
            if not files.exists(root) or (files.exists(mark) and _changed(files, mark) > now - DAY):
                return []
            files.pipe_file(mark, b"The age of this file says when old pictures were last removed.\n")
        return self.prune(now - KEEP)

    def prune(self, older_than: datetime) -> list[str]:
        """Remove what `put` wrote and nobody asked for since; the names removed. Other files are left alone."""
        with _told(self._media.store):
            files, root = self._open()
            if not files.exists(root):
                return []
            old = [one for one in files.ls(root, detail=False) if _is_old(files, one, older_than)]
            for one in old:
                files.rm_file(one)
        return sorted(_last(one) for one in old)

    def _open(self) -> tuple[Any, str]:
        import fsspec.core

        url = self._media.store
        if url.startswith("file://"):
            url = unquote(url)  # `Path.as_uri` encodes, fsspec takes the text as it stands
        # No cached instance: one that lost its connection would be handed out for ever.
        files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True)
        return files, root.rstrip("/")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise Rejected(PLATFORM, "store.no-file", error.strerror or "", file=path.name) from error


def _kept(files: Any, target: str, size: int) -> bool:
    """Whether the file is there already and could be made young again."""
    try:
        if files.info(target)["size"] != size:
            return False
        files.touch(target, truncate=False)
    except (FileNotFoundError, NotImplementedError, ValueError):  # the last two: cannot change a file's time
        return False
    return True


def _write(files: Any, path: Path, target: str) -> None:
    if not _OBJECT_STORES.isdisjoint(_protocols(files)):
        files.put_file(str(path), target)
        return
    files.makedirs(target.rpartition("/")[0], exist_ok=True)
    part = f"{target}.{uuid.uuid4().hex}.part"
    try:
        files.put_file(str(path), part)
        files.mv(part, target)
    except BaseException:
        with suppress(OSError):
            files.rm_file(part)
        raise


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


def _is_old(files: Any, path: str, older_than: datetime) -> bool:
    if not _OURS.fullmatch(_last(path)):
        return False
    return _changed(files, path) < older_than


def _changed(files: Any, path: str) -> datetime:
    changed: datetime = files.modified(path)
    return changed if changed.tzinfo else changed.replace(tzinfo=UTC)


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turns what fsspec and its file systems raise into what a publisher raises.

    Their texts may hold the store's address with a password in it: only the reason is passed on.
    """
    scheme = url.partition(":")[0]
    try:
        yield
    except ImportError:
        raise Rejected(PLATFORM, "store.package-missing", scheme=scheme) from None
    except (ValueError, NotImplementedError):
        raise Rejected(PLATFORM, "store.bad-address", scheme=scheme) from None
    except PermissionError:
        raise Rejected(PLATFORM, "store.not-writable") from None
    except _faults() as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unavailable(PLATFORM, "store.not-written", reason) from None


def _faults() -> tuple[type[Exception], ...]:
    """What a file system raises when it cannot be reached. A package that is not loaded cannot have raised."""
    foreign = [getattr(sys.modules.get(module), name, None) for module, name in _FOREIGN]
    return (OSError, EOFError, *(kind for kind in foreign if kind is not None))
