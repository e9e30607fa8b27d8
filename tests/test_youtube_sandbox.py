"""YouTube against the sandbox: every promise of a publisher, every option, faults in the middle of an upload."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from google_server import CHUNK, MP4, OPTIONS, SmallChunks, Tokens, a_message, completed, having
from publisher_contract import FixedTokens, PublisherContract, run

from asean_social.errors import RateLimited, Rejected, Unavailable
from asean_social.publishers.base import Piece
from asean_social.publishers.google import refresh
from asean_social.publishers.http import Session
from asean_social.sandbox.server import Sandbox

SIZE = 3 * CHUNK + 1000
TESTS = Path(__file__).parent


class TestYouTube(PublisherContract):
    platform = "youtube"
    kinds = ("video", "short")
    stage_operation = "upload.start"
    release_operation = "videos.update"
    status_operation = "videos.list"

    def make(self, box, guard=lambda: None):
        return open_on(self.credentials(box), FixedTokens(token(self.credentials(box))), guard)

    def message(self, kind, folder):
        message = a_message(folder / "Huế 60 năm.mp4", SIZE)
        return replace(completed(with_digest(message)), kind=kind)

    def other(self, message):
        return having(message, title="Một video khác")

    def assert_shown(self, thing, message):
        options, status = message.options, thing["status"]
        assert thing["title"] == options["title"]
        assert thing["description"] == options["description"]
        assert thing["tags"] == options["tags"]
        assert thing["category_id"] == options["category"]
        assert thing["default_language"] == options["language"]
        assert thing["default_audio_language"] == options["audio_language"]
        assert thing["localizations"] == options["localizations"]
        assert thing["recording_date"] == options["recording_date"] + "T00:00:00Z"
        assert thing["notify_subscribers"] == options["notify_subscribers"]
        assert status["privacyStatus"] == options["privacy"]
        assert status["license"] == options["license"]
        assert status["embeddable"] == options["embeddable"]
        assert status["publicStatsViewable"] == options["public_stats"]
        assert status["selfDeclaredMadeForKids"] == options["made_for_kids"]
        assert status["containsSyntheticMedia"] == options["contains_synthetic_media"]
        assert thing["sha256"] == message.media[0].sha256
        assert thing["file_name"] == "hue-60-nam.mp4"
        assert thing["thumbnail"]["sha256"] == message.media[options["thumbnail"]].sha256
        assert [(one["language"], one["name"], one["sha256"]) for one in thing["captions"]] == [
            (one["language"], one["name"], message.media[one["media"]].sha256) for one in options["captions"]
        ]

    # -- beyond the contract

    @pytest.fixture
    def clip(self, tmp_path):
        return self.message("video", tmp_path)

    @pytest.mark.parametrize(
        "option",
        ["made_for_kids", "notify_subscribers", "embeddable", "public_stats", "contains_synthetic_media"],
    )
    def test_each_switch_arrives_alone(self, box, publisher, clip, option):
        message = having(clip, **{option: not OPTIONS[option]})

        run(publisher.release, message, run(publisher.stage, message))

        (thing,) = self.public(box)
        self.assert_shown(thing, message)

    def test_unlisted_is_published_and_not_shown_to_everybody(self, box, publisher, clip):
        message = having(clip, privacy="unlisted")

        pieces = run(publisher.release, message, run(publisher.stage, message))

        assert publisher.status(message, pieces).public
        assert self.public(box) == []

    @pytest.mark.parametrize(
        "trouble",
        ["refuse", "cut-before", "cut-half", "cut-after", "500-before", "500-after", "garbage", "html"],
    )
    @pytest.mark.parametrize("nth", [1, 2, 4])
    def test_a_fault_in_any_chunk_costs_at_most_that_chunk(self, box, publisher, clip, trouble, nth):
        box.fault("youtube", "upload.put", trouble, nth=nth)
        pieces = until_fault(publisher, clip)

        run(publisher.release, clip, run(publisher.stage, clip, pieces))

        (thing,) = self.public(box)
        self.assert_shown(thing, clip)
        puts = [one for one in box.requests() if one["operation"] == "upload.put"]
        assert sum(one["bytes"] for one in puts) <= SIZE + CHUNK
        assert [one["operation"] for one in box.requests()].count("upload.start") == 1

    def test_a_fault_while_probing_is_only_a_delay(self, box, publisher, clip, fault):
        box.fault("youtube", "upload.put", "cut-half", nth=2)
        pieces = until_fault(publisher, clip)
        box.fault("youtube", "upload.probe", fault)

        with pytest.raises(Unavailable):
            run(publisher.stage, clip, pieces)
        run(publisher.release, clip, run(publisher.stage, clip, pieces))

        assert len(self.public(box)) == 1

    @pytest.mark.parametrize(
        "operation",
        [
            "upload.start",
            "upload.put",
            "videos.list",
            "thumbnails.set",
            "captions.insert",
            "videos.update",
        ],
    )
    def test_a_token_that_dies_at_any_request_is_renewed(self, box, clip, operation):
        account = self.credentials(box)
        publisher = open_on(account, Renewing(account))
        box.fault("youtube", operation, "expire-token")

        run(publisher.release, clip, run(publisher.stage, clip))

        (thing,) = self.public(box)
        self.assert_shown(thing, clip)

    def test_a_session_that_the_platform_forgot_is_begun_anew(self, box, publisher, clip):
        session = next(publisher.stage(clip, []))
        box.youtube.sessions.clear()

        pieces = run(publisher.stage, clip, [session])

        added = ["thumbnail", "caption:2", "caption:3"]
        assert [one.name for one in pieces] == ["session", "session", "session", "video", *added]
        assert len(self.hidden(box)) == 1

    def test_processing_is_waited_for_by_the_clock(self, clip):
        now = [1_800_000_000.0]
        with Sandbox(clock=lambda: now[0], processing_seconds=600) as box:
            publisher = self.make(box)
            *pieces, wait = publisher.stage(clip, [])
            assert wait.why == "youtube.processing"
            assert [one.why for one in publisher.stage(clip, pieces)] == ["youtube.processing"]
            assert not publisher.status(clip, pieces).staged

            now[0] += 601

            more = [one.name for one in publisher.stage(clip, pieces)]
            assert more == ["thumbnail", "caption:2", "caption:3"]

    @pytest.mark.parametrize(
        ("option", "value", "code"),
        [
            ("title", "x" * 101, "youtube.bad-title"),
            ("description", "ế" * 2000, "youtube.bad-description"),
            ("tags", ["x" * 501], "youtube.bad-tags"),
            ("category", "999", "youtube.bad-category"),
            ("language", "", "youtube.language-missing"),
        ],
    )
    def test_what_the_platform_refuses_is_named(self, box, publisher, clip, option, value, code):
        with pytest.raises(Rejected) as caught:
            run(publisher.stage, having(clip, **{option: value}))

        assert caught.value.code == code
        assert self.hidden(box) == []

    def test_a_file_that_is_no_video_is_refused_after_the_upload(self, publisher, clip):
        clip.media[0].path.write_bytes(b"x" * SIZE)

        with pytest.raises(Rejected) as caught:
            run(publisher.stage, clip)
        assert (caught.value.code, caught.value.values["reason"]) == (
            "youtube.processing-failed",
            "invalidFile",
        )

    def test_the_last_upload_of_the_day_is_followed_by_a_quota_error(self, box, publisher, clip):
        publisher.whoami()  # begins the sandbox's day
        box.youtube.quota.uploads = 100

        with pytest.raises(RateLimited) as caught:
            run(publisher.stage, clip)

        assert (caught.value.code, caught.value.values["quota"]) == ("youtube.quota", "uploads")


class Renewing(Tokens):
    def __init__(self, account):
        super().__init__()
        self.account, self.token = account, token(account)

    def renew(self, refused):
        self.token = token(self.account)
        return self.token


def token(account):
    return refresh(account, Session(), account.refresh_token.get_secret_value()).access


def open_on(account, tokens, guard=lambda: None):
    return SmallChunks(account, Session(guard), tokens)


def with_digest(message):
    media = message.media[0]
    digest = hashlib.sha256(media.path.read_bytes()).hexdigest()
    return replace(message, media=(replace(media, sha256=digest),))


def until_fault(publisher, message) -> list[Piece]:
    pieces = []
    with pytest.raises(Unavailable):
        pieces.extend(publisher.stage(message, []))
    return pieces


MEASURED = """
import sys
from dataclasses import replace
from pathlib import Path
from google_server import a_message
from publisher_contract import FixedTokens
from asean_social.credentials import YouTubeAccount
from asean_social.publishers.http import Session
from asean_social.publishers.youtube import YouTube

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

account, token, small, large = sys.argv[1:]
publisher = YouTube(YouTubeAccount.model_validate_json(account), Session(), FixedTokens(token))
message = a_message(Path(small), 1000)
list(publisher.stage(message, []))
before = peak()
media = replace(message.media[0], path=Path(large), size=Path(large).stat().st_size)
list(publisher.stage(replace(message, media=(media,)), []))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is told by Linux only")
def test_a_large_video_is_sent_in_constant_memory(tmp_path):
    large, size = tmp_path / "large.mp4", 256 << 20
    with large.open("wb") as file:
        file.write(MP4)
        file.truncate(size)

    with Sandbox(processing_seconds=0) as box:
        contract = TestYouTube()
        table, access = contract.table(box), token(contract.credentials(box))
        child = [sys.executable, "-c", MEASURED, json.dumps(table), access, tmp_path / "small.mp4", large]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (TESTS, TESTS.parent)))}
        kilobytes = int(subprocess.run(child, check=True, capture_output=True, env=environment).stdout)

        assert size in [one["size"] for one in box.hidden()]
    assert kilobytes < 64 << 10
