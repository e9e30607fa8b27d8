"""Every promise of `publishers.base.Publisher` in one place; each adapter's test class inherits and fills the gaps.

A subclass says `platform`, `kinds`, the sandbox's names of the requests of each step, and how to build its
publisher and messages. Everything runs over real HTTP against a sandbox on this machine.
"""

import tomllib
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from asean_social.credentials import MODELS, SECRETS
from asean_social.errors import OutcomeUnknown, PublishError, RateLimited, Unavailable
from asean_social.lang import LANGUAGES, Language
from asean_social.publishers.base import Message, Piece, Publisher, Wait
from asean_social.publishers.http import Guard
from asean_social.sandbox.server import Sandbox


def tells_what_to_do(error: PublishError) -> bool:
    """In both languages what it is, and what a person does, where it does not end by itself."""
    told = [Language(language).error(error) for language in LANGUAGES]
    by_itself = isinstance(error, Unavailable)
    return all(sentence and (hint or by_itself) for sentence, hint in told) and len(set(told)) == len(told)


FAULTS = ("refuse", "cut-before", "cut-after", "500-before", "500-after", "garbage", "html", "throttle")
TURNS = 200  # so that an adapter that waits for ever fails instead of hanging

Step = Callable[[Message, Sequence[Piece]], Iterator[Piece | Wait]]


class Stopped(Exception):
    """What a guard raises when the lease is lost; no adapter knows it."""


def run(step: Step, message: Message, pieces: Sequence[Piece] = ()) -> list[Piece]:
    """All pieces after the step has ended; a Wait ends the turn and the step is begun again, as the runner does."""
    known = list(pieces)
    for _ in range(TURNS):
        waited = False
        for one in step(message, known):
            if isinstance(one, Wait):
                waited = True
                break
            known.append(one)
        if not waited:
            return known
    pytest.fail("the step never ended")


class FixedTokens:
    """Tokens that never change."""

    def __init__(self, token: str) -> None:
        self.token = token

    def current(self) -> str:
        return self.token

    def renew(self, refused: str) -> str:
        return self.token


