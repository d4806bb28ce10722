"""Rounding to a base, and what a rounded figure still tells.

The "10-5 rule" of ONS is a threshold of 10 with rounding to base 5. Each figure is rounded by itself, so rounded
figures need not add up: say so where they are shown.
"""

from __future__ import annotations

import math


def round_to_base(value: float, base: int) -> int:
    """The nearest multiple of `base`, halves up; the same value always rounds the same way."""
    return base * math.floor(value / base + 0.5)


def rounded_interval(shown: float, base: int) -> tuple[float, float]:
    """Lowest and highest non-negative value that `round_to_base` shows as `shown`."""
    return max(0.0, shown - base / 2), shown + base / 2
