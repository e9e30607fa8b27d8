"""Tiny MP4 files, box by box: real enough for a probe, of any length, size and codec."""

import struct


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)


# the four turns a telephone writes into a film
_MATRIX = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}


def _matrix(turn: int) -> bytes:
    a, b, c, d = (one << 16 for one in _MATRIX[turn])
    return struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


def _track(number: int, handler: bytes, entry: bytes, header: bytes, seconds: float, count: int, at: int, turn: int,
           width: int, height: int, each: int) -> bytes:  # fmt: skip
    scale = 1000
    length = round(seconds * scale)
    tkhd = _full(
        b"tkhd",
        struct.pack(">IIIII", 0, 0, number, 0, length),
        bytes(8),
        struct.pack(">hhhh", 0, 0, 0x100 if handler == b"soun" else 0, 0),
        _matrix(turn),
        struct.pack(">II", width << 16, height << 16),
        flags=3,
    )
    mdhd = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, scale, length, 0x55C4, 0))
    hdlr = _full(b"hdlr", bytes(4), handler, bytes(12), b"x\0")
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">III", 1, count, max(length // max(count, 1), 1))),
        _full(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
        _full(b"stsz", struct.pack(">II", each, count)),
        _full(b"stco", struct.pack(">II", 1, at)),
    )
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    return _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, _box(b"minf", header, dinf, table)))


def _picture(codec: bytes, width: int, height: int) -> bytes:
    avcc = _box(b"avcC", bytes.fromhex("0142c01effe10004674200001001000468000000"))
    return _box(
        codec,
        bytes(6),
        struct.pack(">H", 1),
        bytes(16),
        struct.pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1),
        bytes(32),
        struct.pack(">Hh", 24, -1),
        avcc if codec == b"avc1" else b"",
    )


def _sound() -> bytes:
    esds = _full(b"esds", bytes.fromhex("031900020004114015000000000001f4000001f40005021190060102"))
    return _box(b"mp4a", bytes(6), struct.pack(">H", 1), bytes(8), struct.pack(">HHIHH", 2, 16, 0, 0, 0)[:8],
                bytes(4), struct.pack(">I", 48_000 << 16), esds)  # fmt: skip


def mp4(
    width: int = 1280,
    height: int = 720,
    seconds: float = 10.0,
    *,
    fps: float = 25.0,
    codec: bytes = b"avc1",
    sound: bool = True,
    turn: int = 0,
    brand: bytes = b"isom",
) -> bytes:
    count, each = max(round(seconds * fps), 1), 2
    size = count * each
    ftyp = _box(b"ftyp", brand, struct.pack(">I", 512), b"isomavc1mp41")
    at = len(ftyp) + 8
    data = _box(b"mdat", bytes(size) + bytes(size if sound else 0))
    mvhd = _full(
        b"mvhd",
        struct.pack(">IIII", 0, 0, 1000, round(seconds * 1000)),
        struct.pack(">Ihh", 0x10000, 0x100, 0),
        bytes(8),
        _matrix(0),
        bytes(24),
        struct.pack(">I", 3),
    )
    picture = _track(
        1, b"vide", _picture(codec, width, height), _full(b"vmhd", bytes(8), flags=1), seconds, count, at, turn,
        width, height, each,
    )  # fmt: skip
    tracks = [picture]
    if sound:
        head = _full(b"smhd", bytes(4))
        tracks.append(_track(2, b"soun", _sound(), head, seconds, count, at + size, 0, 0, 0, each))
    return ftyp + data + _box(b"moov", mvhd, *tracks)
