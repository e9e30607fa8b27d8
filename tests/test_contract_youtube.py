"""YouTube's contract, walked: the discovery document, every parameter at its bounds, every row of the errors.

The rows that come by themselves are met in the tests of the sandbox; here every one is met on order, so that each has
the status and the shape that Google gives it.
"""

import json
from pathlib import Path

import googleapiclient
import pytest
import requests
from sandbox_clients import Clock, Tube, running

from asean_social.sandbox.contract import contract

CONTRACT = contract("youtube")
DOCUMENT = Path(googleapiclient.__file__).parent / "discovery_cache/documents/youtube.v3.json"
SCHEMAS = {
    ("videos", "snippet"): "VideoSnippet",
    ("videos", "status"): "VideoStatus",
    ("videos", "recordingDetails"): "VideoRecordingDetails",
    ("captions", "snippet"): "CaptionSnippet",
    ("playlistItems", "snippet"): "PlaylistItemSnippet",
    ("playlistItems", "contentDetails"): "PlaylistItemContentDetails",
    ("playlistItems", "status"): "PlaylistItemStatus",
}
# what a request of each method needs so that its other parameters are looked at
NEEDED = {
    "videos.list": {"part": "id", "id": "a"},
    "videos.update": {"part": "snippet"},
    "videos.delete": {"id": "a"},
    "videos.insert": {"part": "snippet", "uploadType": "resumable"},
    "thumbnails.set": {"videoId": "a", "uploadType": "media"},
    "captions.list": {"part": "id", "videoId": "a"},
    "captions.insert": {"part": "snippet", "uploadType": "multipart"},
    "captions.update": {"part": "snippet", "uploadType": "multipart"},
    "captions.delete": {"id": "a"},
    "channels.list": {"part": "id"},
    "playlists.list": {"part": "id"},
    "playlistItems.list": {"part": "id", "id": "a"},
    "playlistItems.insert": {"part": "snippet"},
    "playlistItems.delete": {"id": "a"},
    "videoCategories.list": {"part": "id"},
}
VERBS = {"list": "GET", "insert": "POST", "set": "POST", "update": "PUT", "delete": "DELETE"}
PARAMETERS = [
    (method, name, described)
    for method, named in CONTRACT["methods"].items()
    for name, described in named.items()
]


@pytest.fixture(scope="module")
def document():
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def box():
    with running(Clock()) as box:
        yield box


@pytest.fixture(scope="module")
def tube(box):
    return Tube(box)


@pytest.fixture(autouse=True)
def _a_day_without_end(box):
    box.youtube.quota.clear()


def ask(tube: Tube, method: str, **params: object) -> requests.Response:
    resource, _, verb = method.partition(".")
    path = "thumbnails/set" if resource == "thumbnails" else resource
    root = "/upload/youtube/v3/" if method in CONTRACT["media"] else "/youtube/v3/"
    url = tube.account["api_url"] + root + path
    body = {"json": {}} if VERBS[verb] in ("POST", "PUT") else {}
    return tube.http.request(VERBS[verb], url, params=NEEDED[method] | params, timeout=20, **body)


def why(answer: requests.Response) -> tuple[int, str]:
    """Status and reason; "" where the request was taken."""
    if answer.ok:
        return answer.status_code, ""
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


# -- the discovery document


@pytest.mark.parametrize("method", CONTRACT["methods"])
def test_the_parameters_media_and_scopes_are_those_of_the_discovery_document(document, method) -> None:
    resource, _, verb = method.partition(".")
    real = document["resources"][resource]["methods"][verb]

    told = {
        name: {
            key: int(one[key]) if key in ("minimum", "maximum") else one[key]
            for key in ("type", "required", "repeated", "enum", "minimum", "maximum")
            if key in one
        }
        for name, one in real["parameters"].items()
    }
    assert CONTRACT["methods"][method] == told
    scopes = {one.rpartition("/")[2] for one in real["scopes"]}
    assert set(CONTRACT["scopes"][method]) == {one for one in scopes if "partner" not in one}
    media = real.get("mediaUpload")
    expected = media and {"max_bytes": int(media["maxSize"]), "accept": media["accept"]}
    assert CONTRACT["media"].get(method) == expected


@pytest.mark.parametrize(("resource", "part"), SCHEMAS)
def test_the_fields_are_those_of_the_discovery_document(document, resource, part) -> None:
    real = document["schemas"][SCHEMAS[resource, part]]["properties"]
    known = CONTRACT["schemas"][resource][part]

    assert set(known) == set(real)
    for name, described in known.items():
        assert described.get("enum") == real[name].get("enum")
        assert described["type"] == real[name].get("type", "object")


@pytest.mark.parametrize("resource", CONTRACT["parts"])
def test_every_part_is_known_to_the_resource_of_the_document(document, resource) -> None:
    schema = {"videoCategories": "VideoCategory"}.get(resource, resource[0].upper() + resource[1:-1])

    assert set(CONTRACT["parts"][resource]) <= set(document["schemas"][schema]["properties"])


# -- parameters, at their bounds and one beyond


