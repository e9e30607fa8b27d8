"""What a person decides: retry, skip, retime, hold, resume. What each does, to what, and what it leaves alone."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from stage_set import NOON, Office
from town import Town, text_post

from asean_social import acts, sync
from asean_social.decisions import Policy
from asean_social.holds import ACCOUNT, ALL, CHANNEL, KEY
from asean_social.ledger import Ledger
from asean_social.records import IllegalTransition, LeaseLost
from asean_social.states import BEGINNING, State

HOUR = timedelta(hours=1)
LATER = NOON + 5 * HOUR


@pytest.fixture
def office(tmp_path):
    found = Office(tmp_path)
    yield found
    found.ledger.close()


def put(office, key, **columns):
    marks = ", ".join(f"{name}=?" for name in columns)
    with office.ledger.database.write() as db:
        db.execute(f"update delivery set {marks} where key=?", (*columns.values(), key))
    return office.row(key)


def retime(office, key, due_at, now=None):
    now = now or office.clock.now()
    return office.ledger.act(key, lambda row: acts.retimed(row, due_at, "lý do", now), "lan", now)


def synced(office, key, due, approved=lambda _due: "dung"):
    """What the campaign file says, brought to the ledger."""
    columns = office.columns(key, due, key)
    columns["message"] = office.row(key).message
    want = sync.Wanted(columns | {"approval": approved(due)}, key, due, office.policy.grace, approved)
    now = office.clock.now()
    office.ledger.apply("c", lambda rows: sync.changes(rows, {key: want}, now), "t", now, now)
    return office.row(key)


# -- another time


def test_a_time_a_person_gave_holds_until_the_file_says_another(office):
    key = office.plan("p", NOON + HOUR)

    retime(office, key, LATER)
    assert (synced(office, key, NOON + HOUR).due_at, office.row(key).retimed_from) == (LATER, NOON + HOUR)
    assert office.row(key).stage_at == LATER - 2 * HOUR

    moved = synced(office, key, NOON + 2 * HOUR)
    assert (moved.due_at, moved.retimed_from) == (NOON + 2 * HOUR, None)
    assert [one.reason for one in office.ledger.attempts(key)] == [
        "planned.new",
        "planned.retimed-by-person",
        "planned.retimed",
    ]


def test_given_the_time_of_the_file_it_is_the_files_again(office):
    key = office.plan("p", NOON + HOUR)
    retime(office, key, LATER)

    assert retime(office, key, NOON + HOUR).retimed_from is None


def test_it_is_published_at_the_new_time_once_and_not_before(office):
    key = office.plan("p", NOON + HOUR)
    office.work()
    assert office.row(key).state == State.STAGED
    retime(office, key, LATER)

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    assert [one.public_at for one in office.place.public(key)] == [LATER]


def test_an_approval_counts_for_the_time_it_is_put_to(office):
    key = office.plan("p", NOON + HOUR)
    retime(office, key, LATER)

    row = synced(office, key, NOON + HOUR, approved=lambda due: "dung" if due < LATER else "")

    assert row.approval == ""


@pytest.mark.parametrize("reason", ["held.late", "held.past"])
def test_what_was_held_for_its_time_is_looked_for_first_and_then_published_at_the_new_one(office, reason):
    key = office.plan("p", NOON - 24 * HOUR)
    put(office, key, state="held", step="stage", reason=reason)

    moved = retime(office, key, LATER)
    assert (moved.state, moved.step) == (State.PLANNED, "look-first")

    assert office.settle(key).state == State.PUBLISHED
    assert office.place.sent[0] == "list"
    assert [one.public_at for one in office.place.public(key)] == [LATER]


def test_what_an_earlier_ledger_published_is_not_published_at_another_time(tmp_path):
    first = Office(tmp_path)
    key = first.plan("p", NOON)
    first.settle(key)
    first.ledger.close()
    (tmp_path / "ledger.db").unlink()
    first.clock.go(hours=24)
    second = Office(tmp_path, clock=first.clock)
    second.place = first.place
    second.plan("p", NOON)
    second.work()
    assert second.row(key).reason == "held.past"

    retime(second, key, second.clock.now() + 5 * HOUR)

    assert (second.settle(key).state, second.row(key).reason) == (State.PUBLISHED, "published.found")
    assert len(second.place.public(key)) == 1
    second.ledger.close()


def test_the_same_holds_when_the_file_gives_it_the_new_time(office):
    key = office.plan("p", NOON - 24 * HOUR)
    put(office, key, state="held", step="stage", reason="held.past")

    assert (synced(office, key, LATER).state, office.row(key).step) == (State.PLANNED, "look-first")


def test_held_for_anything_else_it_is_moved_and_stays_held(office):
    key = office.plan("p", NOON + HOUR)
    put(office, key, state="held", step="stage", reason="publish.rejected")

    moved = retime(office, key, LATER)

    assert (moved.due_at, moved.state, moved.reason) == (LATER, State.HELD, "publish.rejected")


def test_moved_beyond_what_the_platform_keeps_it_is_prepared_anew(office):
    key = office.plan("p", NOON + HOUR)
    office.work()
    put(office, key, platform="facebook")

    far = retime(office, key, NOON + 72 * HOUR)

    assert (far.state, far.staged_digest, far.generation) == (State.STAGED, "", 2)
    assert [one.kind for one in office.ledger.follow_ups(key)] == ["discard"]


@pytest.mark.parametrize("state", sorted(set(State) - BEGINNING - {State.HELD, State.HANDED_OVER}))
def test_what_is_or_may_be_public_has_no_other_time(office, state):
    key = office.plan("p", NOON + HOUR)
    put(office, key, state=state)

    with pytest.raises(IllegalTransition):
        retime(office, key, LATER)


@pytest.mark.parametrize("step", ["look-up", "finish", "confirm"])
def test_neither_has_what_is_in_doubt(office, step):
    key = office.plan("p", NOON + HOUR)
    put(office, key, state="held", step=step, reason="held.cannot-tell")

    with pytest.raises(IllegalTransition):
        retime(office, key, LATER)


def test_while_it_is_prepared_its_time_can_be_moved_and_nothing_else(office):
    key = office.plan("p", NOON + HOUR)
    claim = office.ledger.claim(("fake", "a"), "stage", {"c"}, NOON, office.desk().claimer)
    put(office, key, state="staging")

    assert retime(office, key, LATER).due_at == LATER
    with pytest.raises(LeaseLost):
        office.ledger.act(key, lambda row: acts.skipped(row, "x"), "lan", NOON)
    office.ledger.renew(office.row(key), claim.lease_until)  # its runner still has it


@pytest.mark.parametrize(
    "act", [lambda row: acts.skipped(row, "x"), lambda row: acts.retimed(row, LATER, "x", NOON)]
)
def test_what_a_runner_has_in_hand_is_left_to_it(office, act):
    key = office.plan("p", NOON + HOUR)
    office.work()
    office.clock.go(hours=1)
    assert office.ledger.claim(("fake", "a"), "release", {"c"}, office.clock.now(), office.desk().claimer)

    with pytest.raises(LeaseLost):
        office.ledger.act(key, act, "lan", office.clock.now())


def test_many_are_spread_around_what_is_there(office):
    minute = timedelta(minutes=1)
    taken = [NOON + 5 * minute, NOON + 12 * minute]

    found = list(acts.spread([NOON] * 4, taken, 5 * minute))

    assert found == [NOON, NOON + 17 * minute, NOON + 22 * minute, NOON + 27 * minute]
    assert list(acts.spread([NOON] * 3, [], timedelta())) == [NOON] * 3


# -- left out


@pytest.mark.parametrize(
    ("step", "removed"), [("stage", True), ("release", True), ("look-up", False), ("confirm", False)]
)
def test_left_out_what_was_prepared_is_removed_unless_it_may_be_public(office, step, removed):
    key = office.plan("p", NOON + HOUR)
    office.work()
    put(office, key, state="held", step=step, reason="held.late")

    office.ledger.act(key, lambda row: acts.skipped(row, "x"), "lan", NOON)
    office.work()

    assert office.row(key).state == State.SKIPPED
    assert (office.place.things == {}) == removed


# -- kept back

SCOPES = [
    (ALL, "", True),
    (ACCOUNT, "fake/a", True),
    (ACCOUNT, "fake/b", False),
    (CHANNEL, "ch", True),
    (CHANNEL, "other", False),
    (KEY, "c", True),
    (KEY, "c/p", True),
    (KEY, "c/p/ch", True),
    (KEY, "c/p/ch/1", True),
    (KEY, "c/p/ch/2", False),
    (KEY, "c/q", False),
    (KEY, "c/", False),
    (KEY, "p", False),
]


@pytest.mark.parametrize(("scope", "value", "covered"), SCOPES)
def test_a_hold_keeps_back_what_it_names_also_when_it_is_added_later(office, scope, value, covered):
    office.ledger.hold(scope, value, "lan", "quốc tang", NOON)
    key = office.plan("p", NOON + HOUR)

    assert office.settle(key, hours=1.5).state == (State.PLANNED if covered else State.PUBLISHED)
    assert (key in office.ledger.covered()) == covered
    assert bool(office.place.sent) != covered


def test_the_name_of_a_post_does_not_hold_one_that_begins_alike(office):
    office.ledger.hold(KEY, "c/p", "lan", "x", NOON)
    key = office.plan("p2", NOON + HOUR)

    assert office.settle(key, hours=2).state == State.PUBLISHED


def test_let_go_on_in_time_it_is_published(office):
    key = office.plan("p", NOON + HOUR)
    office.work()
    office.ledger.hold(ALL, "", "lan", "x", NOON)
    assert office.settle(key, hours=2).state == State.STAGED

    assert office.ledger.resume(ALL, "", "dung", "y", office.clock.now())

    assert office.settle(key).state == State.PUBLISHED
    assert not office.ledger.resume(ALL, "", "dung", "y", office.clock.now())
    said = [(one.who, one.delivery, one.reason, one.why) for one in office.ledger.attempts("--all")]
    assert said == [
        ("lan", "--all", "hold.by-person", {"by_reason": "x"}),
        ("dung", "--all", "resume.by-person", {"by_reason": "y"}),
    ]


def test_let_go_on_too_late_it_is_held_as_late(office):
    key = office.plan("p", NOON + HOUR)
    office.ledger.hold(ALL, "", "lan", "x", NOON)
    office.clock.go(hours=30)
    office.ledger.resume(ALL, "", "lan", "y", office.clock.now())

    assert (office.settle(key).state, office.row(key).reason) == (State.HELD, "held.late")
    assert office.place.things == {}


def test_of_two_holds_each_is_lifted_for_itself(office):
    key = office.plan("p", NOON + HOUR)
    office.ledger.hold(CHANNEL, "ch", "lan", "x", NOON)
    office.ledger.hold(KEY, "c/p", "dung", "y", NOON)
    office.ledger.resume(CHANNEL, "ch", "lan", "z", NOON)

    assert office.ledger.covered()[key].who == "dung"
    assert office.settle(key, hours=2).state == State.PLANNED


def test_a_runner_that_has_begun_nothing_yet_loses_its_claim_to_a_hold(office):
    key = office.plan("p", NOON + HOUR)
    office.work()
    office.clock.go(hours=1)
    claim = office.ledger.claim(("fake", "a"), "release", {"c"}, office.clock.now(), office.desk().claimer)

    office.ledger.hold(KEY, key, "lan", "x", office.clock.now())

    with pytest.raises(LeaseLost):
        office.ledger.renew(claim, claim.lease_until)
    office.work()
    assert office.place.public(key) == []
    office.ledger.resume(KEY, key, "lan", "y", office.clock.now())
    office.work()
    assert len(office.place.public(key)) == 1


def test_a_release_that_was_sent_goes_to_its_end(office):
    key = office.plan("p", NOON + HOUR)
    office.work()
    office.clock.go(hours=1)
    office.place.faults = ["cut-after"]
    office.work()
    assert office.row(key).state == State.UNKNOWN

    office.ledger.hold(ALL, "", "lan", "x", office.clock.now())

    assert office.settle(key).state == State.PUBLISHED
    assert len(office.place.public(key)) == 1


def test_preparing_that_was_begun_ends_and_goes_no_further(office):
    key = office.plan("p", NOON + HOUR)
    made = office.kind.stage

    def stage(publisher, message, pieces):
        office.ledger.hold(ALL, "", "lan", "x", office.clock.now())
        yield from made(publisher, message, pieces)

    office.kind = type("Here", (office.kind,), {"stage": stage})

    assert office.settle(key, hours=4).state == State.STAGED
    assert [one.public_at for one in office.place.things.values()] == [None]


def test_a_pause_of_the_program_and_a_hold_of_a_person_do_not_end_each_other(office):
    office.ledger.pause("fake/a", "publish.token-dead", {}, NOON)
    office.ledger.hold(ACCOUNT, "fake/a", "lan", "x", NOON)

    office.ledger.lift("fake/a", NOON)
    assert [one.who for one in office.ledger.holds()] == ["lan"]

    office.ledger.pause("fake/a", "publish.token-dead", {}, NOON)
    office.ledger.resume(ACCOUNT, "fake/a", "lan", "y", NOON)
    assert [one.who for one in office.ledger.holds()] == [""]


# -- the commands


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.setenv("ASEAN_SOCIAL_SPACING", "300")
    return Town(tmp_path / "office")


def at(**span):
    return datetime.now(UTC) + timedelta(**span)


def planned(town, *names, due=None):
    """Posts in the file and in the ledger."""
    town.campaign("".join(text_post(name, due or at(days=3)) for name in names))
    now, folder = datetime.now(UTC), town.root / "campaigns"
    ledger = Ledger.open(town.root / "ledger.db", now)
    sync.sync(ledger, sync.read([folder], town.root, now), [folder], town.root, now, Policy(), "t")
    return ledger


def held(town, *names):
    """Late by two days, and so the file says."""
    ledger = planned(town, *names, due=at(days=-2))
    assert {row.reason for row in ledger.deliveries()} == {"held.past"}
    return ledger


def states(ledger):
    return {row.post: row.state.value for row in ledger.deliveries()}


def test_retry_all_lets_go_on_what_is_held_each_with_its_own_grace(town):
    ledger = held(town, "mot", "hai", "ba")

    assert town.run("retry", "--all", "--reason", "máy tắt") == 0

    assert set(states(ledger).values()) == {"planned"}
    asked = sorted(row.asked_at for row in ledger.deliveries())
    assert [later - asked[0] for later in asked] == [timedelta(minutes=5 * n) for n in range(3)]


@pytest.mark.parametrize("reason", ["held.cannot-tell", "held.staged-gone", "held.same-content"])
def test_in_bulk_nobodys_word_is_taken_for_what_only_a_look_can_tell(town, capsys, reason):
    ledger = held(town, "mot", "hai")
    with ledger.database.write() as db:
        db.execute("update delivery set reason=? where post='hai'", (reason,))

    assert town.run("retry", "--channel", "trang", "--reason", "x") == 0
    assert states(ledger) == {"mot": "planned", "hai": "held"}
    assert "asean-social retry thu/hai/trang/1" in capsys.readouterr().out

    assert town.run("retry", "hai", "--reason", "đã xem trang") == 0
    assert states(ledger)["hai"] == "planned"


def test_late_takes_only_what_is_late(town):
    ledger = held(town, "mot", "hai")
    with ledger.database.write() as db:
        db.execute("update delivery set reason='publish.rejected' where post='hai'")

    assert town.run("skip", "--late", "--reason", "cũ") == 0

    assert states(ledger) == {"mot": "skipped", "hai": "held"}


def test_skip_all_leaves_alone_what_is_not_held(town):
    ledger = held(town, "mot", "hai")
    with ledger.database.write() as db:
        db.execute("update delivery set state='planned' where post='hai'")

    assert town.run("skip", "--all", "--reason", "x") == 0
    assert states(ledger) == {"mot": "skipped", "hai": "planned"}

    assert town.run("skip", "hai", "--reason", "x") == 0
    assert states(ledger)["hai"] == "skipped"


def test_one_that_cannot_be_acted_on_keeps_no_other_back(town, capsys):
    ledger = held(town, "mot", "hai")
    with ledger.database.write() as db:
        db.execute("update delivery set state='published' where post='mot'")

    assert town.run("skip", "mot", "hai", "--reason", "x") == 1

    assert states(ledger) == {"mot": "published", "hai": "skipped"}
    assert "thu/mot/trang/1" in capsys.readouterr().err


def test_a_busy_one_is_named_with_what_to_do(town, capsys):
    ledger = held(town, "mot")
    until = at(minutes=2).isoformat(timespec="microseconds")
    with ledger.database.write() as db:
        db.execute("update delivery set owner='x', lease_until=?", (until,))

    assert town.run("retry", "mot", "--reason", "x") == 1

    assert "asean-social hold thu/mot/trang/1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("retry", "--all"),
        ("skip", "--all"),
        ("retime", "--all", "--by", "+9d"),
        ("hold", "--all"),
        ("hold", "mot"),
    ],
)
def test_without_a_reason_and_without_anyone_to_ask_nothing_is_done(town, capsys, words):
    ledger = held(town, "mot")

    assert town.run(*words) == 1

    assert states(ledger) == {"mot": "held"}
    assert ledger.holds() == []
    assert "--reason" in capsys.readouterr().err


def test_on_a_terminal_the_reason_is_asked_for(town, monkeypatch):
    ledger = held(town, "mot")
    said = iter(["  ", "vẫn cần đăng"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda _text: next(said))

    assert town.run("retry", "mot") == 0

    assert ledger.attempts("thu/mot/trang/1")[-1].why == {"by_reason": "vẫn cần đăng"}


@pytest.mark.parametrize("verb", ["retry", "skip", "retime", "hold", "resume"])
def test_what_is_meant_must_be_named(town, capsys, verb):
    more = ("--by", "+1d") if verb == "retime" else ()

    assert town.run(verb, *more, "--reason", "x") == 1

    assert "--channel" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [(), ("--at", "01/01/2029 08:00", "--by", "+1d"), ("--by", "+1d", "--next-free")]
)
def test_retime_takes_exactly_one_way_of_saying_when(town, capsys, options):
    held(town, "mot")

    assert town.run("retime", "mot", *options, "--reason", "x") == 1

    assert "--next-free" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--at", "01/01/2020 08:00"), "thu/hai"),
        (("--at", "mai"), "mai"),
        (("--by", "2"), "2"),
        (("--by", "+1d"), "thu/hai"),  # two days late: still past
    ],
)
def test_a_time_that_is_past_or_none_is_told_and_nothing_is_moved(town, capsys, options, told):
    ledger = held(town, "mot", "hai")

    assert town.run("retime", "--all", *options, "--reason", "x") == 1

    assert set(states(ledger).values()) == {"held"}
    assert told in capsys.readouterr().err


def test_many_are_retimed_at_once_apart_from_each_other_and_from_what_is_to_come(town, capsys):
    ledger = held(town, "mot", "hai", "ba")
    eight = datetime(2029, 1, 1, 1, 0, tzinfo=UTC)  # 08:00 in Viet Nam
    with ledger.database.write() as db:
        there = (eight + timedelta(minutes=32)).isoformat(timespec="microseconds")
        db.execute(
            "update delivery set state='planned', due_at=?, retimed_from=due_at where post='ba'", (there,)
        )

    words = ("retime", "--late", "--at", "01/01/2029 08:00", "--every", "30m", "--reason", "máy tắt")
    assert town.run(*words) == 0

    times = {row.post: row.due_at - eight for row in ledger.deliveries()}
    assert times == {"hai": timedelta(), "ba": timedelta(minutes=32), "mot": timedelta(minutes=62)}
    out = capsys.readouterr().out
    assert "01/01/2029 08:00" in out
    assert "campaigns/thu.yaml" in out
    assert town.run("status", "--json") == 0
    shown = {one["post"]: one for one in json.loads(capsys.readouterr().out)}
    assert shown["hai"]["due_at"] == eight.isoformat()
    assert shown["hai"]["retimed_from"] is not None


def test_the_next_free_slots_are_free(town):
    slots = 'slots: {trang: ["07:30", "19:30"]}'
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    taken = datetime(day.year, day.month, day.day, 12, 30, tzinfo=UTC)  # tomorrow's 19:30 in Viet Nam
    ledger = held(town, "mot", "hai", "ba")
    posts = "".join(text_post(name, at(days=-2)) for name in ("mot", "hai", "ba")) + text_post("bon", taken)
    town.campaign(posts, more=slots)

    assert town.run("retime", "--late", "--next-free", "--reason", "x") == 0

    rows = {row.post: row.due_at for row in ledger.deliveries()}
    assert rows.pop("bon") == taken
    assert taken not in rows.values()
    assert len(set(rows.values())) == 3
    assert {(due + timedelta(hours=7)).strftime("%H:%M") for due in rows.values()} == {"07:30", "19:30"}
    assert all(due > datetime.now(UTC) for due in rows.values())


def test_without_slots_there_are_no_free_ones(town, capsys):
    held(town, "mot")

    assert town.run("retime", "mot", "--next-free", "--reason", "x") == 1

    assert "slots" in capsys.readouterr().err


def test_status_names_who_keeps_back_what_why_and_the_way_out(town, capsys):
    ledger = planned(town, "mot", "hai")
    assert town.run("hold", "--channel", "trang", "--reason", "quốc tang") == 0
    [hold] = ledger.holds()
    capsys.readouterr()

    assert town.run("status") == 0  # nothing is due: what a person keeps back needs no other person
    out = capsys.readouterr().out
    assert f"{hold.who} giữ lại" in out
    assert "quốc tang" in out
    assert "asean-social resume --channel trang" in out

    assert town.run("status", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {one["held_back"]["reason"] for one in shown} == {"quốc tang"}
    assert town.run("log", "mot") == 0
    assert "quốc tang" in capsys.readouterr().out


def test_what_is_due_and_kept_back_is_a_fault(town):
    ledger = planned(town, "mot")
    town.run("hold", "mot", "--reason", "x")
    with ledger.database.write() as db:
        db.execute("update delivery set due_at=?", (at(minutes=-5).isoformat(timespec="microseconds"),))

    assert town.run("status") == 3


@pytest.mark.parametrize(
    ("selection", "value"),
    [
        (("mot",), "thu/mot"),
        (("thu/mot",), "thu/mot"),
        (("mot/trang",), "thu/mot/trang"),
        (("thu/mot/trang/1",), "thu/mot/trang/1"),
        (("--campaign", "thu"), "thu"),
        (("--channel", "trang"), "trang"),
        (("--account", "facebook/hue-asean"), "facebook/hue-asean"),
        (("--all",), ""),
    ],
)
def test_held_and_resumed_by_the_same_words(town, selection, value):
    ledger = planned(town, "mot", "hai")

    assert town.run("hold", *selection, "--reason", "x") == 0
    assert [one.value for one in ledger.holds()] == [value]

    assert town.run("resume", *selection, "--reason", "x") == 0
    assert ledger.holds() == []


def test_resumed_by_other_words_nothing_goes_on_and_the_right_ones_are_said(town, capsys):
    ledger = planned(town, "mot", "hai")
    town.run("hold", "--channel", "trang", "--reason", "x")
    town.run("hold", "hai", "--reason", "riêng bài này")

    assert town.run("resume", "--all", "--reason", "y") == 1
    told = capsys.readouterr().err
    assert "asean-social resume --channel trang" in told
    assert "asean-social resume thu/hai" in told
    assert len(ledger.holds()) == 2

    assert town.run("resume", "--channel", "trang", "--reason", "y") == 0
    assert set(ledger.covered()) == {"thu/hai/trang/1"}


def test_a_name_nobody_knows_holds_nothing(town, capsys):
    ledger = planned(town, "mot")

    assert town.run("hold", "--channel", "tramg", "--reason", "x") == 1

    assert "trang" in capsys.readouterr().err
    assert ledger.holds() == []


def test_an_account_the_program_paused_goes_on_by_itself(town, capsys):
    ledger = planned(town, "mot")
    ledger.pause("facebook/hue-asean", "publish.token-dead", {}, datetime.now(UTC))

    assert town.run("resume", "--account", "facebook/hue-asean", "--reason", "x") == 1

    assert "facebook/hue-asean" in capsys.readouterr().err
    assert len(ledger.holds()) == 1
