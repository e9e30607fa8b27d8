"""A stand-in for youtube.googleapis.com (Data API v3) and its token endpoint.

Sources: https://developers.google.com/youtube/v3/docs, https://developers.google.com/youtube/v3/determine_quota_cost.
"""

import base64
import hashlib
import math
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar
from urllib.parse import urlencode

from asean_social.sandbox import youtube_upload as upload
from asean_social.sandbox.contract import contract
from asean_social.sandbox.google_tokens import ChannelAccount, GoogleTokens
from asean_social.sandbox.platform import Call, Platform, Route, route
from asean_social.sandbox.refusals import Refusals
from asean_social.sandbox.wire import Answer, Request
from asean_social.sandbox.world import Blob, World
from asean_social.sandbox.youtube_answers import json_bytes, listed
from asean_social.sandbox.youtube_captions import CaptionTracks
from asean_social.sandbox.youtube_channels import Channels
from asean_social.sandbox.youtube_film import film
from asean_social.sandbox.youtube_playlists import Playlists
from asean_social.sandbox.youtube_quota import Quota
from asean_social.sandbox.youtube_reception import Reception
from asean_social.sandbox.youtube_rules import (
    MOST_IDS,
    WRITABLE,
    check_file_name,
    check_parts,
    ordered,
    refuse,
    resource,
)
from asean_social.sandbox.youtube_settings import Settings
from asean_social.sandbox.youtube_thumbnails import Thumbnails
from asean_social.sandbox.youtube_videos import OWNER_PARTS, Shelf, Video

V3 = "/youtube/v3/"


