"""Sources: each is really read, over a server of our own; the model of the log of reads is the product's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from unittest import mock

import duckdb

from common.home import warehouse_file
from sandbox.loopback import Loopback
from tests.dbt_project import warehouses
from tests.faults.fault import Planted
from tests.faults.stage import (
    ENABLED,
    NOTHING,
    PUBLISHED,
    TOLD,
    Stage,
)
from tests.ingestion.sources import faults as transport


class FaultNeverStruck(BaseException):
    """A fault that met nothing proves nothing: the campaign ends with it, as with a mistake of its own."""


def faults() -> Iterator[Planted]:
    """Every fault on the way to a source: on its first night, and on one after a good night."""
    # The first asks once of each record, the second every night for what changed.
    small, paged = transport.SUBJECTS["companies_house_lookup"], transport.SUBJECTS["eventbrite"]
    # What changed in a night at Eventbrite fits on one page; this one lists all again, page by page.
    listed = transport.SUBJECTS["tickettailor"]
    for fault in transport.FAULTS.values():
        # A source that was read before serves its last good data for a week; one that never was has none.
        later, first = (PUBLISHED, PUBLISHED) if fault.night_ends == "well" else (TOLD, NOTHING)
        what = fault.name.replace("_", " ")
        subject = listed if fault.name == "expired_page_token" else paged
        yield Planted(
            f"{fault.name}_later", "sources", f"{subject.name}: {what}, after a good night", later,
            partial(_read_with, subject, fault, False),
        )  # fmt: skip
        subject = paged if fault.needs_pages else small
        yield Planted(
            f"{fault.name}_first", "sources", f"{subject.name}: {what}, on the first night", first,
            partial(_read_with, subject, fault, True), is_quick=fault.name == "500_for_the_whole_night",
        )  # fmt: skip
    away = partial(_read_with, paged, transport.FAULTS["500_for_the_whole_night"], False, days_later=8)
    yield Planted(
        "source_away_for_days", "sources", f"{paged.name}: away for eight days", NOTHING, away,
        "sources_are_not_older_than_a_week",
    )  # fmt: skip
    yield Planted(
        "source_not_asked", "sources", "a source that is switched on was not read at all", NOTHING,
        lambda stage: stage.night(enabled=(*ENABLED, "hubspot")), "enabled_sources_reported_tonight",
    )  # fmt: skip


def _read_with(
    subject: transport.Subject, fault: transport.Fault, is_first: bool, stage: Stage, days_later: int = 0
) -> None:
    """Read a source with a fault in its way, and run the night on what the log of reads says then."""
    door = transport.Door()
    home = stage.home.with_name(f"{stage.home.name}-read")
    naps = mock.patch("tenacity.nap.time", SimpleNamespace(sleep=lambda _seconds: None))
    try:
        with Loopback(door) as server, naps:
            rig = transport.Rig(subject, home, server, door)
            if not is_first:
                rig.clean_night()
            rig.nights += days_later
            # On a later night fewer requests are needed: it strikes at the first.
            fault.strike(rig, 2 if is_first else 0)
            if fault.needs_pages and not rig.pages.struck:
                raise FaultNeverStruck(fault.name)
        clock = transport.CLOCK + timedelta(days=max(rig.nights, 1) + 31 * ("fast" in fault.name))
        warehouses.make(home, clock, "source_run")
        with duckdb.connect(str(warehouse_file(stage.home))) as connection:
            connection.execute(f"ATTACH '{warehouse_file(home)}' AS read (READ_ONLY)")
            connection.execute("INSERT INTO mart.source_run BY NAME FROM read.mart.source_run")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    stage.night(enabled=(*ENABLED, subject.name))
