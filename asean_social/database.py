"""The seam between the ledger and its database: connections, transactions, migrations.

Nothing above this file knows which database it is. SQLite serves one machine: every write begins immediate, a busy
file is asked again after a short random time (SQLite's own busy handler lets a runner starve), and a commit survives
a power cut: WAL with synchronous FULL where the library has the fix of the WAL-reset bug
(https://sqlite.org/wal.html#walresetbug), else a rollback journal with EXTRA.
"""

import hashlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from asean_social import __version__
from asean_social.errors import LedgerError

PATIENCE = 30.0  # seconds a locked file is asked again
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph"})

_CODES = {
    sqlite3.SQLITE_FULL: "ledger.disk-full",
    sqlite3.SQLITE_READONLY: "ledger.read-only",
    sqlite3.SQLITE_PERM: "ledger.read-only",
    sqlite3.SQLITE_CANTOPEN: "ledger.cannot-open",
    sqlite3.SQLITE_CORRUPT: "ledger.damaged",
    sqlite3.SQLITE_NOTADB: "ledger.not-a-ledger",
    sqlite3.SQLITE_IOERR: "ledger.disk-fault",
    sqlite3.SQLITE_BUSY: "ledger.locked",
    sqlite3.SQLITE_LOCKED: "ledger.locked",
}


_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def stamp(when: datetime) -> str:
    """UTC text of fixed width, so that text order is time order."""
    if when.tzinfo is None:
        msg = "a time without zone"
        raise ValueError(msg)
    return when.astimezone(UTC).isoformat(timespec="microseconds")


LONG_AGO = stamp(datetime.fromtimestamp(0, UTC))


def later_of(one: str, other: str) -> str:
    """SQL: the later of two times."""
    return f"case when {one} > {other} then {one} else {other} end"


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


class Database:
    """One SQLite file; a connection per thread."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._local = threading.local()
        self._all: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._guard = threading.Lock()
        self._file: tuple[int, int] | None = None  # which file it was when it was opened first
        if _on_network(path):
            raise LedgerError("ledger.network-drive", file=str(path))

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction; all of it happens or none. Raises LedgerError."""
        connection = self._connection()
        with translated(self.path):
            _patiently(connection, "begin immediate")
            try:
                yield connection
                _patiently(connection, "commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.rollback()
                raise

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with translated(self.path):
            return _patiently(self._connection(), sql, values).fetchall()

    def still_there(self) -> None:
        """Raises LedgerError when the file was removed or replaced: what is written would be written to nowhere."""
        try:
            now = self.path.stat()
        except OSError:
            raise LedgerError("ledger.gone", file=str(self.path)) from None
        if self._file is not None and self._file != (now.st_dev, now.st_ino):
            raise LedgerError("ledger.gone", file=str(self.path))

    def must_be_whole(self) -> None:
        """Raises LedgerError when anything in the file is damaged: rows that are overlooked would be published again."""
        if self.read("pragma integrity_check(1)")[0][0] != "ok":
            raise LedgerError("ledger.damaged", file=str(self.path))

    def copy_to(self, copy: sqlite3.Connection) -> None:
        """All of it as it is at one moment, while others write. Raises LedgerError; sqlite3.Error of the copy."""
        deadline = time.monotonic() + PATIENCE

        def waiting(status: int, _left: int, _whole: int) -> None:
            if status & 0xFF in _BUSY and time.monotonic() > deadline:  # it would be asked again for ever
                raise LedgerError("ledger.locked", file=str(self.path))

        self._connection().backup(copy, progress=waiting, sleep=0.01)

    def close(self) -> None:
        """A thread that is still at work (a request that hangs) keeps its connection: closed under its hands, SQLite
        would crash. It ends with the thread, or the process.
        """
        with self._guard:
            for thread, connection in self._all:
                if thread is threading.current_thread() or not thread.is_alive():
                    connection.close()
            self._all.clear()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with translated(self.path):
                connection = self._open()
            if self._file is None:
                opened = self.path.stat()
                self._file = (opened.st_dev, opened.st_ino)
            self._local.connection = connection
            with self._guard:
                self._all.append((threading.current_thread(), connection))
        return connection

    def _open(self) -> sqlite3.Connection:
        mode = "ro" if self._read_only else "rwc"
        if not self._read_only and not self.path.exists():
            with suppress(OSError):  # what is wrong with the place, the database says better
                self.path.touch(mode=0o600, exist_ok=True)  # tokens lie in it
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=0.1,
            check_same_thread=False,  # used by its own thread only, closed by another
        )
        connection.row_factory = sqlite3.Row
        _patiently(connection, "pragma foreign_keys=on")
        if not self._read_only:
            journal, synchronous = ("wal", "full") if _wal_is_safe() else ("delete", "extra")
            _patiently(connection, f"pragma journal_mode={journal}")
            _patiently(connection, f"pragma synchronous={synchronous}")
        return connection


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """What SQLite or the system says of a file, as a LedgerError that says what to do."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        code = _CODES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if code is None:
            raise
        raise LedgerError(code, file=str(file)) from error


def _patiently(connection: sqlite3.Connection, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connection.execute(sql, values)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.0002, 0.005))  # noqa: S311 -- spreads the waiters, hides nothing


def _wal_is_safe() -> bool:
    version = sqlite3.sqlite_version_info
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def _on_network(path: Path) -> bool:
    """SQLite's locks cannot be trusted there (https://sqlite.org/faq.html#q5)."""
    if os.name == "nt":
        import ctypes

        drive = str(path.absolute().drive)
        if drive.startswith("\\\\"):
            return True
        remote = 4  # DRIVE_REMOTE
        return bool(ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == remote)  # type: ignore[attr-defined,unused-ignore]  # Windows only
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return False
    where = path.absolute().parent.resolve()
    best, kind = Path("/"), ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, system, *_ = line.split(" ")
        mount = Path(point.replace("\\040", " "))
        if where.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, system
    return kind in NETWORK_FILE_SYSTEMS


