"""The sandbox's YouTube: thumbnails, captions, Shorts, ends of processing, scopes and settings."""

import hashlib

import pytest
from sandbox_clients import Tube, picture, reason
from sandbox_tube import VTT, captions, clip, thumbnail, track

SCOPE = "https://www.googleapis.com/auth/"

SANDBOX = {"processing_seconds": 10.0}


@pytest.fixture
def video(tube, clock):
    """The id of a private video that is processed."""
    made = tube.upload()["id"]
    clock.advance(10)
    return made


def only(box):
    [seen] = box.public() + box.hidden()
    return seen


# -- thumbnails


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_thumbnail_is_on_the_object_and_may_be_set_again(box, tube, video, kind) -> None:
    first = thumbnail(tube, video, picture(size=(64, 36)))
    payload = picture(kind, (1280, 720))
    second = thumbnail(tube, video, payload, "application/octet-stream")

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json()["kind"] == "youtube#thumbnailSetResponse"
    assert {"default", "maxres"} <= set(second.json()["items"][0])
    seen = only(box)["thumbnail"]
    assert (seen["sha256"], seen["width"]) == (hashlib.sha256(payload).hexdigest(), 1280)
    assert tube.video(video, "contentDetails")["contentDetails"]["hasCustomThumbnail"] is True


def test_before_processing_has_ended_a_thumbnail_is_answered_and_lost(box, tube) -> None:
    video = tube.upload()["id"]

    assert thumbnail(tube, video, picture()).status_code == 200

    assert only(box)["thumbnail"] == {}


@pytest.mark.parametrize(("more", "expected"), [(0, 200), (1, 413)])
def test_a_thumbnail_of_two_megabytes_fits_and_one_byte_more_does_not(tube, video, more, expected) -> None:
    answer = thumbnail(tube, video, picture(pad_to=(2 << 20) + more))

    assert answer.status_code == expected
    assert expected == 200 or reason(answer) == (413, "uploadTooLarge")


@pytest.mark.parametrize(
    ("payload", "mime", "expected"),
    [
        (b"", "image/jpeg", (400, "mediaBodyRequired")),
        (b"<html>", "image/jpeg", (400, "invalidImage")),
        (picture("GIF"), "image/png", (400, "invalidImage")),
        (picture()[:100], "image/jpeg", (400, "invalidImage")),
        (picture(), "image/gif", (400, "badRequest")),
    ],
)
def test_only_pictures_are_taken_by_their_content(box, tube, video, payload, mime, expected) -> None:
    assert reason(thumbnail(tube, video, payload, mime)) == expected
    assert only(box)["thumbnail"] == {}


def test_a_thumbnail_is_refused_for_the_video_or_the_channel(box, tube, video) -> None:
    assert reason(thumbnail(tube, "unknown", picture())) == (404, "videoNotFound")
    assert reason(thumbnail(Tube(box, "other"), video, picture())) == (403, "forbidden")
    box.youtube.settings.phone_verified = False
    refused = thumbnail(tube, video, picture())
    assert reason(refused) == (403, "forbidden")
    assert refused.json()["error"]["errors"][0]["domain"] == "youtube.thumbnail"


def test_a_channel_may_set_so_many_thumbnails_a_day(box, tube, video, clock) -> None:
    box.youtube.settings.thumbnails = 1
    assert thumbnail(tube, video, picture()).status_code == 200
    assert reason(thumbnail(tube, video, picture())) == (429, "uploadRateLimitExceeded")

    clock.advance(86_400)
    tube.refresh()

    assert thumbnail(tube, video, picture()).status_code == 200


def test_an_upload_in_several_requests_is_refused_here(tube, video) -> None:
    answer = thumbnail(tube, video, picture(), uploadType="resumable")

    assert reason(answer) == (400, "wrongUrlForUpload")


