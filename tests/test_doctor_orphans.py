"""What a lost answer left behind is found and removed; what people made themselves is never touched."""

import io
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from town import HURRY, Town, text_post

from asean_social.orphans import preparations
from asean_social.records import Attempt
from asean_social.sandbox.server import Sandbox

SOON = datetime.now(UTC) + timedelta(minutes=30)
ARTICLE = (
    '{title: "Bài Zalo", summary: "Tóm tắt", author: "Ban biên tập", cover: media/bia.jpg, body: "Đoạn một"}'
)
FACEBOOK, PHOTO, YOUTUBE, ZALO = "facebook", "facebook photo", "youtube", "zalo"
POSTS = {
    FACEBOOK: text_post(when=SOON),
    YOUTUBE: text_post(when=SOON, channels="[kenh]", media="media/phim.mp4", youtube="{title: Phim thử}"),
    PHOTO: text_post(when=SOON, media='[{file: media/anh.jpg, alt: "Ảnh nền xanh để thử nghiệm"}]'),
    ZALO: text_post(when=SOON, channels="[oa]", zalo=ARTICLE),
}
# the request whose lost answer leaves an object behind
LOST = {FACEBOOK: "feed.create", PHOTO: "feed.create", ZALO: "article.create"}


class Tomorrow:
    """A clock of the sandbox and of the product that can be set ahead."""

    def __init__(self, patch):
        self.patch, self.ahead = patch, 0.0

    def __call__(self):
        return time.time() + self.ahead

    def go(self, **span):
        self.ahead += timedelta(**span).total_seconds()
        self.patch.setenv("ASEAN_SOCIAL_OFFSET", str(self.ahead))


@pytest.fixture
def clock(monkeypatch):
    for name, value in HURRY.items():
        monkeypatch.setenv(name, value)
    return Tomorrow(monkeypatch)


@pytest.fixture
def sandbox(tmp_path, clock):
    with Sandbox(
        clock=clock, processing_seconds=0, verify_seconds=0, media_dir=tmp_path / "public"
    ) as running:
        yield running


@pytest.fixture
def office(tmp_path, sandbox, clock):
    return Town(tmp_path / "office", sandbox)


