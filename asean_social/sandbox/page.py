"""The sandbox's page: what the public sees on each platform, what is staged, and the transcript. All text escaped.

Each card carries a digest, so that the script replaces only what has changed and a playing video is left alone.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from asean_social.sandbox.words import WORDS

LANGUAGES = tuple(WORDS)
PLATFORMS = {"facebook": "Facebook", "youtube": "YouTube", "zalo": "Zalo"}
SHOWN_REQUESTS = 80
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

Row = dict[str, Any]


class _Say:
    """One language's sentences, escaped."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = WORDS[language]

    def __call__(self, key: str, **values: Any) -> str:
        return escape(self._words[key].format(**values))


def render(language: str, public: list[Row], hidden: list[Row], requests: list[Row]) -> str:
    say = _Say(language)
    columns = "".join(_column(say, name, public, hidden) for name in PLATFORMS)
    newest = list(enumerate(requests))[-SHOWN_REQUESTS:]
    log = "".join(_request(say, number, row) for number, row in reversed(newest)) or _none(
        say, "requests", "requests"
    )
    jumps = "".join(f'<a href="#{name}">{title}</a>' for name, title in PLATFORMS.items())
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{say('title')}</title>"
        '<link rel="stylesheet" href="/_sandbox/page.css"><script src="/_sandbox/page.js" defer></script></head><body>'
        f"<header><div><h1>{say('title')}</h1><p>{say('lead')}</p></div>{_languages(say)}</header>"
        f'<nav class="jumps">{jumps}<a href="#transcript">{say("transcript")}</a></nav>'
        f"<main>{columns}</main>"
        f'<section id="transcript"><h2>{say("transcript")}</h2><p class="lead">{say("transcript.lead")}</p>'
        f'<div data-list="requests">{log}</div></section>'
        f'<footer role="status" data-lost="{say("lost")}">{say("updated")}</footer></body></html>'
    )


def _languages(say: _Say) -> str:
    names = {"vi": "Tiếng Việt", "en": "English"}
    links = "".join(
        f'<a href="/?lang={code}" lang="{code}"{" aria-current=page" if code == say.language else ""}>{name}</a>'
        for code, name in names.items()
    )
    return f'<nav class="languages" aria-label="{say("language")}">{links}</nav>'


def _column(say: _Say, platform: str, public: list[Row], hidden: list[Row]) -> str:
    shelves = "".join(
        _shelf(say, platform, which, [row for row in rows if row["platform"] == platform])
        for which, rows in (("public", public), ("hidden", hidden))
    )
    return f'<section class="platform {platform}" id="{platform}"><h2>{PLATFORMS[platform]}</h2>{shelves}</section>'


def _shelf(say: _Say, platform: str, which: str, rows: list[Row]) -> str:
    newest = sorted(rows, key=lambda row: row["published_at"] or row["created_at"], reverse=True)
    cards = "".join(_card(say, row) for row in newest) or _none(say, which, f"{platform}-{which}")
    return (
        f'<h3 class="{which}">{say(which)}<span data-list="{platform}-{which}-count"><b '
        f'id="{platform}-{which}-n" data-digest="{len(rows)}">{len(rows)}</b></span></h3>'
        f'<div class="shelf {which}" data-list="{platform}-{which}">{cards}</div>'
    )


def _none(say: _Say, which: str, place: str) -> str:
    return f'<p class="none" id="none-{place}" data-digest="none">{say(f"none.{which}")}</p>'


def _card(say: _Say, row: Row) -> str:
    body = _LOOKS[row["platform"]](say, row)
    inner = f'<p class="by"><b>{escape(row["account_name"])}</b> {_when(say, row)}</p>{body}'
    key = escape(f"{row['platform']}-{row['id']}", quote=True)
    digest = hashlib.sha256(inner.encode()).hexdigest()[:16]
    return f'<article class="card" id="{key}" data-digest="{digest}">{inner}</article>'


def _when(say: _Say, row: Row) -> str:
    if row.get("scheduled_at"):
        return f"<time>{say('scheduled', time=_clock(row['scheduled_at']))}</time>"
    key, moment = (
        ("published", row["published_at"]) if row["published_at"] else ("created", row["created_at"])
    )
    return f"<time>{say(key, time=_clock(moment))}</time>"


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S")


