"""doctor: what it finds in the project, on this computer and on every account, and that it changes nothing there."""

import json
import sqlite3
import tomllib
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from facebook_script import Scripted, account
from publisher_contract import FixedTokens
from town import text_post

from asean_social import database
from asean_social.clock import SystemClock
from asean_social.credentials import SECRETS
from asean_social.doctor import of_clock, of_disk, of_ledger
from asean_social.errors import Severity
from asean_social.ledger import Ledger
from asean_social.publishers.facebook import Facebook
from asean_social.publishers.http import Session
from asean_social.publishers.quotas import YOUTUBE
from asean_social.publishers.zalo_health import of_package, plain_picture
from asean_social.sandbox import facebook_access
from asean_social.sandbox.server import Sandbox

NOW = datetime(2027, 2, 24, 12, 0, tzinfo=UTC)
SOON = datetime.now(UTC) + timedelta(hours=3)


@pytest.fixture
def office(town):
    town.campaign(text_post(when=SOON))
    return town


def told(town, capsys, *arguments):
    """Exit code, and the findings by what they are about."""
    capsys.readouterr()
    code = town.run("doctor", "--json", *arguments)
    found = json.loads(capsys.readouterr().out)
    return code, {(one["path"], one["code"]): one["severity"] for one in found}


def faults(found):
    """But for the one thing that only a trial can settle."""
    return sorted(
        where for where, severity in found.items() if severity != "note" and where[1] != "rehearsal.unproven"
    )


# -- all is well


def test_all_is_well_and_nothing_was_changed(office, sandbox, capsys):
    code, found = told(office, capsys)

    assert (code, faults(found)) == (0, [])
    about = {path for path, _ in found}
    assert about == {"", "facebook/hue-asean", "youtube/hue-asean", "zalo/hue-asean"}
    assert ("facebook/hue-asean", "publish.facebook.scopes-granted") in found
    assert ("zalo/hue-asean", "store.works") in found
    assert sandbox.public() == sandbox.hidden() == list(sandbox.media_dir.iterdir()) == []
    changing = [one for one in sandbox.requests() if one["method"] != "GET"]
    assert {one["operation"] for one in changing} <= {"oauth.token"}


def test_people_read_it_account_by_account_with_what_to_do(office, sandbox, capsys):
    office.credentials(sandbox.credentials().replace("EAApage", "EAAgone"))

    assert office.run("doctor") == 3

    said = capsys.readouterr().out
    page, rest = said.partition("facebook/hue-asean")[2].split("youtube/hue-asean")
    assert "lỗi" in page
    assert "→" in page
    assert "lỗi" not in rest.rpartition("\n1 lỗi")[0]
    assert "EAAgone" not in said


def test_only_the_accounts_that_were_named_are_asked(office, sandbox, capsys):
    code, found = told(office, capsys, "--account", "facebook/hue-asean")

    assert code == 0
    assert {path for path, _ in found} == {"", "facebook/hue-asean"}
    assert {one["operation"].partition(".")[0] for one in sandbox.requests() if one["operation"]} == {
        "me",
        "debug_token",
    }


@pytest.mark.parametrize("name", ["facebook/khong-co", "hue-asean"])
def test_an_account_that_is_not_there_is_a_mistake_of_the_input(office, capsys, name):
    assert office.run("doctor", "--account", name) == 1
    assert name.rpartition("/")[2] in capsys.readouterr().err


# -- the accounts


def test_a_token_of_another_account_is_told(office, sandbox, capsys):
    own, other = sandbox.facebook.pages["hue-asean"], sandbox.facebook.pages["other"]
    office.credentials(sandbox.credentials().replace(own.token, other.token))

    code, found = told(office, capsys)

    assert code == 3
    assert faults(found) == [("facebook/hue-asean", "publish.wrong-account")]


def test_permissions_that_lack_are_named(office, sandbox, capsys, monkeypatch):
    monkeypatch.setattr(facebook_access, "SCOPES", ["pages_read_engagement", "pages_read_user_content"])

    code, found = told(office, capsys)
    office.run("doctor")

    assert code == 3
    assert found["facebook/hue-asean", "publish.facebook.no-scope"] == "error"
    assert found["facebook/hue-asean", "publish.facebook.no-comment-scope"] == "warning"
    said = capsys.readouterr().out
    assert "pages_manage_posts" in said
    assert "pages_manage_engagement" in said


def test_without_the_apps_secret_permissions_cannot_be_told(office, sandbox, capsys):
    lines = [
        one for one in sandbox.credentials().splitlines() if not one.startswith(("app_secret", "app_id ="))
    ]
    zalo = f'app_id = "{sandbox.zalo.app_id}"'
    office.credentials("\n".join(lines).replace("[zalo.hue-asean]", f"[zalo.hue-asean]\n{zalo}"))

    code, found = told(office, capsys)

    assert (code, faults(found)) == (0, [("facebook/hue-asean", "publish.facebook.not-inspected")])


