"""A stand-in for openapi.zalo.me and oauth.zaloapp.com: official accounts and their articles.

Sources: https://github.com/zaloplatform (Zalo's own SDKs), https://developers.zalo.me/docs/official-account.
"""

import hashlib
import hmac
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from asean_social.sandbox.contract import contract
from asean_social.sandbox.platform import Call, Platform, Route, route
from asean_social.sandbox.refusals import Refusals
from asean_social.sandbox.wire import Answer, Refusal, Request
from asean_social.sandbox.world import World
from asean_social.sandbox.zalo_articles import Article, Press
from asean_social.sandbox.zalo_broadcasts import Broadcasts
from asean_social.sandbox.zalo_rules import check_article, check_query, invalid, json_body, refuse
from asean_social.sandbox.zalo_settings import Settings
from asean_social.sandbox.zalo_videos import Clips

ACCESS_LIFE = 90_000  # seconds: 25 hours
REFRESH_LIFE = 90 * 86_400  # seconds: three months
PER_MINUTE = 4000
DOCS = "https://developers.zalo.me/docs"


@dataclass(slots=True)
class OaAccount:
    id: str
    name: str
    first: tuple[str, str]  # the pair its chain begins with
    access: str = ""
    refresh: str = ""
    issued: float = 0.0
    retired: set[str] = field(default_factory=set)  # access tokens that were good once


