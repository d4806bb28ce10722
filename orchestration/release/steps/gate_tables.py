"""What the columns of the two tables mean that the release adds to the mart; the other tables are described in dbt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DescribedTable:
    """A table's description, which ends with its grain, and its columns' in their order."""

    description: str
    columns: dict[str, str]


GATE_TABLES = {
    "quality_result": DescribedTable(
        "What the gate checked on this release. Grain: check.",
        {
            "check_name": "Name of the check; its definition stands in quality/suites or in the home's checks folder.",
            "dimension": "completeness, uniqueness, consistency, timeliness, validity or accuracy.",
            "severity": "critical (a failure keeps the candidate from being published) or warning.",
            "table_name": "Table that was checked.",
            "passed": "Whether it held; null when the check does not apply.",
            "outcome": "passed, failed, error or not_applicable.",
            "observed": "What the check saw, in words.",
            "rows_checked": "Rows of the checked table.",
            "failing_rows": "Rows against the check.",
            "owner": "Who puts it right.",
            "meaning": "What must hold, in words.",
            "remedy": "What to do when it does not hold.",
            "checked_at": "Instant of the check, UTC.",
            "release_id": "The release.",
        },
    ),
    "release_info": DescribedTable(
        "This release. Grain: one row.",
        {
            "release_id": "The release: its day and its number on that day, such as 2025-05-15.1.",
            "released_at": "Instant of the night that published it, UTC.",
            "data_as_of": "Instant of the newest good read of any source, UTC.",
            "code_version": "Version of the product, and a fingerprint of its code.",
            "input_fingerprint": "SHA-256 over everything that was landed and decided when it was built.",
            "gate_status": "passed or passed_with_warnings.",
        },
    ),
}
