"""Days, hours and months as Zalo counts them.

No source names the zone or the day on which an account's package begins: Vietnam's zone and the first of the month.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def hour_of(moment: float) -> int:
    return _local(moment).hour


def month_of(moment: float) -> tuple[int, int]:
    """The period of the quotas."""
    local = _local(moment)
    return local.year, local.month


def _local(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZONE)
