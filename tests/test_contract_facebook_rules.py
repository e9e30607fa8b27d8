"""The rules of Facebook's contract, each met at its limit and one beyond."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests
from facebook_walk import DAY, EDGES, HOUR, MISSING, OWN, PHOTO, PLAIN, Walk, outcome
from sandbox_clients import VIDEO, picture

SANDBOX = {"processing_seconds": 0.0}
EMPTY = (197, None)


@pytest.fixture
def walk(graph, box, clock):
    return Walk(graph, box, clock)


# -- rules: each at its limit and beyond, as pairs of an answer and what it must be

Pairs = list[tuple[requests.Response, tuple[int, int | None] | None]]
RULES: dict[tuple[str, str], Callable[[Walk], Pairs]] = {}


def rule(edge: str, beginning: str) -> Callable[[Callable[[Walk], Pairs]], Callable[[Walk], Pairs]]:
    def kept(found: Callable[[Walk], Pairs]) -> Callable[[Walk], Pairs]:
        RULES[edge, beginning] = found
        return found

    return kept


def _described(edge: str, beginning: str) -> dict[str, Any]:
    [found] = [one for one in EDGES[edge]["rules"] if one["rule"].startswith(beginning)]
    return dict(found)


@rule("feed.create", "scheduled_publish_time requires published=false")
def _hidden_until_then(walk):
    refused = walk.ask("feed.create", scheduled_publish_time=walk.later()["scheduled_publish_time"])
    told = _described("feed.create", "scheduled_publish_time requires")["error"]
    assert told["message_contains"] in refused.json()["error"]["message"]
    return [(refused, (told["code"], None)), (walk.ask("feed.create", **walk.later()), None)]


@rule("feed.create", "scheduled_publish_time >= now+600s")
def _soonest(walk):
    return [(walk.ask("feed.create", **walk.later(ahead)), why) for ahead, why in ((600, None), (599, PLAIN))]


@rule("feed.create", "scheduled_publish_time <= now+30d")
def _latest(walk):
    safe = _described("feed.create", "scheduled_publish_time <= now+30d")["safe_max_seconds"]
    late = ((safe, None), (safe + 1, PLAIN))
    return [(walk.ask("feed.create", **walk.later(ahead)), why) for ahead, why in late]


@rule("feed.create", "attached_media items are")
def _items(walk):
    when = {**walk.later(), "unpublished_content_type": "SCHEDULED"}
    kept = walk.graph.photo(published="false", temporary="true")["id"]
    shown = walk.graph.photo()["id"]
    odd = [[{"media_fbid": walk.photo, "a": 1}], [{}], [{"media_fbid": "1"}], [{"media_fbid": [1]}], []]
    answers = [(walk.ask("feed.create", attached_media=one), PLAIN) for one in odd]
    hidden = walk.ask("feed.create", published="false").json()["id"]
    answers += [(walk.graph.send("POST", f"/{hidden}", attached_media=one), PLAIN) for one in odd]
    answers += [(walk.album(walk.photo, **when), PLAIN), (walk.album(kept, **when), None)]
    return [*answers, (walk.album(walk.photo), None), (walk.album(shown), (100, 1366051))]


@rule("feed.create", "scheduled multi-photo needs")
def _scheduled_album(walk):
    photos = [walk.graph.photo(published="false", temporary="true")["id"] for _ in range(2)]
    kind = {"unpublished_content_type": "SCHEDULED"}
    whole = {**walk.later(), **kind}
    beyond = [{name: one for name, one in whole.items() if name != left_out} for left_out in whole]
    return [(walk.album(*photos, **one), PLAIN) for one in beyond] + [(walk.album(*photos, **whole), None)]


@rule("feed.create", "tags requires place")
def _tags(walk):
    bare = walk.graph.feed(message="a")["id"]
    assert walk.graph.post(f"/{bare}", tags=[1])["error"]["code"] == 100
    return [(walk.ask("feed.create", tags=[1]), PLAIN), (walk.ask("feed.create", tags=[1], place="7"), None)]


@rule("feed.create", "child_attachments 2..5")
def _children(walk):
    def asked(count: int, **more: Any) -> requests.Response:
        return walk.ask("feed.create", child_attachments=[{"link": OWN, "name": "a"}] * count, **more)

    many = {"multi_share_optimized": "true"}
    taken = [asked(2), asked(5), asked(10, **many)]
    refused = [asked(1), asked(6), asked(11, **many), asked(1, **many)]
    odd = [[{"name": "a"}] * 2, [{"link": "a"}] * 2, [{"link": OWN, "colour": "a"}] * 2]
    refused += [walk.ask("feed.create", child_attachments=one) for one in odd]
    return [(one, None) for one in taken] + [(one, PLAIN) for one in refused]


@rule("feed.create", "custom name/description/picture/thumbnail")
def _card(walk):
    file = {"thumbnail": ("a.jpg", picture())}
    pairs = []
    for link, why in (
        (OWN, None),
        ("https://sub.hue.gov.vn/", None),
        ("https://nhue.gov.vn/", PLAIN),
        (None, PLAIN),
    ):
        pairs += [
            (walk.ask("feed.create", link=link, **{one: "a"}), why)
            for one in ("name", "description", "picture")
        ]
        pairs += [(walk.ask("feed.create", files=file, link=link), why)]
    return pairs


@rule("feed.create", "message must be omitted")
def _empty(walk):
    told = [
        walk.ask(edge, body={"message": one})
        for edge in ("feed.create", "post.update")
        for one in (None, "", " ")
    ]
    return [(one, EMPTY) for one in told] + [(walk.ask("feed.create", message=None, link=OWN), None)]


@rule("photos.create", "temporary=true needs")
def _temporary(walk):
    refused = [{}, {"published": "true"}, walk.later()]
    taken = {"published": "false", "temporary": "true"}
    answers = [(walk.ask("photos.create", temporary="true", **one), PLAIN) for one in refused]
    return [*answers, (walk.ask("photos.create", **taken), None)]


@rule("photos.create", "url XOR file part")
def _one_source(walk):
    url, file = {"url": f"{walk.box.url}/media/cover.jpg"}, {"source": ("a.jpg", picture())}
    vault = {"vault_image_id": "1"}
    both = [walk.ask("photos.create", file, **one) for one in (url, vault)] + [
        walk.ask("photos.create", **url, **vault)
    ]
    taken = [walk.ask("photos.create", **url), walk.ask("photos.create", file)]
    return [(one, PHOTO) for one in both] + [(one, None) for one in taken]


@rule("photos.create", "bytes <= 10 MB")
def _photo_bytes(walk):
    safe = _described("photos.create", "bytes <= 10 MB")["safe_max_bytes"]
    sizes = ((safe, None), (safe + 1, (100, 1366046)))
    return [
        (walk.ask("photos.create", {"source": ("a.jpg", picture(pad_to=size))}), why) for size, why in sizes
    ]


@rule("photos.create", "message and name are deprecated aliases")
def _aliases(walk):
    for one in ("message", "name", "caption"):
        photo = walk.ask("photos.create", fields="name", **{one: "Huế"}).json()
        assert photo["name"] == "Huế"
    return [(walk.ask("photos.create", caption="a", **{one: "b"}), PLAIN) for one in ("message", "name")]


@rule("photos.create", "an unpublished photo disappears")
def _a_day(walk):
    kept = walk.photo
    walk.clock.advance(DAY - 1)
    before = walk.ask("photo.get")
    walk.clock.advance(1)
    after = walk.graph.send("GET", f"/{kept}")
    return [(before, None), (after, MISSING)]


@rule("photos.create", "post_id is absent")
def _no_post_yet(walk):
    answers = [walk.ask("photos.create", **one) for one in ({}, {"published": "false"}, walk.later())]
    assert ["post_id" in one.json() for one in answers] == [True, False, False]
    return [(one, None) for one in answers]


@rule("videos.create", "file_url cannot be combined")
def _no_address(walk):
    phases = ({"file_size": 12}, {}, {})
    named = zip(("start", "finish", "cancel"), phases, strict=True)
    url = {"file_url": "https://hue.gov.vn/a.mp4"}
    assert outcome(walk.ask("videos.create", upload_phase=None, **url)) == PLAIN  # not offered
    return [(walk.ask("videos.create", upload_phase=one, **url, **more), PLAIN) for one, more in named]


@rule("videos.create", "upload_phase=start needs file_size")
def _size(walk):
    sizes = ((1, None), (None, PLAIN), (0, (382, None)), (10_000_000_000, None), (10_000_000_001, PLAIN))
    return [(walk.ask("videos.create", upload_phase="start", file_size=one), why) for one, why in sizes]


@rule("videos.create", "upload_phase=transfer needs")
def _transfer(walk):
    session = walk.session()
    bare = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": 0}
    refused = [
        walk.chunk(None, 0),
        walk.chunk("1", 0),
        walk.chunk(session, None),
        walk.chunk(session, 0, "source"),
    ]
    refused += [walk.ask("videos.create", **bare)]
    return [(one, PLAIN) for one in refused] + [(walk.chunk(session, 0), None)]


@rule("videos.create", "upload_phase=finish needs")
def _finish(walk):
    early = {
        "title": "a",
        "description": "a",
        "published": "false",
        "scheduled_publish_time": 1,
        "targeting": {},
    }
    start = {"upload_phase": "start", "file_size": 12}
    short = walk.session()
    done = walk.upload()["upload_session_id"]
    again = [walk.ask("videos.create", upload_session_id=done) for _ in range(2)]
    return [
        *((walk.ask("videos.create", **start, **{name: one}), PLAIN) for name, one in early.items()),
        (walk.ask("videos.create", upload_session_id="1"), PLAIN),
        (walk.ask("videos.create", upload_session_id=short), (6000, None)),
        (again[0], None),
        (again[1], (6001, None)),
        (walk.ask("videos.create", published="false", title="a", description="a"), None),
    ]


@rule("videos.create", "transfer at a wrong offset")
def _offset(walk):
    session = walk.session()
    refused = walk.chunk(session, 1)
    assert refused.json()["error"]["error_data"] == {"start_offset": "0", "end_offset": str(len(VIDEO))}
    return [(refused, (6001, 1363037)), (walk.chunk(session, 0), None)]


@rule("videos.create", "scheduled_publish_time 10 min")
def _film_later(walk):
    times = ((600, None), (599, PLAIN), (30 * DAY, None), (30 * DAY + 1, PLAIN))
    pairs = [(walk.ask("videos.create", **walk.later(ahead)), why) for ahead, why in times]
    pairs += [
        (walk.ask("video.update", **walk.later(ahead) | {"published": None}), why) for ahead, why in times
    ]
    public = {"scheduled_publish_time": walk.later()["scheduled_publish_time"]}
    return [*pairs, (walk.ask("videos.create", **public), PLAIN)]


@rule("video_reels.create", "upload_phase=finish needs")
def _reel_needs(walk):
    without = [walk.finish_reel(**{one: None}) for one in ("video_id", "video_state")]
    strange = walk.finish_reel(video_id="1")
    empty = walk.finish_reel(video_id=walk.ask("video_reels.create").json()["video_id"])
    taken = [(walk.finish_reel(one), None) for one in ("PUBLISHED", "DRAFT")]
    return [(one, PLAIN) for one in without] + [(strange, MISSING), (empty, (6000, None)), *taken]


@rule("video_reels.create", "video_state=SCHEDULED needs")
def _reel_later(walk):
    def at(ahead: int, state: str = "SCHEDULED") -> requests.Response:
        return walk.finish_reel(state, scheduled_publish_time=int(walk.clock.now) + ahead)

    days = 29 * DAY
    return [
        (walk.finish_reel("SCHEDULED"), PLAIN),
        (at(HOUR, "PUBLISHED"), PLAIN),
        *((at(ahead), why) for ahead, why in ((600, None), (599, PLAIN), (days, None), (days + 1, PLAIN))),
    ]


@rule("video_reels.create", "at most 30 API-published reels")
def _thirty(walk):
    taken = [walk.finish_reel() for _ in range(30)]
    beyond = walk.finish_reel()
    walk.clock.advance(DAY)
    return [(one, None) for one in (*taken, walk.finish_reel())] + [(beyond, (368, 1390008))]


@rule("video_reels.create", "finish {success:true} is only an acknowledgement")
def _acknowledged(walk):
    reel = walk.reel()
    walk.bytes_of_reel()
    done = walk.finish_reel("DRAFT", video_id=reel)
    assert done.json() == {"success": True}
    assert walk.graph.get(f"/{reel}", fields="published")["published"] is False
    return [(done, None)]


@rule("comments.create", "a user token gets error 1705")
def _as_a_person(walk):
    tokens = ((walk.user, (1705, None)), (walk.graph.token, None))
    return [(walk.ask("comments.create", access_token=one), why) for one, why in tokens]


@rule("post.update", "only posts made by the same app")
def _own_app(walk):
    taken = walk.ask("post.update")
    walk.box.facebook.wall.posts[walk.post].ours = False
    return [(taken, None), (walk.ask("post.update"), (200, None))]


@rule("feed.list", "limit <= 100")
def _hundred(walk):
    return [(walk.ask("feed.list", limit=one), why) for one, why in ((100, None), (101, PLAIN))]


@rule("feed.list", "about 600 ranked published posts")
def _a_year(walk):
    for _ in range(601):
        walk.box.facebook.wall.add_post(walk.graph.page, {"message": "a"})
    answer, seen = walk.ask("feed.list", limit=100), 0
    while True:
        seen += len(answer.json()["data"])
        if "next" not in answer.json()["paging"]:
            break
        answer = walk.graph.http.get(answer.json()["paging"]["next"], timeout=20)
    assert seen == 600
    return [(answer, None)]


@rule("feed.list", "contains unpublished/scheduled posts too")
def _whole_feed(walk):
    made = [walk.ask("feed.create", **one).json()["id"] for one in ({}, {"published": "false"}, walk.later())]
    reel = walk.finish_reel()
    listed = walk.ask("feed.list", fields="is_published")
    assert {one["id"]: one["is_published"] for one in listed.json()["data"]} == dict(
        zip(made, (True, False, False), strict=True)
    )
    return [(reel, None), (listed, None)]


WRITTEN = [(edge, one["rule"]) for edge, described in EDGES.items() for one in described.get("rules", [])]


@pytest.mark.parametrize(("edge", "written"), WRITTEN)
def test_a_rule_holds_at_its_limit_and_beyond(walk, edge, written) -> None:
    [asked] = [
        found for (where, start), found in RULES.items() if where == edge and written.startswith(start)
    ]

    pairs = asked(walk)

    assert [outcome(answer) for answer, _ in pairs] == [why for _, why in pairs]


def having(name: str) -> list[str]:
    return [edge for edge, one in EDGES.items() if name in one["params"]]


@pytest.mark.parametrize("edge", having("unpublished_content_type"))
def test_every_kind_of_unpublished_post_is_taken_unpublished_only(walk, edge) -> None:
    for kind in EDGES[edge]["params"]["unpublished_content_type"]["enum"]:
        when = walk.later() if kind == "SCHEDULED" else {"published": "false"}
        assert outcome(walk.ask(edge, unpublished_content_type=kind, **when)) is None
        assert outcome(walk.ask(edge, unpublished_content_type=kind)) == PLAIN
    assert outcome(walk.ask(edge, unpublished_content_type="SCHEDULED", published="false")) == PLAIN


@pytest.mark.parametrize("edge", having("backdated_time"))
def test_what_is_backdated_lies_in_the_past(walk, edge) -> None:
    now = int(walk.clock.now)

    assert [outcome(walk.ask(edge, backdated_time=one)) for one in (now, now + 1)] == [None, PLAIN]


def test_a_button_leads_where_the_post_leads(walk) -> None:
    def asked(action: Any) -> tuple[int, int | None] | None:
        return outcome(walk.ask("feed.create", link=OWN, call_to_action=action))

    for good in ({"type": "LEARN_MORE"}, {"type": "LEARN_MORE", "value": {"link": OWN}}):
        assert asked(good) is None
    for bad in (
        {},
        {"value": {}},
        {"type": "A", "value": {"link": "https://hue.vn/"}},
        {"type": "A", "value": "a"},
    ):
        assert asked(bad) == PLAIN


@pytest.mark.parametrize(
    ("edge", "name"),
    [
        ("feed.create", "message"), ("post.update", "message"), ("photos.create", "caption"), ("comments.create", "message"),
        ("videos.create", "description"), ("video.update", "description"), ("video_reels.create", "description"),
    ],
)  # fmt: skip
def test_a_text_of_63206_characters_fits_everywhere_and_one_more_does_not(walk, edge, name) -> None:
    ask = walk.finish_reel if edge == "video_reels.create" else partial(walk.ask, edge)

    assert [outcome(ask(**{name: "ế" * size})) for size in (63_206, 63_207)] == [None, PLAIN]


def test_only_reels_between_two_moments_are_listed(walk) -> None:
    walk.finish_reel()
    now = int(walk.clock.now)

    assert len(walk.ask("video_reels.list", since=now, until=now + 1).json()["data"]) == 1
    assert walk.ask("video_reels.list", since=now + 1).json()["data"] == []
    assert [outcome(walk.ask("video_reels.list", since=now, until=one)) for one in (now, now - 1)] == [
        PLAIN
    ] * 2


def test_comments_are_listed_since_a_moment_and_to_the_page_only(walk) -> None:
    walk.ask("comments.create", message="b")
    walk.clock.advance(1)
    walk.ask("comments.create", message="c")

    def told(**values: Any) -> list[str]:
        return [one["message"] for one in walk.ask("comments.list", **values).json()["data"]]

    assert (told(), told(since=int(walk.clock.now))) == (["a", "b", "c"], ["c"])
    assert told(order="reverse_chronological") == ["c", "b", "a"]
    assert told(access_token=walk.user) == []
