"""The sandbox's Facebook with faults on order."""

import io
import json
import socket

import pytest
import requests
from PIL import Image
from sandbox_clients import code

DAY = 86_400


# -- faults


def test_a_cut_before_leaves_nothing_and_a_cut_after_leaves_the_post(box, graph) -> None:
    box.fault("facebook", "feed.create", "cut-before")
    with pytest.raises(requests.ConnectionError):
        graph.feed(message="a")
    assert box.public() == []

    box.fault("facebook", "feed.create", "cut-after")
    with pytest.raises(requests.ConnectionError):
        graph.feed(message="b")
    assert [one["text"] for one in box.public()] == ["b"]
    assert [one["status"] for one in box.requests()[-2:]] == [0, 0]


@pytest.mark.parametrize("fault", ["refuse", "cut-half"])
def test_other_cuts_leave_nothing(box, graph, fault) -> None:
    box.fault("facebook", "feed.create", fault)

    with pytest.raises(requests.ConnectionError):
        graph.feed(message="a" * 50_000)

    assert box.public() == []


@pytest.mark.parametrize(("fault", "made"), [("500-before", 0), ("500-after", 1)])
def test_a_server_error_comes_before_or_after_the_effect(box, graph, fault, made) -> None:
    box.fault("facebook", "feed.create", fault)

    answer = graph.send("POST", f"/{graph.page}/feed", message="a")

    assert (answer.status_code, code(answer.json()), len(box.public())) == (500, (2, None), made)


def test_an_answer_can_be_garbage_or_a_page(box, graph) -> None:
    box.fault("facebook", "feed.create", "garbage")
    box.fault("facebook", "me.get", "html")

    garbage = graph.send("POST", f"/{graph.page}/feed", message="a")
    page = graph.send("GET", "/me")

    assert garbage.status_code == 200
    with pytest.raises(ValueError):
        garbage.json()
    assert len(box.public()) == 1
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html")


def test_throttling_says_how_many_minutes(box, graph) -> None:
    box.fault("facebook", "*", "throttle", seconds=61)

    answer = graph.send("GET", "/me")

    usage = json.loads(answer.headers["X-Business-Use-Case-Usage"])[graph.page][0]
    assert (code(answer.json()), usage["estimated_time_to_regain_access"]) == ((80001, None), 2)


def test_an_expired_token_and_a_lagging_read_pass(box, graph) -> None:
    post = graph.feed(message="a")["id"]
    box.fault("facebook", "post.get", "expire-token")
    box.fault("facebook", "post.get", "not-found-once", nth=2)
    box.fault("facebook", "published_posts.list", "not-found-once")

    assert [code(graph.get(f"/{post}")) for _ in range(2)] == [(190, 463), (100, 33)]
    assert graph.get(f"/{post}")["id"] == post
    assert [len(graph.get(f"/{graph.page}/published_posts")["data"]) for _ in range(2)] == [0, 1]


def test_a_fault_meets_the_nth_request_and_as_many_as_ordered(box, graph) -> None:
    box.fault("*", "me.get", "500-before", nth=2, times=2)

    assert [graph.send("GET", "/me").status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_slow_answer_comes_after_the_effect(box, graph) -> None:
    box.fault("facebook", "feed.create", "slow", seconds=5)
    url = f"{graph.account['api_url']}/v26.0/{graph.page}/feed"

    with pytest.raises(requests.ReadTimeout):
        requests.post(url, data={"access_token": graph.token, "message": "a"}, timeout=(5, 0.3))

    assert len(box.public()) == 1


def test_a_client_that_vanishes_leaves_nothing_and_the_server_goes_on(box, graph) -> None:
    address = box.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as line:
        head = f"POST /facebook/v26.0/{graph.page}/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nmess"
        line.sendall(head.encode())

    assert graph.get("/me")["id"] == graph.page
    assert box.public() == []


def test_huge_pictures_are_refused_without_being_decoded(graph) -> None:
    out = io.BytesIO()
    Image.new("1", (30_001, 1)).save(out, "PNG")

    assert code(graph.photo(out.getvalue())) == (324, None)
