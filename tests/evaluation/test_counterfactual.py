"""Difference in differences on the worked means."""

import pytest

from evaluation.counterfactual import difference_in_differences, standardised_mean_difference


def test_effect_on_the_treated_and_the_deadweight_it_implies():
    found = difference_in_differences(10, 14, 10, 12)
    assert found.effect_on_treated == 2.0
    assert found.implied_deadweight == 0.5


def test_no_change_implies_no_deadweight():
    assert difference_in_differences(10, 10, 10, 12).implied_deadweight is None


def test_balance():
    assert standardised_mean_difference([1, 2, 3], [1, 2, 3]) == 0
    assert standardised_mean_difference([2, 3, 4], [1, 2, 3]) == pytest.approx(1.0)
    assert standardised_mean_difference([2, 2], [1, 1]) == float("inf")
    with pytest.raises(ValueError, match="at least two"):
        standardised_mean_difference([1], [1, 2])
