"""The release as an asset: the one step that lets readers see anything."""

import dagster as dg

from common.home import pictures_file, release_folder
from ingestion.ingest import input_fingerprint
from orchestration.code_version import code_version
from orchestration.night import BLOCKED, FAILED, PUBLISHED, STOPPED, UNCHANGED
from orchestration.release.approval import GateRefused
from orchestration.release.integrity import MANIFEST, RECEIPT
from orchestration.release.publication import Published, ReleaseNotMade, Unchanged, publish
from orchestration.release.receipt_page import RECEIPT_PAGE
from orchestration.resources import Night
from orchestration.stopping import noticing_stop, stopped_message
from quality.suites import gate_suites, suites_fingerprint

RELEASE_KEY = dg.AssetKey(["release", "current"])


def publish_candidate(night: Night) -> Published | Unchanged:
    """Publish tonight's candidate, or say in tonight's record that nothing changed. Raises dg.Failure."""
    night.progress("Publishing", "asking for the verdict")
    if night.full:
        pictures_file(night.home).unlink(missing_ok=True)
    try:
        with noticing_stop() as signals:
            outcome = publish(
                night.home,
                clock=night.clock,
                code_version=code_version(),
                input_fingerprint=input_fingerprint(night.home),
                run_id=night.run_id,
                keep=night.configuration.releases.keep,
                public_readable=night.configuration.releases.public_readable,
                suites_fingerprint=suites_fingerprint(gate_suites(night.home)),
                progress=lambda doing: night.progress("Publishing", doing),
            )
    except GateRefused as refusal:
        night.update_record(outcome=BLOCKED, message=str(refusal))
        raise dg.Failure(description=str(refusal), allow_retries=False) from None
    except ReleaseNotMade as failure:
        if signals:
            # DuckDB makes an error of its own of a signal that arrives in a query.
            message = stopped_message("making the release", signals[0])
            night.update_record(outcome=STOPPED, message=message)
            raise dg.Failure(description=message, allow_retries=False) from None
        night.update_record(outcome=FAILED, message=str(failure))
        raise dg.Failure(description=str(failure), allow_retries=False) from failure
    outcome_of_night = PUBLISHED if isinstance(outcome, Published) else UNCHANGED
    night.update_record(outcome=outcome_of_night, release_id=outcome.release_id)
    return outcome


def build_release_asset(released: set[dg.AssetKey]) -> dg.AssetsDefinition:
    """The release, downstream of every table of the mart and of the evaluation."""

    @dg.asset(
        key=RELEASE_KEY,
        deps=sorted(released),
        group_name="release",
        kinds={"duckdb", "parquet"},
        owners=["team:warehouse"],
        description="The numbered release readers use. Publishes only what passed its gate.",
        required_resource_keys={"night"},
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        outcome = publish_candidate(context.resources.night)
        folder = release_folder(context.resources.night.home, outcome.release_id)
        return dg.MaterializeResult(
            metadata={
                "release_id": outcome.release_id,
                "new": isinstance(outcome, Published),
                "because": "; ".join(outcome.because) if isinstance(outcome, Published) else "",
                "receipt page": dg.MetadataValue.url((folder / RECEIPT_PAGE).resolve().as_uri()),
                "receipt": dg.MetadataValue.path(folder / RECEIPT),
                "manifest": dg.MetadataValue.path(folder / MANIFEST),
            }
        )

    return release
