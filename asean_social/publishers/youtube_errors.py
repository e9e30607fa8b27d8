"""What a refusal by Google means: one PublishError for every reason, method and status the documentation names.

Sources: https://developers.google.com/youtube/v3/docs/errors and /core_errors (read 2026-11-23); the pages of the methods.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import requests

from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
)
from asean_social.publishers.http import Session, retry_after, transport_error

SESSION = "videos.insert.session"  # the upload server, which also answers in plain text or HTML


class Refused(Exception):
    """The platform answered, and not with what was asked for. Never leaves this adapter."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(answer.status_code)
        self.status = answer.status_code
        self.readable, self.reason, self.text = _told(answer.content)
        if self.status == requests.codes.request_entity_too_large:
            self.reason = self.reason or "uploadTooLarge"
        self.retry_after = retry_after(answer)


def _told(content: bytes) -> tuple[bool, str, str]:
    """Whether it is an error as the API tells it, `errors[0].reason`, and the platform's sentence."""
    try:
        error = json.loads(content)["error"]
        reason = (error.get("errors") or [{}])[0].get("reason", "")
        return True, str(reason), str(error.get("message", ""))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return False, "", content[:300].decode("utf-8", "replace")


def ask(
    session: Session,
    method: str,
    send: Callable[[], Any],
    *,
    visible: bool = False,
    gone: bool = False,
    **about: str,
) -> Any:
    """What `send` returns, or the PublishError that its failure means.

    `gone`: None when the platform does not know what was addressed. `about`: what the sentence of a refusal names. No
    cause is chained: the texts of the HTTP libraries hold upload addresses, which are secret.
    """
    try:
        return send()
    except Refused as refused:
        if gone and refused.status in _GONE and (refused.readable or method == SESSION):
            return None  # else a proxy's page, or an api_url that leads elsewhere
        raise failure(session, method, refused, visible=visible, **about) from None
    except requests.RequestException as error:
        raise transport_error("youtube", error, session, visible=visible) from None
    except (ValueError, IndexError):  # a success that is no text, a Range that is none
        raise unreadable(visible=visible) from None


def unreadable(*, visible: bool = False) -> PublishError:
    return (OutcomeUnknown if visible else Unavailable)("youtube", "youtube.unreadable")


# -- by reason

_AUTH = {
    "youtubeSignupRequired": "youtube.no-channel",
    "authenticatedUserNotChannel": "youtube.no-channel",
    "channelNotFound": "youtube.no-channel",
    "insufficientPermissions": "youtube.scope-missing",
    "playlistItemsNotAccessible": "youtube.scope-missing",
    "accountDelegationForbidden": "youtube.scope-missing",
    "authenticatedUserAccountClosed": "youtube.channel-closed",
    "authenticatedUserAccountSuspended": "youtube.channel-closed",
    "channelClosed": "youtube.channel-closed",
    "channelSuspended": "youtube.channel-closed",
    "accessNotConfigured": "youtube.api-off",  # the project's fault, so every delivery of the account meets it
}
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_BURST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "servingLimitExceeded"})
_GONE = frozenset({404, 410})
_AGAIN = frozenset({408, 416})  # upload servers: too slow; not where we thought, so probe
_DAY = 86_400.0
# A channel that sets too many thumbnails is refused for 15 to 180 minutes, and each attempt meanwhile prolongs it
# (reported by uploaders; https://developers.google.com/youtube/v3/docs/thumbnails/set names no time).
_THUMBNAIL_REST = 3_600.0
_WRONG = {
    "invalidTitle": "youtube.bad-title",
    "invalidDescription": "youtube.bad-description",
    "invalidTags": "youtube.bad-tags",
    "invalidCategoryId": "youtube.bad-category",
    "invalidRecordingDetails": "youtube.bad-recording-date",
    "defaultLanguageNotSet": "youtube.language-missing",
    "invalidVideoMetadata": "youtube.bad-metadata",
    "invalidFilename": "youtube.bad-file-name",
    "mediaBodyRequired": "youtube.empty-file",
    "contentRequired": "youtube.empty-file",
    "uploadTooLarge": "youtube.too-large",
    "forbiddenPrivacySetting": "youtube.privacy-forbidden",
    "forbiddenLicenseSetting": "youtube.license-forbidden",
    "forbiddenEmbedSetting": "youtube.embedding-forbidden",
    "forbidden": "youtube.forbidden",
    "videoNotFound": "youtube.video-gone",
    "invalidImage": "youtube.bad-thumbnail",
    "invalidMetadata": "youtube.bad-captions",
    "nameTooLong": "youtube.caption-name",
    "captionExists": "youtube.caption-exists",
    "playlistNotFound": "youtube.playlist-missing",
    "playlistContainsMaximumNumberOfVideos": "youtube.playlist-full",
    "videoAlreadyInAnotherSeriesPlaylist": "youtube.playlist-series",
    "playlistOperationUnsupported": "youtube.playlist-refuses",
    "manualSortRequired": "youtube.playlist-refuses",
}

