"""The worked example to the penny, and the laws any such appraisal obeys."""

from __future__ import annotations

from datetime import date
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.additionality import Adjustment, net, net_two_brackets, steps
from evaluation.appraisal import appraise
from evaluation.discounting import Band, DiscountTable, NoDiscountTable, present_value, table_in_force
from evaluation.gva import gva_by_year
from evaluation.scenarios import values
from tests.evaluation.registers import build, rows

TABLE = table_in_force(date(2025, 6, 1))
PENNY = 0.01
USED = {row.name: row for row in build(rows()).rows}
CENTRAL = appraise({0: 40.0}, values(USED, "central"), TABLE)

shares = st.floats(0, 1)
multipliers = st.floats(1, 3)
jobs = st.floats(0, 10_000)
adjustments = st.builds(Adjustment, shares, shares, shares, multipliers)


def test_jobs_step_by_step():
    found = steps(40.0, 0.45, Adjustment(0.10, 0.25, 0.0, 1.25))
    assert [step.value for step in found] == pytest.approx([22.0, 19.8, 14.85, 14.85, 18.5625])
    assert CENTRAL.measures["net_jobs"] == pytest.approx(18.5625, abs=1e-9)
    assert CENTRAL.measures["net_to_gross_ratio"] == pytest.approx(0.4640625, abs=1e-9)


def test_two_brackets_give_the_same_net():
    adjustment = Adjustment(0.10, 0.25, 0.0, 1.25)
    assert adjustment.ratio() == pytest.approx(0.84375)
    assert net_two_brackets(40.0, 0.45, adjustment, adjustment) == pytest.approx(18.5625)


def test_gva_by_year_and_its_present_value():
    years = [year for year in CENTRAL.years if year.gva]
    assert [year.year for year in years] == [1, 2, 3]
    assert [year.gva for year in years] == pytest.approx([928_125.00, 835_312.50, 751_781.25], abs=PENNY)
    assert [year.discount_factor for year in years] == pytest.approx([0.966184, 0.933511, 0.901943], abs=1e-6)
    assert [year.gva_present_value for year in years] == pytest.approx([896_739.13, 779_773.16, 678_063.61], abs=PENNY)


@pytest.mark.parametrize(
    ("measure", "expected", "tolerance"),
    [
        ("gva_undiscounted", 2_515_218.75, PENNY),
        ("gva_present_value", 2_354_575.90, PENNY),
        ("programme_cost", 500_000.00, PENNY),
        ("programme_cost_present_value", 493_236.71, PENNY),
        ("gva_less_public_cost", 1_861_339.19, PENNY),
        ("gva_per_public_pound", 4.7737, 1e-4),
        ("cost_per_gross_job", 12_500.00, PENNY),
        ("cost_per_net_job", 26_936.03, PENNY),
    ],
)
def test_value_for_money(measure, expected, tolerance):
    assert CENTRAL.measures[measure] == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(
    ("scenario", "net_jobs", "present", "ratio"),
    [("low", 8.5272, 976_464.79, 1.9797), ("high", 31.654, 4_221_095.77, 8.5580)],
)
def test_scenarios(scenario, net_jobs, present, ratio):
    measures = appraise({0: 40.0}, values(USED, scenario), TABLE).measures
    assert measures["net_jobs"] == pytest.approx(net_jobs, abs=1e-3)
    assert measures["gva_present_value"] == pytest.approx(present, abs=PENNY)
    assert measures["gva_per_public_pound"] == pytest.approx(ratio, abs=1e-4)


@given(jobs, adjustments)
def test_full_deadweight_leaves_nothing(gross, adjustment):
    assert net(gross, 1.0, adjustment) == 0


@given(jobs)
def test_no_factors_leave_gross(gross):
    nothing = Adjustment(0.0, 0.0, 0.0, 1.0)
    assert net(gross, 0.0, nothing) == gross
    assert net_two_brackets(gross, 0.0, nothing, nothing) == gross


@given(jobs, shares, adjustments)
def test_both_forms_agree_under_equal_factors(gross, deadweight, adjustment):
    expected = net(gross, deadweight, adjustment)
    assert net_two_brackets(gross, deadweight, adjustment, adjustment) == pytest.approx(expected, abs=1e-6)


