"""A rule-based machine: campaigns edited, runners crashing anywhere, people acting, the transition table walked and broken.

Whatever happens: at most one public object per delivery, never before its time, never without approval, and in the end
nothing is stuck without a reason.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from stage_set import Killed, Office, OneStep

from asean_social import acts, sync
from asean_social.holds import ALL, CHANNEL, KEY
from asean_social.ledger import IllegalTransition, LeaseLost
from asean_social.records import RELEASE_LANE, STAGE_LANE, Change
from asean_social.states import BEGINNING, DONE, State, may

FAULTS = st.sampled_from(["", "", "", "", "kill-before", "kill-after", "cut-after", "refuse", "500"])
POSTS = st.integers(0, 3)


@dataclass
class Wish:
    """What the campaign file says of a post."""

    text: str
    due_at: datetime
    approval: str


class Life(RuleBasedStateMachine):
    kind: type = None

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.office = Office(self.folder, **({"kind": self.kind} if self.kind else {}))
        self.wishes: dict[str, Wish] = {}
        self.said: dict[str, str] = {}  # text -> key
        self.allowed: dict[
            str, datetime
        ] = {}  # text -> the earliest time at which it was ever due and approved
        self.forced: set[str] = set()
        self.kept_back: dict[tuple[str, str], set[str]] = {}  # by hold: what was not public when it was set

    def teardown(self):
        self.office.place.faults = []
        self.resume()
        for _ in range(2):
            self.office.clock.go(seconds=self.office.policy.lease + 1)
            self.sync()
            if self.said:
                self.office.settle(next(iter(self.said.values())))
        for row in self.office.ledger.deliveries():
            assert row.state in DONE or row.state == State.HELD or not row.approval, (
                f"{row.key} is stuck in {row.state}"
            )
            assert row.state != State.HELD or row.reason
        self.one_public_object_each()
        self.office.ledger.close()
        shutil.rmtree(self.folder)

    def sync(self):
        now = self.office.clock.now()
        wanted = {
            key: sync.Wanted(
                self.office.columns(key, wish.due_at, wish.text, wish.approval),
                wish.text,
                wish.due_at,
                self.office.policy.grace,
                lambda _due, by=wish.approval: by,
            )
            for key, wish in self.wishes.items()
        }
        for key, wish in self.wishes.items():
            if wish.approval:
                row = self.office.ledger.delivery(key)
                by_person = row.due_at if row and row.retimed_from else wish.due_at
                earliest = self.allowed.get(wish.text, wish.due_at)
                self.allowed[wish.text] = min(earliest, wish.due_at, by_person)
        later = now + timedelta(seconds=self.office.policy.lease)
        for _ in range(2):
            self.office.ledger.apply("c", lambda rows: sync.changes(rows, wanted, now), "t", now, later)

    @rule(post=POSTS, version=st.integers(1, 2), minutes=st.integers(-150, 200), approved=st.booleans())
    def write(self, post, version, minutes, approved):
        """A post appears, comes back, or is edited, moved, approved or no longer approved."""
        key = f"c/p{post}/ch/1"
        text = f"{key} {version}"
        self.said[text] = key
        due = self.office.clock.now() + timedelta(minutes=minutes)
        self.wishes[key] = Wish(text, due, "dung" if approved else "")
        self.sync()

    @precondition(lambda self: self.wishes)
    @rule(post=POSTS)
    def remove(self, post):
        self.wishes.pop(f"c/p{post}/ch/1", None)
        self.sync()

    @rule(
        faults=st.lists(FAULTS, max_size=6),
        lane=st.sampled_from([STAGE_LANE, RELEASE_LANE]),
        owner=st.sampled_from("ab"),
    )
    def work(self, faults, lane, owner):
        self.office.place.faults = faults
        with suppress(Killed):
            self.office.desk(owner).work(("fake", "a"), lane, {"c"})
        self.office.place.faults = []

    @rule()
    def stop_in_the_middle(self):
        desk = self.office.desk("c")
        self.office.stopped = True
        desk.work(("fake", "a"), RELEASE_LANE, {"c"})
        desk.work(("fake", "a"), STAGE_LANE, {"c"})
        self.office.stopped = False

    @rule(seconds=st.sampled_from([1, 6, 31, 121, 400, 3600]))
    def time_passes(self, seconds):
        self.office.clock.go(seconds=seconds)

    @rule(post=POSTS)
    def retry(self, post):
        row = self.office.ledger.delivery(f"c/p{post}/ch/1")
        if row is None or row.state != State.HELD:
            return
        now = self.office.clock.now()
        with suppress(LeaseLost):
            self.office.ledger.act(row.key, lambda row: acts.retried(row, "x", now, now), "lan", now)
            self.forced.add(row.key)

    @rule(post=POSTS, new=st.sampled_from(sorted(State)))
    def a_person_asks_for_any_state(self, post, new):
        """What the table does not allow is refused; of what it allows, a person may skip."""
        row = self.office.ledger.delivery(f"c/p{post}/ch/1")
        if row is None or (may(row.state, new) and new != State.SKIPPED):
            return
        try:
            self.office.ledger.act(
                row.key,
                lambda row: Change(
                    {"step": row.step}, new, "skipped.by-person", discard=new == State.SKIPPED
                ),
                "lan",
                self.office.clock.now(),
            )
        except IllegalTransition:
            assert not may(row.state, new)
        except LeaseLost:
            assert row.leased(self.office.clock.now())
        else:
            assert may(row.state, new)

    @rule(post=POSTS, minutes=st.integers(1, 300))
    def retime(self, post, minutes):
        """A person gives it another time; the file goes on saying its own."""
        row = self.office.ledger.delivery(f"c/p{post}/ch/1")
        now = self.office.clock.now()
        due_at = now + timedelta(minutes=minutes)
        if row is None:
            return
        with suppress(LeaseLost, IllegalTransition):
            row = self.office.ledger.act(row.key, lambda row: acts.retimed(row, due_at, "x", now), "lan", now)
            if row.digest in self.allowed:
                self.allowed[row.digest] = min(self.allowed[row.digest], due_at)

    @rule(name=st.sampled_from([(ALL, ""), (CHANNEL, "ch"), (KEY, "c/p0"), (KEY, "c/p1/ch/1")]))
    def hold(self, name):
        self.office.ledger.hold(*name, "lan", "x", self.office.clock.now())
        shown = {
            key for key in self.office.ledger.covered(BEGINNING | {State.HELD}) if key not in self.shown()
        }
        self.kept_back[name] = shown

    @rule()
    def resume(self):
        while self.kept_back:
            name, _ = self.kept_back.popitem()
            assert self.office.ledger.resume(*name, "lan", "y", self.office.clock.now())

    @invariant()
    def nothing_kept_back_is_shown(self):
        back = set().union(*self.kept_back.values())
        assert not back & set(self.shown())

    def shown(self):
        """How often each delivery is public."""
        counts: dict[str, int] = {}
        for text, key in self.said.items():
            for _ in self.office.place.public(text):
                counts[key] = counts.get(key, 0) + 1
        return counts

    @invariant()
    def one_public_object_each(self):
        shown = self.shown()
        for text in self.said:
            for one in self.office.place.public(text):
                assert text in self.allowed, f"{text} was never approved"
                assert one.public_at >= self.allowed[text], f"{text} is out before its time"
        for key, count in shown.items():
            assert count <= 1 or key in self.forced, f"{key} is public {count} times"
        for row in self.office.ledger.deliveries():
            assert row.state != State.PUBLISHED or shown.get(row.key), (
                f"{row.key} is said to be published and is not"
            )

    @invariant()
    def every_move_in_the_log_is_allowed(self):
        for one in self.office.ledger.attempts():
            assert one.old in ("", one.new) or may(State(one.old), State(one.new)), (one.old, one.new)


class OneStepLife(Life):
    kind = OneStep


quick = settings(
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "25")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
TestLife = Life.TestCase
TestLife.settings = quick
TestOneStepLife = OneStepLife.TestCase
TestOneStepLife.settings = quick
