"""What pydantic found, in our codes; and a place inside a file as people read it."""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from pydantic_core import ErrorDetails

from asean_social.fields import Shape


def dotted(steps: Sequence[str | int]) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps).removeprefix(".")


_CODES: Mapping[str, str] = MappingProxyType(
    {
        "missing": "campaign.missing",
        "string_type": "campaign.not-text",
        "int_type": "campaign.not-whole-number",
        "float_type": "campaign.not-a-number",
        "bool_type": "campaign.not-true-or-false",
        "tuple_type": "campaign.not-a-list",
        "dict_type": "campaign.not-a-mapping",
        "model_type": "campaign.not-a-mapping",
        "literal_error": "campaign.not-one-of",
        "greater_than_equal": "campaign.too-small",
    }
)


def keys(*shapes: type[Shape]) -> frozenset[str]:
    """Every key that may be written somewhere in these shapes."""
    return frozenset(one.alias or name for shape in shapes for name, one in shape.model_fields.items())


def meaning(error: ErrorDetails, known: Collection[str]) -> tuple[str, dict[str, Any]]:
    """Our code and values for pydantic's finding; `known` are the keys that may be meant by an unknown one."""
    context = dict(error.get("ctx", {}))
    if error["type"] == "unfit":
        return context.pop("code"), context
    if error["type"] == "extra_forbidden":
        return _unknown_key(str(error["loc"][-1]), known)
    if error["type"] != "missing" and error["input"] is None:
        return "campaign.nothing", {}
    fits = ", ".join(re.findall("'([^']*)'", context.get("expected", ""))) or f"{context.get('ge', 0):g}"
    found = error["loc"][-1] if error["type"] == "missing" else shown(error["input"])
    return _CODES.get(error["type"], "campaign.unfit"), {"found": found, "fits": fits}


def _unknown_key(name: str, known: Collection[str]) -> tuple[str, dict[str, Any]]:
    if name in known:
        return "campaign.misplaced-key", {"found": name}
    if near := get_close_matches(name, known, n=1):
        return "campaign.misspelt-key", {"found": name, "fits": near[0]}
    return "campaign.unknown-key", {"found": name}


def shown(value: Any) -> str:
    """A value as a person wrote it, short."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{…}"
        case list():
            return "[…]"
    return str(value)[:60]
