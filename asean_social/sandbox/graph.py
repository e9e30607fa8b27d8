"""The grammar of Graph: typed parameters, `fields`, cursors, and the error envelope.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling,
https://developers.facebook.com/docs/graph-api/results, and the contract file.
"""

import base64
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from asean_social.sandbox.contract import contract
from asean_social.sandbox.multipart import Part, boundary, parts
from asean_social.sandbox.wire import MEMORY_CAP, Answer, Refusal, Request

DEFAULT_LIMIT = 25
MOST_LIMIT = 100


PLAIN = "OAuthException"  # the type of nearly every error


def refuse(code: int, message: str = "", subcode: int | None = None, **more: Any) -> Refusal:
    """The error with this code and subcode, as the contract describes it; `message` makes its text precise."""
    kind = more.pop("type", "")
    row = _row(code, subcode, kind) or {"type": kind or PLAIN, "message": "Invalid request", "status": 400}
    error = {"message": message or row["message"], "type": row["type"], "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    if "is_transient" in row:
        error["is_transient"] = row["is_transient"]
    error |= {**more, "fbtrace_id": "A" + secrets.token_urlsafe(16)}
    return Refusal(Answer.json({"error": error}, row["status"]))


def _row(code: int, subcode: int | None, kind: str = "") -> dict[str, Any] | None:
    """What the contract says of an error; without `kind`, of two rows with the same numbers the plain one."""
    rows = [one for one in contract("facebook")["errors"] if (one["code"], one["subcode"]) == (code, subcode)]
    rows = [one for one in rows if kind in ("", one["type"])]
    return max(rows, key=lambda one: bool(one["type"] == PLAIN), default=None)


def ordered(code: int, subcode: int | None, kind: str, status: int, message: str) -> Answer:
    """The answer that a row of the contract describes; `status` where the platform was seen to use another one."""
    if _row(code, subcode, kind) is None:
        raise ValueError(f"the contract knows no error {code}/{subcode} {kind}".rstrip())
    answer = refuse(code, message, subcode, **({"type": kind} if kind else {})).answer
    answer.status = status or answer.status
    return answer


def gone(subject: str, method: str = "get") -> Refusal:
    """Code 100 with subcode 33: missing, or not visible to this token."""
    return refuse(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{subject}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation.",
        33,
    )


# -- parameters ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sent:
    """The parameters of one request, raw, and its file parts."""

    values: dict[str, Any] = field(default_factory=dict)
    files: list[Part] = field(default_factory=list)
    oversize: bool = False  # the body was longer than any photo may be


def sent(request: Request) -> Sent:
    """Query and body together; the body wins."""
    found = Sent(dict(request.query))
    payload = request.body.read()
    if len(payload) > MEMORY_CAP:
        found.oversize = True
        return found
    if request.method != "GET" and payload:
        _read_body(found, request.headers.get("Content-Type", ""), payload)
    found.values = _indexed(found.values)
    return found


def _read_body(found: Sent, kind: str, payload: bytes) -> None:
    plain = kind.partition(";")[0].strip().lower()
    if plain == "application/json":
        found.values |= _json_object(payload)
    elif plain == "multipart/form-data":
        for part in parts(payload, boundary(kind)):
            if part.filename is None:
                found.values[part.name] = part.payload.decode("utf-8", "replace")
            else:
                found.files.append(part)
    elif plain == "application/x-www-form-urlencoded":
        found.values |= parse_qsl(payload.decode("utf-8", "replace"), keep_blank_values=True)
    else:
        raise refuse(100, f"(#100) Unsupported content type {plain!r}")


def _json_object(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError:
        raise refuse(100, "(#100) The request body is not valid JSON") from None
    if not isinstance(value, dict):
        raise refuse(100, "(#100) The request body must be a JSON object")
    return value


def _indexed(values: dict[str, Any]) -> dict[str, Any]:
    """`name[0]=…` and `name[1]=…` as one JSON list."""
    gathered: dict[str, Any] = {}
    lists: dict[str, dict[int, Any]] = {}
    for name, worth in values.items():
        match = re.fullmatch(r"(\w+)\[([0-9]*)\]", name)
        if match:
            known = lists.setdefault(match[1], {})
            known[int(match[2] or len(known))] = _loose(worth)
        else:
            gathered[name] = worth
    return gathered | {name: [known[one] for one in sorted(known)] for name, known in lists.items()}


def _loose(worth: Any) -> Any:
    try:
        return json.loads(worth)
    except (TypeError, ValueError):
        return worth


def typed(values: Mapping[str, Any], edge: str) -> dict[str, Any]:
    """Every parameter converted to its type; an unknown name, a wrong type or a wrong enum value is code 100."""
    shape = contract("facebook")
    described = shape["edges"][edge]
    known = {**shape["global"], **(shape["paging"] if described.get("paging") else {}), **described["params"]}
    converted: dict[str, Any] = {}
    for name, worth in values.items():
        if name not in known:
            raise _invalid(name, "is not a parameter of this edge")
        within = {"fields": shape["targeting"][name]} if name in shape["targeting"] else {}
        converted[name] = _convert(name, worth, {**known[name], **within})
    for name in described.get("required", []):
        if name not in converted:
            raise _invalid(name, "is required")
    response = described["response"]
    if converted.get("fields") and ("list" in response or "fields" in response):
        _known_fields(response, wanted(converted["fields"]))
    return converted


def _known_fields(response: Mapping[str, Any], tree: "Tree") -> None:
    """Whether an answer has all these fields."""
    node = response.get("node", "")
    known = contract("facebook")["nodes"][node] if node else response["fields"]
    for name in tree:
        if name not in known:
            on = f" on node type ({node})" if node else ""
            raise refuse(100, f"(#100) Tried accessing nonexisting field ({name}){on}")


def _invalid(name: str, why: str) -> Refusal:
    spec = {"blame_field_specs": [[name]]}
    return refuse(100, f"(#100) Param {name} {why}", error_data=spec)


def _convert(name: str, worth: Any, described: Mapping[str, Any]) -> Any:
    kind = described["type"]
    if kind.startswith("list"):
        items = _parsed(name, worth, list, "must be an array")
        one = {**described, "type": kind.removeprefix("list")[1:-1]}
        return [_convert(name, item, one) for item in items] if one["type"] else items
    if kind == "enum":
        return _choice(name, worth, described["enum"])
    value = _SCALARS[kind](name, worth)
    if "fields" in described:
        return _members(name, value, described["fields"])
    if kind == "int" and not _is_within(value, described):
        raise _invalid(name, "is out of range")
    return value


def _is_within(value: int, described: Mapping[str, Any]) -> bool:
    low, high = described.get("min", value), described.get("max", value)
    return bool(low <= value <= high) and value in described.get("enum", [value])


def _members(name: str, worth: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose members the contract lists."""
    for member in worth:
        if member not in known:
            raise _invalid(name, f"has no member {member}")
    return {member: _convert(name, one, known[member]) for member, one in worth.items()}


def _choice(name: str, worth: Any, allowed: list[str]) -> str:
    if str(worth) not in allowed:
        raise _invalid(name, "must be one of {" + ", ".join(allowed) + "}")
    return str(worth)


def _parsed(name: str, worth: Any, kind: type, why: str) -> Any:
    value = _loose(worth) if isinstance(worth, str) else worth
    if not isinstance(value, kind):
        raise _invalid(name, why)
    return value


def _text(name: str, worth: Any) -> str:
    if worth is None and name == "message":
        raise refuse(197)
    if not isinstance(worth, str):
        raise _invalid(name, "must be a string")
    return worth


def _bool(name: str, worth: Any) -> bool:
    if worth is True or worth in ("true", "1"):
        return True
    if worth is False or worth in ("false", "0"):
        return False
    raise _invalid(name, "must be a boolean")


def _whole(name: str, worth: Any) -> int:
    if isinstance(worth, bool) or not re.fullmatch(r"-?[0-9]{1,20}", str(worth)):
        raise _invalid(name, "must be an integer")
    return int(worth)


def _decimal(name: str, worth: Any) -> float:
    if isinstance(worth, bool) or not re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]+)?", str(worth)):
        raise _invalid(name, "must be a number")
    return float(worth)


def _unsigned(name: str, worth: Any) -> int:
    if (value := _whole(name, worth)) < 0:
        raise _invalid(name, "must be an integer greater than or equal to 0")
    return value


def _moment(name: str, worth: Any) -> int:
    if isinstance(worth, int) or str(worth).isdigit():
        return _whole(name, worth)
    try:
        moment = datetime.fromisoformat(str(worth))
    except ValueError:
        raise _invalid(name, "must be a unix timestamp or an ISO 8601 time") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _object(name: str, worth: Any) -> Any:
    if name == "place" and str(worth).isdigit():
        return str(worth)  # the id of a Page
    return _parsed(name, worth, dict, "must be an object")


def _file(name: str, worth: Any) -> Any:
    del worth
    raise _invalid(name, "must be a file")


_SCALARS: dict[str, Callable[[str, Any], Any]] = {
    "string": _text,
    "bool": _bool,
    "int": _whole,
    "unsigned int": _unsigned,
    "float": _decimal,
    "datetime": _moment,
    "Object": _object,
    "map": _object,
    "file": _file,
}


# -- fields and pages of a list --------------------------------------------------------------------------------

Tree = dict[str, "Tree"]


def wanted(text: str) -> Tree:
    """`id,from{name},comments.limit(0)` as a tree of names; modifiers are accepted and left aside."""
    tokens = re.findall(r"\.\w+\([^()]*\)|[\w]+|[{},]|\S", text)
    tree, rest = _level(tokens)
    if rest:
        raise refuse(2500, "Syntax error in the fields parameter", type="OAuthException")
    return tree


def _level(tokens: list[str]) -> tuple[Tree, list[str]]:
    tree: Tree = {}
    name = ""
    while tokens and tokens[0] != "}":
        word, *tokens = tokens
        if word == "{" and name:
            tree[name], tokens = _level(tokens)
            tokens = tokens[1:] if tokens else ["}"]
        elif word.isidentifier():
            name = word
            tree[name] = {}
        elif word != "," and not word.startswith("."):
            raise refuse(2500, "Syntax error in the fields parameter", type="OAuthException")
    return tree, tokens


def select(node: str, values: Mapping[str, Any], fields: str | None, default: str) -> dict[str, Any]:
    """Only what was asked for, and the id; a field the node type does not have is code 100."""
    tree = wanted(fields or default)
    _known_fields({"node": node}, tree)
    shown = {
        name: _within(values[name], below) for name, below in tree.items() if values.get(name) is not None
    }
    return shown | ({"id": values["id"]} if "id" in values else {})


def _within(worth: Any, tree: Tree) -> Any:
    if not tree:
        return worth
    if isinstance(worth, dict) and isinstance(worth.get("data"), list):
        return {**worth, "data": [_within(one, tree) for one in worth["data"]]}
    if isinstance(worth, dict):
        return {name: _within(worth[name], below) for name, below in tree.items() if name in worth}
    return worth


def page(
    rows: list[dict[str, Any]], asked: Mapping[str, Any], address: Callable[[dict[str, str]], str]
) -> dict[str, Any]:
    """One page of `rows` (each with an id), with cursors; `next` only where more follows."""
    limit = asked.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MOST_LIMIT:
        raise refuse(100, f"(#100) Param limit must be between 1 and {MOST_LIMIT}")
    start, end = _span([row["id"] for row in rows], asked, limit)
    shown = rows[start:end]
    if not shown:
        return {"data": []}
    paging: dict[str, Any] = {
        "cursors": {"before": _cursor(shown[0]["id"]), "after": _cursor(shown[-1]["id"])}
    }
    if end < len(rows):
        paging["next"] = address({"limit": str(limit), "after": paging["cursors"]["after"]})
    if start > 0:
        paging["previous"] = address({"limit": str(limit), "before": paging["cursors"]["before"]})
    return {"data": shown, "paging": paging}


def _span(ids: list[str], asked: Mapping[str, Any], limit: int) -> tuple[int, int]:
    if "after" in asked:
        start = _place(ids, asked["after"]) + 1
        return start, start + limit
    if "before" in asked:
        end = _place(ids, asked["before"])
        return max(0, end - limit), end
    return 0, limit


def _cursor(subject: str) -> str:
    return base64.urlsafe_b64encode(subject.encode()).decode()


def _place(ids: list[str], cursor: str) -> int:
    try:
        return ids.index(base64.urlsafe_b64decode(cursor.encode()).decode())
    except ValueError:
        raise refuse(100, "(#100) Invalid cursors values for after or before cursor") from None
