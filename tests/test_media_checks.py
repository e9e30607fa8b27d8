"""Pictures, albums, thumbnails and captions by their limits: what fits exactly passes, one beyond is told."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from desk import ARTICLE, Desk, say
from films import mp4
from PIL import Image

from asean_social import captions, checks
from asean_social.lang import Language
from asean_social.office import Office
from asean_social.plan import Plan
from asean_social.publishers.limits import LIMITS
from asean_social.unusable import Unusable

NOW = datetime(2027, 1, 2, tzinfo=UTC)
PHOTO = say(media={"file": "a.jpg", "alt": "Ô đỏ"})
CLIP = {"channels": ["kenh"], "title": "Tên", "media": {"file": "v.mp4"}}
THUMBNAIL = say(**CLIP, youtube={"thumbnail": "a.jpg"})
COVER = say(channels=["oa"], zalo=ARTICLE | {"cover": "a.jpg"})
GOOD = "WEBVTT\n\n00:00:01.000 --> 00:00:0{}.000\nXin chào\n"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def found(desk, post, kind="image", **facts):
    """Findings of a post whose media of this kind have these facts instead of their own."""
    campaign, plan = desk.load(post), desk.plan(post)
    planned = tuple(
        replace(one, message=replace(one.message, media=tuple(
            replace(medium, **facts) if medium.kind == kind else medium for medium in one.message.media
        )))
        for one in plan.deliveries
    )  # fmt: skip
    problems = checks.check(Plan(planned, plan.problems), campaign, LIMITS, NOW, Office())
    for one in problems:
        for language in ("vi", "en"):
            assert Language(language).problem(one)[0]
    return problems


def codes(*args, **facts):
    return [one.code for one in found(*args, **facts)]


@pytest.mark.parametrize(
    ("post", "facts", "code"),
    [
        (PHOTO, {"size": 4_000_000}, None),
        (PHOTO, {"size": 4_000_001}, "check.facebook.size"),
        (COVER, {"size": 1_000_000}, None),
        (COVER, {"size": 1_000_001}, "check.zalo.size"),
        (THUMBNAIL, {"size": 2_000_000, "width": 1280, "height": 720}, None),
        (THUMBNAIL, {"size": 2_000_001, "width": 1280, "height": 720}, "check.youtube.size"),
        (THUMBNAIL, {"width": 640, "height": 360}, None),
        (THUMBNAIL, {"width": 639, "height": 360}, "check.youtube.thumbnail-small"),
        (THUMBNAIL, {"width": 1280, "height": 734}, None),
        (THUMBNAIL, {"width": 1280, "height": 736}, "check.youtube.thumbnail-shape"),
        (THUMBNAIL, {"width": 1080, "height": 1920}, "check.youtube.thumbnail-shape"),
        (THUMBNAIL, {"width": 1280, "height": 720, "mime": "image/gif"}, "check.youtube.format"),
        (PHOTO, {"mime": "image/tiff"}, None),
        (PHOTO, {"mime": "image/webp"}, "check.facebook.format"),
        (COVER, {"mime": "image/png"}, None),
        (COVER, {"mime": "image/gif"}, "check.zalo.format"),
        (PHOTO, {"animated": True, "mime": "image/gif"}, "check.picture.moving"),
        (PHOTO, {"animated": True, "mime": "image/webp"}, "check.facebook.format"),
        (PHOTO, {"alt": ""}, "check.no-alt"),
    ],
)
def test_a_picture(desk, post, facts, code):
    assert codes(desk, post, **facts) == ([code] if code else [])


def test_the_thumbnail_of_a_short_is_upright(desk):
    (desk.folder / "v.mp4").write_bytes(mp4(1080, 1920))

    assert codes(desk, THUMBNAIL, width=1080, height=1920) == []
    assert codes(desk, THUMBNAIL, width=1280, height=720) == ["check.youtube.thumbnail-shape"]


@pytest.mark.parametrize(("count", "code"), [(2, None), (10, None), (11, "check.facebook.album")])
def test_an_album(desk, count, code):
    for number in range(count):
        desk.image(f"{number}.jpg")
    media = [{"file": f"{number}.jpg", "alt": f"Ảnh số {number}"} for number in range(count)]

    assert codes(desk, say(media=media)) == ([code] if code else [])


def test_an_album_of_one_is_none(desk):
    post = PHOTO | {"facebook": {"kind": "album"}}
    assert codes(desk, post) == []
    assert desk.codes(post) == ["plan.kind-contradicts"]


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (1920, 1080, None),
        (1922, 1080, "check.facebook.shape"),
        (1080, 1080, None),
        (1080, 1920, None),
        (1080, 1922, "check.facebook.shape"),
    ],
)
def test_the_shape_of_a_video(desk, width, height, code):
    post = say(media="v.mp4", facebook={"kind": "video"})

    assert codes(desk, post, kind="video", width=width, height=height) == ([code] if code else [])


@pytest.mark.parametrize(("size", "code"), [(104_857_600, None), (104_857_601, "check.film.size")])
def test_the_size_of_captions(desk, size, code):
    (desk.folder / "c.vtt").write_text(GOOD.format(4), encoding="utf-8")
    post = say(**CLIP | {"media": {"file": "v.mp4", "captions": "c.vtt"}})

    assert codes(desk, post, kind="captions", size=size) == ([code] if code else [])


@pytest.mark.parametrize(("seconds", "code"), [(8.0, None), (7.9, "check.captions.late")])
def test_captions_end_with_their_film(desk, seconds, code):
    (desk.folder / "v.mp4").write_bytes(mp4(seconds=seconds))
    (desk.folder / "c.vtt").write_text(GOOD.format(9), encoding="utf-8")
    post = say(**CLIP | {"media": {"file": "v.mp4", "captions": "c.vtt"}})

    assert codes(desk, post) == ([code] if code else [])


def test_a_finding_stands_where_its_file_is_named_even_if_two_files_have_one_name(desk):
    for folder in ("mot", "hai"):
        (desk.folder / folder).mkdir()
    desk.image("mot/a.jpg")
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(desk.folder / "hai" / "a.jpg", "GIF", save_all=True, append_images=frames[1:])
    media = [{"file": "mot/a.jpg", "alt": "Một"}, {"file": "hai/a.jpg", "alt": "Hai"}]

    [problem] = found(desk, say(media=media))

    assert (problem.code, problem.path) == ("check.picture.moving", "pillars.apsc[0].media[1]")
    assert problem.line
    assert problem.column


def test_each_file_is_told_once(desk):
    """A cover that is also a picture of the article."""
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(desk.folder / "a.gif", save_all=True, append_images=frames[1:])
    post = say(channels=["oa"], media="a.gif", zalo=ARTICLE | {"cover": "a.gif"})

    assert codes(desk, post) == ["check.zalo.format"]


# -- captions as text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.vtt", "WEBVTT\n\n00:01.000 --> 00:04.000\nXin chào\n"),
        (
            "c.vtt",
            "WEBVTT - Huế\nKind: captions\n\n1\n00:00:01.000 --> 00:00:04.000 align:start line:0\nXin chào\n",
        ),
        ("c.vtt", "\ufeffWEBVTT\r\n\r\nNOTE một\r\n\r\n00:00:01.000 --> 00:00:04.000\r\nXin\r\nchào\r\n"),
        ("c.vtt", "WEBVTT\n\n100:00:01.000 --> 100:00:04.000\nXin chào"),
        (
            "c.srt",
            "1\r\n00:00:01,000 --> 00:00:04,000\r\nXin chào\r\n\r\n2\r\n00:00:02,000 --> 00:00:05,000\r\nHuế\r\n",
        ),
    ],
)
def test_captions_in_order(tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode())

    assert captions.read(tmp_path / name)["duration"] > 1


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("c.vtt", "WEBVTT\n\n00:00:01,000 --> 00:00:04,000\nXin chào\n", "bad-time", 3),
        ("c.srt", "1\n00:00:01.000 --> 00:00:04.000\nXin chào\n", "bad-time", 2),
        ("c.srt", "1\n00:01,000 --> 00:04,000\nXin chào\n", "bad-time", 2),
        ("c.vtt", "WEBVTT\n\n00:61.000 --> 02:04.000\nXin chào\n", "bad-time", 3),
        ("c.vtt", "WEBVTT\n\n00:01.000 -->\nXin chào\n", "bad-time", 3),
        ("c.vtt", "WEBVTT\n\n00:04.000 --> 00:04.000\nXin chào\n", "order", 3),
        ("c.vtt", "WEBVTT\n\n00:04.000 --> 00:05.000\nA\n\n00:03.999 --> 00:06.000\nB\n", "order", 6),
        ("c.srt", "1\n00:00:01,000 --> 00:00:04,000\n\n", "no-text", 2),
        ("c.srt", "chỉ có chữ\n", "empty", None),
        ("c.vtt", "WEBVTTX\n\n00:01.000 --> 00:04.000\nA\n", "no-header", None),
    ],
)
def test_captions_that_no_player_shows(tmp_path, name, text, code, place):
    (tmp_path / name).write_bytes(text.encode())

    with pytest.raises(Unusable) as caught:
        captions.read(tmp_path / name)
    assert caught.value.code == f"media.captions-{code}"
    assert caught.value.values.get("place") == place


def test_captions_beyond_every_platforms_limit_are_not_read(tmp_path, monkeypatch):
    (tmp_path / "c.vtt").write_text("no captions at all", encoding="utf-8")
    monkeypatch.setattr(captions, "MOST_READ", 17)

    assert captions.read(tmp_path / "c.vtt")["mime"] == "text/vtt"
