"""Accounts and their secrets."""

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asean_social.credentials import (
    Credentials,
    FacebookAccount,
    MediaStore,
    YouTubeAccount,
    ZaloAccount,
    load,
)
from asean_social.errors import CredentialsError, Problem, Severity
from asean_social.wording.credentials import MESSAGES

WHOLE = """
[facebook.hue-asean]
page_id = "111"
access_token = "EAAB-token"
app_id = "222"
app_secret = "app-secret"
release = "one-step"
api_url = "http://127.0.0.1:8000/facebook/"

[youtube."Kênh Huế"]
channel_id = "UC1"
client_id = "client"
client_secret = "client-secret"
refresh_token = "1//refresh"

[zalo.hue-asean]
oa_id = 1000000000000000001
app_id = 4400000000000000001
secret_key = "zalo-secret"
access_token = ""
refresh_token = "RT-1"

[zalo.hue-asean.media]
store = "sftp://lan:mat-khau@may-chu.example/anh"
url = "https://anh.example/bai-viet/"
"""
PAGE = '[facebook.hue]\npage_id = "1"\naccess_token = "EAAB-token"\n'
LINES = {"page_id": '"1"', "access_token": '"EAAB-token"'}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tài khoản.toml"


def read(file: Path, text: str | bytes, environment: dict[str, str] | None = None) -> Credentials:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(0o600)
    return load(file, environment or {})


def refused(file: Path, text: str | bytes, environment: dict[str, str] | None = None) -> CredentialsError:
    with pytest.raises(CredentialsError) as caught:
        read(file, text, environment)
    return caught.value


def page(**lines: str | None) -> str:
    """A Facebook table with some lines changed, added, or (None) left out."""
    given = {name: worth for name, worth in {**LINES, **lines}.items() if worth is not None}
    return "\n".join(["[facebook.hue]", *(f"{name} = {worth}" for name, worth in given.items())])


