"""The release in PostgreSQL as an asset: after the files, when `wmip.yaml` says so."""

from typing import TYPE_CHECKING

import dagster as dg

from orchestration.assets.release import RELEASE_KEY
from orchestration.dbt_runner import ensure_parsed
from orchestration.errors import NightFailed, UserError
from orchestration.night import FAILED
from orchestration.release.store import current_release
from orchestration.resources import Night

if TYPE_CHECKING:
    from orchestration.postgresql.serving import Publication

POSTGRESQL_KEY = dg.AssetKey(["release", "postgresql"])


@dg.asset(
    key=POSTGRESQL_KEY,
    deps=[RELEASE_KEY],
    group_name="release",
    kinds={"postgres"},
    owners=["team:warehouse"],
    description="The current release in PostgreSQL, for SQL and BI tools. Off unless wmip.yaml switches it on.",
    required_resource_keys={"night"},
)
def postgresql_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Publish the current release where the environment says. A failure here leaves the file release standing."""
    night: Night = context.resources.night
    made = load_release(night)
    if made is None:
        return dg.MaterializeResult(metadata={"enabled": night.configuration.postgresql.enabled})
    for warning in made.warnings:
        context.log.warning(warning)
    return dg.MaterializeResult(
        metadata={
            "enabled": True,
            "release_id": made.release_id,
            "server": made.server,
            "loaded": bool(made.rows),
            "rows": sum(sum(rows.values()) for rows in made.rows.values()),
        }
    )


def load_release(night: Night) -> "Publication | None":
    """Let PostgreSQL serve the current release, where `wmip.yaml` says so; None where not. Raises dg.Failure."""
    settings = night.configuration.postgresql
    release_id = current_release(night.home)
    if not settings.enabled or release_id is None:
        return None
    from orchestration.postgresql.address import choose_address
    from orchestration.postgresql.keys import read_keys
    from orchestration.postgresql.serving import publish

    try:
        return publish(
            night.home,
            release_id,
            choose_address(None, night.environment),
            read_keys(ensure_parsed(night.home)),
            public_only=settings.public_only,
            patience=settings.patience_seconds,
            progress=lambda doing: night.progress("PostgreSQL", doing),
        )
    except (UserError, NightFailed) as failure:
        message = f"release {release_id} is current as files, but PostgreSQL did not take it: {failure}"
        night.update_record(outcome=FAILED, message=message)
        raise dg.Failure(description=message, allow_retries=False) from None
