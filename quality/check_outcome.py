"""What is said of one check on one candidate, before it is known whether that blocks."""

from __future__ import annotations

from dataclasses import dataclass

# Of a check's offending rows, so many are named.
MOST_KEYS = 20


@dataclass(frozen=True)
class Evaluation:
    """What GX said of one check. `error` is set when it could not be evaluated."""

    passed: bool
    observed: str
    failing_rows: int
    failing_keys: list[str]
    error: str | None = None
