"""What was read when: the committed page, the pages of the sources, and the days on which something ends."""

from datetime import date
from pathlib import Path

import pytest

from ingestion.catalogue import SOURCES, End
from orchestration.dictionary.current import PAGE, current_page

DOCS = Path(__file__).parents[3] / "docs"
READ = {name: source.as_read for name, source in SOURCES.items() if source.as_read}
PAGES = {
    "gateway_to_research": "gateway_to_research",
    "postcode_directory": "reference",
    "published_statistics": "reference",
}


def test_the_committed_page_is_what_would_be_generated():
    kept = (DOCS / PAGE).read_text(encoding="utf-8")
    assert kept == current_page(), "stale: run `wmip docs index` and commit docs/current-as-of.md"


def test_the_sources_of_the_issue_are_in_it():
    assert {"hubspot", "salesforce", "eventbrite", "tickettailor", "zoom", "dataverse", "threesixtygiving"} <= set(READ)


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
    assert End("x", until, "y").is_past(day) is past
