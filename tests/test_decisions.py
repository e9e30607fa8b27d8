"""What follows from what happened, whatever it was."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asean_social import decisions, follow_ups
from asean_social.decisions import RELEASE, STAGE, Policy
from asean_social.errors import (
    AuthFailed,
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unavailable,
    UserError,
)
from asean_social.lang import messages
from asean_social.publishers.base import Receipt
from asean_social.states import State, may

NOW = datetime(2027, 2, 24, 12, 30, tzinfo=UTC)
POLICY = Policy()
KINDS = (Unavailable, RateLimited, Rejected, AuthFailed, OutcomeUnknown)

quotas = st.sampled_from(["", "night", "uploads", "units", "channel-uploads", "thumbnails", "unheard-of"])
hints = st.none() | st.floats() | st.integers(-10, 10**12)


def an_error(kind, quota, hint):
    more = {"retry_after": hint} if issubclass(kind, Unavailable) else {}
    return kind("facebook", "publish.unreachable", "x", **more, **({"quota": quota} if quota else {}))


errors = st.builds(an_error, st.sampled_from(KINDS), quotas, hints)
receipts = st.one_of(
    st.none(), errors, st.builds(Receipt, public=st.booleans(), remote_id=st.just("1"), staged=st.booleans())
)
jitter = st.integers(0, 99).map(random.Random)


@given(errors, st.sampled_from([STAGE, RELEASE]), st.integers(0, 50), jitter)
def test_an_error_leads_where_the_table_allows_and_never_back_in_time(error, step, tries, dice):
    decision = decisions.after_error(error, step, tries, NOW, POLICY, dice)
    now_in = State.STAGING if step == STAGE else State.RELEASING

    assert may(now_in, decision.state) or (step == STAGE and decision.state == State.UNKNOWN)
    assert decision.resume_at is None or decision.resume_at >= NOW
    assert decision.state != State.HELD or decision.reason
    assert (decision.state in (State.WAITING, State.UNKNOWN)) == (decision.resume_at is not None)


@given(errors, st.integers(0, 50), jitter)
def test_a_release_of_unknown_outcome_is_never_simply_sent_again(error, tries, dice):
    decision = decisions.after_error(error, RELEASE, tries, NOW, POLICY, dice)

    if isinstance(error, OutcomeUnknown):
        assert (decision.state, decision.step) == (State.UNKNOWN, "look-up")


# whatever is asked after an error, with how often before, and a seed
QUESTIONS = {
    STAGE: lambda error, often, seed: decisions.after_error(
        error, STAGE, often, NOW, POLICY, random.Random(seed)
    ),
    RELEASE: lambda error, often, seed: decisions.after_error(
        error, RELEASE, often, NOW, POLICY, random.Random(seed)
    ),
    "look-up": lambda error, often, _: decisions.after_look_up(
        error, often, 0, NOW, POLICY, repeatable=False
    ),
    "look-first": lambda error, often, _: decisions.after_first_look(error, often, NOW, POLICY, sure=True),
    "confirm": lambda error, often, _: decisions.after_confirm(error, often, NOW, NOW, POLICY),
    "follow": lambda error, often, seed: follow_ups.after_fault(
        error, follow_ups.DO, often, NOW, POLICY, random.Random(seed)
    ),
    "followed": lambda error, often, seed: follow_ups.after_fault(
        error, follow_ups.LOOK, often, NOW, POLICY, random.Random(seed)
    ),
}


@pytest.mark.parametrize("step", QUESTIONS)
@given(error=errors, often=st.integers(0, 10**6), seed=st.integers(0, 99))
def test_every_error_at_every_step_has_one_answer_that_says_why_and_when(step, error, often, seed):
    found = QUESTIONS[step](error, often, seed)

    assert found == QUESTIONS[step](error, often, seed)
    assert found.reason in messages()
    assert found.resume_at is None or NOW <= found.resume_at <= NOW + timedelta(days=2)
    pauses = getattr(found, "pause_account", False)
    assert not pauses or (isinstance(error, AuthFailed) and found.state != State.HELD)


@pytest.mark.parametrize("step", QUESTIONS)
@given(error=errors)
def test_nothing_is_tried_for_ever(step, error):
    """But what has an end of its own: a grace (what the platform asked to wait for, a look before anything was sent),
    a look-up, the time until a release must have been seen.
    """
    end = QUESTIONS[step](error, 10**6, 1)

    asked = isinstance(error, RateLimited) and step in (STAGE, RELEASE, "follow", "followed")
    first = step == "look-first" and not isinstance(error, (OutcomeUnknown, Rejected))
    looked_up = isinstance(error, OutcomeUnknown) and step in (RELEASE, "follow", "followed")
    if not (asked or first or looked_up or step == "confirm"):
        assert end.state == State.HELD


@given(errors, st.integers(0, 50), st.sampled_from([STAGE, RELEASE]), jitter)
def test_a_platforms_hint_is_kept_but_for_one_that_nobody_means(error, tries, step, dice):
    decision = decisions.after_error(error, step, tries, NOW, POLICY, dice)
    hint = getattr(error, "retry_after", None)

    if decision.state == State.WAITING and hint is not None and hint > 0 and not error.values.get("quota"):
        assert decision.resume_at >= NOW + timedelta(seconds=min(hint, 86_400))
    until = decisions.leave_alone_until(error, NOW)
    assert until is None or (isinstance(error, RateLimited) and until > NOW)


@given(st.integers(0, 60), st.integers(0, 99), st.integers(100, 199))
def test_back_off_grows_to_its_most_and_spreads_who_waits(tries, seed, other):
    def wait(number, seed):
        return decisions.backoff(number, POLICY, random.Random(seed)).total_seconds()

    whole = min(30 * 2 ** min(tries, 20), POLICY.backoff_most)
    assert whole / 2 <= wait(tries, seed) <= whole
    assert wait(tries, seed) <= wait(tries + 1, seed)
    assert wait(tries, seed) != wait(tries, other)


@pytest.mark.parametrize(
    ("kind", "states", "last"),
    [
        (Unavailable, {State.WAITING}, "held.too-many-tries"),
        (AuthFailed, {State.WAITING}, "publish.unreachable"),
        (Rejected, set(), "publish.unreachable"),
    ],
)
def test_trying_ends_with_a_person(kind, states, last):
    error, met, tries = kind("zalo", "publish.unreachable"), set(), 0
    while (decision := QUESTIONS[STAGE](error, tries, 1)).state != State.HELD:
        met, tries = met | {decision.state}, tries + 1

    assert met == states
    assert tries == (POLICY.tries - 1 if states else 0)
    assert (decision.reason, decision.pause_account) == (last, False)


def test_the_platforms_own_hint_is_honoured_and_never_ends_the_trying():
    limited = RateLimited("facebook", "publish.throttled", retry_after=7200)

    decision = decisions.after_error(limited, RELEASE, 40, NOW, POLICY, random.Random(1))

    assert decision.state == State.WAITING
    assert decision.resume_at == NOW + timedelta(hours=2)


@given(receipts, st.integers(0, 30), st.booleans())
def test_a_look_up_leads_where_the_table_allows_and_repeats_only_the_surely_absent(
    receipt, looks, repeatable
):
    decision = decisions.after_look_up(receipt, looks, 0, NOW, POLICY, repeatable=repeatable)

    assert decision.state == State.UNKNOWN or may(State.UNKNOWN, decision.state)
    if decision.state == State.WAITING:
        assert not repeatable
        assert looks >= len(POLICY.lookup_waits)
        assert not isinstance(receipt, PublishError)
    if isinstance(receipt, Receipt) and receipt.public:
        assert decision.state == State.PUBLISHED


@given(receipts, st.integers(0, 30), st.booleans())
def test_a_first_look_that_found_it_never_sends_it(receipt, looks, sure):
    decision = decisions.after_first_look(receipt, looks, NOW, POLICY, sure=sure)

    assert decision.state == State.PLANNED or may(State.PLANNED, decision.state)
    if isinstance(receipt, Receipt):
        assert decision.state == State.PUBLISHED
    if decision.state == State.STAGING:
        assert receipt is None
        assert sure or looks >= len(POLICY.lookup_waits)


def test_looks_follow_the_waits_counted_from_the_first():
    at, looks, times = NOW, 0, []
    while True:
        decision = decisions.after_first_look(None, looks, at, POLICY, sure=False)
        if decision.state != State.PLANNED:
            break
        at, looks = decision.resume_at, looks + 1
        times.append((at - NOW).total_seconds())

    assert times == [5, 15, 45, 120, 300]


@given(receipts.filter(lambda one: one is not None), st.integers(0, 99), st.integers(0, 5000))
def test_confirming_ends_in_a_look_up_when_it_is_never_seen(receipt, looks, seconds):
    accepted = NOW - timedelta(seconds=seconds)
    decision = decisions.after_confirm(receipt, looks, accepted, NOW, POLICY)

    assert decision.state == State.CONFIRMING or may(State.CONFIRMING, decision.state)
    seen = isinstance(receipt, Receipt) and receipt.public
    assert decision.pause_account == isinstance(receipt, AuthFailed)
    if seconds > POLICY.confirm and not seen:
        assert decision.state == State.UNKNOWN


@given(st.integers(-100_000, 100_000), st.integers(0, 50_000), st.booleans())
def test_what_begins_late_is_looked_up_or_held(lateness, grace, known):
    due = NOW - timedelta(seconds=lateness)
    decision = decisions.begin(due, due, grace, NOW, known_before_due=known)

    if lateness > grace:
        assert (decision.state, decision.reason) == (State.HELD, "held.late" if known else "held.past")
    elif lateness >= 0:
        assert (decision.state, decision.step) == (State.PLANNED, "look-first")
    else:
        assert decision.state == State.STAGING


@pytest.mark.parametrize("step", ["stage", "release", "finish", "confirm", "look-up", "look-first"])
@pytest.mark.parametrize(
    "held",
    ["held.late", "held.past", "held.cannot-tell", "held.staged-gone", "held.same-content", "publish.x"],
)
def test_a_person_who_retries_what_was_released_gets_a_look_up(step, held):
    decision = decisions.retried(step, held, "lý do", NOW)

    assert may(State.HELD, decision.state)
    released = step in ("look-up", "finish", "confirm") and held != "held.staged-gone"
    assert (decision.state == State.UNKNOWN) == released


def test_only_where_a_person_looked_is_it_not_looked_for_again():
    for held, looked in (("held.late", False), ("held.past", False), ("held.cannot-tell", True)):
        retried = decisions.retried("look-first", held, "lý do", NOW)
        assert (retried.step == STAGE) == looked
        begun = decisions.begin(NOW, NOW, 60, NOW, known_before_due=True, looked=looked)
        assert begun.state == (State.STAGING if looked else State.PLANNED)


def test_waits_come_from_the_environment():
    found = Policy.from_environment(
        {
            "ASEAN_SOCIAL_LEASE": "2",
            "ASEAN_SOCIAL_LOOKUP_WAITS": "0.1,0.2",
            "ASEAN_SOCIAL_WORKERS": "8",
            "OTHER": "x",
        }
    )

    assert (found.lease, found.lookup_waits, found.workers, found.backoff) == (2.0, (0.1, 0.2), 8, 30)


@pytest.mark.parametrize("text", ["soon", "-1", "1e99", "1,x", "nan"])
def test_a_wait_that_is_no_number_is_named(text):
    with pytest.raises(UserError) as caught:
        Policy.from_environment({"ASEAN_SOCIAL_LOOKUP_WAITS": text})

    assert caught.value.values == {"variable": "ASEAN_SOCIAL_LOOKUP_WAITS", "found": text}


@given(st.integers(0, 100), st.floats(0, 500))
def test_polls_grow_to_a_minute_and_never_exceed_what_is_asked(tries, asked):
    wait = decisions.poll_wait(tries, asked, POLICY).total_seconds()

    assert 0 < wait <= 60 or asked < 1e-6
    assert not asked or wait <= asked + 1e-6


def test_what_the_platform_took_and_keeps_hidden_asks_a_person():
    staged = Receipt(public=False, remote_id="1", staged=True)
    decision = decisions.after_look_up(
        staged, 0, 0, NOW, POLICY, repeatable=True, kept="youtube.kept-private"
    )

    assert (decision.state, decision.reason) == (State.HELD, "youtube.kept-private")
    assert decisions.after_look_up(staged, 0, 0, NOW, POLICY, repeatable=True).state == State.STAGED


@given(st.integers(0, 40), st.booleans())
def test_what_the_platform_is_still_at_work_on_is_never_released_again(looks, repeatable):
    receipt = Receipt(public=False, remote_id="1", underway=True)
    decision = decisions.after_look_up(receipt, looks, 0, NOW, POLICY, repeatable=repeatable)

    assert decision.state in (State.UNKNOWN, State.HELD) or (looks >= 17 and not repeatable)
    if looks < 17:
        assert decision.state == State.UNKNOWN
