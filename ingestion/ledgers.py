"""The landed tables that a night writes about what it read: refused rows, remarks, and what became of each file."""

from __future__ import annotations

from ingestion.declaration import Stream

QUARANTINE = Stream(
    name="rows",
    description="Rows that were refused. Grain: a finding about a row.",
    key=("source", "stream", "place", "column_name", "reason_code"),
    columns=("source", "stream", "place", "column_name", "cell", "value_class", "reason_code", "message"),
)

INBOX_FILES = Stream(
    name="files",
    description="Ledger of the inbox: what was handled, and how. Grain: a file of a kind.",
    key=("file_sha256", "kind"),
    columns=(
        "kind",
        "file_name",
        "file_sha256",
        "size_bytes",
        "status",
        "reason",
        "rows_loaded",
        "rows_quarantined",
        "readings",
        "read_at",
        "rows_landed",
        "landed_in",
        "error_class",
    ),
    integers=frozenset({"rows_loaded", "rows_quarantined", "readings", "rows_landed"}),
)

FINDINGS = Stream(
    name="rows",
    description="What is odd about rows that were landed all the same. Grain: a finding about a row.",
    key=("source", "stream", "place", "cell", "rule"),
    columns=("source", "stream", "place", "cell", "rule", "severity", "message"),
)

LEDGERS: dict[str, Stream] = {"quarantine": QUARANTINE, "findings": FINDINGS, "inbox": INBOX_FILES}
