"""What a platform's waits, refusals and delays do to a delivery, and what a person's hand on a file does."""

from datetime import timedelta

import pytest
from stage_set import NOON, FakePublisher, Office

from asean_social.decisions import Policy
from asean_social.delivery import Turn
from asean_social.desk import Desk
from asean_social.errors import OutcomeUnknown, RateLimited, Rejected, Unavailable, UserError
from asean_social.publishers.base import Media, Message, Piece, Receipt, Wait
from asean_social.records import LeaseLost, freeze
from asean_social.states import State

DUE = NOON + timedelta(minutes=1)


def office_of(tmp_path, kind, **more):
    return Office(tmp_path, kind=kind, **more)


@pytest.fixture(autouse=True)
def closed(request):
    offices = []
    request.node.offices = offices
    yield
    for one in offices:
        one.ledger.close()


@pytest.fixture
def make(tmp_path, request):
    def _make(kind=FakePublisher, **more):
        office = office_of(tmp_path, kind, **more)
        request.node.offices.append(office)
        return office

    return _make


class Processing(FakePublisher):
    """Works on what it was given for a while, when staged and when released."""

    left = 3
    refuses = False

    def stage(self, message, pieces):
        yield from super().stage(message, pieces)
        if type(self).left:
            type(self).left -= 1
            yield Wait(0, "youtube.processing")

    def release(self, message, pieces):
        kind = type(self)
        if kind.left < 0 and kind.refuses:
            raise Rejected("fake", "publish.fake-refused")
        if kind.left == 0:
            kind.left = -1
            yield Wait(2, "zalo.being-processed")
            return
        yield from super().release(message, pieces)


def fresh(base, **values):
    return type("Here", (base,), values)


def test_a_platform_that_processes_is_asked_again_and_again(make):
    office = make(fresh(Processing))
    key = office.plan("p", NOON + timedelta(hours=1))

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    moves = [one.new for one in office.ledger.attempts(key)]
    assert moves == [
        "planned",
        *["staging", "waiting"] * 3,
        "staging",
        "staged",
        "releasing",
        "confirming",
        "published",
    ]
    assert row.released_at == NOON + timedelta(hours=1)


def test_polls_are_no_failures(make):
    office = make(fresh(Processing, left=40), policy=Policy(tries=3))
    key = office.plan("p", NOON + timedelta(hours=1))

    assert office.settle(key).state == State.PUBLISHED


def test_a_release_refused_in_the_end_is_held(make):
    office = make(fresh(Processing, left=0, refuses=True))
    key = office.plan("p", DUE)

    row = office.settle(key)

    assert (row.state, row.reason) == (State.HELD, "publish.fake-refused")
    assert office.place.public(key) == []


class Lagging(FakePublisher):
    """Shows what became public only after a while."""

    lag = timedelta(seconds=60)

    def status(self, message, pieces):
        receipt = super().status(message, pieces)
        thing = self.place.things.get(receipt.remote_id)
        if thing and thing.public_at and self.place.clock.now() < thing.public_at + self.lag:
            return Receipt(public=False, remote_id=receipt.remote_id, staged=True)
        return receipt


def test_what_is_accepted_but_not_seen_is_confirmed_later(make):
    office = make(Lagging)
    key = office.plan("p", DUE)

    row = office.settle(key)

    assert row.state == State.PUBLISHED
    assert office.place.sent.count("publish") == 1
    assert "confirming" in [one.new for one in office.ledger.attempts(key)]


def test_what_is_never_seen_is_released_again_and_then_a_person_is_asked(make):
    office = make(fresh(Lagging, lag=timedelta(days=9)), policy=Policy(confirm=60))
    key = office.plan("p", DUE)

    row = office.settle(key, hours=6)

    assert (row.state, row.reason, row.step) == (State.HELD, "held.cannot-tell", "look-up")
    assert len(office.place.public(key)) == 1
    assert office.place.public(key)[0].public_at == DUE


@pytest.mark.parametrize(
    "error", [Unavailable("fake", "publish.unreachable"), OutcomeUnknown("fake", "publish.no-answer")]
)
def test_a_look_that_fails_is_repeated(make, error):
    class Blind(Lagging):
        lag = timedelta()
        blind = 2

        def status(self, message, pieces):
            if type(self).blind:
                type(self).blind -= 1
                raise error
            return super().status(message, pieces)

    office = make(Blind)
    key = office.plan("p", DUE)

    assert office.settle(key).state in (State.PUBLISHED, State.HELD)
    assert len(office.place.public(key)) == 1


