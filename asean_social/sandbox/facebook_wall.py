"""The posts and photos of the Pages: what is staged, what is public, and how each looks when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from asean_social.sandbox.facebook_rules import (
    check_media,
    check_past,
    check_post,
    check_tags,
    check_text,
    check_window,
)
from asean_social.sandbox.graph import gone, refuse
from asean_social.sandbox.world import Blob, World, newest_first

PHOTO_LIFE = 86_400  # seconds an unpublished photo is kept
BOOKKEEPING = frozenset(
    [
        "access_token",
        "appsecret_proof",
        "appsecret_time",
        "attached_media",
        "caption",
        "fields",
        "format",
        "is_published",
        "link",
        "locale",
        "message",
        "name",
        "pretty",
        "published",
        "scheduled_publish_time",
        "temporary",
        "unpublished_content_type",
        "url",
    ]
)
# parameters of a post that its node shows in another shape, or not at all
RESHAPED = frozenset({"tags", "place", "privacy", "actions", "properties"})


@dataclass(slots=True)
class Photo:
    id: str
    page: str
    blob: Blob
    caption: str
    alt: str
    created: float
    temporary: bool = False
    post: str = ""  # the post that shows it or will show it
    public: bool = False
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Post:
    id: str
    page: str
    created: float
    message: str = ""
    link: str = ""
    photos: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    content_type: str = ""
    scheduled: int | None = None
    published: float | None = None  # when it became public
    updated: float = 0.0
    lone_photo: bool = False  # made by the photos edge: the photo is the post
    feed: bool = True  # False for no_story
    ours: bool = True  # made by this app; another app's posts cannot be changed

    @property
    def kind(self) -> str:
        if self.photos:
            return "photo" if len(self.photos) == 1 else "album"
        return "link" if self.link else "text"

    @property
    def url(self) -> str:
        return f"https://www.facebook.com/{self.page}/posts/{self.id.partition('_')[2]}"


class Wall:
    def __init__(self, world: World, names: Mapping[str, str]) -> None:
        self._world = world
        self._names = names  # of the Pages, by id
        self.posts: dict[str, Post] = {}
        self.photos: dict[str, Photo] = {}

    # -- writing -----------------------------------------------------------------------------------------------

    def add_post(self, page: str, values: Mapping[str, Any]) -> Post:
        now = self._world.now()
        check_post(values, now)
        media = self._media(page, values)
        post = Post(
            f"{page}_{self._id()}", page, now, values.get("message", ""), values.get("link", ""), media
        )
        post.options = _options(values)
        post.scheduled = values.get("scheduled_publish_time")
        post.content_type = values.get("unpublished_content_type", "")
        self._enter(post)
        if values.get("published", True):
            self._publish(post, now)
        return post

    def _media(self, page: str, values: Mapping[str, Any], owner: str = "") -> list[str]:
        chosen = [str(one["media_fbid"]) for one in values.get("attached_media", [])]
        for one in chosen:
            photo = self.photos.get(one)
            if photo is None or photo.page != page:
                raise refuse(100, f"(#100) Invalid media_fbid {one}")
            if photo.public or photo.post not in ("", owner) or chosen.count(one) > 1:
                raise refuse(100, subcode=1366051)
            if "scheduled_publish_time" in values and not photo.temporary:
                raise refuse(100, "(#100) Photos of a scheduled post must be temporary")
        return chosen

    def _enter(self, post: Post) -> None:
        post.updated = post.created
        self.posts[post.id] = post
        for one in post.photos:
            self.photos[one].post = post.id
        self._world.event("facebook", "created", post.id, kind=post.kind)

    def add_photo(self, page: str, blob: Blob, values: Mapping[str, Any]) -> Photo:
        now = self._world.now()
        caption = values.get("caption") or values.get("message") or values.get("name") or ""
        photo = Photo(self._id(), page, blob, caption, values.get("alt_text_custom", ""), now)
        photo.temporary = values.get("temporary", False)
        photo.options = _options(values)
        self.photos[photo.id] = photo
        self._world.event("facebook", "created", photo.id, kind="photo", bytes=blob.size)
        scheduled = values.get("scheduled_publish_time")
        if values.get("published", True) or scheduled is not None:
            post = Post(
                f"{page}_{self._id()}", page, now, caption, photos=[photo.id], options=dict(photo.options)
            )
            post.lone_photo, post.scheduled = True, scheduled
            post.feed = not values.get("no_story", False)
            self._enter(post)
            if scheduled is None:
                self._publish(post, now)
        return photo

    def edit(self, post: Post, values: Mapping[str, Any]) -> None:
        now = self._world.now()
        check_text(values)
        check_media(values)
        check_past(values, now)
        check_tags({**post.options, **values} if "tags" in values else {})
        self._check_edit(post, values)
        if "attached_media" in values:
            self._exchange(post, values)
        if "scheduled_publish_time" in values:
            self._schedule(post, values["scheduled_publish_time"], now)
        post.message = values.get("message", post.message)
        post.options |= _options(values)
        post.updated = now
        if "message" in values or "attached_media" in values or _options(values):
            self._world.event("facebook", "edited", post.id)
        if values.get("is_published") and post.published is None:
            self._publish(post, now)

    def _check_edit(self, post: Post, values: Mapping[str, Any]) -> None:
        if not post.ours:
            raise refuse(200, "(#200) The post was not made by this app")
        if values.get("is_published") is False and post.published is not None:
            raise refuse(100, "(#100) A published post cannot be unpublished")
        if values.get("is_published") and "scheduled_publish_time" in values:
            raise refuse(100, "(#100) You cannot specify a scheduled publish time on a published post")
        if not (
            values.get("message", post.message) or post.link or values.get("attached_media", post.photos)
        ):
            raise refuse(197)  # its photos may have expired meanwhile

    def _exchange(self, post: Post, values: Mapping[str, Any]) -> None:
        if post.published is not None:
            raise refuse(100, "(#100) attached_media of a published post cannot be changed")
        fresh = self._media(post.page, values, post.id)
        for one in post.photos:
            self.photos[one].post = ""
        post.photos = fresh
        for one in fresh:
            self.photos[one].post = post.id

    def _schedule(self, post: Post, moment: int, now: float) -> None:
        if post.published is not None:
            raise refuse(100, "(#100) You cannot specify a scheduled publish time on a published post")
        check_window(moment, now)
        post.scheduled, post.content_type = moment, "SCHEDULED"
        self._world.event("facebook", "scheduled", post.id, due=moment)

    def _publish(self, post: Post, at: float) -> None:
        self._drop_expired(at)
        post.published, post.content_type = at, ""
        if post.scheduled is not None:
            post.created, post.scheduled = at, None
        post.updated = at
        for one in post.photos:
            self.photos[one].public = True
        self._world.event("facebook", "public", post.id, at=at, kind=post.kind)

    def remove_post(self, post: Post) -> None:
        for one in post.photos:
            if post.published is not None or post.lone_photo:
                self._forget(one)
            else:
                self.photos[one].post = ""
        del self.posts[post.id]
        self._world.event("facebook", "deleted", post.id)

    def remove_photo(self, photo: Photo) -> None:
        post = self.posts.get(photo.post)
        if post is not None and post.lone_photo:
            self.remove_post(post)
            return
        if post is not None:
            post.photos.remove(photo.id)
        self._forget(photo.id)

    def _forget(self, photo: str, what: str = "deleted", at: float | None = None) -> None:
        del self.photos[photo]
        self._world.event("facebook", what, photo, at=at)

    def settle(self) -> None:
        now = self._world.now()
        due = [post for post in self.posts.values() if post.scheduled is not None and post.scheduled <= now]
        for post in sorted(due, key=lambda one: one.scheduled or 0):
            self._publish(post, float(post.scheduled or 0))
        self._drop_expired(now)

    def _drop_expired(self, now: float) -> None:
        for photo in list(self.photos.values()):
            if photo.public or now < photo.created + PHOTO_LIFE or self._is_awaited(photo):
                continue
            if photo.post in self.posts:
                self.posts[photo.post].photos.remove(photo.id)
            self._forget(photo.id, "expired", photo.created + PHOTO_LIFE)

    def _is_awaited(self, photo: Photo) -> bool:
        """Whether Facebook keeps the photo longer, for a scheduled post."""
        post = self.posts.get(photo.post)
        return post is not None and post.scheduled is not None and (photo.temporary or post.lone_photo)

    def _id(self) -> str:
        # beyond 2**53, as real ids are: a client that reads them as numbers loses digits
        return str(122_100_000_000_000_001 + 7 * self._world.number())

    # -- reading -----------------------------------------------------------------------------------------------

    def post(self, subject: str, page: str, method: str = "get") -> Post:
        found = self.posts.get(subject)
        if found is None or found.page != page:
            raise gone(subject, method)
        return found

    def photo(self, subject: str, page: str, method: str = "get") -> Photo:
        found = self.photos.get(subject)
        if found is None or found.page != page:
            raise gone(subject, method)
        return found

    def posts_of(self, page: str) -> list[Post]:
        """Newest first."""
        mine = [post for post in self.posts.values() if post.page == page and post.feed]
        return newest_first(mine)

    def photos_of(self, page: str) -> list[Photo]:
        mine = [photo for photo in self.photos.values() if photo.page == page and photo.public]
        return newest_first(mine)

    def post_node(self, post: Post) -> dict[str, Any]:
        seen = post.published is not None
        node = {
            **{name: worth for name, worth in post.options.items() if name not in RESHAPED},
            "id": post.id,
            "message": post.message or None,
            "created_time": stamp(post.created),
            "updated_time": stamp(post.updated),
            "is_published": seen,
            "is_hidden": post.options.get("is_hidden", False),
            "is_expired": False,
            "from": {"name": self._names[post.page], "id": post.page},
            "permalink_url": post.url,
            "status_type": {"link": "shared_story", "text": "mobile_status_update"}.get(
                post.kind, "added_photos"
            ),
            "scheduled_publish_time": post.scheduled,
            "promotable_id": post.id,
            "timeline_visibility": post.options.get("timeline_visibility", "normal"),
            "attachments": self._attachments(post),
            **{edge: {"data": []} for edge in ("comments", "likes", "reactions", "sharedposts")},
        }
        if "place" in post.options:
            place = post.options["place"]
            node["place"] = place if isinstance(place, dict) else {"id": place}
        if "backdated_time" in post.options:
            node["backdated_time"] = stamp(post.options["backdated_time"])
        return node

    def _attachments(self, post: Post) -> dict[str, Any] | None:
        photos = [self._photo_attachment(self.photos[one]) for one in post.photos]
        if len(photos) > 1:
            album = {"media_type": "album", "type": "album", "target": photos[0]["target"], "url": post.url}
            return {"data": [{**album, "subattachments": {"data": photos}}]}
        if photos:
            return {"data": photos}
        if not post.link:
            return None
        shim = "https://l.facebook.com/l.php?u=" + quote(post.link, safe="")
        title = urlsplit(post.link).hostname
        card = {
            "media_type": "link",
            "type": "share",
            "title": title,
            "unshimmed_url": post.link,
            "url": shim,
        }
        return {"data": [{**card, "target": {"url": shim}}]}

    def _photo_attachment(self, photo: Photo) -> dict[str, Any]:
        url = _photo_url(photo)
        image = {"height": photo.blob.height, "width": photo.blob.width, "src": url}
        return {
            "media_type": "photo",
            "type": "photo",
            "description": photo.caption,
            "media": {"image": image},
            "target": {"id": photo.id, "url": url},
            "url": url,
        }

    def photo_node(self, photo: Photo) -> dict[str, Any]:
        url = _photo_url(photo)
        return {
            "id": photo.id,
            "name": photo.caption or None,
            "alt_text": photo.alt or "May be an image",
            "alt_text_custom": photo.alt or None,
            "created_time": stamp(photo.created),
            "updated_time": stamp(photo.created),
            "from": {"name": self._names[photo.page], "id": photo.page},
            "height": photo.blob.height,
            "width": photo.blob.width,
            "images": [{"height": photo.blob.height, "width": photo.blob.width, "source": url}],
            "link": url,
            "picture": url,
            "page_story_id": photo.post if photo.public else None,
            **{edge: {"data": []} for edge in ("comments", "likes")},
        }

    def shown(self, post: Post) -> dict[str, Any]:
        """One post as the sandbox's own listing shows it."""
        return {
            "platform": "facebook",
            "account": post.page,
            "account_name": self._names[post.page],
            "kind": post.kind,
            "id": post.id,
            "url": post.url,
            "text": post.message,
            "link": post.link,
            "photos": [self._shown_photo(self.photos[one]) for one in post.photos],
            "options": post.options,
            "created_at": post.created,
            "published_at": post.published,
            "scheduled_at": post.scheduled,
        }

    def loose(self, photo: Photo) -> dict[str, Any]:
        """A staged photo that no post holds."""
        return {
            "platform": "facebook",
            "account": photo.page,
            "account_name": self._names[photo.page],
            "kind": "unattached-photo",
            "id": photo.id,
            "url": "",
            "text": photo.caption,
            "photos": [self._shown_photo(photo)],
            "options": photo.options,
            "created_at": photo.created,
            "published_at": None,
        }

    def _shown_photo(self, photo: Photo) -> dict[str, Any]:
        return {
            "id": photo.id,
            "caption": photo.caption,
            "alt_text": photo.alt,
            "temporary": photo.temporary,
            "options": photo.options,
            **photo.blob.shown(),
        }


def _photo_url(photo: Photo) -> str:
    return f"https://www.facebook.com/photo.php?fbid={photo.id}"


def _options(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: worth for name, worth in values.items() if name not in BOOKKEEPING}


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
