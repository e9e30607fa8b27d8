"""office.toml: who works here, with which roles. No file means an office without names: nobody can approve."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from asean_social.errors import CampaignError, Problem
from asean_social.fields import Clock, Many, Shape, Slug, fitting
from asean_social.moments import Unfit
from asean_social.problems import dotted, keys, meaning

Role = Literal["author", "reviewer", "approver"]


class Person(Shape):
    id: Slug
    name: str
    position: str = ""
    roles: Many[Role] = ()
    ssh_key: str | None = None


class Quiet(Shape):
    """A window of the day without posts; it may go past midnight."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")


def _no_twins(people: tuple[Person, ...]) -> tuple[Person, ...]:
    ids = [one.id for one in people]
    for one in ids:
        if ids.count(one) > 1:
            raise Unfit("office.person-twice", found=one)
    return people


class _OfficeShape(Shape):
    people: Annotated[Many[Person], AfterValidator(fitting(_no_twins))] = ()
    language: Literal["vi", "en"] = "vi"
    daily_caps: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)  # by platform/account
    quiet: Many[Quiet] = ()
    words: dict[str, Many[str]] = Field(default_factory=dict)  # lists for checks of wording


@dataclass(frozen=True, slots=True)
class Office:
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    language: str = "vi"
    daily_caps: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    quiet: tuple[Quiet, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


def load(path: Path) -> Office:
    """Raises CampaignError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Office()
    except OSError as error:
        raise _refused(path, Problem("yaml.unreadable", {"reason": error.strerror})) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(path, Problem("office.not-toml", {"report": str(error)})) from None
    try:
        shape = _OfficeShape.model_validate(raw)
    except ValidationError as error:
        raise _refused(path, *(_problem(one) for one in error.errors(include_url=False))) from None
    people = MappingProxyType({one.id: one for one in shape.people})
    return Office(people, shape.language, shape.daily_caps, shape.quiet, shape.words)


def _problem(error: Any) -> Problem:
    code, values = meaning(error, keys(_OfficeShape, Person, Quiet))
    return Problem(code, values, path=dotted(error["loc"]))


def _refused(path: Path, *problems: Problem) -> CampaignError:
    found = [Problem(one.code, one.values, file=path.name, path=one.path) for one in problems]
    return CampaignError("office.refused", found, file=path.name)
