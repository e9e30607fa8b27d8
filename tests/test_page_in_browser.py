"""The sandbox's page in a real browser: posts appear, media load and play, orders are taken, nothing comes from elsewhere."""

import shutil
from urllib.parse import urlsplit

import pytest
from page_stock import SECONDS, on_facebook, stock
from playwright.sync_api import Page, expect, sync_playwright
from sandbox_clients import BASE, Clock, Graph, running

from asean_social.sandbox.words import WORDS

CHROMIUM = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    ),
    None,
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this computer")
WIDTHS = (360, 1440)
MORNING = BASE + 86_400 - BASE % 86_400 + 3 * 3600  # 10:00 in Huế, when Zalo takes broadcasts

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOAD_ALL = "document.querySelectorAll('img').forEach(one => { one.loading = 'eager' })"
BROKEN = (
    "[...document.images].filter(one => !(one.complete && one.naturalWidth > 0)).map(one => one.outerHTML)"
)
UNREADY = (
    "[...document.querySelectorAll('video')].filter(one => !(one.readyState >= 1)).map(one => one.outerHTML)"
)
SEEK = "one => new Promise(done => { one.onseeked = () => done(one.currentTime); one.currentTime = 2 })"


@pytest.fixture(scope="module")
def box():
    clock = Clock()
    clock.now = MORNING
    with running(clock, verify_seconds=0.0, processing_seconds=0.0) as box:
        yield box


@pytest.fixture
def filled(box):
    box.reset()
    stock(box)
    return box


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium, box):
    """A tab that fails its test when the page complains or asks anybody else."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints, hosts = [], set()
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: hosts.add(urlsplit(asked.url).netloc))
    yield page
    context.close()
    assert complaints == []
    assert hosts - {""} == {urlsplit(box.url).netloc}  # "" is the empty icon


def shown(tab: Page, box, lang: str = "vi") -> None:
    tab.goto(f"{box.url}/?lang={lang}")


def settled(tab: Page, broken: str) -> list[str]:
    """What is still broken after some seconds."""
    for _ in range(50):
        found = tab.evaluate(broken)
        if not found:
            break
        tab.wait_for_timeout(100)
    return found


def test_every_object_has_the_look_of_its_platform(filled, tab) -> None:
    shown(tab, filled)

    public = tab.locator("main")
    expect(public.locator(".facebook-post")).to_have_count(10)
    expect(public.locator(".link-card img")).to_have_count(1)
    expect(public.locator(".beyond")).to_have_text("+2")
    expect(public.locator(".comment")).to_contain_text("huecity.gov.vn")
    expect(public.locator(".youtube-video")).to_have_count(2)
    expect(public.locator(".youtube-video.video .chip")).to_have_count(2)
    expect(public.locator(".zalo-article")).to_have_count(3)
    expect(public.locator(".bubble")).to_have_count(2)
    staged = tab.locator("#staged")
    expect(staged.locator(".card")).to_have_count(3)
    for text in ("Bài đang chờ duyệt", "Video còn riêng tư", "Bài đang ẩn"):
        expect(staged).to_contain_text(text)
        expect(public).not_to_contain_text(text)


def test_every_picture_loads_and_every_film_plays(filled, tab) -> None:
    shown(tab, filled)
    tab.evaluate(LOAD_ALL)

    assert settled(tab, BROKEN) == []
    assert settled(tab, UNREADY) == []
    films = tab.locator("main video[controls]")
    assert films.count() == 7
    for film in films.all():
        assert film.evaluate("one => one.duration") == pytest.approx(SECONDS, abs=0.2)
        assert film.evaluate(SEEK) == pytest.approx(2, abs=0.1)
    first = films.first
    first.evaluate("one => { one.currentTime = 0; one.muted = true; return one.play() }")
    tab.wait_for_function("one => one.currentTime > 0.3", arg=first.element_handle())
    cues = tab.locator("main track").evaluate(
        "one => new Promise(done => { one.onload = () => done(one.track.cues.length); one.track.mode = 'showing' })"
    )
    assert cues == 2


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", list(WORDS))
def test_nothing_is_wider_than_the_screen(filled, tab, width, lang) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    shown(tab, filled, lang)
    for fold in tab.locator("details > summary").all()[:40]:
        fold.evaluate("one => { one.parentElement.open = true }")

    assert tab.evaluate(TOO_WIDE) <= 0


def test_a_long_text_is_folded_until_somebody_wants_it(filled, tab) -> None:
    shown(tab, filled)
    fold = tab.locator(".facebook-post .fold").first
    before = fold.locator(".prose").bounding_box()["height"]

    fold.locator(".more").click()

    assert fold.locator(".prose").bounding_box()["height"] > before
    expect(fold.locator(".more")).to_be_hidden()


def test_a_new_post_appears_by_itself_and_a_playing_film_is_left_alone(filled, tab) -> None:
    shown(tab, filled)
    film = tab.locator("main video").first
    film.evaluate("one => { one.dataset.mine = 'yes' }")

    Graph(filled).feed(message="Bài vừa đăng")

    expect(tab.locator("main")).to_contain_text("Bài vừa đăng")
    expect(film).to_have_attribute("data-mine", "yes")
    expect(tab.locator("#facebook-public-n")).to_have_text("11")


@pytest.mark.parametrize(
    ("fault", "met"),
    [("cut-after", 0), ("expire-token", 400), ("throttle", 400)],
)
def test_a_button_orders_a_fault_for_the_next_request(box, tab, fault, met) -> None:
    box.reset()
    shown(tab, box)
    tab.locator("#practice [aria-label=Facebook]").get_by_text(WORDS["vi"][f"fault.{fault}"]).click()
    expect(tab.locator("#said")).to_contain_text("Facebook")

    if met:
        Graph(box).get("/me")
    else:
        with pytest.raises(OSError, match="Remote end closed"):
            Graph(box).get("/me")

    assert (box.requests()[-1]["fault"], box.requests()[-1]["status"]) == (fault, met)
    expect(tab.locator("#transcript .badge")).to_contain_text(fault)


def test_every_fault_button_is_an_order_that_the_sandbox_takes(box, tab) -> None:
    box.reset()
    shown(tab, box, "en")
    buttons = tab.locator(".fault-row button").all()
    assert len(buttons) == 12

    for button in buttons:
        with tab.expect_response("**/_sandbox/faults") as answer:
            button.click()
        assert answer.value.ok
        expect(tab.locator("#said")).to_have_class("good")


def test_reset_asks_first_and_then_empties_the_sandbox(box, tab) -> None:
    box.reset()
    on_facebook(box)
    shown(tab, box)
    tab.locator("#practice > summary").click()
    button = tab.locator("[data-order=reset]")

    tab.once("dialog", lambda dialog: dialog.dismiss())
    button.click()
    assert box.public() != []

    tab.once("dialog", lambda dialog: dialog.accept())
    button.click()
    expect(tab.locator(".card")).to_have_count(0)
    assert (box.public(), box.hidden(), box.requests()) == ([], [], [])


def test_the_language_is_switched_and_the_keys_are_downloaded(box, tab) -> None:
    box.reset()
    shown(tab, box)
    expect(tab.locator("h1")).to_have_text(WORDS["vi"]["title"])

    tab.get_by_role("link", name="English").click()
    expect(tab.locator("h1")).to_have_text(WORDS["en"]["title"])
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    with tab.expect_download() as download:
        tab.get_by_role("link", name=WORDS["en"]["keys.get"]).click()

    assert download.value.suggested_filename == "credentials.toml"
    assert download.value.path().read_text(encoding="utf-8").endswith(box.credentials())
