"""`inputs.json`: everything a release needs to be made again (`wmip release rebuild`)."""

from __future__ import annotations

from orchestration.code_version import commit
from orchestration.configuration import load_configuration
from orchestration.release.context import BuildContext
from orchestration.release.inputs import INPUTS, as_data, by_stream, described, files_read, makers
from orchestration.release.integrity import write_json
from orchestration.settings import load_settings


def write_inputs(context: BuildContext) -> None:
    """Write down code, clock, settings, and every file that the candidate was made of, by content."""
    files = described(context.home, files_read(context.home))
    settings = load_settings()
    write_json(
        context.building / INPUTS,
        {
            "release_id": context.release_id,
            "clock": context.clock.isoformat(),
            "run_id": context.run_id,
            "code_version": context.code_version,
            "commit": commit(),
            "made_by": makers(),
            "time_zone": settings.time_zone,
            "returns": settings.returns,
            "evaluation": load_configuration(context.home).evaluation.model_dump(mode="json"),
            "streams": by_stream(files),
            "files": as_data(files),
        },
    )
