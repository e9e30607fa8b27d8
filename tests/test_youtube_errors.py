"""What every refusal the documentation names means for a delivery."""

import json
from pathlib import Path

import pytest
import requests
from google_server import GoogleServer, Reply, account_at, error
from publisher_contract import tells_what_to_do

from asean_social.errors import AuthFailed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from asean_social.publishers.google import refresh
from asean_social.publishers.http import Session, transport_error
from asean_social.publishers.youtube_errors import Refused, ask, failure

# each row with its source: class `retry` (the same request later), `quota` (wait for a reset or hours), `auth` (connect
# again), `user` (a person must change something), `gone` (what was addressed exists no longer)
ROWS = json.loads(Path(__file__).with_name("youtube_errors.json").read_text(encoding="utf-8"))


# -- the meaning of refusals


def refused(status, content, retry_after=""):
    answer = requests.Response()
    answer.status_code, answer._content = status, content
    answer.headers["Retry-After"] = retry_after
    return Refused(answer)


def meaning(method, reply, *, visible=False):
    told = refused(reply.status, json.dumps(reply.body).encode(), dict(reply.headers).get("Retry-After", ""))
    found = failure(Session(), method, told, visible=visible)
    assert tells_what_to_do(found)
    return found


@pytest.mark.parametrize(
    ("method", "reply", "kind", "code"),
    [
        ("videos.insert", error(400, "invalidTitle"), Rejected, "youtube.bad-title"),
        ("videos.insert", error(400, "invalidDescription"), Rejected, "youtube.bad-description"),
        ("videos.insert", error(400, "defaultLanguageNotSet"), Rejected, "youtube.language-missing"),
        ("videos.insert", error(400, "mediaBodyRequired"), Rejected, "youtube.empty-file"),
        ("videos.insert", error(400, "somethingNew"), Rejected, "youtube.refused"),
        ("videos.insert", error(413, "uploadTooLarge"), Rejected, "youtube.too-large"),
        ("videos.update", error(403, "forbiddenPrivacySetting"), Rejected, "youtube.privacy-forbidden"),
        ("videos.update", error(403, "forbidden"), Rejected, "youtube.forbidden"),
        ("videos.update", error(404, "videoNotFound"), Rejected, "youtube.video-gone"),
        ("videos.insert", error(401, "youtubeSignupRequired"), AuthFailed, "youtube.no-channel"),
        ("videos.list", error(401, "authError"), AuthFailed, "youtube.token-refused"),
        ("videos.list", error(403, "insufficientPermissions"), AuthFailed, "youtube.scope-missing"),
        ("videos.list", error(403, "channelSuspended"), AuthFailed, "youtube.channel-closed"),
        ("videos.list", error(403, "accessNotConfigured"), AuthFailed, "youtube.api-off"),
        ("thumbnails.set", error(403, "forbidden"), Rejected, "youtube.thumbnail-forbidden"),
        ("thumbnails.set", error(400, "invalidImage"), Rejected, "youtube.bad-thumbnail"),
        ("thumbnails.set", error(400, "failedPrecondition"), Rejected, "youtube.bad-thumbnail"),
        ("captions.insert", error(403, "forbidden"), AuthFailed, "youtube.captions-scope"),
        ("captions.insert", error(400, "nameTooLong"), Rejected, "youtube.caption-name"),
        ("playlistItems.insert", error(404, "playlistNotFound"), Rejected, "youtube.playlist-missing"),
        ("playlistItems.insert", error(404, "videoNotFound"), Unavailable, "youtube.not-listed"),
        ("playlistItems.insert", error(400, "manualSortRequired"), Rejected, "youtube.playlist-refuses"),
        (
            "playlistItems.insert",
            error(403, "playlistItemsNotAccessible"),
            Rejected,
            "youtube.playlist-refuses",
        ),
        ("playlistItems.list", error(403, "playlistItemsNotAccessible"), AuthFailed, "youtube.scope-missing"),
        (
            "playlistItems.insert",
            error(403, "playlistContainsMaximumNumberOfVideos"),
            Rejected,
            "youtube.playlist-full",
        ),
        ("videos.insert", error(409, "alreadyExists"), Unavailable, "youtube.server-error"),
        (
            "videos.insert.session",
            error(416, "requestedRangeNotSatisfiable"),
            Unavailable,
            "youtube.server-error",
        ),
        ("videos.list", error(503, "backendError"), Unavailable, "youtube.server-error"),
    ],
)
def test_an_error_means_what_the_documentation_says(method, reply, kind, code):
    error = meaning(method, reply)

    assert type(error) is kind
    assert error.code == code
    assert error.detail == "no"


