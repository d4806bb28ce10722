"""Why a figure of one release is not that of another: each fact that moved it, by how much, and what became of it.

What the facts of a figure moved it by adds up to the difference, in the exact unit, in every cell. Where the unit
itself was defined anew (hours of a full-time post) the figure of before is put into the new unit first, and what that
makes of it is a movement of its own, of no fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.trace.facts import AS_REPORTED, BASES, PROGRAMME, SCOPE_COLUMNS, legs

NEW, CHANGED, REMOVED, RE_ATTRIBUTED = "new", "changed", "removed", "re_attributed"
RULE, ORGANISATION_MERGE, RESTATEMENT, TIME = "rule", "organisation_merge", "restatement", "time"
NOT_EXPLAINED = "not_explained"
CAUSES = {
    NEW: "returned or read for the first time",
    CHANGED: "returned, read, evidenced or decided otherwise",
    REMOVED: "no longer returned, or no longer there",
    RE_ATTRIBUTED: "of another body, place, cluster or quarter, or its credit is another record's",
    RULE: "counted by another rule, definition or version of the program",
    ORGANISATION_MERGE: "of an organisation that was found to be another one's, or no longer is",
    RESTATEMENT: "held by a lock, or let in by an approved restatement",
    TIME: "its day had not come yet",
    NOT_EXPLAINED: "no fact accounts for it",
}


@dataclass(frozen=True)
class Movement:
    """What one fact moved one figure by, in the exact unit, of which `exact_per_unit` are one of the indicator's.

    `said`: the columns that are not the same, old and new.
    """

    indicator_key: str
    period_key: str
    scope: str
    scope_key: str
    basis: str
    cause: str
    fact_key: str | None
    before: Decimal
    after: Decimal
    exact_per_unit: Decimal
    said: str | None
    source_place: str | None

    @property
    def difference(self) -> Decimal:
        """After less before."""
        return self.after - self.before

    @property
    def cell(self) -> tuple[str, str, str, str, str]:
        """The figure that it moved."""
        return self.indicator_key, self.period_key, self.scope, self.scope_key, self.basis


_SIDES = ("older", "newer")
# What is compared of a fact, and said of it where it is not the same. Columns that an older mart has not are null.
_COMPARED = (
    "status", "evidence_grade", "not_counted_reason", "exact_quantity", "exact_claimed_quantity", "achieved_on",
    "period_key", "claimed_period_key", "partner_key", "organisation_key", "cluster_key", "local_authority_code",
)  # fmt: skip
_MORE = ("unit_key", "is_as_locked", "source_record_id", "source_place")


def _changed(*columns: str) -> str:
    return "(" + " OR ".join(f"o.{column} IS DISTINCT FROM n.{column}" for column in columns) + ")"


# The first that holds is the cause. What a source says comes before what we make of it: a record that was returned
# otherwise would have been counted otherwise by the same rules. What is a fact of an organisation by its very key comes
# and goes with that. Where neither the source nor the register says anything
# else of a record, another record has its credit, or another rule counts it.
_CAUSE = f"""
    CASE
        WHEN merged.fact_key IS NOT NULL
            AND contains(merged.fact_key, coalesce(n.organisation_key, o.organisation_key))
            THEN '{ORGANISATION_MERGE}'
        WHEN o.fact_key IS NULL THEN CASE WHEN same_inputs THEN '{RULE}' ELSE '{NEW}' END
        WHEN n.fact_key IS NULL THEN CASE WHEN same_inputs THEN '{RULE}' ELSE '{REMOVED}' END
        WHEN coalesce(o.is_as_locked, false) <> coalesce(n.is_as_locked, false)
            OR 'awaits_restatement' IN (o.not_counted_reason, n.not_counted_reason) THEN '{RESTATEMENT}'
        WHEN 'in_the_future' IN (o.not_counted_reason, n.not_counted_reason) AND NOT {_changed("achieved_on")}
            THEN '{TIME}'
        WHEN NOT same_inputs AND {_changed("exact_claimed_quantity", "achieved_on", "status", "evidence_grade")}
            THEN '{CHANGED}'
        WHEN merged.fact_key IS NOT NULL THEN '{ORGANISATION_MERGE}'
        WHEN NOT {_changed("exact_quantity", "exact_claimed_quantity", "not_counted_reason", "status")}
            AND NOT (same_inputs OR defined_anew) THEN '{RE_ATTRIBUTED}'
        WHEN same_inputs OR defined_anew THEN '{RULE}'
        WHEN 'duplicate' IN (o.not_counted_reason, n.not_counted_reason) THEN '{RE_ATTRIBUTED}'
        WHEN {_changed("source_record_id")} OR NOT same_code THEN CASE WHEN same_code THEN '{CHANGED}' ELSE '{RULE}' END
        ELSE '{CHANGED}'
    END
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make of the marts attached as `older` and `newer` what `movements` asks: who moved what, and why."""
    for side in _SIDES:
        _read_side(connection, side)
    said = ", ".join(
        f"CASE WHEN o.{name} IS DISTINCT FROM n.{name} THEN '{name} ' || coalesce(CAST(o.{name} AS VARCHAR), 'none') "
        f"|| ' -> ' || coalesce(CAST(n.{name} AS VARCHAR), 'none') END"
        for name in _COMPARED
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE told AS
        WITH releases AS (
            SELECT o.input_fingerprint = n.input_fingerprint AS same_inputs,
                o.code_version = n.code_version AS same_code
            FROM older.release_info AS o CROSS JOIN newer.release_info AS n
        ),
        definitions AS (
            SELECT indicator_key,
                (o.definition_version, o.definition, o.counting_rule, o.minimum_evidence_grade)
                    IS DISTINCT FROM (n.definition_version, n.definition, n.counting_rule, n.minimum_evidence_grade)
                    AS defined_anew
            FROM older.dim_indicator AS o JOIN newer.dim_indicator AS n USING (indicator_key)
        ),
        -- A key that a record had and one that it has now: both are of organisations that are not what they were.
        organisations AS (
            SELECT DISTINCT unnest([o.organisation_key, n.organisation_key]) AS organisation_key
            FROM older.bridge_organisation_record AS o
            JOIN newer.bridge_organisation_record AS n USING (source_system, source_record_id)
            WHERE o.organisation_key <> n.organisation_key
        ),
        merged AS (
            SELECT DISTINCT fact_key
            FROM (FROM older_facts UNION ALL BY NAME FROM newer_facts)
            WHERE organisation_key IN (SELECT organisation_key FROM organisations)
        )
        SELECT coalesce(n.fact_key, o.fact_key) AS fact_key, {_CAUSE} AS cause,
            CASE WHEN o.fact_key IS NOT NULL AND n.fact_key IS NOT NULL THEN concat_ws('; ', {said}) END AS said,
            coalesce(n.source_place, o.source_place) AS source_place
        FROM older_facts AS o
        FULL JOIN newer_facts AS n ON o.fact_key = n.fact_key
        CROSS JOIN releases
        LEFT JOIN definitions ON definitions.indicator_key = coalesce(n.indicator_key, o.indicator_key)
        LEFT JOIN merged ON merged.fact_key = coalesce(n.fact_key, o.fact_key)
    """)


