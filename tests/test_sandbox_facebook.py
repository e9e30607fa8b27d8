"""The sandbox as graph.facebook.com, asked with plain HTTP."""

import hashlib
import hmac
import json

import pytest
import requests
from sandbox_clients import Graph, code, picture

DAY = 86_400


# -- the whole way


def test_a_text_is_staged_unseen_and_becomes_public_by_one_small_request(box, graph) -> None:
    post = graph.feed(message="Xin chào ASEAN", published="false")["id"]
    assert box.public() == []
    assert graph.get(f"/{graph.page}/published_posts")["data"] == []
    assert graph.get(f"/{post}", fields="is_published") == {"is_published": False, "id": post}

    assert graph.post(f"/{post}", is_published="true") == {"success": True}

    [seen] = box.public()
    assert (seen["text"], seen["kind"], seen["id"]) == ("Xin chào ASEAN", "text", post)
    assert [one["id"] for one in graph.get(f"/{graph.page}/published_posts")["data"]] == [post]


def test_publishing_twice_publishes_once(box, graph) -> None:
    post = graph.feed(message="Một lần", published="false")["id"]

    assert graph.post(f"/{post}", is_published="true") == graph.post(f"/{post}", is_published="true")

    assert [one["event"] for one in box.events()].count("public") == 1


def test_a_photo_post_keeps_bytes_alternative_text_and_caption(box, graph) -> None:
    payload = picture()
    photo = graph.photo(payload, published="false", alt_text_custom="Sông Hương", caption="Huế")
    assert set(photo) == {"id"}
    assert "page_story_id" not in graph.get(f"/{photo['id']}", fields="page_story_id")

    post = graph.feed(message="Ảnh", published="false", attached_media=[{"media_fbid": photo["id"]}])["id"]
    graph.post(f"/{post}", is_published="true")

    [seen] = box.public()
    shown = seen["photos"][0]
    assert (seen["kind"], shown["alt_text"], shown["caption"]) == ("photo", "Sông Hương", "Huế")
    assert (shown["sha256"], shown["size"]) == (hashlib.sha256(payload).hexdigest(), len(payload))
    assert graph.get(f"/{photo['id']}", fields="page_story_id")["page_story_id"] == post
    stored = requests.get(f"{box.url}/_sandbox/media/{shown['media']}", timeout=20)
    assert (stored.content, stored.headers["Content-Type"]) == (payload, "image/jpeg")


def test_a_photo_published_at_once_answers_its_post(box, graph) -> None:
    made = graph.photo(caption="Ngay")

    assert set(made) == {"id", "post_id"}
    assert box.public()[0]["id"] == made["post_id"]


def test_a_photo_can_be_taken_from_an_address(box, graph) -> None:
    (box.media_dir / "a.png").write_bytes(picture("PNG"))

    made = graph.post(f"/{graph.page}/photos", url=f"{box.url}/media/a.png")
    missing = graph.post(f"/{graph.page}/photos", url=f"{box.url}/media/none.png")
    abroad = graph.post(f"/{graph.page}/photos", url="http://192.0.2.1/a.png")

    assert "post_id" in made
    assert code(missing) == code(abroad) == (324, None)


def test_a_link_post_is_shown_with_its_link(box, graph) -> None:
    post = graph.feed(link="https://hue.gov.vn/asean", message="Đọc thêm")["id"]

    found = graph.get(f"/{post}", fields="attachments{media_type,unshimmed_url},status_type")

    assert found["attachments"]["data"] == [
        {"media_type": "link", "unshimmed_url": "https://hue.gov.vn/asean"}
    ]
    assert (found["status_type"], box.public()[0]["link"]) == ("shared_story", "https://hue.gov.vn/asean")


