"""Every number of Zalo's error table at every call of ours, from real bodies: what it means there.

The table: https://developers.zalo.me/docs/official-account/phu-luc/ma-loi (read second-hand, 2026-09-22), and what was
seen in the field.
"""

import json
from collections.abc import Iterator
from importlib.resources import files

import pytest
from publisher_contract import tells_what_to_do
from zalo_case import Scripted

from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, RateLimited, Rejected, Unavailable
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.http import Session

READS = (wire.WHO, wire.DETAIL, wire.SLICE, wire.VIDEO)
WRITES = (wire.CREATE, wire.UPDATE, wire.VERIFY, wire.REMOVE, wire.PREPARE, wire.BROADCAST)
NAMES = {
    wire.WHO: "getoa",
    wire.CREATE: "create",
    wire.UPDATE: "update",
    wire.VERIFY: "verify",
    wire.REMOVE: "remove",
    wire.DETAIL: "getdetail",
    wire.SLICE: "getslice",
    wire.PREPARE: "preparevideo",
    wire.VIDEO: "video/verify",
    wire.BROADCAST: "broadcast",
}

# number: what it says, kind and code wherever the next table has nothing of its own
ROWS = {
    -32: ("Your application has reached the limit", RateLimited, "too-many-requests"),
    -100: ("Attachment id has expired", Rejected, "refused"),
    -200: ("Send failed", Rejected, "refused"),
    -201: ("title is invalid", Rejected, "field-refused"),
    -202: ("Invalid MAC", AuthFailed, "app-setup"),
    -204: ("OA has been deleted", AuthFailed, "account-gone"),
    -205: ("OA does not exist", AuthFailed, "account-gone"),
    -207: ("OA is not registered", AuthFailed, "app-setup"),
    -208: ("OA has no secret key", AuthFailed, "app-setup"),
    -209: ("App is not active", AuthFailed, "app-setup"),
    -210: ("Parameter is over its limit", Rejected, "too-large"),
    -211: ("Out of quota", Rejected, "quota"),
    -212: ("API is not registered", AuthFailed, "app-setup"),
    -213: ("User has not followed OA", Rejected, "refused"),
    -214: ("Article is in progress", Unavailable, "being-processed"),
    -215: ("Invalid app id", AuthFailed, "app-setup"),
    -216: ("Access token is invalid", wire.TokenRefused, "reconnect"),
    -217: ("User blocks invitations", Rejected, "refused"),
    -218: ("Out of receive quota", Rejected, "refused"),
    -219: ("App has been removed", AuthFailed, "account-gone"),
    -220: ("Access token has expired", wire.TokenRefused, "reconnect"),
    -221: ("OA is not verified", AuthFailed, "not-verified"),
    -222: ("User is banned", Rejected, "refused"),
    -223: ("OA has not authorised this API", AuthFailed, "no-permission"),
    -224: ("Package must be upgraded", AuthFailed, "package"),
    -227: ("User is away", Rejected, "refused"),
    -230: ("User has not interacted", Rejected, "refused"),
    -232: ("Interaction has expired", Rejected, "refused"),
    -233: ("Message type is not supported", Rejected, "not-supported"),
    -234: ("Not from 22:00 to 06:00", RateLimited, "night"),
    -235: ("API is not for this OA", Rejected, "not-supported"),
    -237: ("Group has expired", Rejected, "refused"),
    -238: ("Asset id has been used", Rejected, "refused"),
    -240: ("V2 API has been shut down", Rejected, "not-supported"),
    -241: ("Asset id has been used", Rejected, "refused"),
    -242: ("appsecret_proof is invalid", AuthFailed, "app-setup"),
    -244: ("User restricts this type", Rejected, "refused"),
    -248: ("Content breaks the rules", Rejected, "rules"),
    -249: ("Template by user id", Rejected, "refused"),
    -305: ("48 hours", Rejected, "refused"),
    -311: ("Out of replies", Rejected, "refused"),
    -320: ("App needs a ZCA", AuthFailed, "cloud-account"),
    -321: ("ZCA has no money", AuthFailed, "cloud-account"),
    -403: ("OA is not in the group", Rejected, "refused"),
    216: ("token", wire.TokenRefused, "reconnect"),
    401: ("token", wire.TokenRefused, "reconnect"),
    -401: ("token", wire.TokenRefused, "reconnect"),
    -9999: ("?", Rejected, "refused"),
}
HERE = {
    (wire.VERIFY, -200): (wire.PictureRefused, "image-failed"),
    (wire.VERIFY, -214): (wire.Working, "being-processed"),
    (wire.DETAIL, -201): (wire.Gone, "article-gone"),
    (wire.REMOVE, -201): (wire.Gone, "article-gone"),
    (wire.VIDEO, -200): (wire.JobLost, "job-lost"),
    (wire.VIDEO, -201): (wire.JobLost, "job-lost"),
    (wire.PREPARE, -200): (Rejected, "video-refused"),
    (wire.PREPARE, -201): (Rejected, "video-refused"),
    (wire.PREPARE, -210): (Rejected, "video-refused"),
    (wire.BROADCAST, -200): (OutcomeUnknown, "unclear"),
    (wire.BROADCAST, -201): (Rejected, "broadcast-refused"),
    (wire.BROADCAST, -209): (Rejected, "broadcast-shut"),
    (wire.BROADCAST, -212): (Rejected, "broadcast-not-offered"),
    (wire.BROADCAST, -211): (Rejected, "broadcast-quota"),
    (wire.BROADCAST, -221): (Rejected, "broadcast-not-offered"),
    (wire.BROADCAST, -223): (Rejected, "broadcast-permission"),
    (wire.BROADCAST, -224): (Rejected, "broadcast-not-offered"),
    (wire.BROADCAST, -233): (Rejected, "broadcast-not-offered"),
    (wire.BROADCAST, -235): (Rejected, "broadcast-not-offered"),
    (wire.BROADCAST, -240): (Rejected, "broadcast-shut"),
    (wire.BROADCAST, -320): (Rejected, "cloud-account"),
    (wire.BROADCAST, -321): (Rejected, "cloud-account"),
}


