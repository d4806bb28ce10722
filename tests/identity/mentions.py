"""Mentions as the models make them, of values as people write them; for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from identity.links import CHARITY_SCHEMA, COMPANY_SCHEMA, MENTION_COLUMNS, Registers, State, clusters
from identity.normalising import normalised_sql

# How each column that is compared comes from what was written.
_WRITTEN = {
    "normalised_name": ("normalise_name", "name"),
    "other_name": ("other_name", "name"),
    "company_number": ("normalise_company_number", "company_number"),
    "charity_number": ("normalise_charity_number", "charity_number"),
    "postcode": ("normalise_postcode", "postcode"),
    "domain": ("normalise_domain", "domain"),
}


def mentions(rows: Iterable[Mapping[str, str | None]]) -> pa.Table:
    """A mention a row, in MENTION_COLUMNS; without an id of its own a row is known by its place."""
    given = [{"source_system": "returns", "source_record_id": f"{n:06d}", **row} for n, row in enumerate(rows)]
    schema = pa.schema([(name, pa.string()) for name in MENTION_COLUMNS])
    chosen = (f"{normalised_sql(*_WRITTEN[name])} AS {name}" if name in _WRITTEN else name for name in MENTION_COLUMNS)
    with duckdb.connect() as connection:
        connection.register("given", pa.Table.from_pylist(given, schema=schema))
        return connection.sql(
            f"SELECT {', '.join(chosen)} FROM given ORDER BY source_system, source_record_id"
        ).to_arrow_table()


def register(*rows: tuple[str, str, str | None] | tuple[str, str, str | None, bool]) -> Registers:
    """What the register of companies says: number, name, registered postcode, whether the name was a previous one."""
    given = [
        {"company_number": row[0], "name": row[1], "postcode": row[2], "is_previous": len(row) > 3 and bool(row[3])}
        for row in rows
    ]
    with duckdb.connect() as connection:
        connection.register("given", pa.Table.from_pylist(given))
        name = normalised_sql("normalise_name", "name")
        return Registers(
            connection.sql(f"SELECT company_number, {name} AS normalised_name, is_previous, postcode FROM given")
            .to_arrow_table()
            .cast(COMPANY_SCHEMA)
        )


def charity_register(*rows: Mapping[str, str]) -> Registers:
    """What a register of charities says, with the columns of CHARITY_SCHEMA but `name` as it is written."""
    given = [{"charity_number": None, "name": None, "is_previous": False, **row} for row in rows]
    schema = pa.schema([pa.field("name", pa.string()), *(f for f in CHARITY_SCHEMA if f.name != "normalised_name")])
    with duckdb.connect() as connection:
        connection.register("given", pa.Table.from_pylist(given, schema=schema))
        made = f"SELECT *, {normalised_sql('normalise_name', 'name')} AS normalised_name FROM given"
        found = connection.sql(f"SELECT {', '.join(CHARITY_SCHEMA.names)} FROM ({made})").to_arrow_table()
    return Registers(charities=found.cast(CHARITY_SCHEMA))


def components_of(table: pa.Table, links: pa.Table) -> dict[str, int]:
    """The group of each mention by its source_record_id, in order of records."""
    found = clusters(table, links)
    return dict(zip(found.column("source_record_id").to_pylist(), found.column("component").to_pylist(), strict=True))


def said_of(links: pa.Table, one: str, other: str) -> set[State]:
    """The states of the links between two mentions."""
    wanted = {one, other}
    return {
        State(link["state"])
        for link in links.to_pylist()
        if {link["left_source_record_id"], link["right_source_record_id"]} == wanted
    }
