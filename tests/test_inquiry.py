"""What is asked before launch: accounts that campaigns name, what they would refuse, what is scheduled already."""

import socket
import stat
from datetime import UTC, datetime, timedelta

import pytest
from town import Town, text_post

from asean_social.cli.main import main
from asean_social.cli.running import _write_practice
from asean_social.errors import UserError

SOON = datetime(2029, 5, 4, 1, 0, tzinfo=UTC)


def film(playlist):
    return text_post(
        when=SOON, channels="[kenh]", media="media/phim.mp4", youtube=f"{{title: Phim, playlist: {playlist}}}"
    )


def test_an_account_the_credentials_do_not_know_is_told_where_it_is_named(town, capsys):
    file = town.campaign(text_post(when=SOON))
    file.write_text(
        file.read_text(encoding="utf-8").replace("facebook/hue-asean", "facebook/hue-asaen"), encoding="utf-8"
    )

    assert town.run("check") == 1
    said = capsys.readouterr().err
    assert "campaigns/thu.yaml:6:" in said
    assert "facebook.hue-asaen" in said
    assert "hue-asean" in said


def test_broken_credentials_are_a_warning_of_check(town, capsys):
    town.campaign(text_post(when=SOON))
    town.credentials("[facebook.hue-asean\n")

    assert town.run("check") == 0
    assert "credentials.toml:1:" in capsys.readouterr().err


def test_a_playlist_that_does_not_exist_is_found_before_launch(town, capsys):
    town.campaign(film("PLkhongco"))
    assert town.run("check") == 0

    assert town.run("check", "--accounts") == 1
    assert "PLkhongco" in capsys.readouterr().err


def test_accounts_that_agree_have_nothing_to_say(town, sandbox, capsys):
    town.campaign(film("PLHueAsean60Nam00000000000000000001"))

    assert town.run("check", "--accounts") == 0, capsys.readouterr().err
    assert sandbox.public() == sandbox.hidden() == []


def test_a_token_that_no_longer_works_is_found_before_launch(town, sandbox, capsys):
    town.campaign(text_post(when=SOON))
    town.credentials(sandbox.credentials().replace("EAApage", "EAAgone"))

    assert town.run("check", "--accounts") == 1
    said = capsys.readouterr().err
    assert "channels.trang" in said
    assert "EAAgone" not in said


@pytest.mark.parametrize("harm", ["gone", "broken"])
def test_what_is_scheduled_although_its_file_is_gone_is_told(town, capsys, harm):
    file = town.campaign(text_post(when=SOON))
    town.process("schedule", "--once")
    if harm == "gone":
        file.unlink()
    else:
        file.write_text("campaign: [", encoding="utf-8")

    town.run("check")

    said = capsys.readouterr().err
    assert "1 lượt đăng của thu" in said
    assert "asean-social skip thu" in said
    assert town.process("schedule", "--once").returncode == (3 if harm == "gone" else 1)
    assert town.process("status").returncode == 3


def test_check_of_nothing_is_no_success(tmp_path, capsys):
    office = Town(tmp_path / "office")

    assert office.run("check") == 1
    assert "campaigns" in capsys.readouterr().err


def test_an_author_nobody_knows_could_approve_their_own_post(town, capsys):
    post = text_post(when=SOON)
    town.campaign(post.replace("author: lan", "author: lann"), approval="one")
    assert town.run("check") == 1
    assert "lann" in capsys.readouterr().err

    town.campaign(post.replace("  author: lan\n", ""), approval="one")
    assert town.run("check") == 0
    assert "tác giả" in capsys.readouterr().err


def test_an_account_that_is_paused_asks_for_a_person_before_the_hour(town, sandbox):
    town.campaign(text_post(when=datetime.now(UTC) + timedelta(minutes=30)))
    town.credentials(sandbox.credentials().replace("EAApage", "EAAgone"))

    assert town.process("schedule", "--once").returncode == 3
    assert town.process("status").returncode == 3


def test_the_ledger_is_its_owners(town):
    town.campaign(text_post(when=SOON))
    town.process("schedule", "--once")

    assert stat.S_IMODE((town.root / "ledger.db").stat().st_mode) == 0o600


def test_a_post_held_as_past_says_its_hour(town):
    town.campaign(text_post(when=datetime.now(UTC) - timedelta(days=3)))
    town.process("schedule", "--once")

    [row] = town.status().values()
    assert row["reason"] == "held.past"
    assert f"{(datetime.now(UTC) - timedelta(days=3)).year}" in row["why"]


def test_a_project_above_is_named(town, capsys, monkeypatch):
    town.campaign(text_post(when=SOON))
    monkeypatch.chdir(town.root / "campaigns")

    assert main(("check",)) == 0
    assert str(town.root) in capsys.readouterr().err


def test_a_port_that_is_taken_is_no_fault_of_the_program(town, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert town.run("sandbox", "--port", str(port)) == 1

    assert str(port) in capsys.readouterr().err.replace(".", "")
    assert town.run("sandbox", "--port", "99999") == 2


def test_practice_keys_never_replace_real_ones(town):
    file = town.root / "sandbox.toml"
    _write_practice(file, 'api_url = "http://127.0.0.1:1"\n')
    _write_practice(file, 'api_url = "http://127.0.0.1:2"\n')
    assert file.read_text(encoding="utf-8") == 'api_url = "http://127.0.0.1:2"\n'
    file.write_text('access_token = "real"\n', encoding="utf-8")

    with pytest.raises(UserError) as caught:
        _write_practice(file, "x")
    assert caught.value.code == "sandbox.other-credentials"
    assert "real" in file.read_text(encoding="utf-8")