def test_a_throttled_platform_is_left_alone_for_as_long_as_it_says(make):
    class Throttled(FakePublisher):
        times = 1

        def stage(self, message, pieces):
            if type(self).times:
                type(self).times -= 1
                raise RateLimited("fake", "publish.throttled", retry_after=3600)
            yield from super().stage(message, pieces)

    office = make(Throttled)
    key = office.plan("p", NOON + timedelta(hours=2))
    office.work()
    assert office.row(key).resume_at >= NOON + timedelta(hours=1)

    assert office.settle(key).state == State.PUBLISHED


def test_a_refused_post_is_held_at_once(make):
    class Refusing(FakePublisher):
        def stage(self, message, pieces):
            raise Rejected("fake", "publish.fake-refused", "no such thing")
            yield

    office = make(Refusing)
    key = office.plan("p", DUE)

    row = office.settle(key)

    assert (row.state, row.reason, row.why["detail"]) == (State.HELD, "publish.fake-refused", "no such thing")


def with_media(office, key, due=DUE):
    """A planned delivery with one picture."""
    picture = office.folder / "anh.jpg"
    picture.write_bytes(b"picture")
    message = Message(
        key, "facebook", "a", "photo", key, media=(Media(picture, "image", "image/jpeg", 7, "abc"),)
    )
    columns = office.columns(key, due, key) | {"message": freeze(message, office.folder)}
    with office.ledger.database.write() as db:
        db.execute("update delivery set message=? where key=?", (columns["message"], key))


def desk_of(office, ready):
    desk = office.desk()
    values = {name: getattr(desk, name) for name in desk.__dataclass_fields__}
    return Desk(**values | {"ready": ready})


def test_a_picture_that_changed_after_it_was_approved_is_not_sent(make):
    def changed(_media):
        raise UserError("media.changed")

    office = make()
    key = office.plan("p", DUE)
    with_media(office, key)

    desk_of(office, changed).work(("fake", "a"), "stage", {"c"})

    assert (office.row(key).state, office.row(key).reason) == (State.HELD, "held.media-changed")
    assert office.row(key).why == {"file": "anh.jpg"}
    assert office.place.things == {}


def test_a_picture_that_is_gone_is_named(make):
    def gone(_media):
        raise UserError("media.missing")

    office = make()
    key = office.plan("p", DUE)
    with_media(office, key)

    desk_of(office, gone).work(("fake", "a"), "stage", {"c"})

    assert office.row(key).reason == "held.media-missing"


def test_what_was_prepared_too_long_ago_is_prepared_again(make):
    office = make(policy=Policy(grace=1e6))
    key = office.plan("p", DUE)
    with_media(office, key)
    desk = desk_of(office, lambda media: media)
    desk.work(("fake", "a"), "stage", {"c"})
    assert office.row(key).state == State.STAGED
    office.clock.go(hours=21)

    desk.work(("fake", "a"), "release", {"c"})
    assert (office.row(key).state, office.row(key).reason) == (State.WAITING, "staging.expired")
    desk.work(("fake", "a"), "stage", {"c"})
    desk.work(("fake", "a"), "release", {"c"})

    assert office.row(key).state == State.PUBLISHED
    assert office.row(key).generation == 2
    assert len(office.place.public(key)) == 1


def test_an_edit_while_it_is_prepared_begins_again(make):
    class Edited(FakePublisher):
        def stage(self, message, pieces):
            yield from super().stage(message, pieces)
            with office.ledger.database.write() as db:
                db.execute("update delivery set digest='new', plan_digest='new', generation=generation+1")

    office = make(Edited)
    key = office.plan("p", NOON + timedelta(hours=1))
    office.desk().work(("fake", "a"), "stage", {"c"})

    assert (office.row(key).state, office.row(key).reason) == (State.PLANNED, "planned.edited")


