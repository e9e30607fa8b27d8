"""The book of holds: accounts the program pauses, and what people keep back.

A pause (token dead, platform throttles) stops every request of its account, and the program lifts it. A person's hold
lets nothing begin, of what is known now and of what is added later, until that person or another lifts it; what is
being released already goes to its end.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from asean_social.database import Database, moment, stamp
from asean_social.decisions import TAKE_BACK
from asean_social.records import WRONG, Hold, surely, to_json
from asean_social.states import BEGINNING, State

ALL, ACCOUNT, CHANNEL, KEY = (
    "all",
    "account",
    "channel",
    "key",
)  # scopes; a key may be a leading part: a campaign, a post

# SQL, beside a `delivery` row. A pause by a clock that was wrong (since later than `far`) counts for nothing.
# Values: now, far.
PAUSED = (
    "exists (select 1 from hold where scope='account' and value=delivery.platform || '/' || delivery.account"
    " and lifted_at is null and who='' and (until is null or until > ?) and since <= ?)"
)
_COVERS = (
    "(hold.scope='all' or hold.scope='channel' and hold.value=delivery.channel"
    " or hold.scope='account' and hold.value=delivery.platform || '/' || delivery.account"
    " or hold.scope='key' and substr(delivery.key || '/', 1, length(hold.value) + 1)=hold.value || '/')"
)
HELD_BACK = f"exists (select 1 from hold where lifted_at is null and who<>'' and {_COVERS})"


class Holds:
    database: Database

    def holds(self) -> list[Hold]:
        return [_hold(row) for row in self.database.read(f"{_HOLDS} order by id")]

    # -- of the program ------------------------------------------------------------------------------------------

    def pause(
        self, account: str, reason: str, why: Mapping[str, Any], now: datetime, until: datetime | None = None
    ) -> None:
        """Send nothing for this account until it is lifted, or until then. A pause without end, or that ends later,
        stays.
        """
        with self.database.write() as db:
            db.execute(
                "insert into hold (scope, value, reason, why, since, until) values ('account', ?, ?, ?, ?, ?)"
                " on conflict (scope, value) where lifted_at is null and who='' do update set"
                " reason=excluded.reason, why=excluded.why, since=excluded.since, until=excluded.until"
                " where hold.until is not null and (excluded.until is null or excluded.until > hold.until)"
                " or hold.since > ?",
                (
                    account,
                    reason,
                    to_json(why),
                    stamp(now),
                    stamp(until) if until else None,
                    stamp(now + WRONG),
                ),
            )

    def lift(self, account: str, now: datetime) -> None:
        with self.database.write() as db:
            db.execute(
                "update hold set lifted_at=? where scope='account' and value=? and lifted_at is null and who=''",
                (stamp(now), account),
            )

    # -- of people -----------------------------------------------------------------------------------------------

    def hold(self, scope: str, value: str, who: str, reason: str, now: datetime) -> None:
        """Let nothing of it begin. Set again, the newest reason counts.

        A runner that has taken one in hand but begun nothing yet loses its claim, so that none slips through.
        """
        with self.database.write() as db:
            db.execute(
                "insert into hold (scope, value, reason, why, since, who) values (?, ?, 'hold.by-person', ?, ?, ?)"
                " on conflict (scope, value) where lifted_at is null and who<>'' do update set"
                " why=excluded.why, since=excluded.since, who=excluded.who",
                (scope, value, to_json({"by_reason": reason}), stamp(now), who),
            )
            db.execute(
                "update delivery set owner=null, lease_until=null, fence=fence+1 where owner is not null"
                f" and state in ('planned', 'staged', 'waiting') and {HELD_BACK}"
            )
            _log(db, scope, value, who, "hold.by-person", reason, now)

    def take_back_held(self, now: datetime) -> None:
        """What a person keeps back is taken back from the platform's clock too, if its hour has not come."""
        with self.database.write() as db:
            db.execute(
                f"update delivery set step='{TAKE_BACK}', resume_at=?, tries=0 where state='handed-over'"
                f" and step<>'{TAKE_BACK}' and due_at>? and owner is null and {HELD_BACK}",
                (stamp(now), stamp(now)),
            )

    def resume(self, scope: str, value: str, who: str, reason: str, now: datetime) -> bool:
        """Lift exactly this hold of a person; False when there is none."""
        with self.database.write() as db:
            lifted = db.execute(
                "update hold set lifted_at=? where scope=? and value=? and lifted_at is null and who<>''",
                (stamp(now), scope, value),
            ).rowcount
            if lifted:
                _log(db, scope, value, who, "resume.by-person", reason, now)
        return bool(lifted)

    def covered(self, states: Collection[State] = BEGINNING) -> dict[str, Hold]:
        """By delivery key, the newest hold of a person on each in these states: by default what is kept back by it."""
        sql = (
            f"select delivery.key as delivery_key, hold.* from delivery join hold on {_COVERS}"
            f" where lifted_at is null and who<>'' and state in ({', '.join('?' * len(states))}) order by hold.id"
        )
        return {row["delivery_key"]: _hold(row) for row in self.database.read(sql, tuple(states))}


_HOLDS = "select * from hold where lifted_at is null"


def name_of(scope: str, value: str) -> str:
    """As it is written behind `hold` and `resume`."""
    if scope == KEY:
        return value if "/" in value else f"--campaign {value}"
    return f"--{scope} {value}".strip()


def _hold(row: sqlite3.Row) -> Hold:
    return Hold(
        row["value"],
        row["reason"],
        json.loads(row["why"]),
        surely(row["since"]),
        moment(row["until"]),
        row["scope"],
        row["who"],
    )


def _log(
    db: sqlite3.Connection, scope: str, value: str, who: str, code: str, reason: str, now: datetime
) -> None:
    db.execute(
        "insert into attempt (at, delivery, who, fence, old, new, step, reason, why)"
        " values (?, ?, ?, 0, '', '', '', ?, ?)",
        (stamp(now), name_of(scope, value), who, code, to_json({"by_reason": reason})),
    )
