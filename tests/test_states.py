"""The life of a delivery, as the design draws it."""

import pytest

from asean_social.states import DONE, IN_FLIGHT, TRANSITIONS, State, may


def test_every_state_has_its_row():
    assert set(TRANSITIONS) == set(State)


def test_nothing_leaves_published_or_skipped():
    assert TRANSITIONS[State.PUBLISHED] == frozenset()
    assert TRANSITIONS[State.SKIPPED] == frozenset()


def test_every_state_but_planned_can_be_reached_from_planned():
    seen, edge = {State.PLANNED}, {State.PLANNED}
    while edge:
        edge = {new for old in edge for new in TRANSITIONS[old]} - seen
        seen |= edge

    assert seen == set(State)


def test_every_open_state_has_a_way_to_published_or_to_a_person():
    for start in set(State) - DONE:
        seen, edge = {start}, {start}
        while edge:
            edge = {new for old in edge for new in TRANSITIONS[old]} - seen
            seen |= edge
        assert State.PUBLISHED in seen


@pytest.mark.parametrize("state", sorted(IN_FLIGHT))
def test_what_may_be_public_is_never_simply_planned_again(state):
    assert not may(state, State.PLANNED)
    assert not may(state, State.STAGING)
    assert not may(state, State.CANCELLED)


def test_releasing_is_entered_only_from_staged_and_from_waiting():
    assert {old for old in State if may(old, State.RELEASING)} == {State.STAGED, State.WAITING}