class PublisherContract:
    platform: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    stage_operation: ClassVar[str]  # the sandbox's name of the request that makes the invisible object
    release_operation: ClassVar[str]  # … of the request that makes it visible
    status_operation: ClassVar[str]  # … of the request that `status` sends
    faults: ClassVar[tuple[str, ...]] = FAULTS
    whose: str = "hue-asean"  # the account whose token is in the credentials

    # -- what a subclass gives

    def sandbox(self) -> Sandbox:
        return Sandbox(processing_seconds=0, verify_seconds=0)

    def make(self, box: Sandbox, guard: Guard = lambda: None) -> Publisher:
        """A publisher on this sandbox with `self.credentials(box)`, on a `Session(guard)`."""
        raise NotImplementedError

    def message(self, kind: str, folder: Path) -> Message:
        """A message of that kind with every field and option set; its media are written into `folder`."""
        raise NotImplementedError

    def assert_shown(self, thing: Any, message: Message) -> None:
        """The public thing, as the sandbox tells it, is what the message says."""
        raise NotImplementedError

    # -- what the subclass may use

    def table(self, box: Sandbox) -> dict[str, Any]:
        found: dict[str, Any] = tomllib.loads(box.credentials(self.whose))[self.platform]["hue-asean"]
        return found

    def credentials(self, box: Sandbox) -> Any:
        return MODELS[self.platform].model_validate(self.table(box))

    def public(self, box: Sandbox) -> list[Any]:
        return [one for one in box.public() if one["platform"] == self.platform]

    def hidden(self, box: Sandbox) -> list[Any]:
        return [one for one in box.hidden() if one["platform"] == self.platform]

    def posts(self, box: Sandbox) -> int:
        """How many requests that make or change something arrived."""
        return sum(one["method"] == "POST" for one in box.requests())

    # -- fixtures

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "kind" in metafunc.fixturenames:
            metafunc.parametrize("kind", metafunc.cls.kinds)
        if "fault" in metafunc.fixturenames:
            metafunc.parametrize("fault", metafunc.cls.faults)

    @pytest.fixture
    def box(self) -> Iterator[Sandbox]:
        with self.sandbox() as box:
            yield box

    @pytest.fixture
    def publisher(self, box: Sandbox) -> Publisher:
        return self.make(box)

    # -- who

    def test_names_the_account_of_the_token(self, box: Sandbox, publisher: Publisher) -> None:
        account = publisher.whoami()

        assert account.remote_id == self.remote_id(box)
        assert account.name

    def test_tells_that_a_token_is_of_another_account(self, box: Sandbox) -> None:
        own = self.remote_id(box)
        self.whose = "other"

        assert self.make(box).whoami().remote_id == self.remote_id(box) != own

    def remote_id(self, box: Sandbox) -> str:
        (found,) = (
            worth for name, worth in self.table(box).items() if name in ("page_id", "channel_id", "oa_id")
        )
        return str(found)

    # -- stage

    def test_what_is_staged_is_invisible(self, box, publisher, kind, tmp_path) -> None:
        pieces = run(publisher.stage, self.message(kind, tmp_path))

        assert pieces
        assert self.public(box) == []
        assert self.hidden(box)

    def test_each_piece_is_handed_over_before_the_next_request(self, box, publisher, kind, tmp_path) -> None:
        message, pieces = self.message(kind, tmp_path), []
        for step in (publisher.stage, publisher.release):
            before = self.posts(box)
            for one in step(message, list(pieces)):
                assert self.posts(box) - before <= 1
                before = self.posts(box)
                pieces += [one] if isinstance(one, Piece) else []

    def test_staging_resumes_from_whatever_was_stored(self, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        pieces = run(publisher.stage, message)

        for kept in range(len(pieces) + 1):
            with self.sandbox() as box:
                again = self.make(box)
                stored = _first(again.stage, message, kept)
                resumed = run(again.stage, message, stored)

                assert self.public(box) == []
                assert again.status(message, resumed).staged
                run(again.release, message, resumed)
                assert len(self.public(box)) == 1

    def test_staging_what_is_staged_makes_nothing_new(self, box, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        pieces = run(publisher.stage, message)
        hidden = len(self.hidden(box))

        assert run(publisher.stage, message, pieces) == pieces
        assert len(self.hidden(box)) == hidden

    # -- release

    def test_release_shows_once_exactly_what_the_message_says(self, box, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        run(publisher.release, message, run(publisher.stage, message))

        (thing,) = self.public(box)
        self.assert_shown(thing, message)

    def test_release_repeated_shows_it_still_once(self, box, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        staged = run(publisher.stage, message)
        released = run(publisher.release, message, staged)
        if publisher.repeatable:
            run(publisher.release, message, staged)  # as if the pieces of the first release had been lost
        run(publisher.release, message, released)

        assert len(self.public(box)) == 1

    # -- status

    def test_status_tells_absent_staged_and_public(self, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        absent = publisher.status(message, [])
        pieces = run(publisher.stage, message)
        staged = publisher.status(message, pieces)
        pieces = run(publisher.release, message, pieces)
        public = publisher.status(message, pieces)

        assert (absent.public, absent.staged) == (False, False)
        assert (staged.public, staged.staged) == (False, True)
        assert (public.public, public.staged, public.differs) == (True, False, "")
        assert public.remote_id
        assert public.url.startswith("http")

    # -- find

    def test_finds_nothing_while_nothing_was_published(self, publisher, kind, tmp_path) -> None:
        assert publisher.find(self.message(kind, tmp_path), [], _ago(hours=1)) is None

    def test_does_not_take_a_staged_thing_for_a_public_one(self, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        pieces = run(publisher.stage, message)

        assert publisher.find(message, pieces, _ago(hours=1)) is None

    def test_finds_the_public_thing_without_knowing_its_id(self, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        pieces = run(publisher.release, message, run(publisher.stage, message))

        found = publisher.find(message, [], _ago(hours=1))

        assert found is not None
        assert found.public
        assert found.remote_id == publisher.status(message, pieces).remote_id

    def test_does_not_find_what_is_older_than_asked(self, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        run(publisher.release, message, run(publisher.stage, message))

        assert publisher.find(message, [], _ago(hours=-1)) is None

    def test_does_not_find_another_text(self, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        run(publisher.release, message, run(publisher.stage, message))

        assert publisher.find(self.other(message), [], _ago(hours=1)) is None

    def other(self, message: Message) -> Message:
        """The same kind of message with another content."""
        raise NotImplementedError

    # -- discard

    def test_discard_removes_what_is_invisible_and_may_be_repeated(
        self, box, publisher, kind, tmp_path
    ) -> None:
        message = self.message(kind, tmp_path)
        pieces = run(publisher.stage, message)
        publisher.discard(pieces)
        publisher.discard(pieces)

        assert self.hidden(box) == []
        assert not publisher.status(message, pieces).staged

    def test_discard_never_removes_what_is_public(self, box, publisher, kind, tmp_path) -> None:
        message = self.message(kind, tmp_path)
        pieces = run(publisher.release, message, run(publisher.stage, message))

        with pytest.raises(PublishError):
            publisher.discard(pieces)
        (thing,) = self.public(box)
        self.assert_shown(thing, message)

    # -- faults

    def test_a_fault_while_staging_is_only_a_delay(self, box, publisher, fault, tmp_path) -> None:
        message = self.message(self.kinds[0], tmp_path)
        box.fault(self.platform, self.stage_operation, fault, nth=1, times=1)

        with pytest.raises(Unavailable) as caught:
            run(publisher.stage, message)

        self.assert_discreet(box, caught.value)
        assert isinstance(caught.value, RateLimited) == (fault == "throttle")
        run(publisher.release, message, run(publisher.stage, message))
        assert len(self.public(box)) == 1

    def test_a_fault_at_release_is_unknown_unless_surely_nothing_happened(
        self, box, publisher, fault, tmp_path
    ) -> None:
        message = self.message(self.kinds[0], tmp_path)
        pieces = run(publisher.stage, message)
        box.fault(self.platform, self.release_operation, fault, nth=1, times=1)

        with pytest.raises(PublishError) as caught:
            run(publisher.release, message, pieces)

        self.assert_discreet(box, caught.value)
        assert isinstance(caught.value, RateLimited) == (fault == "throttle")
        if fault not in ("throttle", "refuse"):
            assert isinstance(caught.value, OutcomeUnknown)
        if publisher.repeatable:
            run(publisher.release, message, pieces)
            assert len(self.public(box)) == 1

    def test_a_fault_while_looking_is_only_a_delay(self, box, publisher, fault, tmp_path) -> None:
        message = self.message(self.kinds[0], tmp_path)
        pieces = run(publisher.stage, message)
        box.fault(self.platform, self.status_operation, fault, nth=1, times=1)

        with pytest.raises(Unavailable) as caught:
            publisher.status(message, pieces)

        self.assert_discreet(box, caught.value)

    def assert_discreet(self, box: Sandbox, error: PublishError) -> None:
        """No secret in the error, its representation, or the traceback that a log file would get."""
        told = "".join((str(error), repr(error), *traceback.format_exception(error)))
        for name, value in self.table(box).items():
            assert not (name in SECRETS and value in told), name

    # -- guard

    def test_nothing_is_sent_that_the_guard_did_not_let_pass(self, box, kind, tmp_path) -> None:
        asked = []
        publisher, message = self.make(box, lambda: asked.append(1)), self.message(kind, tmp_path)
        before = len(box.requests())
        run(publisher.release, message, run(publisher.stage, message))

        assert len(asked) >= len(box.requests()) - before

    def test_a_guard_that_says_no_stops_everything(self, box, kind, tmp_path) -> None:
        def refuse() -> None:
            raise Stopped

        message = self.message(kind, tmp_path)
        pieces = run(self.make(box).stage, message)
        stopped, before = self.make(box, refuse), len(box.requests())

        for action in (
            stopped.whoami,
            lambda: run(stopped.stage, message),
            lambda: run(stopped.release, message, pieces),
            lambda: stopped.status(message, pieces),
            lambda: stopped.find(message, [], _ago(hours=1)),
            lambda: stopped.discard(pieces),
        ):
            with pytest.raises(Stopped):
                action()
        assert len(box.requests()) == before
        assert self.public(box) == []


def _first(step: Step, message: Message, count: int) -> list[Piece]:
    """The first pieces of a step that was killed right after them."""
    pieces: list[Piece] = []
    while len(pieces) < count:
        for one in step(message, list(pieces)):
            if isinstance(one, Wait):
                break
            pieces.append(one)
            if len(pieces) == count:
                break
    return pieces


def _ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)
