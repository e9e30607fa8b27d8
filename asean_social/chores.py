"""The ledger's smaller books: upload rates, quotas used, follow-ups."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from asean_social import records
from asean_social.database import LONG_AGO, later_of, stamp
from asean_social.follow_ups import LOOK, TRANSITIONS, End
from asean_social.holds import HELD_BACK, PAUSED, Holds
from asean_social.publishers.quotas import Quota
from asean_social.records import Claimer, Delivery, FollowUp, LeaseLost, surely, to_json


class Chores(Holds):
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
        values = (*_open_values(now, claimer), stamp(now))
        if not self.database.read(_DUE, values):
            return None
        with self.database.write() as db:
            row = db.execute(_DUE, values).fetchone()
            if row is None:
                return None
            lease = stamp(now + timedelta(seconds=claimer.lease))
            claimed = db.execute(
                "update follow_up set state='doing', owner=?, fence=fence+1, lease_until=? where id=? returning *",
                (claimer.owner, lease, row["id"]),
            ).fetchone()
        return records.follow_up(claimed)

    def next_follow_up(self, now: datetime, claimer: Claimer, *, discards: bool = True) -> datetime | None:
        """When the next one may be done; may be past. Removing what nobody sees can be left out: it is in no hurry."""
        which = "" if discards else " where kind<>'discard'"
        rows = self.database.read(
            f"select at from {_OPEN}{which} order by at limit 1", _open_values(now, claimer)
        )
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
            "set_at": stamp(now),
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
                f" reason='follow-up.by-person', why=?, resume_at=?, set_at=? where id=? and state in ({marks})",
                (
                    state,
                    to_json(payload),
                    to_json({"by_reason": reason}),
                    stamp(now),
                    stamp(now),
                    number,
                    *allowed,
                ),
            ).rowcount
            if changed != 1:
                raise LeaseLost


# Nothing of an account on pause, a removal may wait; of what a person keeps back only what nobody sees. Times that a
# wrong clock wrote count for nothing. Values: far, far, now, far.
_OPEN = f"""(
  select follow_up.*, {later_of("resume", "coalesce(lease, resume)")} as at from (
    select follow_up.*, case when set_at > ? then '{LONG_AGO}' else resume_at end as resume,
      case when lease_until > ? then null else lease_until end as lease
    from follow_up where state in ('planned', 'waiting', 'doing')
  ) as follow_up join delivery on delivery.key=follow_up.delivery
  where not {PAUSED} and (kind='discard' or follow_up.step='{LOOK}' or not {HELD_BACK})
) as steps"""
_DUE = f"select * from {_OPEN} where at<=? order by at limit 1"


def _open_values(now: datetime, claimer: Claimer) -> tuple[str, ...]:
    far = claimer.far(now)
    return (far, far, stamp(now), far)


def publish_follow_ups(db: sqlite3.Connection, row: Delivery, step: str, now: datetime) -> None:
    """In the transaction that publishes a delivery: what its message asks for afterwards, each once."""
    for after in json.loads(row.message).get("after", ()):
        db.execute(
            "insert into follow_up (delivery, kind, payload, step, resume_at, set_at) values (?, ?, ?, ?, ?, ?)"
            " on conflict (delivery, kind) where kind<>'discard' do nothing",
            (row.key, after["kind"], to_json(after["options"]), step, stamp(now), stamp(now)),
        )
