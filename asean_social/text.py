"""Text as people and platforms see it: one form to keep, one to compare, one to search, and the units of counting."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType


def nfc(text: str) -> str:
    """The composed form: what is kept, sent, counted and hashed. A letter and its marks are one character."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """For comparing two texts: letter case and the amount of white space do not matter, accents do."""
    return nfc(" ".join(nfc(text).casefold().split()))


def plain(text: str) -> str:
    """For searching: `hue` finds `Huế`. NFD leaves đ whole, so it is mapped by hand."""
    split = unicodedata.normalize("NFD", fold(text))
    return "".join(one for one in split if not unicodedata.combining(one)).replace("đ", "d")


def slug(text: str) -> str:
    """`Đối ngoại & ASEAN` -> `doi-ngoai-asean`."""
    return re.sub("[^a-z0-9]+", "-", plain(text)).strip("-")


_COUNTERS: Mapping[str, Callable[[str], int]] = MappingProxyType(
    {
        "characters": len,
        "bytes-utf8": lambda text: len(text.encode()),
        "utf16": lambda text: len(text.encode("utf-16-le")) // 2,
    }
)


def count(text: str, unit: str) -> int:
    """How long a platform finds this text. `unit` as in `publishers.base.Limit`: characters, bytes-utf8, utf16."""
    return _COUNTERS[unit](nfc(text))


def tag_characters(tags: Sequence[str]) -> int:
    """YouTube's count of a tag list: commas between count, and a tag with a space counts as if in quotes.

    Source: https://developers.google.com/youtube/v3/docs/videos#snippet.tags[] (read 2026-11-23).
    """
    lengths = [len(nfc(tag)) + (2 if " " in tag else 0) for tag in tags]
    return sum(lengths) + max(len(lengths) - 1, 0)
