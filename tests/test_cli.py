"""Commands as a person meets them: what they say, where it goes, how they exit."""

import io
import json
import re
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from town import Town, text_post

from asean_social.cli.main import main
from asean_social.ledger import Ledger

SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def office(tmp_path):
    """A project without any account."""
    return Town(tmp_path / "office")


@pytest.fixture
def no_network(monkeypatch):
    def refused(*_):
        msg = "the network was touched"
        raise AssertionError(msg)

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


CODES = re.compile(r"\b(help|prompt)\.[a-z]")
HEAVY = (
    "googleapiclient",
    "facebook",
    "apscheduler",
    "PIL",
    "jinja2",
    "requests",
    "pydantic",
    "rich",
    "yaml",
    "httplib2",
)


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [(["--help"], ()), (["--version"], ()), (["status"], ()), (["log"], ()), (["status", "--help"], ())],
)
def test_commands_that_only_read_load_no_heavy_library(office, arguments, allowed):
    office.campaign(text_post(when=SOON))
    script = (
        "import sys; from asean_social.cli.main import main\n"
        f"code = main({arguments!r})\n"
        f"loaded = [one for one in {HEAVY!r} if one in sys.modules]\n"
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=office.root, capture_output=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0, done.stderr
    assert allowed == ()


def test_help_is_vietnamese_unless_asked_otherwise(capsys):
    assert main(["--help"]) == 0
    vietnamese = capsys.readouterr().out
    assert main(["--lang", "en", "schedule", "--help"]) == 0
    english = capsys.readouterr().out

    assert "Cách dùng:" in vietnamese
    assert "Kiểm tra" in vietnamese or "Tìm mọi lỗi" in vietnamese
    assert "Publish: stay and release each post" in english
    assert not CODES.search(vietnamese + english)


def test_every_command_has_help_in_both_languages(capsys):
    from asean_social.cli.app import app
    from asean_social.cli.main import main

    main(["--help"])
    capsys.readouterr()
    names = [one.name or one.callback.__name__ for one in app.registered_commands]
    assert len(names) >= 10
    for name in names:
        for language in ("vi", "en"):
            assert main(["--lang", language, name, "--help"]) == 0
            page = capsys.readouterr().out
            assert not CODES.search(page)


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["status", "--nosuch"], ["approve"], ["--lang", "fr", "status"]]
)
def test_wrong_usage_is_exit_2_and_says_how(arguments, capsys):
    assert main(arguments) == 2

    said = capsys.readouterr().err
    assert said.strip()
    assert "Traceback" not in said


def test_the_language_may_stand_behind_the_command(office, capsys):
    office.campaign(text_post(when=SOON))

    office.run("check", "--lang", "en")

    assert "No error: 1 campaigns, 1 posts, 1 deliveries" in capsys.readouterr().out


def test_check_and_previews_touch_no_network_and_write_nothing(office, no_network, capsys):
    office.campaign(text_post(when=SOON))
    before = sorted(path.name for path in office.root.rglob("*"))

    codes = [
        office.run(*words)
        for words in (["check"], ["preview"], ["preview", "--json"], ["schedule", "--dry-run"])
    ]

    assert codes == [0, 0, 0, 0]
    assert sorted(path.name for path in office.root.rglob("*")) == before
    assert "Xin chào mot" in capsys.readouterr().out


def test_the_preview_says_exactly_what_goes_where(office, capsys):
    office.campaign(text_post(when=SOON, text='"Chào cả nhà #ASEAN"'), approval="one")

    assert office.run("preview", "--post", "mot", "--json") == 0

    [card] = json.loads(capsys.readouterr().out)
    assert card["text"] == "Chào cả nhà #ASEAN"
    assert (card["platform"], card["account"], card["kind"]) == ("facebook", "hue-asean", "text")
    assert card["approval"] == "missing"
    assert card["counters"] == [{"field": "text", "count": 18, "most": 63206, "unit": "characters"}]
    assert len(card["digest"]) == 64


def test_the_preview_in_plain_text_shows_text_time_account_and_approval(office, capsys):
    office.campaign(text_post(when=datetime(2027, 2, 24, 12, 30, tzinfo=UTC)), approval="one")

    office.run("preview")

    said = capsys.readouterr().out
    for part in ("Thứ Tư 24/02/2027 19:30", "facebook/hue-asean", "Xin chào mot", "chưa duyệt", "63.206"):
        assert part in said


