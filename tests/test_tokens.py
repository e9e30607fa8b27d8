"""Rotating tokens: one refresh at a time, nothing used before it is stored, a lost answer tried once more."""

import threading
from datetime import timedelta

import pytest
from stage_set import Hands

from asean_social.database import Database, migrate
from asean_social.errors import AuthFailed, OutcomeUnknown, Unavailable
from asean_social.publishers.base import TokenPair
from asean_social.tokens import RotatingTokens, StaticToken


class Oauth:
    """A token endpoint whose refresh tokens work once."""

    def __init__(self):
        self.good = "R0"
        self.calls = 0
        self.lose = 0
        self.down = 0

    def refresh(self, token):
        self.calls += 1
        if self.down:
            self.down -= 1
            raise Unavailable("zalo", "publish.unreachable")
        if token != self.good:
            raise AuthFailed("zalo", "zalo.reconnect")
        if self.lose:
            self.lose -= 1
            raise OutcomeUnknown("zalo", "publish.no-answer")
        self.good = f"R{self.calls}"
        return TokenPair(f"A{self.calls}", self.good, 90000)


@pytest.fixture
def database(tmp_path):
    found = Database(tmp_path / "ledger.db")
    migrate(found, Hands().now())
    yield found
    found.close()


def tokens(database, oauth, clock, pasted=("A0", "R0"), early=timedelta(hours=5), pasted_at=None):
    return RotatingTokens(
        database,
        "zalo",
        "hue",
        pasted,
        oauth.refresh,
        clock,
        "me",
        early,
        pasted_at or clock.now(),
        timedelta(seconds=180),
    )


def test_a_pasted_access_token_is_used_until_it_is_refused(database):
    oauth, clock = Oauth(), Hands()
    assert tokens(database, oauth, clock).current() == "A0"

    assert tokens(database, oauth, clock).renew("A0") == "A1"
    assert tokens(database, oauth, clock).current() == "A1"
    assert oauth.calls == 1


def test_it_is_replaced_before_its_end(database):
    oauth, clock = Oauth(), Hands()
    tokens(database, oauth, clock).renew("A0")
    clock.go(hours=19)
    assert tokens(database, oauth, clock).current() == "A1"

    clock.go(hours=2)

    assert tokens(database, oauth, clock).current() == "A2"


def test_without_an_access_token_it_begins_with_a_refresh(database):
    assert tokens(database, Oauth(), Hands(), ("", "R0")).current() == "A1"


def test_a_newly_pasted_pair_wins_and_begins_a_new_chain(database):
    oauth, clock = Oauth(), Hands()
    tokens(database, oauth, clock).renew("A0")
    oauth.good = "RX"

    pasted = tokens(database, oauth, clock, ("AX", "RX"))

    assert pasted.current() == "AX"
    assert pasted.renew("AX") == "A2"


def test_the_loser_of_a_race_reads_what_the_winner_stored(database):
    oauth, clock = Oauth(), Hands()
    assert tokens(database, oauth, clock).renew("A0") == "A1"

    assert tokens(database, oauth, clock).renew("A0") == "A1"
    assert oauth.calls == 1


def test_two_threads_refresh_once(database):
    oauth, clock, got = Oauth(), Hands(), []
    gate = threading.Barrier(2)

    def renew():
        gate.wait()
        try:
            got.append(tokens(database, oauth, clock).renew("A0"))
        except Unavailable as error:
            got.append(error.code)

    threads = [threading.Thread(target=renew) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert oauth.calls == 1
    assert "A1" in got
    assert set(got) <= {"A1", "token.being-refreshed"}


def test_a_lost_answer_is_tried_once_more_and_then_a_person_is_asked(database):
    oauth, clock = Oauth(), Hands()
    oauth.lose = 5
    with pytest.raises(Unavailable) as first:
        tokens(database, oauth, clock).renew("A0")
    assert first.value.code == "token.answer-lost"

    with pytest.raises(AuthFailed) as second:
        tokens(database, oauth, clock).renew("A0")
    with pytest.raises(AuthFailed):
        tokens(database, oauth, clock).renew("A0")

    assert second.value.code == "token.reconnect"
    assert oauth.calls == 2


def test_a_lost_answer_that_did_not_rotate_is_mended_by_the_second_try(database):
    oauth, clock = Oauth(), Hands()
    oauth.lose = 1
    with pytest.raises(Unavailable):
        tokens(database, oauth, clock).renew("A0")

    assert tokens(database, oauth, clock).renew("A0") == "A2"


def test_a_process_that_died_while_refreshing_counts_as_a_lost_answer(database):
    oauth, clock = Oauth(), Hands()
    dead = tokens(database, oauth, clock)
    dead.current()
    dead._begin("A0")
    with pytest.raises(Unavailable) as busy:
        tokens(database, oauth, clock).renew("A0")
    assert busy.value.code == "token.being-refreshed"

    clock.go(seconds=181)

    assert tokens(database, oauth, clock).renew("A0") == "A1"


def test_a_refresh_token_that_is_dead_asks_for_a_new_connection(database):
    oauth, clock = Oauth(), Hands()
    oauth.good = "other"

    with pytest.raises(AuthFailed) as caught:
        tokens(database, oauth, clock).renew("A0")

    assert caught.value.code == "token.reconnect"
    assert "R0" not in str(caught.value)


def test_an_unreachable_endpoint_costs_nothing(database):
    oauth, clock = Oauth(), Hands()
    oauth.down = 1
    with pytest.raises(Unavailable):
        tokens(database, oauth, clock).renew("A0")

    assert tokens(database, oauth, clock).renew("A0") == "A2"


def test_the_guards_stop_before_the_call_is_no_lost_answer(database):
    class Stop(Exception):
        pass

    def stopped(_token):
        raise Stop

    oauth, clock = Oauth(), Hands()
    for _ in range(3):
        with pytest.raises(Stop):
            RotatingTokens(
                database,
                "zalo",
                "hue",
                ("A0", "R0"),
                stopped,
                clock,
                "me",
                timedelta(),
                clock.now(),
                timedelta(seconds=180),
            ).renew("A0")

    assert tokens(database, oauth, clock).renew("A0") == "A1"


def test_a_static_token_cannot_be_renewed():
    with pytest.raises(AuthFailed):
        StaticToken("facebook", "T").renew("T")


def test_a_pair_read_before_the_ledgers_was_stored_does_not_win(database):
    """A runner that has not read the credentials again must not throw away the chain of the newly pasted pair."""
    oauth, clock = Oauth(), Hands()
    began = clock.now()
    assert tokens(database, oauth, clock, ("old", "dead")).current() == "old"
    clock.go(minutes=5)
    tokens(database, oauth, clock, ("A0", "R0")).renew("A0")

    stale = tokens(database, oauth, clock, ("old", "dead"), pasted_at=began)

    assert stale.current() == "A1"
    assert tokens(database, oauth, clock, ("A0", "R0")).current() == "A1"


def test_an_idle_chain_is_renewed_after_a_week(database):
    oauth, clock = Oauth(), Hands()
    tokens(database, oauth, clock).keep_alive()
    assert oauth.calls == 0

    clock.go(days=8)
    tokens(database, oauth, clock).keep_alive()
    tokens(database, oauth, clock).keep_alive()

    assert oauth.calls == 1
