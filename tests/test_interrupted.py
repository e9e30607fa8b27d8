"""A moved hour, a stop or a death in the middle, releases that never work, a fault of ours."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rest_props import DUE, HOUR
from stage_set import NOON, FakePublisher, Killed, Office, OneStep, Silent

from asean_social.decisions import Policy
from asean_social.errors import AuthFailed, OutcomeUnknown, Rejected, Unavailable
from asean_social.publishers.base import Piece, Receipt, Wait
from asean_social.records import Change
from asean_social.states import State

# -- a moved hour


class Slowed(FakePublisher):
    """A release that is refused for a while, so that it waits."""

    refusals = 1

    def release(self, message, pieces):
        if type(self).refusals:
            type(self).refusals -= 1
            raise Unavailable("fake", "publish.unreachable")
        yield from super().release(message, pieces)


@pytest.mark.parametrize("kind", [Slowed, FakePublisher])
def test_moved_while_it_waits_for_its_release_it_waits_for_its_new_hour(make, kind):
    from asean_social import sync

    office = make(kind)
    key = office.plan("p", DUE, text="chữ")
    office.work()
    if kind is Slowed:
        office.clock.moment = DUE
        office.work()
        assert (office.row(key).state, office.row(key).step) == (State.WAITING, "release")
    new = DUE + timedelta(hours=5)
    want = sync.Wanted(office.columns(key, new, "chữ"), "chữ", new, office.policy.grace, lambda _due: "dung")
    office.ledger.apply("c", lambda rows: sync.changes(rows, {key: want}, office.clock.now()), "t", DUE, DUE)

    while office.clock.now() < new - timedelta(seconds=1):
        office.work()
        office.clock.go(minutes=29, seconds=59)
    office.clock.moment = new - timedelta(seconds=1)
    office.work()
    assert office.place.public("chữ") == []

    office.clock.moment = new
    office.work()
    assert [one.public_at for one in office.place.public("chữ")] == [new]
    assert office.row(key).state == State.PUBLISHED


# -- a stop, and a death, between the release and the look at it


class StoppedAfter(FakePublisher):
    office: Office

    def release(self, message, pieces):
        yield from super().release(message, pieces)
        self.office.stopped = True


@pytest.mark.parametrize("shown", [True, False])
def test_stopped_between_its_release_and_the_look_it_is_looked_up_and_not_repeated(make, shown):
    office = make(StoppedAfter)
    office.kind.office = office
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.place.sent.clear()
    office.desk().work(("fake", "a"), "release", {"c"})

    row = office.row(key)
    assert (row.state, row.step, row.reason) == (State.UNKNOWN, "look-up", "unknown.interrupted")
    assert row.owner is None
    assert office.place.sent == ["publish"]

    office.stopped = False
    if not shown:  # the release had been lost on its way
        office.place.things["1"].public_at = None
    office.kind.release = FakePublisher.release
    office.place.sent.clear()
    office.work()

    assert office.row(key).state == State.PUBLISHED
    assert office.place.sent == (["read"] if shown else ["read", "publish", "read"])


def test_stopped_before_it_looks_it_goes_on_looking_later(make):
    office = make()
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.place.faults = ["cut-after"]
    office.desk().work(("fake", "a"), "release", {"c"})
    before = office.row(key)
    assert before.state == State.UNKNOWN
    office.clock.moment = before.resume_at

    office.stopped = True
    assert office.desk().work(("fake", "a"), "release", {"c"})

    row = office.row(key)
    assert (row.state, row.step, row.reason, row.owner) == (State.UNKNOWN, "look-up", before.reason, None)
    assert office.place.sent.count("read") == 0
    office.stopped = False
    assert office.settle(key).state == State.PUBLISHED
    assert office.place.sent.count("publish") == 1


def test_a_runner_that_died_while_releasing_leaves_a_look_up(make):
    office = make()
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.place.faults = ["kill-after"]
    with pytest.raises(Killed):
        office.work()
    office.clock.go(seconds=office.policy.lease + 1)
    office.place.sent.clear()

    office.work("other")

    assert office.row(key).state == State.PUBLISHED
    assert office.place.sent == ["read"]
    assert "unknown" in [one.new for one in office.ledger.attempts(key)]


# -- releases that never work


class NeverShown(FakePublisher):
    """Takes a release, in one of three ways, and never shows what it released."""

    way = "lost"

    def release(self, message, pieces):
        self._ask("publish")
        if self.way == "lost":
            raise OutcomeUnknown("fake", "publish.no-answer")
        if self.way == "at-work":
            yield Wait(1, "zalo.being-processed")
        if self.way == "half":
            yield Piece("half", "1")
            raise Unavailable("fake", "publish.unreachable")


@pytest.mark.parametrize("way", ["lost", "at-work", "half", "seen-as-done"])
def test_a_release_that_never_works_is_tried_so_often_and_then_a_person_is_asked(make, way):
    office = make(NeverShown, Policy(tries=4, confirm=60, grace=1e7), way=way)
    key = office.plan("p", DUE)

    row = office.settle(key, hours=24 * 30)

    assert (row.state, row.reason, row.step) == (State.HELD, "held.cannot-tell", "look-up")
    releases = [one.old for one in office.ledger.attempts(key)].count("releasing")
    assert releases <= 4
    assert office.place.public(key) == []


def test_a_release_refused_after_something_was_taken_is_held(make):
    def release(self, message, pieces):
        yield Piece("half", "1")
        raise Rejected("fake", "publish.fake-refused")

    office = make(release=release)
    key = office.plan("p", DUE)

    row = office.settle(key)

    assert (row.state, row.reason) == (State.HELD, "publish.fake-refused")


def test_a_token_that_dies_in_the_middle_of_a_release_pauses_and_what_was_taken_goes_on(make):
    def release(self, message, pieces):
        if not any(one.name == "half" for one in pieces):
            yield Piece("half", "1")
            raise AuthFailed("fake", "publish.token-dead")
        yield from FakePublisher.release(self, message, pieces)

    office = make(release=release)
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.work()

    assert (office.row(key).state, office.row(key).step) == (State.CONFIRMING, "finish")
    assert [one.value for one in office.ledger.holds()] == ["fake/a"]
    office.ledger.lift("fake/a", office.clock.now())
    assert office.settle(key).state == State.PUBLISHED
    assert [one.name for one in office.ledger.pieces(key, 1)].count("half") == 1


def test_accepted_once_and_never_shown_it_is_not_called_merely_late(make):
    office = make(NeverShown, Policy(confirm=60, grace=600, tries=99), way="at-work")
    key = office.plan("p", DUE)

    row = office.settle(key, hours=48)

    assert (row.state, row.reason, row.step) == (State.HELD, "held.cannot-tell", "look-up")


def test_shown_meanwhile_a_waiting_release_is_not_sent(make):
    office = make(Slowed)
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.work()
    assert office.row(key).state == State.WAITING
    office.place.things["1"].public_at = DUE  # somebody did it by hand

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    assert "publish" not in office.place.sent


def test_a_platform_still_at_work_that_cannot_be_asked_is_asked_again(make):
    class Busy(FakePublisher):
        turns = 0

        def release(self, message, pieces):
            type(self).turns += 1
            if type(self).turns == 2:
                raise Unavailable("fake", "publish.unreachable")
            if type(self).turns < 4:
                yield Wait(1, "zalo.being-processed")
                return
            yield from super().release(message, pieces)

    office = make(Busy)
    key = office.plan("p", DUE)

    assert office.settle(key).state == State.PUBLISHED
    assert [one.new for one in office.ledger.attempts(key)][-2:] == ["confirming", "published"]


def test_a_look_after_a_release_that_fails_is_no_failure_of_the_release(make):
    office = make()
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.place.faults = ["", "500"]
    office.work()
    assert office.row(key).state == State.CONFIRMING

    assert office.settle(key).state == State.PUBLISHED
    assert office.place.sent.count("publish") == 1


def test_a_token_found_dead_by_the_look_pauses_the_account(make):
    def status(self, message, pieces):
        if self.place.clock.now() < DUE + HOUR:
            raise AuthFailed("fake", "publish.token-dead")
        return FakePublisher.status(self, message, pieces)

    office = make(status=status)
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.work()

    assert office.row(key).state == State.CONFIRMING
    assert [one.value for one in office.ledger.holds()] == ["fake/a"]
    office.clock.moment = DUE + HOUR
    office.ledger.lift("fake/a", office.clock.now())
    assert office.settle(key).state == State.PUBLISHED
    assert office.place.sent.count("publish") == 1


# -- a fault of ours


class Listening(Silent):
    def __init__(self):
        self.faults = []

    def fault(self, delivery, error):
        self.faults.append((delivery.key, type(error)))


def listening(office):
    return replace(office.desk(), listener=Listening())


class Poisoned(FakePublisher):
    """One post makes our own code fall over, at the named step."""

    step = "stage"

    def _fall(self, message, step):
        if "poison" in message.key and self.step == step:
            raise ZeroDivisionError

    def stage(self, message, pieces):
        self._fall(message, "stage")
        yield from super().stage(message, pieces)

    def release(self, message, pieces):
        self._fall(message, "release")
        yield from super().release(message, pieces)
        self._fall(message, "after-release")

    def status(self, message, pieces):
        self._fall(message, "look")
        return super().status(message, pieces)

    def find(self, message, pieces, since, known=()):
        self._fall(message, "find")
        return super().find(message, pieces, since, known)


def run_all(office):
    desk = listening(office)
    for _ in range(60):
        worked = [desk.work(("fake", "a"), lane, {"c"}) for lane in ("release", "poll", "stage")]
        if not any(worked):
            upcoming = office.ledger.next_due({"c"}, office.clock.now(), desk.claimer)
            if upcoming is None:
                return desk.listener.faults
            office.clock.moment = max(upcoming, office.clock.now())
    raise AssertionError("it did not come to rest")


@pytest.mark.parametrize(("step", "left"), [("stage", "stage"), ("find", "look-first")])
def test_a_fault_before_anything_was_sent_is_held_and_the_others_go_on(make, step, left):
    office = make(Poisoned, step=step)
    poison = office.plan("poison", NOON - timedelta(minutes=1))
    healthy = [office.plan(f"p{number}", DUE) for number in range(3)]

    faults = run_all(office)

    assert faults == [(poison, ZeroDivisionError)]
    row = office.row(poison)
    assert (row.state, row.reason, row.step) == (State.HELD, "held.fault", left)
    assert row.why == {"kind": "ZeroDivisionError"}
    assert {office.row(key).state for key in healthy} == {State.PUBLISHED}
    assert office.place.public(poison) == []


@pytest.mark.parametrize("step", ["release", "after-release", "look"])
def test_a_fault_where_it_may_be_public_is_looked_up_and_never_released_blindly(make, step):
    office = make(Poisoned, Policy(tries=3), step=step)
    poison, healthy = office.plan("poison", DUE), office.plan("healthy", DUE)

    faults = run_all(office)

    row = office.row(poison)
    assert faults
    assert office.row(healthy).state == State.PUBLISHED
    assert office.place.sent.count("publish") == {"release": 1, "after-release": 2, "look": 2}[step]
    if step == "after-release":
        assert row.state == State.PUBLISHED
    else:
        assert (row.state, row.step) == (State.HELD, "look-up")
    assert len(faults) <= 4


# -- ours, and the same


def test_a_public_object_belongs_to_one_delivery_only(make):
    office = make()
    first = office.plan("old-name", NOON - timedelta(minutes=2), text="chào")
    office.settle(first, hours=1)
    office.apply({})
    office.clock.moment = NOON + timedelta(minutes=1)
    renamed = office.plan("new-name", NOON - timedelta(minutes=2), text="chào")

    row = office.settle(renamed, hours=1)

    assert (row.state, row.reason) == (State.HELD, "held.same-content")
    assert row.why["key"] == first
    assert len(office.place.public("chào")) == 1


def test_what_was_left_half_done_and_then_left_the_campaign_is_put_back(make):
    office = make()
    key = office.plan("p", DUE)
    office.place.faults = ["kill-after"]
    with pytest.raises(Killed):
        office.work()
    office.apply({key: Change({"approval": ""})})
    office.clock.go(seconds=office.policy.lease + 1)
    office.place.sent.clear()

    office.work("other")

    assert (office.row(key).state, office.row(key).reason) == (State.PLANNED, "planned.edited")
    assert office.place.sent == []


def test_a_wait_never_outlasts_the_hour_itself(make):
    office = make(policy=Policy(backoff=3000, backoff_most=3600))
    key = office.plan("p", NOON + timedelta(minutes=10))
    office.place.faults = ["refuse"]
    office.work()

    assert office.row(key).resume_at == NOON + timedelta(minutes=10)
    assert office.settle(key).state == State.PUBLISHED


def test_a_release_that_is_no_longer_wanted_in_time_is_late(make):
    office = make(OneStep, Policy(grace=60))
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE + timedelta(seconds=61)

    office.work()

    assert (office.row(key).state, office.row(key).reason) == (State.HELD, "held.late")
    assert office.place.sent == []


def test_a_look_that_finds_nothing_but_is_blind_asks_again(make):
    class Blind(FakePublisher):
        looks = 0

        def status(self, message, pieces):
            type(self).looks += 1
            return Receipt(public=False) if type(self).looks < 3 else super().status(message, pieces)

    office = make(Blind, Policy(confirm=1))
    key = office.plan("p", DUE)

    assert office.settle(key).state == State.PUBLISHED
    assert office.place.sent.count("publish") == 1
