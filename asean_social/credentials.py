"""Accounts and their secrets: `credentials.toml`, one table per account.

Every secret may instead be named by an environment variable (`access_token_env = "NAME"`) or lie in the system
keyring (`access_token_keyring = "service/user"`).
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from asean_social.errors import CredentialsError, Problem, Severity
from asean_social.publishers.http import is_loopback

SECRETS = frozenset({"access_token", "app_secret", "client_secret", "refresh_token", "secret_key"})


# A name longer or of other letters may be the secret itself, written in the wrong place: it is not repeated.
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,40}|[\w.@ -]{1,40}/[\w.@ -]{1,40}")


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise PydanticCustomError("bad_address", "bad address") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    if not (safe and parts.hostname and not parts.query and not parts.fragment):
        raise PydanticCustomError("bad_address", "bad address")
    return url.rstrip("/")


def _secret(written: object) -> object:
    """White space around a pasted secret is not part of it; inside, or other letters, no HTTP header could carry it."""
    if not isinstance(written, str):
        return written
    secret = written.strip()
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise PydanticCustomError("bad_secret", "bad secret")
    return secret


Address = Annotated[str, AfterValidator(_address)]  # https, or plain http to this machine only
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
OptionalSecret = Annotated[SecretStr, BeforeValidator(_secret)]
Secret = Annotated[OptionalSecret, Field(min_length=1)]


class _Table(BaseModel):
    # An id written without quotes is a number to TOML.
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True
    )


class FacebookAccount(_Table):
    page_id: Id
    access_token: Secret  # a Page token
    app_id: str = ""
    app_secret: OptionalSecret = SecretStr("")
    release: Literal["two-step", "one-step"] = "two-step"
    api_url: Address = "https://graph.facebook.com"


class YouTubeAccount(_Table):
    channel_id: Id
    client_id: Id
    client_secret: Secret
    refresh_token: Secret
    api_url: Address = "https://youtube.googleapis.com"
    token_url: Address = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address


class MediaStore(_Table):
    store: Id = Field(repr=False)  # fsspec URL that files are written to; may hold a password
    url: Address  # the public address of the same folder


class ZaloAccount(_Table):
    oa_id: Id
    app_id: Id
    secret_key: Secret
    access_token: OptionalSecret = SecretStr("")
    refresh_token: Secret
    media: MediaStore | None = None
    broadcasts_per_month: Annotated[int, Field(ge=0)] | None = (
        None  # what the package allows; None: not known
    )
    package_day: Annotated[int, Field(ge=1, le=28)] = 1  # of the month, on which its quotas begin anew
    api_url: Address = "https://openapi.zalo.me"
    oauth_url: Address = "https://oauth.zaloapp.com"


AnyAccount = FacebookAccount | YouTubeAccount | ZaloAccount
MODELS: Mapping[str, type[FacebookAccount] | type[YouTubeAccount] | type[ZaloAccount]] = {
    "facebook": FacebookAccount,
    "youtube": YouTubeAccount,
    "zalo": ZaloAccount,
}


@dataclass(frozen=True)
class Credentials:
    accounts: Mapping[tuple[str, str], AnyAccount]  # by (platform, name)
    warnings: tuple[Problem, ...] = ()

    def account(self, platform: str, name: str) -> AnyAccount:
        try:
            return self.accounts[platform, name]
        except KeyError:
            raise CredentialsError(
                "credentials.no-account", platform=platform, account=name, known=self._known(platform)
            ) from None

    def _known(self, platform: str) -> str:
        return ", ".join(sorted(name for kind, name in self.accounts if kind == platform)) or "–"


def quota_owner(platform: str, name: str, account: AnyAccount) -> str:
    """YouTube counts for a Google Cloud project, whose number a client id begins with; the others for the account."""
    if isinstance(account, YouTubeAccount):
        return f"google/{account.client_id.partition('-')[0]}"
    return f"{platform}/{name}"


def load(path: Path, environment: Mapping[str, str]) -> Credentials:
    """Raises CredentialsError with every problem of the file; no value of a secret is ever part of one."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise CredentialsError("credentials.missing", file=str(path)) from None
    except OSError as error:
        raise CredentialsError(
            "credentials.unreadable", file=str(path), reason=error.strerror or ""
        ) from None
    except UnicodeDecodeError:
        raise CredentialsError("credentials.not-utf8", file=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise CredentialsError(
            "credentials.broken", problems=[_broken(path, error)], file=str(path)
        ) from None
    found: dict[tuple[str, str], AnyAccount] = {}
    problems: list[Problem] = []
    for platform, name, table in _tables(document, path, problems):
        account, faults = _parse(platform, name, table, path, environment)
        problems += faults
        if account is not None:
            found[platform, name] = account
    if problems:
        raise CredentialsError("credentials.problems", problems=problems, file=str(path), count=len(problems))
    return Credentials(found, tuple(_readable_by_others(path)))


def _broken(path: Path, error: tomllib.TOMLDecodeError) -> Problem:
    # the text of the error may quote what was written, which may be a token: only its position is kept
    spot = re.search(r"at line (\d+), column (\d+)", str(error))
    line, column = (int(spot[1]), int(spot[2])) if spot else (0, 0)
    return Problem("credentials.not-toml", {}, file=str(path), line=line, column=column)


def _tables(
    document: Mapping[str, Any], path: Path, problems: list[Problem]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for platform, accounts in document.items():
        if platform not in MODELS or not isinstance(accounts, dict):
            values = {"found": platform, "fits": ", ".join(MODELS)}
            problems.append(Problem("credentials.unknown-platform", values, file=str(path), path=platform))
            continue
        for name, table in accounts.items():
            if isinstance(table, dict):
                yield platform, name, table
            else:
                values = {"platform": platform}
                problems.append(
                    Problem("credentials.not-a-table", values, file=str(path), path=f"{platform}.{name}")
                )


def _parse(
    platform: str, name: str, table: Mapping[str, Any], path: Path, environment: Mapping[str, str]
) -> tuple[AnyAccount | None, list[Problem]]:
    where = f"{platform}.{name}"
    values, problems = _resolve(table, where, path, environment)
    if problems:
        return None, problems
    try:
        return MODELS[platform].model_validate(values), []
    except ValidationError as error:
        return None, [
            _problem(item, where, path) for item in error.errors(include_input=False, include_url=False)
        ]


def _resolve(
    table: Mapping[str, Any], where: str, path: Path, environment: Mapping[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in table.items():
        name, _, source = key.rpartition("_")
        elsewhere = name in SECRETS and source in ("env", "keyring")
        field = name if elsewhere else key
        found = _fetch(source, str(value), environment) if elsewhere else value
        if field in values or (not found and elsewhere):
            code = "credentials.given-twice" if field in values else f"credentials.no-{source}"
            shown = str(value) if elsewhere and _NAME.fullmatch(str(value)) else "…"
            about = {"field": field, "name": shown}
            problems.append(Problem(code, about, file=str(path), path=f"{where}.{key}"))
        values[field] = found
    return values, problems


def _fetch(source: str, name: str, environment: Mapping[str, str]) -> str | None:
    return environment.get(name) if source == "env" else _from_keyring(name)


def _from_keyring(entry: str) -> str | None:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise CredentialsError("credentials.keyring-missing") from None
    service, _, user = entry.partition("/")
    try:
        secret: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise CredentialsError("credentials.keyring-unusable", reason=type(error).__name__) from None
    return secret


_KINDS = {
    "missing": "credentials.missing-field",
    "string_too_short": "credentials.missing-field",
    "too_short": "credentials.missing-field",
    "extra_forbidden": "credentials.unknown-field",
    "bad_address": "credentials.bad-address",
    "bad_secret": "credentials.bad-secret",
    "literal_error": "credentials.not-one-of",
}


def _problem(item: Mapping[str, Any], where: str, path: Path) -> Problem:
    field = ".".join(str(part) for part in item["loc"])
    values = {"field": field, "fits": item.get("ctx", {}).get("expected", "")}
    code = _KINDS.get(item["type"], "credentials.bad-value")
    return Problem(code, values, file=str(path), path=f"{where}.{field}")


def _readable_by_others(path: Path) -> Iterator[Problem]:
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield Problem("credentials.readable-by-others", {}, Severity.WARNING, file=str(path))
