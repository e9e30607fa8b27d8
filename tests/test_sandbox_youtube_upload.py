"""The sandbox's resumable upload: pieces, probes, cut lines, sessions, constant memory."""

import hashlib
import http.client
import socket
import tracemalloc
from urllib.parse import urlsplit

import pytest
import requests
from sandbox_clients import VIDEO, Tube, reason

UNIT = 262_144
DAY = 86_400

SANDBOX = {"processing_seconds": 10.0}


def payload(size: int) -> bytes:
    return VIDEO + b"v" * (size - len(VIDEO))


def test_pieces_are_counted_by_the_server_and_a_probe_tells_where_to_go_on(tube) -> None:
    whole = payload(2 * UNIT + 5)
    session = tube.start(len(whole)).headers["Location"]
    probed = tube.put(session, b"", f"bytes */{len(whole)}")
    assert (probed.status_code, "Range" in probed.headers) == (308, False)

    first = tube.put(session, whole[: 2 * UNIT], f"bytes 0-{2 * UNIT - 1}/{len(whole)}")
    probed = tube.put(session, b"", f"bytes */{len(whole)}")
    last = tube.put(session, whole[2 * UNIT :], f"bytes {2 * UNIT}-{len(whole) - 1}/{len(whole)}")
    again = tube.put(session, b"", f"bytes */{len(whole)}")

    assert (first.status_code, probed.headers["Range"]) == (308, f"bytes=0-{2 * UNIT - 1}")
    assert (last.status_code, again.status_code) == (201, 200)
    assert last.json()["id"] == again.json()["id"]
    assert set(last.json()) == {"kind", "etag", "id", "snippet", "status"}


@pytest.mark.parametrize(
    ("size", "span"),
    [
        (UNIT - 1, f"bytes 0-{UNIT - 2}/1000000"),
        (UNIT + 1, f"bytes 0-{UNIT}/1000000"),
        (UNIT, f"bytes 0-{UNIT}/1000000"),
        (UNIT, f"bytes 0-{UNIT - 1}/1000001"),
        (UNIT, f"bytes 0-{UNIT - 1}/*"),
        (UNIT, "bytes 1000000-1262143/1000000"),
        (UNIT, "0-262143"),
        (UNIT, None),
        (5, "bytes */1000000"),
    ],
)
def test_a_piece_that_breaks_the_rules_is_refused_and_nothing_is_kept(tube, size, span) -> None:
    session = tube.start(1_000_000).headers["Location"]

    assert tube.put(session, payload(size), span).status_code == 400

    assert "Range" not in tube.put(session, b"", "bytes */1000000").headers


def test_a_piece_at_the_wrong_place_is_refused(tube) -> None:
    session = tube.start(2 * UNIT).headers["Location"]
    tube.put(session, payload(UNIT), f"bytes 0-{UNIT - 1}/{2 * UNIT}")

    for start in (0, 2 * UNIT - 5):
        span = f"bytes {start}-{2 * UNIT - 1}/{2 * UNIT}"
        answer = tube.put(session, b"v" * (2 * UNIT - start), span)
        assert reason(answer) == (416, "requestedRangeNotSatisfiable")


def test_a_session_lives_a_week_and_belongs_to_one_channel(box, tube, clock) -> None:
    session = tube.start().headers["Location"]
    clock.advance(7 * DAY - 1)
    tube.refresh()
    assert tube.put(session, b"", "bytes */12").status_code == 308
    assert Tube(box, "other").put(session, b"", "bytes */12").status_code == 404

    clock.advance(1)

    assert tube.put(session, b"", "bytes */12").status_code == 404
    assert tube.put(session + "x", VIDEO).status_code == 404


def test_a_cut_line_keeps_whole_units_and_the_upload_goes_on_from_there(box, tube) -> None:
    whole = payload(8 * UNIT)
    session = tube.start(len(whole)).headers["Location"]
    box.fault("youtube", "upload.put", "cut-half")

    with pytest.raises(requests.ConnectionError):
        tube.put(session, whole, f"bytes 0-{len(whole) - 1}/{len(whole)}")

    assert tube.put(session, b"", f"bytes */{len(whole)}").headers["Range"] == f"bytes=0-{4 * UNIT - 1}"
    tube.put(session, whole[4 * UNIT :], f"bytes {4 * UNIT}-{len(whole) - 1}/{len(whole)}")
    assert box.hidden()[0]["sha256"] == hashlib.sha256(whole).hexdigest()


