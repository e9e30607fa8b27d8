"""Access tokens that rotate: kept in the ledger, refreshed by one process at a time.

The order is what keeps an account alive: "refresh started" is stored before the call, the new pair before it is used.
A refresh token may work only once (Zalo), so whoever comes second reads what the first one stored. The ledger keeps a
fingerprint of the pair its chain began with: a newly pasted pair has another one, wins, and begins a new chain.
"""

import hashlib
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from asean_social.clock import Clock
from asean_social.database import Database, moment, stamp
from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, Unavailable
from asean_social.publishers.base import TokenPair

IDLE_MOST = timedelta(days=7)
# A refresh token dies so long after it was last used (https://developers.zalo.me/docs/official-account;
# https://developers.google.com/identity/protocols/oauth2, read 2026-11-23).
UNUSED_LIFE = {"zalo": timedelta(days=90), "youtube": timedelta(days=180)}
LOST_MOST = 2  # the same refresh token is tried once more after a lost answer, never again

Refresh = Callable[[str], TokenPair]


@dataclass(frozen=True, slots=True)
class _Row:
    access: str
    refresh: str
    stored_at: datetime
    expires_at: datetime | None
    refresh_owner: str | None
    refresh_until: datetime | None
    lost: int


def renewed_at(database: Database, platform: str, name: str) -> datetime | None:
    """When the account's pair of tokens was last renewed, or first stored; None where none is kept."""
    rows = database.read("select stored_at from token where account=?", (f"{platform}/{name}",))
    return moment(rows[0]["stored_at"]) if rows else None


class StaticToken:
    """A token that does not rotate (a Facebook Page token)."""

    def __init__(self, platform: str, token: str) -> None:
        self._platform, self._token = platform, token

    def current(self) -> str:
        return self._token

    def renew(self, refused: str) -> str:
        del refused
        raise AuthFailed(self._platform, "publish.token-dead")


