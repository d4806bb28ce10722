"""The Dagster code location: `workspace.yaml` names this module."""

from __future__ import annotations

from orchestration.settings import switch_telemetry_off

switch_telemetry_off()

from orchestration.graph import build_defs  # noqa: E402 - telemetry goes off before dagster is imported

defs = build_defs()
