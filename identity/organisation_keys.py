"""Resolve tonight's organisation records; keep their keys, and what became of keys, in the registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from common import registers
from common.durable import write_parquet
from common.home import links_file, make_private, registry_file, scores_file, warehouse_file
from identity import decisions as decided
from identity import key_history
from identity.decisions import as_table, in_force, read_decisions
from identity.links import (
    CHARITY_SCHEMA,
    COMPANY_SCHEMA,
    DECISION_SCHEMA,
    MENTION_COLUMNS,
    PLACE_SCHEMA,
    Registers,
)
from identity.matching import Match, match
from identity.resolve import resolve

READS = ("int_company__name", "int_charity__name", "int_postcode__place", "int_organisation__record")
"""The models that have to stand before keys are given."""
COMPANIES_TABLE, CHARITIES_TABLE, PLACES_TABLE, RECORDS_TABLE = (f"intermediate.{model}" for model in READS)


@dataclass(frozen=True)
class IdentityReport:
    """What matching found: counts only."""

    records: int
    organisations: int
    new_organisations: int
    changed_keys: int
    register_names: int
    """Names of the company register that were compared; 0 without a register."""
    charity_names: int
    """The same of the charity registers."""
    known_places: int
    """Postcodes of which the directory says where they lie; 0 without one."""

    def metadata(self) -> dict[str, int]:
        """For the orchestrator."""
        return vars(self)


def read_records(warehouse: Path) -> pa.Table:
    """Tonight's organisation-bearing records from the candidate warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(f"SELECT {', '.join(MENTION_COLUMNS)} FROM {RECORDS_TABLE}").to_arrow_table()


def read_registers(warehouse: Path) -> Registers:
    """What public registers say of the organisations that tonight's records name, by number or by name, and where their
    postcodes lie. None of a register that was not read.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"""
            CREATE TEMP TABLE written AS
            SELECT DISTINCT unnest([normalised_name, other_name]) AS normalised_name FROM {RECORDS_TABLE};
        """)
        charities = _met(connection, CHARITIES_TABLE, CHARITY_SCHEMA, ("charity_number", "company_number"))
        # The company that a charity is stands beside it, under each of its names.
        numbers = () if charities is None else charities.column("company_number").to_pylist()
        companies = _met(connection, COMPANIES_TABLE, COMPANY_SCHEMA, ("company_number",), numbers)
        return Registers(companies, charities, _places(connection))


def _met(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    schema: pa.Schema,
    numbers: Sequence[str],
    also: Iterable[str | None] = (),
) -> pa.Table | None:
    """Every name of the entries of a register that a record names, by one of these numbers or by name."""
    if not connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
        return None
    entry = numbers[0]
    connection.register("_also", pa.table({"number": pa.array(sorted({one for one in also if one}), pa.string())}))
    by_number = " UNION ".join(
        f"SELECT names.{entry} FROM {table} AS names SEMI JOIN {RECORDS_TABLE} AS records USING ({number})"
        for number in numbers
    )
    return (
        connection.sql(f"""
            SELECT {", ".join(schema.names)} FROM {table} SEMI JOIN (
                {by_number}
                UNION SELECT names.{entry} FROM {table} AS names SEMI JOIN written USING (normalised_name)
                UNION SELECT number FROM _also
            ) AS met USING ({entry})
            ORDER BY ALL
        """)
        .to_arrow_table()
        .cast(schema)
    )


def _places(connection: duckdb.DuckDBPyConnection) -> pa.Table | None:
    found = (
        connection.sql(f"SELECT {', '.join(PLACE_SCHEMA.names)} FROM {PLACES_TABLE} ORDER BY postcode")
        .to_arrow_table()
        .cast(PLACE_SCHEMA)
    )
    return found if len(found) else None


def ensure_registers(home: Path) -> None:
    """Create the registers of decisions and of what became of keys, so that dbt can read them before there is any."""
    registers.ensure(home, {decided.REGISTER: decided.COLUMNS, key_history.REGISTER: key_history.COLUMNS})


def resolve_organisations(home: Path, clock: datetime, matcher: Match = match) -> IdentityReport:
    """Match tonight's records by what people decided and the rules, and write the registry, whole or not at all.

    The file is written only when it changed, so that a night without new records leaves it as it is. What became of
    keys is written before it: an event whose night ended in between is not written again.
    """
    records = read_records(warehouse_file(home))
    path = registry_file(home)
    make_private(path.parent)
    ensure_registers(home)
    previous = pq.read_table(path) if path.exists() else None
    decisions = as_table(in_force(read_decisions(home)))
    registers_given = read_registers(warehouse_file(home))
    links = matcher(records, registers_given, decisions.select(DECISION_SCHEMA.names), scores_file(home))
    written = key_history.read_events(home)
    resolved = resolve(records, links, previous, clock, key_history.retired_keys(written))
    events = key_history.unwritten(key_history.key_events(previous, resolved, links, decisions, clock), written)
    registers.append(home, key_history.REGISTER, key_history.COLUMNS, events, clock)
    write_parquet(links, links_file(home))
    if previous is None or not resolved.equals(previous):
        write_parquet(resolved, path)
    keys = set(resolved.column("organisation_key").to_pylist())
    before = set(previous.column("organisation_key").to_pylist()) if previous is not None else set()
    return IdentityReport(
        len(records),
        len(keys),
        len(keys - before),
        len(events),
        *(0 if register is None else len(register) for register in registers_given),
    )
