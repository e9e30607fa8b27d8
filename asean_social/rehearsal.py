"""What the fact sheets leave open is tried on the account itself, with an object of our own that is removed again.

A hidden rehearsal makes it unseen, reads it and removes it. A release rehearsal also shows it for some seconds. Every
step is in the ledger before its request is sent, so that after a kill the next one knows what may be on the account;
its text is unlike any other, so that it is found even where its id was lost.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from asean_social.clock import Clock
from asean_social.database import Database, moment, stamp
from asean_social.decisions import SKEW, Policy, poll_wait
from asean_social.errors import OutcomeUnknown, Problem, PublishError, Rejected, Severity
from asean_social.publishers.base import Message, Piece, Publisher, Receipt, Wait

HIDDEN, RELEASE = "hidden", "release"
WORKS, REFUTED = "works", "refuted"
STAGING, RELEASING, SHOWN, REMOVING, LEFT = "staging", "releasing", "shown", "removing", "left"
MARKER = "Bài thử của phần mềm, được xóa ngay. A test, removed at once. (asean-social {code})"
PATIENCE = timedelta(minutes=5)  # with a platform that works on what it was given
APART = timedelta(seconds=2)  # times that platforms tell in whole seconds can be told apart


@dataclass(frozen=True, slots=True)
class Rehearsal:
    number: int
    account: str  # platform/name
    kind: str
    marker: str
    began_at: datetime
    touched_at: datetime
    step: str
    pieces: tuple[Piece, ...]


class Book:
    """The rehearsals in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, account: str, kind: str, marker: str, now: datetime) -> Rehearsal:
        at = stamp(now)
        with self._database.write() as db:
            number = db.execute(
                "insert into rehearsal (account, kind, marker, began_at, touched_at, step)"
                " values (?, ?, ?, ?, ?, ?) returning id",
                (account, kind, marker, at, at, STAGING),
            ).fetchone()[0]
        return Rehearsal(number, account, kind, marker, now, now, STAGING, ())

    def keep(self, one: Rehearsal, now: datetime) -> None:
        """Its step and pieces, before the next request."""
        pieces = json.dumps([[piece.name, piece.value] for piece in one.pieces])
        with self._database.write() as db:
            db.execute(
                "update rehearsal set step=?, pieces=?, touched_at=? where id=?",
                (one.step, pieces, stamp(now), one.number),
            )

    def judge(self, one: Rehearsal, verdict: str, reason: str) -> None:
        with self._database.write() as db:
            db.execute("update rehearsal set verdict=?, reason=? where id=?", (verdict, reason, one.number))

    def end(self, one: Rehearsal, now: datetime) -> None:
        with self._database.write() as db:
            db.execute("update rehearsal set ended_at=? where id=?", (stamp(now), one.number))

    def unfinished(self, account: str) -> list[Rehearsal]:
        """Of which something may be left on the account."""
        rows = self._database.read(
            "select * from rehearsal where account=? and ended_at is null order by id", (account,)
        )
        return [
            Rehearsal(
                row["id"],
                row["account"],
                row["kind"],
                row["marker"],
                datetime.fromisoformat(row["began_at"]),
                datetime.fromisoformat(row["touched_at"]),
                row["step"],
                tuple(Piece(name, value) for name, value in json.loads(row["pieces"])),
            )
            for row in rows
        ]

    def verdict(self, account: str) -> tuple[str, str, datetime | None]:
        """Whether two steps work on this account: verdict ("" is unproven), message code, and since when it is known.

        The newest rehearsal counts; a post that was published in two steps proves it as well.
        """
        rows = self._database.read(
            "select verdict, reason, began_at from rehearsal where account=? and verdict<>''"
            " and (kind=? or verdict=?) order by id desc limit 1",
            (account, RELEASE, REFUTED),
        )
        if rows:
            return rows[0]["verdict"], rows[0]["reason"], moment(rows[0]["began_at"])
        # prepared in two steps, its post was there before it was released
        published = self._database.read(
            "select max(released_at) as at from delivery where platform || '/' || account=? and state='published'"
            " and exists (select 1 from piece where piece.delivery=delivery.key and name='post' and"
            " piece.generation=delivery.generation and piece.at < (select min(at) from attempt"
            " where attempt.delivery=delivery.key and attempt.new='releasing'))",
            (account,),
        )
        at = moment(published[0]["at"])
        return (WORKS, "rehearsal.published", at) if at else ("", "", None)


def one_step(file: Path) -> frozenset[str]:
    """Facebook accounts set to one step. The file is read as it stands: to load every secret takes `status` too long."""
    with suppress(OSError, ValueError):
        pages = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("facebook")
        tables = pages.items() if isinstance(pages, dict) else ()
        return frozenset(
            f"facebook/{name}"
            for name, table in tables
            if isinstance(table, dict) and table.get("release") == "one-step"
        )
    return frozenset()


Step = Callable[[Message, Sequence[Piece]], Iterator[Piece | Wait]]


