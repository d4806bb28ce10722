"""Value for money: present values against each other, costs a job. None where a ratio is not defined.

GVA against public cost is neither a net present social value nor a benefit-cost ratio (HM Treasury Green Book 2026,
table 10), and says so by its name.
"""

from __future__ import annotations

import numpy as np

from evaluation.additionality import Figure


def gva_less_public_cost(gva_pv: Figure, costs_pv: Figure) -> Figure:
    """Present value of GVA less that of public cost, GBP of the base year."""
    return gva_pv - costs_pv


def gva_per_public_pound(gva_pv: Figure, public_costs_pv: Figure) -> Figure | None:
    """Pounds of GVA for each pound of public cost, present values; None without a cost."""
    return _ratio(gva_pv, public_costs_pv)


def cost_per_unit(cost: Figure, units: Figure) -> Figure | None:
    """GBP for each unit, undiscounted; None without units."""
    return _ratio(cost, units)


def _ratio(dividend: Figure, divisor: Figure) -> Figure | None:
    return dividend / divisor if bool(np.all(np.asarray(divisor) > 0)) else None
