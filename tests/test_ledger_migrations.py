"""A ledger of every earlier version is brought up to date, with all that it knew."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asean_social import database as module
from asean_social.database import Database, migrate, newest_schema, schema_of, scripts, version_of
from asean_social.database import _apply as apply
from asean_social.ledger import Ledger
from asean_social.records import Claimer
from asean_social.soundness import examine
from asean_social.states import State

NOW = datetime(2027, 1, 1, tzinfo=UTC)
# What a real ledger of the first version held after some days' work, as SQL.
FIRST = Path(__file__).parent / "cases" / "ledgers" / "0001.sql"
VERSIONS = [number for number, _, _ in scripts()]


@pytest.fixture
def old(tmp_path):
    def at(version):
        """As if each version up to that one had been used one after the other."""
        file = tmp_path / "ledger.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as db:
            db.executescript(FIRST.read_text(encoding="utf-8"))
            for number, name, script in scripts():
                if 1 < number <= version:
                    apply(db, number, name, script, NOW)
        return file

    return at


def rows(file):
    """Every row of every table, as it stands in the columns of the first version."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(FIRST.read_text(encoding="utf-8"))
        tables = [
            name for (name,) in db.execute("select name from sqlite_master where type='table' order by 1")
        ]
        columns = {name: [one[1] for one in db.execute(f"pragma table_info({name})")] for name in tables}
    with closing(sqlite3.connect(file)) as db:
        return {
            name: db.execute(f"select {', '.join(names)} from {name} order by 1").fetchall()
            for name, names in columns.items()
            if name not in ("schema_version", "sqlite_sequence")
        }


@pytest.mark.parametrize("version", VERSIONS)
def test_it_becomes_what_a_new_one_is_and_keeps_what_it_knew(old, version):
    file = old(version)
    before = rows(file)
    assert {name for name, found in before.items() if not found} <= {"rate"}

    Ledger.open(file, NOW).close()

    database = Database(file)
    assert version_of(database) == newest_schema()
    assert schema_of(database) == schema_of(None)
    database.close()
    assert rows(file) == before
    assert list(examine(file)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_open_in_it_is_still_to_be_done(old, version):
    ledger = Ledger.open(old(version), NOW)

    states = {row.key.split("/")[1]: row.state for row in ledger.deliveries()}
    due = ledger.next_due({"thu"}, NOW, Claimer("one", 120, 300))
    ledger.close()

    assert states == {
        "xong": State.PUBLISHED,
        "phim": State.PUBLISHED,
        "zl": State.PUBLISHED,
        "tre": State.SKIPPED,
        "bo": State.CANCELLED,
        "mai": State.PLANNED,
        "bo2": State.PLANNED,
        "sap": State.STAGED,
    }
    assert due is None  # its page is paused


@pytest.mark.parametrize(
    ("version", "fails"), [(one, two) for one in VERSIONS for two in VERSIONS if one < two]
)
def test_a_step_that_fails_leaves_the_ledger_as_it_was(old, monkeypatch, version, fails):
    file = old(version)
    with closing(sqlite3.connect(file)) as db:
        before = list(db.iterdump())
    real = module.scripts()
    broken = [
        (number, name, script + "\ninsert into nowhere values (1);" if number == fails else script)
        for number, name, script in real
    ]
    monkeypatch.setattr(module, "scripts", lambda: broken)

    database = Database(file)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(database, NOW)
    database.close()

    with closing(sqlite3.connect(file)) as db:
        assert list(db.iterdump()) == before


def test_an_older_ledger_is_left_alone_by_whoever_only_looks(old):
    file = old(1)
    before = file.read_bytes()

    assert Ledger.look(file) is None
    assert [one.code for one in examine(file)] == ["ledger.older"]

    assert file.read_bytes() == before
