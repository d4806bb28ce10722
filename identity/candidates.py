"""Which profiles are compared at all: those that share a key, in blocks small enough that pairs grow with records.

A block of more than LARGEST profiles says too little (`school` in one district) and gives no pairs, unless what it
shares is an identifier or a whole name: then each is compared with the first of it.
"""

from __future__ import annotations

import duckdb

LARGEST = 60
_RARE_WORDS = "list_distinct(list_concat(coalesce(essence, []), coalesce(rarest, [])))"
_SHORT_NAMES = "[initials, acronym, if(length(squashed) <= 8, squashed, NULL)]"
# Kind of key -> (the key, or a list of keys, of a profile; whether a large block gives a star).
KEYS: dict[str, tuple[str, bool]] = {
    "company": ("[company_number]", True),
    "charity": ("[charity_number]", True),
    "register": ("[register_identifier]", True),
    "publisher": ("[publisher_identifier]", True),
    "name": ("list_distinct([core_name, other_core, acronym, squashed, squashed_other])", True),
    "name and postcode": ("[core_name || '|' || postcode]", True),
    "name and domain": ("[core_name || '|' || domain]", True),
    "domain": ("[domain]", False),
    "rare words": ("[list_aggregate(list_sort(rarest), 'string_agg', ' ')]", False),
    "rare word and district": (f"list_transform({_RARE_WORDS}, lambda word: word || '|' || district)", False),
    "beginning and district": ("[left(squashed, 5) || '|' || district]", False),
    "initials and area": (f"list_transform({_SHORT_NAMES}, lambda word: word || '|' || area)", False),
}


def make_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `pairs` (`left_id` < `right_id`) of the profiles to compare. No two names of one registered company."""
    keys = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, {star} AS star, unnest({key}) AS key, unique_id, registered_number FROM profiles"
        for kind, (key, star) in KEYS.items()
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE pairs AS
        WITH keys AS (SELECT DISTINCT * FROM ({keys}) WHERE key IS NOT NULL),
        blocks AS (
            SELECT *, count(*) OVER block AS profiles, min(unique_id) OVER block AS first
            FROM keys WINDOW block AS (PARTITION BY kind, key)
        )
        SELECT DISTINCT one.unique_id AS left_id, other.unique_id AS right_id
        FROM blocks AS one INNER JOIN blocks AS other
            ON one.kind = other.kind AND one.key = other.key AND one.unique_id < other.unique_id
        WHERE one.profiles BETWEEN 2 AND {LARGEST}
            AND (one.registered_number IS NULL OR other.registered_number IS NULL)
        UNION
        SELECT DISTINCT first, unique_id FROM blocks WHERE star AND profiles > {LARGEST} AND first < unique_id
    """)
