"""Two lanes per account, one pass or for ever, and a clean stop."""

import threading
import time
from datetime import timedelta

import pytest
from stage_set import FakePublisher, Office

from asean_social import runner as module
from asean_social.clock import SystemClock
from asean_social.decisions import Policy
from asean_social.publishers.base import Piece
from asean_social.runner import Runner
from asean_social.states import State
from asean_social.sync import Scope


class Slow(FakePublisher):
    """Staging a post called `big…` takes until it is told to end."""

    gate: threading.Event

    def stage(self, message, pieces):
        if message.text.startswith("big"):
            yield Piece("session", "s")
            while not self.gate.wait(0.01):
                self.guard()
        yield from super().stage(message, pieces)


@pytest.fixture
def office(tmp_path):
    class Here(Slow):
        gate = threading.Event()

    found = Office(
        tmp_path, clock=SystemClock(), policy=Policy(backoff=0.05, poll=0.05, lookup_waits=(0.05,)), kind=Here
    )
    yield found
    found.kind.gate.set()
    found.ledger.close()


def runner_of(office):
    desk = office.desk()
    runner = Runner(
        office.ledger, desk, lambda: Scope(frozenset({"c"}), (), ()), lambda _account: None, office.clock
    )
    object.__setattr__(desk, "stopping", runner.stopping)
    return runner


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


def test_one_pass_publishes_what_is_due_and_ends(office):
    now = office.clock.now()
    due = office.plan("due", now - timedelta(seconds=1))
    later = office.plan("later", now + timedelta(hours=5))

    runner_of(office).once(10)

    assert office.row(due).state == State.PUBLISHED
    assert office.row(later).state == State.PLANNED


def test_a_second_pass_changes_nothing(office):
    key = office.plan("due", office.clock.now() - timedelta(seconds=1))
    runner_of(office).once(10)
    sent = list(office.place.sent)

    runner_of(office).once(10)

    assert office.place.sent == sent
    assert len(office.place.public(key)) == 1


def test_a_release_is_not_delayed_by_a_large_upload_on_the_same_account(office):
    now = office.clock.now()
    ready = office.plan("ready", now + timedelta(seconds=1))
    office.desk().work(("fake", "a"), "stage", {"c"})
    assert office.row(ready).state == State.STAGED
    big = office.plan("big", now + timedelta(minutes=30), text="big video")
    runner = runner_of(office)
    thread = threading.Thread(target=runner.forever)
    thread.start()

    until(lambda: office.row(ready).state == State.PUBLISHED)

    assert office.row(big).state == State.STAGING
    late = office.place.public(ready)[0].public_at - office.row(ready).due_at
    assert timedelta() <= late < timedelta(seconds=1.5)
    office.kind.gate.set()
    until(lambda: office.row(big).state == State.STAGED)
    runner.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_stop_gives_up_an_upload_before_its_next_request(office):
    big = office.plan("big", office.clock.now() + timedelta(minutes=30), text="big video")
    runner = runner_of(office)
    thread = threading.Thread(target=runner.forever)
    thread.start()
    until(lambda: office.row(big).state == State.STAGING)

    runner.stop()
    thread.join(10)

    assert not thread.is_alive()
    assert (office.row(big).state, office.row(big).reason) == (State.WAITING, "waiting.stopped")
    assert "create" not in office.place.sent


def test_work_that_appears_while_running_is_found(office, monkeypatch):
    monkeypatch.setattr(module, "SYNC_EVERY", timedelta(seconds=0.2))
    runner = runner_of(office)
    thread = threading.Thread(target=runner.forever)
    thread.start()
    key = office.plan("p", office.clock.now() + timedelta(seconds=0.5))
    until(lambda: office.row(key).state == State.PUBLISHED)

    runner.stop()
    thread.join(10)


def test_a_fault_of_ours_ends_the_runner_and_comes_out(office, monkeypatch):
    office.plan("p", office.clock.now() - timedelta(seconds=1))

    def broken(self, message, pieces):
        raise ZeroDivisionError

    monkeypatch.setattr(office.kind, "stage", broken)

    with pytest.raises(ZeroDivisionError):
        runner_of(office).once(10)


def test_a_paused_account_that_works_again_goes_on(office):
    key = office.plan("p", office.clock.now() - timedelta(seconds=1))
    office.ledger.pause("fake/a", "publish.token-dead", {}, office.clock.now())

    runner_of(office).once(10)

    assert office.ledger.holds() == []
    assert office.row(key).state == State.PUBLISHED


def test_many_runners_at_once_publish_each_post_once(office):
    keys = [office.plan(f"p{n}", office.clock.now() - timedelta(seconds=1)) for n in range(12)]
    runners = [runner_of(office) for _ in range(3)]
    for number, one in enumerate(runners):
        desk = one.desk
        object.__setattr__(desk, "claimer", type(desk.claimer)(f"runner-{number}", 120, 300))
    threads = [threading.Thread(target=one.once, args=(20,)) for one in runners]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    assert [len(office.place.public(key)) for key in keys] == [1] * 12
    assert {office.row(key).state for key in keys} == {State.PUBLISHED}
