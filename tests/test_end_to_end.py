"""The real commands against the sandbox over real HTTP."""

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
from town import HURRY, text_post

FULL = """
- id: anh
  theme: trade-agreements
  form: infographic
  author: lan
  at: "{due}"
  channels: [trang, oa]
  text: Một ảnh
  media: [{{file: media/anh.jpg, alt: "Ảnh nền xanh để thử nghiệm"}}]
  zalo: {{title: "Bài Zalo", summary: "Tóm tắt", author: "Ban biên tập", cover: media/bia.jpg, body: "Đoạn một\\n\\nĐoạn hai"}}
- id: phim
  theme: digital-economy
  form: video-clip
  author: lan
  at: "{due}"
  channels: [kenh]
  text: Mô tả phim
  media: [{{file: media/phim.mp4}}]
  youtube: {{title: "Phim thử"}}
- id: lien-ket
  theme: other
  theme_note: thử
  form: article
  author: lan
  at: "{due}"
  channels: [trang]
  text: Xem ở đây
  link: https://asean.org/
"""


def full(due):
    return FULL.format(due=due.astimezone(UTC).isoformat(timespec="seconds"))


def kinds(sandbox):
    return sorted((one["platform"], one["kind"]) for one in sandbox.public())


def test_once_a_day_at_the_very_minute_everything_is_published(town, sandbox):
    town.campaign(full(datetime.now(UTC)))

    done = town.process("schedule", "--once")

    assert done.returncode == 0, done.stderr
    assert kinds(sandbox) == [
        ("facebook", "link"),
        ("facebook", "photo"),
        ("youtube", "video"),
        ("zalo", "normal"),
    ]
    assert {one["state"] for one in town.status().values()} == {"published"}


def test_twice_in_a_row_publishes_each_once(town, sandbox):
    town.campaign(full(datetime.now(UTC)))
    town.process("schedule", "--once")
    first = sandbox.public()

    again = town.process("schedule", "--once")

    assert again.returncode == 0
    assert sandbox.public() == first


def test_a_run_after_the_ledger_was_deleted_publishes_nothing_again(town, sandbox):
    town.campaign(full(datetime.now(UTC)))
    town.process("schedule", "--once")
    for file in town.root.glob("ledger.db*"):
        file.unlink()

    again = town.process("schedule", "--once")

    assert again.returncode == 0, again.stderr
    assert len(sandbox.public()) == 4
    assert {one["reason"] for one in town.status().values()} == {"published.found"}