def test_every_option_that_was_set_is_on_the_public_object(box, graph) -> None:
    graph.feed(
        message="Chọn lọc", place="123", tags=[7], targeting={"geo_locations": {"countries": ["VN"]}, "age_min": 18},
        feed_targeting={"age_max": 60}, backdated_time=1_700_000_000, backdated_time_granularity="day",
    )  # fmt: skip

    assert box.public()[0]["options"] == {
        "place": "123", "tags": [7], "targeting": {"geo_locations": {"countries": ["VN"]}, "age_min": 18},
        "feed_targeting": {"age_max": 60}, "backdated_time": 1_700_000_000, "backdated_time_granularity": "day",
    }  # fmt: skip


def test_deleted_posts_and_photos_are_gone_for_everybody(box, graph) -> None:
    post = graph.feed(message="Xoá")["id"]
    photo = graph.photo(published="false")["id"]

    assert graph.delete(f"/{post}") == graph.delete(f"/{photo}") == {"success": True}

    assert (box.public(), box.hidden()) == ([], [])
    assert code(graph.delete(f"/{post}")) == code(graph.get(f"/{photo}")) == (100, 33)


# -- time


@pytest.mark.parametrize(
    ("ahead", "good"), [(599, False), (600, True), (30 * DAY, True), (30 * DAY + 1, False)]
)
def test_a_schedule_lies_between_ten_minutes_and_thirty_days_ahead(graph, clock, ahead, good) -> None:
    made = graph.feed(message="Hẹn", published="false", scheduled_publish_time=int(clock.now) + ahead)
    later = graph.feed(message="Sau", published="false")["id"]
    moved = graph.post(f"/{later}", scheduled_publish_time=int(clock.now) + ahead)

    assert ("id" in made, "success" in moved) == (good, good)
    assert good or code(made) == code(moved) == (100, None)


def test_a_scheduled_post_appears_by_itself_at_its_time(box, graph, clock) -> None:
    due = int(clock.now) + 3600
    post = graph.feed(message="Hẹn", published="false", scheduled_publish_time=due)["id"]
    listed = graph.get(f"/{graph.page}/scheduled_posts", fields="scheduled_publish_time")["data"]
    assert listed == [{"scheduled_publish_time": due, "id": post}]

    clock.advance(3599)
    assert box.public() == []
    clock.advance(1)

    assert box.public()[0]["published_at"] == due
    assert graph.get(f"/{graph.page}/scheduled_posts")["data"] == []


def test_a_schedule_needs_an_unpublished_post(graph, clock) -> None:
    answer = graph.feed(message="Sai", scheduled_publish_time=int(clock.now) + 3600)

    assert "scheduled publish time on a published post" in answer["error"]["message"]


def test_an_unpublished_photo_is_kept_for_a_day(box, graph, clock) -> None:
    photo = graph.photo(published="false")["id"]
    post = graph.feed(message="Ảnh", published="false", attached_media=[{"media_fbid": photo}])["id"]

    clock.advance(DAY - 1)
    assert graph.get(f"/{photo}")["id"] == photo
    clock.advance(1)

    assert code(graph.get(f"/{photo}")) == (100, 33)
    assert graph.post(f"/{post}", is_published="true") == {"success": True}
    assert box.public()[0]["photos"] == []


def test_photos_of_a_scheduled_post_must_be_temporary_and_are_kept_until_then(box, graph, clock) -> None:
    due = int(clock.now) + 3 * DAY
    when = {"published": "false", "scheduled_publish_time": due, "unpublished_content_type": "SCHEDULED"}
    plain = graph.photo(published="false")["id"]
    kept = graph.photo(published="false", temporary="true")["id"]

    refused = graph.feed(message="A", attached_media=[{"media_fbid": plain}], **when)
    graph.feed(message="B", attached_media=[{"media_fbid": kept}], **when)
    clock.advance(3 * DAY)

    assert code(refused) == (100, None)
    assert len(box.public()[0]["photos"]) == 1


def test_a_scheduled_photo_answers_no_post_until_it_is_public(graph, clock) -> None:
    photo = graph.photo(published="false", scheduled_publish_time=int(clock.now) + 600)
    assert set(photo) == {"id"}

    clock.advance(600)

    assert "page_story_id" in graph.get(f"/{photo['id']}", fields="page_story_id")


