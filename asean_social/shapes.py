"""The shape of a campaign file: every key that may be written in it, as frozen models."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from asean_social import moments
from asean_social.fields import (
    Account,
    Approval,
    Audience,
    Clock,
    Code,
    Codes,
    Cron,
    Day,
    Form,
    Goal,
    Hashtag,
    Language,
    Link,
    Many,
    MediaPath,
    OneOrMany,
    Period,
    PillarName,
    Seconds,
    Shape,
    Shown,
    Slug,
    Theme,
    Zone,
    fitting,
    one_or_many,
    unfit,
)


class Captions(Shape):
    """A file of subtitles; or the mark of a video whose picture shows them already."""

    file: MediaPath | None = None
    language: str | None = None  # None: from a name such as `tac.en.vtt`, else the post's language
    name: str = ""  # of the track, where a language has several
    burned_in: bool = False

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Captions":
        if (self.file is None) is not self.burned_in:
            raise unfit("campaign.captions-without-file")
        return self


def _captions(typed: Any) -> Any:
    """A path stands for one file in the post's language, `burned-in` for captions that need no file."""
    return [_one_captions(one) if isinstance(one, str) else one for one in one_or_many(typed)]


def _one_captions(typed: str) -> dict[str, Any]:
    return {"burned_in": True} if typed == "burned-in" else {"file": typed}


class MediaRef(Shape):
    file: MediaPath
    alt: str = ""
    caption: str = ""  # shown under the image in a Zalo article
    captions: Annotated[tuple[Captions, ...], Field(strict=False), BeforeValidator(_captions)] = ()


def _media(typed: Any) -> Any:
    """A path alone stands for a medium without alternative text, one medium for a list of one."""
    return [{"file": one} if isinstance(one, str) else one for one in one_or_many(typed)]


MediaList = Annotated[tuple[MediaRef, ...], Field(strict=False), BeforeValidator(_media)]


class Facebook(Shape):
    kind: Literal["text", "link", "photo", "album", "video", "reel"] | None = None
    text: str | None = None
    link: Link | None = None
    media: MediaList | None = None
    hashtags: Many[Hashtag] | None = None
    title: str | None = None
    description: str | None = None
    thumbnail: MediaPath | None = None
    first_comment: str | None = None
    place: Code | None = None
    targeting: dict[str, Any] | None = None


class Localized(Shape):
    title: str
    description: str = ""


class YouTube(Shape):
    kind: Literal["video", "short"] | None = None
    title: str | None = None
    description: str | None = None
    media: MediaList | None = None
    tags: Many[str] = ()
    playlist: str | None = None
    category: Code = "25"  # News & Politics
    language: str | None = None
    audio_language: str | None = None
    made_for_kids: bool = False
    notify_subscribers: bool = True
    license: Literal["youtube", "creativeCommon"] = "youtube"
    embeddable: bool = True
    public_stats: bool = True
    recording_date: Day | None = None
    localizations: dict[str, Localized] = Field(default_factory=dict)
    thumbnail: MediaPath | None = None


class Block(Shape):
    """One piece of a Zalo article: exactly one of text, image, video."""

    text: str | None = None
    image: MediaPath | None = None
    video: MediaPath | None = None
    caption: str = ""
    thumb: MediaPath | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Block":
        if sum(one is not None for one in (self.text, self.image, self.video)) != 1:
            raise unfit("campaign.bad-block", fits="text, image, video")
        return self


def _blocks(typed: Any) -> Any:
    """A text is cut into paragraphs at its empty lines; in a list, a text stands for one paragraph."""
    listed = paragraphs(typed) if isinstance(typed, str) else typed
    return (
        [{"text": one} if isinstance(one, str) else one for one in listed]
        if isinstance(listed, list)
        else listed
    )


def paragraphs(text: str) -> list[str]:
    return [one.strip() for one in re.split(r"\n\s*\n", text) if one.strip()]


class Broadcast(Shape):
    at: datetime | None = None
    gender: Codes = "0"
    ages: Codes | None = None
    locations: Codes | None = None
    cities: Codes | None = None
    platform: Codes | None = None
    late: Literal["wait", "hold"] = "hold"
    posts: OneOrMany[Slug] = Field(default=(), alias="with")  # other posts whose articles are sent along

    @field_validator("at", mode="before")
    @classmethod
    def _at(cls, typed: Any, info: ValidationInfo) -> Any:
        return _moment(typed, info)


class Zalo(Shape):
    type: Literal["normal", "video"] = "normal"
    title: str | None = None
    summary: str | None = None
    author: str | None = None
    cover: MediaPath | None = None  # a picture or a video; of a video article the picture that stands for it
    fallback_cover: MediaPath | None = None  # shown where Zalo refuses the cover
    cover_status: Shown = "show"
    media: MediaList | None = None
    body: Annotated[tuple[Block, ...] | None, Field(strict=False), BeforeValidator(_blocks)] = None
    comment: Shown = "show"
    tracking_link: Link | None = None
    broadcast: Broadcast | None = None


