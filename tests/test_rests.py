"""Who waits for whom: a throttled account, a platform near its limit, a quota of a day."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_props import DUE, HOUR, plan_on, work
from stage_set import NOON, FakePublisher

from asean_social.errors import AuthFailed, RateLimited
from asean_social.publishers.base import Piece, Wait
from asean_social.publishers.quotas import Quota
from asean_social.states import State

# -- a platform that wants to be left alone


class Throttling(FakePublisher):
    """Refuses the post called `greedy` until it is told otherwise."""

    refusals = 1
    rest_for: float | None = 1800.0
    asked: tuple[str, ...] = ()  # which posts came here, in order

    def _refuse(self, message):
        kind = type(self)
        kind.asked += (message.key.split("/")[1],)
        if "greedy" in message.key and kind.refusals:
            kind.refusals -= 1
            self.guard()
            raise RateLimited("fake", "publish.throttled", retry_after=kind.rest_for)

    def stage(self, message, pieces):
        self._refuse(message)
        yield from super().stage(message, pieces)


def test_one_refused_delivery_makes_its_account_rest_and_no_other(make):
    office = make(Throttling)
    plan_on(office, "a", "greedy")
    plan_on(office, "a", "second")
    plan_on(office, "b", "elsewhere")

    work(office, "a", "b")

    end = NOON + timedelta(minutes=30)
    assert office.kind.asked == ("greedy", "elsewhere")
    [hold] = office.ledger.holds()
    assert (hold.value, hold.reason, hold.until) == ("fake/a", "publish.throttled", end)
    assert office.row("c/second/ch/1").state == State.PLANNED
    assert office.row("c/elsewhere/ch/1").state == State.STAGED

    office.clock.moment = end - timedelta(seconds=1)
    work(office, "a", "b")
    assert office.kind.asked == ("greedy", "elsewhere")

    assert office.ledger.next_due({"c"}, office.clock.now(), office.desk().claimer) == end
    office.clock.moment = end
    work(office, "a", "b")
    assert sorted(office.kind.asked[2:]) == ["greedy", "second"]
    assert {office.row(f"c/{post}/ch/1").state for post in ("greedy", "second")} == {State.STAGED}


class Selective(FakePublisher):
    """The account is well and greets; one post is refused as if it were not."""

    def stage(self, message, pieces):
        if "greedy" in message.key:
            raise AuthFailed("fake", "publish.token-dead")
        yield from super().stage(message, pieces)


def test_an_account_that_works_is_not_stopped_for_ever_by_one_post(make):
    office = make(Selective)
    plan_on(office, "a", "greedy")
    for number in range(office.policy.tries):
        work(office, "a")
        assert (office.row("c/greedy/ch/1").state == State.HELD) == (number == office.policy.tries - 1)
        assert bool(office.ledger.holds()) == (number < office.policy.tries - 1)
        office.ledger.lift("fake/a", office.clock.now())
        office.clock.go(minutes=5)
    assert office.row("c/greedy/ch/1").reason == "publish.token-dead"

    other = plan_on(office, "a", "second")
    work(office, "a")
    assert office.row(other).state == State.PUBLISHED


def test_a_rest_keeps_what_is_due_from_being_released(make):
    office = make(Throttling)
    ready = plan_on(office, "a", "ready", NOON + timedelta(minutes=10))
    other = plan_on(office, "b", "other", NOON + timedelta(minutes=10))
    work(office, "a", "b")
    plan_on(office, "a", "greedy")
    work(office, "a")
    office.clock.moment = NOON + timedelta(minutes=10)

    work(office, "a", "b")

    assert office.row(other).state == State.PUBLISHED
    assert office.row(ready).state == State.STAGED
    assert office.place.public(ready) == []

    assert office.settle(ready).state == State.PUBLISHED
    assert [one.public_at for one in office.place.public(ready)] == [NOON + timedelta(minutes=30)]


def test_a_platform_that_names_no_time_keeps_only_that_delivery_waiting(make):
    office = make(Throttling, rest_for=None)
    greedy = plan_on(office, "a", "greedy")
    second = plan_on(office, "a", "second")

    work(office, "a")

    assert office.ledger.holds() == []
    assert (office.row(greedy).state, office.row(second).state) == (State.WAITING, State.STAGED)


def test_a_shorter_rest_does_not_end_a_longer_one(make):
    office = make()
    long, short = NOON + timedelta(hours=3), NOON + timedelta(minutes=1)

    office.ledger.pause("fake/a", "publish.throttled", {}, NOON, long)
    office.ledger.pause("fake/a", "publish.rest", {}, NOON, short)

    assert [(one.reason, one.until) for one in office.ledger.holds()] == [("publish.throttled", long)]


def test_a_rest_does_not_end_what_a_person_must_mend_and_a_dead_token_outlasts_a_rest(make):
    office = make()
    office.ledger.pause("fake/a", "publish.rest", {}, NOON, NOON + HOUR)
    office.ledger.pause("fake/a", "publish.token-dead", {}, NOON)
    office.ledger.pause("fake/a", "publish.rest", {}, NOON, NOON + HOUR)

    assert [(one.reason, one.until) for one in office.ledger.holds()] == [("publish.token-dead", None)]


def test_a_platform_near_its_limit_rests_after_what_was_sent_is_recorded(make):
    office = make(rest=600.0)
    first, second = office.plan("one", DUE), office.plan("two", DUE)

    office.work()

    assert (office.row(first).state, office.row(second).state) == (State.STAGED, State.PLANNED)
    assert [(one.reason, one.until) for one in office.ledger.holds()] == [
        ("publish.rest", NOON + timedelta(minutes=10))
    ]
    assert office.settle(second).state == State.PUBLISHED


# -- a quota of a day


PACIFIC = {
    # (now, in UTC): when the next day begins at the platform, in UTC; 14:00 and 15:00 in Viet Nam
    datetime(2027, 7, 1, 3, 0, tzinfo=UTC): datetime(2027, 7, 1, 7, 0, tzinfo=UTC),
    datetime(2027, 7, 1, 7, 0, tzinfo=UTC): datetime(2027, 7, 2, 7, 0, tzinfo=UTC),
    datetime(2027, 1, 15, 3, 0, tzinfo=UTC): datetime(2027, 1, 15, 8, 0, tzinfo=UTC),
    datetime(2027, 1, 15, 7, 59, 0, tzinfo=UTC): datetime(2027, 1, 15, 8, 0, tzinfo=UTC),
    # the days on which their clocks change, at 02:00: the one lasts 23 hours, the other 25
    datetime(2027, 3, 14, 8, 30, tzinfo=UTC): datetime(2027, 3, 15, 7, 0, tzinfo=UTC),
    datetime(2027, 11, 7, 7, 30, tzinfo=UTC): datetime(2027, 11, 8, 8, 0, tzinfo=UTC),
    datetime(2027, 11, 7, 9, 30, tzinfo=UTC): datetime(2027, 11, 8, 8, 0, tzinfo=UTC),
}


@pytest.mark.parametrize("now", sorted(PACIFIC))
def test_the_books_of_a_quota_and_the_wait_after_its_refusal_end_at_the_same_midnight(make, now):
    quota = Quota(100, "America/Los_Angeles")
    office = make(refusals=1, quotas={"units": quota})
    office.clock.moment = now
    refused = RateLimited("fake", "youtube.quota", quota="units")

    def stage(self, message, pieces):
        raise refused
        yield

    office.kind.stage = stage
    office.kind.quotas = {}
    key = office.plan("p", now + timedelta(hours=1))
    office.work()

    assert office.row(key).resume_at == PACIFIC[now]
    assert [one.until for one in office.ledger.holds()] == [PACIFIC[now]]
    assert quota.ends(now) == PACIFIC[now]
    assert quota.ends(PACIFIC[now] - timedelta(microseconds=1)) == PACIFIC[now]
    assert quota.period(PACIFIC[now]) == quota.period(PACIFIC[now] - timedelta(microseconds=1)) + timedelta(1)


def test_nothing_new_is_begun_with_a_spent_quota_while_what_was_begun_goes_on(make):
    quota = Quota(1000, "America/Los_Angeles")
    office = make(quotas={"units": quota}, quota_owner="google/1")
    begun = office.plan("begun", NOON + timedelta(minutes=10))
    office.work()
    office.ledger.spend("google/1", "units", quota.period(NOON), 201)
    late = office.plan("late", NOON + timedelta(minutes=20))

    office.clock.moment = NOON + timedelta(minutes=10)
    office.work()

    assert office.row(begun).state == State.PUBLISHED
    row = office.row(late)
    reset = datetime(2027, 2, 25, 8, 0, tzinfo=UTC)
    assert (row.state, row.reason, row.resume_at, row.tries) == (State.WAITING, "waiting.quota", reset, 0)
    assert row.why["quota"] == "units"
    assert office.ledger.holds() == []


def test_looks_at_work_in_progress_grow_rare_when_little_of_the_quota_is_left(make):
    quota = Quota(10_000, "America/Los_Angeles")

    def stage(self, message, pieces):
        if not pieces:
            yield Piece("thing", "1")
        yield Wait(5, "youtube.processing")

    office = make(quotas={"units": quota}, quota_owner="google/1", stage=stage)
    key = office.plan("p", DUE)
    office.work()
    assert office.row(key).resume_at == NOON + timedelta(seconds=5)

    office.ledger.spend("google/1", "units", quota.period(NOON), 9_001)
    office.clock.go(seconds=5)
    office.work()

    assert office.row(key).resume_at == office.clock.now() + timedelta(minutes=5)
