"""From codes and values to sentences, in Vietnamese (the default) or English.

English sentences live in `wording`, their translations in gettext catalogs under `locale`. Values are written the
way each language writes them: 1.450 and 24/02/2027 19:30 in both, with the thousands' dot only in Vietnamese.
"""

import gettext
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from functools import cache
from importlib import import_module
from importlib.resources import as_file, files
from typing import Any
from zoneinfo import ZoneInfo

from asean_social.errors import Problem, SocialError

LANGUAGES = ("vi", "en")
AREAS = (
    "campaign",
    "cli",
    "credentials",
    "doctor",
    "follow_ups",
    "ledger",
    "life",
    "publish",
    "youtube",
    "zalo",
)
HOME = "Asia/Ho_Chi_Minh"
WEEKDAYS = ("weekday.0", "weekday.1", "weekday.2", "weekday.3", "weekday.4", "weekday.5", "weekday.6")


@cache
def messages() -> Mapping[str, str]:
    """Every sentence in English, by code."""
    found: dict[str, str] = {}
    for area in AREAS:
        found |= import_module(f"asean_social.wording.{area}").MESSAGES
    return found


@cache
def _catalog(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    with as_file(files("asean_social") / "locale") as folder:
        return gettext.translation("asean_social", folder, [language])


class Language:
    def __init__(self, code: str, zone: tzinfo | None = None) -> None:
        self.code = code
        self.zone = zone or ZoneInfo(HOME)

    def say(self, code: str, /, **values: Any) -> str:
        """The sentence of `code`. A code without one is a bug and raises KeyError."""
        shown = {name: self.value(name, value) for name, value in values.items()}
        if self.known(str(values.get("cause", ""))):  # a reason inside a reason
            inner = {name: value for name, value in values.items() if name != "cause"}
            shown["cause"] = self.say(values["cause"], **inner)
        return _catalog(self.code).gettext(messages()[code]).format_map(_Shown(shown))

    def known(self, code: str) -> bool:
        return code in messages()

    def hint(self, code: str, /, **values: Any) -> str:
        return self.say(f"{code}.hint", **values) if self.known(f"{code}.hint") else ""

    def error(self, error: SocialError) -> tuple[str, str]:
        """Sentence and hint."""
        return self.say(error.code, **error.values), self.hint(error.code, **error.values)

    def problem(self, problem: Problem) -> tuple[str, str]:
        return self.say(problem.code, **problem.values), self.hint(problem.code, **problem.values)

    def value(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return self.say("value.yes" if value else "value.no")
        if isinstance(value, datetime):
            return self.time(value)
        if isinstance(value, date):
            return value.strftime("%d/%m/%Y")
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, str) and is_time(name):  # from the ledger
            return self.time(datetime.fromisoformat(value))
        return str(value)

    def number(self, value: int) -> str:
        text = f"{value:,}"
        return text.replace(",", ".") if self.code == "vi" else text

    def size(self, count: int) -> str:
        """Bytes for people: 1,4 MB."""
        for unit, step in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
            if count >= step:
                text = f"{count / step:.1f}"
                return f"{text.replace('.', ',') if self.code == 'vi' else text} {unit}"
        return f"{count} B"

    def duration(self, seconds: float) -> str:
        """Minutes and seconds, as players show it: 1:05."""
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}:{rest:02}"

    def time(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%d/%m/%Y %H:%M")

    def weekday(self, moment: datetime) -> str:
        return self.say(WEEKDAYS[moment.astimezone(self.zone).weekday()])


def is_time(name: str) -> bool:
    """Whether what a sentence calls so is a moment."""
    return name.endswith("_at") or name in ("at", "until")


class _Shown(dict[str, str]):
    """A value that a platform's error did not bring stays a dash instead of hiding the sentence."""

    def __missing__(self, key: str) -> str:
        del key
        return "–"
