"""What can go wrong, as values; the sentence for people is made at the edge (`lang.sentence`).

SocialError                 anything we foresaw
├── UserError               a person can mend the input: exit 1, no traceback
│   ├── CampaignError       campaign files, office file
│   ├── CredentialsError    credentials file
│   ├── ApprovalError       an approval that cannot be given or read
│   └── LedgerError         the ledger cannot be opened, read or written
└── PublishError            a platform, or the way to it
    ├── Unavailable         try again later (after `retry_after` seconds, where it says so); nothing visible happened
    │   └── RateLimited     the platform counts requests: meanwhile the others of the account wait too
    ├── Rejected            the platform refuses this content; a person must change something
    ├── AuthFailed          token, permission or account; a person must act, the account pauses
    └── OutcomeUnknown      the request may have taken effect; look it up, never resend blindly
Whatever is not a SocialError is a bug of ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `code` and `values` make the sentence; `code + ".hint"`, where it exists, makes the hint."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.ERROR
    file: str = ""  # as the person named it, or relative to the project
    line: int = 0  # from 1; 0 where there is none
    column: int = 0  # from 1
    path: str = ""  # pillars.apsc[3].zalo.title
    post: str = ""  # campaign/post, where the finding belongs to one


class SocialError(Exception):
    """`code` names a sentence in `messages`, `values` fill it."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code}({inside})"


class UserError(SocialError):
    def __init__(self, code: str, problems: Sequence[Problem] = (), **values: Any) -> None:
        super().__init__(code, **values)
        self.problems = tuple(problems)


class CampaignError(UserError): ...


class CredentialsError(UserError): ...


class ApprovalError(UserError): ...


class LedgerError(UserError): ...


class PublishError(SocialError):
    """`detail` is the platform's own text, already redacted and cut to 300 characters."""

    def __init__(self, platform: str, code: str, detail: str = "", **values: Any) -> None:
        super().__init__(code, platform=platform, detail=detail[:300], **values)
        self.platform = platform
        self.detail = detail[:300]


class Unavailable(PublishError):
    def __init__(
        self, platform: str, code: str, detail: str = "", retry_after: float | None = None, **values: Any
    ) -> None:
        super().__init__(platform, code, detail, **values)
        self.retry_after = retry_after


class RateLimited(Unavailable): ...


class Rejected(PublishError): ...


class AuthFailed(PublishError): ...


class OutcomeUnknown(PublishError): ...
