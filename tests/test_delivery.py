"""One delivery through its steps, with every fault at every request."""

from datetime import timedelta
from itertools import pairwise

import pytest
from stage_set import NOON, Killed, Office, OneStep

from asean_social.decisions import Policy
from asean_social.errors import AuthFailed
from asean_social.publishers.base import Piece
from asean_social.states import State


@pytest.fixture
def office(tmp_path):
    found = Office(tmp_path)
    yield found
    found.ledger.close()


def test_a_post_is_prepared_ahead_and_public_exactly_at_its_minute(office):
    key = office.plan("p", NOON + timedelta(hours=1))
    office.work()
    assert office.row(key).state == State.STAGED
    assert not office.place.public(key)

    office.clock.moment = NOON + timedelta(hours=1)
    office.place.sent.clear()
    office.work()

    assert office.row(key).state == State.PUBLISHED
    assert office.place.sent == ["publish", "read"]
    assert [one.public_at for one in office.place.public(key)] == [NOON + timedelta(hours=1)]


def test_nothing_is_sent_for_a_post_without_approval(office):
    key = office.plan("p", NOON, approval="")

    office.work()

    assert office.row(key).state == State.PLANNED
    assert office.place.sent == []


def test_nothing_begins_before_its_time_to_be_prepared(office):
    office.plan("p", NOON + timedelta(hours=3))

    office.work()

    assert office.place.sent == []


def test_begun_after_its_time_the_account_is_looked_at_first(office):
    key = office.plan("p", NOON - timedelta(minutes=1))

    office.work()

    assert office.place.sent[0] == "list"
    assert office.row(key).state == State.PUBLISHED
    assert len(office.place.public(key)) == 1


def test_what_an_earlier_ledger_published_is_recorded_and_not_sent_again(tmp_path):
    first = Office(tmp_path)
    key = first.plan("p", NOON)
    first.settle(key)
    first.ledger.close()
    (tmp_path / "ledger.db").unlink()
    second = Office(tmp_path, clock=first.clock)
    second.place = first.place
    second.plan("p", NOON)

    row = second.settle(key)

    assert (row.state, row.reason) == (State.PUBLISHED, "published.found")
    assert len(first.place.public(key)) == 1
    second.ledger.close()


def test_a_young_ledger_does_not_trust_one_empty_list(tmp_path):
    office = Office(tmp_path)
    with office.ledger.database.write() as db:
        db.execute("update ledger set created_at=?", (NOON.isoformat(timespec="microseconds"),))
    key = office.plan("p", NOON - timedelta(seconds=10))

    office.work()
    assert (office.row(key).state, office.row(key).step) == (State.PLANNED, "look-first")

    office.settle(key)
    assert office.row(key).state == State.PUBLISHED
    assert office.place.sent.count("list") == 6
    assert office.clock.now() >= NOON + timedelta(seconds=300)
    office.ledger.close()


def test_the_same_text_of_another_day_is_not_taken_for_this_one(office):
    yesterday = office.plan("p", NOON - timedelta(days=1), text="chào", slot="2027-02-23")
    office.clock.moment = NOON - timedelta(days=1)
    office.settle(yesterday, hours=1)
    office.clock.moment = NOON + timedelta(minutes=1)

    today = office.plan("p", NOON, text="chào", slot="2027-02-24")

    assert office.settle(today, hours=1).state == State.PUBLISHED
    assert len(office.place.public("chào")) == 2


def test_beyond_its_grace_it_is_held_and_not_published(office):
    known = office.plan("known", NOON + timedelta(hours=1))
    unknown = office.plan("unknown", NOON - timedelta(hours=3))
    office.clock.go(hours=4)

    office.work()

    assert (office.row(known).state, office.row(known).reason) == (State.HELD, "held.late")
    assert (office.row(unknown).state, office.row(unknown).reason) == (State.HELD, "held.past")
    assert office.place.things == {}


def test_late_posts_keep_their_distance(office):
    for number in range(3):
        office.plan(f"p{number}", NOON + timedelta(minutes=number))
    office.clock.go(hours=1)

    office.work()
    assert sum(one.public_at is not None for one in office.place.things.values()) == 1
    office.settle("c/p2/ch/1", hours=1)

    shown = sorted(one.public_at for one in office.place.things.values())
    assert [b - a >= timedelta(minutes=5) for a, b in pairwise(shown)] == [True, True]
    assert [one.content for one in office.place.things.values()] == [f"c/p{n}/ch/1" for n in range(3)]


def test_posts_of_the_same_minute_are_not_spaced(office):
    for number in range(3):
        office.plan(f"p{number}", NOON + timedelta(hours=1))
    office.work()
    office.clock.go(hours=1)

    office.work()

    assert {one.public_at for one in office.place.things.values()} == {NOON + timedelta(hours=1)}


