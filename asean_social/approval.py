"""Does an approval cover this content? Approvals bind to a delivery's digest and to a window of time.

`<campaign>.approvals.yaml` beside the campaign travels with it in git. Without signatures an approval is trust among
colleagues: whoever may write the file can write an approval into it.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError

from asean_social import reader
from asean_social.campaign import APPROVALS, Campaign
from asean_social.errors import ApprovalError, CampaignError, Problem
from asean_social.fields import Many, Shape, fitting
from asean_social.moments import moment
from asean_social.office import Office
from asean_social.plan import Planned
from asean_social.problems import dotted, keys, meaning

APPROVER = "approver"
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # of a time a person wrote without an offset
_Time = Annotated[datetime, BeforeValidator(fitting(lambda typed: moment(typed, _ZONE)))]


class Window(Shape):
    start: _Time = Field(alias="from")
    end: _Time = Field(alias="to")


class Approval(Shape):
    post: str  # campaign/post/channel/slot, or the beginning of it up to a slash: all that lies under it
    digest: str
    by: str
    role: str
    at: _Time
    window: Window | None = None  # None: as long as the campaign


class _File(Shape):
    approvals: Many[Approval] = ()


@dataclass(frozen=True, slots=True)
class Approvals:
    given: tuple[Approval, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "Approvals":
        """No file means no approvals. Raises ApprovalError."""
        return cls(_read(path)) if path.exists() else cls()

    def covers(self, planned: Planned) -> Approval | None:
        """The newest approval of exactly this content at this time."""
        valid = [one for one in self._of(planned) if one.digest == planned.digest and _inside(one, planned)]
        return max(valid, key=lambda one: one.at, default=None)

    def why_not(self, planned: Planned) -> Literal["missing", "changed", "outside-window"]:
        """Why `covers` finds none."""
        own = self._of(planned)
        if any(one.digest == planned.digest for one in own):
            return "outside-window"
        return "changed" if own else "missing"

    def _of(self, planned: Planned) -> list[Approval]:
        return [
            one
            for one in self.given
            if f"{planned.key}/".startswith(f"{one.post}/")
            and one.role == APPROVER
            and one.by != planned.author
        ]


def path_for(campaign: Campaign) -> Path:
    return campaign.source.with_name(f"{campaign.slug}{APPROVALS}")


def approve(
    path: Path, planned: Sequence[Planned], person: str, office: Office, now: datetime
) -> tuple[Approval, ...]:
    """Write this person's approval of the deliveries into the file; those approved already stay as they are.

    Returns the new ones. Raises ApprovalError for a person who may not, and then writes nothing.
    """
    _check(planned, person, office)
    known = Approvals.read(path)
    at = now.replace(microsecond=0)
    new = tuple(
        Approval.model_construct(post=one.key, digest=one.digest, by=person, role=APPROVER, at=at)
        for one in planned
        if not known.covers(one)
    )
    if new:
        _write(path, (*known.given, *new))
    return new


def _check(planned: Sequence[Planned], person: str, office: Office) -> None:
    if person not in office.people:
        fits = get_close_matches(person, office.people, n=1) or sorted(office.people)
        raise ApprovalError("approval.unknown-person", found=person, fits=", ".join(fits) or "–")
    if APPROVER not in office.people[person].roles:
        raise ApprovalError("approval.not-approver", name=office.people[person].name)
    own = [one.key for one in planned if one.author == person]
    if own:
        raise ApprovalError("approval.own-post", name=office.people[person].name, post=own[0])


def _inside(approval: Approval, planned: Planned) -> bool:
    return approval.window is None or approval.window.start <= planned.due_at <= approval.window.end


def _read(path: Path) -> tuple[Approval, ...]:
    try:
        document = reader.read(path)
        return _File.model_validate(document.value or {}).approvals
    except CampaignError as error:
        raise _broken(path, error.problems) from error
    except ValidationError as error:
        found = [
            _problem(document, one["loc"], *meaning(one, _KEYS)) for one in error.errors(include_url=False)
        ]
        raise _broken(path, found) from None


_KEYS = keys(_File, Approval, Window)


def _problem(document: reader.Document, steps: reader.Steps, code: str, values: dict[str, object]) -> Problem:
    line, column = document.position(steps)
    return Problem(code, values, line=line, column=column, path=dotted(steps))


def _broken(path: Path, problems: Sequence[Problem]) -> ApprovalError:
    found = [replace(one, file=path.name) for one in problems]
    return ApprovalError("approval.file-broken", found, file=path.name)


def _write(path: Path, approvals: Sequence[Approval]) -> None:
    """Whole or not at all: a reader sees the old file or the new one."""
    text = "# Each approval covers exactly the content it was given for.\napprovals:\n"
    text += "".join(_entry(one) for one in approvals)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)  # a temporary file is its owner's alone; colleagues read this one
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise ApprovalError("approval.not-written", file=path.name, reason=error.strerror) from error


def _entry(one: Approval) -> str:
    values = {
        "post": one.post,
        "digest": one.digest,
        "by": one.by,
        "role": one.role,
        "at": one.at.isoformat(),
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    if one.window:
        lines.append(
            f'window: {{from: "{one.window.start.isoformat()}", to: "{one.window.end.isoformat()}"}}'
        )
    return "  - " + "\n    ".join(lines) + "\n"