@pytest.mark.parametrize("fault", ["cut-before", "garbage", "html", "throttle"])
def test_platforms_that_fail_are_faults_and_no_secret_is_told(office, sandbox, capsys, fault):
    sandbox.fault("*", "*", fault, times=1000)

    code, found = told(office, capsys)
    office.run("doctor")

    said = "".join(capsys.readouterr())
    ill = {path for (path, _), severity in found.items() if severity == "error"}
    assert (code, ill) == (3, {"facebook/hue-asean", "youtube/hue-asean", "zalo/hue-asean"})
    table = tomllib.loads(sandbox.credentials())
    secrets = [worth for one in table.values() for name, worth in one["hue-asean"].items() if name in SECRETS]
    assert len(secrets) == 7
    assert [one for one in secrets if one in said] == []
    assert not (office.root / "asean-social.log").exists()


@pytest.mark.parametrize("operation", ["debug_token", "me.get"])
def test_a_lost_answer_about_the_token_does_not_tell_it(office, sandbox, capsys, operation):
    sandbox.fault("facebook", operation, "cut-before", nth=1 if operation == "debug_token" else 3)

    assert office.run("doctor", "--account", "facebook/hue-asean") == 3

    said = "".join(capsys.readouterr())
    page = sandbox.facebook.pages["hue-asean"]
    assert page.token not in said
    assert sandbox.facebook.app_secret not in said


@pytest.mark.parametrize(
    ("inspected", "expected"),
    [
        ({"expires_at": 0}, [("publish.facebook.token-endless", "note")]),
        ({"expires_at": (NOW + timedelta(days=30)).timestamp()}, [("publish.facebook.token-ends", "note")]),
        ({"expires_at": (NOW + timedelta(days=3)).timestamp()}, [("publish.facebook.token-ends", "warning")]),
        ({"expires_at": (NOW - timedelta(days=3)).timestamp()}, [("publish.facebook.token-ends", "error")]),
        ({"type": "USER"}, [("publish.facebook.person-token", "error")]),
        ({}, []),
    ],
)
def test_when_a_page_token_ends_and_whose_it_is(inspected, expected):
    inspected = {name: int(one) if name == "expires_at" else one for name, one in inspected.items()}
    with Scripted({"id": "111", "is_published": True}, {"data": inspected}) as server:
        configured = account(server.configured.api_url, app_id="9", app_secret="secret")
        found = list(Facebook(configured, Session(), FixedTokens("TOKEN")).condition(NOW))

        assert [(one.code, one.severity) for one in found] == expected
        assert server.query(1) == {"input_token": "TOKEN", "access_token": "9|secret"}


def test_a_page_that_nobody_sees_is_a_fault():
    with Scripted({"id": "111", "is_published": False}) as server:
        found = list(server.publisher.condition(NOW))

    assert ("publish.facebook.page-hidden", Severity.ERROR) in [(one.code, one.severity) for one in found]


@pytest.mark.parametrize(("days", "severity"), [(400, "note"), (5, "warning"), (0, "warning"), (-1, "error")])
def test_the_package_of_an_official_account_ends(days, severity):
    last = (NOW + timedelta(days=days)).strftime("%d/%m/%Y")

    [found] = of_package({"package_valid_through_date": last, "package_name": "Nâng cao"}, NOW)

    assert (found.code, found.severity) == ("zalo.package-ends", severity)


def test_a_package_without_an_end_is_not_told():
    assert list(of_package({"package_valid_through_date": "", "is_verified": True}, NOW)) == []


def test_a_store_that_the_web_does_not_show_is_a_fault(office, sandbox, tmp_path, capsys):
    elsewhere = (tmp_path / "elsewhere").as_uri()
    office.credentials(sandbox.credentials().replace(sandbox.media_dir.resolve().as_uri(), elsewhere))

    code, found = told(office, capsys)

    assert code == 3
    assert faults(found) == [("zalo/hue-asean", "store.not-public")]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_account_on_hold_says_why_and_what_to_do(office, capsys):
    ledger = Ledger.open(office.root / "ledger.db", datetime.now(UTC))
    ledger.pause("facebook/hue-asean", "publish.token-dead", {"platform": "facebook"}, datetime.now(UTC))
    ledger.close()

    code, found = told(office, capsys)
    office.run("doctor")

    assert code == 3
    assert faults(found) == [("facebook/hue-asean", "doctor.on-hold")]
    assert "access_token mới" in capsys.readouterr().out


def test_a_quota_that_is_nearly_used_up_is_a_warning(office, sandbox, capsys):
    ledger = Ledger.open(office.root / "ledger.db", datetime.now(UTC))
    now = datetime.now(UTC)
    project = sandbox.youtube.channels["hue-asean"].client_id.partition("-")[0]
    ledger.spend(f"google/{project}", "units", YOUTUBE["units"].period(now), 9_900)
    ledger.close()

    code, found = told(office, capsys)

    assert (code, faults(found)) == (0, [("youtube/hue-asean", "doctor.quota")])


