"""The report: self-contained, every figure the mart's, every picture with words, nothing unescaped."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import openpyxl
import pytest

from evaluation.pack.build import REPORT, WORKBOOK, build_pack
from tests.evaluation.pack.marts import LABELS, NASTY, build_mart, build_previous_mart

VOID = {"meta", "br", "img", "hr", "input", "link", "col"}


class Page(HTMLParser):
    """What the tests look at. Fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.figures: dict[str, list[tuple[Decimal, str]]] = defaultdict(list)
        self.text_of: dict[str, str] = defaultdict(str)
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if identifier := attributes.get("id"):
            self.ids.append(identifier)
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        name, _ = self.open.pop()
        assert name == tag, f"</{tag}> closes <{name}>"

    def handle_data(self, data):
        if not self.open:
            return
        tag, attributes = self.open[-1]
        if tag not in {"style", "title", "desc"}:
            self.words += data
        if tag == "data":
            self.figures[attributes["data-figure"] or ""].append((Decimal(attributes["value"] or ""), data))
        for _, outer in self.open:
            if identifier := outer.get("id"):
                self.text_of[identifier] += data


@pytest.fixture(scope="module")
def source(pack) -> str:
    return (pack / REPORT).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source) -> Page:
    return Page(source)


def test_a_figure_that_counts_organisations_says_between_what_it_lies(page):
    assert "21 to 24, once people have said of 1 pair of organisations whether they are one" in " ".join(
        page.text_of["businesses_assisted"].split()
    )
    assert "whether they are one" not in page.text_of["new_collaborations"], "nothing of it waits there"


