"""What a night would say of a workbook that was not handed in yet: its own steps, in a copy that is thrown away.

The copy shares the home's landed files by links, so that the workbook is judged beside all that was returned before. No
rule is written a second time here: the findings and reasons are those of the models.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from common.home import inbox_folder, landing_folder, registry_folder, warehouse_file
from orchestration.dbt_build import build
from orchestration.dbt_compiled import PREPARE, Model, compiled
from orchestration.errors import UserError

SOURCE = "returns"
# The models that the remarks are read from.
_READ = ("finding", "indicator", "indicator_fact", "int_support__session")
TO_DO = {
    "business_insolvent": "the business is insolvent",
    "below_threshold": "its support does not reach the threshold yet; later sessions add to it",
    "conditions_not_met": "it needs new funding, the day that confirmed it, and a pilot completed or evaluated",
    "duplicate": "the same counts on another record; give it a reference and title of its own if it is another",
    "evidence_below_minimum": "send better evidence, or have the register verify it",
    "excluded_source": "money of this source is no leverage",
    "fewer_than_two_organisations": "list at least two organisations under MEMBERS",
    "in_the_future": "its day has not come yet; correct the date if it is a slip",
    "no_business_member": "list a business under MEMBERS",
    "no_employment_increase": "employment at the firm rose by less than its posts; correct baseline or follow-up FTE",
    "no_follow_up": "give the follow-up FTE once it is known",
    "no_new_tie": "all its members worked together in the 36 months before",
    "not_a_business": "it is returned as something else than a business; correct the organisation type if it is one",
    "not_caused_by_programme": "the return says that the programme did not cause it",
    "not_filled": "the post is vacant",
    "not_new_post": "only new posts count",
    "not_permanent": "only permanent posts of at least 12 months count",
    "not_programme_funded": "the event is not the programme's own",
    "not_supported_before": "no session or grant on or before its start is known; return the support first",
    "out_of_area": "it is outside the area; give the postcode of the site that was supported if that is inside",
    "outside_programme_period": "its date lies outside the programme; correct it if it is a slip",
    "possible_duplicate": "another body returned an event of this title, day and venue; give it another title if it is "
    "another one",
    "rejected": "the register rejected it",
    "reported_apart": "loans and equity are reported apart",
    "generic_advice": "online or written advice counts only where it is specific to the business; if it is, say Yes",
    "same_day_in_another_system": "the CRM has as much for this firm and day; nothing to do if it is the same session",
    "same_session": "the session is counted on another record of the firm",
    "secured_before_activity": "the agreement was signed before the body's activity began",
    "service_purchase": "buying a service is no collaboration",
    "unidentified_above_limit": "too many heads have no name; send the signed sheet",
    "withdrawn": "it is withdrawn, in the return or by the register",
}
"""What a reason not to count means for who returned it, and what to do."""


@dataclass(frozen=True)
class Remark:
    """What the night would say of a row of a stream, or of what an indicator counts it for: by which rule, in words."""

    place: str
    about: str
    rule: str
    message: str


def rehearse(home: Path, file: Path, clock: datetime, progress: Callable[[str], None]) -> list[Remark]:
    """Findings of a workbook beside the home's history, then its rows that would not count; in order of place.

    Nothing of the home is changed. Raises UserError when the models cannot be built on it.
    """
    from identity.organisation_keys import resolve_organisations

    with tempfile.TemporaryDirectory(prefix="wmip-rehearsal-") as folder:
        copy = Path(folder)
        progress("copying what was landed")
        _share(home, copy)
        _read(home, copy, file, clock)
        progress("matching organisations")
        models = compiled(copy).with_all_they_read({*_READ, "int_organisation__record"})
        _build(copy, clock, [model for model in models if model.step == PREPARE])
        resolve_organisations(copy, clock)
        progress("counting")
        _build(copy, clock, [model for model in models if model.step != PREPARE])
        return _remarks(warehouse_file(copy), file.name)


def _share(home: Path, copy: Path) -> None:
    """The home's landed files by links, in folders that may be written to; its registry as a copy."""
    for path in landing_folder(home).rglob("*.parquet"):
        link = copy / path.relative_to(home)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
    if registry_folder(home).is_dir():
        shutil.copytree(registry_folder(home), registry_folder(copy))


def _read(home: Path, copy: Path, file: Path, clock: datetime) -> None:
    """Read the workbook as a night would, beside those that wait in the home's inbox."""
    from ingestion.files.inbox import take_stock
    from ingestion.ingest import ensure_landing, ingest_source

    inbox = inbox_folder(copy, SOURCE)
    inbox.mkdir(parents=True)
    for waiting in take_stock(home, SOURCE).files:
        shutil.copyfile(waiting.path, inbox / waiting.path.name)
    shutil.copyfile(file, inbox / file.name)
    ensure_landing(copy)
    ingest_source(SOURCE, home=copy, config={}, clock=clock, run_id="rehearsal", environment={})


def _build(copy: Path, clock: datetime, models: Sequence[Model]) -> None:
    failures = build(copy, compiled(copy), models, clock, lambda _model: None).failures
    if failures:
        raise UserError(
            "the workbook cannot be put beside what was returned before, because the warehouse does not build: "
            + " | ".join(failures[:3])
        )


def _remarks(warehouse: Path, file_name: str) -> list[Remark]:
    import duckdb

    with closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        # What the reader itself finds has an instant, and is said by whoever read the file.
        found = connection.execute(
            "SELECT DISTINCT stream, place, rule, message FROM mart.finding WHERE source = $source "
            "AND found_at IS NULL AND (place = $file OR starts_with(place, $file || '#')) ORDER BY ALL",
            {"source": SOURCE, "file": file_name},
        ).fetchall()
        reasons = connection.execute(
            "SELECT source_place, not_counted_reason, min(indicator_key) FROM mart.indicator_fact "
            "WHERE not_counted_reason IS NOT NULL AND starts_with(source_place, $file || '#') "
            "AND indicator_key IN (SELECT indicator_key FROM seed.indicator WHERE is_headline) "
            "GROUP BY ALL "
            "UNION ALL "
            "SELECT source_place, not_counted_reason, 'support_sessions' FROM intermediate.int_support__session "
            "WHERE not_counted_reason IS NOT NULL AND starts_with(source_place, $file || '#') ORDER BY ALL",
            {"file": file_name},
        ).fetchall()
    said = [Remark(place, stream, rule, message) for stream, place, rule, message in found]
    told = {(remark.place, remark.rule) for remark in said}
    return said + [
        Remark(place, indicator, reason, f"does not count ({reason}): {TO_DO.get(reason, 'see docs/contracts.md')}")
        for place, reason, indicator in reasons
        if (place, reason) not in told
    ]
