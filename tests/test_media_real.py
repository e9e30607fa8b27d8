"""Films as programs really write them: every container is known by its content, every damage is told in one code."""

import io
from fractions import Fraction

import av
import pytest

from asean_social.films import container
from asean_social.media import Library
from asean_social.unusable import Unusable

#        name    format        picture       sound        mime
MADE = [
    ("v.mp4", "mp4", "libx264", "aac", "video/mp4"),
    ("v.mov", "mov", "libx264", "aac", "video/quicktime"),
    ("v.mkv", "matroska", "libx264", "aac", "video/x-matroska"),
    ("v.webm", "webm", "libvpx", "libopus", "video/webm"),
    ("v.avi", "avi", "mpeg4", "mp2", "video/x-msvideo"),
    ("v.flv", "flv", "flv1", "aac", "video/x-flv"),
    ("v.wmv", "asf", "wmv2", "wmav2", "video/x-ms-wmv"),
    ("v.ts", "mpegts", "mpeg2video", "mp2", "video/mp2t"),
    ("v.mpg", "vob", "mpeg2video", "mp2", "video/mpeg"),
    ("v.3gp", "3gp", "mpeg4", "aac", "video/3gpp"),
]


def film(form, picture="libx264", sound="aac", *, size=(176, 144), seconds=1, options=None, folder=None):
    """A grey film with silence; what moves its index to the front has to be a file on the way."""
    file = folder / "draft" if folder else io.BytesIO()
    with av.open(file, "w", format=form, options=options or {}) as out:
        video = out.add_stream(picture, rate=25) if picture else None
        audio = out.add_stream(sound, rate=48_000, layout="stereo", bit_rate=64_000) if sound else None
        if video:
            video.width, video.height = size
            video.pix_fmt = "yuv420p"
            _write(out, video, (_picture(size, number) for number in range(25 * seconds)))
        if audio:
            _write(out, audio, (_silence(1024, at) for at in range(0, 48_000 * seconds, 1024)))
    return file.read_bytes() if folder else file.getvalue()


def _picture(size, number):
    frame = av.VideoFrame(*size, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes((number * 5 + at) % 251 for at in range(plane.buffer_size)))
    frame.pts, frame.time_base = number, Fraction(1, 25)
    return frame


def _silence(samples, at):
    frame = av.AudioFrame("s16", "stereo", samples)
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    frame.pts, frame.sample_rate, frame.time_base = at, 48_000, Fraction(1, 48_000)
    return frame


def _write(out, stream, frames):
    for frame in frames:
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def told(path, content):
    path.write_bytes(content)
    with pytest.raises(Unusable) as caught:
        Library(path.parent).facts(path)
    return caught.value.code


@pytest.mark.parametrize(("name", "form", "picture", "sound", "mime"), MADE)
def test_a_film_of_any_make_tells_what_it_is_like(tmp_path, name, form, picture, sound, mime):
    (tmp_path / name).write_bytes(film(form, picture, sound))
    facts = Library(tmp_path).facts(tmp_path / name)

    assert (facts.kind, facts.mime, facts.width, facts.height) == ("video", mime, 176, 144)
    assert 0.8 < facts.duration < 1.3
    assert facts.sound
    if form != "asf":  # which says nothing of its rate
        assert 24 < facts.fps < 26


@pytest.mark.parametrize(("form", "picture"), [("mp4", "libx264"), ("matroska", "libx264"), ("avi", "mpeg4")])
def test_a_film_without_sound_says_so(tmp_path, form, picture):
    (tmp_path / "v.bin").write_bytes(film(form, picture, None))

    assert Library(tmp_path).facts(tmp_path / "v.bin").sound == ""


@pytest.mark.parametrize("form", ["mp4", "matroska"])
def test_sound_alone_is_no_film(tmp_path, form):
    assert told(tmp_path / "v.mp4", film(form, None, "aac")) == "media.no-picture"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}], ids=["index last", "index first"])
def test_a_film_that_was_cut_short_is_told(tmp_path, share, options):
    whole = film("mp4", size=(320, 240), seconds=3, options=options, folder=tmp_path)

    assert told(tmp_path / "v.mp4", whole[: int(len(whole) * share)]) in (
        "media.truncated",
        "media.no-picture",
    )


@pytest.mark.parametrize(
    ("form", "picture", "sound"), [("avi", "mpeg4", "mp2"), ("matroska", "libx264", "aac")]
)
def test_other_containers_that_were_cut_short_are_told(tmp_path, form, picture, sound):
    whole = film(form, picture, sound, size=(320, 240), seconds=3)

    assert told(tmp_path / "v.mp4", whole[: len(whole) // 2]) == "media.truncated"


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "v.avi", "v.mkv", "v.ts", "v.webm"])
@pytest.mark.parametrize(
    "content", [b"\0" * 4096, bytes(range(256)) * 16, b"<html>404 Not Found</html>" * 40]
)
def test_garbage_with_the_name_of_a_film_is_told(tmp_path, name, content):
    assert told(tmp_path / name, content) == "media.not-video"


def test_a_film_with_the_name_of_a_picture_is_told(tmp_path):
    assert told(tmp_path / "v.png", film("mp4")) == "media.misnamed"


@pytest.mark.parametrize(
    ("brand", "found"),
    [(b"heic", "HEIC"), (b"mif1", "HEIC"), (b"msf1", "HEIC"), (b"avif", "AVIF"), (b"avis", "AVIF")],
)
def test_a_telephones_photograph_in_a_films_container_is_told(brand, found):
    with pytest.raises(Unusable) as caught:
        container(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0")
    assert (caught.value.code, caught.value.values) == ("media.unsupported", {"found": found})


def test_a_film_from_before_the_brand_was_invented_is_quicktime(tmp_path):
    whole = film("mov", "mpeg4", options={"movflags": "faststart"}, folder=tmp_path)
    length = int.from_bytes(whole[:4], "big")  # of the part `ftyp`
    (tmp_path / "v.mov").write_bytes(whole[length:])

    assert Library(tmp_path).facts(tmp_path / "v.mov").mime == "video/quicktime"


def test_pixels_that_are_not_square_are_seen_as_they_are_shown(tmp_path):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 144, 108, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        _write(out, video, (_picture((144, 108), number) for number in range(5)))
    (tmp_path / "v.mp4").write_bytes(file.getvalue())
    facts = Library(tmp_path).facts(tmp_path / "v.mp4")

    assert (facts.width, facts.height) == (192, 108)
