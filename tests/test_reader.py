"""YAML files become plain values with places; what could mean something else is refused where it stands."""

import time
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asean_social import reader
from asean_social.errors import CampaignError


@pytest.fixture(params=[True, False], ids=["libyaml", "pure"], autouse=True)
def _parser(request, monkeypatch):
    if request.param and not reader.fast:
        pytest.skip("this PyYAML has no libyaml")
    monkeypatch.setattr(reader, "fast", request.param)


@pytest.fixture
def value(tmp_path):
    def read(content: str | bytes):
        file = tmp_path / "file.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return reader.read(file)

    return read


@pytest.fixture
def refused(value):
    def codes(content: str | bytes):
        with pytest.raises(CampaignError) as caught:
            value(content)
        assert caught.value.code == "yaml.refused"
        assert all(one.file.endswith("file.yaml") for one in caught.value.problems)
        return [f"{one.line}:{one.column} {one.code}" for one in caught.value.problems]

    return codes


@pytest.mark.parametrize(
    "typed",
    [
        "no", "yes", "on", "off", "NO", "y", "19:30", "08:30", "23:59:59", "2026-01-02", "2026-01-02 08:30", "0123",
        "0912345678", "1_000", "0b11", ".inf", ".nan", "1e999", "+", ".", "9" * 40, "0x", "=", "12:30:45",
    ],
)  # fmt: skip
def test_what_yaml_1_1_would_change_stays_text(value, typed):
    assert value(f"a: {typed}").value == {"a": typed}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("0", 0), ("-7", -7), ("+12", 12),
        ("0x1F", 31), ("0o17", 15), ("2.5", 2.5), (".5", 0.5), ("1e3", 1000.0), ("'12'", "12"), ('"true"', "true"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(value, typed, meant):
    found = value(f"a: {typed}").value["a"]

    assert found == meant
    assert type(found) is type(meant)


def test_all_text_is_composed_keys_included(value):
    decomposed = unicodedata.normalize("NFD", "Huế: [Cộng đồng, '“Bản sắc”']")

    assert value(decomposed).value == {"Huế": ["Cộng đồng", "“Bản sắc”"]}


def test_every_value_and_key_has_its_place(value):
    document = value("a: 1\nb:\n  - c: x\n    d:  [1, 22, {e: f}]\n")

    assert document.position(()) == (1, 1)
    assert document.position(("b", 0, "d", 1)) == (4, 13)
    assert document.key_position(("b", 0, "d")) == (4, 5)
    assert document.position(("b", 0, "d", 2, "e")) == (4, 21)


def test_a_missing_key_is_placed_at_the_deepest_part_that_is_there(value):
    document = value("a: 1\nb:\n  - c: x\n")

    assert document.position(("b", 0, "title")) == (3, 5)
    assert document.key_position(("b", 5)) == (3, 3)
    assert document.position(("a", "x")) == (1, 4)


def test_an_empty_file_has_no_value(value):
    assert value("").value is None
    assert value("# only a comment\n").value is None
    assert value("").position(("a",)) == (1, 1)


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text(value):
    document = value(b"\xef\xbb\xbfa: 1")

    assert document.value == {"a": 1}
    assert document.key_position(("a",)) == (1, 1)


def test_emoji_and_windows_line_ends_are_fine(value):
    assert value(b"a: |\r\n  \xf0\x9f\xa4\x9d x\r\n  y\r\n").value == {"a": "🤝 x\ny\n"}


def test_an_alias_to_a_plain_value_is_followed(value):
    assert value("a: &x Huế\nb: *x\n").value == {"a": "Huế", "b": "Huế"}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1 yaml.key-twice"),
        ("a: {x: 1}\nb:\n  <<: {y: 1}\n", "3:3 yaml.merge-key"),
        ("a: !!python/object/apply:os.system [x]", "1:4 yaml.tag"),
        ("a: !!str 1", "1:4 yaml.tag"),
        ("a: &x [1]\nb: *x", "2:4 yaml.alias-not-plain"),
        ("a: &x {y: *x}", "1:11 yaml.alias-not-plain"),
        ("a: *x", "1:4 yaml.alias-unknown"),
        ("a: &x 1\n*x : 2", "2:1 yaml.key-not-text"),
        ("12: a", "1:1 yaml.key-not-text"),
        ("? [a]\n: b", "1:3 yaml.key-not-text"),
        ("a: 1\n---\nb: 2\n", "2:1 yaml.several-documents"),
        ("[" * 41, "1:41 yaml.too-deep"),
        ("a: " + "x" * 200_001, "1:4 yaml.long-text"),
        ("a: &x 1\nb: [" + "*x," * 1001 + "]", "2:3005 yaml.too-many-aliases"),
        ("a: b\0c", "1:5 yaml.control"),
        ("a: 1\nb: \x07", "2:4 yaml.control"),
        (b"a: 1\nb: H\xff", "2:5 yaml.not-utf8"),
        ("a: 1".encode("utf-16"), "1:1 yaml.utf16"),
        ("a: 1".encode("utf-16-le"), "1:2 yaml.control"),
        ("a:\n\tb: 1\n", "2:1 yaml.tab"),
        ("a:\n  b: 1\n\tc: 2\n", "3:1 yaml.tab"),
        ("a: b: c\n", "1:5 yaml.colon"),
        ("a: 1\nb\n", "2:1 yaml.no-colon"),
        ('a: "x\nb: 1\n', "1:4 yaml.quote"),
        ("a: [1, 2\nb: 3\n", "1:4 yaml.bracket"),
        ("a: {x: 1\n", "1:4 yaml.bracket"),
        ("a:\n  b: 1\n c: 2\n", "3:2 yaml.indent"),
        ("a: @x\n", "1:4 yaml.character"),
        ("a: *\n", "1:4 yaml.character"),
        ("a: & x\n", "1:4 yaml.character"),
        ("a: !<x y\n", "1:7 yaml.syntax"),
    ],
)
def test_what_could_mean_something_else_is_refused_where_it_stands(refused, content, where):
    assert refused(content) == [where]


