"""Late, asleep, wrong clock: oldest first and apart within the grace, one list beyond it, and nothing stuck."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import apscheduler.schedulers.base
import pytest
from stage_set import NOON, FakePublisher, Office
from test_runner import runner_of, until
from town import text_post

from asean_social import acts, sync, timekeeping
from asean_social import runner as module
from asean_social.clock import SystemClock
from asean_social.decisions import Policy
from asean_social.publishers.base import After, Wait
from asean_social.records import Claimer
from asean_social.states import State

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def office(tmp_path):
    found = Office(tmp_path)
    yield found
    found.ledger.close()


def shown(office):
    """When what appeared, in order."""
    things = [one for one in office.place.things.values() if one.public_at]
    return [
        (one.content.split("/")[1], one.public_at) for one in sorted(things, key=lambda one: one.public_at)
    ]


def sync_again(office, *keys):
    """The campaign file still says what it said."""
    now = office.clock.now()
    wanted = {}
    for key in keys:
        row = office.row(key)
        columns = office.columns(key, row.due_at, row.digest) | {"message": row.message}
        grace = office.policy.grace
        wanted[key] = sync.Wanted(columns, row.digest, row.due_at, grace, lambda _due: "dung")
    office.ledger.apply("c", lambda rows: sync.changes(rows, wanted, now), "t", now, now)


# -- asleep


def test_after_an_hour_asleep_they_come_oldest_first_and_five_minutes_apart(office):
    keys = [office.plan(f"p{n}", NOON + n * MINUTE) for n in (3, 1, 2)]
    office.clock.moment = NOON + HOUR

    for key in keys:
        office.settle(key, hours=1)

    assert shown(office) == [(f"p{n}", NOON + HOUR + (n - 1) * 5 * MINUTE) for n in (1, 2, 3)]


def test_prepared_before_it_slept_they_come_apart_too(office):
    keys = [office.plan(f"p{n}", NOON + n * MINUTE) for n in range(3)]
    office.clock.moment = NOON - HOUR
    office.work()
    assert {office.row(key).state for key in keys} == {State.STAGED}
    office.clock.moment = NOON + HOUR

    office.settle(keys[-1], hours=1)

    assert [at - shown(office)[0][1] for _, at in shown(office)] == [timedelta(), 5 * MINUTE, 10 * MINUTE]


def test_begun_on_time_and_then_without_a_line_for_an_hour_they_come_apart_too(office):
    """The platform could not be reached from the very minute on: when it can, no flood."""
    keys = [office.plan(f"p{n}", NOON) for n in range(4)]
    office.clock.moment = NOON + timedelta(seconds=5)
    office.place.faults = ["refuse"] * 4
    office.work()
    assert all(office.row(key).began_at for key in keys)
    office.clock.moment = NOON + HOUR

    office.settle(keys[-1], hours=1)

    times = [at for _, at in shown(office)]
    assert len(times) == 4
    assert min(later - one for one, later in itertools.pairwise(times)) >= 5 * MINUTE


def test_begun_on_time_what_a_platform_works_on_for_minutes_is_not_late(make):
    """A pass that was started at the very minute: the platform takes ten more for each."""

    class Working(FakePublisher):
        def stage(self, message, pieces):
            yield from super().stage(message, pieces)
            if self.place.clock.now() < NOON + 10 * MINUTE:
                yield Wait(600, "publish.processing")

    office = make(Working)
    keys = [office.plan(name, NOON) for name in ("first", "second")]
    office.clock.moment = NOON + timedelta(seconds=5)
    office.work()
    assert {office.row(key).state for key in keys} == {State.WAITING}
    office.clock.moment = NOON + 12 * MINUTE

    office.work()

    assert [at for _, at in shown(office)] == [office.clock.now()] * 2


def test_two_accounts_do_not_wait_for_each_other(office):
    one, other = office.plan("one", NOON), office.plan("other", NOON)
    with office.ledger.database.write() as db:
        db.execute("update delivery set account='b' where key=?", (other,))
    office.clock.moment = NOON + HOUR
    desk = office.desk()
    for account in ("a", "b"):
        for lane in ("stage", "release"):
            while desk.work(("fake", account), lane, {"c"}):
                pass

    assert {office.row(one).state, office.row(other).state} == {State.PUBLISHED}
    assert {at for _, at in shown(office)} == {NOON + HOUR}


def test_while_a_late_one_is_on_its_way_no_runner_sends_the_next(office):
    for n in range(2):
        office.plan(f"p{n}", NOON + n * MINUTE)
    office.clock.moment = NOON - HOUR
    office.work()
    office.clock.moment = NOON + HOUR
    one, two = (Claimer(name, 120, 300) for name in ("one", "two"))
    account = ("fake", "a")

    first = office.ledger.claim(account, "release", {"c"}, office.clock.now(), one)

    assert first.post == "p0"
    assert office.ledger.claim(account, "release", {"c"}, office.clock.now(), two) is None
    office.clock.go(seconds=121)  # the first one died before it sent anything
    assert office.ledger.claim(account, "release", {"c"}, office.clock.now(), two).post == "p0"


def test_what_a_person_lets_go_on_comes_apart_and_none_becomes_late_by_waiting(office):
    """Thirty at five minutes are more than two hours."""
    keys = [office.plan(f"p{n}", NOON + n * HOUR) for n in range(30)]
    office.clock.moment = NOON + 45 * DAY
    office.work()
    assert {office.row(key).reason for key in keys} == {"held.late"}
    now = office.clock.now()
    for n, key in enumerate(keys):
        asked = now + n * timedelta(seconds=office.policy.spacing)
        office.ledger.act(key, lambda row, at=asked: acts.retried(row, "x", now, at), "lan", now)

    office.settle(keys[-1], hours=4)

    assert [name for name, _ in shown(office)] == [f"p{n}" for n in range(30)]
    assert [at for _, at in shown(office)] == [now + n * 5 * MINUTE for n in range(30)]


def test_after_45_days_nothing_comes_by_itself(office):
    keys = [office.plan(f"p{n}", NOON + n * DAY) for n in range(30)]
    office.clock.moment = NOON + 45 * DAY

    office.settle(keys[0], hours=48)

    assert shown(office) == []
    assert {office.row(key).reason for key in keys} == {"held.late"}


# -- a wrong clock


@pytest.mark.parametrize(
    "state", ["planned", "staging", "staged", "waiting", "releasing", "confirming", "unknown"]
)
def test_what_a_clock_a_year_ahead_wrote_keeps_nothing_up(office, state):
    """Every time in the row is next year's: lease, wait, last change."""
    key = office.plan("p", NOON + HOUR)
    office.work()
    ahead = (NOON + 365 * DAY).isoformat(timespec="microseconds")
    step = {"waiting": "stage", "confirming": "confirm", "unknown": "look-up"}.get(state, "")
    with office.ledger.database.write() as db:
        db.execute(
            "update delivery set state=?, step=?, owner='x', fence=fence+1, lease_until=?, resume_at=?,"
            " updated_at=?, released_at=?",
            (
                state,
                step,
                ahead,
                ahead if state != "planned" else None,
                ahead,
                ahead if state == "confirming" else None,
            ),
        )

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    assert [at for _, at in shown(office)] == [NOON + HOUR]


