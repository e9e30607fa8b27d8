"""What the looks of all platforms are made of: escaped text, pictures, players, chips. Pure: dicts in, HTML out.

No markup carries a style of its own and nothing is fetched from elsewhere, so that a page may forbid both.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from asean_social.looks.words import WORDS

Row = Mapping[str, Any]
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

LONG = 480  # characters, about where the platforms fold a text
LONG_LINES = 8
FIRST_PICTURE = "#t=0.1"  # else browsers show a black screen until somebody plays
_MARKED = re.compile(r"(https?://\S+|#\w+)")


@dataclass(frozen=True, slots=True)
class Lens:
    """How a reader looks at an object: language, time zone, and the address of a stored file by its id."""

    language: str
    address: Callable[[str], str]
    zone: tzinfo = VIETNAM

    def say(self, key: str, **values: Any) -> str:
        """The sentence, escaped."""
        return escape(WORDS[self.language][key].format(**values))

    def clock(self, moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).astimezone(self.zone).strftime("%d/%m/%Y %H:%M:%S")

    def when(self, row: Row) -> str:
        """When the object became public, else when it will, else when it was made."""
        for key in ("published", "scheduled", "created"):
            moment = row.get(f"{key}_at")
            if moment is not None:
                return f"<time>{self.say(key, time=self.clock(moment))}</time>"
        return ""


def attribute(value: Any) -> str:
    return escape(str(value), quote=True)


def avatar(name: str) -> str:
    initials = "".join(word[0] for word in re.findall(r"\w+", name)[:2]).upper()
    return f'<span class="avatar" aria-hidden="true">{escape(initials)}</span>'


def marked(text: str) -> str:
    """Escaped, with links and hashtags coloured as the platforms colour them."""
    pieces = _MARKED.split(text)
    return "".join(
        f'<span class="marked">{escape(one)}</span>' if place % 2 else escape(one)
        for place, one in enumerate(pieces)
    )


def prose(text: str, lens: Lens, style: str = "prose") -> str:
    """A text; a long one folded behind "See more"."""
    if not text:
        return ""
    body = f'<div class="{style}">{marked(text)}</div>'
    if len(text) <= LONG and text.count("\n") < LONG_LINES:
        return body
    more = f'<label class="more"><input type="checkbox"><span>{lens.say("more")}</span></label>'
    return f'<div class="fold">{body}{more}</div>'


def picture(one: Row | None, lens: Lens, alt: str = "", style: str = "picture") -> str:
    if not one or not one.get("media"):
        return ""
    size = f' width="{one["width"]}" height="{one["height"]}"' if one.get("width") else ""
    source = attribute(lens.address(one["media"]))
    return f'<img class="{style}" src="{source}" alt="{attribute(alt)}"{size} loading="lazy">'


def player(film: Row, lens: Lens, title: str, *, poster: Row | None = None, upright: bool = False,
           tracks: Iterable[Row] = ()) -> str:  # fmt: skip
    """A film that plays, with its thumbnail until then; or a line where there are no bytes to play."""
    shape = "upright" if upright else "wide"
    if not film.get("media"):
        size = film.get("size")
        return f'<p class="screen {shape}">{lens.say("unplayable", size=size) if size else lens.say("no.film")}</p>'
    still = f' poster="{attribute(lens.address(poster["media"]))}"' if poster and poster.get("media") else ""
    captions = "".join(_track(one, lens) for one in tracks if one.get("media") and one["format"] == "WebVTT")
    source = attribute(lens.address(film["media"])) + ("" if still else FIRST_PICTURE)
    return (
        f'<video class="screen {shape}" controls playsinline preload="metadata" src="{source}"{still} '
        f'aria-label="{attribute(title or lens.say("film"))}">{captions}</video>'
    )


def still(film: Row, lens: Lens, style: str) -> str:
    """The first picture of a film, where only a picture belongs."""
    source = attribute(lens.address(film["media"])) + FIRST_PICTURE
    return f'<video class="{style}" muted playsinline preload="metadata" src="{source}" aria-hidden="true" tabindex="-1"></video>'


def _track(one: Row, lens: Lens) -> str:
    language, name = attribute(one["language"]), attribute(one["name"] or one["language"])
    source = attribute(lens.address(one["media"]))
    return f'<track kind="captions" srclang="{language}" label="{name}" src="{source}">'


def chips(words: Iterable[str], style: str = "chip") -> str:
    """Words that are escaped already."""
    row = "".join(f'<span class="{style}">{word}</span>' for word in words if word)
    return f'<p class="chips">{row}</p>' if row else ""


def bar(lens: Lens, *keys: str) -> str:
    """The platform's row of buttons: only its look."""
    return (
        '<p class="bar" aria-hidden="true">'
        + "".join(f"<span>{lens.say(key)}</span>" for key in keys)
        + "</p>"
    )