# -- captions


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_captions_are_on_the_object_byte_by_byte(box, tube, video, ends) -> None:
    body = {"videoId": video, "language": "vi", "name": "Tiếng Việt", "isDraft": False}

    made = captions(tube, VTT, ends=ends, snippet=body).json()

    assert (made["kind"], made["snippet"]["status"], made["snippet"]["name"]) == (
        "youtube#caption",
        "serving",
        "Tiếng Việt",
    )
    [seen] = only(box)["captions"]
    assert (seen["language"], seen["name"], seen["format"], seen["cues"]) == ("vi", "Tiếng Việt", "WebVTT", 2)
    assert seen["sha256"] == hashlib.sha256(VTT.encode()).hexdigest()
    assert tube.video(video, "contentDetails")["contentDetails"]["caption"] == "true"


def test_tracks_are_listed_changed_and_removed(box, tube, video) -> None:
    made = track(tube, video, isDraft=True).json()["id"]
    assert only(box)["captions"] == []

    plain = tube.call("PUT", "captions", {"id": made, "snippet": {"isDraft": False}}, part="snippet")
    new = VTT.replace("Huế", "Đà Nẵng")
    changed = captions(tube, new, "PUT", id=made, snippet={"isDraft": False})
    listed = tube.call("GET", "captions", part="id,snippet", videoId=video).json()["items"]

    assert (plain.status_code, changed.status_code) == (200, 200)
    assert [(one["id"], one["snippet"]["isDraft"]) for one in listed] == [(made, False)]
    assert only(box)["captions"][0]["sha256"] == hashlib.sha256(new.encode()).hexdigest()
    assert tube.call("DELETE", "captions", id=made).status_code == 204
    assert only(box)["captions"] == []
    assert tube.call("DELETE", "captions", id=made).status_code == 404


def test_one_track_for_each_language_and_name(tube, video) -> None:
    assert track(tube, video).status_code == 200
    assert reason(track(tube, video)) == (409, "captionExists")
    assert track(tube, video, name="Bản rút gọn").status_code == 200
    assert track(tube, video, language="en").status_code == 200


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": "ế" * 150}, (200, "")),
        ({"name": "ế" * 151}, (400, "nameTooLong")),
        ({"name": None}, (400, "invalidMetadata")),
        ({"language": None}, (400, "invalidMetadata")),
        ({"language": "tiếng Việt"}, (400, "invalidMetadata")),
        ({"videoId": None}, (400, "invalidMetadata")),
        ({"videoId": "unknown"}, (404, "videoNotFound")),
        ({"colour": "red"}, (400, "badRequest")),
        ({"isDraft": "no"}, (400, "badRequest")),
    ],
)
def test_the_words_about_a_track_are_held_to_their_rules(tube, video, changed, expected) -> None:
    answer = track(tube, video, **changed)

    assert answer.status_code == 200 if expected[0] == 200 else reason(answer) == expected


def test_a_track_needs_a_body_of_limited_size_and_its_own_channel(box, tube, video) -> None:
    assert box.youtube.settings.captions_bytes == 104_857_600
    box.youtube.settings.captions_bytes = 1000

    assert reason(track(tube, video, "")) == (400, "contentRequired")
    assert reason(track(Tube(box, "other"), video)) == (403, "forbidden")
    assert track(tube, video, VTT.encode().ljust(1000)).status_code == 200
    assert reason(track(tube, video, VTT.encode().ljust(1001), language="en")) == (413, "uploadTooLarge")


SRT = "1\n00:00:01,000 --> 00:00:02,500\nXin chào\n\n2\n00:00:03,000 --> 00:00:04,000\nASEAN\nHuế\n"