def _read_side(connection: duckdb.DuckDBPyConnection, side: str) -> None:
    """The facts of one of the marts, and what each adds to every cell."""
    (main,) = connection.execute("SELECT current_database()").fetchone() or ("memory",)
    connection.execute(f"USE {side}")
    nothing = ", ".join(f"NULL AS {name}" for name in _MORE)
    columns = ", ".join(("indicator_key", "fact_key", *_COMPARED, *_MORE))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {side}_facts AS SELECT {columns} "
        f"FROM (FROM indicator_fact UNION ALL BY NAME SELECT {nothing} WHERE false)"
    )
    every = " UNION ALL ".join(f"SELECT *, '{basis}' AS basis FROM ({legs(AS_REPORTED, basis)})" for basis in BASES)
    scoped = " UNION ALL ".join(
        f"SELECT indicator_key, period_key, '{scope}' AS scope, {column or repr(PROGRAMME)} AS scope_key, basis, "
        f"fact_key, exact_quantity FROM every" + (f" WHERE {column} IS NOT NULL" if column else "")
        for scope, column in SCOPE_COLUMNS.items()
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {side}_cells AS WITH every AS ({every}) {scoped}")
    units = "SELECT indicator_key, max(exact_per_unit) AS per_unit FROM indicator_fact GROUP BY 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {side}_units AS {units}")
    connection.execute(f"USE {main}")


