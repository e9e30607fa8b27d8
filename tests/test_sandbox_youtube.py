"""The sandbox as youtube.googleapis.com and oauth2.googleapis.com, asked with plain HTTP."""

import hashlib
from datetime import UTC, datetime

import pytest
from sandbox_clients import VIDEO, Tube, reason

DAY = 86_400

SANDBOX = {"processing_seconds": 10.0}


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


# -- the whole way


def test_a_private_upload_becomes_public_by_one_update(box, tube, clock) -> None:
    made = tube.upload(snippet={"title": "Huế", "categoryId": "25"})
    assert (made["status"]["uploadStatus"], made["status"]["privacyStatus"]) == ("uploaded", "private")
    assert box.public() == []

    clock.advance(10)
    status = tube.video(made["id"])["status"]
    body = {"id": made["id"], "status": {**status, "privacyStatus": "public"}}
    answer = tube.call("PUT", "videos", body, part="status")

    assert (status["uploadStatus"], answer.status_code) == ("processed", 200)
    [seen] = box.public()
    assert (seen["id"], seen["sha256"]) == (made["id"], hashlib.sha256(VIDEO).hexdigest())


def test_every_field_that_was_set_is_on_the_object(box, tube) -> None:
    tube.upload(
        snippet={
            "title": "Huế", "description": "Mô tả", "tags": ["asean", "cố đô"], "categoryId": "27",
            "defaultLanguage": "vi", "defaultAudioLanguage": "vi",
        },
        status={
            "privacyStatus": "public", "license": "creativeCommon", "embeddable": False, "publicStatsViewable": False,
            "selfDeclaredMadeForKids": True, "containsSyntheticMedia": True,
        },
        localizations={"en": {"title": "Hue", "description": "About"}},
        recordingDetails={"recordingDate": "2026-12-01T00:00:00Z"},
    )  # fmt: skip

    [seen] = box.public()
    assert (seen["title"], seen["description"], seen["tags"], seen["category_id"]) == (
        "Huế",
        "Mô tả",
        ["asean", "cố đô"],
        "27",
    )
    assert (seen["default_language"], seen["default_audio_language"]) == ("vi", "vi")
    assert seen["localizations"] == {"en": {"title": "Hue", "description": "About"}}
    assert (seen["recording_date"], seen["file_name"], seen["notify_subscribers"]) == (
        "2026-12-01T00:00:00Z",
        "hue.mp4",
        True,
    )
    assert seen["status"] == {
        "uploadStatus": "uploaded", "privacyStatus": "public", "license": "creativeCommon", "embeddable": False,
        "publicStatsViewable": False, "selfDeclaredMadeForKids": True, "containsSyntheticMedia": True, "madeForKids": True,
    }  # fmt: skip


def test_processing_takes_its_time_by_the_clock_and_counts_in_text(tube, clock) -> None:
    made = tube.upload()["id"]

    before = tube.video(made, "processingDetails,fileDetails,statistics")
    clock.advance(10)
    after = tube.video(made, "processingDetails,fileDetails")

    assert before["processingDetails"]["processingStatus"] == "processing"
    assert isinstance(before["processingDetails"]["processingProgress"]["timeLeftMs"], str)
    assert before["statistics"]["viewCount"] == "0"
    assert "fileDetails" not in before
    assert after["processingDetails"]["processingStatus"] == "succeeded"
    assert after["fileDetails"] == {"fileName": "hue.mp4", "fileSize": "12", "fileType": "video"}


@pytest.mark.parametrize(("bytes_", "why"), [(b"", "emptyFile"), (b"no video at all", "invalidFile")])
def test_what_is_no_video_fails_in_processing(box, tube, clock, bytes_, why) -> None:
    made = tube.upload(bytes_, status={"privacyStatus": "public"})["id"]
    clock.advance(10)

    status = tube.video(made, "status")["status"]

    assert (status["uploadStatus"], status["failureReason"]) == ("failed", why)
    assert box.public() == []