def test_every_number_of_the_contract_is_in_the_table():
    contract = files("asean_social.sandbox") / "contracts" / "zalo.json"
    told = json.loads(contract.read_text(encoding="utf-8"))["errors"]

    assert {int(code) for code in told} == ROWS.keys() - {-9999}


def expected(call: wire.Call, code: int) -> tuple[type[PublishError], str]:
    _, kind, name = ROWS[code]
    kind, name = HERE.get((call, code), (kind, name))
    # a question that was refused says nothing about the article
    return (Unavailable if kind is Rejected and call in READS else kind), f"zalo.{name}"


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


def refused(server: Scripted, call: wire.Call, body: object, status: int = 200) -> PublishError:
    server.answers.clear()
    server.say(call.path, body, status)
    with pytest.raises(PublishError) as caught:
        wire.send(server.url, Session(), "AT-1", call, {"token": "T"})
    assert tells_what_to_do(caught.value)
    return caught.value


@pytest.mark.parametrize("call", [*READS, *WRITES], ids=NAMES.get)
@pytest.mark.parametrize("code", ROWS)
def test_a_number_means_what_the_table_says_where_it_comes(server, call, code):
    text = ROWS[code][0]
    error = refused(server, call, {"error": code, "message": text, "data": None})

    assert (type(error), error.code) == expected(call, code)
    assert error.detail == f"{code}: {text}"


