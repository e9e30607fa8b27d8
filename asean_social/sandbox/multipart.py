"""Multipart bodies (form-data and related), small enough to be held in memory."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    filename: str | None  # None: a plain value
    kind: str
    payload: bytes


def boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    found = message.get_param("boundary", "")
    return str(found).encode()


def parts(payload: bytes, edge: bytes) -> list[Part]:
    """The parts between the boundary lines; a body that is not well formed has none."""
    if not edge:
        return []
    pieces = re.split(rb"(?:^|\r\n)--" + re.escape(edge) + rb"(?:--)?[ \t]*(?:\r\n|$)", payload)
    return [_part(piece) for piece in pieces[1:] if piece.strip()]


def _part(piece: bytes) -> Part:
    head, _, payload = piece.partition(b"\r\n\r\n")
    headers = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
    name = headers.get_param("name", "", "Content-Disposition")
    filename = headers.get_filename()
    return Part(str(name), filename, headers.get_content_type(), payload)
