"""When a restatement is material: 5% or more, or one unit or more of a figure below 20 (rule R12)."""

from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.restatement import LockedRestatement, Restatement, read_locked_restatements, read_restatements


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


_LOCKED = """
    CREATE TABLE dim_indicator AS FROM (VALUES ('businesses_assisted', 'H4', true), ('pilots_funded', 'H1', true))
        AS t (indicator_key, indicator_code, is_headline);
    CREATE TABLE indicator_restatement AS
    SELECT indicator_key, 'CB01' AS restated_partner_key, '2024-25-Q1' AS restated_period_key, 2.0 AS locked_value,
        3.0 AS known_value, true AS is_open, 'pending' AS state, 'revision' AS cause, true AS is_material
    FROM dim_indicator;
"""


def _restated(*, is_public: bool) -> dict[str, LockedRestatement]:
    with duckdb.connect() as mart, duckdb.connect() as public:
        mart.execute(_LOCKED)
        public.execute("""
            CREATE TABLE disclosure_rule AS FROM (VALUES
                ('pilots_funded', 'partner', 'quarter', 'awards are announced'),
                ('businesses_assisted', 'partner', 'year', NULL)
            ) AS t (indicator_key, scope, resolution, open_because);
        """)
        found = read_restatements(mart, None, public if is_public else None).locked
    return {one.indicator_key: one for one in found}


def test_a_pack_tells_no_small_count_of_a_locked_quarter():
    """Two businesses locked and three known: one business. That it changed is told, by how much is not."""
    found = _restated(is_public=True)
    hidden, shown = found["businesses_assisted"], found["pilots_funded"]
    assert (hidden.locked, hidden.known, hidden.difference, hidden.standing) == (None, None, None, "waiting")
    assert (shown.locked, shown.known, shown.difference, shown.standing) == (2, 3, 1, "1 waiting")


def test_without_a_public_mart_a_pack_shows_no_locked_figure_of_a_body():
    assert {one.difference for one in _restated(is_public=False).values()} == {None}


@pytest.mark.parametrize("withheld_in", ["before", "now", "both"])
def test_a_figure_that_one_of_the_releases_withholds_is_said_to_be_not_compared(withheld_in):
    """Else a quarter that was withheld for a night, and restated meanwhile, would pass for unchanged."""
    with duckdb.connect() as before, duckdb.connect() as now:
        for mart, name in ((before, "before"), (now, "now")):
            mart.execute("""
                CREATE TABLE release_info AS SELECT 'R1' AS release_id;
                CREATE TABLE dim_indicator AS FROM (VALUES ('jobs_created', 'H5', true))
                    AS t (indicator_key, indicator_code, is_headline);
                CREATE TABLE dim_period AS FROM (VALUES ('2024-25-Q1', 'closed'), ('2024-25-Q2', 'closed'))
                    AS t (period_key, status);
            """)
            mart.execute(
                "CREATE TABLE indicator_value AS SELECT indicator_key, period_key, 'programme' AS scope, "
                "'verified' AS basis, CASE WHEN period_key <> '2024-25-Q1' OR NOT $withheld THEN $value END AS value "
                "FROM dim_indicator, dim_period",
                {"withheld": withheld_in in {name, "both"}, "value": 4 if name == "now" else 3},
            )
        found = read_restatements(now, before)
    assert [change.period_key for change in found.changes] == ["2024-25-Q2"]
    assert found.withheld == (("jobs_created", ("2024-25-Q1",)),)
