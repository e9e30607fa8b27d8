"""A ledger that was deleted or put back from a backup publishes nothing a second time: every kind, and what follows it."""

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from films import mp4
from town import stamp

from asean_social.sandbox.server import Sandbox

LIST = "PLHueAsean60Nam00000000000000000001"
POST = '- {{id: {id}, theme: education, form: article, author: lan, at: "{due}", channels: [{channel}], {rest}}}\n'
ARTICLE = "summary: Tóm tắt, author: Cổng, cover: media/bia.jpg"
BROADCAST = "broadcast: {gender: '0', late: wait}"
# by kind: where it goes, and what makes it one
KINDS = {
    "text": ("trang", "text: Chữ, facebook: {first_comment: Xem thêm}"),
    "link": ("trang", "text: Liên kết, link: 'https://asean.org/'"),
    "photo": ("trang", "text: Ảnh, media: [{file: media/anh.jpg, alt: Nền xanh}]"),
    "album": (
        "trang",
        "text: Bộ ảnh, media: [{file: media/anh.jpg, alt: Một}, {file: media/bia.jpg, alt: Hai}]",
    ),
    "video": ("trang", "text: Phim, media: media/phim.mp4, facebook: {kind: video, first_comment: Phim nữa}"),
    "reel": ("trang", "text: Thước phim, media: media/doc.mp4, facebook: {kind: reel, first_comment: Nữa}"),
    "yt-video": (
        "kenh",
        f"text: Mô tả, media: media/phim.mp4, youtube: {{title: Phim dài, playlist: {LIST}}}",
    ),
    "yt-short": (
        "kenh",
        f"text: Ngắn, media: media/doc.mp4, youtube: {{title: Phim ngắn, playlist: {LIST}}}",
    ),
    "zl-normal": (
        "oa",
        f"text: x, zalo: {{title: Bài viết, {ARTICLE}, body: Đoạn, {BROADCAST}}}",
    ),
    "zl-video": (
        "oa",
        f"text: x, media: media/phim.mp4, zalo: {{type: video, title: Bài phim, {ARTICLE}, {BROADCAST}}}",
    ),
}
ONE_STEP = ("text", "link", "photo", "album", "video", "reel")
AFTER = {"text": 1, "video": 1, "reel": 1, "yt-video": 1, "yt-short": 1, "zl-normal": 1, "zl-video": 1}


def keys(kinds=KINDS):
    return {f"thu/{kind}/{KINDS[kind][0]}/1": kind for kind in kinds}


class Noon:
    """Noon in Viet Nam today, and on from there: Zalo broadcasts nothing at night."""

    def __init__(self):
        now = datetime.now(UTC)
        self.offset = (now.replace(hour=5, minute=0) - now).total_seconds()

    def go(self, **span):
        self.offset += timedelta(**span).total_seconds()

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.offset)


@dataclass
class Practice:
    """An office with one post of every kind, due in an hour, and the public's view of what became of them."""

    town: object
    sandbox: Sandbox
    clock: Noon

    def __post_init__(self):
        self.due = (self.clock.now() + timedelta(hours=1)).replace(microsecond=0)
        (self.town.root / "campaigns" / "media" / "doc.mp4").write_bytes(mp4(1080, 1920, 12.0, fps=30))
        self.kinds = tuple(KINDS)

    def write(self, kinds=tuple(KINDS), arrives=None):
        self.kinds, posts = kinds, ""
        for kind in kinds:
            channel, rest = KINDS[kind]
            if arrives:
                rest = rest.replace("late: wait", f'late: wait, at: "{stamp(arrives)}"')
            posts += POST.format(id=kind, due=stamp(self.due), channel=channel, rest=rest)
        self.town.campaign(posts)

    def once(self, wait="60", **more):
        done = self.town.process(
            "schedule", "--once", "--wait", wait, ASEAN_SOCIAL_OFFSET=str(self.clock.offset), **more
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 3), done.stderr + done.stdout
        return done

    def until(self, state, **more):
        """Some passes: films have to be processed, accounts to rest."""
        for _ in range(10):
            self.once(**more)
            self.clock.go(seconds=20)
            if {row["state"] for row in self.rows().values()} == {state}:
                return
        raise AssertionError(
            {kind: (row["state"], row["reason"], row["why"]) for kind, row in self.rows().items()}
        )

    def at_due(self):
        self.clock.offset += (self.due - self.clock.now()).total_seconds() + 1

    def shown(self):
        """By kind: how often it is public, and how much follows it (comments, playlist entries, broadcasts)."""
        found = {}
        for one in self.sandbox.public():
            prefix = {"facebook": "", "youtube": "yt-", "zalo": "zl-"}[one["platform"]]
            after = [one.get(name) or () for name in ("comments", "playlists", "broadcasts")]
            found.setdefault(prefix + one["kind"], []).append(len(list(chain(*after))))
        return found

    def rows(self):
        return {key.split("/")[1]: row for key, row in self.town.status().items()}

    def files(self):
        return list(self.town.root.glob("ledger.db*"))

    def save(self):
        """A copy of the ledger as it is now, as a person would make one between two passes."""
        with closing(sqlite3.connect(self.town.root / "ledger.db")) as db:
            db.execute("pragma wal_checkpoint(truncate)")
        shutil.copy(self.town.root / "ledger.db", self.town.root / "old-ledger")

    def restore(self):
        self.delete()
        shutil.copy(self.town.root / "old-ledger", self.town.root / "ledger.db")

    def delete(self):
        for file in self.files():
            file.unlink()


