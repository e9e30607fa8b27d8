"""Which time each post gets that `retime` names, and what is said of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from asean_social.errors import UserError
from asean_social.lang import HOME
from asean_social.moments import Unfit, moment, seconds
from asean_social.states import BEGINNING, IN_FLIGHT

if TYPE_CHECKING:
    from asean_social.campaign import Campaign
    from asean_social.cli.acting import Person
    from asean_social.records import Delivery

ZONE = ZoneInfo(HOME)


class Moves:
    def __init__(self, person: "Person", at: str, by: str, every: str, *, next_free: bool) -> None:
        """Raises UserError for what is no time, and unless exactly one of `at`, `by`, `next_free` is given."""
        if sum(map(bool, (at, by, next_free))) != 1:
            raise UserError("retime.which-time")
        self._person, self._next_free = person, next_free
        try:
            self._at = moment(at, ZONE) if at else None
            self._by = _length(by) if by else timedelta()
            self._gap = _length(every) if every else timedelta(seconds=person.policy.spacing)
        except Unfit as error:
            raise UserError(error.code, **error.values) from None

    def sync(self) -> None:
        """What the campaign files say now comes first; what the person says then holds against it."""
        from asean_social import sync

        person = self._person
        paths, root = person.project.paths, person.project.root
        self._loaded = sync.read(paths, root, person.now)
        sync.sync(person.ledger, self._loaded, paths, root, person.now, person.policy, person.name)

    def times(self, rows: "Sequence[Delivery]") -> dict[str, datetime]:
        """By key. On one account they keep their distance to each other and to all that is still to come there."""
        from asean_social import acts

        found: dict[str, datetime] = {}
        by_account: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
        for row in rows:
            by_account[row.platform, row.account].append(row)
        for account, own in by_account.items():
            taken = self._taken(account, {row.key for row in rows})
            if self._next_free:
                found |= self._free(own, taken)
            elif self._at and len(own) == 1:
                found[own[0].key] = self._at
            else:
                wished = [self._at or row.due_at + self._by for row in own]
                found |= zip((row.key for row in own), acts.spread(wished, taken, self._gap), strict=True)
        for key, due_at in found.items():
            if due_at <= self._person.now:
                raise UserError("retime.past", key=key, due_at=due_at)
        return found

    def tell(self, row: "Delivery", moved: "Delivery") -> None:
        screen = self._person.screen
        said = moved.retimed_from or moved.due_at
        file = self._person.ledger.campaigns()[row.campaign]
        screen.say(
            "retime.done", key=row.key, due_at=moved.due_at, before_at=row.due_at, file=file, said_at=said
        )
        if moved.state == row.state == "held":
            screen.say("retime.still-held", key=row.key, why=screen.language.say(row.reason, **row.why))

    def _taken(self, account: tuple[str, str], chosen: set[str]) -> list[datetime]:
        """When something else is to appear on the account, or just has."""
        rows = [
            row
            for row in self._person.ledger.deliveries()
            if (row.platform, row.account) == account and row.key not in chosen
        ]
        coming = [row.due_at for row in rows if row.state in BEGINNING | IN_FLIGHT]
        return coming + [row.released_at for row in rows if row.released_at is not None]

    def _free(self, rows: "Sequence[Delivery]", taken: list[datetime]) -> dict[str, datetime]:
        """The next free slots of each channel, in the order in which the posts were due."""
        found: dict[str, datetime] = {}
        slots: dict[tuple[str, str], Iterator[datetime]] = {}
        for row in rows:
            place = (row.campaign, row.channel)
            if place not in slots:
                slots[place] = self._slots(*place, taken)
            at = next(slots[place], None)
            if at is None:
                raise UserError("retime.no-free-slot", key=row.key, channel=row.channel)
            taken.append(at)
            found[row.key] = at
        return found

    def _slots(self, campaign: str, channel: str, taken: list[datetime]) -> Iterator[datetime]:
        """Those of the channel that are still to come, with nothing near and the day's cap not reached."""
        from asean_social import office, plan

        one: Campaign | None = self._loaded.campaigns.get(campaign)
        if one is None or channel not in one.slots:
            raise UserError("retime.no-slots", campaign=campaign, channel=channel)
        desk = office.load(self._person.project.office)
        cap = plan.daily_cap(one.channels[channel], desk)
        gap = max(self._gap, timedelta(seconds=1))
        for at in plan.free_moments(one, channel, desk):
            days = Counter(other.astimezone(one.timezone).date() for other in taken)
            full = cap is not None and days[at.astimezone(one.timezone).date()] >= cap
            if at > self._person.now and not full and all(abs(at - other) >= gap for other in taken):
                yield at


def _length(text: str) -> timedelta:
    """`+2d`, `-3h`, `90m`. Raises Unfit."""
    typed = text.strip()
    sign = -1 if typed.startswith("-") else 1
    return sign * timedelta(seconds=seconds(typed.lstrip("+-")))