class Zalo(Platform):
    name: ClassVar[str] = "zalo"
    prefixes: ClassVar[tuple[str, ...]] = ("zalo", "zalo-oauth")
    operations: ClassVar[frozenset[str]] = frozenset(contract("zalo")["endpoints"])
    app_id = "4400000000000000001"

    def __init__(self, world: World, verify_seconds: float, settings: Settings | None = None) -> None:
        self.secret_key = world.secret("zalo-app-")
        self.accounts = {
            "hue-asean": OaAccount(
                "1000000000000000001", "Huế – ASEAN", (world.secret("AT-"), world.secret("RT-"))
            ),
            "other": OaAccount("1000000000000000002", "OA khác", (world.secret("AT-"), world.secret("RT-"))),
        }
        self._at_start = settings or Settings()
        self.settings = Settings()
        self.refusals = Refusals()
        self.clips = Clips(world, self.settings, verify_seconds)
        names = {one.id: one.name for one in self.accounts.values()}
        self.press = Press(world, names, verify_seconds, self.settings, self.clips)
        self.broadcasts = Broadcasts(world, self.press, self.settings)
        self._calls: Counter[str] = Counter()  # in this minute, by part of the API
        super().__init__(world)
        self.clear()

    def clear(self) -> None:
        self.settings.become(deepcopy(self._at_start))
        for one in (self.refusals, self.clips, self.press, self.broadcasts, self._calls):
            one.clear()
        self._minute = 0
        for account in self.accounts.values():
            account.access, account.refresh = account.first
            account.issued = self.world.now()
            account.retired.clear()

    def table(self) -> list[Route]:
        article = "/v2.0/article/"
        return [
            route("zalo-oauth", "POST", "/v4/oa/access_token", "oauth.token", self._token),
            route("zalo", "GET", "/v2.0/oa/getoa", "oa.get", self._oa),
            route("zalo", "POST", article + "create", "article.create", self._create),
            route("zalo", "POST", article + "update", "article.update", self._update),
            route("zalo", "POST", article + "verify", "article.verify", self._verify_job),
            route("zalo", "POST", article + "remove", "article.remove", self._remove),
            route("zalo", "GET", article + "getdetail", "article.getdetail", self._detail),
            route("zalo", "GET", article + "getslice", "article.getslice", self._slice),
            route("zalo", "POST", article + "upload_video/preparevideo", "video.prepare", self._prepare),
            route("zalo", "GET", article + "upload_video/verify", "video.verify", self._video),
            route("zalo", "POST", "/v2.0/oa/message", "broadcast", self._broadcast),
        ]

    # -- refusals on order -------------------------------------------------------------------------------------

    def refuse_next(self, operation: str, code: int | None, message: str = "", times: int = 1) -> None:
        """Let the next requests of one kind meet this error of the contract. Raises ValueError if there is none.

        None is an error of the token endpoint that has a text but no number.
        """
        if operation not in self.operations:
            raise ValueError(f"operation {operation!r} is none of {sorted(self.operations)}")
        if operation == "oauth.token":
            known = {one["code"]: one["meaning"] for one in contract("zalo")["oauth_errors"]}
            text = known.get("text_only" if code is None else code)
        else:
            text = contract("zalo")["errors"].get(str(code))
        if text is None:
            raise ValueError(f"the contract knows no error {code} of {operation}")
        refusal = (
            _oauth_error(message or text, code) if operation == "oauth.token" else refuse(code or 0, message)
        )
        self.refusals.order(operation, refusal.answer, times)

    def answer(self, request: Request, call: Call | None) -> Answer:
        refused = self.refusals.take(call.operation) if call else None
        return self.dressed(request, refused) if refused else super().answer(request, call)

    # -- tokens ------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.read(1 << 16).decode("utf-8", "replace"), keep_blank_values=True))
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded" or set(form) - {
            "grant_type",
            "refresh_token",
            "app_id",
        }:
            raise _oauth_error("Invalid parameter")
        if form.get("grant_type") != "refresh_token":
            raise _oauth_error("Invalid grant", -118)
        if form.get("app_id") != self.app_id:
            raise _oauth_error("Invalid app id")  # seen without a number
        if not hmac.compare_digest(request.headers.get("secret_key", "").encode(), self.secret_key.encode()):
            raise _oauth_error("Invalid secret key")
        return self._rotate(form.get("refresh_token", ""))

    def _rotate(self, token: str) -> Answer:
        """A new pair; the old refresh token and the old access token die at once."""
        now = self.world.now()
        with self.world.lock:
            account = next((one for one in self.accounts.values() if token and one.refresh == token), None)
            if account is None or now >= account.issued + REFRESH_LIFE:
                raise _oauth_error("Invalid refresh token", -14014)
            account.retired.add(account.access)
            account.access, account.refresh = self.world.secret("AT-"), self.world.secret("RT-")
            account.issued = now
        self.world.event(self.name, "token", account.id)
        pair = {"access_token": account.access, "refresh_token": account.refresh}
        return Answer.json({**pair, "expires_in": str(ACCESS_LIFE)})

    def _caller(self, request: Request) -> OaAccount:
        token = request.headers.get("access_token", "")
        account = next((one for one in self.accounts.values() if token and one.access == token), None)
        if account is None:
            known = any(token in one.retired for one in self.accounts.values())
            raise (
                refuse(-220, "Access token has expired") if known else refuse(-216, "Access token is invalid")
            )
        if self.world.now() >= account.issued + ACCESS_LIFE:
            raise refuse(-220, "Access token has expired")
        self._prove(request.headers.get("appsecret_proof"), token)
        self._count_call(request)
        return account

    def _prove(self, proof: str | None, token: str) -> None:
        right = hmac.new(self.secret_key.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof is not None and not hmac.compare_digest(proof.encode(), right.encode()):
            raise refuse(-242, "appsecret_proof is invalid")

    def _count_call(self, request: Request) -> None:
        """Both parts of the API have a limit of their own."""
        minute = int(self.world.now() // 60)
        with self.world.lock:
            if minute != self._minute:
                self._minute = minute
                self._calls.clear()
            self._calls[_part(request)] += 1
            if self._calls[_part(request)] > PER_MINUTE:
                raise refuse(-32, "Your application has reached the limit of requests per minute")

    def _publisher(self, request: Request) -> OaAccount:
        """The caller, if the account may publish at all."""
        account = self._caller(request)
        if not self.settings.authorised:
            raise refuse(-223, "OA has not authorised this API to the application")
        if not self.settings.packaged:
            raise refuse(-224)
        return account

    # -- the calls ---------------------------------------------------------------------------------------------

    def _oa(self, request: Request) -> Answer:
        account = self._caller(request)
        if request.query:
            raise invalid(request.query[0][0])
        return _good(
            {
                "oaid": account.id,
                "name": account.name,
                "description": "",
                "oa_alias": "hueasean",
                "is_verified": self.settings.verified,
                "oa_type": 4,
                "cate_name": "Cơ quan nhà nước",
                "num_follower": 1234,
                "avatar": "",
                "cover": "",
                "package_name": "Nâng cao",
                "package_valid_through_date": "31/12/2027",
                "package_auto_renew_date": "",
                "linked_ZCA": "",
            }
        )

    def _create(self, request: Request) -> Answer:
        return self._order(request, "article.create")

    def _update(self, request: Request) -> Answer:
        return self._order(request, "article.update")

    def _order(self, request: Request, operation: str) -> Answer:
        account = self._publisher(request)
        value = json_body(request, operation)
        check_article(value, operation)
        with self.world.lock:
            return _good({"token": self.press.order(account.id, value).token})

    def _verify_job(self, request: Request) -> Answer:
        account = self._caller(request)
        value = json_body(request, "article.verify")
        with self.world.lock:
            made = self.press.verify(account.id, value.get("token"))
            if not request.sees(self.press.article(account.id, made).created):
                raise refuse(-214, "Article is being processed")
            return _good({"id": made})

    def _remove(self, request: Request) -> Answer:
        account = self._caller(request)
        value = json_body(request, "article.remove")
        with self.world.lock:
            self.press.remove(self.press.article(account.id, value.get("id")))
        return Answer.json({"error": 0, "message": "Success"})

    def _detail(self, request: Request) -> Answer:
        account = self._caller(request)
        asked = check_query(request, "article.getdetail")
        with self.world.lock:
            article = self.press.article(account.id, asked["id"])
            if not request.sees(article.created):
                raise invalid("id")
            return _good(self.press.detail(article))

    def _slice(self, request: Request) -> Answer:
        account = self._caller(request)
        asked = check_query(request, "article.getslice")
        with self.world.lock:
            every: list[Article] = self.press.listed(account.id, asked["type"])
            found = [one for one in every if request.sees(one.created)]
            shown = found[asked["offset"] : asked["offset"] + asked["limit"]]
            return _good({"total": len(found), "medias": [self.press.row(one) for one in shown]})

    def _prepare(self, request: Request) -> Answer:
        account = self._publisher(request)
        return _good({"token": self.clips.take(account.id, request)})

    def _video(self, request: Request) -> Answer:
        account = self._caller(request)
        with self.world.lock:
            return _good(self.clips.told(account.id, request))

    def _broadcast(self, request: Request) -> Answer:
        account = self._publisher(request)
        value = json_body(request, "broadcast")
        with self.world.lock:
            return _good({"message_id": self.broadcasts.send(account.id, value)})

    # -- as a platform -----------------------------------------------------------------------------------------

    def dressed(self, request: Request, answer: Answer) -> Answer:
        if request.prefix == "zalo":
            answer.headers.setdefault("X-RateLimit-Limit", str(PER_MINUTE))
            answer.headers.setdefault(
                "X-RateLimit-Remain", str(max(0, PER_MINUTE - self._calls[_part(request)]))
            )
        return answer

    def nowhere(self, request: Request) -> Answer:
        del request
        return refuse(-209, "path is not supported", 404).answer

    def broken(self) -> Answer:
        return Answer(500, b"<html><body>Internal Server Error</body></html>", "text/html; charset=UTF-8")

    def throttled(self, request: Request, seconds: float) -> Answer:
        del seconds  # Zalo does not say how long
        answer = refuse(-32, "Your application has reached the limit of requests per minute").answer
        answer.headers["X-RateLimit-Remain"] = "0"
        return self.dressed(request, answer)

    def expire(self, request: Request) -> Answer | None:
        for one in self.accounts.values():
            if one.access == request.headers.get("access_token"):
                one.retired.add(one.access)
                one.access = ""
        return None

    def revoke(self) -> None:
        with self.world.lock:
            for one in self.accounts.values():
                one.access, one.refresh = self.world.secret("AT-"), self.world.secret("RT-")
                one.issued = self.world.now()

    def settle(self) -> None:
        self.press.settle()
        with self.world.lock:
            self.broadcasts.settle()

    def public(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [self._shown(one) for one in self.press.articles.values() if one.is_public]

    def hidden(self) -> list[dict[str, Any]]:
        with self.world.lock:
            return [self._shown(one) for one in self.press.articles.values() if not one.is_public]

    def _shown(self, article: Article) -> dict[str, Any]:
        return self.press.shown(article) | {"broadcasts": self.broadcasts.shown(article.id)}


def _part(request: Request) -> str:
    return "article" if "/article/" in request.path else "oa"


def _good(value: dict[str, Any]) -> Answer:
    return Answer.json({"error": 0, "message": "Success", "data": value})


def _oauth_error(name: str, code: int | None = None) -> Refusal:
    """The other family of errors: HTTP 200, other field names, and often no number."""
    body = {"error_name": name, "error_reason": name, "error_description": name, "ref_doc": DOCS}
    return Refusal(Answer.json(body if code is None else {"error": code, **body}))
