"""Faults on order that every platform has: cut bodies and answers, dead tokens, lagging reads, killed processes."""

import os
import signal
import subprocess
import sys
import time

import pytest
import requests
from sandbox_clients import Clock, Graph, Oa, Tube, code, reason, running

from asean_social.sandbox import server
from asean_social.sandbox.faults import KINDS, Order

SANDBOX = {"processing_seconds": 10.0, "verify_seconds": 5.0, "may_signal": True}
UNIT = 262_144


# -- the order


def test_an_order_has_a_short_form():
    order = Order.parse("facebook:feed.create:cut-half:3:2,share=0.25,seconds=7")

    assert order == Order("facebook", "feed.create", "cut-half", 3, 2, seconds=7.0, share=0.25)
    assert Order.parse("*:*:refuse") == Order("*", "*", "refuse")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "facebook:feed.create",
        "facebook:feed.create:explode",
        "facebook:feed.create:refuse:0",
        "facebook:feed.create:refuse:one",
        "facebook:feed.create:refuse:1:0",
        "facebook:feed.create:refuse:1:1:1",
        "facebook:feed.create:slow,seconds=-1",
        "facebook:feed.create:slow,seconds=nan",
        "facebook:feed.create:cut-half,share=1",
        "facebook:feed.create:slow,colour=1",
        "facebook:feed.create:kill-after",
        f"facebook:feed.create:kill-after,pid={os.getpid()}",
    ],
)
def test_an_order_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError):
        Order.parse(text)


def test_the_control_address_takes_orders_and_says_what_is_wrong_with_one(box, graph):
    def order(**fields):
        return requests.post(f"{box.url}/_sandbox/faults", json=fields, timeout=20)

    good = order(platform="facebook", operation="me.get", fault="500-before", nth=2)
    wrong = [
        order(platform="facebook", operation="me.get", fault="explode"),
        order(platform="fakebook", operation="me.get", fault="refuse"),
        order(platform="facebook", operation="videos.explode", fault="refuse"),
        order(platform="facebook", operation="me.get", fault="refuse", colour="red"),
    ]

    assert good.status_code == 200
    assert [one.status_code for one in wrong] == [400] * 4
    assert wrong[0].json()["faults"] == KINDS
    assert [graph.send("GET", "/me").status_code for _ in range(2)] == [200, 500]


def test_every_operation_stands_in_the_description(box):
    for platform in (box.facebook, box.youtube, box.zalo):
        assert [one for one in platform.operations if one not in server.__doc__] == []


# -- bodies and answers that arrive in part


@pytest.mark.parametrize(("share", "kept"), [(0.0, 0), (0.5, UNIT), (0.9, 2 * UNIT)])
def test_of_a_piece_cut_short_youtube_keeps_whole_units(box, tube, share, kept):
    whole = b"\x00\x00\x00\x18ftypmp42".ljust(3 * UNIT, b"v")
    session = tube.start(len(whole)).headers["Location"]
    box.fault("youtube", "upload.put", "cut-half", share=share)

    with pytest.raises(requests.ConnectionError):
        tube.put(session, whole)

    told = tube.put(session, b"", f"bytes */{len(whole)}").headers.get("Range", "bytes=0--1")
    assert told == f"bytes=0-{kept - 1}"
    rest = tube.put(session, whole[kept:], f"bytes {kept}-{len(whole) - 1}/{len(whole)}")
    assert rest.status_code == 201


def test_of_a_reel_cut_short_facebook_keeps_what_arrived(box, graph):
    started = graph.post(f"/{graph.page}/video_reels", upload_phase="start")
    film = b"\x00\x00\x00\x18ftypmp42".ljust(1000, b"v")
    headers = {"Authorization": f"OAuth {graph.token}", "offset": "0", "file_size": "1000"}
    box.fault("facebook", "rupload.video", "cut-half", share=0.4)

    with pytest.raises(requests.ConnectionError):
        requests.post(started["upload_url"], data=film, headers=headers, timeout=20)
    status = graph.get(f"/{started['video_id']}", fields="status")["status"]
    more = requests.post(
        started["upload_url"], data=film[400:], headers=headers | {"offset": "400"}, timeout=20
    )

    assert status["uploading_phase"]["bytes_transferred"] == 400
    assert more.json() == {"success": True}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_half_a_request_has_no_effect(box, graph, method):
    post = graph.feed(message="a")["id"]
    box.fault("facebook", "*", "cut-half")

    with pytest.raises(requests.ConnectionError):
        graph.send(method, f"/{post}", **({"message": "b"} if method == "POST" else {}))

    assert [one["text"] for one in box.public()] == ["a"]


