"""The sandbox's Zalo: videos and their states, video articles, videos in normal articles and as their cover."""

import hashlib

import pytest
import requests
from sandbox_clients import Oa, picture
from sandbox_oa import MP4, clip, made, prepare, told, video_article

HOUR = 3600

SANDBOX = {"verify_seconds": 5.0}


# -- upload


@pytest.mark.parametrize("payload", [MP4, b"RIFF\x10\0\0\0AVI LIST" + bytes(16)])
def test_a_video_is_unknown_then_converting_then_ready(box, oa, clock, payload) -> None:
    box.zalo.settings.video_seconds = 100.0
    token = prepare(oa, payload)["data"]["token"]

    states = []
    for seconds in (0, 10, 39, 50, 1):
        clock.advance(seconds)
        states.append(told(oa, token)["data"])

    assert [one["status"] for one in states] == [0, 3, 3, 3, 1]
    assert [one["convert_percent"] for one in states] == [0, 10, 49, 99, 100]
    assert [bool(one["video_id"]) for one in states] == [False, True, True, True, True]
    assert (states[0]["video_name"], states[0]["video_size"]) == ("hue.mp4", len(payload))


@pytest.mark.parametrize("end", [2, 4, 5])
def test_converting_ends_as_it_was_ordered(box, oa, clock, end) -> None:
    box.zalo.settings.video_outcomes.append(end)
    token = prepare(oa)["data"]["token"]
    clock.advance(5)

    state = told(oa, token)["data"]

    assert (state["status"], state["convert_error_code"]) == (end, int(end == 4))
    assert oa.call("create", **video_article(oa, state["video_id"]))["error"] == -201
    assert told(oa, prepare(oa)["data"]["token"])["data"]["status"] == 0


@pytest.mark.parametrize(("size", "expected"), [(49_999_999, 0), (50_000_000, -210), (50_100_000, -210)])
def test_a_video_stays_below_fifty_megabytes(oa, size, expected) -> None:
    assert prepare(oa, MP4.ljust(size, b"\0"))["error"] == expected


@pytest.mark.parametrize(
    ("payload", "field"), [(b"", "file"), (b"no video", "file"), (picture(), "file"), (MP4, "video")]
)
def test_what_is_no_video_is_refused(oa, payload, field) -> None:
    assert prepare(oa, payload, field)["error"] == -201


def test_an_upload_is_one_part_of_a_form(oa) -> None:
    url = f"{oa.account['api_url']}/v2.0/article/upload_video/preparevideo"
    token = {"access_token": oa.access}

    plain = requests.post(url, data=MP4, headers={**token, "Content-Type": "video/mp4"}, timeout=20)
    two = requests.post(url, files={"file": ("a.mp4", MP4)}, data={"name": "a"}, headers=token, timeout=20)
    asked = requests.post(f"{url}?a=b", files={"file": ("a.mp4", MP4)}, headers=token, timeout=20)

    assert [one.json()["error"] for one in (plain, two, asked)] == [-201, -201, -201]


@pytest.mark.parametrize(
    ("reads", "where", "expected"),
    [
        ("either", ("header",), 0),
        ("either", ("query",), 0),
        ("header", ("query",), -201),
        ("header", ("header", "query"), 0),
        ("query", ("header",), -201),
        ("query", ("header", "query"), 0),
    ],
)
def test_the_token_is_looked_for_where_zalo_looks(box, oa, reads, where, expected) -> None:
    box.zalo.settings.verify_reads = reads
    token = prepare(oa)["data"]["token"]
    headers = {"token": token} if "header" in where else {}
    query = {"token": token} if "query" in where else {}

    answer = oa.send("GET", "article/upload_video/verify", headers=headers, **query).json()

    assert answer["error"] == expected


def test_a_token_is_good_for_an_hour_and_for_its_own_account(box, oa, clock) -> None:
    token = prepare(oa)["data"]["token"]
    assert told(Oa(box, "other"), token)["error"] == -201
    assert (
        oa.send("GET", "article/upload_video/verify", headers={"token": "x"}, token=token).json()["error"]
        == -201
    )
    clock.advance(HOUR - 1)
    assert told(oa, token)["error"] == 0

    clock.advance(1)

    assert told(oa, token)["error"] == -201


def test_an_answer_that_is_lost_costs_only_an_upload(box, oa) -> None:
    box.fault("zalo", "video.prepare", "cut-after")
    box.fault("zalo", "video.verify", "not-found-once")

    with pytest.raises(requests.ConnectionError):
        prepare(oa)
    token = prepare(oa)["data"]["token"]

    assert [told(oa, token)["error"] for _ in range(2)] == [-201, 0]


# -- video articles


def test_a_video_article_is_public_with_its_video_and_its_thumbnail(box, oa, clock) -> None:
    video = clip(oa, clock)
    article = made(oa, clock, video_article(oa, video, comment="hide"))

    [seen] = box.public()
    assert (seen["kind"], seen["id"], seen["title"], seen["comment"]) == (
        "video",
        article,
        "Huế một phút",
        "hide",
    )
    assert seen["video"]["sha256"] == hashlib.sha256(MP4).hexdigest()
    assert seen["cover"]["sha256"] == hashlib.sha256(picture()).hexdigest()
    assert (seen["author"], seen["body"]) == ("", [])


