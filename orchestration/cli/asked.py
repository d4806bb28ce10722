"""What a command about figures is asked for: indicator, quarter, scope. What is not there is an error with what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from common.yamlfile import nearest
from orchestration.errors import UserError

if TYPE_CHECKING:
    import duckdb

PROGRAMME = "programme"
_QUARTERS = "SELECT period_key FROM dim_period WHERE is_programme_period ORDER BY 1"
_YEARS = "SELECT DISTINCT financial_year FROM dim_period WHERE is_programme_period ORDER BY 1"
_SCOPES = {
    "partner": ("cluster body", "SELECT partner_key FROM dim_partner"),
    "cluster": ("cluster", "SELECT cluster_key FROM dim_cluster"),
    "local_authority": ("local authority", "SELECT local_authority_code FROM dim_local_authority"),
}


class Basis(StrEnum):
    """Which figures are meant."""

    verified = "verified"
    claimed = "claimed"


def the_indicator(mart: duckdb.DuckDBPyConnection, written: str) -> str:
    """The key of an indicator by its key or code, whatever its case. Raises UserError with the valid ones."""
    rows = mart.execute("SELECT indicator_key, indicator_code FROM dim_indicator ORDER BY 1").fetchall()
    for key, code in rows:
        if written.casefold() in {key.casefold(), (code or "").casefold()}:
            return str(key)
    raise UserError(f"no indicator {written!r}; {nearest(written, [key for key, _ in rows])}")


def the_periods(mart: duckdb.DuckDBPyConnection, written: str) -> tuple[str, ...]:
    """A quarter of the programme, or those of a financial year. Raises UserError with the valid ones."""
    quarters = [row[0] for row in mart.execute(_QUARTERS).fetchall()]
    years = [row[0] for row in mart.execute(_YEARS).fetchall()]
    key = _known("quarter or year", written, [*quarters, *years])
    return tuple(quarter for quarter in quarters if quarter == key or quarter.startswith(f"{key}-"))


def one_scope(mart: duckdb.DuckDBPyConnection, keys: Mapping[str, str | None]) -> tuple[str, str | None]:
    """The scope of the one key that is given, and the key; the programme without any. Raises UserError."""
    given = [(scope, key) for scope, key in keys.items() if key is not None]
    if not given:
        return PROGRAMME, None
    if len(given) > 1:
        raise UserError("a figure is of one body, cluster or local authority; give one of --partner, --cluster, --area")
    ((scope, written),) = given
    what, valid = _SCOPES[scope]
    return scope, _known(what, written, sorted(row[0] for row in mart.execute(valid).fetchall()))


def _known(what: str, written: str, known: Sequence[str]) -> str:
    for key in known:
        if key.casefold() == written.casefold():
            return key
    raise UserError(f"no {what} {written!r}; {nearest(written, known)}")
