"""The sandbox as openapi.zalo.me and oauth.zaloapp.com, asked with plain HTTP."""

import hashlib
import hmac

import pytest
import requests
from sandbox_clients import Clock, Oa, picture

HOUR = 3600
DAY = 86_400

SANDBOX = {"verify_seconds": 5.0}


def made(oa: Oa, clock: Clock, **changed: object) -> str:
    """The id of a new article."""
    token = oa.call("create", **oa.article(**changed))["data"]["token"]
    clock.advance(5)
    return oa.call("verify", token=token)["data"]["id"]


def noise(size: int) -> bytes:
    """A picture of exactly so many bytes."""
    return picture(pad_to=size)


# -- the whole way


def test_a_hidden_article_becomes_public_by_an_update(box, oa, clock) -> None:
    article = made(oa, clock, status="hide")
    assert (box.public(), box.hidden()[0]["id"]) == ([], article)

    token = oa.call("update", id=article, **oa.article())["data"]["token"]
    assert box.public() == []
    clock.advance(5)

    assert oa.call("verify", token=token)["data"]["id"] == article
    [seen] = box.public()
    assert (seen["id"], seen["title"], seen["published_at"]) == (article, "Huế – ASEAN", clock.now)
    assert seen["cover"]["sha256"] == hashlib.sha256(picture()).hexdigest()


def test_every_field_that_was_set_is_on_the_public_object(box, oa, clock) -> None:
    (box.media_dir / "body.png").write_bytes(picture("PNG"))
    body = [
        {"type": "text", "content": "Đoạn một"},
        {"type": "image", "url": f"{oa.media}/body.png", "caption": "Chú thích"},
        {"type": "video", "url": "https://www.youtube.com/watch?v=abc", "thumb": f"{oa.media}/cover.jpg"},
    ]
    cover = {"cover_type": "photo", "photo_url": f"{oa.media}/cover.jpg", "status": "hide"}
    made(
        oa,
        clock,
        cover=cover,
        body=body,
        comment="hide",
        tracking_link="https://hue.gov.vn/?utm=zalo",
        related_medias=["a"],
    )

    [seen] = box.public()
    assert {name: seen[name] for name in ("title", "author", "description", "status", "comment")} == {
        "title": "Huế – ASEAN", "author": "Huế", "description": "Một ngày ở Huế.", "status": "show", "comment": "hide",
    }  # fmt: skip
    assert (seen["tracking_link"], seen["related_medias"]) == ("https://hue.gov.vn/?utm=zalo", ["a"])
    assert cover.items() <= seen["cover"].items()
    assert all(sent.items() <= shown.items() for sent, shown in zip(body, seen["body"], strict=True))
    assert seen["body"][1]["sha256"] == hashlib.sha256(picture("PNG")).hexdigest()


def test_status_is_hide_unless_it_is_said(box, oa, clock) -> None:
    made(oa, clock, status=None)

    assert box.public() == []
    assert box.hidden()[0]["status"] == "hide"


def test_verify_is_pending_in_both_forms_until_the_time_has_come(oa, clock) -> None:
    token = oa.call("create", **oa.article())["data"]["token"]

    clock.advance(4.9)
    first, second = oa.call("verify", token=token), oa.call("verify", token=token)
    clock.advance(0.1)

    assert first["error"] == -214
    assert (second["error"] != 0, "being processed" in second["message"]) == (True, True)
    assert oa.call("verify", token=token)["error"] == 0


def test_an_article_exists_even_if_nobody_verifies_it(box, oa, clock) -> None:
    oa.call("create", **oa.article())
    due = clock.now + 5
    clock.advance(60)

    assert box.public()[0]["published_at"] == due


def test_a_job_can_be_asked_about_for_an_hour(oa, clock) -> None:
    token = oa.call("create", **oa.article())["data"]["token"]
    clock.advance(HOUR - 1)
    assert oa.call("verify", token=token)["error"] == 0

    clock.advance(1)

    assert oa.call("verify", token=token)["error"] == -200
    assert oa.call("verify", token="nonsense")["error"] == -200