BAD = {
    "unknown key": (text_post(when=SOON, colour="red"), "colour"),
    "wrong type": (text_post(when=SOON, priority="[1]"), "priority"),
    "unknown theme": (
        text_post(when=SOON).replace("trade-agreements", "trade-agreement"),
        "trade-agreements",
    ),
    "two posts with one id": (text_post(when=SOON) + text_post(when=SOON), "mot"),
    "unknown channel": (text_post(when=SOON, channels="[trag]"), "trag"),
    "missing media": (text_post(when=SOON, media="[{file: media/khong-co.jpg, alt: x}]"), "khong-co.jpg"),
    "media outside the project": (
        text_post(when=SOON, media="[{file: ../../../etc/passwd, alt: x}]"),
        "passwd",
    ),
    "impossible date": (text_post(when=SOON).replace("  at:", "  every: {cron: '99 7 * * *'}\n  #"), "99 7"),
}


@pytest.mark.parametrize("case", sorted(BAD))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_bad_input_is_one_clear_message_with_its_place(office, capsys, case, language):
    posts, found = BAD[case]
    office.campaign(posts)

    code = office.run("--lang", language, "check")

    said = capsys.readouterr().err
    assert code == 1
    assert "campaigns/thu.yaml:" in said
    assert found in said
    assert "Traceback" not in said


def test_check_gives_problems_to_programs(office, capsys):
    office.campaign(text_post(when=SOON, colour="red"))

    assert office.run("check", "--json") == 1

    [problem] = json.loads(capsys.readouterr().out)
    assert (problem["file"], problem["severity"]) == ("campaigns/thu.yaml", "error")
    assert problem["line"] > 0
    assert problem["message"]
    assert problem["code"]


def test_unreadable_media_is_named(office, capsys):
    (office.root / "campaigns" / "media" / "rac.jpg").write_bytes(b"this is no picture")
    office.campaign(text_post(when=SOON, media='[{file: media/rac.jpg, alt: "một bức ảnh"}]'))

    assert office.run("check") == 1
    assert "rac.jpg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (None, "credentials.toml"),
        ("[facebook.hue-asean\n", "credentials.toml:1"),
        ("[facebook.hue-asean]\npage_id = '1'\n", "access_token"),
        ("[facebook.khac]\npage_id = '1'\naccess_token = 'EAAsecret'\n", "hue-asean"),
        ("[facebook.hue-asean]\npage_id = '1'\naccess_token_env = 'NO_SUCH_VARIABLE'\n", "NO_SUCH_VARIABLE"),
        (
            "[facebook.hue-asean]\npage_id = '1'\naccess_token = 'EAAsecret'\napi_url = 'http://evil.example'\n",
            "api_url",
        ),
        ("[facebook.hue-asean]\npage_id = '1'\naccess_token = 'EAAsecret'\ncolour = 'red'\n", "colour"),
        ("[twitter.hue-asean]\n", "twitter"),
    ],
)
def test_trouble_with_accounts_is_told_before_anything_is_sent(office, capsys, text, part):
    office.campaign(text_post(when=SOON))
    if text is not None:
        office.credentials(text)

    assert office.run("schedule", "--once") == 1

    said = capsys.readouterr().err
    assert part in said
    assert "EAAsecret" not in said
    assert "Traceback" not in said
    assert not (office.root / "ledger.db").exists()


def test_a_wait_that_is_no_number_is_told(town, capsys, monkeypatch):
    monkeypatch.setenv("ASEAN_SOCIAL_LEASE", "soon")
    town.campaign(text_post(when=SOON))

    assert town.run("schedule", "--once") == 1
    assert "ASEAN_SOCIAL_LEASE" in capsys.readouterr().err


def test_a_damaged_ledger_is_told_and_left_alone(town, capsys):
    town.campaign(text_post(when=SOON))
    (town.root / "ledger.db").write_bytes(b"not a database at all, but long enough to look at " * 30)

    assert town.run("schedule", "--once") == 1

    assert "ledger.db" in capsys.readouterr().err
    assert (town.root / "ledger.db").read_bytes().startswith(b"not a database")


def test_a_newer_ledger_is_told(town, capsys):
    Ledger.open(town.root / "ledger.db", datetime.now(UTC)).database.close()
    db = sqlite3.connect(town.root / "ledger.db")
    db.execute("pragma user_version=99")
    db.close()

    assert town.run("status") == 1
    town.campaign(text_post(when=SOON))
    assert town.run("schedule", "--once") == 1
    assert "99" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_told(office, capsys):
    assert office.run("check", "khong-co.yaml") == 1
    assert "khong-co.yaml" in capsys.readouterr().err