@pytest.mark.parametrize("moment", [0.4, 0.7, 1.0, 1.4])
def test_killed_at_any_moment_and_started_again_each_is_public_once(town, sandbox, moment):
    town.campaign(full(datetime.now(UTC)))
    child = subprocess.Popen(
        town.command("schedule", "--once"),
        cwd=town.root,
        env={**os.environ, **HURRY, "ASEAN_SOCIAL_LEASE": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(moment)
    child.kill()
    child.wait()

    done = town.process("schedule", "--once", ASEAN_SOCIAL_LEASE="2")

    assert done.returncode == 0, done.stderr
    assert kinds(sandbox) == [
        ("facebook", "link"),
        ("facebook", "photo"),
        ("youtube", "video"),
        ("zalo", "normal"),
    ]


def test_the_daemon_releases_on_its_second_and_stops_within_ten(town, sandbox):
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    town.campaign(text_post(when=due))
    child = subprocess.Popen(
        town.command("schedule"),
        cwd=town.root,
        env={**os.environ, **HURRY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    end = time.monotonic() + 20
    while not sandbox.public() and time.monotonic() < end:
        time.sleep(0.05)
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=15)

    assert time.monotonic() - began < 10
    assert child.returncode == 0, out
    late = sandbox.public()[0]["published_at"] - due.timestamp()
    assert 0 <= late < 1


def test_nothing_unapproved_is_sent_and_the_approval_opens_the_way(town, sandbox):
    town.campaign(text_post(), approval="one")
    before = town.process("schedule", "--once")
    assert before.returncode == 3
    assert sandbox.requests() == [] or all(one["method"] == "GET" for one in sandbox.requests())

    assert town.process("approve", "mot", "--by", "lan").returncode == 1
    assert town.process("approve", "mot", "--by", "dung").returncode == 0
    after = town.process("schedule", "--once")

    assert after.returncode == 0, after.stderr
    assert len(sandbox.public()) == 1


def test_an_approval_does_not_hold_for_a_changed_text(town, sandbox):
    due = datetime.now(UTC) + timedelta(seconds=-1)
    town.campaign(text_post(when=due), approval="one")
    town.process("approve", "mot", "--by", "dung")

    town.campaign(text_post(when=due, text="Khác hẳn"), approval="one")
    done = town.process("schedule", "--once")

    assert done.returncode == 3
    assert sandbox.public() == []


def test_one_changed_byte_of_an_approved_picture_stops_its_post(town, sandbox):
    due = datetime.now(UTC) - timedelta(seconds=1)
    town.campaign(full(due), approval="one")
    town.process("approve", "anh", "--by", "dung")
    picture = town.root / "campaigns" / "media" / "anh.jpg"
    picture.write_bytes(picture.read_bytes() + b"\0")

    town.process("schedule", "--once")

    assert [one for one in sandbox.public() if one["platform"] == "facebook"] == []


def test_a_post_due_long_ago_is_held_on_a_fresh_ledger(town, sandbox):
    town.campaign(text_post(when=datetime.now(UTC) - timedelta(days=3)))

    done = town.process("schedule", "--once")

    assert done.returncode == 3
    assert sandbox.public() == []
    [row] = town.status().values()
    assert (row["state"], row["reason"]) == ("held", "held.past")
    assert "asean-social retry thu/mot" in done.stdout


def test_a_held_post_goes_on_when_a_person_says_so(town, sandbox):
    town.campaign(text_post(when=datetime.now(UTC) - timedelta(days=3)))
    town.process("schedule", "--once")

    assert town.process("retry", "mot", "--reason", "vẫn cần đăng").returncode == 0
    done = town.process("schedule", "--once")

    assert done.returncode == 0, done.stderr
    assert len(sandbox.public()) == 1
    log = json.loads(town.process("log", "--json").stdout)
    assert any("vẫn cần đăng" in one["why"] for one in log)


def test_a_post_left_out_is_not_published(town, sandbox):
    town.campaign(text_post(when=datetime.now(UTC) - timedelta(days=3)))
    town.process("schedule", "--once")

    town.process("skip", "mot", "--reason", "đã cũ")
    done = town.process("schedule", "--once")

    assert done.returncode == 0
    assert sandbox.public() == []


def test_moving_the_time_of_a_held_post_into_the_future_plans_it_again(town):
    town.campaign(text_post(when=datetime.now(UTC) - timedelta(days=3)))
    town.process("schedule", "--once")

    town.campaign(text_post(when=datetime.now(UTC) + timedelta(days=3)))
    done = town.process("schedule", "--once")

    assert done.returncode == 0
    assert [one["state"] for one in town.status().values()] == ["planned"]


def test_a_post_that_left_the_campaign_is_cancelled_and_comes_back(town):
    later = datetime.now(UTC) + timedelta(days=3)
    town.campaign(text_post("mot", later) + text_post("hai", later))
    town.process("schedule", "--once")
    town.campaign(text_post("hai", later))
    town.process("schedule", "--once")
    assert town.status()["thu/mot/trang/1"]["state"] == "cancelled"

    town.campaign(text_post("mot", later) + text_post("hai", later))
    town.process("schedule", "--once")

    assert town.status()["thu/mot/trang/1"]["state"] == "planned"


@pytest.mark.parametrize("harm", ["broken", "missing", "erring"])
def test_a_broken_or_missing_file_cancels_nothing_and_the_last_good_plan_stays(town, sandbox, harm):
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    file = town.campaign(text_post(when=due + timedelta(hours=1)))
    file = town.campaign(text_post(when=due))
    town.process("schedule", "--once", ASEAN_SOCIAL_STAGE_AHEAD="0")
    if harm == "broken":
        file.write_text("campaign: [", encoding="utf-8")
    elif harm == "missing":
        file.unlink()
    else:
        town.campaign(text_post(when=due, theme="no-such-theme"))
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))

    done = town.process("schedule", "--once")

    assert len(sandbox.public()) == 1, done.stderr
    assert done.returncode == (3 if harm == "missing" else 1)


def test_a_token_of_a_strangers_page_sends_nothing(town, sandbox):
    town.credentials(sandbox.credentials("other"))
    mine, other = sandbox.credentials(), sandbox.credentials("other")
    page = next(line for line in mine.splitlines() if line.startswith("page_id"))
    stranger = next(line for line in other.splitlines() if line.startswith("page_id"))
    town.credentials(other.replace(stranger, page))
    town.campaign(text_post())

    done = town.process("schedule", "--once")

    assert done.returncode in (0, 3)
    assert sandbox.public() == []
    assert sandbox.hidden() == []
    assert "hue-asean" in done.stdout
    assert "tạm dừng" in done.stdout


def test_no_secret_is_ever_printed(town, sandbox):
    secrets = [
        line.partition("=")[2].strip().strip('"')
        for line in sandbox.credentials().splitlines()
        if line.startswith(("access_token", "app_secret", "client_secret", "refresh_token", "secret_key"))
    ]
    assert len(secrets) >= 6
    town.campaign(full(datetime.now(UTC)))
    sandbox.fault("facebook", "*", "cut-after", nth=2, times=2)
    sandbox.fault("zalo", "*", "500-after", nth=3, times=1)
    sandbox.fault("youtube", "*", "html", nth=2, times=1)

    outputs = [
        town.process(*words)
        for words in (("schedule", "--once", "-v"), ("status",), ("status", "--json"), ("log", "--json"))
    ]

    said = "".join(one.stdout + one.stderr for one in outputs)
    said += json.dumps(sandbox.requests())
    assert [secret for secret in secrets if secret in said] == []
    assert len(sandbox.public()) == 4, said


def test_an_unreachable_platform_is_named_and_tried_again_later(town, sandbox):
    url = sandbox.url
    town.credentials(sandbox.credentials().replace(f"{url}/facebook", "http://127.0.0.1:9/facebook"))
    town.campaign(text_post())

    done = town.process("schedule", "--once", "--wait", "1", ASEAN_SOCIAL_BACKOFF="60")

    assert "Traceback" not in done.stderr
    [row] = town.status().values()
    assert row["state"] == "planned"  # looked for first, since its time has come: nothing was sent
    assert row["reason"] == "publish.unreachable"