def test_an_update_replaces_everything_and_needs_everything(box, oa, clock) -> None:
    article = made(oa, clock, comment="hide", tracking_link="https://hue.gov.vn/")

    partial = oa.call("update", id=article, title="Mới")
    oa.call("update", id=article, **oa.article(title="Mới", comment=None))
    clock.advance(5)

    assert partial["error"] == -201
    [seen] = box.public()
    assert (seen["title"], seen["comment"], seen["tracking_link"]) == ("Mới", "show", "")


def test_a_removed_article_is_gone(box, oa, clock) -> None:
    article = made(oa, clock)

    assert oa.call("remove", id=article) == {"error": 0, "message": "Success"}

    assert (box.public(), oa.call("remove", id=article)["error"]) == ([], -201)
    assert oa.send("GET", "article/getdetail", id=article).json()["error"] == -201
    assert oa.call("update", id=article, **oa.article())["error"] == -201


# -- pictures


@pytest.mark.parametrize(("size", "good"), [(1_000_000, True), (1_000_001, False)])
def test_a_picture_of_one_megabyte_fits_and_one_byte_more_fails_at_verify(box, oa, clock, size, good) -> None:
    (box.media_dir / "cover.jpg").write_bytes(noise(size))
    token = oa.call("create", **oa.article())["data"]["token"]
    clock.advance(5)

    answer = oa.call("verify", token=token)

    assert (answer["error"], len(box.public())) == ((0, 1) if good else (-200, 0))
    assert good or "Upload media failed" in answer["message"]


@pytest.mark.parametrize("content", [b"", b"<html>", picture("GIF"), picture("WEBP"), picture()[:200], None])
def test_what_is_no_jpeg_or_png_fails_at_verify(box, oa, clock, content) -> None:
    cover = box.media_dir / "cover.jpg"
    cover.unlink() if content is None else cover.write_bytes(content)
    token = oa.call("create", **oa.article())["data"]["token"]
    clock.advance(5)

    assert oa.call("verify", token=token) == {"error": -200, "message": "Upload media failed"}


def test_only_loopback_is_ever_fetched(oa, clock) -> None:
    for number, host in enumerate(
        ("http://192.0.2.1", "https://127.0.0.1", "http://hue.gov.vn", "http://127.0.0.1:1")
    ):
        cover = {"cover_type": "photo", "photo_url": f"{host}/{number}.jpg", "status": "show"}
        token = oa.call("create", **oa.article(cover=cover))["data"]["token"]
        clock.advance(5)
        assert oa.call("verify", token=token)["error"] == -200


def test_a_bad_body_picture_fails_the_whole_article(box, oa, clock) -> None:
    body = [{"type": "image", "url": f"{oa.media}/none.jpg"}]
    token = oa.call("create", **oa.article(body=body))["data"]["token"]
    clock.advance(5)

    assert oa.call("verify", token=token)["error"] == -200
    assert (box.public(), box.hidden()) == ([], [])


def test_a_failed_update_leaves_the_article_as_it_was(box, oa, clock) -> None:
    article = made(oa, clock)
    (box.media_dir / "cover.jpg").unlink()

    token = oa.call("update", id=article, **oa.article(title="Mới"))["data"]["token"]
    clock.advance(5)

    assert oa.call("verify", token=token)["error"] == -200
    assert box.public()[0]["title"] == "Huế – ASEAN"


def test_an_address_that_failed_three_times_rests_for_ten_minutes(box, oa, clock) -> None:
    (box.media_dir / "cover.jpg").unlink()

    def outcome() -> dict:
        token = oa.call("create", **oa.article())["data"]["token"]
        clock.advance(5)
        return oa.call("verify", token=token)

    assert ["Too many" in outcome()["message"] for _ in range(3)] == [False, False, True]
    (box.media_dir / "cover.jpg").write_bytes(picture())
    assert "Too many failed attempts" in outcome()["message"]
    clock.advance(600)
    assert outcome()["error"] == 0


