"""What a media file really is: by its content, not its name. As little as possible is decoded.

Images by Pillow, films by MediaInfo, captions by their own grammar.
"""

import os
import re
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from asean_social import captions, films
from asean_social.unusable import Unusable

# what Pillow may open: fewer decoders, fewer surprises
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)
_SAME_AS = MappingProxyType({"MPO": "JPEG"})  # a camera's JPEG with a second picture inside
_IMAGE_NAMES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"})
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that exchange width and height
_PLACE_IN_XMP = b"GPSL"  # exif:GPSLatitude, exif:GPSLongitude


def probe(path: Path) -> dict[str, Any]:
    """The facts of a file that is not empty, by the names of `media.Facts`. Raises Unusable, OSError."""
    suffix = path.suffix.lower()
    if suffix in captions.NAMES:
        return captions.read(path)
    with path.open("rb") as file:
        form = films.container(file.read(films.HEAD))
    if form is None:
        return _image(path)
    facts = films.read(path, form)
    if suffix in _IMAGE_NAMES:
        raise Unusable("media.misnamed", found=path.name, fits=facts["mime"])
    return facts


def _image(path: Path) -> dict[str, Any]:
    named_film = path.suffix.lower() in films.NAMES
    try:
        facts = _header(path)
    except UnidentifiedImageError:
        raise Unusable("media.not-video" if named_film else "media.not-image", found=path.name) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable("media.too-many-pixels", found=path.name) from None
    except BROKEN:
        raise Unusable("media.broken", found=path.name) from None
    if named_film:
        raise Unusable("media.misnamed", found=path.name, fits=facts["mime"])
    return facts


def _header(path: Path) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.simplefilter("ignore", UserWarning)  # odd metadata; whether it matters, `_whole` says
        with Image.open(path, formats=FORMATS) as image:
            turn, located = _metadata(image) if _may_have_metadata(path, image) else (1, False)
            width, height = image.size
            form = _SAME_AS.get(image.format or "", image.format or "")
            facts: dict[str, Any] = {
                "format": form,
                "colours": image.mode,
                "animated": bool(getattr(image, "is_animated", False)) and image.format != "MPO",
                "located": located,
            }
        _whole(path, form)
    turned = turn in _TURNED
    return facts | {
        "kind": "image",
        "mime": Image.MIME[form],
        "width": height if turned else width,
        "height": width if turned else height,
        "turn": turn,
    }


def _metadata(image: Image.Image) -> tuple[int, bool]:
    """The EXIF orientation, and whether it says where it was taken. Damaged metadata might: they count as if."""
    try:
        exif = image.getexif()
        turn = int(exif.get(ExifTags.Base.Orientation, 1) or 1)
        located = bool(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except BROKEN:
        return 1, True
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return turn, located or _PLACE_IN_XMP in (xmp.encode() if isinstance(xmp, str) else xmp)


def _may_have_metadata(path: Path, image: Image.Image) -> bool:
    """Pillow decodes all of a PNG to look for what may stand behind the picture; its parts' names tell it faster."""
    return image.format != "PNG" or any(_METADATA.match(part) for part in _png_parts(path))


_METADATA = re.compile(rb"eXIf|(?:iTXt|tEXt|zTXt)(?:XML:com\.adobe\.xmp|Raw profile type)")
_NAMED = 32  # bytes of a part that hold its name and its keyword


def _png_parts(path: Path) -> Iterator[bytes]:
    """The beginning of each part of a PNG, from its name on; https://www.w3.org/TR/png-3/#5Chunk-layout."""
    with path.open("rb") as file:
        file.seek(8)
        while len(size := file.read(4)) == 4:
            part = file.read(_NAMED)
            yield part
            file.seek(int.from_bytes(size) + 8 - len(part), os.SEEK_CUR)


def _whole(path: Path, form: str) -> None:
    """Raises one of BROKEN for a file that was cut short."""
    if form in _ENDS and _ENDS[form](path):
        return
    with Image.open(path, formats=FORMATS) as image:
        if form == "PNG":  # its parts have checksums
            image.verify()
            return
        image.draft(None, (max(image.width // 8, 1), max(image.height // 8, 1)))
        image.load()


def _jpeg_ends(path: Path) -> bool:
    """Decoding would find no more: a JPEG with this end decodes, whatever lies before it. Some cameras append more."""
    with path.open("rb") as file:
        file.seek(-2, os.SEEK_END)
        return file.read() == b"\xff\xd9"


def _webp_ends(path: Path) -> bool:
    with path.open("rb") as file:
        return int.from_bytes(file.read(8)[4:], "little") + 8 <= path.stat().st_size


_ENDS: Mapping[str, Callable[[Path], bool]] = MappingProxyType({"JPEG": _jpeg_ends, "WEBP": _webp_ends})
