"""An article of an official account: its line in the list, the article as opened, and the broadcasts that told of it."""

from collections.abc import Sequence
from html import escape
from typing import Any

from asean_social.looks.markup import Lens, Row, avatar, bar, chips, marked, picture, player, still

UPRIGHT = "vertical"


def article(row: Row, lens: Lens) -> str:
    """One article. Keys: account_name, kind (normal | video), title, description, author, cover, body, video, comment,
    broadcasts (with `titles` of the articles they carry), times.
    """
    opened = _film(row, lens) if row["kind"] == "video" else _page(row, lens)
    shown = "".join(_bubble(one, row, lens) for one in row.get("broadcasts") or ())
    return (
        f'<div class="zalo-article {row["kind"]}"><p class="part">{lens.say("in.list")}</p>{_line(row, lens)}'
        f'<p class="part">{lens.say("opened")}</p>'
        f'<div class="phone" tabindex="0" role="group" aria-label="{escape(row["title"], quote=True)}">{opened}</div>'
        f"{shown}</div>"
    )


def _line(row: Row, lens: Lens) -> str:
    thumb = _thumb(row["cover"], lens)
    return (
        f'<div class="list-item">{thumb}<div><b>{escape(row["title"])}</b>'
        f"<small>{escape(row['account_name'])} · {lens.when(row)}</small></div></div>"
    )


def _thumb(cover: Row, lens: Lens) -> str:
    film = cover.get("video") or {}
    if film.get("media"):
        return still(film, lens, "thumb")
    shown = picture(cover, lens, style="thumb")
    return shown or '<span class="thumb empty" aria-hidden="true">📰</span>'


def _page(row: Row, lens: Lens) -> str:
    author = f"{lens.say('author')}: {escape(row['author'])}" if row.get("author") else ""
    blocks = "".join(_block(one, lens) for one in row["body"])
    return (
        f"{_cover(row['cover'], lens, row['title'])}<h4>{escape(row['title'])}</h4>"
        f'<p class="signed">{author} {lens.when(row)}</p><p class="summary">{escape(row.get("description", ""))}</p>'
        f"{blocks}{_below(row, lens)}"
    )


def _cover(cover: Row, lens: Lens, title: str) -> str:
    if cover.get("status") == "hide":
        return ""
    if cover.get("video"):
        return player(cover["video"], lens, title, upright=cover.get("cover_view") == UPRIGHT)
    return picture(cover, lens)


def _block(block: Row, lens: Lens) -> str:
    caption = str(block.get("caption") or "")
    named = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    if block["type"] == "text":
        return f'<div class="prose">{marked(block["content"])}</div>'
    if block["type"] == "video":
        return f"<figure>{player(block.get('video') or {}, lens, caption, poster=block)}{named}</figure>"
    shown = picture(block, lens, caption)
    if shown:
        return f"<figure>{shown}{named}</figure>"
    return f'<p class="elsewhere">{escape(str(block.get("url") or block.get("type")))}</p>'


def _film(row: Row, lens: Lens) -> str:
    return (
        f"{player(row.get('video') or {}, lens, row['title'], poster=row['cover'])}<h4>{escape(row['title'])}</h4>"
        f'<p class="signed">{escape(row["account_name"])} {lens.when(row)}</p>'
        f'<div class="prose">{marked(row.get("description", ""))}</div>{_below(row, lens)}'
    )


def _below(row: Row, lens: Lens) -> str:
    if row.get("comment") == "hide":
        return chips([lens.say("comments.off")])
    return bar(lens, "like", "comment", "share")


def _bubble(broadcast: Row, row: Row, lens: Lens) -> str:
    titles: Sequence[str] = broadcast.get("titles") or [row["title"]]
    first, *others = titles
    cover = picture(row["cover"], lens) if first == row["title"] else ""
    more = "".join(f"<li>{escape(one)}</li>" for one in others)
    key, moment = (
        ("delivered", broadcast["delivered_at"])
        if broadcast.get("delivered_at") is not None
        else ("sent", broadcast["sent_at"])
    )
    return (
        f'<p class="part">{lens.say("broadcast")}</p><div class="chat">{avatar(row["account_name"])}'
        f'<div class="bubble">{cover}<b>{escape(first)}</b>'
        + (f"<ul>{more}</ul>" if more else "")
        + f'<p class="read" aria-hidden="true">{lens.say("broadcast.read")}</p></div>'
        f"<small>{lens.say(f'broadcast.{key}', time=lens.clock(moment))}<br>{_target(broadcast, lens)}</small></div>"
    )


def _target(broadcast: Row, lens: Lens) -> str:
    target: dict[str, Any] = broadcast.get("target") or {}
    chosen = ", ".join(
        f"{name} {worth}" for name, worth in target.items() if (name, str(worth)) != ("gender", "0")
    )
    return lens.say("broadcast.target", target=chosen) if chosen else lens.say("broadcast.everybody")
