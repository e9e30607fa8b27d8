"""A media file is what its content says, and a bad one is told in one code."""

import os
import unicodedata

import pytest
from desk import MP4
from films import mp4
from PIL import Image

from asean_social.media import Library, Unusable


def _code(library, path):
    with pytest.raises(Unusable) as caught:
        library.facts(path)
    return caught.value.code


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


@pytest.mark.parametrize(
    ("name", "mime"),
    [("a.jpg", "image/jpeg"), ("a.png", "image/png"), ("a.gif", "image/gif"), ("a.bmp", "image/bmp"),
     ("a.tiff", "image/tiff"), ("a.webp", "image/webp")],
)  # fmt: skip
def test_an_image_has_a_size_a_type_and_a_hash(tmp_path, library, name, mime):
    Image.new("RGB", (64, 48)).save(tmp_path / name)

    facts = library.facts(tmp_path / name)

    assert (facts.kind, facts.mime, facts.width, facts.height) == ("image", mime, 64, 48)
    assert facts.size == (tmp_path / name).stat().st_size
    assert len(facts.sha256) == 64


def test_the_content_counts_and_not_the_name_of_an_image(tmp_path, library):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", "JPEG")

    assert library.facts(tmp_path / "a.png").mime == "image/jpeg"


@pytest.mark.parametrize(("brand", "mime"), [(b"isom", "video/mp4"), (b"qt  ", "video/quicktime")])
def test_a_video_tells_what_it_is_like(tmp_path, library, brand, mime):
    (tmp_path / "v.bin").write_bytes(mp4(1920, 1080, 65.5, fps=30, brand=brand))

    facts = library.facts(tmp_path / "v.bin")

    assert (facts.kind, facts.mime, facts.width, facts.height) == ("video", mime, 1920, 1080)
    assert (round(facts.duration, 1), facts.codec, bool(facts.sound), facts.turn) == (65.5, "AVC", True, 0)
    assert 29 < facts.fps < 31


def test_a_video_that_a_telephone_turned_is_as_high_as_it_looks(tmp_path, library):
    (tmp_path / "v.mp4").write_bytes(mp4(1920, 1080, turn=90, sound=False, codec=b"hvc1"))

    facts = library.facts(tmp_path / "v.mp4")

    assert (facts.width, facts.height, facts.turn) == (1080, 1920, 90)
    assert (facts.codec, facts.sound) == ("HEVC", "")


@pytest.mark.parametrize(
    "head",
    [b"\0\0\0\x18ftypmp42", b"\x1a\x45\xdf\xa3", b"RIFF\0\0\0\0AVI LIST", b"FLV\x01", b"\0\0\x01\xba",
     b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
)  # fmt: skip
def test_what_only_begins_like_a_video_is_none(tmp_path, library, head):
    (tmp_path / "v.mp4").write_bytes(head + b"\0" * 500)

    assert _code(library, tmp_path / "v.mp4") in ("media.no-picture", "media.truncated")


def test_a_cameras_jpeg_with_a_second_picture_is_a_jpeg(tmp_path, library):
    picture = Image.new("RGB", (8, 8))
    picture.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[picture.copy()])

    assert library.facts(tmp_path / "a.jpg").mime == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jpg", b"", "media.empty"),
        ("a.jpg", b"not an image at all", "media.not-image"),
        ("a.mp4", b"not a video at all", "media.not-video"),
        ("a.jpg", MP4, "media.misnamed"),
        ("a.heic", b"\0\0\0\x18ftypheic" + b"\0" * 50, "media.unsupported"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 8, "media.not-image"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "media.not-image"),
    ],
)
def test_a_bad_file_is_told_in_one_code(tmp_path, library, name, content, code):
    (tmp_path / name).write_bytes(content)

    assert _code(library, tmp_path / name) == code


def test_an_image_named_as_a_video_is_misnamed(tmp_path, library):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.mp4", "JPEG")

    assert _code(library, tmp_path / "a.mp4") == "media.misnamed"


def test_an_image_cut_off_after_its_header_is_broken(tmp_path, library):
    Image.effect_noise((64, 64), 50).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: len(content) // 2])

    assert _code(library, tmp_path / "a.png") == "media.broken"


@pytest.mark.parametrize("most", [50, 3000], ids=["far beyond", "a little beyond"])
def test_an_image_with_too_many_pixels_is_refused_undecoded(tmp_path, library, monkeypatch, most):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)

    assert _code(library, tmp_path / "a.png") == "media.too-many-pixels"


def test_a_missing_file_suggests_the_nearest_name(tmp_path, library):
    (tmp_path / "tac.JPG").touch()

    with pytest.raises(Unusable) as caught:
        library.facts(tmp_path / "tac1.JPG")
    assert (caught.value.code, caught.value.values["fits"]) == ("media.misspelt", "tac.JPG")
    assert _code(library, tmp_path / "none" / "xyz.png") == "media.missing"
    assert _code(library, tmp_path / "xyz.png") == "media.missing"


