"""Invisible objects on an account that a lost answer of ours left behind, and that no row of the ledger owns.

People make drafts and private videos themselves. So an orphan is only what has the very content of one of our
deliveries, was made while that delivery was being prepared, is older than a day, and is of no use to anyone: the ledger
does not know its id, and nobody is working on a delivery with this content.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asean_social.decisions import SKEW
from asean_social.follow_ups import DISCARD
from asean_social.ledger import Ledger
from asean_social.publishers.base import Hidden, Publisher
from asean_social.records import Attempt, Delivery, thaw
from asean_social.states import State

AGE = timedelta(days=1)  # nobody may still be at work on it
LATER = timedelta(minutes=10)  # a request may take effect after its answer was given up
AT_WORK = frozenset({State.STAGING, State.RELEASING, State.CONFIRMING, State.UNKNOWN, State.WAITING})


@dataclass(frozen=True, slots=True)
class Orphan:
    hidden: Hidden
    key: str  # of the delivery that it was prepared for


@dataclass(frozen=True, slots=True)
class Sighting:
    orphans: tuple[Orphan, ...] = ()
    others: int = 0  # invisible, and not ours to touch


def look(
    publisher: Publisher, account: tuple[str, str], ledger: Ledger, root: Path, now: datetime
) -> Sighting:
    """Raises PublishError, LedgerError."""
    rows = [one for one in ledger.deliveries() if (one.platform, one.account) == account and one.began_at]
    if not rows:
        return Sighting()
    begun = min(one.began_at for one in rows if one.began_at)
    known = ledger.known_ids()
    unowned = [one for one in publisher.invisible(begun - SKEW) if one.remote_id not in known]
    busy = {
        one.delivery
        for one in ledger.follow_ups()
        if one.kind == DISCARD and one.state in ("planned", "waiting", "doing")
    }
    found = []
    for hidden in unowned:
        if hidden.timed or now - hidden.made_at <= AGE:
            continue
        alike = [one for one in rows if hidden.shows(thaw(one.message, root))]
        if any(one.state in AT_WORK or one.leased(now) or one.key in busy for one in alike):
            continue
        found += [
            Orphan(hidden, one.key) for one in alike if _made_by(one, hidden, ledger.attempts(one.key))
        ][:1]
    return Sighting(tuple(found), len(unowned) - len(found))


def _made_by(row: Delivery, hidden: Hidden, attempts: Sequence[Attempt]) -> bool:
    """Whether it was made after the delivery was begun, and while it was being prepared."""
    # platforms tell whole seconds
    if row.began_at is None or hidden.made_at < row.began_at.replace(microsecond=0):
        return False
    return any(begun - SKEW <= hidden.made_at <= ended + LATER for begun, ended in preparations(attempts))


def preparations(attempts: Iterable[Attempt]) -> list[tuple[datetime, datetime]]:
    """When each preparation was begun and left; one that was never left is still going on."""
    found: list[tuple[datetime, datetime]] = []
    begun: datetime | None = None
    for one in attempts:
        if begun is not None and one.old == State.STAGING:
            found.append((begun, one.at))
            begun = None
        if one.new == State.STAGING:
            begun = one.at
    return found