@pytest.fixture
def typed(monkeypatch):
    def type_(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return type_


def told(office, capsys, *arguments):
    capsys.readouterr()
    code = office.run("doctor", "--json", *arguments)
    out = capsys.readouterr().out
    return code, json.loads(out) if out else []


def orphans(found):
    return [one["values"]["id"] for one in found if one["code"] == "doctor.orphan"]


def left_behind(office, sandbox, platform):
    """A post that was prepared twice, because the answer of the first time was lost."""
    office.campaign(POSTS[platform])
    sandbox.fault(platform.split()[0], LOST[platform], "cut-after")
    for _ in range(2):
        office.process("schedule", "--once")
    return [one["id"] for one in sandbox.hidden()]


@pytest.mark.parametrize("platform", [FACEBOOK, PHOTO, ZALO])
def test_what_a_lost_answer_left_is_listed_after_a_day_and_removed_with_consent(
    office, sandbox, clock, capsys, typed, platform
):
    first, second = sorted(left_behind(office, sandbox, platform), key=_age(sandbox))[-2:]
    [row] = office.status().values()
    assert row["state"] == "staged"
    assert orphans(told(office, capsys)[1]) == []  # somebody may still be at work on it

    clock.go(hours=25)
    code, found = told(office, capsys)

    assert code == 0
    assert orphans(found) == [first]
    assert [one["post"] for one in found if one["code"] == "doctor.orphan"] == [row["key"]]
    typed("xoa\n")
    assert office.run("doctor", "--clean") == 0
    assert [one["id"] for one in sandbox.hidden()] == [second]
    assert orphans(told(office, capsys)[1]) == []


def _age(sandbox):
    made = {one["id"]: one["created_at"] for one in sandbox.hidden()}
    return lambda name: made[name]


def test_a_private_video_that_a_lost_session_left_is_removed(office, sandbox, clock, capsys, typed):
    """The last answer of the upload is lost, and so is the session that could be asked for it."""
    office.campaign(POSTS[YOUTUBE])
    sandbox.fault(YOUTUBE, "upload.put", "cut-after")
    sandbox.fault(YOUTUBE, "upload.probe", "500-before", times=10_000)
    for _ in range(2):
        office.process("schedule", "--once", ASEAN_SOCIAL_TRIES="2")
    [row] = office.status().values()
    assert row["state"] == "held"
    [video] = [one["id"] for one in sandbox.hidden()]

    clock.go(hours=25)
    assert orphans(told(office, capsys)[1]) == [video]
    typed("xóa\n")

    assert office.run("doctor", "--clean") == 0
    assert sandbox.hidden() == []


# -- what is not ours


def draft(sandbox, text, **fields):
    """A post that a person prepared on the Page."""
    page = sandbox.facebook.pages["hue-asean"]
    form = {"message": text, "published": "false", "access_token": page.token, **fields}
    return requests.post(f"{sandbox.url}/facebook/v26.0/{page.id}/feed", data=form, timeout=5).json()["id"]


def test_drafts_of_people_are_counted_and_left_alone(office, sandbox, clock, capsys, typed):
    before = draft(sandbox, "Xin chào mot")  # the same text, before our delivery was begun
    clock.go(minutes=5)
    office.campaign(text_post(when=SOON + timedelta(days=3)))
    office.process("schedule", "--once", ASEAN_SOCIAL_STAGE_AHEAD="864000")
    clock.go(minutes=20)
    drafts = [
        before,
        draft(sandbox, "Một bản nháp"),
        draft(sandbox, "Xin chào mot"),
    ]  # the last: after it was staged

    clock.go(hours=25)
    code, found = told(office, capsys)

    assert code == 0
    assert orphans(found) == []
    assert [one["values"]["count"] for one in found if one["code"] == "doctor.hidden"] == ["2"]
    typed("xóa\n")
    assert office.run("doctor", "--clean") == 0
    assert "không có gì bị bỏ lại" in capsys.readouterr().err
    assert set(drafts) <= {one["id"] for one in sandbox.hidden()}


def test_a_post_with_a_time_of_its_own_is_never_an_orphan(office, sandbox, clock, capsys):
    [first, _] = left_behind(office, sandbox, FACEBOOK)
    page = sandbox.facebook.pages["hue-asean"]
    for post in sandbox.hidden():
        form = {"scheduled_publish_time": str(int(clock() + 864_000)), "access_token": page.token}
        requests.post(f"{sandbox.url}/facebook/v26.0/{post['id']}", data=form, timeout=5).raise_for_status()

    clock.go(hours=25)

    assert orphans(told(office, capsys)[1]) == []
    assert first in {one["id"] for one in sandbox.hidden()}


def test_while_a_delivery_is_worked_on_nothing_of_its_content_is_an_orphan(office, sandbox, clock, capsys):
    office.campaign(POSTS[FACEBOOK])
    sandbox.fault(FACEBOOK, "feed.create", "cut-after")
    office.process("schedule", "--once", ASEAN_SOCIAL_BACKOFF="400000", ASEAN_SOCIAL_BACKOFF_MOST="400000")
    [row] = office.status().values()
    assert row["state"] == "waiting"

    clock.go(hours=25)

    assert orphans(told(office, capsys)[1]) == []


def test_another_kind_with_the_same_text_is_no_orphan(office, sandbox, clock, capsys):
    """Our post is a text; a person prepared a link with the same words in the very same minute."""
    office.campaign(POSTS[FACEBOOK])
    office.process("schedule", "--once")
    draft(sandbox, "Xin chào mot", link="https://asean.org/")

    clock.go(hours=25)

    assert orphans(told(office, capsys)[1]) == []


# -- removing


@pytest.mark.parametrize("change", ["public", "edited", "timed"])
def test_what_changed_after_it_was_listed_is_not_removed(office, sandbox, clock, capsys, monkeypatch, change):
    """The consent takes its time; what was invisible may be public when it is given."""
    first, _ = sorted(left_behind(office, sandbox, FACEBOOK), key=_age(sandbox))
    clock.go(hours=25)
    page = sandbox.facebook.pages["hue-asean"]
    form = {
        "public": {"is_published": "true"},
        "edited": {"message": "Tôi đang sửa"},
        "timed": {"scheduled_publish_time": str(int(clock() + 864_000))},
    }[change]

    class Slow(io.StringIO):
        def readline(self, *_):
            url = f"{sandbox.url}/facebook/v26.0/{first}"
            requests.post(url, data={**form, "access_token": page.token}, timeout=5).raise_for_status()
            return "xóa\n"

    monkeypatch.setattr("sys.stdin", Slow())

    assert office.run("doctor", "--clean") == 3
    assert first in capsys.readouterr().out
    assert first in {one["id"] for one in [*sandbox.hidden(), *sandbox.public()]}


@pytest.mark.parametrize("answer", ["", "yes\n", "xóa hết\n"])
def test_without_the_word_nothing_is_removed(office, sandbox, clock, capsys, typed, answer):
    both = left_behind(office, sandbox, FACEBOOK)
    clock.go(hours=25)
    typed(answer)

    assert office.run("doctor", "--clean") == 1
    assert "xóa" in capsys.readouterr().err
    assert {one["id"] for one in sandbox.hidden()} == set(both)


def test_an_orphan_that_cannot_be_removed_now_is_told_and_stays_listed(office, sandbox, clock, capsys, typed):
    first, _ = sorted(left_behind(office, sandbox, FACEBOOK), key=_age(sandbox))
    clock.go(hours=25)
    sandbox.fault(FACEBOOK, "post.delete", "500-before")
    typed("xóa\n")

    assert office.run("doctor", "--clean") == 3
    assert orphans(told(office, capsys)[1]) == [first]


def test_a_list_that_cannot_be_read_is_a_warning(office, sandbox, clock, capsys):
    left_behind(office, sandbox, FACEBOOK)
    sandbox.fault(FACEBOOK, "feed.list", "html")

    code, found = told(office, capsys)

    assert code == 0
    assert "doctor.orphans-unseen" in [one["code"] for one in found if one["severity"] == "warning"]


def test_preparations_are_told_by_the_log():
    at = [datetime(2027, 1, 1, hour, tzinfo=UTC) for hour in range(6)]
    moves = [
        ("", "planned"),
        ("planned", "staging"),
        ("staging", "waiting"),
        ("waiting", "staging"),
        ("staging", "staged"),
    ]
    log = [Attempt(when, "k", "w", old, new, "", "", {}) for when, (old, new) in zip(at, moves, strict=False)]

    assert preparations(log) == [(at[1], at[2]), (at[3], at[4])]
    assert preparations(log[:4]) == [(at[1], at[2])]
