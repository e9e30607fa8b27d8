"""YAML files as plain values, with the place of each, and without the surprises of YAML 1.1.

PyYAML's parser only gives events; the values are made here, by the core schema of YAML 1.2 (null, true and false,
decimal, 0x and 0o integers, decimal fractions). All else is the text a person typed: `no`, `on`, 19:30, 2026-01-02,
0123. What could silently mean something else, or could be used to choke the program, is refused with its place:
keys given twice, merge keys, tags, aliases to anything but a plain value, depth, size, several documents.
Source of the schema: https://yaml.org/spec/1.2.2/#103-core-schema (read 2026-11-25).
"""

import math
import re
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml import events

from asean_social.errors import CampaignError, Problem
from asean_social.text import nfc

fast: bool = bool(yaml.__with_libyaml__)  # without libyaml the same code runs on the slower pure parser

MOST_BYTES = 64 * 2**20
MOST_DEPTH = 40
MOST_SCALAR = 200_000  # characters
MOST_ALIASES = 1_000
MOST_PROBLEMS = 100  # of one file; more would only repeat the first

Steps = tuple[str | int, ...]


class Place(NamedTuple):
    line: int  # from 1
    column: int  # from 1, in characters


@dataclass(frozen=True, slots=True)
class Document:
    """One file's value; all text in it is NFC."""

    file: Path
    value: Any
    _top: list[Any]
    _marks: Mapping[
        int, "array[int]"
    ]  # id of a container -> places of its items, or of keys and values in turn

    def position(self, steps: Steps) -> Place:
        """Where the value at these steps stands, or the deepest of them that is there."""
        return self._find(steps)[1]

    def key_position(self, steps: Steps) -> Place:
        """Where the last key of these steps stands, or the deepest of them that is there."""
        return self._find(steps)[0]

    def _find(self, steps: Steps) -> tuple[Place, Place]:
        holder: Any = self._top
        key = value = Place(1, 1)
        for step in (0, *steps):
            index = _index(holder, step)
            if index is None:
                return value, value
            marks = self._marks[id(holder)]
            if isinstance(holder, dict):
                key, value = _place(marks[2 * index]), _place(marks[2 * index + 1])
            else:
                key = value = _place(marks[index])
            holder = holder[step]
        return key, value


def read(file: Path) -> Document:
    """Read one YAML file. Raises CampaignError with every problem that could be told apart."""
    builder = _Builder()
    text = ""
    try:
        text = _text(file)
        builder.build(text)
    except _Refused as refused:
        builder.problems.append(refused.problem)
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax(error, text, builder.opened))
    if builder.problems:
        found = [replace(one, file=str(file)) for one in builder.problems]
        raise CampaignError("yaml.refused", found, file=str(file))
    return Document(file, builder.top[0] if builder.top else None, builder.top, builder.marks)


class _Refused(Exception):
    """Ends the reading of this file; `read` turns it into a problem."""

    def __init__(self, code: str, line: int = 1, column: int = 1, **values: Any) -> None:
        super().__init__(code)
        self.problem = Problem(code, values, line=line, column=column)