def test_a_discard_that_fails_is_tried_again_and_then_left_to_a_person(make):
    class Stubborn(FakePublisher):
        def discard(self, pieces):
            raise Unavailable("fake", "publish.unreachable")

    from asean_social.records import Change

    office = make(Stubborn, policy=Policy(tries=2))
    key = office.plan("p", NOON + timedelta(hours=9), text="cũ")
    office.clock.go(hours=8)
    office.work()
    office.apply({key: Change(state=State.CANCELLED, reason="cancelled.left-campaign", discard=True)})

    office.settle(key)

    assert [(one.state, one.tries) for one in office.ledger.follow_ups()] == [("held", 2)]


def test_what_is_public_is_never_discarded(make):
    class Careful(FakePublisher):
        def discard(self, pieces):
            raise Rejected("fake", "publish.is-public")

    from asean_social.records import Change

    office = make(Careful)
    key = office.plan("p", NOON + timedelta(hours=1))
    office.work()
    office.apply({key: Change(state=State.CANCELLED, discard=True)})
    office.work()

    assert [(one.state, one.reason) for one in office.ledger.follow_ups(key)] == [
        ("held", "publish.is-public")
    ]


class Uploading(FakePublisher):
    size = 8 << 20
    step_seconds = 1.0

    def stage(self, message, pieces):
        for sent in range(1 << 20, self.size + 1, 1 << 20):
            self.place.clock.go(seconds=self.step_seconds)
            self.progress(sent, self.size)
        yield from super().stage(message, pieces)


def uploading_desk(office):
    desk = office.desk()

    def opener(_platform, _account, guard, progress):
        publisher = office.kind(office.place, guard)
        publisher.progress = progress
        return publisher

    values = {name: getattr(desk, name) for name in desk.__dataclass_fields__}
    return Desk(**values | {"opener": opener})


def test_an_upload_is_measured_and_keeps_its_lease(make):
    office = make(fresh(Uploading, step_seconds=50.0))
    key = office.plan("p", NOON + timedelta(hours=2))
    fence = office.row(key).fence

    uploading_desk(office).work(("fake", "a"), "stage", {"c"})

    assert office.row(key).state == State.STAGED
    assert office.row(key).fence == fence + 1
    assert office.ledger.rates()["fake/a"] == pytest.approx((7 << 20) / 350)


def test_an_upload_gives_up_when_the_runner_is_to_stop(make):
    office = make(Uploading)
    key = office.plan("p", NOON + timedelta(hours=1))
    desk = uploading_desk(office)
    values = {name: getattr(desk, name) for name in desk.__dataclass_fields__}

    Desk(**values | {"stopping": lambda: office.clock.now() > NOON + timedelta(seconds=3)}).work(
        ("fake", "a"), "stage", {"c"}
    )

    assert (office.row(key).state, office.row(key).reason) == (State.WAITING, "waiting.stopped")


def test_stopped_before_a_release_was_sent_it_is_released_later(make):
    office = make()
    key = office.plan("p", DUE)
    office.work()
    office.clock.moment = DUE
    office.stopped = True
    office.desk().work(("fake", "a"), "release", {"c"})
    assert (office.row(key).state, office.row(key).step) == (State.WAITING, "release")
    assert office.place.public(key) == []

    office.stopped = False

    assert office.settle(key).state == State.PUBLISHED


def test_a_lease_lost_in_the_middle_ends_the_turn_quietly(make):
    class Stolen(FakePublisher):
        def stage(self, message, pieces):
            with office.ledger.database.write() as db:
                db.execute("update delivery set owner='thief', fence=fence+1")
            yield Piece("thing", "7")

    office = make(Stolen)
    key = office.plan("p", DUE)

    assert office.desk().work(("fake", "a"), "stage", {"c"}) is True

    assert office.row(key).owner == "thief"
    assert office.ledger.pieces(key, 1) == ()


def test_only_the_two_lanes_exist(make):
    office = make()
    office.plan("p", DUE)
    desk = office.desk()
    claim = office.ledger.claim(("fake", "a"), "stage", {"c"}, NOON, desk.claimer)

    with pytest.raises(AssertionError):
        Turn(desk, claim).run("third")
    with pytest.raises(LeaseLost):
        office.ledger.renew(
            type(claim)(**{f: getattr(claim, f) for f in claim.__slots__} | {"fence": 99}), NOON
        )
