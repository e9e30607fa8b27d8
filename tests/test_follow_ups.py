"""What follows publication happens once, or waits for a person; whatever is lost, killed or refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_set import FakePublisher, Hands, Killed, Office

from asean_social import follow_ups
from asean_social.chores import Chores
from asean_social.decisions import Policy
from asean_social.errors import AuthFailed, Rejected
from asean_social.follow_ups import REVIEW, TRANSITIONS, ZALO_ZONE, broadcast_hour
from asean_social.publishers.base import After
from asean_social.publishers.quotas import YOUTUBE, Quota
from asean_social.records import LeaseLost
from asean_social.states import State

DUE = datetime(2027, 2, 24, 12, 0, tzinfo=UTC)  # 19:00 in Viet Nam
COMMENT = After("first-comment", {"text": "Xem thêm"})
BROADCAST = After("broadcast", {"gender": "0", "late": "wait"})


@pytest.fixture
def make(tmp_path):
    def build(**values):
        return Office(tmp_path, clock=Hands(DUE), **values)

    return build


def states(office):
    return [(one.kind, one.state) for one in office.ledger.follow_ups()]


def live(office, key, hours=30):
    """A process after another, until nothing more happens; each that dies is followed by one that waits its lease out."""
    for _ in range(20):
        try:
            return office.settle(key, hours)
        except Killed:
            office.clock.go(seconds=office.policy.lease + 1)
    raise AssertionError


def test_a_first_comment_follows_publication_once(make):
    office = make()
    key = office.plan("p", DUE, after=(COMMENT,))

    assert live(office, key).state == State.PUBLISHED
    live(office, key)

    assert len(office.place.comments) == 1
    assert states(office) == [("first-comment", "done")]


FAULTS = ["refuse", "500", "cut-after", "kill-before", "kill-after"]


def test_the_requests_of_a_post_with_a_comment(make):
    office = make()
    office.plan("p", DUE, after=(COMMENT,))
    office.work()

    assert office.place.sent == ["list", "create", "publish", "read", "first-comment"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("lag", [0, 2])
@pytest.mark.parametrize("at", range(5))
def test_a_comment_is_made_once_whatever_happens_to_any_request(make, fault, lag, at):
    office = make()
    office.place.faults, office.place.lag = [""] * at + [fault], lag
    key = office.plan("p", DUE, after=(COMMENT,))

    live(office, key)

    assert len(office.place.public(key)) == 1
    assert states(office)[-1] == ("first-comment", "done")
    assert len(office.place.comments) == 1


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(3, 6))
def test_a_broadcast_is_sent_once_or_asks_a_person(make, fault, at):
    office = make()
    office.place.faults = [""] * at + [fault]
    key = office.plan("p", DUE, after=(BROADCAST,))

    live(office, key)

    [(_, state)] = [one for one in states(office) if one[0] == "broadcast"]
    assert len(office.place.broadcasts) <= 1
    if state == "done":
        assert len(office.place.broadcasts) == 1
    else:
        assert state == "unknown"


def test_an_unknown_broadcast_is_sent_again_only_when_a_person_says_so(make):
    office = make()
    office.place.faults = [""] * 4 + ["cut-after"]
    key = office.plan("p", DUE, after=(BROADCAST,))
    live(office, key)
    [one] = office.ledger.follow_ups()
    assert (one.state, one.reason) == ("unknown", "follow-up.cannot-tell")

    live(office, key)
    assert len(office.place.broadcasts) == 1
    office.ledger.act_on_follow_up(one.number, "waiting", "not in OA Manager", office.clock.now())
    live(office, key)

    assert states(office) == [("broadcast", "done")]
    assert len(office.place.broadcasts) == 2


def test_a_person_leaves_it_out(make):
    office = make()
    office.place.faults = [""] * 4 + ["cut-after"]
    key = office.plan("p", DUE, after=(BROADCAST,))
    live(office, key)
    [one] = office.ledger.follow_ups()

    office.ledger.act_on_follow_up(one.number, "skipped", "it was sent", office.clock.now())

    live(office, key)
    assert states(office) == [("broadcast", "skipped")]
    with pytest.raises(LeaseLost):
        office.ledger.act_on_follow_up(one.number, "waiting", "x", office.clock.now())


def test_a_broadcast_waits_for_the_other_articles_and_carries_them(make):
    office = make(policy=Policy(grace=1e6))
    key = office.plan("p", DUE, after=(After("broadcast", {"late": "wait", "with": ["q"]}),))
    office.work()
    assert [(one.state, one.reason) for one in office.ledger.follow_ups()] == [
        ("waiting", "follow-up.waits-for-post")
    ]

    other = office.plan("q", DUE + timedelta(minutes=5))
    live(office, other)

    assert office.place.broadcasts == [office.row(key).remote_id, office.row(other).remote_id]


def test_what_is_found_public_is_asked_for_its_comment_first(make):
    office = make()
    first = office.plan("p", DUE, text="same", after=(COMMENT,))
    live(office, first)
    office.ledger.database.close()
    (office.folder / "ledger.db").unlink()

    fresh = make()
    fresh.place = office.place
    fresh.clock.moment = office.clock.moment
    fresh.clock.moment = DUE + timedelta(minutes=10)
    key = fresh.plan("p", DUE, text="same", after=(COMMENT,))
    assert live(fresh, key).reason == "published.found"

    assert len(fresh.place.comments) == 1
    assert [(one.state, one.reason) for one in fresh.ledger.follow_ups()] == [("done", "follow-up.found")]


def test_a_quota_that_is_used_up_asks_a_person(make):
    class Packaged(FakePublisher):
        quotas = {"broadcasts": Quota(1, "Asia/Ho_Chi_Minh", monthly=True)}  # noqa: RUF012 -- read only
        quota_owner = "fake/a"

    office = make(kind=Packaged)
    office.ledger.spend("fake/a", "broadcasts", datetime(2027, 2, 1, tzinfo=UTC).date(), 1)
    key = office.plan("p", DUE, after=(BROADCAST,))
    live(office, key)

    assert [(one.state, one.reason) for one in office.ledger.follow_ups()] == [("held", "follow-up.quota")]
    assert office.place.broadcasts == []


def test_nothing_new_is_staged_when_the_days_uploads_are_used_up(make):
    class Google(FakePublisher):
        quotas = YOUTUBE
        quota_owner = "google/1"

    office = make(kind=Google, policy=Policy(grace=1e6))
    pacific = datetime(2027, 2, 24, tzinfo=UTC).date()
    office.ledger.spend("google/1", "uploads", pacific, 100)
    key = office.plan("p", DUE + timedelta(hours=1))
    office.work()

    row = office.row(key)
    assert (row.state, row.reason) == (State.WAITING, "waiting.quota")
    assert row.resume_at == datetime(2027, 2, 25, 8, 0, tzinfo=UTC)  # midnight Pacific, 15:00 in Viet Nam
    assert live(office, key).state == State.PUBLISHED


@pytest.mark.parametrize(
    ("error", "state", "paused"),
    [
        (Rejected("fake", "publish.rejected"), "held", False),
        (AuthFailed("fake", "publish.auth"), "waiting", True),
    ],
)
def test_refusals_end_with_a_person(make, error, state, paused):
    class Refusing(FakePublisher):
        def follow(self, after, remote_id):
            raise error

    office = make(kind=Refusing)
    office.plan("p", DUE, after=(COMMENT,))
    office.work()

    assert states(office) == [("first-comment", state)]
    assert bool(office.ledger.holds()) is paused
    assert office.ledger.next_follow_up(office.clock.now(), office.desk().claimer) is None or not paused


def test_a_stop_gives_it_back(make):
    class Stopping(FakePublisher):
        def follow(self, after, remote_id):
            office.stopped = True
            return super().follow(after, remote_id)

    office = make(kind=Stopping)
    key = office.plan("p", DUE, after=(COMMENT,))
    desk = office.desk()
    while any(desk.work(("fake", "a"), lane, {"c"}) for lane in ("stage", "release")):
        pass
    assert desk.follow_up()
    assert states(office) == [("first-comment", "waiting")]
    assert office.place.comments == []

    office.kind, office.stopped = FakePublisher, False
    live(office, key)
    assert len(office.place.comments) == 1


def test_an_account_that_asks_for_rest_is_left_alone(make):
    class Tired(FakePublisher):
        rest = 600.0

    office = make(kind=Tired)
    key = office.plan("p", DUE + timedelta(hours=1))
    office.work()

    assert office.row(key).state == State.STAGED  # what was sent is recorded
    [hold] = office.ledger.holds()
    assert (hold.reason, hold.until) == ("publish.rest", DUE + timedelta(seconds=600))


# -- pure decisions


def test_the_table_of_states_has_no_way_out_of_the_ends():
    assert {state for state, ways in TRANSITIONS.items() if not ways} == {"done", "skipped"}
    assert all(way in TRANSITIONS for ways in TRANSITIONS.values() for way in ways)


moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(moments, st.none() | moments, st.sampled_from(["wait", "hold"]))
def test_a_broadcast_is_sent_only_in_zalos_hours(now, wanted, late):
    end = broadcast_hour(wanted, late, now)
    at = now if end is None else end.resume_at
    if end is None or end.state == "waiting":
        local = at.astimezone(ZALO_ZONE).time()
        assert follow_ups.FIRST <= local <= follow_ups.LAST
        assert at >= now
        if wanted is not None and now < wanted - REVIEW:
            assert at >= wanted - REVIEW
    else:
        assert late == "hold"
        assert wanted is not None


@given(moments)
def test_a_quotas_period_holds_the_moment_and_ends_after_it(now):
    for quota in (YOUTUBE["units"], Quota(4, "Asia/Ho_Chi_Minh", monthly=True, first_day=17)):
        end = quota.ends(now)
        assert now < end
        assert quota.period(now) < quota.period(end)
        assert quota.period(end - timedelta(seconds=1)) == quota.period(now)


def test_youtube_counts_from_midnight_pacific():
    summer, winter = datetime(2027, 7, 1, 6, 59, tzinfo=UTC), datetime(2027, 12, 1, 7, 59, tzinfo=UTC)

    assert YOUTUBE["units"].ends(summer) == datetime(2027, 7, 1, 7, 0, tzinfo=UTC)
    assert YOUTUBE["units"].ends(winter) == datetime(2027, 12, 1, 8, 0, tzinfo=UTC)


def test_usage_adds_up(make):
    chores: Chores = make().ledger
    day = datetime(2027, 2, 24, tzinfo=UTC).date()
    chores.spend("google/1", "units", day, 50)
    chores.spend("google/1", "units", day, 1)

    assert chores.spent("google/1", "units", day) == 51
    assert chores.spent("google/1", "uploads", day) == 0
