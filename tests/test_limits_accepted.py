"""What `check` passes the sandbox takes: posts at the very limits, of any letters, are published as they are."""

import string

from desk import Desk, say
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publisher_contract import FixedTokens, run
from test_youtube_sandbox import token
from test_zalo import TestZaloContract

from asean_social import checks, plan
from asean_social.media import Library
from asean_social.office import Office
from asean_social.publishers.facebook import Facebook
from asean_social.publishers.http import Session
from asean_social.publishers.limits import LIMITS
from asean_social.publishers.youtube import YouTube
from asean_social.publishers.zalo import Zalo
from asean_social.sandbox.server import Sandbox
from asean_social.text import count

LETTERS = st.sampled_from(
    "ạảãâấầẩẫậăắằẳẵặđĐươợởỡủũưừứựỳỷỹ" + string.ascii_letters + string.digits + " 🌏&“”–"
)
FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLATFORMS = {"facebook": Facebook, "youtube": YouTube, "zalo": Zalo}


def filling(limit):
    """Texts of exactly as many units as fit; the last letters are plain ones."""

    def full(letters):
        text = "Huế" + "".join(letters).strip() + "ế"
        text = (text * (limit.most // count(text, limit.unit) + 1))[: limit.most]
        while (over := count(text, limit.unit) - limit.most) > 0:
            text = text[: -max(over // 4, 1)]
        text = text.rstrip()
        return text + "x" * (limit.most - count(text, limit.unit))

    return st.lists(LETTERS, min_size=5, max_size=60).map(full)


def publish(box, desk, platform, post):
    campaign = desk.load(post, channels={"k": f"{platform}/hue-asean"})
    planned = plan.plan(campaign, Library(desk.root))
    assert checks.check(planned, campaign, LIMITS, plan.datetime(2027, 1, 1, tzinfo=plan.UTC), Office()) == ()
    [one] = planned.deliveries
    suite = TestZaloContract()
    suite.platform = platform
    account = suite.credentials(box)
    access = token(account) if platform == "youtube" else account.access_token.get_secret_value()
    publisher = PLATFORMS[platform](account, Session(), FixedTokens(access))
    run(publisher.release, one.message, run(publisher.stage, one.message))
    return [one for one in box.public() if one["platform"] == platform][-1]


@FEW
@given(text=filling(LIMITS["facebook"]["text"]))
def test_facebook(tmp_path_factory, text):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    with Sandbox(processing_seconds=0, verify_seconds=0) as box:
        shown = publish(box, desk, "facebook", say(channels=["k"], text=text))
    assert count(text, "characters") == LIMITS["facebook"]["text"].most
    assert shown["text"] == text


@FEW
@given(
    title=filling(LIMITS["zalo"]["title"]),
    summary=filling(LIMITS["zalo"]["summary"]),
    author=filling(LIMITS["zalo"]["author"]),
)
def test_zalo(tmp_path_factory, title, summary, author):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    block = {"title": title, "summary": summary, "author": author, "cover": "bia.jpg"}
    with Sandbox(processing_seconds=0, verify_seconds=0) as box:
        shown = publish(box, desk, "zalo", say(channels=["k"], zalo=block))
    assert (shown["title"], shown["description"], shown["author"]) == (title, summary, author)


@FEW
@given(
    title=filling(LIMITS["youtube"]["title"]),
    description=filling(LIMITS["youtube"]["description"]),
    tags=st.integers(1, 60).map(lambda size: ["ấ" * size] * ((500 + 1) // (size + 1))),
)
def test_youtube(tmp_path_factory, title, description, tags):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    block = {"title": title, "description": description, "tags": tags}
    with Sandbox(processing_seconds=0, verify_seconds=0) as box:
        shown = publish(box, desk, "youtube", say(channels=["k"], media="v.mp4", youtube=block))
    assert (shown["title"], shown["description"], shown["tags"]) == (title, description, tags)