def movements(connection: duckdb.DuckDBPyConnection, scope: str | None = None) -> list[Movement]:
    """Every movement of every figure that is not the same, of one scope or of all; figures in order, and of each the
    largest movements first. What is withheld on either side is explained by nothing but that.
    """
    rows = connection.execute(
        f"""
        WITH figures AS (
            SELECT indicator_key, period_key, scope, CASE WHEN scope = '{PROGRAMME}' THEN '{PROGRAMME}' ELSE scope_key
                END AS scope_key, basis, scope_key AS written_key, o.exact_value AS was, n.exact_value AS is_now,
                coalesce(ou.per_unit, nu.per_unit, 1) AS was_per, coalesce(nu.per_unit, ou.per_unit, 1) AS now_per
            FROM older.indicator_value AS o
            FULL JOIN newer.indicator_value AS n USING (indicator_key, period_key, scope, scope_key, basis)
            LEFT JOIN older_units AS ou USING (indicator_key)
            LEFT JOIN newer_units AS nu USING (indicator_key)
            WHERE coalesce($scope, scope) = scope
                AND (o.exact_value IS DISTINCT FROM n.exact_value OR o.value IS DISTINCT FROM n.value)
                AND NOT ((o.indicator_key IS NOT NULL AND o.exact_value IS NULL)
                    OR (n.indicator_key IS NOT NULL AND n.exact_value IS NULL))
        ),
        moved AS (
            SELECT indicator_key, period_key, scope, scope_key, basis, fact_key,
                coalesce(o.exact_quantity, 0) AS before, coalesce(n.exact_quantity, 0) AS after
            FROM older_cells AS o
            FULL JOIN newer_cells AS n USING (indicator_key, period_key, scope, scope_key, basis, fact_key)
            WHERE o.exact_quantity IS DISTINCT FROM n.exact_quantity
        ),
        by_fact AS (
            SELECT moved.* REPLACE (written_key AS scope_key), now_per, told.cause, told.said,
                told.source_place
            FROM moved
            JOIN figures USING (indicator_key, period_key, scope, scope_key, basis)
            JOIN told USING (fact_key)
        ),
        summed AS (
            SELECT indicator_key, period_key, scope, scope_key, basis, sum(after - before) AS moved_by
            FROM by_fact GROUP BY ALL
        ),
        -- What no fact moved: the unit that was defined anew, and what must never be there.
        rest AS (
            SELECT f.indicator_key, f.period_key, f.scope, f.written_key AS scope_key, f.basis,
                coalesce(f.was, 0) AS was, coalesce(f.is_now, 0) - coalesce(s.moved_by, 0) AS remains,
                f.was_per, f.now_per
            FROM figures AS f
            LEFT JOIN summed AS s ON f.indicator_key = s.indicator_key AND f.period_key = s.period_key
                AND f.scope = s.scope AND f.written_key = s.scope_key AND f.basis = s.basis
        )
        FROM (
        SELECT indicator_key, period_key, scope, scope_key, basis, cause, fact_key, before, after, now_per, said,
            source_place
        FROM by_fact
        UNION ALL
        SELECT indicator_key, period_key, scope, scope_key, basis, '{RULE}', NULL,
            CAST(was * now_per / was_per AS DECIMAL(18, 4)), was, now_per,
            'one unit was ' || CAST(was_per AS VARCHAR) || ' and is ' || CAST(now_per AS VARCHAR), NULL
        FROM rest WHERE was_per <> now_per AND was <> 0
        UNION ALL
        SELECT indicator_key, period_key, scope, scope_key, basis, '{NOT_EXPLAINED}', NULL, was, remains, now_per,
            NULL, NULL
        FROM rest WHERE remains <> was
        )
        ORDER BY 1, 3, 4, 2, 5, abs(after - before) DESC, fact_key
        """,
        {"scope": scope},
    ).fetchall()
    return [Movement(*row) for row in rows]
