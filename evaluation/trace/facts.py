"""The facts that a figure is the sum of, and those that were claimed for it and do not count.

A figure of any indicator, quarter, scope and basis is opened the same way, as it is reported, as it is known tonight
or as locks keep it (docs/decisions/0312). What is listed sums to it in the exact unit of its facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from evaluation.numbers import rounded
from evaluation.pack.mart_rows import has_table, rows
from evaluation.trace.places import OF_FILE

VERIFIED, CLAIMED = BASES = ("verified", "claimed")
AS_REPORTED, AS_KNOWN, AS_LOCKED = VIEWS = ("as_reported", "as_known", "as_locked")
PROGRAMME = "programme"
# The column of a fact that says under which key of a scope it stands; of the whole programme there is none.
SCOPE_COLUMNS = {
    PROGRAMME: None,
    "partner": "partner_key",
    "cluster": "cluster_key",
    "local_authority": "local_authority_code",
}
# Why a fact adds nothing to a figure though it counts: elsewhere, or at less than was returned.
ANOTHER_QUARTER, AT_LESS = "another_quarter", "counted_at_less"


@dataclass(frozen=True)
class Figure:
    """Which figure. `periods`: the quarters that it is the sum of, without any all of the programme's; `scope_key`:
    none for the programme. `view`: as reported, as known, or as locked.
    """

    indicator_key: str
    basis: str = VERIFIED
    scope: str = PROGRAMME
    scope_key: str | None = None
    periods: tuple[str, ...] = ()
    view: str = AS_REPORTED


@dataclass(frozen=True)
class Traced:
    """A fact, and what it adds to a figure; or, of one that does not count, what of it was claimed and adds nothing.

    `exact_quantity` is in `exact_unit`, of which `exact_per_unit` are one of the indicator's unit. `dated`: the day
    that decides the quarter. `reason`: its status, or why it does not count.
    """

    indicator_key: str
    fact_key: str
    dated: date | None
    period_key: str | None
    partner_key: str | None
    organisation_key: str | None
    cluster_key: str | None
    local_authority_code: str | None
    exact_quantity: Decimal
    exact_unit: str
    exact_per_unit: Decimal
    status: str
    evidence_grade: str | None
    reason: str
    source_system: str
    source_record_id: str
    source_place: str | None
    source_ref: str | None

    @property
    def quantity(self) -> Decimal:
        """What it adds, in the indicator's unit, to four places."""
        return _divided(self.exact_quantity, self.exact_per_unit)

    @property
    def is_of_file(self) -> bool:
        """Whether it was read from a file, and not from an API."""
        return OF_FILE.fullmatch(self.source_record_id) is not None


# What every fact says of itself, whichever way it was found; `dated` and the quantity are of the basis.
_OF_FACT = """indicator_key, fact_key, partner_key, organisation_key, cluster_key, local_authority_code, exact_unit,
    exact_per_unit, status, evidence_grade, source_system, source_record_id, source_place, source_ref"""
_AS_REPORTED = f"""
    SELECT {_OF_FACT}, achieved_on, period_key, claimed_on, claimed_period_key, exact_quantity, exact_claimed_quantity,
        is_counted, not_counted_reason
    FROM indicator_fact
"""
# As known is as reported, but for what waits behind a lock: that stands as it would be approved. What is known no more
# is withdrawn there, and of nothing.
_AS_KNOWN = f"""
    {_AS_REPORTED.rstrip()} WHERE NOT is_as_locked
    UNION ALL BY NAME
    SELECT indicator_key, fact_key, new_partner_key AS partner_key, new_organisation_key AS organisation_key,
        new_cluster_key AS cluster_key, new_local_authority_code AS local_authority_code, exact_unit, exact_per_unit,
        new_status AS status, new_evidence_grade AS evidence_grade, source_system, source_record_id, source_place,
        source_ref, new_achieved_on AS achieved_on, new_period_key AS period_key, new_claimed_on AS claimed_on,
        new_claimed_period_key AS claimed_period_key, new_exact_quantity AS exact_quantity,
        new_exact_claimed_quantity AS exact_claimed_quantity, new_exact_quantity <> 0 AS is_counted,
        NULL AS not_counted_reason
    FROM indicator_restatement WHERE is_open
"""
# Which leg of a fact a lock holds is said with it.
_AS_LOCKED = f"""
    SELECT {_OF_FACT}, achieved_on, CASE WHEN holds_verified THEN period_key END AS period_key, claimed_on,
        CASE WHEN holds_claimed THEN claimed_period_key END AS claimed_period_key, exact_quantity,
        exact_claimed_quantity, is_counted, NULL AS not_counted_reason
    FROM indicator_fact_locked
"""
_FACTS = {AS_REPORTED: _AS_REPORTED, AS_KNOWN: _AS_KNOWN, AS_LOCKED: _AS_LOCKED}
# What a fact adds on either basis: the conditions of the macro `amounts_of`.
_LEGS = {
    VERIFIED: ("achieved_on", "period_key", "exact_quantity", "is_counted AND status = 'verified'"),
    CLAIMED: ("claimed_on", "claimed_period_key", "exact_claimed_quantity", "status <> 'withdrawn'"),
}


