"""Resolve tonight's organisation records; keep their keys, and what became of keys, in the registry."""

from __future__ import annotations

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
from identity.links import DECISION_SCHEMA, MENTION_COLUMNS, REGISTER_SCHEMA
from identity.matching import Match, match
from identity.resolve import resolve

READS = ("int_company__name", "int_organisation__record")
"""The models that have to stand before keys are given."""
REGISTER_TABLE, RECORDS_TABLE = (f"intermediate.{model}" for model in READS)


@dataclass(frozen=True)
class IdentityReport:
    """What matching found: counts only."""

    records: int
    organisations: int
    new_organisations: int
    changed_keys: int
    register_names: int
    """Names of the company register that were compared; 0 without a register."""

    def metadata(self) -> dict[str, int]:
        """For the orchestrator."""
        return vars(self)


def read_records(warehouse: Path) -> pa.Table:
    """Tonight's organisation-bearing records from the candidate warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(f"SELECT {', '.join(MENTION_COLUMNS)} FROM {RECORDS_TABLE}").to_arrow_table()


def read_register(warehouse: Path) -> pa.Table | None:
    """What the company register says of the companies that tonight's records name, by number or by name.

    REGISTER_SCHEMA, every name of such a company. None where no register was read: renamed companies are not known by
    their former names then, nor numbers that nobody has.
    """
    met = f"""
        SELECT company_number FROM {RECORDS_TABLE} WHERE company_number IS NOT NULL
        UNION
        SELECT names.company_number FROM {REGISTER_TABLE} AS names
        SEMI JOIN (
            SELECT unnest([normalised_name, other_name]) AS normalised_name FROM {RECORDS_TABLE}
        ) AS written USING (normalised_name)
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        if not connection.execute(f"SELECT 1 FROM {REGISTER_TABLE} LIMIT 1").fetchone():
            return None
        return (
            connection.sql(
                f"SELECT {', '.join(REGISTER_SCHEMA.names)} FROM {REGISTER_TABLE} "
                f"SEMI JOIN ({met}) USING (company_number) ORDER BY ALL"
            )
            .to_arrow_table()
            .cast(REGISTER_SCHEMA)
        )


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
    register = read_register(warehouse_file(home))
    links = matcher(records, register, decisions.select(DECISION_SCHEMA.names), scores_file(home))
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
        len(records), len(keys), len(keys - before), len(events), 0 if register is None else len(register)
    )
