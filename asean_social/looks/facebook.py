"""A Page's post as Facebook shows it: text, album mosaic, link card, film or reel, first comment."""

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from asean_social.looks.markup import Lens, Row, avatar, bar, chips, picture, player, prose

TILES = 5  # pictures of an album that its mosaic shows


def post(row: Row, lens: Lens) -> str:
    """One post. Keys: account_name, kind, text; photos | link, options | media, thumbnail, title; comments; times."""
    name = escape(row["account_name"])
    head = f"<header>{avatar(row['account_name'])}<div><b>{name}</b>{lens.when(row)}</div></header>"
    comments = "".join(_comment(one) for one in row.get("comments", ()))
    return (
        f'<div class="facebook-post {row["kind"]}">{head}{prose(row.get("text", ""), lens)}{_attached(row, lens)}'
        f"{bar(lens, 'like', 'comment', 'share')}{comments}</div>"
    )


def _attached(row: Row, lens: Lens) -> str:
    if row["kind"] in ("video", "reel"):
        return _film(row, lens)
    if row.get("photos"):
        return _mosaic(row["photos"], lens)
    return _card(row, lens) if row.get("link") else ""


def _film(row: Row, lens: Lens) -> str:
    title = str(row.get("title") or "")
    upright = row["kind"] == "reel"
    name = f'<p class="film-title">{escape(title)}</p>' if title else ""
    kind = chips([lens.say("reel")]) if upright else ""
    return player(row, lens, title, poster=row.get("thumbnail"), upright=upright) + kind + name


def _mosaic(photos: Sequence[Row], lens: Lens) -> str:
    beyond = len(photos) - TILES
    tiles = "".join(_tile(one, lens) for one in photos[:TILES])
    more = f'<span class="beyond">+{beyond}</span>' if beyond > 0 else ""
    title = lens.say("photos", count=len(photos)) if len(photos) > 1 else lens.say("photo")
    rows = "".join(_described(one, lens) for one in photos)
    return (
        f'<div class="mosaic of-{min(len(photos), TILES)}">{tiles}{more}</div>'
        f'<details class="photos"><summary>{title}</summary><ol>{rows}</ol></details>'
    )


def _tile(photo: Row, lens: Lens) -> str:
    return f'<div class="tile">{picture(photo, lens, photo.get("alt_text", ""))}</div>'


def _described(photo: Row, lens: Lens) -> str:
    alt = photo.get("alt_text", "")
    text = escape(alt) if alt else f"<i>{lens.say('no.alt')}</i>"
    return f"<li>{picture(photo, lens, alt)}<p>{text}</p></li>"


def _card(row: Row, lens: Lens) -> str:
    options: dict[str, Any] = row.get("options") or {}
    host = urlsplit(row["link"]).hostname or ""
    title = options.get("name") or options.get("title") or host
    still = picture(options.get("thumbnail"), lens) or '<span class="no-picture" aria-hidden="true">🔗</span>'
    about = options.get("description", "")
    return (
        f'<div class="link-card">{still}<div><small>{escape(host)}</small><b>{escape(title)}</b>'
        + (f"<p>{escape(about)}</p>" if about else "")
        + f'<p class="whole-link">{escape(row["link"])}</p></div></div>'
    )


def _comment(one: Row) -> str:
    name = str((one.get("from") or {}).get("name", ""))
    return (
        f'<div class="comment">{avatar(name)}<div><b>{escape(name)}</b>'
        f'<div class="prose">{escape(one.get("message", ""))}</div></div></div>'
    )
