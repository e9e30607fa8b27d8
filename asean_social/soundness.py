"""Whether a ledger is whole, and what its rows say fits together."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from asean_social.database import Database, newest_schema, schema_of, scripts, version_of
from asean_social.errors import LedgerError, Problem, Severity
from asean_social.follow_ups import TRANSITIONS as FOLLOW_UPS
from asean_social.states import TRANSITIONS, State

SHOWN = 20  # findings of one kind; the rest is counted
_TIME = "????-??-??T??:??:??.??????+00:00"  # a glob


def examine(file: Path) -> Iterator[Problem]:
    """Everything that is wrong with it. Only reads. Raises LedgerError where there is none, or it is locked."""
    if not file.exists():
        raise LedgerError("ledger.missing", file=str(file))
    try:
        yield from _examined(file, read_only=True)
    except LedgerError as error:
        if error.code != "ledger.read-only":
            raise
        # a runner was killed in the middle of a commit: only a connection that may write can undo it
        yield from _examined(file, read_only=False)


def _examined(file: Path, *, read_only: bool) -> Iterator[Problem]:
    database = Database(file, read_only=read_only)
    try:
        yield from _found(database)
    except LedgerError as error:
        if error.code in ("ledger.locked", "ledger.read-only"):
            raise
        yield Problem(error.code, error.values)
    finally:
        database.close()


def _found(database: Database) -> Iterator[Problem]:
    version = version_of(database)
    if version == 0:
        raise LedgerError("ledger.not-a-ledger", file=str(database.path))
    torn = [row[0] for row in database.read(f"pragma integrity_check({SHOWN})")]
    if torn != ["ok"]:
        yield from (Problem("ledger.torn", {"detail": one}) for one in torn)
        return
    for table, rows in database.read(
        'select "table", count(*) from pragma_foreign_key_check group by "table" order by 1'
    ):
        yield Problem("ledger.lost-rows", {"table": table, "count": rows})
    if version < newest_schema():
        yield Problem("ledger.older", {"found": version, "fits": newest_schema()}, Severity.NOTE)
        return
    yield from _schema(database)
    for code, sql in RULES.items():
        rows = database.read(sql)
        yield from (Problem(code, dict(row)) for row in rows[:SHOWN])
        if len(rows) > SHOWN:
            yield Problem("ledger.and-more", {"count": len(rows) - SHOWN, "cause": code})


def _schema(database: Database) -> Iterator[Problem]:
    """A trigger or an index that is missing guards nothing any more."""
    wanted, found = schema_of(None), schema_of(database)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            yield Problem("ledger.schema", {"name": name})
    applied = {row["version"]: row["checksum"] for row in database.read("select * from schema_version")}
    for number, name, script in scripts():
        if applied.get(number) != hashlib.sha256(script.encode()).hexdigest():
            yield Problem("ledger.schema", {"name": name})


def _among(values: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{one}'" for one in values) + ")"


_MAY = _among(f"{old}>{new}" for old, news in TRANSITIONS.items() for new in news)
# An attempt without a new state tells of a hold; one that begins and ends alike, of a change that moved nothing.
_MOVES = """select id, delivery as key, old, new, lag(new) over (partition by delivery order by id) as before
  from attempt where new<>'' order by id"""
_TIMES = {
    "delivery": ("due_at", "stage_at", "resume_at", "began_at", "asked_at", "lease_until", "released_at",
                 "created_at", "updated_at", "retimed_from"),
    "follow_up": ("resume_at", "set_at", "done_at", "lease_until"),
    "attempt": ("at",),
    "piece": ("at",),
    "hold": ("since", "until", "lifted_at"),
    "token": ("stored_at", "expires_at", "refresh_until"),
    "campaign": ("synced_at",),
    "ledger": ("created_at",),
}  # fmt: skip
_JSON = {
    "delivery": ("message", "why"),
    "follow_up": ("payload", "why"),
    "attempt": ("why",),
    "hold": ("why",),
}


def _unreadable() -> str:
    times = [
        f"select '{table}' as \"table\", '{name}' as name, rowid as number from {table}"
        f" where {name} is not null and {name} not glob '{_TIME}'"
        for table, names in _TIMES.items()
        for name in names
    ]
    texts = [
        f"select '{table}', '{name}', rowid from {table} where not json_valid({name})"
        for table, names in _JSON.items()
        for name in names
    ]
    return " union all ".join([*times, *texts])


# By message code, the rows that break it.
RULES = {
    "ledger.rows": "select count(*) as count from ledger having count<>1",
    "ledger.unreadable": _unreadable(),
    "ledger.state": f"select key, state from delivery where state not in {_among(State)}"
    f" union all select delivery || ' ' || kind, state from follow_up where state not in {_among(FOLLOW_UPS)}",
    "ledger.twice": "select min(key) as key, max(key) as other, remote_id from delivery where remote_id is not null"
    " group by platform, account, remote_id having count(*)>1",
    "ledger.lease": "select key from delivery where (owner is null)<>(lease_until is null)"
    " union all select delivery || ' ' || kind from follow_up where (owner is null)<>(lease_until is null)",
    "ledger.receipt": "select key from delivery where state='published' and released_at is null",
    "ledger.log-shortened": "select seq - (select count(*) from attempt) as count from sqlite_sequence"
    " where name='attempt' and seq<>(select count(*) from attempt)",
    "ledger.log-broken": f"select key, id as number, old, new from ({_MOVES}) where coalesce(before, '')<>old"
    f" or (old<>'' and old<>new and old || '>' || new not in {_MAY})",
    "ledger.log-differs": "select key, state, (select new from attempt where delivery=key and new<>''"
    " order by id desc limit 1) as logged from delivery where logged is not state",
    "ledger.log-stranger": "select distinct delivery as key from attempt where new<>''"
    " and delivery not in (select key from delivery)",
    "ledger.piece": "select delivery as key, name from piece where generation not between 1 and"
    " (select generation from delivery where key=piece.delivery)"
    " or (value is null)=(id not in (select piece from secret))",
    "ledger.follow-up": "select delivery as key, kind from follow_up where kind<>'discard'"
    " and (select state from delivery where key=follow_up.delivery)<>'published'"
    " union all select delivery.key, after.value ->> 'kind' from delivery, json_each(message, '$.after') as after"
    " where state='published' and not exists"
    " (select 1 from follow_up where delivery=delivery.key and kind=after.value ->> 'kind')",
}
