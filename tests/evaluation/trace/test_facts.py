"""What a figure opens to where the release does not show it: unknown, in every view, and never nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from evaluation.trace.facts import AS_REPORTED, VIEWS, Figure, value_of
from orchestration.cli.options import Format
from orchestration.cli.trace import _show_figure
from tests.evaluation.trace.marts import add_mart, fact

HIDDEN, SHOWN = "2023-24-Q1", "2023-24-Q2"
OTHERS = [view for view in VIEWS if view != AS_REPORTED]


@pytest.fixture
def mart() -> Iterator[duckdb.DuckDBPyConnection]:
    """Of CB01 the first quarter is withheld and the second 30; no other view lists anything but the second."""
    with duckdb.connect() as connection:
        add_mart(connection, "m", [fact("a"), fact("b", period_key=SHOWN, claimed_period_key=SHOWN)])
        connection.execute("USE m; ALTER TABLE indicator_value ADD COLUMN quality_reason VARCHAR")
        connection.execute("ALTER TABLE indicator_value ADD COLUMN quality_rule_id VARCHAR")
        connection.execute(
            "UPDATE indicator_value SET value = NULL, exact_value = NULL, quality_reason = 'no return', "
            f"quality_rule_id = 'a_rule' WHERE period_key = '{HIDDEN}'"
        )
        connection.execute(f"DELETE FROM indicator_fact WHERE period_key = '{HIDDEN}'")
        connection.execute(
            "CREATE TABLE indicator_value_as_of AS SELECT view_name, v.*, NULL::TIMESTAMP AS known_until "
            f"FROM indicator_value AS v, unnest({OTHERS}) AS t (view_name) WHERE period_key = '{SHOWN}'"
        )
        yield connection


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_withheld_is_not_nothing_in_any_view(mart, view):
    def said(*periods: str) -> object:
        return value_of(mart, Figure("jobs_created", "verified", "partner", "CB01", periods, view))

    assert said(HIDDEN) is None
    assert said(SHOWN) == 30
    # A sum of which a part is withheld would be smaller in silence.
    assert said(HIDDEN, SHOWN) is None
    assert said() is None


@pytest.mark.parametrize("view", OTHERS)
def test_what_no_view_lists_is_nothing_where_the_reported_figure_stands(mart, view):
    mart.execute(
        f"DELETE FROM indicator_value_as_of; UPDATE indicator_value SET exact_value = 0 WHERE period_key = '{HIDDEN}'"
    )
    assert value_of(mart, Figure("jobs_created", "verified", "partner", "CB01", (HIDDEN,), view)) == 0


@pytest.mark.parametrize("not_counted", [False, True])
def test_facts_that_are_left_of_a_withheld_figure_are_not_added_up(mart, capsys, monkeypatch, not_counted):
    monkeypatch.setattr("orchestration.cli.trace._places", lambda _mart, _home, found: ["a place"] * len(found))
    _show_figure(mart, Path(), Figure("jobs_created"), not_counted, 0, Format.table, None)
    said = " ".join(capsys.readouterr().out.split())
    assert "x, not available: jobs_created verified, whole programme, all quarters" in said
    assert "no return (a_rule)" in said
    assert " is 0" not in said
    assert "contracted hours" not in said
    assert "everything that was claimed counts" not in said
