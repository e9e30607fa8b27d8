"""A video as its watch page shows it, and a Short as its upright player does."""

from html import escape

from asean_social.looks.markup import Lens, Row, avatar, chips, player, prose


def video(row: Row, lens: Lens) -> str:
    """One video. Keys: account_name, kind (video | short), title, description, tags, media, thumbnail, captions, playlists, times."""
    short = row["kind"] == "short"
    captions = row.get("captions") or ()
    screen = player(row, lens, row["title"], poster=row.get("thumbnail"), upright=short, tracks=captions)
    channel = (
        f"<header>{avatar(row['account_name'])}<div><b>{escape(row['account_name'])}</b></div>"
        f'<span class="subscribe" aria-hidden="true">{lens.say("subscribe")}</span></header>'
    )
    extras = [lens.say("short")] if short else []
    extras += [lens.say("captions", language=_named(one), cues=one["cues"]) for one in captions]
    extras += [
        lens.say("playlist", title=one["title"], place=one["position"] + 1)
        for one in row.get("playlists") or ()
    ]
    return (
        f'<div class="youtube-video {row["kind"]}">{screen}<h4>{escape(row["title"])}</h4>{channel}{chips(extras)}'
        f'<div class="about"><p class="seen"><span>{lens.say("views")}</span> {lens.when(row)}</p>'
        f"{prose(row['description'], lens)}{_tags(row)}</div></div>"
    )


def _named(track: Row) -> str:
    return f"{track['language']} ({track['name']})" if track.get("name") else str(track["language"])


def _tags(row: Row) -> str:
    return chips((escape(tag) for tag in row.get("tags") or ()), "tag")
