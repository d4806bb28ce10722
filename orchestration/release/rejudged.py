"""A release judged again, by the rules and in the circumstances that it keeps: is it still what was passed?

A release holds the mart and none of what that was made of. Of the relations beside the mart that checks read it keeps
seeds whole, and of all others whether they had rows, which is all that `filled_from` asks.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from common.home import make_private, release_folder, warehouse_file
from common.sql import literal, quoted
from orchestration.release.integrity import MART, RECEIPT, read_json, read_manifest
from quality.families import without_names
from quality.fingerprint import SCHEMA, combine, table_fingerprints
from quality.gate import Declared, Verdict, run_gate
from quality.statistics.rules import statistics
from quality.suites import CheckDefinition, load_suites
from quality.withholding import HOLDING_FIGURES

GATE, SUITES, RELATIONS, CIRCUMSTANCES = "gate", "suites", "relations", "circumstances.json"
# What failed rules keep back, and waivers let stand.
CONSEQUENCES = "consequences.json"
SEEDS = "seed"
_EXISTS = "is_filled"
# A name without a schema is one of the query's own.
_IN_EVERY_RELEASE = {"", SCHEMA, "information_schema"}


@dataclass(frozen=True)
class Rejudged:
    """What came of it. `checks`: how many were asked again, of those of the receipt; `problems`: where the release is
    not what its receipt says; `not_asked`: by the reason, the checks that were not; `notes`: what is right and wants to
    be known.
    """

    checks: int
    problems: list[str]
    not_asked: dict[str, list[str]]
    notes: list[str]

    @property
    def of_receipt(self) -> int:
        """How many checks the receipt has."""
        return self.checks + sum(map(len, self.not_asked.values()))


def keep_relations(warehouse: Path, suites: Sequence[Path], gate: Path) -> None:
    """Write what the checks of `suites` read beside the mart into `gate`."""
    folder = make_private(gate / RELATIONS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        named = {name for check in load_suites(suites) for name in _beside_the_mart(connection, check)}
        there = set(connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall())
        for schema, table in sorted(named & there):
            rows = "*" if schema == SEEDS else f"1 AS {_EXISTS}"
            limit = "ORDER BY ALL" if schema == SEEDS else "LIMIT 1"
            connection.execute(
                f"COPY (SELECT {rows} FROM {quoted(schema)}.{quoted(table)} {limit}) "
                f"TO {literal(folder / f'{schema}.{table}.parquet')} (FORMAT parquet)"
            )


def _beside_the_mart(connection: duckdb.DuckDBPyConnection, check: CheckDefinition) -> set[tuple[str, str]]:
    """Schema and name of every relation outside the mart that a check names. Parsed, not bound: a view is its name."""
    if check.query is None:
        return set()
    query = without_names(check.query, f"{SCHEMA}.{check.table}")
    row = connection.execute("SELECT CAST(json_serialize_sql(?) AS VARCHAR)", [query]).fetchone()
    return set(_named(json.loads(row[0]) if row else {}))


def _named(parsed: Any) -> Iterator[tuple[str, str]]:
    if isinstance(parsed, dict):
        if parsed.get("type") == "BASE_TABLE" and parsed["schema_name"] not in _IN_EVERY_RELEASE:
            yield parsed["schema_name"], parsed["table_name"]
        parsed = list(parsed.values())
    if isinstance(parsed, list):
        for part in parsed:
            yield from _named(part)


def rejudge(home: Path, release_id: str) -> Rejudged:
    """Run the gate on a release once more. Raises DamagedRelease when its manifest or receipt cannot be read."""
    folder = release_folder(home, release_id)
    gate = folder / GATE
    manifest, receipt = read_manifest(home, release_id), read_json(folder / RECEIPT)
    if not (gate / CIRCUMSTANCES).exists():
        note = "it was made before releases kept what judged them: its gate cannot be run again"
        return Rejudged(0, [], {}, [note])
    suites = [*sorted(gate.glob(f"{SUITES}/product/*.yaml")), *sorted(gate.glob(f"{SUITES}/tenant/*.yaml"))]
    asked = read_json(gate / CIRCUMSTANCES)
    with tempfile.TemporaryDirectory() as name:
        warehouse = warehouse_file(Path(name))
        made_of = _lay_out(warehouse, folder, [table["table"] for table in receipt["tables"] if table["is_judged"]])
        verdict = run_gate(
            warehouse,
            suites=suites,
            enabled_sources=asked["enabled_sources"],
            clock=datetime.fromisoformat(asked["clock"]),
            declared=Declared(asked["provides"], asked["person_keys"], asked.get("hangs_on", {})),
        )
        not_asked = _not_asked(warehouse, suites, receipt)
    problems, notes = _fingerprints(manifest, receipt, made_of, verdict)
    names = {name for checks in not_asked.values() for name in checks}
    asked_again = [result for result in verdict.results if result.check_name not in names]
    return Rejudged(len(asked_again), problems + list(_differing(receipt, verdict, names)), not_asked, notes)


def _lay_out(warehouse: Path, release: Path, tables: Sequence[str]) -> str:
    """The judged tables of a release where the gate looks for them, with what it keeps beside; their fingerprint."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"SET TimeZone = 'UTC'; CREATE SCHEMA {SCHEMA}")
        connection.execute(f"ATTACH {literal(release / MART)} AS release (READ_ONLY)")
        there = {name for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'release'"
        ).fetchall()}  # fmt: skip
        for table in tables:
            if table in there:
                connection.execute(f"CREATE TABLE {SCHEMA}.{quoted(table)} AS FROM release.main.{quoted(table)}")
        for path in sorted((release / GATE / RELATIONS).glob("*.parquet")):
            schema, _, table = path.stem.partition(".")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
            connection.execute(f"CREATE TABLE {quoted(schema)}.{quoted(table)} AS FROM {literal(path)}")
        connection.execute("DETACH release")
        return combine(table_fingerprints(connection))


