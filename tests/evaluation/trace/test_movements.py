"""What moved a figure between two releases adds up to the difference, and each movement has its cause."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.trace.movements import CAUSES, NOT_EXPLAINED, movements, prepare
from tests.conftest import examples
from tests.evaluation.trace.marts import QUARTERS, add_mart, fact


def _between(older, newer, *, was=None, now=None):
    connection = duckdb.connect()
    add_mart(connection, "older", older, **(was or {}))
    add_mart(connection, "newer", newer, **(now or {}))
    prepare(connection)
    return connection, movements(connection)


def _causes(found, scope="programme", basis="verified"):
    """By fact: cause and what it moved, in full-time posts."""
    return {
        one.fact_key: (one.cause, float(one.difference / one.exact_per_unit))
        for one in found
        if one.scope == scope and one.basis == basis
    }


OTHER = {"inputs": "others"}
HALF = {"exact_quantity": 15, "exact_claimed_quantity": 15}
DUPLICATE = {"not_counted_reason": "duplicate"}


def test_a_new_a_changed_and_a_removed_fact():
    _, found = _between(
        [fact("kept"), fact("less"), fact("gone")], [fact("kept"), fact("less", **HALF), fact("new")], now=OTHER
    )
    assert _causes(found) == {"less": ("changed", -0.5), "gone": ("removed", -1), "new": ("new", 1)}
    (less,) = [one for one in found if one.fact_key == "less" and (one.scope, one.basis) == ("programme", "verified")]
    assert less.said == "exact_quantity 30.0000 -> 15.0000; exact_claimed_quantity 30.0000 -> 15.0000"
    assert less.source_place == "r.xlsx#Jobs!4"


def test_what_went_to_another_body_left_the_one_and_came_to_the_other():
    _, found = _between([fact("A")], [fact("A", partner_key="CB02")], now=OTHER)
    assert {(one.scope_key, one.cause, int(one.difference)) for one in found if one.basis == "verified"} == {
        ("CB01", "re_attributed", -30), ("CB02", "re_attributed", 30),
    }  # fmt: skip


def test_credit_that_goes_to_another_record():
    older = [fact("A"), fact("B", partner_key="CB02", **DUPLICATE)]
    newer = [fact("A", **DUPLICATE), fact("B", partner_key="CB02")]
    _, found = _between(older, newer, now=OTHER)
    assert _causes(found, "partner") == {"A": ("re_attributed", -1), "B": ("re_attributed", 1)}
    assert _causes(found, "programme") == {}


def test_a_merge_of_organisations():
    older = [fact("A", organisation_key="org_a"), fact("B", organisation_key="org_b")]
    newer = [fact("A", organisation_key="org_a"), fact("B", organisation_key="org_a", **DUPLICATE)]
    keys = {"record a": "org_a", "record b": "org_b"}
    _, found = _between(older, newer, was={"keys": keys}, now=OTHER | {"keys": keys | {"record b": "org_a"}})
    assert _causes(found) == {"B": ("organisation_merge", -1)}


def test_facts_that_are_of_an_organisation_by_their_key_come_and_go_with_a_merge():
    older = [fact("unique:org_a", organisation_key="org_a"), fact("unique:org_b", organisation_key="org_b")]
    keys = {"record a": "org_a", "record b": "org_b"}
    _, found = _between(older, older[:1], was={"keys": keys}, now=OTHER | {"keys": keys | {"record b": "org_a"}})
    assert _causes(found) == {"unique:org_b": ("organisation_merge", -1)}
    # One that went with its record went because of that.
    _, found = _between(older, older[:1], was={"keys": keys}, now=OTHER | {"keys": {"record a": "org_a"}})
    assert _causes(found) == {"unique:org_b": ("removed", -1)}


@pytest.mark.parametrize(
    "now", [{"code": "1.1"}, {"definition_version": "2"}, OTHER | {"definition_version": "2"}, OTHER | {"code": "1.1"}]
)
def test_another_rule(now):
    older, newer = [fact("A"), fact("B")], [fact("A"), fact("B", not_counted_reason="not_permanent")]
    assert _causes(_between(older, newer, now=now)[1]) == {"B": ("rule", -1)}


def test_a_unit_that_is_defined_anew():
    """Twenty hours are two thirds of a post of 30 hours and four sevenths of one of 35."""
    older = [fact("A", exact_quantity=20, exact_claimed_quantity=20)]
    newer = [fact("A", exact_quantity=20, exact_claimed_quantity=20, exact_per_unit=35)]
    _, found = _between(older, newer, now={"code": "1.1"})
    (one,) = [one for one in found if (one.scope, one.basis) == ("programme", "verified")]
    assert (one.cause, one.fact_key, one.said) == ("rule", None, "one unit was 30.0000 and is 35.0000")
    assert float(one.difference / one.exact_per_unit) == pytest.approx(20 / 35 - 20 / 30, abs=1e-5)


def test_what_a_lock_holds_and_whose_day_came():
    older = [fact("A", exact_quantity=15, is_as_locked=True), fact("B", not_counted_reason="in_the_future")]
    assert _causes(_between(older, [fact("A"), fact("B")], now=OTHER)[1]) == {
        "A": ("restatement", 0.5),
        "B": ("time", 1),
    }


def test_a_figure_that_its_facts_do_not_account_for_says_so():
    connection, _ = _between([fact("A")], [fact("A")])
    connection.execute(
        "UPDATE newer.indicator_value SET exact_value = 45 WHERE scope = 'cluster' AND basis = 'verified'"
    )
    (one,) = movements(connection)
    assert (one.cause, one.fact_key, one.difference) == (NOT_EXPLAINED, None, 15)


def test_a_figure_that_is_withheld_moved_by_no_fact():
    connection, _ = _between([fact("A")], [fact("A"), fact("B")], now=OTHER)
    connection.execute("UPDATE newer.indicator_value SET exact_value = NULL, value = NULL WHERE scope = 'partner'")
    assert {one.scope for one in movements(connection)} == {"programme", "cluster", "local_authority"}


_FACTS = st.dictionaries(
    st.sampled_from("ABCDE"),
    st.fixed_dictionaries({
        "indicator_key": st.sampled_from(["jobs_created", "resource_levered"]),
        "period_key": st.sampled_from([*QUARTERS, "2022-23-Q4"]),
        "claimed_period_key": st.sampled_from(QUARTERS),
        "partner_key": st.sampled_from(["CB01", "CB02", None]),
        "cluster_key": st.sampled_from(["creative", "unknown"]),
        "local_authority_code": st.sampled_from(["E08000025", "outside"]),
        "exact_quantity": st.integers(0, 300).map(lambda hours: Decimal(hours) / 10),
        "exact_claimed_quantity": st.integers(0, 300).map(lambda hours: Decimal(hours) / 10),
        "status": st.sampled_from(["verified", "evidenced", "withdrawn"]),
        "not_counted_reason": st.sampled_from([None, None, "duplicate", "in_the_future"]),
        "is_as_locked": st.booleans(),
        "organisation_key": st.sampled_from(["org_a", "org_b"]),
    }),
    max_size=5,
)  # fmt: skip


@given(older=_FACTS, newer=_FACTS, per_unit=st.sampled_from([30, 30, 35]), same_inputs=st.booleans())
@examples(12)
def test_movements_add_up_to_the_difference_in_every_cell(older, newer, per_unit, same_inputs):
    def facts(of, per):
        # A key is of one indicator.
        return [
            fact(
                f"{given['indicator_key']}:{key}",
                exact_per_unit=per if given["indicator_key"] == "jobs_created" else 1,
                **given,
            )
            for key, given in of.items()
        ]

    connection, found = _between(facts(older, 30), facts(newer, per_unit), now={} if same_inputs else OTHER)
    assert {one.cause for one in found} <= CAUSES.keys() - {NOT_EXPLAINED}
    moved = defaultdict(Decimal)
    for one in found:
        moved[one.cell] += one.difference
    units = {"jobs_created": (30, per_unit if newer else 30), "resource_levered": (1, 1)}
    cells = connection.execute(
        "SELECT indicator_key, period_key, scope, scope_key, basis, coalesce(o.exact_value, 0), "
        "coalesce(n.exact_value, 0) FROM older.indicator_value AS o "
        "FULL JOIN newer.indicator_value AS n USING (indicator_key, period_key, scope, scope_key, basis)"
    ).fetchall()
    for *cell, before, after in cells:
        has_jobs = {
            side: any(given["indicator_key"] == "jobs_created" for given in of.values())
            for side, of in (("o", older), ("n", newer))
        }
        was, now = units[cell[0]]
        if cell[0] == "jobs_created" and not has_jobs["n"]:
            now = was
        if cell[0] == "jobs_created" and not has_jobs["o"]:
            was = now
        expected = after - before * now / was
        assert abs(moved[tuple(cell)] - expected) <= Decimal("0.0001") * (was != now)
    assert moved.keys() <= {tuple(cell[:5]) for cell in cells}