def test_deleting_answers_nothing_and_the_video_is_gone(box, tube) -> None:
    made = tube.upload()["id"]

    answer = tube.call("DELETE", "videos", id=made)

    assert (answer.status_code, answer.content) == (204, b"")
    assert reason(tube.call("DELETE", "videos", id=made)) == (404, "videoNotFound")
    assert tube.call("GET", "videos", part="id", id=made).json()["items"] == []


# -- metadata


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ({"title": "ế" * 100}, ""),
        ({"title": "ế" * 101}, "invalidTitle"),
        ({"title": " "}, "invalidTitle"),
        ({"title": "<b>"}, "invalidTitle"),
        ({}, "invalidTitle"),
        ({"title": "a", "description": "a" * 5000}, ""),
        ({"title": "a", "description": "ế" * 1667}, "invalidDescription"),  # 5001 bytes
        ({"title": "a", "description": "a > b"}, "invalidDescription"),
        ({"title": "a", "tags": ["a" * 248, "b c" + "d" * 246]}, ""),  # 248 + 249 + two quotes + a comma
        ({"title": "a", "tags": ["a" * 249, "b c" + "d" * 246]}, "invalidTags"),
        ({"title": "a", "tags": ["a,b"]}, "invalidTags"),
        ({"title": "a", "categoryId": "42"}, "invalidCategoryId"),
        ({"title": "a", "categoryId": 22}, "badRequest"),
        ({"title": "a", "defaultLanguage": "nb"}, "invalidVideoMetadata"),
        ({"title": "a", "defaultLanguage": "tiếng Việt"}, "invalidVideoMetadata"),
        ({"title": "a", "defaultLanguage": "zh-Hant-TW"}, ""),
        ({"title": "a", "colour": "red"}, "badRequest"),
        ({"title": "a", "tags": "asean"}, "badRequest"),
    ],
)
def test_the_snippet_is_held_to_its_limits(tube, snippet, expected) -> None:
    answer = tube.start(snippet=snippet)

    assert answer.status_code == 200 if not expected else reason(answer) == (400, expected)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"privacyStatus": "secret"}, "badRequest"),
        ({"privacyStatus": "private", "embeddable": "true"}, "badRequest"),
        ({"privacyStatus": "public", "publishAt": "2027-01-05T00:00:00Z"}, "invalidPublishAt"),
        ({"publishAt": "2027-01-05T00:00:00Z"}, "invalidPublishAt"),
        ({"privacyStatus": "private", "publishAt": "2027-01-05T00:00:00"}, "invalidPublishAt"),
        ({"privacyStatus": "private", "publishAt": "2027-01-05"}, "invalidPublishAt"),
        ({"privacyStatus": "private", "publishAt": "2027-01-05T07:00:00+07:00"}, ""),
    ],
)
def test_the_status_is_held_to_its_rules(tube, status, expected) -> None:
    answer = tube.start(status=status)

    assert answer.status_code == 200 if not expected else reason(answer) == (400, expected)


def test_localizations_need_a_default_language(tube) -> None:
    parts = {"part": "snippet,status,localizations", "localizations": {"en": {"title": "Hue"}}}
    spoken = {"snippet": {"title": "a", "defaultLanguage": "vi"}}

    assert reason(tube.start(**parts)) == (400, "defaultLanguageNotSet")
    assert tube.start(**parts, **spoken).status_code == 200
    assert reason(tube.start(**{**parts, "localizations": {"en": {"title": "ế" * 101}}}, **spoken)) == (
        400,
        "invalidTitle",
    )


def test_a_missing_privacy_means_public(box, tube) -> None:
    tube.upload(status={})

    assert len(box.public()) == 1


def test_a_publish_time_releases_the_video_by_itself(box, tube, clock) -> None:
    due = clock.now + 3600
    made = tube.upload(status={"privacyStatus": "private", "publishAt": stamp(due)})["id"]

    clock.advance(3599)
    tube.refresh()
    assert (box.public(), tube.video(made)["status"]["publishAt"]) == ([], stamp(due))
    clock.advance(1)

    assert box.public()[0]["published_at"] == due
    status = tube.video(made)["status"]
    assert (status["privacyStatus"], "publishAt" in status) == ("public", False)


