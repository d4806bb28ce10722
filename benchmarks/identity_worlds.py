"""Identity of whole pretend programmes: pairs of mentions and counted figures against what is true."""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks import identity_baselines as baselines
from common.home import warehouse_file
from identity.decisions import Decision, Verdict, record
from identity.organisation_keys import read_records
from ingestion.ingest import ingest_source
from ingestion.sources.companies_house.reader import BEFORE, COMPANY
from orchestration.configuration import load_configuration
from orchestration.organisation_review import waiting
from sandbox.options import SANDBOX_CLOCK, Dirt, Options
from tests.end_to_end.truth import build, match_and_count

COUNTED = ("businesses_assisted", "new_collaborations")


class Figure(NamedTuple):
    """A figure that hangs on identity: the true one, the counted one, and its identity interval."""

    true: float
    counted: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.true:g}, {self.counted:g}, {self.lower:g} to {self.upper:g}"


@dataclass(frozen=True)
class World:
    """One pretend programme as counted. `pairs`: of each contestant the pairs found, wrong and true."""

    title: str
    mentions: int
    pairs: dict[str, tuple[int, int, int]]
    figures: dict[str, Figure]


def pairs_of(true: Iterable[Hashable], found: Iterable[Hashable]) -> tuple[int, int, int]:
    """Pairs found that are true, found that are not, and true ones; counted by groups, never listed."""
    both = list(zip(true, found, strict=True))
    right = _pairs(Counter(both))
    return right, _pairs(Counter(group for _, group in both)) - right, _pairs(Counter(owner for owner, _ in both))


def _pairs(sizes: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def count_world(seed: int, dirt: float, scale: float) -> list[World]:
    """Read and count one programme by the steps of a night, in a home of its own: as it is, once people have decided
    what waits, and with a register.
    """
    title = f"seed {seed}, dirt x {dirt:g}"
    with tempfile.TemporaryDirectory(prefix="wmip-identity-") as folder:
        home = Path(folder) / "home"
        truth = build(home, Options(seed=seed, scale=scale, dirt=Dirt().times(dirt)))
        worlds = [judge_home(title, home, truth)]
        read_company_register(home, truth)
        match_and_count(home)
        worlds.append(judge_home(f"{title}, with a register", home, truth))
        decided = decide_what_waits(home, truth)
        match_and_count(home)
        return [*worlds, judge_home(f"{title}, with a register and {decided} pairs decided", home, truth)]


def decide_what_waits(home: Path, truth: dict[str, Any]) -> int:
    """Decide every pair that waits as it truly is, as people would who know the firms; how many were decided."""
    owner = {(row["source_system"], row["source_record_id"]): row["organisation"] for row in truth["organisation"]}
    decisions = [
        Decision(
            *pair.records,
            Verdict.SAME if owner[pair.records[0]] == owner[pair.records[1]] else Verdict.DIFFERENT,
            "as the programme was generated",
            "benchmark",
            SANDBOX_CLOCK.date(),
        )
        for pair in waiting(home)
        if owner.keys() >= set(pair.records)
    ]
    return len(record(home, decisions, SANDBOX_CLOCK))


def read_company_register(home: Path, truth: dict[str, Any]) -> None:
    """A register of the programme's companies, by their registered names, read into a home that was counted.

    A number that was mistyped is another company's in one of three, as it would be in the United Kingdom: of 16 million
    numbers that were given 5.5 million are of companies on the register.
    """
    owner = {(row["source_system"], row["source_record_id"]): row["organisation"] for row in truth["organisation"]}
    given: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in read_records(warehouse_file(home)).to_pylist():
        organisation = owner.get((row["source_system"], row["source_record_id"]))
        if organisation is None or row["company_number"] is None:
            continue
        given[organisation]["number"][row["company_number"]] += 1
        given[organisation]["name"][row["name"].split(" t/a ")[0]] += 1
        given[organisation]["postcode"][row["postcode"] or ""] += 1
    listed = {
        said["number"].most_common(1)[0][0]: (said["name"].most_common(1)[0][0], said["postcode"].most_common(1)[0][0])
        for said in given.values()
    }
    slips = {number for said in given.values() for number in said["number"]} - listed.keys()
    listed |= {
        number: (f"Quite Another {number} Limited", "TR1 1AA")
        for number in slips
        if int(hashlib.sha256(number.encode()).hexdigest(), 16) % 3 == 0
    }
    headings = [column.heading for column in (*COMPANY, *BEFORE)]
    path = home / "inbox" / "reference" / "BasicCompanyDataAsOneFile-2025-05-01.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.DictWriter(handle, headings, restval="")
        rows.writeheader()
        for number, (name, postcode) in sorted(listed.items()):
            rows.writerow({"CompanyNumber": number, "CompanyName": name, "RegAddress.PostCode": postcode})
    report = ingest_source(
        "companies_house",
        home=home,
        config=load_configuration(home).source("companies_house"),
        clock=SANDBOX_CLOCK,
        run_id="register",
        environment={},
    )
    assert {stream.status for stream in report.streams} <= {"loaded", "unchanged"}, report


def judge_home(title: str, home: Path, truth: dict[str, Any]) -> World:
    """A counted home against the truth of its programme."""
    owner = {(row["source_system"], row["source_record_id"]): row["organisation"] for row in truth["organisation"]}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as mart:
        mentions = mart.sql(
            "SELECT * FROM intermediate.int_organisation__record ORDER BY source_system, source_record_id"
        ).to_arrow_table()
        keys = {
            (system, record): key
            for system, record, key in mart.execute(
                "SELECT source_system, source_record_id, organisation_key FROM mart.bridge_organisation_record"
            ).fetchall()
        }
        counted = {
            name: [float(value) for value in values]
            for name, *values in mart.execute(
                "SELECT indicator_key, all_different_value, lower_value, upper_value FROM mart.indicator_identity "
                "QUALIFY row_number() OVER (PARTITION BY indicator_key ORDER BY period_key DESC) = 1"
            ).fetchall()
        }
    records = list(
        zip(mentions.column("source_system").to_pylist(), mentions.column("source_record_id").to_pylist(), strict=True)
    )
    exact = dict(zip(records, baselines.exact_rules(mentions).tolist(), strict=True))
    judged = [record for record in records if record in owner]
    true = [owner[record] for record in judged]
    return World(
        title,
        len(judged),
        {
            "exact rules": pairs_of(true, (exact[record] for record in judged)),
            "this matcher": pairs_of(true, (keys[record] for record in judged)),
        },
        {name: Figure(_true_figure(truth, name), *counted[name]) for name in COUNTED},
    )


def _true_figure(truth: dict[str, Any], indicator: str) -> float:
    return sum(
        float(row["value"])
        for row in truth["indicator_value"]
        if (row["indicator_key"], row["scope"], row["basis"]) == (indicator, "programme", "verified")
    )