def test_outside_a_project_it_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert main(["status"]) == 1
    assert "campaigns" in capsys.readouterr().err


def test_names_of_posts_may_be_short_and_must_be_clear(office, capsys):
    office.campaign(text_post("mot", SOON) + text_post("hai", SOON), approval="one")
    office.campaign(text_post("mot", SOON), approval="one", name="khac")

    assert office.run("approve", "hai", "--by", "dung") == 0
    assert office.run("approve", "mot", "--by", "dung") == 1
    ambiguous = capsys.readouterr().err
    assert "khac/mot" in ambiguous
    assert "thu/mot" in ambiguous
    assert office.run("approve", "thu/mot/trang", "--by", "dung") == 0
    assert office.run("approve", "khong-co", "--by", "dung") == 1


@pytest.mark.parametrize(("by", "part"), [("lan", "Nguyễn Thị Lan"), ("ai-do", "ai-do")])
def test_only_an_approver_who_is_not_the_author_approves(office, capsys, by, part):
    office.campaign(text_post("mot", SOON), approval="one")

    assert office.run("approve", "mot", "--by", by) == 1
    assert part in capsys.readouterr().err


def test_what_has_errors_is_not_approved(office, capsys):
    office.campaign(text_post(when=SOON, text='""'), approval="one")

    assert office.run("approve", "--all", "--by", "dung") == 1
    assert not list(office.root.rglob("*.approvals.yaml"))


def test_a_fault_of_ours_is_one_sentence_and_a_log(office, capsys, monkeypatch):
    from asean_social import sync

    def broken(*_):
        raise ZeroDivisionError("access_token=EAAsecretsecret")

    monkeypatch.setattr(sync, "read", broken)

    assert office.run("check") == 70

    said = capsys.readouterr().err
    assert "Traceback" not in said
    log = (office.root / "asean-social.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log
    assert "EAAsecretsecret" not in log


def test_status_of_nothing_is_good(office, capsys):
    assert office.run("status") == 0
    assert office.run("status", "--json") == 0
    assert office.run("log") == 0
    assert "[]" in capsys.readouterr().out


def test_status_json_has_the_promised_fields(town, capsys):
    town.campaign(text_post(when=SOON))
    town.run("schedule", "--once")
    capsys.readouterr()

    town.run("status", "--json")

    [row] = json.loads(capsys.readouterr().out)
    promised = "key campaign post pillar theme channel platform account due_at state reason why remote_id url released_at attempts follow_ups"
    assert set(promised.split()) <= set(row)
    assert row["due_at"].endswith("+00:00")
    assert row["state"] == "planned"


def test_the_output_is_utf_8_whatever_the_terminal(office):
    office.campaign(text_post(when=SOON))

    done = subprocess.run(
        [*office.command("check")],
        cwd=office.root,
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": str(Path(sys.executable).parent)},
        check=False,
    )

    assert "Không có lỗi" in done.stdout.decode("utf-8")


def test_a_reader_that_leaves_early_is_no_fault(office):
    office.campaign("".join(text_post(f"bai-{n}", SOON) for n in range(200)))
    pipe = subprocess.Popen(
        office.command("preview"), cwd=office.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    pipe.stdout.readline()
    pipe.stdout.close()
    said = pipe.stderr.read()
    pipe.stderr.close()

    assert pipe.wait(30) in (0, 1)
    assert b"Traceback" not in said


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_whole_sample_campaign_can_be_previewed(language, capsys, monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)

    assert main(["--lang", language, "preview"]) == 0
    assert main(["--lang", language, "preview", "--json"]) == 0

    said = capsys.readouterr().out
    assert "1.450 km" in said
    assert ("lượt đăng" in said) == (language == "vi")


def test_a_terminal_gets_panels(office):
    from rich.console import Console

    from asean_social import preview, sync
    from asean_social.lang import Language

    office.campaign(text_post(when=SOON) + text_post("dai", SOON, text='"' + "a" * 63_207 + '"'))
    loaded = sync.read([office.root / "campaigns"], office.root, datetime.now(UTC))
    console = Console(width=80, record=True, file=io.StringIO())

    for card in preview.cards(loaded):
        console.print(preview.panel(card, Language("vi")))

    said = console.export_text()
    assert "Xin chào mot" in said
    assert "63.207/63.206" in said