def _text(text: str, style: str = "text") -> str:
    return f'<div class="{style}">{escape(text)}</div>' if text else ""


def _badges(words: Iterable[str]) -> str:
    return "".join(f'<span class="badge">{word}</span>' for word in words if word)


def _picture(picture: Row, alt: str, caption: str) -> str:
    if not picture.get("media"):
        return ""
    source = f'src="/_sandbox/media/{escape(picture["media"], quote=True)}"'
    return (
        f'<figure><img {source} alt="{escape(alt, quote=True)}" width="{picture["width"]}" '
        f'height="{picture["height"]}" loading="lazy"><figcaption>{caption}</figcaption></figure>'
    )


def _facebook(say: _Say, row: Row) -> str:
    lone = say("photo.only") if row["kind"] == "unattached-photo" else ""
    photos = "".join(
        _picture(one, one["alt_text"], say("alt", text=one["alt_text"]) if one["alt_text"] else say("no.alt"))
        for one in row["photos"]
    )
    return _badges([lone]) + _text(row["text"]) + _link(row.get("link", "")) + photos


def _link(link: str) -> str:
    if not link:
        return ""
    host = escape(urlsplit(link).hostname or "")
    return f'<div class="link"><small>{host}</small><span>{escape(link)}</span></div>'


def _youtube(say: _Say, row: Row) -> str:
    status = row["status"]
    words = [
        say(status["privacyStatus"]) if status["privacyStatus"] != "public" else "",
        {"uploaded": say("processing"), "failed": say("failed")}.get(status["uploadStatus"], ""),
    ]
    tags = "".join(f"<li>#{escape(tag)}</li>" for tag in row["tags"])
    return (
        f"{_player(say, row)}<h4>{escape(row['title'])}</h4>{_badges(words)}{_text(row['description'])}"
        + (f'<ul class="tags">{tags}</ul>' if tags else "")
    )


def _player(say: _Say, row: Row) -> str:
    if not row["media"]:
        return f'<p class="none">{say("no.preview", size=row["size"])}</p>'
    source = f"/_sandbox/media/{escape(row['media'], quote=True)}"
    return f'<video controls preload="metadata" src="{source}" aria-label="{escape(row["title"], quote=True)}"></video>'


def _zalo(say: _Say, row: Row) -> str:
    cover = _picture(row["cover"], "", "") if row["cover"]["status"] == "show" else ""
    items = "".join(_item(item) for item in row["body"])
    off = say("comments.hidden") if row["comment"] == "hide" else ""
    return (
        f'{cover}<h4>{escape(row["title"])}</h4><p class="author">{escape(row["author"])}</p>'
        f"{_text(row['description'], 'summary')}{items}{_badges([off])}"
    )


def _item(item: Row) -> str:
    if item["type"] == "text":
        return _text(item["content"])
    caption = item.get("caption", "")
    return _picture(item, caption, escape(caption)) or _link(str(item.get("url", "")))


_LOOKS: dict[str, Callable[[_Say, Row], str]] = {"facebook": _facebook, "youtube": _youtube, "zalo": _zalo}


def _request(say: _Say, number: int, row: Row) -> str:
    status = row["status"] or say("cut")
    tone = "good" if 0 < row["status"] < 400 else "bad"
    fault = f'<span class="badge">{say("fault", fault=row["fault"])}</span>' if row["fault"] else ""
    bodies = "".join(
        f"<dt>{say(key)}</dt><dd><pre>{escape(row[key])}</pre></dd>"
        for key in ("sent", "answer")
        if row.get(key)
    )
    head = (
        f'<time>{_clock(row["at"])[11:]}</time><code class="{tone}">{status}</code>'
        f"<b>{escape(row['platform'])} {escape(row['operation'])}</b>"
        f"<span>{escape(row['method'])} {escape(row['path'])}</span>{fault}"
    )
    return f'<details class="request" id="r{number}" data-digest="r{number}"><summary>{head}</summary><dl>{bodies}</dl></details>'