@pytest.fixture
def clock():
    return Noon()


@pytest.fixture
def sandbox(tmp_path, clock):
    now = {"clock": lambda: time.time() + clock.offset}
    with Sandbox(processing_seconds=0.1, verify_seconds=0.1, media_dir=tmp_path / "public", **now) as box:
        yield box


@pytest.fixture
def office(town, sandbox, clock):
    office = Practice(town, sandbox, clock)
    office.write()
    return office


def once_each(office, after=AFTER):
    return {kind: [after.get(kind, 0)] for kind in office.kinds}


def one_step(office):
    """The page's account creates visibly, so that nothing but a look at the page tells what was sent."""
    text = office.town.root.joinpath("credentials.toml").read_text(encoding="utf-8")
    office.town.credentials(
        text.replace("[facebook.hue-asean]\n", '[facebook.hue-asean]\nrelease = "one-step"\n')
    )
    office.write(ONE_STEP)


def test_a_deleted_ledger_within_grace(office):
    office.at_due()
    office.once()
    assert office.shown() == once_each(office)

    office.delete()
    office.once()

    assert office.shown() == once_each(office)
    rows = office.rows()
    assert {kind: (row["state"], row["reason"]) for kind, row in rows.items()} == dict.fromkeys(
        KINDS, ("published", "published.found")
    )
    follow = {kind: [one["state"] for one in row["follow_ups"]] for kind, row in rows.items()}
    # no call of Zalo's tells of a broadcast: a person looks
    assert follow == {
        kind: ["unknown" if kind.startswith("zl") else "done"] if kind in AFTER else [] for kind in KINDS
    }


def test_a_deleted_ledger_beyond_grace(office):
    office.at_due()
    office.once()

    office.delete()
    office.clock.go(hours=3)
    office.once()

    assert office.shown() == once_each(office)
    assert {(row["state"], row["reason"]) for row in office.rows().values()} == {("held", "held.past")}


def test_a_deleted_ledger_beyond_grace_and_a_person_who_lets_them_go_on(office):
    office.at_due()
    office.once()
    office.delete()
    office.clock.go(hours=3)
    office.once()

    for kind in KINDS:
        done = office.town.process(
            "retry", f"thu/{kind}", "--reason", "quên", ASEAN_SOCIAL_OFFSET=str(office.clock.offset)
        )
        assert done.returncode == 0, done.stderr
    office.once()

    assert office.shown() == once_each(office)
    assert {row["reason"] for row in office.rows().values()} == {"published.found"}


@pytest.mark.parametrize("made", ["one-step", "two-step"])
@pytest.mark.parametrize("grace", ["within", "beyond"])
def test_a_ledger_put_back_from_before_anything_was_begun(office, made, grace):
    if made == "one-step":
        one_step(office)
    office.once(ASEAN_SOCIAL_STAGE_AHEAD="0")
    office.save()
    office.at_due()
    office.once()
    assert office.shown() == once_each(office)

    office.restore()
    if grace == "beyond":
        office.clock.go(hours=3)
    office.once()

    assert office.shown() == once_each(office)
    wanted = {("published", "published.found")} if grace == "within" else {("held", "held.late")}
    assert {(row["state"], row["reason"]) for row in office.rows().values()} == wanted


@pytest.mark.parametrize("made", ["one-step", "two-step"])
@pytest.mark.parametrize("grace", ["within", "beyond"])
def test_a_ledger_put_back_from_when_they_were_ready(office, made, grace):
    if made == "one-step":
        one_step(office)
    office.until("staged")
    office.save()
    office.at_due()
    office.once()
    assert office.shown() == once_each(office)

    office.restore()
    if grace == "beyond":
        office.clock.go(hours=3)
    office.once()

    assert office.shown() == once_each(office)
    if grace == "within":
        assert {row["state"] for row in office.rows().values()} == {"published"}


def test_a_ledger_put_back_from_before_what_follows_was_done(office):
    office.write(arrives=office.due + timedelta(minutes=45))
    office.until("staged")
    office.at_due()
    for platform, operation in (("facebook", "comments.create"), ("youtube", "playlistItems.insert")):
        office.sandbox.fault(platform, operation, "throttle", times=9, seconds=0)
    office.until("published", ASEAN_SOCIAL_BACKOFF="600", wait="2")
    office.save()
    assert office.shown() == once_each(office, after={})
    office.sandbox._faults.clear()
    office.clock.go(minutes=30)
    office.once()
    assert office.shown() == once_each(office)

    office.restore()
    office.once()

    assert office.shown() == once_each(office)
    assert {row["state"] for row in office.rows().values()} == {"published"}


def test_a_ledger_put_back_from_when_they_were_left_to_the_platforms_clock(office):
    office.write(("text", "photo", "yt-video", "yt-short"))
    file = office.town.root / "campaigns" / "thu.yaml"
    text = file.read_text(encoding="utf-8")
    for platform in ("facebook", "youtube"):
        text = text.replace(f"{platform}/hue-asean", f"{{account: {platform}/hue-asean, clock: platform}}")
    file.write_text(text, encoding="utf-8")
    office.until("handed-over")
    office.save()
    office.at_due()
    office.clock.go(minutes=2)
    office.until("published")
    assert office.shown() == once_each(office)

    office.restore()
    office.until("published")

    assert office.shown() == once_each(office)
    assert {one["state"] for row in office.rows().values() for one in row["follow_ups"]} == {"done"}