@pytest.mark.parametrize(
    ("text", "kind", "failure"),
    [
        (VTT, "WebVTT", ""),
        ("\ufeff" + VTT.replace("\n", "\r\n"), "WebVTT", ""),
        ("WEBVTT - Huế\nKind: captions\n\nNOTE một\nhai\n\n" + VTT.partition("\n\n")[2], "WebVTT", ""),
        (SRT, "SubRip", ""),
        ("0:00:01.000,0:00:02.500\nXin chào\n", "SubViewer", ""),
        (VTT.replace("00:02.500", "00:00.500"), "", "processingFailed"),
        (VTT.replace("00:01.000", "00:61.000"), "", "processingFailed"),
        (VTT.replace("-->", "->"), "", "processingFailed"),
        ("WEBVTT\n\n", "", "processingFailed"),
        ("WEBVTT\n00:01.000 --> 00:02.500\nXin chào\n", "", "processingFailed"),
        (SRT.replace("02,500", "02.500"), "", "processingFailed"),
        (SRT.replace("2\n00:00:03", "00:00:03"), "", "processingFailed"),
        ("1\n00:00:01,000 --> 00:00:02,500\n", "", "processingFailed"),
        ("<?xml version='1.0'?><tt/>", "", "unsupportedFormat"),
        ("Xin chào", "", "unknownFormat"),
        (b"\xff\xfeW\x00", "", "unknownFormat"),
    ],
)
def test_what_is_not_well_formed_is_taken_and_then_fails(box, tube, video, text, kind, failure) -> None:
    snippet = track(tube, video, text).json()["snippet"]

    assert (snippet["status"], snippet.get("failureReason", "")) == (
        "failed" if failure else "serving",
        failure,
    )
    assert [one["format"] for one in only(box)["captions"]] == ([] if failure else [kind])


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("multipart/related", b"", (400, "badRequest")),
        ("text/vtt", VTT.encode(), (400, "badRequest")),
        ('multipart/related; boundary="edge"', b"nothing", (400, "parseError")),
        ('multipart/related; boundary="edge"', b"--edge\r\nContent-Type: text/vtt\r\n\r\na\r\n--edge--", (400, "parseError")),
    ],
)  # fmt: skip
def test_a_body_of_two_parts_must_be_one(tube, kind, body, expected) -> None:
    url = f"{tube.account['api_url']}/upload/youtube/v3/captions?part=snippet&uploadType=multipart"

    assert reason(tube.http.post(url, data=body, headers={"Content-Type": kind}, timeout=20)) == expected


# -- films


@pytest.mark.parametrize(
    ("width", "height", "seconds", "kind"),
    [(64, 64, 180, "short"), (64, 112, 3, "short"), (66, 64, 3, "video"), (64, 112, 181, "video")],
)
def test_square_or_taller_up_to_three_minutes_is_a_short(
    box, tube, clock, width, height, seconds, kind
) -> None:
    pytest.importorskip("pymediainfo")
    made = tube.upload(clip(width, height, seconds))["id"]
    clock.advance(10)

    seen = only(box)

    assert (seen["kind"], seen["width"], seen["height"], round(seen["duration"])) == (
        kind,
        width,
        height,
        seconds,
    )
    shown = tube.video(made, "contentDetails,fileDetails")
    minutes = {3: "PT3S", 180: "PT3M", 181: "PT3M1S"}
    assert shown["contentDetails"]["duration"] == minutes[seconds]
    assert shown["fileDetails"]["videoStreams"][0]["widthPixels"] == width


def test_what_nobody_can_read_is_a_video_of_unknown_length(box, tube, video) -> None:
    assert (only(box)["kind"], only(box)["duration"]) == ("video", 0)
    assert tube.video(video, "contentDetails")["contentDetails"]["duration"] == "P0D"


def test_a_long_film_is_rejected_where_the_channel_is_not_verified(box, tube, clock) -> None:
    pytest.importorskip("pymediainfo")
    box.youtube.settings.long_uploads = "eligible"
    made = [tube.upload(clip(64, 64, seconds))["id"] for seconds in (900, 901)]
    clock.advance(10)

    states = [tube.video(one, "status")["status"] for one in made]

    assert [one["uploadStatus"] for one in states] == ["processed", "rejected"]
    assert states[1]["rejectionReason"] == "length"
    channel = tube.call("GET", "channels", part="status", mine="true").json()["items"][0]
    assert channel["status"]["longUploadsStatus"] == "eligible"