def _not_asked(warehouse: Path, suites: Sequence[Path], receipt: Mapping[str, Any]) -> dict[str, list[str]]:
    """By the reason, the checks that a release does not hold enough to be asked again."""
    checks = load_suites(suites)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        beside = [
            check.name
            for check in checks
            if not check.filled_from and any(schema != SEEDS for schema, _ in _beside_the_mart(connection, check))
        ]
    in_part = _withheld_in_part(receipt)
    named = re.compile(rf"\bmart\.({'|'.join(map(re.escape, in_part))})\b")
    of_part = [
        check.name
        for check in checks
        if check.name not in beside and in_part and (check.table in in_part or named.search(check.query or ""))
    ]
    compared = {rule.id for rule in statistics().rules} & {check["check"] for check in receipt["checks"]}
    reasons = {
        "they read what a release does not keep": sorted(beside),
        f"they judged tables of which some is withheld ({', '.join(in_part)})": sorted(of_part),
        "they compared with releases before it, which may be gone": sorted(compared),
    }
    return {reason: names for reason, names in reasons.items() if names}


def _withheld_in_part(receipt: Mapping[str, Any]) -> list[str]:
    """The tables that a release does not hold as they were judged; of an older one all that may be so."""
    if not receipt.get("withheld"):
        return []
    return sorted(table["table"] for table in receipt["tables"]
                  if not table.get("is_whole", table["table"] not in HOLDING_FIGURES))  # fmt: skip


def _fingerprints(
    manifest: Mapping[str, Any], receipt: Mapping[str, Any], made_of: str, verdict: Verdict
) -> tuple[list[str], list[str]]:
    problems, notes = [], []
    if rewritten := manifest.get("rewritten", []):
        notes += [f"rewritten on {said['at'][:10]}: {said['reason']}" for said in rewritten]
    elif made_of != manifest.get("published_fingerprint", manifest["candidate_fingerprint"]):
        problems.append("its tables are not those that the gate judged")
    if verdict.suites_fingerprint != receipt["suites_fingerprint"]:
        problems.append("the checks that it keeps are not those that judged it")
    return problems, notes


def _differing(receipt: Mapping[str, Any], verdict: Verdict, not_asked: Collection[str]) -> Iterator[str]:
    """Checks that come out otherwise than the receipt says, and those that only one of the two knows."""
    said = {check["check"]: check for check in receipt["checks"]}
    found = {result.check_name: result for result in verdict.results}
    for name in sorted((said.keys() ^ found.keys()) - set(not_asked)):
        yield f"check {name} is known to {'the receipt' if name in said else 'the suites that it keeps'} alone"
    for name in sorted((said.keys() & found.keys()) - set(not_asked)):
        before, now = said[name], found[name]
        if (before["outcome"], before["failing_rows"]) != (now.outcome, now.failing_rows):
            yield (
                f"check {name}: the receipt says {before['outcome']} with {before['failing_rows']} row(s) against it, "
                f"judged again it is {now.outcome} with {now.failing_rows}"
            )
