"""Facebook's contract, walked: every parameter at its bounds, every rule at its limit and beyond, every error on order.

What is refused is refused in Facebook's shape: the status, type and numbers of the contract's row, in its envelope.
"""

import json
import re
from typing import Any

import pytest
from facebook_walk import CONTRACT, EDGES, MISSING, OWN, PHOTO, PLAIN, Walk, blamed, outcome
from sandbox_clients import picture

SANDBOX = {"processing_seconds": 0.0}
FILES = {
    "photos.create": "source",
    "feed.create": "thumbnail",
    "videos.create": "thumb",
    "comments.create": "source",
}
# what a parameter may ask beside its type is told by the rules; these have some wherever they are taken
CHOSEN = {
    "attached_media", "backdated_time", "call_to_action", "caption", "is_published", "limit", "link", "published",
    "scheduled_publish_time", "unpublished_content_type",
}  # fmt: skip
PARAMETERS = [
    (edge, name, described) for edge, one in EDGES.items() for name, described in one["params"].items()
]
TYPED = [
    "list",
    "int",
    "unsigned int",
    "float",
    "bool",
    "datetime",
    "enum",
    "Object",
    "map",
    "string",
    "file",
]


@pytest.fixture
def walk(graph, box, clock):
    return Walk(graph, box, clock)


