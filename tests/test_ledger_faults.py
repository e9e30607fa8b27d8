"""Whatever is wrong with the ledger's file: a clear message with what to do, nothing sent, nothing half written."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from town import HURRY, text_post

from asean_social import database as database_module

LATER = timedelta(days=2)


def worked_with(town):
    """An office whose ledger knows of a post of tomorrow; then a post due now is added to the campaign."""
    town.campaign(text_post("mai", datetime.now(UTC) + LATER))
    assert town.process("schedule", "--once").returncode == 0
    town.campaign(text_post("mai", datetime.now(UTC) + LATER) + text_post("nay"))
    return town.root / "ledger.db"


def text(file):
    file.write_text("Kính gửi Sở Ngoại vụ\n" * 900, encoding="utf-8")


def header(file):
    overwrite(file, 0, 100)


def middle(file):
    overwrite(file, 4096, file.stat().st_size - 8192)


def last_page(file):
    overwrite(file, file.stat().st_size - 4096, 4096)


def one_index(file):
    """Its table is whole: only a look at the index itself tells."""
    with closing(sqlite3.connect(file)) as db:
        sql = "select rootpage from sqlite_master where name='sqlite_autoindex_delivery_1'"
        page = db.execute(sql).fetchone()[0]
    with file.open("rb+") as stream:
        stream.seek((page - 1) * 4096)
        whole = stream.read(4096).replace(b"thu/mai", b"thu/mao")
        stream.seek((page - 1) * 4096)
        stream.write(whole)


def half(file):
    os.truncate(file, file.stat().st_size // 2)


def a_page_short(file):
    os.truncate(file, file.stat().st_size - 4096)


def odd(file):
    os.truncate(file, file.stat().st_size - 1000)


def newer(file):
    with closing(sqlite3.connect(file)) as db:
        db.execute("pragma user_version=99")


def strangers(file):
    file.unlink()
    with closing(sqlite3.connect(file)) as db:
        db.execute("create table recipe (name text)")
        db.execute("pragma user_version=2")


def folder(file):
    file.unlink()
    file.mkdir()


def overwrite(file, start, length):
    with file.open("rb+") as stream:
        stream.seek(start)
        stream.write(bytes(range(1, 252)) * (length // 251) + b"\xfe" * (length % 251))


CASES = {
    text: "ledger.not-a-ledger",
    header: "ledger.not-a-ledger",
    middle: "ledger.damaged",
    last_page: "ledger.damaged",
    one_index: "ledger.damaged",
    half: "ledger.damaged",
    a_page_short: "ledger.damaged",
    odd: "ledger.damaged",
    newer: "ledger.newer",
    strangers: "ledger.not-a-ledger",
    folder: "ledger.cannot-open",
}
SENTENCES = {
    "ledger.not-a-ledger": "is not a ledger of this program",
    "ledger.damaged": "is damaged",
    "ledger.newer": "was written by a newer version",
    "ledger.cannot-open": "cannot be opened",
    "ledger.read-only": "cannot be written",
}
COMMANDS = (
    ("status",),
    ("log",),
    ("doctor",),
    ("hold", "thu", "--reason", "chờ"),
    ("ledger", "backup", "sao.db"),
)


@pytest.mark.parametrize("harm", CASES)
def test_what_is_wrong_with_the_file_is_said_and_nothing_is_sent(town, sandbox, harm):
    file = worked_with(town)
    harm(file)
    before = None if file.is_dir() else file.read_bytes()

    done = town.process("--lang", "en", "schedule", "--once")
    checked = town.process("--lang", "en", "ledger", "check")

    assert done.returncode == 1, done.stderr
    assert SENTENCES[CASES[harm]] in done.stderr
    assert "→" in done.stderr  # what to do
    assert checked.returncode == 3
    assert "→" in checked.stderr
    for words in COMMANDS:
        assert_clear(town, town.process(*words))
    assert not (town.root / "sao.db").exists()
    assert sandbox.public() == sandbox.hidden() == []
    assert before is None or file.read_bytes() == before


def assert_clear(town, done):
    assert done.returncode in (0, 1, 3), done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (town.root / "asean-social.log").exists()


def test_an_empty_file_is_a_ledger_that_begins_anew(town, sandbox):
    file = worked_with(town)
    os.truncate(file, 0)

    done = town.process("schedule", "--once")

    assert done.returncode == 0, done.stderr
    assert len(sandbox.public()) == 1
    assert town.process("ledger", "check").returncode == 0


def test_a_folder_that_is_not_there_is_named(town, sandbox):
    worked_with(town)

    done = town.process("--lang", "en", "--ledger", "khong-co/ledger.db", "schedule", "--once")

    assert_clear(town, done)
    assert done.returncode == 1
    assert "khong-co" in done.stderr
    assert "does the folder exist" in done.stderr
    assert sandbox.public() == []


def test_a_file_that_stays_locked_is_named_and_nothing_is_sent(town, sandbox, monkeypatch, capsys):
    file = worked_with(town)
    monkeypatch.setattr(database_module, "PATIENCE", 0.2)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin exclusive")
        codes = [town.run(*words) for words in (("schedule", "--once"), ("status",), ("ledger", "check"))]
        said = capsys.readouterr().err

    assert codes == [1, 1, 1]
    assert "khóa" in said
    assert sandbox.public() == []
    assert town.run("schedule", "--once") == 0
    assert len(sandbox.public()) == 1


# -- disks -----------------------------------------------------------------------------------------------------------


@contextmanager
def disk(folder, size):
    """A small disk of its own. Only the system's administrator can have one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be made here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    """To the last byte."""
    with (folder / "film.mp4").open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def on(place, town):
    return ("--lang", "en", "--ledger", str(place / "ledger.db")), town.root / "asean-social.log"


