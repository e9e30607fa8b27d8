"""What differs between channels and projects, or is not known for sure: set it before the requests that should meet it.

`Sandbox.reset` brings back the values the sandbox began with. Why each doubtful default was chosen is in
docs/contract-gaps.md.
"""

from dataclasses import dataclass, field, fields
from typing import Literal, Self

UNITS = 10_000  # a day; https://developers.google.com/youtube/v3/determine_quota_cost
UPLOADS = 100  # a day, a bucket of their own since 2026-06-01 (the same page)
PLAYLIST_SIZE = 5_000  # videos


@dataclass(frozen=True, slots=True)
class PlaylistAtStart:
    id: str
    account: str  # name of the account whose channel owns it
    title: str
    sorts_itself: bool = False  # then no position may be given
    size: int = PLAYLIST_SIZE


PLAYLISTS = (
    PlaylistAtStart("PLHueAsean60Nam00000000000000000001", "hue-asean", "ASEAN tròn 60 năm"),
    PlaylistAtStart("PLHueAseanTinTuc0000000000000000002", "hue-asean", "Tin ASEAN – Huế", sorts_itself=True),
    PlaylistAtStart("PLKenhKhac0000000000000000000000003", "other", "Của kênh khác"),
)


@dataclass(slots=True)
class Settings:
    # quota of the project, by the day in California
    units: int = UNITS
    uploads: int = UPLOADS
    units_used: int = 0  # on the first day, before the first request
    uploads_used: int = 0
    uploads_refusal: Literal["rateLimitExceeded", "quotaExceeded"] = "rateLimitExceeded"  # 429 or 403

    # the channels
    channel_uploads: int = 100  # in a day, each
    phone_verified: bool = True  # else no thumbnail may be set
    long_uploads: Literal["allowed", "eligible", "disallowed"] = (
        "allowed"  # else more than 15 min is rejected
    )
    thumbnails: int = 100  # in a day, each channel
    thumbnail_bytes: int = 2 << 20
    captions_bytes: int = 104_857_600
    privacy: str = ""  # what every video becomes, whatever was asked for; "" leaves it

    # videos
    outcomes: list[str] = field(
        default_factory=list
    )  # of the next uploads: failed:REASON, rejected:REASON, terminated:
    uploads_lag: float = 0.0  # seconds until the playlist of uploads shows a new video
    unknown_video: Literal["empty", "404"] = "empty"  # what videos.list says of it

    # playlists
    playlists: tuple[PlaylistAtStart, ...] = PLAYLISTS  # made at start and at every reset
    too_fresh: float = 0.0  # seconds after the upload in which playlistItems.insert does not find the video
    duplicates: Literal["add", "refuse"] = "add"  # a second entry of one video, or 409

    def become(self, other: Self) -> None:
        for one in fields(self):
            worth = getattr(other, one.name)
            setattr(self, one.name, list(worth) if isinstance(worth, list) else worth)