def samples(described: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Values that a parameter takes at its bounds, and values one beyond or of another type."""
    kind = described["type"]
    if kind.startswith("list<"):
        good, bad = samples({**described, "type": kind[5:-1]})
        return [[], good], ["a", {}, "", *([one] for one in bad)]
    if "fields" in described:
        return _objects(described["fields"])
    if kind == "enum":
        return described["enum"], ["nonsense", ""]
    if kind == "int" and described.keys() & {"enum", "min", "max"}:
        allowed = described.get("enum", [])
        low, high = (
            described.get(one, pick(allowed) if allowed else None)
            for one, pick in (("min", min), ("max", max))
        )
        good = allowed or [one for one in (low, high) if one is not None]
        return good, [one for one in (low and low - 1, high and high + 1) if one is not None] + ["a", True]
    whole = ["0", "9" * 18]
    return {
        "string": (["a", "ế🌏"], [7, ["a"]]),
        "bool": (["true", "false", "1", "0"], ["yes", "", "True", "2"]),
        "int": (["-1", *whole], ["1.5", "a", ""]),
        "unsigned int": (whole, ["-1", "1.5", "a", ""]),
        "float": (["-1.5", *whole], ["a", "", "1.", "1e3"]),
        "datetime": (["1700000000", "2023-11-14T22:13:20+0000", "2023-11-14"], ["soon", "", "-1"]),
        "list": ([[], ["a", 7]], ["a", {}, ""]),
        "file": ([], ["a", ""]),
    }.get(kind, ([{}, {"a": 1}], ["a", [], ""]))


def _objects(fields: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    found = {name: samples(described) for name, described in fields.items()}
    good = [{}, *({name: one} for name, (takes, _) in found.items() for one in takes)]
    return good, [{"colour": 1}, "a", [], *({name: one} for name, (_, not_) in found.items() for one in not_)]


# -- parameters


@pytest.mark.parametrize(("edge", "name", "described"), PARAMETERS)
def test_a_parameter_takes_its_type_and_nothing_beyond(walk, edge, name, described) -> None:
    ruled = {name for name in CHOSEN if name in EDGES[edge]["params"]}
    ruled |= {word for one in EDGES[edge].get("rules", []) for word in re.findall(r"\w+", one["rule"])}
    ruled |= {one for group in EDGES[edge].get("one_of", []) for one in group}
    good, bad = samples({**described, **({"fields": {}} if name in CONTRACT["targeting"] else {})})
    text = described["type"] == "string"

    for worth in good:
        answer = walk.ask(edge, **{name: worth})
        assert blamed(answer) != name
        assert name in ruled or answer.ok, answer.text  # what rules ask beside the type is walked below
    if text and EDGES[edge]["method"] == "POST":
        bad = [walk.ask(edge, body={name: worth}) for worth in bad]
    else:
        bad = [walk.ask(edge, **{name: worth}) for worth in ([] if text else bad)]
    assert [blamed(answer) for answer in bad] == [name] * len(bad)


def test_every_type_of_the_contract_is_walked() -> None:
    used = {described["type"] for _, _, described in PARAMETERS}

    assert {re.sub("<.*", "", kind) for kind in used} == set(TYPED)
    assert {inner for kind in used for inner in re.findall(r"<([^<>]+)>", kind)} <= set(TYPED)


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge != "rupload.video"])
def test_a_whole_request_is_taken_and_what_is_missing_or_unknown_is_refused(walk, edge) -> None:
    assert outcome(walk.ask(edge)) is None
    assert blamed(walk.ask(edge, colour="red")) == "colour"
    for name in EDGES[edge].get("required", []):
        assert blamed(walk.ask(edge, **{name: None})) == name
    if EDGES[edge]["method"] == "POST":
        part = {"colour": ("a.jpg", picture())}
        free = edge == "photos.create"  # the name of its part is free
        assert (outcome(walk.ask(edge, files=part)) is None) == free


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge != "rupload.video"])
def test_what_every_call_takes(walk, edge) -> None:
    for name, described in CONTRACT["global"].items():
        if name in ("access_token", "appsecret_proof", "fields"):
            continue
        good, bad = samples(described)
        bad = [] if described["type"] == "string" else bad
        assert [outcome(walk.ask(edge, **{name: one})) for one in good] == [None] * len(good)
        assert [blamed(walk.ask(edge, **{name: one})) for one in bad] == [name] * len(bad)
    for name in CONTRACT["unoffered"]["global"]:
        assert blamed(walk.ask(edge, **{name: "1"})) == name
    assert (
        outcome(walk.ask(edge, access_token="EAAwrong"))
        == outcome(walk.ask(edge, access_token=None))
        == (190, None)
    )
    for proof in ("a" * 64, ""):
        wrong = walk.ask(edge, appsecret_proof=proof)
        assert (outcome(wrong), wrong.json()["error"]["type"]) == (PLAIN, "GraphMethodException")


@pytest.mark.parametrize("edge", [edge for edge, one in EDGES.items() if one.get("paging")])
def test_lists_take_pages_and_nothing_else_about_them(walk, edge) -> None:
    for name in ("limit", "after", "before"):
        assert name in CONTRACT["paging"]
    assert [outcome(walk.ask(edge, limit=one)) for one in (1, 100)] == [None, None]
    assert [outcome(walk.ask(edge, limit=one)) for one in (0, 101, -1, "a")] == [PLAIN] * 4
    assert [outcome(walk.ask(edge, **{one: "YQ=="})) for one in ("after", "before")] == [PLAIN] * 2
    for name in set(CONTRACT["unoffered"]["paging"]) - set(EDGES[edge]["params"]):
        assert blamed(walk.ask(edge, **{name: "1"})) == name


@pytest.mark.parametrize("edge", [edge for edge, one in EDGES.items() if not one.get("paging")])
def test_what_is_no_list_has_no_pages(walk, edge) -> None:
    names = set(CONTRACT["paging"]) - set(EDGES[edge]["params"]) if edge != "rupload.video" else ()

    for name in names:
        assert blamed(walk.ask(edge, **{name: "1"})) == name


def test_a_list_is_also_taken_by_its_places_in_their_order(walk) -> None:
    photos = [walk.make_photo() for _ in range(2)]
    named = {f"attached_media[{place}]": {"media_fbid": photos[place]} for place in (1, 0)}

    made = walk.ask("feed.create", **named).json()["id"]

    target = walk.graph.get(f"/{made}", fields="attachments")["attachments"]["data"][0]["subattachments"][
        "data"
    ]
    assert [one["target"]["id"] for one in target] == photos


@pytest.mark.parametrize(
    ("edge", "name"),
    [(edge, name) for edge, one in EDGES.items() for group in one.get("one_of", []) for name in group],
)
def test_each_of_several_contents_is_enough_and_none_is_too_little(walk, edge, name) -> None:
    nothing = {"message": None} if "message" in EDGES[edge]["params"] else {}
    alone: dict[str, Any] = {
        "message": "a",
        "link": OWN,
        "attached_media": [{"media_fbid": walk.photo}],
        "child_attachments": [{"link": OWN}] * 2,
        "attachment_id": walk.photo,
        "attachment_url": OWN,
        "attachment_share_url": OWN,
        "url": f"{walk.box.url}/media/cover.jpg",
    }
    files = {"source": ("a.jpg", picture())} if name == "source" else {}
    offered = name != "vault_image_id"

    taken = walk.ask(edge, files=files, **(nothing | ({} if files else {name: alone.get(name, "1")})))

    assert outcome(taken) == (None if offered else PHOTO)
    assert outcome(walk.ask(edge, files={}, **nothing)) == (PHOTO if edge == "photos.create" else PLAIN)


@pytest.mark.parametrize(("edge", "name"), FILES.items())
def test_a_file_is_taken_as_a_part_of_the_body_only(walk, edge, name) -> None:
    more = {"link": OWN} if edge == "feed.create" else {}
    wrong = PLAIN if edge in ("feed.create", "videos.create") else PHOTO

    assert outcome(walk.ask(edge, files={name: ("a.jpg", picture())}, **more)) is None
    assert outcome(walk.ask(edge, files={name: ("a.jpg", b"no picture")}, **more)) == wrong
    assert blamed(walk.ask(edge, **more, **{name: "a"})) == name


# -- audiences


def audiences() -> list[tuple[str, str, dict[str, Any]]]:
    return [(kind, name, one) for kind, named in CONTRACT["targeting"].items() for name, one in named.items()]


@pytest.mark.parametrize(("kind", "name", "described"), audiences())
def test_an_audience_takes_what_the_contract_lists(walk, kind, name, described) -> None:
    good, bad = samples(described)

    good = [walk.ask("feed.create", **{kind: {name: one}}) for one in good]
    bad = [walk.ask("feed.create", **{kind: {name: one}}) for one in bad]

    assert [outcome(answer) for answer in good] == [None] * len(good)
    assert {outcome(answer) for answer in bad} == {PLAIN}


@pytest.mark.parametrize(
    ("edge", "kind"),
    [(edge, kind) for edge, name, _ in PARAMETERS for kind in CONTRACT["targeting"] if name == kind],
)
def test_an_audience_is_the_same_wherever_it_is_taken(walk, edge, kind) -> None:
    assert outcome(walk.ask(edge, **{kind: {"age_min": 18}})) is None
    assert blamed(walk.ask(edge, **{kind: {"age_min": 12}})) == kind
    assert blamed(walk.ask(edge, **{kind: {"colour": 1}})) == kind


# -- permissions and tasks


@pytest.mark.parametrize(
    ("edge", "held", "one"),
    [
        (edge, held, one)
        for edge, described in EDGES.items()
        for held, named in (("granted", "permissions"), ("tasks", "tasks"))
        for one in described.get(named, [])
    ],
)
def test_a_permission_or_a_task_that_is_missing_refuses(walk, edge, held, one) -> None:
    taken, refused = walk.ask(edge), walk.ready(edge)
    getattr(walk.box.facebook, held).remove(one)

    assert (outcome(taken), outcome(refused())) == (None, (200, None))


def test_what_was_unticked_is_told(walk) -> None:
    walk.box.facebook.granted.remove("pages_manage_posts")
    walk.box.facebook.tasks.remove("CREATE_CONTENT")

    declined = walk.ask("me.permissions", status="declined").json()["data"]
    pages = walk.ask("me.accounts", fields="tasks").json()["data"]
    scopes = walk.ask("debug_token").json()["data"]["scopes"]

    assert declined == [{"permission": "pages_manage_posts", "status": "declined"}]
    assert walk.ask("me.permissions", permission="pages_show_list", fields="status").json()["data"] == [
        {"status": "granted"}
    ]
    assert all("CREATE_CONTENT" not in one["tasks"] for one in pages)
    assert "pages_manage_posts" not in scopes


@pytest.mark.parametrize(
    "edge", [edge for edge, one in EDGES.items() if one["path"].startswith("/{page-id}/")]
)
def test_an_edge_of_a_page_wants_the_token_of_this_page(walk, edge) -> None:
    stranger = walk.box.facebook.pages["other"].token
    write = EDGES[edge]["method"] == "POST"

    assert outcome(walk.ask(edge, access_token=walk.user)) == (190, 2069032)
    assert outcome(walk.ask(edge, access_token=stranger)) == ((200 if write else 10), None)


# -- answers


def is_of(worth: Any, kind: str) -> bool:
    """Whether a value of an answer has the type that the contract names."""
    kind = re.split(r"[?<( ]", kind)[0]
    if kind == "datetime":
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", str(worth)))
    if kind in ("int", "unsigned"):
        return type(worth) is int and (kind == "int" or worth >= 0)
    plain = {"string": str, "bool": bool, "float": (int, float), "list": list}
    return isinstance(worth, plain.get(kind, dict))


@pytest.mark.parametrize("edge", [edge for edge, one in EDGES.items() if "fields" in one["response"]])
def test_a_write_answers_the_fields_of_the_contract(walk, edge) -> None:
    known = EDGES[edge]["response"]["fields"]
    answers = [walk.ask(edge).json()]
    if edge == "videos.create":
        answers += [
            walk.ask(edge, upload_phase="start", file_size=1).json(),
            walk.chunk(walk.session(), 0).json(),
        ]
    if edge == "debug_token":
        known, answers = known["data"], [one["data"] for one in answers]

    for answer in answers:
        assert set(answer) <= set(known)
        assert all(is_of(worth, known[name]) for name, worth in answer.items())
        asked = {name for name, kind in known.items() if "?" not in kind} - {"error"}
        assert "upload_phase" in EDGES[edge]["params"] or asked <= set(answer)


@pytest.mark.parametrize("edge", [edge for edge, one in EDGES.items() if "node" in one["response"]])
def test_every_field_of_a_node_is_known_and_no_other(walk, edge) -> None:
    known = CONTRACT["nodes"][EDGES[edge]["response"]["node"]]
    if edge == "photos.list":
        walk.graph.photo(caption="a")
    many = {"type": "uploaded"} if "type" in EDGES[edge]["params"] else {}
    if edge in ("videos.list", "video_reels.list"):
        _ = walk.ask("videos.create", **walk.later()), walk.finish_reel()
    if edge == "scheduled_posts.list":
        walk.ask("feed.create", **walk.later())

    answer = walk.ask(edge, fields=",".join(known), **many)

    assert outcome(answer) is None
    found = answer.json()["data"] if "list" in EDGES[edge]["response"] else [answer.json()]
    assert found or edge.startswith(("feed", "published"))
    for node in found:
        assert set(node) <= set(known)
        assert [name for name, worth in node.items() if not is_of(worth, known[name])] == []
    assert outcome(walk.ask(edge, fields="colour", **many)) == PLAIN
    assert outcome(walk.ask(edge, fields="id{", **many)) == (2500, None)


@pytest.mark.parametrize(
    "edge", [edge for edge, one in EDGES.items() if {"fields", "node"} <= set(one["response"])]
)
def test_a_write_is_read_back_with_the_fields_asked_for_or_does_nothing(walk, edge) -> None:
    read = walk.ask(edge, fields="id,created_time").json()
    made = len(walk.box.events())
    refused = walk.ask(edge, fields="id,colour")

    assert (set(read), outcome(refused)) == ({"id", "created_time"}, PLAIN)
    assert len(walk.box.events()) == made


def test_usage_is_told_in_the_headers_of_the_contract(walk) -> None:
    for _ in range(3):
        answer = walk.ask("me.get")

    app = json.loads(answer.headers["X-App-Usage"])
    [[page]] = json.loads(answer.headers["X-Business-Use-Case-Usage"]).values()
    [[described]] = CONTRACT["usage"]["X-Business-Use-Case-Usage"].values()
    assert set(app) == set(CONTRACT["usage"]["X-App-Usage"])
    assert set(page) == set(described)
    assert all(is_of(worth, "int") for worth in [*app.values(), *(page[one] for one in set(page) - {"type"})])


# -- every error


@pytest.mark.parametrize(
    "row", CONTRACT["errors"], ids=lambda row: f"{row['code']}-{row['subcode']}-{row['type']}"
)
def test_every_row_can_be_met_in_the_shape_of_the_platform(walk, row) -> None:
    walk.box.facebook.refuse_next("feed.create", row["code"], row["subcode"], kind=row["type"])

    answer = walk.ask("feed.create")

    assert outcome(answer) == (row["code"], row["subcode"])
    assert (answer.json()["error"]["type"], answer.json()["error"]["message"]) == (
        row["type"],
        row["message"],
    )
    assert walk.box.public() == []
    assert outcome(walk.ask("feed.create")) is None


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge != "rupload.video"])
def test_every_edge_meets_what_was_ordered_so_many_times_and_then_no_more(walk, edge) -> None:
    requests = [walk.ready(edge) for _ in range(3)]
    walk.box.facebook.refuse_next(edge, 190, 463, times=2)

    assert [outcome(ask()) for ask in requests] == [(190, 463), (190, 463), None]


@pytest.mark.parametrize("kind", CONTRACT["upload_errors"])
def test_the_host_of_bytes_has_an_envelope_of_its_own(walk, kind) -> None:
    url = walk.ask("video_reels.create").json()["upload_url"]
    walk.box.facebook.refuse_next("rupload.video", kind)
    known = EDGES["rupload.video"]["response"]["error_shape"]["debug_info"]

    ordered, natural = walk.bytes_of_reel(url), walk.bytes_of_reel(url, offset="1")

    for answer, type_ in ((ordered, kind), (natural, "OffsetInvalidError")):
        debug = answer.json()["debug_info"]
        assert (answer.status_code, debug["type"], set(debug) <= set(known)) == (400, type_, True)
        assert all(is_of(worth, known[name]) for name, worth in debug.items())
    assert walk.bytes_of_reel(url).json() == {"success": True}


def test_an_order_may_have_another_status_and_text(walk) -> None:
    walk.box.facebook.refuse_next("me.get", 190, status=401, message="Huế")

    answer = walk.ask("me.get")

    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "Huế")


@pytest.mark.parametrize(
    ("operation", "code", "subcode", "kind"),
    [
        ("feed.made", 190, None, ""),
        ("feed.create", 9999, None, ""),
        ("feed.create", 190, 1, ""),
        ("feed.create", 190, None, "GraphMethodException"),
        ("rupload.video", "ColourError", None, ""),
    ],
)
def test_what_the_contract_does_not_know_cannot_be_ordered(box, operation, code, subcode, kind) -> None:
    with pytest.raises(ValueError, match=r"none of|knows no"):
        box.facebook.refuse_next(operation, code, subcode, kind=kind)


# -- what is not offered


@pytest.mark.parametrize("name", CONTRACT["unoffered"]["edges"])
def test_an_edge_that_is_not_offered_is_refused_and_changes_nothing(walk, name) -> None:
    asked = CONTRACT["unoffered"]["edges"][name]
    comment = walk.ask("comments.create").json()["id"]
    named = {"page-id": walk.graph.page, "page-post-id": walk.post, "comment-id": comment}
    named |= {"photo-id": walk.photo, "video-id": walk.film, "business-id": "1", "app-id": "1"}
    path = re.sub(r"\{([\w-]+)\}", lambda one: named.get(one[1], "1"), asked["path"])
    before = len(walk.box.events())

    more = {"message": "a"} if asked["method"] == "POST" else {}
    answer = walk.graph.send(asked["method"], path, **more)

    assert outcome(answer) in ((2500, None), MISSING)
    assert len(walk.box.events()) == before


@pytest.mark.parametrize(
    ("edge", "name", "worth"),
    [
        (edge, name, worth)
        for edge, named in CONTRACT["unoffered"]["values"].items()
        for name, values in named.items()
        for worth in values
    ],
)
def test_a_value_that_is_not_offered_is_refused(walk, edge, name, worth) -> None:
    assert worth in EDGES[edge]["params"][name]["enum"]
    assert outcome(walk.ask(edge, **{name: worth})) == PLAIN
