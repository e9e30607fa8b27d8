"""Zalo's videos: articles of one, articles with some, covers; broadcasts."""

from dataclasses import replace

import pytest
from publisher_contract import FixedTokens, PublisherContract, run
from zalo_case import Clock, account_of, article, publisher_of, rich, video_article

from asean_social.errors import OutcomeUnknown, RateLimited, Rejected
from asean_social.publishers.base import After, piece
from asean_social.publishers.http import Session
from asean_social.publishers.zalo import Zalo
from asean_social.sandbox.server import Sandbox

BROADCAST = {"gender": "0", "cities": "4,9"}


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
        return video_article(folder)

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
    return publisher_of(box)


@pytest.mark.parametrize(("outcome", "word"), [(2, "locked"), (4, "failed"), (5, "deleted")])
def test_a_video_that_zalo_cannot_use_is_told(box, publisher, tmp_path, outcome, word):
    box.zalo.settings.video_outcomes = [outcome]
    with pytest.raises(Rejected) as caught:
        run(publisher.stage, video_article(tmp_path))

    assert (caught.value.code, caught.value.detail) == (f"zalo.video-{word}", word)
    assert caught.value.values["file"] == "phim.mp4"


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
    account = account_of(box).model_copy(update={"broadcasts_per_month": 4, "package_day": 17})
    publisher = Zalo(account, Session(), FixedTokens("x"))

    quota = publisher.quotas["broadcasts"]
    assert (quota.most, quota.monthly, quota.first_day) == (4, True, 17)
    assert publisher_of(box).quotas == {}
