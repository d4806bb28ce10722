"""Links by exact rules alone: identifiers first, then name with place or domain. The baseline of every benchmark.

Every rule groups records by a value and links each to the first of its group: as many links as records, not all pairs.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from identity.links import LINK_SCHEMA, State

# Strongest first. method -> (grouping expression, which records, probability)
RULES: dict[str, tuple[str, str, float | None]] = {
    "company_number": ("company_number", "company_number IS NOT NULL", 1.0),
    "charity_number": ("charity_number", "charity_number IS NOT NULL", 1.0),
    "register_identifier": ("register_identifier", "register_identifier IS NOT NULL", 1.0),
    "publisher_identifier": ("publisher_identifier", "publisher_identifier IS NOT NULL", 1.0),
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


def exact_links(mentions: pa.Table) -> pa.Table:
    """Star-shaped accepted links (LINK_SCHEMA): each mention to the first of its group, for every rule it satisfies."""
    parts = [
        """
        SELECT loser._index AS one, winner._index AS other, 'same_as' AS match_method, 1.0::DOUBLE AS match_probability
        FROM mentions AS loser
        INNER JOIN mentions AS winner
            ON loser.source_system = winner.source_system AND loser.same_as_record_id = winner.source_record_id
        """
    ]
    for method, (group, which, probability) in RULES.items():
        value = "NULL" if probability is None else str(probability)
        parts.append(f"""
            SELECT first_index, _index, '{method}', {value}::DOUBLE
            FROM (SELECT _index, min(_index) OVER (PARTITION BY {group}) AS first_index FROM mentions WHERE {which})
            WHERE first_index <> _index
        """)
    with duckdb.connect() as connection:
        connection.register("given", mentions)
        connection.execute("""
            CREATE TEMP TABLE mentions AS
            SELECT *, row_number() OVER (ORDER BY source_system, source_record_id) AS _index FROM given
        """)
        return (
            connection.execute(
                f"""
                WITH found AS ({" UNION ALL ".join(parts)})
                SELECT
                    one.source_system AS left_source_system, one.source_record_id AS left_source_record_id,
                    other.source_system AS right_source_system, other.source_record_id AS right_source_record_id,
                    match_method, match_probability, '{{"comparisons": [], "vetoes": []}}' AS evidence,
                    $accepted AS state
                FROM found
                INNER JOIN mentions AS one ON least(found.one, found.other) = one._index
                INNER JOIN mentions AS other ON greatest(found.one, found.other) = other._index
                ORDER BY ALL
                """,
                {"accepted": State.ACCEPTED},
            )
            .to_arrow_table()
            .cast(LINK_SCHEMA)
        )
