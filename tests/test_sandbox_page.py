"""The sandbox's own page, listings, media and orders, and its life from start to stop."""

import contextlib
import html
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import tomllib

import pytest
import requests
from sandbox_clients import VIDEO, Graph, Oa, Tube, picture

from asean_social.sandbox.server import Sandbox, serve
from asean_social.sandbox.words import WORDS

SANDBOX = {"verify_seconds": 0.0, "processing_seconds": 0.0}


@pytest.fixture
def filled(box):
    """One public object on each platform, and one staged."""
    graph, tube, oa = Graph(box), Tube(box), Oa(box)
    photo = graph.photo(published="false", alt_text_custom="Cầu <Trường Tiền>")["id"]
    graph.feed(message="Chào <script>alert(1)</script> & ASEAN", attached_media=[{"media_fbid": photo}])
    graph.feed(message="Bài đang chờ", published="false")
    tube.upload(snippet={"title": 'Huế "xưa"', "tags": ["cố đô"]}, status={"privacyStatus": "public"})
    tube.upload(snippet={"title": "Video riêng"})
    for title, status in (("Bài <b>Zalo</b>", "show"), ("Bài ẩn", "hide")):
        token = oa.call("create", **oa.article(title=title, status=status))["data"]["token"]
        oa.call("verify", token=token)
    return box


def page(box: Sandbox, lang: str = "vi", **headers: str) -> requests.Response:
    return requests.get(f"{box.url}/", params={"lang": lang}, headers=headers, timeout=20)


def raw(box: Sandbox, request: str) -> bytes:
    """The answer to bytes that no client library would send."""
    host, port = box.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(request.encode())
        line.shutdown(socket.SHUT_WR)
        found = b""
        while block := line.recv(65536):
            found += block
    return found


# -- the page


def test_the_page_shows_what_the_public_sees_and_what_is_staged(filled) -> None:
    text = html.unescape(page(filled).text)

    public, hidden = (
        re.findall(rf'data-list="(\w+)-{which}">(.*?)</div></section>', text, re.DOTALL)
        for which in ("public", "hidden")
    )
    shown, staged = dict(public), dict(hidden)
    assert "& ASEAN" in shown["facebook"]
    assert 'Huế "xưa"' in shown["youtube"]
    assert "Bài <b>Zalo</b>" in shown["zalo"]
    assert "Bài đang chờ" in staged["facebook"]
    assert "Video riêng" in staged["youtube"]
    assert "Bài ẩn" in staged["zalo"]
    assert "Bài đang chờ" not in shown["facebook"]
    assert "Video riêng" not in shown["youtube"]


def test_everything_shown_is_escaped(filled) -> None:
    text = page(filled).text

    assert "<script>alert" not in text
    assert "<b>Zalo</b>" not in text
    assert 'alt="Cầu &lt;Trường Tiền&gt;"' in text
    assert "Huế &quot;xưa&quot;" in text


@pytest.mark.parametrize(("lang", "other"), [("vi", "en"), ("en", "vi")])
def test_the_page_speaks_both_languages(filled, lang, other) -> None:
    text = html.unescape(page(filled, lang).text)

    assert f'<html lang="{lang}">' in text
    for key in ("title", "lead", "public", "hidden", "transcript"):
        assert WORDS[lang][key] in text
        assert WORDS[other][key] not in text


def test_the_page_falls_back_to_vietnamese_and_both_languages_have_every_sentence(box) -> None:
    assert '<html lang="vi">' in page(box, "fr").text
    assert WORDS["vi"].keys() == WORDS["en"].keys()
    assert html.escape(WORDS["vi"]["none.public"]) in page(box).text


def test_the_page_asks_for_nothing_beyond_this_server(filled) -> None:
    answer = page(filled)

    sources = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert all(one.startswith(("/", "#")) or one == "data:," for one in sources)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for one in {one for one in sources if one.startswith("/")}:
        assert requests.get(filled.url + one, timeout=20).status_code == 200


