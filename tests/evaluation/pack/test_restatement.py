"""When a restatement is material: 5% or more, or one unit or more of a figure below 20 (rule R12)."""

from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.restatement import Restatement, read_locked_restatements


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


def test_material_differences_of_locked_quarters_are_listed_with_how_they_stand():
    with duckdb.connect() as mart:
        assert read_locked_restatements(mart) == (), "a mart of before there were locks"
        mart.execute("""
            CREATE TABLE dim_indicator AS FROM (VALUES ('jobs_created', 'H5', true), ('other', 'S1', false))
                AS t (indicator_key, indicator_code, is_headline);
            CREATE TABLE indicator_restatement AS FROM (VALUES
                ('jobs_created', 'CB01', '2024-25-Q1', 10.0, 12.0, true, 'pending', 'revision', true),
                ('jobs_created', 'CB01', '2024-25-Q1', 10.0, 12.0, false, 'approved', 'correction', true),
                ('jobs_created', 'CB02', '2024-25-Q1', 99.0, 99.5, true, 'pending', 'revision', false),
                ('other', 'CB01', '2024-25-Q1', 10.0, 12.0, true, 'pending', 'revision', true)
            ) AS t (indicator_key, restated_partner_key, restated_period_key, locked_value, known_value, is_open, state,
                cause, is_material);
        """)
        (found,) = read_locked_restatements(mart)
    assert (found.partner_key, found.difference, found.standing) == ("CB01", 2, "1 approved, 1 waiting")
    assert found.causes == "correction, revision"
