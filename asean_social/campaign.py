"""Campaign files become frozen campaigns, or problems: all of all files at once, each with its place.

`load` reads, checks every value's shape (`shapes`), fills in the file's defaults, and checks what must hold between
values. Only a campaign without any error comes out; a file that has one is `broken`, and cancels nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from asean_social import reader
from asean_social.errors import CampaignError, Problem, Severity
from asean_social.fields import Language, Shape, term
from asean_social.moments import Unfit
from asean_social.problems import dotted, keys, meaning, shown
from asean_social.reader import Document, Steps
from asean_social.shapes import SHAPES, CampaignShape, Defaults, PostShape, over

APPROVALS = ".approvals.yaml"
_KEYS = keys(*SHAPES)
PLATFORMS = ("facebook", "youtube", "zalo")


class Post(PostShape):
    """One idea, with the defaults of its file filled in."""

    pillar: str
    steps: Steps  # where it stands in its file
    channels: tuple[str, ...]
    hashtags: tuple[str, ...]
    lang: Language
    goals: tuple[str, ...]
    audience: tuple[str, ...]
    variant: int | None = None  # which of the texts of its series

    def as_variant(self, index: int | None) -> "Post":
        """The post as one text of its series says it."""
        if index is None or self.every is None:
            return self
        own = self.every.texts[index]
        said = {name: getattr(own, name) for name in own.model_fields_set}
        return self.model_copy(update={**said, "variant": index})


@dataclass(frozen=True, slots=True)
class Channel:
    name: str
    platform: str
    account: str  # name of the table in credentials.toml
    clock: str  # own | platform
    daily_cap: int | None


@dataclass(frozen=True, slots=True)
class Campaign:
    slug: str
    title: str
    start: date  # first and last day, in `timezone`
    end: date
    timezone: ZoneInfo
    directive_ref: str
    period: str | None
    approval: str  # none | one | two-level
    grace: int | None  # seconds
    channels: Mapping[str, Channel]
    defaults: Defaults
    slots: Mapping[str, tuple[time, ...]]
    mix: Mapping[str, float]
    posts: tuple[Post, ...]
    source: Path
    file: str  # the source as problems name it
    document: Document = field(repr=False, compare=False)

    def problem(
        self, post: Post, code: str, *steps: str | int, severity: Severity = Severity.ERROR, **values: Any
    ) -> Problem:
        """A finding about one part of a post, at its place in the file."""
        if post.variant is not None and post.every is not None and steps:
            own = post.every.texts[post.variant].model_fields_set
            steps = ("every", "texts", post.variant, *steps) if steps[0] in own else steps
        return _problem(self.document, self.file, (*post.steps, *steps), code, severity, values)

    def finding(self, code: str, *steps: str | int, **values: Any) -> Problem:
        """A finding about a part of the file that belongs to no post."""
        return _problem(self.document, self.file, steps, code, Severity.ERROR, values)


@dataclass(frozen=True, slots=True)
class Loaded:
    campaigns: tuple[Campaign, ...]  # only those without an error
    problems: tuple[Problem, ...]
    broken: tuple[Path, ...]


def find_files(path: Path) -> list[Path]:
    """The campaign files of a folder in the order of their names; a file stands for itself."""
    if not path.is_dir():
        return [path]
    found = (one for one in path.iterdir() if one.suffix in {".yaml", ".yml"})
    return sorted(one for one in found if not one.name.endswith(APPROVALS))


def load(paths: Sequence[Path], root: Path) -> Loaded:
    """Load campaign files, and those of folders, of the project at `root`. Problems name files relative to it."""
    root = root.absolute()
    files = {path: _File(path.absolute(), root) for one in paths for path in find_files(one)}
    campaigns = {path: file.load() for path, file in files.items()}
    _refuse_same_slug(list(files.values()))
    problems = tuple(one for file in files.values() for one in sorted(file.problems, key=_place_of))
    good = {path for path, file in files.items() if campaigns[path] and not file.failed}
    return Loaded(
        tuple(campaign for path, campaign in campaigns.items() if campaign and path in good),
        problems,
        tuple(path for path in files if path not in good),
    )


def _place_of(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _refuse_same_slug(files: Sequence["_File"]) -> None:
    """Of two files with one slug neither may be used: each would cancel the other's posts."""
    for file in files:
        others = [one.name for one in files if one is not file and file.slug and one.slug == file.slug]
        if others:
            file.report(("campaign",), "campaign.slug-twice", found=file.slug, other=others[0])


