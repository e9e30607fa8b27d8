"""Bodies of small uploads: the media alone, or metadata and media in one multipart/related body.

Source: https://developers.google.com/youtube/v3/docs/captions/insert and the discovery document (mediaUpload). Lines
between the parts may end with a line feed alone: Google's own Python client sends them so.
"""

import re
from dataclasses import dataclass

from asean_social.sandbox.contract import contract
from asean_social.sandbox.multipart import boundary
from asean_social.sandbox.wire import Request
from asean_social.sandbox.youtube_rules import bad_value, refuse

ENVELOPE = 1 << 16  # bytes that boundaries, headers and metadata may take


@dataclass(frozen=True, slots=True)
class Sent:
    metadata: bytes  # JSON; empty where the media came alone
    mime: str
    media: bytes


def sent(request: Request, method: str, most: int) -> Sent:
    """What an upload in one request brings; refused when it is larger than `most` or of a type nobody takes."""
    way = dict(request.query).get("uploadType", "")
    if way not in ("media", "multipart"):
        text = "Here an upload is one request, with uploadType media or multipart"
        raise refuse(method, "wrongUrlForUpload", text, domain="global")
    payload = request.body.read(most + ENVELOPE)
    kind = request.headers.get("Content-Type", "")
    found = Sent(b"", kind, payload) if way == "media" else _related(payload, kind, method)
    if len(found.media) > most or len(payload) > most + ENVELOPE:
        raise refuse(
            method, "uploadTooLarge", f"Media is larger than {most} bytes", domain="global", status=413
        )
    _check_type(found.mime, method)
    return found


def _related(payload: bytes, kind: str, method: str) -> Sent:
    edge = boundary(kind)
    if not kind.startswith("multipart/related") or not edge:
        raise bad_value(method, "Content-Type", "A multipart upload is multipart/related with a boundary")
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(edge) + rb"(?:--)?[ \t]*(?:\r?\n|$)", payload)
    parts = [_part(one) for one in pieces[1:] if one.strip()]
    if not parts or not parts[0][0].startswith("application/json"):
        raise refuse(method, "parseError", "The first part must be the metadata in JSON", domain="global")
    mime, media = parts[1] if len(parts) == 2 else ("application/octet-stream", b"")
    return Sent(parts[0][1], mime, media)


def _part(piece: bytes) -> tuple[str, bytes]:
    """The type and the bytes of one part."""
    head, _, body = [*re.split(rb"(\r?\n\r?\n)", piece, maxsplit=1), b"", b""][:3]
    named = re.search(rb"(?im)^content-type:[ \t]*([^\r\n]+)", head)
    return (named.group(1).decode("latin-1").strip() if named else "", body)


def _check_type(mime: str, method: str) -> None:
    accepted = contract("youtube")["media"][method]["accept"]
    plain = mime.partition(";")[0].strip().lower()
    if "*/*" not in accepted and plain not in accepted:
        text = f"Media type '{plain}' is not supported. Valid media types: [{', '.join(accepted)}]"
        raise refuse(method, "badRequest", text, domain="global")