# -- what is refused


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({"title": "ế" * 140}, True),
        ({"title": "ế" * 141}, False),
        ({"title": "e\u0302\u0301" * 47}, False),  # 141 code points in the decomposed form
        ({"title": ""}, False),
        ({"title": None}, False),
        ({"title": 7}, False),
        ({"description": "ế" * 250}, True),
        ({"description": "ế" * 251}, False),
        ({"description": None}, False),
        ({"author": "ế" * 50}, True),
        ({"author": "ế" * 51}, False),
        ({"author": None}, False),
        ({"cover": None}, False),
        ({"body": None}, False),
        ({"body": []}, False),
        ({"body": "text"}, False),
        ({"body": [{"type": "text"}]}, False),
        ({"body": [{"type": "text", "content": "a", "caption": "b"}]}, False),
        ({"body": [{"type": "html", "content": "a"}]}, False),
        ({"body": [{"type": "image", "url": "a.jpg"}]}, False),
        ({"body": [{"type": "video", "url": "https://youtu.be/a"}]}, False),
        ({"body": [{"type": "product"}]}, False),
        ({"body": ["a"]}, False),
        ({"status": "public"}, False),
        ({"comment": "no"}, False),
        ({"tracking_link": "hue"}, False),
        ({"type": "video"}, False),
        ({"type": None}, False),
        ({"publish_time": 1}, False),
        ({"cite": ""}, False),
    ],
)
def test_the_article_is_held_to_the_contract(oa, changed, good) -> None:
    answer = oa.send("POST", "article/create", oa.article(**changed))

    assert (answer.status_code, answer.json()["error"]) == (200, 0 if good else -201)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": None},
        {"status": "yes"},
        {"cover_type": "image"},
        {"cover_type": 1},
        {"photo_url": None},
        {"photo_url": "http://127.0.0.1/a b.jpg"},
        {"photo_url": "http://127.0.0.1/huế.jpg"},
        {"photo_url": "attachment-id"},
        {"photo_url": "ftp://127.0.0.1/a.jpg"},
        {"cover_type": "video", "video_id": "9a8b", "cover_view": "square", "photo_url": None},
        {"alt": "a"},
    ],
)
def test_the_cover_is_held_to_the_contract(oa, changed) -> None:
    cover = {"cover_type": "photo", "photo_url": f"{oa.media}/cover.jpg", "status": "show"} | changed
    cover = {name: worth for name, worth in cover.items() if worth is not None}

    assert oa.call("create", **oa.article(cover=cover))["error"] == -201


def test_a_percent_encoded_address_is_taken(box, oa, clock) -> None:
    (box.media_dir / "cầu Trường Tiền.jpg").write_bytes(picture())
    url = f"{oa.media}/c%E1%BA%A7u%20Tr%C6%B0%E1%BB%9Dng%20Ti%E1%BB%81n.jpg"

    made(oa, clock, cover={"cover_type": "photo", "photo_url": url, "status": "show"})

    assert box.public()[0]["cover"]["photo_url"] == url


def test_the_body_must_be_json_and_say_so(oa) -> None:
    url = f"{oa.account['api_url']}/v2.0/article/create"
    token = {"access_token": oa.access}

    for sent, kind in (
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"title=a", "application/x-www-form-urlencoded"),
    ):
        answer = requests.post(url, data=sent, headers={**token, "Content-Type": kind}, timeout=20)
        assert answer.json()["error"] == -201
    assert oa.send("POST", "article/create", oa.article(), token="x").json()["error"] == -201


# -- reading


