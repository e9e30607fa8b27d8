"""The types of single values in a campaign file: what may be written, and what it becomes.

A value that does not fit raises a pydantic error of type `unfit` that holds our code and values, or one of pydantic's
own, which `campaign` translates. The validation context holds `zone`, `root` and `folder`.
"""

import os
import re
from collections.abc import Callable
from datetime import date, time
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from asean_social import moments, taxonomy, text
from asean_social.moments import Unfit

T = TypeVar("T")


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


def unfit(code: str, **values: Any) -> PydanticCustomError:
    return PydanticCustomError("unfit", "does not fit", {"code": code, **values})


def fitting(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A validator of a function that raises Unfit."""

    def check(typed: Any) -> Any:
        try:
            return parse(typed)
        except Unfit as error:
            raise unfit(error.code, **error.values) from error

    return check


def term(kind: str, typed: str) -> str:
    """The slug of a name of the taxonomy. Raises Unfit with the nearest one, or all of them."""
    slug = taxonomy.resolve(kind, typed)
    if slug is None:
        fits = taxonomy.nearest(kind, typed) or ", ".join(one.slug for one in taxonomy.TERMS[kind])
        raise Unfit(f"campaign.unknown-{kind}", found=typed, fits=fits)
    return slug


def _term(kind: str) -> AfterValidator:
    return AfterValidator(fitting(lambda typed: term(kind, typed)))


def _matching(pattern: str, code: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(typed: str) -> str:
        if not compiled.fullmatch(typed):
            raise unfit(code, found=typed, fits=text.slug(typed) or "bai-1")
        return typed

    return AfterValidator(check)


def one_or_many(typed: Any) -> Any:
    return typed if isinstance(typed, list) else [typed]


def media_path(typed: Any, info: ValidationInfo) -> Path:
    """Absolute, inside the project folder; a symbolic link that leads out of it counts as outside."""
    if not isinstance(typed, str):
        raise unfit("campaign.not-text", found=str(typed))
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", typed):
        raise unfit("campaign.media-address", found=typed)
    windows = PureWindowsPath(typed)
    if windows.drive or windows.root or PurePosixPath(typed).is_absolute() or typed.startswith("~"):
        raise unfit("campaign.media-absolute", found=typed)
    if "\\" in typed:
        raise unfit("campaign.media-backslash", found=typed, fits=typed.replace("\\", "/"))
    context: dict[str, Any] = info.context or {}
    root, path = Path(context["root"]), Path(os.path.normpath(Path(context["folder"]) / typed))
    if not path.is_relative_to(root) or not path.resolve().is_relative_to(root.resolve()):
        raise unfit("campaign.media-outside", found=typed)
    return path


def _number_as_text(typed: Any) -> Any:
    return str(typed) if isinstance(typed, int) and not isinstance(typed, bool) else typed


def _codes_as_text(typed: Any) -> Any:
    """Codes as the platform takes them: `4,9`; a list or a single number may be written too."""
    listed = typed if isinstance(typed, list) else [typed]
    codes = [_number_as_text(one) for one in listed]
    if not all(isinstance(one, str) and re.fullmatch(r"\d+(\s*,\s*\d+)*", one) for one in codes):
        raise unfit("campaign.bad-codes", found=str(typed))
    return ",".join(re.sub(r"\s", "", one) for one in codes)


def _hashtag(typed: str) -> str:
    if not re.fullmatch(r"#?\w+", typed):
        raise Unfit("campaign.bad-hashtag", found=typed)
    return f"#{typed.removeprefix('#')}"


def _link(typed: str) -> str:
    try:
        host = urlsplit(typed).hostname if re.fullmatch(r"https?://\S+", typed) else None
    except ValueError:  # brackets that hold no address
        host = None
    if not host:
        raise Unfit("campaign.bad-link", found=typed)
    return typed


def _cron(typed: str) -> str:
    if len(typed.split()) != 5 or not croniter.is_valid(typed):
        raise Unfit("campaign.bad-cron", found=typed)
    return typed


def _zone(typed: str) -> str:
    try:
        return ZoneInfo(typed).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unfit("campaign.unknown-timezone", found=typed) from None


Many = Annotated[tuple[T, ...], Field(strict=False)]  # a YAML list
OneOrMany = Annotated[tuple[T, ...], Field(strict=False), BeforeValidator(one_or_many)]

Slug = Annotated[str, _matching("[a-z0-9][a-z0-9_-]{0,79}", "campaign.bad-id")]
Account = Annotated[
    str, _matching("(facebook|youtube|zalo)/[A-Za-z0-9][A-Za-z0-9_-]*", "campaign.bad-account")
]
Link = Annotated[str, AfterValidator(fitting(_link))]
Hashtag = Annotated[str, AfterValidator(fitting(_hashtag))]
Cron = Annotated[str, AfterValidator(fitting(_cron))]
Zone = Annotated[str, AfterValidator(fitting(_zone))]
Code = Annotated[str, BeforeValidator(_number_as_text)]  # a number that is a name: 25 and "25" are the same
Codes = Annotated[str, BeforeValidator(_codes_as_text)]  # several of them: "4,9"

Day = Annotated[date, BeforeValidator(fitting(moments.day))]
Clock = Annotated[time, BeforeValidator(fitting(moments.clock))]
Seconds = Annotated[int, BeforeValidator(fitting(moments.seconds))]
MediaPath = Annotated[Path, BeforeValidator(media_path)]

Theme = Annotated[str, _term("theme")]
Form = Annotated[str, _term("form")]
Goal = Annotated[str, _term("goal")]
Audience = Annotated[str, _term("audience")]
Period = Annotated[str, _term("period")]
PillarName = Annotated[str, _term("pillar")]

Approval = Literal["none", "one", "two-level"]
Language = Literal["vi", "en", "vi+en"]
Shown = Literal["show", "hide"]
