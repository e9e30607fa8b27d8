"""An edit at every moment of a delivery's life: what right is, for each.

Each delivery is brought to its moment by the real steps, the edit comes as the next reading of the campaign files, and
then everything runs until nothing happens by itself. What counts is what the public saw, and what is left unseen.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from stage_set import NOON, Hands, Killed, Office, Platform
from town import HURRY, text_post

from asean_social import acts, sync
from asean_social.clock import settle
from asean_social.errors import Rejected
from asean_social.publishers.base import Message, Wait
from asean_social.records import freeze
from asean_social.states import State

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DUE = NOON + HOUR
OLD, NEW = "cũ", "mới"


@dataclass(frozen=True)
class Said:
    """A post on a channel, as the campaign files say it."""

    key: str = "c/p/ch/1"
    text: str = OLD
    due_at: datetime = DUE
    account: str = "a"
    approval: str = "dung"


@dataclass
class Scene(Office):
    """An office with two accounts, whose files can be edited at any request."""

    before: Callable[[str], None] = lambda _request: None  # called with each request just before its effect
    said: list[Said] = field(default_factory=list)

    def __post_init__(self):
        super().__post_init__()
        self.places = {"a": self.place, "b": Platform(self.clock)}
        self.ledger.put_campaign("d", "campaigns/c.yaml", "D", "Asia/Ho_Chi_Minh", self.clock.now())

    def desk(self, owner="one"):
        def opener(_platform, account, guard, _progress):
            def watched():
                guard()

            publisher = self.kind(self.places[account], watched)
            ask = publisher._ask

            def asked(name, effect=None, *, visible=False):
                def both():
                    self.before(name)
                    if callable(effect):
                        effect()

                ask(name, both, visible=visible)

            publisher._ask = asked
            return publisher

        return replace(super().desk(owner), opener=opener)

    def read(self, *said):
        """The campaign files say this now, and nothing else."""
        self.said = list(said)
        now = self.clock.now()
        for campaign in ("c", "d"):
            wanted = {one.key: self.wanted(one) for one in said if one.key.startswith(f"{campaign}/")}
            for _ in range(2):
                self.ledger.apply(
                    campaign,
                    lambda rows, wanted=wanted: sync.changes(rows, wanted, now),
                    "t",
                    now,
                    now + 2 * MINUTE,
                )

    def wanted(self, one):
        content = f"{one.account}: {one.text}"
        columns = self.columns(one.key, one.due_at, content, one.approval)
        columns |= {"campaign": one.key.split("/")[0], "account": one.account, "digest": content}
        columns["message"] = freeze(Message(one.key, "fake", one.account, "text", content), self.folder)
        return sync.Wanted(columns, content, one.due_at, self.policy.grace, lambda _due: one.approval)

    def work(self, owner="one"):
        desk = self.desk(owner)
        steps = [("fake", account, lane) for account in "ab" for lane in ("release", "poll", "stage")]
        while sum(desk.work((platform, account), lane, {"c", "d"}) for platform, account, lane in steps):
            pass
        while desk.follow_up():
            pass

    def run(self, hours=12):
        """Until nothing happens by itself; the files are read again at every step, as a runner does."""
        end = self.clock.now() + timedelta(hours=hours)
        while self.clock.now() < end:
            self.read(*self.said)
            self.work()
            self.read(*self.said)
            upcoming = self.ledger.next_due({"c", "d"}, self.clock.now(), self.desk().claimer)
            if upcoming is None or upcoming > end:
                return
            self.clock.moment = max(upcoming, self.clock.now() + timedelta(milliseconds=1))

    def shown(self):
        """(content, time) of all that is public."""
        things = [one for place in self.places.values() for one in place.things.values() if one.public_at]
        return sorted((one.content, one.public_at) for one in things)

    def unseen(self):
        return [
            one.content
            for place in self.places.values()
            for one in place.things.values()
            if not one.public_at
        ]

    def states(self):
        return {row.key: row.state for row in self.ledger.deliveries()}


@pytest.fixture
def scene(tmp_path):
    found = Scene(tmp_path)
    found.read(Said())
    yield found
    found.ledger.close()


# -- the moments. Each brings the delivery there and hands the edit over at that very instant


def planned(scene, edit):
    scene.clock.moment = NOON - 5 * HOUR
    edit()


def staging(scene, edit):
    """While the request that creates the invisible object is on its way."""
    at_request(scene, "create", edit)
    scene.work()


def staging_done(scene, edit):
    """It was created, and its id is about to be stored."""
    made = scene.kind.stage

    def stage(publisher, message, pieces):
        for step in made(publisher, message, pieces):
            once(scene, "stage", edit)
            yield step

    scene.kind = type("Here", (scene.kind,), {"stage": stage})
    scene.work()


def staging_left(scene, edit):
    """Its runner died in the middle, after the id was stored."""
    made = scene.kind.stage

    def stage(publisher, message, pieces):
        yield from made(publisher, message, pieces)
        if not pieces and publisher.place.clock.now() < NOON + MINUTE:
            raise Killed

    scene.kind = type("Here", (scene.kind,), {"stage": stage})
    with pytest.raises(Killed):
        scene.work()
    assert scene.row("c/p/ch/1").state == State.STAGING
    edit()
    scene.clock.go(seconds=scene.policy.lease + 1)


def staged(scene, edit):
    scene.work()
    assert scene.row("c/p/ch/1").state == State.STAGED
    edit()


def waiting(scene, edit):
    """The platform could not be reached to prepare it."""
    scene.place.faults = ["refuse"]
    scene.work()
    assert scene.row("c/p/ch/1").state == State.WAITING
    edit()


def processing(scene, edit):
    """The platform works on what was uploaded."""
    made = scene.kind.stage

    def stage(publisher, message, pieces):
        yield from made(publisher, message, pieces)
        if publisher.place.clock.now() < NOON + 10 * MINUTE:
            yield Wait(60, "publish.processing")

    scene.kind = type("Here", (scene.kind,), {"stage": stage})
    scene.work()
    assert (scene.row("c/p/ch/1").state, scene.row("c/p/ch/1").looks) == (State.WAITING, 1)
    edit()


def waiting_for_release(scene, edit):
    """The release surely did not arrive, and is tried again."""
    scene.work()
    scene.clock.moment = DUE
    scene.place.faults = ["refuse"]
    scene.work()
    assert (scene.row("c/p/ch/1").state, scene.row("c/p/ch/1").step) == (State.WAITING, "release")
    edit()


def held(scene, edit):
    """The platform refused it."""
    made = scene.kind.stage

    def stage(publisher, message, pieces):
        if OLD in message.text:
            raise Rejected("fake", "publish.rejected")
        yield from made(publisher, message, pieces)

    scene.kind = type("Here", (scene.kind,), {"stage": stage})
    scene.work()
    assert scene.row("c/p/ch/1").state == State.HELD
    edit()


def releasing(scene, edit):
    """While the request that makes it public is on its way."""
    scene.work()
    scene.clock.moment = DUE
    at_request(scene, "publish", edit)
    scene.work()


def unknown(scene, edit):
    scene.work()
    scene.clock.moment = DUE
    scene.place.faults = ["cut-after"]
    scene.work()
    assert scene.row("c/p/ch/1").state == State.UNKNOWN
    edit()


def confirming(scene, edit):
    scene.work()
    scene.clock.moment = DUE
    scene.place.faults = ["", "refuse"]
    scene.work()
    assert scene.row("c/p/ch/1").state == State.CONFIRMING
    edit()


def in_doubt(scene, edit):
    """Nobody can tell whether it is public; a person is asked, and answers after the edit."""
    unknown(scene, lambda: None)
    with scene.ledger.database.write() as db:
        db.execute("update delivery set state='held', step='look-up', reason='held.cannot-tell'")
    edit()
    scene.run(hours=1)
    now = scene.clock.now()
    scene.ledger.act("c/p/ch/1", lambda row: acts.retried(row, "x", now, now), "lan", now)


def published(scene, edit):
    scene.work()
    scene.clock.moment = DUE
    scene.work()
    assert scene.row("c/p/ch/1").state == State.PUBLISHED
    edit()


def at_request(scene, name, edit):
    def before(request):
        if request == name:
            once(scene, name, edit)

    scene.before = before


def once(scene, name, edit):
    if name not in getattr(scene, "done", ()):
        scene.done = (*getattr(scene, "done", ()), name)
        edit()


OPEN = [planned, staging, staging_done, staging_left, staged, waiting, processing, waiting_for_release, held]
SENT = [releasing, unknown, confirming, in_doubt, published]
UNREFUSED = [one for one in OPEN if one is not held]


def play(scene, moment, *said):
    moment(scene, lambda: scene.read(*said))
    scene.run()


# -- before its release was sent


@pytest.mark.parametrize("moment", OPEN)
def test_another_text_is_what_the_public_sees_and_the_old_object_is_removed(scene, moment):
    play(scene, moment, Said(text=NEW))

    [(content, at)] = scene.shown()
    assert content == f"a: {NEW}"
    assert DUE <= at < DUE + HOUR
    assert scene.unseen() == []
    assert scene.states() == {"c/p/ch/1": State.PUBLISHED}


@pytest.mark.parametrize("moment", UNREFUSED)
def test_another_text_needs_an_approval_of_its_own(scene, moment):
    play(scene, moment, Said(text=NEW, approval=""))

    assert scene.shown() == []
    assert scene.unseen() == []

    scene.read(Said(text=NEW))
    scene.run()
    assert [content for content, _ in scene.shown()] == [f"a: {NEW}"]


@pytest.mark.parametrize("moment", UNREFUSED)
def test_an_approval_withdrawn_keeps_it_back_and_given_again_lets_it_go_on(scene, moment):
    moment(scene, lambda: scene.read(Said(approval="")))
    scene.read(Said(approval=""))
    scene.clock.moment = max(scene.clock.now(), DUE + MINUTE)
    scene.work()
    assert scene.shown() == []

    scene.read(Said())
    scene.run()

    assert [content for content, _ in scene.shown()] == [f"a: {OLD}"]
    assert scene.unseen() == []


@pytest.mark.parametrize("moment", UNREFUSED)
def test_a_later_time_moves_it(scene, moment):
    later = DUE + 5 * HOUR

    play(scene, moment, Said(due_at=later))

    assert scene.shown() == [(f"a: {OLD}", later)]
    assert scene.unseen() == []


@pytest.mark.parametrize("moment", [planned, staging, staging_done, staged])
def test_an_earlier_time_moves_it(scene, moment):
    earlier = DUE - 30 * MINUTE

    play(scene, moment, Said(due_at=earlier))

    assert scene.shown() == [(f"a: {OLD}", earlier)]


@pytest.mark.parametrize("moment", OPEN)
def test_another_text_at_another_time(scene, moment):
    later = DUE + 5 * HOUR

    play(scene, moment, Said(text=NEW, due_at=later))

    assert scene.shown() == [(f"a: {NEW}", later)]
    assert scene.unseen() == []


@pytest.mark.parametrize("moment", OPEN)
def test_what_left_the_campaign_is_never_seen_and_is_removed(scene, moment):
    play(scene, moment)

    assert scene.shown() == []
    assert scene.unseen() == []
    assert scene.states() == {"c/p/ch/1": State.CANCELLED}


@pytest.mark.parametrize("moment", UNREFUSED)
@pytest.mark.parametrize("key", ["c/q/ch/1", "c/p/kenh/1", "d/p/ch/1"])
def test_with_another_name_of_post_channel_or_campaign_it_appears_once(scene, moment, key):
    play(scene, moment, Said(key=key))

    assert [content for content, _ in scene.shown()] == [f"a: {OLD}"]
    assert scene.unseen() == []
    assert scene.states() == {"c/p/ch/1": State.CANCELLED, key: State.PUBLISHED}


@pytest.mark.parametrize("moment", OPEN)
def test_on_another_account_it_appears_there_and_is_removed_here(scene, moment):
    play(scene, moment, Said(account="b", text=NEW if moment is held else OLD))

    assert [content[:2] for content, _ in scene.shown()] == ["b:"]
    assert scene.unseen() == []


@pytest.mark.parametrize("moment", UNREFUSED)
def test_edited_and_edited_back_it_appears_once_as_it_was(scene, moment):
    moment(scene, lambda: (scene.read(Said(text=NEW)), scene.read(Said())))
    scene.run()

    assert [content for content, _ in scene.shown()] == [f"a: {OLD}"]
    assert scene.unseen() == []


@pytest.mark.parametrize("moment", UNREFUSED)
def test_gone_and_back_again_it_appears_once(scene, moment):
    moment(scene, lambda: (scene.read(), scene.read(Said())))
    scene.run()

    assert [content for content, _ in scene.shown()] == [f"a: {OLD}"]
    assert scene.unseen() == []


# -- after its release was sent: it is, or may be, public

EDITS = {
    "text": (Said(text=NEW),),
    "text without approval": (Said(text=NEW, approval=""),),
    "approval withdrawn": (Said(approval=""),),
    "later": (Said(due_at=DUE + 5 * HOUR),),
    "text and time": (Said(text=NEW, due_at=DUE + 5 * HOUR),),
    "account": (Said(account="b"),),
    "gone": (),
    "gone and back": (Said(),),
}


@pytest.mark.parametrize("moment", SENT)
@pytest.mark.parametrize("edit", EDITS)
def test_what_was_sent_stays_as_it_was_sent_and_shows_drift(scene, moment, edit):
    said = EDITS[edit]
    moment(scene, lambda: (scene.read(), scene.read(*said)) if edit == "gone and back" else scene.read(*said))
    scene.run()

    assert [content for content, _ in scene.shown()] == [f"a: {OLD}"]
    assert scene.unseen() == []
    row = scene.row("c/p/ch/1")
    assert row.state == State.PUBLISHED
    assert row.drifted == any(f"{one.account}: {one.text}" != f"a: {OLD}" for one in said)


@pytest.mark.parametrize("moment", SENT)
@pytest.mark.parametrize("key", ["c/q/ch/1", "d/p/ch/1"])
def test_what_was_sent_under_another_name_does_not_appear_a_second_time(scene, moment, key):
    """The new name is looked for on the account first; of the two one has the object, the other asks a person."""
    play(scene, moment, Said(key=key))

    assert [content for content, _ in scene.shown()] == [f"a: {OLD}"]
    rows = sorted((scene.row(one) for one in ("c/p/ch/1", key)), key=lambda row: row.state)
    assert [(row.state, row.reason) for row in rows] == [
        (State.HELD, "held.same-content"),
        (State.PUBLISHED, rows[1].reason),
    ]


@pytest.mark.parametrize("text", [OLD, NEW])
def test_what_a_person_left_out_stays_out(scene, text):
    scene.work()
    scene.ledger.act("c/p/ch/1", lambda row: acts.skipped(row, "x"), "lan", scene.clock.now())

    scene.read(Said(text=text, due_at=DUE + HOUR))
    scene.run()

    assert scene.shown() == []
    assert scene.unseen() == []


def test_a_new_text_of_what_is_late_waits_for_the_person_too(scene):
    scene.clock.moment = DUE + 5 * HOUR
    scene.run()
    scene.read(Said(text=NEW))
    scene.run()
    assert (scene.shown(), scene.row("c/p/ch/1").reason) == ([], "held.late")

    now = scene.clock.now()
    scene.ledger.act("c/p/ch/1", lambda row: acts.retried(row, "x", now, now), "lan", now)
    scene.run()
    assert [content for content, _ in scene.shown()] == [f"a: {NEW}"]


# -- the real commands

HOUR_LATER = {"ASEAN_SOCIAL_OFFSET": "3601"}
TWO_LATER = {"ASEAN_SOCIAL_OFFSET": "7200"}  # what is not wanted any more is removed after a lease


def texts(things):
    return [one["text"] for one in things]


@pytest.fixture
def ready(town, sandbox):
    """A post that lies ready on the page and is due in an hour, beside one of next week."""
    due = datetime.now(UTC) + HOUR
    town.later = text_post("con-lai", due + 200 * HOUR)
    town.campaign(town.later + text_post("mot", due, text=OLD))
    assert town.process("schedule", "--once").returncode == 0
    assert texts(sandbox.hidden()) == [OLD]
    return due


def test_edited_while_it_lay_ready_the_public_sees_the_new_text_and_the_old_object_is_gone(
    town, sandbox, ready
):
    town.campaign(town.later + text_post("mot", ready, text=NEW))

    town.process("schedule", "--once")
    assert sandbox.public() == []
    town.process("schedule", "--once", **HOUR_LATER)
    town.process("schedule", "--once", **TWO_LATER)

    assert texts(sandbox.public()) == [NEW]
    assert sandbox.hidden() == []
    assert [one["operation"] for one in sandbox.requests()].count("feed.create") == 2


@pytest.mark.parametrize("name", ["", "hai"])
def test_gone_or_renamed_while_it_lay_ready_nothing_is_shown_twice_or_left_behind(town, sandbox, ready, name):
    town.campaign(town.later + (text_post(name, ready, text=OLD) if name else ""))

    town.process("schedule", "--once")
    town.process("schedule", "--once", **HOUR_LATER)
    town.process("schedule", "--once", **TWO_LATER)

    assert texts(sandbox.public()) == ([OLD] if name else [])
    assert sandbox.hidden() == []
    assert town.status()["thu/mot/trang/1"]["state"] == "cancelled"


def test_kept_back_while_it_lay_ready_it_is_not_shown_until_it_is_resumed(town, sandbox, ready):
    assert town.process("hold", "mot", "--reason", "chờ ý kiến").returncode == 0
    assert town.process("schedule", "--once", **HOUR_LATER).returncode == 3
    assert sandbox.public() == []

    assert town.process("resume", "mot", "--reason", "đã đồng ý", **HOUR_LATER).returncode == 0
    assert town.process("schedule", "--once", **HOUR_LATER).returncode == 0

    assert texts(sandbox.public()) == [OLD]


def test_edited_while_its_release_is_on_its_way_the_sent_text_stays_and_status_shows_drift(town, sandbox):
    town.campaign(text_post(text=OLD))
    sandbox.fault("facebook", "post.update", "slow", seconds=3)
    child = subprocess.Popen(
        town.command("schedule", "--once"),
        cwd=town.root,
        env={**os.environ, **HURRY},
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 20
    while not sandbox.public() and time.monotonic() < end:
        time.sleep(0.02)
    assert child.poll() is None  # it waits for the answer

    town.campaign(text_post(text=NEW))
    other = town.process("schedule", "--once", "--wait", "0")
    child.wait(30)
    last = town.process("schedule", "--once")

    assert "Traceback" not in other.stderr
    assert last.returncode == 0, last.stdout
    assert texts(sandbox.public()) == [OLD]
    assert sandbox.hidden() == []
    [row] = town.status().values()
    assert (row["state"], row["drift"]) == ("published", True)
    assert "tệp chiến dịch nay đã ghi khác" in town.process("status").stdout


def test_a_file_that_is_just_being_written_is_not_read_half(town, sandbox):
    """Half of it is a good file that lacks its second post, and whose first ends in the middle of a sentence."""
    file = town.campaign(text_post("mot", text="một câu dài") + text_post("hai", text="câu thứ hai"))
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[: whole.index(" câu dài")] + "\n", encoding="utf-8")
    rest = threading.Timer(0.3, lambda: file.write_text(whole, encoding="utf-8"))
    rest.start()

    code = town.run("schedule", "--once")
    rest.join()

    assert code == 0
    assert sorted(texts(sandbox.public())) == ["câu thứ hai", "một câu dài"]


def test_a_file_that_never_comes_to_rest_is_read_in_the_end(tmp_path):
    file = tmp_path / "c.yaml"
    clock = Hands()
    clock.pause = lambda seconds: (file.touch(), clock.go(seconds=seconds))
    file.touch()

    settle([file, tmp_path / "gone.yaml"], clock)

    assert clock.now() - NOON == timedelta(seconds=5)
