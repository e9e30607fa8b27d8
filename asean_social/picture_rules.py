"""Rules for pictures and albums, by each platform's limits. What can be made fit is made fit (`media`), and told nothing of."""

from collections.abc import Iterator

from asean_social.errors import Problem, Severity
from asean_social.publishers.limits import PICTURES, THUMBNAIL_WIDTH
from asean_social.seen import Rule, Seen


def _alt(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("image", ("facebook",)):
        if planned.message.kind in ("photo", "album") and not media.alt.strip():
            yield seen.problem(planned, post, "check.no-alt", *part, found=media.path.name)


def _format(seen: Seen) -> Iterator[Problem]:
    """Left for animations: anything else was made a JPEG."""
    for planned, post, media, part in seen.media("image"):
        platform = planned.message.platform
        mimes = PICTURES[platform].mimes
        if media.mime not in mimes:
            fits = ", ".join(sorted(one.removeprefix("image/") for one in mimes))
            values = {"found": media.path.name, "fits": fits}
            yield seen.problem(planned, post, f"check.{platform}.format", *part, **values)


def _size(seen: Seen) -> Iterator[Problem]:
    fields = {"facebook": "photo.size", "youtube": "image.size", "zalo": "image.size"}
    for planned, post, media, part in seen.media("image"):
        platform = planned.message.platform
        most = seen.limits[platform][fields[platform]].most
        if media.size > most:
            values = {"found": media.path.name, "count": media.size, "most": most}
            yield seen.problem(planned, post, f"check.{platform}.size", *part, **values)


def _moving(seen: Seen) -> Iterator[Problem]:
    for planned, post, media, part in seen.media("image"):
        if media.animated and media.mime in PICTURES[planned.message.platform].mimes:
            yield seen.problem(planned, post, "check.picture.moving", *part, found=media.path.name)


def _album(seen: Seen) -> Iterator[Problem]:
    most = seen.limits["facebook"]["album.pictures"].most
    for planned, post in seen.messages("facebook"):
        count = len(planned.message.media)
        if planned.message.kind == "album" and count > most:
            part = ("media",) if post.facebook.media is None else ("facebook", "media")
            yield seen.problem(planned, post, "check.facebook.album", *part, count=count, most=most)


def _thumbnail(seen: Seen) -> Iterator[Problem]:
    """YouTube takes any, and puts bars beside what has another shape than its player."""
    for planned, post, media, part in seen.media("image", ("youtube",)):
        across, down = (9, 16) if planned.message.kind == "short" else (16, 9)
        shown = {"found": media.path.name, "size": f"{media.width}×{media.height}"}
        if media.width < THUMBNAIL_WIDTH:
            code = "check.youtube.thumbnail-small"
            yield seen.problem(planned, post, code, *part, **shown, least=THUMBNAIL_WIDTH)
        if abs(media.width * down - media.height * across) > 0.02 * media.height * across:
            code = "check.youtube.thumbnail-shape"
            yield seen.problem(planned, post, code, *part, **shown, fits=f"{across}:{down}")


E, W = Severity.ERROR, Severity.WARNING
_OURS = "publishers/limits.py"
_THUMBNAIL = "https://support.google.com/youtube/answer/72431"
RULES: tuple[Rule, ...] = (
    Rule("C10", W, "https://www.w3.org/TR/WCAG22/#non-text-content", _alt),
    Rule("C11", E, _OURS, _format),
    Rule("C12", E, _OURS, _size),
    Rule("C40", E, _OURS, _album),
    Rule("C41", W, "https://developers.facebook.com/docs/graph-api/reference/page/photos/", _moving),
    Rule("C42", W, _THUMBNAIL, _thumbnail),
)
