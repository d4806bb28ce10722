"""The scorecard's tables say that a figure is withheld, and add up nothing of which a part is."""

from __future__ import annotations

import io

import duckdb
import pytest
from rich.console import Console, Group

from orchestration.cli.scorecard import _overlap

MART = """
CREATE TABLE dim_indicator AS SELECT * FROM (VALUES
    ('h4', 'H4', 'count', true), ('h5', 'H5', 'FTE', true)
) AS t (indicator_key, indicator_code, unit, is_headline);
CREATE TABLE indicator_value AS SELECT *, 'verified' AS basis FROM (VALUES
    ('h4', 'Q1', 'partner', 'CB01', 4), ('h4', 'Q2', 'partner', 'CB01', NULL), ('h4', 'Q1', 'partner', 'CB02', 2),
    ('h4', 'Q1', 'programme', 'P', 5), ('h4', 'Q2', 'programme', 'P', NULL), ('h5', 'Q1', 'partner', 'CB01', 1),
    ('h5', 'Q2', 'partner', 'CB01', NULL), ('h5', 'Q1', 'programme', 'P', 1), ('h5', 'Q2', 'programme', 'P', NULL)
) AS t (indicator_key, period_key, scope, scope_key, value);
-- Of Q2 nothing is listed of H5, since nothing of it was counted.
CREATE TABLE indicator_overlap AS SELECT * FROM (VALUES
    ('h4', 'Q1', 'partner', 'CB01', 4), ('h4', 'Q2', 'partner', 'CB01', NULL), ('h4', 'Q1', 'partner', 'CB02', 2),
    ('h4', 'Q1', 'overlap', NULL, 1), ('h4', 'Q1', 'programme', NULL, 5), ('h4', 'Q2', 'programme', NULL, NULL),
    ('h5', 'Q1', 'partner', 'CB01', 1), ('h5', 'Q1', 'programme', NULL, 1)
) AS t (indicator_key, period_key, line, partner_key, value)
"""


@pytest.fixture
def lines() -> dict[str, list[str]]:
    shown = io.StringIO()
    with duckdb.connect() as mart:
        mart.execute(MART)
        Console(file=shown, width=120).print(Group(*_overlap(mart)))
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.getvalue().splitlines() if "│" in line]
    return {of: figures for of, *figures in cells}


def test_a_bodys_own_count_is_withheld_with_any_quarter_of_it(lines):
    """It was a smaller sum, nought, or a traceback."""
    assert lines == {
        "CB01": ["w", "w"],
        "CB02": ["2", "0.0"],
        "less: counted by several": ["w", "w"],
        "the programme, once": ["w", "w"],
    }
