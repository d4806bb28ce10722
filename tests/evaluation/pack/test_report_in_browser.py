"""The report in a real browser, from disk, with the network cut: on a phone, on a desk, in print."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from evaluation.pack.build import REPORT

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium found; install one (apt-get install chromium) or run `make test-browser`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser, pack):
    """Open the report from disk in a window of a size; fails on anything it says or asks for."""
    contexts, complaints, asked = [], [], []

    def open_in(viewport: dict[str, int], **options):
        context = browser.new_context(viewport=viewport, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((pack / REPORT).as_uri())
        return page

    yield open_in
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("file://")] == []
    assert len(asked) == len(contexts), "the page is one file"


@pytest.mark.parametrize("viewport", [PHONE, DESK, {"width": 768, "height": 1024}])
def test_nothing_sticks_out_of_the_window(opened, viewport):
    page = opened(viewport)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for section in page.evaluate("[...document.querySelectorAll('main > section')].map(s => s.id)"):
        page.evaluate(f"location.hash = '{section}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], section
    hidden = page.evaluate("[...document.querySelectorAll('table')].filter(t => !t.closest('.scroll')).length")
    assert hidden == 0, "every table can be scrolled in its own box"


def test_it_works_without_scripts(opened):
    page = opened(PHONE, java_script_enabled=False)
    assert page.get_by_role("heading", name="Scorecard").is_visible()
    assert page.locator("#jobs_created data").first.text_content() == "4.5"


def test_a_figure_opens_to_its_evidence_by_keyboard(opened):
    page = opened(DESK)
    summary = page.locator("#jobs_created details.evidence summary")
    reason = page.locator("#jobs_created").get_by_text("Counted once already")
    assert not reason.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert reason.is_visible()


def test_a_screen_reader_is_told_what_each_picture_says(opened):
    page = opened(DESK)
    pictures = page.get_by_role("img")
    names = [pictures.nth(i).evaluate("e => e.querySelector('title').textContent") for i in range(pictures.count())]
    assert "Jobs created: cumulative by quarter" in names
    assert len(names) == 15, (
        "seven trends, a waterfall, a range, a network, five courses: the other width of a picture is not there"
    )


def test_on_a_phone_sections_are_folded_and_the_open_one_stands_in_the_address(opened):
    page = opened({"width": 390, "height": 844}, java_script_enabled=False)
    glance, card = page.get_by_role("heading", name="All seven at a glance"), page.locator("#jobs_created")
    assert glance.is_visible()
    assert not card.is_visible()
    assert page.locator("body").bounding_box()["height"] < 6_000
    page.get_by_role("link", name="Jobs created", exact=True).click()
    assert card.is_visible()
    assert page.url.endswith("#jobs_created")
    page.get_by_role("heading", name="By quarter").get_by_role("link").click()
    assert page.get_by_role("table", name="Verified, in the quarter alone").is_visible()
    assert not card.is_visible()
    page.get_by_role("link", name="Fold this section").click()
    assert page.url.endswith("#contents")
    assert page.locator("#quarters table").first.is_hidden()


def test_letters_are_large_enough_to_read_on_a_phone(opened):
    page = opened(PHONE)
    sections = page.evaluate("[...document.querySelectorAll('main > section')].map(s => s.id)")
    assert min(_smallest_letter(page, section) for section in sections) >= 9


def _smallest_letter(page, section: str) -> float:
    page.evaluate(f"location.hash = '{section}'")
    return page.evaluate("""
        Math.min(...[...document.querySelectorAll('main svg.chart text')].filter(t => t.textContent.trim())
            .map(t => [t, t.ownerSVGElement]).filter(([t, s]) => s.getBoundingClientRect().width > 0)
            .map(([t, s]) => parseFloat(getComputedStyle(t).fontSize)
                * s.getBoundingClientRect().width / s.viewBox.baseVal.width), 99)
    """)


def test_it_prints_on_white_without_the_menu(opened):
    page = opened(DESK)
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation").is_visible()
    glance = page.get_by_role("heading", name="All seven at a glance").bounding_box()
    assert glance["y"] < page.locator("#pilots_funded").bounding_box()["y"]
    assert not page.locator("details:not([open]) summary").first.is_visible(), "what is closed is not printed"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf(prefer_css_page_size=True)) > 20_000
