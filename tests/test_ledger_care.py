"""`ledger check` finds what is wrong with a ledger, `ledger backup` makes whole copies of it."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from stage_set import NOON, FakePublisher
from town import text_post

from asean_social import backups, soundness
from asean_social import database as database_module
from asean_social.backups import backup
from asean_social.database import scripts
from asean_social.errors import LedgerError, Severity
from asean_social.lang import Language
from asean_social.ledger import Ledger
from asean_social.publishers.base import After, Piece
from asean_social.soundness import examine

COMMENT = After("first-comment", {"text": "Xem thêm"})


class Secretive(FakePublisher):
    def stage(self, message, pieces):
        yield from super().stage(message, pieces)
        yield Piece("address", "https://upload.example/session", secret=True)


@pytest.fixture
def file(make):
    """A ledger with a published post and its comment, one that is being prepared, one that is held."""
    office = make(Secretive)
    office.plan("xong", NOON, after=(COMMENT,))
    office.plan("dang", NOON + timedelta(hours=1))
    office.plan("tre", NOON - timedelta(days=3))
    office.settle("c/xong/ch/1", hours=0.5)
    office.ledger.hold("channel", "kenh", "lan", "chờ", NOON)
    office.ledger.close()
    return office.ledger.database.path


def harm(file, *statements):
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        for one in statements:
            db.execute(one)


def codes(file):
    return {one.code for one in examine(file)}


def test_a_ledger_that_was_worked_with_is_whole(file):
    assert list(examine(file)) == []


UNLOCK = "drop trigger attempt_no_update"
REMOVE = "drop trigger attempt_no_delete"
HARMS = {
    "ledger.rows": ["insert into ledger values ('another', '2027-01-01T00:00:00.000000+00:00')"],
    "ledger.unreadable": ["update delivery set due_at='24/02/2027' where key like '%dang%'"],
    "ledger.unreadable-json": ["update delivery set message='{' where key like '%dang%'"],
    "ledger.state": ["update delivery set state='gone' where key like '%dang%'"],
    "ledger.state-follow-up": ["update follow_up set state='gone'"],
    "ledger.twice": [
        "drop index delivery_remote",
        "update delivery set remote_id=(select remote_id from delivery where remote_id is not null)",
    ],
    "ledger.lease": ["update delivery set owner='somebody' where key like '%dang%'"],
    "ledger.receipt": ["update delivery set released_at=null where state='published'"],
    "ledger.log-shortened": [REMOVE, "delete from attempt where id=2"],
    "ledger.log-broken": [UNLOCK, "update attempt set old='published' where id=(select max(id) from attempt where new<>'')"],
    "ledger.log-differs": ["update delivery set state='skipped' where key like '%dang%'"],
    "ledger.log-stranger": [UNLOCK, "update attempt set delivery='c/la/ch/1' where delivery like '%dang%'"],
    "ledger.piece": ["update piece set generation=9"],
    "ledger.piece-without-secret": ["delete from secret"],
    "ledger.follow-up": ["delete from follow_up"],
    "ledger.follow-up-early": ["update follow_up set delivery='c/dang/ch/1'"],
    "ledger.lost-rows": ["update piece set delivery='c/la/ch/1'"],
    "ledger.schema": [REMOVE],
    "ledger.schema-index": ["drop index follow_up_once"],
    "ledger.schema-script": ["update schema_version set checksum='x' where version=1"],
}  # fmt: skip


@pytest.mark.parametrize("name", HARMS)
def test_each_thing_that_does_not_fit_is_named_with_what_to_do(file, name):
    harm(file, *HARMS[name])

    found = list(examine(file))

    wanted = next(code for code in sorted(known(), key=len, reverse=True) if name.startswith(code))
    assert wanted in {one.code for one in found}
    for one in found:
        sentence, hint = Language("vi").problem(one)
        assert sentence
        assert hint
        assert "–" not in sentence, one  # every value is there


def known():
    return {*soundness.RULES, "ledger.lost-rows", "ledger.schema"}


def test_every_rule_is_broken_by_one_of_these_tests():
    assert {code for code in known() if not any(name.startswith(code) for name in HARMS)} == set()


def test_of_many_findings_of_a_kind_the_rest_is_counted(make):
    office = make()
    for number in range(30):
        office.plan(f"p{number}", NOON + timedelta(hours=1))
    office.ledger.close()
    file = office.ledger.database.path
    harm(file, "update delivery set owner='x'")

    found = list(examine(file))

    assert len([one for one in found if one.code == "ledger.lease"]) == soundness.SHOWN
    assert [one.values["count"] for one in found if one.code == "ledger.and-more"] == [10]


def test_an_older_schema_is_no_fault(tmp_path):
    with closing(sqlite3.connect(tmp_path / "l.db", isolation_level=None)) as db:
        number, name, script = scripts()[0]
        database_module._apply(db, number, name, script, NOON)

    [one] = examine(tmp_path / "l.db")

    assert (one.code, one.severity) == ("ledger.older", Severity.NOTE)


def test_what_a_killed_runner_left_in_the_middle_of_a_commit_is_undone_first(file):
    """A rollback journal that is hot can only be played back by a connection that may write."""
    with closing(sqlite3.connect(file)) as db:
        if db.execute("pragma journal_mode").fetchone()[0] != "delete":
            pytest.skip("this SQLite is safe with a write-ahead log, which needs no playing back")
    script = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('pragma cache_size=1'); db.execute('begin immediate');"
        "db.execute(\"update delivery set state='gone', message=hex(zeroblob(100000))\"); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], check=False)
    assert file.with_name("ledger.db-journal").stat().st_size > 0

    assert list(examine(file)) == []


def test_the_command_tells_and_says_it_with_its_exit_code(town):
    town.campaign(text_post())
    assert town.process("ledger", "check").returncode == 1
    assert town.process("schedule", "--once").returncode == 0

    good = town.process("ledger", "check")
    harm(town.root / "ledger.db", "update delivery set released_at=null")
    bad = town.process("--lang", "en", "ledger", "check")
    told = json.loads(town.process("ledger", "check", "--json").stdout)

    assert (good.returncode, good.stderr) == (0, "")
    assert bad.returncode == 3
    assert "thu/mot/trang/1 is published, but not when" in bad.stderr
    assert [one["code"] for one in told] == ["ledger.receipt"]


# -- backup ----------------------------------------------------------------------------------------------------------


def test_a_copy_is_whole_its_owners_alone_and_a_single_file(file, tmp_path):
    made = backup(file, tmp_path / "copy.db", NOON)

    assert made.deliveries == 3
    assert list(examine(made.file)) == []
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.glob("*copy*")] == ["copy.db"]


def test_without_a_name_it_goes_beside_the_ledger_with_its_time(file, tmp_path):
    made = backup(file, None, NOON)
    again = backup(file, tmp_path / "backups", NOON + timedelta(seconds=1))

    assert made.file.parent == again.file.parent == tmp_path / "backups"
    assert made.file.name == f"ledger-{NOON.astimezone():%Y-%m-%d-%H%M%S}.db"
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_only_an_earlier_copy_of_the_same_ledger_is_overwritten(file, tmp_path):
    mine, letter, stranger = tmp_path / "mine.db", tmp_path / "letter.txt", tmp_path / "other.db"
    backup(file, mine, NOON)
    letter.write_text("Kính gửi", encoding="utf-8")
    Ledger.open(stranger, NOON).close()
    harm(file, "update hold set lifted_at='2027-02-25T00:00:00.000000+00:00'")

    backup(file, mine, NOON)
    with closing(sqlite3.connect(mine)) as db:
        assert db.execute("select lifted_at from hold").fetchone()[0] is not None
    for other in (letter, stranger):
        before = other.read_bytes()
        with pytest.raises(LedgerError, match=r"ledger\.backup-other"):
            backup(file, other, NOON)
        assert other.read_bytes() == before
    backup(file, letter, NOON, replace=True)
    assert list(examine(letter)) == []


@pytest.mark.parametrize("replace", [True, False])
def test_the_ledger_itself_is_never_overwritten(file, tmp_path, replace):
    (tmp_path / "link.db").symlink_to(file)

    for name in ("ledger.db", "link.db"):
        with pytest.raises(LedgerError, match=r"ledger\.backup-itself"):
            backup(file, tmp_path / name, NOON, replace=replace)


def test_a_copy_of_what_is_damaged_is_refused_and_the_good_one_before_it_stays(file, tmp_path):
    good = backup(file, tmp_path / "copy.db", NOON).file
    before = good.read_bytes()
    with closing(sqlite3.connect(file)) as db:
        root = db.execute("select rootpage from sqlite_master where name='delivery_campaign'").fetchone()[0]
        size = db.execute("pragma page_size").fetchone()[0]
    whole = bytearray(file.read_bytes())
    whole[(root - 1) * size + 8 : root * size] = os.urandom(size - 8)
    file.write_bytes(whole)

    with pytest.raises(LedgerError, match=r"ledger\.damaged"):
        backup(file, good, NOON)

    assert good.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if "copy" in one.name] == ["copy.db"]


def test_a_place_that_cannot_be_written_is_named(file, tmp_path):
    (tmp_path / "plain").write_text("x", encoding="utf-8")

    for place in (tmp_path / "no" / "copy.db", tmp_path / "plain" / "copy.db"):
        with pytest.raises(LedgerError, match=r"ledger\.backup-not-written"):
            backup(file, place, NOON)


def test_a_ledger_that_stays_locked_is_named_instead_of_waited_for_without_end(file, tmp_path, monkeypatch):
    monkeypatch.setattr(database_module, "PATIENCE", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("pragma journal_mode=delete")
        db.execute("begin exclusive")
        with pytest.raises(LedgerError, match=r"ledger\.locked"):
            backup(file, tmp_path / "copy.db", NOON)

    assert list(tmp_path.glob("*copy*")) == []


def test_copies_made_while_a_runner_writes_are_each_whole(file, tmp_path):
    script = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path;"
        "from asean_social.ledger import Ledger;"
        "ledger = Ledger.open(Path(sys.argv[1]), datetime(2027, 1, 1, tzinfo=UTC));\n"
        "for n in range(10**6):\n ledger.put_rate(str(n), 1.0); print(n, flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(file)], stdout=subprocess.PIPE, text=True)
    try:
        counted = []
        for _ in range(5):
            for _ in range(5):
                writer.stdout.readline()
            made = backup(file, tmp_path / "copy.db", NOON)
            assert list(examine(made.file)) == []
            with closing(sqlite3.connect(made.file)) as db:
                counted.append(db.execute("select count(*) from rate").fetchone()[0])
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()

    assert counted == sorted(set(counted))
    assert counted[0] >= 5


def test_the_commands_way_of_a_copy_and_back(town):
    town.campaign(text_post(when=datetime.now(UTC) + timedelta(days=2)))
    assert town.process("schedule", "--once").returncode == 0

    made = town.process("--lang", "en", "ledger", "backup", "sao.db")
    (town.root / "ledger.db").unlink()
    (town.root / "sao.db").rename(town.root / "ledger.db")

    assert made.returncode == 0
    assert "access tokens" in made.stdout
    assert town.process("ledger", "check").returncode == 0
    assert list(town.status()) == ["thu/mot/trang/1"]
    assert backups.FOLDER not in {one.name for one in town.root.iterdir()}