ARTICLE = (wire.CREATE, wire.UPDATE, wire.VERIFY)
TEXTS = [
    (ARTICLE, -201, "cover is invalid: Ảnh đại diện không hợp lệ", wire.PictureRefused, "image-address"),
    (ARTICLE, -201, "photo_url value is invalid", wire.PictureRefused, "image-address"),
    (ARTICLE, -201, "body[].url is invalid", wire.PictureRefused, "image-address"),
    (ARTICLE, -201, "avatar is invalid", wire.PictureRefused, "image-address"),
    (ARTICLE, -201, "cover.video_id is invalid", wire.VideoLost, "video-gone"),
    (ARTICLE, -201, "cover value is invalid", Rejected, "field-refused"),
    (ARTICLE, -201, "title allow 1 to 150 characters", Rejected, "field-refused"),
    (ARTICLE, -200, "Upload media failed", wire.PictureRefused, "image-failed"),
    (ARTICLE, -200, "Upload media failed. Too many failed attempts", wire.TooOften, "image-too-often"),
    (ARTICLE, -223, "OA has reached its article quota", Rejected, "quota"),
    (ARTICLE, -223, "OA đã đạt giới hạn bài viết", Rejected, "quota"),
    (ARTICLE, -223, "OA has not authorised this API", AuthFailed, "no-permission"),
    ((wire.BROADCAST,), -223, "Broadcast quota reached", Rejected, "broadcast-quota"),
    ((wire.PREPARE,), -223, "OA has reached its article quota", Rejected, "quota"),
    ((wire.VERIFY,), -200, "token is invalid", wire.JobLost, "job-lost"),
    ((wire.VERIFY,), -201, "Media is being processed", wire.Working, "being-processed"),
]


@pytest.mark.parametrize(
    ("call", "code", "text", "kind", "name"),
    [(call, *row[1:]) for row in TEXTS for call in row[0]],
)
def test_a_number_of_two_meanings_is_told_by_its_text(server, call, code, text, kind, name):
    error = refused(server, call, {"error": code, "message": text})

    assert (type(error), error.code) == (kind, f"zalo.{name}")


@pytest.mark.parametrize("call", [*READS, *WRITES], ids=NAMES.get)
def test_a_path_that_was_removed_is_told_by_its_number(server, call):
    error = refused(server, call, {"error": -209, "message": "path is not supported"}, 404)

    assert (type(error), error.code) == expected(call, -209)


UNREADABLE = [
    *((status, b"<html>Sign in</html>") for status in (200, 302, 400, 403, 404, 500, 502)),
    *((200, body) for body in (b"", b"[]", b"null", b'"0"', b'{"error": -201, "mess', b'{"data": {}}')),
    *((200, b'{"error": %s}' % code) for code in (b"null", b'"x"', b"[]", b"{}", b"1e999", b"NaN")),
]


@pytest.mark.parametrize("call", [*READS, *WRITES], ids=NAMES.get)
@pytest.mark.parametrize(("status", "body"), UNREADABLE)
def test_what_is_no_json_is_trouble_on_the_way(server, call, status, body):
    """After a write that the public could see, it is not known whether it was done."""
    error = refused(server, call, body, status)

    visible = call in (wire.UPDATE, wire.BROADCAST)
    assert (type(error), error.code) == (OutcomeUnknown if visible else Unavailable, "zalo.unclear")


@pytest.mark.parametrize("status", [400, 403, 404])
@pytest.mark.parametrize("form", [int, str, float])
def test_a_number_counts_whatever_the_status_and_its_form(server, form, status):
    for call, code in ((wire.CREATE, -201), (wire.UPDATE, -216), (wire.BROADCAST, -211), (wire.WHO, -32)):
        error = refused(server, call, {"error": form(code), "message": ROWS[code][0]}, status)

        assert (type(error), error.code) == expected(call, code)


@pytest.mark.parametrize("call", [wire.UPDATE, wire.BROADCAST], ids=NAMES.get)
@pytest.mark.parametrize("code", ROWS)
def test_a_broken_server_leaves_what_shows_unknown_whatever_number_it_tells(server, call, code):
    error = refused(server, call, {"error": code, "message": "?"}, 500)

    assert type(error) is OutcomeUnknown


@pytest.mark.parametrize("call", [*READS, *WRITES], ids=NAMES.get)
def test_too_many_requests_end_with_the_minute(server, call):
    """Zalo counts by the minute and has no Retry-After; X-RateLimit-Remain at 0 tells no time either."""
    server.headers = {"X-RateLimit-Limit": "4000", "X-RateLimit-Remain": "0"}
    error = refused(server, call, {"error": -32, "message": "limit"})
    server.headers = {}

    assert isinstance(error, RateLimited)
    assert error.retry_after == 60
    assert "quota" not in error.values


def test_the_night_is_told_as_such(server):
    error = refused(server, wire.BROADCAST, {"error": -234, "message": "Not at night"})

    assert isinstance(error, RateLimited)
    assert (error.values["quota"], error.retry_after) == ("night", None)
