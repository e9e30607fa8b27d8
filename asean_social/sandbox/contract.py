"""The contract files, read once: parameters, types, enums, fields and error rows of each platform."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def contract(platform: str) -> dict[str, Any]:
    path = resources.files("asean_social.sandbox") / "contracts" / f"{platform}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
