"""The life of a delivery, as data. A delivery is one public object: one post, one channel, one slot."""

from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    PLANNED = "planned"  # known, not begun; includes "waits for approval"
    STAGING = "staging"  # being prepared under a lease
    STAGED = "staged"  # invisible on the platform, ready
    HANDED_OVER = "handed-over"  # the platform's own clock will release it
    RELEASING = "releasing"  # the release request is on its way, under a lease
    CONFIRMING = "confirming"  # accepted, not yet seen public
    WAITING = "waiting"  # will be tried again at a stated time
    UNKNOWN = "unknown"  # it may be public already; being looked up
    PUBLISHED = "published"  # seen public; receipt stored
    HELD = "held"  # a person must act
    SKIPPED = "skipped"  # a person said so
    CANCELLED = "cancelled"  # the post left the campaign


S = State

TRANSITIONS: MappingProxyType[State, frozenset[State]] = MappingProxyType(
    {
        # waiting -> planned, staged and waiting -> unknown: the ledger is an older copy, so it is looked for first
        # planned -> published: begun after its time it is first looked for on the account, and was found there
        S.PLANNED: frozenset({S.STAGING, S.PUBLISHED, S.HELD, S.SKIPPED, S.CANCELLED}),
        S.STAGING: frozenset({S.STAGED, S.WAITING, S.HELD, S.PLANNED}),
        S.STAGED: frozenset(
            {S.RELEASING, S.HANDED_OVER, S.STAGING, S.UNKNOWN, S.HELD, S.SKIPPED, S.CANCELLED}
        ),
        S.HANDED_OVER: frozenset({S.PUBLISHED, S.UNKNOWN, S.STAGED, S.HELD}),
        S.RELEASING: frozenset({S.CONFIRMING, S.PUBLISHED, S.WAITING, S.UNKNOWN, S.HELD}),
        S.CONFIRMING: frozenset({S.PUBLISHED, S.UNKNOWN, S.HELD}),
        S.WAITING: frozenset({S.STAGING, S.RELEASING, S.PLANNED, S.UNKNOWN, S.HELD, S.SKIPPED, S.CANCELLED}),
        S.UNKNOWN: frozenset({S.PUBLISHED, S.STAGED, S.WAITING, S.HELD}),
        S.PUBLISHED: frozenset(),
        S.HELD: frozenset({S.PLANNED, S.STAGED, S.UNKNOWN, S.PUBLISHED, S.SKIPPED, S.CANCELLED}),
        S.SKIPPED: frozenset(),
        # the post came back into the campaign under the same key
        S.CANCELLED: frozenset({S.PLANNED}),
    }
)

LEASED = frozenset({S.STAGING, S.RELEASING})  # left by their runner, these are found by their lease
IN_FLIGHT = frozenset(
    {S.RELEASING, S.CONFIRMING, S.UNKNOWN, S.HANDED_OVER}
)  # content can no longer be changed
BEGINNING = frozenset({S.PLANNED, S.STAGING, S.STAGED, S.WAITING})  # no release was sent: it can be kept back
DONE = frozenset({S.PUBLISHED, S.SKIPPED, S.CANCELLED})
NEEDS_PERSON = frozenset({S.HELD, S.UNKNOWN})


def may(old: State, new: State) -> bool:
    return new in TRANSITIONS[old]