def found(file: Path, text: str, environment: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Code and path of each problem."""
    error = refused(file, text, environment)
    assert error.code == "credentials.problems"
    assert error.values == {"file": str(file), "count": len(error.problems)}
    assert {one.file for one in error.problems} == {str(file)}
    return [(one.code, one.path) for one in error.problems]


# -- what is read


def test_every_field_of_every_platform_is_read(file):
    accounts = read(file, WHOLE).accounts

    facebook, youtube, zalo = (
        accounts["facebook", "hue-asean"],
        accounts["youtube", "Kênh Huế"],
        accounts["zalo", "hue-asean"],
    )
    assert isinstance(facebook, FacebookAccount)
    assert (facebook.page_id, facebook.app_id, facebook.release) == ("111", "222", "one-step")
    assert facebook.access_token.get_secret_value() == "EAAB-token"
    assert facebook.app_secret.get_secret_value() == "app-secret"
    assert facebook.api_url == "http://127.0.0.1:8000/facebook"
    assert isinstance(youtube, YouTubeAccount)
    assert (youtube.channel_id, youtube.client_id) == ("UC1", "client")
    assert youtube.client_secret.get_secret_value() == "client-secret"
    assert youtube.refresh_token.get_secret_value() == "1//refresh"
    assert isinstance(zalo, ZaloAccount)
    assert (zalo.oa_id, zalo.app_id) == ("1000000000000000001", "4400000000000000001")
    assert zalo.secret_key.get_secret_value() == "zalo-secret"
    assert zalo.access_token.get_secret_value() == ""
    assert zalo.refresh_token.get_secret_value() == "RT-1"
    assert zalo.media == MediaStore(
        store="sftp://lan:mat-khau@may-chu.example/anh", url="https://anh.example/bai-viet"
    )


def test_without_other_words_the_real_platforms_are_meant(file):
    text = WHOLE.replace("release", "#").replace("api_url", "#")
    accounts = read(file, text).accounts

    assert accounts["facebook", "hue-asean"].release == "two-step"
    assert accounts["facebook", "hue-asean"].api_url == "https://graph.facebook.com"
    assert accounts["youtube", "Kênh Huế"].api_url == "https://youtube.googleapis.com"
    assert accounts["youtube", "Kênh Huế"].token_url == "https://oauth2.googleapis.com/token"
    assert accounts["zalo", "hue-asean"].api_url == "https://openapi.zalo.me"
    assert accounts["zalo", "hue-asean"].oauth_url == "https://oauth.zaloapp.com"


def test_an_empty_file_has_no_accounts(file):
    assert read(file, "").accounts == {}


def test_a_file_saved_by_windows_notepad_is_read(file):
    text = b"\xef\xbb\xbf" + PAGE.replace("\n", "\r\n").encode()

    assert ("facebook", "hue") in read(file, text).accounts


def test_white_space_around_a_pasted_secret_and_id_is_dropped(file):
    account = read(file, page(access_token='" EAAB-token\\n"', page_id='" 1 "')).account("facebook", "hue")

    assert account.access_token.get_secret_value() == "EAAB-token"
    assert account.page_id == "1"


def test_no_secret_shows_in_what_is_printed(file):
    shown = repr(read(file, WHOLE))

    for secret in (
        "EAAB-token",
        "app-secret",
        "client-secret",
        "1//refresh",
        "zalo-secret",
        "RT-1",
        "mat-khau",
    ):
        assert secret not in shown


# -- secrets from elsewhere


def test_a_secret_may_be_named_by_an_environment_variable(file):
    text = page(access_token=None, access_token_env='"TOKEN_TRANG"')

    account = read(file, text, {"TOKEN_TRANG": "EAAB-env\n"}).account("facebook", "hue")
    assert account.access_token.get_secret_value() == "EAAB-env"


@pytest.mark.parametrize("environment", [{}, {"TOKEN_TRANG": ""}])
def test_a_variable_that_is_not_set_is_told_by_its_name(file, environment):
    error = refused(file, page(access_token=None, access_token_env='"TOKEN_TRANG"'), environment)

    (problem,) = error.problems
    assert (problem.code, problem.path) == ("credentials.no-env", "facebook.hue.access_token_env")
    assert problem.values == {"field": "access_token", "name": "TOKEN_TRANG"}


@pytest.mark.parametrize("secret", ["EAABsbCS1iHgBO7ZCZCx", "EAAB/" + "x" * 200, "a b"])
def test_a_secret_in_the_place_of_a_variables_name_is_not_repeated(file, secret):
    error = refused(file, page(access_token=None, access_token_env=f'"{secret}"'))

    assert secret not in f"{error!r} {error} {error.problems}"


def test_a_secret_given_twice_is_refused_and_not_repeated(file):
    text = page(access_token_env='"TOKEN_TRANG"', access_token=None) + '\naccess_token = "EAABTOKEN"'

    assert found(file, text, {"TOKEN_TRANG": "x"}) == [
        ("credentials.given-twice", "facebook.hue.access_token")
    ]
    assert "EAABTOKEN" not in repr(refused(file, text, {"TOKEN_TRANG": "x"}).problems)


class KeyringError(Exception): ...


@pytest.fixture
def keyring(monkeypatch) -> dict[tuple[str, str], str]:
    """A keyring to put secrets into."""
    kept: dict[tuple[str, str], str] = {}

    def get_password(service: str, user: str) -> str | None:
        if service == "khóa":
            raise KeyringError
        return kept.get((service, user))

    package, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    errors.KeyringError = KeyringError
    package.get_password, package.errors = get_password, errors
    monkeypatch.setitem(sys.modules, "keyring", package)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return kept


KEYRING = page(access_token=None, access_token_keyring='"asean/trang hue"')


def test_a_secret_may_lie_in_the_system_keyring(file, keyring):
    keyring["asean", "trang hue"] = "EAAB-keyring"

    account = read(file, KEYRING).account("facebook", "hue")
    assert account.access_token.get_secret_value() == "EAAB-keyring"


def test_what_the_keyring_lacks_is_told_by_its_name(file, keyring):
    error = refused(file, KEYRING)

    assert [(one.code, one.values["name"]) for one in error.problems] == [
        ("credentials.no-keyring", "asean/trang hue")
    ]


def test_a_locked_keyring_is_told(file, keyring):
    error = refused(file, KEYRING.replace("asean", "khóa"))

    assert (error.code, error.values) == ("credentials.keyring-unusable", {"reason": "KeyringError"})


def test_a_keyring_that_is_not_installed_is_told(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert refused(file, KEYRING).code == "credentials.keyring-missing"


# -- what is refused


def test_a_missing_file_is_told(file):
    with pytest.raises(CredentialsError) as caught:
        load(file, {})

    assert (caught.value.code, caught.value.values) == ("credentials.missing", {"file": str(file)})


def test_a_folder_is_no_credentials_file(tmp_path):
    with pytest.raises(CredentialsError, match=r"credentials.unreadable"):
        load(tmp_path, {})


def test_another_encoding_is_told(file):
    assert refused(file, PAGE.encode("utf-16")).code == "credentials.not-utf8"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PAGE + "app_secret = EAAB-bare\n", 4),
        (PAGE + 'app_secret = "EAAB-open\n', 4),
        (PAGE + "app_secret = “EAAB-quotes”\n", 4),
        (PAGE + 'access_token = "EAAB-again"\n', 4),
    ],
)
def test_broken_toml_is_told_by_its_place_and_nothing_of_it_is_repeated(file, text, line):
    error = refused(file, text)

    assert error.code == "credentials.broken"
    (problem,) = error.problems
    assert (problem.code, problem.line, problem.file) == ("credentials.not-toml", line, str(file))
    assert (
        "EAAB"
        not in f"{error!r} {error.problems} {error.__cause__} {error.__suppress_context__ or error.__context__}"
    )


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('[tiktok.hue]\nid = "1"', [("credentials.unknown-platform", "tiktok")]),
        ('page_id = "1"', [("credentials.unknown-platform", "page_id")]),
        ('facebook = "EAAB"', [("credentials.unknown-platform", "facebook")]),
        ('[facebook]\npage_id = "1"', [("credentials.not-a-table", "facebook.page_id")]),
        (page(page_id=None), [("credentials.missing-field", "facebook.hue.page_id")]),
        (page(page_id='" "'), [("credentials.missing-field", "facebook.hue.page_id")]),
        (page(access_token='""'), [("credentials.missing-field", "facebook.hue.access_token")]),
        (page(acces_token='"x"'), [("credentials.unknown-field", "facebook.hue.acces_token")]),
        (page(client_secret_env='"A"'), [("credentials.no-env", "facebook.hue.client_secret_env")]),
        (page(access_token='["EAAB"]'), [("credentials.bad-value", "facebook.hue.access_token")]),
        (page(page_id="true"), [("credentials.bad-value", "facebook.hue.page_id")]),
        (page(access_token='"EAAB token"'), [("credentials.bad-secret", "facebook.hue.access_token")]),
        (page(access_token='"mã bí mật"'), [("credentials.bad-secret", "facebook.hue.access_token")]),
        (page(release='"both"'), [("credentials.not-one-of", "facebook.hue.release")]),
        (
            '[zalo.a]\noa_id="1"\napp_id="2"\nsecret_key="3"\nrefresh_token="4"\nmedia="https://x"',
            [("credentials.bad-value", "zalo.a.media")],
        ),
        (
            '[zalo.a]\noa_id="1"\napp_id="2"\nsecret_key="3"\nrefresh_token="4"\nmedia={store="file:///x"}',
            [("credentials.missing-field", "zalo.a.media.url")],
        ),
    ],
)
def test_a_fault_is_told_by_its_place(file, text, problems):
    assert found(file, text) == problems


@pytest.mark.parametrize(
    "address",
    [
        "http://graph.facebook.com",
        "http://127.0.0.1.example",
        "ftp://graph.facebook.com",
        "graph.facebook.com",
        "https://",
        "https://[x",
        "https://x.example/?a=b",
        "https://x.example/#a",
        "",
    ],
)
def test_only_https_or_this_machine_gets_a_token(file, address):
    assert found(file, page(api_url=f'"{address}"')) == [("credentials.bad-address", "facebook.hue.api_url")]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:1"])
def test_this_machine_may_be_asked_without_encryption(file, address):
    assert read(file, page(api_url=f'"{address}/"')).account("facebook", "hue").api_url == address


def test_all_faults_of_all_accounts_are_told_at_once(file):
    text = page(page_id=None, api_url='"ftp://x"') + '\n[zalo.hue]\noa_id = "1"\n[tiktok.hue]\n'

    assert sorted(found(file, text)) == [
        ("credentials.bad-address", "facebook.hue.api_url"),
        ("credentials.missing-field", "facebook.hue.page_id"),
        ("credentials.missing-field", "zalo.hue.app_id"),
        ("credentials.missing-field", "zalo.hue.refresh_token"),
        ("credentials.missing-field", "zalo.hue.secret_key"),
        ("credentials.unknown-platform", "tiktok"),
    ]


def test_what_fits_is_told(file):
    release = refused(file, page(release='"both"')).problems[0]
    platform = refused(file, "[tiktok.hue]").problems[0]

    assert release.values["fits"] == "'two-step' or 'one-step'"
    assert platform.values == {"found": "tiktok", "fits": "facebook, youtube, zalo"}


@given(st.text(min_size=12), st.sampled_from(["access_token", "app_secret", "api_url", "release", "nobody"]))
def test_no_value_is_ever_part_of_an_error(tmp_path_factory, value, name):
    written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    file = tmp_path_factory.mktemp("case") / "credentials.toml"
    error = refused(file, page(page_id=None, **{name: written}))

    assert value not in f"{error} {error.problems}".replace(str(file), "")


# -- accounts and rights


def test_an_account_that_is_not_there_is_told_with_those_that_are(file):
    credentials = read(file, WHOLE + PAGE)

    with pytest.raises(CredentialsError) as caught:
        credentials.account("facebook", "huế")
    assert caught.value.code == "credentials.no-account"
    assert caught.value.values == {"platform": "facebook", "account": "huế", "known": "hue, hue-asean"}
    with pytest.raises(CredentialsError) as caught:
        read(file, PAGE).account("zalo", "hue")
    assert caught.value.values["known"] == "–"


@pytest.mark.skipif(os.name != "posix", reason="other systems keep rights in another way")
@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read_is_warned_about(file, mode, warned):
    read(file, PAGE)
    file.chmod(mode)

    expected = Problem("credentials.readable-by-others", {}, Severity.WARNING, file=str(file))
    assert load(file, {}).warnings == ((expected,) if warned else ())


def test_every_sentence_says_what_to_do():
    codes = {code for code in MESSAGES if not code.endswith(".hint")}

    assert {f"{code}.hint" for code in codes} == set(MESSAGES) - codes
