"""A copy of the ledger that is whole, made while runners write."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from asean_social.database import Database, translated, version_of
from asean_social.errors import LedgerError

FOLDER = "backups"


@dataclass(frozen=True)
class Backup:
    file: Path
    deliveries: int


def backup(ledger: Path, asked: Path | None, now: datetime, *, replace: bool = False) -> Backup:
    """A verified copy that only its owner can read. Raises LedgerError, and then leaves what was there before.

    `asked`: a file, or the folder for one; None: the folder `backups` beside the ledger. What is there is overwritten
    only when it is an earlier copy of the same ledger, or with `replace`.
    """
    if not ledger.exists():
        raise LedgerError("ledger.missing", file=str(ledger))
    source = Database(ledger)
    try:
        if not version_of(source):
            raise LedgerError("ledger.not-a-ledger", file=str(ledger))
        target = _target(ledger, asked, now)
        _may_overwrite(source, target, replace=replace)
        with _writing(target):
            return Backup(target, _copy(source, target))
    finally:
        source.close()


def _target(ledger: Path, asked: Path | None, now: datetime) -> Path:
    folder = asked or ledger.parent / FOLDER
    if asked is None:
        with _writing(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{ledger.stem}-{now.astimezone():%Y-%m-%d-%H%M%S}{ledger.suffix}"
    return folder / name if folder.is_dir() else folder


def _may_overwrite(source: Database, target: Path, *, replace: bool) -> None:
    if not target.exists():
        return
    if target.samefile(source.path):
        raise LedgerError("ledger.backup-itself", file=str(target))
    if not replace and _identity(target) != source.read("select id from ledger")[0]["id"]:
        raise LedgerError("ledger.backup-other", file=str(target))


def _identity(file: Path) -> str | None:
    """Which ledger the file is a copy of; None for anything else. It may lie on a network drive."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db,
    ):
        return str(db.execute("select id from ledger").fetchone()[0])
    return None


def _copy(source: Database, target: Path) -> int:
    """The number of deliveries in it."""
    handle, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    part = Path(name)
    try:
        with translated(part), closing(sqlite3.connect(part, isolation_level=None)) as copy:
            source.copy_to(copy)
            copy.execute("pragma journal_mode=delete")  # a single file, with nothing beside it
            if copy.execute("pragma integrity_check").fetchone()[0] != "ok":
                raise LedgerError("ledger.damaged", file=str(source.path))
            deliveries = int(copy.execute("select count(*) from delivery").fetchone()[0])
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return deliveries


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(
            "ledger.backup-not-written", file=str(target), reason=error.strerror or ""
        ) from error
