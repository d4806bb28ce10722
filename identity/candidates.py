"""Which profiles are compared at all: those that share a key, in blocks small enough that pairs grow with records.

A block of more than LARGEST profiles says too little (`school` in one district) and gives no pairs. What shares an
identifier or a whole name may be LARGEST_WHOLE; in a larger block each is compared with the first of it.
"""

from __future__ import annotations

from typing import NamedTuple

import duckdb

LARGEST = 20
LARGEST_WHOLE = 60


class Key(NamedTuple):
    """What profiles may share: its values of a profile, a list; whether it is an identifier or a whole name."""

    of_profile: str
    is_whole: bool = False
    is_identifier: bool = False


_SHORT_NAMES = "[initials, acronym, if(length(squashed) <= 8, squashed, NULL)]"
KEYS: dict[str, Key] = {
    "company": Key("[company_number]", is_whole=True, is_identifier=True),
    "charity": Key("[charity_number]", is_whole=True, is_identifier=True),
    "register": Key("[register_identifier]", is_whole=True, is_identifier=True),
    "publisher": Key("[publisher_identifier]", is_whole=True, is_identifier=True),
    "name": Key("list_distinct([core_name, other_core, acronym, squashed, squashed_other])", is_whole=True),
    "name and postcode": Key("[core_name || '|' || postcode]", is_whole=True),
    "name and domain": Key("[core_name || '|' || domain]", is_whole=True),
    "domain": Key("[domain]"),
    "rare words": Key("[list_aggregate(list_sort(rarest), 'string_agg', ' ')]"),
    "rare word and district": Key("list_transform(telling, lambda word: word || '|' || district)"),
    "beginning and district": Key("[left(squashed, 7) || '|' || district]"),
    "initials and area": Key(f"list_transform({_SHORT_NAMES}, lambda word: word || '|' || area)"),
}


def make_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `pairs` (`left_id` < `right_id`, `is_identified`: by an identifier) of the profiles to compare.

    No two names of one registered company.
    """
    keys = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, {key.is_whole} AS is_whole, {key.is_identifier} AS is_identifier, "
        f"unnest({key.of_profile}) AS key, unique_id, registered_number FROM profiles"
        for kind, key in KEYS.items()
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE pairs AS
        WITH keys AS (SELECT DISTINCT * FROM ({keys}) WHERE key IS NOT NULL),
        blocks AS (
            SELECT *, count(*) OVER block AS profiles, min(unique_id) OVER block AS first,
                if(is_whole, {LARGEST_WHOLE}, {LARGEST}) AS most
            FROM keys WINDOW block AS (PARTITION BY kind, key)
        ),
        found AS (
            SELECT one.unique_id AS left_id, other.unique_id AS right_id, one.is_identifier
            FROM blocks AS one INNER JOIN blocks AS other
                ON one.kind = other.kind AND one.key = other.key AND one.unique_id < other.unique_id
            WHERE one.profiles BETWEEN 2 AND one.most
                AND (one.registered_number IS NULL OR other.registered_number IS NULL)
            UNION ALL
            SELECT first, unique_id, is_identifier FROM blocks WHERE is_whole AND profiles > most AND first < unique_id
        )
        SELECT left_id, right_id, bool_or(is_identifier) AS is_identified FROM found GROUP BY left_id, right_id
    """)
