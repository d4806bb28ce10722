"""What the dbt project keeps in lists of its own models and indicators, made by `wmip docs index`.

The members of each union, from the models that are there, and two metrics an indicator, from the seed `indicator`. A
test fails where one is older than what it is made of, so that a new model or indicator is written down once.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestration.dictionary.source_lists import ROOT

MODELS = ROOT / "dbt_project" / "models"
INDICATORS = ROOT / "dbt_project" / "seeds" / "indicator.csv"
UNIONS = ROOT / "dbt_project" / "macros" / "union_members.sql"
METRICS = MODELS / "semantic" / "_metrics.yml"
UNITED = (
    "int_event__attendance_",
    "int_event__platform_",
    "int_event__segment_",
    "int_fact__",
    "int_grant__award_",
    "int_organisation__record_",
    "int_support__session_",
)
"""How the names begin of models that one model unites; they lie in a folder of their own below their subject's."""

_UNIONS_HEAD = """\
{# Made by `wmip docs index` from the models in the folders below intermediate/<subject>; do not edit. #}

{# The models whose names begin so, for the one that unites them. #}
{% macro union_members(prefix) %}
    {{ return({
"""
_METRICS_HEAD = """\
# Made by `wmip docs index` from seeds/indicator.csv; do not edit.
version: 2

# Every indicator as a metric, verified under its own key and claimed beside it. Only the programme's quarters count, as
# in indicator_value. A test compares them with the mart.
metrics:
"""


def model_lists() -> dict[Path, str]:
    """Every such file as it is to be committed."""
    with INDICATORS.open(encoding="utf-8", newline="") as seed:
        return {UNIONS: union_members(MODELS), METRICS: metrics(csv.DictReader(seed))}


def union_members(models: Path) -> str:
    """A dbt macro that knows the members of each union: dbt asks for them while it parses, before it has its graph."""
    lines = []
    for prefix in UNITED:
        lines.append(f"        '{prefix}': [\n")
        names = sorted(path.stem for path in models.glob(f"intermediate/*/*/{prefix}*.sql"))
        lines.extend(f"            '{name}',\n" for name in names)
        lines.append("        ],\n")
    return _UNIONS_HEAD + "".join(lines) + "    }[prefix]) }}\n{% endmacro %}\n"


def metrics(indicators: Iterable[Mapping[str, str]]) -> str:
    """Two metrics for each row of the seed, as MetricFlow reads them."""
    newest: dict[str, Mapping[str, str]] = {}
    for indicator in indicators:
        known = newest.setdefault(indicator["indicator_key"], indicator)
        if indicator["valid_from"] > known["valid_from"]:
            newest[indicator["indicator_key"]] = indicator
    made = (_metric(indicator, basis) for indicator in newest.values() for basis in ("verified", "claimed"))
    return _METRICS_HEAD + "\n".join(made)


def _metric(indicator: Mapping[str, str], basis: str) -> str:
    key = indicator["indicator_key"]
    name = key if basis == "verified" else f"{key}_{basis}"
    counted = f"{{{{ Entity('indicator') }}}} = '{key}' and {{{{ Dimension('period__is_programme_period') }}}}"
    label = f"{indicator['name']}, {basis}"
    said = f"{indicator['indicator_code']}, {indicator['unit']}; as {basis}."
    return (
        f"  - name: {name}\n"
        f"    label: {_text(label)}\n"
        f"    description: {_text(said)}\n"
        "    type: simple\n"
        f"    type_params: {{measure: {basis}_quantity}}\n"
        f"    filter: {_text(counted)}\n"
    )


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
