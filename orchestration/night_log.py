"""The nights that ended, for the mart (`night`, `night_stage`, `night_alert`).

A night that is opened writes down every night before it: by then each has ended, and a mart that is made again reads
what was read then.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion.storage.night_log import is_logged, write_night
from orchestration.night import STARTED, UNFINISHED, NightRecord, all_records


def keep_ended(home: Path) -> None:
    """Write down every night that is not yet. For the holder of the writer lock, before its own night is opened: no
    other is at work.
    """
    for record in all_records(home):
        if not is_logged(home, record.run_id):
            stages = [
                {"run_id": record.run_id, "position": position, **stage}
                for position, stage in enumerate(record.stages, start=1)
            ]
            alerts = [{"run_id": record.run_id, **alert} for alert in record.alerts]
            write_night(home, record.run_id, {"night": [_night(record)], "night_stage": stages, "night_alert": alerts})


def _night(record: NightRecord) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "night_number": record.number,
        "clock": _instant(record.clock),
        "started_at": _instant(record.started_at),
        "ended_at": _instant(record.ended_at),
        "outcome": UNFINISHED if record.outcome == STARTED else record.outcome,
        "release_id": record.release_id,
        "serving_release_id": record.serving,
        "reason": record.message.partition("\n")[0] or record.without_outcome or None,
        "blocked_by": ", ".join(record.gate.get("blocked_by", [])) or None,
        "sources_not_read": ", ".join(sorted(record.not_read)) or None,
        "returns_late": ", ".join(record.returns_late) or None,
        "notice": record.notices or None,
    }


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None
