"""A project folder, the sandbox, and the real commands, for tests from end to end."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from films import mp4
from PIL import Image

from asean_social.cli.main import main
from asean_social.sandbox.server import Sandbox

HURRY = {
    "ASEAN_SOCIAL_LOOKUP_WAITS": "0.1,0.2",
    "ASEAN_SOCIAL_BACKOFF": "0.1",
    "ASEAN_SOCIAL_POLL": "0.1",
    "ASEAN_SOCIAL_SPACING": "0",
}
VIDEO = mp4(640, 360, 5.0)

OFFICE = """
[[people]]
id = "lan"
name = "Nguyễn Thị Lan"
position = "Chuyên viên"
roles = ["author"]

[[people]]
id = "dung"
name = "Phạm Tiến Dũng"
position = "Phó Giám đốc"
roles = ["approver"]
"""


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


@dataclass
class Town:
    root: Path
    sandbox: Sandbox | None = None
    answers: list = field(default_factory=list)

    def __post_init__(self):
        (self.root / "campaigns" / "media").mkdir(parents=True)
        (self.root / "office.toml").write_text(OFFICE, encoding="utf-8")
        Image.new("RGB", (1000, 640), "navy").save(self.root / "campaigns" / "media" / "anh.jpg")
        Image.new("RGB", (800, 600), "teal").save(self.root / "campaigns" / "media" / "bia.jpg")
        (self.root / "campaigns" / "media" / "phim.mp4").write_bytes(VIDEO)
        if self.sandbox:
            self.credentials(self.sandbox.credentials())

    def credentials(self, text: str) -> None:
        file = self.root / "credentials.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)

    def campaign(self, posts: str, *, approval: str = "none", name: str = "thu", more: str = "") -> Path:
        """A campaign file with these posts under the pillar aec."""
        head = textwrap.dedent(f"""\
            campaign: {name}
            title: Thử
            from: 2026-01-01
            to: 2030-12-31
            approval: {approval}
            channels: {{trang: facebook/hue-asean, kenh: youtube/hue-asean, oa: zalo/hue-asean}}
            {more}
            pillars:
              aec:
            """)
        file = self.root / "campaigns" / f"{name}.yaml"
        file.write_text(head + textwrap.indent(textwrap.dedent(posts), "    "), encoding="utf-8")
        return file

    def run(self, *arguments: str) -> int:
        """The command in this process; its folder is the project's."""
        before = Path.cwd()
        os.chdir(self.root)
        try:
            return main(arguments)
        finally:
            os.chdir(before)

    def command(self, *arguments: str, **environment: str) -> list[str]:
        return [sys.executable, "-m", "asean_social", *arguments]

    def process(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The command as a process of its own."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env={**os.environ, **HURRY, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def status(self) -> dict[str, dict]:
        done = self.process("status", "--json")
        return {one["key"]: one for one in json.loads(done.stdout)}


def text_post(name: str = "mot", when: datetime | None = None, **more: str) -> str:
    when = when or datetime.now(UTC) - timedelta(seconds=2)
    lines = [
        f"- id: {name}",
        "  theme: trade-agreements",
        "  form: article",
        "  author: lan",
        f'  at: "{stamp(when)}"',
    ]
    lines += [
        f"  {key}: {value}"
        for key, value in ({"channels": "[trang]", "text": f"Xin chào {name}"} | more).items()
    ]
    return "\n".join(lines) + "\n"
