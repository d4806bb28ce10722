"""The `evaluation_*` and other tables that were made of the candidate after its gate, into the release's mart."""

from __future__ import annotations

from orchestration.release.approval import EVALUATION
from orchestration.release.context import BuildContext
from orchestration.release.steps.copying import candidate_and_release, copy_schema


def copy_evaluation(context: BuildContext) -> None:
    """Copy every table of the warehouse's schema `evaluation` beside those of the mart."""
    with candidate_and_release(context) as connection:
        copy_schema(connection, EVALUATION)
