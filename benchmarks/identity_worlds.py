"""Identity of whole pretend programmes: pairs of mentions and counted figures against what is true."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import identity_baselines as baselines
from sandbox.options import Dirt, Options
from tests.end_to_end.truth import build

COUNTED = ("businesses_assisted", "new_collaborations")


@dataclass(frozen=True)
class World:
    """One pretend programme as counted. `pairs`: of each contestant the pairs found, wrong and true."""

    title: str
    mentions: int
    pairs: dict[str, tuple[int, int, int]]
    figures: dict[str, tuple[float, float]]
    """Of each figure the true one and the counted."""


def pairs_of(true: Iterable[Hashable], found: Iterable[Hashable]) -> tuple[int, int, int]:
    """Pairs found that are true, found that are not, and true ones; counted by groups, never listed."""
    both = list(zip(true, found, strict=True))
    right = _pairs(Counter(both))
    return right, _pairs(Counter(group for _, group in both)) - right, _pairs(Counter(owner for owner, _ in both))


def _pairs(sizes: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def count_world(seed: int, dirt: float, scale: float) -> World:
    """Read and count one programme by the steps of a night, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="wmip-identity-") as folder:
        home = Path(folder) / "home"
        truth = build(home, Options(seed=seed, scale=scale, dirt=Dirt().times(dirt)))
        return judge_home(f"seed {seed}, dirt x {dirt:g}", home, truth)


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
        counted = dict(
            mart.execute(
                "SELECT indicator_key, sum(value) FROM mart.indicator_value "
                "WHERE scope = 'programme' AND basis = 'verified' GROUP BY 1"
            ).fetchall()
        )
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
        {name: (_true_figure(truth, name), float(counted[name])) for name in COUNTED},
    )


def _true_figure(truth: dict[str, Any], indicator: str) -> float:
    return sum(
        float(row["value"])
        for row in truth["indicator_value"]
        if (row["indicator_key"], row["scope"], row["basis"]) == (indicator, "programme", "verified")
    )
