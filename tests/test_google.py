import json

import pytest
import requests
from google_server import HANG_UP, GoogleServer, Reply, Tokens, account_at, error

from asean_social.errors import AuthFailed, Rejected, Unavailable
from asean_social.publishers.google import Slice, Transport, refresh
from asean_social.publishers.http import Session
from asean_social.publishers.youtube_errors import Refused

SECRET = "GOCSPX-a-client-secret"


@pytest.fixture
def server():
    with GoogleServer() as server:
        yield server


@pytest.fixture
def tokens():
    return Tokens()


@pytest.fixture
def transport(server, tokens):
    return Transport(Session(), tokens, server.url)


# -- transport


def test_a_request_refused_with_401_is_sent_once_more_with_a_new_token(server, transport, tokens):
    server.script += [error(401, "authError"), Reply(200, {"fine": True})]

    answer, content = transport.request(server.url + "/x", "POST", '{"title":"Huế"}', {"X-A": "b"})

    assert (answer.status, json.loads(content)) == (200, {"fine": True})
    assert tokens.renewed == ["token-1"]
    first, second = server.seen
    assert first.body == second.body == '{"title":"Huế"}'.encode()
    assert second.headers["authorization"] == "Bearer token-2"
    assert second.headers["x-a"] == "b"


def test_a_second_401_is_not_answered_with_a_third_request(server, transport):
    server.script += [error(401, "authError"), error(401, "authError")]

    with pytest.raises(Refused):
        transport.request(server.url + "/x")
    assert len(server.seen) == 2


def test_a_slice_refused_with_401_is_sent_in_full_again(server, transport, tmp_path):
    path = tmp_path / "video.mp4"
    path.write_bytes(b"0123456789" * 300_000)
    server.script += [error(401, "authError"), Reply(200, {})]

    transport.request(server.url + "/x", "PUT", Slice(path, 10, 2_500_000))

    first, second = server.seen
    assert first.body == second.body == path.read_bytes()[10:2_500_010]
    assert second.headers["content-length"] == "2500000"
    assert "transfer-encoding" not in second.headers


def test_a_post_without_an_answer_is_sent_once(server, transport):
    server.answers["POST", "x"] = Reply(200, {})
    server.script.append(HANG_UP)

    with pytest.raises(requests.ConnectionError):
        transport.request(server.url + "/x", "POST", "{}")
    assert len(server.seen) == 1


def test_redirects_are_refused_and_308_is_an_answer(server, transport):
    server.script += [
        Reply(302, b"", (("Location", server.url + "/elsewhere"),)),
        Reply(308, b"", (("Location", server.url + "/elsewhere"), ("Range", "bytes=0-9"))),
    ]

    with pytest.raises(Refused):
        transport.request(server.url + "/x")
    answer, _ = transport.request(server.url + "/x", "PUT")

    assert answer.status == 308
    assert answer["range"] == "bytes=0-9"
    assert [one.path for one in server.seen] == ["/x", "/x"]


@pytest.mark.parametrize(
    "address",
    [
        "https://www.googleapis.com/upload/youtube/v3/videos?upload_id=a_-1",
        "https://youtube.googleapis.com/x",
        "https://storage.googleapis.com:443/x",
    ],
)
def test_a_real_google_host_may_have_the_token(transport, address):
    transport.trust(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/upload",
        "http://www.googleapis.com/x",
        "https://www.googleapis.com.example.org/x",
        "https://evilgoogleapis.com/x",
        "https://www.googleapis.com@example.org/x",
        "https://example.org\\.googleapis.com/x",
        "https://example.org/.googleapis.com/x",
        "https://www.googleapis.com:8443/x",
        "ftp://www.googleapis.com/x",
        "//www.googleapis.com/x",
        "/upload",
        "https://www.googleapis.com/x\r\nX-A: b",
        "",
    ],
)
def test_no_other_address_may_have_the_token(transport, tokens, address):
    with pytest.raises(Rejected):
        transport.request(address)


def test_no_url_parser_is_tricked_into_another_host(server, transport):
    port = server.url.rpartition(":")[2]
    for address in (f"http://example.org\\@127.0.0.1:{port}/x", f"http://a@127.0.0.1:{port}/x"):
        with pytest.raises(Rejected):
            transport.request(address)
    assert server.seen == []


def test_the_guard_is_asked_before_each_request(server, tokens):
    asked = []
    transport = Transport(Session(lambda: asked.append(1)), tokens, server.url)
    server.script += [error(401, "authError"), Reply(200, {})]

    transport.request(server.url + "/x")

    assert len(asked) == len(server.seen) == 2


# -- tokens


def test_a_refresh_gives_the_access_token_and_keeps_the_refresh_token(server):
    server.script.append(Reply(200, {"access_token": "ya29.new", "expires_in": 3599, "token_type": "Bearer"}))

    pair = refresh(account_at(server), Session(), "1//refresh-now")

    assert (pair.access, pair.refresh, pair.expires_in) == ("ya29.new", "1//refresh-now", 3599.0)
    (seen,) = server.seen
    assert dict(part.split("=") for part in seen.body.decode().split("&")) == {
        "grant_type": "refresh_token",
        "client_id": "client",
        "client_secret": SECRET,
        "refresh_token": "1%2F%2Frefresh-now",
    }


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (
            Reply(400, {"error": "invalid_grant", "error_description": "expired"}),
            AuthFailed,
            "youtube.reconnect",
        ),
        (Reply(401, {"error": "invalid_client"}), AuthFailed, "youtube.client-refused"),
        (Reply(401, {"error": "deleted_client"}), AuthFailed, "youtube.client-refused"),
        (Reply(503, b"try later"), Unavailable, "youtube.server-error"),
        (Reply(500, {"error": "internal_failure"}), Unavailable, "youtube.server-error"),
        (Reply(400, b"<html>proxy</html>"), Unavailable, "youtube.server-error"),
        (Reply(200, b"<html>sign in</html>"), Unavailable, "youtube.server-error"),
        (Reply(200, []), Unavailable, "youtube.server-error"),
        (Reply(302, b"", (("Location", "http://127.0.0.1:9/"),)), Unavailable, "youtube.server-error"),
        (HANG_UP, Unavailable, "publish.unreachable"),
    ],
)
def test_a_refused_refresh_says_whether_a_person_must_act(server, reply, kind, code):
    server.answers["POST", "token"] = Reply(200, {})
    server.script.append(reply)

    with pytest.raises(kind) as caught:
        refresh(account_at(server), Session(), "1//refresh-now")

    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(server.seen) == 1


def test_a_refresh_that_echoes_its_secrets_does_not_tell_them_on(server):
    text = f"bad {SECRET} and 1//refresh-now and 1%2F%2Frefresh-now"
    server.script.append(Reply(400, {"error": "invalid_grant", "error_description": text}))

    with pytest.raises(AuthFailed) as caught:
        refresh(account_at(server), Session(), "1//refresh-now")

    assert SECRET not in str(caught.value)
    assert "refresh-now" not in str(caught.value)