def test_a_publish_time_in_the_past_publishes_at_once_and_only_once(box, tube, clock) -> None:
    made = tube.upload(status={"privacyStatus": "private", "publishAt": stamp(clock.now - 60)})["id"]
    assert len(box.public()) == 1

    body = {"id": made, "status": {"privacyStatus": "private", "publishAt": stamp(clock.now + 3600)}}

    assert reason(tube.call("PUT", "videos", body, part="status")) == (400, "invalidPublishAt")


# -- update


def test_an_update_replaces_every_field_of_the_parts_it_names(tube) -> None:
    made = tube.upload(
        snippet={"title": "a", "description": "d", "tags": ["t"], "categoryId": "25"},
        status={"privacyStatus": "private", "license": "creativeCommon", "embeddable": False},
    )["id"]

    snippet = tube.call(
        "PUT", "videos", {"id": made, "snippet": {"title": "b", "categoryId": "27"}}, part="snippet"
    )
    status = tube.call("PUT", "videos", {"id": made, "status": {"embeddable": False}}, part="status").json()[
        "status"
    ]

    shown = tube.video(made)
    assert (shown["snippet"]["title"], shown["snippet"]["description"], "tags" in shown["snippet"]) == (
        "b",
        "",
        False,
    )
    assert set(snippet.json()) == {"kind", "etag", "id", "snippet"}
    assert (status["privacyStatus"], status["license"], status["embeddable"]) == ("public", "youtube", False)


@pytest.mark.parametrize(
    ("part", "body", "expected"),
    [
        ("snippet", {"snippet": {"title": "a"}}, (400, "invalidVideoMetadata")),
        ("snippet", {"snippet": {"categoryId": "25"}}, (400, "invalidVideoMetadata")),
        ("snippet", {"snippet": {"title": "<", "categoryId": "25"}}, (400, "invalidTitle")),
        ("status", {"snippet": {"title": "a", "categoryId": "25"}}, (400, "unexpectedPart")),
        ("status", {"id": "unknown-vid", "status": {}}, (404, "videoNotFound")),
        ("status", {"id": None, "status": {}}, (404, "videoNotFound")),
        ("status", {"status": []}, (400, "badRequest")),
        ("status", {"stat": {}}, (400, "badRequest")),
        ("nothing", {}, (400, "unknownPart")),
    ],
)
def test_a_bad_update_is_refused_and_changes_nothing(tube, part, body, expected) -> None:
    made = tube.upload()
    before = tube.video(made["id"])

    assert reason(tube.call("PUT", "videos", {"id": made["id"], **body}, part=part)) == expected

    assert tube.video(made["id"]) == before


