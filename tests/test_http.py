"""The HTTP stack against real sockets: what is sent, what is not, and what a failed exchange means."""

import socket
import ssl
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from socket_server import OK, Recorder, server
from urllib3.connection import HTTPConnection

from asean_social.errors import OutcomeUnknown, PublishError, Unavailable
from asean_social.publishers.http import (
    BLOCK,
    Body,
    Session,
    Timeouts,
    is_loopback,
    multipart,
    retry_after,
    same_origin,
    scrub,
    transport_error,
)
from asean_social.sandbox.server import Sandbox


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def meant(session: Session, url: str, *, visible: bool) -> PublishError:
    """The error that a POST to `url` turns into."""
    with pytest.raises(requests.RequestException) as caught:
        session.post(url, data={"message": "Chào"}, timeout=(5, 0.2))
    return transport_error("facebook", caught.value, session, visible=visible)


# -- what a failed exchange means


def test_a_refused_connection_is_a_delay_even_at_a_visible_step(session) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{free.getsockname()[1]}/v1?access_token=sesame-sesame"
    free.close()

    error = meant(session, url, visible=True)

    assert (type(error), error.code) == (Unavailable, "publish.unreachable")
    assert "sesame" not in str(error)


def test_an_unknown_host_name_is_a_delay_even_at_a_visible_step(session) -> None:
    assert type(meant(session, "http://nowhere.invalid/", visible=True)) is Unavailable


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda line: line.recv(99), id="cut before an answer"),
        pytest.param(lambda line: line.sendall(OK[:6]), id="cut inside the first line"),
        pytest.param(lambda line: (line.recv(999), line.sendall(OK[:-1])), id="cut inside the body"),
        pytest.param(lambda line: (line.recv(999), line.recv(999)), id="no answer in time"),
        pytest.param(lambda line: (line.recv(999), line.sendall(b"xyzzy\r\n\r\n")), id="not HTTP"),
    ],
)
def test_a_lost_answer_is_unknown_at_a_visible_step_and_a_delay_elsewhere(session, talk) -> None:
    with server(talk) as url:
        visible = meant(session, url, visible=True)
        invisible = meant(session, url, visible=False)

    assert (type(visible), visible.code) == (OutcomeUnknown, "publish.no-answer")
    assert (type(invisible), invisible.code) == (Unavailable, "publish.unreachable")


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> tuple[ssl.SSLContext, Path]:
    """A server context for 127.0.0.1 and the certificate that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name.from_rfc4514_string("CN=localhost"), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.DNSName("127.0.0.1"), x509.DNSName("localhost")])
    made = made.add_extension(address, critical=False)
    folder = tmp_path_factory.mktemp("tls")
    encoding = serialization.Encoding.PEM
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, form, plain))
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


def test_a_certificate_that_is_not_trusted_stops_before_anything_is_sent(session, tls) -> None:
    context, _ = tls
    with server(Recorder(), context) as url:
        assert type(meant(session, url, visible=True)) is Unavailable


def test_an_encrypted_line_that_breaks_after_the_request_is_unknown(session, tls, monkeypatch) -> None:
    context, certificate = tls
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    def break_off(line: socket.socket) -> None:
        line.recv(999)
        with socket.socket(fileno=line.detach()) as bare:
            bare.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")  # a middle box speaks into the encrypted line

    with server(break_off, context) as url:
        assert type(meant(session, url.replace("127.0.0.1", "localhost"), visible=True)) is OutcomeUnknown


# -- what is sent


def test_a_large_file_is_streamed_in_constant_memory_and_progress_is_told(session, tmp_path) -> None:
    path, size = tmp_path / "video.mp4", 128 * BLOCK
    with path.open("wb") as file:
        file.truncate(size)
    told: list[tuple[int, int]] = []
    recorder = Recorder()
    with server(recorder) as url:
        session.get(url)  # so that what is loaded once is not counted
        tracemalloc.start()
        body, headers = multipart(
            {"title": "Huế"}, "source", path, "video/mp4", lambda *one: told.append(one)
        )
        with body:
            session.post(url, data=body, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 16 * BLOCK
    assert recorder.received > size
    assert told[-1] == (size, size)
    assert len(told) == 128


def test_a_form_with_a_file_arrives_as_it_was(session, tmp_path) -> None:
    path = tmp_path / 'cờ "ASEAN".jpg'
    path.write_bytes(bytes(range(256)))
    recorder = Recorder()
    with server(recorder) as url:
        body, headers = multipart(
            {"alt_text_custom": "Cờ ASEAN\r\nbay"}, "source", path, "image/jpeg", lambda *_: None
        )
        with body:
            session.post(url, data=body, headers=headers)

    mark = headers["Content-Type"].partition("boundary=")[2].encode()
    empty, text, file, end = recorder.bodies[0].split(b"--" + mark)
    assert (empty, end) == (b"", b"--\r\n")
    assert text.endswith("\r\n\r\nCờ ASEAN\r\nbay\r\n".encode())
    assert file.endswith(b"Content-Type: image/jpeg\r\n\r\n" + bytes(range(256)) + b"\r\n")
    assert b'filename="c ASEAN.jpg"' in file


@given(st.binary(max_size=50), st.binary(max_size=20), st.binary(max_size=20), st.integers(1, 30), st.data())
def test_a_body_is_head_slice_and_tail_however_it_is_read(
    tmp_path_factory, payload, head, tail, step, data
) -> None:
    path = tmp_path_factory.mktemp("body") / "file"
    path.write_bytes(payload)
    start = data.draw(st.integers(0, len(payload)))
    length = data.draw(st.integers(0, len(payload) - start))
    with Body(path, start, length, lambda *_: None, head, tail) as body:
        read = b"".join(iter(lambda: body.read(step), b""))

    assert read == head + payload[start : start + length] + tail
    assert len(body) == len(read)


def test_a_file_that_shrinks_while_it_is_sent_is_noticed(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    with Body(path, 0, 5, lambda *_: None) as body:
        path.write_bytes(b"")
        with pytest.raises(OSError, match="shorter"):
            body.read(5)


def test_nothing_is_sent_when_the_guard_says_no() -> None:
    class Stopped(Exception): ...

    def refuse() -> None:
        raise Stopped

    recorder = Recorder()
    with server(recorder) as url, Session(refuse) as session, pytest.raises(Stopped):
        session.post(url)

    assert not any(recorder.heads)


def test_the_guard_is_asked_before_every_request() -> None:
    asked: list[int] = []
    recorder = Recorder()
    with server(recorder) as url, Session(lambda: asked.append(len(recorder.heads))) as session:
        session.get(url)
        session.post(url)

    assert asked == [0, 1]


@pytest.mark.parametrize("secure", [False, True])
def test_the_guard_is_asked_when_the_line_stands(monkeypatch, tls, secure) -> None:
    """Looking up a name and connecting may outlast a lease: what was asked before them counts for nothing."""
    context, certificate = tls
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    order: list[str] = []
    connect = urllib3.util.connection.create_connection

    def slowly(*args: Any, **kwargs: Any) -> socket.socket:
        order.append("connected")
        return connect(*args, **kwargs)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", slowly)
    recorder = Recorder()
    with server(recorder, context if secure else None) as url, Session(lambda: order.append("asked")) as one:
        one.post(url.replace("127.0.0.1", "localhost"))

    assert order == ["connected", "asked"]
    assert len(recorder.heads) == 1


def test_the_guard_is_asked_before_each_request_of_a_kept_line(monkeypatch) -> None:
    lines: list[object] = []
    connect = HTTPConnection.connect
    monkeypatch.setattr(HTTPConnection, "connect", lambda one: (lines.append(one), connect(one)))
    asked: list[str] = []
    with Sandbox() as sandbox, Session(lambda: asked.append("asked")) as session:
        for _ in range(3):
            session.get(f"{sandbox.url}/facebook/v26.0/me")

    assert len(lines) == 1
    assert len(asked) == 3


def test_through_a_proxy_the_guard_is_asked_too(monkeypatch) -> None:
    class Stopped(Exception): ...

    def refuse() -> None:
        raise Stopped

    recorder = Recorder()
    with server(recorder) as proxy, Session(refuse) as session:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(Stopped):
            session.post("http://graph.example/me")

    assert not any(recorder.heads)


def test_a_slow_line_carries_a_large_file(tmp_path) -> None:
    """Each block has the time-out of sending for itself, however long the whole takes."""
    path, size = tmp_path / "video.mp4", 32 * BLOCK
    path.write_bytes(bytes(size))
    received = []

    def slowly(line: socket.socket) -> None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK // 4)
        while sum(received) < size:
            time.sleep(0.01)
            count = len(line.recv(BLOCK // 4))
            if not count:
                return
            received.append(count)
        line.sendall(OK)

    patient = Timeouts(connect=0.02, send=5, read=5)
    with (
        server(slowly) as url,
        Session(timeouts=patient) as session,
        Body(path, 0, size, lambda *_: None) as body,
    ):
        answer = session.post(url, data=body, headers={"Content-Length": str(size)})

    assert answer.ok
    assert sum(received) >= size


@pytest.mark.parametrize(
    ("told", "date", "seconds"),
    [
        ("120", "", 120),
        (" 7 ", "", 7),
        ("Wed, 24 Feb 2027 12:10:00 GMT", "Wed, 24 Feb 2027 12:00:00 GMT", 600),
        ("Wed, 24 Feb 2027 11:59:00 GMT", "Wed, 24 Feb 2027 12:00:00 GMT", -60),
        ("Wed, 24 Feb 2027 12:10:00 GMT", "", None),
        ("Wed, 24 Feb 2027 12:10:00", "Wed, 24 Feb 2027 12:00:00 GMT", None),
        ("", "", None),
        ("soon", "", None),
        ("1.5", "", None),
        ("٧", "", None),
        ("-1", "", None),
    ],
)
def test_a_server_says_in_seconds_or_by_its_own_clock_when_to_come_again(told, date, seconds) -> None:
    answer = requests.Response()
    answer.headers.update({"Retry-After": told} | ({"Date": date} if date else {}))

    assert retry_after(answer) == seconds


def test_a_redirect_is_not_followed(session) -> None:
    recorder = Recorder(
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    with server(recorder) as url:
        answer = session.get(url, headers={"Authorization": "Bearer secret"})

    assert answer.status_code == 302
    assert len(recorder.heads) == 1


def test_a_request_whose_answer_is_lost_is_sent_once_only(session) -> None:
    seen: list[bytes] = []
    with server(lambda line: seen.append(line.recv(999))) as url:
        meant(session, url, visible=True)

    assert len([one for one in seen if one]) == 1


def test_requests_for_the_real_host_go_to_the_other_server_with_path_and_query(session) -> None:
    recorder = Recorder()
    with server(recorder) as url:
        session.rebase("https://graph.example", url + "/facebook")
        session.get("https://graph.example/v26.0/me?fields=id")

    assert recorder.heads[0].startswith("GET /facebook/v26.0/me?fields=id HTTP/1.1")


def test_this_machine_is_reached_without_the_office_proxy(session, monkeypatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("no_proxy", raising=False)
    with server(Recorder()) as url:
        session.rebase("https://graph.example", url)

        assert session.get(url).ok
        assert session.get("https://graph.example/me").ok


def test_a_netrc_file_adds_no_password(session, monkeypatch, tmp_path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login lan password sesame", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    recorder = Recorder()
    with server(recorder) as url:
        session.get(url)

    assert "authorization" not in recorder.heads[0].lower()


# -- secrets


@pytest.mark.parametrize(
    "text",
    [
        "GET /me?access_token=EAAB+secret/1&fields=id",
        "GET /me?access_token=EAAB%2Bsecret%2F1&fields=id",
        "{'access_token': 'EAAB+secret/1'}",
        "Authorization: Bearer EAAB+secret/1",
        "the token EAAB+secret/1 itself",
    ],
)
def test_a_known_secret_is_masked_in_every_form(session, text) -> None:
    session.keep_secret("EAAB+secret/1", "")

    masked = session.scrub(text)

    assert "secret" not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        "appsecret_proof=2356b17ae2860016",
        '{"refresh_token": "1//0gabcdef"}',
        "client_secret=GOCSPX-abc, next",
        "upload_id=ABPtcPqX&upload_protocol=resumable",
        "Authorization: OAuth EAABsbCS1iHgBA",
    ],
)
def test_what_looks_like_a_secret_is_masked_unasked(text) -> None:
    masked = scrub(text, set())

    assert "***" in masked
    for part in ("2356b", "0gabc", "GOCSPX", "ABPtc", "EAABs"):
        assert part not in masked


def test_other_text_stays_as_it_is() -> None:
    text = "(#100) Param message: nội dung bài đăng quá dài"

    assert scrub(text, {"EAAB"}) == text


# -- addresses


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("http://localhost", True),
        ("http://[::1]:80/", True),
        ("http://127.9.9.9/", True),
        ("http://localhost.example.com/", False),
        ("https://graph.facebook.com/", False),
        ("http://10.0.0.1/", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(url, expected) -> None:
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://upload.example/session/1", True),
        ("https://upload.example:443/", True),
        ("HTTPS://UPLOAD.example/", True),
        ("http://upload.example/", False),
        ("https://upload.example:8443/", False),
        ("https://upload.example.evil/", False),
        ("https://upload.example@evil/", False),
        ("//upload.example/", False),
        ("https://second.example/", True),
    ],
)
def test_a_token_goes_to_trusted_origins_only(url, expected) -> None:
    assert same_origin(url, "https://upload.example", "https://second.example") is expected
