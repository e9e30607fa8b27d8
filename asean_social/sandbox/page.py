"""The sandbox's page: what the public sees on each platform, what is staged, and the transcript. All text escaped.

Each card carries a digest, so that the script replaces only what has changed and a playing video is left alone.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from asean_social.looks import facebook, youtube, zalo
from asean_social.looks.markup import VIETNAM, Lens, attribute, chips
from asean_social.sandbox.words import WORDS

LANGUAGES = tuple(WORDS)
PLATFORMS = {"facebook": "Facebook", "youtube": "YouTube", "zalo": "Zalo"}
SHOWN_REQUESTS = 80
SLOW, THROTTLED = 5, 30  # seconds of the faults that take some
FAULTS: dict[str, dict[str, Any]] = {
    "cut-after": {},
    "expire-token": {},
    "slow": {"seconds": SLOW},
    "throttle": {"seconds": THROTTLED},
}
# what a look does not show of an object, beside the options of Facebook
TOLD = (
    "url",
    "link",
    "category_id",
    "default_language",
    "default_audio_language",
    "localizations",
    "recording_date",
    "status",
    "notify_subscribers",
    "file_name",
    "tracking_link",
    "related_medias",
    "comment",
)

Row = dict[str, Any]

_LOOKS: dict[str, Callable[[Mapping[str, Any], Lens], str]] = {
    "facebook": facebook.post,
    "youtube": youtube.video,
    "zalo": zalo.article,
}


class _Say:
    """One language's sentences, escaped, and the lens of its readers."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.lens = Lens(language, lambda name: f"/_sandbox/media/{name}")
        self._words = WORDS[language]

    def __call__(self, key: str, **values: Any) -> str:
        return escape(self._words[key].format(**values))


def render(language: str, public: list[Row], hidden: list[Row], requests: list[Row]) -> str:
    say = _Say(language)
    titles = {row["id"]: row["title"] for row in public + hidden if row["platform"] == "zalo"}
    columns = "".join(_column(say, name, "public", _of(name, public, titles)) for name in PLATFORMS)
    staged = "".join(_column(say, name, "hidden", _of(name, hidden, titles)) for name in PLATFORMS)
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<title>{say("title")}</title><link rel="stylesheet" href="/_sandbox/page.css">'
        '<link rel="stylesheet" href="/_sandbox/looks.css"><script src="/_sandbox/page.js" defer></script></head><body>'
        f'<header class="top"><div><h1>{say("title")}</h1><p>{say("lead")}</p></div>{_languages(say)}</header>'
        f"{_practice(say, empty=not (public or hidden))}{_jumps(say, len(hidden))}"
        f'<main><h2 class="shelf-name">{say("public")}</h2><div class="columns">{columns}</div></main>'
        f'<section id="staged"><h2 class="shelf-name">{say("hidden")}</h2><p class="lead">{say("hidden.lead")}</p>'
        f'<div class="columns">{staged}</div></section>{_transcript(say, requests)}'
        f'<footer role="status" data-lost="{say("lost")}">{say("updated")}</footer></body></html>'
    )


def _languages(say: _Say) -> str:
    names = {"vi": "Tiếng Việt", "en": "English"}
    links = "".join(
        f'<a href="/?lang={code}" lang="{code}"{" aria-current=page" if code == say.language else ""}>{name}</a>'
        for code, name in names.items()
    )
    return f'<nav class="languages" aria-label="{say("language")}">{links}</nav>'


def _jumps(say: _Say, waiting: int) -> str:
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in PLATFORMS.items())
    staged = f'<a href="#staged">{say("hidden")} {_count("staged", waiting)}</a>'
    return f'<nav class="jumps">{links}{staged}<a href="#transcript">{say("transcript")}</a></nav>'


def _count(name: str, number: int) -> str:
    return f'<span class="count" data-list="{name}-count"><b id="{name}-n" data-digest="{number}">{number}</b></span>'


# -- practice


def _practice(say: _Say, *, empty: bool) -> str:
    """Open for a newcomer, folded as soon as there is something to see."""
    platforms = "".join(_fault_buttons(say, name, title) for name, title in PLATFORMS.items())
    return (
        f'<details id="practice"{" open" if empty else ""}><summary><h2>{say("practice")}</h2> '
        f'<span>{say("practice.lead")}</span></summary><div class="practice">'
        f"<div><h3>{say('keys')}</h3><p>{say('keys.lead')}</p>"
        f'<a class="button main" href="/_sandbox/credentials.toml" download>{say("keys.get")}</a></div>'
        f'<div class="faults"><h3>{say("faults")}</h3><p>{say("faults.lead")}</p>{platforms}</div>'
        f"<div><h3>{say('reset')}</h3><p>{say('reset.lead')}</p>"
        f'<button type="button" class="danger" data-order="reset" data-body="" data-sure="{say("reset.sure")}" '
        f'data-done="{say("reset.done")}">{say("reset.now")}</button></div></div>'
        f'<p id="said" role="status" data-refused="{say("refused")}"></p></details>'
    )


def _fault_buttons(say: _Say, platform: str, title: str) -> str:
    buttons = "".join(_fault_button(say, platform, fault) for fault in FAULTS)
    return f'<div class="fault-row" role="group" aria-label="{title}"><strong>{title}</strong><span>{buttons}</span></div>'