def test_a_folder_is_not_a_file(tmp_path, library):
    (tmp_path / "media").mkdir()

    assert _code(library, tmp_path / "media") == "media.not-a-file"


@pytest.mark.parametrize(("typed", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_is_found_in_either_unicode_form(tmp_path, library, typed, stored):
    folder = tmp_path / unicodedata.normalize(stored, "Ảnh Huế")
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / unicodedata.normalize(stored, "Cầu Trường Tiền.jpg"))

    asked = (
        tmp_path
        / unicodedata.normalize(typed, "Ảnh Huế")
        / unicodedata.normalize(typed, "Cầu Trường Tiền.jpg")
    )

    assert library.facts(asked).kind == "image"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a right on Windows")
def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path):
    inside = tmp_path / "project"
    inside.mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    (inside / "a.jpg").symlink_to(tmp_path / "a.jpg")

    assert _code(Library(inside), inside / "a.jpg") == "campaign.media-outside"


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="root may read everything, and so does Windows"
)
def test_a_file_that_may_not_be_read_says_so(tmp_path, library):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "a.jpg").chmod(0)

    assert _code(library, tmp_path / "a.jpg") == "media.unreadable"


def test_a_file_that_vanishes_while_it_is_read_says_so(tmp_path, monkeypatch):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(path)
    library = Library(tmp_path)
    monkeypatch.setattr(type(path), "is_file", lambda self: self.unlink() or True)

    assert _code(library, path) == "media.unreadable"


def test_a_file_is_probed_once_and_again_after_it_changed(tmp_path, library):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(path)
    first = library.facts(path)

    assert library.facts(path) is first
    Image.new("RGB", (9, 9), "red").save(path)
    os.utime(path, ns=(1, 1))
    assert library.facts(path).width == 9


def test_a_bad_file_that_is_mended_becomes_good(tmp_path, library):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"")
    assert _code(library, path) == _code(library, path) == "media.empty"

    Image.new("RGB", (8, 8)).save(path)
    assert library.facts(path).kind == "image"


# -- what cameras and editors write


def test_a_jpeg_without_its_very_end_is_broken_and_one_with_something_after_it_is_not(tmp_path, library):
    path = tmp_path / "a.jpg"
    Image.effect_noise((200, 200), 90).save(path, quality=90)
    whole = path.read_bytes()
    path.write_bytes(whole + b"maker's notes")
    assert library.facts(path).width == 200

    path.write_bytes(whole[:-300])
    assert _code(library, path) == "media.broken"


@pytest.mark.parametrize("name", ["a.jpg", "a.gif", "a.webp", "a.png", "a.bmp", "a.tiff"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_picture_that_was_cut_short_is_broken(tmp_path, library, name, share):
    Image.effect_noise((400, 300), 90).convert("RGB").save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])

    assert _code(library, tmp_path / name) in ("media.broken", "media.not-image")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_place_is_found_in_exif_and_in_xmp(tmp_path, library, name):
    picture = Image.new("RGB", (8, 8))
    exif = Image.Exif()
    exif[0x0112] = 1
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 28.0, 0.0)})
    picture.save(tmp_path / name, exif=exif)
    assert library.facts(tmp_path / name).located

    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d exif:GPSLatitude="16,28N"/></x:xmpmeta>'
    options = {"xmp": xmp}
    if name == "a.png":
        from PIL.PngImagePlugin import PngInfo

        options = {"pnginfo": PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    (tmp_path / "xmp").mkdir()
    picture.save(tmp_path / "xmp" / name, **options)
    assert library.facts(tmp_path / "xmp" / name).located
    (tmp_path / "plain").mkdir()
    picture.save(tmp_path / "plain" / name)
    assert not library.facts(tmp_path / "plain" / name).located


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_damaged_metadata_do_not_make_a_picture_useless(tmp_path, library, exif):
    Image.new("RGB", (8, 6)).save(tmp_path / "a.jpg", exif=exif)

    facts = library.facts(tmp_path / "a.jpg")

    assert (facts.width, facts.height, facts.turn) == (8, 6, 1)
    if not facts.located:  # nothing was read, and nothing can be
        assert library.media(tmp_path / "a.jpg", "", "facebook").recipe == ""


def test_what_stands_behind_the_picture_of_a_png_is_read_too(tmp_path, library):
    """ExifTool puts it there."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (16.0, 28.0, 0.0)})
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png", exif=exif)
    whole = (tmp_path / "a.png").read_bytes()
    at = whole.index(b"eXIf") - 4
    part = whole[at : at + 12 + int.from_bytes(whole[at : at + 4])]
    (tmp_path / "a.png").write_bytes(whole.replace(part, b"").replace(whole[-12:], part + whole[-12:]))

    facts = library.facts(tmp_path / "a.png")

    assert (facts.width, facts.height, facts.located) == (60, 80, True)
