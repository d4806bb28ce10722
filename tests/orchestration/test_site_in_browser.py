"""The sites of a real release in a real browser, served on loopback with the rest of the network cut."""

from __future__ import annotations

import csv
import functools
import http.server
import io
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from evaluation.numbers import number
from evaluation.site.engine import ENGINE, has_engine
from evaluation.site.questions import read_questions
from orchestration.release.steps.site import site_of
from tests.conftest import wmip

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("small_release")]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
AXE = ENGINE / "axe.min.js"
AXE_RUN = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))"
UNFRAMED = "[...document.querySelectorAll('table')].filter(t => !t.closest('.scroll')).length"
PAGES = (
    "index.html", "trends.html", "places.html", "body/CB01.html", "cluster/aerospace.html", "area/E08000025.html",
    "leverage.html", "network.html", "impact.html", "pilots.html", "quality.html", "changes.html", "questions.html",
    "dictionary.html", "downloads.html", "definitions.html", "facts/jobs_created.html",
    "facts/jobs_created/2023-24-Q3.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def sites(small_release, tmp_path_factory) -> Path:
    """A folder with both sites."""
    assert has_engine(), "the query engine is not built; run `make site-engine`"
    folder = tmp_path_factory.mktemp("sites")
    release = (small_release.path / "releases" / "current").resolve()
    for name, is_public in (("evaluators", False), ("public", True)):
        site_of(small_release.path, release, None, folder / name, is_public=is_public)
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address(sites) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(sites))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium found; install one (apt-get install chromium) or run `make test-browser`"
    with sync_playwright() as playwright:
        # Every name but loopback leads nowhere: a request that leaves fails, and is seen below.
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        yield launched
        launched.close()


@pytest.fixture
def opened(browser, address):
    """Open a page of a site; fails on any request that leaves it."""
    contexts, asked = [], []

    def open_in(path: str, viewport: dict[str, int] = DESK, **options):
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{address}/{path}")
        return page

    yield open_in
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((address, f"blob:{address}", "data:"))] == []


def answered(page) -> str:
    page.wait_for_selector("button.main:not([disabled])", timeout=60_000)
    return page.inner_text("#state")


def ask(page, query: str) -> str:
    page.fill("#sql", query)
    page.click("button.main")
    return answered(page)