def test_an_unknown_escape_is_named(refused):
    assert refused('a: "\\q"\n')[0].endswith("yaml.escape")


def test_several_problems_of_one_file_are_found_at_once(refused):
    assert refused("a: 1\na: 2\nb: !x 1\nc: *y\n") == [
        "2:1 yaml.key-twice",
        "3:4 yaml.tag",
        "4:4 yaml.alias-unknown",
    ]


def test_a_file_full_of_problems_ends_after_a_hundred(refused):
    found = refused("a: 1\n" * 500)

    assert len(found) == 101
    assert found[-1].endswith("yaml.too-many-problems")


@pytest.mark.parametrize(
    "content", ["a: " + "x" * 200_000, "[" * 40 + "]" * 40, "a: &x 1\nb: [" + "*x," * 1000 + "]"]
)
def test_the_limits_themselves_are_allowed(value, content):
    assert value(content).value


def test_an_alias_bomb_is_refused_at_its_first_step(refused):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
    )

    assert refused(bomb)[0] == "2:8 yaml.alias-not-plain"


def test_twenty_thousand_brackets_are_refused_quickly(refused):
    begun = time.perf_counter()

    assert refused("[" * 20_000)[0].endswith("yaml.too-deep")
    assert time.perf_counter() - begun < 5


def test_a_file_too_large_is_refused_unread(tmp_path):
    file = tmp_path / "large.yaml"
    with file.open("wb") as hole:
        hole.truncate(reader.MOST_BYTES + 1)

    with pytest.raises(CampaignError) as caught:
        reader.read(file)
    assert [one.code for one in caught.value.problems] == ["yaml.too-large"]


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    for file, code in ((tmp_path / "none.yaml", "yaml.missing"), (tmp_path, "yaml.unreadable")):
        with pytest.raises(CampaignError) as caught:
            reader.read(file)
        assert [one.code for one in caught.value.problems] == [code]


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\ufeff")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcđế 1:", min_size=1, max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(plain_values)
def test_what_a_yaml_writer_writes_is_read_back(tmp_path_factory, written):
    file: Path = tmp_path_factory.mktemp("round") / "trip.yaml"
    file.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")

    assert reader.read(file).value == _composed(written)


def _composed(value):
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list():
            return [_composed(one) for one in value]
        case dict():
            return {_composed(key): _composed(one) for key, one in value.items()}
    return value