def scripts() -> list[tuple[int, str, str]]:
    """Number, name and text of every migration, in order."""
    return sorted(
        (int(one.name[:4]), one.name, one.read_text(encoding="utf-8"))
        for one in files("asean_social.migrations").iterdir()
        if one.name.endswith(".sqlite.sql")
    )


def newest_schema() -> int:
    return scripts()[-1][0]


def version_of(database: Database) -> int:
    """The schema's number, 0 for an empty file. Raises LedgerError for a newer one and for a stranger's database."""
    # one read, so that a schema which another process is just making is seen whole or not at all
    sql = (
        "select user_version, (select count(*) from sqlite_master),"
        " exists (select 1 from sqlite_master where name='schema_version') from pragma_user_version"
    )
    version, tables, ours = database.read(sql)[0]
    if (version or tables) and not ours:
        raise LedgerError("ledger.not-a-ledger", file=str(database.path))
    if version > newest_schema():
        raise LedgerError("ledger.newer", file=str(database.path), found=version, fits=newest_schema())
    return int(version)


def is_current(database: Database) -> bool:
    """Whether it may be read as it is. Raises LedgerError."""
    return version_of(database) == newest_schema()


def migrate(database: Database, now: datetime) -> None:
    """Bring the schema up to date, numbered scripts in order, each whole or not at all. Raises LedgerError."""
    if is_current(database):
        return
    with database.write() as connection:
        version = version_of(database)  # another process may have been faster
        for number, name, script in scripts():
            if number > version:
                _apply(connection, number, name, script, now)


def _apply(connection: sqlite3.Connection, number: int, name: str, script: str, now: datetime) -> None:
    connection.execute(
        "create table if not exists schema_version"
        " (version integer primary key, name text, checksum text, applied_at text, app text)"
    )
    for statement in _statements(script):
        connection.execute(statement)
    checksum = hashlib.sha256(script.encode()).hexdigest()
    connection.execute(
        "insert into schema_version values (?, ?, ?, ?, ?)", (number, name, checksum, stamp(now), __version__)
    )
    connection.execute(f"pragma user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one: `executescript` would commit the transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def schema_of(database: Database | None) -> dict[str, str]:
    """The SQL of each table, index and trigger, by name; of no database: as the migrations make it."""
    sql = "select name, sql from sqlite_master where sql is not null"
    if database is not None:
        return dict(map(tuple, database.read(sql)))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for number, name, script in scripts():
            _apply(connection, number, name, script, datetime.fromtimestamp(0, UTC))
        return dict(connection.execute(sql))
