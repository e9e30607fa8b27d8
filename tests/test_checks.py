"""Each rule passes what fits exactly and finds one beyond, at the place where it was written."""

import re
from datetime import UTC, datetime

import pytest
from desk import ARTICLE, Desk, say
from PIL import Image

from asean_social import checks, plan
from asean_social.campaign import load
from asean_social.errors import Severity
from asean_social.media import Library
from asean_social.publishers.limits import FACEBOOK, LIMITS, YOUTUBE, ZALO, measured
from asean_social.wording.campaign import MESSAGES

NOW = datetime(2027, 1, 2, tzinfo=UTC)
VIDEO = {"channels": ["kenh"], "media": "v.mp4", "title": "Tên"}
OA = {"channels": ["oa"], "zalo": ARTICLE}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def found(desk):
    def check(*posts, now=NOW, **head):
        campaign = desk.load(*posts, **head)
        planned = desk.plan(*posts, **head)
        assert not [one for one in planned.problems if one.severity is Severity.ERROR]
        problems = checks.check(planned, campaign, LIMITS, now)
        for one in problems:
            assert MESSAGES[one.code].format(**one.values)
            assert MESSAGES.get(f"{one.code}.hint", "").format(**one.values) is not None
        return problems

    return check


def _short(problems):
    return [f"{one.severity} {one.code} {one.path.removeprefix('pillars.apsc[0].')}" for one in problems]


def _zalo(**change):
    return say(channels=["oa"], zalo=ARTICLE | change)


def _youtube(**change):
    return say(**VIDEO, youtube=change)


@pytest.mark.parametrize(
    ("limit", "make", "unit", "where"),
    [
        (FACEBOOK["text"], lambda text: say(text=text), "ế", "check.facebook.text text"),
        (
            FACEBOOK["text"],
            lambda text: say(facebook={"text": text}),
            "🤝",
            "check.facebook.text facebook.text",
        ),
        (YOUTUBE["title"], lambda text: _youtube(title=text), "ế", "check.youtube.title youtube.title"),
        (YOUTUBE["title"], lambda text: say(**VIDEO | {"title": text}), "🤝", "check.youtube.title title"),
        (
            YOUTUBE["description"],
            lambda text: _youtube(description=text),
            "a",
            "check.youtube.description youtube.description",
        ),
        (YOUTUBE["description"], lambda text: say(**VIDEO, text=text), "a", "check.youtube.description text"),
        (
            YOUTUBE["tags"],
            lambda text: _youtube(tags=[text[:250], text[251:]]),
            "a",
            "check.youtube.tags youtube.tags",
        ),
        (ZALO["title"], lambda text: _zalo(title=text), "ế", "check.zalo.title zalo.title"),
        (ZALO["summary"], lambda text: _zalo(summary=text), "ế", "check.zalo.summary zalo.summary"),
        (ZALO["author"], lambda text: _zalo(author=text), "ế", "check.zalo.author zalo.author"),
    ],
)
def test_a_text_at_the_limit_passes_and_one_beyond_does_not(found, limit, make, unit, where):
    assert found(make(unit * limit.most)) == ()

    beyond = found(make(unit * (limit.most + 1)))

    assert _short(beyond) == [f"error {where}"]
    assert (beyond[0].values["count"], beyond[0].values["most"]) == (limit.most + 1, limit.most)


def test_a_description_is_counted_in_bytes(found):
    assert found(_youtube(description="ệ" * 1666)) == ()
    assert found(_youtube(description="ệ" * 1667))[0].values["count"] == 5001


def test_a_text_given_by_the_defaults_is_named_in_the_post_it_does_not_fit(found):
    article = {name: one for name, one in ARTICLE.items() if name != "author"}

    problems = found(say(channels=["oa"], zalo=article), defaults={"zalo": {"author": "a" * 51}})

    assert _short(problems) == ["error check.zalo.author zalo.author"]


def test_localised_texts_have_the_same_limits(found):
    both = {
        "language": "vi",
        "localizations": {"en": {"title": "a" * 101, "description": "b" * 5001}, "fr": {"title": "<"}},
    }

    assert found(_youtube(localizations={"en": {"title": "a" * 100, "description": "b" * 5000}})) == ()
    assert _short(found(_youtube(**both))) == [
        "error check.youtube.title youtube.localizations.en.title",
        "error check.youtube.description youtube.localizations.en.description",
        "error check.youtube.angle-brackets youtube.localizations.fr.title",
    ]


