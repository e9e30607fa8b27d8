"""A rule-based machine moves deliveries at random, crashes anywhere, and walks and breaks the transition table."""

import os
import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from stage_set import Killed, Office, OneStep

from asean_social.decisions import Decision
from asean_social.ledger import IllegalTransition, LeaseLost
from asean_social.records import RELEASE_LANE, STAGE_LANE, Change
from asean_social.states import DONE, IN_FLIGHT, State, may

FAULTS = st.sampled_from(["", "", "", "", "kill-before", "kill-after", "cut-after", "refuse", "500"])


class Life(RuleBasedStateMachine):
    keys = Bundle("keys")
    kind: type = None

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.office = Office(self.folder, **({"kind": self.kind} if self.kind else {}))
        self.texts: dict[str, set[str]] = {}

    def teardown(self):
        self.office.place.faults = []
        self.office.clock.go(seconds=self.office.policy.lease + 1)
        if self.texts:
            self.office.settle(next(iter(self.texts)))
        for key in self.texts:
            row = self.office.row(key)
            assert row.state in DONE or row.reason or not row.approval, f"{key} is stuck in {row.state}"
        self.one_public_object_each()
        self.office.ledger.close()
        shutil.rmtree(self.folder)

    @rule(target=keys, post=st.integers(0, 5), minutes=st.integers(-200, 300), approved=st.booleans())
    def plan(self, post, minutes, approved):
        key = f"c/p{post}/ch/1"
        if key not in self.texts:
            due = self.office.clock.now() + timedelta(minutes=minutes)
            self.office.plan(f"p{post}", due, approval="dung" if approved else "")
            self.texts[key] = {key}
        return key

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

    @rule(seconds=st.sampled_from([1, 6, 31, 121, 400, 3600]))
    def time_passes(self, seconds):
        self.office.clock.go(seconds=seconds)

    @rule(key=keys, version=st.integers(1, 3))
    def edit(self, key, version):
        row = self.office.row(key)
        if row.state in IN_FLIGHT | DONE or row.state == State.HELD or row.leased(self.office.clock.now()):
            return
        text = f"{key} {version}"
        self.texts[key].add(text)
        columns = self.office.columns(key, row.due_at, text)
        if text != row.digest:
            more = (
                {"step": "stage", "resume_at": self.office.clock.now()} if row.state == State.WAITING else {}
            )
            change = Change(columns | more, discard=True)
            later = self.office.clock.now() + timedelta(seconds=self.office.policy.lease)
            self.office.apply({key: change}, later)

    @rule(key=keys, new=st.sampled_from(sorted(State)))
    def a_person_asks_for_any_state(self, key, new):
        """What the table does not allow is refused; what it allows for a person is done."""
        row = self.office.row(key)
        allowed = may(row.state, new)
        if allowed and new not in (State.HELD, State.SKIPPED):
            return  # the other moves are the runner's, not a person's
        decision = Decision(new, row.step, "held.by-person" if new == State.HELD else "skipped.by-person")
        try:
            self.office.ledger.act(key, decision, "lan", self.office.clock.now())
        except IllegalTransition:
            assert not allowed
        except LeaseLost:
            assert row.leased(self.office.clock.now())
        else:
            assert allowed

    @invariant()
    def one_public_object_each(self):
        if not hasattr(self, "office"):
            return
        for key, texts in self.texts.items():
            shown = [one for text in texts for one in self.office.place.public(text)]
            assert len(shown) <= 1, f"{key} is public {len(shown)} times"
            if self.office.row(key).state == State.PUBLISHED:
                assert len(shown) == 1, f"{key} is said to be published and is not"

    @invariant()
    def every_move_in_the_log_is_allowed(self):
        if not hasattr(self, "office"):
            return
        for one in self.office.ledger.attempts():
            assert one.old == "" or may(State(one.old), State(one.new)), (one.old, one.new)


class OneStepLife(Life):
    kind = OneStep


quick = settings(
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "25")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
TestLife = Life.TestCase
TestLife.settings = quick
TestOneStepLife = OneStepLife.TestCase
TestOneStepLife.settings = quick