def test_half_an_answer_comes_after_the_effect(box, graph):
    box.fault("facebook", "feed.create", "half-answer", share=0.3)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        graph.feed(message="a")

    assert [one["text"] for one in box.public()] == ["a"]
    assert graph.get("/me")["id"] == graph.page


# -- tokens


def test_a_revoked_page_token_stays_dead_and_a_new_consent_helps(box, graph):
    box.fault("facebook", "me.get", "revoke-token")

    answers = [code(graph.get("/me")) for _ in range(2)]

    assert answers == [(190, 460)] * 2
    assert Graph(box).get("/me")["id"] == graph.page
    box.reset()
    assert graph.get("/me")["id"] == graph.page


def test_a_revoked_consent_to_youtube_stays_dead_and_a_new_one_helps(box, tube):
    box.fault("youtube", "channels.list", "revoke-token")

    refused = tube.call("GET", "channels", part="id", mine="true")

    assert reason(refused) == (401, "authError")
    assert tube.token().json()["error"] == "invalid_grant"
    assert Tube(box).call("GET", "channels", part="id", mine="true").status_code == 200


def test_a_revoked_consent_to_zalo_stays_dead_and_a_new_one_helps(box, oa):
    box.fault("zalo", "oa.get", "revoke-token")

    assert oa.send("GET", "oa/getoa").json()["error"] == -216
    assert oa.token().json()["error"] == -14014
    assert Oa(box).send("GET", "oa/getoa").json()["error"] == 0


# -- reads that lag behind writes


def test_facebooks_reads_lag_for_a_while(box, graph, clock):
    old = graph.feed(message="old")["id"]
    clock.advance(60)
    box.fault("facebook", "feed.create", "lag", seconds=30)
    new = graph.feed(message="new")["id"]

    def seen():
        listed = [one["message"] for one in graph.get(f"/{graph.page}/published_posts")["data"]]
        return listed, [("error" in graph.get(f"/{one}")) for one in (old, new)]

    assert seen() == (["old"], [False, True])
    clock.advance(31)
    assert seen() == (["new", "old"], [False, False])


def test_what_is_published_while_reads_lag_is_not_listed_yet(box, graph, clock):
    post = graph.feed(message="staged", published="false")["id"]
    clock.advance(60)
    box.fault("facebook", "post.update", "lag", seconds=30)
    graph.post(f"/{post}", is_published="true")

    assert graph.get(f"/{graph.page}/published_posts")["data"] == []
    clock.advance(31)
    assert len(graph.get(f"/{graph.page}/published_posts")["data"]) == 1


def test_youtubes_and_zalos_reads_lag_for_a_while(box, tube, oa, clock):
    box.fault("youtube", "upload.put", "lag", seconds=30)
    video = tube.upload()["id"]
    box.fault("zalo", "article.create", "lag", seconds=30)
    token = oa.call("create", **oa.article())["data"]["token"]
    clock.advance(6)

    def seen():
        videos = tube.call("GET", "videos", part="id", id=video).json()["items"]
        articles = oa.send("GET", "article/getslice", offset=0, limit=10, type="normal").json()["data"][
            "medias"
        ]
        return len(videos), len(articles), oa.call("verify", token=token)["error"]

    assert seen() == (0, 0, -214)
    clock.advance(31)
    assert seen() == (1, 1, 0)


# -- processing


def test_processing_can_take_longer_or_fail(box, tube, clock):
    box.fault("youtube", "upload.put", "slow-processing", seconds=100)
    box.fault("youtube", "upload.put", "fail-processing", nth=2)
    slow, bad, good = (tube.upload()["id"] for _ in range(3))

    def states():
        return [tube.video(one, "status")["status"]["uploadStatus"] for one in (slow, bad, good)]

    clock.advance(11)
    assert states() == ["uploaded", "failed", "processed"]
    clock.advance(100)
    assert states() == ["processed", "failed", "processed"]


