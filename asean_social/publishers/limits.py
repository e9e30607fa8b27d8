"""What each platform takes at most, in the unit it counts, with the source and the day it was read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from asean_social.publishers.base import Limit, Message
from asean_social.text import count, tag_characters

_READ = date(2026, 11, 23)
_PAGE_FEED = "https://developers.facebook.com/docs/graph-api/reference/page/feed/"
_PAGE_PHOTOS = "https://developers.facebook.com/docs/graph-api/reference/page/photos/"
_VIDEO_LIMITS = "https://developers.facebook.com/docs/graph-api/reference/video-upload-limits/"
_REELS = "https://developers.facebook.com/docs/video-api/guides/reels-publishing"
_THUMBNAILS = "https://developers.google.com/youtube/v3/docs/thumbnails/set"
_CAPTIONS = "https://developers.google.com/youtube/v3/docs/captions/insert"
_VIDEOS = "https://developers.google.com/youtube/v3/docs/videos"
_BROADCAST = "https://developers.zalo.me/docs/official-account/tin-nhan/tin-truyen-thong"
_ARTICLE = "https://developers.zalo.me/docs/official-account/bai-viet/tao-bai-viet"

FACEBOOK: Mapping[str, Limit] = MappingProxyType(
    {
        # No cap is documented; products stop here.
        "album.pictures": Limit(10, "count", _PAGE_PHOTOS, _READ),
        "video.size": Limit(10_000_000_000, "bytes", _VIDEO_LIMITS, _READ),
        "video.seconds": Limit(4 * 3600, "seconds", _VIDEO_LIMITS, _READ),
        "reel.seconds": Limit(90, "seconds", _REELS, _READ),
        "reel.fps": Limit(60, "fps", _REELS, _READ),
        # Meta names no number; its own composer stops here, and so do several products.
        "text": Limit(63_206, "characters", _PAGE_FEED, _READ),
        # The reference says 10 MB, its own error 1366046 says 4 MB: the smaller one holds.
        "photo.size": Limit(4_000_000, "bytes", _PAGE_PHOTOS, _READ),
    }
)

YOUTUBE: Mapping[str, Limit] = MappingProxyType(
    {
        "title": Limit(100, "characters", f"{_VIDEOS}#snippet.title", _READ),
        "description": Limit(5_000, "bytes-utf8", f"{_VIDEOS}#snippet.description", _READ),
        "video.size": Limit(274_877_906_944, "bytes", _VIDEOS, _READ),
        "video.seconds": Limit(
            12 * 3600, "seconds", "https://support.google.com/youtube/answer/71673", _READ
        ),
        # 50 MB since 2026-09-14; older tools and pages still stop at 2 MB
        "image.size": Limit(2_000_000, "bytes", _THUMBNAILS, _READ),
        "captions.size": Limit(104_857_600, "bytes", _CAPTIONS, _READ),
        "tags": Limit(500, "tag-characters", f"{_VIDEOS}#snippet.tags[]", _READ),
    }
)

ZALO: Mapping[str, Limit] = MappingProxyType(
    {
        # 150 and 300 are documented, but texts of exactly that length were refused.
        "title": Limit(140, "characters", _ARTICLE, _READ),
        "summary": Limit(250, "characters", _ARTICLE, _READ),
        "author": Limit(50, "characters", _ARTICLE, _READ),
        "broadcast.articles": Limit(5, "count", _BROADCAST, _READ),
        "video.size": Limit(49_999_999, "bytes", _ARTICLE, _READ),
        "image.size": Limit(1_000_000, "bytes", _ARTICLE, _READ),
        # Up to 522 KB every picture was taken; between that and 1 MB nobody reports.
        "image.safe-size": Limit(500_000, "bytes", _ARTICLE, _READ),
    }
)

# the highest code of each target field of a broadcast; cities by the 63 provinces of before 2025
BROADCAST_TARGET: Mapping[str, int] = MappingProxyType(
    {"gender": 2, "ages": 7, "locations": 2, "cities": 63, "platform": 3}
)

# seconds; 9:16 (https://developers.facebook.com/docs/video-api/guides/reels-publishing, read 2026-11-23)
SHORTEST_REEL = 3.0


# kinds that a platform can show by its own clock, of accounts that publish in two steps
PLATFORM_CLOCK: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "facebook": frozenset({"text", "link", "photo", "album", "video", "reel"}),
        "youtube": frozenset({"video", "short"}),
    }
)


def is_reel_shaped(width: int, height: int) -> bool:
    """9:16, as exactly as cameras and encoders keep it."""
    return width > 0 and abs(width * 16 - height * 9) <= height * 9 * 0.02


# square or taller; classified by YouTube itself (https://support.google.com/youtube/answer/15424877, read 2026-11-23)
LONGEST_SHORT = 180.0
# seconds; longer ones need a channel proven by telephone (https://support.google.com/youtube/answer/71673)
LONG_UPLOAD = 15 * 60

LIMITS: Mapping[str, Mapping[str, Limit]] = MappingProxyType(
    {"facebook": FACEBOOK, "youtube": YOUTUBE, "zalo": ZALO}
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What a platform takes of a picture, and what one is made into that does not fit."""

    mimes: frozenset[str]
    most: int  # bytes it takes
    aim: int  # bytes ours are brought under
    edge: int  # pixels of the longer side of one made smaller; what the platform shows at most, about
    pixels: int  # of one that is sent as it is
    source: str


