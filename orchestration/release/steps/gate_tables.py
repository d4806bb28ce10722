"""What the columns of the tables mean that the release adds to the mart; the other tables are described in dbt."""

from __future__ import annotations

from dataclasses import dataclass

from quality.statistics import judge, profile


@dataclass(frozen=True)
class DescribedTable:
    """A table's description, which ends with its grain; each column's type and description, in their order."""

    description: str
    columns: dict[str, tuple[str, str]]

    def definition(self) -> str:
        """The columns as `CREATE TABLE` takes them."""
        return ", ".join(f"{column} {kind}" for column, (kind, _) in self.columns.items())


GATE_TABLES = {
    "quality_result": DescribedTable(
        "What the gate checked on this release. Grain: check.",
        {
            "check_name": (
                "VARCHAR",
                "Name of the check; its definition stands in quality/suites or in the home's checks folder.",
            ),
            "dimension": ("VARCHAR", "completeness, uniqueness, consistency, timeliness, validity or accuracy."),
            "severity": ("VARCHAR", "critical (a failure keeps back what the check protects) or warning."),
            "table_name": ("VARCHAR", "Table that was checked."),
            "passed": ("BOOLEAN", "Whether it held; null when the check does not apply."),
            "outcome": ("VARCHAR", "passed, failed, error or not_applicable."),
            "observed": ("VARCHAR", "What the check saw, in words."),
            "rows_checked": ("BIGINT", "Rows of the checked table."),
            "failing_rows": ("BIGINT", "Rows against the check."),
            "owner": ("VARCHAR", "Who puts it right."),
            "meaning": ("VARCHAR", "What must hold, in words."),
            "remedy": ("VARCHAR", "What to do when it does not hold."),
            "checked_at": ("TIMESTAMP", "Instant of the check, UTC."),
            "release_id": ("VARCHAR", "The release."),
        },
    ),
    judge.TABLE: DescribedTable(
        "What is far from usual beside earlier quarters, releases and other rows; how many were compared stands in "
        "quality_result. Grain: rule, table, column, answer, source, body, indicator, quarter and row.",
        judge.COLUMNS,
    ),
    profile.TABLE: DescribedTable(
        "What this release and earlier ones are like, which the next are compared with: the newest releases, and the "
        "last of each quarter. Grain: release, table, column, measure, answer, source and body.",
        {
            "release_id": ("VARCHAR", "The release."),
            "released_at": ("TIMESTAMP", "Instant of the night that published it, UTC."),
            **profile.COLUMNS,
        },
    ),
    "quality_consequence": DescribedTable(
        "What the failed rules of this release keep back, and what waivers let stand. Grain: rule and scope.",
        {
            "rule_id": ("VARCHAR", "The rule that failed, as in quality_result."),
            "indicator_key": ("VARCHAR", "The indicator that is meant; null: every one."),
            "partner_key": ("VARCHAR", "The cluster body that is meant, and every total it is part of; null: all."),
            "period_key": ("VARCHAR", "The quarter that is meant, and every sum up to a later one; null: all."),
            "breakdown": (
                "VARCHAR",
                "The breakdown that is meant, such as cluster; null: all figures.",
            ),
            "status": ("VARCHAR", "withheld, or waived (the figures stand under a waiver)."),
            "reason": ("VARCHAR", "What does not hold, and the waiver, in words."),
            "waived_by_role": ("VARCHAR", "Role that waived it; null where it is withheld."),
            "waived_until": ("DATE", "Last day of the waiver."),
            "release_id": ("VARCHAR", "The release."),
        },
    ),
    "release_info": DescribedTable(
        "This release. Grain: one row.",
        {
            "release_id": ("VARCHAR", "The release: its day and its number on that day, such as 2025-05-15.1."),
            "released_at": ("TIMESTAMP", "Instant of the night that published it, UTC."),
            "data_as_of": ("TIMESTAMP", "Instant of the newest good read of any source, UTC."),
            "code_version": ("VARCHAR", "Version of the product, and a fingerprint of its code."),
            "input_fingerprint": ("VARCHAR", "SHA-256 over everything that was landed and decided when it was built."),
            "gate_status": (
                "VARCHAR",
                "passed, passed_with_warnings or passed_with_figures_withheld (see quality_consequence).",
            ),
        },
    ),
    "retention_rule": DescribedTable(
        "What wmip.yaml says is kept how long. Grain: entity.",
        {
            "entity": ("VARCHAR", "What is kept: person_keys, originals or releases."),
            "trigger": ("VARCHAR", "From when the period counts."),
            "period": ("VARCHAR", "How long it is kept; null where no period is set, and then it is kept."),
            "action": ("VARCHAR", "What becomes of it then."),
        },
    ),
}
