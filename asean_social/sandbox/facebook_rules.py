"""What Facebook refuses in a post or a photo, each with its documented error.

Sources: https://developers.facebook.com/docs/graph-api/reference/page/feed/,
https://developers.facebook.com/docs/graph-api/reference/page/photos/,
https://developers.facebook.com/docs/pages-api/posts. Where Meta's pages disagree, the stricter reading holds.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from asean_social.sandbox.graph import refuse
from asean_social.sandbox.pictures import Picture, is_clean_url, is_loopback, look

MOST_TEXT = 63_206  # characters, as Meta's own composer allows
MOST_PHOTO = 4_000_000  # bytes: the reference says 10 MB, its error text 4 MB
MOST_PHOTOS = 10
SOONEST = 600  # seconds ahead
LATEST = 30 * 86_400  # seconds ahead; another page of Meta says 75 days
PHOTO_KINDS = frozenset({"JPEG", "BMP", "PNG", "GIF", "TIFF", "MPO"})
PAGE_DOMAINS = ("huecity.gov.vn", "hue.gov.vn")  # proven to belong to the Pages here
OWN_HOSTS = ("facebook.com", "fb.com", "fb.me", "fb.watch")
CARD = ("name", "description", "picture", "caption")
TARGETING = {
    "targeting": frozenset(
        [
            "geo_locations",
            "locales",
            "excluded_countries",
            "excluded_regions",
            "excluded_cities",
            "excluded_zipcodes",
            "timezones",
            "age_min",
        ]
    ),
    "feed_targeting": frozenset(
        [
            "geo_locations",
            "locales",
            "age_min",
            "age_max",
            "genders",
            "college_years",
            "education_statuses",
            "relationship_statuses",
            "interests",
        ]
    ),
}
AGES = frozenset({13, 15, 18, 21, 25})


def check_text(values: Mapping[str, Any], name: str = "message") -> None:
    if name not in values:
        return
    if not values[name].strip():
        raise refuse(197)
    if len(values[name]) > MOST_TEXT:
        raise refuse(100, "(#100) Name parameter too long")


def check_post(values: Mapping[str, Any], now: float) -> None:
    """A new post; its photos are checked by the wall, which knows them."""
    check_text(values)
    if not any(values.get(name) for name in ("message", "link", "attached_media", "child_attachments")):
        raise refuse(100, "(#100) One of message, link, attached_media or child_attachments is required")
    _check_link(values)
    _check_media(values)
    check_time(values, now)
    check_audience(values)


def _check_link(values: Mapping[str, Any]) -> None:
    if "link" not in values:
        if any(name in values for name in CARD):
            raise refuse(100, "(#100) Link card fields need a link")
        return
    if not is_clean_url(values["link"]):
        raise refuse(100, subcode=2061006)
    host = (urlsplit(values["link"]).hostname or "").lower()
    if any(host == own or host.endswith("." + own) for own in OWN_HOSTS):
        raise refuse(100, subcode=1609008)
    if not _is_reachable(host):
        raise refuse(1609005)
    owned = any(host == own or host.endswith("." + own) for own in PAGE_DOMAINS)
    if any(name in values for name in CARD) and not owned:
        raise refuse(
            100, "(#100) Only owners of the URL have the ability to specify its picture, name or description"
        )
    if "attached_media" in values:
        raise refuse(100, "(#100) link cannot be combined with attached_media")


def _is_reachable(host: str) -> bool:
    """Whether a crawler on the internet could ask this host."""
    if is_loopback(host) or host.endswith((".localhost", ".local", ".invalid")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def _check_media(values: Mapping[str, Any]) -> None:
    media = values.get("attached_media")
    if media is not None:
        if not 1 <= len(media) <= MOST_PHOTOS:
            raise refuse(100, f"(#100) attached_media takes 1 to {MOST_PHOTOS} items")
        if any(set(one) != {"media_fbid"} for one in media):
            raise refuse(100, "(#100) Each item of attached_media must be an object with media_fbid")
    cards = values.get("child_attachments")
    most = 10 if values.get("multi_share_optimized") else 5
    if cards is not None and not 2 <= len(cards) <= most:
        raise refuse(100, f"(#100) child_attachments takes 2 to {most} items")


def check_time(values: Mapping[str, Any], now: float) -> None:
    """Scheduling and backdating."""
    scheduled = values.get("scheduled_publish_time")
    published = values.get("published", True)
    kind = values.get("unpublished_content_type")
    if scheduled is not None:
        if published:
            raise refuse(100, "(#100) You cannot specify a scheduled publish time on a published post")
        check_window(scheduled, now)
        if values.get("attached_media") and kind != "SCHEDULED":
            raise refuse(100, "(#100) A scheduled post with photos needs unpublished_content_type SCHEDULED")
    if kind is not None and published:
        raise refuse(100, "(#100) unpublished_content_type needs published=false")
    if kind == "SCHEDULED" and scheduled is None:
        raise refuse(100, "(#100) unpublished_content_type SCHEDULED needs scheduled_publish_time")
    if values.get("backdated_time", 0) > now:
        raise refuse(100, "(#100) backdated_time must be in the past")


def check_window(scheduled: int, now: float) -> None:
    if not now + SOONEST <= scheduled <= now + LATEST:
        raise refuse(100, "(#100) The specified scheduled publish time is invalid.")


def check_audience(values: Mapping[str, Any]) -> None:
    if "tags" in values and "place" not in values:
        raise refuse(100, "(#100) tags needs place")
    for name, known in TARGETING.items():
        wrong = set(values.get(name, {})) - known
        if wrong:
            raise refuse(100, f"(#100) Invalid {name} spec: {min(wrong)}")
    if values.get("targeting", {}).get("age_min", 13) not in AGES:
        raise refuse(100, "(#100) Invalid targeting spec: age_min")


def check_photo_values(values: Mapping[str, Any], now: float) -> None:
    texts = [name for name in ("caption", "message", "name") if name in values]
    for name in texts:
        if len(values[name]) > MOST_TEXT:
            raise refuse(100, "(#100) Name parameter too long")
    if len(texts) > 1:
        raise refuse(100, "(#100) message and name are aliases of caption: send one")
    if values.get("temporary") and (values.get("published", True) or "scheduled_publish_time" in values):
        raise refuse(100, "(#100) temporary needs published=false and no scheduled_publish_time")
    check_time(values, now)
    check_audience(values)


def check_photo_bytes(payload: bytes) -> Picture:
    if len(payload) > MOST_PHOTO:
        raise refuse(100, subcode=1366046)
    picture = look(payload)
    if picture is None or picture.kind not in PHOTO_KINDS:
        raise refuse(324)
    return picture