def test_a_text_post_says_something(found):
    assert _short(found(say(text=" \n"))) == ["error check.empty-text pillars.apsc[0]"]
    assert found(say(text=None, media={"file": "a.jpg", "alt": "Ô đỏ"})) == ()


def test_an_article_says_something(found):
    assert [one.code for one in found(say(**OA, text=None))] == ["check.empty-text"]


@pytest.mark.parametrize(
    "link",
    [
        "https://facebook.com/hue",
        "https://www.facebook.com/x",
        "http://m.facebook.com",
        "https://fb.me/x",
        "https://FB.com/x",
    ],
)
def test_facebook_refuses_links_to_itself(found, link):
    assert _short(found(say(link=link))) == ["error check.facebook.own-link link"]
    assert _short(found(say(facebook={"link": link}))) == ["error check.facebook.own-link facebook.link"]


@pytest.mark.parametrize(
    "link", ["https://hue.gov.vn/facebook.com", "https://notfacebook.com", "https://fb.com.vn"]
)
def test_other_links_are_fine(found, link):
    assert found(say(link=link)) == ()


@pytest.mark.parametrize(
    ("post", "where"),
    [
        ({"youtube": {"title": "a < b"}}, "youtube.title"),
        ({"youtube": {"description": "a > b"}}, "youtube.description"),
        ({"youtube": {"tags": ["a", "<b"]}}, "youtube.tags"),
        ({"text": "<3"}, "text"),
    ],
)
def test_youtube_refuses_angle_brackets(found, post, where):
    assert _short(found(say(**VIDEO | post))) == [f"error check.youtube.angle-brackets {where}"]


@pytest.mark.parametrize(
    ("category", "good"), [(25, True), ("27", True), (42, False), ("tin", False), (0, False)]
)
def test_a_category_is_one_that_youtube_assigns(found, category, good):
    expected = [] if good else ["error check.youtube.category youtube.category"]

    assert _short(found(_youtube(category=category))) == expected


@pytest.mark.parametrize(
    ("tag", "good"),
    [("vi", True), ("en-GB", True), ("zh-Hans", True), ("zh-Hant-TW", True), ("es-419", True), ("fil", True),
     ("vietnamese", False), ("vi_VN", False), ("VN", False), ("vi-", False)],
)  # fmt: skip
def test_languages_are_bcp_47(found, tag, good):
    problems = found(_youtube(language=tag, audio_language=tag, localizations={tag: {"title": "T"}}))

    names = ("language", "audio_language", f"localizations.{tag}")
    assert _short(problems) == (
        [] if good else [f"error check.youtube.language youtube.{name}" for name in names]
    )


def test_two_articles_with_one_title_on_one_account_are_an_error(found):
    posts = [_zalo(title="Ngày ASEAN"), _zalo(title="NGÀY  ASEAN") | {"id": "b"}]

    problems = found(*posts)
    apart = found(posts[0], posts[1] | {"channels": ["hai"]}, channels={"oa": "zalo/hue", "hai": "zalo/khac"})

    assert [(one.code, one.path) for one in problems] == [
        ("check.same-time", "pillars.apsc[1]"),
        ("check.zalo.same-title", "pillars.apsc[1].zalo.title"),
    ]
    assert problems[1].values["other"] == "thu/a/oa/1"
    assert apart == ()


def test_an_article_that_is_repeated_is_its_own_twin(found):
    times = [{"id": "mot", "at": "24/02/2027 07:30"}, {"id": "hai", "at": "25/02/2027 07:30"}]

    assert _short(found(_zalo() | {"at": times})) == ["error check.zalo.same-title zalo.title"]


def test_html_in_an_article_is_a_warning_and_a_comparison_is_not(found):
    assert _short(found(_zalo(body="1 < 2"))) == []
    assert _short(found(_zalo(body="<b>x</b>"))) == ["warning check.zalo.html zalo.body"]
    assert _short(found(say(**OA, text="x<br>y"))) == ["warning check.zalo.html text"]


