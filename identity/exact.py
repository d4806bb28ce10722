"""Links between records of one organisation by exact rules: identifiers first, then name with place or domain.

Rules: docs/contracts.md section 5. Every rule groups records by a value and links each to the first of its group: as
many links as records, not all pairs.
"""

from __future__ import annotations

from typing import Protocol

import duckdb
import pyarrow as pa

RECORD_COLUMNS = (
    "source_system",
    "source_record_id",
    "name",
    "normalised_name",
    "company_number",
    "charity_number",
    "postcode",
    "domain",
    "same_as_record_id",
)

# Strongest first. method -> (grouping expression, which records, probability)
RULES: dict[str, tuple[str, str, float | None]] = {
    "company_number": ("company_number", "company_number IS NOT NULL", 1.0),
    "charity_number": ("charity_number", "charity_number IS NOT NULL", 1.0),
    "name_postcode": (
        "concat_ws(chr(31), normalised_name, postcode)",
        "normalised_name IS NOT NULL AND postcode IS NOT NULL",
        1.0,
    ),
    "name_domain": (
        "concat_ws(chr(31), normalised_name, domain)",
        "normalised_name IS NOT NULL AND domain IS NOT NULL",
        1.0,
    ),
    # A name alone proves little: it joins only records that have nothing else, and gives no probability.
    "name_only": (
        "normalised_name",
        "coalesce(company_number, charity_number, postcode, domain) IS NULL AND normalised_name IS NOT NULL",
        None,
    ),
}


class Matcher(Protocol):
    """Says which records are one organisation. A probabilistic matcher has the same shape."""

    def links(self, records: pa.Table) -> pa.Table:
        """Columns `left_index`, `right_index` (row numbers of `records`), `match_method`, `match_probability`."""
        ...


class ExactMatcher:
    """The exact rules, in SQL over all records at once."""

    def links(self, records: pa.Table) -> pa.Table:
        """Star-shaped links: each record to the first record of its group, for every rule it satisfies."""
        parts = [
            """
            SELECT loser._index AS left_index, winner._index AS right_index, 'same_as' AS match_method,
                1.0::DOUBLE AS match_probability
            FROM numbered AS loser
            INNER JOIN numbered AS winner
                ON loser.source_system = winner.source_system AND loser.same_as_record_id = winner.source_record_id
            """
        ]
        for method, (group, which, probability) in RULES.items():
            value = "NULL" if probability is None else str(probability)
            parts.append(f"""
                SELECT first_index AS left_index, _index AS right_index, '{method}' AS match_method,
                    {value}::DOUBLE AS match_probability
                FROM (
                    SELECT _index, min(_index) OVER (PARTITION BY {group}) AS first_index
                    FROM numbered WHERE {which}
                )
                WHERE first_index <> _index
            """)
        with duckdb.connect() as connection:
            connection.register("numbered", records.append_column("_index", pa.array(range(len(records)), pa.int64())))
            return connection.sql(" UNION ALL ".join(parts) + " ORDER BY ALL").to_arrow_table()