def _fault_button(say: _Say, platform: str, fault: str) -> str:
    order = {"platform": platform, "operation": "*", "fault": fault, **FAULTS[fault]}
    name = say(f"fault.{fault}", seconds=SLOW)
    done = say("ordered", platform=PLATFORMS[platform], fault="\0").replace("\0", name)
    return (
        f'<button type="button" data-order="faults" data-body="{attribute(json.dumps(order))}" '
        f'data-done="{done}">{name}</button>'
    )


# -- shelves


def _of(platform: str, rows: Iterable[Row], titles: Mapping[str, str]) -> list[Row]:
    """The rows of one platform, newest first; a broadcast with the titles of its articles."""
    mine = [_titled(row, titles) for row in rows if row["platform"] == platform]
    return sorted(mine, key=lambda row: row["published_at"] or row["created_at"], reverse=True)


def _titled(row: Row, titles: Mapping[str, str]) -> Row:
    if not row.get("broadcasts"):
        return row
    told = [
        {**one, "titles": [titles.get(article, article) for article in one["articles"]]}
        for one in row["broadcasts"]
    ]
    return {**row, "broadcasts": told}


def _column(say: _Say, platform: str, which: str, rows: list[Row]) -> str:
    place = f"{platform}-{which}"
    anchor = platform if which == "public" else place
    cards = "".join(_card(say, row) for row in rows) or _none(say, which, place)
    return (
        f'<section class="platform {platform}" id="{anchor}"><h3>{PLATFORMS[platform]}{_count(place, len(rows))}</h3>'
        f'<div class="shelf {which}" data-list="{place}">{cards}</div></section>'
    )


def _none(say: _Say, which: str, place: str) -> str:
    return f'<p class="none" id="none-{place}" data-digest="none">{say(f"none.{which}")}</p>'


def _card(say: _Say, row: Row) -> str:
    state = chips(_states(say, row), "badge")
    inner = state + _LOOKS[row["platform"]](row, say.lens) + _told(say, row)
    key = attribute(f"{row['platform']}-{row['id']}")
    digest = hashlib.sha256(inner.encode()).hexdigest()[:16]
    return f'<article class="card" id="{key}" data-digest="{digest}">{inner}</article>'


def _states(say: _Say, row: Row) -> list[str]:
    """Why not everybody sees the object as it is."""
    if row["platform"] == "zalo":
        return [say("hide")] if row["status"] == "hide" else []
    if row["platform"] == "facebook":
        lone = row["kind"] == "unattached-photo"
        state = {"processing": "processing", "error": "failed"}.get(row.get("state", ""))
        return ([say("photo.only")] if lone else []) + ([say(state)] if state else [])
    status = row["status"]
    state = {"uploaded": "processing", "failed": "failed", "rejected": "failed"}.get(status["uploadStatus"])
    privacy = status["privacyStatus"]
    return ([say(privacy)] if privacy != "public" else []) + ([say(state)] if state else [])


def _told(say: _Say, row: Row) -> str:
    """Every setting by the platform's own name for it."""
    told = {name: row[name] for name in TOLD if row.get(name) not in (None, "", [], {})}
    told |= {name: worth for name, worth in row.get("options", {}).items() if name != "thumbnail"}
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(_plain(worth))}</dd>" for name, worth in told.items()
    )
    return (
        f'<details class="told"><summary>{say("told")}</summary><dl>{lines}</dl></details>' if lines else ""
    )


def _plain(worth: Any) -> str:
    return worth if isinstance(worth, str) else json.dumps(worth, ensure_ascii=False, sort_keys=True)


# -- transcript


def _transcript(say: _Say, requests: list[Row]) -> str:
    newest = list(enumerate(requests))[-SHOWN_REQUESTS:]
    log = "".join(_request(say, number, row) for number, row in reversed(newest)) or _none(
        say, "requests", "requests"
    )
    return (
        f'<section id="transcript"><h2 class="shelf-name">{say("transcript")}</h2>'
        f'<p class="lead">{say("transcript.lead")}</p><div data-list="requests">{log}</div></section>'
    )


def _request(say: _Say, number: int, row: Row) -> str:
    status = row["status"] or say("cut")
    tone = "good" if 0 < row["status"] < 400 else "bad"
    fault = f'<span class="badge">{say("fault", fault=row["fault"])}</span>' if row["fault"] else ""
    bodies = "".join(
        f"<dt>{say(key)}</dt><dd><pre>{escape(row[key])}</pre></dd>"
        for key in ("sent", "answer")
        if row.get(key)
    )
    moment = datetime.fromtimestamp(row["at"], UTC).astimezone(VIETNAM)
    head = (
        f'<time>{moment:%H:%M:%S}</time><code class="{tone}">{status}</code>'
        f"<b>{escape(row['platform'])} {escape(row['operation'])}</b>"
        f"<span>{escape(row['method'])} {escape(row['path'])}</span>{fault}"
    )
    return f'<details class="request" id="r{number}" data-digest="r{number}"><summary>{head}</summary><dl>{bodies}</dl></details>'