# An unofficial reading of Facebook's, which names none itself (https://docs.emplifi.io/platform/latest/home/facebook-publishing).
_PIXELS = 80_000_000
PICTURES: Mapping[str, Picture] = MappingProxyType(
    {
        "facebook": Picture(
            frozenset({"image/jpeg", "image/png", "image/bmp", "image/gif", "image/tiff"}),
            most=FACEBOOK["photo.size"].most, aim=FACEBOOK["photo.size"].most, edge=2048, pixels=_PIXELS,
            source=_PAGE_PHOTOS,
        ),
        "youtube": Picture(
            frozenset({"image/jpeg", "image/png"}),
            most=YOUTUBE["image.size"].most, aim=YOUTUBE["image.size"].most, edge=1920, pixels=_PIXELS,
            source=_THUMBNAILS,
        ),
        "zalo": Picture(
            frozenset({"image/jpeg", "image/png"}),
            most=ZALO["image.size"].most, aim=ZALO["image.safe-size"].most, edge=1600, pixels=_PIXELS,
            source=_ARTICLE,
        ),
    }
)  # fmt: skip
# pixels; smaller ones look coarse (https://support.google.com/youtube/answer/72431, read 2026-11-23)
THUMBNAIL_WIDTH = 640
# containers; codecs of the picture as MediaInfo names them
_COMMON = frozenset(
    {"video/mp4", "video/quicktime", "video/x-msvideo", "video/x-matroska", "video/x-flv", "video/x-ms-wmv",
     "video/mpeg", "video/3gpp", "video/mp2t", "video/ogg"}
)  # fmt: skip
FILMS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "facebook": _COMMON,  # https://developers.facebook.com/docs/graph-api/video-uploads/ (older copy)
        "reel": frozenset({"video/mp4"}),
        "youtube": _COMMON | {"video/webm"},
        "zalo": frozenset({"video/mp4", "video/x-msvideo"}),
    }
)
REEL_CODECS = frozenset({"AVC", "HEVC", "VP9", "AV1"})
REEL_WIDTH, REEL_HEIGHT, REEL_FPS = 540, 960, 24  # the least


def measured(
    message: Message, limits: Mapping[str, Mapping[str, Limit]] = LIMITS
) -> Iterator[tuple[str, int, int, str]]:
    """Field, count, most and unit of every text of a message that its platform limits."""
    texts = {"text": message.text} | dict(message.options)
    for field, limit in limits[message.platform].items():
        if limit.unit == "tag-characters":
            yield field, tag_characters(texts.get(field, ())), limit.most, limit.unit
        elif limit.unit != "bytes" and field in texts:
            yield field, count(texts[field], limit.unit), limit.most, limit.unit
