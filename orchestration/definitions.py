"""The Dagster code location: `workspace.yaml` names this module."""

from __future__ import annotations

from orchestration.settings import load_settings, switch_telemetry_off

switch_telemetry_off()

from orchestration.graph import build_defs  # noqa: E402 - telemetry goes off before dagster is imported
from orchestration.resources import night_resource  # noqa: E402

_settings = load_settings()
defs = build_defs(
    _settings.home,
    night=night_resource(_settings.home, _settings.clock, accept_clock=_settings.accept_clock, full=_settings.full),
)
