"""The worked example of a grants mapping, followed to the letter: the page's own blocks are what runs here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.errors import NightFailed
from tests.ingestion.sources.nights import Nights

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources" / "mapped_grants.md"
EXPORT = "small grants 2024.csv"


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, language
    return found.group(1)


@pytest.fixture
def council(tmp_path):
    (tmp_path / "inbox" / "grants").mkdir(parents=True)
    (tmp_path / "mappings" / "grants").mkdir(parents=True)
    (tmp_path / "mappings" / "grants" / "council.yaml").write_text(_block("yaml"), encoding="utf-8")
    (tmp_path / "inbox" / "grants" / EXPORT).write_text(_block("csv"), encoding="utf-8")
    return Nights("mapped_grants", tmp_path, {}, {})


def test_the_dry_run_says_what_the_page_says_and_writes_nothing(council):
    before = sorted(council.home.rglob("*"))
    file = council.home / "inbox" / "grants" / EXPORT
    result = CliRunner().invoke(app, ["grants", "check", str(file), "--home", str(council.home)])
    assert isinstance(result.exception, NightFailed)
    for line in _block("text").splitlines():
        assert line in result.output
    assert "example.org" not in result.output
    assert sorted(council.home.rglob("*")) == before


def test_the_night_lands_what_the_dry_run_showed(council):
    council.good_night(0)
    rows = council.latest("grants")
    assert {key: (row["amount_awarded"], row["award_date"], row["status"]) for key, row in rows.items()} == {
        ("council", "SG-001"): ("1234.5", "2024-03-31", "awarded"),
        ("council", "SG-002"): ("2000", "2024-04-03", "withdrawn"),
    }
    assert {row["currency"] for row in rows.values()} == {"GBP"}
    assert "example.org" not in str(rows)


def test_every_field_of_the_page_is_one_of_the_source():
    from ingestion.sources.mapped_grants.grant_mapping import standard_columns

    said = PAGE.read_text(encoding="utf-8").split("Fields: ")[1].split("Those with")[0]
    for column in standard_columns():
        assert f"`{column.name}`{'*' if column.required else ''}" in said
