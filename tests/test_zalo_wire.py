"""What Zalo's answers mean, from a table of real bodies; and the refresh of its tokens."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from publisher_contract import FixedTokens
from zalo_case import Scripted

from asean_social.credentials import ZaloAccount
from asean_social.errors import AuthFailed, OutcomeUnknown, PublishError, RateLimited, Unavailable
from asean_social.publishers import zalo_wire as wire
from asean_social.publishers.base import Account, Message, Piece, TokenPair
from asean_social.publishers.http import Session
from asean_social.publishers.zalo import Zalo, refresh
from asean_social.sandbox.server import Sandbox

TOKEN = "AT-bí-mật".encode().hex()
SECRET = "app-secret-123"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


@pytest.fixture
def account(server) -> ZaloAccount:
    return ZaloAccount(
        oa_id="1",
        app_id="2",
        secret_key=SECRET,
        refresh_token="RT-1",
        api_url=server.url,
        oauth_url=server.url,
    )


@pytest.fixture
def zalo(account) -> Zalo:
    return Zalo(account, Session(), FixedTokens(TOKEN))


def ask(server: Scripted, call: wire.Call, body: Any, status: int = 200, /, **sent: Any) -> dict[str, Any]:
    server.say(call.path, body, status)
    return wire.send(server.url, Session(), TOKEN, call, sent)


def refused(server: Scripted, call: wire.Call, body: Any, status: int = 200) -> PublishError:
    with pytest.raises(PublishError) as caught:
        ask(server, call, body, status)
    return caught.value


# -- answers that cannot be read

UNREADABLE = [
    (502, b"<html>Bad Gateway</html>"),
    (200, b'{"error": 0, "data": {"tok'),
    (200, b""),
    (200, [1]),
    (200, {}),
    (200, {"message": "?"}),
    (200, {"error": None, "data": {"token": "T", "title": "T"}}),
    (200, {"error": "soon", "data": {"token": "T", "title": "T"}}),
    (200, {"error": 0, "data": None}),
    (200, {"error": 0, "data": {"token": "", "title": ""}}),
    (200, {"error": 0, "data": []}),
    (200, {"error": 10**400}),
    (500, {"error": -9999, "message": "Internal error"}),
    (503, {"error": -200, "message": "Send failed"}),
]


@pytest.mark.parametrize(("status", "body"), UNREADABLE)
@pytest.mark.parametrize(
    ("call", "kind"),
    [(wire.CREATE, Unavailable), (wire.UPDATE, OutcomeUnknown), (wire.DETAIL, Unavailable)],
    ids=["create", "update", "getdetail"],
)
def test_an_unclear_answer_is_unknown_only_where_the_public_could_see_it(server, call, kind, status, body):
    error = refused(server, call, body, status)

    assert type(error) is kind
    assert error.code == "zalo.unclear"


def test_a_success_is_a_success_whatever_the_status_and_the_kind_of_zero(server):
    assert ask(server, wire.CREATE, {"error": 0, "data": {"token": "T+/="}}, 500) == {"token": "T+/="}
    assert ask(server, wire.SLICE, {"error": "0", "data": {"medias": []}}) == {"medias": []}
    assert ask(server, wire.REMOVE, {"error": 0, "message": "Success"}) == {}


def test_what_zalo_says_is_told_without_the_token_and_not_at_length(server):
    error = refused(server, wire.CREATE, {"error": -201, "message": f"bad {TOKEN} " + "x" * 1000})

    assert TOKEN not in f"{error!r} {error}"
    assert len(error.detail) == 300


def test_a_request_carries_its_token_in_one_header_only(server):
    ask(server, wire.DETAIL, {"error": 0, "data": {"title": "T"}}, id="a b")
    ask(server, wire.UPDATE, {"error": 0, "data": {"token": "T"}}, title="Huế", body=[])

    for path, headers, body in server.asked:
        assert headers["access_token"] == TOKEN
        assert "Authorization" not in headers
        assert TOKEN not in path
        assert TOKEN.encode() not in body
    (read, _, _), (_, headers, body) = server.asked
    assert read == "/v2.0/article/getdetail?id=a+b"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"title": "Huế", "body": []}


# -- answers in more than one shape


@pytest.mark.parametrize("told", [{"oaid": "1000000000000000001"}, {"oa_id": 1000000000000000001}])
def test_the_accounts_id_has_two_names_and_is_text(server, zalo, told):
    server.say(wire.WHO.path, {"error": 0, "data": {**told, "name": "Huế"}})

    assert zalo.whoami() == Account("1000000000000000001", "Huế")


MESSAGE = Message(
    "c/b/o/1",
    "zalo",
    "hue",
    "normal",
    options={
        "title": "Bài",
        "summary": "Tóm tắt",
        "comment": "show",
        "body": [{"type": "text", "content": "A"}],
    },
)


def rows(*ids: str, **more: Any) -> dict[str, Any]:
    return {"error": 0, "data": {"medias": [{"id": one, **more} for one in ids], "total": 42}}


def test_the_list_tells_what_the_article_itself_leaves_out(server, zalo):
    server.say(wire.DETAIL.path, {"error": 0, "data": {"title": "Bài"}})
    server.say(wire.SLICE.path, rows(*"abcdefghij", status="hide"))
    server.say(wire.SLICE.path, rows("k", status="show", link_view="https://zalo.example/k"))

    receipt = zalo.status(MESSAGE, [Piece("article", "k")])

    assert receipt.public
    assert receipt.url == "https://zalo.example/k"


def test_an_article_whose_state_nobody_tells_is_not_judged(server, zalo):
    server.say(wire.DETAIL.path, {"error": 0, "data": {"title": "Bài"}})
    server.say(wire.SLICE.path, rows("a", status="show"))

    with pytest.raises(Unavailable, match=r"zalo.unclear"):
        zalo.status(MESSAGE, [Piece("article", "k")])
    assert sum("getslice" in path for path, _, _ in server.asked) == 3


def test_an_article_that_is_not_whole_is_looked_at_again(server, zalo):
    server.say(wire.DETAIL.path, {"error": 0, "data": {"title": "Bài", "status": "hide", "body": []}})

    with pytest.raises(Unavailable, match=r"zalo.incomplete"):
        list(zalo.stage(MESSAGE, [Piece("article", "k")]))


def test_the_articles_id_has_two_names(server, zalo):
    server.say(wire.VERIFY.path, {"error": 0, "data": {"article_id": "k"}})
    whole = {"title": "BÀI", "description": "Tóm  tắt", "comment": "show", "status": "hide", "body": [{}]}
    server.say(wire.DETAIL.path, {"error": 0, "data": whole})

    assert list(zalo.stage(MESSAGE, [Piece("create-token", "T")])) == [Piece("article", "k")]


# -- refresh

OAUTH = "/v4/oa/access_token"


@pytest.mark.parametrize(
    ("told", "seconds"), [("90000", 90_000), (3600, 3600), (None, 90_000), ("soon", 90_000), ([1], 90_000)]
)
def test_a_new_pair_is_taken_however_its_life_is_written(server, account, told, seconds):
    server.say(OAUTH, {"access_token": "AT-2", "refresh_token": "RT-2", "expires_in": told})

    assert refresh(account, Session(), "RT-1") == TokenPair("AT-2", "RT-2", seconds)


def test_a_refresh_is_a_form_with_the_secret_in_a_header(server, account):
    server.say(OAUTH, {"access_token": "AT-2", "refresh_token": "RT-2"})
    refresh(account, Session(), "RT+1")

    ((path, headers, body),) = server.asked
    assert path == OAUTH
    assert headers["secret_key"] == SECRET
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == b"grant_type=refresh_token&refresh_token=RT%2B1&app_id=2"


@pytest.mark.parametrize(
    ("status", "body", "kind", "detail"),
    [
        (
            200,
            {"error": -14014, "error_name": "Invalid refresh token"},
            AuthFailed,
            "-14014: Invalid refresh token",
        ),
        (200, {"error": -118, "error_name": "Invalid grant"}, AuthFailed, "-118: Invalid grant"),
        (200, {"error_name": "Invalid app id", "error_description": "x"}, AuthFailed, "Invalid app id: x"),
        (400, {"error_name": "Invalid app id"}, AuthFailed, "Invalid app id"),
        (200, {"error": -14002, "error_name": "Not active"}, AuthFailed, "-14002: Not active"),
        (200, {"access_token": "AT-2"}, AuthFailed, ""),
        (200, {"access_token": "AT-2", "refresh_token": ""}, AuthFailed, ""),
        (200, {"access_token": 5, "refresh_token": 6}, AuthFailed, ""),
        (200, {"access_token": None, "refresh_token": None, "error": -14014}, AuthFailed, "-14014"),
        (200, {"error_name": "no RT-1 and app-secret-123"}, AuthFailed, "no *** and ***"),
        (200, {"error": -32}, RateLimited, "-32"),
        (200, {"error": "-32"}, RateLimited, "-32"),
        (503, {"error_name": "Busy"}, Unavailable, "Busy"),
        (502, b"<html>", Unavailable, "HTTP 502"),
        (200, b"<html>", OutcomeUnknown, "HTTP 200"),
        (200, b'{"access_token": "AT-2", "refr', OutcomeUnknown, "HTTP 200"),
    ],
)
def test_a_refresh_that_failed_is_told_by_who_can_help(server, account, status, body, kind, detail):
    server.say(OAUTH, body, status)
    with pytest.raises(PublishError) as caught:
        refresh(account, Session(), "RT-1")

    assert type(caught.value) is kind
    assert caught.value.detail == detail
    app = any(word in detail for word in ("app id", "-14002"))  # another token would not help
    assert kind is not AuthFailed or caught.value.code == ("zalo.app-setup" if app else "zalo.reconnect")


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(verify_seconds=0) as box:
        yield box


@pytest.fixture
def real(box) -> ZaloAccount:
    return ZaloAccount.model_validate(tomllib.loads(box.credentials())["zalo"]["hue-asean"])


def test_the_old_pair_is_dead_after_a_refresh(real):
    pair = refresh(real, Session(), real.refresh_token.get_secret_value())

    assert Zalo(real, Session(), FixedTokens(pair.access)).whoami().remote_id == real.oa_id
    with pytest.raises(AuthFailed):
        Zalo(real, Session(), FixedTokens(real.access_token.get_secret_value())).whoami()
    with pytest.raises(AuthFailed, match=r"zalo.reconnect"):
        refresh(real, Session(), real.refresh_token.get_secret_value())


@pytest.mark.parametrize("fault", ["cut-before", "cut-after", "garbage"])
def test_a_lost_answer_is_unknown_because_the_token_may_be_used_up(box, real, fault):
    box.fault("zalo", "oauth.token", fault)
    with pytest.raises(OutcomeUnknown) as caught:
        refresh(real, Session(), real.refresh_token.get_secret_value())

    told = f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert real.refresh_token.get_secret_value() not in told
    assert real.secret_key.get_secret_value() not in told


def test_a_refresh_that_never_reached_zalo_may_be_tried_again(real):
    with pytest.raises(Unavailable):
        refresh(real.model_copy(update={"oauth_url": "http://127.0.0.1:1"}), Session(), "RT-1")
