"""`clock: platform`: a time set on what is staged, read back, moved, taken back; shown once, at its hour, by the platform."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from films import mp4
from town import stamp

from asean_social import platform_clock
from asean_social.cli.app import Screen
from asean_social.cli.demo import _jump
from asean_social.cli.running import Station
from asean_social.clock import SystemClock
from asean_social.decisions import TAKE_BACK, VERIFY, Policy
from asean_social.lang import Language
from asean_social.ledger import Ledger
from asean_social.project import Project
from asean_social.publishers.base import Receipt
from asean_social.sandbox.server import Sandbox
from asean_social.states import State

NOON = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUE = NOON + 20 * HOUR
KINDS = {
    "text": "channels: [trang]\n  text: Chào",
    "link": "channels: [trang]\n  text: Liên kết\n  link: https://huecity.gov.vn/tin",
    "photo": "channels: [trang]\n  text: Ảnh\n  media: {file: media/anh.jpg, alt: Ảnh}",
    "album": "channels: [trang]\n  text: Bộ ảnh\n  media: [{file: media/anh.jpg, alt: a}, {file: media/bia.jpg, alt: b}]",
    "video": "channels: [trang]\n  text: Phim\n  media: media/phim.mp4",
    "reel": "channels: [trang]\n  text: Thước phim\n  media: media/doc.mp4",
    "youtube": "channels: [kenh]\n  title: Phim\n  media: media/phim.mp4\n  youtube: {thumbnail: media/bia.jpg}",
    "short": "channels: [kenh]\n  title: Phim ngắn\n  media: media/doc.mp4",
}
HANDING = {  # the request that sets the time
    "text": ("facebook", "post.update", 1),
    "album": ("facebook", "post.update", 1),
    "video": ("facebook", "video.update", 1),
    "reel": ("facebook", "video_reels.create", 2),
    "youtube": ("youtube", "videos.update", 1),
}
CHANNELS = "{trang: {account: facebook/hue-asean, clock: platform}, kenh: {account: youtube/hue-asean, clock: platform}, oa: zalo/hue-asean}"


class Office:
    """A project, a sandbox and runners that share one clock, which is moved by hand."""

    def __init__(self, town):
        self.town, self.clock = town, SystemClock()
        self.to(NOON)
        self.box = Sandbox(
            clock=lambda: self.clock.now().timestamp(),
            processing_seconds=1,
            verify_seconds=0,
            media_dir=town.root / "public",
        )

    def to(self, moment):
        _jump(self.clock, moment)

    def plan(self, kind, due=DUE, *, more="", name="p", approval="none"):
        file = self.town.campaign(
            f'- id: {name}\n  theme: trade-agreements\n  author: lan\n  at: "{stamp(due)}"\n  {KINDS[kind]}\n{more}',
            approval=approval,
        )
        text = file.read_text(encoding="utf-8")
        start = text.index("channels: {")
        file.write_text(
            text[:start] + f"channels: {CHANNELS}" + text[text.index("\n", start) :], encoding="utf-8"
        )

    def once(self, horizon=None, wait=60):
        project = Project.find([], self.town.root)
        with Station(Screen(Language("en")), project, "", "", self.clock, horizon) as station:
            station.runner.once(wait)
        assert not station.watcher.faults

    def rows(self):
        ledger = Ledger.look(self.town.root / "ledger.db")
        found = ledger.deliveries()
        ledger.close()
        return found

    @property
    def row(self):
        [row] = self.rows()
        return row

    def at_its_hour(self, due=DUE):
        """What the platform does alone, no runner awake."""
        self.to(due + timedelta(seconds=2))
        return self.box.public()


@pytest.fixture
def office(town, monkeypatch):
    for name, worth in (("POLL", "0.2"), ("BACKOFF", "0.2"), ("LOOKUP_WAITS", "0.1,0.2"), ("LEASE", "5")):
        monkeypatch.setenv(f"ASEAN_SOCIAL_{name}", worth)
    (town.root / "campaigns" / "media" / "doc.mp4").write_bytes(mp4(1080, 1920, 12.0, fps=30))
    made = Office(town)
    with made.box:
        town.credentials(made.box.credentials())
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_the_platform_shows_it_at_its_hour_while_this_computer_sleeps(office, kind):
    office.plan(kind)

    office.once()

    assert (office.row.state, office.row.step) == (State.HANDED_OVER, VERIFY)
    assert office.box.public() == []
    [shown] = office.at_its_hour()
    assert DUE.timestamp() <= shown["published_at"] < DUE.timestamp() + 60
    office.to(DUE + 9 * HOUR)
    office.once()
    assert (office.row.state, office.row.released_at) == (State.PUBLISHED, DUE)
    assert office.row.remote_id
    assert len(office.box.public()) == 1
    assert office.box.hidden() == []


@pytest.mark.parametrize("kind", ["album", "video", "reel", "youtube"])
def test_another_time_in_the_campaign_moves_it_on_the_platform(office, kind):
    office.plan(kind)
    office.once()
    later = DUE + 3 * HOUR

    office.plan(kind, later)
    office.once()

    assert (office.row.state, office.row.step, office.row.due_at) == (State.HANDED_OVER, VERIFY, later)
    assert office.at_its_hour(DUE) == []
    [shown] = office.at_its_hour(later)
    assert shown["published_at"] >= later.timestamp()


@pytest.mark.parametrize("kind", ["photo", "video", "reel", "short"])
def test_moved_into_the_next_minutes_it_is_taken_back_and_released_from_here(office, kind):
    office.plan(kind)
    office.once()
    soon = NOON + timedelta(minutes=10)

    office.plan(kind, soon)
    office.once()
    assert office.row.state == State.STAGED
    office.to(soon)
    office.once()

    assert office.row.state == State.PUBLISHED
    assert len(office.box.public()) == 1
    assert len(office.at_its_hour(DUE)) == 1


@pytest.mark.parametrize("kind", ["text", "album", "reel", "youtube"])
def test_removed_from_the_campaign_the_platform_shows_nothing(office, kind):
    office.plan(kind)
    office.once()

    office.plan("text", DUE + 48 * HOUR, name="khac")
    office.once()

    assert {row.post: row.state for row in office.rows()}["p"] == State.CANCELLED
    assert office.at_its_hour() == []


@pytest.mark.parametrize("kind", ["text", "photo", "video", "youtube"])
def test_an_edit_is_what_the_platform_shows_and_only_that(office, kind):
    office.plan(kind)
    office.once()
    edited = {"youtube": "  lang: vi\n  tags: [ASEAN]\n"}.get(kind, '  hashtags: ["#ASEAN"]\n')

    office.plan(kind, more=edited)
    office.once()
    office.to(office.clock.now() + timedelta(seconds=10))  # what was prepared first is removed after a lease
    office.once()

    assert (office.row.state, office.row.step) == (State.HANDED_OVER, VERIFY)
    assert len(office.box.hidden()) == (1 if kind != "photo" else len(office.box.hidden()))
    [shown] = office.at_its_hour()
    assert "ASEAN" in json.dumps(shown, ensure_ascii=False) or kind == "youtube"
    office.once()
    assert office.row.state == State.PUBLISHED
    assert len(office.box.public()) == 1


def test_kept_back_by_a_person_it_is_taken_back_and_after_resume_handed_over_again(office):
    office.plan("youtube")
    office.once()
    ledger = Ledger.open(office.town.root / "ledger.db", NOON)
    ledger.hold("all", "", "lan", "chờ ý kiến", office.clock.now())
    ledger.close()

    office.once()

    assert office.row.state == State.STAGED
    assert office.at_its_hour(DUE - HOUR) == []
    ledger = Ledger.open(office.town.root / "ledger.db", NOON)
    ledger.resume("all", "", "lan", "đã duyệt", office.clock.now())
    ledger.close()
    office.once()
    assert office.row.state == State.HANDED_OVER
    assert len(office.at_its_hour()) == 1


def test_approval_taken_away_takes_it_back(office):
    office.plan("photo", approval="one")
    assert office.town.run("approve", "--all", "--by", "dung") == 0
    office.once()
    assert office.row.state == State.HANDED_OVER

    for file in (office.town.root / "campaigns").glob("*.approvals.yaml"):
        file.unlink()
    office.once()

    assert office.row.approval == ""
    assert office.at_its_hour() == []


def test_what_the_platform_forgot_is_prepared_anew(office):
    """A person deleted the planned post, or its pictures were dropped: found when it is read back a day later."""
    due = NOON + 60 * HOUR
    office.plan("album", due)
    office.once()
    [post] = [one for one in office.box.hidden() if one["kind"] == "album"]
    del office.box.facebook.wall.posts[post["id"]]
    office.to(NOON + 25 * HOUR)

    office.once()

    assert (office.row.state, office.row.step, office.row.generation) == (State.HANDED_OVER, VERIFY, 2)
    assert len(office.at_its_hour(due)) == 1


@pytest.mark.parametrize("kind", HANDING)
@pytest.mark.parametrize("fault", ["refuse", "cut-before", "cut-after", "500-before", "500-after", "garbage"])
def test_a_lost_answer_to_the_hand_over_costs_nothing(office, kind, fault):
    platform, name, nth = HANDING[kind]
    office.plan(kind)
    office.box.fault(platform, name, fault, nth)

    office.once()

    assert [row["operation"] for row in office.box.requests() if row["fault"]] == [name]
    assert (office.row.state, office.row.step) == (State.HANDED_OVER, VERIFY)
    assert len(office.at_its_hour()) == 1
    office.once()
    assert office.row.state == State.PUBLISHED
    assert len(office.box.public()) == 1


def test_a_refused_hand_over_leaves_it_to_this_computer(office):
    office.plan("text")
    office.box.facebook.refuse_next("post.update", 100)

    office.once()

    assert (office.row.state, office.row.reason) == (State.STAGED, "staged.not-handed-over")
    office.to(DUE)
    office.once()
    assert office.row.state == State.PUBLISHED
    assert len(office.box.public()) == 1


@pytest.mark.parametrize("kind", ["text", "youtube"])
def test_a_lost_ledger_does_not_publish_a_second_time(office, kind):
    office.plan(kind)
    office.once()
    for file in office.town.root.glob("ledger.db*"):
        file.unlink()

    office.once()

    assert (office.row.state, office.row.reason) == (State.HELD, "held.armed-elsewhere")
    assert len(office.at_its_hour()) == 1


def test_a_platform_that_does_not_show_it_gives_it_up_and_it_is_released_from_here(office):
    office.plan("text")
    office.once()
    for post in office.box.facebook.wall.posts.values():
        post.scheduled = None
    office.to(DUE + timedelta(minutes=16))

    office.once()

    assert office.row.state == State.PUBLISHED
    assert len(office.box.public()) == 1


def test_too_soon_or_too_far_it_keeps_to_this_computers_clock():
    now = NOON
    inside = [timedelta(minutes=15), timedelta(days=29)]
    outside = [timedelta(minutes=14, seconds=59), timedelta(days=29, seconds=1), timedelta(hours=-1)]

    assert [platform_clock.in_window(now + one, now) for one in inside] == [True, True]
    assert [platform_clock.in_window(now + one, now) for one in outside] == [False] * 3


def test_after_a_check_it_waits_is_taken_back_or_is_published():
    policy, early = Policy(), NOON - 2 * HOUR
    armed = Receipt(public=False, due=NOON)

    def after(receipt, now):
        decision = platform_clock.after_check(receipt, NOON, 0, now, policy)
        return decision.state, decision.step

    assert after(armed, early) == (State.HANDED_OVER, VERIFY)
    assert after(Receipt(public=False), early) == (State.HANDED_OVER, TAKE_BACK)
    assert after(Receipt(public=False, due=NOON, whole=False), early) == (State.HANDED_OVER, TAKE_BACK)
    assert after(Receipt(public=False, due=NOON + HOUR), early) == (State.HANDED_OVER, TAKE_BACK)
    assert after(Receipt(public=True), NOON) == (State.PUBLISHED, "")
    assert after(armed, NOON + timedelta(minutes=15)) == (State.HANDED_OVER, VERIFY)
    assert after(armed, NOON + timedelta(minutes=15, seconds=1)) == (State.HANDED_OVER, TAKE_BACK)


def test_the_horizon_hands_over_what_it_can_and_lists_what_needs_the_computer(town, sandbox):
    now = datetime.now(UTC)
    due = stamp(now + 20 * HOUR)
    town.campaign(
        f'- {{id: mot, theme: trade-agreements, author: lan, at: "{due}", channels: [trang], text: Chào}}\n'
        f'- {{id: hai, theme: trade-agreements, author: lan, at: "{due}", channels: [oa], text: Chào,\n'
        "   zalo: {title: Hai, summary: Hai, author: Lan, cover: media/bia.jpg}}\n"
    )
    file = town.root / "campaigns" / "thu.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "trang: facebook/hue-asean", "trang: {account: facebook/hue-asean, clock: platform}"
    )
    file.write_text(text, encoding="utf-8")

    done = town.process(
        "--lang", "en", "schedule", "--once", "--horizon", "24h", ASEAN_SOCIAL_HAND_OVER_AHEAD="0"
    )

    assert done.returncode == 3
    assert "must be awake for 1 posts that no platform's clock shows" in done.stdout
    assert "With the platforms' own clocks, no computer needed: 1" in done.stdout
    told = {one["post"]: (one["state"], one["needs_this_machine"]) for one in town.status().values()}
    assert told == {"mot": ("handed-over", False), "hai": ("planned", True)}


def test_zalo_has_no_such_clock(town):
    file = town.campaign("- {id: mot, theme: education, author: lan, channels: [oa], text: Chào}\n")
    text = file.read_text(encoding="utf-8").replace(
        "oa: zalo/hue-asean", "oa: {account: zalo/hue-asean, clock: platform}"
    )
    file.write_text(text, encoding="utf-8")

    done = town.process("--lang", "en", "check")

    assert done.returncode == 1
    assert "zalo has no clock of its own" in done.stderr
