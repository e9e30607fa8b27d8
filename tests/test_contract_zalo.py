"""Zalo's contract, walked: every field at its bounds and one beyond, every error on order.

The errors that come by themselves are met in the tests of the sandbox; here every one is met on order, so that each
has the shape that Zalo gives it: HTTP 200 and a number in the JSON, or the other words of the token endpoint.
"""

from typing import Any

import pytest
import requests
from sandbox_clients import Clock, Oa, picture, running
from sandbox_oa import broadcast, clip, made, prepare, told, video_article

from asean_social.sandbox.contract import contract

CONTRACT = contract("zalo")
ENDPOINTS = CONTRACT["endpoints"]
ARTICLES = {"normal": ENDPOINTS["article.create"]["params"], "video": ENDPOINTS["article.create"]["video"]}
TARGET = "recipient.target."


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def box(clock):
    with running(clock, verify_seconds=5.0) as box:
        (box.media_dir / "cover.jpg").write_bytes(picture())
        yield box


@pytest.fixture(scope="module")
def oa(box):
    return Oa(box)


@pytest.fixture(scope="module")
def video(oa, clock):
    return clip(oa, clock)


@pytest.fixture(autouse=True)
def _a_month_without_end(box):
    box.zalo.press.made.clear()
    box.zalo._calls.clear()


def whole(oa: Oa, video: str, kind: str) -> dict[str, Any]:
    """An article with every field that the contract lists, whatever it may be left out."""
    if kind == "video":
        return video_article(oa, video)
    body = [
        {"type": "text", "content": "a"},
        {"type": "image", "url": f"{oa.media}/cover.jpg", "caption": "a"},
        {"type": "video", "video_id": video, "thumb": f"{oa.media}/cover.jpg"},
        {"type": "video", "url": "https://www.youtube.com/watch?v=a", "thumb": f"{oa.media}/cover.jpg"},
        {"type": "product", "id": "1"},
    ]
    more = {"related_medias": ["a"], "tracking_link": "https://hue.gov.vn/"}
    return oa.article(body=body, **more)