# -- what is refused


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"message": ""}, (197, None)),
        ({"message": "   "}, (197, None)),
        ({}, (100, None)),
        ({"message": "a", "mesage": "b"}, (100, None)),
        ({"message": "a", "published": "False"}, (100, None)),
        ({"message": "a", "unpublished_content_type": "LATER", "published": "false"}, (100, None)),
        ({"message": "a", "unpublished_content_type": "DRAFT"}, (100, None)),
        ({"message": "a", "attached_media": "media_fbid"}, (100, None)),
        ({"message": "a", "attached_media": ["333"]}, (100, None)),
        ({"message": "a", "attached_media": [{"media_fbid": "333"}]}, (100, None)),
        ({"message": "a", "attached_media": []}, (100, None)),
        ({"message": "a", "tags": [1]}, (100, None)),
        ({"message": "a", "targeting": {"age_min": 14}}, (100, None)),
        ({"message": "a", "targeting": {"city": "Huế"}}, (100, None)),
        ({"message": "a", "backdated_time": 9_999_999_999}, (100, None)),
        ({"message": "a", "backdated_time_granularity": "minute"}, (100, None)),
        ({"message": "a", "width": "-1"}, (100, None)),
        ({"message": "a", "picture": "https://hue.vn/a.jpg"}, (100, None)),
        ({"link": "https://hue.vn/", "picture": "https://hue.vn/a.jpg"}, (100, None)),
        ({"link": "https://www.facebook.com/hue"}, (100, 1609008)),
        ({"link": "https://m.facebook.com/hue"}, (100, 1609008)),
        ({"link": "hue.gov.vn"}, (100, 2061006)),
        ({"link": "https://hue.gov.vn/a b"}, (100, 2061006)),
        ({"link": "http://127.0.0.1/"}, (1609005, None)),
        ({"link": "http://intranet/"}, (1609005, None)),
        ({"child_attachments": [{"link": "https://a.vn"}]}, (100, None)),
    ],
)
def test_a_bad_post_is_refused_with_its_code_and_nothing_is_made(box, graph, values, expected) -> None:
    answer = graph.send("POST", f"/{graph.page}/feed", **values)

    assert (answer.status_code, code(answer.json())) == (400, expected)
    assert {"message", "type", "code", "fbtrace_id"} <= set(answer.json()["error"])
    assert box.public() == box.hidden() == []


def test_a_text_of_63206_characters_fits_and_one_more_does_not(graph) -> None:
    assert "id" in graph.feed(message="ế" * 63_206)
    assert code(graph.feed(message="ế" * 63_207)) == (100, None)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF"])
def test_the_documented_kinds_of_picture_are_taken(graph, kind) -> None:
    assert "id" in graph.photo(picture(kind))


@pytest.mark.parametrize(
    "payload", [b"", b"no picture", picture("WEBP"), picture()[:300], b"%PDF-1.7 whatever"]
)
def test_what_is_no_picture_is_refused_by_its_bytes_not_by_its_name(graph, payload) -> None:
    assert code(graph.photo(payload)) == (324, None)


@pytest.mark.parametrize(("size", "good"), [(4_000_000, True), (4_000_001, False), (40_000_000, False)])
def test_a_photo_of_four_megabytes_fits_and_one_byte_more_does_not(graph, size, good) -> None:
    answer = graph.photo(picture(pad_to=size))

    assert "id" in answer if good else code(answer) == (100, 1366046)


@pytest.mark.parametrize(
    "values",
    [{"temporary": "true"}, {"caption": "a", "message": "b"}, {"caption": "a" * 63_207}, {"alt": "x"}],
)
def test_bad_photo_options_are_refused(graph, values) -> None:
    assert code(graph.photo(**values)) == (100, None)


def test_a_photo_needs_exactly_one_source(box, graph) -> None:
    assert code(graph.post(f"/{graph.page}/photos", caption="a")) == (324, None)
    assert code(graph.photo(url=f"{box.url}/media/a.png")) == (324, None)


