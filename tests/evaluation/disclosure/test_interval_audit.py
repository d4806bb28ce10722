"""The audit itself: what it cannot make sense of, it does not pass."""

from __future__ import annotations

import pytest

from evaluation.disclosure.errors import NotProtectable
from evaluation.disclosure.interval_audit import Attack, Target


def test_figures_that_contradict_each_other_are_not_shown():
    attack = Attack(2)
    attack.know([0, 1], 5.0, 5.0)
    attack.know([0], 7.0, 7.0)
    with pytest.raises(NotProtectable, match="no table fits"):
        attack.narrow([Target([1], 1.0, 5.0, 1.0)])


def test_what_a_contributor_knows_of_its_own_narrows_the_rest():
    attack = Attack(2)
    attack.know([0, 1], 100.0, 100.0)
    other = [Target([1], 10.0, 0.0, 50.0)]
    assert attack.narrow(other) == []
    attack.own = {0: 60.0}
    assert attack.narrow(other) == [0]
