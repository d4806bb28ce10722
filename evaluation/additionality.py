"""Gross to net: what of an effect would not have happened anyway, here, without loss elsewhere.

The Additionality Guide's two brackets, and the one-factor form they fall into when the reference case has the same
leakage, displacement, substitution and multiplier. Plain arithmetic: works on numbers and on arrays of draws alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# A float, or a numpy array of them (one a draw of a simulation).
Figure = Any


@dataclass(frozen=True)
class Adjustment:
    """What follows deadweight. Shares from 0 to 1; the multiplier is at least 1."""

    leakage: Figure
    displacement: Figure
    substitution: Figure
    multiplier: Figure

    def ratio(self) -> Figure:
        """What is left of one unit. The factors' order does not matter."""
        return (1 - self.leakage) * (1 - self.displacement) * (1 - self.substitution) * self.multiplier


@dataclass(frozen=True)
class Step:
    """An effect after one more adjustment."""

    name: str
    value: Figure


def net(gross: Figure, deadweight: Figure, adjustment: Adjustment) -> Figure:
    """Net effect in the unit of `gross`, one-factor form."""
    return gross * (1 - deadweight) * adjustment.ratio()


def net_two_brackets(gross: Figure, deadweight: Figure, adjustment: Adjustment, reference: Adjustment) -> Figure:
    """Net effect in the unit of `gross`: the intervention case less the reference case.

    The reference case is what would have happened anyway, `deadweight * gross`, under its own adjustment.
    """
    return gross * adjustment.ratio() - gross * deadweight * reference.ratio()


def steps(gross: Figure, deadweight: Figure, adjustment: Adjustment) -> list[Step]:
    """The one-factor form step by step; the last is the net effect."""
    after_deadweight = gross * (1 - deadweight)
    after_leakage = after_deadweight * (1 - adjustment.leakage)
    after_displacement = after_leakage * (1 - adjustment.displacement)
    return [
        Step("after_deadweight", after_deadweight),
        Step("after_leakage", after_leakage),
        Step("after_displacement", after_displacement),
        Step("after_substitution", after_displacement * (1 - adjustment.substitution)),
        Step("net", net(gross, deadweight, adjustment)),
    ]
