#!/usr/bin/env bash
# MetricFlow knows custom periods in its time spine, but no cumulative metric may run to the end of one: a financial year to
# date cannot be written. The calendar year can.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check metricflow==0.213.0
"$work/venv/bin/python" - "$work" <<'PY'
import sys
from pathlib import Path
from importlib.metadata import version

from metricflow_semantic_interfaces.parsing.dir_to_model import parse_directory_of_yaml_files_to_semantic_manifest
from metricflow_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator

YAML = """
project_configuration:
  time_spines:
    - node_relation: {alias: days, schema_name: main}
      primary_column: {name: day, time_granularity: day}
      custom_granularities: [{name: financial_year, column_name: financial_year}]
---
semantic_model:
  name: job
  node_relation: {alias: job, schema_name: main}
  defaults: {agg_time_dimension: started_on}
  entities: [{name: job, type: primary, expr: job_key}]
  dimensions: [{name: started_on, type: time, type_params: {time_granularity: day}}]
  measures: [{name: fte, agg: sum}]
---
metric:
  name: to_date
  type: cumulative
  type_params:
    measure: fte
    cumulative_type_params: {grain_to_date: GRAIN}
"""
folder = Path(sys.argv[1])
(folder / "model").mkdir()
said = {}
for grain in ("year", "financial_year"):
    (folder / "model" / "model.yaml").write_text(YAML.replace("GRAIN", grain))
    built = parse_directory_of_yaml_files_to_semantic_manifest(str(folder / "model"), template_mapping={})
    issues = SemanticManifestValidator().validate_semantic_manifest(built.semantic_manifest)
    said[grain] = [issue.message for issue in (*built.issues.errors, *issues.errors)]
    print(f"metricflow {version('metricflow')}: grain_to_date {grain}: {said[grain] or 'accepted'}")
assert said["year"] == []
assert any("Invalid time granularity found in `grain_to_date`: 'financial_year'" in text for text in said["financial_year"])
PY