def test_a_film_on_facebook_can_take_longer_or_fail(box, graph, clock):
    box.fault("facebook", "video_reels.create", "slow-processing", nth=2, seconds=100)
    box.fault("facebook", "video_reels.create", "fail-processing", nth=4)

    def reel():
        started = graph.post(f"/{graph.page}/video_reels", upload_phase="start")
        headers = {"Authorization": f"OAuth {graph.token}", "offset": "0", "file_size": "12"}
        requests.post(started["upload_url"], data=b"\x00\x00\x00\x18ftypmp42", headers=headers, timeout=20)
        done = {"upload_phase": "finish", "video_state": "PUBLISHED"}
        graph.post(f"/{graph.page}/video_reels", video_id=started["video_id"], **done)
        return started["video_id"]

    slow, bad = reel(), reel()

    def states():
        return [graph.get(f"/{one}", fields="status")["status"]["video_status"] for one in (slow, bad)]

    clock.advance(11)
    assert states() == ["processing", "error"]
    clock.advance(100)
    assert states() == ["ready", "error"]
    assert [one["id"] for one in box.public()] == [slow]


def test_an_article_can_take_longer_or_fail(box, oa, clock):
    box.fault("zalo", "article.create", "slow-processing", seconds=100)
    box.fault("zalo", "article.create", "fail-processing", nth=2)
    slow, bad = (oa.call("create", **oa.article(title=one))["data"]["token"] for one in ("a", "b"))
    clock.advance(6)

    assert oa.call("verify", token=slow)["error"] in (-214, -201)
    assert oa.call("verify", token=bad)["error"] == -200
    clock.advance(100)
    assert oa.call("verify", token=slow)["error"] == 0


# -- processes


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize(("fault", "made"), [("kill-before", 0), ("kill-after", 1)])
def test_a_process_is_killed_before_or_after_the_effect(box, graph, child, fault, made):
    box.fault("facebook", "feed.create", fault, pid=child.pid)

    with pytest.raises(requests.ConnectionError):
        graph.feed(message="a")

    assert child.wait(10) != 0
    assert len(box.public()) == made


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")
def test_a_process_is_stopped_before_or_after_the_effect(box, graph, child):
    box.fault("facebook", "feed.create", "freeze-after", pid=child.pid)

    assert "id" in graph.feed(message="a")

    assert os.WIFSTOPPED(_waited(child))
    child.send_signal(signal.SIGCONT)
    box.fault("facebook", "feed.create", "freeze-before", pid=child.pid)
    with pytest.raises(requests.ConnectionError):
        graph.feed(message="b")
    assert os.WIFSTOPPED(_waited(child))
    assert [one["text"] for one in box.public()] == ["a"]


def _waited(child) -> int:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
        if pid:
            return status
        time.sleep(0.01)
    raise AssertionError("the process was never stopped")


def test_a_process_that_has_ended_is_no_trouble(box, graph, child):
    child.kill()
    child.wait()
    box.fault("facebook", "feed.create", "kill-after", pid=child.pid)

    with pytest.raises(requests.ConnectionError):
        graph.feed(message="a")

    assert len(box.public()) == 1


def test_a_sandbox_kills_nobody_unless_it_was_started_to():
    with running(Clock()) as box, pytest.raises(ValueError, match="not started to kill"):
        box.fault("facebook", "me.get", "kill-before", pid=1)


# -- the command


def test_the_command_takes_orders(town, monkeypatch, capsys):
    started = []
    monkeypatch.setattr(server, "serve", lambda *_, **more: started.append(more))

    assert (
        town.run("sandbox", "--fault", "zalo:broadcast:cut-after:1", "--fault", "*:*:slow:2,seconds=5") == 0
    )
    assert [(one.operation, one.fault) for one in started[0]["orders"]] == [
        ("broadcast", "cut-after"),
        ("*", "slow"),
    ]
    assert town.run("sandbox", "--fault", "zalo:broadcast:explode") == 1
    assert "explode" in capsys.readouterr().err


def test_a_sandbox_with_an_impossible_order_does_not_start(town, capsys):
    assert (
        town.run("--lang", "en", "sandbox", "--port", str(_free_port()), "--fault", "zalo:feed.create:refuse")
        == 1
    )
    assert "feed.create" in capsys.readouterr().err


def _free_port() -> int:
    import socket

    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
