"""What a platform counts against an account or its project, and when it begins to count anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Quota:
    most: int  # in one period
    zone: str  # whose midnight begins a period
    monthly: bool = False  # else daily
    first_day: int = 1  # of the month, 1 to 28
    source: str = ""

    def period(self, now: datetime) -> date:
        """The first day, in the quota's zone, of the period that `now` lies in."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        if not self.monthly:
            return today
        begin = today.replace(day=self.first_day)
        last_month = today.replace(day=1) - timedelta(days=1)
        return begin if begin <= today else last_month.replace(day=self.first_day)

    def ends(self, now: datetime) -> datetime:
        """When the next period begins, UTC."""
        begin = self.period(now)
        next_month = (begin.replace(day=1) + timedelta(days=32)).replace(day=self.first_day)
        following = next_month if self.monthly else begin + timedelta(days=1)
        return datetime.combine(following, time(), ZoneInfo(self.zone)).astimezone(UTC)


_QUO = "https://developers.google.com/youtube/v3/determine_quota_cost (read 2026-11-23)"
_PACIFIC = "America/Los_Angeles"

# Per Google Cloud project, not per channel. Since 2026-06-01 uploads have a bucket of their own.
YOUTUBE: Mapping[str, Quota] = MappingProxyType(
    {
        "uploads": Quota(100, _PACIFIC, source=_QUO),
        "units": Quota(10_000, _PACIFIC, source=_QUO),
    }
)

# Which quota a request is counted against, and how much of it; a refused one counts too.
# https://developers.google.com/youtube/v3/determine_quota_cost and the pages of the methods (read 2026-11-23). The
# requests that carry the bytes of a video belong to the videos.insert that opened the session, and cost nothing more.
YOUTUBE_COSTS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "videos.insert": ("uploads", 1),
        "videos.list": ("units", 1),
        "videos.update": ("units", 50),
        "videos.delete": ("units", 50),
        "channels.list": ("units", 1),
        "videoCategories.list": ("units", 1),
        "playlists.list": ("units", 1),
        "playlistItems.list": ("units", 1),
        "playlistItems.insert": ("units", 50),
        "thumbnails.set": ("units", 50),  # "about 50"
        "captions.list": ("units", 50),
        "captions.insert": ("units", 400),
        "captions.update": ("units", 450),
    }
)