def test_on_a_full_disk_nothing_is_sent_and_with_room_again_it_is(town, sandbox, tmp_path):
    town.campaign(text_post("mai", datetime.now(UTC) + LATER))
    with disk(tmp_path / "disk", "600k") as place:
        ledger, log = on(place, town)
        assert town.process(*ledger, "schedule", "--once").returncode == 0
        town.campaign(text_post("mai", datetime.now(UTC) + LATER) + text_post("nay"))
        fill(place)

        full = town.process(*ledger, "schedule", "--once")
        copied = town.process(*ledger, "ledger", "backup", str(place / "sao.db"))
        checked = town.process(*ledger, "ledger", "check")

        assert full.returncode == 1
        assert "the disk is full" in full.stderr
        assert sandbox.public() == sandbox.hidden() == []
        assert copied.returncode == 1
        assert not (place / "sao.db").exists()
        assert checked.returncode == 0
        (place / "film.mp4").unlink()
        assert town.process(*ledger, "schedule", "--once").returncode == 0
        assert len(sandbox.public()) == 1
        assert not log.exists()


def test_a_report_that_finds_no_room_is_no_fault_of_the_program(town, sandbox, tmp_path):
    town.campaign(text_post())
    with disk(tmp_path / "disk", "600k") as place:
        fill(place)
        with (place / "film.mp4").open("a", encoding="utf-8") as out:
            done = subprocess.run(
                town.command("--lang", "en", "schedule", "--once"),
                cwd=town.root,
                env={**os.environ, **HURRY},
                stdout=out,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                check=False,
            )

    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert not (town.root / "asean-social.log").exists()
    assert len(sandbox.public()) == 1


def test_a_first_ledger_on_a_full_disk_is_made_when_there_is_room(town, sandbox, tmp_path):
    town.campaign(text_post())
    with disk(tmp_path / "disk", "600k") as place:
        ledger, log = on(place, town)
        fill(place)
        full = town.process(*ledger, "schedule", "--once")
        (place / "film.mp4").unlink()
        done = town.process(*ledger, "schedule", "--once")

        assert (full.returncode, done.returncode) == (1, 0), full.stderr + done.stderr
        assert "the disk is full" in full.stderr
        assert len(sandbox.public()) == 1
        assert not log.exists()


def test_on_a_disk_that_cannot_be_written_nothing_is_sent_and_status_still_reads(town, sandbox, tmp_path):
    town.campaign(text_post("mai", datetime.now(UTC) + LATER))
    with disk(tmp_path / "disk", "600k") as place:
        ledger, log = on(place, town)
        assert town.process(*ledger, "schedule", "--once").returncode == 0
        town.campaign(text_post("mai", datetime.now(UTC) + LATER) + text_post("nay"))
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)

        done = town.process(*ledger, "schedule", "--once")
        held = town.process(*ledger, "hold", "thu", "--reason", "chờ")
        shown = town.process(*ledger, "status")
        checked = town.process(*ledger, "ledger", "check")

        assert done.returncode == held.returncode == 1
        assert "cannot be written" in done.stderr
        assert "cannot be written" in held.stderr
        assert sandbox.public() == sandbox.hidden() == []
        assert (shown.returncode, checked.returncode) == (0, 0), shown.stderr + checked.stderr
        assert not log.exists()


# -- in the middle of a run ------------------------------------------------------------------------------------------


IMPATIENT = """
from datetime import timedelta
from asean_social import database, runner
database.PATIENCE = 0.3
runner.TICK = runner.SYNC_EVERY = timedelta(seconds=0.5)
"""