@pytest.mark.parametrize(
    ("method", "reply", "code", "quota", "retry_after"),
    [
        ("videos.list", error(403, "quotaExceeded", domain="youtube.quota"), "youtube.quota", "units", None),
        ("videos.update", error(403, "dailyLimitExceeded"), "youtube.quota", "units", None),
        ("videos.insert", error(403, "quotaExceeded"), "youtube.quota", "uploads", None),
        (
            "videos.insert",
            error(429, "rateLimitExceeded", "Quota exceeded for 'Video Uploads per day'", "global"),
            "youtube.quota",
            "uploads",
            None,
        ),
        ("videos.list", error(429, "rateLimitExceeded", "100 per day"), "youtube.quota", "units", None),
        ("videos.insert.session", error(403, "quotaExceeded"), "youtube.quota", "uploads", None),
        (
            "videos.insert",
            error(400, "uploadLimitExceeded"),
            "youtube.channel-uploads",
            "channel-uploads",
            86_400,
        ),
        (
            "thumbnails.set",
            error(429, "uploadRateLimitExceeded"),
            "youtube.thumbnail-limit",
            "thumbnails",
            3600,
        ),
        (
            "thumbnails.set",
            error(429, "uploadRateLimitExceeded", Retry_After="900"),
            "youtube.thumbnail-limit",
            "thumbnails",
            900,
        ),
        ("videos.insert", error(429, "rateLimitExceeded", Retry_After="5"), "youtube.burst", None, 5),
        ("videos.list", error(403, "userRateLimitExceeded", Retry_After="7"), "youtube.burst", None, 7),
        ("videos.insert", error(403, "rateLimitExceeded"), "youtube.burst", None, None),
        ("videos.insert.session", error(429, "x", Retry_After="soon"), "youtube.burst", None, None),
    ],
)
def test_a_limit_says_which_and_how_long(method, reply, code, quota, retry_after):
    error = meaning(method, reply, visible=True)

    assert type(error) is RateLimited
    assert (error.code, error.values.get("quota"), error.retry_after) == (code, quota, retry_after)


def test_a_server_error_after_a_visible_request_leaves_the_outcome_open():
    for status in (500, 502, 503, 504, 302):
        assert type(meaning("videos.update", error(status, "backendError"), visible=True)) is OutcomeUnknown
        assert type(meaning("videos.update", error(status, "backendError"))) is Unavailable


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_in_trouble_says_how_long(status):
    """https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol"""
    found = meaning("videos.insert.session", error(status, "backendError", Retry_After="600"))

    assert (type(found), found.code, found.retry_after) == (Unavailable, "youtube.server-error", 600)


STRANGE = [
    b"",
    b"Bad Gateway",
    b"<html>Sorry \xff</html>",
    b"[]",
    b'"text"',
    b'{"error": {"errors": [{"reason": "forb',
    b'{"error":"invalid_grant"}',
    b'{"error":{"errors":["x"]}}',
    b'{"error":null}',
]


@pytest.mark.parametrize("body", STRANGE)
@pytest.mark.parametrize("status", [302, 400, 403, 404, 409, 410, 451, 500, 502])
def test_what_is_no_error_of_youtubes_is_unclear_whatever_its_status(status, body):
    told = refused(status, body)

    assert type(failure(Session(), "videos.list", told)) is Unavailable
    assert type(failure(Session(), "videos.update", told, visible=True)) is OutcomeUnknown

    def send():
        raise told

    with pytest.raises(Unavailable):  # a proxy's page does not say that a video is gone
        ask(Session(), "videos.list", send, gone=True)


@pytest.mark.parametrize("body", STRANGE)
@pytest.mark.parametrize(
    ("status", "method", "kind", "code"),
    [
        (401, "videos.update", AuthFailed, "youtube.token-refused"),
        (413, "videos.insert", Rejected, "youtube.too-large"),
        (413, "thumbnails.set", Rejected, "youtube.bad-thumbnail"),
        (413, "captions.insert", Rejected, "youtube.bad-captions"),
        (429, "videos.update", RateLimited, "youtube.burst"),
        (400, "videos.insert.session", Rejected, "youtube.refused"),  # upload servers answer in plain text
        (403, "videos.insert.session", Rejected, "youtube.refused"),
    ],
)
def test_some_statuses_say_enough_without_a_body(body, status, method, kind, code):
    found = failure(Session(), method, refused(status, body), visible=method == "videos.update")

    assert (type(found), found.code) == (kind, code)


