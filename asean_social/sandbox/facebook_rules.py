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
LATEST_REEL = 29 * 86_400
PHOTO_KINDS = frozenset({"JPEG", "BMP", "PNG", "GIF", "TIFF", "MPO"})
PAGE_DOMAINS = ("huecity.gov.vn", "hue.gov.vn")  # proven to belong to the Pages here
OWN_HOSTS = ("facebook.com", "fb.com", "fb.me", "fb.watch")
CARD = ("name", "description", "picture", "caption", "thumbnail")
CHILD = frozenset({"link", "name", "description", "picture", "image_hash"})


def check_text(values: Mapping[str, Any]) -> None:
    if not values.get("message", "a").strip():
        raise refuse(197)
    check_length(values, "message")


def check_length(values: Mapping[str, Any], name: str) -> None:
    if len(values.get(name, "")) > MOST_TEXT:
        raise refuse(100, "(#100) Name parameter too long")


def check_post(values: Mapping[str, Any], now: float) -> None:
    """A new post; its photos are checked by the wall, which knows them."""
    check_text(values)
    if not any(values.get(name) for name in ("message", "link", "attached_media", "child_attachments")):
        raise refuse(100, "(#100) One of message, link, attached_media or child_attachments is required")
    _check_link(values)
    check_media(values)
    _check_children(values)
    _check_action(values)
    check_time(values, now)
    check_tags(values)


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


def check_media(values: Mapping[str, Any]) -> None:
    media = values.get("attached_media")
    if media is not None:
        if not 1 <= len(media) <= MOST_PHOTOS:
            raise refuse(100, f"(#100) attached_media takes 1 to {MOST_PHOTOS} items")
        if any(set(one) != {"media_fbid"} for one in media):
            raise refuse(100, "(#100) Each item of attached_media must be an object with media_fbid")


def _check_children(values: Mapping[str, Any]) -> None:
    cards = values.get("child_attachments")
    if cards is None:
        return
    most = 10 if values.get("multi_share_optimized") else 5
    if not 2 <= len(cards) <= most:
        raise refuse(100, f"(#100) child_attachments takes 2 to {most} items")
    if any(set(one) - CHILD or not is_clean_url(one.get("link")) for one in cards):
        raise refuse(100, "(#100) Each item of child_attachments must be an object with a link")


def _check_action(values: Mapping[str, Any]) -> None:
    action = values.get("call_to_action")
    if action is None:
        return
    worth = action.get("value", {})
    if set(action) - {"type", "value"} or not action.get("type") or not isinstance(worth, dict):
        raise refuse(100, "(#100) call_to_action must be an object with type and value")
    if worth.get("link", values.get("link")) != values.get("link"):
        raise refuse(100, "(#100) The link of call_to_action must be the link of the post")


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
    check_past(values, now)


def check_window(scheduled: int, now: float, latest: int = LATEST) -> None:
    if not now + SOONEST <= scheduled <= now + latest:
        raise refuse(100, "(#100) The specified scheduled publish time is invalid.")


def check_past(values: Mapping[str, Any], now: float) -> None:
    if values.get("backdated_time", 0) > now:
        raise refuse(100, "(#100) backdated_time must be in the past")


def check_tags(values: Mapping[str, Any]) -> None:
    if "tags" in values and "place" not in values:
        raise refuse(100, "(#100) tags needs place")


def check_photo_values(values: Mapping[str, Any], now: float) -> None:
    texts = [name for name in ("caption", "message", "name") if name in values]
    for name in texts:
        check_length(values, name)
    if len(texts) > 1:
        raise refuse(100, "(#100) message and name are aliases of caption: send one")
    if values.get("temporary") and (values.get("published", True) or "scheduled_publish_time" in values):
        raise refuse(100, "(#100) temporary needs published=false and no scheduled_publish_time")
    check_time(values, now)


def check_photo_bytes(payload: bytes) -> Picture:
    if len(payload) > MOST_PHOTO:
        raise refuse(100, subcode=1366046)
    picture = look(payload)
    if picture is None or picture.kind not in PHOTO_KINDS:
        raise refuse(324)
    return picture
