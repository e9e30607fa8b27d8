"""Campaign files become frozen campaigns, or problems that say where, what was found and what fits."""

import os
import unicodedata
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from asean_social import campaign, moments, reader
from asean_social.errors import Severity
from asean_social.fields import Unfit
from asean_social.wording.campaign import MESSAGES

CASES = Path(__file__).parent / "cases"
HUE = ZoneInfo("Asia/Ho_Chi_Minh")

FULL = """
campaign: hue-asean-2027
title: "ASEAN tròn 60 năm"
from: 01/01/2027
to: 2027-12-31
directive_ref: "12/KH-UBND"
period: sau-2025
approval: two-level
grace: 3h
channels:
  trang: facebook/hue-asean
  kenh: {account: youtube/hue-asean, clock: platform, daily_cap: 2}
  oa: zalo/hue-asean
defaults:
  channels: [trang, oa]
  hashtags: ["#ASEAN", Huế]
  author: lan
  zalo: {author: Cổng thông tin, comment: hide}
slots: {trang: ["19:30", "7h30", "07:30"], oa: 8h}
mix: {chinh-tri-an-ninh: 25, aec: 25.5}
pillars:
  apsc:
    - id: tac-51-nam
      title: TAC
      theme: ngoai-giao
      themes: [vn-in-apsc]
      form: video-clip
      at: "24/02/2027 19:30"
      channels: [trang, kenh, oa]
      lang: vi+en
      text: |
        Một.

        Hai.
      link: https://hue.gov.vn/tac
      goals: understand
      audience: [general, youth]
      sources: [https://vnanet.vn]
      tags: [tac]
      tone: trang trọng
      priority: high
      grace: 90m
      sensitive: true
      people: child
      consent_ref: DT-12
      contains_map: true
      map_checked_by: minh
      contains_emblem: true
      ai_generated: true
      silence: [{rule: T25, reason: tên cũ}]
      media:
        - {file: media/tac.mp4, alt: "Video", captions: media/tac.vi.vtt, caption: x}
        - {file: media/b.mp4, captions: burned-in}
      facebook:
        {kind: reel, text: a, link: "https://a.vn", media: media/a.jpg, hashtags: [], title: t, description: d,
         thumbnail: media/t.jpg, first_comment: c, place: 123, targeting: {age_min: 18}}
      youtube:
        {kind: short, title: t, description: d, media: media/v.mp4, tags: [a, b], playlist: p, category: 27, language: vi,
         audio_language: vi, made_for_kids: true, notify_subscribers: false, license: creativeCommon,
         embeddable: false, public_stats: false, recording_date: 24/02/2027,
         localizations: {en: {title: T, description: D}}, thumbnail: media/t.jpg}
      zalo:
        {type: video, title: t, summary: s, cover: media/c.jpg, cover_status: hide, media: [media/a.jpg],
         body: [Một, {image: media/a.jpg, caption: c}, {video: media/v.mp4, thumb: media/t.jpg}],
         tracking_link: "https://a.vn", broadcast: {at: "24/02/2027 20:30", gender: 1, ages: "2,3", locations: 0,
         cities: "4", platform: "1", late: wait}}
  chinh-tri-an-ninh:
    - {id: hai, theme: other, theme_note: khác, at: [{id: sang, at: "2027-03-01T07:30"}, {id: toi, at: "2027-03-01T19:30:15Z"}]}
  aec:
  cross:
    - {id: ba, theme: asean-identity, channels: oa, hashtags: [], every: {cron: "30 7 * * 1-5", until: 2027-06-30}}
"""


@pytest.fixture
def loaded(tmp_path):
    def load(**files: str):
        folder = tmp_path / "campaigns"
        folder.mkdir(exist_ok=True)
        paths = []
        for name, content in files.items():
            paths.append(folder / f"{name}.yaml")
            paths[-1].write_text(content, encoding="utf-8")
        return campaign.load(paths, tmp_path)

    return load


def _written(problems):
    return [
        f"{one.line}:{one.column} {one.code} {one.path or '-'}: {MESSAGES[one.code].format(**one.values)}"
        for one in problems
    ]


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda case: case.stem)
def test_a_bad_file_gives_exactly_the_expected_problems(case):
    expected = case.with_suffix(".txt").read_text(encoding="utf-8").splitlines()

    found = campaign.load([case], CASES)

    assert _written(found.problems) == expected
    assert all(one.file == case.name for one in found.problems)
    only_warnings = all(one.severity is Severity.WARNING for one in found.problems)
    assert found.broken == (() if only_warnings else (case,))
    assert len(found.campaigns) == (1 if only_warnings else 0)