class RotatingTokens:
    """`early`: how long before its end an access token is replaced. `pasted_at`: when the configured pair was read.
    `lease`: for how long a refresh is one process's alone; longer than the time-outs of its call.
    """

    def __init__(
        self,
        database: Database,
        platform: str,
        name: str,
        pasted: tuple[str, str],
        refresh: Refresh,
        clock: Clock,
        owner: str,
        early: timedelta,
        pasted_at: datetime,
        lease: timedelta,
    ) -> None:
        self._database, self._clock, self._refresh_call = database, clock, refresh
        self._platform, self._account, self._pasted = platform, f"{platform}/{name}", pasted
        self._pasted_at, self._lease = pasted_at, lease
        self._owner, self._early = (
            f"{owner}/{uuid.uuid4().hex[:8]}",
            early,
        )  # two lanes of one process are two

    def current(self) -> str:
        row = self._row()
        fresh = row.expires_at is None or row.expires_at - self._early > self._clock.now()
        return row.access if row.access and fresh else self._replace(row.access)

    def renew(self, refused: str) -> str:
        row = self._row()
        return row.access if row.access and row.access != refused else self._replace(refused)

    def keep_alive(self) -> None:
        """Renew a pair that nobody used for a week, so that its chain does not die. Raises PublishError."""
        row = self._row()
        if row.stored_at + IDLE_MOST < self._clock.now():
            self._replace(row.access)

    def _row(self) -> _Row:
        chain = hashlib.sha256("\0".join(self._pasted).encode()).hexdigest()
        rows = self._database.read("select * from token where account=?", (self._account,))
        if not rows or self._is_newer(chain, rows[0]):
            with self._database.write() as db:
                db.execute(
                    "insert into token (account, chain, access, refresh, stored_at) values (?, ?, ?, ?, ?)"
                    " on conflict (account) do update set chain=excluded.chain, access=excluded.access,"
                    " refresh=excluded.refresh, stored_at=excluded.stored_at, expires_at=null,"
                    " refresh_owner=null, refresh_until=null, lost=0 where token.chain<>excluded.chain",
                    (self._account, chain, *self._pasted, stamp(self._clock.now())),
                )
            rows = self._database.read("select * from token where account=?", (self._account,))
        return _row(rows[0])

    def _is_newer(self, chain: str, row: sqlite3.Row) -> bool:
        """Whether the configured pair was pasted after what the ledger holds: it begins a new chain.

        Stored after this process read its credentials, the ledger's is the newer one.
        """
        return bool(row["chain"] != chain) and datetime.fromisoformat(row["stored_at"]) <= self._pasted_at

    def _replace(self, refused: str) -> str:
        row = self._begin(refused)
        if row.access != refused and row.access:
            return row.access  # another process was faster
        try:
            pair = self._refresh_call(row.refresh)
        except OutcomeUnknown as error:
            self._end(lost=row.lost + 1)
            if row.lost + 1 >= LOST_MOST:
                raise self._reconnect(error) from error
            raise Unavailable(self._platform, "token.answer-lost", error.detail) from error
        except AuthFailed as error:
            self._end(lost=row.lost)
            with suppress(_Unchanged):
                return self._stored_by_another(row)
            raise self._reconnect(error) from error
        except BaseException:  # also the guard's stop signal: it came before anything was sent
            self._end(lost=row.lost)
            raise
        return pair.access if self._store(pair) else self._row().access

    def _begin(self, refused: str) -> _Row:
        now = self._clock.now()
        with self._database.write() as db:
            row = self._read(db)
            if row.access and row.access != refused:
                return row
            # until later than that: written by a clock that was wrong
            leased = row.refresh_until is not None and now < row.refresh_until <= now + 2 * self._lease
            if leased and row.refresh_owner != self._owner:
                raise Unavailable(self._platform, "token.being-refreshed")
            # left unfinished by a process that died: its answer is lost
            lost = row.lost + (row.refresh_owner is not None)
            if lost >= LOST_MOST:
                raise AuthFailed(self._platform, "token.reconnect", account=self._account)
            db.execute(
                "update token set refresh_owner=?, refresh_until=?, lost=? where account=?",
                (self._owner, stamp(now + self._lease), lost, self._account),
            )
            return replace(row, refresh_owner=self._owner, refresh_until=now, lost=lost)

    def _end(self, lost: int) -> None:
        with self._database.write() as db:
            db.execute(
                "update token set refresh_owner=null, refresh_until=null, lost=? where account=? and refresh_owner=?",
                (lost, self._account, self._owner),
            )

    def _store(self, pair: TokenPair) -> bool:
        """False when the chain was replaced meanwhile."""
        now = self._clock.now()
        ends = now + timedelta(seconds=pair.expires_in)
        with self._database.write() as db:
            changed = db.execute(
                "update token set access=?, refresh=?, stored_at=?, expires_at=?, refresh_owner=null,"
                " refresh_until=null, lost=0 where account=? and refresh_owner=?",
                (pair.access, pair.refresh, stamp(now), stamp(ends), self._account, self._owner),
            ).rowcount
        return changed == 1

    def _stored_by_another(self, before: _Row) -> str:
        with self._database.write() as db:
            row = self._read(db)
        if row.refresh == before.refresh:
            raise _Unchanged
        return row.access

    def _read(self, db: sqlite3.Connection) -> _Row:
        return _row(db.execute("select * from token where account=?", (self._account,)).fetchone())

    def _reconnect(self, error: PublishError) -> AuthFailed:
        return AuthFailed(self._platform, "token.reconnect", error.detail, account=self._account)


class _Unchanged(Exception):
    pass


def _row(row: sqlite3.Row) -> _Row:
    return _Row(
        row["access"],
        row["refresh"],
        datetime.fromisoformat(row["stored_at"]),
        moment(row["expires_at"]),
        row["refresh_owner"],
        moment(row["refresh_until"]),
        row["lost"],
    )
