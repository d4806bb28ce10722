"""The sources and their streams, declared: columns, keys, owners, secrets. No reader is imported here.

Reference: docs/contracts.md section 2. Every data column is text unless a type is given; provenance columns are
added to every stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import pyarrow as pa

PROVENANCE = (
    "_load_id",
    "_loaded_at",
    "_source",
    "_source_record",
    "_row_hash",
    "_deleted_at",
    "_delete_reason",
)
_TIMES = {"_loaded_at", "_deleted_at"}
FILE_COLUMNS = ("file_name", "file_sha256", "sheet", "row_number")
COVER_COLUMNS = ("partner_code", "period_key", "submission_number", "submitted_on")


@dataclass(frozen=True)
class StreamDeclaration:
    """One landed table. Grain: a version of its `key`.

    `full_list`: each read lists everything there is, so that absence means deletion and a much shorter list
    than the last one is refused. `listed_whole_by`: columns whose values a read lists whole, group by group, so that
    absence within a group that was read means deletion.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    full_list: bool = False
    listed_whole_by: tuple[str, ...] = ()
    integers: frozenset[str] = frozenset()

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of a landed file, provenance included."""
        import pyarrow as pa

        def kind(column: str) -> pa.DataType:
            if column in _TIMES:
                return pa.timestamp("us", tz="UTC")
            return pa.int64() if column in self.integers else pa.string()

        return pa.schema([(column, kind(column)) for column in (*self.columns, *PROVENANCE)])


@dataclass(frozen=True)
class SourceDeclaration:
    """One source system. `secrets` names environment variables; `kind` is `api` or `files`."""

    name: str
    title: str
    kind: str
    owner: str
    streams: tuple[StreamDeclaration, ...]
    secrets: tuple[str, ...] = ()
    needs_pseudonym_key: bool = False
    inbox: str | None = None
    api_version: str | None = None
    defaults: dict[str, Any] = field(default_factory=dict)

    def stream(self, name: str) -> StreamDeclaration:
        """One of its streams. Raises KeyError for an unknown name."""
        return {stream.name: stream for stream in self.streams}[name]


def return_template() -> dict[str, Any]:
    """The return workbook's template contract, as data."""
    path = Path(__file__).with_name("return_template_v1.yaml")
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _return_streams() -> tuple[StreamDeclaration, ...]:
    covers = StreamDeclaration(
        "covers",
        "The cover of each return workbook. Grain: a file.",
        ("file_sha256",),
        (*FILE_COLUMNS, *COVER_COLUMNS),
    )
    tables = [
        StreamDeclaration(
            table["stream"],
            table["description"],
            ("file_sha256", "row_number"),
            (*FILE_COLUMNS, *COVER_COLUMNS, *(column["name"] for column in table["columns"])),
        )
        for table in return_template()["tables"]
    ]
    return (covers, *tables)


REGISTERS = SourceDeclaration(
    name="registers",
    title="Programme office registers",
    kind="files",
    owner="programme office",
    inbox="registers",
    streams=(
        StreamDeclaration(
            "partners",
            "The cluster bodies. Grain: a body.",
            ("partner_code",),
            (
                "partner_code",
                "name",
                "cluster_key",
                "activity_starts_on",
                "eventbrite_organization_id",
                "file_sha256",
            ),
        ),
        StreamDeclaration(
            "verification",
            "What the programme office decided about single claims. Grain: a claim.",
            ("indicator_key", "partner_code", "source_ref"),
            (
                "indicator_key",
                "partner_code",
                "source_ref",
                "decision",
                "evidence_grade",
                "decided_on",
                "decided_by_role",
                "reason",
                "file_sha256",
            ),
        ),
        StreamDeclaration(
            "waivers",
            "Checks that were waived for something, until when and by whose approval. Grain: check and scope.",
            ("check_name", "scope_key"),
            ("check_name", "scope_key", "reason", "approved_by_role", "expires_on", "file_sha256"),
        ),
    ),
)

RETURNS = SourceDeclaration(
    name="returns",
    title="Quarterly return workbooks",
    kind="files",
    owner="cluster bodies",
    inbox="returns",
    streams=_return_streams(),
)

THREESIXTYGIVING = SourceDeclaration(
    name="threesixtygiving",
    title="360Giving grants files",
    kind="files",
    owner="grants team",
    inbox="grants",
    api_version="360Giving 1.4",
    streams=(
        StreamDeclaration(
            "grants",
            "Grant awards in the 360Giving Data Standard. Grain: a grant.",
            ("grant_id",),
            (
                "grant_id",
                "title",
                "currency",
                "amount_awarded",
                "amount_disbursed",
                "award_date",
                "planned_start",
                "planned_end",
                "recipient_id",
                "recipient_name",
                "recipient_charity_number",
                "recipient_company_number",
                "recipient_postal_code",
                "recipient_is_individual",
                "funding_org_id",
                "funding_org_name",
                "programme_code",
                "programme_title",
                "beneficiary_location_name",
                "beneficiary_geo_code",
                "last_modified",
                "file_name",
                "file_sha256",
            ),
        ),
    ),
)

