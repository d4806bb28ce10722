"""The sites of a real release: every figure is the mart's, every link leads somewhere, the public one tells no more."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urldefrag

import duckdb
import pytest

from evaluation.numbers import number
from evaluation.site.questions import read_questions
from orchestration.release.integrity import checksums, read_manifest, sealed, write_json
from orchestration.release.steps.site import site_of, write_sites
from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")


class Reader(HTMLParser):
    """Links, anchors and marked figures of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.figures: dict[str, tuple[str, str]] = {}
        self._figure: tuple[str, str] | None = None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.anchors.add(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if tag == "script" or (tag == "link" and found.get("rel") == "stylesheet"):
            self.loads.append(found.get("src") or found.get("href"))
        if tag == "data":
            self._figure = (found["data-figure"], found["value"])

    def handle_data(self, text):
        if self._figure:
            where, value = self._figure
            self.figures[where] = (value, text)
            self._figure = None


@pytest.fixture(scope="module")
def release(small_release) -> Path:
    return (small_release.path / "releases" / "current").resolve()


@pytest.fixture(scope="module")
def site(small_release, release, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "evaluators"
    site_of(small_release.path, release, None, folder, is_public=False)
    return folder


@pytest.fixture(scope="module")
def public_site(small_release, release, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    site_of(small_release.path, release, None, folder, is_public=True)
    return folder


@pytest.fixture(scope="module")
def mart(release) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(release / "mart.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def public(release) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(release / "mart_public.duckdb"), read_only=True) as connection:
        yield connection


def script_of(folder: Path) -> dict:
    return json.loads((folder / "figures.js").read_text(encoding="utf-8").removeprefix("window.wmipFigures=")[:-2])


@pytest.mark.parametrize("which", ["site", "public_site"])
def test_every_link_leads_to_a_file_of_the_site_and_to_an_anchor_in_it(which, request):
    folder = request.getfixturevalue(which)
    pages = {path: Reader(path) for path in folder.rglob("*.html") if "downloads" not in path.parts}
    assert len(pages) > 40
    lost = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            assert "//" not in link, f"{path} leads out: {link}"
            address, anchor = urldefrag(link)
            target = (path.parent / address).resolve() if address else path
            there = target.is_file() and (not anchor or target not in pages or anchor in pages[target].anchors)
            if not there:
                lost.append((path.relative_to(folder), link))
    assert lost == []


def test_every_figure_is_the_marts_and_written_as_everywhere(site, mart):
    units = dict(mart.execute("SELECT indicator_key, unit FROM dim_indicator").fetchall())
    values = {
        (scope, key, indicator, period, basis): value
        for scope, key, indicator, period, basis, value in mart.execute(
            "SELECT scope, scope_key, indicator_key, period_key, basis, value FROM indicator_value"
        ).fetchall()
    }
    so_far = {
        key: {"verified": verified, "claimed": claimed}
        for key, verified, claimed in mart.execute(
            "SELECT indicator_key, actual_value, claimed_value FROM indicator_performance"
        ).fetchall()
    }
    compared = 0
    for path in [*site.glob("*.html"), *site.glob("body/*.html"), *site.glob("facts/**/*.html")]:
        for where, (value, text) in Reader(path).figures.items():
            if where.count("/") != 4:
                continue
            scope, key, indicator, time, basis = where.split("/")
            assert text == number(Decimal(value), units[indicator])
            if time == "all" and scope == "programme":
                assert Decimal(value) == so_far[indicator][basis], where
            elif "-Q" in time:
                assert Decimal(value) == values[scope, key, indicator, time, basis], where
            compared += 1
    assert compared > 3000


def test_a_year_is_the_exact_sum_of_its_quarters_and_years_make_what_is_so_far(site, mart):
    figures = Reader(site / "trends.html").figures
    for indicator, exact, per_unit in mart.execute("""
        SELECT indicator_key, sum(exact_value), (SELECT max(exact_per_unit) FROM indicator_fact AS f
            WHERE f.indicator_key = v.indicator_key)
        FROM indicator_value AS v
        WHERE scope = 'programme' AND basis = 'verified' AND period_key LIKE '2023-24-%' GROUP BY ALL
    """).fetchall():
        value, _ = figures[f"programme/programme/{indicator}/2023-24/verified"]
        assert Decimal(value) == exact / (per_unit or 1)


def test_the_filters_choose_among_the_same_texts_as_the_pages(site, public_site):
    for folder, pages in ((site, "body/CB01.html"), (public_site, "body/CB01.html")):
        data = script_of(folder)
        figures = Reader(folder / pages).figures
        assert figures
        for where, (_, text) in figures.items():
            scope, key, indicator, time, basis = where.split("/")
            row = data["figures"][scope][key][indicator][data["bases"].index(basis)]
            assert row[data["times"].index(time)] == text


def test_a_figure_opens_to_the_facts_that_make_it(site, mart):
    page = (site / "facts" / "jobs_created" / "2023-24-Q3.html").read_text(encoding="utf-8")
    facts = mart.execute("""
        SELECT fact_key, source_place FROM indicator_fact
        WHERE indicator_key = 'jobs_created' AND '2023-24-Q3' IN (period_key, claimed_period_key)
    """).fetchall()
    assert facts
    assert sorted(re.findall(r"<code>(jobs_created:[^<]+)</code>", page)) == sorted(key for key, _ in facts)
    assert all(place in page for _, place in facts)
    assert 'href="facts/jobs_created.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert 'facts/jobs_created/2023-24-Q3.html"' in (site / "facts" / "jobs_created.html").read_text(encoding="utf-8")


def test_the_page_of_a_body_can_be_sent_alone(site, mart):
    others = mart.execute("SELECT partner_key, name FROM dim_partner WHERE partner_key <> 'CB01'").fetchall()
    path = site / "body" / "CB01.html"
    page = Reader(path)
    assert page.loads == []
    assert page.links == ["#main"]
    text = path.read_text(encoding="utf-8")
    assert [name for pair in others for name in pair if re.search(rf"\b{re.escape(name)}\b", text)] == []


def test_the_page_of_a_body_tells_what_it_has_to_settle_and_no_others_tasks(site, mart):
    tasks = mart.execute(
        "SELECT partner_key, task, returned_place FROM reconciliation WHERE task IS NOT NULL"
    ).fetchall()
    assert any(body for body, *_ in tasks)
    for (body,) in mart.execute("SELECT partner_key FROM dim_partner").fetchall():
        page = (site / "body" / f"{body}.html").read_text(encoding="utf-8")
        section = page.split('id="to-settle"')[1].split("</section>")[0]
        shown = re.findall(r"<td>([^<]*)</td><td>([^<]*)</td></tr>", section)
        assert sorted(shown) == sorted((task, place or "") for one, task, place in tasks if one == body)


def test_no_file_of_the_public_site_holds_more_than_the_public_mart(public_site, release, mart, public):
    """Every file is looked into: what is no text is a file of the release that is public already."""
    secret = {key for (key,) in mart.execute("SELECT organisation_key FROM dim_organisation").fetchall()}
    secret |= {key for (key,) in mart.execute("SELECT person_key FROM dim_person").fetchall()}
    secret |= {key for (key,) in mart.execute("SELECT fact_key FROM indicator_fact").fetchall()}
    named = {name for (name,) in mart.execute("SELECT name FROM dim_organisation WHERE length(name) > 5").fetchall()}
    granted = {name for (name,) in public.execute("SELECT recipient_name FROM grant_award").fetchall()}
    funders = {name for (name,) in public.execute("SELECT funding_org_name FROM grant_award").fetchall()}
    secret |= (
        named - granted - funders - {name for (name,) in public.execute("SELECT name FROM dim_partner").fetchall()}
    )
    texts = 0
    for path in public_site.rglob("*"):
        place = path.relative_to(public_site)
        if path.is_dir() or place.parts[0] == "engine":
            continue
        if place.parts[0] == "downloads":
            assert path.read_bytes() == (release / place.relative_to("downloads")).read_bytes()
        elif place.parts[0] == "data":
            assert path.read_bytes() == (release / "mart_public.duckdb").read_bytes()
        else:
            text = path.read_text(encoding="utf-8")
            assert [word for word in secret if word in text] == [], place
            texts += 1
    assert texts > 45


def test_every_public_figure_is_the_public_marts_or_its_mark(public_site, public):
    units = dict(public.execute("SELECT indicator_key, unit FROM dim_indicator").fetchall())
    data = script_of(public_site)
    assert data["bases"] == ["verified"]
    shown = {
        (scope, key, indicator, time): (value, status)
        for scope, key, indicator, time, value, status in public.execute("""
            SELECT scope, scope_key, indicator_key, period_key, value, status FROM indicator_value
            UNION ALL SELECT scope, scope_key, indicator_key, financial_year, value, status FROM indicator_year
        """).fetchall()
    }
    hidden = 0
    for scope, keys in data["figures"].items():
        for key, indicators in keys.items():
            for indicator, (texts,) in indicators.items():
                for time, text in zip(data["times"][1:], texts[1:], strict=True):
                    value, status = shown.get((scope, key, indicator, time), (None, "x"))
                    assert text == (status if value is None else number(value, units[indicator]))
                    hidden += value is None
    assert hidden > 100


def test_questions_that_the_public_mart_cannot_answer_are_not_offered(public_site, public):
    page = (public_site / "questions.html").read_text(encoding="utf-8")
    for question in read_questions():
        section = page.split(f'id="question-{question.number}"')[1].split("</details>")[0]
        try:
            public.execute(question.query)
        except duckdb.Error:
            assert "<button" not in section
        else:
            assert "Needs the evaluators" not in section


def test_the_dictionary_has_every_column_of_the_mart(site, mart):
    page = (site / "dictionary.html").read_text(encoding="utf-8")
    for table, column in mart.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    ).fetchall():
        section = page.split(f'<details id="{table}">')[1].split("</details>")[0]
        assert f"<code>{column}</code>" in section


def test_changes_are_told_release_by_release_and_the_earlier_figures_can_be_asked(small_copy, tmp_path):
    """Two releases of which one verified and public figure differs."""
    releases = small_copy / "releases"
    newest = (releases / "current").resolve()
    earlier = releases / "2025-05-14.1"
    earlier.mkdir()
    (earlier / "mart.duckdb").write_bytes((newest / "mart.duckdb").read_bytes())
    with duckdb.connect(str(earlier / "mart.duckdb")) as connection:
        connection.execute("UPDATE release_info SET release_id = '2025-05-14.1'")
        connection.execute("""
            UPDATE indicator_value SET value = value + 1
            WHERE indicator_key = 'pilots_funded' AND scope = 'programme' AND basis = 'verified'
                AND period_key = '2023-24-Q1'
        """)
    manifest = read_manifest(small_copy, newest.name) | {"previous_release": None, "files": checksums(earlier)}
    write_json(earlier / "manifest.json", sealed(manifest))
    folder = tmp_path / "site"
    site_of(small_copy, newest, "2025-05-14.1", folder, is_public=False)
    page = (folder / "changes.html").read_text(encoding="utf-8")
    assert "1 figure differs from release 2025-05-14.1" in page
    row = re.search(r"<tr>.*Pilots funded.*</tr>", page)[0]
    now, before = [int(text) for text in re.findall(r'<td class="n">(\d+)</td>', row)][::-1]
    assert before == now + 1
    with duckdb.connect(str(folder / "data" / "mart.duckdb"), read_only=True) as connection:
        connection.execute(f"ATTACH '{folder / 'data' / 'earlier.duckdb'}' AS earlier (READ_ONLY)")
        (found,) = connection.execute(read_questions()[19].query).fetchall()
        assert found[:3] == ("pilots_funded", "2023-24-Q1", "verified")
    (earlier / "manifest.json").write_text("{}")
    site_of(small_copy, newest, "2025-05-14.1", tmp_path / "again", is_public=False)
    assert "no earlier release to compare with" in (tmp_path / "again" / "changes.html").read_text(encoding="utf-8")


def test_a_release_holds_both_sites_where_asked_with_its_files_linked(small_copy):
    release = (small_copy / "releases" / "current").resolve()
    context = SimpleNamespace(home=small_copy, building=release, previous=None)
    write_sites(context)
    assert not (release / "site").exists(), "off unless asked for"
    (small_copy / "wmip.yaml").write_text("site: {enabled: true}\n")
    write_sites(context)
    assert (release / "site" / "index.html").is_file()
    assert (release / "site" / "data" / "mart.duckdb").samefile(release / "mart.duckdb")
    assert (release / "site_public" / "data" / "mart_public.duckdb").samefile(release / "mart_public.duckdb")


def test_the_command_replaces_a_site_of_the_same_kind_and_nothing_else(small_release, tmp_path):
    output = tmp_path / "www"
    first = wmip("site", "build", "--public", "--home", small_release.path, "--output", output)
    assert first.returncode == 0, first.stderr
    (output / "left-over.html").touch()
    again = wmip("site", "build", "--public", "--home", small_release.path, "--output", output)
    assert again.returncode == 0, again.stderr
    assert not (output / "left-over.html").exists()
    assert json.loads((output / "site.json").read_text())["for"] == "public"
    other = wmip("site", "build", "--home", small_release.path, "--output", output)
    assert other.returncode == 2
    assert "holds a site for" in " ".join(other.stderr.split())
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "thesis.txt").touch()
    refused = wmip("site", "build", "--home", small_release.path, "--output", tmp_path / "else")
    assert refused.returncode == 2
    assert (tmp_path / "else" / "thesis.txt").exists()


def test_open_data_of_the_public_site_is_whole(public_site, public):
    path = next((public_site / "downloads" / "open_data").glob("*indicator_value.csv"))
    with path.open(newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) > 100
