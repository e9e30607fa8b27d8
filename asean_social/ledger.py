"""The only durable state: deliveries, their pieces and attempts, follow-ups, holds.

Each method is one transaction and returns frozen values. A claim (owner, fence, lease) gives the right to work on one
delivery for a while; every later write names it, and a write that changes no row raises LeaseLost: stop at once, send
nothing more, delete nothing.
"""

import json
import sqlite3
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asean_social import records
from asean_social.chores import Chores, publish_follow_ups
from asean_social.copies import Copies
from asean_social.database import LONG_AGO, Database, is_current, later_of, migrate, moment, stamp
from asean_social.decisions import HAND_OVER, LATE, LOOK_FIRST, ON_TIME, RELEASE, TAKE_BACK, Decision
from asean_social.errors import LedgerError
from asean_social.follow_ups import DO, LOOK
from asean_social.holds import HELD_BACK, PAUSED
from asean_social.publishers.base import Piece
from asean_social.records import (
    PLATFORM,
    POLL_LANE,
    RELEASE_LANE,
    STAGE_LANE,
    Attempt,
    Change,
    Claimer,
    Delivery,
    IllegalTransition,
    LeaseLost,
    surely,
    to_json,
)
from asean_social.states import BEGINNING, State, may


class Ledger(Copies, Chores):
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, path: Path, now: datetime) -> "Ledger":
        """Open or make it. Raises LedgerError with what is wrong and what to do."""
        database = Database(path)
        migrate(database, now)
        database.must_be_whole()
        with database.write() as db:
            if not db.execute("select 1 from ledger").fetchone():
                db.execute("insert into ledger values (?, ?)", (uuid.uuid4().hex, stamp(now)))
        return cls(database)

    @classmethod
    def look(cls, path: Path) -> "Ledger | None":
        """Open for reading only; None where there is none yet, or none of this version. Raises LedgerError."""
        if not path.exists():
            return None
        database = Database(path, read_only=True)
        try:
            return cls(database) if is_current(database) else None
        except LedgerError as error:
            if error.code != "ledger.read-only":
                raise
        # a runner was killed in the middle of a commit: only a connection that may write can undo it
        database = Database(path)
        return cls(database) if is_current(database) else None

    def close(self) -> None:
        self.database.close()

    def created_at(self) -> datetime:
        return surely(self.database.read("select created_at from ledger")[0][0])

    # -- plan ----------------------------------------------------------------------------------------------------

    def campaigns(self) -> dict[str, str]:
        """Source path by slug."""
        return {row["slug"]: row["source"] for row in self.database.read("select slug, source from campaign")}

    def put_campaign(self, slug: str, source: str, title: str, timezone: str, now: datetime) -> None:
        with self.database.write() as db:
            db.execute(
                "insert into campaign (slug, source, title, timezone, synced_at) values (?, ?, ?, ?, ?)"
                " on conflict (slug) do update set source=excluded.source, title=excluded.title,"
                " timezone=excluded.timezone, synced_at=excluded.synced_at, trouble=''",
                (slug, source, title, timezone, stamp(now)),
            )

    def trouble(self, slug: str, code: str) -> None:
        with self.database.write() as db:
            db.execute("update campaign set trouble=? where slug=?", (code, slug))

    def troubles(self) -> list[tuple[str, str]]:
        """Source path and message code of every campaign whose last good plan stands in for its file."""
        rows = self.database.read("select source, trouble from campaign where trouble<>'' order by source")
        return [(row["source"], row["trouble"]) for row in rows]

    def apply(
        self,
        campaign: str,
        changes: Callable[[Mapping[str, Delivery]], Mapping[str, Change]],
        who: str,
        now: datetime,
        later: datetime,
    ) -> None:
        """Bring one campaign's deliveries up to date: all of them, or none.

        `changes` sees the rows as they are in this very transaction, so that no runner moves one in between. What is
        to be discarded is discarded after `later`.
        """
        with self.database.write() as db:
            for key, change in changes({row.key: row for row in self.deliveries(campaign)}).items():
                if change.insert:
                    self._insert(db, key, change, who, now)
                else:
                    self._change(db, key, change, who, now, later)

    def _insert(self, db: sqlite3.Connection, key: str, change: Change, who: str, now: datetime) -> None:
        values = {"key": key, "state": State.PLANNED, "created_at": stamp(now), "updated_at": stamp(now)}
        values |= {name: _column(value) for name, value in change.columns.items()}
        names = ", ".join(values)
        db.execute(
            f"insert into delivery ({names}) values ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )
        _log(db, now, key, who, 0, Decision(State.PLANNED, reason="planned.new"), "")

    def _change(
        self, db: sqlite3.Connection, key: str, change: Change, who: str, now: datetime, later: datetime
    ) -> None:
        row = _read(db, key)
        columns = dict(change.columns)
        if change.discard:
            self._discard(db, row, later)
            # also the digest: edited back to what it was, nothing is staged of it any more
            columns |= {"generation": row.generation + 1, "staged_digest": "", "tries": 0, "looks": 0}
        if change.state is not None:
            _must(row.state, change.state)
            said = {"state": change.state, "reason": change.reason, "why": to_json(change.why)}
            columns = {"resume_at": None, "step": "", "tries": 0, "looks": 0} | columns | said
        if change.reason:
            step = columns.get("step", "")
            decision = Decision(change.state or row.state, step, change.reason, change.why)
            _log(db, now, key, who, row.fence, decision, row.state)
        _update(db, key, columns, now)

    def _discard(self, db: sqlite3.Connection, row: Delivery, later: datetime) -> None:
        """Have the objects of this generation removed; one that is being made just now has no piece yet."""
        used = db.execute(
            "select 1 from piece where delivery=? and generation=?", (row.key, row.generation)
        ).fetchone()
        if used or row.state == State.STAGING:
            payload = {"platform": row.platform, "account": row.account, "generation": row.generation}
            db.execute(
                "insert into follow_up (delivery, kind, payload, resume_at, set_at) values (?, 'discard', ?, ?, ?)",
                (row.key, to_json(payload), stamp(later), stamp(later)),
            )

    # -- claims --------------------------------------------------------------------------------------------------

    def accounts(self, campaigns: Collection[str]) -> list[tuple[str, str]]:
        """(platform, account) of every delivery that is not finished."""
        marks = ", ".join("?" * len(campaigns))
        rows = self.database.read(
            "select distinct platform, account from delivery where state not in"
            f" ('published', 'skipped', 'cancelled', 'held') and campaign in ({marks}) order by 1, 2",
            tuple(campaigns),
        )
        return [(row["platform"], row["account"]) for row in rows]

    def claim(
        self,
        account: tuple[str, str],
        lane: str,
        campaigns: Collection[str],
        now: datetime,
        claimer: Claimer,
    ) -> Delivery | None:
        """Take the right to work on the account's next due step of this lane; None when nothing is due.

        The state is left as it is: the first transition is the claimant's.
        """
        if not self.due(account, lane, campaigns, now, claimer):
            return None  # most looks end here, and need no write transaction
        with self.database.write() as db:
            found = next(iter(self.due(account, lane, campaigns, now, claimer)), None)
            if found is None:
                return None
            lease = now + timedelta(seconds=claimer.lease)
            db.execute(
                "update delivery set owner=?, fence=fence+1, lease_until=?, began_at=coalesce(began_at, ?)"
                " where key=?",
                (claimer.owner, stamp(lease), stamp(now), found.key),
            )
        began = found.began_at or now
        return replace(found, owner=claimer.owner, fence=found.fence + 1, lease_until=lease, began_at=began)

    def due(
        self, account: tuple[str, str], lane: str, campaigns: Collection[str], now: datetime, claimer: Claimer
    ) -> list[Delivery]:
        """The steps of this lane that may be done now, oldest first."""
        sql = f"{_open(campaigns)} and lane=? and platform=? and account=? and at<=? order by due_at, key"
        values = (*_open_values(campaigns, now, claimer), lane, *account, stamp(now))
        rows = self.database.read(sql, values)
        found = [_row(row) for row in rows]
        if lane == RELEASE_LANE and found:
            last = self._last_release(account, now, claimer)
            found = [one for one in found if not _must_space(one, last, now, claimer.spacing)]
        return found

    def next_due(
        self, campaigns: Collection[str], now: datetime, claimer: Claimer, *, begun: bool = False
    ) -> datetime | None:
        """When the next step of any delivery may be done; may be past.

        `begun`: only of those whose time has come, or is to be told to the platform's clock.
        """
        until = stamp(now) if begun else "9999"
        sql = f"{_open(campaigns)} and (due_at<=? or {_TO_HAND_OVER}) order by at limit 200"
        times: list[datetime] = []
        for row in self.database.read(sql, (*_open_values(campaigns, now, claimer), until, stamp(now))):
            found, at = _row(row), surely(row["at"])
            last = (
                self._last_release((found.platform, found.account), now, claimer)
                if row["lane"] == RELEASE_LANE
                else None
            )
            if last is not None and _must_space(found, last, max(at, now), claimer.spacing):
                at = last + timedelta(seconds=claimer.spacing)
            times.append(at)
        chore = self.next_follow_up(now, claimer, discards=not begun)
        times += [chore] if chore else []
        times += [one.until for one in self.holds() if one.until is not None and one.until > now]
        return min(times, default=None)

    def _last_release(self, account: tuple[str, str], now: datetime, claimer: Claimer) -> datetime | None:
        """When the account last showed something new; now, while a release is on its way or its outcome in doubt."""
        far = claimer.far(now)
        sql = (
            "select max(case when state in ('releasing', 'unknown') or lease_until > ? and lease_until <= ?"
            f" and (state='staged' or step='{RELEASE}') then ? else released_at end)"
            " from delivery where platform=? and account=? and coalesce(released_at, '') <= ?"
        )
        return moment(self.database.read(sql, (stamp(now), far, stamp(now), *account, far))[0][0])

    def renew(self, claim: Delivery, until: datetime) -> Delivery:
        """Raises LeaseLost."""
        with self.database.write() as db:
            _guarded(db, claim, {"lease_until": stamp(until)})
        return replace(claim, lease_until=until)

    def move(self, claim: Delivery, decision: Decision, now: datetime, **columns: Any) -> Delivery:
        """One transition under a claim. Entering staging, releasing or handed-over keeps the lease, else it is given back.

        Raises LeaseLost, IllegalTransition.
        """
        stays = decision.state == claim.state
        if not stays:
            _must(claim.state, decision.state)
        entered = (State.STAGING, State.RELEASING, State.HANDED_OVER)
        keeps = decision.state in entered and not stays
        new: dict[str, Any] = {
            "state": decision.state,
            "step": decision.step,
            "reason": decision.reason,
            "why": to_json(decision.why),
            "resume_at": decision.resume_at,
            "updated_at": now,
            **columns,
        }
        if not keeps:
            new |= {"owner": None, "lease_until": None}
        with self.database.write() as db:
            _guarded(db, claim, {name: _column(value) for name, value in new.items()})
            if not stays:
                _log(db, now, claim.key, claim.owner or "", claim.fence, decision, claim.state)
            if decision.state == State.PUBLISHED:
                self._published(db, claim, now)
            row = db.execute("select * from delivery where key=?", (claim.key,)).fetchone()
        return records.delivery(row)

    def _published(self, db: sqlite3.Connection, row: Delivery, now: datetime) -> None:
        """What follows publication; where it was found public, somebody may have done that too.

        So may a ledger of which this one is a copy, with what it handed over.
        """
        copied = row.state == State.HANDED_OVER and (row.began_at or now) < self.created_at()
        found = row.state in (State.PLANNED, State.HELD) or row.step == LOOK_FIRST or copied
        publish_follow_ups(db, row, LOOK if found else DO, now)

    # -- pieces --------------------------------------------------------------------------------------------------

    def add_piece(self, claim: Delivery, piece: Piece, now: datetime) -> Piece:
        """Store a remote id before anything else is sent. Raises LeaseLost."""
        with self.database.write() as db:
            _guarded(db, claim, {"updated_at": stamp(now)})
            number = db.execute(
                "insert into piece (delivery, generation, name, value, at) values (?, ?, ?, ?, ?) returning id",
                (claim.key, claim.generation, piece.name, None if piece.secret else piece.value, stamp(now)),
            ).fetchone()[0]
            if piece.secret:
                db.execute("insert into secret values (?, ?)", (number, piece.value))
        return replace(piece, at=now)

    def pieces(self, key: str, generation: int) -> tuple[Piece, ...]:
        rows = self.database.read(
            "select name, coalesce(piece.value, secret.value) as value, secret.value is not null as secret, at"
            " from piece left join secret on secret.piece=piece.id where delivery=? and generation=? order by id",
            (key, generation),
        )
        return tuple(Piece(r["name"], r["value"], bool(r["secret"]), moment(r["at"])) for r in rows)

    # -- reading -------------------------------------------------------------------------------------------------

    def deliveries(self, campaign: str | None = None) -> list[Delivery]:
        sql = "select * from delivery" + (" where campaign=?" if campaign else "") + " order by due_at, key"
        return [records.delivery(row) for row in self.database.read(sql, (campaign,) if campaign else ())]

    def delivery(self, key: str) -> Delivery | None:
        rows = self.database.read("select * from delivery where key=?", (key,))
        return records.delivery(rows[0]) if rows else None

    def owner_of(self, platform: str, account: str, remote_id: str) -> str | None:
        """The delivery that a public object belongs to."""
        sql = "select key from delivery where platform=? and account=? and remote_id=?"
        rows = self.database.read(sql, (platform, account, remote_id))
        return rows[0]["key"] if rows else None

    def published_as(self, campaign: str, post: str, channel: str) -> str | None:
        """The public object of a post on a channel; of several slots, the newest."""
        rows = self.database.read(
            "select remote_id from delivery where campaign=? and post=? and channel=? and state='published'"
            " and remote_id is not null order by released_at desc limit 1",
            (campaign, post, channel),
        )
        return rows[0]["remote_id"] if rows else None

    def remote_ids(self, delivery: Delivery) -> frozenset[str]:
        """Every public object of this account that belongs to another delivery."""
        sql = "select remote_id from delivery where platform=? and account=? and key<>? and remote_id is not null"
        rows = self.database.read(sql, (delivery.platform, delivery.account, delivery.key))
        return frozenset(row["remote_id"] for row in rows)

    def known_ids(self) -> Collection[str]:
        """Every id of a platform that was ever stored; a delivery may have changed its account since."""
        rows = self.database.read(
            "select value as id from piece where value is not null union select remote_id from delivery"
            " where remote_id is not null union select remote_id from follow_up"
        )
        return {row["id"] for row in rows}

    def taken_back(self, campaigns: Collection[str]) -> bool:
        """Whether something was taken back from a platform's clock that the campaign has not been asked about since."""
        marks = ", ".join("?" * len(campaigns))
        sql = (
            "select 1 from delivery where state='staged' and reason='staged.taken-back' and approval=''"
            f" and campaign in ({marks}) limit 1"
        )
        return bool(self.database.read(sql, tuple(campaigns)))

    def twins(self, delivery: Delivery) -> bool:
        """Whether another delivery of this account says exactly the same."""
        sql = "select 1 from delivery where platform=? and account=? and digest=? and key<>? limit 1"
        values = (delivery.platform, delivery.account, delivery.digest, delivery.key)
        return bool(self.database.read(sql, values))

    def attempts(self, key: str | None = None, limit: int = 1000) -> list[Attempt]:
        where = " where delivery=?" if key else ""
        rows = self.database.read(
            f"select * from (select * from attempt{where} order by id desc limit ?) order by id",
            (key, limit) if key else (limit,),
        )
        return [
            Attempt(
                surely(r["at"]),
                r["delivery"],
                r["who"],
                r["old"],
                r["new"],
                r["step"],
                r["reason"],
                json.loads(r["why"]),
            )
            for r in rows
        ]

    # -- people --------------------------------------------------------------------------------------------------

    def act(self, key: str, decide: Callable[[Delivery], Change], who: str, now: datetime) -> Delivery:
        """A person changes a delivery nobody is working on. Raises what `decide` raises, IllegalTransition, LeaseLost.

        While it is prepared, what does not disturb that may be changed.
        """
        with self.database.write() as db:
            row = _read(db, key)
            change = decide(row)
            disturbs = row.state != State.STAGING or change.state is not None or change.discard
            if row.leased(now) and disturbs:
                raise LeaseLost
            self._change(db, key, change, who, now, now)
            return _read(db, key)

    def discard(self, claim: Delivery, later: datetime) -> None:
        """Have what this claim's generation prepared removed. Raises LeaseLost."""
        with self.database.write() as db:
            _guarded(db, claim, {})
            self._discard(db, claim, later)


# When the next step of an open delivery may be done, and by which lane. What may be public already is looked up whether
# it is approved or not; everything else needs its approval. What a clock that was wrong wrote counts for nothing: a lease
# that ends later than two leases from now, and the waits of a row that was written then. Values: far, far, campaigns.
_STEPS = f"""
select delivery.*, {later_of("base", "coalesce(lease, base)")} as at from (
  select delivery.*,
    case state
      when 'planned' then {later_of("stage_at", "coalesce(resume, stage_at)")}
      when 'staged' then case when staged_digest<>digest then stage_at when step='{HAND_OVER}' then resume
        else due_at end
      when 'waiting' then case step when '{RELEASE}' then {later_of("resume", "due_at")} else resume end
      when 'confirming' then resume when 'unknown' then resume when 'handed-over' then resume
      else begun end as base,
    case when state in ('releasing', 'confirming', 'unknown', 'handed-over') or (state='staged' and staged_digest=digest)
      or (state='waiting' and step='{RELEASE}') then '{RELEASE_LANE}'
      when state='waiting' and looks > 0 then '{POLL_LANE}'
      else '{STAGE_LANE}' end as lane
  from (
    select delivery.*, case when lease_until > ? then null else lease_until end as lease,
      case when wrong then '{LONG_AGO}' else resume_at end as resume,
      case when wrong then '{LONG_AGO}' else updated_at end as begun
    from (select delivery.*, updated_at > ? as wrong from delivery) as delivery
  ) as delivery
  where state in ('staging', 'releasing', 'confirming', 'unknown', 'handed-over')
    or (state in ('planned', 'staged', 'waiting') and approval<>'')
) as delivery"""
_TO_HAND_OVER = (
    f"clock='{PLATFORM}' and stage_at<=? and (state in ('planned', 'staging', 'waiting')"
    f" or step in ('{HAND_OVER}', '{TAKE_BACK}'))"
)
_OWN = frozenset(one.name for one in fields(Delivery))


def _open(campaigns: Collection[str]) -> str:
    """What may be worked on: not on an account that is paused, and begun by nobody while a person keeps it back."""
    marks = ", ".join("?" * len(campaigns))
    begun = ", ".join(f"'{state}'" for state in sorted(BEGINNING))
    return (
        f"select * from ({_STEPS}) as delivery where campaign in ({marks}) and not {PAUSED}"
        f" and (state not in ({begun}) or not {HELD_BACK})"
    )


def _open_values(campaigns: Collection[str], now: datetime, claimer: Claimer) -> tuple[str, ...]:
    far = claimer.far(now)
    return (far, far, *campaigns, stamp(now), far)


def _row(row: sqlite3.Row) -> Delivery:
    return records.delivery({name: row[name] for name in _OWN})


def _must_space(found: Delivery, last: datetime | None, now: datetime, spacing: float) -> bool:
    """Whether this release is a late one that has to keep its distance to the one before on its account: its readers
    see one page, whatever channels and campaigns lead there.
    """
    if found.state not in (State.STAGED, State.WAITING) or last is None:
        return False
    begun = found.began_at is not None and found.due_at <= found.began_at <= found.due_at + LATE
    on_time = now - found.due_at <= (ON_TIME if begun else LATE)
    return not on_time and now < last + timedelta(seconds=spacing)


def _read(db: sqlite3.Connection, key: str) -> Delivery:
    return records.delivery(db.execute("select * from delivery where key=?", (key,)).fetchone())


def _must(old: State, new: State) -> None:
    if not may(old, new):
        raise IllegalTransition(f"{old} -> {new}")


def _column(value: Any) -> Any:
    return stamp(value) if isinstance(value, datetime) else value


def _update(db: sqlite3.Connection, key: str, columns: Mapping[str, Any], now: datetime) -> None:
    columns = {**columns, "updated_at": stamp(now)}
    names = ", ".join(f"{name}=?" for name in columns)
    db.execute(
        f"update delivery set {names} where key=?",
        (*(_column(value) for value in columns.values()), key),
    )


def _guarded(db: sqlite3.Connection, claim: Delivery, columns: Mapping[str, Any]) -> None:
    columns = {"fence": claim.fence, **columns}
    names = ", ".join(f"{name}=?" for name in columns)
    changed = db.execute(
        f"update delivery set {names} where key=? and owner=? and fence=? and state=?",
        (*columns.values(), claim.key, claim.owner, claim.fence, claim.state),
    ).rowcount
    if changed != 1:
        raise LeaseLost


def _log(
    db: sqlite3.Connection, now: datetime, key: str, who: str, fence: int, decision: Decision, old: str
) -> None:
    db.execute(
        "insert into attempt (at, delivery, who, fence, old, new, step, reason, why) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stamp(now),
            key,
            who,
            fence,
            old,
            decision.state,
            decision.step,
            decision.reason,
            to_json(decision.why),
        ),
    )
