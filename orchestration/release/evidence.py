"""What a receipt says beside the verdict: inputs, tables, assurance, changes since the release before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import duckdb

from common.home import release_folder
from evaluation.site.changes import ValueChange, attached, value_changes
from orchestration.code_version import commit
from orchestration.release.context import BuildContext
from orchestration.release.inputs import INPUTS, makers
from orchestration.release.integrity import MART, read_json, row_counts
from orchestration.release.steps.copying import RELEASED
from quality.fingerprint import SCHEMA, table_fingerprints
from quality.receipt import Evidence
from quality.withholding import PUBLISHED

# A waiver of a check that there is not waives nothing.
_WAIVERS = """
    SELECT * FROM waiver
    WHERE is_in_force AND check_name IN (SELECT check_name FROM quality_result)
    ORDER BY check_name, scope_key
"""
# Of locked quarters what is known otherwise, and how much of it waits.
_MATERIAL = """
    SELECT indicator_key, restated_partner_key AS partner_key, restated_period_key AS period_key,
        max(locked_value) AS locked_value, max(known_value) AS known_value,
        count(*) FILTER (is_open) AS waiting, count(*) FILTER (state = 'approved') AS approved
    FROM indicator_restatement
    WHERE is_material
    GROUP BY ALL
    ORDER BY ALL
"""
_ASSURANCE = ("assumption_set", "assumption_set_sha256", "analyst", "assurer", "assurance_status", "assurance_reason")


def evidence(context: BuildContext) -> Evidence:
    """What the release that is being built stands on, as its files say it."""
    with _opened(context) as mart:
        return Evidence(
            waivers=_rows(mart, _WAIVERS),
            withheld=_kept_back(context, "withheld"),
            waived=_kept_back(context, "waived"),
            material_restatements=_rows(mart, _MATERIAL),
            made_by={"code_version": context.code_version, "commit": commit(), **makers()},
            inputs=_inputs(context),
            tables=_tables(context, mart),
            assurance=_assurance(mart),
            changes=_changes(context),
        )


def _kept_back(context: BuildContext, status: str) -> list[dict[str, Any]]:
    """What a failed rule keeps back, or a waiver lets stand."""
    return [
        {"scope": str(one.scope), "rule": one.rule_id, "reason": one.reason}
        for one in context.verdict.consequences
        if one.status == status
    ]


@contextmanager
def _opened(context: BuildContext) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(context.mart), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _rows(mart: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    relation = mart.sql(sql)
    return [
        {name: None if value is None else str(value) for name, value in zip(relation.columns, row, strict=True)}
        for row in relation.fetchall()
    ]


def _inputs(context: BuildContext) -> list[dict[str, Any]]:
    """Streams and registers with their fingerprints; nothing where what it was made of was not written down."""
    path = context.building / INPUTS
    return list(read_json(path)["streams"]) if path.exists() else []


def _tables(context: BuildContext, mart: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every table of the release with rows and fingerprint, whether the gate judged it or it was made after, and
    whether it is here as it was judged: of one that is not, some is withheld.
    """
    with duckdb.connect(str(context.warehouse), read_only=True) as connection:
        judged = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [SCHEMA]
            ).fetchall()
        }
        published = table_fingerprints(connection, PUBLISHED)
        whole = table_fingerprints(connection) if published else {}
    in_part = {name for name, print_ in published.items() if whole[name] != print_}
    prints, rows = table_fingerprints(mart, RELEASED), row_counts(context.mart)
    return [
        {
            "table": name,
            "rows": rows[name],
            "fingerprint": prints[name],
            "is_judged": name in judged,
            "is_whole": name not in in_part,
        }
        for name in sorted(prints)
    ]


def _assurance(mart: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Who assured the evaluation under each assumption set; an assurer counts only where another role analysed."""
    there = {
        name
        for (name,) in mart.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'evaluation_run'"
        ).fetchall()
    }
    if not there.issuperset(_ASSURANCE):
        return []
    return _rows(mart, f"SELECT {', '.join(_ASSURANCE)} FROM evaluation_run ORDER BY ALL")


def _changes(context: BuildContext) -> dict[str, Any]:
    """What changed since the release readers had until now: the reasons, and the figures by indicator."""
    said: dict[str, Any] = {
        "previous_release": context.previous,
        "because": context.because,
        "not_compared": None,
        "indicators": [],
    }
    older = None if context.previous is None else release_folder(context.home, context.previous) / MART
    if older is None or not older.exists():
        return said
    with attached(older, context.mart) as connection:
        try:
            return {**said, "indicators": _by_indicator(value_changes(connection))}
        except duckdb.Error as error:
            # Made by a version whose figures had other columns.
            return {**said, "not_compared": str(error).partition("\n")[0]}


def _by_indicator(found: Sequence[ValueChange]) -> list[dict[str, Any]]:
    """Of each indicator how many of its figures changed, and by how much the programme's over all quarters."""
    lines = []
    for key in sorted({change.indicator_key for change in found}):
        of_key = [change for change in found if change.indicator_key == key]
        moved = {
            basis: _moved_by([change for change in of_key if change.scope == "programme" and change.basis == basis])
            for basis in ("verified", "claimed")
        }
        lines.append(
            {"indicator_key": key, "figures": len(of_key), **{f"{basis}_by": by for basis, by in moved.items()}}
        )
    return lines


def _moved_by(changes: Sequence[ValueChange]) -> str:
    """By how much figures moved in all, where both releases show each of them."""
    by = [change.difference for change in changes]
    known = [one for one in by if one is not None]
    return str(sum(known, Decimal(0))) if len(known) == len(by) else "not shown"
