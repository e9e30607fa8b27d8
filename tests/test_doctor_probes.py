"""What the fact sheets leave open is tried on the account; whatever happens meanwhile, nothing of it is left unknown."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from town import Town, text_post

from asean_social import sync
from asean_social.doctor import Doctor
from asean_social.rehearsal import HIDDEN, MARKER, RELEASE, one_step
from asean_social.sandbox.server import Sandbox

PAGE = ("facebook", "hue-asean")
SOON = datetime.now(UTC) + timedelta(hours=3)


class Moving:
    """A clock for sandbox and product whose pauses take no time."""

    def __init__(self):
        self.ahead = timedelta()

    def now(self):
        return datetime.now(UTC) + self.ahead

    def pause(self, seconds):
        self.ahead += timedelta(seconds=seconds)

    def interrupt(self): ...


@pytest.fixture
def clock():
    return Moving()


@pytest.fixture
def sandbox(tmp_path, clock):
    with Sandbox(
        clock=lambda: clock.now().timestamp(),
        processing_seconds=0,
        verify_seconds=0,
        media_dir=tmp_path / "public",
    ) as running:
        yield running


@pytest.fixture
def office(tmp_path, sandbox):
    town = Town(tmp_path / "office", sandbox)
    town.campaign(text_post(when=SOON))
    return town


@pytest.fixture
def doctor(office, clock):
    """Doctors who look at the office, each as a process of its own would."""
    called = []

    def _doctor(only=PAGE):
        root = office.root
        loaded = sync.read([root / "campaigns"], root, clock.now())
        files = (root / "credentials.toml", root / "ledger.db")
        called.append(Doctor(root, loaded, *files, {}, clock, [only] if only else []))
        list(called[-1].findings())
        return called[-1]

    yield _doctor
    for one in called:
        one.close()


def codes(problems):
    return [one.code for one in problems]


def proof(doctor):
    return [one.code for one in doctor().findings() if one.code.startswith("rehearsal.")]


# -- what is tried


def test_a_hidden_trial_makes_reads_and_removes_a_post_that_nobody_saw(doctor, sandbox):
    found = list(doctor().rehearse(PAGE, HIDDEN))

    assert codes(found) == ["rehearsal.hidden"]
    events = [one["event"] for one in sandbox.events() if one["platform"] == "facebook"]
    assert events == ["created", "deleted"]
    assert sandbox.public() == sandbox.hidden() == []
    assert proof(doctor) == ["rehearsal.unproven"]  # that it is shown by its release, only a release proves


def test_a_hidden_trial_of_zalo_makes_an_article_and_removes_it(doctor, sandbox):
    account = ("zalo", "hue-asean")

    found = list(doctor(account).rehearse(account, HIDDEN))

    assert codes(found) == ["rehearsal.hidden"]
    asked = [one["operation"] for one in sandbox.requests()]
    assert asked.index("article.create") < asked.index("article.verify") < asked.index("article.remove")
    assert "article.update" not in asked
    assert sandbox.public() == sandbox.hidden() == []


def test_youtube_has_nothing_to_try(doctor, sandbox):
    account = ("youtube", "hue-asean")

    found = list(doctor(account).rehearse(account, HIDDEN))

    assert codes(found) == ["rehearsal.nothing"]
    assert {one["event"] for one in sandbox.events()} <= {"token"}


def test_a_release_trial_shows_a_post_for_some_seconds_and_proves_the_account(doctor, sandbox):
    found = list(doctor().rehearse(PAGE, RELEASE))

    # the stand-in dates a post by its creation; that is told, since readers would see it
    assert codes(found) == ["rehearsal.released", "rehearsal.dated-early"]
    events = [(one["event"], one["at"]) for one in sandbox.events() if one["platform"] == "facebook"]
    assert [name for name, _ in events] == ["created", "public", "deleted"]
    assert events[2][1] - events[1][1] < 60
    assert sandbox.public() == sandbox.hidden() == []
    assert proof(doctor) == ["rehearsal.two-step-works"]


def test_a_page_that_does_not_hide_what_is_to_be_hidden_is_found_out_and_cleaned(
    doctor, sandbox, monkeypatch
):
    wall = sandbox.facebook.wall
    add = wall.add_post
    monkeypatch.setattr(wall, "add_post", lambda page, values: add(page, {**values, "published": True}))

    found = list(doctor().rehearse(PAGE, RELEASE))

    assert codes(found) == ["publish.facebook.public-at-once"]
    assert sandbox.public() == sandbox.hidden() == []
    assert proof(doctor) == ["rehearsal.two-step-refuted"]


def test_a_page_that_takes_a_release_and_does_not_show_it_is_found_out(doctor, sandbox, monkeypatch):
    monkeypatch.setattr(sandbox.facebook.wall, "edit", lambda post, values: None)

    found = list(doctor().rehearse(PAGE, RELEASE))

    assert codes(found) == ["rehearsal.never-public"]
    assert sandbox.public() == sandbox.hidden() == []
    assert proof(doctor) == ["rehearsal.two-step-refuted"]


def test_a_list_that_lags_is_told_and_proves_nothing_wrong(doctor, sandbox):
    sandbox.fault("facebook", "published_posts.list", "not-found-once", nth=2, times=100, seconds=3600)

    found = list(doctor().rehearse(PAGE, RELEASE))

    assert codes(found)[:2] == ["rehearsal.released", "rehearsal.not-listed"]
    assert sandbox.public() == []


@pytest.mark.parametrize("fault", ["cut-before", "cut-after", "500-after", "html"])
@pytest.mark.parametrize("operation", ["feed.create", "post.get", "post.update", "post.delete"])
def test_a_fault_in_the_middle_leaves_nothing_behind_that_is_not_told(doctor, sandbox, operation, fault):
    sandbox.fault("facebook", operation, fault)

    found = list(doctor().rehearse(PAGE, RELEASE))

    left = sandbox.public() + sandbox.hidden()
    assert not left or "rehearsal.not-removed" in codes(found)
    assert sandbox.public() == [] or any(one.severity == "error" for one in found)
    list(doctor().rehearse(PAGE, HIDDEN))  # removes first what is left
    assert sandbox.public() + sandbox.hidden() == []


def test_a_platform_that_cannot_be_reached_proves_nothing(doctor, sandbox):
    called = doctor()
    sandbox.fault("facebook", "feed.create", "html", times=50)

    assert codes(called.rehearse(PAGE, RELEASE)) == ["publish.unclear-answer"]
    assert proof(doctor) == ["rehearsal.unproven"]


def test_a_post_that_was_published_in_two_steps_proves_the_account(office, doctor, sandbox):
    assert proof(doctor) == ["rehearsal.unproven"]
    office.campaign(text_post("hai", when=datetime.now(UTC)))
    office.process("schedule", "--once")

    assert len(sandbox.public()) == 1
    assert proof(doctor) == ["rehearsal.two-step-works"]


def test_a_post_that_was_published_in_one_step_proves_nothing(office, doctor, sandbox):
    text = sandbox.credentials()
    office.credentials(text.replace("[facebook.hue-asean]", '[facebook.hue-asean]\nrelease = "one-step"'))
    office.campaign(text_post("hai", when=datetime.now(UTC)))
    office.process("schedule", "--once")
    assert len(sandbox.public()) == 1

    assert proof(doctor) == []  # nothing has to be proven
    office.credentials(text)
    assert proof(doctor) == ["rehearsal.unproven"]


# -- consent


@pytest.mark.parametrize("typed", ["", "có\n", "dang bai\n"])
def test_without_the_word_nothing_is_published(office, sandbox, capsys, monkeypatch, typed):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert office.run("doctor", "--account", "facebook/hue-asean", "--probe-release") == 1
    assert "đăng" in capsys.readouterr().err
    assert [one for one in sandbox.requests() if one["method"] != "GET"] == []


def test_with_the_word_it_is_published_and_removed(office, sandbox, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("ĐĂNG\n"))
    monkeypatch.setenv("ASEAN_SOCIAL_POLL", "0")

    assert office.run("doctor", "--account", "facebook/hue-asean", "--probe-release", "--json") == 0

    found = json.loads(capsys.readouterr().out)
    assert "rehearsal.released" in [one["code"] for one in found]
    events = [one["event"] for one in sandbox.events() if one["platform"] == "facebook"]
    assert events == ["created", "public", "deleted"]


def test_for_programs_there_is_no_prompt(office, sandbox, capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal("đăng\n"))

    assert office.run("doctor", "--account", "facebook/hue-asean", "--probe-release", "--json") == 1
    assert "--json" in capsys.readouterr().err
    assert [one for one in sandbox.requests() if one["method"] != "GET"] == []


# -- killed in the middle

KILLS = {
    "feed.create": lambda box: box.hidden(),
    "post.update": lambda box: box.public(),
    "post.delete": lambda box: [one for one in box.events() if one["event"] == "deleted"],
}


@pytest.mark.parametrize("operation", KILLS)
def test_killed_after_any_effect_the_next_doctor_tells_and_removes(
    office, sandbox, capsys, monkeypatch, operation
):
    sandbox.fault("facebook", operation, "slow", seconds=30)
    child = subprocess.Popen(
        office.command("doctor", "--account", "facebook/hue-asean", "--probe-release"),
        cwd=office.root,
        env={**os.environ, "ASEAN_SOCIAL_POLL": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child.stdin.write("đăng\n".encode())
    child.stdin.close()
    end = time.monotonic() + 30
    while not KILLS[operation](sandbox):
        assert child.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert told(office, capsys)[1][-1:] == ["rehearsal.under-way"]
    _lease_ran_out(office)

    code, found = told(office, capsys)

    public = operation == "post.update"
    left = {"feed.create": ["rehearsal.still-there"], "post.update": ["rehearsal.still-public"]}
    verdict = "rehearsal.two-step-works" if operation == "post.delete" else "rehearsal.unproven"
    assert (code, found) == (3 if public else 0, [verdict, *left.get(operation, [])])
    monkeypatch.setattr("sys.stdin", io.StringIO("xóa\n"))
    office.run("doctor", "--account", "facebook/hue-asean", "--clean")
    assert sandbox.public() + sandbox.hidden() == []
    assert told(office, capsys) == (0, [verdict])


def told(office, capsys):
    capsys.readouterr()
    code = office.run("doctor", "--account", "facebook/hue-asean", "--json")
    found = json.loads(capsys.readouterr().out)
    return code, [one["code"] for one in found if one["code"].startswith("rehearsal.")]


def _lease_ran_out(office):
    with closing(sqlite3.connect(office.root / "ledger.db")) as db, db:
        db.execute("update rehearsal set touched_at='2026-01-01T00:00:00.000000+00:00'")


def test_interrupted_by_hand_it_removes_what_it_made(doctor, sandbox, clock, monkeypatch):
    called = doctor()
    pause = clock.pause

    def interrupted(seconds):
        pause(seconds)
        if sandbox.hidden():
            monkeypatch.setattr(clock, "pause", pause)
            raise KeyboardInterrupt

    monkeypatch.setattr(clock, "pause", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(called.rehearse(PAGE, RELEASE))

    assert sandbox.public() + sandbox.hidden() == []
    assert [one["event"] for one in sandbox.events() if one["platform"] == "facebook"] == [
        "created",
        "deleted",
    ]


# -- what status says


def status(office, capsys):
    capsys.readouterr()
    office.run("status")
    return capsys.readouterr().out


def test_status_says_once_per_page_that_two_steps_are_unproven(office, doctor, sandbox, capsys):
    office.campaign(text_post(when=SOON) + text_post("hai", when=SOON))
    office.process("schedule", "--once")

    assert status(office, capsys).count("facebook/hue-asean: đăng hai bước chưa được chứng thực") == 1
    list(doctor().rehearse(PAGE, RELEASE))
    assert "chứng thực" not in status(office, capsys)


def test_status_says_nothing_of_a_page_that_publishes_in_one_step(office, sandbox, capsys):
    text = sandbox.credentials()
    office.credentials(text.replace("[facebook.hue-asean]", '[facebook.hue-asean]\nrelease = "one-step"'))
    office.process("schedule", "--once")

    assert "chứng thực" not in status(office, capsys)


@pytest.mark.parametrize("text", ["[facebook", "facebook = 3", "", '[facebook.a]\nrelease = "two-step"'])
def test_a_credentials_file_that_says_nothing_of_one_step(tmp_path, text):
    file = tmp_path / "credentials.toml"
    file.write_text(text, encoding="utf-8")

    assert one_step(file) == one_step(tmp_path / "none.toml") == frozenset()


def test_the_trial_says_what_it_is_and_fits_every_platform():
    assert len(MARKER.format(code="0" * 12)) <= 140
