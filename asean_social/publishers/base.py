"""What a platform adapter promises, and the values that cross its border.

An adapter asks a platform and returns a value or raises a PublishError. It never retries, sleeps, reads a clock,
opens the ledger, prints, or logs. `stage` and `release` are generators: each `Piece` is stored by the caller before
the next request is sent; a `Wait` ends the turn (thread and lease are given back) and the caller comes again later
with all pieces so far.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from asean_social.errors import OutcomeUnknown, Problem, Severity
from asean_social.publishers.quotas import Quota


@dataclass(frozen=True, slots=True)
class Media:
    """One file that is sent. An image with a `recipe` is sent re-encoded: the path is the original's until it is staged,
    all other facts are those of what is sent (`size` the most it can have), but for `sha256`, which is always of the
    file at `path`.
    """

    path: Path  # absolute
    kind: str  # image | video | captions
    mime: str  # image/jpeg, video/mp4, text/vtt …
    size: int  # bytes
    sha256: str  # hex, of the bytes of the file at `path`
    alt: str = ""
    width: int = 0  # pixels as seen, rotation applied; 0 where not known
    height: int = 0
    duration: float = 0.0  # seconds; 0 for an image
    fps: float = 0.0
    codec: str = ""  # of a video's picture, as MediaInfo names it: AVC, HEVC …
    sound: bool = True  # whether a video has any
    turn: int = 0  # degrees that a video's metadata turns it by
    animated: bool = False
    recipe: str = ""  # how an image is re-encoded before it is sent; "": it is sent as it is
    original: str = ""  # what it is made from, for people: "6000×4000, 9.1 MB"; "" without a recipe


@dataclass(frozen=True, slots=True)
class After:
    """What is to follow once the object is public. It has a life of its own, and never alters `published`."""

    kind: str  # first-comment | playlist-entry | broadcast
    options: Mapping[str, Any]  # JSON values; see each publisher's docstring


@dataclass(frozen=True, slots=True)
class Message:
    """What is really sent to one account: the final text, NFC, and every option written out."""

    key: str  # campaign/post/channel/slot
    platform: str
    account: str  # name of the table in credentials.toml
    kind: str  # facebook: text link photo album video reel · youtube: video short · zalo: normal video
    text: str = ""
    link: str = ""
    media: tuple[Media, ...] = ()
    options: Mapping[str, Any] = field(
        default_factory=dict
    )  # JSON values only; see each publisher's docstring
    after: tuple[After, ...] = ()
    timed: bool = False  # to be prepared for the platform's own clock


@dataclass(frozen=True, slots=True)
class Piece:
    """One remote id, upload session or token of a delivery's preparation."""

    name: str
    value: str
    secret: bool = False  # kept in the token store only (upload session addresses)
    at: datetime | None = None  # when the ledger stored it, UTC; None on a piece just made


ASKED, DONE = (
    "asked",
    "done",
)  # values of a piece: stored before the request it names is sent, and after its answer


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float
    why: str  # message code


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform shows now."""

    public: bool
    remote_id: str = ""
    url: str = ""
    staged: bool = False  # exists, invisible, ready to be released
    # the release was accepted, and the platform is still at work on it; with `staged`: it may have been accepted
    underway: bool = False
    differs: str = ""  # message code of an alarm: public, but not as asked
    due: datetime | None = None  # when the platform's own clock will show it
    whole: bool = True  # nothing of what was attached is missing
    at: datetime | None = None  # the time under which the platform shows it, where a list told it


@dataclass(frozen=True, slots=True)
class Account:
    remote_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """An object of an account that only its owner sees."""

    remote_id: str
    kind: str  # post | video | article
    made_at: datetime
    name: str  # its title, or its text where it has none
    shows: Callable[[Message], bool]  # whether it has, as far as the platform tells, this content
    timed: bool = False  # somebody set a time at which the platform shows it


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a platform: the most that fits, in the unit the platform counts."""

    most: int
    unit: str  # characters | bytes-utf8 | tag-characters | bytes | count
    source: str  # link
    read: date  # the day the source was read