class Variant(Shape):
    """One text of a series; what it leaves out is the post's."""

    text: str | None = None
    title: str | None = None
    link: Link | None = None
    media: MediaList | None = None


def _variants(typed: Any) -> Any:
    return [{"text": one} if isinstance(one, str) else one for one in one_or_many(typed)]


class Every(Shape):
    """A series: at each time of the rule the next of its texts, in order; it ends with the last, or begins again."""

    cron: Cron
    until: Day | None = None
    texts: Annotated[tuple[Variant, ...], Field(strict=False), BeforeValidator(_variants)] = ()
    repeat: bool = False


class Moment(Shape):
    """One time of a post. `id` is its slot's name, so that changing `at` moves a delivery and never makes another."""

    id: Slug = "1"
    at: datetime  # UTC

    @field_validator("at", mode="before")
    @classmethod
    def _at(cls, typed: Any, info: ValidationInfo) -> Any:
        return _moment(typed, info)


def _moment(typed: Any, info: ValidationInfo) -> datetime:
    context: dict[str, Any] = info.context or {}
    zone: ZoneInfo = context["zone"]
    at: datetime = fitting(lambda one: moments.moment(one, zone))(typed)
    return at.astimezone(UTC)


def _moments(typed: Any) -> Any:
    if not isinstance(typed, list):
        return [typed if isinstance(typed, dict) else {"at": typed}]
    if not typed or not all(isinstance(one, dict) and "id" in one for one in typed):
        raise unfit("campaign.slot-without-id")
    return typed


class Silence(Shape):
    rule: str
    reason: str


class PostShape(Shape):
    id: Slug
    theme: Theme
    title: str | None = None
    author: Slug | None = None
    lang: Language | None = None
    text: str | None = None
    link: Link | None = None
    media: MediaList = ()
    at: Annotated[tuple[Moment, ...], Field(strict=False), BeforeValidator(_moments)] = ()
    every: Every | None = None
    channels: OneOrMany[str] | None = None
    hashtags: Many[Hashtag] | None = None
    themes: OneOrMany[Theme] = ()
    theme_note: str | None = None
    form: Form | None = None
    goals: OneOrMany[Goal] | None = None
    audience: OneOrMany[Audience] | None = None
    sources: OneOrMany[str] = ()
    tags: OneOrMany[str] = ()
    tone: str | None = None
    priority: Literal["low", "normal", "high"] = "normal"
    grace: Seconds | None = None
    sensitive: bool = False
    people: Literal["none", "public-event", "identifiable", "child"] = "none"
    consent_ref: str | None = None
    contains_map: bool = False
    map_checked_by: str | None = None
    contains_emblem: bool = False
    ai_generated: bool = False
    silence: Many[Silence] = ()
    facebook: Facebook = Facebook()
    youtube: YouTube = YouTube()
    zalo: Zalo = Zalo()


class ChannelShape(Shape):
    account: Account
    clock: Literal["own", "platform"] = "own"
    daily_cap: Annotated[int, Field(ge=1)] | None = None


def _channel(typed: Any) -> Any:
    return {"account": typed} if isinstance(typed, str) else typed


class Defaults(Shape):
    """What a post has where it says nothing itself; in a platform's block, key by key."""

    channels: OneOrMany[str] = ()
    hashtags: Many[Hashtag] = ()
    author: Slug | None = None
    lang: Language = "vi"
    goals: OneOrMany[Goal] = ()
    audience: OneOrMany[Audience] = ()
    facebook: Facebook = Facebook()
    youtube: YouTube = YouTube()
    zalo: Zalo = Zalo()


class CampaignShape(Shape):
    """All of a campaign file but its posts."""

    campaign: Slug
    title: str
    start: Day = Field(alias="from")
    end: Day = Field(alias="to")
    timezone: Zone = "Asia/Ho_Chi_Minh"
    directive_ref: str = ""
    period: Period | None = None
    approval: Approval = "one"
    grace: Seconds | None = None
    channels: dict[Slug, Annotated[ChannelShape, BeforeValidator(_channel)]]
    defaults: Defaults = Defaults()
    slots: dict[str, OneOrMany[Clock]] = Field(default_factory=dict)
    mix: dict[PillarName, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> "CampaignShape":
        if self.end < self.start:
            raise unfit("campaign.ends-before", found=f"{self.end:%d/%m/%Y}", fits=f"{self.start:%d/%m/%Y}")
        return self


def over(base: Any, own: Any) -> Any:
    """A platform's block of a post over that of the defaults, key by key."""
    return base.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})


SHAPES: tuple[type[Shape], ...] = (
    CampaignShape,
    ChannelShape,
    Defaults,
    PostShape,
    MediaRef,
    Moment,
    Every,
    Variant,
    Captions,
    Silence,
    Facebook,
    YouTube,
    Localized,
    Zalo,
    Block,
    Broadcast,
)
