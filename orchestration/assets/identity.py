"""Organisation keys: between the two dbt builds, because matching is not set work."""

import dagster as dg

from identity.organisation_keys import READS, resolve_organisations
from orchestration.resources import Night


@dg.asset(
    key=dg.AssetKey(["identity", "organisation_record"]),
    deps=[dg.AssetKey(["intermediate", name]) for name in READS],
    group_name="identity",
    kinds={"python", "parquet"},
    owners=["team:warehouse"],
    description="Which source records are one organisation, under keys that stay the same from "
    "night to night. Grain: one source record.",
    required_resource_keys={"night"},
)
def organisation_record(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Resolve tonight's organisation records and keep the keys in the registry."""
    night: Night = context.resources.night
    night.progress("Matching organisations", "company number, charity number, name with postcode or domain")
    report = resolve_organisations(night.home, night.clock)
    if not report.charity_names:
        context.log.info(
            "No charity of a register was met, or there is no charity register: which company a charity is, and the "
            "names it goes by, are not known (docs/sources/charity_registers.md)"
        )
    if not report.register_names:
        context.log.info(
            "No company of a register was met, or there is no register: renamed companies are not known by former "
            "names, and any well-formed company number is taken for one (docs/sources/reference.md)"
        )
    return dg.MaterializeResult(metadata=report.metadata())
