"""The public media store, on real folders."""

import errno
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from asean_social.credentials import MediaStore
from asean_social.errors import Rejected, Unavailable
from asean_social.publishers.store import KEEP, SWEPT, Store, public_name

NAME = public_name("0123456789abcdef" * 4, "image/jpeg")
NOW = datetime.now(UTC)
PUBLIC = "https://anh.example/bai-viet"


def make(where: str) -> Store:
    return Store(MediaStore(store=where, url=f"{PUBLIC}/"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ảnh công khai"


@pytest.fixture
def store(folder: Path) -> Store:
    return make(folder.as_uri())


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "Cố đô Huế.jpg"
    path.write_bytes(b"picture" * 1000)
    return path


def age(path: Path, days: float) -> None:
    then = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


def test_a_name_is_made_of_the_content_and_safe_in_any_address():
    assert NAME == "asean-social-0123456789abcdef0123456789abcdef.jpeg"
    assert public_name("f" * 64, "image/png") == f"asean-social-{'f' * 32}.png"


def test_a_file_lies_in_the_folder_and_its_public_address_is_told(store, folder, picture):
    assert store.put(NAME, picture) == f"{PUBLIC}/{NAME}"
    assert [one.name for one in folder.iterdir()] == [NAME]
    assert (folder / NAME).read_bytes() == picture.read_bytes()


def test_a_folder_may_be_written_percent_encoded_or_as_it_is(folder, picture):
    make(folder.as_uri()).put(NAME, picture)
    make(f"file://{folder.as_posix()}").put(public_name("a" * 64, "image/png"), picture)
    make(str(folder)).put(public_name("b" * 64, "image/png"), picture)

    assert "%" in folder.as_uri()
    assert len(list(folder.iterdir())) == 3


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has drive letters")
def test_a_drive_letter_in_the_address_is_understood(folder, picture):
    assert folder.as_uri()[9] == ":"
    make(folder.as_uri()).put(NAME, picture)

    assert (folder / NAME).exists()


def test_a_file_that_is_there_is_kept_and_made_young(store, folder, picture):
    store.put(NAME, picture)
    (folder / NAME).write_bytes(b"x" * picture.stat().st_size)
    age(folder / NAME, days=30)
    store.put(NAME, picture)

    assert (folder / NAME).read_bytes().startswith(b"x")
    assert store.prune(NOW - KEEP) == []


def test_a_file_cut_short_is_written_again(store, folder, picture):
    store.put(NAME, picture)
    (folder / NAME).write_bytes(b"pict")
    store.put(NAME, picture)

    assert (folder / NAME).read_bytes() == picture.read_bytes()


def test_a_file_system_that_cannot_change_a_time_gets_the_file_again(picture):
    files = fsspec.filesystem("memory")
    files.pipe("/kho/" + NAME, b"y" * picture.stat().st_size)
    make("memory://kho").put(NAME, picture)

    assert files.cat(f"/kho/{NAME}") == picture.read_bytes()
    files.rm("/kho", recursive=True)


def test_only_our_own_old_files_are_removed(store, folder, picture):
    store.put(NAME, picture)
    young, left_over = public_name("a" * 64, "image/png"), f"{NAME}.{'b' * 32}.part"
    for name in (young, left_over, "logo.jpg", "asean-social-logo.jpeg", "asean-social.html"):
        (folder / name).write_bytes(b"z")
    for path in folder.iterdir():
        age(path, days=6.9 if path.name == young else 7.1)

    assert store.prune(NOW - KEEP) == sorted([NAME, left_over])
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [young, "logo.jpg", "asean-social-logo.jpeg", "asean-social.html"]
    )


def test_there_is_nothing_to_remove_before_the_first_file(store):
    assert store.prune(NOW) == []


def test_a_picture_has_another_name_for_each_time_its_address_was_refused(store, folder, picture):
    again = public_name("0123456789abcdef" * 4, "image/jpeg", 2)
    store.put(again, picture)
    age(folder / again, days=14)

    assert again == NAME.replace(".jpeg", "-2.jpeg")
    assert store.prune(NOW - KEEP) == [again]


def test_a_store_is_swept_once_a_day_whoever_asks(store, folder, picture):
    assert store.sweep(NOW) == []  # nothing is written where nothing was
    old = [public_name(f"{number:064x}"[::-1], "image/png") for number in range(2)]
    for name in old:
        store.put(name, picture)
        age(folder / name, days=7.1)
    store.put(NAME, picture)
    assert store.sweep(NOW) == sorted(old)
    for name in old:
        store.put(name, picture)
        age(folder / name, days=7.1)
    age(folder / SWEPT, days=0)

    assert make(folder.as_uri()).sweep(NOW + timedelta(hours=23)) == []
    assert make(folder.as_uri()).sweep(NOW + timedelta(hours=25)) == sorted(old)
    assert {one.name for one in folder.iterdir()} == {NAME, SWEPT}


def test_a_missing_file_is_told_by_its_name(store, tmp_path):
    with pytest.raises(Rejected) as caught:
        store.put(NAME, tmp_path / "mất rồi.jpg")

    assert caught.value.code == "store.no-file"
    assert caught.value.values["file"] == "mất rồi.jpg"


class NoMove(LocalFileSystem):
    """A folder where renaming fails."""

    protocol = "nomove"
    error: Exception = OSError()

    def mv(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.fixture
def no_move(folder, monkeypatch) -> Store:
    fsspec.register_implementation("nomove", NoMove, clobber=True)
    return make(f"nomove://{folder.as_posix()}")


@pytest.mark.parametrize(
    ("error", "kind", "code", "detail"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            Unavailable,
            "store.not-written",
            "No space left on device",
        ),
        (EOFError(), Unavailable, "store.not-written", "EOFError"),
        (PermissionError(errno.EACCES, "Permission denied"), Rejected, "store.not-writable", ""),
    ],
)
def test_nothing_half_written_stays_and_the_reason_is_told(
    no_move, folder, picture, monkeypatch, error, kind, code, detail
):
    monkeypatch.setattr(NoMove, "error", error)
    with pytest.raises(kind) as caught:
        no_move.put(NAME, picture)

    assert (caught.value.code, caught.value.detail) == (code, detail)
    assert list(folder.iterdir()) == []


def test_what_an_optional_package_raises_is_a_fault_too(no_move, picture, monkeypatch):
    class SSHException(Exception): ...

    monkeypatch.setitem(sys.modules, "paramiko", SimpleNamespace(SSHException=SSHException))
    monkeypatch.setattr(NoMove, "error", SSHException("lan:mat-khau"))
    with pytest.raises(Unavailable) as caught:
        no_move.put(NAME, picture)

    assert (caught.value.code, caught.value.detail) == ("store.not-written", "SSHException")


def test_an_object_store_is_written_in_one_go(picture, monkeypatch):
    class Bucket(MemoryFileSystem):
        protocol = "oss"
        mv = None  # its users may be allowed to write only

    fsspec.register_implementation("oss", Bucket, clobber=True)
    make("oss://kho").put(NAME, picture)

    assert [Path(path).name for path in Bucket.store] == [NAME]
    Bucket.store.clear()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("khong-co://kho/anh", "store.bad-address"),
        ("sftp://lan:mat-khau@may-chu.example/anh", "store.package-missing"),
    ],
)
def test_a_store_that_cannot_be_used_needs_a_person(address, code, picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "paramiko", None)
    monkeypatch.delitem(sys.modules, "fsspec.implementations.sftp", raising=False)
    with pytest.raises(Rejected) as caught:
        make(address).put(NAME, picture)

    assert caught.value.code == code
    assert "mat-khau" not in f"{caught.value!r} {caught.value.__cause__}"


def test_a_store_that_does_not_answer_is_tried_again_and_no_password_is_told(picture):
    with pytest.raises(Unavailable) as caught:
        make("ftp://lan:mat-khau@127.0.0.1:1/anh").put(NAME, picture)

    assert caught.value.code == "store.not-written"
    assert "mat-khau" not in f"{caught.value!r} {caught.value.__cause__}"