@dataclass
class Rehearser:
    """Of one account."""

    publisher: Publisher
    account: str  # platform/name
    book: Book
    policy: Policy
    clock: Clock
    folder: Path  # for files that are sent; removed by whoever gives it

    def run(self, kind: str) -> list[Problem]:
        """What was found. Interrupted, it still tries to remove what it has made."""
        code = uuid4().hex[:12]
        message = self.publisher.rehearsal(MARKER.format(code=code), self.folder)
        if message is None:
            return [Problem("rehearsal.nothing", {}, Severity.NOTE)]
        self._one = self.book.begin(self.account, kind, MARKER.format(code=code), self.clock.now())
        found: list[Problem] = []
        try:
            found += self._tried(message, kind)
        except Rejected as error:
            self.book.judge(self._one, REFUTED, error.code)
            found.append(Problem(error.code, error.values))
        except PublishError as error:
            found.append(Problem(error.code, error.values))
        finally:
            found += self.remove(self._one)
        return found

    def _tried(self, message: Message, kind: str) -> list[Problem]:
        self._drive(self.publisher.stage, message)
        receipt = self.publisher.status(message, self._one.pieces)
        since = self._one.began_at - SKEW
        if receipt.public or not receipt.staged or self.publisher.find(message, (), since) is not None:
            return self._judged(REFUTED, "rehearsal.not-hidden")
        if kind == HIDDEN:
            return self._judged(WORKS, "rehearsal.hidden")
        prepared = self.clock.now()
        self.clock.pause(self.policy.poll)
        self._step(RELEASING)
        asked = self.clock.now()
        with suppress(OutcomeUnknown):  # then it is looked up, as in earnest
            self._drive(self.publisher.release, message)
        if not self._public(message):
            return self._judged(REFUTED, "rehearsal.never-public")
        self._step(SHOWN)
        listed = self._listed(message, since)
        return [*self._judged(WORKS, "rehearsal.released"), *_of_list(listed, prepared, asked)]

    def _judged(self, verdict: str, code: str) -> list[Problem]:
        self.book.judge(self._one, verdict, code)
        return [Problem(code, {}, Severity.NOTE if verdict == WORKS else Severity.ERROR)]

    def _drive(self, step: Step, message: Message) -> None:
        """As the runner does; a Wait is waited for here. Raises PublishError."""
        end, looks = self.clock.now() + PATIENCE, 0
        while True:
            waited: Wait | None = None
            for one in step(message, self._one.pieces):
                if isinstance(one, Wait):
                    waited = one
                    break
                self._one = replace(self._one, pieces=(*self._one.pieces, one))
                self.book.keep(self._one, self.clock.now())
            if waited is None:
                return
            if self.clock.now() > end:
                raise OutcomeUnknown(self.publisher.platform, waited.why)
            self.clock.pause(poll_wait(looks, waited.seconds, self.policy).total_seconds())
            looks += 1

    def _step(self, step: str) -> None:
        self._one = replace(self._one, step=step)
        self.book.keep(self._one, self.clock.now())

    def _public(self, message: Message) -> bool:
        for wait in (0.0, *self.policy.lookup_waits[:3]):
            self.clock.pause(wait)
            if self.publisher.status(message, self._one.pieces).public:
                return True
        return False

    def _listed(self, message: Message, since: datetime) -> Receipt | None:
        for wait in (0.0, *self.policy.lookup_waits[:3]):
            self.clock.pause(wait)
            if found := self.publisher.find(message, (), since):
                return found
        return None

    # -- what is left of one

    def left(self, one: Rehearsal) -> Problem | None:
        """What an earlier rehearsal may have left, asked of the account. Raises PublishError."""
        lease = timedelta(seconds=self.policy.lease)
        if one.step != LEFT and self.clock.now() - one.touched_at < lease:
            return Problem("rehearsal.under-way", {"began": one.began_at}, Severity.NOTE)
        receipt = self._there(one)
        if receipt is None:
            self.book.end(one, self.clock.now())
            return None
        values = {"began": one.began_at, "url": receipt.url, "id": receipt.remote_id}
        if receipt.public:
            return Problem("rehearsal.still-public", values)
        return Problem("rehearsal.still-there", values, Severity.WARNING)

    def remove(self, one: Rehearsal) -> list[Problem]:
        """Everything of it, hidden or public; it is ours by its stored id, or by its text. What could not be removed."""
        self.book.keep(replace(one, step=REMOVING), self.clock.now())
        cause: dict[str, Any] = {"cause": "rehearsal.still-shown"}
        try:
            for wait in (0.0, *self.policy.lookup_waits[:3]):  # lists lag behind what is done
                self.clock.pause(wait)
                receipt = self._there(one)
                if receipt is None:
                    self.book.end(one, self.clock.now())
                    return []
                if receipt.public:
                    self.publisher.withdraw(receipt.remote_id)
                else:
                    self._discard(one)
        except PublishError as error:
            cause = {**error.values, "cause": error.code}
        self.book.keep(replace(one, step=LEFT), self.clock.now())
        return [Problem("rehearsal.not-removed", cause)]

    def _there(self, one: Rehearsal) -> Receipt | None:
        message = self._message(one)
        if one.pieces:
            receipt = self.publisher.status(message, one.pieces)
            if receipt.public or receipt.staged:
                return receipt
        since = one.began_at - SKEW
        for hidden in self.publisher.invisible(since):
            if hidden.shows(message):
                return Receipt(public=False, remote_id=hidden.remote_id, staged=True)
        return self.publisher.find(message, (), since)

    def _discard(self, one: Rehearsal) -> None:
        message = self._message(one)
        if one.pieces:
            self.publisher.discard(one.pieces)
        for hidden in self.publisher.invisible(one.began_at - SKEW):
            if hidden.shows(message):
                self.publisher.erase(hidden)

    def _message(self, one: Rehearsal) -> Message:
        message = self.publisher.rehearsal(one.marker, self.folder)
        assert message is not None
        return message


def _of_list(listed: Receipt | None, prepared: datetime, asked: datetime) -> list[Problem]:
    """Whether the Page's list shows it, and under which time: that of its release, or of its preparation."""
    if listed is None:
        return [Problem("rehearsal.not-listed", {}, Severity.WARNING)]
    early = listed.at is not None and listed.at < prepared + (asked - prepared) / 2
    if early and asked - prepared >= APART:
        return [Problem("rehearsal.dated-early", {}, Severity.WARNING)]
    return []
