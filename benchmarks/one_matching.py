"""One matching of a pretend country in a process of its own, so that its peak memory is its own. Prints JSON."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

import identity.matching
from benchmarks.identity_worlds import pairs_of
from identity.links import CHARITY_SCHEMA, MENTION_COLUMNS, PLACE_SCHEMA, clusters
from identity.normalising import normalised_sql
from identity.organisation_keys import (
    CHARITIES_TABLE,
    COMPANIES_TABLE,
    PLACES_TABLE,
    RECORDS_TABLE,
    read_records,
    read_registers,
)
from sandbox.country import make_mentions, make_register


def prepare(warehouse: Path, mentions: int, companies: int) -> None:
    """A warehouse with the tables that matching reads, as the models make them, of a pretend country: records and a
    register of companies; no charities, and no directory of postcodes.

    A register that is there stays.
    """
    made = {
        "normalised_name": normalised_sql("normalise_name", "name"),
        "other_name": normalised_sql("other_name", "name"),
        **{
            name: name for name in ("source_system", "source_record_id", "name", "company_number", "postcode", "domain")
        },
    }
    chosen = ", ".join(f"{made.get(name, 'NULL::VARCHAR')} AS {name}" for name in MENTION_COLUMNS)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS intermediate")
        for name, columns in ((CHARITIES_TABLE, CHARITY_SCHEMA), (PLACES_TABLE, PLACE_SCHEMA)):
            connection.register("_none", columns.empty_table())
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM _none")
        schema, table = COMPANIES_TABLE.split(".")
        there = "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?"
        if not connection.execute(there, [schema, table]).fetchall():
            make_register(connection, companies)
            connection.execute(f"""
                CREATE TABLE {COMPANIES_TABLE} AS
                SELECT company_number, {made["normalised_name"]} AS normalised_name, is_previous, postcode
                FROM register_row;
                DROP TABLE register_row;
            """)
        make_mentions(connection, mentions, companies)
        connection.execute(f"""
            CREATE OR REPLACE TABLE {RECORDS_TABLE} AS SELECT {chosen} FROM mention;
            CREATE OR REPLACE TABLE truth AS SELECT source_system, source_record_id, organisation FROM mention;
            DROP TABLE mention;
        """)


def measure(warehouse: Path) -> dict[str, Any]:
    """Match what the warehouse holds by the steps of a night, and judge it."""
    compared = 0

    def counted(connection: duckdb.DuckDBPyConnection, known: Path | None = None) -> None:
        nonlocal compared
        compared = int((connection.execute("SELECT count(*) FROM pairs").fetchone() or (0,))[0])
        score(connection, known)

    score, identity.matching.score = identity.matching.score, counted
    started, before = time.perf_counter(), _processor()
    records, registers = read_records(warehouse), read_registers(warehouse)
    links = identity.matching.match(records, registers)
    groups = clusters(records, links)
    seconds, processor = time.perf_counter() - started, _processor() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.register("groups", groups)
        found = connection.sql(
            "SELECT organisation, component FROM truth JOIN groups USING (source_system, source_record_id)"
        ).fetchnumpy()
    return {
        "mentions": len(records),
        "register_names_met": 0 if registers.companies is None else len(registers.companies),
        "pairs_compared": compared,
        "links": len(links),
        "seconds": seconds,
        "processor_seconds": processor,
        "memory_peak_mib": peak,
        "pairs": pairs_of(found["organisation"].tolist(), found["component"].tolist()),
    }


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(
    warehouse: Annotated[Path, typer.Option(help="The file of the warehouse.")],
    mentions: Annotated[int, typer.Option(help="Make the country first, with so many mentions; 0 matches.")] = 0,
    companies: Annotated[int, typer.Option(help="And so many companies in its register.")] = 0,
) -> None:
    """Make a country, or match the one that was made."""
    if mentions:
        prepare(warehouse, mentions, companies)
    else:
        print(json.dumps(measure(warehouse)))


if __name__ == "__main__":
    typer.run(main)
