"""Pictures are made fit for a platform by a recipe: upright, without metadata, in sRGB, small enough, always the same."""

import io

import pytest
from desk import ARTICLE, Desk
from PIL import Image, ImageCms

from asean_social import rendition
from asean_social.media import Library, Unusable
from asean_social.publishers.limits import PICTURES
from asean_social.shelf import Shelf


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def noise(path, size, **options):
    Image.effect_noise(size, 200).convert("RGB").save(path, **options)


def placed(turn=1):
    exif = Image.Exif()
    exif[0x0112] = turn
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 28.0, 0.0)})
    return exif


def opened(content):
    return Image.open(io.BytesIO(content))


def test_a_large_picture_is_made_smaller_for_each_platform_and_told(desk):
    noise(desk.folder / "a.jpg", (3000, 2000), quality=95)
    facebook = desk.message(media=[{"file": "a.jpg", "alt": "Nhiễu"}]).media[0]
    zalo = desk.message(channels=["oa"], zalo=ARTICLE | {"cover": "a.jpg"}).media[0]

    assert (desk.folder / "a.jpg").stat().st_size > 4_000_000
    assert (facebook.width, facebook.height, facebook.size) == (2048, 1365, 4_000_000)
    assert facebook.original.startswith("3000×2000, ")
    assert (zalo.width, zalo.size) == (1600, 500_000)
    assert facebook.sha256 == zalo.sha256
    assert facebook.recipe != zalo.recipe


@pytest.mark.parametrize(
    ("platform", "most"), [("facebook", 4_000_000), ("youtube", 2_000_000), ("zalo", 500_000)]
)
def test_at_the_limit_a_picture_is_sent_as_it_is_and_beyond_it_is_made_smaller(tmp_path, platform, most):
    noise(tmp_path / "a.jpg", (64, 48))
    with (tmp_path / "a.jpg").open("ab") as file:
        file.write(bytes(most - file.tell()))
    assert Library(tmp_path).media(tmp_path / "a.jpg", "", platform).recipe == ""

    with (tmp_path / "a.jpg").open("ab") as file:
        file.write(b"\0")
    assert Library(tmp_path).media(tmp_path / "a.jpg", "", platform).recipe == f"jpeg 64x48 {most} v2"


@pytest.mark.parametrize(
    ("name", "mode", "options", "facebook", "zalo"),
    [
        ("a.jpg", "RGB", {}, False, False),
        ("a.png", "RGBA", {}, False, False),
        ("a.bmp", "RGB", {}, False, True),
        ("a.tiff", "RGB", {}, False, True),
        ("a.gif", "P", {}, False, True),
        ("a.webp", "RGB", {}, True, True),
        ("a.jpg", "CMYK", {}, True, True),
        ("a.png", "I;16", {}, True, True),
        ("a.jpg", "RGB", {"exif": placed()}, True, True),
        ("a.webp", "RGB", {"exif": placed()}, True, True),
    ],
)
def test_what_a_platform_does_not_take_or_should_not_see_is_made_anew(
    tmp_path, name, mode, options, facebook, zalo
):
    Image.new(mode, (64, 48)).save(tmp_path / name, **options)
    library = Library(tmp_path)

    assert bool(library.media(tmp_path / name, "", "facebook").recipe) is facebook
    assert bool(library.media(tmp_path / name, "", "zalo").recipe) is zalo


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_sent_as_it_looks(desk, turn):
    picture = Image.new("RGB", (600, 400), "blue")
    picture.paste("red", (0, 0, 300, 200))  # where it is seen, the orientation says
    exif = placed(turn)
    picture.save(desk.folder / "a.jpg", exif=exif, quality=95)
    seen = Image.open(desk.folder / "a.jpg")
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(seen)
    library = desk.library

    media = library.media(desk.folder / "a.jpg", "", "facebook")
    ready = library.ready(media)

    assert (media.width, media.height) == upright.size == ((600, 400) if turn < 5 else (400, 600))
    with Image.open(ready.path) as sent:
        assert sent.size == upright.size
        assert dict(sent.getexif()) == {}
        for corner in ((20, 20), (sent.width - 20, 20), (20, sent.height - 20)):
            assert all(
                abs(a - b) < 12 for a, b in zip(sent.getpixel(corner), upright.getpixel(corner), strict=True)
            )


def test_what_is_ready_has_the_facts_of_what_is_sent(desk):
    noise(desk.folder / "a.jpg", (600, 400), exif=placed(6))
    media = desk.library.media(desk.folder / "a.jpg", "Ô", "facebook")

    sent, ready = desk.library.sent(media), desk.library.ready(media)

    assert sent.path == media.path
    assert sent.size == ready.size == ready.path.stat().st_size < media.size
    assert (sent.width, sent.height) == (ready.width, ready.height) == (400, 600)
    assert ready.sha256 != media.sha256 == sent.sha256
    ready.path.unlink()
    assert desk.library.ready(media) == ready
    assert desk.library.sent(media) == sent
    plain = desk.library.media(desk.folder / "b.jpg", "", "facebook")
    assert desk.library.sent(plain) == plain


