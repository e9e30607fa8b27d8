"""Films and captions by their limits: what fits exactly passes, one beyond is told with what would fit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from desk import Desk, say
from films import mp4

from asean_social import checks
from asean_social.office import Office
from asean_social.plan import Plan
from asean_social.publishers.limits import LIMITS

NOW = datetime(2027, 1, 2, tzinfo=UTC)
REEL = {"width": 1080, "height": 1920, "fps": 30.0}
YT = {"channels": ["kenh"], "title": "Tên"}
OA = {"channels": ["oa"], "zalo": {"type": "video", "title": "T", "summary": "S", "cover": "a.jpg"}}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def film(desk, **kind):
    (desk.folder / "v.mp4").write_bytes(mp4(**kind))


def codes(desk, post, **facts):
    """Findings of a post whose film has these facts instead of its own, for what no test can hold on disk."""
    campaign, plan = desk.load(post), desk.plan(post)
    planned = tuple(
        replace(one, message=replace(one.message, media=tuple(
            replace(medium, **facts) if medium.kind in ("video", "captions") else medium for medium in one.message.media
        )))
        for one in plan.deliveries
    )  # fmt: skip
    found = checks.check(Plan(planned, plan.problems), campaign, LIMITS, NOW, Office())
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, None),
        ({"duration": 3.0}, None),
        ({"duration": 2.9}, "check.film.too-short"),
        ({"duration": 90.0}, None),
        ({"duration": 90.1}, "check.film.too-long"),
        ({"width": 540, "height": 960}, None),
        ({"width": 539, "height": 958}, "check.film.shape"),
        ({"width": 1080, "height": 1080}, "check.film.shape"),
        ({"fps": 24.0}, None),
        ({"fps": 23.0}, "check.film.rate"),
        ({"fps": 60.0}, None),
        ({"fps": 61.0}, "check.film.rate"),
        ({"codec": "HEVC"}, None),
        ({"codec": "MPEG-4 Visual"}, "check.film.codec"),
        ({"mime": "video/quicktime"}, "check.film.format"),
        ({"sound": False}, "check.film.silent"),
        ({"turn": 90}, "check.film.turned"),
        ({"size": 10_000_000_000}, None),
        ({"size": 10_000_000_001}, "check.film.size"),
    ],
)
def test_a_reel(desk, facts, code):
    film(desk, **REEL)
    assert codes(desk, say(media="v.mp4"), **facts) == ([code] if code else [])


@pytest.mark.parametrize(
    ("post", "facts", "code"),
    [
        (say(media="v.mp4"), {"duration": 14_400.0}, None),
        (say(media="v.mp4"), {"duration": 14_401.0}, "check.film.too-long"),
        (say(**YT, media="v.mp4"), {"duration": 900.0}, None),
        (say(**YT, media="v.mp4"), {"duration": 901.0}, "check.youtube.long"),
        (say(**YT, media="v.mp4"), {"size": 274_877_906_944}, None),
        (say(**YT, media="v.mp4"), {"size": 274_877_906_945}, "check.film.size"),
        (say(**OA, media="v.mp4"), {"size": 49_999_999}, None),
        (say(**OA, media="v.mp4"), {"size": 50_000_000}, "check.film.size"),
        (say(**OA, media="v.mp4"), {"mime": "video/quicktime"}, "check.film.format"),
        (say(**OA, media="v.mp4"), {"mime": "video/x-msvideo"}, None),
    ],
)
def test_a_video(desk, post, facts, code):
    assert codes(desk, post, **facts) == ([code] if code else [])


def test_twelve_hours_of_youtube_are_the_most(desk):
    assert codes(desk, say(**YT, media="v.mp4"), duration=43_201.0) == [
        "check.film.too-long",
        "check.youtube.long",
    ]


def test_the_kind_follows_from_shape_and_length(desk):
    assert desk.message(media="v.mp4").kind == "video"
    assert desk.message(**YT, media="v.mp4").kind == "video"
    film(desk, **REEL, seconds=60)
    assert desk.message(media="v.mp4").kind == "reel"
    assert desk.message(**YT, media="v.mp4").kind == "short"
    film(desk, **REEL, seconds=170)
    assert desk.message(media="v.mp4").kind == "video"
    assert desk.message(**YT, media="v.mp4").kind == "short"
    assert desk.codes(say(**YT, media="v.mp4", youtube={"kind": "short"})) == []
    film(desk, seconds=60)
    assert desk.codes(say(**YT, media="v.mp4", youtube={"kind": "short"})) == ["plan.not-a-short"]


# -- captions

GOOD = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nXin chào ASEAN\n"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("c.vtt", GOOD, None),
        ("c.srt", "1\n00:00:01,000 --> 00:00:04,000\nXin chào\n", None),
        ("c.vtt", GOOD.removeprefix("WEBVTT"), "media.captions-no-header"),
        ("c.vtt", "WEBVTT\n", "media.captions-empty"),
        ("c.vtt", GOOD.replace("00:00:04.000", "00:00:00.500"), "media.captions-order"),
        ("c.vtt", GOOD.replace("00:00:04.000", "4 giây"), "media.captions-bad-time"),
        ("c.vtt", "WEBVTT\n\n00:01.000 --> 00:04.000\n", "media.captions-no-text"),
        ("c.vtt", GOOD.encode("utf-16").decode("latin-1"), "media.captions-not-utf8"),
    ],
)
def test_captions_are_read(desk, name, content, code):
    encoded = content.encode("latin-1" if code == "media.captions-not-utf8" else "utf-8")
    (desk.folder / name).write_bytes(encoded)
    post = say(**YT, media=[{"file": "v.mp4", "captions": name}])

    assert desk.codes(post) == ([code] if code else [])


def test_captions_of_several_languages_follow_the_video(desk):
    for name in ("c.vi.vtt", "c.en.vtt"):
        (desk.folder / name).write_text(GOOD, encoding="utf-8")
    message = desk.message(**YT, media=[{"file": "v.mp4", "captions": ["c.vi.vtt", "c.en.vtt"]}])

    assert message.options["captions"] == [
        {"media": 1, "language": "vi", "name": ""},
        {"media": 2, "language": "en", "name": ""},
    ]
    twice = say(
        **YT,
        media=[{"file": "v.mp4", "captions": [{"file": "c.vi.vtt"}, {"file": "c.en.vtt", "language": "vi"}]}],
    )
    assert desk.codes(twice) == ["plan.captions-twice"]