def test_articles_are_listed_newest_first_hidden_ones_too(oa, clock) -> None:
    ids = [
        made(oa, clock, title=f"Bài {number}", status=status)
        for number, status in enumerate(("show", "hide", "show"))
    ]

    page = oa.send("GET", "article/getslice", offset=0, limit=2, type="normal").json()["data"]
    rest = oa.send("GET", "article/getslice", offset=2, limit=10, type="normal").json()["data"]

    assert [one["id"] for one in page["medias"] + rest["medias"]] == ids[::-1]
    assert (page["total"], page["medias"][1]["status"]) == (3, "hide")
    assert page["medias"][0]["create_date"] == int(clock.now * 1000)
    assert not {"author", "description", "body"} & set(page["medias"][0])
    assert oa.send("GET", "article/getslice", offset=0, limit=10, type="video").json()["data"]["medias"] == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"offset": 0, "limit": 10, "type": "normal"}, 0),
        ({"offset": 0, "limit": 11, "type": "normal"}, -201),
        ({"offset": 0, "limit": 0, "type": "normal"}, -201),
        ({"offset": -1, "limit": 10, "type": "normal"}, -201),
        ({"offset": 0, "limit": 10}, -201),
        ({"limit": 10, "type": "normal"}, -201),
        ({"offset": 0, "limit": 10, "type": "all"}, -201),
        ({"data": '{"offset":0,"limit":10,"type":"normal"}'}, -201),
        ({"offset": 0, "limit": 10, "type": "normal", "status": "show"}, -201),
    ],
)
def test_a_list_takes_plain_parameters_and_at_most_ten(oa, params, expected) -> None:
    answer = oa.send("GET", "article/getslice", **params).json()

    assert answer["error"] == expected
    assert params.get("limit") != 11 or answer["message"] == "maximum limit is 10"


def test_the_detail_holds_the_whole_article(oa, clock) -> None:
    article = made(oa, clock)

    detail = oa.send("GET", "article/getdetail", id=article).json()["data"]

    assert oa.article().items() <= detail.items()


def test_the_account_tells_its_id(oa) -> None:
    answer = oa.send("GET", "oa/getoa")

    assert (answer.json()["data"]["oaid"], answer.json()["error"]) == (oa.account["oa_id"], 0)
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remain"]) == ("4000", "3999")


def test_removed_and_unknown_paths_answer_404_with_a_number(oa) -> None:
    for path in ("article/upload_image", "oa/article/create"):
        answer = oa.send("POST", path, {})
        assert (answer.status_code, answer.json()["error"]) == (404, -209)


def test_another_account_sees_nothing_of_this_one(box, oa, clock) -> None:
    article = made(oa, clock)
    token = oa.call("create", **oa.article())["data"]["token"]
    stranger = Oa(box, "other")

    assert stranger.send("GET", "oa/getoa").json()["data"]["oaid"] != oa.account["oa_id"]
    assert (
        stranger.send("GET", "article/getslice", offset=0, limit=10, type="normal").json()["data"]["total"]
        == 0
    )
    assert stranger.call("remove", id=article)["error"] == -201
    assert stranger.call("verify", token=token)["error"] == -200


# -- tokens


def test_a_refresh_gives_a_pair_and_kills_the_old_one_at_once(box, oa) -> None:
    answer = oa.token()
    pair = answer.json()

    assert set(pair) == {"access_token", "refresh_token", "expires_in"}
    assert pair["expires_in"] == "90000"
    assert oa.send("GET", "oa/getoa").json()["error"] == -220
    again = oa.token()
    assert (again.status_code, again.json()["error"]) == (200, -14014)
    assert "access_token" not in again.json()
    oa.access = pair["access_token"]
    assert oa.send("GET", "oa/getoa").json()["error"] == 0
    assert "access_token" in oa.token(pair["refresh_token"]).json()


