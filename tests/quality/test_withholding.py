"""What is withheld stands in no published table, and no total is smaller in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import pytest

from quality.consequence import Consequence, Scope, Waiver
from quality.fingerprint import mart_fingerprint
from quality.gate import Declared, run_gate, without_withheld
from quality.withholding import published_fingerprint, read_published, withhold

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
MISSING = Scope(partner_key="B", period_key="Q2")
# Bodies A and B return 3 and 5 in each quarter, of jobs and of pilots, all in one authority and one cluster.
BUILD = """
CREATE SCHEMA mart; USE mart;
CREATE TABLE indicator_fact AS
    SELECT i || ':' || p || ':' || q AS fact_key, i AS indicator_key, p AS partner_key, q AS period_key,
        q AS claimed_period_key, n::DECIMAL(18, 4) AS quantity, n::DECIMAL(18, 4) AS claimed_quantity,
        n::DECIMAL(18, 4) AS exact_quantity, n::DECIMAL(18, 4) AS exact_claimed_quantity,
        1::DECIMAL(18, 4) AS exact_per_unit,
        true AS is_counted, NULL::VARCHAR AS not_counted_reason, 'verified' AS status, 'creative' AS cluster_key,
        'E1' AS local_authority_code
    FROM (VALUES ('jobs'), ('pilots')) AS a (i), (VALUES ('A', 3), ('B', 5)) AS b (p, n),
        (VALUES ('Q1'), ('Q2'), ('Q3')) AS c (q);
-- Of a late verification: claimed in Q1, counted in Q2.
INSERT INTO indicator_fact BY NAME
    SELECT * REPLACE ('jobs:late' AS fact_key, 'Q2' AS period_key) FROM indicator_fact WHERE fact_key = 'jobs:B:Q1';
CREATE TABLE indicator_value AS
    WITH amounts AS (
        SELECT *, 'verified' AS basis, exact_quantity AS amount FROM indicator_fact
        UNION ALL
        SELECT * REPLACE (claimed_period_key AS period_key), 'claimed', exact_claimed_quantity FROM indicator_fact
    ),
    scoped AS (
        SELECT indicator_key, period_key, basis, scope, scope_key, amount FROM amounts,
        (VALUES ('programme'), ('partner'), ('cluster'), ('local_authority')) AS s (scope),
        LATERAL (SELECT CASE scope WHEN 'partner' THEN partner_key WHEN 'cluster' THEN cluster_key
            WHEN 'local_authority' THEN local_authority_code ELSE 'programme' END AS scope_key)
    ),
    summed AS (SELECT * EXCLUDE amount, sum(amount)::DECIMAL(18, 4) AS value FROM scoped GROUP BY ALL),
    running AS (
        SELECT *, CAST(sum(value) OVER (PARTITION BY indicator_key, basis, scope, scope_key ORDER BY period_key)
            AS DECIMAL(18, 4)) AS cumulative_value FROM summed
    )
    SELECT *, value AS exact_value, cumulative_value AS exact_cumulative_value, NULL::DECIMAL(9, 4) AS unknown_share,
        'available' AS quality_status, NULL::VARCHAR AS quality_reason, NULL::VARCHAR AS quality_rule_id FROM running;
CREATE TABLE indicator_performance AS
    SELECT indicator_key, cumulative_value AS actual_value, cumulative_value AS claimed_value, 'green' AS output_rag,
        'green' AS forecast_rag, NULL::VARCHAR AS override_rag, 'green' AS rag, 'reached' AS rag_reason,
        'stated' AS target_status,
        quality_status, quality_reason, quality_rule_id
    FROM indicator_value WHERE scope = 'programme' AND basis = 'verified' AND period_key = 'Q3';
CREATE TABLE indicator_value_as_of AS
    SELECT 'as_reported' AS view_name, * EXCLUDE (cumulative_value, exact_cumulative_value, unknown_share),
        NULL::TIMESTAMP AS known_until FROM indicator_value;
CREATE TABLE indicator_revision AS
    SELECT indicator_key, period_key, scope, scope_key, basis, 'Q3' AS known_in_period_key, value, exact_value,
        0::DECIMAL(18, 4) AS revision FROM indicator_value;
CREATE TABLE indicator_confidence AS
    SELECT indicator_key, period_key, span, scope, scope_key, 0.5 AS verified_share, 0.5 AS evidenced_share,
        0.0 AS claimed_share, 0.0 AS rejected_share, 1 AS identity_lower_value, 2 AS identity_upper_value,
        0.5 AS identity_share, 'high' AS grade, 'they are here' AS grade_reason
    FROM indicator_value, (VALUES ('quarter'), ('so_far')) AS s (span) WHERE basis = 'verified';
