"""From plan to ledger: what a change of the campaign does to a delivery in each state."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stage_set import NOON, Office
from town import Town, text_post

from asean_social import sync
from asean_social.decisions import Policy
from asean_social.errors import Severity
from asean_social.ledger import Ledger
from asean_social.states import DONE, IN_FLIGHT, State, may

POLICY = Policy()
DUE = NOON + timedelta(hours=1)


@pytest.fixture
def office(tmp_path):
    found = Office(tmp_path)
    yield found
    found.ledger.close()


def wanted(office, key, due=DUE, text="chữ", approval="dung"):
    return sync.Wanted(office.columns(key, due, text, approval), text, due, office.policy.grace)


def in_state(office, state, *, reason="", step="", text="chữ", due=DUE):
    """A row of this state, whatever led to it."""
    key = office.plan("p", due, text=text)
    with office.ledger.database.write() as db:
        db.execute(
            "update delivery set state=?, reason=?, step=?, staged_digest=?", (state, reason, step, text)
        )
    return office.row(key)


def change(office, row, want, now=NOON):
    return sync.changes({row.key: row}, {row.key: want} if want else {}, now).get(row.key)


def test_what_is_new_is_planned(office):
    found = sync.changes({}, {"c/p/ch/1": wanted(office, "c/p/ch/1")}, NOON)

    assert found["c/p/ch/1"].insert


def test_what_did_not_change_is_left_alone(office):
    row = in_state(office, State.PLANNED)

    assert change(office, row, wanted(office, row.key)) is None


@pytest.mark.parametrize("state", sorted(set(State) - DONE - IN_FLIGHT))
def test_a_moved_time_moves_the_delivery_and_nothing_else(office, state):
    row = in_state(office, state)

    found = change(office, row, wanted(office, row.key, due=DUE + timedelta(days=1)))

    assert set(found.columns) == {"due_at", "stage_at"}
    assert found.state is None
    assert not found.discard


@pytest.mark.parametrize("state", [State.PLANNED, State.STAGED, State.WAITING, State.STAGING])
def test_an_edit_replaces_the_message_and_discards_what_was_prepared(office, state):
    row = in_state(office, state)

    found = change(office, row, wanted(office, row.key, text="khác"))

    assert found.columns["digest"] == "khác"
    assert found.discard
    assert state != State.WAITING or found.columns["step"] == "stage"


@pytest.mark.parametrize("state", sorted(IN_FLIGHT | {State.PUBLISHED}))
def test_what_may_be_public_keeps_its_message_and_shows_drift(office, state):
    row = in_state(office, state)

    found = change(office, row, wanted(office, row.key, text="khác", due=DUE + timedelta(days=1)))

    assert dict(found.columns) == {"plan_digest": "khác"}
    assert found.state is None
    assert not found.discard


@pytest.mark.parametrize("state", sorted(State))
def test_what_left_the_campaign_is_cancelled_unless_it_may_be_public(office, state):
    row = in_state(office, state)

    found = change(office, row, None)

    if state in DONE | IN_FLIGHT | {State.STAGING}:
        assert found is None
    else:
        assert found.state == State.CANCELLED
        assert may(state, State.CANCELLED)


@pytest.mark.parametrize("step", ["look-up", "look-first", "finish", "confirm"])
def test_what_is_in_doubt_is_neither_discarded_nor_replanned_by_an_edit(office, step):
    row = in_state(office, State.HELD, reason="held.cannot-tell", step=step)

    assert change(office, row, wanted(office, row.key, text="khác")).state is None
    assert not change(office, row, None).discard


def test_what_came_back_is_planned_again(office):
    row = in_state(office, State.CANCELLED)

    assert change(office, row, wanted(office, row.key)).state == State.PLANNED


def test_a_refused_post_that_was_mended_is_planned_again(office):
    row = in_state(office, State.HELD, reason="publish.facebook.bad", step="stage")

    assert change(office, row, wanted(office, row.key)) is None
    assert change(office, row, wanted(office, row.key, text="đã sửa")).state == State.PLANNED


def test_what_a_person_held_stays_held(office):
    row = in_state(office, State.HELD, reason="held.by-person")

    assert change(office, row, wanted(office, row.key, text="khác")).state is None


def test_a_late_post_with_a_new_time_is_planned_again(office):
    row = in_state(office, State.HELD, reason="held.late", due=NOON - timedelta(days=1))

    assert change(office, row, wanted(office, row.key, due=NOON - timedelta(hours=5))).state is None
    assert change(office, row, wanted(office, row.key, due=DUE)).state == State.PLANNED


def test_an_unapproved_post_is_held_when_its_grace_is_over(office):
    row = in_state(office, State.PLANNED, due=NOON - timedelta(hours=3))
    want = wanted(office, row.key, due=row.due_at, approval="")

    assert change(office, row, want).state == State.HELD
    assert change(office, row, want, now=row.due_at + timedelta(hours=1)).state is None


def test_an_approval_that_was_withdrawn_is_gone_from_the_row(office):
    row = in_state(office, State.STAGED)

    assert change(office, row, wanted(office, row.key, approval="")).columns == {"approval": ""}


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path / "office")


@pytest.fixture
def ledger(town):
    found = Ledger.open(town.root / "ledger.db", NOON)
    yield found
    found.close()


def synced(town, ledger, now=NOON):
    folder = town.root / "campaigns"
    loaded = sync.read([folder], town.root, now)
    return sync.sync(ledger, loaded, [folder], town.root, now, POLICY, "t")


def test_a_campaign_with_an_error_is_not_planned_and_its_last_good_plan_stays(town, ledger):
    later = datetime(2029, 1, 1, tzinfo=UTC)
    town.campaign(text_post("mot", later))
    good = synced(town, ledger)
    town.campaign(text_post("hai", later, theme="no-such"))

    bad = synced(town, ledger)

    assert good.errors == ()
    assert bad.errors
    assert bad.campaigns == {"thu"}
    assert [row.post for row in ledger.deliveries()] == ["mot"]


def test_a_check_that_fails_keeps_the_whole_campaign_out(town, ledger):
    later = datetime(2029, 1, 1, tzinfo=UTC)
    town.campaign(text_post("mot", later) + text_post("hai", later, text='"' + "a" * 63_207 + '"'))

    scope = synced(town, ledger)

    assert [one.severity for one in scope.errors] == [Severity.ERROR]
    assert ledger.deliveries() == []


def test_only_the_files_that_were_asked_for_are_in_scope(town, ledger):
    later = datetime(2029, 1, 1, tzinfo=UTC)
    one, two = town.campaign(text_post(when=later)), town.campaign(text_post(when=later), name="khac")
    synced(town, ledger)
    loaded = sync.read([two], town.root, NOON)

    scope = sync.sync(ledger, loaded, [two], town.root, NOON, POLICY, "t")

    assert scope.campaigns == {"khac"}
    assert {row.state for row in ledger.deliveries("thu")} == {State.PLANNED}
    assert one.exists()


def test_a_large_video_is_prepared_earlier(town, ledger):
    due = datetime(2029, 1, 1, 12, tzinfo=UTC)
    big = town.root / "campaigns" / "media" / "lon.mp4"
    with Path(big).open("wb") as file:
        file.write(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
        file.truncate(200_000_000)
    ledger.put_rate("youtube/hue-asean", 10_000.0)
    media = "[{file: media/lon.mp4}]"
    town.campaign(text_post(when=due, channels="[kenh]", media=media, youtube="{title: Phim}"))

    synced(town, ledger)

    [row] = ledger.deliveries()
    assert row.due_at - row.stage_at == timedelta(seconds=2 * 200_000_000 / 10_000) + timedelta(minutes=10)