def test_a_body_that_is_no_json_is_refused(tube) -> None:
    url = f"{tube.account['api_url']}/youtube/v3/videos?part=status"

    for sent, kind in ((b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")):
        answer = tube.http.put(url, data=sent, headers={"Content-Type": kind}, timeout=20)
        assert reason(answer) == (400, "parseError")


# -- lists


def test_the_uploads_playlist_is_by_upload_time_with_private_items_for_the_owner_only(
    box, tube, clock
) -> None:
    made = []
    for number in range(3):
        made.append(tube.upload(status={"privacyStatus": "public" if number == 1 else "private"})["id"])
        clock.advance(1)
    channel = tube.call("GET", "channels", part="id,contentDetails", mine="true").json()["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]

    def listed(client: Tube, **more: object) -> list[dict]:
        found, params = [], {"part": "snippet,contentDetails", "playlistId": uploads, **more}
        while True:
            page = client.call("GET", "playlistItems", **params).json()
            found += page["items"]
            if "nextPageToken" not in page:
                return found
            params["pageToken"] = page["nextPageToken"]

    mine = listed(tube, maxResults=2)
    assert [one["contentDetails"]["videoId"] for one in mine] == made[::-1]
    assert ["videoPublishedAt" in one["contentDetails"] for one in mine] == [False, True, False]
    assert [one["snippet"]["position"] for one in mine] == [0, 1, 2]
    assert [one["snippet"]["resourceId"]["videoId"] for one in listed(Tube(box, "other"))] == [made[1]]
    assert [one["contentDetails"]["videoId"] for one in listed(tube, videoId=made[0])] == [made[0]]
    assert channel["id"] == tube.account["channel_id"]


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("videos", {"part": "snippet"}, (400, "missingRequiredParameter")),
        ("videos", {"id": "a"}, (400, "missingRequiredParameter")),
        ("videos", {"part": "snippets", "id": "a"}, (400, "unknownPart")),
        ("videos", {"part": "id", "id": "a", "ids": "b"}, (400, "unexpectedParameter")),
        ("videos", {"part": "id", "id": "a", "maxResults": 5}, (400, "incompatibleParameters")),
        ("videos", {"part": "id", "chart": "mostPopular"}, (400, "videoChartNotFound")),
        ("videos", {"part": "id", "chart": "best"}, (400, "invalidParameter")),
        ("videos", {"part": "id", "id": ",".join("a" * 51)}, (400, "invalidParameter")),
        ("channels", {"part": "id"}, (400, "missingRequiredParameter")),
        ("channels", {"part": "id", "mine": "yes"}, (400, "invalidParameter")),
        ("channels", {"part": "id", "forHandle": "hue"}, (400, "invalidCriteria")),
        ("playlistItems", {"part": "id"}, (400, "missingRequiredParameter")),
        ("playlistItems", {"part": "id", "playlistId": "PLx"}, (404, "playlistNotFound")),
        ("playlistItems", {"part": "id", "playlistId": "UUHueAsean00000000000001", "maxResults": 51}, (400, "invalidParameter")),
        ("playlistItems", {"part": "id", "playlistId": "UUHueAsean00000000000001", "pageToken": "x"}, (400, "invalidPageToken")),
        ("videoCategories", {"part": "snippet"}, (400, "incompatibleParameters")),
        ("videoCategories", {"part": "snippet", "id": "1", "regionCode": "VN"}, (400, "incompatibleParameters")),
    ],
)  # fmt: skip
def test_bad_reads_are_refused(tube, path, params, expected) -> None:
    assert reason(tube.call("GET", path, **params)) == expected


def test_fifty_ids_and_fifty_results_are_taken(tube) -> None:
    uploads = "UUHueAsean00000000000001"

    assert tube.call("GET", "videos", part="id", id=",".join("a" * 50)).json()["items"] == []
    assert (
        tube.call("GET", "playlistItems", part="id", playlistId=uploads, maxResults=50).json()["items"] == []
    )


def test_strangers_see_no_private_video_and_no_owner_parts(box, tube) -> None:
    secret, seen = tube.upload()["id"], tube.upload(status={"privacyStatus": "public"})["id"]
    stranger = Tube(box, "other")

    listed = stranger.call("GET", "videos", part="id", id=f"{secret},{seen}").json()["items"]
    assert [one["id"] for one in listed] == [seen]
    assert reason(stranger.call("GET", "videos", part="processingDetails", id=seen)) == (403, "forbidden")
    assert reason(stranger.call("DELETE", "videos", id=seen)) == (403, "forbidden")
    assert reason(stranger.call("PUT", "videos", {"id": seen, "status": {}}, part="status")) == (
        403,
        "forbidden",
    )


def test_categories_say_which_may_be_chosen(tube) -> None:
    items = tube.call("GET", "videoCategories", part="snippet", regionCode="VN", hl="vi").json()["items"]

    assignable = {one["id"]: one["snippet"]["assignable"] for one in items}
    assert (assignable["22"], assignable["42"], len(items)) == (True, False, 16)


# -- tokens and quota


def test_an_access_token_lives_an_hour_by_the_clock(tube, clock) -> None:
    made = tube.token().json()
    tube.http.headers["Authorization"] = f"Bearer {made['access_token']}"
    assert (made["expires_in"], made["token_type"]) == (3599, "Bearer")

    clock.advance(3598)
    assert tube.call("GET", "channels", part="id", mine="true").status_code == 200
    clock.advance(1)

    answer = tube.call("GET", "channels", part="id", mine="true")
    assert (reason(answer), "WWW-Authenticate" in answer.headers) == ((401, "authError"), True)
    assert tube.put(tube.account["api_url"] + "/upload/youtube/v3/videos?upload_id=x", b"").status_code == 404


def test_without_a_token_nothing_is_answered(tube) -> None:
    session = tube.start().headers["Location"]
    del tube.http.headers["Authorization"]

    assert reason(tube.call("GET", "videos", part="id", id="a")) == (401, "required")
    assert reason(tube.put(session, VIDEO)) == (401, "required")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"refresh_token": "1//dead"}, (400, "invalid_grant")),
        ({"refresh_token": ""}, (400, "invalid_request")),
        ({"client_secret": "x"}, (401, "invalid_client")),
        ({"client_id": "x"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"scope": "https://www.googleapis.com/auth/drive"}, (400, "invalid_scope")),
        ({"colour": "red"}, (400, "invalid_request")),
    ],
)
def test_the_token_endpoint_refuses_in_its_own_shape(tube, changed, expected) -> None:
    answer = tube.token(**changed)

    assert (answer.status_code, answer.json()["error"]) == expected