def test_a_picture_without_alternative_text_is_a_warning(found):
    assert _short(found(say(media={"file": "a.jpg", "alt": " "}))) == ["warning check.no-alt media"]
    assert _short(found(say(facebook={"media": ["a.jpg"]}))) == ["warning check.no-alt facebook.media[0]"]
    assert found(say(media=[{"file": "a.jpg", "alt": "Ô đỏ"}])) == ()


def test_an_animation_is_not_made_to_stand_still(desk, found):
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(desk.folder / "dong.gif", save_all=True, append_images=frames[1:])
    post = {"media": [{"file": "dong.gif", "alt": "Ô đỏ"}]}

    assert _short(found(say(**OA, **post))) == ["error check.zalo.format media[0]"]
    assert _short(found(say(**post))) == ["warning check.picture.moving media[0]"]


def test_captions_burned_into_the_video_need_nothing(found):
    assert found(say(**VIDEO | {"media": [{"file": "v.mp4", "captions": "burned-in"}]})) == ()


def test_two_levels_of_approval_are_for_later(found):
    problems = found(say(), approval="two-level")

    assert [(one.path, one.values["what"]) for one in problems] == [("approval", "approval: two-level")]


@pytest.mark.parametrize(
    ("times", "path"),
    [({}, "at"), ({"at": None, "every": {"cron": "0 8 24 2 *"}}, "every"), ({"at": None}, "pillars.apsc[0]")],
)
def test_a_post_that_was_due_is_a_warning_that_says_what_will_happen(found, times, path):
    post, head = say(**times), {"slots": {"trang": ["08:00"]}}
    late = datetime(2027, 2, 24, 12, 30, 1, tzinfo=UTC)

    problems = found(post, now=late, **head)

    assert _short(problems) == [f"warning check.past {path}"]
    assert found(post, now=problems[0].values["due"], **head) == ()


def test_more_posts_on_a_day_than_the_channel_takes_is_a_warning(found):
    posts = [
        say(id=name, at=f"24/02/2027 {hour}:00") for name, hour in (("a", "08"), ("b", "09"), ("c", "23"))
    ]

    two = found(*posts, channels={"trang": {"account": "facebook/hue", "daily_cap": 2}})
    three = found(*posts, channels={"trang": {"account": "facebook/hue", "daily_cap": 3}})

    assert [(one.code, one.post, one.values["most"]) for one in two] == [
        ("check.daily-cap", "thu/c/trang", 2)
    ]
    assert three == ()


def test_a_fixed_time_on_a_free_slot_is_a_warning(found):
    posts = [say(at=None), say(id="b", at="01/01/2027 08:00")]

    problems = found(*posts, slots={"trang": ["08:00"]}, now=datetime(2026, 1, 1, tzinfo=UTC))

    assert [(one.severity, one.code) for one in problems] == [(Severity.WARNING, "check.same-time")]


def test_problems_come_in_the_order_of_the_file_and_name_their_channel(found):
    posts = [_youtube(category=99) | {"id": "y"}, say(link="https://fb.com/x")]

    assert [one.post for one in found(*posts)] == ["thu/y/kenh", "thu/a/trang"]


def test_rules_are_numbered_once_and_say_where_they_come_from():
    ids = [rule.id for rule in checks.RULES]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"C\d\d", one) for one in ids)
    assert all(rule.source for rule in checks.RULES)


def test_every_limit_names_its_source_and_the_day_it_was_read():
    for limits in LIMITS.values():
        for limit in limits.values():
            assert limit.source.startswith("https://")
            assert limit.read.year == 2026


def test_counters_show_every_limited_text_in_its_unit(desk):
    message = desk.message(**VIDEO, youtube={"tags": ["hiệp ước", "tac"]})

    assert list(measured(message)) == [
        ("title", 3, 100, "characters"),
        ("description", 9, 5000, "bytes-utf8"),
        ("tags", 14, 500, "tag-characters"),
    ]


def test_the_sample_campaign_has_no_error(request):
    root = request.config.rootpath
    loaded = load([root / "campaigns"], root)
    plans = [plan.plan(one, Library(root)) for one in loaded.campaigns]
    found = [one for each in plans for one in each.problems]
    for one, each in zip(loaded.campaigns, plans, strict=True):
        found += checks.check(each, one, LIMITS, datetime(2026, 12, 1, tzinfo=UTC))

    assert [one for one in (*loaded.problems, *found) if one.severity is Severity.ERROR] == []
    assert sum(len(each.deliveries) for each in plans) >= 6
