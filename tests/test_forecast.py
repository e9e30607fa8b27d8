"""How much of YouTube's daily allowance is said to be taken, before and after it is."""

from datetime import UTC, datetime, timedelta

import pytest
from desk import Desk, say
from town import stamp

from asean_social import checks, forecast
from asean_social.ledger import Ledger
from asean_social.publishers.limits import LIMITS
from asean_social.publishers.quotas import YOUTUBE

VIDEO = {"channels": ["kenh"], "media": "v.mp4", "text": None}
POST = """
- id: {name}
  theme: digital-economy
  author: lan
  at: "{due}"
  channels: [kenh]
  title: "Phim {name}"
  youtube: {{media: [{{file: media/phim.mp4, captions: media/phim.vi.vtt}}], thumbnail: media/bia.jpg}}
"""


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def posts(count, **youtube):
    """One every minute, from 19:30 in Viet Nam on 24/02: that is 04:30 in California."""
    return [
        say(
            id=f"p{n}",
            title=f"Phim {n}",
            at=f"24/02/2027 {19 + n // 60}:{n % 60:02}",
            youtube=youtube,
            **VIDEO,
        )
        for n in range(count)
    ]


def quota_findings(desk, made):
    campaign, planned = desk.load(*made), desk.plan(*made)
    found = checks.check(planned, campaign, LIMITS, datetime(2027, 1, 2, tzinfo=UTC))
    return [(one.code, one.post, one.values) for one in found if "quota" in one.code]


def test_the_uploads_of_a_day_fit_and_one_more_is_a_warning(desk):
    assert quota_findings(desk, posts(100)) == []
    assert quota_findings(desk, posts(101)) == [
        ("check.youtube.quota-uploads", "thu/p100/kenh", {"day": "24/02/2027", "most": 100, "count": 101})
    ]


def test_units_are_used_up_before_uploads_where_every_video_has_captions(desk):
    (desk.folder / "v.vi.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nXin chào\n", encoding="utf-8")
    media = [{"file": "v.mp4", "captions": "v.vi.vtt"}]
    cost = forecast.cost(desk.plan(posts(1, media=media)[0]).deliveries[0].message)
    fit = YOUTUBE["units"].most // cost["units"]

    assert quota_findings(desk, posts(fit, media=media)) == []
    [(code, post, values)] = quota_findings(desk, posts(fit + 1, media=media))
    assert (code, post, values["most"]) == ("check.youtube.quota-units", f"thu/p{fit}/kenh", 10_000)


def test_two_days_in_california_are_two_allowances(desk):
    """Staged two hours before: 16:59 and 17:00 in Viet Nam lie on two sides of midnight in California."""
    made = [
        say(id=name, title=name, at=f"24/02/2027 {at}", **VIDEO)
        for name, at in (("a", "16:59"), ("b", "17:00"))
    ]

    days = forecast.of(desk.plan(*made).deliveries)

    assert [str(one.day) for one in days] == ["2027-02-23", "2027-02-24"]
    assert [one["uploads"] for one in days.values()] == [1, 1]


def test_the_dry_run_tells_todays_use_and_an_estimate_that_covers_it(town, sandbox):
    now = datetime.now(UTC)
    later = (now + timedelta(days=40)).replace(hour=20, minute=0)
    (town.root / "campaigns/media/phim.vi.vtt").write_text(
        "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nXin chào\n", encoding="utf-8"
    )
    town.campaign(
        POST.format(name="mot", due=stamp(now - timedelta(seconds=2)))
        + "".join(POST.format(name=f"p{n}", due=stamp(later + timedelta(minutes=n))) for n in range(3))
    )
    assert town.process("schedule", "--once").returncode == 0
    assert [one["title"] for one in sandbox.public()] == ["Phim mot"]

    ledger = Ledger.look(town.root / "ledger.db")
    [(owner,)] = {tuple(row) for row in ledger.database.read("select distinct owner from usage")}
    used = {
        name: sum(
            row["used"] for row in ledger.database.read("select used from usage where quota=?", (name,))
        )
        for name in YOUTUBE
    }
    ledger.close()
    said = town.process("--lang", "en", "schedule", "--dry-run").stdout

    assert owner.startswith("google/")
    assert used["uploads"] == 1
    estimate = 400 + 50 + 50 + 50 + forecast.LOOKS
    assert 500 < used["units"] <= estimate
    assert (
        f"today 1 of 100 uploads, about {used['units']} of 10,000 units (so far 1 and {used['units']})"
        in said
    )
    day = YOUTUBE["uploads"].period(later - forecast.AHEAD)
    assert f"fullest day {day:%d/%m/%Y}, 3 of 100 uploads, about {3 * estimate:,} of 10,000 units" in said
