"""The plan: what each channel will say and when, under keys that outlive every edit but a renaming."""

import unicodedata
from datetime import UTC, datetime

import pytest
from desk import ARTICLE, Desk, say
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asean_social.errors import Severity
from asean_social.plan import digest_of
from asean_social.wording.campaign import MESSAGES

PILLARS = ("apsc", "aec", "ascc", "cross")
SLOTS = {"trang": ["07:30", "11:30", "19:30"], "oa": ["08:00"]}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One project for the properties: each example writes its campaign anew."""
    return Desk(tmp_path_factory.mktemp("shared"))


def _due(plan):
    return {one.key: one.due_at for one in plan.deliveries}


# -- keys and slots


def test_a_post_with_one_time_has_slot_1_on_each_channel(desk):
    plan = desk.plan(say(channels=["trang", "oa"], zalo=ARTICLE))

    assert _due(plan) == {
        "thu/a/trang/1": datetime(2027, 2, 24, 12, 30, tzinfo=UTC),
        "thu/a/oa/1": datetime(2027, 2, 24, 12, 30, tzinfo=UTC),
    }


def test_a_delivery_knows_where_it_comes_from(desk):
    plan = desk.plan(say(author="lan", title="Tên", grace="1h"), approval="none", grace="3h")

    (one,) = plan.deliveries
    assert (one.campaign, one.post, one.pillar, one.theme, one.channel, one.slot) == (
        "thu",
        "a",
        "apsc",
        "diplomacy",
        "trang",
        "1",
    )
    assert (one.title, one.author, one.clock, one.grace_seconds) == ("Tên", "lan", "own", 3600)
    assert one.approval_needed is False
    assert one.position[0] == "campaigns/thu.yaml"
    assert one.message.key == one.key


def test_grace_comes_from_the_post_the_campaign_or_the_runner(desk):
    graces = [desk.plan(say(), **head).deliveries[0].grace_seconds for head in ({}, {"grace": "3h"})]

    assert graces == [None, 10800]


def test_a_list_of_times_has_its_ids_as_slots(desk):
    times = [{"id": "sang", "at": "24/02/2027 07:30"}, {"id": "toi", "at": "24/02/2027 19:30"}]

    assert list(_due(desk.plan(say(at=times)))) == ["thu/a/trang/sang", "thu/a/trang/toi"]


def test_a_series_has_the_local_dates_as_slots(desk):
    plan = desk.plan(say(at=None, every={"cron": "30 0 * * 1-5", "until": "05/01/2027"}))

    assert _due(plan) == {
        "thu/a/trang/2027-01-01": datetime(2026, 12, 31, 17, 30, tzinfo=UTC),
        "thu/a/trang/2027-01-04": datetime(2027, 1, 3, 17, 30, tzinfo=UTC),
        "thu/a/trang/2027-01-05": datetime(2027, 1, 4, 17, 30, tzinfo=UTC),
    }


def test_a_second_time_on_one_day_is_numbered(desk):
    plan = desk.plan(say(at=None, every={"cron": "0 8,20 * * *", "until": "02/01/2027"}))

    assert [one.slot for one in plan.deliveries] == [
        "2027-01-01",
        "2027-01-01-2",
        "2027-01-02",
        "2027-01-02-2",
    ]


def test_a_series_ends_with_the_campaign_at_the_latest(desk):
    plan = desk.plan(say(at=None, every={"cron": "0 8 * * *", "until": "31/12/2030"}), to="2027-01-03")

    assert len(plan.deliveries) == 3


@pytest.mark.parametrize(
    ("cron", "until", "code"),
    [("0 8 31 2 *", None, "plan.empty-series"), ("0 8 * * *", "31/12/2026", "plan.empty-series"),
     ("* * * * *", None, "plan.too-often")],
)  # fmt: skip
def test_a_series_without_a_day_or_with_too_many_is_a_problem(desk, cron, until, code):
    every = {"cron": cron} | ({"until": until} if until else {})

    plan = desk.plan(say(at=None, every=every))

    assert [one.code for one in plan.problems] == [code]
    assert plan.problems[0].path == "pillars.apsc[0].every"
    assert len(plan.deliveries) <= 2000


def test_posts_without_a_time_take_the_slots_in_turn_of_the_pillars(desk):
    pillars = {name: [say(id=f"{name}-{n}", at=None) for n in range(2)] for name in PILLARS}

    due = _due(desk.plan(pillars=pillars, slots=SLOTS))

    ordered = [key.split("/")[1] for key in sorted(due, key=due.__getitem__)]
    assert ordered == ["apsc-0", "aec-0", "ascc-0", "cross-0", "apsc-1", "aec-1", "ascc-1", "cross-1"]
    assert min(due.values()) == datetime(2027, 1, 1, 0, 30, tzinfo=UTC)


def test_the_mix_says_how_often_a_pillar_comes_and_spreads_it_evenly(desk):
    pillars = {"apsc": [say(id=f"x{n}", at=None) for n in range(3)], "aec": [say(id="y0", at=None)]}

    due = _due(desk.plan(pillars=pillars, slots={"trang": ["08:00"]}, mix={"apsc": 75, "aec": 25}))

    assert [key.split("/")[1] for key in sorted(due, key=due.__getitem__)] == ["x0", "x1", "y0", "x2"]


@pytest.mark.parametrize(
    ("head", "code"),
    [({}, "plan.no-slots"), ({"slots": SLOTS, "mix": {"aec": 1}}, "plan.no-share"),
     ({"slots": {"trang": ["08:00"]}, "to": "2027-01-03", "mix": {"apsc": 1}}, "plan.no-free-slot")],
)  # fmt: skip
def test_a_post_that_finds_no_slot_is_a_problem(desk, head, code):
    posts = [say(id=f"x{n}", at=None) for n in range(4)]

    found = desk.codes(*posts, **head)

    assert set(found) == {code}
    assert len(found) == (1 if code == "plan.no-free-slot" else 4)


free_posts = st.lists(st.sampled_from(PILLARS), max_size=12)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _pillars(names, extra=()):
    pillars = {name: [] for name in PILLARS}
    for n, name in enumerate(names):
        pillars[name].append(
            say(id=f"x{n}", at=None, channels=["trang", "oa"], zalo=ARTICLE | {"title": f"T{n}"})
        )
    for name, post in extra:
        pillars[name].append(post)
    return pillars


@quick
@given(free_posts, free_posts)
def test_appending_posts_moves_no_other_posts_slot(shared, before, added):
    old = _due(shared.plan(pillars=_pillars(before), slots=SLOTS))
    new = _due(shared.plan(pillars=_pillars([*before, *added]), slots=SLOTS))

    assert old.items() <= new.items()


@quick
@given(free_posts, st.sampled_from(PILLARS), st.integers(0, 3), st.integers(0, 23))
def test_a_post_with_a_time_moves_no_free_one_wherever_it_is_added(shared, names, pillar, place, hour):
    before = _pillars(names)
    after = _pillars(names)
    after[pillar].insert(place, say(id="fixed", at=f"01/01/2027 {hour:02d}:30"))

    old = _due(shared.plan(pillars=before, slots=SLOTS))
    new = _due(shared.plan(pillars=after, slots=SLOTS))

    assert old.items() <= new.items()


@quick
@given(free_posts, st.lists(st.sampled_from(["list", "series", "one"]), max_size=4))
def test_no_two_deliveries_share_a_key_and_no_two_free_posts_a_slot(shared, names, others):
    times = {
        "list": {"at": [{"id": "mot", "at": "24/02/2027 07:30"}, {"id": "hai", "at": "24/02/2027 07:30"}]},
        "series": {"at": None, "every": {"cron": "0 */8 * * *", "until": "10/01/2027"}},
        "one": {},
    }
    extra = [("aec", say(id=f"y{n}", **times[kind])) for n, kind in enumerate(others)]

    deliveries = shared.plan(pillars=_pillars(names, extra), slots=SLOTS).deliveries

    keys = [one.key for one in deliveries]
    assert len(keys) == len(set(keys))
    free = [(one.channel, one.due_at) for one in deliveries if one.post.startswith("x")]
    assert len(free) == len(set(free)) == 2 * len(names)


@quick
@given(st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31, 23)))  # noqa: DTZ001 -- local times of the file
def test_moving_a_time_keeps_key_and_digest(shared, when):
    first = shared.plan(say()).deliveries[0]
    moved = shared.plan(say(at=f"{when:%d/%m/%Y %H:%M}")).deliveries[0]

    assert (moved.key, moved.digest) == (first.key, first.digest)


# -- digests


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Khác"},
        {"link": "https://hue.gov.vn"},
        {"media": {"file": "a.jpg", "alt": "Mô tả"}},
        {"hashtags": ["#Huế"]},
    ],
)
def test_changed_content_changes_the_digest(desk, change):
    assert desk.plan(say(**change)).deliveries[0].digest != desk.plan(say()).deliveries[0].digest


def test_changed_bytes_alt_or_account_change_the_digest_and_a_renamed_file_does_not(desk):
    def digest(name="a.jpg", alt="", account="facebook/hue"):
        post = say(media={"file": name, "alt": alt})
        return desk.plan(post, channels={"trang": account}).deliveries[0].digest

    first = digest()
    (desk.folder / "c.jpg").write_bytes((desk.folder / "a.jpg").read_bytes())

    assert digest(name="c.jpg") == first
    assert len({first, digest(name="b.jpg"), digest(alt="x"), digest(account="facebook/khac")}) == 4


def test_the_digest_is_the_same_for_both_unicode_forms(desk):
    composed = desk.plan(say(text="Cộng đồng ASEAN")).deliveries[0]
    decomposed = desk.plan(say(text=unicodedata.normalize("NFD", "Cộng đồng ASEAN"))).deliveries[0]

    assert composed.digest == decomposed.digest == digest_of(composed.message)


# -- Facebook


@pytest.mark.parametrize(
    ("post", "kind"),
    [({}, "text"), ({"link": "https://hue.gov.vn"}, "link"), ({"media": "a.jpg"}, "photo"),
     ({"media": ["a.jpg", "b.jpg"]}, "album"), ({"media": "v.mp4"}, "video"),
     ({"media": "v.mp4", "facebook": {"kind": "reel"}}, "reel"),
     ({"media": "v.mp4", "facebook": {"media": ["a.jpg"]}}, "photo"),
     ({"media": "v.mp4", "facebook": {"media": []}}, "text")],
)  # fmt: skip
def test_the_kind_follows_from_the_content(desk, post, kind):
    assert desk.message(**post).kind == kind


@pytest.mark.parametrize(
    ("post", "code"),
    [({"media": ["a.jpg", "v.mp4"]}, "plan.mixed-media"), ({"media": ["v.mp4", "v.mp4"]}, "plan.mixed-media"),
     ({"facebook": {"kind": "photo"}}, "plan.kind-contradicts"), ({"facebook": {"kind": "link"}}, "plan.kind-contradicts"),
     ({"media": "a.jpg", "facebook": {"kind": "text"}}, "plan.kind-contradicts")],
)  # fmt: skip
def test_media_that_do_not_make_the_kind_are_a_problem(desk, post, code):
    plan = desk.plan(say(**post))

    assert [one.code for one in plan.problems] == [code]
    assert plan.problems[0].post == "thu/a/trang"
    assert plan.deliveries == ()


def test_hashtags_stand_below_the_text_unless_they_are_in_it(desk):
    text = desk.message(text="Chào #asean\n", hashtags=["#ASEAN", "#Huế"]).text

    assert text == "Chào #asean\n\n#Huế"


def test_a_link_is_a_field_of_a_link_post_and_a_line_of_any_other(desk):
    link = "https://hue.gov.vn/a"

    as_link = desk.message(link=link)
    as_photo = desk.message(link=link, media="a.jpg")

    assert (as_link.text, as_link.link) == ("Xin chào", link)
    assert (as_photo.text, as_photo.link) == (f"Xin chào\n\n{link}", "")
    assert desk.message(text=f"Xem {link}", link=link, media="a.jpg").text == f"Xem {link}"


def test_a_photo_carries_its_facts_and_alternative_text(desk):
    (media,) = desk.message(media={"file": "a.jpg", "alt": "Một ô đỏ"}).media

    assert (media.alt, media.mime, media.width, media.kind) == ("Một ô đỏ", "image/jpeg", 64, "image")
    assert media.path == desk.folder / "a.jpg"


def test_the_block_of_a_platform_has_the_last_word(desk):
    message = desk.message(
        link="https://a.vn",
        hashtags=["#A"],
        facebook={"text": "Riêng", "link": "https://b.vn", "hashtags": ["#B"], "place": 12},
    )

    assert (message.text, message.link, message.options) == ("Riêng\n\n#B", "https://b.vn", {"place": "12"})


# -- YouTube

VIDEO = {"channels": ["kenh"], "media": "v.mp4", "title": "Tên"}


def test_every_youtube_option_is_written_out_with_its_default(desk):
    message = desk.message(**VIDEO, link="https://a.vn", hashtags=["#A"])

    assert (message.kind, message.text, len(message.media)) == ("video", "", 1)
    assert message.options == {
        "title": "Tên", "description": "Xin chào\n\nhttps://a.vn\n\n#A", "tags": [], "category": "25", "language": "vi",
        "audio_language": None, "made_for_kids": False, "notify_subscribers": True, "license": "youtube",
        "embeddable": True, "public_stats": True, "recording_date": None, "contains_synthetic_media": False,
        "localizations": {}, "privacy": "public",
    }  # fmt: skip


def test_every_youtube_option_of_the_file_arrives(desk):
    block = {
        "title": "T", "description": " D ", "tags": ["a"], "category": 27, "language": "en", "audio_language": "vi",
        "made_for_kids": True, "notify_subscribers": False, "license": "creativeCommon", "embeddable": False,
        "public_stats": False, "recording_date": "24/02/2027", "localizations": {"en": {"title": "E"}},
    }  # fmt: skip

    options = desk.message(**VIDEO, youtube=block, ai_generated=True).options

    assert options == block | {
        "description": "D", "category": "27", "recording_date": "2027-02-24", "contains_synthetic_media": True,
        "localizations": {"en": {"title": "E", "description": ""}}, "privacy": "public",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [({"title": None}, "plan.no-title"), ({"media": "a.jpg"}, "plan.one-video"), ({"media": None}, "plan.one-video"),
     ({"media": ["v.mp4", "v.mp4"]}, "plan.one-video")],
)  # fmt: skip
def test_a_video_without_title_or_video_is_a_problem(desk, change, code):
    assert desk.codes(say(**(VIDEO | change))) == [code]


def test_pictures_beside_the_video_are_noted(desk):
    plan = desk.plan(say(**VIDEO | {"media": ["v.mp4", "a.jpg"]}))

    assert [(one.code, one.severity) for one in plan.problems] == [("plan.pictures-not-sent", Severity.NOTE)]
    assert len(plan.deliveries[0].message.media) == 1


# -- Zalo

OA = {"channels": ["oa"], "zalo": ARTICLE}


def test_an_article_takes_the_text_of_the_post_paragraph_by_paragraph(desk):
    message = desk.message(**OA, text="Một\ndòng\n\n\nHai\n", link="https://a.vn", hashtags=["#A"])

    assert (message.kind, message.text, message.link) == ("normal", "", "")
    assert message.options == {
        "title": "Tiêu đề", "summary": "Tóm tắt", "author": "Cổng", "cover": 0, "cover_status": "show", "comment": "show",
        "body": [{"type": "text", "content": one} for one in ("Một\ndòng", "Hai", "https://a.vn")],
    }  # fmt: skip


def test_the_pictures_of_the_post_follow_the_text_and_the_cover_comes_first(desk):
    message = desk.message(
        **OA, media=[{"file": "a.jpg", "caption": "Ảnh"}, {"file": "bia.jpg", "alt": "Bìa"}]
    )

    assert [(one.path.name, one.alt) for one in message.media] == [("bia.jpg", "Bìa"), ("a.jpg", "")]
    assert message.options["body"][1:] == [{"type": "image", "media": 1, "caption": "Ảnh"}]


def test_without_a_cover_the_first_picture_is_it(desk):
    article = {name: one for name, one in ARTICLE.items() if name != "cover"}

    message = desk.message(channels=["oa"], zalo=article, media=["a.jpg", "b.jpg"])

    assert [one.path.name for one in message.media] == ["a.jpg", "b.jpg"]
    assert message.options["body"][1:] == [{"type": "image", "media": 1, "caption": ""}]


def test_a_body_that_places_pictures_itself_gets_no_others(desk):
    body = ["Một", {"image": "b.jpg", "caption": "B"}, {"text": "Hai"}, {"image": "bia.jpg"}]

    message = desk.message(channels=["oa"], media="a.jpg", zalo=ARTICLE | {"body": body})

    assert [one.path.name for one in message.media] == ["bia.jpg", "b.jpg"]
    assert message.options["body"] == [
        {"type": "text", "content": "Một"},
        {"type": "image", "media": 1, "caption": "B"},
        {"type": "text", "content": "Hai"},
        {"type": "image", "media": 0, "caption": ""},
    ]


def test_every_zalo_option_of_the_file_arrives(desk):
    block = ARTICLE | {
        "cover_status": "hide",
        "comment": "hide",
        "tracking_link": "https://a.vn",
        "body": "X\n\nY",
        "media": [],
    }

    options = desk.message(channels=["oa"], media="a.jpg", zalo=block).options

    assert (options["cover_status"], options["comment"], options["tracking_link"]) == (
        "hide",
        "hide",
        "https://a.vn",
    )
    assert [one["content"] for one in options["body"]] == ["X", "Y"]


@pytest.mark.parametrize(
    ("missing", "code"), [(one, f"plan.no-{one}") for one in ("title", "summary", "author", "cover")]
)
def test_what_an_article_needs_is_never_guessed(desk, missing, code):
    article = {name: one for name, one in ARTICLE.items() if name != missing}

    assert desk.codes(say(channels=["oa"], zalo=article)) == [code]


def test_a_video_of_the_post_stands_in_the_article_with_the_cover_as_its_still(desk):
    message = desk.message(**OA, media="v.mp4")

    assert [one.path.name for one in message.media] == ["bia.jpg", "v.mp4"]
    assert message.options["body"][-1] == {"type": "video", "media": 1, "thumb": 0}


def test_a_video_article_needs_a_picture_and_a_summary(desk):
    post = say(channels=["oa"], media="v.mp4", zalo={"type": "video", "title": "T"})
    assert desk.codes(post) == ["plan.no-avatar", "plan.no-summary"]

    block = {"type": "video", "title": "T", "summary": "S", "cover": "a.jpg"}
    message = desk.message(channels=["oa"], media="v.mp4", zalo=block)
    assert (message.kind, message.options["avatar"]) == ("video", 1)
    assert [one.path.name for one in message.media] == ["v.mp4", "a.jpg"]


# -- problems


def test_a_file_missing_on_several_channels_is_one_problem_of_the_post(desk):
    plan = desk.plan(say(channels=["trang", "kenh", "oa"], title="T", media="khong-co.jpg", zalo=ARTICLE))

    missing = [one for one in plan.problems if one.code.startswith("media.")]
    assert [(one.code, one.path, one.post) for one in missing] == [
        ("media.missing", "pillars.apsc[0].media", "thu/a")
    ]


def test_a_missing_picture_is_placed_where_it_is_named(desk):
    body = [{"image": "x1.jpg"}]
    block = ARTICLE | {"cover": "x2.jpg", "body": body, "media": ["x3.jpg"]}

    plan = desk.plan(say(channels=["oa"], zalo=block))

    assert [one.path.removeprefix("pillars.apsc[0].") for one in plan.problems] == [
        "zalo.media[0]",
        "zalo.cover",
        "zalo.body[0].image",
    ]


def test_every_problem_of_a_plan_has_its_sentence(desk):
    posts = [
        say(channels=["trang", "kenh", "oa"], media=["a.jpg", "v.mp4"], at=None),
        say(id="b", facebook={"kind": "photo"}),
        say(id="c", at=None, every={"cron": "0 8 31 2 *"}),
    ]

    problems = desk.plan(*posts).problems

    assert len(problems) > 5
    for one in problems:
        assert MESSAGES[one.code].format(**one.values)
        assert MESSAGES.get(f"{one.code}.hint", "").format(**one.values) is not None
