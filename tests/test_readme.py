"""What the README says is what the program does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from town import Town

from asean_social.cli.app import app
from asean_social.decisions import Policy

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
VIETNAMESE = (ROOT / "README.vi.md").read_text(encoding="utf-8")


def commands():
    from asean_social.cli import acting, doctor, ledger, planning, running, showing  # noqa: F401 -- they register their commands

    alone = {one.name or one.callback.__name__ for one in app.registered_commands}
    return alone | {one.name for one in app.registered_groups}


def test_every_command_is_documented_and_every_documented_command_exists():
    said = set(re.findall(r"`asean-social ([a-z]+)", README)) | set(
        re.findall(r"/ `([a-z]+)(?: [^`]+)?`", README)
    )

    assert said == commands()
    assert set(re.findall(r"asean-social ([a-z]+)", VIETNAMESE)) <= commands()


def test_every_wait_is_documented_with_its_default():
    for one in fields(Policy):
        name = f"ASEAN_SOCIAL_{one.name.upper()}"
        if name not in README:
            assert one.name in {"backoff_most", "poll_most", "tries", "confirm"}
            continue
        default = one.default if isinstance(one.default, tuple) else (one.default,)
        assert f"`{name}` ({','.join(str(number) for number in default)})" in README


@pytest.mark.parametrize("text", [README, VIETNAMESE])
def test_every_linked_file_is_there(text):
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link


def test_the_example_campaign_passes_check(tmp_path, capsys):
    town = Town(tmp_path / "office")
    example = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)[1]
    (town.root / "campaigns" / "mau.yaml").write_text(example, encoding="utf-8")
    for picture in ("rcep.jpg", "bia-rcep.jpg"):
        data = (town.root / "campaigns" / "media" / "anh.jpg").read_bytes()
        (town.root / "campaigns" / "media" / picture).write_bytes(data)

    assert town.run("check") == 0, capsys.readouterr().err