CREATE TABLE indicator_identity AS
    SELECT indicator_key, period_key, cumulative_value AS all_different_value, cumulative_value AS all_same_value,
        cumulative_value AS lower_value, cumulative_value AS upper_value
    FROM indicator_value WHERE scope = 'programme' AND basis = 'verified';
CREATE TABLE indicator_overlap AS
    SELECT indicator_key, period_key, scope AS line, CASE scope WHEN 'partner' THEN scope_key END AS partner_key, value,
        exact_value FROM indicator_value WHERE scope IN ('programme', 'partner') AND basis = 'verified'
    UNION ALL
    SELECT indicator_key, period_key, 'overlap', NULL, 0, 0
    FROM indicator_value WHERE scope = 'programme' AND basis = 'verified';
CREATE TABLE indicator_fact_locked AS
    SELECT 'lock ' || partner_key AS lock_key, partner_key AS locked_partner_key, fact_key, indicator_key, partner_key,
        period_key, claimed_period_key, exact_quantity, exact_claimed_quantity, cluster_key, local_authority_code,
        true AS holds_verified, true AS holds_claimed FROM indicator_fact;
CREATE TABLE supplementary_fact AS
    SELECT CASE indicator_key WHEN 'jobs' THEN 'S6' ELSE 'S1' END AS indicator_code, period_key, exact_quantity
    FROM indicator_fact;
CREATE TABLE supplementary_value AS
    SELECT CASE indicator_key WHEN 'jobs' THEN 'S6' ELSE 'S1' END AS indicator_code, period_key, value,
        cumulative_value, indicator_key AS hangs_on_indicator_key, quality_status, quality_reason, quality_rule_id
    FROM indicator_value WHERE scope = 'programme' AND basis = 'verified';
-- Of a locked record: it was of Q1 and is of Q2, it was of body A and is of B.
CREATE TABLE indicator_restatement AS
    SELECT 'R' AS restatement_key, 'jobs' AS indicator_key, 'PROGRAMME' AS restated_partner_key,
        'Q2' AS restated_period_key, 'Q1' AS old_period_key, 'Q2' AS new_period_key, 'Q1' AS old_claimed_period_key,
        'Q1' AS new_claimed_period_key, 'A' AS old_partner_key, 'B' AS new_partner_key, 'creative' AS old_cluster_key,
        'creative' AS new_cluster_key, 'E1' AS old_local_authority_code, 'E1' AS new_local_authority_code,
        4 AS old_exact_quantity, 4 AS old_value, 4 AS old_exact_claimed_quantity, 4 AS old_claimed_value,
        6 AS new_exact_quantity, 6 AS new_value, 6 AS new_exact_claimed_quantity, 6 AS new_claimed_value,
        8 AS locked_value, 9 AS known_value;
CREATE TABLE return_expected AS
    SELECT p AS partner_key, q AS period_key, NOT (p = 'B' AND q = 'Q2') AS is_received, DATE '2025-05-14' AS due_on
    FROM (VALUES ('A'), ('B')) AS b (p), (VALUES ('Q1'), ('Q2')) AS c (q);
CREATE TABLE waiver AS SELECT 'returned' AS check_name, 'nothing' AS scope_key, 'merged' AS reason,
    'programme manager' AS approved_by_role, DATE '2025-09-30' AS expires_on, true AS is_in_force;
