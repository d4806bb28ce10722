"""What is said of two records: the typed table that matching hands to decisions, keys and readers.

A link joins two records (a *mention* each: `source_system`, `source_record_id`). Only an accepted link makes two
records one organisation; every other state is there for people to read. `left` is before `right` in order of records.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa


class State(StrEnum):
    """What a link does."""

    ACCEPTED = "accepted"
    # Between the two thresholds, or evidence that contradicts itself: the two stay apart until people decide.
    REVIEW = "review"
    # Strong evidence for one organisation, and something that forbids it: two company numbers, or a decision.
    VETOED = "vetoed"
    # Good enough for two records, too weak to join the two groups they stand in: stays apart until people decide.
    WEAK = "weak"


# These wait for people.
WAITING = (State.REVIEW, State.WEAK)

# What matching reads of `int_organisation__record`.
MENTION_COLUMNS = (
    "source_system",
    "source_record_id",
    "name",
    "normalised_name",
    "other_name",
    "company_number",
    "charity_number",
    "register_identifier",
    "publisher_identifier",
    "postcode",
    "domain",
    "same_as_record_id",
)

# A name that the register of companies gives a company, now or before. Grain: company and name.
COMPANY_SCHEMA = pa.schema(
    [
        ("company_number", pa.string()),
        ("normalised_name", pa.string()),
        ("is_previous", pa.bool_()),
        ("postcode", pa.string()),
    ]
)

# A name that a register of charities gives a charity, now or before, with the company that it says the charity is.
# Grain: charity and name.
CHARITY_SCHEMA = pa.schema(
    [
        ("charity_number", pa.string()),
        ("normalised_name", pa.string()),
        ("is_previous", pa.bool_()),
        ("postcode", pa.string()),
        ("domain", pa.string()),
        ("company_number", pa.string()),
    ]
)

# Where a postcode lies, in metres of the national grid. Grain: postcode.
PLACE_SCHEMA = pa.schema([("postcode", pa.string()), ("easting", pa.int32()), ("northing", pa.int32())])


class Registers(NamedTuple):
    """What public registers say of the organisations that are named; None of one that was not given."""

    companies: pa.Table | None = None
    """COMPANY_SCHEMA. Without it a renamed company is not known by its former name, nor a number that nobody has."""
    charities: pa.Table | None = None
    """CHARITY_SCHEMA. Without it nothing says which company a charity is, nor which names it goes by."""
    places: pa.Table | None = None
    """PLACE_SCHEMA. Of a postcode that it lacks, its letters alone say how near another is."""


NO_REGISTERS = Registers()


# What people decided of two records: `same`, `different` or `unsure`. Grain: pair.
DECISION_SCHEMA = pa.schema(
    [
        ("left_source_system", pa.string()),
        ("left_source_record_id", pa.string()),
        ("right_source_system", pa.string()),
        ("right_source_record_id", pa.string()),
        ("decision", pa.string()),
    ]
)

# Grain: pair of records and method. `evidence` is JSON: `{"comparisons": [{"name", "level", "weight"}], "vetoes": []}`,
# weights in bits (log2 of the odds); it names comparisons and levels, never a value that was compared.
LINK_SCHEMA = pa.schema(
    [
        ("left_source_system", pa.string()),
        ("left_source_record_id", pa.string()),
        ("right_source_system", pa.string()),
        ("right_source_record_id", pa.string()),
        ("match_method", pa.string()),
        ("match_probability", pa.float64()),
        ("evidence", pa.string()),
        ("state", pa.string()),
    ]
)

# Grain: mention. Mentions of one organisation have one component: a number that means nothing beyond this table.
COMPONENT_SCHEMA = pa.schema(
    [("source_system", pa.string()), ("source_record_id", pa.string()), ("component", pa.int64())]
)


def arrays(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, np.ndarray]:
    """What a query gives, a column an array."""
    return {name: np.asarray(column) for name, column in connection.execute(query).fetchnumpy().items()}


def connected(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The connected component of each of `count` nodes, over edges between their numbers."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def clusters(mentions: pa.Table, links: pa.Table) -> pa.Table:
    """The component of every mention over the accepted links (COMPONENT_SCHEMA), in order of records.

    Links to records that are not among the mentions are passed over.
    """
    with duckdb.connect() as connection:
        connection.register("given", mentions.select(["source_system", "source_record_id"]))
        connection.register("links", links)
        nodes = connection.sql(
            "SELECT *, row_number() OVER (ORDER BY source_system, source_record_id) - 1 AS node FROM given ORDER BY ALL"
        ).to_arrow_table()
        connection.register("nodes", nodes)
        edges = arrays(
            connection,
            f"""
            SELECT one.node AS left_node, other.node AS right_node
            FROM links
            INNER JOIN nodes AS one
                ON links.left_source_system = one.source_system AND links.left_source_record_id = one.source_record_id
            INNER JOIN nodes AS other
                ON links.right_source_system = other.source_system
                AND links.right_source_record_id = other.source_record_id
            WHERE links.state = '{State.ACCEPTED}'
            """,
        )
    labels = connected(len(nodes), edges["left_node"], edges["right_node"])
    return nodes.drop_columns(["node"]).append_column("component", pa.array(labels, pa.int64())).cast(COMPONENT_SCHEMA)
