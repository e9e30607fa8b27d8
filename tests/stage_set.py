"""Props for tests of the ledger and the delivery: a clock to move, a platform in memory, rows to work on."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from asean_social.decisions import Policy
from asean_social.desk import Desk
from asean_social.errors import OutcomeUnknown, Unavailable
from asean_social.ledger import Ledger
from asean_social.publishers.base import Account, After, Message, Piece, Publisher, Receipt, Wait, piece
from asean_social.records import Change, Claimer, Delivery, freeze
from asean_social.states import State

NOON = datetime(2027, 2, 24, 12, 0, tzinfo=UTC)


class Hands:
    """A clock that moves when it is told to."""

    def __init__(self, start: datetime = NOON) -> None:
        self.moment = start

    def now(self) -> datetime:
        return self.moment

    def pause(self, seconds: float) -> None:
        self.moment += timedelta(seconds=max(seconds, 0.001))

    def interrupt(self) -> None: ...

    def go(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Thing:
    content: str
    public_at: datetime | None = None
    made_at: datetime | None = None


@dataclass
class Platform:
    """What a platform keeps, and the faults it has been told to have, one per request."""

    clock: Hands
    things: dict[str, Thing] = field(default_factory=dict)
    faults: list[str] = field(
        default_factory=list
    )  # "", "kill-before", "kill-after", "cut-after", "refuse", "500"
    sent: list[str] = field(default_factory=list)
    account: str = "1"
    given: int = 0
    comments: list[str] = field(default_factory=list)  # the id of the thing each stands below
    broadcasts: list[str] = field(default_factory=list)
    lag: int = 0  # looks that do not see a comment yet

    def request(self, name: str, effect: object = None, *, visible: bool = False) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        self.sent.append(name)
        if fault == "kill-before":
            raise Killed
        if fault == "refuse":
            raise Unavailable("fake", "publish.unreachable")
        if callable(effect):
            effect()
        if fault == "kill-after":
            raise Killed
        if fault in ("cut-after", "500"):
            raise (OutcomeUnknown if visible else Unavailable)("fake", "publish.no-answer")

    def number(self) -> str:
        """Never one that was given before."""
        self.given += 1
        return str(self.given)

    def public(self, content: str) -> list[Thing]:
        return [one for one in self.things.values() if one.content == content and one.public_at]


class FakePublisher(Publisher):
    platform = "fake"
    kinds = frozenset({"text"})
    follow_ups = frozenset({"first-comment", "broadcast"})
    limits: ClassVar[dict] = {}

    def __init__(self, place: Platform, guard: object = lambda: None) -> None:
        self.place, self.guard = place, guard

    def _ask(self, name: str, effect: object = None, *, visible: bool = False) -> None:
        self.guard()  # type: ignore[operator]
        self.place.request(name, effect, visible=visible)

    def whoami(self) -> Account:
        self._ask("whoami")
        return Account(self.place.account, "Fake")

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        if piece(pieces, "thing") is None:
            number = self.place.number()

            def make() -> None:
                self.place.things[number] = Thing(message.text, made_at=self.place.clock.now())

            self._ask("create", make)
            yield Piece("thing", number)

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        number = piece(pieces, "thing")
        assert number is not None

        def show() -> None:
            thing = self.place.things[number]
            thing.public_at = thing.public_at or self.place.clock.now()

        self._ask("publish", show, visible=True)
        yield from ()

    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        self._ask("read")
        number = piece(pieces, "thing")
        thing = self.place.things.get(number or "")
        if thing is None:
            return Receipt(public=False)
        public = thing.public_at is not None
        return Receipt(public, number or "", f"https://fake.example/{number}", staged=not public)

    def discard(self, pieces: Sequence[Piece]) -> None:
        self._ask("delete")
        self.place.things.pop(piece(pieces, "thing") or "", None)

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        self._ask("list")
        hits = [
            (number, one)
            for number, one in self.place.things.items()
            if number not in known
            and one.content == message.text
            and one.public_at
            and one.public_at >= since
        ]
        if len(hits) > 1:
            raise OutcomeUnknown("fake", "publish.cannot-look-up")
        return Receipt(True, hits[0][0], "https://fake.example/") if hits else None

    def follow(self, after: After, remote_id: str) -> str:
        made = self.place.comments if after.kind == "first-comment" else self.place.broadcasts
        wanted = [remote_id] if after.kind == "first-comment" else list(after.options["articles"])
        self._ask(after.kind, lambda: made.extend(wanted), visible=True)
        return self.place.number()

    def followed(self, after: After, remote_id: str) -> str | None:
        if after.kind == "broadcast":
            raise OutcomeUnknown("fake", "publish.cannot-look-up")
        self._ask("comments")
        if self.place.lag:
            self.place.lag -= 1
            return None
        return "7" if remote_id in self.place.comments else None


class OneStep(FakePublisher):
    """A platform that cannot prepare: releasing creates."""

    repeatable = False

    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        yield from ()

    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        number = self.place.number()

        def make() -> None:
            now = self.place.clock.now()
            self.place.things[number] = Thing(message.text, public_at=now, made_at=now)

        self._ask("publish", make, visible=True)
        yield Piece("thing", number)


class Silent:
    def moved(self, delivery: Delivery, old: State) -> None: ...
    def followed(self, delivery: Delivery, kind: str, end: object) -> None: ...
    def hindered(self, error: object) -> None: ...
    def progress(self, delivery: Delivery, sent: int, size: int) -> None: ...
    def fault(self, delivery: Delivery, error: Exception) -> None:
        raise error


@dataclass
class Office:
    """A ledger on disk, a clock, a platform, and desks to work at it."""

    folder: Path
    clock: Hands = field(default_factory=Hands)
    policy: Policy = field(default_factory=Policy)
    kind: type[FakePublisher] = FakePublisher

    def __post_init__(self) -> None:
        self.place = Platform(self.clock)
        self.ledger = Ledger.open(self.folder / "ledger.db", self.clock.now() - timedelta(days=1))
        self.ledger.put_campaign("c", "campaigns/c.yaml", "C", "Asia/Ho_Chi_Minh", self.clock.now())
        self.stopped = False

    def desk(self, owner: str = "one") -> Desk:
        def opener(platform: str, account: str, guard: object, progress: object) -> Publisher:
            return self.kind(self.place, guard)

        return Desk(
            ledger=self.ledger,
            opener=opener,
            ready=lambda media: media,
            root=self.folder,
            policy=self.policy,
            clock=self.clock,
            claimer=Claimer(owner, self.policy.lease, self.policy.spacing),
            listener=Silent(),
            stopping=lambda: self.stopped,
            jitter=random.Random(1),
        )

    def plan(
        self,
        post: str,
        due_at: datetime,
        *,
        text: str = "",
        approval: str = "dung",
        slot: str = "1",
        after: tuple[After, ...] = (),
    ) -> str:
        """A planned delivery; returns its key."""
        key = f"c/{post}/ch/{slot}"
        columns = self.columns(key, due_at, text or key, approval)
        columns["message"] = freeze(Message(key, "fake", "a", "text", text or key, after=after), self.folder)
        self.apply({key: Change(columns, insert=True)})
        return key

    def apply(self, changes: dict[str, Change], later: datetime | None = None) -> None:
        now = self.clock.now()
        self.ledger.apply("c", lambda _rows: changes, "t", now, later or now)

    def columns(self, key: str, due_at: datetime, text: str, approval: str = "dung") -> dict[str, object]:
        _, post, channel, slot = key.split("/")
        return {
            "campaign": "c",
            "post": post,
            "channel": channel,
            "slot": slot,
            "pillar": "aec",
            "theme": "other",
            "title": post,
            "platform": "fake",
            "account": "a",
            "due_at": due_at,
            "stage_at": due_at - timedelta(hours=2),
            "grace": self.policy.grace,
            "message": freeze(Message(key, "fake", "a", "text", text), self.folder),
            "digest": text,
            "plan_digest": text,
            "approval": approval,
        }

    def row(self, key: str) -> Delivery:
        found = self.ledger.delivery(key)
        assert found is not None
        return found

    def work(self, owner: str = "one") -> None:
        """Everything that is due now, in both lanes."""
        desk = self.desk(owner)
        while sum(desk.work(("fake", "a"), lane, {"c"}) for lane in ("release", "poll", "stage")):
            pass
        while desk.follow_up():
            pass

    def settle(self, key: str, hours: float = 12) -> Delivery:
        """Let time pass and work until nothing more happens by itself."""
        end = self.clock.now() + timedelta(hours=hours)
        while self.clock.now() < end:
            self.work()
            upcoming = self.ledger.next_due({"c"}, self.clock.now(), self.desk().claimer)
            if upcoming is None or upcoming > end:
                break
            self.clock.moment = max(upcoming, self.clock.now() + timedelta(milliseconds=1))
        return self.row(key)
