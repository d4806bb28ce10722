"""`receipt.json`: what the gate checked, on how many rows, with what outcome, and what was waived."""

from __future__ import annotations

from typing import Any

import duckdb

from orchestration.release.context import BuildContext
from orchestration.release.integrity import write_json
from quality.receipt import build_receipt

# Of locked quarters what is known otherwise, and how much of it waits.
_MATERIAL = """
    SELECT indicator_key, restated_partner_key AS partner_key, restated_period_key AS period_key,
        max(locked_value) AS locked_value, max(known_value) AS known_value,
        count(*) FILTER (is_open) AS waiting, count(*) FILTER (state = 'approved') AS approved
    FROM indicator_restatement
    WHERE is_material
    GROUP BY ALL
    ORDER BY ALL
"""


def write_receipt(context: BuildContext) -> None:
    """Write the receipt of the verdict this release stands on."""
    receipt = build_receipt(
        context.verdict,
        release_id=context.release_id,
        waivers=_rows(context, "SELECT * FROM waiver WHERE is_in_force ORDER BY check_name, scope_key"),
        restatements=_rows(context, _MATERIAL),
    )
    write_json(context.building / "receipt.json", receipt)


def _rows(context: BuildContext, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(context.mart), read_only=True) as connection:
        relation = connection.sql(sql)
        return [dict(zip(relation.columns, map(str, row), strict=True)) for row in relation.fetchall()]
