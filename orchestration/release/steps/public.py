"""`mart_public.duckdb`, `parquet_public/`: what everyone may see of a release, after disclosure control."""

from __future__ import annotations

from common.home import public_rules_file
from evaluation.disclosure.configuration import load_configuration
from evaluation.disclosure.public_mart import build_public_mart
from orchestration.release.context import BuildContext
from orchestration.release.pruning import memories


def protect_public_mart(context: BuildContext) -> None:
    """Make the public view, compared with what earlier releases of this home made public, those dropped too.

    A home's own `public_tables.yaml`, where there is one, stands for the project's. Raises InvalidConfiguration.
    """
    own = public_rules_file(context.home)
    configuration = load_configuration(own) if own.exists() else load_configuration()
    build_public_mart(
        context.mart,
        context.building,
        configuration,
        earlier=memories(context.home),
        today=context.clock.date(),
    )
