"""Value for money: present values against each other, costs a job. None where a ratio is not defined."""

from __future__ import annotations

import numpy as np

from evaluation.additionality import Figure


def net_present_social_value(benefits_pv: Figure, costs_pv: Figure) -> Figure:
    """NPSV in GBP of the base year."""
    return benefits_pv - costs_pv


def benefit_cost_ratio(benefits_pv: Figure, public_costs_pv: Figure) -> Figure | None:
    """Pounds of benefit for each pound of public cost; None without a cost."""
    return _ratio(benefits_pv, public_costs_pv)


def cost_per_unit(cost: Figure, units: Figure) -> Figure | None:
    """GBP for each unit, undiscounted; None without units."""
    return _ratio(cost, units)


def _ratio(dividend: Figure, divisor: Figure) -> Figure | None:
    return dividend / divisor if bool(np.all(np.asarray(divisor) > 0)) else None
