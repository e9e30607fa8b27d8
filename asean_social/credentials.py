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

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationError

from asean_social.errors import CredentialsError, Problem, Severity
from asean_social.publishers.http import is_loopback

SECRETS = frozenset({"access_token", "app_secret", "client_secret", "refresh_token", "secret_key"})


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and is_loopback(url):
        return url.rstrip("/")
    msg = "https"
    raise ValueError(msg)


Address = Annotated[str, AfterValidator(_address)]  # https, or plain http to this machine only


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FacebookAccount(_Table):
    page_id: str
    access_token: SecretStr  # a Page token
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    release: Literal["two-step", "one-step"] = "two-step"
    api_url: Address = "https://graph.facebook.com"


class YouTubeAccount(_Table):
    channel_id: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    api_url: Address = "https://youtube.googleapis.com"
    token_url: Address = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address


class MediaStore(_Table):
    store: str  # fsspec URL that files are written to
    url: Address  # the public address of the same folder


class ZaloAccount(_Table):
    oa_id: str
    app_id: str
    secret_key: SecretStr
    access_token: SecretStr = SecretStr("")
    refresh_token: SecretStr
    media: MediaStore | None = None
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
    return Problem("credentials.toml", {}, file=str(path), line=line, column=column)


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
        field, _, source = key.rpartition("_")
        if field not in SECRETS or source not in ("env", "keyring"):
            values[key] = value
            continue
        secret = environment.get(str(value)) if source == "env" else _from_keyring(str(value))
        if secret:
            values[field] = secret
        else:
            code = f"credentials.no-{source}"
            problems.append(Problem(code, {"name": str(value)}, file=str(path), path=f"{where}.{key}"))
    return values, problems


def _from_keyring(entry: str) -> str | None:
    try:
        import keyring
    except ImportError:
        raise CredentialsError("credentials.keyring-missing") from None
    service, _, user = entry.partition("/")
    secret: str | None = keyring.get_password(service, user)
    return secret


_KINDS = {"missing": "credentials.missing-field", "extra_forbidden": "credentials.unknown-field"}


def _problem(item: Mapping[str, Any], where: str, path: Path) -> Problem:
    field = ".".join(str(part) for part in item["loc"])
    fallback = "credentials.bad-address" if field.endswith("url") else "credentials.bad-value"
    code = _KINDS.get(item["type"], fallback)
    return Problem(code, {"field": field}, file=str(path), path=f"{where}.{field}")


def _readable_by_others(path: Path) -> Iterator[Problem]:
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield Problem("credentials.readable-by-others", {}, Severity.WARNING, file=str(path))
