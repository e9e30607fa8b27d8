"""The articles of the official accounts, and the jobs that make and change them.

A job is worked on when its time has come: the pictures are fetched over HTTP, and only then the article exists or
changes. Sources: https://github.com/zaloplatform, https://developers.zalo.me/docs/official-account.
"""

import base64
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asean_social.sandbox.pictures import fetch, look
from asean_social.sandbox.world import Blob, World, newest_first
from asean_social.sandbox.zalo_rules import invalid, refuse

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


@dataclass(slots=True)
class Failures:
    count: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Press:
    world: World
    names: Mapping[str, str]  # of the accounts, by id
    verify_seconds: float
    articles: dict[str, Article] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    failures: dict[str, Failures] = field(default_factory=dict)
    busy: threading.Lock = field(default_factory=threading.Lock)

    def order(self, oa: str, value: dict[str, Any]) -> Job:
        """Begin to make an article, or to change the one whose id the value holds."""
        now = self.world.now()
        subject = value.pop("id", "")
        if subject:
            self.article(oa, subject)
        token = base64.b64encode(secrets.token_bytes(24) + b"=").decode()  # may hold + / =
        job = Job(
            token, oa, {"status": "hide", "comment": "show", **value}, now, now + self.verify_seconds, subject
        )
        self.jobs[token] = job
        self.world.event("zalo", "accepted", subject or "new article")
        return job

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
        pictures: dict[str, Blob] = {}
        for url in _addresses(job.value):
            blob = pictures.get(url) or self._fetch(url)
            if blob is None:
                job.reason = self._reason(url)
                job.state = "failed"
                self.world.event("zalo", "refused", job.article or "new article", reason=job.reason)
                return
            pictures[url] = blob
        with self.world.lock:
            self._apply(job, pictures)

    def _fetch(self, url: str) -> Blob | None:
        failed = self.failures.setdefault(url, Failures())
        now = self.world.now()
        if failed.count >= MOST_FAILURES and now < failed.last + FAILURE_REST:
            return None
        payload = fetch(url, MOST_PICTURE)
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

    def _apply(self, job: Job, pictures: dict[str, Blob]) -> None:
        if job.article:
            article = self.articles.get(job.article)
            if article is None:
                job.state, job.reason = "failed", "id is invalid"
                return
            article.value, article.pictures, article.updated = job.value, pictures, job.ready
            self.world.event("zalo", "edited", article.id, at=job.ready)
        else:
            job.article = secrets.token_hex(10)
            article = Article(job.article, job.oa, job.ready, job.ready, job.value, pictures)
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
            "thumb": article.value["cover"].get("photo_url", ""),
            "link_view": article.url,
        }

    def detail(self, article: Article) -> dict[str, Any]:
        return {"id": article.id, **article.value, "cite": "", "link_view": article.url}

    def shown(self, article: Article) -> dict[str, Any]:
        """One article as the sandbox's own listing shows it."""
        value = article.value
        return {
            "platform": "zalo",
            "account": article.oa,
            "account_name": self.names[article.oa],
            "kind": value["type"],
            "id": article.id,
            "url": article.url,
            **{name: value.get(name, "") for name in ("title", "author", "description", "status", "comment")},
            "tracking_link": value.get("tracking_link", ""),
            "related_medias": value.get("related_medias", []),
            "cover": {**value["cover"], **self._picture(article, value["cover"].get("photo_url", ""))},
            "body": [{**item, **self._picture(article, _picture_url(item))} for item in value["body"]],
            "created_at": article.created,
            "updated_at": article.updated,
            "published_at": article.published if article.is_public else None,
        }

    def _picture(self, article: Article, url: str) -> dict[str, Any]:
        return article.pictures[url].shown() if url in article.pictures else {}


def _picture_url(item: Mapping[str, Any]) -> str:
    return str({"image": item.get("url"), "video": item.get("thumb")}.get(str(item["type"])) or "")


def _addresses(value: Mapping[str, Any]) -> list[str]:
    """Every picture the article needs, in order."""
    found = [value["cover"].get("photo_url", ""), *(_picture_url(item) for item in value["body"])]
    return [url for url in found if url]
