"""A mart against the truth of its pretend programme, cell by cell, and what stands behind each difference.

`make test-truth` runs this for several seeds and amounts of dirt. A difference may come from one thing alone: that the
rules of identity took two organisations for one, or one for two, or that no record says what or where one is. It is
told by organisation, and proved: the same night is counted once more with the true organisations, and then no
difference may be left but of those of which nothing is said.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from identity.links import LINK_SCHEMA
from identity.organisation_keys import resolve_organisations
from orchestration import dbt_build
from orchestration.dbt_compiled import PREPARE, Model, compiled
from sandbox.options import SANDBOX_CLOCK, Dirt, Options

# Nothing of these hangs on which records are one organisation: exact on both bases. So are all claims: what a body
# claims does not hang on whom the matcher takes its firms for.
EXACT = ("pilots_funded", "interventions_scaled", "event_attendees")
BY_IDENTITY = ("new_collaborations", "businesses_assisted", "jobs_created", "resource_levered")
INDICATORS = EXACT + BY_IDENTITY
SOURCES = ("registers", "returns", "threesixtygiving", "mapped_grants", "eventbrite", "hubspot")
COUNTED = ("indicator_value", "indicator_identity", "bridge_organisation_record", "organisation_review")
PLACES = Decimal("0.0001")
Cell = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Difference:
    """One cell that is not as it truly is; `because`: the claims that make it, with their mistaken organisations."""

    cell: Cell
    true: Decimal
    found: Decimal
    because: tuple[str, ...]
    is_explained: bool

    def __str__(self) -> str:
        reasons = "".join(f"\n      {reason}" for reason in self.because)
        mark = "" if self.is_explained else "\n      NOT EXPLAINED by organisations that were mistaken"
        return f"{' '.join(self.cell)}: true {self.true:f}, found {self.found:f}{reasons}{mark}"


@dataclass(frozen=True)
class Comparison:
    """All cells of a mart beside those of the truth."""

    cells: int
    differences: list[Difference]

    @property
    def unexplained(self) -> list[Difference]:
        """What nothing explains."""
        return [difference for difference in self.differences if not difference.is_explained]


def compare(mart: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> Comparison:
    """Every headline indicator, quarter, programme and body, claimed and verified."""
    true, found = _true_cells(truth), _found_cells(mart)
    assert true.keys() == found.keys(), "the mart and the truth do not list the same cells"
    behind = _Behind(mart, truth)
    return Comparison(
        len(true),
        [
            Difference(cell, value, found[cell], *behind.explain(cell, found[cell] - value))
            for cell, value in sorted(true.items())
            if found[cell] != value
        ],
    )


def _true_cells(truth: dict[str, Any]) -> dict[Cell, Decimal]:
    names = ("indicator_key", "period_key", "scope", "scope_key", "basis")
    return {
        tuple(row[name] for name in names): Decimal(str(row["value"])).quantize(PLACES)
        for row in truth["indicator_value"]
    }  # type: ignore[return-value]


def _found_cells(mart: duckdb.DuckDBPyConnection) -> dict[Cell, Decimal]:
    listed = ", ".join(f"'{key}'" for key in INDICATORS)
    rows = mart.execute(
        "SELECT indicator_key, period_key, scope, scope_key, basis, value FROM mart.indicator_value "
        f"WHERE scope IN ('programme', 'partner') AND indicator_key IN ({listed})"
    ).fetchall()
    return {tuple(row[:5]): Decimal(str(row[5])).quantize(PLACES) for row in rows}


class _Behind:
    """The claims that count otherwise than they truly do, and how their organisations were mistaken."""

    def __init__(self, mart: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
        self._owners = {(row["indicator_key"], row["claim"]): row["organisations"] for row in truth["claim"]}
        self._amounts: dict[Cell, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for row in truth["claim"]:
            for basis, period in (("claimed", row["claimed_period_key"]), ("verified", row["period_key"])):
                amount = Decimal(str(row[basis])).quantize(PLACES)
                self._take(row["indicator_key"], period, row["partner_code"], basis, row["claim"], -amount)
        facts = mart.execute(
            "SELECT indicator_key, claimed_period_key, period_key, partner_key,"
            " regexp_replace(fact_key, '^[a-z_]+:|:org_[0-9a-f]+$', '', 'g'),"
            " CASE WHEN status = 'withdrawn' THEN 0 ELSE claimed_quantity END,"
            " CASE WHEN is_counted AND status = 'verified' THEN quantity ELSE 0 END FROM mart.indicator_fact"
        ).fetchall()
        for indicator, claimed_in, verified_in, body, claim, claimed, verified in facts:
            for basis, period, amount in (("claimed", claimed_in, claimed), ("verified", verified_in, verified)):
                self._take(indicator, period, body, basis, claim, Decimal(str(amount)))
        self._mistaken = _mistaken(mart, truth)

    def _take(self, indicator: str, period: str, body: str | None, basis: str, claim: str, amount: Decimal) -> None:
        for scope, key in (("programme", "programme"), ("partner", body)):
            if key is not None:
                self._amounts[indicator, period, scope, key, basis][claim] += amount

    def explain(self, cell: Cell, difference: Decimal) -> tuple[tuple[str, ...], bool]:
        """The claims that make the difference, each with its mistaken organisations; whether these explain it all."""
        claims = {claim: amount for claim, amount in self._amounts[cell].items() if amount}
        # Every share of a full-time post is rounded to four places by itself.
        explained = abs(sum(claims.values()) - difference) <= PLACES * 50
        told = []
        for claim, amount in sorted(claims.items()):
            owners = self._owners.get((cell[0], claim), [])
            mistakes = [self._mistaken[owner] for owner in owners if owner in self._mistaken]
            mistakes = mistakes or self._through(cell[0], claim)
            explained = explained and bool(mistakes)
            told.append(f"{claim} {amount:+.8g}: {'; '.join(mistakes) or 'no organisation of it was mistaken'}")
        return tuple(told), explained

    def _through(self, indicator: str, claim: str) -> list[str]:
        """Mistakes about another claim's organisations that share one with it: ties go from claim to claim."""
        owners = set(self._owners.get((indicator, claim), []))
        others = (o for (name, _), of in self._owners.items() if name == indicator and owners & set(of) for o in of)
        return sorted({self._mistaken[other] for other in others if other in self._mistaken})[:3]


