"""Facebook albums, videos and reels: the promises of every publisher, resumed uploads, first comments."""

import dataclasses
import hashlib
import time
from datetime import UTC, datetime, timedelta

import pytest
from facebook_script import TEXT
from PIL import Image
from publisher_contract import FixedTokens, PublisherContract, run

from asean_social.errors import OutcomeUnknown, Rejected, Unavailable
from asean_social.publishers import facebook_lists
from asean_social.publishers.base import After, Media, Message, Piece
from asean_social.publishers.facebook import Facebook
from asean_social.publishers.facebook_errors import _rest_after
from asean_social.publishers.http import Session
from asean_social.sandbox.facebook_films import CHUNK
from asean_social.sandbox.server import Sandbox

FILM = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * ((2 * CHUNK + 12_345) // 256)
COMMENT = After("first-comment", {"text": "Xem thêm tại huecity.gov.vn"})


def picture(folder, name, colour="#0047ab", alt=""):
    path = folder / name
    Image.new("RGB", (60, 40), colour).save(path)
    return Media(path, "image", "image/jpeg", path.stat().st_size, "", alt)


def film(folder, content=FILM):
    path = folder / "phim.mp4"
    path.write_bytes(content)
    return Media(path, "video", "video/mp4", len(content), hashlib.sha256(content).hexdigest(), duration=9.0)


class Films(PublisherContract):
    platform = "facebook"
    release = "two-step"

    def make(self, box, guard=lambda: None):
        account = self.credentials(box).model_copy(update={"release": self.release})
        return Facebook(account, Session(guard), FixedTokens(account.access_token.get_secret_value()))

    def other(self, message):
        return dataclasses.replace(message, text=message.text + "!")


class TestAlbum(Films):
    kinds = ("album",)
    stage_operation, release_operation, status_operation = "photos.create", "post.update", "post.get"

    def message(self, kind, folder):
        media = tuple(
            picture(folder, f"{n}.jpg", colour, f"Ảnh {n}")
            for n, colour in enumerate(("red", "green", "blue"))
        )
        options = {"place": "61550000000002", "targeting": {"geo_locations": {"countries": ["VN"]}}}
        return Message("a/b/trang/1", "facebook", "hue-asean", kind, TEXT, media=media, options=options)

    def assert_shown(self, thing, message):
        assert (thing["kind"], thing["text"]) == ("album", message.text)
        assert [one["alt_text"] for one in thing["photos"]] == ["Ảnh 0", "Ảnh 1", "Ảnh 2"]
        assert thing["options"] == message.options


class TestVideo(Films):
    kinds = ("video",)
    stage_operation, release_operation, status_operation = "videos.create", "video.update", "video.get"

    def message(self, kind, folder):
        media = (film(folder), picture(folder, "bia.jpg"))
        options = {"title": "Phim ASEAN", "thumbnail": 1, "targeting": {"age_min": 18}}
        return Message("a/b/trang/1", "facebook", "hue-asean", kind, TEXT, media=media, options=options)

    def assert_shown(self, thing, message):
        assert (thing["kind"], thing["text"], thing["title"]) == ("video", message.text, "Phim ASEAN")
        assert (thing["sha256"], thing["size"]) == (message.media[0].sha256, message.media[0].size)
        assert thing["thumbnail"]["size"] == message.media[1].size
        assert thing["options"] == {"targeting": {"age_min": 18}}


class TestReel(Films):
    kinds = ("reel",)
    stage_operation, release_operation, status_operation = "rupload.video", "video_reels.create", "video.get"

    def message(self, kind, folder):
        options = {"title": "Thước phim", "place": "61550000000002"}
        return Message(
            "a/b/trang/1", "facebook", "hue-asean", kind, TEXT, media=(film(folder),), options=options
        )

    def assert_shown(self, thing, message):
        assert (thing["kind"], thing["text"], thing["title"]) == ("reel", message.text, "Thước phim")
        assert thing["sha256"] == message.media[0].sha256
        assert thing["options"] == {"place": "61550000000002"}


@pytest.fixture
def box():
    with Sandbox(processing_seconds=0, verify_seconds=0) as box:
        yield box


def test_a_one_step_video_is_not_finished_before_its_release(box, tmp_path):
    suite = TestVideo()
    suite.release = "one-step"
    publisher, message = suite.make(box), suite.message("video", tmp_path)

    pieces = run(publisher.stage, message)
    staged = publisher.status(message, pieces)
    assert (staged.public, staged.staged, box.public()) == (False, False, [])

    pieces = run(publisher.release, message, pieces)
    assert publisher.status(message, pieces).public
    suite.assert_shown(box.public()[0], message)


@pytest.mark.parametrize("kind", ["video", "reel"])
@pytest.mark.parametrize("fault", ["cut-before", "cut-after", "500-after"])
def test_an_upload_that_was_cut_goes_on_in_its_own_session(box, tmp_path, kind, fault):
    suite = TestVideo() if kind == "video" else TestReel()
    publisher, message = suite.make(box), suite.message(kind, tmp_path)
    operation = "videos.create" if kind == "video" else "rupload.video"
    box.fault("facebook", operation, fault, nth=3 if kind == "video" else 1, times=1)
    pieces: list[Piece] = []
    with pytest.raises(Unavailable):
        pieces.extend(publisher.stage(message, []))

    pieces = run(publisher.stage, message, pieces)

    run(publisher.release, message, pieces)
    suite.assert_shown(box.public()[0], message)
    begun = [one for one in box.events() if one["event"] == "begun"]
    assert len(begun) == 1


def test_a_finish_whose_answer_was_lost_is_not_sent_again(box, tmp_path):
    suite = TestReel()
    publisher, message = suite.make(box), suite.message("reel", tmp_path)
    pieces = run(publisher.stage, message)
    box.fault("facebook", "video_reels.create", "cut-after", nth=1, times=1)
    with pytest.raises(OutcomeUnknown):
        run(publisher.release, message, pieces)

    run(publisher.release, message, pieces)

    finishes = [one for one in box.requests() if one["method"] == "POST" and "video_reels" in one["path"]]
    assert len(finishes) == 2  # start and one finish
    assert len(box.public()) == 1


def until_broken(step, message, pieces, error):
    """The pieces that were stored before the step broke off."""
    known = list(pieces)
    with pytest.raises(error):
        known.extend(step(message, known))
    return known


def sent(box, phase):
    return [one for one in box.requests() if phase in one["sent"]]


def test_a_reel_that_is_processed_before_it_says_so_is_finished_once(tmp_path):
    with Sandbox(processing_seconds=2, verify_seconds=0) as box:
        suite = TestReel()
        publisher, message = suite.make(box), suite.message("reel", tmp_path)
        pieces = run(publisher.stage, message)
        box.fault("facebook", "video_reels.create", "cut-after", nth=1, times=1)
        pieces = until_broken(publisher.release, message, pieces, OutcomeUnknown)

        seen = publisher.status(message, pieces)
        assert (seen.public, seen.staged, seen.underway) == (False, False, True)
        while not publisher.status(message, pieces).public:
            time.sleep(0.1)

        assert len(sent(box, "finish")) == 1


def test_a_reel_whose_finish_was_lost_on_its_way_is_not_taken_for_finished(tmp_path):
    with Sandbox(processing_seconds=2, verify_seconds=0) as box:
        suite = TestReel()
        publisher, message = suite.make(box), suite.message("reel", tmp_path)
        pieces = run(publisher.stage, message)
        box.fault("facebook", "video_reels.create", "cut-before", nth=1, times=1)
        pieces = until_broken(publisher.release, message, pieces, OutcomeUnknown)

        seen = publisher.status(message, pieces)

        assert (seen.public, seen.staged, seen.underway) == (False, True, True)


def test_a_second_finish_that_is_refused_because_the_first_was_taken_is_no_refusal_of_the_reel(tmp_path):
    with Sandbox(processing_seconds=2, verify_seconds=0) as box:
        suite = TestReel()
        publisher, message = suite.make(box), suite.message("reel", tmp_path)
        staged = run(publisher.stage, message)
        next(publisher.release(message, staged))
        taken = [*staged, Piece("finish", "asked")]
        run_once = list(publisher.release(message, taken))
        assert run_once[0] == Piece("finish", "done")

        again = list(publisher.release(message, taken))

        assert again[0] == Piece("finish", "done")


def test_a_video_is_ended_though_all_its_bytes_were_there_before(box, tmp_path):
    suite = TestVideo()
    publisher, message = suite.make(box), suite.message("video", tmp_path)
    box.fault("facebook", "videos.create", "cut-before", nth=5, times=1)  # start, three chunks, finish
    pieces = until_broken(publisher.stage, message, [], Unavailable)
    assert pieces[-1] == Piece("finish", "asked")

    pieces = run(publisher.stage, message, pieces)

    run(publisher.release, message, pieces)
    suite.assert_shown(box.public()[0], message)


def test_an_upload_goes_on_with_the_chunk_that_facebook_wants_next(box, tmp_path):
    """After a crash nothing is known but what was stored; the size of a chunk is dictated."""
    suite = TestVideo()
    publisher, message = suite.make(box), suite.message("video", tmp_path)
    box.fault("facebook", "videos.create", "cut-before", nth=3, times=1)
    pieces = until_broken(publisher.stage, message, [], Unavailable)

    assert pieces[-1] == Piece("offset", f"{CHUNK * 3 // 4}-{CHUNK * 3 // 2}")
    older = [one for one in pieces if one.name != "offset"]  # an earlier version stored less

    run(suite.make(box).stage, message, [*older, Piece("offset", str(CHUNK * 3 // 4))])

    refused = [one["status"] for one in box.requests() if one["status"] >= 400]
    assert len(refused) == 1  # told there what it wants
    assert sum(one["bytes"] for one in box.requests()) < message.media[0].size + CHUNK + 20_000


def test_a_file_that_is_no_video_is_refused_in_words(tmp_path):
    with Sandbox(processing_seconds=0, verify_seconds=0) as box:
        suite = TestVideo()
        message = suite.message("video", tmp_path)
        message = dataclasses.replace(
            message, media=(film(tmp_path, b"no film at all" * 100), message.media[1])
        )
        with pytest.raises(Rejected) as caught:
            run(suite.make(box).stage, message)
    assert caught.value.code == "publish.facebook.video"
    assert "format" in caught.value.detail


@pytest.mark.parametrize("suite", [TestAlbum(), TestVideo(), TestReel()])
def test_a_first_comment_stands_below_the_post_and_is_found_again(box, tmp_path, suite):
    publisher, message = suite.make(box), suite.message(suite.kinds[0], tmp_path)
    pieces = run(publisher.release, message, run(publisher.stage, message))
    remote = publisher.status(message, pieces).remote_id

    assert publisher.followed(COMMENT, remote) is None
    made = publisher.follow(COMMENT, remote)

    assert publisher.followed(COMMENT, remote) == made
    assert publisher.followed(After("first-comment", {"text": "khác"}), remote) is None
    [comment] = box.public()[0]["comments"]
    assert comment["message"] == COMMENT.options["text"]


@pytest.mark.parametrize("suite", [TestAlbum(), TestVideo(), TestReel()])
def test_a_comment_below_a_post_that_is_not_seen_yet_is_tried_again(box, tmp_path, suite):
    publisher, message = suite.make(box), suite.message(suite.kinds[0], tmp_path)
    pieces = run(publisher.release, message, run(publisher.stage, message))
    remote = publisher.status(message, pieces).remote_id
    for operation, ask in (("comments.create", publisher.follow), ("comments.list", publisher.followed)):
        box.fault("facebook", operation, "not-found-once", nth=1, times=1, seconds=60)
        with pytest.raises(Unavailable, match="not-seen"):
            ask(COMMENT, remote)

    assert publisher.follow(COMMENT, remote) == publisher.followed(COMMENT, remote)


def test_a_link_card_says_what_the_post_says(box, tmp_path):
    suite = TestAlbum()
    publisher = suite.make(box)
    options = {"title": "Tiêu đề thẻ", "description": "Mô tả thẻ", "thumbnail": 0}
    message = Message(
        "a/b/trang/1",
        "facebook",
        "hue-asean",
        "link",
        TEXT,
        "https://huecity.gov.vn/x",
        (picture(tmp_path, "t.jpg"),),
        options,
    )
    run(publisher.release, message, run(publisher.stage, message))

    shown = box.public()[0]
    assert (shown["kind"], shown["link"]) == ("link", "https://huecity.gov.vn/x")
    assert (shown["options"]["name"], shown["options"]["description"]) == ("Tiêu đề thẻ", "Mô tả thẻ")
    assert shown["options"]["thumbnail"]["size"] == message.media[0].size


def test_an_upload_address_of_another_host_gets_no_token(box, tmp_path):
    suite = TestReel()
    publisher, message = suite.make(box), suite.message("reel", tmp_path)
    pieces = [Piece("reel", "1"), Piece("address", "https://evil.example/video-upload/1", secret=True)]
    with pytest.raises((Rejected, Unavailable)):
        run(publisher.stage, message, pieces)
    assert all("evil" not in str(one) for one in box.requests())


@pytest.mark.parametrize(
    ("use", "seconds"),
    [
        ({"call_count": 94, "total_time": 10}, 0),
        ({"call_count": 95, "total_time": 10}, 300),
        ({"call_count": 100}, 3600),
        ({"call_count": 20, "estimated_time_to_regain_access": 7}, 420),
        ({"type": "pages"}, 0),
    ],
)
def test_a_page_that_is_nearly_throttled_rests(use, seconds):
    assert _rest_after(use) == seconds


@pytest.mark.parametrize("suite", [TestVideo(), TestReel()])
def test_a_film_is_found_by_its_words_also_where_lists_are_short_of_rows(box, tmp_path, suite, monkeypatch):
    monkeypatch.setattr(facebook_lists, "PAGE_SIZES", (1,))
    publisher, message = suite.make(box), suite.message(suite.kinds[0], tmp_path)
    start = datetime.now(UTC) - timedelta(minutes=1)
    for text in (message.text, "khác", "khác nữa"):
        other = dataclasses.replace(message, text=text)
        run(publisher.release, other, run(publisher.stage, other))

    found = publisher.find(message, [], start)

    [wanted] = [one for one in box.public() if one["text"] == message.text]
    assert found.remote_id == wanted["id"]


def test_where_videos_cannot_be_listed_their_posts_tell(box, tmp_path):
    """https://developers.facebook.com/docs/graph-api/reference/page/videos/ says that reading is not possible."""
    suite = TestVideo()
    publisher, message = suite.make(box), suite.message("video", tmp_path)
    start = datetime.now(UTC) - timedelta(minutes=1)
    pieces = run(publisher.release, message, run(publisher.stage, message))
    box.facebook.refuse_next("videos.list", 100, times=9)

    found = publisher.find(message, [], start)

    assert found.remote_id == publisher.status(message, pieces).remote_id
    assert publisher.find(suite.other(message), [], start) is None


def test_a_twin_among_the_videos_is_asked_of_a_person(box, tmp_path):
    suite = TestVideo()
    publisher, message = suite.make(box), suite.message("video", tmp_path)
    for _ in range(2):
        run(publisher.release, message, run(publisher.stage, message))

    with pytest.raises(OutcomeUnknown):
        publisher.find(message, [], datetime.now(UTC) - timedelta(hours=1))
