"""The sample shows all there is: every kind, pillar, theme, form and option occurs in it, and `check` finds no error."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from asean_social import sync, taxonomy
from asean_social.errors import Severity
from asean_social.plan import Planned
from asean_social.shapes import (
    Block,
    Broadcast,
    CampaignShape,
    Captions,
    ChannelShape,
    Defaults,
    Every,
    Facebook,
    Localized,
    MediaRef,
    Moment,
    PostShape,
    Silence,
    Variant,
    YouTube,
    Zalo,
)

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "campaigns" / "hue-asean-2027.yaml"
BEFORE = datetime(2026, 11, 26, 3, tzinfo=UTC)  # the first post is not due yet
KINDS = {
    "facebook": {"text", "link", "photo", "album", "video", "reel"},
    "youtube": {"video", "short"},
    "zalo": {"normal", "video"},
}
# No option of Facebook's fits every kind of post, so that a default of them says nothing.
LEFT_OUT = {Defaults: {"facebook"}}


@pytest.fixture(scope="module")
def loaded() -> sync.Loaded:
    return sync.read([FILE], ROOT, BEFORE)


@pytest.fixture(scope="module")
def raw(loaded: sync.Loaded) -> dict[str, Any]:
    value: dict[str, Any] = loaded.campaigns["hue-asean-2027"].document.value
    return value


@pytest.fixture(scope="module")
def deliveries(loaded: sync.Loaded) -> list[Planned]:
    return list(loaded.plans["hue-asean-2027"].deliveries)


def posts(raw: dict[str, Any]) -> list[dict[str, Any]]:
    return [post for listed in raw["pillars"].values() for post in listed]


def mappings(value: Any) -> list[dict[str, Any]]:
    """One or many of them; a short form is none."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def written(raw: dict[str, Any]) -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    """Every mapping of the file with the shape that it has."""
    yield CampaignShape, raw
    yield Defaults, raw["defaults"]
    yield from ((ChannelShape, one) for one in raw["channels"].values() if isinstance(one, dict))
    for post in posts(raw):
        yield PostShape, post
        yield from _parts(post)


def _parts(post: dict[str, Any]) -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    facebook, youtube, zalo = (post.get(name, {}) for name in ("facebook", "youtube", "zalo"))
    every = post.get("every", {})
    texts = mappings(every.get("texts"))
    media = [one for part in (post, facebook, youtube, zalo, *texts) for one in mappings(part.get("media"))]
    shaped: tuple[tuple[type[BaseModel], list[dict[str, Any]]], ...] = (
        (Facebook, [facebook]),
        (YouTube, [youtube]),
        (Zalo, [zalo]),
        (Every, [every]),
        (Variant, texts),
        (Moment, mappings(post.get("at"))),
        (Silence, mappings(post.get("silence"))),
        (MediaRef, media),
        (Captions, [one for medium in media for one in mappings(medium.get("captions"))]),
        (Localized, list(youtube.get("localizations", {}).values())),
        (Block, mappings(zalo.get("body"))),
        (Broadcast, mappings(zalo.get("broadcast"))),
    )
    yield from ((shape, one) for shape, found in shaped for one in found)


def test_check_finds_no_error_and_nothing_to_warn_of(loaded: sync.Loaded) -> None:
    assert loaded.broken == ()
    assert [one for one in loaded.problems if one.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("platform", KINDS)
def test_every_kind_is_there(deliveries: list[Planned], platform: str) -> None:
    found = {one.message.kind for one in deliveries if one.message.platform == platform}

    assert found == KINDS[platform]


def test_whatever_follows_publication_is_there(deliveries: list[Planned]) -> None:
    found = {after.kind for one in deliveries for after in one.message.after}

    assert found == {"first-comment", "playlist-entry", "broadcast"}


@pytest.mark.parametrize(("kind", "key"), [("theme", "theme"), ("form", "form")])
def test_every_theme_and_form_is_the_main_one_of_a_post(raw: dict[str, Any], kind: str, key: str) -> None:
    assert {post[key] for post in posts(raw)} == {one.slug for one in taxonomy.TERMS[kind]}


@pytest.mark.parametrize(("kind", "key"), [("goal", "goals"), ("audience", "audience")])
def test_every_goal_and_audience_is_there(raw: dict[str, Any], kind: str, key: str) -> None:
    assert {one for post in posts(raw) for one in post[key]} == {one.slug for one in taxonomy.TERMS[kind]}


def test_every_pillar_has_at_least_six_posts(raw: dict[str, Any]) -> None:
    assert set(raw["pillars"]) == set(taxonomy.Pillar)
    assert min(len(listed) for listed in raw["pillars"].values()) >= 6


@pytest.mark.parametrize(
    "shape",
    [CampaignShape, ChannelShape, Defaults, PostShape, MediaRef, Moment, Every, Variant, Captions, Silence,
     Facebook, YouTube, Localized, Zalo, Block, Broadcast],
    ids=lambda shape: shape.__name__,
)  # fmt: skip
def test_every_option_is_written_somewhere(raw: dict[str, Any], shape: type[BaseModel]) -> None:
    options = {field.alias or name for name, field in shape.model_fields.items()}
    used = {name for kind, found in written(raw) if kind is shape for name in found}

    assert options - LEFT_OUT.get(shape, set()) - used == set()


def test_captions_are_in_two_languages_and_once_in_the_picture_itself(deliveries: list[Planned]) -> None:
    tracks = [one for delivery in deliveries for one in delivery.message.options.get("captions", ())]

    assert {one["language"] for one in tracks} == {"vi", "en"}


def test_posts_without_a_time_take_free_slots_and_a_series_begins_again(
    raw: dict[str, Any], deliveries: list[Planned]
) -> None:
    free = [post["id"] for post in posts(raw) if "at" not in post and "every" not in post]
    chosen = {one.post: one.chosen[0] for one in deliveries}
    again = [one for one in deliveries if one.post == "dau-thang-voi-asean"]

    assert len(free) >= 3
    assert {chosen[one] for one in free} == {"chosen.free-slot"}
    assert [one.variant for one in sorted(again, key=lambda one: one.due_at)] == [0, 1, 0, 1, 0]


def test_what_was_added_to_the_drafts_is_marked() -> None:
    marked = FILE.read_text(encoding="utf-8").count("# bổ sung để minh họa")

    assert marked >= 12