@pytest.fixture
def hurried(tmp_path):
    """The environment of a process that looks at everything more often, and waits for a locked file less long."""
    folder = tmp_path / "hurried"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(IMPATIENT, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


class Daemon:
    def __init__(self, town, *words, **environment):
        self._file = town.root / "said.txt"
        self.said = self._file.open("w", encoding="utf-8")
        self.process = subprocess.Popen(
            town.command("--lang", "en", *words, "schedule"),
            cwd=town.root,
            env={**os.environ, **HURRY, **environment},
            stdout=self.said,
            stderr=subprocess.STDOUT,
        )

    def until(self, true, seconds=60):
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            time.sleep(0.05)
        assert true(), self.told()

    def told(self):
        return self._file.read_text(encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        self.said.close()


def test_when_the_disk_fills_while_it_runs_nothing_is_sent_and_it_goes_on_by_itself(town, sandbox, tmp_path):
    due = datetime.now(UTC) + timedelta(seconds=8)
    town.campaign(text_post(when=due))
    with disk(tmp_path / "disk", "600k") as place:
        ledger, log = on(place, town)
        with Daemon(town, *ledger[2:]) as daemon:
            daemon.until(lambda: "ready" in daemon.told())
            fill(place)
            sent = len(sandbox.requests())
            daemon.until(lambda: "the disk is full" in daemon.told())
            daemon.until(lambda: datetime.now(UTC) > due + timedelta(seconds=1))

            assert sandbox.public() == []
            assert [one["method"] for one in sandbox.requests()[sent:] if one["method"] != "GET"] == []
            assert daemon.process.poll() is None
            (place / "film.mp4").unlink()
            daemon.until(sandbox.public)
        assert daemon.process.returncode == 0
        assert len(sandbox.public()) == 1
        assert daemon.told().count("the disk is full") == 1
        assert not log.exists()


def test_a_ledger_that_is_locked_for_long_while_it_runs_ends_nothing(town, sandbox, hurried):
    """A virus scanner holds the file through the hour; the post is released as soon as it lets go."""
    due = datetime.now(UTC) + timedelta(seconds=6)
    town.campaign(text_post(when=due))
    with Daemon(town, **hurried) as daemon:
        daemon.until(sandbox.hidden)
        daemon.until(lambda: "ready" in daemon.told())
        with closing(sqlite3.connect(town.root / "ledger.db", isolation_level=None, timeout=20)) as other:
            other.execute("begin exclusive")
            daemon.until(lambda: "is locked by another program" in daemon.told())
            daemon.until(lambda: datetime.now(UTC) > due + timedelta(seconds=1))
            assert sandbox.public() == []
            assert daemon.process.poll() is None
        daemon.until(sandbox.public)
    assert daemon.process.returncode == 0
    assert len(sandbox.public()) == 1


def test_a_ledger_that_is_damaged_while_it_runs_ends_the_run_before_anything_is_sent(town, sandbox):
    due = datetime.now(UTC) + timedelta(seconds=5)
    town.campaign(text_post(when=due))
    with Daemon(town) as daemon:
        daemon.until(sandbox.hidden)
        daemon.until(lambda: "ready" in daemon.told())
        file = town.root / "ledger.db"
        overwrite(file, 4096, file.stat().st_size - 4096)
        daemon.until(lambda: daemon.process.poll() is not None)

    assert daemon.process.returncode == 1, daemon.told()
    assert "is damaged" in daemon.told()
    assert "Traceback" not in daemon.told()
    assert sandbox.public() == []


def test_a_ledger_that_is_replaced_while_it_runs_ends_the_run(town, hurried):
    town.campaign(text_post(when=datetime.now(UTC) + LATER))
    with Daemon(town, **hurried) as daemon:
        daemon.until(town.status)
        shutil.copy(town.root / "ledger.db", town.root / "copy.db")
        (town.root / "copy.db").replace(town.root / "ledger.db")
        daemon.until(lambda: daemon.process.poll() is not None)

    assert daemon.process.returncode == 1
    assert "was removed or replaced" in daemon.told()


# -- power -----------------------------------------------------------------------------------------------------------


def test_the_very_command_writes_so_that_a_power_cut_loses_nothing(town, monkeypatch, capsys):
    """What SQLite itself documents as durable: https://sqlite.org/pragma.html#pragma_synchronous."""
    seen = []
    real = database_module.Database._open

    def spied(database):
        connection = real(database)
        names = ("journal_mode", "synchronous", "foreign_keys")
        if not database._read_only:
            seen.append(tuple(connection.execute(f"pragma {name}").fetchone()[0] for name in names))
        return connection

    monkeypatch.setattr(database_module.Database, "_open", spied)
    town.campaign(text_post())

    assert town.run("schedule", "--once") == 0
    assert len(seen) >= 3  # one for each thread
    assert set(seen) <= {("wal", 2, 1), ("delete", 3, 1)}


def test_a_process_killed_while_it_brings_the_schema_up_to_date_leaves_the_old_one(tmp_path):
    file = tmp_path / "l.db"
    number, name, script = database_module.scripts()[0]
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        database_module._apply(db, number, name, script, datetime(2027, 1, 1, tzinfo=UTC))
        before = list(db.iterdump())
    kill = (
        "import os, sys; from datetime import datetime, UTC; from pathlib import Path;"
        "from asean_social import database;"
        "real = database._apply\n"
        "def dies(connection, number, *rest):\n"
        " real(connection, number, *rest)\n"
        " connection.execute('pragma cache_spill=1')\n"
        " if number == database.newest_schema(): os._exit(9)\n"
        "database._apply = dies\n"
        "database.migrate(database.Database(Path(sys.argv[1])), datetime(2027, 1, 1, tzinfo=UTC))"
    )
    done = subprocess.run([sys.executable, "-c", kill, str(file)], check=False)

    assert done.returncode == 9
    with closing(sqlite3.connect(file)) as db:
        assert list(db.iterdump()) == before