@given(jobs, st.tuples(shares, shares, shares))
def test_the_order_of_factors_does_not_matter(gross, three):
    results = [net(gross, 0.3, Adjustment(*order, 1.2)) for order in permutations(three)]
    assert results == pytest.approx([results[0]] * 6)


@given(jobs, shares, adjustments)
def test_the_steps_end_at_net(gross, deadweight, adjustment):
    found = steps(gross, deadweight, adjustment)
    assert found[-1].value == net(gross, deadweight, adjustment)
    falling = [step.value for step in found[:-1]]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(falling))


@given(jobs, st.integers(1, 12))
def test_full_decay_leaves_only_the_first_year(gross, persistence):
    stream = gva_by_year({0: gross}, 50_000.0, persistence, 1.0)
    assert stream[1] == gross * 50_000.0
    assert all(value == 0 for year, value in stream.items() if year > 1)


@given(st.dictionaries(st.integers(0, 40), st.floats(0, 1e6), max_size=8))
def test_no_discounting_leaves_the_sum(stream):
    free = DiscountTable("none", date.min, "the test", (Band(0, None, 0.0),))
    assert present_value(stream, free) == pytest.approx(sum(stream.values()))


@given(st.dictionaries(st.integers(0, 5), jobs, min_size=1, max_size=4), st.integers(1, 6), shares)
def test_cohorts_add_up(cohorts, persistence, decay):
    together = sum(gva_by_year(cohorts, 10.0, persistence, decay).values())
    apart = sum(sum(gva_by_year({0: fte}, 10.0, persistence, decay).values()) for fte in cohorts.values())
    assert together == pytest.approx(apart, abs=1e-6)


def test_later_cohorts_are_discounted_longer():
    first, later = (appraise({year: 40.0}, values(USED, "central"), TABLE).measures for year in (0, 1))
    assert later["gva_present_value"] == pytest.approx(first["gva_present_value"] / 1.035, abs=PENNY)
    assert later["gva_undiscounted"] == first["gva_undiscounted"]


@given(st.data(), jobs)
def test_low_central_high_stand_in_order(data, gross):
    raw = rows()
    for row in raw:
        if row["low"]:
            low, value, high = sorted(data.draw(st.tuples(*[st.integers(0, 100)] * 3)))
            base = 1 if row["name"] == "multiplier" else 0
            row |= {"low": f"{base + low / 100}", "value": f"{base + value / 100}", "high": f"{base + high / 100}"}
    used = {row.name: row for row in build(raw).rows}
    cases = [appraise({0: gross}, values(used, scenario), TABLE).measures for scenario in ("low", "central", "high")]
    for measure in ("net_jobs", "gva_present_value", "gva_less_public_cost", "gva_per_public_pound"):
        low, central, high = (case[measure] for case in cases)
        assert low <= central + 1e-6
        assert central <= high + 1e-6


def test_discount_bands_follow_one_another():
    assert TABLE.factor(0) == 1
    assert TABLE.factor(30) == pytest.approx(1.035**-30)
    assert TABLE.factor(31) == pytest.approx(1.035**-30 / 1.03)
    assert [TABLE.rate(year) for year in (75, 76, 126, 201, 301, 1000)] == [0.03, 0.025, 0.02, 0.015, 0.01, 0.01]


def test_no_rates_before_the_first_table():
    with pytest.raises(NoDiscountTable, match="no discount rates are in force on 2019-01-01"):
        table_in_force(date(2019, 1, 1))


def test_a_reference_case_of_its_own_uses_two_brackets():
    chosen = {**values(USED, "central"), "displacement_reference": 0.5}
    found = appraise({0: 40.0}, chosen, TABLE)
    assert found.form == "two_brackets"
    assert found.measures["net_jobs"] == pytest.approx(40 * 0.84375 - 18 * 0.9 * 0.5 * 1.25)
    assert found.measures["jobs_after_leakage"] is None


def test_ratios_to_nothing_are_not_defined():
    chosen = {**values(USED, "central"), "programme_cost_year_0": 0.0, "programme_cost_year_1": 0.0}
    assert appraise({0: 40.0}, chosen, TABLE).measures["gva_per_public_pound"] is None
    measures = appraise({0: 0.0}, values(USED, "central"), TABLE).measures
    assert measures["cost_per_net_job"] is None
    assert measures["net_jobs"] == 0
