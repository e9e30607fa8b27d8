"""Which ledger is the newest: what tells one that was put back from a copy, or brought from another computer.

A copy does not know what was published after it was made. So the number of claims a ledger has ever given is kept a
second time, outside of it, before any of them sends a request. A ledger that has given fewer, or that nobody here has
seen, is a copy: everything open in it is looked for on the platforms before anything more is sent, and what no platform
can be asked about (a broadcast) waits for a person.
"""

import os
import sqlite3
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock

from platformdirs import user_state_path

from asean_social.database import Database, stamp
from asean_social.decisions import LOOK_FIRST, RELEASE
from asean_social.follow_ups import DISCARD, DO, LOOK
from asean_social.shelf import put
from asean_social.states import State


class Witness:
    """How many claims each ledger had given, by its id; in the user's own folder, else beside the ledger."""

    def __init__(self, ledger: Path, environment: Mapping[str, str] = os.environ) -> None:
        asked = environment.get("ASEAN_SOCIAL_STATE")
        own = Path(asked) if asked else user_state_path("asean-social", appauthor=False)
        self._folders = (own / "ledgers", ledger.parent / ".asean-social")
        self._lock = Lock()

    def seen(self, ledger: str) -> int | None:
        """None: never, or what was kept is lost."""
        found = [count for folder in self._folders if (count := _count(folder / ledger)) is not None]
        return max(found, default=None)

    def keep(self, ledger: str, claims: int) -> None:
        """Where it can be kept nowhere, the next start takes the ledger for a copy: it looks, and does no harm."""
        with self._lock:
            for folder in self._folders:
                with suppress(OSError):
                    if claims > (_count(folder / ledger) or -1):
                        put(folder / ledger, str(claims).encode(), durably=True)
                    return


class Copies:
    database: Database
    witness: Witness | None = None  # none: nothing is sent on its behalf

    def is_copy(self, witness: Witness, now: datetime) -> bool:
        """Whether it is a copy; then it begins a life of its own, with a look at everything that is open in it."""
        self.witness = witness
        name = self._name()
        # before the claims are counted: a runner at work keeps its count afterwards
        seen = witness.seen(name)
        copy = self._claims() < seen if seen is not None else self._claims() > 0
        if copy:
            with self.database.write() as db:
                fresh = uuid.uuid4().hex
                sql = "update ledger set id=?, created_at=? where id=?"
                if db.execute(sql, (fresh, stamp(now), name)).rowcount:  # else another process has done it
                    _look_again(db, now)
        self.begun()
        return copy

    def begun(self) -> None:
        """After each claim, before its first request."""
        if self.witness is not None:
            self.witness.keep(self._name(), self._claims())

    def _name(self) -> str:
        return str(self.database.read("select id from ledger")[0]["id"])

    def _claims(self) -> int:
        sql = "select coalesce(sum(fence), 0) from (select fence from delivery union all select fence from follow_up)"
        return int(self.database.read(sql)[0][0])


def _look_again(db: sqlite3.Connection, now: datetime) -> None:
    """Everything open is looked for before anything is sent: by its known id, or by its content."""
    staging = f"state='staging' or (state='waiting' and step<>'{RELEASE}')"
    sent = (
        f"state in ('staged', 'releasing', 'confirming', 'unknown') or (state='waiting' and step='{RELEASE}')"
    )
    for found, state, reason in (
        (f"state='planned' or {staging}", State.PLANNED, "planned.copy"),
        (sent, State.UNKNOWN, "unknown.copy"),
    ):
        db.execute(
            "insert into attempt (at, delivery, who, fence, old, new, step, reason, why)"
            f" select ?, key, '', fence, state, ?, ?, ?, '{{}}' from delivery where {found}",
            (stamp(now), state, LOOK_FIRST, reason),
        )
        db.execute(
            "update delivery set state=?, step=?, reason=?, why='{}', resume_at=?, tries=0, looks=0, owner=null,"
            f" lease_until=null, fence=fence+1, updated_at=? where {found}",
            (state, LOOK_FIRST, reason, stamp(now), stamp(now)),
        )
    db.execute(
        "update follow_up set state='waiting', step=?, reason='follow-up.copy', why='{}', looks=0, resume_at=?, set_at=?,"
        " owner=null, lease_until=null, fence=fence+1"
        " where kind<>? and step=? and state in ('planned', 'waiting', 'doing')",
        (LOOK, stamp(now), stamp(now), DISCARD, DO),
    )


def _count(file: Path) -> int | None:
    try:
        return int(file.read_bytes())
    except (OSError, ValueError):
        return None