# what YAML allows in a file; anything else is a damaged or binary file
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise _Refused("yaml.too-large", size=size, most=MOST_BYTES)
        data = file.read_bytes()
    except FileNotFoundError:
        raise _Refused("yaml.missing") from None
    except OSError as error:
        raise _Refused("yaml.unreadable", reason=error.strerror or type(error).__name__) from error
    text = _decode(data)
    if wrong := _CONTROL.search(text):
        raise _Refused("yaml.control", *_after(text[: wrong.start()]), found=f"U+{ord(wrong[0]):04X}")
    return text


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _Refused("yaml.utf16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        raise _Refused("yaml.not-utf8", *_after(before), found=f"{error.object[error.start]:02X}") from None


def _after(before: str) -> Place:
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


# (words in PyYAML's or libyaml's report, our code, whether the place is where the construct begins)
_SYNTAX: tuple[tuple[str, str, bool], ...] = (
    ("increasing flow level", "yaml.too-deep", False),  # libyaml looks ahead and gives up before our count
    ("mapping values are not allowed", "yaml.colon", False),
    ("could not find expected ':'", "yaml.no-colon", True),
    ("found unexpected end of stream", "yaml.quote", True),
    ("parsing a flow ", "yaml.bracket", True),
    ("parsing a block ", "yaml.indent", False),
    ("cannot start any token", "yaml.character", False),
    ("scanning an a", "yaml.character", True),  # an alias, an anchor
    ("unknown escape character", "yaml.escape", False),
)


def _syntax(error: yaml.MarkedYAMLError, text: str, opened: list[Place]) -> Problem:
    mark = error.problem_mark
    assert mark is not None
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Problem("yaml.tab", line=mark.line + 1, column=line.index("\t") + 1)
    report = f"{error.context} {error.problem}"
    for words, code, begins in _SYNTAX:
        if words in report:
            at = error.context_mark if begins and error.context_mark else mark
            values = {"found": _character(lines, at), "most": MOST_DEPTH}
            place = opened[-1] if code == "yaml.bracket" and opened else Place(at.line + 1, at.column + 1)
            return Problem(code, values, line=place.line, column=place.column)
    return Problem("yaml.syntax", {"report": report}, line=mark.line + 1, column=mark.column + 1)


def _character(lines: list[str], mark: yaml.Mark) -> str:
    return lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""


_CONSTANTS: Mapping[str, bool | None] = MappingProxyType(
    {"": None, "~": None, "null": None, "Null": None, "NULL": None}
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)
_FIRST = frozenset("-+.0123456789")
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?(0|[1-9][0-9]*)\Z"), int),
    (re.compile(r"(0x[0-9a-fA-F]+|0o[0-7]+)\Z"), lambda typed: int(typed, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?\Z"), float),
)


def _plain(typed: str) -> str | int | float | bool | None:
    """What a scalar without quotes means."""
    if typed in _CONSTANTS:
        return _CONSTANTS[typed]
    if typed[0] in _FIRST and len(typed) < 40:
        for pattern, make in _NUMBERS:
            if pattern.match(typed):
                number = make(typed)
                return number if math.isfinite(number) else typed
    return nfc(typed)


_NO_KEY: Any = object()
_CONTAINER = object()


class _Builder:
    """Takes events one by one. What leaves the structure clear is gathered in `problems`; the rest raises _Refused."""

    def __init__(self) -> None:
        self.top: list[Any] = []
        self.marks: dict[int, array[int]] = {id(self.top): array("Q")}
        self.problems: list[Problem] = []
        self.opened: list[Place] = []  # the lists and mappings not yet closed
        self._holder: Any = self.top
        self._key: Any = _NO_KEY
        self._stack: list[tuple[Any, Any]] = []
        self._anchors: dict[str, Any] = {}
        self._aliases = 0
        self._documents = 0

    def build(self, text: str) -> None:
        on: Mapping[type, Callable[[Any], None]] = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._start_mapping,
            events.SequenceStartEvent: self._start_sequence,
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }
        for event in yaml.parse(text, yaml.CSafeLoader if fast else yaml.SafeLoader):
            if act := on.get(type(event)):
                act(event)

    def _scalar(self, event: events.ScalarEvent) -> None:
        if len(event.value) > MOST_SCALAR:
            self._problem("yaml.long-text", event, length=len(event.value), most=MOST_SCALAR)
        if event.tag is not None:
            self._problem("yaml.tag", event, found=event.tag)
        value = _plain(event.value) if event.implicit[0] else nfc(event.value)
        if self._wants_key():
            self._take_key(event, value)
            return
        if event.anchor:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _take_key(self, event: events.ScalarEvent, key: Any) -> None:
        if key == "<<" and event.implicit[0]:
            self._problem("yaml.merge-key", event)
        if not isinstance(key, str):
            self._problem("yaml.key-not-text", event, found=event.value)
        if key in self._holder:
            self._problem("yaml.key-twice", event, found=event.value)
        self._key = key
        self._mark(event)

    def _start_mapping(self, event: events.MappingStartEvent) -> None:
        self._start(event, {})

    def _start_sequence(self, event: events.SequenceStartEvent) -> None:
        self._start(event, [])

    def _start(self, event: Any, container: Any) -> None:
        if event.tag is not None:
            self._problem("yaml.tag", event, found=event.tag)
        if self._wants_key():
            self._refuse("yaml.key-not-text", event, found="{…}")
        if len(self._stack) >= MOST_DEPTH:
            self._refuse("yaml.too-deep", event, most=MOST_DEPTH)
        if event.anchor:
            self._anchors[event.anchor] = _CONTAINER
        self._put(container, event)
        self.marks[id(container)] = array("Q")
        self._stack.append((self._holder, self._key))
        self.opened.append(Place(event.start_mark.line + 1, event.start_mark.column + 1))
        self._holder, self._key = container, _NO_KEY

    def _end(self, event: events.Event) -> None:
        del event
        self.opened.pop()
        self._holder, self._key = self._stack.pop()

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            self._refuse("yaml.too-many-aliases", event, most=MOST_ALIASES)
        if self._wants_key():
            self._refuse("yaml.key-not-text", event, found=f"*{event.anchor}")
        value = self._anchors.get(event.anchor, _NO_KEY)
        if value is _NO_KEY:
            self._problem("yaml.alias-unknown", event, found=event.anchor)
        if value is _CONTAINER:
            self._problem("yaml.alias-not-plain", event, found=event.anchor)
        self._put(value, event)

    def _document(self, event: events.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse("yaml.several-documents", event)

    def _wants_key(self) -> bool:
        return self._key is _NO_KEY and type(self._holder) is dict

    def _put(self, value: Any, event: Any) -> None:
        if type(self._holder) is dict:
            self._holder[self._key] = value
            self._key = _NO_KEY
        else:
            self._holder.append(value)
        self._mark(event)

    def _mark(self, event: Any) -> None:
        mark = event.start_mark
        self.marks[id(self._holder)].append(mark.line << 32 | mark.column)

    def _problem(self, code: str, event: Any, **values: Any) -> None:
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        self.problems.append(Problem(code, values, line=place.line, column=place.column))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Refused("yaml.too-many-problems", *place, most=MOST_PROBLEMS)

    def _refuse(self, code: str, event: Any, **values: Any) -> NoReturn:
        raise _Refused(code, event.start_mark.line + 1, event.start_mark.column + 1, **values)


def _place(mark: int) -> Place:
    return Place((mark >> 32) + 1, (mark & 0xFFFFFFFF) + 1)


def _index(holder: Any, step: str | int) -> int | None:
    """Which item of a container this step names; None where there is none."""
    if isinstance(holder, dict):
        return next((index for index, key in enumerate(holder) if key == step), None)
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        return step
    return None
