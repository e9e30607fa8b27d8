"""Rules for films and captions, by each platform's limits of the kind."""

from collections.abc import Iterator

from asean_social.campaign import Post
from asean_social.drafting import Part
from asean_social.errors import Problem, Severity
from asean_social.plan import Planned
from asean_social.publishers.base import Media
from asean_social.publishers.limits import (
    FILMS,
    LONG_UPLOAD,
    REEL_CODECS,
    REEL_FPS,
    REEL_HEIGHT,
    REEL_WIDTH,
    SHORTEST_REEL,
    is_reel_shaped,
)
from asean_social.seen import Rule, Seen


def _reels(seen: Seen) -> Iterator[tuple[Planned, Post, Media, Part]]:
    return (one for one in seen.media("video", ("facebook",)) if one[0].message.kind == "reel")


def _name(planned: Planned) -> str:
    """Reels have limits of their own."""
    return "reel" if planned.message.kind == "reel" else planned.message.platform


def _container(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("video"):
        fits = FILMS[_name(planned)]
        if media.mime not in fits:
            shown = ", ".join(sorted(one.rpartition("/")[2].removeprefix("x-") for one in fits))
            values = {"found": media.path.name, "mime": media.mime, "fits": shown}
            yield seen.problem(planned, post, "check.film.format", *part, **values)


def _size(seen: Seen) -> Iterator[Problem]:
    for kind in ("video", "captions"):
        for planned, post, media, part in seen.media(kind):
            limit = seen.limits[planned.message.platform].get(f"{kind}.size")
            if limit and media.size > limit.most:
                values = {"found": media.path.name, "size": media.size, "most": limit.most}
                yield seen.problem(planned, post, "check.film.size", *part, **values)


def _length(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("video"):
        kind = "reel" if planned.message.kind == "reel" else "video"
        limit = seen.limits[planned.message.platform].get(f"{kind}.seconds")
        if limit and media.duration > limit.most:
            values = {"found": media.path.name, "seconds": round(media.duration), "most": limit.most}
            yield seen.problem(planned, post, "check.film.too-long", *part, **values)


def _too_short(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in _reels(seen):
        if media.duration < SHORTEST_REEL:
            values = {"found": media.path.name, "least": int(SHORTEST_REEL)}
            yield seen.problem(planned, post, "check.film.too-short", *part, **values)


def _shape(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in _reels(seen):
        if (
            not is_reel_shaped(media.width, media.height)
            or media.width < REEL_WIDTH
            or media.height < REEL_HEIGHT
        ):
            values = {"found": f"{media.width}×{media.height}", "fits": f"9:16, {REEL_WIDTH}×{REEL_HEIGHT}"}
            yield seen.problem(planned, post, "check.film.shape", *part, **values)


def _rate(seen: Seen) -> Iterator[Problem]:
    most = seen.limits["facebook"]["reel.fps"].most
    for planned, post, media, part in _reels(seen):
        if media.fps and not REEL_FPS - 0.1 <= media.fps <= most + 0.1:
            values = {"found": f"{media.fps:.4g}", "fits": f"{REEL_FPS} – {most}"}
            yield seen.problem(planned, post, "check.film.rate", *part, **values)


def _codec(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in _reels(seen):
        if media.codec not in REEL_CODECS:
            values = {"found": media.codec, "fits": ", ".join(sorted(REEL_CODECS))}
            yield seen.problem(planned, post, "check.film.codec", *part, **values)


def _silent(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("video"):
        if not media.sound:
            yield seen.problem(planned, post, "check.film.silent", *part, found=media.path.name)


def _turned(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("video"):
        if media.turn:
            yield seen.problem(
                planned, post, "check.film.turned", *part, found=media.path.name, turn=media.turn
            )


def _long(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("video", ("youtube",)):
        if media.duration > LONG_UPLOAD:
            minutes = round(media.duration / 60)
            yield seen.problem(planned, post, "check.youtube.long", *part, minutes=minutes)


def _wide(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("video", ("facebook",)):
        width, height = media.width, media.height
        if planned.message.kind == "video" and not (9 * height <= 16 * width and 9 * width <= 16 * height):
            values = {"found": f"{width}×{height}", "fits": "9:16 – 16:9"}
            yield seen.problem(planned, post, "check.facebook.shape", *part, **values)


def _captions_late(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("captions"):
        film = next((one for one in planned.message.media if one.kind == "video"), None)
        if film and film.duration and media.duration > film.duration + 1:
            values = {
                "found": media.path.name,
                "seconds": round(media.duration),
                "most": round(film.duration),
            }
            yield seen.problem(planned, post, "check.captions.late", *part, **values)


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_OURS = "publishers/limits.py"
RULES: tuple[Rule, ...] = (
    Rule("C30", E, _OURS, _container),
    Rule("C31", E, _OURS, _size),
    Rule("C32", E, _OURS, _length),
    Rule("C33", E, _OURS, _too_short),
    Rule("C34", E, _OURS, _shape),
    Rule("C35", E, _OURS, _rate),
    Rule("C36", E, _OURS, _codec),
    Rule("C37", W, _OURS, _silent),
    Rule("C38", N, _OURS, _turned),
    Rule("C39", W, "https://support.google.com/youtube/answer/71673", _long),
    Rule("C43", W, "https://developers.facebook.com/docs/graph-api/video-uploads/", _wide),
    Rule("C44", W, _OURS, _captions_late),
)