def _mistaken(mart: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> dict[str, str]:
    """The true organisations whose records are not one, and theirs alone, in the mart, or say too little; in words."""
    true = {(row["source_system"], row["source_record_id"]): row["organisation"] for row in truth["organisation"]}
    parts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    holds: dict[str, set[str]] = defaultdict(set)
    for system, record, key in mart.execute(
        "SELECT source_system, source_record_id, organisation_key FROM mart.bridge_organisation_record"
    ).fetchall():
        owner = true.get((system, record))
        if owner is not None:
            parts[owner][key].append(f"{system} {record}")
            holds[key].add(owner)
    unknown = _not_said(mart)
    told = {}
    for owner, keys in parts.items():
        strangers = sorted(set().union(*(holds[key] for key in keys)) - {owner})
        if len(keys) > 1:
            told[owner] = f"{owner} is {len(keys)} in the mart, by " + " | ".join(sorted(map(_some, keys.values())))
        elif strangers:
            told[owner] = f"{owner} is one with {', '.join(strangers)} in the mart"
        elif keys.keys() & unknown.keys():
            told[owner] = f"{owner}: no record of it says {unknown[next(iter(keys))]}"
    return told


def _some(records: list[str]) -> str:
    return f"{records[0]} and {len(records) - 1} more" if records[1:] else records[0]


def _not_said(mart: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Organisations of which no record says what they are, or where they have a site."""
    return dict(
        mart.execute(
            "SELECT organisation_key, CASE WHEN organisation_type = 'unknown' THEN 'what it is' ELSE 'where it is' END "
            "FROM intermediate.int_organisation__placed "
            "WHERE organisation_type = 'unknown' "
            "OR organisation_key NOT IN (SELECT organisation_key FROM intermediate.int_organisation__site)"
        ).fetchall()
    )


def true_links(mentions: pa.Table, truth: dict[str, Any]) -> pa.Table:
    """Links the records that truly are one organisation; what the truth does not list stays alone."""
    with duckdb.connect() as connection:
        connection.register("mentions", mentions)
        connection.register("truth", pa.Table.from_pylist(truth["organisation"]))
        return (
            connection.execute(
                """
                WITH owned AS (
                    SELECT source_system, source_record_id,
                        first_value(source_system) OVER first AS first_system,
                        first_value(source_record_id) OVER first AS first_record
                    FROM mentions JOIN truth USING (source_system, source_record_id)
                    WINDOW first AS (PARTITION BY organisation ORDER BY source_system, source_record_id)
                )
                SELECT first_system, first_record, source_system, source_record_id,
                    'same_as', 1.0::DOUBLE, '{}', 'accepted'
                FROM owned ORDER BY ALL
                """
            )
            .to_arrow_table()
            .rename_columns(LINK_SCHEMA.names)
            .cast(LINK_SCHEMA)
        )


def count_again_with_true_organisations(home: Path, truth: dict[str, Any], scratch: Path) -> Path:
    """A home beside `home` in which the last build is counted again with the true organisations; its warehouse."""
    scratch.mkdir(exist_ok=True)
    shutil.copy(home / "warehouse.duckdb", scratch)
    for folder in ("landing", "runs"):
        (scratch / folder).symlink_to((home / folder).resolve())
    resolve_organisations(scratch, SANDBOX_CLOCK, lambda mentions, *_: true_links(mentions, truth))
    _count(scratch)
    return scratch / "warehouse.duckdb"


def _count(home: Path) -> None:
    _make(home, [model for model in compiled(home).with_all_they_read(COUNTED) if model.step != PREPARE])


def _make(home: Path, models: Sequence[Model]) -> None:
    failures = dbt_build.build(home, compiled(home), models, SANDBOX_CLOCK, lambda _model: None).failures
    assert failures == []


def build(home: Path, options: Options) -> dict[str, Any]:
    """Read a pretend programme's sources and count its indicators in `home`, by the steps of a night; its truth.

    Nothing is audited or published: the figures are the candidate's.
    """
    from ingestion.ingest import ensure_landing, ingest_source
    from orchestration.configuration import load_configuration
    from sandbox.programme import Programme
    from sandbox.server import SandboxServer

    programme = Programme.generate(options)
    programme.write_inbox(home)
    ensure_landing(home)
    with SandboxServer(programme) as server:
        environment: dict[str, str] = {}
        server.configure(home, environment)
        configured = load_configuration(home)
        for source in SOURCES:
            report = ingest_source(
                source,
                home=home,
                config=configured.source(source),
                clock=SANDBOX_CLOCK,
                run_id="truth",
                environment=environment,
            )
            assert {stream.status for stream in report.streams} <= {"loaded", "unchanged"}, report
    match_and_count(home)
    return programme.truth()


def match_and_count(home: Path) -> None:
    """What a night does with what was landed, up to the indicators."""
    _make(home, compiled(home).of_step(PREPARE))
    resolve_organisations(home, SANDBOX_CLOCK)
    _count(home)


def _look(warehouse: Path, truth: dict[str, Any]) -> Comparison:
    with duckdb.connect(str(warehouse), read_only=True) as mart:
        return compare(mart, truth)


def _line(world: str, comparison: Comparison, true: Comparison, seconds: float) -> str:
    by: dict[tuple[str, str], int] = defaultdict(int)
    for difference in comparison.differences:
        by[difference.cell[0], difference.cell[4]] += 1
    where = ", ".join(f"{indicator} {basis} {count}" for (indicator, basis), count in sorted(by.items())) or "-"
    return (
        f"{world:<16}{comparison.cells:>7}{len(comparison.differences):>11}{len(comparison.unexplained):>13}"
        f"{len(true.differences):>20}{seconds:>8.0f} s  {where}"
    )


HEADING = (
    f"{'seed and dirt':<16}{'cells':>7}{'different':>11}{'unexplained':>13}{'by true identity':>20}{'time':>10}  where"
)


def main() -> int:
    """Compare worlds, print each difference by organisation and a table; 1 when something is not explained."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--dirt", type=float, nargs="+", default=[1, 2], help="times the default rates")
    asked = parser.parse_args()
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    lines, failed = [], False
    worlds = [(seed, dirt) for dirt in asked.dirt for seed in asked.seeds]
    for number, (seed, dirt) in enumerate(worlds, start=1):
        world = f"{seed}, dirt x {dirt:g}"
        print(f"[{number}/{len(worlds)}] seed {world}: reading, counting, comparing", flush=True)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="wmip-truth-") as folder:
            home = Path(folder) / "home"
            truth = build(home, Options(seed=seed, scale=asked.scale, dirt=Dirt().times(dirt)))
            comparison = _look(home / "warehouse.duckdb", truth)
            again = count_again_with_true_organisations(home, truth, Path(folder) / "true")
            true = _look(again, truth)
        for kind, found in (("", comparison), ("with the true organisations: ", true)):
            for item in found.differences:
                print(f"  {kind}{item}")
        lines.append(_line(world, comparison, true, time.monotonic() - started))
        failed = failed or bool(comparison.unexplained or true.unexplained)
        print("\n".join([HEADING, *lines]), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