CREATE TABLE dim_indicator AS FROM (VALUES ('jobs', 'H5'), ('pilots', 'H1')) AS t (indicator_key, indicator_code);
"""
RETURNED = {
    "name": "returned",
    "table": "return_expected",
    "scope": "partner",
    "meaning": "Every return that is due is here.",
    "unexpected_rows": "SELECT partner_key, period_key FROM {batch} "
    "WHERE NOT is_received AND due_on < CAST({as_of} AS DATE)",
}
DECLARED = Declared(hangs_on={"indicator_fact": ["jobs", "pilots"], "fct_job": ["jobs"]})


@pytest.fixture
def programme(tmp_path):
    path = tmp_path / "programme.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(BUILD)
    return path


def published(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        read_published(connection)
        return connection.execute(sql).fetchall()


def figures(path, indicator="jobs", basis="verified"):
    """Value and running sum as published, by scope key and quarter."""
    rows = published(
        path,
        "SELECT scope_key, period_key, value, cumulative_value FROM indicator_value "
        f"WHERE indicator_key = '{indicator}' AND basis = '{basis}'",
    )
    return {(key, period): (value and int(value), so_far and int(so_far)) for key, period, value, so_far in rows}


def test_a_return_that_is_not_there_takes_its_totals_and_running_sums_with_it_and_nothing_else(programme):
    withhold(programme, [Consequence("returned", MISSING, "not returned")])
    shown = figures(programme)
    for whole in ("programme", "creative", "E1"):
        assert [shown[whole, q] for q in ("Q1", "Q2", "Q3")] == [(8, 8), (None, None), (8, None)]
    assert [shown["A", q] for q in ("Q1", "Q2", "Q3")] == [(3, 3), (3, 6), (3, 9)]
    assert [shown["B", q] for q in ("Q1", "Q2", "Q3")] == [(5, 5), (None, None), (5, None)]
    said = published(
        programme,
        "SELECT DISTINCT quality_status, quality_reason, quality_rule_id, scope_key FROM indicator_value "
        "WHERE period_key = 'Q2' AND scope = 'partner' ORDER BY ALL",
    )
    assert said == [("available", None, None, "A"), ("withheld", "not returned", "returned", "B")]


def test_facts_that_could_be_added_up_are_gone_and_those_of_other_figures_still_add_up(programme):
    withhold(programme, [Consequence("returned", MISSING, "not returned")])
    left = published(
        programme, "SELECT DISTINCT partner_key FROM indicator_fact WHERE period_key = 'Q2' AND is_counted"
    )
    assert left == [("A",)]
    # Claimed in Q1, verified in Q2: it stays for its claim, and counts nothing.
    columns = "quantity, claimed_quantity, is_counted, not_counted_reason"
    assert published(programme, f"SELECT {columns} FROM indicator_fact WHERE fact_key = 'jobs:late'") == [
        (None, 5, False, "withheld")
    ]
    for basis, sums in (
        ("verified", "SELECT partner_key, period_key, sum(exact_quantity) FROM indicator_fact WHERE is_counted"),
        (
            "claimed",
            "SELECT partner_key, claimed_period_key, sum(exact_claimed_quantity) FROM indicator_fact WHERE true",
        ),
    ):
        added = {
            tuple(row[:2]): row[2] for row in published(programme, f"{sums} AND indicator_key = 'jobs' GROUP BY ALL")
        }
        shown = {key: value for key, (value, _) in figures(programme, basis=basis).items() if key[0] in "AB"}
        assert {key: added.get(key) for key in shown} == shown
    assert published(programme, "SELECT DISTINCT period_key FROM supplementary_fact ORDER BY 1") == [("Q1",), ("Q3",)]


def test_a_supplementary_figure_is_withheld_with_the_indicator_whose_records_it_counts_and_no_other(programme):
    withhold(programme, [Consequence("no_negative", Scope("jobs", period_key="Q2"), "negative")])
    said = "SELECT indicator_code, period_key, value IS NULL, cumulative_value IS NULL, quality_status"
    assert published(programme, f"{said} FROM supplementary_value ORDER BY 1, 2") == [
        *(("S1", quarter, False, False, "available") for quarter in ("Q1", "Q2", "Q3")),
        ("S6", "Q1", False, False, "available"),
        ("S6", "Q2", True, True, "withheld"),
        ("S6", "Q3", False, True, "withheld"),
    ]
    units = "SELECT DISTINCT indicator_code, period_key FROM supplementary_fact ORDER BY ALL"
    assert ("S6", "Q2") not in (found := published(programme, units))
    assert len(found) == 5


@pytest.mark.parametrize(
    ("scope", "nulled"),
    [
        (Scope("jobs", "B", "Q2"), {"new_exact_quantity", "new_value", "locked_value", "known_value"}),
        (Scope("jobs", "B", "Q1"), {"new_exact_claimed_quantity", "new_claimed_value"}),
        (
            Scope("jobs", "A", "Q1"),
            {"old_exact_quantity", "old_value", "old_exact_claimed_quantity", "old_claimed_value"},
        ),
        (Scope("jobs", "A", "Q2"), {"locked_value", "known_value"}),
        (Scope("jobs", breakdown="cluster"), {"old_cluster_key", "new_cluster_key"}),
        (Scope("pilots"), set()),
    ],
)
def test_a_change_of_a_locked_record_says_no_amount_in_a_cell_that_is_withheld(programme, scope, nulled):
    withhold(programme, [Consequence("returned", scope, "not returned")])
    with duckdb.connect(str(programme), read_only=True) as connection:
        read_published(connection)
        relation = connection.sql("FROM indicator_restatement")
        (row,) = relation.fetchall()
    assert {name for name, value in zip(relation.columns, row, strict=True) if value is None} == nulled


def test_what_is_made_of_a_withheld_figure_is_withheld_with_it(programme):
    withhold(programme, [Consequence("returned", MISSING, "not returned")])
    of_jobs = "WHERE indicator_key = 'jobs'"
    for table, columns, row, quarters in (
        ("indicator_revision", ["value", "exact_value", "revision"], "scope_key = 'programme'", ["Q2"]),
        ("indicator_confidence", ["verified_share", "grade"], "scope = 'programme' AND span = 'quarter'", ["Q2"]),
        (
            "indicator_confidence",
            ["verified_share", "identity_lower_value", "identity_upper_value", "identity_share", "grade"],
            "scope = 'programme' AND span = 'so_far'",
            ["Q2", "Q3"],
        ),
        ("indicator_confidence", ["verified_share", "grade"], "scope_key = 'A'", []),
        (
            "indicator_identity",
            ["all_different_value", "all_same_value", "lower_value", "upper_value"],
            "true",
            ["Q2", "Q3"],
        ),
        ("indicator_overlap", ["value", "exact_value"], "line = 'programme'", ["Q2"]),
        ("indicator_overlap", ["value", "exact_value"], "line = 'overlap'", ["Q2"]),
        ("indicator_overlap", ["value", "exact_value"], "partner_key = 'B'", ["Q2"]),
        ("indicator_overlap", ["value", "exact_value"], "partner_key = 'A'", []),
    ):
        for column in columns:
            asked = f"SELECT DISTINCT period_key FROM {table} {of_jobs} AND {row} AND {column} IS NULL ORDER BY 1"
            assert published(programme, asked) == [(quarter,) for quarter in quarters], (table, row, column)
    assert published(
        programme, f"SELECT count(*) FROM indicator_confidence {of_jobs} AND grade_reason = 'withheld'"
    ) == [(12,)]
    locked = "SELECT fact_key, exact_quantity, exact_claimed_quantity, holds_verified, holds_claimed"
    assert published(programme, f"{locked} FROM indicator_fact_locked {of_jobs} AND partner_key = 'B' ORDER BY 1") == [
        ("jobs:B:Q1", 5, 5, True, True),
        ("jobs:B:Q3", 5, 5, True, True),
        ("jobs:late", None, 5, False, True),
    ]


def test_one_indicator_is_withheld_in_every_table_and_no_other(programme):
    withhold(programme, [Consequence("no_negative", Scope("jobs"), "negative")])
    assert set(figures(programme).values()) == {(None, None)}
    assert figures(programme, "pilots")["programme", "Q3"] == (8, 24)
    assert published(programme, "SELECT DISTINCT indicator_key FROM indicator_fact") == [("pilots",)]
    assert published(programme, "FROM indicator_performance ORDER BY indicator_key") == [
        ("jobs", None, None, None, None, None, None, "withheld", "stated", "withheld", "negative", "no_negative"),
        ("pilots", 24, 24, "green", "green", None, "green", "reached", "stated", "available", None, None),
    ]
    as_of = "SELECT DISTINCT indicator_key, value IS NULL, quality_status FROM indicator_value_as_of ORDER BY 1"
    assert published(programme, as_of) == [("jobs", True, "withheld"), ("pilots", False, "available")]


def test_a_breakdown_is_withheld_without_its_programme(programme):
    withhold(programme, [Consequence("areas_add_up", Scope("jobs", breakdown="local_authority"), "they do not")])
    shown = figures(programme)
    assert shown["E1", "Q1"] == (None, None)
    assert (shown["programme", "Q1"], shown["creative", "Q1"], shown["B", "Q1"]) == ((8, 8), (8, 8), (5, 5))
    areas = "SELECT DISTINCT indicator_key, local_authority_code FROM indicator_fact ORDER BY 1"
    assert published(programme, areas) == [("jobs", None), ("pilots", "E1")]


def test_a_figure_under_a_waiver_stands_and_says_so(programme):
    waiver = Waiver("returned", MISSING, "programme manager", date(2025, 9, 30), "merged")
    withhold(programme, [Consequence("returned", MISSING, f"not returned ({waiver})", waiver)])
    assert figures(programme)["programme", "Q3"] == (8, 29)
    columns = "quality_status, quality_rule_id"
    said = f"SELECT DISTINCT {columns} FROM indicator_value WHERE scope_key = 'E1' AND period_key = {{}}"
    assert published(programme, said.format("'Q1'")) == [("available", None)]
    assert published(programme, said.format("'Q3'")) == [("waived", "returned")]


def judged(programme, suite, *checks, clock=CLOCK):
    verdict = run_gate(programme, suites=[suite(*checks)], enabled_sources=["returns"], clock=clock, declared=DECLARED)
    # What was not taken out is the fingerprint of nothing.
    assert verdict.publishes == ("" if verdict.consequences else verdict.candidate_fingerprint)
    return without_withheld(programme, verdict)


def test_the_gate_binds_its_verdict_to_what_is_left(programme, suite):
    before = mart_fingerprint(programme)
    verdict = judged(programme, suite, RETURNED)
    assert verdict.passed
    assert [(one.rule_id, str(one.scope), one.status) for one in verdict.consequences] == [
        ("returned", "partner:B period:Q2", "withheld")
    ]
    assert (verdict.results[0].outcome, verdict.results[0].effect) == ("failed", "withheld")
    assert verdict.candidate_fingerprint == before == mart_fingerprint(programme)
    assert verdict.publishes == published_fingerprint(programme) != before
    with duckdb.connect(str(programme)) as connection:
        connection.execute(
            "UPDATE published_mart.indicator_value SET value = 5 WHERE scope_key = 'B' AND value IS NULL"
        )
    assert published_fingerprint(programme) != verdict.publishes


def test_a_return_is_not_missing_before_its_day_has_passed(programme, suite):
    verdict = judged(programme, suite, RETURNED, clock=datetime(2025, 5, 14, 23, tzinfo=UTC))
    assert (verdict.results[0].outcome, verdict.consequences) == ("passed", [])
    assert verdict.publishes == verdict.candidate_fingerprint == published_fingerprint(programme)


@pytest.mark.parametrize(
    ("scope_key", "is_in_force", "status"),
    [
        ("B:Q2", True, "waived"),
        ("partner:B period:Q2", True, "waived"),
        ("partner:B", True, "waived"),
        ("release", True, "waived"),
        ("partner:A period:Q2", True, "withheld"),
        # It covers a part: of the rest nothing was said.
        ("indicator:H5 partner:B", True, "withheld"),
        ("partner:B period:Q2", False, "withheld"),
        ("no scope at all", True, "withheld"),
    ],
)
def test_a_waiver_holds_for_its_scope_while_it_is_in_force(programme, suite, scope_key, is_in_force, status):
    with duckdb.connect(str(programme)) as connection:
        connection.execute(f"UPDATE mart.waiver SET scope_key = '{scope_key}', is_in_force = {is_in_force}")
    (found,) = judged(programme, suite, RETURNED).consequences
    assert found.status == status
    assert (found.waiver is not None) is (status == "waived")


def test_neither_a_check_that_did_not_run_nor_one_that_may_not_be_waived_is_waived(programme, suite):
    with duckdb.connect(str(programme)) as connection:
        connection.execute("UPDATE mart.waiver SET scope_key = 'release'")
    broken = {**RETURNED, "unexpected_rows": "SELECT nothing_of_the_kind FROM {batch}"}
    verdict = judged(programme, suite, {**RETURNED, "name": "other"}, broken)
    assert (verdict.passed, verdict.results[1].outcome) == (False, "error")
    strict = judged(programme, suite, {**RETURNED, "scope": "release", "may_be_waived": False})
    assert (strict.passed, strict.results[0].effect) == (False, "")
    assert judged(programme, suite, {**RETURNED, "scope": "release"}).passed


def test_a_comparison_with_nothing_to_compare_is_a_failure_unless_it_is_declared(programme, suite):
    with duckdb.connect(str(programme)) as connection:
        connection.execute("DELETE FROM mart.indicator_fact")
    alike = {
        "table": "indicator_fact",
        "expectation": "expect_column_values_to_not_be_null",
        "arguments": {"column": "quantity"},
    }
    within = {
        **alike,
        "expectation": "expect_column_values_to_be_between",
        "arguments": {"column": "quantity", "min_value": 0},
    }
    one_of = {
        **alike,
        "expectation": "expect_column_values_to_be_in_set",
        "arguments": {"column": "status", "value_set": ["a"]},
    }
    own = {"table": "indicator_fact", "unexpected_rows": "SELECT fact_key FROM {batch} WHERE quantity < 0"}
    checks = [{**check, "name": f"check_{number}"} for number, check in enumerate((alike, within, one_of, own))]
    verdict = judged(programme, suite, *checks)
    assert not verdict.passed
    assert {(result.outcome, result.observed) for result in verdict.results} == {
        ("failed", "nothing to compare: the table is empty")
    }
    assert judged(programme, suite, *({**check, "may_be_empty": True} for check in checks)).passed