def test_every_key_of_a_campaign_is_understood(loaded):
    found = loaded(year=FULL)

    assert found.problems == ()
    (one,) = found.campaigns
    assert (one.slug, one.start, one.end) == ("hue-asean-2027", date(2027, 1, 1), date(2027, 12, 31))
    assert (one.timezone.key, one.period, one.approval, one.grace) == (
        "Asia/Ho_Chi_Minh",
        "post-2025",
        "two-level",
        10800,
    )
    assert one.channels["kenh"] == campaign.Channel("kenh", "youtube", "hue-asean", "platform", 2)
    assert one.slots == {"trang": (time(7, 30), time(19, 30)), "oa": (time(8),)}
    assert one.mix == {"apsc": 25, "aec": 25.5}
    assert [(post.id, post.pillar) for post in one.posts] == [
        ("tac-51-nam", "apsc"),
        ("hai", "apsc"),
        ("ba", "cross"),
    ]
    assert one.file == "campaigns/year.yaml"


def test_times_are_utc_and_keep_their_slots_names(loaded):
    first, second, third = loaded(year=FULL).campaigns[0].posts

    assert [(moment.id, moment.at) for moment in first.at] == [
        ("1", datetime(2027, 2, 24, 12, 30, tzinfo=UTC))
    ]
    assert [(moment.id, moment.at) for moment in second.at] == [
        ("sang", datetime(2027, 3, 1, 0, 30, tzinfo=UTC)),
        ("toi", datetime(2027, 3, 1, 19, 30, 15, tzinfo=UTC)),
    ]
    assert third.at == ()
    assert (third.every.cron, third.every.until) == ("30 7 * * 1-5", date(2027, 6, 30))


def test_a_post_takes_from_the_defaults_what_it_does_not_say(loaded):
    first, second, third = loaded(year=FULL).campaigns[0].posts

    assert (first.channels, second.channels, third.channels) == (
        ("trang", "kenh", "oa"),
        ("trang", "oa"),
        ("oa",),
    )
    assert (first.hashtags, third.hashtags) == (("#ASEAN", "#Huế"), ())
    assert (first.lang, second.lang, second.author) == ("vi+en", "vi", "lan")
    assert (first.zalo.author, first.zalo.comment, first.zalo.title) == ("Cổng thông tin", "hide", "t")


def test_names_are_resolved_and_short_forms_written_out(loaded):
    first = loaded(year=FULL).campaigns[0].posts[0]

    assert (first.theme, first.goals, first.audience) == ("diplomacy", ("understand",), ("general", "youth"))
    assert (first.youtube.category, first.facebook.place, first.zalo.broadcast.gender) == ("27", "123", "1")
    assert [block.text for block in first.zalo.body] == ["Một", None, None]
    assert first.media[0].file.name == "tac.mp4"
    assert [one.file.name for one in first.media[0].captions] == ["tac.vi.vtt"]
    assert [one.burned_in for one in first.media[1].captions] == [True]
    assert first.facebook.media[0].file.is_absolute()


def test_a_problem_of_a_post_names_the_post_and_its_place(loaded):
    one = loaded(year=FULL).campaigns[0]

    found = one.problem(one.posts[0], "x.y", "zalo", "title", severity=Severity.NOTE, most=3)

    line = FULL.splitlines()[found.line - 1]
    assert line[found.column - 1] == "t"
    assert "{type: video, title: t" in line
    assert (found.path, found.post) == ("pillars.apsc[0].zalo.title", "hue-asean-2027/tac-51-nam")
    assert (found.values, found.severity, found.file) == ({"most": 3}, Severity.NOTE, "campaigns/year.yaml")


def test_problems_of_all_files_are_found_at_once_and_good_files_still_load(loaded):
    broken = FULL.replace("hue-asean-2027", "hai").replace("ngoai-giao", "xyzzy").replace("id: ba", "id: Ba")

    found = loaded(year=FULL, hai=broken, ba="- x")

    assert [one.slug for one in found.campaigns] == ["hue-asean-2027"]
    assert [(one.file, one.code) for one in found.problems] == [
        ("campaigns/hai.yaml", "campaign.unknown-theme"),
        ("campaigns/hai.yaml", "campaign.bad-id"),
        ("campaigns/ba.yaml", "campaign.not-a-campaign"),
    ]
    assert [one.name for one in found.broken] == ["hai.yaml", "ba.yaml"]


def test_of_two_files_with_one_slug_neither_is_used_even_if_one_is_broken(loaded):
    found = loaded(mot=FULL, hai=FULL, ba=FULL.replace("ngoai-giao", "xyzzy"))

    assert found.campaigns == ()
    assert [one.code for one in found.problems].count("campaign.slug-twice") == 3
    assert len(found.broken) == 3


def test_a_file_is_the_same_in_both_unicode_forms(loaded):
    composed = loaded(year=FULL).campaigns[0]
    decomposed = loaded(year=unicodedata.normalize("NFD", FULL)).campaigns[0]

    assert decomposed == composed


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a right on Windows")
def test_a_symbolic_link_that_leads_out_of_the_project_is_refused(tmp_path, loaded):
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "media").symlink_to(tmp_path.parent)

    found = loaded(year=FULL)

    assert {one.code for one in found.problems} == {"campaign.media-outside"}


