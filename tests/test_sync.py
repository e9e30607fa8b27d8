"""From plan to ledger: what a change of the campaign does to a delivery in each state."""

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from films import mp4
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
    columns = office.columns(key, due, text, approval)
    return sync.Wanted(columns, text, due, office.policy.grace, lambda _due: approval)


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


@pytest.mark.parametrize("state", sorted((IN_FLIGHT - {State.HANDED_OVER}) | {State.PUBLISHED}))
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

    if state == State.HANDED_OVER:  # the platform gives it up first
        assert (found.columns["step"], found.columns["approval"], found.state) == ("take-back", "", None)
    elif state in DONE | IN_FLIGHT:
        assert found is None
    elif state == State.STAGING:  # put back first by whoever prepares it, and not staged any further
        assert (dict(found.columns), found.state) == ({"approval": ""}, None)
    else:
        assert found.state == State.CANCELLED
        assert may(state, State.CANCELLED)


@pytest.mark.parametrize("step", ["look-up", "finish", "confirm"])
def test_what_is_in_doubt_is_neither_changed_nor_removed_by_the_campaign(office, step):
    row = in_state(office, State.HELD, reason="held.cannot-tell", step=step)

    found = change(office, row, wanted(office, row.key, text="khác", due=DUE + timedelta(days=1)))

    assert (dict(found.columns), found.state, found.discard) == ({"plan_digest": "khác"}, None, False)
    assert change(office, row, None) is None


def test_before_anything_was_sent_an_edit_begins_anew(office):
    row = in_state(office, State.PLANNED, step="look-first")

    found = change(office, row, wanted(office, row.key, text="khác"))

    assert (found.columns["step"], found.columns["looks"]) == ("", 0)
    assert change(office, row, None).state == State.CANCELLED


def test_a_row_in_a_runners_hand_is_left_to_the_next_sync(office):
    key = office.plan("p", NOON - timedelta(minutes=1), text="chữ")
    claim = office.ledger.claim(("fake", "a"), "stage", {"c"}, NOON, office.desk().claimer)
    assert claim is not None

    assert change(office, office.row(key), wanted(office, key, text="khác")) is None
    assert change(office, office.row(key), None) is None


def test_a_post_moved_far_away_is_staged_anew_near_its_time(office):
    row = in_state(office, State.STAGED)
    with office.ledger.database.write() as db:
        db.execute("update delivery set platform='facebook'")
    row = office.row(row.key)

    def moved(**span):
        due = DUE + timedelta(**span)
        columns = office.columns(row.key, due, "chữ") | {"platform": "facebook"}
        return change(office, row, sync.Wanted(columns, "chữ", due, 7200, lambda _due: "dung"))

    assert moved(days=3).discard
    assert not moved(hours=3).discard


def test_what_came_back_is_planned_again(office):
    row = in_state(office, State.CANCELLED)

    assert change(office, row, wanted(office, row.key)).state == State.PLANNED


def test_a_refused_post_that_was_mended_is_planned_again(office):
    row = in_state(office, State.HELD, reason="publish.facebook.bad", step="stage")

    assert change(office, row, wanted(office, row.key)) is None
    assert change(office, row, wanted(office, row.key, text="đã sửa")).state == State.PLANNED


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
        film = mp4()
        file.write(film)
        file.write(struct.pack(">I", 200_000_000 - len(film)) + b"free")
        file.truncate(200_000_000)
    ledger.put_rate("youtube/hue-asean", 10_000.0)
    media = "[{file: media/lon.mp4}]"
    town.campaign(text_post(when=due, channels="[kenh]", media=media, youtube="{title: Phim}"))

    synced(town, ledger)

    [row] = ledger.deliveries()
    assert row.due_at - row.stage_at == timedelta(seconds=2 * 200_000_000 / 10_000) + timedelta(minutes=10)


def test_a_file_given_another_name_inside_takes_its_posts_along(town, ledger):
    later = datetime(2029, 1, 1, tzinfo=UTC)
    file = town.campaign(text_post("mot", later))
    synced(town, ledger)
    file.write_text(
        file.read_text(encoding="utf-8").replace("campaign: thu", "campaign: moi"), encoding="utf-8"
    )

    synced(town, ledger)

    assert {row.key: row.state for row in ledger.deliveries()} == {
        "thu/mot/trang/1": State.CANCELLED,
        "moi/mot/trang/1": State.PLANNED,
    }


def test_a_broken_approvals_file_keeps_its_campaign_back_and_no_other(town, ledger):
    later = datetime(2029, 1, 1, tzinfo=UTC)
    town.campaign(text_post("mot", later), approval="one")
    town.campaign(text_post("mot", later), name="khac")
    (town.root / "campaigns" / "thu.approvals.yaml").write_text("approvals: [", encoding="utf-8")

    scope = synced(town, ledger)

    assert scope.errors
    assert [row.campaign for row in ledger.deliveries()] == ["khac"]


def test_two_runners_that_meet_a_new_campaign_at_once_plan_it_once(town, tmp_path):
    import threading

    later = datetime(2029, 1, 1, tzinfo=UTC)
    town.campaign("".join(text_post(f"bai-{number}", later) for number in range(30)))
    gate, failures = threading.Barrier(4), []

    def run():
        own = Ledger.open(town.root / "ledger.db", NOON)
        gate.wait()
        try:
            synced(town, own)
        except Exception as error:  # noqa: BLE001 -- it is told below
            failures.append(error)
        own.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert failures == []