@pytest.mark.parametrize(
    ("outcome", "status", "processing"),
    [
        ("failed:codec", {"uploadStatus": "failed", "failureReason": "codec"}, "failed"),
        ("rejected:copyright", {"uploadStatus": "rejected", "rejectionReason": "copyright"}, "succeeded"),
        ("terminated:", {"uploadStatus": "uploaded"}, "terminated"),
    ],
)
def test_processing_ends_as_it_was_ordered(box, tube, clock, outcome, status, processing) -> None:
    box.youtube.settings.outcomes.append(outcome)
    made = [tube.upload(status={"privacyStatus": "public"})["id"] for _ in range(2)]
    clock.advance(10)

    shown = [tube.video(one, "status,processingDetails") for one in made]

    assert status.items() <= shown[0]["status"].items()
    assert shown[0]["processingDetails"]["processingStatus"] == processing
    assert shown[1]["status"]["uploadStatus"] == "processed"
    assert [one["id"] for one in box.public()] == made[1:]


# -- settings and scopes


def test_a_channel_may_upload_so_many_a_day(box, tube) -> None:
    box.youtube.settings.channel_uploads = 1

    assert tube.start().status_code == 200
    assert reason(tube.start()) == (400, "uploadLimitExceeded")
    assert Tube(box, "other").start().status_code == 200


def test_an_empty_upload_bucket_has_either_shape_and_both_begin_where_they_were_set(box, tube) -> None:
    box.youtube.settings.uploads_used, box.youtube.settings.units_used = 100, 9_999
    assert reason(tube.start()) == (429, "rateLimitExceeded")
    box.youtube.settings.uploads_refusal = "quotaExceeded"
    assert reason(tube.start()) == (403, "quotaExceeded")

    assert tube.call("GET", "videos", part="id", id="a").status_code == 200
    assert reason(tube.call("GET", "videos", part="id", id="a")) == (403, "quotaExceeded")
    assert box.youtube.quota.used() == (10_000, 100)


def test_a_platform_may_lock_every_video_private(box, tube) -> None:
    box.youtube.settings.privacy = "private"

    made = tube.upload(status={"privacyStatus": "public"})

    assert (made["status"]["privacyStatus"], box.public()) == ("private", [])


def test_an_unknown_video_is_an_empty_list_or_404(box, tube) -> None:
    assert tube.call("GET", "videos", part="id", id="a").json()["items"] == []
    box.youtube.settings.unknown_video = "404"
    assert reason(tube.call("GET", "videos", part="id", id="a")) == (404, "videoNotFound")


def test_a_file_name_beyond_ascii_is_refused(tube) -> None:
    url = f"{tube.account['api_url']}/upload/youtube/v3/videos"
    params = {"uploadType": "resumable", "part": "snippet"}
    headers = {"Slug": "Hué.mp4".encode("latin-1")}

    answer = tube.http.post(url, params=params, json={"snippet": {"title": "a"}}, headers=headers, timeout=20)

    assert reason(answer) == (400, "invalidFilename")


def test_a_scope_that_is_missing_is_told(box, tube, video) -> None:
    token = tube.token(scope=f"{SCOPE}youtube.upload").json()["access_token"]
    tube.http.headers["Authorization"] = f"Bearer {token}"

    assert tube.start().status_code == 200
    assert thumbnail(tube, video, picture()).status_code == 200
    assert reason(tube.call("GET", "videos", part="id", id=video)) == (403, "insufficientPermissions")
    assert reason(track(tube, video)) == (403, "forbidden")

    box.youtube.tokens.granted = frozenset({f"{SCOPE}youtube.readonly"})
    assert tube.token(scope=f"{SCOPE}youtube").json()["error"] == "invalid_scope"
    tube.refresh()
    assert tube.call("GET", "videos", part="id", id=video).status_code == 200
    assert reason(tube.start()) == (403, "insufficientPermissions")


def test_reset_brings_the_settings_back(box) -> None:
    box.youtube.settings.outcomes.append("failed:codec")
    box.youtube.settings.units = 5

    box.reset()

    assert (box.youtube.settings.outcomes, box.youtube.settings.units) == ([], 10_000)
