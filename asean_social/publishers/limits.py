"""What each platform takes at most, in the unit it counts, with the source and the day it was read."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from asean_social.publishers.base import Limit

FACEBOOK: Mapping[str, Limit] = MappingProxyType(
    {
        # Meta names no number; its own composer stops here, and so do several products.
        "text": Limit(
            63_206,
            "characters",
            "https://developers.facebook.com/docs/graph-api/reference/page/feed/",
            date(2026, 11, 23),
        ),
        # The reference says 10 MB, its own error 1366046 says 4 MB: the smaller one holds.
        "photo.size": Limit(
            4_000_000,
            "bytes",
            "https://developers.facebook.com/docs/graph-api/reference/page/photos/",
            date(2026, 11, 23),
        ),
    }
)
