"""Dates, times and lengths of time as people in an office write them.

A value that does not fit raises `Unfit` with a code and values, never a guess: mm/dd is not read,
an hour without date or a date without hour is not completed.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo


class Unfit(ValueError):
    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


_DATE = r"(?:(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})|(?P<day2>\d{1,2})/(?P<month2>\d{1,2})/(?P<year2>\d{4}))"
_TIME = r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?|\s*(?:h|giờ)\s*(?P<minute2>\d{2})?)"
_OFFSET = r"(?P<offset>Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?"
_DAY = re.compile(_DATE)
_CLOCK = re.compile(_TIME)
_MOMENT = re.compile(rf"{_DATE}(?:T|\s+){_TIME}\s*{_OFFSET}")
_HALF_DAY = re.compile(r"\b(sáng|trưa|chiều|tối|am|pm)\b", re.IGNORECASE)
_LENGTH = re.compile(r"(\d{1,4})\s*(m|h|d|phút|giờ|ngày)")
_SECONDS = {"m": 60, "phút": 60, "h": 3600, "giờ": 3600, "d": 86400, "ngày": 86400}


def moment(typed: object, zone: ZoneInfo) -> datetime:
    """`24/02/2027 19:30`, `19h30`, ISO 8601; in `zone` unless it names an offset. Aware, in UTC."""
    text = _text(typed)
    found = _MOMENT.fullmatch(text)
    if not found:
        raise Unfit(_why_not(text), found=text)
    local = datetime.combine(_date(found), _time(found))
    if offset := found["offset"]:
        return datetime.fromisoformat(f"{local.isoformat()}{offset}").astimezone(UTC)
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise Unfit("time.skipped", found=text, zone=zone.key)
    return at


def day(typed: object) -> date:
    """`24/02/2027` or `2027-02-24`."""
    text = _text(typed)
    if found := _DAY.fullmatch(text):
        return _date(found)
    raise Unfit("time.no-date", found=text)


def clock(typed: object) -> time:
    """`19:30`, `19h30`, `8h`."""
    text = _text(typed)
    if found := _CLOCK.fullmatch(text):
        return _time(found)
    raise Unfit("time.half-day" if _HALF_DAY.search(text) else "time.no-clock", found=text)


def seconds(typed: object) -> int:
    """`90m`, `2h`, `1d` as seconds."""
    if isinstance(typed, int) and not isinstance(typed, bool):
        raise Unfit("time.no-unit", found=str(typed))
    text = _text(typed)
    if found := _LENGTH.fullmatch(text):
        return int(found[1]) * _SECONDS[found[2]]
    raise Unfit("time.no-unit", found=text)


def _text(typed: object) -> str:
    if isinstance(typed, bool) or not isinstance(typed, str | int | float):
        raise Unfit("time.not-text")
    if not isinstance(typed, str):
        raise Unfit("time.number", found=str(typed))
    return typed.strip()


def _why_not(text: str) -> str:
    if _HALF_DAY.search(text):
        return "time.half-day"
    if _DAY.fullmatch(text):
        return "time.no-hour"
    return "time.no-date" if _CLOCK.fullmatch(text) else "time.unreadable"


def _date(found: re.Match[str]) -> date:
    year, month, day = (int(found[name] or found[f"{name}2"]) for name in ("year", "month", "day"))
    if not 2000 <= year <= 2100:
        raise Unfit("time.no-such-year", found=str(year))
    try:
        return date(year, month, day)
    except ValueError:
        raise Unfit("time.no-such-day", found=f"{day:02d}/{month:02d}/{year}") from None


def _time(found: re.Match[str]) -> time:
    hour, minute = int(found["hour"]), int(found["minute"] or found["minute2"] or 0)
    try:
        return time(hour, minute, int(found["second"] or 0))
    except ValueError:
        raise Unfit("time.no-such-hour", found=f"{hour:02d}:{minute:02d}") from None