@pytest.mark.parametrize("status", [404, 410])
def test_an_upload_server_needs_no_words_to_say_that_a_session_is_gone(status):
    def send():
        raise refused(status, b"Not Found")

    assert ask(Session(), "videos.insert.session", send, gone=True) is None


@pytest.mark.parametrize("errors", [[], [{}]])
def test_an_error_of_youtubes_without_a_reason_is_a_refusal(errors):
    found = meaning("videos.update", Reply(400, {"error": {"message": None, "errors": errors}}), visible=True)

    assert (type(found), found.values["reason"]) == (Rejected, "400")


def test_a_success_that_cannot_be_read_is_unavailable_or_unknown():
    def send():
        return json.loads("<html>")

    with pytest.raises(Unavailable):
        ask(Session(), "videos.list", send)
    with pytest.raises(OutcomeUnknown):
        ask(Session(), "videos.update", send, visible=True)


# -- the table of all documented errors

KINDS = {"retry": Unavailable, "quota": RateLimited, "auth": AuthFailed, "user": Rejected, "gone": Rejected}
# A person must act as well, but not on one post: every delivery of the account would meet the same.
OF_THE_ACCOUNT = {"accessNotConfigured", "invalid_client", "deleted_client", "admin_policy_enforced"}
# of libraries that send nothing here: their transports are not used
NOT_OURS = {"RedirectMissingLocation", "MediaUploadSizeError", "RefreshError", "RefreshError:retryable"}
ANSWERED = [row for row in ROWS if row["httpStatus"] and row["method"] != "oauth2.token"]
TOKENS = [row for row in ROWS if row["method"] == "oauth2.token"]
SILENT = {
    "ConnectionError": requests.ConnectionError("reset"),
    "TimeoutError": requests.ReadTimeout("slow"),
    "SSLError": requests.exceptions.SSLError("eof"),
    "ServerNotFoundError": requests.ConnectionError("no such host"),
    "HTTPException": requests.exceptions.ChunkedEncodingError("cut"),
}
METHODS = ("videos.list", "videos.update", "thumbnails.set", "captions.insert", "playlistItems.insert")


def named(row):
    return f"{row['method']}-{row['httpStatus']}-{row['reason']}"


def methods(row):
    """Those a row is about; one about any is not about a method that has a row of its own for the reason."""
    own = {one["method"] for one in ROWS if one["reason"] == row["reason"]}
    return [one for one in METHODS if one not in own] if row["method"] == "*" else [row["method"]]


def expected(row):
    return AuthFailed if row["reason"] in OF_THE_ACCOUNT else KINDS[row["class"]]


def told(row):
    """The error as it is sent: reason `*` stands for any, and the upload bucket names itself in the message."""
    reason = "" if row["reason"] == "*" else row["reason"]
    bucket = (row["method"], row["httpStatus"]) == ("videos.insert", 429)
    return error(row["httpStatus"], reason, "limit 'Video Uploads per day'" if bucket else "no")


def test_every_row_is_looked_at():
    silent = {row["reason"] for row in ROWS if not row["httpStatus"]}

    assert len(ROWS) == 140
    assert silent == SILENT.keys() | NOT_OURS


@pytest.mark.parametrize("row", ANSWERED, ids=named)
def test_every_documented_error_is_of_its_class(row):
    for method in methods(row):
        found = meaning(method, told(row))

        kind = expected(row)
        assert isinstance(found, kind), method
        assert kind is not Unavailable or not found.values.get("quota"), method
        assert row["class"] == "retry" or type(found) is kind, method


@pytest.mark.parametrize("reason", SILENT)
def test_a_request_without_an_answer_is_tried_again_and_looked_up_where_it_shows(reason):
    assert type(transport_error("youtube", SILENT[reason], Session(), visible=False)) is Unavailable
    assert type(transport_error("youtube", SILENT[reason], Session(), visible=True)) is OutcomeUnknown


@pytest.mark.parametrize("row", TOKENS, ids=named)
def test_every_refusal_of_a_token_is_of_its_class(row):
    with GoogleServer() as server:
        server.script.append(Reply(row["httpStatus"], {"error": row["reason"]}))
        with pytest.raises((AuthFailed, Unavailable)) as caught:
            refresh(account_at(server), Session(), "1//refresh-now")

    assert tells_what_to_do(caught.value)
    # what a person must mend is of the account, never of a post
    assert type(caught.value) is (Unavailable if row["class"] == "retry" else AuthFailed)
