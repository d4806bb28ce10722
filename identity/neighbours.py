"""Two organisations alone at one address under other names, one known by name and address only: people are asked.

A CRM has a firm by its trading name and postcode, all else by its registered name: nothing that they say is compared
joins the two, and nothing tells a firm from its neighbour. They stay apart, and the question is seen.
"""

from __future__ import annotations

import duckdb

from identity.grouping import WEAK
from identity.links import State
from identity.scoring import said

_LEVELS = (("name", "different"), ("place", "same postcode"))


def ask_neighbours(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to `judged` a link for people between the only two groups of a postcode, of which one has nothing to be known
    by but names and that postcode, and the other a number or a domain.

    Nothing is asked where something is said of the two already. Needs `grouped`, `profiles`, `judged`, `apart`.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE neighbours AS
        WITH mentioned AS (
            SELECT grouped.component, profiles.*
            FROM profiles INNER JOIN grouped USING (unique_id) WHERE registered_number IS NULL
        ),
        known AS (
            SELECT component, max(postcode) AS postcode, count(DISTINCT postcode) AS postcodes,
                min(unique_id) FILTER (postcode IS NOT NULL AND core_name IS NOT NULL) AS profile,
                count(coalesce(
                    company_number, charity_number, register_identifier, publisher_identifier, domain
                )) > 0 AS is_known
            FROM mentioned GROUP BY component
        ),
        bare AS (
            SELECT * FROM known WHERE NOT is_known AND postcodes = 1 AND profile IS NOT NULL
        ),
        at_one_place AS (
            SELECT postcode, list(DISTINCT component) AS components
            FROM mentioned WHERE postcode IN (SELECT postcode FROM bare)
            GROUP BY postcode HAVING count(DISTINCT component) = 2
        ),
        spoken_of AS (
            SELECT left_id, right_id FROM apart
            UNION ALL SELECT left_id, right_id FROM judged WHERE state IS NOT NULL
        ),
        spoken_of_groups AS (
            SELECT DISTINCT least(one.component, other.component) AS one,
                greatest(one.component, other.component) AS other
            FROM spoken_of
            INNER JOIN grouped AS one ON left_id = one.unique_id
            INNER JOIN grouped AS other ON right_id = other.unique_id
        )
        SELECT least(bare.profile, beside.profile) AS left_id, greatest(bare.profile, beside.profile) AS right_id
        FROM bare
        INNER JOIN at_one_place USING (postcode)
        INNER JOIN known AS beside
            ON beside.component = list_extract(list_filter(components, lambda each: each <> bare.component), 1)
        ANTI JOIN spoken_of_groups AS spoken
            ON spoken.one = least(bare.component, beside.component)
            AND spoken.other = greatest(bare.component, beside.component)
        WHERE beside.is_known AND beside.profile IS NOT NULL
    """)
    connection.execute(f"""
        INSERT INTO judged BY NAME
        SELECT left_id, right_id, 'name_postcode' AS method, links.*, []::VARCHAR[] AS vetoes, false AS is_bare,
            {WEAK} AS rank, '{State.REVIEW}' AS state
        FROM neighbours CROSS JOIN ({said(*_LEVELS)}) AS links
    """)