EVENTBRITE = SourceDeclaration(
    name="eventbrite",
    title="Eventbrite",
    kind="api",
    owner="events team",
    secrets=("EVENTBRITE_TOKEN",),
    needs_pseudonym_key=True,
    api_version="v3",
    defaults={
        "base_url": "https://www.eventbriteapi.com/v3/",
        "lookback_hours": 48,
        "shrink_guard": 0.8,
        "requests_per_second": 50,
    },
    streams=(
        StreamDeclaration(
            "events",
            "Events of the cluster bodies' organisations. Grain: an event.",
            ("id",),
            (
                "id",
                "organization_id",
                "name",
                "status",
                "start_utc",
                "end_utc",
                "timezone",
                "created",
                "changed",
                "online_event",
                "venue_postcode",
                "capacity",
                "is_series",
                "series_id",
            ),
            full_list=True,
        ),
        StreamDeclaration(
            "attendees",
            "Tickets of those events, the person pseudonymised. Grain: a ticket.",
            ("id",),
            (
                "id",
                "event_id",
                "order_id",
                "ticket_class_id",
                "ticket_class_name",
                "created",
                "changed",
                "status",
                "checked_in",
                "cancelled",
                "refunded",
                "scan_count",
                "person_key",
                "email_domain",
                "organisation_name",
                "organisation_website",
                "organisation_postcode",
            ),
        ),
    ),
)

_HUBSPOT_TAIL = ("created_at", "updated_at", "archived")
HUBSPOT = SourceDeclaration(
    name="hubspot",
    title="HubSpot CRM",
    kind="api",
    owner="business support team",
    secrets=("HUBSPOT_TOKEN",),
    needs_pseudonym_key=True,
    api_version="crm/v3",
    defaults={
        "base_url": "https://api.hubapi.com/",
        "api_path": "crm/v3",
        "lookback_hours": 48,
        "shrink_guard": 0.8,
        "requests_per_second": 50,
    },
    streams=(
        StreamDeclaration(
            "companies",
            "Companies. Grain: a company record.",
            ("id",),
            (
                "id",
                "name",
                "domain",
                "company_number",
                "charity_number",
                "zip",
                "city",
                "numberofemployees",
                "organisation_type",
                "cluster_tag",
                "size_band",
                "merged_ids",
                *_HUBSPOT_TAIL,
            ),
        ),
        StreamDeclaration(
            "contacts",
            "Contacts, the person pseudonymised. Grain: a contact.",
            ("id",),
            ("id", "person_key", "email_domain", "company_id", *_HUBSPOT_TAIL),
        ),
        StreamDeclaration(
            "deals",
            "Deals. Grain: a deal.",
            ("id",),
            ("id", "amount", "dealstage", "pipeline", "closedate", *_HUBSPOT_TAIL),
        ),
        StreamDeclaration(
            "meetings",
            "Support meetings. Grain: a meeting.",
            ("id",),
            (
                "id",
                "started_at",
                "ended_at",
                "outcome",
                "partner_code",
                "channel",
                "evidence",
                *_HUBSPOT_TAIL,
            ),
        ),
        StreamDeclaration(
            "associations",
            "Which records belong together. Grain: a pair of records.",
            ("from_type", "from_id", "to_type", "to_id"),
            ("from_type", "from_id", "to_type", "to_id"),
            listed_whole_by=("from_type", "from_id", "to_type"),
        ),
    ),
)

SOURCES: dict[str, SourceDeclaration] = {
    source.name: source for source in (REGISTERS, RETURNS, THREESIXTYGIVING, EVENTBRITE, HUBSPOT)
}

QUARANTINE = StreamDeclaration(
    "rows",
    "Rows that were refused. Grain: a finding about a row.",
    ("source", "stream", "place", "column_name", "reason_code"),
    ("source", "stream", "place", "column_name", "cell", "value_class", "reason_code", "message"),
)

INBOX_FILES = StreamDeclaration(
    "files",
    "Ledger of the inbox: what was handled, and how. Grain: a file of a kind.",
    ("file_sha256", "kind"),
    (
        "kind",
        "file_name",
        "file_sha256",
        "size_bytes",
        "status",
        "reason",
        "rows_loaded",
        "rows_quarantined",
    ),
    integers=frozenset({"rows_loaded", "rows_quarantined"}),
)

LEDGERS: dict[str, StreamDeclaration] = {"quarantine": QUARANTINE, "inbox": INBOX_FILES}
