"""The parts of a Zalo article as they are sent: which media it needs, and its body from their addresses and ids."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.utils import requote_uri

from asean_social.publishers.base import Message, Piece, Wait

Known = dict[str, str]  # newest value of each piece
Turn = Generator[Piece | Wait, None, bool]  # returns whether the work is done


def known_of(pieces: Sequence[Piece]) -> Known:
    return {one.name: one.value for one in pieces}


def keep(known: Known, name: str, value: str) -> Iterator[Piece]:
    """A piece for the caller to store, unless it is the same already."""
    if known.get(name, "") != value:
        known[name] = value
        yield Piece(name, value)


def encoded(url: str) -> str:
    """The address as Zalo takes it: it refuses spaces and letters beyond ASCII. What is encoded already stays so."""
    parts = urlsplit(url)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return requote_uri(urlunsplit(parts._replace(netloc=host)))


def cover_of(message: Message, known: Mapping[str, str]) -> int:
    """The medium that stands for the article; the declared fallback once Zalo has refused the first."""
    options = message.options
    if known.get("fallback"):
        return int(options["fallback_cover"])
    return int(options["avatar"] if message.kind == "video" else options.get("cover", 0))


def media_of(message: Message, known: Mapping[str, str], kind: str) -> list[int]:
    """The images, or the videos, that the article as it is sent now refers to."""
    used = {cover_of(message, known)}
    if message.kind == "video":
        used.add(0)
    for block in message.options.get("body", ()):
        used |= {int(block[name]) for name in ("media", "thumb") if name in block}
    return sorted(index for index in used if message.media[index].kind == kind)


def article(message: Message, known: Mapping[str, str], status: str) -> dict[str, Any]:
    """The whole article: an update replaces everything."""
    options = message.options
    common = {
        "type": message.kind,
        "title": options["title"],
        "description": options["summary"],
        "status": status,
        "comment": options["comment"],
    }
    if message.kind == "video":
        avatar = known[f"media:{cover_of(message, known)}"]
        return {**common, "video_id": known["video:0"], "avatar": avatar}
    link = options.get("tracking_link")
    return {
        **common,
        "author": options["author"],
        "cover": _cover(message, known),
        "body": [_block(one, known) for one in options["body"]],
        **({"tracking_link": encoded(link)} if link else {}),
    }


def _cover(message: Message, known: Mapping[str, str]) -> dict[str, Any]:
    place, options = cover_of(message, known), message.options
    if message.media[place].kind == "video":
        shown = {
            "cover_type": "video",
            "video_id": known[f"video:{place}"],
            "cover_view": options["cover_view"],
        }
    else:
        shown = {"cover_type": "photo", "photo_url": known[f"media:{place}"]}
    return {**shown, "status": options["cover_status"]}


def _block(block: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    if block["type"] == "text":
        return {"type": "text", "content": block["content"]}
    if block["type"] == "video":
        return {
            "type": "video",
            "video_id": known[f"video:{block['media']}"],
            "thumb": known[f"media:{block['thumb']}"],
        }
    caption = block.get("caption")
    return {
        "type": "image",
        "url": known[f"media:{block['media']}"],
        **({"caption": caption} if caption else {}),
    }
