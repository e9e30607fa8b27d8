"""Every sentence exists in both languages and fits its values."""

import re
import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from asean_social.errors import Problem
from asean_social.lang import LANGUAGES, Language, is_time, messages

PACKAGE = Path(__file__).parent.parent / "asean_social"
CATALOG = PACKAGE / "locale" / "vi" / "LC_MESSAGES"
CODE = re.compile(r'"((?:[a-z]+[a-z0-9-]*)(?:\.[a-z0-9][a-z0-9-]*)+)"')


def fields(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def catalog():
    with (CATALOG / "asean_social.po").open("rb") as stream:
        return read_po(stream, locale="vi")


def test_no_sentence_lacks_its_vietnamese():
    translated = {one.id: one.string for one in catalog() if one.id}

    assert [text for text in messages().values() if not translated.get(text)] == []


def test_a_translation_uses_the_same_values():
    translated = {one.id: one.string for one in catalog() if one.id}

    for code, text in messages().items():
        assert fields(translated[text]) <= fields(text), code


def test_the_compiled_catalog_is_up_to_date():
    with (CATALOG / "asean_social.mo").open("rb") as stream:
        compiled = {one.id: one.string for one in read_mo(stream) if one.id}

    assert compiled == {one.id: one.string for one in catalog() if one.id}


def test_the_catalog_holds_nothing_that_is_not_said():
    assert {one.id for one in catalog() if one.id} == set(messages().values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_renders(language):
    speaker = Language(language)
    for code, text in messages().items():
        values = {name: "2027-01-01T00:00:00+00:00" if is_time(name) else "x" for name in fields(text)}
        said = speaker.say(code, **values)
        assert said.strip()
        assert not re.search(r"\{[a-z_]+\}", said), code


def test_every_code_raised_in_the_package_has_a_sentence():
    areas = {code.partition(".")[0] for code in messages()}
    ending = (".toml", ".yaml", ".db", ".log", ".json", ".sql", ".com", ".me", ".py", ".vn")
    missing = set()
    for file in PACKAGE.rglob("*.py"):
        if {"sandbox", "wording"} & set(file.parts):
            continue
        for code in CODE.findall(file.read_text(encoding="utf-8")):
            if code.partition(".")[0] in areas and not code.endswith(ending) and code not in messages():
                missing.add((file.name, code))

    assert missing == set()


def test_numbers_times_and_dates_are_written_as_each_language_does():
    vi, en = Language("vi"), Language("en")
    noon = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)

    assert vi.number(1450) == "1.450"
    assert en.number(1450) == "1,450"
    assert vi.time(noon) == "01/01/2027 00:30"
    assert vi.weekday(noon) == "Thứ Sáu"
    assert vi.value("from", date(2027, 2, 24)) == "24/02/2027"
    for name in ("due_at", "until", "at"):  # as a ledger keeps it
        assert vi.value(name, noon.isoformat()) == "01/01/2027 00:30"
    assert vi.size(1_468_006) == "1,4 MB"
    assert en.size(1_468_006) == "1.4 MB"
    assert vi.value("on", True) == "có"
    assert "không đọc được tệp a.jpg" in vi.say("held.cannot-tell", cause="held.media-missing", file="a.jpg")


def test_an_unknown_code_is_a_bug_and_a_missing_value_is_not():
    with pytest.raises(KeyError):
        Language("vi").say("no.such-code")

    sentence, hint = Language("en").problem(Problem("held.media-missing", {}))

    assert sentence == "the file – cannot be read"
    assert hint
