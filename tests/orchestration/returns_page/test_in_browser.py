"""The page in a real Chromium: by mouse, by keyboard, on a desk and on a phone; axe-core finds nothing against it."""

from __future__ import annotations

import base64
import shutil

import pytest

from evaluation.site.engine import ENGINE

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium found; install one (apt-get install chromium) or run `make test-browser`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def axe():
    """The script of axe-core, which `make site-engine` fetches."""
    return (ENGINE / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def opened(browser):
    """Open an address in a window of a size; fails on anything a page complains of."""
    contexts, complaints = [], []

    def opened(address, viewport=DESK):
        context = browser.new_context(viewport=viewport, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [said for said in complaints if not said.startswith("Failed to load resource")] == []


def no_violations(page, axe):
    """Nothing against the page by the rules of WCAG 2.2 AA and good practice, and nothing sticks out of the window."""
    # Not by a script tag: the page lets only its own scripts in.
    page.evaluate(axe)
    found = page.evaluate("axe.run(document).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_every_page_is_accessible_at_desk_and_phone_width(serve, opened, axe, filled, viewport):
    address = f"http://127.0.0.1:{serve()}"
    page = opened(address, viewport)
    no_violations(page, axe)
    page.set_input_files("#workbook", str(filled))
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("heading", name="CB01 return.xlsx").wait_for()
    no_violations(page, axe)
    assert page.get_by_role("table", name="Findings, the quickest first").is_visible()
    assert page.get_by_role("row", name="Error Businesses").count() == 1
    page.get_by_role("button", name="Submit as it is").click()
    page.get_by_role("heading", name="Handed in").wait_for()
    no_violations(page, axe)
    page.goto(f"{address}/history")
    no_violations(page, axe)
    page.goto(f"{address}/answers/gone")
    assert page.get_by_role("alert").is_visible()
    no_violations(page, axe)


def test_the_way_through_is_open_to_the_keyboard_alone(serve, opened, filled, home, tokens):
    page = opened(f"http://127.0.0.1:{serve(signs_in=True)}/")
    assert page.url.endswith("/sign-in")
    focused = "document.activeElement.textContent.trim() || document.activeElement.id"
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(focused))
    assert seen == ["Skip to the page", "Check a workbook", "Handed in", "token"]
    page.keyboard.type(tokens["CB01"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.locator("#workbook").focus()
    page.set_input_files("#workbook", str(filled))
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Check it"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="CB01 return.xlsx").wait_for()
    page.get_by_role("link", name="Download it marked up").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "CB01 return marked.xlsx"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Submit as it is"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Handed in").wait_for()
    assert [path.name for path in (home / "inbox" / "returns").iterdir()] == ["CB01 return.xlsx"]


def test_sign_in_and_its_refusal_are_accessible(serve, opened, axe, tokens):
    page = opened(f"http://127.0.0.1:{serve(signs_in=True)}/")
    no_violations(page, axe)
    page.get_by_label("Token of your cluster body").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    no_violations(page, axe)


def test_a_file_that_is_dropped_is_checked_and_without_a_script_the_form_works(serve, opened, browser, filled):
    port = serve()
    page = opened(f"http://127.0.0.1:{port}/")
    page.evaluate(
        """content => {
            const data = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), sign => sign.charCodeAt(0));
            data.items.add(new File([bytes], "dropped.xlsx"));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        base64.b64encode(filled.read_bytes()).decode(),
    )
    page.get_by_role("heading", name="dropped.xlsx").wait_for()
    without = browser.new_context(java_script_enabled=False).new_page()
    without.goto(f"http://127.0.0.1:{port}/")
    without.set_input_files("#workbook", str(filled))
    without.get_by_role("button", name="Check it").click()
    without.get_by_role("heading", name="CB01 return.xlsx").wait_for()
    without.context.close()