def test_a_video_article_is_listed_with_its_state_and_its_detail_tells_of_the_video(oa, clock) -> None:
    video = clip(oa, clock)
    article = made(oa, clock, video_article(oa, video, status="hide"))

    [row] = oa.send("GET", "article/getslice", offset=0, limit=10, type="video").json()["data"]["medias"]
    detail = oa.send("GET", "article/getdetail", id=article).json()["data"]

    assert (row["id"], row["type"], row["status"]) == (article, "video", "hide")
    assert row["thumb"].endswith("cover.jpg")
    assert (detail["status"], detail["video_id"]) == (1, video)
    assert oa.send("GET", "article/getslice", offset=0, limit=10, type="normal").json()["data"]["total"] == 0


def test_a_hidden_video_article_becomes_public_by_an_update_of_its_own_kind(box, oa, clock) -> None:
    video = clip(oa, clock)
    article = made(oa, clock, video_article(oa, video, status=None))
    assert box.public() == []

    assert oa.call("update", id=article, **oa.article())["error"] == -201
    token = oa.call("update", id=article, **video_article(oa, video))["data"]["token"]
    clock.advance(5)

    assert oa.call("verify", token=token)["data"]["id"] == article
    assert box.public()[0]["id"] == article


def test_the_video_of_another_account_and_one_that_is_not_ready_are_refused(box, oa, clock) -> None:
    foreign = clip(Oa(box, "other"), clock)
    token = prepare(oa)["data"]["token"]
    clock.advance(1)
    early = told(oa, token)["data"]

    assert early["status"] == 3
    for video in (foreign, early["video_id"], "9a8b"):
        assert oa.call("create", **video_article(oa, video))["error"] == -201


# -- videos in normal articles


def test_a_video_in_the_text_and_one_as_the_cover_arrive(box, oa, clock) -> None:
    video = clip(oa, clock)
    cover = {"cover_type": "video", "video_id": video, "cover_view": "vertical", "status": "show"}
    body = [
        {"type": "text", "content": "Xem"},
        {"type": "video", "video_id": video, "thumb": f"{oa.media}/cover.jpg"},
    ]
    made(oa, clock, oa.article(cover=cover, body=body))

    [seen] = box.public()
    digest = hashlib.sha256(MP4).hexdigest()
    assert cover.items() <= seen["cover"].items()
    assert (seen["cover"]["video"]["sha256"], seen["body"][1]["video"]["sha256"]) == (digest, digest)
    assert seen["body"][1]["sha256"] == hashlib.sha256(picture()).hexdigest()


@pytest.mark.parametrize(
    "item",
    [
        {"video_id": "unknown", "thumb": "T"},
        {"video_id": "V"},
        {"video_id": "V", "url": "https://youtu.be/a", "thumb": "T"},
        {"thumb": "T"},
        {"video_id": "V", "thumb": "T", "caption": "a"},
    ],
)
def test_a_video_in_the_text_is_held_to_the_contract(oa, clock, item) -> None:
    real = {"V": clip(oa, clock), "T": f"{oa.media}/cover.jpg"}
    item = {"type": "video"} | {name: real.get(one, one) for name, one in item.items()}

    assert oa.call("create", **oa.article(body=[item]))["error"] == -201


@pytest.mark.parametrize(
    "changed",
    [
        {"cover_view": None},
        {"cover_view": "round"},
        {"video_id": "unknown"},
        {"photo_url": "http://127.0.0.1/a.jpg"},
    ],
)
def test_a_video_as_the_cover_is_held_to_the_contract(oa, clock, changed) -> None:
    cover = {
        "cover_type": "video",
        "video_id": clip(oa, clock),
        "cover_view": "square",
        "status": "show",
    } | changed
    cover = {name: one for name, one in cover.items() if one is not None}

    assert oa.call("create", **oa.article(cover=cover))["error"] == -201


# -- hosts, words, quotas


def test_a_refused_host_is_told_at_once_or_at_verify(box, oa, clock) -> None:
    box.zalo.settings.refused_hosts = ("0.0.1",)
    refused = oa.call("create", **oa.article())
    assert (refused["error"], "cover is invalid" in refused["message"]) == (-201, True)

    box.zalo.settings.host_refusal = "verify"
    token = oa.call("create", **oa.article())["data"]["token"]
    clock.advance(5)

    assert oa.call("verify", token=token)["error"] == -200


@pytest.mark.parametrize(
    "changed", [{"title": "cấm"}, {"description": "Điều cấm"}, {"body": [{"type": "text", "content": "cấm"}]}]
)
def test_words_that_break_the_rules_are_refused(box, oa, changed) -> None:
    box.zalo.settings.forbidden = ("cấm",)

    assert oa.call("create", **oa.article(**changed))["error"] == -248


def test_a_month_has_so_many_articles_and_changes_are_free(box, oa, clock) -> None:
    box.zalo.settings.articles = 1
    article = made(oa, clock, oa.article(status="hide"))

    beyond = oa.call("create", **oa.article())
    assert (beyond["error"], "article quota" in beyond["message"]) == (-223, True)
    assert oa.call("update", id=article, **oa.article())["error"] == 0

    clock.advance(32 * 86_400)
    oa.access = oa.token().json()["access_token"]
    assert oa.call("create", **oa.article())["error"] == 0


def test_an_account_may_lack_the_right_or_the_package(box, oa) -> None:
    box.zalo.settings.authorised = False
    refused = oa.call("create", **oa.article())
    assert (refused["error"], "authorised" in refused["message"]) == (-223, True)
    assert prepare(oa)["error"] == -223

    box.zalo.settings.authorised, box.zalo.settings.packaged = True, False
    assert oa.call("create", **oa.article())["error"] == -224


def test_reset_brings_the_settings_back(box, oa, clock) -> None:
    box.zalo.settings.articles = 0
    clip(oa, clock)

    box.reset()

    assert box.zalo.settings.articles == 1_000
    assert oa.call("create", **oa.article())["error"] == 0
