"""The articles of the official accounts, and the jobs that make and change them.

A job is worked on when its time has come: the pictures are fetched over HTTP, and only then the article exists or
changes. Sources: https://github.com/zaloplatform, https://developers.zalo.me/docs/official-account.
"""

import base64
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from asean_social.sandbox.pictures import fetch, look
from asean_social.sandbox.world import Blob, World, newest_first
from asean_social.sandbox.zalo_calendar import month_of
from asean_social.sandbox.zalo_rules import INVALID, invalid, picture_of, pictures, refuse, videos, words
from asean_social.sandbox.zalo_settings import Settings
from asean_social.sandbox.zalo_videos import Clips

MOST_PICTURE = 1_000_000  # bytes
PICTURE_KINDS = frozenset({"JPEG", "PNG", "MPO"})
TOKEN_LIFE = 3600  # seconds a job can be asked about
MOST_FAILURES = 3  # of one address, before it is refused unseen
FAILURE_REST = 600  # seconds


@dataclass(slots=True)
class Article:
    id: str
    oa: str
    created: float
    updated: float
    value: dict[str, Any]  # as sent, with the defaults written out
    pictures: dict[str, Blob]  # by address
    published: float | None = None

    @property
    def is_public(self) -> bool:
        return bool(self.value["status"] == "show")

    @property
    def url(self) -> str:
        return f"https://rd.zapps.vn/detail/{self.oa}?id={self.id}"


@dataclass(slots=True)
class Job:
    token: str
    oa: str
    value: dict[str, Any]
    opened: float
    ready: float
    article: str = ""  # its id; empty while a new one is being made
    state: str = "waiting"  # waiting | done | failed
    reason: str = ""
    asked: int = 0
    fails: bool = False  # whatever its pictures are