def test_it_loads_nothing(source, page):
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "img", "iframe", "object", "embed", "video"}]
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or ""
            assert not value or value.startswith("#"), (tag, name, value)
        assert not [name for name in attributes if name.startswith("on")], attributes
    assert "@import" not in source
    assert "url(http" not in source
    assert set(re.findall(r"https?://[^\"'\s<)]+", source)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_names_are_unique_and_links_lead_somewhere(page):
    assert len(page.ids) == len(set(page.ids))
    for tag, attributes in page.tags:
        if tag == "a":
            assert (attributes["href"] or "").removeprefix("#") in page.ids


def test_every_picture_has_its_words(page):
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    charts = [attributes for attributes in pictures if attributes.get("aria-hidden") != "true"]
    assert len(charts) == 7 + 2 + 2 + 2 + 5, (
        "seven trends; waterfall, range, network, each wide and narrow; five courses"
    )
    for chart in charts:
        assert chart["role"] == "img"
        title, text = (chart["aria-labelledby"] or "").split()
        assert len(page.text_of[title]) > 10
        assert re.search(r"\d", page.text_of[text]), "the description has figures"


def test_every_figure_is_the_marts(page, marts):
    stated = {
        **{
            f"indicator_performance/{key}/{column}": value
            for key, *values in marts.mart.execute(
                "SELECT indicator_key, actual_value, claimed_value, target_value FROM indicator_performance"
            ).fetchall()
            for column, value in zip(("actual_value", "claimed_value", "target_value"), values, strict=True)
        },
        **{
            f"indicator_value/{key}/{period}/{basis}{suffix}": value
            for key, period, basis, *values in marts.mart.execute(
                "SELECT indicator_key, period_key, basis, value, cumulative_value FROM indicator_value"
            ).fetchall()
            for suffix, value in zip(("", "/cumulative"), values, strict=True)
        },
        **{
            f"evaluation_result/programme/{level}/{measure}/{scenario}": value
            for level, measure, scenario, value in marts.mart.execute(
                "SELECT spatial_level, measure, scenario, modelled_value FROM evaluation_result"
            ).fetchall()
        },
        **{
            f"evaluation_result/programme/{level}/{measure}/uk": value
            for level, measure, value in marts.mart.execute(
                "SELECT spatial_level, measure, max(uk_modelled_value) FROM evaluation_result GROUP BY ALL"
            ).fetchall()
        },
        **{
            f"evaluation_switching_value/programme/{level}/{name}{suffix}": value
            for level, name, *values in marts.mart.execute(
                "SELECT spatial_level, assumption_name, central_value, switching_value FROM evaluation_switching_value"
            ).fetchall()
            for suffix, value in zip(("/central", ""), values, strict=True)
        },
        **{
            f"evaluation_network_measure/{period}/{measure}": Decimal(repr(value))
            for period, measure, value in marts.mart.execute(
                "SELECT period_key, measure, value FROM evaluation_network_measure WHERE value IS NOT NULL"
            ).fetchall()
        },
        "indicator_forecast/jobs_created/2023-24-Q4": Decimal(5),
        "evaluation_result/gross_verified_fte": Decimal("4.5"),
        "leverage/realised": Decimal("150000.25"),
        "leverage/committed": Decimal("200000.50"),
        "leverage/outstanding": Decimal("50000.25"),
        "leverage/pipeline": Decimal(1000),
        "leverage/claimed": Decimal("205000.25"),
        "leverage/step/excluded_source": Decimal(-30000),
        "leverage/step/reported_apart": Decimal(-20000),
        "leverage/step/rejected": Decimal(-5000),
        "quality_result/all": Decimal(3),
        "quality_result/passed": Decimal(1),
        "public/local_authority/E08000025/businesses_assisted": Decimal(23),
        "public/local_authority/E08000026/businesses_assisted": Decimal(12),
        "public/partner/CB01/event_attendees": Decimal(5950),
        "public/partner/CB01/jobs_created": Decimal("4.5"),
        "public/partner/CB01/jobs_created/2022-23": Decimal("1.5"),
        "public/partner/CB01/jobs_created/2023-24": Decimal(3),
        "public/partner/CB02/jobs_created/2022-23": Decimal("1.5"),
    }
    for name, shown in page.figures.items():
        for value, _ in shown:
            assert value == stated[name], name
    headline = [key for key in page.figures if key.endswith("/actual_value")]
    assert len(headline) == 8
    assert len(page.figures) > 100


def test_figures_are_put_into_words_by_their_unit(page):
    assert page.figures["indicator_performance/jobs_created/actual_value"][0] == (Decimal("4.5000"), "4.5")
    assert page.figures["indicator_performance/resource_levered/actual_value"][0][1] == "£150k"
    assert page.figures["leverage/realised"][0][1] == "£150,000"
    assert page.figures["leverage/step/rejected"][0][1] == "\N{MINUS SIGN}£5,000"
    assert page.figures["evaluation_result/programme/regional/gva_present_value/central"][0][1] == "£2,354,576"


def test_a_target_that_was_not_stated_is_said_to_be_so(page):
    assert "no target stated" in page.text_of["jobs_created"]
    assert "No target stated" in page.text_of["jobs_created"]
    assert "about 15 (13% reached)" in page.text_of["pilots_funded"]
    assert "Red" in page.text_of["pilots_funded"]


def test_each_figure_opens_to_its_evidence(page):
    jobs = page.text_of["jobs_created"]
    assert "10 records claim this indicator; 5 of them count, for 4.5 FTE" in jobs
    for words in ("Not a permanent post", "Counted once already", "B: signed by the beneficiary", "Quarterly returns"):
        assert words in jobs
    details = [
        attributes for tag, attributes in page.tags if tag == "details" and attributes.get("class") == "evidence"
    ]
    assert len(details) == 8


def test_suppressed_cells_stay_suppressed(page):
    areas = page.text_of["areas"]
    assert re.search(r"Dudley\s*x\s*x\s*x\s*c", areas)
    assert re.search(r"Sandwell\s*x\s*x\s*x\s*c", areas)
    assert "7" not in re.findall(r"Dudley(.*?)Sandwell", areas, re.S)[0], (
        "a quarter's older figure is not put in its place"
    )


def test_what_is_missing_for_the_impact_is_named(page):
    impact = page.text_of["impact"]
    assert "1 assumption is missing" in impact
    assert "displacement" in impact
    assert "It is no measurement of impact" in impact


def test_the_uk_stands_beside_every_modelled_figure(page):
    impact = page.text_of["impact"]
    assert "United Kingdom, central" in impact
    assert "not modelled" in impact  # GVA at regional level, for which there is none of the UK


def test_switching_values_and_a_long_horizon_are_said(page):
    impact = page.text_of["impact"]
    assert "none: GVA stays above the cost" in impact
    assert "reason for 12: a long pilot" in impact


def test_restated_quarters_are_marked(page):
    assert re.search(r"Pilots funded\s*1 r", page.text_of["quarters"])
    assert "closed: a material restatement" in page.text_of["restatements"]


def test_a_restatement_of_a_body_is_as_confidential_as_its_figures(page):
    assert re.search(r"Businesses assisted\s*Q4 2023-24\s*CB01\s*c\s*c\s*c\s*waiting", page.text_of["restatements"])


@pytest.fixture(scope="module")
def withheld_pack(tmp_path_factory) -> Path:
    """The pack of a release that withholds a quarter of jobs, as it is known now and as it was known before."""
    folder = tmp_path_factory.mktemp("withheld")
    build_previous_mart(folder / "previous.duckdb")
    with (
        duckdb.connect(build_mart(folder / "mart.duckdb")) as mart,
        duckdb.connect(folder / "previous.duckdb") as previous,
    ):
        mart.execute("""
            UPDATE indicator_value SET value = NULL, cumulative_value = NULL
            WHERE indicator_key = 'jobs_created' AND period_key = '2023-24-Q4';
            CREATE OR REPLACE TABLE indicator_revision AS FROM (VALUES
                ('jobs_created', '2023-24-Q3', '2024-25-Q1', 'programme', 'programme', 'verified', 3.0),
                ('jobs_created', '2023-24-Q4', '2023-24-Q4', 'programme', 'programme', 'verified', 8.0),
                ('jobs_created', '2023-24-Q4', '2024-25-Q1', 'programme', 'programme', 'verified', NULL)
            ) AS t (indicator_key, period_key, known_in_period_key, scope, scope_key, basis, value);
        """)
        build_pack(mart, folder, previous=previous, source_labels=LABELS)
    return folder


def test_what_is_withheld_keeps_its_row_among_revisions_and_is_said_to_be_not_compared(withheld_pack):
    """Left out, its row read as a quarter that was never reported, and its revision as none."""
    said = Page((withheld_pack / REPORT).read_text(encoding="utf-8")).text_of["restatements"]
    assert re.search(r"Q4 2023-24\s*8\.0\s*w\s*w", said)
    assert re.search(r"Q3 2023-24\s*3\.0\s*0\.0", said)
    assert re.search(r"Not compared, as this release or that one withholds them: Jobs created Q4 2023-24\.", said)
    sheet = openpyxl.load_workbook(withheld_pack / WORKBOOK)["Restatements"]
    assert ["H5 Jobs created", "Q4 2023-24"] in [list(row[:2]) for row in sheet.iter_rows(values_only=True)]


def test_a_waiver_of_no_check_is_not_said_to_be_in_force(source):
    assert "Flood." in source
    assert "no_such_check" not in source


def test_names_from_the_returns_cannot_become_markup(source, page):
    assert NASTY in page.text_of["bodies"]
    assert "<script" not in source


def test_a_release_with_less_says_what_it_lacks(bare_pack):
    bare = Page((bare_pack / REPORT).read_text(encoding="utf-8"))
    assert "no public mart" in bare.text_of["bodies"]
    assert "no public mart" in bare.text_of["areas"]
    assert "no earlier release" in bare.text_of["restatements"]
    assert not [name for name in bare.figures if name.startswith("public/")]


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_contrasts_with_its_ground():
    css = (Path(__file__).parents[3] / "evaluation" / "pack" / "templates" / "report.css").read_text(encoding="utf-8")
    named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    for text in ("ink", "quiet", "verified", "claimed", "target"):
        for ground in ("paper", "ground", "note"):
            light, dark = sorted((_luminance(named[ground]), _luminance(named[text])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