def test_an_unchanged_page_is_not_sent_again(filled) -> None:
    first = page(filled)

    again = page(filled, **{"If-None-Match": first.headers["ETag"]})
    Graph(filled).feed(message="Mới")
    changed = page(filled, **{"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)


def test_a_card_keeps_its_digest_until_it_changes(filled) -> None:
    def digests() -> dict[str, str]:
        return dict(re.findall(r'id="(facebook-\d+_\d+)" data-digest="(\w+)"', page(filled).text))

    before = digests()
    post = filled.public()[0]["id"]
    Graph(filled).post(f"/{post}", message="Đã sửa")
    after = digests()

    changed = {key for key in before if before[key] != after[key]}
    assert changed == {f"facebook-{post}"}


# -- secrets


def test_no_secret_is_ever_shown(filled) -> None:
    oa = Oa(filled)
    pair = oa.token().json()
    graph = Graph(filled)
    graph.get("/me", access_token="EAAforeign-token")
    tube = Tube(filled)
    session = tube.start().headers["Location"]
    tube.put(session, VIDEO)
    secrets = [
        graph.token, graph.account["app_secret"], "EAAforeign-token", tube.account["refresh_token"],
        tube.account["client_secret"], tube.http.headers["Authorization"].split()[1], session.partition("upload_id=")[2],
        oa.access, oa.secret, oa.account["secret_key"], pair["access_token"], pair["refresh_token"],
    ]  # fmt: skip

    listings = [
        requests.get(f"{filled.url}/_sandbox/{name}.json", timeout=20).text
        for name in ("public", "hidden", "events", "requests")
    ]

    for text in (page(filled).text, *listings):
        assert [one for one in secrets if one in text] == []


def test_the_transcript_tells_each_request(box) -> None:
    graph = Graph(box)
    box.fault("facebook", "feed.create", "500-after")
    graph.feed(message="Chào")
    graph.get("/me", fields="id")

    first, second = box.requests()
    assert (first["method"], first["platform"], first["operation"], first["status"]) == (
        "POST",
        "facebook",
        "feed.create",
        500,
    )
    assert (first["path"], first["fault"]) == (f"/facebook/v26.0/{graph.page}/feed", "500-after")
    assert second["path"] == "/facebook/v26.0/me?access_token=•••&fields=id"
    assert "message=Ch" in first["sent"]


def test_the_keys_to_practise_with_are_a_file_that_says_what_it_is(box) -> None:
    answer = requests.get(f"{box.url}/_sandbox/credentials.toml", timeout=20)

    assert tomllib.loads(answer.text) == tomllib.loads(box.credentials())
    assert answer.text.startswith("# Khóa thực hành")
    assert "Practice keys" in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="credentials.toml"'


# -- listings, media, orders


def test_the_listings_are_the_same_by_http(filled) -> None:
    for name in ("public", "hidden", "events", "requests"):
        listed = requests.get(f"{filled.url}/_sandbox/{name}.json", timeout=20).json()
        assert listed == json.loads(json.dumps(getattr(filled, name)()))
        assert listed != []


def test_a_stored_video_is_played_in_pieces(filled) -> None:
    media = next(one["media"] for one in filled.public() if one["platform"] == "youtube")
    url = f"{filled.url}/_sandbox/media/{media}"

    def part(span: str) -> tuple[int, bytes, str | None]:
        answer = requests.get(url, headers={"Range": span}, timeout=20)
        return answer.status_code, answer.content, answer.headers.get("Content-Range")

    assert requests.get(url, timeout=20).content == VIDEO
    assert part("bytes=4-7") == (206, b"ftyp", "bytes 4-7/12")
    assert part("bytes=8-") == (206, b"mp42", "bytes 8-11/12")
    assert part("bytes=-4") == (206, b"mp42", "bytes 8-11/12")
    assert part("bytes=0-") == (206, VIDEO, "bytes 0-11/12")
    assert part("bytes=99-") == (416, b"", "bytes */12")
    assert part("bytes=9-3") == (200, VIDEO, None)
    assert part("lines=1-2") == (200, VIDEO, None)
    head = requests.head(url, timeout=20)
    assert (head.headers["Content-Length"], head.content) == ("12", b"")


def test_public_media_is_served_and_nothing_outside_its_folder(box) -> None:
    (box.media_dir / "thư mục").mkdir(exist_ok=True)
    (box.media_dir / "thư mục" / "ảnh.png").write_bytes(picture("PNG"))
    (box.media_dir.parent / "secret.txt").write_text("secret", encoding="utf-8")

    good = requests.get(f"{box.url}/media/thư mục/ảnh.png", timeout=20)
    assert (good.content, good.headers["Content-Type"]) == (picture("PNG"), "image/png")
    for path in (
        "/media/../secret.txt",
        "/media/%2e%2e/secret.txt",
        "/media//etc/passwd",
        "/media/none.png",
        "/media/",
    ):
        answer = raw(box, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404 ")


def test_other_names_and_pages_of_other_sites_get_nothing(box) -> None:
    Graph(box).feed(message="a")

    for headers in (
        {"Host": "evil.example"},
        {"Host": "[bad"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
    ):
        for method, path in (("GET", "/"), ("POST", "/_sandbox/reset"), ("GET", "/facebook/v26.0/me")):
            answer = requests.request(method, box.url + path, headers=headers, timeout=20)
            assert answer.status_code == 421
    assert len(box.public()) == 1


def test_faults_are_ordered_and_everything_reset_by_http(box) -> None:
    graph = Graph(box)
    order = {"platform": "facebook", "operation": "feed.create", "fault": "500-after", "nth": 1, "times": 1}

    ordered = requests.post(f"{box.url}/_sandbox/faults", json=order, timeout=20)
    assert (ordered.status_code, graph.send("POST", f"/{graph.page}/feed", message="a").status_code) == (
        200,
        500,
    )
    assert len(box.public()) == 1

    assert requests.post(f"{box.url}/_sandbox/reset", timeout=20).json() == {"reset": True}
    assert (box.public(), box.events(), box.requests()) == ([], [], [])
    assert graph.get("/me")["id"] == graph.page


@pytest.mark.parametrize(
    "changed",
    [
        {"platform": "mastodon"},
        {"operation": "feed.destroy"},
        {"fault": "fire"},
        {"nth": 0},
        {"times": "2"},
        {"seconds": -1},
        {"when": 1},
    ],
)
def test_an_order_that_means_nothing_is_refused(box, changed) -> None:
    order = {"platform": "facebook", "operation": "me.get", "fault": "html", **changed}

    answer = requests.post(f"{box.url}/_sandbox/faults", json=order, timeout=20)

    assert (answer.status_code, "cut-after" in answer.json()["faults"]) == (400, True)


def test_unknown_paths_are_not_found(box) -> None:
    for method, path in (
        ("GET", "/nothing"),
        ("GET", "/_sandbox/media/99999"),
        ("POST", "/"),
        ("PUT", "/media/a"),
    ):
        assert requests.request(method, box.url + path, timeout=20).status_code == 404


# -- life


def test_a_stopped_sandbox_leaves_no_thread_no_port_and_no_file() -> None:
    before = set(threading.enumerate())
    with Sandbox() as box:
        folder = box.media_dir.parent
        client = requests.Session()  # its connection is kept alive
        assert client.get(box.url, timeout=20).status_code == 200
        url = box.url

    assert set(threading.enumerate()) <= before
    assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=20)
    client.close()


def test_a_slow_answer_does_not_hold_up_the_end() -> None:
    with Sandbox() as box:
        box.fault("facebook", "me.get", "slow", seconds=600)
        graph = Graph(box)
        lost = threading.Thread(target=_ask_in_vain, args=(graph,))
        lost.start()
        while not box._faults._orders[0].seen:
            pass
    lost.join(10)

    assert not lost.is_alive()


def _ask_in_vain(graph: Graph) -> None:
    with contextlib.suppress(requests.ConnectionError):  # the answer may still get through at the end
        graph.get("/me")


def test_given_folders_are_used_and_kept(tmp_path) -> None:
    with Sandbox(media_dir=tmp_path / "public", data_dir=tmp_path / "data") as box:
        Graph(box).photo()
        assert f'store = "{(tmp_path / "public").as_uri()}"' in box.credentials()

    assert len(list((tmp_path / "data").iterdir())) == 1


def test_the_sandbox_never_leaves_this_computer() -> None:
    with pytest.raises(ValueError, match="loopback"):
        Sandbox(host="0.0.0.0")
    with pytest.raises(RuntimeError), _unstarted() as box:
        box.credentials()


class _unstarted:  # noqa: N801  # reads as a fixture
    def __enter__(self) -> Sandbox:
        self.box = Sandbox()
        return self.box

    def __exit__(self, *_: object) -> None:
        self.box.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
def test_served_for_a_person_it_ends_with_ctrl_c() -> None:
    code = (
        "from asean_social.sandbox.server import serve\n"
        "serve('127.0.0.1', 0, offset_seconds=86400, on_ready=lambda url, _keys: print(url, flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        assert requests.get(url, timeout=20).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_taken_port_is_an_error_before_anything_is_said() -> None:
    said = []
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve("127.0.0.1", taken.getsockname()[1], on_ready=lambda url, _keys: said.append(url))

    assert said == []
