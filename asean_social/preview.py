"""Dry run: what exactly will be sent where and when, for people. No network, no ledger.

A `Card` holds the facts of one delivery; `lines` shows it as plain text, `panel` on a terminal, `as_json` for programs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from asean_social.errors import Problem, Severity
from asean_social.lang import Language
from asean_social.media import Library, Unusable
from asean_social.plan import Planned
from asean_social.publishers.base import After, Media, Message
from asean_social.publishers.limits import measured
from asean_social.sync import Loaded

if TYPE_CHECKING:
    from rich.console import RenderableType

PILLAR_COLOURS: Mapping[str, str] = {"apsc": "blue", "aec": "green", "ascc": "magenta", "cross": "yellow"}
FILES = frozenset(
    {"cover", "fallback_cover", "thumbnail", "avatar"}
)  # options that name a medium by its index
SHOWN_ELSEWHERE = frozenset({"title", "description", "summary", "body"})


@dataclass(frozen=True)
class Counter:
    field: str
    count: int
    most: int
    unit: str

    @property
    def full(self) -> bool:
        return self.count > self.most


@dataclass(frozen=True)
class Card:
    planned: Planned
    counters: tuple[Counter, ...]
    findings: tuple[Problem, ...]
    approval: str  # message code
    approval_values: Mapping[str, Any]


def cards(loaded: Loaded) -> list[Card]:
    """One card per delivery, in time order."""
    found = []
    for slug, plan in loaded.plans.items():
        approvals = loaded.approvals[slug]
        for one in plan.deliveries:
            counters = tuple(Counter(*item) for item in measured(one.message))
            findings = tuple(problem for problem in loaded.problems if _about(problem, one))
            found.append(Card(one, counters, findings, *_approval(one, approvals)))
    return sorted(found, key=lambda card: (card.planned.due_at, card.planned.key))


def exact(card: Card, library: Library) -> Card:
    """With the exact size of every picture that is made fit; that takes a moment for each, once."""
    message = card.planned.message
    media = tuple(_sent(one, library) for one in message.media)
    return replace(card, planned=replace(card.planned, message=replace(message, media=media)))


def _sent(media: Media, library: Library) -> Media:
    try:
        return library.sent(media)
    except Unusable:  # it vanished since it was checked
        return media


def _about(problem: Problem, planned: Planned) -> bool:
    return problem.post != "" and f"{planned.key}/".startswith(f"{problem.post}/")


def _approval(one: Planned, approvals: Any) -> tuple[str, dict[str, Any]]:
    if not one.approval_needed:
        return "approval.not-needed", {}
    granted = approvals.covers(one)
    if granted is None:
        return f"approval.{approvals.why_not(one)}", {}
    return "approval.granted", {"by": granted.by, "when": granted.at}


def _facts(card: Card, language: Language) -> Iterator[tuple[str, str]]:
    """Name and value of everything the public will not see as running text."""
    message = card.planned.message
    yield "preview.account", f"{message.platform}/{message.account}"
    yield "preview.kind", language.say(f"kind.{message.platform}.{message.kind}")
    if message.link:
        yield "preview.link", message.link
    for place, media in enumerate(message.media, 1):
        yield "preview.media", _media(media, place, language)
    yield from _options(message, language)
    for after in message.after:
        yield f"after.{after.kind}", _after(after, language)
    code, values = card.planned.chosen
    if code:
        shown = {**values, "pillar": language.say(f"pillar.{card.planned.pillar}")}
        yield "preview.chosen", language.say(code, **shown)


def _options(message: Message, language: Language) -> Iterator[tuple[str, str]]:
    for name, value in message.options.items():
        if name in FILES:
            yield f"option.{name}", message.media[value].path.name
        elif name == "captions":
            yield "option.captions", ", ".join(_track(one, message.media) for one in value)
        elif name not in SHOWN_ELSEWHERE and value not in (None, "", [], {}):
            yield f"option.{name}", _option(value, language)


def _media(media: Media, place: int, language: Language) -> str:
    facts = [f"{media.width}×{media.height}"] if media.width else []
    if media.duration:
        facts.append(language.duration(media.duration))
    facts.append(language.size(media.size))
    line = f"{place}. {media.path.name} ({', '.join(facts)})"
    if media.recipe:
        line += f" – {language.say('preview.recipe', original=media.original)}"
    if media.kind == "image":
        alt = language.say("preview.alt", alt=media.alt) if media.alt else language.say("preview.no-alt")
        line += f" – {alt}"
    return line


def _track(track: Mapping[str, Any], media: tuple[Media, ...]) -> str:
    name = f" – {track['name']}" if track["name"] else ""
    return f"{media[track['media']].path.name} ({track['language']}{name})"


def _after(after: After, language: Language) -> str:
    """What is to follow publication, in one line."""
    if after.kind == "first-comment":
        return str(after.options["text"])
    if after.kind == "playlist-entry":
        return str(after.options["playlist"])
    at = after.options.get("at")
    parts = [language.say("after.arrives", at=datetime.fromisoformat(at))] if at else []
    for name, value in after.options.items():
        if name != "at":
            parts.append(f"{language.say(f'target.{name}')}: {_option(value, language)}")
    return "; ".join(parts)


def _option(value: Any, language: Language) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if value in ("show", "hide", "wait", "hold"):
        return language.say(f"value.{value}")
    return language.value("", value)


def _texts(card: Card) -> Iterator[tuple[str, str]]:
    """What the public reads, piece by piece."""
    message = card.planned.message
    options = message.options
    if options.get("title"):
        yield "preview.title", options["title"]
    if options.get("summary"):
        yield "preview.summary", options["summary"]
    if message.text:
        yield "preview.text", message.text
    if options.get("description"):
        yield "preview.description", options["description"]
    if options.get("body"):
        yield "preview.body", "\n\n".join(_block(one, message.media) for one in options["body"])


def _block(block: Mapping[str, Any], media: tuple[Media, ...]) -> str:
    if block["type"] == "text":
        return str(block["content"])
    caption = block.get("caption") or ""
    return f"[{media[block['media']].path.name}] {caption}".rstrip()


def _counted(counter: Counter, language: Language) -> str:
    field = language.say(f"field.{counter.field}")
    unit = language.say(f"unit.{counter.unit}")
    return f"{field} {language.number(counter.count)}/{language.number(counter.most)} {unit}"


def heading(card: Card, language: Language) -> str:
    one = card.planned
    when = f"{language.weekday(one.due_at)} {language.time(one.due_at)}"
    return f"{when} · {one.channel} · {language.say(f'pillar.{one.pillar}')}"


def lines(card: Card, language: Language) -> Iterator[str]:
    yield f"== {heading(card, language)} · {card.planned.key}"
    for name, value in _facts(card, language):
        yield f"{language.say(name)}: {value}"
    yield f"{language.say('preview.approval')}: {language.say(card.approval, **card.approval_values)}"
    if card.counters:
        yield f"{language.say('preview.counters')}: {'; '.join(_counted(one, language) for one in card.counters)}"
    for name, text in _texts(card):
        yield f"{language.say(name)}:"
        yield from (f"  {line}" for line in text.splitlines())
    for problem in card.findings:
        sentence, _ = language.problem(problem)
        yield f"! {language.say(f'severity.{problem.severity}')}: {sentence}"
    yield ""


def panel(card: Card, language: Language) -> "RenderableType":
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(card, language):
        facts.add_row(language.say(name), Text(value))
    approved = card.approval in ("approval.granted", "approval.not-needed")
    state = Text(language.say(card.approval, **card.approval_values), style="green" if approved else "yellow")
    facts.add_row(language.say("preview.approval"), state)
    for counter in card.counters:
        style = "red bold" if counter.full else "dim"
        facts.add_row("", Text(_counted(counter, language), style=style))
    parts: list[Any] = []
    for name, text in _texts(card):
        parts += [Text(language.say(name), style="dim italic"), Text(text), Text("")]
    parts.append(facts)
    for problem in card.findings:
        colour = "red" if problem.severity is Severity.ERROR else "yellow"
        parts.append(Text(f"! {language.problem(problem)[0]}", style=colour))
    colour = PILLAR_COLOURS.get(card.planned.pillar, "white")
    return Panel(
        Group(*parts),
        title=Text(heading(card, language), style="bold"),
        subtitle=Text(card.planned.key, style="dim"),
        title_align="left",
        subtitle_align="right",
        border_style=colour,
        padding=(1, 2),
    )


def as_json(card: Card, language: Language) -> dict[str, Any]:
    one = card.planned
    message = one.message
    return {
        "key": one.key,
        "due_at": one.due_at.astimezone(UTC).isoformat(),
        "channel": one.channel,
        "pillar": one.pillar,
        "theme": one.theme,
        "platform": message.platform,
        "account": message.account,
        "kind": message.kind,
        "text": message.text,
        "link": message.link,
        "options": dict(message.options),
        "media": [
            {
                "file": media.path.name,
                "mime": media.mime,
                "size": media.size,
                "sha256": media.sha256,
                "alt": media.alt,
                "width": media.width,
                "height": media.height,
                "duration": media.duration,
                "recipe": media.recipe,
            }
            for media in message.media
        ],
        "after": [{"kind": after.kind, "options": dict(after.options)} for after in message.after],
        "chosen": one.chosen[0].removeprefix("chosen."),
        "digest": one.digest,
        "approval": card.approval.removeprefix("approval."),
        "counters": [
            {"field": c.field, "count": c.count, "most": c.most, "unit": c.unit} for c in card.counters
        ],
        "findings": [
            {"severity": p.severity, "code": p.code, "message": language.problem(p)[0]} for p in card.findings
        ],
    }