FAULTS = ("kill-before", "kill-after", "cut-after", "refuse", "500")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("kind", [None, OneStep])
def test_any_fault_at_any_request_leaves_one_public_post(tmp_path, fault, at, kind):
    office = Office(tmp_path, **({"kind": kind} if kind else {}))
    key = office.plan("p", NOON + timedelta(minutes=1))
    office.place.faults = [""] * at + [fault]

    for _ in range(6):
        try:
            row = office.settle(key)
            break
        except Killed:
            office.clock.go(seconds=office.policy.lease + 1)  # its lease runs out

    assert row.state == State.PUBLISHED
    assert len(office.place.public(key)) == 1
    assert office.place.public(key)[0].public_at >= row.due_at
    office.ledger.close()


@pytest.mark.parametrize("kind", [None, OneStep])
def test_every_answer_lost_ends_with_a_person_or_one_public_post(tmp_path, kind):
    office = Office(tmp_path, **({"kind": kind} if kind else {}))
    key = office.plan("p", NOON + timedelta(minutes=1))
    office.place.faults = ["cut-after"] * 500

    row = office.settle(key, hours=48)

    assert row.state in (State.HELD, State.PUBLISHED)
    assert row.state == State.PUBLISHED or row.reason.startswith("held.")
    assert len(office.place.public(key)) <= 1
    office.ledger.close()


def test_a_dead_token_pauses_the_account_and_not_the_post(office, monkeypatch):
    key = office.plan("p", NOON + timedelta(minutes=1))
    working = office.kind.stage

    def refused(self, message, pieces):
        raise AuthFailed("fake", "publish.token-dead")
        yield

    monkeypatch.setattr(office.kind, "stage", refused)
    office.work()
    assert office.row(key).state == State.WAITING
    assert [hold.value for hold in office.ledger.holds()] == ["fake/a"]
    office.place.sent.clear()
    office.work()
    assert office.place.sent == []

    monkeypatch.setattr(office.kind, "stage", working)
    office.ledger.lift("fake/a", office.clock.now())

    assert office.settle(key).state == State.PUBLISHED


def test_a_zombie_that_lost_its_lease_sends_nothing_more(office):
    key = office.plan("p", NOON + timedelta(minutes=1))
    desk = office.desk("zombie")
    taken = office.ledger.claim(("fake", "a"), "stage", {"c"}, office.clock.now(), desk.claimer)
    assert taken is not None
    office.clock.go(seconds=121)
    office.work("other")
    before = list(office.place.sent)

    from asean_social.delivery import Turn
    from asean_social.ledger import LeaseLost

    with pytest.raises(LeaseLost):
        Turn(desk, taken).run("stage")
    with pytest.raises(LeaseLost):
        office.ledger.add_piece(taken, Piece("thing", "9"), office.clock.now())

    assert office.place.sent == before
    assert len(office.place.things) == 1
    assert office.row(key).owner != "zombie"


def test_stopped_before_a_request_it_goes_on_where_it_was(office):
    key = office.plan("p", NOON + timedelta(minutes=1))
    office.stopped = True
    office.desk().work(("fake", "a"), "stage", {"c"})
    assert (office.row(key).state, office.row(key).reason) == (State.WAITING, "waiting.stopped")
    assert office.place.things == {}

    office.stopped = False

    assert office.settle(key).state == State.PUBLISHED


def test_an_edit_after_staging_discards_the_old_object_and_stages_the_new(office):
    from asean_social.records import Change

    key = office.plan("p", NOON + timedelta(hours=1), text="cũ")
    office.work()
    edited = office.columns(key, NOON + timedelta(hours=1), "mới")
    office.apply({key: Change(edited, discard=True)})

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    assert [one.content for one in office.place.things.values()] == ["mới"]
    assert [one.state for one in office.ledger.follow_ups()] == ["done"]


def test_edited_there_and_back_again_it_is_staged_anew(office):
    from asean_social.records import Change

    key = office.plan("p", NOON + timedelta(hours=1), text="cũ")
    office.work()
    for text in ("mới", "cũ"):
        edited = office.columns(key, NOON + timedelta(hours=1), text)
        office.apply({key: Change(edited, discard=True)})

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    assert [(one.content, bool(one.public_at)) for one in office.place.things.values()] == [("cũ", True)]


def test_too_many_failures_ask_a_person(tmp_path):
    office = Office(tmp_path, policy=Policy(tries=3, grace=1e6))
    key = office.plan("p", NOON + timedelta(hours=1))
    office.place.faults = ["refuse"] * 3

    office.settle(key)

    assert (office.row(key).state, office.row(key).reason) == (State.HELD, "held.too-many-tries")
    office.ledger.close()


def test_every_step_of_a_life_is_in_the_log(office):
    key = office.plan("p", NOON + timedelta(minutes=1))
    office.settle(key)

    assert [one.new for one in office.ledger.attempts(key)] == [
        "planned",
        "staging",
        "staged",
        "releasing",
        "published",
    ]
