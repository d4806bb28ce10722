"""GVA from net jobs: a yearly stream that persists and decays. Constant prices; one route a firm, jobs only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluation.additionality import Figure


def gva_by_year(
    net_jobs: Mapping[int, Figure], gva_per_fte: Figure, persistence_years: Figure, decay: Figure
) -> dict[int, Figure]:
    """GVA in GBP by year after the base year.

    `net_jobs` is net FTE by the year (0 is the base year) in which they were created. A cohort of year c gives GVA in
    the years c + 1 to c + persistence: `net FTE * GVA per FTE * (1 - decay)^(t - 1)` in its year t.
    """
    longest = int(np.max(persistence_years))
    stream: dict[int, Figure] = {}
    for created, jobs in sorted(net_jobs.items()):
        for age in range(1, longest + 1):
            value = jobs * gva_per_fte * (1 - decay) ** (age - 1) * np.where(age <= persistence_years, 1.0, 0.0)
            stream[created + age] = stream.get(created + age, 0.0) + value
    return stream
