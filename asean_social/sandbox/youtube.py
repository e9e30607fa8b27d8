"""A stand-in for youtube.googleapis.com (Data API v3) and its token endpoint.

Sources: https://developers.google.com/youtube/v3/docs, https://developers.google.com/youtube/v3/determine_quota_cost.
"""

import base64
import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from asean_social.sandbox import youtube_upload as upload
from asean_social.sandbox.contract import contract
from asean_social.sandbox.google_tokens import ChannelAccount, GoogleTokens
from asean_social.sandbox.platform import Platform, Route, route
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import Blob, World
from asean_social.sandbox.youtube_rules import (
    CATEGORIES,
    MOST_IDS,
    UNASSIGNABLE,
    WRITABLE,
    arguments,
    check_parts,
    refuse,
    resource,
    stamp,
)
from asean_social.sandbox.youtube_videos import OWNER_PARTS, Shelf, Video

COSTS = {"videos.update": 50, "videos.delete": 50}  # every other read costs 1
UNITS = 10_000  # a day
INSERTS = 100  # a day
PACIFIC = ZoneInfo("America/Los_Angeles")
V3 = "/youtube/v3/"


class YouTube(Platform):
    name: ClassVar[str] = "youtube"
    prefixes: ClassVar[tuple[str, ...]] = ("youtube", "google-oauth")
    operations: ClassVar[frozenset[str]] = frozenset(
        ["oauth.token", "upload.start", "upload.put", "upload.probe", *contract("youtube")["methods"]]
    )

    def __init__(self, world: World, processing_seconds: float) -> None:
        client = ("100000000001-sandbox.apps.googleusercontent.com", world.secret("GOCSPX-"))
        self.channels = {
            "hue-asean": ChannelAccount(
                "UCHueAsean00000000000001", "Huế – ASEAN", *client, world.secret("1//hue")
            ),
            "other": ChannelAccount(
                "UCOther00000000000000002", "Kênh khác", *client, world.secret("1//other")
            ),
        }
        self._by_id = {one.id: one for one in self.channels.values()}
        self._processing = processing_seconds
        self.tokens = GoogleTokens(world, list(self.channels.values()))
        super().__init__(world)
        self.clear()

    def clear(self) -> None:
        names = {one.id: one.name for one in self._by_id.values()}
        self.shelf = Shelf(self.world, names, self._processing)
        self.sessions: dict[str, upload.Session] = {}
        self.tokens.clear()
        self._day = ""
        self._units = self._inserts = 0

    def table(self) -> list[Route]:
        up = "(?:/resumable)?/upload/youtube/v3/videos"
        return [
            route("google-oauth", "POST", "/token", "oauth.token", self.tokens.answer),
            route("youtube", "POST", up, "upload.start", self._start),
            route("youtube", "PUT", up, _put_name, self._put),
            route("youtube", "POST", V3 + "videos", "videos.insert", self._bare_insert),
            route("youtube", "GET", V3 + "videos", "videos.list", self._list),
            route("youtube", "PUT", V3 + "videos", "videos.update", self._update),
            route("youtube", "DELETE", V3 + "videos", "videos.delete", self._delete),
            route("youtube", "GET", V3 + "channels", "channels.list", self._channels),
            route("youtube", "GET", V3 + "playlistItems", "playlistItems.list", self._playlist),
            route("youtube", "GET", V3 + "videoCategories", "videoCategories.list", self._categories),
        ]

    # -- who asks, and what it costs ---------------------------------------------------------------------------

    def _caller(self, request: Request) -> str:
        token = request.bearer()
        channel = self.tokens.channel(token)
        if channel is None:
            reason = "authError" if token else "required"
            text = "Invalid Credentials" if token else "Login Required."
            refusal = refuse("*", reason, text, status=401, location="Authorization", locationType="header")
            refusal.answer.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/"'
            raise refusal
        return channel

    def _pay(self, method: str) -> None:
        """Take the price of one call from its bucket; refused calls pay too."""
        today = datetime.fromtimestamp(self.world.now(), UTC).astimezone(PACIFIC).date().isoformat()
        with self.world.lock:
            if today != self._day:
                self._day, self._units, self._inserts = today, 0, 0
            if method == "videos.insert":
                self._pay_insert()
                return
            price = COSTS.get(method, 1)
            if self._units + price > UNITS:
                text = "The request cannot be completed because you have exceeded your quota."
                raise refuse(method, "quotaExceeded", text, domain="youtube.quota")
            self._units += price

    def _pay_insert(self) -> None:
        if self._inserts >= INSERTS:
            text = (
                "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
                "'youtube.googleapis.com'"
            )
            raise refuse("videos.insert", "rateLimitExceeded", text, domain="global")
        self._inserts += 1

    def _begin(self, request: Request, method: str, *also: str) -> tuple[str, dict[str, Any]]:
        channel = self._caller(request)
        self._pay(method)
        return channel, arguments(request, method, *also)

    # -- upload ------------------------------------------------------------------------------------------------

    def _start(self, request: Request) -> Answer:
        method = "videos.insert"
        channel, asked = self._begin(request, method, "uploadType")
        if dict(request.query).get("uploadType") != "resumable":
            raise refuse(method, "wrongUrlForUpload", "Uploads must be resumable here", domain="global")
        parts = check_parts(asked["part"], "videos", method)
        body = resource(_json(request, method), [one for one in parts if one in WRITABLE], method)
        self.shelf.check({"snippet": {}, **body}, method)

        def made(**more: Any) -> upload.Session:
            key = self.world.secret("AHupload")
            path = self.world.folder / f"upload-{self.world.number()}"
            name = request.headers.get("Slug", "")
            notify = asked.get("notifySubscribers", True)
            return upload.Session(
                key, channel, parts, body, notify, name=name, path=path, opened=self.world.now(), **more
            )

        mime = request.headers.get("X-Upload-Content-Type", "application/octet-stream")
        session = upload.open_session(made, mime, request.headers.get("X-Upload-Content-Length"))
        self.sessions[session.id] = session
        query = urlencode([*request.query, ("upload_id", session.id)])
        location = f"{request.origin}/{request.prefix}{request.path}?{query}"
        return Answer(200, kind="", headers={"Location": location, "X-GUploader-UploadID": session.id[:12]})

    def _put(self, request: Request, *, until: int | None = None) -> Answer:
        session = self._session(request)
        if self._caller(request) != session.channel:
            raise refuse(upload.METHOD, "notFound", "Not Found", domain="global")
        with session.lock:
            span = upload.span_of(request.headers.get("Content-Range"), request.body, session)
            if session.video:
                return self._finished(session, 200)
            if span is None:
                return session.progress()
            before = session.offset
            try:
                complete = upload.receive(session, span, request.body, until=until)
            finally:
                self.world.event(self.name, "received", session.path.name, bytes=session.offset - before)
            return self._complete(session) if complete else session.progress()

    def put_part(self, request: Request) -> Answer:
        """Take half of a piece, then the line is cut: what the fault `cut-half` does."""
        return self._put(request, until=(request.body.declared or 0) // 2)

    def _session(self, request: Request) -> upload.Session:
        session = self.sessions.get(dict(request.query).get("upload_id", ""))
        if session is None or self.world.now() >= session.opened + upload.SESSION_LIFE:
            raise refuse(upload.METHOD, "notFound", "Not Found", domain="global")
        return session

    def _complete(self, session: upload.Session) -> Answer:
        with self.world.lock:
            number = self.world.number()
            digest = session.digest.hexdigest()
            kept = session.path if session.is_kept else None
            blob = self.world.adopt(Blob(f"v{number}", digest, session.offset, session.mime, kept))
            made = base64.urlsafe_b64encode(hashlib.sha256(f"{number}".encode()).digest())[:11].decode()
            video = Video(
                made, session.channel, self.world.now(), blob, session.name, session.failure(), session.notify
            )
            self.shelf.add(video, session.body)
            session.video = video.id
        return self._finished(session, 201)

    def _finished(self, session: upload.Session, status: int) -> Answer:
        with self.world.lock:
            video = self.shelf.videos.get(session.video)
            if video is None:
                raise refuse(upload.METHOD, "notFound", "Not Found", domain="global")
            return Answer.json(self.shelf.resource(video, session.parts), status)

    def _bare_insert(self, request: Request) -> Answer:
        self._begin(request, "videos.insert")
        raise refuse("videos.insert", "mediaBodyRequired", "The request does not include the video content.")

    # -- videos ------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Answer:
        method = "videos.list"
        channel, asked = self._begin(request, method)
        parts = check_parts(asked["part"], "videos", method)
        if "chart" in asked or "myRating" in asked:
            raise refuse(
                method, "videoChartNotFound", "The requested chart is not supported or is not available."
            )
        if not asked.get("id"):
            raise refuse(
                method,
                "missingRequiredParameter",
                "No filter selected. Expected one of: id, chart, myRating",
                domain="youtube.parameter",
            )
        if len(asked["id"]) > MOST_IDS:
            raise refuse(method, "invalidParameter", f"At most {MOST_IDS} ids", domain="global")
        if "maxResults" in asked or "pageToken" in asked:
            raise refuse(
                method,
                "incompatibleParameters",
                "maxResults and pageToken cannot go with id",
                domain="youtube.parameter",
            )
        with self.world.lock:
            return _listed("youtube#videoListResponse", self._visible(request, channel, asked["id"], parts))

    def _visible(
        self, request: Request, channel: str, ids: list[str], parts: list[str]
    ) -> list[dict[str, Any]]:
        found = [self.shelf.videos[one] for one in dict.fromkeys(ids) if one in self.shelf.videos]
        seen = [one for one in found if one.channel == channel or one.status["privacyStatus"] != "private"]
        if OWNER_PARTS & set(parts) and any(one.channel != channel for one in seen):
            raise refuse(
                "videos.list", "forbidden", "The request cannot access user rating or owner information."
            )
        return [] if request.lagging else [self.shelf.resource(one, parts) for one in seen]

    def _own(self, channel: str, subject: Any, method: str) -> Video:
        video = self.shelf.videos.get(subject) if isinstance(subject, str) else None
        if video is None:
            raise refuse(method, "videoNotFound", "The video that you are trying to change cannot be found.")
        if video.channel != channel:
            raise refuse(method, "forbidden", "The video cannot be changed by this channel.")
        return video

    def _update(self, request: Request) -> Answer:
        method = "videos.update"
        channel, asked = self._begin(request, method)
        parts = check_parts(asked["part"], "videos", method)
        body = resource(_json(request, method), parts, method)
        with self.world.lock:
            video = self._own(channel, body.get("id"), method)
            named = {part: body.get(part, {}) for part in parts if part in WRITABLE}
            self.shelf.check(named, method, video)
            self.shelf.update(video, named)
            return Answer.json(self.shelf.resource(video, parts))

    def _delete(self, request: Request) -> Answer:
        channel, asked = self._begin(request, "videos.delete")
        with self.world.lock:
            self.shelf.remove(self._own(channel, asked["id"], "videos.delete"))
        return Answer(204, kind="")

    # -- lists -------------------------------------------------------------------------------------------------

    def _channels(self, request: Request) -> Answer:
        method = "channels.list"
        channel, asked = self._begin(request, method)
        parts = check_parts(asked["part"], "channels", method)
        if sum(name in asked for name in ("mine", "id", "forHandle", "forUsername", "managedByMe")) != 1:
            raise refuse(
                method, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter"
            )
        if not asked.get("mine") and "id" not in asked:
            raise refuse(method, "invalidCriteria", "Only mine and id are offered here.")
        chosen = [channel] if asked.get("mine") else [one for one in asked["id"] if one in self._by_id]
        return _listed(
            "youtube#channelListResponse", [self._channel(self._by_id[one], parts) for one in chosen]
        )

    def _channel(self, one: ChannelAccount, parts: list[str]) -> dict[str, Any]:
        videos = [video for video in self.shelf.uploads(one.id) if self.shelf.is_public(video)]
        made = {
            "snippet": {
                "title": one.name,
                "description": "",
                "publishedAt": "2020-01-01T00:00:00Z",
                "country": "VN",
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": one.uploads}},
            "status": {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed"},
            "statistics": {"viewCount": "0", "subscriberCount": "100", "videoCount": str(len(videos))},
        }
        return {
            "kind": "youtube#channel",
            "etag": f"e{one.id}",
            "id": one.id,
            **{part: made[part] for part in parts if part in made},
        }

    def _playlist(self, request: Request) -> Answer:
        method = "playlistItems.list"
        channel, asked = self._begin(request, method)
        parts = check_parts(asked["part"], "playlistItems", method)
        if "playlistId" not in asked:
            raise refuse(
                method,
                "missingRequiredParameter",
                "No filter selected. Expected one of: id, playlistId",
                domain="youtube.parameter",
            )
        owner = next((one for one in self._by_id.values() if one.uploads == asked["playlistId"]), None)
        if owner is None:
            raise refuse(
                method, "playlistNotFound", "The playlist cannot be found.", domain="youtube.playlistItem"
            )
        with self.world.lock:
            videos = self.shelf.uploads(owner.id)
            if owner.id != channel:
                videos = [one for one in videos if self.shelf.is_public(one)]
            if "videoId" in asked:
                videos = [one for one in videos if one.id == asked["videoId"]]
            return self._playlist_page(videos[request.lagging :], owner, asked, parts)

    def _playlist_page(
        self, videos: list[Video], owner: ChannelAccount, asked: dict[str, Any], parts: list[str]
    ) -> Answer:
        size = asked.get("maxResults", 5)
        start = _offset(asked.get("pageToken", ""))
        rows = [
            self._item(one, owner, start + place, parts)
            for place, one in enumerate(videos[start : start + size])
        ]
        more: dict[str, Any] = {"pageInfo": {"totalResults": len(videos), "resultsPerPage": size}}
        if start + size < len(videos):
            more["nextPageToken"] = _page_token(start + size)
        if start:
            more["prevPageToken"] = _page_token(max(0, start - size))
        return _listed("youtube#playlistItemListResponse", rows, **more)

    def _item(self, video: Video, owner: ChannelAccount, place: int, parts: list[str]) -> dict[str, Any]:
        snippet = {
            "publishedAt": stamp(video.created),
            "channelId": owner.id,
            "title": video.snippet["title"],
            "description": video.snippet.get("description", ""),
            "channelTitle": owner.name,
            "playlistId": owner.uploads,
            "position": place,
            "resourceId": {"kind": "youtube#video", "videoId": video.id},
            "videoOwnerChannelTitle": owner.name,
            "videoOwnerChannelId": owner.id,
        }
        details = {"videoId": video.id}
        if video.published is not None:
            details["videoPublishedAt"] = stamp(video.published)
        made = {
            "snippet": snippet,
            "contentDetails": details,
            "status": {"privacyStatus": video.status["privacyStatus"]},
        }
        shown = {part: made[part] for part in parts if part in made}
        return {
            "kind": "youtube#playlistItem",
            "etag": f"e{video.id}",
            "id": f"{owner.uploads}.{video.id}",
            **shown,
        }

    def _categories(self, request: Request) -> Answer:
        method = "videoCategories.list"
        _, asked = self._begin(request, method)
        parts = check_parts(asked["part"], "videoCategories", method)
        if ("id" in asked) == ("regionCode" in asked):
            raise refuse(
                method,
                "incompatibleParameters",
                "Give exactly one of id, regionCode",
                domain="youtube.parameter",
            )
        names = CATEGORIES | UNASSIGNABLE
        chosen = [one for one in asked.get("id", names) if one in names]
        return _listed(
            "youtube#videoCategoryListResponse", [_category(one, names[one], parts) for one in chosen]
        )

    # -- as a platform -----------------------------------------------------------------------------------------

    def nowhere(self, request: Request) -> Answer:
        del request
        return Answer(
            404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", "text/html; charset=UTF-8"
        )

    def broken(self) -> Answer:
        return refuse("*", "backendError", "Backend Error", domain="global").answer

    def throttled(self, request: Request, seconds: float) -> Answer:
        del request
        answer = refuse(
            "*", "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits", status=403
        ).answer
        answer.headers["Retry-After"] = str(math.ceil(seconds))
        return answer

    def expire(self, request: Request) -> Answer | None:
        self.tokens.expire(request.bearer())
        return None

    def settle(self) -> None:
        with self.world.lock:
            self.shelf.settle()

    def public(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [self.shelf.shown(one) for one in self.shelf.videos.values() if self.shelf.is_public(one)]

    def hidden(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [
                self.shelf.shown(one) for one in self.shelf.videos.values() if not self.shelf.is_public(one)
            ]


def _json(request: Request, method: str) -> bytes:
    if not request.headers.get("Content-Type", "application/json").startswith("application/json"):
        raise refuse(method, "parseError", "The metadata must be JSON", domain="global")
    return request.body.read(1 << 20)


def _put_name(request: Request, _: Sequence[str]) -> str:
    return "upload.probe" if request.headers.get("Content-Range", "").startswith("bytes */") else "upload.put"


def _listed(kind: str, items: list[dict[str, Any]], **more: Any) -> Answer:
    info = {"pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)}}
    return Answer.json({"kind": kind, "etag": "e", **info, **more, "items": items})


def _category(key: str, title: str, parts: list[str]) -> dict[str, Any]:
    row = {"kind": "youtube#videoCategory", "etag": f"e{key}", "id": key}
    snippet = {"title": title, "assignable": key in CATEGORIES, "channelId": "UCBR8-60-B28hp2BmDPdntcQ"}
    return row | ({"snippet": snippet} if "snippet" in parts else {})


def _page_token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode()


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        return int(number) if word == "after" else int("")
    except ValueError:
        raise refuse(
            "playlistItems.list", "invalidPageToken", "The page token is invalid", domain="youtube.parameter"
        ) from None
