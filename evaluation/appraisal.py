"""One case from gross jobs to value for money: every measure from one complete choice of assumption values.

Works on numbers (a scenario) and on arrays of draws (a simulation) alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.additionality import Adjustment, Figure, net, net_two_brackets, steps
from evaluation.discounting import DiscountTable, present_value
from evaluation.gva import gva_by_year
from evaluation.value_for_money import cost_per_unit, gva_less_public_cost, gva_per_public_pound
from evaluation.vocabulary import cost_year

ADJUSTMENTS = ("leakage", "displacement", "substitution", "multiplier")
REFERENCES = tuple(f"{name}_reference" for name in ADJUSTMENTS)
JOBS = frozenset({"deadweight", *ADJUSTMENTS})
GVA = JOBS | {"gva_per_fte", "persistence_years", "decay", "price_base_year", "pv_base_year"}
COSTS = frozenset({"programme_cost_year_0", "price_base_year", "pv_base_year"})


@dataclass(frozen=True)
class Measure:
    """One output: its unit and the assumptions without which it is not made."""

    key: str
    unit: str
    needs: frozenset[str]


MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        Measure("jobs_after_deadweight", "FTE", JOBS),
        Measure("jobs_after_leakage", "FTE", JOBS),
        Measure("jobs_after_displacement", "FTE", JOBS),
        Measure("jobs_after_substitution", "FTE", JOBS),
        Measure("net_jobs", "FTE", JOBS),
        Measure("net_to_gross_ratio", "ratio", JOBS),
        Measure("gva_undiscounted", "GBP", GVA),
        Measure("gva_present_value", "GBP", GVA),
        Measure("programme_cost", "GBP", COSTS),
        Measure("programme_cost_present_value", "GBP", COSTS),
        Measure("gva_less_public_cost", "GBP", GVA | COSTS),
        Measure("gva_per_public_pound", "ratio", GVA | COSTS),
        Measure("cost_per_gross_job", "GBP per FTE", COSTS),
        Measure("cost_per_net_job", "GBP per FTE", JOBS | COSTS),
    )
}


@dataclass(frozen=True)
class Year:
    """One year of the streams; year 0 is the base year."""

    year: int
    discount_factor: float
    net_jobs: Figure
    gva: Figure
    gva_present_value: Figure
    cost: Figure
    cost_present_value: Figure


@dataclass(frozen=True)
class Appraisal:
    """Measures that could be made (None: not defined, such as a ratio to nothing), and the streams by year."""

    form: str
    measures: dict[str, Figure | None]
    years: list[Year]


def appraise(
    gross_jobs: Mapping[int, float],
    values: Mapping[str, Figure],
    table: DiscountTable,
    *,
    applies_multiplier: bool = True,
    benefit_haircut: float = 0.0,
) -> Appraisal:
    """Appraise gross verified FTE by year of creation under one choice of values.

    Makes the measures whose assumptions are all in `values`. Without `applies_multiplier` (the United Kingdom) there
    are no multiplied effects. `benefit_haircut` is the share taken off every benefit.
    """
    values = dict(values) if applies_multiplier else {**values, "multiplier": 1.0}
    gross = sum(gross_jobs.values())
    measures: dict[str, Figure | None] = {}
    net_jobs: dict[int, Figure] = {}
    gva: dict[int, Figure] = {}
    form = "two_brackets" if any(name in values for name in REFERENCES) else "one_factor"
    if values.keys() >= JOBS:
        net_jobs = {year: _net(jobs, values) for year, jobs in gross_jobs.items()}
        measures |= _job_measures(gross, values, form)
    if values.keys() >= GVA:
        stream = gva_by_year(net_jobs, values["gva_per_fte"], values["persistence_years"], values["decay"])
        gva = {year: value * (1 - benefit_haircut) for year, value in stream.items()}
        measures["gva_undiscounted"] = sum(gva.values())
        measures["gva_present_value"] = present_value(gva, table)
    costs = {year: values[name] for name in values if (year := cost_year(name)) is not None}
    if values.keys() >= COSTS:
        measures |= _cost_measures(gross, costs, table, measures)
    return Appraisal(form, measures, _years(net_jobs, gva, costs, table))


def _adjustment(values: Mapping[str, Figure], reference: bool = False) -> Adjustment:
    chosen = {name: values[name] for name in ADJUSTMENTS}
    if reference:
        chosen = {name: values.get(f"{name}_reference", values[name]) for name in ADJUSTMENTS}
    return Adjustment(**chosen)


def _net(gross: Figure, values: Mapping[str, Figure]) -> Figure:
    if any(name in values for name in REFERENCES):
        return net_two_brackets(gross, values["deadweight"], _adjustment(values), _adjustment(values, reference=True))
    return net(gross, values["deadweight"], _adjustment(values))


def _job_measures(gross: float, values: Mapping[str, Figure], form: str) -> dict[str, Figure | None]:
    # The intermediate steps belong to the one-factor form alone.
    one_factor = steps(gross, values["deadweight"], _adjustment(values))[:-1]
    return {
        **{f"jobs_{step.name}": step.value if form == "one_factor" else None for step in one_factor},
        "net_jobs": _net(gross, values),
        "net_to_gross_ratio": _net(1.0, values),
    }


def _cost_measures(
    gross: float, costs: Mapping[int, Figure], table: DiscountTable, made: Mapping[str, Figure | None]
) -> dict[str, Figure | None]:
    total = sum(costs.values())
    total_pv = present_value(costs, table)
    found: dict[str, Figure | None] = {
        "programme_cost": total,
        "programme_cost_present_value": total_pv,
        "cost_per_gross_job": cost_per_unit(total, gross),
    }
    if "net_jobs" in made:
        found["cost_per_net_job"] = cost_per_unit(total, made["net_jobs"])
    if "gva_present_value" in made:
        found["gva_less_public_cost"] = gva_less_public_cost(made["gva_present_value"], total_pv)
        found["gva_per_public_pound"] = gva_per_public_pound(made["gva_present_value"], total_pv)
    return found


def _years(
    net_jobs: Mapping[int, Figure], gva: Mapping[int, Figure], costs: Mapping[int, Figure], table: DiscountTable
) -> list[Year]:
    years = []
    for year in sorted({*net_jobs, *gva, *costs}):
        factor = table.factor(year)
        benefit, cost = gva.get(year, 0.0), costs.get(year, 0.0)
        years.append(Year(year, factor, net_jobs.get(year, 0.0), benefit, benefit * factor, cost, cost * factor))
    return years