def test_tokens_end_by_the_clock(oa, clock) -> None:
    clock.advance(25 * HOUR - 1)
    assert oa.send("GET", "oa/getoa").json()["error"] == 0
    clock.advance(1)
    assert oa.send("GET", "oa/getoa").json()["error"] == -220

    clock.advance(90 * DAY - 25 * HOUR)
    assert oa.token().json()["error"] == -14014


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"app_id": "1"}, None),
        ({"secret_key": "wrong"}, None),
        ({"grant_type": "authorization_code"}, -118),
        ({"code": "x"}, None),
        ({"refresh_token": ""}, -14014),
    ],
)
def test_token_errors_have_other_names_and_often_no_number(oa, changed, number) -> None:
    answer = oa.token(**changed)

    assert (answer.status_code, answer.json().get("error")) == (200, number)
    assert {"error_name", "error_description"} <= set(answer.json())
    assert "access_token" in oa.token().json()


def test_the_token_goes_into_its_own_header_only(oa) -> None:
    assert oa.send("GET", "oa/getoa", headers={"access_token": "AT-wrong"}).json()["error"] == -216
    bearer = {"access_token": None, "Authorization": f"Bearer {oa.access}"}
    assert oa.send("GET", "oa/getoa", headers=bearer).json()["error"] == -216
    assert (
        oa.send("GET", "oa/getoa", headers={"access_token": None}, access_token=oa.access).json()["error"]
        == -216
    )


def test_a_wrong_proof_is_refused_and_a_right_one_is_not(oa) -> None:
    right = hmac.new(oa.account["secret_key"].encode(), oa.access.encode(), hashlib.sha256).hexdigest()

    assert oa.send("GET", "oa/getoa", headers={"appsecret_proof": right}).json()["error"] == 0
    assert oa.send("GET", "oa/getoa", headers={"appsecret_proof": right[::-1]}).json()["error"] == -242


# -- faults


def test_a_lost_refresh_answer_has_rotated_the_pair(box, oa) -> None:
    box.fault("zalo", "oauth.token", "cut-after")

    with pytest.raises(requests.ConnectionError):
        oa.token()

    assert oa.token().json()["error"] == -14014


def test_a_lost_create_answer_has_made_the_article(box, oa, clock) -> None:
    box.fault("zalo", "article.create", "cut-after")
    with pytest.raises(requests.ConnectionError):
        oa.call("create", **oa.article())

    clock.advance(5)

    assert oa.send("GET", "article/getslice", offset=0, limit=10, type="normal").json()["data"]["total"] == 1


def test_faults_have_the_shape_of_the_platform(box, oa, clock) -> None:
    article = made(oa, clock)
    box.fault("zalo", "article.getslice", "throttle")
    box.fault("zalo", "article.verify", "500-before")
    box.fault("zalo", "article.getdetail", "not-found-once")
    box.fault("zalo", "oa.get", "expire-token")

    throttled = oa.send("GET", "article/getslice", offset=0, limit=10, type="normal")
    broken = oa.send("POST", "article/verify", {"token": "x"})

    assert (throttled.json()["error"], throttled.headers["X-RateLimit-Remain"]) == (-32, "0")
    assert (broken.status_code, broken.headers["Content-Type"]) == (500, "text/html; charset=UTF-8")
    assert [oa.send("GET", "article/getdetail", id=article).json()["error"] for _ in range(2)] == [-201, 0]
    assert [oa.send("GET", "oa/getoa").json()["error"] for _ in range(2)] == [-220, -220]
    oa.access = oa.token().json()["access_token"]
    assert oa.send("GET", "oa/getoa").json()["error"] == 0


def test_four_thousand_calls_a_minute_and_not_one_more(box, oa, clock) -> None:
    box.zalo._minute = int(clock.now // 60)
    box.zalo._calls["oa"] = 3999  # 4,000 real calls would take ten seconds

    assert [oa.send("GET", "oa/getoa").json()["error"] for _ in range(2)] == [0, -32]
    clock.advance(60)
    assert oa.send("GET", "oa/getoa").json()["error"] == 0
