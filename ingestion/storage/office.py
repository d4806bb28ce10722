"""What the programme office decided about returns, and what releases said: append-only registers in `registry/`.

One Parquet file a decision, named by its instant and content; nothing but an erasure ever rewrites one.
Each register also has a file without rows, so that dbt can read one that never had any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import write_parquet
from common.home import make_private, office_folder

if TYPE_CHECKING:
    import pyarrow as pa

_INSTANT = "timestamp[us]"
_EXACT = "decimal(18, 4)"

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
    "exact_quantity": _EXACT,
    "exact_claimed_quantity": _EXACT,
    "status": "text",
    "evidence_grade": "text",
}
# What names a fact and where it was read.
_NAMED = {
    "indicator_key": "text",
    "fact_key": "text",
    "unit_key": "text",
    "exact_unit": "text",
    "exact_per_unit": _EXACT,
    "source_system": "text",
    "source_record_id": "text",
    "source_place": "text",
    "source_ref": "text",
}

REGISTERS: Mapping[str, Mapping[str, str]] = {
    # Grain: a change of status of a body's quarter.
    "return_status": {
        "partner_code": "text",
        "period_key": "text",
        "status": "text",
        "changed_at": _INSTANT,
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
        "granted_at": _INSTANT,
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
        "decided_at": _INSTANT,
        "change": "text",
        "restated_partner_key": "text",
        "restated_period_key": "text",
        **_NAMED,
        **{f"old_{column}": kind for column, kind in _SIDE.items()},
        **{f"new_{column}": kind for column, kind in _SIDE.items()},
    },
    # Grain: view, figure and the instant since which it was published.
    "published_figure": {
        "view_name": "text",
        "indicator_key": "text",
        "period_key": "text",
        "scope": "text",
        "scope_key": "text",
        "basis": "text",
        "exact_value": _EXACT,
        "known_from": _INSTANT,
        "release_id": "text",
    },
}
FACT_COLUMNS = (*_NAMED, *_SIDE, "is_counted")


def schema(register: str) -> pa.Schema:
    """The columns of a register, typed."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        _INSTANT: pa.timestamp("us"),
        _EXACT: pa.decimal128(18, 4),
    }
    return pa.schema([(column, types[kind]) for column, kind in REGISTERS[register].items()])


def ensure_office(home: Path) -> None:
    """Create every register's folder and its file without rows."""
    for register in REGISTERS:
        path = office_folder(home, register) / "00000000T000000Z_schema.parquet"
        if not path.exists():
            make_private(path.parent)
            write_parquet(schema(register).empty_table(), path)


def append(home: Path, register: str, rows: Sequence[Mapping[str, Any]] | pa.Table, at: datetime) -> Path | None:
    """Add rows to a register as one file; where it is, or None without rows. For the holder of the writer lock."""
    import pyarrow as pa

    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema(register))
    if not len(table):
        return None
    table = table.select(list(REGISTERS[register])).cast(schema(register))
    digest = hashlib.sha256(repr(table.to_pydict()).encode()).hexdigest()
    path = office_folder(home, register) / f"{at:%Y%m%dT%H%M%SZ}_{digest[:12]}.parquet"
    make_private(path.parent)
    write_parquet(table, path)
    return path


def read(home: Path, register: str) -> pa.Table:
    """All rows of a register, in the order they were added."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [pq.read_table(path) for path in sorted(office_folder(home, register).glob("*.parquet"))]
    return pa.concat_tables(parts) if parts else schema(register).empty_table()