def test_an_account_that_was_paused_by_a_wrong_clock_is_not_paused(office):
    key = office.plan("p", NOON + HOUR)
    office.ledger.pause("fake/a", "publish.throttled", {}, NOON + 365 * DAY, NOON + 366 * DAY)

    assert office.settle(key).state == State.PUBLISHED


def test_a_follow_up_that_was_put_off_by_a_wrong_clock_is_done(office):
    key = office.plan("p", NOON, after=(After("first-comment", {"text": "chào"}),))
    office.settle(key)
    ahead = (NOON + 365 * DAY).isoformat(timespec="microseconds")
    with office.ledger.database.write() as db:
        db.execute(
            "update follow_up set state='doing', step='look', owner='x', lease_until=?, resume_at=?, set_at=?",
            (ahead, ahead, ahead),
        )

    office.settle(key)

    assert [one.state for one in office.ledger.follow_ups(key)] == ["done"]
    assert len(office.place.comments) == 1


def test_released_by_a_wrong_clock_one_does_not_keep_up_the_late_ones(office):
    office.settle(office.plan("first", NOON))
    with office.ledger.database.write() as db:
        db.execute(
            "update delivery set released_at=?", ((NOON + 365 * DAY).isoformat(timespec="microseconds"),)
        )
    office.clock.moment = NOON + HOUR
    key = office.plan("late", NOON + MINUTE)

    assert office.settle(key, hours=1).state == State.PUBLISHED


def test_held_as_late_by_a_wrong_clock_it_goes_on_when_the_clock_is_right_again(office):
    key = office.plan("p", NOON + HOUR)
    office.clock.go(days=1)
    office.work()
    assert office.row(key).reason == "held.late"
    office.clock.go(days=-1)
    sync_again(office, key)

    assert (office.settle(key).state, shown(office)) == (State.PUBLISHED, [("p", NOON + HOUR)])


class Shifted(datetime):
    """The system's time, set by hand."""

    by = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.by


class ShiftedClock(SystemClock):
    def now(self):
        return Shifted.now(UTC)


@pytest.fixture
def set_clock(monkeypatch):
    """Set the clock of this computer, as far as the runner and APScheduler see it."""
    monkeypatch.setattr(module, "datetime", Shifted)
    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Shifted)
    monkeypatch.setattr(Shifted, "by", timedelta())
    monkeypatch.setattr(module, "TICK", timedelta(seconds=0.3))
    monkeypatch.setattr(module, "SYNC_EVERY", timedelta(seconds=0.5))

    def _set(by):
        Shifted.by = by

    return _set


