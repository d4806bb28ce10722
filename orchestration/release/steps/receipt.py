"""`receipt.json`: what the gate checked, on how many rows, with what outcome, and what was waived."""

from __future__ import annotations

from typing import Any

import duckdb

from orchestration.release.context import BuildContext
from orchestration.release.integrity import write_json
from quality.receipt import build_receipt


def write_receipt(context: BuildContext) -> None:
    """Write the receipt of the verdict this release stands on."""
    receipt = build_receipt(context.verdict, release_id=context.release_id, waivers=_waivers(context))
    write_json(context.building / "receipt.json", receipt)


def _waivers(context: BuildContext) -> list[dict[str, Any]]:
    with duckdb.connect(str(context.mart), read_only=True) as connection:
        relation = connection.sql("SELECT * FROM waiver WHERE is_in_force ORDER BY check_name, scope_key")
        return [dict(zip(relation.columns, map(str, row), strict=True)) for row in relation.fetchall()]
