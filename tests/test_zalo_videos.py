"""Zalo's videos: articles of one, articles with some, covers; the declared fallback cover; broadcasts."""

import hashlib
from dataclasses import replace

import pytest
from films import mp4
from publisher_contract import FixedTokens, PublisherContract, run
from zalo_case import Clock, article, picture

from asean_social.errors import OutcomeUnknown, RateLimited, Rejected, Unavailable
from asean_social.publishers.base import After, Media, Message, piece
from asean_social.publishers.http import Session
from asean_social.publishers.zalo import Zalo
from asean_social.sandbox.server import Sandbox

BROADCAST = {"gender": "0", "cities": "4,9"}


def film(folder, name="phim.mp4", **kind):
    content = mp4(**kind)
    path = folder / name
    path.write_bytes(content)
    return Media(path, "video", "video/mp4", len(content), hashlib.sha256(content).hexdigest(), duration=10.0)


def rich(folder):
    """An article with a video as its cover and another in its text."""
    base = article(folder)
    media = (*base.media, film(folder), film(folder, "hai.mp4", seconds=3))
    body = [*base.options["body"], {"type": "video", "media": 4, "thumb": 0}]
    return replace(
        base, media=media, options={**base.options, "cover": 3, "cover_view": "horizontal", "body": body}
    )


class Films(PublisherContract):
    platform = "zalo"
    stage_operation, release_operation, status_operation = (
        "video.prepare",
        "article.update",
        "article.getdetail",
    )

    def sandbox(self):
        return Sandbox(verify_seconds=0)

    def make(self, box, guard=lambda: None):
        account = self.credentials(box)
        return Zalo(account, Session(guard), FixedTokens(account.access_token.get_secret_value()))

    def other(self, message):
        return replace(message, options={**message.options, "title": "Một bài khác"})


class TestVideoArticle(Films):
    kinds = ("video",)

    def message(self, kind, folder):
        options = {"title": "Huế một phút", "summary": "Một phút ở Huế.", "avatar": 1, "comment": "hide"}
        media = (film(folder), picture(folder, "đại diện"))
        return Message("a/b/oa/1", "zalo", "hue-asean", kind, media=media, options=options)

    def assert_shown(self, thing, message):
        options = message.options
        assert (thing["kind"], thing["title"], thing["description"]) == (
            "video",
            options["title"],
            options["summary"],
        )
        assert thing["video"]["sha256"] == message.media[0].sha256
        assert thing["cover"]["sha256"] == message.media[1].sha256
        assert thing["comment"] == "hide"


class TestRichArticle(Films):
    kinds = ("normal",)

    def message(self, kind, folder):
        return rich(folder)

    def assert_shown(self, thing, message):
        assert thing["cover"]["video"]["sha256"] == message.media[3].sha256
        assert thing["body"][-1]["video"]["sha256"] == message.media[4].sha256
        assert [one["type"] for one in thing["body"]] == ["text", "image", "text", "image", "video"]


@pytest.fixture
def box():
    """At noon in Viet Nam: broadcasts are refused at night."""
    clock = Clock()
    clock.at = clock.at // 86_400 * 86_400 + 5 * 3600
    with Sandbox(clock=clock, verify_seconds=0) as box:
        yield box


@pytest.fixture
def publisher(box):
    return TestVideoArticle().make(box)


@pytest.mark.parametrize(("outcome", "word"), [(2, "locked"), (4, "failed"), (5, "deleted")])
def test_a_video_that_zalo_cannot_use_is_told(box, publisher, tmp_path, outcome, word):
    box.zalo.settings.video_outcomes = [outcome]
    with pytest.raises(Rejected) as caught:
        run(publisher.stage, TestVideoArticle().message("video", tmp_path))

    assert (caught.value.code, caught.value.detail) == (f"zalo.video-{word}", word)
    assert caught.value.values["file"] == "phim.mp4"


def test_a_refused_cover_makes_way_for_the_declared_one(box, publisher, tmp_path):
    box.zalo.refuse_next("article.verify", -200)
    message = article(tmp_path, fallback_cover=0)
    pieces = run(publisher.stage, message)
    pieces = run(publisher.release, message, pieces)

    [thing] = box.public()
    assert thing["cover"]["sha256"] == message.media[0].sha256
    assert publisher.status(message, pieces).differs == "zalo.fallback-cover-used"


def test_without_a_declared_one_a_person_is_told_what_was_refused(box, publisher, tmp_path):
    box.zalo.refuse_next("article.verify", -200)
    message = article(tmp_path)
    with pytest.raises(Rejected) as caught:
        run(publisher.stage, message)

    values = caught.value.values
    assert caught.value.code == "zalo.image-failed"
    assert (values["file"], values["size"], values["host"]) == (
        message.media[1].path.name,
        message.media[1].size,
        "127.0.0.1",
    )


# -- broadcasts


@pytest.fixture
def shown(box, publisher, tmp_path):
    message = article(tmp_path)
    pieces = run(publisher.release, message, run(publisher.stage, message))
    return str(piece(pieces, "article"))


def broadcast(publisher, name, **options):
    return publisher.follow(After("broadcast", {**BROADCAST, "articles": [name], **options}), name)


def test_a_broadcast_carries_its_articles_to_its_target(box, publisher, shown):
    made = broadcast(publisher, shown)

    [sent] = box.public()[0]["broadcasts"]
    assert made in sent.values()
    assert sent["target"] == BROADCAST


def test_whether_a_broadcast_was_sent_cannot_be_asked(publisher):
    with pytest.raises(OutcomeUnknown):
        publisher.followed(After("broadcast", BROADCAST), "1")


@pytest.mark.parametrize("fault", ["cut-before", "cut-after", "500-after", "garbage"])
def test_a_lost_answer_is_unknown(box, publisher, shown, fault):
    box.fault("zalo", "broadcast", fault, nth=1, times=1)
    with pytest.raises(OutcomeUnknown):
        broadcast(publisher, shown)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(-211, Rejected), (-240, Rejected), (-234, RateLimited), (-32, RateLimited), (-248, Rejected)],
)
def test_a_refused_broadcast_says_why(box, publisher, shown, code, kind):
    box.zalo.refuse_next("broadcast", code)
    with pytest.raises(kind) as caught:
        broadcast(publisher, shown)
    assert str(code) in caught.value.detail
    if code == -234:
        assert caught.value.values["quota"] == "night"


def test_a_package_counts_its_broadcasts(box):
    account = (
        TestVideoArticle().credentials(box).model_copy(update={"broadcasts_per_month": 4, "package_day": 17})
    )
    publisher = Zalo(account, Session(), FixedTokens("x"))

    quota = publisher.quotas["broadcasts"]
    assert (quota.most, quota.monthly, quota.first_day) == (4, True, 17)
    assert TestVideoArticle().make(box).quotas == {}


def test_pictures_are_fetched_often_enough(box, publisher, tmp_path):
    box.zalo.refuse_next("article.verify", -200, "Upload media failed. Too many failed attempts")
    message = article(tmp_path)
    with pytest.raises(Unavailable) as caught:
        run(publisher.stage, message)
    assert caught.value.code == "zalo.image-too-often"
