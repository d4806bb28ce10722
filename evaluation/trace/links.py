"""What the figures of a report open to: a page of `evaluation/trace/pages.py`, and the figure on it."""

from __future__ import annotations

FOLDER = "trace"
BESIDE_THE_PACK = f"../{FOLDER}/"
SO_FAR = "all"


def link_of(source: str) -> str | None:
    """The page, and the figure on it, of a figure of the report by where it stands in the mart; None for what is no sum
    of facts.
    """
    match source.split("/"):
        case ["indicator_performance", indicator, "actual_value" | "claimed_value" as column]:
            return f"{indicator}.html#{SO_FAR}/{'claimed' if column == 'claimed_value' else 'verified'}"
        case ["indicator_value", indicator, period, basis]:
            return f"{indicator}.html#{period}/{basis}"
        case ["indicator_value", indicator, period, basis, "cumulative"]:
            return f"{indicator}.html#to-{period}/{basis}"
        case ["public", scope, key, indicator, *time]:
            return f"{indicator}.html#{time[0] if time else SO_FAR}/verified/{scope}/{key}"
    return None