def test_a_clock_that_jumps_ahead_and_back_leaves_the_runner_at_work(tmp_path, set_clock):
    office = Office(tmp_path, clock=ShiftedClock(), policy=Policy(poll=0.05, spacing=0))
    now = datetime.now(UTC)
    tomorrow = office.plan("tomorrow", now + DAY + 5 * HOUR)
    far = office.plan("next-week", now + 7 * DAY)
    runner = runner_of(office)
    seen = []
    runner._sync = lambda: seen.append(office.clock.now()) or sync.Scope(frozenset({"c"}), (), ())
    thread = threading.Thread(target=runner.forever)
    thread.start()
    try:
        until(lambda: len(seen) == 1)
        set_clock(DAY)
        until(lambda: seen[-1] > now + HOUR)
        soon = office.plan("soon", datetime.now(UTC) + timedelta(seconds=2))
        set_clock(timedelta())

        until(lambda: office.row(soon).state == State.PUBLISHED)
        until(lambda: seen[-1] < now + HOUR and len(seen) > 1)  # the files are read again, too
    finally:
        runner.stop()
        thread.join(10)

    assert not thread.is_alive()
    [(_, at)] = shown(office)
    assert timedelta() <= at - office.row(soon).due_at < DAY
    assert {office.row(key).state for key in (tomorrow, far)} == {State.PLANNED}
    office.ledger.close()


def test_set_ahead_the_clock_brings_nothing_out_until_it_agrees_with_the_platforms_again(
    tmp_path, set_clock, monkeypatch
):
    monkeypatch.setattr(timekeeping, "ASK_EVERY", 0.1)
    office = Office(tmp_path, clock=ShiftedClock(), policy=Policy(poll=0.05, spacing=0))
    now = datetime.now(UTC)
    tomorrow = office.plan("tomorrow", now + DAY)
    ready = office.plan("ready", now + DAY + HOUR)
    runner = runner_of(office)
    asked = []
    runner._off = lambda: asked.append(Shifted.by) or -Shifted.by
    thread = threading.Thread(target=runner.forever)
    thread.start()
    try:
        until(lambda: runner._watch is not None)
        set_clock(DAY + 2 * MINUTE)
        until(lambda: len(asked) > 2)
        assert {office.row(key).state for key in (tomorrow, ready)} == {State.PLANNED}

        set_clock(timedelta())
        soon = office.plan("soon", datetime.now(UTC) + timedelta(seconds=1))

        until(lambda: office.row(soon).state == State.PUBLISHED)
    finally:
        runner.stop()
        thread.join(10)

    assert [name for name, _ in shown(office)] == ["soon"]
    office.ledger.close()


@pytest.mark.parametrize(("off", "right"), [(None, True), (-DAY, False), (DAY, True), (timedelta(), True)])
def test_set_ahead_only_the_platforms_can_tell_whether_it_was_wrong_before(set_clock, off, right):
    asked = []
    watch = timekeeping.Watch(ShiftedClock(), lambda: asked.append(1) or off)
    assert watch.right()
    assert asked == []

    set_clock(DAY)

    assert watch.right() == right
    assert asked == [1]


# -- the real command


def test_45_days_down_nothing_comes_out_and_one_command_gives_all_new_times(town, sandbox):
    now = datetime.now(UTC)
    posts = "".join(text_post(f"bai-{n:02}", now + (n + 1) * DAY) for n in range(12))
    town.campaign(posts, more='slots: {trang: ["07:30", "19:30"]}')
    assert town.process("schedule", "--once").returncode == 0
    asleep = {"ASEAN_SOCIAL_OFFSET": str(45 * 86400)}

    woke = town.process("schedule", "--once", **asleep)

    assert woke.returncode == 3
    assert sandbox.public() == []
    assert [woke.stdout.count(f"asean-social {verb} --late") for verb in ("retime", "retry", "skip")] == [
        1,
        1,
        1,
    ]
    words = ("retime", "--late", "--next-free", "--reason", "máy tắt 45 ngày")
    assert town.process(*words, **asleep).returncode == 0
    assert town.process("schedule", "--once", **asleep).returncode == 0
    dues = sorted(datetime.fromisoformat(one["due_at"]) for one in town.status().values())
    assert dues[0] > now + 45 * DAY
    assert all(later - one == 12 * HOUR for one, later in itertools.pairwise(dues))


def test_retried_all_at_once_only_the_first_comes_out_now(town, sandbox):
    now = datetime.now(UTC)
    town.campaign("".join(text_post(f"bai-{n}", now - timedelta(days=3, minutes=n)) for n in range(5)))
    town.process("schedule", "--once")

    assert town.process("retry", "--late", "--reason", "vẫn cần").returncode == 0
    town.process(
        "schedule", "--once", "--wait", "0", ASEAN_SOCIAL_SPACING="300", ASEAN_SOCIAL_LOOKUP_WAITS="0"
    )

    assert [one["text"] for one in sandbox.public()] == ["Xin chào bai-4"]