def test_a_path_above_the_campaign_folder_but_inside_the_project_is_fine(loaded):
    found = loaded(year=FULL.replace("file: media/tac.mp4", "file: ../media/tac.mp4"))

    assert found.problems == ()
    assert found.campaigns[0].posts[0].media[0].file.parent.parent == found.campaigns[0].source.parent.parent


def test_a_file_outside_the_project_keeps_its_own_name(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("x", encoding="utf-8")

    assert campaign.load([file], tmp_path / "project").problems[0].file == file.as_posix()


def test_a_missing_file_is_a_problem_and_broken(tmp_path):
    found = campaign.load([tmp_path / "none.yaml"], tmp_path)

    assert [(one.file, one.code) for one in found.problems] == [("none.yaml", "yaml.missing")]
    assert found.broken == (tmp_path / "none.yaml",)


@pytest.mark.parametrize("zone", ["[a]", "12", "''", "../etc", "~"])
def test_an_odd_time_zone_is_a_problem_and_nothing_worse(loaded, zone):
    found = loaded(year=FULL.replace("directive_ref", f"timezone: {zone}\ndirective_ref"))

    assert [one.path for one in found.problems] == ["timezone"]


def test_find_files_takes_yaml_files_but_not_the_approvals(tmp_path):
    for name in ("b.yaml", "a.yml", "b.approvals.yaml", "c.txt"):
        (tmp_path / name).touch()

    assert [one.name for one in campaign.find_files(tmp_path)] == ["a.yml", "b.yaml"]
    assert campaign.find_files(tmp_path / "c.txt") == [tmp_path / "c.txt"]


@pytest.mark.parametrize(
    "typed",
    ["24/02/2027 19:30", "2027-02-24 19:30", "2027-02-24T19:30:00", "24/2/2027 19h30", "24/02/2027 19 giờ 30",
     "2027-02-24T12:30Z", "2027-02-24T12:30:00+00:00", " 24/02/2027  19:30 "],
)  # fmt: skip
def test_one_moment_may_be_written_in_many_ways(typed):
    assert moments.moment(typed, HUE) == datetime(2027, 2, 24, 12, 30, tzinfo=UTC)


def test_half_past_midnight_of_new_year_is_still_last_year_in_utc():
    assert moments.moment("01/01/2027 0h30", HUE) == datetime(2026, 12, 31, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("28/03/2027 02:30", "time.skipped"), ("24/02/1999 19:30", "time.no-such-year"), (True, "time.not-text"),
     (None, "time.not-text"), (1170, "time.number"), (7.5, "time.number"), ("2027-02-24T12:30+99:00", "time.unreadable")],
)  # fmt: skip
def test_what_is_no_moment_says_why(typed, code):
    with pytest.raises(Unfit) as caught:
        moments.moment(typed, ZoneInfo("Europe/Berlin"))
    assert caught.value.code == code


@pytest.mark.parametrize(("typed", "seconds"), [("90m", 5400), ("2h", 7200), ("1d", 86400), ("2 giờ", 7200)])
def test_a_length_of_time_has_a_unit(typed, seconds):
    assert moments.seconds(typed) == seconds


def test_ten_thousand_posts_load_within_seconds(tmp_path):
    text = "Năm 1976, năm nước Đông Nam Á cùng đặt bút ký một lời hứa: ngồi lại nói chuyện. " * 8
    posts = "".join(
        f"    - id: bai-{n}\n      theme: diplomacy\n      text: |\n        {text[:600]}\n"
        for n in range(10_000)
    )
    file = tmp_path / "big.yaml"
    file.write_text(
        "campaign: big\ntitle: B\nfrom: 2027-01-01\nto: 2027-12-31\nchannels: {trang: facebook/hue}\n"
        f"defaults: {{channels: trang}}\npillars:\n  apsc:\n{posts}",
        encoding="utf-8",
    )

    begun = datetime.now(UTC)
    found = campaign.load([file], tmp_path)

    assert len(found.campaigns[0].posts) == 10_000
    assert (datetime.now(UTC) - begun).total_seconds() < (15 if reader.fast else 120)


@pytest.mark.parametrize(
    "link", ["hue.gov.vn", "ftp://hue.gov.vn", "https://", "https://[", "https://a b.vn", "http:///x"]
)
def test_what_is_no_link_is_refused(loaded, link):
    found = loaded(year=FULL.replace("link: https://hue.gov.vn/tac", f"link: '{link}'"))

    assert [(one.code, one.path) for one in found.problems] == [("campaign.bad-link", "pillars.apsc[0].link")]
