"""One turn of one follow-up under a claim: look whether it is done, do it, record how that went."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asean_social import decisions, follow_ups
from asean_social.errors import AuthFailed, PublishError, Rejected, UserError
from asean_social.follow_ups import BROADCAST, DISCARD, DO, LOOK, End
from asean_social.publishers.base import After, Publisher
from asean_social.publishers.http import unheard
from asean_social.records import Delivery, FollowUp, Stopped
from asean_social.states import State

if TYPE_CHECKING:
    from asean_social.desk import Desk


class Errand:
    def __init__(self, desk: "Desk", claim: FollowUp) -> None:
        self.desk, self.claim, self.policy = desk, claim, desk.policy
        self._step = claim.step
        self._doing = False  # the next request may be the one that is not to be repeated

    def run(self) -> None:
        """Raises LeaseLost, LedgerError."""
        delivery = self.desk.ledger.delivery(self.claim.delivery)
        assert delivery is not None
        try:
            end = self._discard(delivery) if self.claim.kind == DISCARD else self._follow(delivery)
        except Stopped:
            end = End("waiting", self._now(), self._step, "waiting.stopped")
        looked = self._step == LOOK and end.state == "waiting" and end.step == LOOK
        self.desk.ledger.end_follow_up(
            self.claim, end, self._now(), looks=self.claim.looks + 1 if looked else 0
        )
        self.desk.listener.followed(delivery, self.claim.kind, end)

    # -- what follows publication --------------------------------------------------------------------------------

    def _follow(self, delivery: Delivery) -> End:
        after = After(self.claim.kind, self.claim.payload)
        try:
            publisher = self._open(delivery)
            if self._step == LOOK:
                found = publisher.followed(after, delivery.remote_id or "")
                return follow_ups.after_look(found, self.claim.looks, self._now(), self.policy)
            ready = self._broadcast(delivery, after, publisher) if after.kind == BROADCAST else after
            if isinstance(ready, End):
                return ready
            self._doing = True
            made = publisher.follow(ready, delivery.remote_id or "")
        except UserError as error:
            return End("waiting", self._later(), self._step, error.code, error.values)
        except PublishError as error:
            return self._fault(delivery, error)
        return End("done", self._now(), self._step, remote_id=made)

    def _fault(self, delivery: Delivery, error: PublishError) -> End:
        now, name = self._now(), f"{delivery.platform}/{delivery.account}"
        end = follow_ups.after_fault(
            error, self.claim.step, self.claim.tries, now, self.policy, self.desk.jitter
        )
        until = decisions.leave_alone_until(error, now)
        if isinstance(error, AuthFailed) and end.state == "waiting":
            self.desk.ledger.pause(name, error.code, error.values, now)
        elif until is not None and not error.values.get("quota"):
            self.desk.ledger.pause(name, error.code, error.values, now, until)
        return end

    def _broadcast(self, delivery: Delivery, after: After, publisher: Publisher) -> After | End:
        """The same with the ids of its articles, once its hour has come; else what stands in its way."""
        options, now = dict(after.options), self._now()
        at = options.pop("at", None)
        wanted = datetime.fromisoformat(at) if at else None
        end = follow_ups.broadcast_hour(wanted, options.pop("late", "hold"), now)
        if end is not None:
            return end
        articles = [delivery.remote_id or ""]
        for post in options.pop("with", ()):
            found = self.desk.ledger.published_as(delivery.campaign, post, delivery.channel)
            if found is None:
                return End("waiting", self._later(), DO, "follow-up.waits-for-post", {"post": post})
            articles.append(found)
        quota = publisher.quotas.get("broadcasts")
        if quota and self.desk.ledger.left(publisher.quota_owner, "broadcasts", quota, now) < 1:
            why = {"most": quota.most, "until": quota.ends(now)}
            return End("held", now, DO, "follow-up.quota", why)
        return After(after.kind, {**options, "articles": articles})

    # -- invisible objects that are not wanted any more ----------------------------------------------------------

    def _discard(self, delivery: Delivery) -> End:
        now = self._now()
        if delivery.state == State.STAGING and delivery.leased(now):
            # whoever prepares it may still be making what is to be removed
            return End("waiting", now + timedelta(seconds=self.policy.lease))
        try:
            payload = self.claim.payload
            pieces = self.desk.ledger.pieces(self.claim.delivery, payload["generation"])
            publisher = self.desk.opener(payload["platform"], payload["account"], self._guard, unheard)
            publisher.discard(pieces)
        except (PublishError, UserError) as error:
            again = now + decisions.backoff(self.claim.tries, self.policy, self.desk.jitter)
            final = isinstance(error, Rejected) or self.claim.tries + 1 >= self.policy.tries
            return End("held" if final else "waiting", again, DO, error.code, error.values)
        return End("done", now)

    # -- small things --------------------------------------------------------------------------------------------

    def _open(self, delivery: Delivery) -> Publisher:
        return self.desk.opener(delivery.platform, delivery.account, self._guard, unheard)

    def _guard(self) -> None:
        """Just before each request: still ours, and not to stop. From here on it may have been done."""
        if self.desk.stopping():
            raise Stopped
        if self._doing:
            self._step = LOOK
        until = self._now() + timedelta(seconds=self.policy.lease)
        self.desk.ledger.renew_follow_up(self.claim, until, self._step)

    def _later(self) -> datetime:
        return self._now() + timedelta(seconds=self.policy.backoff)

    def _now(self) -> datetime:
        return self.desk.clock.now()