def test_a_hundred_sessions_a_day_until_midnight_in_california(tube, clock) -> None:
    assert {tube.start().status_code for _ in range(100)} == {200}
    refused = tube.start()
    assert reason(refused) == (429, "rateLimitExceeded")
    assert "Video Uploads per day" in refused.json()["error"]["message"]

    to_midnight = DAY - (clock.now - 8 * 3600) % DAY
    clock.advance(to_midnight - 1)
    tube.refresh()
    assert tube.start().status_code == 429
    clock.advance(1)
    assert tube.start().status_code == 200


def test_ten_thousand_units_a_day_and_refused_calls_pay_too(box, tube) -> None:
    made = tube.upload()["id"]
    body = {"id": made, "status": {"privacyStatus": "private"}}
    assert {tube.call("PUT", "videos", body, part="status").status_code for _ in range(199)} == {200}
    assert tube.call("DELETE", "videos", id="unknown").status_code == 404  # 50 units

    refused = tube.call("GET", "videos", part="id", id=made)

    assert reason(refused) == (403, "quotaExceeded")
    assert refused.json()["error"]["errors"][0]["domain"] == "youtube.quota"
    assert tube.start().status_code == 200  # uploads have a bucket of their own


# -- faults


def test_faults_have_the_shape_of_the_platform(box, tube) -> None:
    box.fault("youtube", "videos.list", "500-before")
    box.fault("youtube", "channels.list", "throttle", seconds=30)
    box.fault("youtube", "videoCategories.list", "expire-token")
    box.fault("youtube", "oauth.token", "500-before")

    assert reason(tube.call("GET", "videos", part="id", id="a")) == (503, "backendError")
    throttled = tube.call("GET", "channels", part="id", mine="true")
    assert (reason(throttled), throttled.headers["Retry-After"]) == ((403, "rateLimitExceeded"), "30")
    assert tube.token().status_code == 503
    assert reason(tube.call("GET", "videoCategories", part="id", id="1")) == (401, "authError")
    tube.refresh()
    assert tube.call("GET", "videoCategories", part="id", id="1").status_code == 200


def test_reads_may_lag_behind(box, tube) -> None:
    made = tube.upload()["id"]
    box.fault("youtube", "videos.list", "not-found-once")
    box.fault("youtube", "playlistItems.list", "not-found-once")
    uploads = "UUHueAsean00000000000001"

    seen = [tube.call("GET", "videos", part="id", id=made).json()["items"] for _ in range(2)]
    listed = [
        tube.call("GET", "playlistItems", part="id", playlistId=uploads).json()["items"] for _ in range(2)
    ]

    assert [len(one) for one in (*seen, *listed)] == [0, 1, 0, 1]


def test_an_unknown_path_is_an_html_page(tube) -> None:
    answer = tube.call("GET", "nothing")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")
