"""When a restatement is material: 5% or more, or one unit or more of a figure below 20 (rule R12)."""

from decimal import Decimal

import pytest

from evaluation.pack.restatement import Restatement


@pytest.mark.parametrize(
    ("before", "after", "was_closed", "kind"),
    [
        ("100", "105", True, "closed: a material restatement"),
        ("100", "95", True, "closed: a material restatement"),
        ("100", "104.99", True, "closed: a restatement"),
        ("20", "20.99", True, "closed: a restatement"),
        ("20", "21", True, "closed: a material restatement"),
        ("19", "20", True, "closed: a material restatement"),
        ("19", "18.01", True, "closed: a restatement"),
        ("2", "2.5", True, "closed: a restatement"),
        ("0", "1", True, "closed: a material restatement"),
        ("100", "200", False, "open: still filling"),
    ],
)
def test_a_large_change_of_a_closed_quarter_is_material(before, after, was_closed, kind):
    change = Restatement("jobs_created", "2024-25-Q1", Decimal(before), Decimal(after), was_closed)
    assert change.kind == kind
    assert change.is_material is (kind == "closed: a material restatement")
