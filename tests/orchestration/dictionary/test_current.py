"""What was read when: the committed page, the pages of the sources, and the days on which something ends."""

from datetime import date
from pathlib import Path

import pytest

from common.yamlfile import read_yaml
from ingestion.catalogue import SOURCES
from ingestion.declaration import End
from orchestration.dictionary.current import PAGE, RULES, current_page

DOCS = Path(__file__).parents[3] / "docs"
READ = {name: source.as_read for name, source in SOURCES.items() if source.as_read}
PAGES = {
    "charity_registers": "reference",
    "companies_house": "reference",
    "companies_house_lookup": "reference",
    "eventbrite_report": "eventbrite",
    "gateway_to_research_api": "gateway_to_research",
    "postcode_directory": "reference",
    "published_statistics": "reference",
    "threesixtygiving_registry": "threesixtygiving",
    "zoom_report": "zoom",
}
# What the programme itself lays down.
OWN = {"registers", "returns"}
LOCKED = Path(__file__).parents[3] / "requirements.lock"


def test_the_committed_page_is_what_would_be_generated():
    kept = (DOCS / PAGE).read_text(encoding="utf-8")
    assert kept == current_page(), "stale: run `wmip docs index` and commit docs/current-as-of.md"


def test_every_source_of_others_says_what_was_read_of_it():
    assert set(SOURCES) - set(READ) == OWN


def test_the_versions_of_our_tools_are_those_we_are_locked_to():
    pins = (line.split(" ")[0] for line in LOCKED.read_text(encoding="utf-8").splitlines())
    locked = dict(pin.split("==") for pin in pins if "==" in pin)
    tools = {rule["package"]: rule["version"] for rule in read_yaml(RULES, list[dict[str, str]]) if "package" in rule}
    assert {"duckdb", "dbt-core", "great-expectations", "metricflow", "sqlalchemy", "frictionless"} <= set(tools)
    for package, version in tools.items():
        assert f"{locked[package]}.".startswith(f"{version}."), package


@pytest.mark.parametrize("name", READ)
def test_the_page_of_a_source_says_version_and_day(name):
    page = (DOCS / "sources" / f"{PAGES.get(name, name)}.md").read_text(encoding="utf-8")
    day = date.fromisoformat(READ[name].checked_on)
    assert READ[name].version in page
    assert f"{day.day} {day:%B %Y}" in page


@pytest.mark.parametrize(
    ("until", "day", "past"),
    [
        ("2027-03-30", date(2027, 3, 30), False),
        ("2027-03-30", date(2027, 3, 31), True),
        ("2027-09", date(2027, 9, 30), False),
        ("2027-09", date(2027, 10, 1), True),
    ],
)
def test_a_day_and_a_month_end_after_their_last_day(until, day, past):
    assert End(what="x", until=until, instead="y").is_past(day) is past
