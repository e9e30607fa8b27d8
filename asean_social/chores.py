"""The ledger's smaller books: accounts on hold, upload rates, quotas used, follow-ups."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from asean_social import records
from asean_social.database import Database, moment, stamp
from asean_social.follow_ups import TRANSITIONS, End
from asean_social.publishers.quotas import Quota
from asean_social.records import Claimer, Delivery, FollowUp, Hold, LeaseLost, surely, to_json


class Chores:
    database: Database

    # -- holds ---------------------------------------------------------------------------------------------------

    def pause(
        self, account: str, reason: str, why: Mapping[str, Any], now: datetime, until: datetime | None = None
    ) -> None:
        """Begin nothing of this account until it is lifted, or until then. One that a person must end, or that ends
        later, stays.
        """
        with self.database.write() as db:
            db.execute(
                "insert into hold (scope, value, reason, why, since, until) values ('account', ?, ?, ?, ?, ?)"
                " on conflict (scope, value) where lifted_at is null do update set reason=excluded.reason,"
                " why=excluded.why, since=excluded.since, until=excluded.until"
                " where hold.until is not null and (excluded.until is null or excluded.until > hold.until)",
                (account, reason, to_json(why), stamp(now), stamp(until) if until else None),
            )

    def lift(self, account: str, now: datetime) -> None:
        with self.database.write() as db:
            db.execute(
                "update hold set lifted_at=? where scope='account' and value=? and lifted_at is null",
                (stamp(now), account),
            )

    def holds(self) -> list[Hold]:
        rows = self.database.read("select * from hold where lifted_at is null order by id")
        return [
            Hold(r["value"], r["reason"], json.loads(r["why"]), surely(r["since"]), moment(r["until"]))
            for r in rows
        ]

    # -- upload rates --------------------------------------------------------------------------------------------

    def rates(self) -> dict[str, float]:
        """Measured upload rates in bytes per second, by platform/name."""
        return {row["account"]: row["bytes_per_second"] for row in self.database.read("select * from rate")}

    def put_rate(self, account: str, bytes_per_second: float) -> None:
        with self.database.write() as db:
            db.execute(
                "insert into rate values (?, ?) on conflict (account) do update set"
                " bytes_per_second=excluded.bytes_per_second",
                (account, bytes_per_second),
            )

    # -- what platforms count ------------------------------------------------------------------------------------

    def spend(self, owner: str, quota: str, period: date, amount: int) -> None:
        """`period`: its first day, in the quota's own time zone."""
        with self.database.write() as db:
            db.execute(
                "insert into usage values (?, ?, ?, ?) on conflict (owner, quota, period)"
                " do update set used=used+excluded.used",
                (owner, quota, period.isoformat(), amount),
            )

    def spent(self, owner: str, quota: str, period: date) -> int:
        sql = "select used from usage where owner=? and quota=? and period=?"
        rows = self.database.read(sql, (owner, quota, period.isoformat()))
        return int(rows[0]["used"]) if rows else 0

    def left(self, owner: str, name: str, quota: Quota, now: datetime) -> int:
        return quota.most - self.spent(owner, name, quota.period(now))

    # -- follow-ups ----------------------------------------------------------------------------------------------

    def claim_follow_up(self, now: datetime, claimer: Claimer) -> FollowUp | None:
        """Take the next one that is due. One that its runner left in the middle says with its step what may have left."""
        at = stamp(now)
        if not self.database.read(_DUE, (at, at)):
            return None
        with self.database.write() as db:
            row = db.execute(_DUE, (at, at)).fetchone()
            if row is None:
                return None
            lease = stamp(now + timedelta(seconds=claimer.lease))
            claimed = db.execute(
                "update follow_up set state='doing', owner=?, fence=fence+1, lease_until=? where id=? returning *",
                (claimer.owner, lease, row["id"]),
            ).fetchone()
        return records.follow_up(claimed)

    def next_follow_up(self, now: datetime, *, discards: bool = True) -> datetime | None:
        """When the next one may be done; may be past. Removing what nobody sees can be left out: it is in no hurry."""
        which = "" if discards else " and follow_up.kind<>'discard'"
        sql = f"select {_AT} as at {_OPEN}{which} order by at limit 1"
        rows = self.database.read(sql, (stamp(now),))
        return surely(rows[0]["at"]) if rows else None

    def renew_follow_up(self, claim: FollowUp, until: datetime, step: str) -> None:
        """Just before each request. Raises LeaseLost."""
        with self.database.write() as db:
            self._follow_up(db, claim, {"lease_until": stamp(until), "step": step})

    def end_follow_up(self, claim: FollowUp, end: End, now: datetime, *, looks: int = 0) -> None:
        """Raises LeaseLost."""
        columns: dict[str, Any] = {
            "state": end.state,
            "step": end.step,
            "reason": end.reason,
            "why": to_json(end.why),
            "resume_at": stamp(end.resume_at),
            "tries": claim.tries + (not looks),
            "looks": looks,
            "remote_id": end.remote_id,
            "done_at": stamp(now) if end.state == "done" else None,
            "owner": None,
            "lease_until": None,
        }
        with self.database.write() as db:
            self._follow_up(db, claim, columns)

    def _follow_up(self, db: sqlite3.Connection, claim: FollowUp, columns: Mapping[str, Any]) -> None:
        names = ", ".join(f"{name}=?" for name in columns)
        changed = db.execute(
            f"update follow_up set {names} where id=? and owner=? and fence=?",
            (*columns.values(), claim.number, claim.owner, claim.fence),
        ).rowcount
        if changed != 1:
            raise LeaseLost

    def follow_ups(self, key: str | None = None) -> list[FollowUp]:
        sql = "select * from follow_up" + (" where delivery=?" if key else "") + " order by id"
        return [records.follow_up(row) for row in self.database.read(sql, (key,) if key else ())]

    def act_on_follow_up(self, number: int, state: str, reason: str, now: datetime) -> None:
        """A person tries it again (waiting) or leaves it out (skipped). Raises LeaseLost while a runner does it."""
        allowed = [old for old, new in TRANSITIONS.items() if state in new and old != "doing"]
        marks = ", ".join("?" * len(allowed))
        with self.database.write() as db:
            row = db.execute("select payload from follow_up where id=?", (number,)).fetchone()
            # a person's word to do it now: the hour that was wanted has gone
            payload = {**json.loads(row["payload"]), "at": None, "late": "wait"}
            changed = db.execute(
                f"update follow_up set state=?, payload=?, step='do', tries=0, looks=0,"
                f" reason='follow-up.by-person', why=?, resume_at=? where id=? and state in ({marks})",
                (state, to_json(payload), to_json({"by_reason": reason}), stamp(now), number, *allowed),
            ).rowcount
            if changed != 1:
                raise LeaseLost


_AT = "case when follow_up.lease_until > follow_up.resume_at then follow_up.lease_until else follow_up.resume_at end"
# Not those of an account on hold: a removal may wait, and nothing new is begun there. Value: now.
_OPEN = (
    "from follow_up join delivery on delivery.key=follow_up.delivery"
    " where follow_up.state in ('planned', 'waiting', 'doing') and not exists (select 1 from hold"
    " where scope='account' and value=delivery.platform || '/' || delivery.account and lifted_at is null"
    " and (until is null or until > ?))"
)
_DUE = f"select follow_up.* {_OPEN} and {_AT}<=? order by {_AT} limit 1"


def publish_follow_ups(db: sqlite3.Connection, row: Delivery, step: str, now: datetime) -> None:
    """In the transaction that publishes a delivery: what its message asks for afterwards, each once."""
    for after in json.loads(row.message).get("after", ()):
        db.execute(
            "insert into follow_up (delivery, kind, payload, step, resume_at) values (?, ?, ?, ?, ?)"
            " on conflict (delivery, kind) where kind<>'discard' do nothing",
            (row.key, after["kind"], to_json(after["options"]), step, stamp(now)),
        )