def legs(view: str, basis: str) -> str:
    """SQL: what each fact of a view adds on a basis, nothing left out but what adds nothing, in the programme's
    quarters. Grain: fact.
    """
    dated, period, quantity, counts = _LEGS[basis]
    return f"""
        SELECT {_OF_FACT}, f.{dated} AS dated, f.{period} AS period_key, f.{quantity} AS exact_quantity,
            f.status AS reason
        FROM ({_FACTS[view]}) AS f
        WHERE {counts} AND f.{quantity} <> 0
            AND f.{period} IN (SELECT p.period_key FROM dim_period AS p WHERE p.is_programme_period)
    """


def facts_of(mart: duckdb.DuckDBPyConnection, figure: Figure) -> list[Traced]:
    """The facts that a figure is the sum of, by date."""
    return _found(mart, legs(figure.view, figure.basis), figure, "period_key IN $periods")


def not_counted(mart: duckdb.DuckDBPyConnection, figure: Figure) -> list[Traced]:
    """What was claimed for a verified figure as reported and adds nothing to it, or less than was claimed; by date.

    `exact_quantity` is what of the claim does not count. Of quarters also what was claimed in them and counts in
    another one; without any also what is dated outside the programme's.
    """
    counts = _LEGS[VERIFIED][3]
    here = "coalesce(f.period_key IN $periods, false)" if figure.periods else "true"
    query = f"""
        SELECT {_OF_FACT}, f.achieved_on AS dated, f.period_key,
            CASE WHEN {counts} AND {here} THEN f.exact_claimed_quantity - f.exact_quantity
                ELSE f.exact_claimed_quantity END AS exact_quantity,
            CASE WHEN NOT ({counts}) THEN coalesce(f.not_counted_reason, f.status)
                WHEN {here} THEN '{AT_LESS}' ELSE '{ANOTHER_QUARTER}' END AS reason, f.claimed_period_key
        FROM indicator_fact AS f
        -- A claim that is withheld has no quantity.
        WHERE f.exact_claimed_quantity IS NOT NULL
            AND NOT coalesce({counts} AND {here} AND f.exact_quantity >= f.exact_claimed_quantity, false)
    """
    return _found(mart, query, figure, "(period_key IN $periods OR claimed_period_key IN $periods)")


def value_of(mart: duckdb.DuckDBPyConnection, figure: Figure) -> Decimal | None:
    """What the mart itself says of a figure, in the exact unit; None for a cell that it has not, or does not show.

    Of the other views only what is not nothing is listed: what is not there is nought where the reported figure stands.
    """
    is_reported = figure.view == AS_REPORTED
    where, given = _where(figure, "period_key IN $periods", scope="scope_key = $key")
    where = f"basis = $basis AND scope = $scope AND {where}"
    said = f"SELECT period_key, exact_value FROM indicator_value WHERE {where}"
    if not is_reported:
        listed = (
            "SELECT period_key, exact_value FROM indicator_value_as_of "
            f"WHERE view_name = $view AND known_until IS NULL AND {where}"
        )
        said = (
            f"{listed} UNION ALL FROM ({said}) "
            f"WHERE exact_value IS NULL AND period_key NOT IN (SELECT period_key FROM ({listed}))"
        )
    found = mart.execute(
        f"SELECT sum(exact_value), count(*), count(exact_value) FROM ({said})",
        given | {"basis": figure.basis, "scope": figure.scope} | ({} if is_reported else {"view": figure.view}),
    ).fetchone()
    assert found is not None
    value, cells, shown = found
    if cells == 0:
        return None if is_reported else Decimal(0)
    return None if shown < cells else Decimal(value)


def not_shown(mart: duckdb.DuckDBPyConnection, indicator_key: str) -> set[tuple[str, str, str, str]]:
    """The figures of an indicator that the release does not show: quarter, basis, scope and key."""
    found = mart.execute(
        "SELECT period_key, basis, scope, scope_key FROM indicator_value "
        "WHERE indicator_key = ? AND exact_value IS NULL",
        [indicator_key],
    ).fetchall()
    return {(period, basis, scope, PROGRAMME if scope == PROGRAMME else key) for period, basis, scope, key in found}


