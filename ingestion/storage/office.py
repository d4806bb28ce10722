"""What the programme office decided about returns, and what releases said: append-only registers in `registry/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import registers
from common.registers import EXACT, INSTANT, Columns

if TYPE_CHECKING:
    import pyarrow as pa

# One side of a restatement: what decides where and how much a fact counts.
_SIDE = {
    "achieved_on": "date",
    "period_key": "text",
    "claimed_on": "date",
    "claimed_period_key": "text",
    "partner_key": "text",
    "organisation_key": "text",
    "cluster_key": "text",
    "local_authority_code": "text",
    "exact_quantity": EXACT,
    "exact_claimed_quantity": EXACT,
    "status": "text",
    "evidence_grade": "text",
}
# What names a fact and where it was read.
_NAMED = {
    "indicator_key": "text",
    "fact_key": "text",
    "unit_key": "text",
    "exact_unit": "text",
    "exact_per_unit": EXACT,
    "source_system": "text",
    "source_record_id": "text",
    "source_place": "text",
    "source_ref": "text",
}

PUBLISHED_FIGURE = "published_figure"
REGISTERS: Mapping[str, Columns] = {
    # Grain: a change of status of a body's quarter.
    "return_status": {
        "partner_code": "text",
        "period_key": "text",
        "status": "text",
        "changed_at": INSTANT,
        "changed_by_role": "text",
        "reason": "text",
        "release_id": "text",
        "lock_key": "text",
    },
    # Grain: lock and fact. The facts of a body's quarter as the release said them that was locked.
    "locked_fact": {"lock_key": "text", **_NAMED, **_SIDE, "is_counted": "boolean"},
    # Grain: body, quarter, indicator and instant: until when changes behind a lock are approved beforehand.
    "lock_exception": {
        "partner_code": "text",
        "period_key": "text",
        "indicator_key": "text",
        "granted_at": INSTANT,
        "expires_on": "date",
        "approved_by_role": "text",
        "reason": "text",
    },
    # Grain: decision. The fact before and after, so that what was decided stands whatever becomes of the source.
    "restatement_decision": {
        "restatement_key": "text",
        "decision": "text",
        "cause": "text",
        "reason": "text",
        "approved_by_role": "text",
        "decided_at": INSTANT,
        "change": "text",
        "restated_partner_key": "text",
        "restated_period_key": "text",
        **_NAMED,
        **{f"old_{column}": kind for column, kind in _SIDE.items()},
        **{f"new_{column}": kind for column, kind in _SIDE.items()},
        "organisation_event_key": "text",
    },
    # Grain: view, figure and the instant since which it was published.
    PUBLISHED_FIGURE: {
        "view_name": "text",
        "indicator_key": "text",
        "period_key": "text",
        "scope": "text",
        "scope_key": "text",
        "basis": "text",
        "exact_value": EXACT,
        "known_from": INSTANT,
        "release_id": "text",
    },
}
FACT_COLUMNS = (*_NAMED, *_SIDE, "is_counted")


def schema(register: str) -> pa.Schema:
    """The columns of a register, typed."""
    return registers.schema(REGISTERS[register])


def ensure_office(home: Path) -> None:
    """Create every register's folder and its file without rows."""
    registers.ensure(home, REGISTERS)


def append(home: Path, register: str, rows: Sequence[Mapping[str, Any]] | pa.Table, at: datetime) -> Path | None:
    """Add rows to a register as one file; where it is, or None without rows. For the holder of the writer lock."""
    return registers.append(home, register, REGISTERS[register], rows, at)


def read(home: Path, register: str) -> pa.Table:
    """All rows of a register, in the order they were added."""
    return registers.read(home, register, REGISTERS[register])
