"""Two groups by other names that share a domain of their own: what no two mentions tell may be told by all of them.

A firm books tickets under its trading name with its own e-mail, and returns that name with its postcode. No pair of
its mentions has both, the two groups have. Names that are alike are left to `evidence`, which weighs them.
"""

from __future__ import annotations

import duckdb

from common.sql import literal
from identity.evidence import INSTITUTIONS, level, thresholds
from identity.grouping import STRONG
from identity.links import State
from identity.scoring import learnt_bits, learnt_start, said

# A domain of more groups is that of a brand, a landlord, an association: it says nothing. People are asked up to here.
MOST_GROUPS = 3
# Only what two groups alone share, at one address, makes them one.
ONLY_TWO = 2
_NAME, _DOMAIN, _PLACE = ("name", "different"), ("domain", "same domain"), ("place", "same postcode")


def tie_by_domain(connection: duckdb.DuckDBPyConnection) -> bool:
    """Add to `judged` a link between groups of other names that share a domain of their own; whether one is accepted.

    The only two of a domain are one if they have a postcode in common, by the same weights as two mentions; others are
    for people. Nothing is said of groups with numbers that differ, that people hold apart, or whose names or links say
    something already. Needs `grouped`, `profiles`, `registered`, `scores`, `judged` and `apart`.
    """
    at_one_place = _bits(_NAME, _PLACE, _DOMAIN) >= thresholds().strong
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE tied AS
        WITH mentioned AS (
            SELECT grouped.component, profiles.*
            FROM profiles INNER JOIN grouped USING (unique_id) WHERE registered_number IS NULL
        ),
        known AS (
            SELECT component,
                list(DISTINCT company_number) FILTER (company_number IN (FROM registered)) AS companies,
                list(DISTINCT charity_number) FILTER (charity_number IS NOT NULL) AS charities,
                list(DISTINCT postcode) FILTER (postcode IS NOT NULL) AS postcodes
            FROM mentioned GROUP BY component
        ),
        shared AS (
            SELECT component, domain, min(unique_id) AS profile, count(*) OVER (PARTITION BY domain) AS groups
            FROM mentioned
            WHERE domain IS NOT NULL AND core_name IS NOT NULL AND NOT regexp_matches(domain, {literal(INSTITUTIONS)})
            GROUP BY component, domain
        ),
        spoken_of AS (
            SELECT left_id, right_id FROM apart
            UNION ALL SELECT left_id, right_id FROM judged WHERE state IS NOT NULL
            UNION ALL SELECT unique_id_l, unique_id_r FROM scores WHERE gamma_name > {level(*_NAME)}
        ),
        spoken_of_groups AS (
            SELECT DISTINCT least(one.component, other.component) AS one,
                greatest(one.component, other.component) AS other
            FROM spoken_of
            INNER JOIN grouped AS one ON left_id = one.unique_id
            INNER JOIN grouped AS other ON right_id = other.unique_id
        )
        SELECT least(one.profile, other.profile) AS left_id, greatest(one.profile, other.profile) AS right_id,
            coalesce(list_has_any(one_known.postcodes, other_known.postcodes), false) AS is_at_one_place,
            is_at_one_place AND {at_one_place} AND one.groups = {ONLY_TWO} AS is_one
        FROM shared AS one
        INNER JOIN shared AS other ON one.domain = other.domain AND one.component < other.component
        INNER JOIN known AS one_known ON one.component = one_known.component
        INNER JOIN known AS other_known ON other.component = other_known.component
        ANTI JOIN spoken_of_groups AS spoken ON one.component = spoken.one AND other.component = spoken.other
        WHERE one.groups <= {MOST_GROUPS}
            AND coalesce(list_has_any(one_known.companies, other_known.companies), true)
            AND coalesce(list_has_any(one_known.charities, other_known.charities), true)
        QUALIFY row_number() OVER (
            PARTITION BY one.component, other.component ORDER BY one.groups, one.domain
        ) = 1
    """)
    connection.execute(f"""
        INSERT INTO judged BY NAME
        SELECT left_id, right_id, 'name_domain' AS method, links.* EXCLUDE (is_at_one_place), []::VARCHAR[] AS vetoes,
            false AS is_bare, {STRONG} AS rank, if(is_one, '{State.ACCEPTED}', '{State.REVIEW}') AS state
        FROM tied INNER JOIN (
            SELECT true AS is_at_one_place, * FROM ({said(_NAME, _PLACE, _DOMAIN)})
            UNION ALL SELECT false, * FROM ({said(_NAME, _DOMAIN)})
        ) AS links USING (is_at_one_place)
    """)
    found = connection.execute("SELECT coalesce(bool_or(is_one), false) FROM tied").fetchone()
    return bool(found and found[0])


def _bits(*levels: tuple[str, str]) -> float:
    return learnt_start() + sum(learnt_bits(*one) for one in levels)
