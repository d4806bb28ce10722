"""The programme office's registers: small CSV files with a heading row; a file's name is a list (`whole_lists`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from ingestion.catalogue import SOURCES
from ingestion.files.delimited_text import headings_of_text, strict_rows
from ingestion.files.encodings import open_text
from ingestion.files.inbox import Chunk, FileRead, FileReader
from ingestion.files.row_check import KEY_JOIN, check_table, match_headings, row_of_text, width_of
from ingestion.files.values import Column
from ingestion.findings import RefusedFile
from ingestion.reader import Reader

SOURCE = "registers"


def _same(*values: str) -> dict[str, str]:
    return {value: value for value in values}


CONTRACTS: dict[str, list[Column]] = {
    "removals": [
        Column("file_name", "file_name", required=True),
        Column("content_sha256", "content_sha256", required=True),
        Column("reason", "reason", "open_text", required=True),
        Column("approved_by_role", "approved_by_role", "open_text", required=True),
    ],
    "partners": [
        Column("partner_code", "partner_code", required=True),
        Column("name", "name", "name_of_organisation", required=True),
        Column("cluster_key", "cluster_key"),
        Column("activity_starts_on", "activity_starts_on", "date", required=True),
        Column("eventbrite_organization_id", "eventbrite_organization_id"),
    ],
    "verification": [
        Column("indicator_key", "indicator_key", required=True),
        Column("partner_code", "partner_code", required=True),
        Column("source_ref", "source_ref", required=True),
        Column("decision", "decision", "choice", True, _same("verified", "rejected", "withdrawn")),
        Column("evidence_grade", "evidence_grade", "choice", allowed=_same("A", "B", "C")),
        Column("decided_on", "decided_on", "date", required=True),
        Column("decided_by_role", "decided_by_role", "open_text", required=True),
        Column("reason", "reason", "open_text", required=True),
    ],
    "claims": [
        Column("partner_code", "partner_code", required=True),
        Column("period_key", "period_key", "period", required=True),
        Column("eligible_spend_gbp", "eligible_spend_gbp", "money", required=True, minimum=Decimal(0)),
        Column("intervention_rate", "intervention_rate", "number", True, minimum=Decimal(0), maximum=Decimal(1)),
        Column("paid_gbp", "paid_gbp", "money", minimum=Decimal(0)),
        Column("defrayal_evidence", "defrayal_evidence", "yes_no", required=True),
    ],
    "also_claimed": [
        Column("indicator_key", "indicator_key", required=True),
        Column("partner_code", "partner_code", required=True),
        Column("source_ref", "source_ref", required=True),
        Column("also_claimed_under", "also_claimed_under", "name_of_organisation", required=True),
        Column("programme_share", "programme_share", "number", minimum=Decimal(0), maximum=Decimal(1)),
    ],
    "groups": [
        Column("company_number", "company_number", required=True),
        Column("group_key", "group_key", required=True),
    ],
    "ratings": [
        Column("indicator_key", "indicator_key", required=True),
        Column("rag", "rag", "choice", True, _same("green", "amber_green", "amber", "amber_red", "red")),
        Column("reason", "reason", "open_text", required=True),
        Column("approved_by_role", "approved_by_role", "open_text", required=True),
        Column("expires_on", "expires_on", "date", required=True),
    ],
    # What the values may be is for the evaluation to say, which knows what each name means.
    "assumptions": [
        Column("assumption_set", "assumption_set"),
        Column("id", "id", required=True),
        Column("version", "version", "whole", required=True, minimum=Decimal(1)),
        Column("name", "name", required=True),
        Column("value", "value", "number", required=True),
        Column("low", "low", "number"),
        Column("high", "high", "number"),
        Column("unit", "unit", required=True),
        Column("spatial_level", "spatial_level", "choice", True, _same("local", "regional", "uk", "all")),
        Column("rationale", "rationale", "open_text", required=True),
        Column("source", "source", "open_text", required=True),
        Column("quality_rag", "quality_rag", "choice", True, _same("green", "amber", "red")),
        Column("impact_rag", "impact_rag", "choice", True, _same("green", "amber", "red")),
        Column("owner", "owner", "open_text", required=True),
        Column("approved_by", "approved_by", "open_text"),
        Column("approved_on", "approved_on", "date"),
        Column("valid_from", "valid_from", "date", required=True),
        Column("valid_to", "valid_to", "date"),
        Column("review_by", "review_by", "date"),
        Column("exception_evidence", "exception_evidence", "open_text"),
        Column("signed_off_by", "signed_off_by", "open_text"),
    ],
    "waivers": [
        Column("check_name", "check_name", required=True),
        Column("scope_key", "scope_key", required=True),
        Column("reason", "reason", "open_text", required=True),
        Column("approved_by_role", "approved_by_role", "open_text", required=True),
        Column("expires_on", "expires_on", "date", required=True),
    ],
    "calendar": [
        Column("period_key", "period_key", "period", required=True),
        Column("partner_code", "partner_code", required=True),
        Column("due_on", "due_on", "date"),
        Column("new_records_until", "new_records_until", "date"),
        Column("edits_until", "edits_until", "date"),
        Column("is_due", "is_due", "yes_no"),
        Column("reason", "reason", "open_text"),
    ],
}


def open_reader(read: FileRead) -> FileReader:
    """What reads one register."""
    return lambda file: read_register(file.path, file.sha256, read)


def read_register(path: Path, sha256: str, read: FileRead) -> Iterator[Chunk]:
    """The rows of a register and what is wrong with others. Which one it is stands in its name. Raises RefusedFile."""
    stream = next((name for name in CONTRACTS if path.name.lower().startswith(name)), None)
    if stream is None or path.suffix.lower() != ".csv":
        raise RefusedFile(f"not a register; name the file {', '.join(f'{name}*.csv' for name in CONTRACTS)}")
    columns = CONTRACTS[stream]
    with open_text(path) as handle:
        rows = list(strict_rows(handle))
    if not rows:
        raise RefusedFile("the file is empty; the first row holds the headings")
    headings = headings_of_text(rows[0])
    width = width_of(headings)
    positions = match_headings(columns, headings, "first row")
    read.saw_table(stream, headings, positions, missing=())
    in_list, *key = SOURCES[SOURCE].stream(stream).key
    checked = check_table(
        columns,
        positions,
        (row_of_text(number, cells, width) for number, cells in enumerate(rows[1:], start=2)),
        source=SOURCE,
        stream=stream,
        place=f"{path.name}#!",
        key=key,
    )
    of_list = {in_list: path.name, "file_sha256": sha256}
    yield Chunk(
        stream,
        [{**row, **of_list, "_source_record": f"{sha256}:{number}"} for number, row in checked.rows],
        [replace(one, key=one.key and f"{path.name}{KEY_JOIN}{one.key}") for one in checked.findings],
        lists=[(path.name,)],
    )


READER = Reader(open=open_reader)