def bounds(described: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Values that a field takes, and values one beyond or of another type."""
    good, bad = [], [7]
    if "max_length" in described:
        low, high = described.get("min_length", 0), described["max_length"]
        good += ["ế" * high, "ế" * max(low, 1)]
        bad += ["ế" * (high + 1)] + [""] * (low > 0)
    if "enum" in described:
        good += described["enum"]
        bad += ["nonsense", ""]
    if described["type"] == "url":
        good += ["https://hue.gov.vn/a%20b?c=d"]
        bad += ["hue", "ftp://hue.gov.vn/", "https://hue.gov.vn/a b", "https://hue.gov.vn/Huế", ""]
    if described["type"].startswith("array"):
        bad += ["a", {}] + [[]] * ("min_items" in described)
    return good, bad


@pytest.mark.parametrize("verb", ["create", "update"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind, named in ARTICLES.items()
        for name in named
        if "." not in name and "[" not in name
    ],
)
def test_a_field_of_an_article_is_taken_at_its_bounds_and_not_beyond(
    oa, clock, video, kind, name, verb
) -> None:
    base, described = whole(oa, video, kind), ARTICLES[kind][name]
    subject = {"id": made(oa, clock, video_article(oa, video) if kind == "video" else oa.article())}
    subject = subject if verb == "update" else {}
    good, bad = bounds(described)
    good = [one for one in good if name != "type" or one == kind]

    def outcome(**changed: Any) -> int:
        return oa.call(
            verb, **subject, **{key: one for key, one in (base | changed).items() if one is not None}
        )["error"]

    assert [outcome(**{name: one}) for one in good] == [0] * len(good)
    assert [outcome(**{name: one}) for one in bad] == [-201] * len(bad)
    assert outcome(**{name: None}) == (-201 if described["required"] is True else 0)
    assert outcome(colour="red") == -201


def groups() -> list[tuple[str, dict[str, Any], str, Any]]:
    """Of every nested field: what holds it, one that is whole, its name, and what the contract says."""
    photo = {"cover_type": "photo", "photo_url": "P", "status": "show"}
    film = {"cover_type": "video", "video_id": "V", "cover_view": "square", "status": "show"}
    items = [
        {"type": "text", "content": "a"},
        {"type": "image", "url": "P", "caption": "a"},
        {"type": "video", "video_id": "V", "thumb": "P"},
        {"type": "video", "url": "P", "thumb": "P"},
        {"type": "product", "id": "1"},
    ]
    rows = [("cover", one, name) for one in (photo, film) for name in one]
    rows += [("body", one, name) for one in items for name in one]
    prefix = {"cover": "cover.", "body": "body[]."}
    return [(holder, one, name, ARTICLES["normal"][prefix[holder] + name]) for holder, one, name in rows]


@pytest.mark.parametrize(("holder", "base", "name", "described"), groups())
def test_a_nested_field_is_taken_at_its_bounds_and_not_beyond(
    oa, video, holder, base, name, described
) -> None:
    real = {"V": video, "P": f"{oa.media}/cover.jpg"}
    base = {key: real.get(one, one) for key, one in base.items()}

    def outcome(**changed: Any) -> int:
        group = {key: one for key, one in (base | changed).items() if one is not None}
        return oa.call("create", **oa.article(**{holder: group if holder == "cover" else [group]}))["error"]

    good, bad = bounds(described)
    good = [one for one in good if name not in ("type", "cover_type") or one == base[name]]
    assert [outcome(**{name: one}) for one in good] == [0] * len(good)
    assert [outcome(**{name: one}) for one in bad] == [-201] * len(bad)
    assert outcome(**{name: None}) == (0 if name == "caption" else -201)
    assert outcome(colour="red") == -201


def test_all_kinds_of_blocks_go_together(oa, video) -> None:
    assert oa.call("create", **whole(oa, video, "normal"))["error"] == 0


@pytest.mark.parametrize("operation", ["article.getslice", "article.getdetail"])
def test_the_parameters_of_a_read_are_taken_at_their_bounds_and_not_beyond(oa, clock, operation) -> None:
    params = ENDPOINTS[operation]["params"]
    base = {"offset": 0, "limit": 10, "type": "normal", "id": made(oa, clock, oa.article())}
    base = {name: base[name] for name in params}

    def outcome(**changed: Any) -> int:
        return oa.send("GET", operation.replace(".", "/"), **(base | changed)).json()["error"]

    assert outcome() == 0
    assert outcome(colour="red") == -201
    for name, described in params.items():
        edges = [described[one] for one in ("min", "max") if one in described]
        good = edges + described.get("enum", [])
        bad = ["", "nonsense", *(one - 1 if one == described["min"] else one + 1 for one in edges)]
        assert [outcome(**{name: one}) for one in good] == [0] * len(good)
        assert [outcome(**{name: one}) for one in bad] == [-201] * len(bad)
        assert outcome(**{name: None}) == -201


@pytest.mark.parametrize("operation", ["article.verify", "article.remove"])
def test_what_names_one_thing_needs_its_name_as_text(oa, operation) -> None:
    [name] = ENDPOINTS[operation]["params"]

    for body in ({}, {name: 7}, {name: "unknown"}, {name: "a", "colour": "red"}):
        assert oa.send("POST", operation.replace(".", "/"), body).json()["error"] in (-200, -201)


@pytest.mark.parametrize("name", [one for one in ENDPOINTS["broadcast"]["params"] if one.startswith(TARGET)])
def test_a_target_takes_every_code_and_none_beyond(oa, clock, name) -> None:
    described = ENDPOINTS["broadcast"]["params"][name]
    article, field = made(oa, clock, oa.article()), name.removeprefix(TARGET)
    codes = described.get("enum") or described["codes"]
    beyond = str(int(codes[-1]) + 1)
    good = codes if "enum" in described else [",".join(codes), codes[0], codes[-1]]

    assert [broadcast(oa, [article], {field: one})["error"] for one in (good[0], good[-1])] == [0, 0]
    for one in (beyond, f"{codes[0]},{beyond}", "", int(codes[0]), [codes[0]]):
        assert broadcast(oa, [article], {field: one})["error"] == -201


def test_a_video_is_a_file_of_the_formats_and_the_size_of_the_contract(oa) -> None:
    described = ENDPOINTS["video.prepare"]["params"]["file"]

    assert (described["formats"], described["max_bytes"]) == (["mp4", "avi"], 50_000_000)
    assert prepare(oa)["error"] == 0
    assert prepare(oa, field="video")["error"] == -201
    assert told(oa, "unknown")["error"] == -201


@pytest.mark.parametrize("path", CONTRACT["removed"])
def test_a_path_that_was_removed_is_404_with_a_number(oa, path) -> None:
    answer = oa.send("POST", path.removeprefix("/v2.0/"), {})

    assert (answer.status_code, answer.json()["error"]) == (404, -209)


# -- every error


def ask(oa: Oa, operation: str) -> requests.Response:
    paths = {"oa.get": "oa/getoa", "broadcast": "oa/message"}
    paths |= {
        "video.prepare": "article/upload_video/preparevideo",
        "video.verify": "article/upload_video/verify",
    }
    path = paths.get(operation, operation.replace(".", "/"))
    return oa.send(
        ENDPOINTS[operation]["method"], path, {} if ENDPOINTS[operation]["method"] == "POST" else None
    )


def errors() -> list[tuple[str, int]]:
    """What the contract names for each call, and every other number at one of them."""
    rows = [
        (operation, code)
        for operation, one in ENDPOINTS.items()
        if operation != "oauth.token"
        for code in [*one["errors"], *CONTRACT["every_call"]]
    ]
    return rows + [
        ("article.create", int(code))
        for code in CONTRACT["errors"]
        if ("article.create", int(code)) not in rows
    ]


@pytest.mark.parametrize(("operation", "code"), errors())
def test_every_error_can_be_met_in_the_shape_of_the_platform(box, oa, operation, code) -> None:
    box.zalo.refuse_next(operation, code)

    answer = ask(oa, operation)

    assert (answer.status_code, answer.json()["error"]) == (200, code)
    assert answer.json()["message"]
    assert "data" not in answer.json()
    assert ask(oa, operation).json()["error"] != code or code in (-200, -201)


@pytest.mark.parametrize("row", CONTRACT["oauth_errors"], ids=lambda row: str(row["code"]))
def test_the_token_endpoint_has_words_of_its_own_and_not_always_a_number(box, oa, row) -> None:
    code = None if row["code"] == "text_only" else row["code"]
    box.zalo.refuse_next("oauth.token", code)

    answer = oa.token()

    assert (answer.status_code, answer.json().get("error")) == (200, code)
    assert {"error_name", "error_reason", "error_description", "ref_doc"} <= set(answer.json())
    assert "message" not in answer.json()
    pair = oa.token().json()
    oa.access, oa.secret = pair["access_token"], pair["refresh_token"]


def test_minus_223_has_two_meanings_and_only_the_text_tells_them_apart(box, oa) -> None:
    box.zalo.settings.articles = 0
    quota = oa.call("create", **oa.article())
    box.zalo.settings.articles, box.zalo.settings.authorised = 1_000, False
    right = oa.call("create", **oa.article())
    box.zalo.settings.authorised = True

    assert (quota["error"], right["error"]) == (-223, -223)
    assert ("quota" in quota["message"], "quota" in right["message"]) == (True, False)


@pytest.mark.parametrize(
    ("operation", "code"), [("article.made", -201), ("article.create", -9999), ("oauth.token", -201)]
)
def test_what_the_contract_does_not_know_cannot_be_ordered(box, operation, code) -> None:
    with pytest.raises(ValueError, match=r"none of|knows no"):
        box.zalo.refuse_next(operation, code)
