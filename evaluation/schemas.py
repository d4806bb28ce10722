"""Columns of the evaluation tables; dbt describes them (`dbt_project/models/marts/evaluation`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

FIGURE = pa.decimal128(28, 6)
_TEXT = pa.string()

# What every row of a result says of itself, so that none can be taken for a measurement.
_LABELS = {
    "assumption_set": _TEXT,
    "assumption_set_version": pa.int32(),
    "assumption_set_sha256": _TEXT,
    "spatial_level": _TEXT,
}
_STANDING = {
    "price_base": _TEXT,
    "evidence_rating": _TEXT,
    "status": _TEXT,
    "assurance_status": _TEXT,
}

SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "evaluation_result": {
            **_LABELS,
            "scenario": _TEXT,
            "measure": _TEXT,
            "unit": _TEXT,
            "gross_verified_fte": FIGURE,
            "modelled_value": FIGURE,
            "missing": _TEXT,
            "form": _TEXT,
            "pv_base": _TEXT,
            "discount_table": _TEXT,
            "uk_modelled_value": FIGURE,
            "uk_status": _TEXT,
            **_STANDING,
        },
        "evaluation_year": {
            **_LABELS,
            "scenario": _TEXT,
            "year": pa.int32(),
            "financial_year": _TEXT,
            "discount_factor": pa.decimal128(18, 9),
            "modelled_net_fte": FIGURE,
            "modelled_gva_gbp": FIGURE,
            "modelled_gva_present_value_gbp": FIGURE,
            "programme_cost_gbp": FIGURE,
            "programme_cost_present_value_gbp": FIGURE,
            **_STANDING,
        },
        "evaluation_sensitivity": {
            **_LABELS,
            "measure": _TEXT,
            "unit": _TEXT,
            "assumption_name": _TEXT,
            "swing_rank": pa.int32(),
            "tested_low": FIGURE,
            "tested_high": FIGURE,
            "modelled_at_low": FIGURE,
            "modelled_central": FIGURE,
            "modelled_at_high": FIGURE,
            "modelled_swing": FIGURE,
            "is_required": pa.bool_(),
            **_STANDING,
        },
        "evaluation_switching_value": {
            **_LABELS,
            "assumption_name": _TEXT,
            "unit": _TEXT,
            "central_value": FIGURE,
            "switching_value": FIGURE,
            "relative_change": FIGURE,
            "is_within_range": pa.bool_(),
            "outcome": _TEXT,
            **_STANDING,
        },
        "evaluation_simulation": {
            **_LABELS,
            "measure": _TEXT,
            "unit": _TEXT,
            "draws": pa.int32(),
            "statistic": _TEXT,
            "modelled_value": FIGURE,
            "modelled_standard_error": FIGURE,
            "seed": pa.int64(),
            "is_final": pa.bool_(),
            **_STANDING,
        },
        "evaluation_caveat": {
            "assumption_set": _TEXT,
            "spatial_level": _TEXT,
            "measure": _TEXT,
            "caveat_key": _TEXT,
            "caveat_order": pa.int32(),
            "caveat": _TEXT,
        },
        "evaluation_assumption": {
            "assumption_set": _TEXT,
            "assumption_set_version": pa.int32(),
            "assumption_set_sha256": _TEXT,
            "id": _TEXT,
            "version": pa.int32(),
            "name": _TEXT,
            "value": FIGURE,
            "low": FIGURE,
            "high": FIGURE,
            "unit": _TEXT,
            "spatial_level": _TEXT,
            "rationale": _TEXT,
            "source": _TEXT,
            "quality_rag": _TEXT,
            "impact_rag": _TEXT,
            "owner": _TEXT,
            "approved_by": _TEXT,
            "approved_on": pa.date32(),
            "valid_from": pa.date32(),
            "valid_to": pa.date32(),
            "review_by": pa.date32(),
            "exception_evidence": _TEXT,
            "signed_off_by": _TEXT,
            "status": _TEXT,
            "problem": _TEXT,
            "is_review_overdue": pa.bool_(),
        },
        "evaluation_run": {
            "assumption_set": _TEXT,
            "assumption_set_version": pa.int32(),
            "assumption_set_sha256": _TEXT,
            "evaluated_on": pa.date32(),
            "candidate_fingerprint": _TEXT,
            "gate_status": _TEXT,
            "gross_verified_fte": FIGURE,
            "gross_claimed_fte": FIGURE,
            "modelled_rows": pa.int32(),
            "missing_rows": pa.int32(),
            "problems": _TEXT,
            "discount_table": _TEXT,
            "discount_source": _TEXT,
            "horizon_years": pa.int32(),
            "horizon_flag": _TEXT,
            "simulation_draws": pa.int32(),
            "simulation_seed": pa.int64(),
            "analyst": _TEXT,
            "assurer": _TEXT,
            "assurance_status": _TEXT,
            "assurance_reason": _TEXT,
        },
    }.items()
}


def to_table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as one of the evaluation tables; columns a row does not name are null."""
    schema = SCHEMAS[name]
    converted = [{field.name: _convert(row.get(field.name), field.type) for field in schema} for row in rows]
    return pa.Table.from_pylist(converted, schema=schema)


def _convert(value: Any, kind: pa.DataType) -> Any:
    if value is None or not pa.types.is_decimal(kind):
        return value
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(Decimal(1).scaleb(-kind.scale))