@pytest.mark.parametrize(("method", "name", "described"), PARAMETERS)
def test_a_parameter_takes_what_the_document_says_and_nothing_beyond(tube, method, name, described) -> None:
    kind = described["type"]
    good = {"boolean": ["true", "false"], "string": described.get("enum", [])}.get(kind, [])
    bad = {"boolean": ["yes", ""], "string": ["nonsense"] if "enum" in described else []}.get(kind, [])
    if kind == "integer":
        low, high = described["minimum"], described["maximum"]
        good, bad = [low, high], [low - 1, high + 1, "many"]

    assert all(why(ask(tube, method, **{name: one}))[1] != "invalidParameter" for one in good)
    assert [why(ask(tube, method, **{name: one})) for one in bad] == [(400, "invalidParameter")] * len(bad)


@pytest.mark.parametrize("method", CONTRACT["methods"])
def test_what_is_missing_unknown_or_given_twice_is_refused(tube, method) -> None:
    needed = [name for name, one in CONTRACT["methods"][method].items() if one.get("required")]

    for name in needed:
        assert why(ask(tube, method, **{name: ""})) == (400, "missingRequiredParameter")
    assert why(ask(tube, method, colour="red")) == (400, "unexpectedParameter")
    twice = next(name for name, one in CONTRACT["methods"][method].items() if not one.get("repeated"))
    worth = "true" if CONTRACT["methods"][method][twice]["type"] == "boolean" else "a"
    assert why(ask(tube, method, **{twice: [worth, worth]})) == (400, "invalidParameter")


@pytest.mark.parametrize("method", [one for one, named in CONTRACT["methods"].items() if "part" in named])
def test_every_part_is_taken_and_no_other(tube, method) -> None:
    parts = CONTRACT["parts"][method.partition(".")[0]]

    assert all(why(ask(tube, method, part=one))[1] != "unknownPart" for one in parts)
    assert why(ask(tube, method, part=f"{parts[0]},colour")) == (400, "unknownPart")


# -- fields, each of its type


def fields():
    for (resource, part), method in {
        ("videos", "snippet"): "videos.update",
        ("videos", "status"): "videos.update",
        ("videos", "recordingDetails"): "videos.update",
        ("playlistItems", "snippet"): "playlistItems.insert",
        ("playlistItems", "contentDetails"): "playlistItems.insert",
    }.items():
        for name, described in CONTRACT["schemas"][resource][part].items():
            yield method, part, name, described


@pytest.mark.parametrize(("method", "part", "name", "described"), list(fields()))
def test_a_field_takes_its_type_and_its_values_only(tube, method, part, name, described) -> None:
    kinds = {"string": "a", "boolean": True, "integer": 1, "array": ["a"], "object": {}}
    good = described.get("enum", [kinds[described["type"]]])
    bad = [one for kind, one in kinds.items() if kind != described["type"]]
    bad += ["nonsense"] if "enum" in described else []

    def told(worth: object) -> tuple[int, str]:
        path, verb = method.split(".")
        answer = tube.call(VERBS[verb], path, {"id": "a", part: {name: worth}}, part=part)
        return why(answer)

    assert all(told(one)[1] != "badRequest" for one in good)
    assert [told(one) for one in bad] == [(400, "badRequest")] * len(bad)


def test_a_field_that_does_not_exist_is_refused(tube) -> None:
    for part in CONTRACT["schemas"]["videos"]:
        answer = tube.call("PUT", "videos", {"id": "a", part: {"colour": "red"}}, part=part)
        assert why(answer) == (400, "badRequest")


# -- every row of the errors

OPERATIONS = {
    "videos.insert": "upload.start",
    "videos.insert.session": "upload.put",
    "oauth2.token": "oauth.token",
}


@pytest.mark.parametrize("row", CONTRACT["errors"], ids=lambda row: "-".join(map(str, row.values())))
def test_every_row_can_be_met_in_the_shape_of_the_platform(box, tube, row) -> None:
    method = "channels.list" if row["method"] == "*" else row["method"]
    operation = OPERATIONS.get(method, method)
    box.youtube.refuse_next(operation, row["reason"], row["status"])

    answer = {
        "upload.start": tube.start,
        "upload.put": lambda: tube.put(f"{tube.account['api_url']}/upload/youtube/v3/videos", b""),
        "oauth.token": tube.token,
    }.get(operation, lambda: ask(tube, method))()

    assert answer.status_code == row["status"]
    if row["reason"] == "*":
        assert answer.headers["Content-Type"].startswith("text/plain")
    elif operation == "oauth.token":
        assert answer.json()["error"] == row["reason"]
    else:
        error = answer.json()["error"]
        assert (error["code"], error["errors"][0]["reason"]) == (row["status"], row["reason"])
        assert set(error["errors"][0]) >= {"domain", "reason", "message"}
        assert error["message"]


def test_an_order_is_met_so_many_times_and_then_no_more(box, tube) -> None:
    box.youtube.refuse_next("channels.list", "quotaExceeded", times=2)

    states = [tube.call("GET", "channels", part="id", mine="true").status_code for _ in range(3)]

    assert states == [403, 403, 200]


@pytest.mark.parametrize(
    ("operation", "reason", "status"),
    [("channels.lists", "forbidden", 0), ("channels.list", "colour", 0), ("channels.list", "forbidden", 404)],
)
def test_what_the_contract_does_not_know_cannot_be_ordered(box, operation, reason, status) -> None:
    with pytest.raises(ValueError, match=r"none of|knows no"):
        box.youtube.refuse_next(operation, reason, status)
