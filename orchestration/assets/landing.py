"""An asset for every landed stream, one step for every source system.

A source that fails does not stop the night: its last good data stays in use, the check `read_tonight` of its
streams warns, and the gate decides whether the data has grown too old.
"""

from collections.abc import Iterator

import dagster as dg

from ingestion.catalogue import SOURCES
from ingestion.declaration import Source
from ingestion.ingest import ingest_source

GROUP = "landing"
READ = {"loaded", "unchanged"}


def stream_key(source: str, stream: str) -> dg.AssetKey:
    """Asset key of a landed stream; the dbt source of the same table names it in its `meta`."""
    return dg.AssetKey([GROUP, source, stream])


def _specs(declaration: Source) -> list[dg.AssetSpec]:
    upstream = [stream_key(name, stream.name) for name in declaration.reads_after for stream in SOURCES[name].streams]
    return [
        dg.AssetSpec(
            stream_key(declaration.name, stream.name),
            description=stream.description,
            group_name=GROUP,
            kinds={"parquet", "python"},
            owners=[f"team:{declaration.owner.replace(' ', '-')}"],
            deps=upstream,
        )
        for stream in declaration.streams
    ]


def build_landing_asset(declaration: Source) -> dg.AssetsDefinition:
    """The step that reads one source system into all of its landed streams."""
    specs = _specs(declaration)

    @dg.multi_asset(
        name=f"read_{declaration.name}",
        specs=specs,
        check_specs=[
            dg.AssetCheckSpec(
                "read_tonight",
                asset=spec.key,
                description="The source answered tonight; otherwise its last good data stays in use.",
            )
            for spec in specs
        ],
        required_resource_keys={"night"},
        op_tags={"source": declaration.name},
    )
    def read_source(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        night = context.resources.night
        night.progress("Reading returns", declaration.title)
        report = ingest_source(
            declaration.name,
            home=night.home,
            config=night.configuration.source(declaration.name),
            clock=night.clock,
            run_id=night.run_id,
            environment=night.environment,
            progress=lambda message: night.progress("Reading returns", message),
        )
        for stream in report.streams:
            if stream.status not in READ | {"disabled"}:
                context.log.warning("%s/%s: %s", stream.source, stream.stream, stream.message)
            metadata: dict[str, str | int] = {
                "status": stream.status,
                "mode": stream.mode,
                "rows_read": stream.rows_read,
                "rows_landed": stream.rows_landed,
                "rows_quarantined": stream.rows_quarantined,
                "message": stream.message or "",
            }
            yield dg.MaterializeResult(asset_key=stream_key(stream.source, stream.stream), metadata=metadata)
        # After all of them: a check names the event of its stream, for which the log is written.
        for stream in report.streams:
            yield dg.AssetCheckResult(
                passed=stream.status in READ | {"disabled"},
                check_name="read_tonight",
                asset_key=stream_key(stream.source, stream.stream),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"status": stream.status, "message": stream.message or ""},
            )

    return read_source


def build_landing_assets() -> list[dg.AssetsDefinition]:
    """One step a source, in the catalogue's order."""
    return [build_landing_asset(declaration) for declaration in SOURCES.values()]