def shown(page) -> list[list[str]]:
    return page.evaluate(
        "[...document.querySelectorAll('#rows tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )


def test_a_figure_is_filtered_and_opens_to_its_facts(opened, small_release):
    page = opened("evaluators/index.html")
    page.select_option("select[name=body]", "CB01")
    page.select_option("select[name=quarter]", "2023-24-Q3")
    assert "#" in page.url
    assert {"body=CB01", "quarter=2023-24-Q3"} <= set(page.url.split("#")[1].split("&"))
    figure = page.locator("a[data-figure-of=jobs_created][data-basis=verified]")
    ((value,),) = small_release.query("""
        SELECT value FROM indicator_value WHERE indicator_key = 'jobs_created' AND scope = 'partner'
            AND scope_key = 'CB01' AND period_key = '2023-24-Q3' AND basis = 'verified'
    """)
    assert figure.text_content() == number(value, "FTE")
    assert not page.get_by_text("about 15").is_visible(), "the programme's target is no target of a body"
    figure.click()
    rows = page.locator("tr[data-body]:visible")
    facts = small_release.query("""
        SELECT fact_key FROM indicator_fact WHERE indicator_key = 'jobs_created' AND partner_key = 'CB01'
            AND '2023-24-Q3' IN (period_key, claimed_period_key)
    """)
    assert facts
    assert {row.locator("th").text_content() for row in rows.all()} == {key for (key,) in facts}
    page.go_back()
    assert page.locator("#shown").text_content() == "Sandbox Cluster Body 01, Q3 2023-24."
    page.click("text=Whole programme, so far >> nth=0")
    assert page.locator("#shown").text_content() == "Whole programme, so far."


def test_on_the_public_site_a_figure_opens_to_how_it_is_protected(opened):
    page = opened("public/index.html")
    page.click("a[data-figure-of=businesses_assisted]")
    assert page.url.endswith("definitions.html#businesses_assisted")
    assert page.get_by_text("Figures of fewer than 5").first.is_visible()


def test_one_cut_at_a_time(opened):
    page = opened("evaluators/index.html")
    page.select_option("select[name=body]", "CB01")
    page.select_option("select[name=area]", "E08000025")
    assert page.input_value("select[name=body]") == ""
    page.goto(page.url.split("#")[0] + "#body=NOBODY&quarter=1999-Q9")
    assert page.locator("#shown").text_content() == "Whole programme, so far."


@pytest.mark.parametrize("number", [1, 4, 6, 11, 13, 14])
def test_a_question_answered_in_the_browser_is_answered_as_by_wmip_sql(opened, small_release, tmp_path, number):
    page = opened("evaluators/questions.html")
    question = read_questions()[number - 1]
    page.click(f"#question-{number} summary")
    page.click(f"button[data-question='{number}']")
    assert "row" in answered(page)
    with page.expect_download() as download:
        page.click("#csv")
    download.value.save_as(tmp_path / "browser.csv")
    command = wmip(
        "sql", question.query, "--home", small_release.path, "--format", "csv", "--output", tmp_path / "wmip.csv"
    )
    assert command.returncode == 0, command.stderr
    ours, theirs = (
        list(csv.reader(io.StringIO((tmp_path / name).read_text()))) for name in ("browser.csv", "wmip.csv")
    )
    assert ours[0] == list(question.columns)
    assert sorted(ours) == sorted(theirs)
    # Figures without a name to stand beside have no chart.
    assert page.locator("#plot svg").count() == (number != 13)


def test_parquet_keeps_types_and_exact_decimals(opened, tmp_path):
    page = opened("evaluators/questions.html")
    query = """
        SELECT 12345678901234.5678::DECIMAL(18, 4) AS d, -0.05::DECIMAL(38, 2) AS w, 9007199254740993::BIGINT AS b,
            sum(1) AS h, DATE '1999-12-31' AS day, TIMESTAMP '2025-05-15 02:00:00.123456' AS at, 1.5::DOUBLE AS f,
            true AS t, '=1+1' AS text, NULL::INTEGER AS nothing
        UNION ALL SELECT NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL, NULL, 3
    """
    assert ask(page, query).startswith("2 rows")
    with page.expect_download() as download:
        page.click("#parquet")
    download.value.save_as(tmp_path / "result.parquet")
    with duckdb.connect() as connection:
        found = connection.sql(f"FROM '{tmp_path / 'result.parquet'}' ORDER BY h")
        right = connection.sql(f"FROM ({query.replace('sum(1)', '1::DECIMAL(38, 0)')}) ORDER BY h")
        assert found.fetchall() == right.fetchall()
        assert [str(kind) for kind in found.types] == [str(kind) for kind in right.types]
    assert pq.read_table(tmp_path / "result.parquet").num_rows == 2
    with page.expect_download() as download:
        page.click("#csv")
    assert "'=1+1" in Path(download.value.path()).read_text()


def test_no_query_reaches_anything_but_the_site(opened):
    """The fixture fails on a request that leaves; each of these would make one."""
    page = opened("evaluators/questions.html")
    for query in (
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM read_parquet('https://example.org/x.parquet')",
        "SELECT date_trunc('month', now())",
        "FROM 'other.duckdb'",
    ):
        assert "Error" in ask(page, query)
        assert not page.locator("#result").is_visible()
    assert ask(page, "SELECT count(*) FROM indicator_value").startswith("1 row")


def test_the_public_query_page_sees_the_public_mart_alone(opened):
    page = opened("public/questions.html")
    ask(page, "SELECT DISTINCT table_name FROM information_schema.tables WHERE table_catalog = 'mart' ORDER BY 1")
    tables = [row[0] for row in shown(page)]
    assert "indicator_value" in tables
    assert [name for name in tables if name.startswith(("fct_", "bridge_")) or name == "indicator_fact"] == []


@pytest.mark.parametrize("which", ["evaluators", "public"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_is_found_by_axe(opened, sites, which, scheme):
    found = {}
    for path in PAGES:
        if (sites / which / path).exists():
            page = opened(f"{which}/{path}", color_scheme=scheme)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.evaluate(AXE.read_text(encoding="utf-8"))
            violations = page.evaluate(AXE_RUN)
            if violations:
                found[path] = violations
            page.close()
    assert found == {}


@pytest.mark.parametrize("which", ["evaluators", "public"])
def test_nothing_sticks_out_of_a_phone(opened, sites, which):
    for path in PAGES:
        if (sites / which / path).exists():
            page = opened(f"{which}/{path}", PHONE)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
            assert page.evaluate(UNFRAMED) == 0
            page.close()


def test_figures_are_there_without_scripts(opened):
    page = opened("evaluators/index.html", java_script_enabled=False)
    assert page.locator("#jobs_created .figure data").is_visible()
    assert not page.locator("#filters").is_visible()
    page.click("#jobs_created .figure a")
    page.click("table a >> nth=0")
    assert page.locator("tr[data-body]").first.is_visible()


def test_the_dictionary_is_searched(opened):
    page = opened("evaluators/dictionary.html")
    page.fill("#search", "evidence grade")
    assert page.locator("details#indicator_fact").is_visible()
    assert not page.locator("details#dim_period").is_visible()
    assert "tables" in page.locator("#found").text_content()


def test_the_first_view_is_small_and_soon_on_screen(opened, sites):
    """Bytes as they lie on the disk, so without any compression on the way."""
    page = opened("evaluators/index.html")
    names = page.evaluate("performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)")
    size = sum((sites / name.lstrip("/")).stat().st_size for name in [*names, "evaluators/index.html"])
    assert size <= 300_000
    began = time.perf_counter()
    page.reload()
    page.wait_for_selector("#filters:not([hidden])")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted <= 1000, f"{painted:.0f} ms, {time.perf_counter() - began:.2f} s with the filters"


def test_it_prints_without_its_controls(opened):
    page = opened("evaluators/index.html")
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.locator("#jobs_created .figure a").is_visible()


def test_it_reads_from_disk(browser, sites):
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((sites / "evaluators" / "index.html").as_uri() + "#body=CB01")
    assert page.locator("#shown").text_content() == "Sandbox Cluster Body 01, so far."
    assert complaints == []
    page.close()