def test_a_rendition_that_somebody_altered_is_made_again(desk):
    noise(desk.folder / "a.jpg", (600, 400), exif=placed())
    media = desk.library.media(desk.folder / "a.jpg", "", "facebook")
    ready = desk.library.ready(media)
    content = ready.path.read_bytes()
    ready.path.write_bytes(b"something else")

    assert desk.library.ready(media).path.read_bytes() == content


def test_a_file_that_changed_after_it_was_checked_is_not_sent(desk):
    media = desk.library.media(desk.folder / "a.jpg", "", "facebook")
    assert desk.library.ready(media) == media
    about = (desk.folder / "a.jpg").stat()
    content = bytearray((desk.folder / "a.jpg").read_bytes())
    content[-10] ^= 1
    (desk.folder / "a.jpg").write_bytes(content)
    import os

    os.utime(
        desk.folder / "a.jpg", ns=(about.st_atime_ns, about.st_mtime_ns)
    )  # the bytes count, not the date

    with pytest.raises(Unusable) as caught:
        desk.library.ready(media)
    assert caught.value.code == "media.changed"
    (desk.folder / "a.jpg").unlink()
    with pytest.raises(Unusable) as caught:
        desk.library.ready(media)
    assert caught.value.code in ("media.missing", "media.misspelt")


def test_a_picture_whose_inside_cannot_be_decoded_is_told_when_it_is_made(desk):
    from dataclasses import replace
    from hashlib import sha256

    content = b"\xff\xd8\xff\xe0 garbage \xff\xd9"
    (desk.folder / "a.jpg").write_bytes(content)
    media = desk.library.media(desk.folder / "b.jpg", "", "facebook")
    bad = replace(
        media, path=desk.folder / "a.jpg", sha256=sha256(content).hexdigest(), recipe="jpeg 9x9 9999 v2"
    )

    for ask in (desk.library.ready, desk.library.sent):
        with pytest.raises(Unusable) as caught:
            ask(bad)
        assert caught.value.code == "media.broken"


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    noise(tmp_path / "a.png", (900, 700))
    recipe = rendition.recipe((900, 700), 100_000, 800)

    content = rendition.make(tmp_path / "a.png", recipe)

    assert recipe == "jpeg 800x622 100000 v2"
    assert len(content) <= 100_000
    assert rendition.make(tmp_path / "a.png", recipe) == content
    with pytest.raises(ValueError, match="v9"):
        rendition.make(tmp_path / "a.png", "jpeg 10x10 80 v9")


@pytest.mark.parametrize("platform", list(PICTURES))
def test_the_hardest_picture_fits_every_platform(tmp_path, platform):
    noise(tmp_path / "a.png", (2400, 2400))
    library = Library(tmp_path)

    sent = library.sent(library.media(tmp_path / "a.png", "", platform))

    assert PICTURES[platform].aim * 0.4 < sent.size <= PICTURES[platform].aim
    assert sent.width == sent.height


def test_what_nothing_can_make_small_enough_is_said(tmp_path):
    noise(tmp_path / "a.png", (300, 300))

    with pytest.raises(ValueError, match=r"a\.png"):
        rendition.make(tmp_path / "a.png", "jpeg 300x300 900 v2")


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_clear_parts_become_white(tmp_path, mode):
    Image.new(mode, (300, 300), (0,) * len(mode)).save(tmp_path / "a.png")

    made = opened(rendition.make(tmp_path / "a.png", "jpeg 300x300 100000 v2"))

    assert made.getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_of_grey_stay_grey(tmp_path):
    Image.new("I;16", (300, 300), 0x8000).save(tmp_path / "a.png")

    made = opened(rendition.make(tmp_path / "a.png", "jpeg 300x300 100000 v2"))

    assert all(120 < one < 136 for one in made.getpixel((5, 5)))


def test_colours_are_brought_to_srgb_by_their_profile(tmp_path):
    """Lab says exactly what it means, and no viewer shows it."""
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (300, 300), (10, 200, 30)).save(tmp_path / "a.jpg", icc_profile=grey, quality=95)
    made = opened(rendition.make(tmp_path / "a.jpg", "jpeg 300x300 100000 v2"))

    assert all(abs(a - b) < 6 for a, b in zip(made.getpixel((5, 5)), (10, 200, 30), strict=True))
    assert "icc_profile" not in made.info


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_profile_that_does_not_fit_is_no_trouble(tmp_path, mode):
    wrong = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (wrong, b"nonsense"):
        Image.new(mode, (300, 300)).save(tmp_path / "a.jpg", icc_profile=profile)

        assert opened(rendition.make(tmp_path / "a.jpg", "jpeg 300x300 100000 v2")).mode == "RGB"


def test_a_rendition_is_made_even_where_no_cache_can_be_written(tmp_path):
    (tmp_path / "plain").write_text("a file", encoding="utf-8")
    noise(tmp_path / "a.jpg", (600, 400), exif=placed())
    library = Library(tmp_path, Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "plain")}))

    ready = library.ready(library.media(tmp_path / "a.jpg", "", "facebook"))

    assert ready.path.stat().st_size == ready.size