def test_a_photo_is_used_by_one_post_only(graph) -> None:
    media = [{"media_fbid": graph.photo(published="false")["id"]}]
    graph.feed(message="a", published="false", attached_media=media)

    assert code(graph.feed(message="b", published="false", attached_media=media)) == (100, 1366051)


def test_ten_photos_fit_in_a_post_and_eleven_do_not(graph) -> None:
    media = [{"media_fbid": graph.photo(published="false")["id"]} for _ in range(11)]

    assert code(graph.feed(message="a", attached_media=media)) == (100, None)
    assert "id" in graph.feed(message="a", attached_media=media[:10])


def test_published_posts_cannot_be_unpublished_or_scheduled(graph, clock) -> None:
    post = graph.feed(message="a")["id"]

    assert code(graph.post(f"/{post}", is_published="false")) == (100, None)
    assert code(graph.post(f"/{post}", scheduled_publish_time=int(clock.now) + 3600)) == (100, None)
    assert code(graph.post(f"/{post}")) == (100, None)
    assert code(graph.post(f"/{post}", message="")) == (197, None)


# -- reading


def test_only_the_fields_asked_for_come_back(graph) -> None:
    post = graph.feed(message="a")["id"]

    assert set(graph.get(f"/{post}")) == {"id", "created_time", "message"}
    assert graph.get(f"/{post}", fields="from{name}") == {"from": {"name": "Huế – ASEAN"}, "id": post}
    assert code(graph.get(f"/{post}", fields="id,page_story_id")) == (100, None)
    assert "error" in graph.get(f"/{post}", fields="from{name")
    assert set(graph.feed(message="b", fields="id,permalink_url")) == {"id", "permalink_url"}


def test_lists_are_paged_newest_first_until_next_is_missing(graph, clock) -> None:
    made = []
    for number in range(5):
        made.append(graph.feed(message=f"{number}")["id"])
        clock.advance(1)

    first = graph.get(f"/{graph.page}/feed", limit=2)
    found = [one["id"] for one in first["data"]]
    answer = first
    while "next" in answer.get("paging", {}):
        answer = requests.get(answer["paging"]["next"], timeout=20).json()
        found += [one["id"] for one in answer["data"]]

    assert found == made[::-1]
    assert "previous" in answer["paging"]
    assert (
        graph.get(f"/{graph.page}/feed", limit=2, before=answer["paging"]["cursors"]["before"])["data"][0][
            "id"
        ]
        == made[2]
    )


