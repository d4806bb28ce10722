"""A changed threshold, definition or rule is counted beside the present one; nothing of the home is changed."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt_compiled import compiled
from orchestration.dbt_runner import PROJECT_DIR
from orchestration.errors import UserError
from orchestration.rule_rehearsal import Change, _changed, _returns, parameter
from tests.conftest import wmip
from tests.evaluation.trace.marts import add_mart, fact


def _state(home: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(home)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file() and "dagster" not in path.parts
    }


def test_a_threshold_and_a_rule_are_rehearsed_over_a_home(small_release, tmp_path):
    """Twelve hours become ten, money of every source counts, and no post does."""
    before = _state(small_release.path)
    rules = (
        (PROJECT_DIR / "seeds" / "excluded_leverage_source.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    )
    seed = tmp_path / "excluded_leverage_source.csv"
    seed.write_text("".join(rules[:1]), encoding="utf-8")
    model = tmp_path / "int_fact__job_cap.sql"
    capped = (PROJECT_DIR / "models/intermediate/fact/int_fact__job_cap.sql").read_text(encoding="utf-8")
    model.write_text(capped.replace("greatest(last_follow_up_fte - first_baseline_fte, 0)", "0"), encoding="utf-8")
    result = wmip(
        "rehearse", "--parameter", "assisted_hours=10", "--seed", seed, "--model", model, "--format", "json",
        "--scope", "all", "--home", small_release.path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {item["what"] for item in found["release"]} == {
        "parameter assisted_hours", "seed excluded_leverage_source", "model int_fact__job_cap",
    }  # fmt: skip
    moved = defaultdict(Decimal)
    for value in found["values"]:
        if (value["scope"], value["basis"]) == ("programme", "verified"):
            moved[value["indicator_key"]] += Decimal(value["difference"])
    assert moved["businesses_assisted"] > 0
    assert moved["resource_levered"] > 0
    (jobs,) = small_release.query(
        "SELECT max(cumulative_value) FROM indicator_value WHERE indicator_key = 'jobs_created' "
        "AND scope = 'programme' AND basis = 'verified'"
    )
    assert moved["jobs_created"] == -jobs[0]
    assert {cause["cause"] for cause in found["causes"]} == {"rule"}
    assert "event_attendees" not in moved
    assert _state(small_release.path) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda _: Change(((*parameter("assisted_hour=10"),),)),
            "no threshold 'assisted_hour'; did you mean assisted_hours?",
        ),
        (lambda _: Change(), "name what is to be rehearsed"),
        (lambda at: Change(seeds=(at / "targets.csv",)), "stands for no seed"),
        (lambda at: Change(seeds=(at / "target.csv",)), "cannot be read as CSV"),
        (
            lambda at: Change(seeds=(_file(at / "cluster.csv", "a,b\n1,2\n"),)),
            "has other columns than the seed: cluster_key",
        ),
        (lambda at: Change(models=(at / "int_fact__job_caps.sql",)), "did you mean int_fact__job_cap?"),
        (
            lambda at: Change(models=(_file(at / "int_fact__job_cap.sql", "select {{ ref('no') }}"),)),
            "does not compile",
        ),
    ],
)
def test_what_cannot_be_rehearsed_is_said(change, said, small_release, tmp_path):
    with pytest.raises(UserError) as refused:
        _changed(compiled(small_release.path), change(tmp_path), tmp_path)
    assert said in str(refused.value)


def test_a_cell_that_fits_no_column_is_said_with_its_line(small_release, tmp_path):
    lines = (PROJECT_DIR / "seeds" / "rag_threshold.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    seed = _file(tmp_path / "rag_threshold.csv", "".join([*lines[:2], lines[2].replace("0.90", "ninety")]))
    with pytest.raises(UserError, match=r"rag_threshold\.csv, line 3: .*ninety"):
        _changed(compiled(small_release.path), Change(seeds=(seed,)), tmp_path)


@pytest.mark.parametrize(
    ("written", "said"), [("assisted_hours", "NAME=VALUE"), ("assisted_hours=ten", "is no number")]
)
def test_a_threshold_is_a_name_and_a_number(written, said):
    assert parameter("min_scale_gbp=") == ("min_scale_gbp", None)
    with pytest.raises(UserError, match=said):
        parameter(written)


def test_accepted_and_locked_returns_are_named_with_what_would_be_known():
    connection = duckdb.connect()
    waiting = {"CB01": "accepted", "CB02": "locked", "CB03": "submitted"}
    for name, hours in (("older", 30), ("newer", 15)):
        facts = [fact(body, partner_key=body, exact_quantity=hours) for body in waiting]
        add_mart(connection, name, facts)
        connection.execute(
            f"CREATE TABLE {name}.indicator_restatement AS SELECT *, false AS is_open, "
            + ", ".join(f"NULL AS new_{column}" for column in _RESTATED)
            + f" FROM {name}.indicator_fact WHERE false"
        )
        statuses = ", ".join(f"('{body}', '2023-24-Q1', '{status}', true)" for body, status in waiting.items())
        connection.execute(
            f"CREATE TABLE {name}.return_status AS FROM (VALUES {statuses}) "
            "AS t (partner_key, period_key, status, is_latest)"
        )
    found = _returns(connection)
    assert [(one.partner_key, one.status, one.basis, one.before, one.after, one.facts) for one in found] == [
        ("CB01", "accepted", "verified", 1, Decimal("0.5"), 1), ("CB02", "locked", "verified", 1, Decimal("0.5"), 1),
    ]  # fmt: skip


_RESTATED = (
    "partner_key", "organisation_key", "cluster_key", "local_authority_code", "status", "evidence_grade", "achieved_on",
    "period_key", "claimed_on", "claimed_period_key", "exact_quantity", "exact_claimed_quantity",
)  # fmt: skip


def _file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
