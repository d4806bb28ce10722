"""The scorecard's table of what bodies count and the programme counts once."""

from __future__ import annotations

import duckdb

from orchestration.cli.scorecard import _overlap


def test_a_line_of_which_a_part_is_withheld_is_withheld_and_never_smaller_or_nought():
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE dim_indicator AS
                SELECT 'businesses_assisted' AS indicator_key, 'H4' AS indicator_code, 'business' AS unit,
                    true AS is_headline;
            CREATE TABLE indicator_overlap AS
                SELECT 'businesses_assisted' AS indicator_key, line, partner_key, value::DECIMAL(18, 4) AS value
                FROM (VALUES
                    ('partner', 'A', 3), ('partner', 'A', 2), ('partner', 'B', 4), ('partner', 'B', NULL),
                    ('overlap', NULL, 1), ('overlap', NULL, NULL), ('programme', NULL, 8), ('programme', NULL, NULL)
                ) AS t (line, partner_key, value)
        """)
        (table,) = _overlap(connection)
    names, shown = (list(column.cells) for column in table.columns)
    assert dict(zip(names, shown, strict=True)) == {
        "A": "5",
        "B": "w",
        "less: counted by several": "w",
        "the programme, once": "w",
    }
