"""The ledger's smaller books: accounts on hold, upload rates, follow-ups."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from asean_social import records
from asean_social.database import Database, moment, stamp
from asean_social.records import Claimer, FollowUp, FollowUpEnd, Hold, LeaseLost, surely, to_json


class Chores:
    database: Database

    # -- holds ---------------------------------------------------------------------------------------------------

    def pause(
        self, account: str, reason: str, why: Mapping[str, Any], now: datetime, until: datetime | None = None
    ) -> None:
        """Begin nothing of this account until it is lifted, or until then. One that a person must end stays."""
        with self.database.write() as db:
            db.execute(
                "insert into hold (scope, value, reason, why, since, until) values ('account', ?, ?, ?, ?, ?)"
                " on conflict (scope, value) where lifted_at is null do update set reason=excluded.reason,"
                " why=excluded.why, since=excluded.since, until=excluded.until where hold.until is not null",
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

    # -- follow-ups ----------------------------------------------------------------------------------------------

    def claim_follow_up(self, now: datetime, claimer: Claimer) -> FollowUp | None:
        sql = (
            "select * from follow_up where state in ('planned', 'waiting', 'doing') and resume_at<=?"
            " and (lease_until is null or lease_until<=?) order by resume_at limit 1"
        )
        at = stamp(now)
        if not self.database.read(sql, (at, at)):
            return None
        with self.database.write() as db:
            row = db.execute(sql, (at, at)).fetchone()
            if row is None:
                return None
            lease = stamp(now + timedelta(seconds=claimer.lease))
            claimed = db.execute(
                "update follow_up set state='doing', owner=?, fence=fence+1, lease_until=? where id=? returning *",
                (claimer.owner, lease, row["id"]),
            ).fetchone()
        return records.follow_up(claimed)

    def end_follow_up(self, claim: FollowUp, decision: FollowUpEnd) -> None:
        """Raises LeaseLost."""
        with self.database.write() as db:
            changed = db.execute(
                "update follow_up set state=?, reason=?, why=?, resume_at=?, tries=tries+1, owner=null,"
                " lease_until=null where id=? and owner=? and fence=?",
                (
                    decision.state,
                    decision.reason,
                    to_json(decision.why),
                    stamp(decision.resume_at),
                    claim.number,
                    claim.owner,
                    claim.fence,
                ),
            ).rowcount
            if changed != 1:
                raise LeaseLost

    def follow_ups(self, key: str | None = None) -> list[FollowUp]:
        sql = "select * from follow_up" + (" where delivery=?" if key else "") + " order by id"
        return [records.follow_up(row) for row in self.database.read(sql, (key,) if key else ())]
