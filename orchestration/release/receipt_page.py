"""`receipt.html`: the receipt as one page that opens from disk and loads nothing, in the look of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.pack.report import TEMPLATES, environment
from evaluation.pack.wording import GATE

RECEIPT_PAGE = "receipt.html"
_OWN = Path(__file__).parent / "templates"
# What somebody has to act on comes first.
_ORDER = ("error", "failed", "passed", "not_applicable")
_OUTCOMES = {
    "error": "Could not be evaluated",
    "failed": "Does not hold",
    "passed": "Holds",
    "not_applicable": "Does not apply",
}
# The same of one check and of several.
_COUNTS = {
    "error": ("could not be evaluated", "could not be evaluated"),
    "failed": ("does not hold", "do not hold"),
    "passed": ("holds", "hold"),
    "not_applicable": ("does not apply", "do not apply"),
}


def render(receipt: Mapping[str, Any]) -> str:
    """The page as text. The same receipt gives the same text."""
    checks = sorted(receipt["checks"], key=lambda check: (_ORDER.index(check["outcome"]), check["check"]))
    dimensions = {dimension: Counter[str]() for dimension in sorted({check["dimension"] for check in checks})}
    for check in checks:
        dimensions[check["dimension"]][check["outcome"]] += 1
    text: str = (
        environment(_OWN)
        .get_template("receipt.html.j2")
        .render(
            receipt=receipt,
            gate=GATE.get(receipt["gate_status"], receipt["gate_status"]),
            open_checks=[check for check in checks if check["outcome"] in {"error", "failed"}],
            dimensions=dimensions,
            by_dimension={
                dimension: [check for check in checks if check["dimension"] == dimension] for dimension in dimensions
            },
            outcomes=_OUTCOMES,
            counts=_COUNTS,
            rows_read=sum(stream["rows"] for stream in receipt["inputs"]),
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        )
    )
    return text
