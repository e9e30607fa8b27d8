"""Text is kept composed, compared without case, searched without accents and counted as each platform counts."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asean_social import text

MOTTO = "Tư duy Cộng đồng, Hành động Cộng đồng"


def test_nfc_makes_a_decomposed_text_equal_to_the_typed_one():
    decomposed = unicodedata.normalize("NFD", MOTTO)

    assert decomposed != MOTTO
    assert (len(decomposed), len(decomposed.encode())) == (49, 64)
    assert text.nfc(decomposed) == MOTTO


@pytest.mark.parametrize(("unit", "length"), [("characters", 37), ("bytes-utf8", 52), ("utf16", 37)])
def test_count_measures_the_composed_form_in_the_platforms_unit(unit, length):
    assert text.count(unicodedata.normalize("NFD", MOTTO), unit) == length


def test_an_emoji_is_one_character_four_bytes_and_two_utf16_units():
    assert [text.count("🤝", unit) for unit in ("characters", "bytes-utf8", "utf16")] == [1, 4, 2]


def test_an_unknown_unit_is_refused():
    with pytest.raises(KeyError):
        text.count("a", "words")


def test_fold_ignores_case_and_white_space_but_not_accents():
    assert text.fold("  HUẾ\n và\tASEAN ") == text.fold("Huế và asean")
    assert text.fold("Huế") != text.fold("Hue")


@pytest.mark.parametrize(("typed", "found"), [("Huế", "hue"), ("Đà Nẵng", "da nang"), ("Thủy", "thuy")])
def test_plain_finds_vietnamese_without_accents(typed, found):
    assert text.plain(typed) == found
    assert text.plain(unicodedata.normalize("NFD", typed)) == found


def test_slug_keeps_letters_and_digits_only():
    assert text.slug("Đối ngoại & ASEAN") == "doi-ngoai-asean"
    assert text.slug(" – ") == ""


@pytest.mark.parametrize(
    ("tags", "length"), [([], 0), (["asean"], 5), (["asean", "huế"], 9), (["hiệp ước", "tac"], 14)]
)
def test_tag_characters_counts_commas_and_quotes_as_youtube_does(tags, length):
    assert text.tag_characters(tags) == length


@given(st.text())
def test_folding_twice_changes_nothing(typed):
    assert text.fold(text.fold(typed)) == text.fold(typed)


@given(st.text())
def test_a_slug_is_its_own_slug(typed):
    once = text.slug(typed)

    assert text.slug(once) == once
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