def withheld_because(mart: duckdb.DuckDBPyConnection, figure: Figure) -> list[str]:
    """Why the release withholds a figure, or a quarter that it is the sum of: reasons, each with its rule."""
    where, given = _where(figure, "period_key IN $periods", scope="scope = $scope AND scope_key = $key")
    found = mart.execute(
        "SELECT DISTINCT quality_reason || coalesce(' (' || quality_rule_id || ')', '') FROM indicator_value "
        f"WHERE exact_value IS NULL AND basis = $basis AND scope = $scope AND {where} ORDER BY 1",
        given | {"basis": figure.basis, "scope": figure.scope},
    ).fetchall()
    return [reason for (reason,) in found if reason]


def total(facts: list[Traced]) -> Decimal:
    """What facts add up to, in their exact unit."""
    return sum((fact.exact_quantity for fact in facts), Decimal(0))


def in_unit(exact: Decimal, facts: list[Traced]) -> Decimal:
    """An exact sum of these facts in the indicator's unit, divided once, as the mart divides its own."""
    return _divided(exact, max((fact.exact_per_unit for fact in facts), default=Decimal(1)))


def unexplained(mart: duckdb.DuckDBPyConnection) -> list[tuple[Figure, Decimal, Decimal]]:
    """Every figure of a mart that is not the sum of the facts it opens to, with what is said and what they add up to;
    of indicator, quarter, scope and basis, in each view. Figures that are withheld are not said.
    """
    views = [view for view in VIEWS if view == AS_REPORTED or has_table(mart, "indicator_fact_locked")]
    return [odd for view in views for basis in BASES for odd in _unexplained(mart, view, basis)]


def _unexplained(mart: duckdb.DuckDBPyConnection, view: str, basis: str) -> Iterator[tuple[Figure, Decimal, Decimal]]:
    said = (
        "indicator_value WHERE true"
        if view == AS_REPORTED
        else f"indicator_value_as_of WHERE view_name = '{view}' AND known_until IS NULL"
    )
    summed = " UNION ALL ".join(
        f"SELECT indicator_key, period_key, '{scope}' AS scope, {column or 'NULL'} AS scope_key, exact_quantity FROM l"
        + (f" WHERE {column} IS NOT NULL" if column else "")
        for scope, column in SCOPE_COLUMNS.items()
    )
    for row in mart.execute(f"""
        WITH l AS ({legs(view, basis)}),
        summed AS (SELECT * EXCLUDE (exact_quantity), sum(exact_quantity) AS total FROM ({summed}) GROUP BY ALL),
        said AS (
            SELECT indicator_key, period_key, scope, CASE WHEN scope <> '{PROGRAMME}' THEN scope_key END AS scope_key,
                exact_value, exact_value IS NULL AS is_withheld
            FROM {said} AND basis = '{basis}'
        )
        SELECT coalesce(said.indicator_key, summed.indicator_key), coalesce(said.scope, summed.scope),
            coalesce(said.scope_key, summed.scope_key), coalesce(said.period_key, summed.period_key),
            coalesce(exact_value, 0), coalesce(total, 0)
        FROM said FULL JOIN summed
            ON said.indicator_key = summed.indicator_key AND said.period_key = summed.period_key
            AND said.scope = summed.scope AND said.scope_key IS NOT DISTINCT FROM summed.scope_key
        WHERE NOT coalesce(is_withheld, false) AND coalesce(exact_value, 0) <> coalesce(total, 0)
        ORDER BY ALL
    """).fetchall():
        indicator_key, scope, scope_key, period_key, value, found = row
        yield Figure(indicator_key, basis, scope, scope_key, (period_key,), view), value, found


def fact(mart: duckdb.DuckDBPyConnection, fact_key: str) -> dict[str, Any] | None:
    """Everything that the mart says of one fact."""
    return next(iter(rows(mart, "FROM indicator_fact WHERE fact_key = $key", {"key": fact_key})), None)


def _divided(exact: Decimal, per_unit: Decimal) -> Decimal:
    return rounded(exact / per_unit, 4)


def _found(mart: duckdb.DuckDBPyConnection, query: str, figure: Figure, in_period: str) -> list[Traced]:
    column = SCOPE_COLUMNS[figure.scope]
    where, given = _where(figure, in_period, scope=f"{column} = $key" if column else "true")
    names = ", ".join(Traced.__dataclass_fields__)
    found = rows(mart, f"SELECT {names} FROM ({query}) WHERE {where} ORDER BY dated, fact_key", given)
    return [Traced(**row) for row in found]


def _where(figure: Figure, in_period: str, scope: str) -> tuple[str, dict[str, Any]]:
    tests = ["indicator_key = $indicator"]
    given: dict[str, Any] = {"indicator": figure.indicator_key}
    if figure.periods:
        tests.append(in_period)
        given["periods"] = list(figure.periods)
    if figure.scope_key is not None:
        tests.append(scope)
        given["key"] = figure.scope_key
    return " AND ".join(tests), given
