"""Comments of a Page under its posts and films.

Sources: https://developers.facebook.com/docs/pages-api/comments-mentions,
https://developers.facebook.com/docs/graph-api/reference/object/comments.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asean_social.sandbox.facebook_access import PageAccount
from asean_social.sandbox.facebook_films import Films
from asean_social.sandbox.facebook_rules import check_length, check_photo_bytes
from asean_social.sandbox.facebook_wall import Wall, stamp
from asean_social.sandbox.graph import gone, refuse
from asean_social.sandbox.multipart import Part
from asean_social.sandbox.pictures import is_clean_url
from asean_social.sandbox.world import World

Sees = Callable[[float], bool]  # whether a request that lags behind sees what was made at that time
COMMENT_DEFAULT = "id,created_time,from,message"
ADDRESSES = ("attachment_url", "attachment_share_url")
ATTACHED = ("attachment_id", *ADDRESSES)


class Comments:
    def __init__(self, world: World, wall: Wall, films: Films) -> None:
        self._world, self._wall, self._films = world, wall, films
        self._by_post: dict[str, list[tuple[float, dict[str, Any]]]] = {}

    def of(self, post: str) -> list[dict[str, Any]]:
        return [one for _, one in self._by_post.get(post, [])]

    def add(
        self, subject: str, page: PageAccount, values: Mapping[str, Any], files: Sequence[Part], sees: Sees
    ) -> dict[str, Any]:
        if not (files or values.get("message", "").strip() or any(name in values for name in ATTACHED)):
            raise refuse(100, "(#100) Message and attachment cannot both be empty")
        check_length(values, "message")
        attachment = self._attachment(page.id, values, files)
        post, now = self._visible(subject, page.id, "post", sees), self._world.now()
        made = {
            "id": f"{post.partition('_')[2]}_{self._world.number() + 10**12}",
            "message": values.get("message", ""),
            "created_time": stamp(now),
            "from": {"id": page.id, "name": page.name},
            **({"attachment": attachment} if attachment else {}),
        }
        self._by_post.setdefault(post, []).append((now, made))
        self._world.event("facebook", "commented", post, comment=made["id"])
        return made

    def _attachment(self, page: str, values: Mapping[str, Any], files: Sequence[Part]) -> dict[str, Any]:
        for name in ADDRESSES:
            if name in values and not is_clean_url(values[name]):
                raise refuse(100, subcode=2061006)
        if "attachment_id" in values:
            self._wall.photo(values["attachment_id"], page, "post")
        if files:
            if [one.name for one in files] != ["source"]:
                raise refuse(100, "(#100) A comment carries one part source")
            check_photo_bytes(files[0].payload)
            return {"type": "photo"}
        url = next((values[name] for name in ADDRESSES if name in values), "")
        return (
            {"type": "share", "url": url} if url else {"type": "photo"} if "attachment_id" in values else {}
        )

    def listed(self, subject: str, page: str, values: Mapping[str, Any], sees: Sees) -> list[dict[str, Any]]:
        post, since = self._visible(subject, page, "get", sees), values.get("since", 0)
        found = [one for at, one in self._by_post.get(post, []) if at >= since and sees(at)]
        return found[::-1] if values.get("order") == "reverse_chronological" else found

    def _visible(self, subject: str, page: str, method: str, sees: Sees) -> str:
        """The post, if everybody sees it."""
        film = next((one for one in self._films.films.values() if one.post == subject), None)
        published = film.published if film and film.page == page else None
        if published is None:
            published = self._wall.post(subject, page, method).published
        if published is None:
            raise refuse(100, "(#100) The post is not published")
        if not sees(published):
            raise gone(subject, method)
        return subject