@dataclass(slots=True)
class Failures:
    count: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Press:
    world: World
    names: Mapping[str, str]  # of the accounts, by id
    verify_seconds: float
    settings: Settings
    clips: Clips
    articles: dict[str, Article] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    failures: dict[str, Failures] = field(default_factory=dict)
    made: Counter[tuple[str, tuple[int, int]]] = field(default_factory=Counter)  # by account and month
    busy: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        self.articles.clear()
        self.jobs.clear()
        self.failures.clear()
        self.made.clear()

    def order(self, oa: str, value: dict[str, Any]) -> Job:
        """Begin to make an article, or to change the one whose id the value holds."""
        now = self.world.now()
        subject = value.pop("id", "")
        if subject and self.article(oa, subject).value["type"] != value["type"]:
            raise invalid("type")
        self._check(oa, value)
        if not subject:
            self._count(oa)
        token = base64.b64encode(secrets.token_bytes(24) + b"=").decode()  # may hold + / =
        strain = self.world.strain("zalo")
        ready = now + self.verify_seconds + strain.seconds
        whole = {"status": "hide", "comment": "show", **value}
        job = Job(token, oa, whole, now, ready, subject, fails=strain.fails)
        self.jobs[token] = job
        self.world.event("zalo", "accepted", subject or "new article")
        return job

    def _check(self, oa: str, value: Mapping[str, Any]) -> None:
        """What can be said before anything is fetched."""
        for name, video in videos(value).items():
            if self.clips.ready(oa, video) is None:
                raise invalid(name)
        if any(one in words(value) for one in self.settings.forbidden):
            raise refuse(-248)
        if self.settings.host_refusal == "create":
            for name, url in pictures(value).items():
                if self._is_refused(url):
                    raise refuse(INVALID, f"{name} is invalid: Ảnh đại diện không hợp lệ")

    def _is_refused(self, url: str) -> bool:
        """Some hosts are never asked for pictures; by what rule is not known."""
        host = f".{urlsplit(url).hostname or ''}"
        return any(host.endswith(f".{one}") for one in self.settings.refused_hosts)

    def _count(self, oa: str) -> None:
        month = month_of(self.world.now())
        if self.made[oa, month] >= self.settings.articles:
            raise refuse(-223, "OA has reached its article quota of this month")
        self.made[oa, month] += 1

    def article(self, oa: str, subject: Any) -> Article:
        found = self.articles.get(subject) if isinstance(subject, str) else None
        if found is None or found.oa != oa:
            raise invalid("id")
        return found

    def verify(self, oa: str, token: Any) -> str:
        """The id of the article a job has made."""
        job = self.jobs.get(token) if isinstance(token, str) else None
        now = self.world.now()
        if job is None or job.oa != oa or now >= job.opened + TOKEN_LIFE:
            raise refuse(-200, "token is invalid")
        if job.state == "waiting":
            job.asked += 1
            # both forms were seen; the number of the second was never recorded
            raise (
                refuse(-214, "Article is being processed")
                if job.asked % 2
                else refuse(-201, "Media is being processed")
            )
        if job.state == "failed":
            raise refuse(-200, job.reason)
        return job.article

    def remove(self, article: Article) -> None:
        del self.articles[article.id]
        self.world.event("zalo", "deleted", article.id)

    def settle(self) -> None:
        """Work on the jobs whose time has come. Not under the world's lock: pictures may come from this server."""
        if not self.busy.acquire(blocking=False):
            return  # another request is at it; meanwhile the job is still being processed
        try:
            now = self.world.now()
            due = [job for job in list(self.jobs.values()) if job.state == "waiting" and job.ready <= now]
            for job in sorted(due, key=lambda one: one.ready):
                self._work(job)
        finally:
            self.busy.release()

    def _work(self, job: Job) -> None:
        found: dict[str, Blob] = {}
        for url in pictures(job.value).values():
            blob = found.get(url) or self._fetch(url)
            if blob is None:
                self._give_up(job, self._reason(url))
                return
            found[url] = blob
        if job.fails:
            self._give_up(job, "Upload media failed")
            return
        with self.world.lock:
            self._apply(job, found)

    def _give_up(self, job: Job, reason: str) -> None:
        job.state, job.reason = "failed", reason
        self.world.event("zalo", "refused", job.article or "new article", reason=reason)

    def _fetch(self, url: str) -> Blob | None:
        failed = self.failures.setdefault(url, Failures())
        now = self.world.now()
        if failed.count >= MOST_FAILURES and now < failed.last + FAILURE_REST:
            return None
        payload = None if self._is_refused(url) else fetch(url, MOST_PICTURE)
        picture = look(payload) if payload is not None and len(payload) <= MOST_PICTURE else None
        if payload is None or picture is None or picture.kind not in PICTURE_KINDS:
            failed.count, failed.last = failed.count + 1, now
            return None
        failed.count = 0
        self.world.event("zalo", "received", url.rpartition("/")[2], bytes=len(payload))
        return self.world.keep(payload, picture.mime, (picture.width, picture.height))

    def _reason(self, url: str) -> str:
        many = self.failures[url].count >= MOST_FAILURES
        return "Upload media failed. Too many failed attempts" if many else "Upload media failed"

    def _apply(self, job: Job, found: dict[str, Blob]) -> None:
        if job.article:
            article = self.articles.get(job.article)
            if article is None:
                job.state, job.reason = "failed", "id is invalid"
                return
            article.value, article.pictures, article.updated = job.value, found, job.ready
            self.world.event("zalo", "edited", article.id, at=job.ready)
        else:
            job.article = secrets.token_hex(10)
            article = Article(job.article, job.oa, job.ready, job.ready, job.value, found)
            self.articles[article.id] = article
            self.world.event("zalo", "created", article.id, at=job.ready)
        job.state = "done"
        if article.is_public and article.published is None:
            article.published = job.ready
            self.world.event("zalo", "public", article.id, at=job.ready)

    def listed(self, oa: str, kind: str) -> list[Article]:
        """Newest first, hidden ones too."""
        mine = [one for one in self.articles.values() if one.oa == oa and one.value["type"] == kind]
        return newest_first(mine)

    def row(self, article: Article) -> dict[str, Any]:
        return {
            "id": article.id,
            "type": article.value["type"],
            "title": article.value["title"],
            "status": article.value["status"],
            "total_view": 0,
            "total_share": 0,
            "create_date": int(article.created * 1000),
            "update_date": int(article.updated * 1000),
            "thumb": next(iter(pictures(article.value).values()), ""),
            "link_view": article.url,
        }

    def detail(self, article: Article) -> dict[str, Any]:
        """A normal article whole; of a video article only its video, whose `status` is a number."""
        if article.value["type"] == "video":
            clip = self.clips.find(article.oa, article.value["video_id"])
            return {"id": article.id, "type": "video", **(self.clips.state(clip) if clip else {})}
        return {"id": article.id, **article.value, "cite": "", "link_view": article.url}

    def shown(self, article: Article) -> dict[str, Any]:
        """One article as the sandbox's own listing shows it; a video article has its thumbnail as its cover."""
        value = article.value
        texts = ("title", "author", "description", "status", "comment", "tracking_link")
        return {
            "platform": "zalo",
            "account": article.oa,
            "account_name": self.names[article.oa],
            "kind": value["type"],
            "id": article.id,
            "url": article.url,
            **{name: value.get(name, "") for name in texts},
            "related_medias": value.get("related_medias", []),
            "cover": self._cover(article),
            "body": [self._item(article, one) for one in value.get("body", ())],
            "video": self._video(article, value),
            "created_at": article.created,
            "updated_at": article.updated,
            "published_at": article.published if article.is_public else None,
        }

    def _cover(self, article: Article) -> dict[str, Any]:
        value = article.value
        if value["type"] == "video":
            url = value["avatar"]
            return {"cover_type": "photo", "photo_url": url, "status": "show", **self._picture(article, url)}
        cover = value["cover"]
        picture = self._picture(article, cover.get("photo_url", ""))
        video = {"video": self._video(article, cover)} if "video_id" in cover else {}
        return {**cover, **picture, **video}

    def _item(self, article: Article, item: Mapping[str, Any]) -> dict[str, Any]:
        video = {"video": self._video(article, item)} if "video_id" in item else {}
        return {**item, **self._picture(article, picture_of(item)), **video}

    def _picture(self, article: Article, url: str) -> dict[str, Any]:
        return article.pictures[url].shown() if url in article.pictures else {}

    def _video(self, article: Article, holder: Mapping[str, Any]) -> dict[str, Any]:
        clip = self.clips.find(article.oa, holder.get("video_id"))
        return clip.blob.shown() if clip else {}