class YouTube(Platform):
    name: ClassVar[str] = "youtube"
    prefixes: ClassVar[tuple[str, ...]] = ("youtube", "google-oauth")
    operations: ClassVar[frozenset[str]] = frozenset(
        ["oauth.token", "upload.start", "upload.put", "upload.probe", *contract("youtube")["methods"]]
    )

    def __init__(self, world: World, processing_seconds: float, settings: Settings | None = None) -> None:
        client = ("100000000001-sandbox.apps.googleusercontent.com", world.secret("GOCSPX-"))
        self.channels = {
            "hue-asean": ChannelAccount(
                "UCHueAsean00000000000001", "Huế – ASEAN", *client, world.secret("1//hue")
            ),
            "other": ChannelAccount(
                "UCOther00000000000000002", "Kênh khác", *client, world.secret("1//other")
            ),
        }
        accounts = list(self.channels.values())
        self._at_start = settings or Settings()
        self.settings = Settings()
        self.refusals = Refusals()
        self.sessions: dict[str, upload.Session] = {}
        self.tokens = GoogleTokens(world, accounts)
        self.quota = Quota(world, self.settings)
        self._reception = Reception(self.tokens, self.quota)
        self.shelf = Shelf(world, {one.id: one.name for one in accounts}, processing_seconds, self.settings)
        among = (world, self._reception, self.shelf, self.settings)
        self.playlists = Playlists(*among, self.channels)
        self.captions = CaptionTracks(*among)
        self.shelf.captioned = lambda video: bool(self.captions.shown(video))
        self._thumbnails = Thumbnails(world, self._reception, self.quota, self.shelf, self.settings)
        self._channels = Channels(*among, accounts)
        super().__init__(world)
        self.clear()

    def clear(self) -> None:
        self.settings.become(deepcopy(self._at_start))
        self.sessions.clear()
        for one in (self.refusals, self.tokens, self.quota, self.shelf, self.playlists, self.captions):
            one.clear()

    def table(self) -> list[Route]:
        up, captions = "(?:/resumable)?/upload/youtube/v3/videos", "/upload/youtube/v3/captions"
        return [
            route("google-oauth", "POST", "/token", "oauth.token", self.tokens.answer),
            route("youtube", "POST", up, "upload.start", self._start),
            route("youtube", "PUT", up, _put_name, self._put),
            route("youtube", "POST", V3 + "videos", "videos.insert", self._bare_insert),
            route("youtube", "GET", V3 + "videos", "videos.list", self._list),
            route("youtube", "PUT", V3 + "videos", "videos.update", self._update),
            route("youtube", "DELETE", V3 + "videos", "videos.delete", self._delete),
            route(
                "youtube", "POST", "/upload/youtube/v3/thumbnails/set", "thumbnails.set", self._thumbnails.set
            ),
            route("youtube", "GET", V3 + "captions", "captions.list", self.captions.listing),
            route("youtube", "POST", captions, "captions.insert", self.captions.insert),
            route("youtube", "PUT", captions, "captions.update", self.captions.update),
            route("youtube", "PUT", V3 + "captions", "captions.update", self.captions.update),
            route("youtube", "DELETE", V3 + "captions", "captions.delete", self.captions.delete),
            route("youtube", "GET", V3 + "channels", "channels.list", self._channels.channels),
            route("youtube", "GET", V3 + "playlists", "playlists.list", self.playlists.playlists),
            route("youtube", "GET", V3 + "playlistItems", "playlistItems.list", self.playlists.entries),
            route("youtube", "POST", V3 + "playlistItems", "playlistItems.insert", self.playlists.insert),
            route("youtube", "DELETE", V3 + "playlistItems", "playlistItems.delete", self.playlists.remove),
            route(
                "youtube", "GET", V3 + "videoCategories", "videoCategories.list", self._channels.categories
            ),
        ]

    # -- refusals on order -------------------------------------------------------------------------------------

    def refuse_next(
        self, operation: str, reason: str, status: int = 0, message: str = "", times: int = 1
    ) -> None:
        """Let the next requests of one kind meet this row of the contract. Raises ValueError if there is none."""
        if operation not in self.operations:
            raise ValueError(f"operation {operation!r} is none of {sorted(self.operations)}")
        self.refusals.order(operation, ordered(operation, reason, status, message), times)

    def answer(self, request: Request, call: Call | None) -> Answer:
        refused = self.refusals.take(call.operation) if call else None
        return refused or super().answer(request, call)

    # -- upload ------------------------------------------------------------------------------------------------

    def _start(self, request: Request) -> Answer:
        method = "videos.insert"
        channel, asked = self._reception.begin(request, method, "uploadType")
        if dict(request.query).get("uploadType") != "resumable":
            raise refuse(method, "wrongUrlForUpload", "Uploads must be resumable here", domain="global")
        parts = check_parts(asked["part"], "videos", method)
        body = resource(json_bytes(request, method), [one for one in parts if one in WRITABLE], method)
        self.shelf.check({"snippet": {}, **body}, method)
        check_file_name(request.headers.get("Slug", ""))
        if not self.quota.count(channel, method, self.settings.channel_uploads):
            text = "The user has exceeded the number of videos they may upload."
            raise refuse(method, "uploadLimitExceeded", text)

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

    def _put(self, request: Request) -> Answer:
        session = self._session(request)
        if self._reception.caller(request, "videos.insert") != session.channel:
            raise refuse(upload.METHOD, "notFound", "Not Found", domain="global")
        with session.lock:
            span = upload.span_of(request.headers.get("Content-Range"), request.body, session)
            if session.video:
                return self._finished(session, 200)
            if span is None:
                return session.progress()
            before = session.offset
            try:
                complete = upload.receive(session, span, request.body)
            finally:
                self.world.event(self.name, "received", session.path.name, bytes=session.offset - before)
            return self._complete(session) if complete else session.progress()

    def _session(self, request: Request) -> upload.Session:
        session = self.sessions.get(dict(request.query).get("upload_id", ""))
        if session is None or self.world.now() >= session.opened + upload.SESSION_LIFE:
            raise refuse(upload.METHOD, "notFound", "Not Found", domain="global")
        return session

    def _complete(self, session: upload.Session) -> Answer:
        kept = session.path if session.is_kept else None
        seen = film(kept)
        with self.world.lock:
            number = self.world.number()
            digest = session.digest.hexdigest()
            blob = self.world.adopt(Blob(f"v{number}", digest, session.offset, session.mime, kept))
            made = base64.urlsafe_b64encode(hashlib.sha256(f"{number}".encode()).digest())[:11].decode()
            video = Video(
                made,
                session.channel,
                self.world.now(),
                blob,
                session.name,
                session.failure(),
                session.notify,
                seen,
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
        self._reception.begin(request, "videos.insert")
        raise refuse("videos.insert", "mediaBodyRequired", "The request does not include the video content.")

    # -- videos ------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Answer:
        method = "videos.list"
        channel, asked = self._reception.begin(request, method)
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
            rows = self._visible(request, channel, asked["id"], parts)
        if not rows and self.settings.unknown_video == "404":
            raise refuse(
                method, "videoNotFound", "The video that you are trying to retrieve cannot be found."
            )
        return listed("youtube#videoListResponse", rows)

    def _visible(
        self, request: Request, channel: str, ids: list[str], parts: list[str]
    ) -> list[dict[str, Any]]:
        found = [self.shelf.videos[one] for one in dict.fromkeys(ids) if one in self.shelf.videos]
        seen = [one for one in found if one.channel == channel or one.status["privacyStatus"] != "private"]
        if OWNER_PARTS & set(parts) and any(one.channel != channel for one in seen):
            raise refuse(
                "videos.list", "forbidden", "The request cannot access user rating or owner information."
            )
        return [self.shelf.resource(one, parts) for one in seen if request.sees(one.created)]

    def _own(self, channel: str, subject: Any, method: str) -> Video:
        video = self.shelf.videos.get(subject) if isinstance(subject, str) else None
        if video is None:
            raise refuse(method, "videoNotFound", "The video that you are trying to change cannot be found.")
        if video.channel != channel:
            raise refuse(method, "forbidden", "The video cannot be changed by this channel.")
        return video

    def _update(self, request: Request) -> Answer:
        method = "videos.update"
        channel, asked = self._reception.begin(request, method)
        parts = check_parts(asked["part"], "videos", method)
        body = resource(json_bytes(request, method), parts, method)
        with self.world.lock:
            video = self._own(channel, body.get("id"), method)
            named = {part: body.get(part, {}) for part in parts if part in WRITABLE}
            self.shelf.check(named, method, video)
            self.shelf.update(video, named)
            return Answer.json(self.shelf.resource(video, parts))

    def _delete(self, request: Request) -> Answer:
        channel, asked = self._reception.begin(request, "videos.delete")
        with self.world.lock:
            video = self._own(channel, asked["id"], "videos.delete")
            self.playlists.forget(video.id)
            self.shelf.remove(video)
        return Answer(204, kind="")

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

    def revoke(self) -> None:
        self.tokens.revoke()

    def settle(self) -> None:
        with self.world.lock:
            self.shelf.settle()

    def public(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [self._shown(one) for one in self.shelf.videos.values() if self.shelf.is_public(one)]

    def hidden(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [self._shown(one) for one in self.shelf.videos.values() if not self.shelf.is_public(one)]

    def _shown(self, video: Video) -> dict[str, Any]:
        more = {"captions": self.captions.shown(video.id), "playlists": self.playlists.shown(video.id)}
        return self.shelf.shown(video) | more


def _put_name(request: Request, _: Sequence[str]) -> str:
    return "upload.probe" if request.headers.get("Content-Range", "").startswith("bytes */") else "upload.put"