def test_what_an_account_would_refuse_of_the_plan_is_told(office, capsys):
    film = text_post(
        when=SOON, channels="[kenh]", media="media/phim.mp4", youtube="{title: Phim, playlist: PLkhongco}"
    )
    office.campaign(film)

    code, found = told(office, capsys)

    assert code == 3
    assert faults(found) == [("youtube/hue-asean", "youtube.playlist-missing")]


# -- this computer and project


def test_a_wrong_clock_is_told_by_how_much(office, capsys, monkeypatch):
    outcomes = []
    for offset in ("40", "400", "-400"):
        monkeypatch.setenv("ASEAN_SOCIAL_OFFSET", offset)
        code, found = told(office, capsys, "--account", "facebook/hue-asean")
        outcomes.append(
            (code, *((name, severity) for (_, name), severity in found.items() if "clock" in name))
        )

    assert outcomes == [
        (0, ("doctor.clock-fast", "warning")),
        (3, ("doctor.clock-fast", "error")),
        (3, ("doctor.clock-slow", "error")),
    ]


def test_a_sandbox_whose_clock_runs_ahead_agrees_with_a_clock_that_does_too():
    class Ahead:
        def now(self):
            return datetime.now(UTC) + timedelta(hours=9)

    with Sandbox(clock=lambda: Ahead().now().timestamp()) as box:
        [found] = of_clock({f"{box.url}/facebook"}, Ahead())

    assert found.code == "doctor.clock"


def test_where_nobody_tells_the_time_that_is_said():
    [found] = of_clock({"http://127.0.0.1:9/facebook"}, SystemClock())

    assert (found.code, found.severity) == ("doctor.clock-unknown", Severity.WARNING)


@pytest.mark.parametrize(("megabytes", "severity"), [(5000, "note"), (500, "warning"), (10, "error")])
def test_room_on_the_disk(megabytes, severity):
    [found] = of_disk(megabytes << 20)

    assert found.severity == severity


def test_secrets_that_others_can_read_are_a_warning(office, capsys):
    (office.root / "credentials.toml").chmod(0o644)

    code, found = told(office, capsys)

    assert (code, faults(found)) == (0, [("", "credentials.readable-by-others")])


def test_broken_credentials_are_told_with_their_place_and_the_rest_goes_on(office, capsys):
    office.credentials("[facebook.hue-asean\n")

    code, found = told(office, capsys)

    assert code == 3
    assert faults(found) == [("", "credentials.broken"), ("", "credentials.not-toml")]
    assert ("", "doctor.ledger-new") in found


def test_broken_campaign_files_are_told(office, capsys):
    (office.root / "campaigns" / "hong.yaml").write_text("campaign: [", encoding="utf-8")

    code, found = told(office, capsys)

    assert code == 3
    assert faults(found) == [("", "doctor.campaigns-bad")]


def test_a_ledger_is_proven_writable_and_left_as_it_was(tmp_path):
    file = tmp_path / "ledger.db"
    Ledger.open(file, NOW).close()
    before = file.read_bytes()

    [found] = of_ledger(file)

    assert (found.code, found.severity) == ("doctor.ledger", Severity.NOTE)
    assert file.read_bytes() == before


def test_a_ledger_that_is_none_is_a_fault(tmp_path):
    other = tmp_path / "other.db"
    other.write_bytes(b"not a database at all" * 400)
    Ledger.open(tmp_path / "newer.db", NOW).close()
    with sqlite3.connect(tmp_path / "newer.db") as db:
        db.execute("pragma user_version=99")
    db.close()

    found = [next(iter(of_ledger(file))) for file in (other, tmp_path / "newer.db", tmp_path / "no" / "l.db")]

    assert [(one.code, one.severity) for one in found] == [
        ("ledger.not-a-ledger", "error"),
        ("ledger.newer", "error"),
        ("ledger.cannot-open", "error"),
    ]


def test_a_ledger_of_an_older_version_is_left_alone(tmp_path):
    file = tmp_path / "ledger.db"
    with sqlite3.connect(file) as db:
        db.execute("pragma user_version=0")
    db.close()

    [found] = of_ledger(file)

    assert found.code == "doctor.ledger-older"


def test_a_ledger_that_another_program_keeps_locked_is_told(tmp_path, monkeypatch):
    file = tmp_path / "ledger.db"
    Ledger.open(file, NOW).close()
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin exclusive")

        [found] = of_ledger(file)

    assert (found.code, found.severity) == ("ledger.locked", Severity.ERROR)


def test_the_trial_picture_is_one_that_zalo_takes(tmp_path):
    from PIL import Image

    media = plain_picture(tmp_path)

    with Image.open(media.path) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (media.width, media.height))
    assert media.size == media.path.stat().st_size < 50_000
