"""How targets are put into words."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from evaluation.pack import wording


@pytest.mark.parametrize(
    ("target", "lower", "upper", "status", "about", "said"),
    [
        (None, None, None, "not_stated", False, "no target stated"),
        (None, None, None, "agreed_later", False, "to be agreed"),
        (15, None, None, "stated", True, "about 15"),
        (40, None, None, "agreed_later", False, "40"),
        (None, 10, 12, "stated", False, "10 to 12"),
        (None, 1000, 1200, "agreed_later", True, "about 1,000 to 1,200"),
        (None, 10, None, "stated", False, "10"),
        (0, None, None, "stated", False, "0"),
    ],
)
def test_a_target_is_said_as_it_was_agreed(target, lower, upper, status, about, said):
    value, low, high = (None if number is None else Decimal(number) for number in (target, lower, upper))
    indicator = SimpleNamespace(
        target=value, lower=low, upper=high, target_status=status, is_approximate=about, unit="count"
    )
    assert wording.target(indicator) == said
