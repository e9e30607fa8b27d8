"""Both quota buckets of the project, counted by the day in California, and the daily limits of each channel.

Sources: https://developers.google.com/youtube/v3/determine_quota_cost;
https://github.com/googleapis/google-api-python-client/issues/2753 (the shape of an empty upload bucket).
"""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from asean_social.sandbox.wire import Refusal
from asean_social.sandbox.world import World
from asean_social.sandbox.youtube_rules import refuse
from asean_social.sandbox.youtube_settings import Settings

COSTS = {
    "videos.update": 50,
    "videos.delete": 50,
    "thumbnails.set": 50,
    "captions.list": 50,
    "captions.insert": 400,
    "captions.update": 450,
    "captions.delete": 50,
    "playlistItems.insert": 50,
    "playlistItems.delete": 50,
}  # every other read costs 1
PACIFIC = ZoneInfo("America/Los_Angeles")


class Quota:
    def __init__(self, world: World, settings: Settings) -> None:
        self._world, self._settings = world, settings
        self.clear()

    def clear(self) -> None:
        self._day = ""
        self.units = self.uploads = 0  # used today
        self._channels: Counter[tuple[str, str]] = Counter()

    def pay(self, method: str) -> None:
        """Take the price of one call from its bucket; refused calls pay too."""
        with self._world.lock:
            self._turn()
            if method == "videos.insert":
                if self.uploads >= self._settings.uploads:
                    raise self._no_uploads()
                self.uploads += 1
                return
            price = COSTS.get(method, 1)
            if self.units + price > self._settings.units:
                text = "The request cannot be completed because you have exceeded your quota."
                raise refuse(method, "quotaExceeded", text, domain="youtube.quota")
            self.units += price

    def count(self, channel: str, what: str, most: int) -> bool:
        """Count one of a channel's daily share; False when there is none left."""
        with self._world.lock:
            self._turn()
            self._channels[channel, what] += 1
            return self._channels[channel, what] <= most

    def used(self) -> tuple[int, int]:
        """Units and uploads of today."""
        with self._world.lock:
            self._turn()
            return self.units, self.uploads

    def _turn(self) -> None:
        today = datetime.fromtimestamp(self._world.now(), UTC).astimezone(PACIFIC).date().isoformat()
        if today == self._day:
            return
        first = not self._day
        self._day = today
        self.units = self._settings.units_used if first else 0
        self.uploads = self._settings.uploads_used if first else 0
        self._channels.clear()

    def _no_uploads(self) -> Refusal:
        reason = self._settings.uploads_refusal
        if reason == "quotaExceeded":
            text = "The request cannot be completed because you have exceeded your quota."
            return refuse("videos.insert", reason, text, domain="youtube.quota")
        text = (
            "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
            "'youtube.googleapis.com'"
        )
        return refuse("videos.insert", reason, text, domain="global")