# -- by method and reason, where the reason alone would mean something else

_HERE: Mapping[tuple[str, str], tuple[type[PublishError], str]] = {
    # the channel is not verified by telephone (https://support.google.com/youtube/answer/72431)
    ("thumbnails.set", "forbidden"): (Rejected, "youtube.thumbnail-forbidden"),
    # a picture that is too large, as read by other publishers
    ("thumbnails.set", "failedPrecondition"): (Rejected, "youtube.bad-thumbnail"),
    ("thumbnails.set", "uploadTooLarge"): (Rejected, "youtube.bad-thumbnail"),
    ("thumbnails.set", "mediaBodyRequired"): (Rejected, "youtube.bad-thumbnail"),
    ("captions.insert", "uploadTooLarge"): (Rejected, "youtube.bad-captions"),
    ("captions.update", "uploadTooLarge"): (Rejected, "youtube.bad-captions"),
    # captions are the only thing that asks for the scope youtube.force-ssl
    ("captions.insert", "forbidden"): (AuthFailed, "youtube.captions-scope"),
    ("captions.update", "forbidden"): (AuthFailed, "youtube.captions-scope"),
    ("captions.list", "forbidden"): (AuthFailed, "youtube.captions-scope"),
    # said at random of a video that was published a moment ago (tokland/youtube-upload#305)
    ("playlistItems.insert", "videoNotFound"): (Unavailable, "youtube.not-listed"),
    # of one playlist, while playlistItems.list says it of the whole access
    ("playlistItems.insert", "playlistItemsNotAccessible"): (Rejected, "youtube.playlist-refuses"),
    ("playlistItems.insert", "failedPrecondition"): (Rejected, "youtube.playlist-refuses"),
}


def failure(
    session: Session, method: str, refused: Refused, *, visible: bool = False, **about: str
) -> PublishError:
    """The error this answer to `method` (videos.insert, videos.insert.session, videos.list …) means."""
    reason, status = refused.reason, refused.status
    detail = session.scrub(refused.text)
    if here := _HERE.get((method, reason)):
        kind, code = here
        return kind("youtube", code, detail, reason=reason, **about)
    if status == requests.codes.unauthorized or reason in _AUTH:
        return AuthFailed("youtube", _AUTH.get(reason, "youtube.token-refused"), detail)
    limited = _limited(method, refused, detail)
    if limited is not None:
        return limited
    unclear = status < requests.codes.bad_request or status >= requests.codes.server_error
    if unclear and visible:
        return OutcomeUnknown("youtube", "youtube.server-error", detail, status=status)
    if unclear or status in _AGAIN or reason == "alreadyExists":
        # alreadyExists: seen once at a session's start, before any byte (DayMoonDevelopment/post-for-me#337)
        return Unavailable("youtube", "youtube.server-error", detail, refused.retry_after, status=status)
    if not (refused.readable or reason or method == SESSION):
        return unreadable(visible=visible)  # not YouTube's own: a proxy, a sign-in page
    code = _WRONG.get(reason, "youtube.refused")
    return Rejected("youtube", code, detail, reason=reason or str(status), **about)


def _limited(method: str, refused: Refused, detail: str) -> RateLimited | None:
    """Which limit it is. `quota`, where it is not of the whole account: what else the account does may go on.

    Uploads have a daily bucket of their own, whose end shows as 429 naming "Video Uploads per day"
    (googleapis/google-api-python-client#2753). A 429 that does not name the day is a burst: to take it for the bucket
    would cost the day, the other way round it costs one more refusal.
    """
    reason = refused.reason
    too_many = refused.status == requests.codes.too_many_requests
    if reason in _QUOTA or (too_many and "per day" in refused.text):
        quota = "uploads" if method in ("videos.insert", SESSION) else "units"
        return RateLimited("youtube", "youtube.quota", detail, None, quota=quota)
    if reason == "uploadLimitExceeded":
        # of the channel, not of the project: "try again in 24 hours" (support.google.com/youtube/answer/71673)
        return RateLimited("youtube", "youtube.channel-uploads", detail, _DAY, quota="channel-uploads")
    if reason == "uploadRateLimitExceeded":
        rest = refused.retry_after or _THUMBNAIL_REST
        return RateLimited("youtube", "youtube.thumbnail-limit", detail, rest, quota="thumbnails")
    if too_many or reason in _BURST:
        return RateLimited("youtube", "youtube.burst", detail, refused.retry_after)
    return None
