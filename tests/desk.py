"""A small project on disk: media that are real files, and campaigns written as YAML."""

import json
from pathlib import Path
from typing import Any

from films import mp4
from PIL import Image

from asean_social import campaign, plan
from asean_social.campaign import Campaign
from asean_social.media import Library
from asean_social.plan import Plan

HEAD: dict[str, Any] = {
    "campaign": "thu",
    "title": "Thử",
    "from": "2027-01-01",
    "to": "2027-12-31",
    "channels": {"trang": "facebook/hue", "kenh": "youtube/hue", "oa": "zalo/hue"},
}
ARTICLE = {"title": "Tiêu đề", "summary": "Tóm tắt", "author": "Cổng", "cover": "bia.jpg"}
MP4 = mp4()


class Desk:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "campaigns"
        self.folder.mkdir()
        self.library = Library(root)
        self.image("a.jpg")
        self.image("b.jpg", colour="blue")
        self.image("bia.jpg", colour="green")
        (self.folder / "v.mp4").write_bytes(MP4)

    def image(self, name: str, colour: str = "red", size: tuple[int, int] = (64, 48), **options: Any) -> Path:
        path = self.folder / name
        Image.new("RGB", size, colour).save(path, **options)
        return path

    def problems(self, *posts: Any, **head: Any) -> list[Any]:
        return list(campaign.load([self.write(*posts, **head)], self.root).problems)

    def write(self, *posts: Any, pillars: dict[str, Any] | None = None, **head: Any) -> Path:
        """JSON is YAML; so a test says what it means without indentation."""
        path = self.folder / "thu.yaml"
        content = HEAD | head | {"pillars": pillars or {"apsc": list(posts)}}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    def load(self, *posts: Any, **head: Any) -> Campaign:
        loaded = campaign.load([self.write(*posts, **head)], self.root)
        assert loaded.broken == (), loaded.problems
        return loaded.campaigns[0]

    def plan(self, *posts: Any, **head: Any) -> Plan:
        return plan.plan(self.load(*posts, **head), self.library)

    def message(self, **post: Any) -> Any:
        """The message of the only delivery."""
        found = self.plan(say(**post))
        assert not [one for one in found.problems if one.severity == "error"], found.problems
        (planned,) = found.deliveries
        return planned.message

    def codes(self, *posts: Any, **head: Any) -> list[str]:
        return [one.code for one in self.plan(*posts, **head).problems]


def say(**post: Any) -> dict[str, Any]:
    """A post with what every post needs."""
    base = {
        "id": "a",
        "theme": "diplomacy",
        "channels": ["trang"],
        "text": "Xin chào",
        "at": "24/02/2027 19:30",
    }
    return {name: value for name, value in (base | post).items() if value is not None}