class Tokens(Protocol):
    """Where an adapter gets its access token. Raises AuthFailed when only a person can help, Unavailable otherwise."""

    def current(self) -> str:
        """A token that should work now."""

    def renew(self, refused: str) -> str:
        """Another token after the platform refused this one; asked for at most once per request."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str  # the one to use next time; the same again where the platform does not rotate it
    expires_in: float  # seconds


def piece(pieces: Sequence[Piece], name: str) -> str | None:
    """The newest value stored under `name`."""
    for one in reversed(pieces):
        if one.name == name:
            return one.value
    return None


# Unpublished photos are dropped by Facebook after about 24 h
# (https://developers.facebook.com/docs/graph-api/reference/page/photos/, read 2026-11-23).
# Zalo may fetch a picture again when the article is shown, and the store keeps it 7 days.
STAGED_LIFE: Mapping[str, timedelta] = {"facebook": timedelta(hours=20), "zalo": timedelta(days=6)}


def stale(message: Message, pieces: Sequence[Piece], now: datetime) -> bool:
    """Whether what was staged may have been dropped by the platform, so that it must be staged anew."""
    life = STAGED_LIFE.get(message.platform)
    if life is None or not message.media:
        return False
    return any(one.at is not None and now - one.at > life for one in pieces)


SOON = timedelta(days=14)


def ending(end: datetime, now: datetime) -> Severity:
    """How a token or package that ends then is told of: well while that is far, a warning in its last two weeks."""
    if end - now > SOON:
        return Severity.NOTE
    return Severity.WARNING if end > now else Severity.ERROR


class Publisher(ABC):
    platform: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    limits: ClassVar[Mapping[str, Limit]]  # by field, or by kind and field
    repeatable: bool = True  # whether `release` may be sent again without asking first
    unproven: bool = False  # its two steps are documented so thinly that the account itself is to prove them
    quotas: Mapping[str, Quota] = MappingProxyType({})  # by the name that the session's `spend` is told
    quota_owner: str = ""  # whose they are, for the books: set by whoever opens it
    follow_ups: ClassVar[frozenset[str]] = frozenset()  # kinds of After it can do
    hands_over: bool = False  # whether it can leave an object to the platform's own clock
    rest: float = (
        0.0  # seconds the platform, after its last answers, wants no further request of this account
    )

    @abstractmethod
    def whoami(self) -> Account:
        """The account this token acts for. Read-only. Raises AuthFailed, Unavailable."""

    @abstractmethod
    def stage(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        """Prepare everything invisibly; resumes from `pieces`. Ends when `release` needs one small request only."""

    @abstractmethod
    def release(self, message: Message, pieces: Sequence[Piece]) -> Iterator[Piece | Wait]:
        """Make the staged object public with one small request on a known id."""

    @abstractmethod
    def status(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        """What the platform shows for these pieces now. Raises Unavailable when it cannot be read."""

    @abstractmethod
    def discard(self, pieces: Sequence[Piece]) -> None:
        """Remove the invisible objects these pieces name; one already gone counts as removed."""

    def find(
        self, message: Message, pieces: Sequence[Piece], since: datetime, known: Collection[str] = ()
    ) -> Receipt | None:
        """Look for a public object with this content made after `since`; None only if there surely is none.

        Objects whose id is in `known` belong to other deliveries and are passed over. Raises OutcomeUnknown when it
        cannot tell, or when several fit.
        """
        del pieces, since, known
        raise OutcomeUnknown(message.platform, "publish.cannot-look-up")

    # -- the platform's own clock, for the kinds in `limits.PLATFORM_CLOCK`

    def hand_over(self, message: Message, pieces: Sequence[Piece], at: datetime) -> None:
        """Set the time, UTC, at which the platform shows what is staged; may be repeated, with another time too.

        Raises Rejected where that changed nothing.
        """
        raise NotImplementedError(message.platform)

    def handed(self, message: Message, pieces: Sequence[Piece]) -> Receipt:
        """What `status` says, and `due` and `whole`."""
        raise NotImplementedError(message.platform)

    def take_back(self, message: Message, pieces: Sequence[Piece]) -> bool:
        """No clock shows it any more; False where it had to be removed for that. Raises Rejected when it is public."""
        raise NotImplementedError(message.platform)

    # -- what follows publication

    def follow(self, after: After, remote_id: str) -> str:
        """Do it, for the public object `remote_id`, and return the id of what was made ("" where there is none).

        Raises PublishError; OutcomeUnknown where it may have been done.
        """
        raise NotImplementedError(after.kind)

    def followed(self, after: After, remote_id: str) -> str | None:
        """The id of what `follow` made, if the platform shows it; None when it is not there, or not yet.

        Raises OutcomeUnknown where the platform cannot be asked at all: then it is never repeated by itself.
        """
        raise NotImplementedError(after.kind)

    def tidy(self, now: datetime) -> None:
        """Remove what earlier deliveries left in places of ours, and nobody needs any more. Raises PublishError."""
        del now

    def objections(self, message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Codes and values of what this account would refuse of a message, asked without changing anything there.

        For `check --accounts`: a playlist that does not exist, a category that cannot be chosen.
        """
        del message
        yield from ()

    def condition(self, now: datetime) -> Iterator[Problem]:
        """What the platform tells of the account and its token before anything fails; notes are what is well.

        Read-only there; a store of ours may be tried with a file that is removed again. Raises PublishError.
        """
        del now
        yield from ()

    def invisible(self, since: datetime) -> Iterator[Hidden]:
        """What only the owner sees of what was made after `since`, people's drafts too, where the platform lists it.

        Raises PublishError; OutcomeUnknown where the list could not be read to its end.
        """
        del since
        yield from ()

    def erase(self, hidden: Hidden) -> None:
        """Remove it if it is still invisible and the same, which is read anew; one already gone counts as removed.

        Raises PublishError, Rejected where it is neither.
        """
        raise NotImplementedError(hidden.kind)

    def withdraw(self, remote_id: str) -> None:
        """Remove a public object; one already gone counts as removed. Raises PublishError."""
        raise NotImplementedError(remote_id)

    def rehearsal(self, marker: str, folder: Path) -> Message | None:
        """The smallest message that tries the two steps, with `marker` as its text or title, its files in `folder`.

        None where there is nothing to try: the platform's own documents are plain, or the account creates in one step.
        """
        del marker, folder
        return None
