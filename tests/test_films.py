"""Films, albums and captions by their limits: what fits exactly passes, one beyond is told with what would fit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from desk import ARTICLE, Desk, say
from films import mp4
from PIL import Image

from asean_social import checks
from asean_social.media import Library, Unusable
from asean_social.office import Office
from asean_social.plan import Plan
from asean_social.publishers.limits import LIMITS
from asean_social.rendition import fit, make
from asean_social.shelf import Shelf

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


@pytest.mark.parametrize(("count", "found"), [(2, []), (10, []), (11, ["check.facebook.album"])])
def test_an_album(desk, count, found):
    for number in range(count):
        desk.image(f"{number}.jpg")
    media = [{"file": f"{number}.jpg", "alt": f"Ảnh số {number}"} for number in range(count)]

    assert codes(desk, say(media=media)) == found


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


# -- pictures made fit


def noise(path, size, **options):
    Image.effect_noise(size, 200).convert("RGB").save(path, **options)


def test_a_large_picture_is_made_smaller_for_each_platform_and_told(desk):
    noise(desk.folder / "a.jpg", (3000, 2000), quality=95)
    facebook = desk.message(media=[{"file": "a.jpg", "alt": "Nhiễu"}]).media[0]
    zalo = desk.message(channels=["oa"], zalo=ARTICLE | {"cover": "a.jpg"}).media[0]

    assert (desk.folder / "a.jpg").stat().st_size > 4_000_000
    assert facebook.size <= 4_000_000
    assert (facebook.width, facebook.original.startswith("3000×2000")) == (2048, True)
    assert zalo.size <= 500_000
    assert facebook.sha256 == zalo.sha256
    assert facebook.recipe != zalo.recipe


def test_what_is_sent_is_what_the_recipe_says_and_has_no_place_in_it(desk):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (16.0, 28.0, 0.0)
    noise(desk.folder / "a.jpg", (600, 400), exif=exif)
    library = desk.library
    media = library.media(desk.folder / "a.jpg", "Ô", "facebook")

    ready = library.ready(media)

    assert media.recipe
    assert (media.width, media.height) == (400, 600)
    with Image.open(ready.path) as sent:
        assert sent.size == (400, 600)
        assert dict(sent.getexif()) == {}
    assert ready.size == ready.path.stat().st_size == media.size
    ready.path.unlink()
    assert library.ready(media) == ready


def test_a_file_that_changed_after_it_was_checked_is_not_sent(desk):
    media = desk.library.media(desk.folder / "a.jpg", "", "facebook")
    assert desk.library.ready(media) == media
    desk.image("a.jpg", colour="black")

    with pytest.raises(Unusable) as caught:
        desk.library.ready(media)
    assert caught.value.code == "media.changed"


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    noise(tmp_path / "a.png", (900, 700))
    recipe, content = fit(tmp_path / "a.png", 100_000, 800)

    assert len(content) <= 100_000
    assert make(tmp_path / "a.png", recipe) == content
    with pytest.raises(ValueError, match="v9"):
        make(tmp_path / "a.png", "jpeg 10x10 q80 v9")


def test_clear_parts_become_white(tmp_path):
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(tmp_path / "a.png")
    _, content = fit(tmp_path / "a.png", 100_000, 800)
    (tmp_path / "b.jpg").write_bytes(content)
    with Image.open(tmp_path / "b.jpg") as made:
        assert made.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("name", ["a.jpg", "a.gif", "a.webp", "a.png"])
def test_a_picture_that_was_cut_short_is_told(tmp_path, name):
    noise(tmp_path / name, (400, 300))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])

    with pytest.raises(Unusable) as caught:
        Library(tmp_path).facts(tmp_path / name)
    assert caught.value.code == "media.broken"


def test_a_film_that_was_cut_short_is_told(tmp_path):
    whole = mp4(seconds=60)
    (tmp_path / "v.mp4").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(Unusable) as caught:
        Library(tmp_path).facts(tmp_path / "v.mp4")
    assert caught.value.code == "media.truncated"


# -- what was found out is kept


def test_what_is_known_of_a_file_outlives_the_process(tmp_path, monkeypatch):
    noise(tmp_path / "a.jpg", (64, 48))
    shelf = Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "cache")})
    facts = Library(tmp_path, shelf).facts(tmp_path / "a.jpg")

    monkeypatch.setattr("asean_social.media.probe", None)  # asked again it would fail

    assert Library(tmp_path, shelf).facts(tmp_path / "a.jpg") == facts


def test_a_cache_that_is_damaged_or_gone_is_no_trouble(tmp_path):
    noise(tmp_path / "a.jpg", (64, 48))
    shelf = Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "cache")})
    Library(tmp_path, shelf).facts(tmp_path / "a.jpg")
    for kept in (tmp_path / "cache").rglob("*.json"):
        kept.write_text("{", encoding="utf-8")

    assert Library(tmp_path, shelf).facts(tmp_path / "a.jpg").width == 64
    (tmp_path / "plain").write_text("a file", encoding="utf-8")
    elsewhere = Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "plain")})
    assert Library(tmp_path, elsewhere).facts(tmp_path / "a.jpg").width == 64


def test_what_nobody_asks_for_is_thrown_away(tmp_path):
    import os

    shelf = Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "cache")})
    shelf.keep("old", {"size": 1})
    shelf.keep("new", {"size": 2})
    [old] = [
        one for one in (tmp_path / "cache").rglob("*.json") if '"old"' in one.read_text(encoding="utf-8")
    ]
    os.utime(old, (1, 1))

    shelf.tidy()

    assert (shelf.known("old"), shelf.known("new")) == (None, {"size": 2})