@pytest.mark.parametrize(("limit", "good"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_list_gives_one_to_a_hundred(graph, limit, good) -> None:
    assert ("data" in graph.get(f"/{graph.page}/feed", limit=limit)) == good


def test_the_feed_shows_unpublished_posts_to_the_page_and_photos_need_their_type(graph) -> None:
    post = graph.feed(message="a", published="false")["id"]
    photo = graph.photo()["id"]

    feed = graph.get(f"/{graph.page}/feed", fields="is_published")["data"]
    assert {one["id"]: one["is_published"] for one in feed}[post] is False
    assert [one["id"] for one in graph.get(f"/{graph.page}/photos", type="uploaded")["data"]] == [photo]
    assert graph.get(f"/{graph.page}/photos")["data"] == []


# -- tokens, versions, shapes


def test_a_dead_or_missing_token_is_code_190(graph) -> None:
    assert code(graph.get("/me", access_token="EAAwrong")) == (190, None)
    assert code(graph.get("/me", access_token="")) == (190, None)


def test_a_token_of_another_page_may_neither_write_nor_read_here(box, graph) -> None:
    post = graph.feed(message="a")["id"]
    stranger = Graph(box, "other")

    assert stranger.get("/me")["id"] != graph.page
    refused = stranger.send("POST", f"/{graph.page}/feed", message="b")
    assert (refused.status_code, code(refused.json())) == (403, (200, None))
    assert code(stranger.get(f"/{graph.page}/feed")) == (10, None)
    assert code(stranger.get(f"/{post}")) == code(stranger.delete(f"/{post}")) == (100, 33)


def test_the_token_may_come_in_a_header(graph) -> None:
    url = f"{graph.account['api_url']}/v26.0/me"

    for scheme in ("Bearer", "OAuth"):
        answer = requests.get(url, headers={"Authorization": f"{scheme} {graph.token}"}, timeout=20)
        assert answer.json()["id"] == graph.page


def test_a_proof_is_checked_when_sent_and_wanted_when_the_app_demands_it(box, graph, clock) -> None:
    def proof(text: str) -> str:
        return hmac.new(graph.account["app_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()

    timed, late = int(clock.now) - 300, int(clock.now) - 301
    assert "id" in graph.get("/me", appsecret_proof=proof(graph.token))
    assert "id" in graph.get("/me", appsecret_proof=proof(f"{graph.token}|{timed}"), appsecret_time=timed)
    for answer in (
        graph.get("/me", appsecret_proof=proof("other")),
        graph.get("/me", appsecret_proof=proof(f"{graph.token}|{late}"), appsecret_time=late),
    ):
        assert (code(answer), answer["error"]["type"]) == ((100, None), "GraphMethodException")

    box.facebook.proof_required = True
    try:
        assert "appsecret_proof" in graph.get("/me")["error"]["message"]
    finally:
        box.facebook.proof_required = False


def test_tokens_can_be_inspected_and_listed(box, graph) -> None:
    app = f"{graph.account['app_id']}|{graph.account['app_secret']}"
    user = box.facebook.user_token

    good = graph.get("/debug_token", access_token=app, input_token=graph.token)["data"]
    bad = graph.get("/debug_token", access_token=app, input_token="EAAwrong")["data"]
    pages = graph.get("/me/accounts", access_token=user, fields="id,access_token,tasks")["data"]
    rights = graph.get("/me/permissions", access_token=user)["data"]

    assert (good["is_valid"], good["profile_id"], good["expires_at"]) == (True, graph.page, 0)
    assert (bad["is_valid"], bad["error"]["code"]) == (False, 190)
    assert {one["id"]: one["access_token"] for one in pages}[graph.page] == graph.token
    assert {"permission": "pages_manage_posts", "status": "granted"} in rights
    assert code(graph.get("/me/accounts")) == (100, None)
    assert code(graph.get("/debug_token", access_token=app)) == (100, None)


@pytest.mark.parametrize(
    ("asked", "served"), [("/v26.0", "v26.0"), ("/v21.0", "v21.0"), ("/v2.8", "v21.0"), ("", "v21.0")]
)
def test_an_expired_or_missing_version_runs_on_the_oldest_alive(graph, asked, served) -> None:
    assert graph.send("GET", "/me", version=asked).headers["facebook-api-version"] == served


def test_unknown_versions_and_paths_are_refused(graph) -> None:
    assert code(graph.send("GET", "/me", version="/v99.0").json()) == (2500, None)
    assert code(graph.post(f"/{graph.page}/nothing")) == (2500, None)


def test_usage_headers_come_after_some_traffic(box, graph) -> None:
    answers = [graph.send("GET", "/me") for _ in range(4)]

    assert ["X-App-Usage" in one.headers for one in answers] == [False, False, True, True]
    assert json.loads(answers[-1].headers["X-Business-Use-Case-Usage"])[graph.page][0]["type"] == "pages"


def test_a_json_body_works_like_a_form(box, graph) -> None:
    url = f"{graph.account['api_url']}/v26.0/{graph.page}/feed"
    sent = {"access_token": graph.token, "message": "JSON", "published": True}

    assert "id" in requests.post(url, json=sent, timeout=20).json()
    assert code(requests.post(url, json=[1], timeout=20).json()) == (100, None)
    plain = requests.post(url, data=b"message=x", headers={"Content-Type": "text/plain"}, timeout=20)
    assert code(plain.json()) == (100, None)


def test_lists_may_be_sent_by_index(graph) -> None:
    photos = [graph.photo(published="false")["id"] for _ in range(2)]
    media = {f"attached_media[{place}]": {"media_fbid": one} for place, one in enumerate(photos)}

    assert "id" in graph.feed(message="a", **media)
