"""Series of texts, free slots, quiet hours and caps: who gets which time, and why; stable when something is added."""

from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest
from desk import Desk, say

from asean_social import checks, plan
from asean_social.office import Office, Quiet
from asean_social.plan import is_quiet
from asean_social.publishers.limits import LIMITS

NOW = datetime(2027, 1, 1, tzinfo=UTC)
QUIET = Quiet.model_construct(start=time(22, 0), end=time(6, 0))
NOON = Quiet.model_construct(start=time(11, 0), end=time(13, 0))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def series(*texts, **rule):
    return say(text="chung", at=None, every={"cron": "30 7 * * *", "texts": list(texts), **rule})


def test_the_texts_of_a_series_come_in_order_and_the_series_ends_with_the_last(desk):
    found = desk.plan(series("một", "hai", "ba")).deliveries

    assert [(one.slot, one.message.text) for one in found] == [
        ("2027-01-01", "một"),
        ("2027-01-02", "hai"),
        ("2027-01-03", "ba"),
    ]
    assert [one.chosen for one in found][1] == ("chosen.series-text", {"nth": 2, "text": 2, "texts": 3})
    assert len({one.digest for one in found}) == 3


def test_a_series_that_repeats_begins_again_until_its_last_day(desk):
    planned = desk.plan(series("một", "hai", repeat=True, until="2027-01-05")).deliveries
    found = sorted(planned, key=lambda one: one.due_at)

    assert [one.message.text for one in found] == ["một", "hai", "một", "hai", "một"]


def test_a_text_added_at_the_end_moves_no_other(desk):
    before = desk.plan(series("một", "hai")).deliveries
    after = desk.plan(series("một", "hai", "ba")).deliveries

    assert [(one.key, one.digest, one.due_at) for one in before] == [
        (one.key, one.digest, one.due_at) for one in after
    ][:2]


def test_one_text_of_a_series_has_its_own_picture_and_its_own_place_in_problems(desk):
    own = {"text": "hai", "media": [{"file": "b.jpg", "alt": "Ô xanh"}]}
    found = desk.plan(series("một", own)).deliveries
    assert [[one.path.name for one in each.message.media] for each in found] == [[], ["b.jpg"]]

    broken = desk.plan(series("một", {"text": "hai", "media": "khong-co.jpg"}))
    [problem] = [one for one in broken.problems if one.code == "media.missing"]
    assert problem.path.startswith("pillars.apsc[0].every.texts[1].media")


def test_a_series_too_short_for_its_texts_says_so(desk):
    [problem] = desk.plan(series("một", "hai", "ba", until="2027-01-02")).problems

    assert (problem.code, problem.values["count"]) == ("plan.texts-unused", 1)


def free(count, **head):
    posts = [say(id=f"p{number}", at=None, text=f"bài {number}") for number in range(count)]
    return posts, {"slots": {"trang": ["07:30", "11:30", "23:00"]}, **head}


def test_free_slots_keep_out_of_quiet_hours_and_within_the_cap(desk):
    posts, head = free(4, mix={"apsc": 100})
    office = Office(quiet=(QUIET, NOON), daily_caps={"facebook/hue": 1})
    found = plan.plan(desk.load(*posts, **head), desk.library, office).deliveries

    assert [one.due_at for one in found] == [
        datetime(2027, 1, day, 0, 30, tzinfo=UTC) for day in (1, 2, 3, 4)
    ]
    code, values = found[2].chosen
    assert code == "chosen.free-slot"
    assert values == {"nth": 3, "pillar": "apsc", "percent": 100, "channel": "trang"}


def test_adding_a_post_below_moves_no_slot(desk):
    posts, head = free(3)
    more, _ = free(4)
    before = {one.key: one.due_at for one in desk.plan(*posts, **head).deliveries}
    after = {one.key: one.due_at for one in desk.plan(*more, **head).deliveries}

    assert before.items() <= after.items()
    assert all(one < other for one, other in pairwise(sorted(after.values())))


def test_a_post_in_quiet_hours_is_told(desk):
    campaign = desk.load(say(at="2027-02-24T23:30:00+07:00"))
    planned = plan.plan(campaign, desk.library)

    found = checks.check(planned, campaign, LIMITS, NOW, Office(quiet=(QUIET,)))

    assert [one.code for one in found] == ["check.quiet"]
    assert found[0].values["between"] == "22:00 – 06:00"


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        (time(22, 0), True),
        (time(5, 59), True),
        (time(6, 0), False),
        (time(21, 59), False),
        (time(0, 0), True),
    ],
)
def test_a_window_may_go_past_midnight(clock, quiet):
    assert is_quiet(clock, QUIET) is quiet
    assert not is_quiet(clock, NOON)


def test_the_campaigns_cap_and_the_offices_the_less_counts(desk):
    channel = desk.load(say(), channels={"trang": {"account": "facebook/hue", "daily_cap": 3}}).channels[
        "trang"
    ]

    assert plan.daily_cap(channel, Office(daily_caps={"facebook/hue": 2})) == 2
    assert plan.daily_cap(channel, Office(daily_caps={"facebook/hue": 5})) == 3
    assert plan.daily_cap(channel, Office()) == 3
    assert date(2027, 1, 1) == desk.load(say()).start