def test_a_client_that_vanishes_leaves_what_a_platform_would_keep(tube) -> None:
    total = 3 * UNIT
    session = tube.start(total).headers["Location"]
    parts = urlsplit(session)
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    line.putrequest("PUT", f"{parts.path}?{parts.query}")
    line.putheader("Authorization", tube.http.headers["Authorization"])
    line.putheader("Content-Length", str(total))
    line.endheaders(payload(UNIT + 100))
    line.sock.shutdown(socket.SHUT_WR)
    assert line.sock.recv(1) == b""  # the server has seen the end of the line, and has nothing to say
    line.close()

    assert tube.put(session, b"", f"bytes */{total}").headers["Range"] == f"bytes=0-{UNIT - 1}"


def test_a_body_in_chunks_that_is_shorter_than_promised_is_refused(tube) -> None:
    session = tube.start(UNIT).headers["Location"]
    headers = {"Content-Range": f"bytes 0-{UNIT - 1}/{UNIT}"}

    empty = tube.http.put(session, data=iter([]), headers=headers, timeout=20)
    good = tube.http.put(
        session, data=iter([payload(UNIT // 2), b"v" * (UNIT // 2)]), headers=headers, timeout=20
    )

    assert (empty.status_code, good.status_code) == (400, 201)


def test_a_lost_last_answer_is_found_by_the_probe(box, tube) -> None:
    session = tube.start().headers["Location"]
    box.fault("youtube", "upload.put", "cut-after")

    with pytest.raises(requests.ConnectionError):
        tube.put(session, VIDEO)

    assert tube.put(session, b"", "bytes */12").json()["id"] == box.hidden()[0]["id"]


def test_a_large_upload_grows_no_memory(tube) -> None:
    size = 300 << 20  # larger than what is kept for playing
    session = tube.start(size).headers["Location"]
    block = b"v" * (1 << 20)

    def bytes_() -> object:
        yield VIDEO + block[len(VIDEO) :]
        for _ in range(299):
            yield block

    tracemalloc.start()
    try:
        headers = {"Content-Range": f"bytes 0-{size - 1}/{size}"}
        answer = tube.http.put(session, data=bytes_(), headers=headers, timeout=60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert answer.status_code == 201
    assert peak < 16 << 20


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"mime": "image/png"}, (400, "badRequest")),
        ({"size": 274_877_906_945}, (413, "uploadTooLarge")),
        ({"part": "snippet,status,foo"}, (400, "unknownPart")),
        ({"part": "snippet"}, (400, "unexpectedPart")),
        ({"part": ""}, (400, "missingRequiredParameter")),
    ],
)
def test_a_session_is_refused_for_what_its_headers_and_parts_say(tube, changed, expected) -> None:
    assert reason(tube.start(**changed)) == expected


def test_the_largest_size_and_a_missing_size_are_taken(tube) -> None:
    assert tube.start(274_877_906_944).status_code == 200
    session = tube.start(None).headers["Location"]
    assert tube.put(session, VIDEO, "bytes 0-11/12").status_code == 201


def test_other_ways_to_upload_are_refused(tube) -> None:
    url = f"{tube.account['api_url']}/upload/youtube/v3/videos"

    assert reason(tube.http.post(url, params={"part": "id"}, json={}, timeout=20)) == (
        400,
        "wrongUrlForUpload",
    )
    assert reason(tube.call("POST", "videos", {}, part="snippet")) == (400, "mediaBodyRequired")


def test_a_token_that_dies_in_the_middle_of_an_upload_costs_no_byte(box, tube) -> None:
    session = tube.start(2 * UNIT).headers["Location"]
    tube.put(session, payload(UNIT), f"bytes 0-{UNIT - 1}/{2 * UNIT}")
    box.fault("youtube", "upload.put", "expire-token")

    refused = tube.put(session, b"v" * UNIT, f"bytes {UNIT}-{2 * UNIT - 1}/{2 * UNIT}")
    tube.refresh()

    assert refused.status_code == 401
    assert tube.put(session, b"", f"bytes */{2 * UNIT}").headers["Range"] == f"bytes=0-{UNIT - 1}"
    assert tube.put(session, b"v" * UNIT, f"bytes {UNIT}-{2 * UNIT - 1}/{2 * UNIT}").status_code == 201
