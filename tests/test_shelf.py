"""What was found out about media is kept between runs, and is found out again when it is lost."""

import json
import os
import threading

import pytest
from PIL import Image

from asean_social import shelf as shelves
from asean_social.media import Library
from asean_social.shelf import Shelf


@pytest.fixture
def shelf(tmp_path):
    return Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "cache")})


def picture(path, **options):
    Image.effect_noise((64, 48), 90).convert("RGB").save(path, **options)


def test_what_is_known_of_a_file_outlives_the_process(tmp_path, shelf, monkeypatch):
    picture(tmp_path / "a.jpg")
    facts = Library(tmp_path, shelf).facts(tmp_path / "a.jpg")

    monkeypatch.setattr("asean_social.media.probe", None)  # asked again it would fail

    assert Library(tmp_path, shelf).facts(tmp_path / "a.jpg") == facts


def test_a_thousand_posts_that_share_a_picture_ask_for_it_once(tmp_path, shelf, monkeypatch):
    from asean_social.probe import probe

    asked = []
    monkeypatch.setattr("asean_social.media.probe", lambda path: asked.append(path) or probe(path))
    picture(tmp_path / "a.jpg")
    library = Library(tmp_path, shelf)

    for number in range(1000):
        library.media(tmp_path / "a.jpg", f"Ảnh {number}", ("facebook", "zalo")[number % 2])

    assert len(asked) == 1


@pytest.mark.parametrize("content", ["{", "[]", '{"key": "another"}', ""])
def test_a_damaged_cache_is_no_trouble(tmp_path, shelf, content):
    picture(tmp_path / "a.jpg")
    Library(tmp_path, shelf).facts(tmp_path / "a.jpg")
    for kept in (tmp_path / "cache").rglob("*.json"):
        kept.write_text(content, encoding="utf-8")

    assert Library(tmp_path, shelf).facts(tmp_path / "a.jpg").width == 64


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path):
    picture(tmp_path / "a.jpg")
    (tmp_path / "plain").write_text("a file", encoding="utf-8")
    shelf = Shelf({"ASEAN_SOCIAL_CACHE": str(tmp_path / "plain")})

    assert Library(tmp_path, shelf).facts(tmp_path / "a.jpg").width == 64
    first, second = (shelf.rendition(name, "r", name.encode()) for name in ("one", "two"))
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    shelf.tidy()


def test_a_file_that_could_not_be_finished_leaves_nothing_behind(tmp_path, shelf, monkeypatch):
    def full(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    shelf.keep("a", {"size": 1})

    assert [one for one in (tmp_path / "cache").rglob("*") if one.is_file()] == []


def test_what_nobody_asks_for_is_thrown_away(tmp_path, shelf):
    shelf.keep("old", {"size": 1})
    shelf.keep("new", {"size": 2})
    other = tmp_path / "cache" / "photos" / "mine.jpg"
    other.parent.mkdir()
    other.touch()
    os.utime(other, (1, 1))
    for path in (tmp_path / "cache").rglob("*.json"):
        if json.loads(path.read_text(encoding="utf-8"))["key"] == "old":
            os.utime(path, (1, 1))

    shelf.tidy()

    assert (shelf.known("old"), shelf.known("new")) == (None, {"size": 2})
    assert other.exists()


def test_the_oldest_makes_room_unless_it_may_be_in_use(shelf, monkeypatch):
    monkeypatch.setattr(shelves, "ROOM", 100)
    paths = [shelf.rendition(name, "r", name.encode() * 60) for name in "abc"]
    for path, hours in zip(paths, (72, 48, 1), strict=True):
        when = path.stat().st_mtime - hours * 3600
        os.utime(path, (when, when))

    shelf.tidy()

    assert [path.exists() for path in paths] == [False, False, True]
    monkeypatch.setattr(shelves, "ROOM", 10)
    shelf.tidy()
    assert paths[2].exists()


def test_a_rendition_that_is_asked_for_again_is_new_again(shelf):
    path = shelf.rendition("a", "r", b"x")
    os.utime(path, (1, 1))

    assert shelf.rendition("a", "r", b"x") == path
    shelf.tidy()
    assert path.exists()


def test_many_writers_of_one_fact_leave_one_whole_fact(tmp_path, shelf):
    facts = {"size": 1, "text": "x" * 50_000}
    writers = [threading.Thread(target=shelf.keep, args=("a", facts)) for _ in range(8)]
    for one in writers:
        one.start()
    seen = [shelf.known("a") for _ in range(200)]
    for one in writers:
        one.join()

    assert all(one in (None, facts) for one in seen)
    assert shelf.known("a") == facts
    assert len(list((tmp_path / "cache").rglob("*.json"))) == 1