_Model = TypeVar("_Model", bound=Shape)


class _File:
    """One campaign file on its way to a Campaign; every finding on the way is kept in `problems`."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root
        self.name = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
        self.problems: list[Problem] = []
        self.slug = ""
        self.document: Document
        self.raw: dict[str, Any] = {}

    @property
    def failed(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.problems)

    def load(self) -> Campaign | None:
        try:
            self.document = reader.read(self.path)
        except CampaignError as error:
            self.problems += [replace(one, file=self.name) for one in error.problems]
            return None
        if not isinstance(self.document.value, dict):
            self.report((), "campaign.not-a-campaign", found=shown(self.document.value))
            return None
        self.raw = self.document.value
        self.slug = self.raw["campaign"] if isinstance(self.raw.get("campaign"), str) else ""
        return self._campaign()

    def report(
        self,
        steps: Steps,
        code: str,
        severity: Severity = Severity.ERROR,
        *,
        key: bool = False,
        **values: Any,
    ) -> None:
        self.problems.append(_problem(self.document, self.name, steps, code, severity, values, key=key))

    def _campaign(self) -> Campaign | None:
        head = self._valid(
            CampaignShape, {name: one for name, one in self.raw.items() if name != "pillars"}, ()
        )
        posts = list(self._posts(head.defaults if head else Defaults()))
        self._check_ids(posts)
        if head is None:
            return None
        self._check_head(head)
        for post in posts:
            self._check_channels(post, head)
            self._check_times(post, head)
        return None if self.failed else self._made(head, posts)

    def _made(self, head: CampaignShape, posts: Sequence[Post]) -> Campaign:
        return Campaign(
            slug=head.campaign,
            title=head.title,
            start=head.start,
            end=head.end,
            timezone=ZoneInfo(head.timezone),
            directive_ref=head.directive_ref,
            period=head.period,
            approval=head.approval,
            grace=head.grace,
            channels=MappingProxyType({name: _channel(name, one) for name, one in head.channels.items()}),
            defaults=head.defaults,
            slots=MappingProxyType({name: tuple(sorted(set(times))) for name, times in head.slots.items()}),
            mix=MappingProxyType(head.mix),
            posts=tuple(posts),
            source=self.path,
            file=self.name,
            document=self.document,
        )

    def _valid(self, model: type[_Model], raw: Any, steps: Steps) -> _Model | None:
        context = {"zone": self._zone(), "root": self.root, "folder": self.path.parent}
        try:
            return model.model_validate(raw, context=context)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self._translate(one, steps)
            return None

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.raw.get("timezone", "Asia/Ho_Chi_Minh"))
        except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError):
            return ZoneInfo("Asia/Ho_Chi_Minh")  # the wrong one is reported where it stands

    def _translate(self, error: ErrorDetails, steps: Steps) -> None:
        where = [*steps, *error["loc"]]
        about_key = where[-1:] == ["[key]"]
        code, values = meaning(error, _KEYS)
        self.report(
            tuple(where[:-1] if about_key else where),
            code,
            key=about_key or error["type"] == "extra_forbidden",
            **values,
        )

    def _posts(self, defaults: Defaults) -> Iterator[Post]:
        for pillar, steps, items in self._pillars():
            for index, raw in enumerate(items):
                here = (*steps, index)
                if shape := self._valid(PostShape, raw, here):
                    yield _complete(shape, pillar, here, defaults)

    def _pillars(self) -> Iterator[tuple[str, Steps, list[Any]]]:
        pillars = self.raw.get("pillars")
        if not isinstance(pillars, dict):
            if "pillars" in self.raw:
                self.report(("pillars",), "campaign.not-a-mapping", found=shown(pillars))
            else:
                self.report(("pillars",), "campaign.missing", found="pillars")
            return
        for name, items in pillars.items():
            steps = ("pillars", name)
            try:
                slug = term("pillar", name)
            except Unfit as error:
                self.report(steps, error.code, key=True, **error.values)
                slug = "cross"  # so that its posts are checked as well
            if isinstance(items, list | None):
                yield slug, steps, items or []
            else:
                self.report(steps, "campaign.not-a-list", found=shown(items))

    def _check_ids(self, posts: Sequence[Post]) -> None:
        first: dict[str, Post] = {}
        for post in posts:
            if post.id in first:
                line = self.document.position((*first[post.id].steps, "id")).line
                self.report((*post.steps, "id"), "campaign.post-twice", found=post.id, first=line)
            first.setdefault(post.id, post)

    def _check_head(self, head: CampaignShape) -> None:
        for name in head.slots:
            if name not in head.channels:
                self._unknown_channel(("slots", name), name, head, key=True)
        for name in head.defaults.channels:
            if name not in head.channels:
                self._unknown_channel(("defaults", "channels"), name, head)
        if len(head.mix) < len(self.raw.get("mix", {})):
            self.report(("mix",), "campaign.pillar-twice")

    def _unknown_channel(self, steps: Steps, name: str, head: CampaignShape, *, key: bool = False) -> None:
        fits = get_close_matches(name, head.channels, n=1) or sorted(head.channels)
        self.report(steps, "campaign.unknown-channel", key=key, found=name, fits=", ".join(fits))

    def _check_channels(self, post: Post, head: CampaignShape) -> None:
        if not post.channels:
            self.report(post.steps, "campaign.no-channel")
        own = "channels" in post.model_fields_set
        for name in post.channels if own else ():
            if name not in head.channels:
                self._unknown_channel((*post.steps, "channels"), name, head)
        accounts = [head.channels[name].account for name in post.channels if name in head.channels]
        for account, times in Counter(accounts).items():
            if times > 1:
                self.report((*post.steps, "channels"), "campaign.account-twice", found=account)
        for platform in PLATFORMS:
            if platform in post.model_fields_set and not any(one.startswith(platform) for one in accounts):
                self.report(
                    (*post.steps, platform),
                    "campaign.block-unused",
                    Severity.WARNING,
                    key=True,
                    found=platform,
                )

    def _check_times(self, post: Post, head: CampaignShape) -> None:
        if post.at and post.every:
            self.report((*post.steps, "every"), "campaign.at-and-every", key=True)
        for slot, times in Counter(moment.id for moment in post.at).items():
            if times > 1:
                self.report((*post.steps, "at"), "campaign.slot-twice", found=slot)
        for index, moment in enumerate(post.at):
            self._check_inside((*post.steps, "at", index, "at"), moment.at, head)
        if post.theme == "other" and not post.theme_note:
            self.report((*post.steps, "theme"), "campaign.no-theme-note")

    def _check_inside(self, steps: Steps, at: datetime, head: CampaignShape) -> None:
        day = at.astimezone(ZoneInfo(head.timezone)).date()
        if not head.start <= day <= head.end:
            fits = f"{head.start:%d/%m/%Y} – {head.end:%d/%m/%Y}"
            self.report(steps, "campaign.outside-period", found=f"{day:%d/%m/%Y}", fits=fits)


def _channel(name: str, shape: Any) -> Channel:
    platform, _, account = shape.account.partition("/")
    return Channel(name, platform, account, shape.clock, shape.daily_cap)


def _complete(shape: PostShape, pillar: str, steps: Steps, defaults: Defaults) -> Post:
    """The post with what its file's defaults say where it says nothing."""
    values = {name: getattr(shape, name) for name in PostShape.model_fields}
    for name in ("channels", "hashtags", "author", "lang", "goals", "audience"):
        if values[name] is None:
            values[name] = getattr(defaults, name)
    for name in PLATFORMS:
        values[name] = over(getattr(defaults, name), values[name])
    return Post.model_construct(shape.model_fields_set, pillar=pillar, steps=steps, **values)


def _problem(
    document: Document,
    file: str,
    steps: Steps,
    code: str,
    severity: Severity,
    values: Mapping[str, Any],
    *,
    key: bool = False,
) -> Problem:
    steps = _written(document.value, steps)
    line, column = document.key_position(steps) if key else document.position(steps)
    return Problem(code, values, severity, file, line, column, dotted(steps), _post_of(document.value, steps))


def _written(value: Any, steps: Steps) -> Steps:
    """The part of the steps that the file really has: a short form stands where validation saw a list or mapping."""
    real: list[str | int] = []
    for step in steps:
        if isinstance(value, dict) and isinstance(step, int):
            continue
        if not isinstance(value, dict | list):
            break
        real.append(step)
        holder: Any = value
        try:
            value = holder[step]
        except (LookupError, TypeError):
            break
    return tuple(real)


def _post_of(value: Any, steps: Steps) -> str:
    match steps:
        case ("pillars", pillar, int(index), *_):
            post = value["pillars"][pillar][index]
            return f"{value.get('campaign')}/{post.get('id')}" if isinstance(post, dict) else ""
    return ""
