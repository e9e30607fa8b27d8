"""The sandbox's Zalo: broadcasts of articles, their hours, targets and quotas."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import requests
from sandbox_clients import Clock, Oa, picture, running
from sandbox_oa import broadcast, clip, made, video_article

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def box(clock):
    with running(clock, verify_seconds=5.0) as box:
        (box.media_dir / "cover.jpg").write_bytes(picture())
        yield box


@pytest.fixture
def oa(box):
    return Oa(box)


@pytest.fixture
def article(oa, clock):
    """The id of a public article."""
    return made(oa, clock, oa.article())


def test_a_broadcast_is_accepted_at_once_and_delivered_after_the_review(box, oa, clock, article) -> None:
    answer = broadcast(oa, [article], {"gender": "0", "cities": "4,9"})
    sent = clock.now
    [before] = box.public()[0]["broadcasts"]
    clock.advance(1800)
    [after] = box.public()[0]["broadcasts"]

    assert (answer["error"], answer["message"]) == (0, "Success")
    assert before == {
        "message_id": answer["data"]["message_id"],
        "target": {"gender": "0", "cities": "4,9"},
        "articles": [article],
        "sent_at": sent,
        "delivered_at": None,
    }
    assert after["delivered_at"] == sent + 1800
    assert [one["event"] for one in box.events()][-2:] == ["broadcast", "delivered"]


def test_a_repeated_request_is_a_second_broadcast(box, oa, article) -> None:
    first, second = (broadcast(oa, [article])["data"]["message_id"] for _ in range(2))

    assert first != second
    assert len(box.public()[0]["broadcasts"]) == 2


def test_an_answer_that_is_lost_has_been_sent(box, oa, article) -> None:
    box.fault("zalo", "broadcast", "cut-after")

    with pytest.raises(requests.ConnectionError):
        broadcast(oa, [article])

    assert len(box.public()[0]["broadcasts"]) == 1


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(5, 59, -234), (6, 0, 0), (21, 59, 0), (22, 0, -234), (0, 0, -234)]
)
def test_broadcasts_are_sent_by_day_in_vietnam(oa, clock, article, hour, minute, expected) -> None:
    clock.now = datetime(2026, 12, 31, hour, minute, tzinfo=ZONE).timestamp()

    assert broadcast(oa, [article])["error"] == expected


def test_one_to_five_articles_that_everybody_can_see(box, oa, clock, article) -> None:
    hidden = made(oa, clock, oa.article(status="hide"))
    film = made(oa, clock, video_article(oa, clip(oa, clock)))

    assert broadcast(oa, [article, film])["error"] == 0
    assert broadcast(oa, [article] * 5)["error"] == 0
    for wrong in ([], [article] * 6, [hidden], ["unknown"], [article, hidden], [7]):
        assert broadcast(oa, wrong)["error"] == -201
    assert broadcast(Oa(box, "other"), [article])["error"] == -201


@pytest.mark.parametrize(
    ("target", "good"),
    [
        ({}, True),
        ({"gender": "2", "ages": "0,7", "locations": "0,1,2", "cities": "0,63", "platform": "1,3"}, True),
        ({"gender": "3"}, False),
        ({"gender": 0}, False),
        ({"gender": ["0"]}, False),
        ({"gender": "0,1"}, False),
        ({"ages": "8"}, False),
        ({"ages": "0, 1"}, False),
        ({"ages": ""}, False),
        ({"locations": "3"}, False),
        ({"cities": "64"}, False),
        ({"platform": "0"}, False),
        ({"platforms": "1"}, False),
        ("all", False),
    ],
)
def test_a_target_is_held_to_the_contract(oa, article, target, good) -> None:
    assert broadcast(oa, [article], target)["error"] == (0 if good else -201)


@pytest.mark.parametrize(
    "changed",
    [
        {"template_type": "text"},
        {"elements": [{"media_type": "image", "attachment_id": "A"}]},
        {"elements": [{"attachment_id": "A"}]},
        {"elements": [{"media_type": "article"}]},
        {"elements": [{"media_type": "article", "attachment_id": "A", "title": "a"}]},
        {"elements": "A"},
        {"text": "Xin chào"},
    ],
)
def test_a_payload_is_held_to_the_contract(oa, article, changed) -> None:
    if isinstance(changed.get("elements"), list):
        changed = {
            "elements": [
                one | {"attachment_id": article} if "attachment_id" in one else one
                for one in changed["elements"]
            ]
        }

    assert broadcast(oa, [article], **changed)["error"] == -201


def test_a_month_has_so_many_broadcasts(box, oa, clock, article) -> None:
    box.zalo.settings.broadcasts = 1

    assert [broadcast(oa, [article])["error"] for _ in range(2)] == [0, -211]

    clock.advance(32 * 86_400)
    oa.access = oa.token().json()["access_token"]
    assert broadcast(oa, [article])["error"] == 0


def test_an_account_may_lack_what_a_broadcast_needs(box, oa, article) -> None:
    settings = box.zalo.settings
    settings.verified = False
    assert broadcast(oa, [article])["error"] == -221
    settings.verified, settings.messages_shut = True, True
    assert broadcast(oa, [article])["error"] == -240
    settings.messages_shut, settings.authorised = False, False
    assert broadcast(oa, [article])["error"] == -223
    assert box.public()[0]["broadcasts"] == []
