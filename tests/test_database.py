"""The ledger's file: what it survives and what it refuses."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from asean_social import database as module
from asean_social.database import Database, migrate, moment, stamp
from asean_social.errors import LedgerError
from asean_social.ledger import Ledger

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def test_times_are_text_whose_order_is_the_order_of_time():
    later = NOW + timedelta(microseconds=1)
    elsewhere = NOW.astimezone(timezone(timedelta(hours=7)))

    assert stamp(NOW) < stamp(later)
    assert stamp(elsewhere) == stamp(NOW)
    assert moment(stamp(later)) == later
    with pytest.raises(ValueError, match="without zone"):
        stamp(datetime(2027, 1, 1))  # noqa: DTZ001 -- that is the point


def test_a_commit_survives_a_power_cut(tmp_path):
    database = Database(tmp_path / "l.db")
    migrate(database, NOW)
    journal = database.read("pragma journal_mode")[0][0]
    synchronous = database.read("pragma synchronous")[0][0]

    assert (journal, synchronous) in {("wal", 2), ("delete", 3)}
    assert (journal == "wal") == module._wal_is_safe()
    database.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
    ],
)
def test_wal_only_where_its_reset_bug_is_mended(monkeypatch, version, safe):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)

    assert module._wal_is_safe() is safe


def test_the_schema_knows_where_it_comes_from(tmp_path):
    database = Database(tmp_path / "l.db")
    migrate(database, NOW)
    migrate(database, NOW)

    rows = database.read("select * from schema_version")
    assert [(row["version"], row["name"], row["applied_at"]) for row in rows] == [
        (number, name, stamp(NOW)) for number, name, _ in module.scripts()
    ]
    database.close()


def test_a_newer_schema_is_refused(tmp_path):
    Ledger.open(tmp_path / "l.db", NOW).database.close()
    with sqlite3.connect(tmp_path / "l.db") as db:
        db.execute("pragma user_version=99")
    db.close()

    with pytest.raises(LedgerError) as caught:
        Ledger.open(tmp_path / "l.db", NOW)

    assert caught.value.code == "ledger.newer"


@pytest.mark.parametrize("content", [b"hello, this is a letter and not a database " * 40, None])
def test_another_file_is_not_taken_for_a_ledger(tmp_path, content):
    file = tmp_path / "l.db"
    if content:
        file.write_bytes(content)
    else:
        with sqlite3.connect(file) as db:
            db.execute("create table recipe (name text)")
        db.close()

    with pytest.raises(LedgerError) as caught:
        Ledger.open(file, NOW)

    assert caught.value.code == "ledger.not-a-ledger"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LedgerError) as caught:
        Ledger.open(tmp_path / "no" / "l.db", NOW)

    assert caught.value.code == "ledger.cannot-open"
    assert "l.db" in caught.value.values["file"]


def test_a_full_disk_is_a_clear_message_and_nothing_is_half_written(tmp_path):
    database = Database(tmp_path / "l.db")
    migrate(database, NOW)
    pages = database.read("pragma page_count")[0][0]
    database.read(f"pragma max_page_count={pages}")

    def fill():
        with database.write() as db:
            for number in range(2000):
                db.execute("insert into rate values (?, 1)", ("x" * 500 + str(number),))

    with pytest.raises(LedgerError) as caught:
        fill()

    assert caught.value.code == "ledger.disk-full"
    assert database.read("select count(*) from rate")[0][0] == 0
    database.close()


def test_what_is_damaged_is_said_to_be(tmp_path):
    ledger = Ledger.open(tmp_path / "l.db", NOW)
    ledger.close()
    whole = bytearray((tmp_path / "l.db").read_bytes())
    whole[4096:] = os.urandom(len(whole) - 4096)
    (tmp_path / "l.db").write_bytes(whole)

    with pytest.raises(LedgerError) as caught:
        Ledger.open(tmp_path / "l.db", NOW)

    assert caught.value.code == "ledger.damaged"


def test_a_locked_file_is_asked_again_and_then_named(tmp_path, monkeypatch):
    ledger = Ledger.open(tmp_path / "l.db", NOW)
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    other = sqlite3.connect(tmp_path / "l.db", isolation_level=None)
    other.execute("begin exclusive")

    with pytest.raises(LedgerError) as caught:
        ledger.pause("x/y", "publish.token-dead", {}, NOW)

    assert caught.value.code == "ledger.locked"
    other.execute("rollback")
    other.close()
    ledger.close()


def test_threads_write_without_losing_anything(tmp_path):
    ledger = Ledger.open(tmp_path / "l.db", NOW)

    def write(number):
        for turn in range(20):
            ledger.put_rate(f"{number}/{turn}", 1.0)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(ledger.rates()) == 80
    ledger.close()


def test_the_log_can_only_grow(tmp_path):
    ledger = Ledger.open(tmp_path / "l.db", NOW)
    with ledger.database.write() as db:
        db.execute("insert into attempt values (1, 'a', 'k', 'w', 1, '', 'planned', '', '', '{}')")

    for sql in ("update attempt set who='x'", "delete from attempt"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), ledger.database.write() as db:
            db.execute(sql)
    ledger.close()


def test_a_ledger_on_a_network_drive_is_refused(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/x {tmp_path.resolve()} nfs4 rw 0 0\n", encoding="utf-8")
    real = Path
    monkeypatch.setattr(module, "Path", lambda name: mounts if name == "/proc/mounts" else real(name))

    with pytest.raises(LedgerError) as caught:
        Database(tmp_path / "l.db")

    assert caught.value.code == "ledger.network-drive"


def test_kill_9_loses_no_acknowledged_commit(tmp_path):
    script = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path;"
        "from asean_social.ledger import Ledger;"
        "ledger = Ledger.open(Path(sys.argv[1]), datetime(2027, 1, 1, tzinfo=UTC));\n"
        "for n in range(10**6):\n ledger.put_rate(str(n), 1.0); print(n, flush=True)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "l.db")], stdout=subprocess.PIPE, text=True
    )
    for _ in range(25):
        child.stdout.readline()
    child.kill()
    said = [line for line in child.stdout.read().split("\n") if line]
    child.wait()
    child.stdout.close()

    ledger = Ledger.open(tmp_path / "l.db", NOW)

    assert len(ledger.rates()) >= 25 + max(0, len(said) - 1)
    assert ledger.database.read("pragma integrity_check")[0][0] == "ok"
    ledger.close()


def test_looking_never_makes_a_file(tmp_path):
    assert Ledger.look(tmp_path / "l.db") is None
    assert list(tmp_path.iterdir()) == []
