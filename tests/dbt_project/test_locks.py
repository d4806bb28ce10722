"""A lock keeps what a body's quarter said; what changes behind it waits for a decision (docs/decisions/0310)."""

from __future__ import annotations

import pytest

from tests.dbt_project.lock_world import World, compiled, fact

Q1, Q2, Q3 = "2023-24-Q1", "2023-24-Q2", "2023-24-Q3"


@pytest.fixture(scope="module")
def sql(manifest, tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("locks"))


@pytest.fixture
def world(sql):
    return World(sql)


def test_without_a_lock_what_is_reported_is_what_is_known(world):
    world.night(fact("A"), fact("B", "CB02", Q2), fact("C", quantity=0))
    assert world.figures() == {("CB01", "Q1"): 1, ("CB02", "Q2"): 1}
    assert world.figures(basis="claimed") == {("CB01", "Q1"): 1, ("CB02", "Q2"): 1}
    assert world.rows("SELECT count(*) FROM mart.indicator_fact WHERE is_as_locked") == [(0,)]
    assert world.rows("SELECT count(*) FROM mart.indicator_restatement") == [(0,)]


def test_a_lock_alone_changes_nothing(world):
    facts = fact("A"), fact("B", "CB02", Q2), fact("C", quantity=0, claimed=1)
    before = world.night(*facts).rows("SELECT * FROM mart.indicator_fact ORDER BY fact_key")
    world.status("locked").night(*facts)
    assert world.rows("SELECT * FROM mart.indicator_fact ORDER BY fact_key") == before
    assert world.waiting() == []


def test_a_late_fact_waits_and_counts_once_it_is_approved(world):
    world.night(fact("A")).status("locked").night(fact("A"), fact("B"))
    assert world.figures() == {("CB01", "Q1"): 1}
    assert world.figures("programme") == {("programme", "Q1"): 1}
    assert world.waiting() == [("B", "late", 0, 1)]
    assert world.rows("SELECT is_counted, not_counted_reason FROM mart.indicator_fact WHERE unit_key = 'B'") == [
        (False, "awaits_restatement")
    ]
    world.decide().night(fact("A"), fact("B"))
    assert world.figures() == {("CB01", "Q1"): 2}
    assert world.waiting() == []
    assert world.rows("SELECT state, is_open FROM mart.indicator_restatement") == [("approved", False)]


def test_what_is_gone_stands_as_it_was_locked(world):
    world.night(fact("A", quantity=3)).status("locked").night()
    assert world.figures() == {("CB01", "Q1"): 3}
    assert world.figures("local_authority") == {("E08000025", "Q1"): 3}
    assert world.waiting() == [("A", "gone", 3, 0)]
    world.decide().night()
    assert world.figures() == {}
    # Returned again, it is late.
    world.night(fact("A", quantity=3))
    assert world.waiting() == [("A", "late", 0, 3)]


def test_a_rejected_change_goes_on_being_known(world):
    world.night(fact("A", quantity=3)).status("locked").night(fact("A", quantity=5)).decide("rejected")
    world.night(fact("A", quantity=5))
    assert world.figures() == {("CB01", "Q1"): 3}
    assert world.rows("SELECT state, is_open, old_value, new_value FROM mart.indicator_restatement") == [
        ("rejected", True, 3, 5)
    ]
    # What changes once more is another restatement.
    world.night(fact("A", quantity=6))
    assert world.waiting() == [("A", "amount", 3, 6)]


def test_what_moves_out_of_a_locked_quarter_counts_nowhere_twice(world):
    world.night(fact("A")).status("locked").night(fact("A", quarter=Q2))
    assert world.figures() == {("CB01", "Q1"): 1}
    assert world.waiting() == [("A", "moved", 1, 1)]
    world.decide().night(fact("A", quarter=Q2))
    assert world.figures() == {("CB01", "Q2"): 1}
    # It is in nobody's hands there: it moves on freely.
    world.night(fact("A", quarter=Q3))
    assert world.figures() == {("CB01", "Q3"): 1}


def test_another_body_has_the_credit_only_when_the_lock_lets_go_of_it(world):
    """One unit counts once in the programme, though one body is locked and the other is not."""
    mine, yours = fact("A1", unit_key="A"), fact("A2", "CB02", Q2, 0, unit_key="A", claimed=1)
    world.night(mine, yours).status("locked")
    lost = fact("A1", quantity=0, claimed=1, unit_key="A")
    won = fact("A2", "CB02", Q2, 1, unit_key="A")
    world.night(lost, won)
    assert world.figures("programme") == {("programme", "Q1"): 1}
    assert world.waiting() == [("A1", "amount", 1, 0), ("A2", "credit_held", 0, 1)]
    # The claims of both stand: what is claimed is not counted once.
    assert world.figures(basis="claimed") == {("CB01", "Q1"): 1, ("CB02", "Q2"): 1}
    world.decide().night(lost, won)
    assert world.figures() == {("CB02", "Q2"): 1}
    assert world.waiting() == []


def test_two_locked_businesses_that_turn_out_to_be_one_are_a_restatement(world):
    one, two = fact("A"), fact("B", "CB02", Q2)
    world.night(one, two).status("locked").status("locked", "CB02", Q2)
    world.night(fact("A", unit_key="AB"), fact("B", "CB02", Q2, 0, claimed=1, unit_key="AB"))
    assert world.figures("programme") == {("programme", "Q1"): 1, ("programme", "Q2"): 1}
    assert world.waiting() == [("B", "amount", 1, 0)]


def test_a_claim_that_is_verified_later_is_no_restatement(world):
    """A business is claimed in its first quarter and assisted in a later one: that quarter is not locked."""
    world.night(fact("A", quantity=0, claimed=1)).status("locked")
    world.night(fact("A", quarter=Q2, claimed_quarter=Q1))
    assert world.waiting() == []
    assert world.figures() == {("CB01", "Q2"): 1}
    assert world.figures(basis="claimed") == {("CB01", "Q1"): 1}


def test_evidence_that_comes_late_waits_while_the_claim_stands(world):
    world.night(fact("A", quantity=0, claimed=1)).status("locked").night(fact("A"))
    assert world.waiting() == [("A", "amount", 0, 1)]
    assert world.figures() == {}
    assert world.figures(basis="claimed") == {("CB01", "Q1"): 1}


def test_posts_wait_while_a_locked_post_takes_the_cap(world):
    def post(key, hours, quarter):
        return fact(
            key, quarter=quarter, quantity=hours, claimed=30, indicator="jobs_created", organisation_key="org",
            exact_per_unit=30,
        )  # fmt: skip

    first = post("P1", 30, Q1)
    world.night(first, caps={"org": 2}).status("locked")
    # The locked post is gone; two others would take both places of the business.
    world.night(post("P2", 30, Q2), post("P3", 30, Q3), caps={"org": 2})
    assert world.figures(indicator="jobs_created") == {("CB01", "Q1"): 1, ("CB01", "Q2"): 1}
    assert world.waiting() == [("P1", "gone", 1, 0), ("P3", "credit_held", 0, 1)]
    world.decide().night(post("P2", 30, Q2), post("P3", 30, Q3), caps={"org": 2})
    assert world.figures(indicator="jobs_created") == {("CB01", "Q2"): 1, ("CB01", "Q3"): 1}


def test_an_exception_is_narrow_and_what_it_let_in_waits_when_it_is_over_and_undecided(world):
    world.night(fact("A")).status("locked").allow()
    world.night(fact("A"), fact("B"), fact("J", indicator="jobs_created"))
    assert world.figures() == {("CB01", "Q1"): 2}
    assert world.figures(indicator="jobs_created") == {}
    assert world.rows(
        "SELECT unit_key, state, is_open, approved_by_role FROM mart.indicator_restatement ORDER BY 1"
    ) == [
        ("B", "approved", False, "manager"),
        ("J", "pending", True, None),
    ]


def test_unlocked_everything_is_as_known_and_a_new_lock_begins_anew(world):
    world.night(fact("A")).status("locked").night(fact("B")).status("accepted").night(fact("B"))
    assert world.figures() == {("CB01", "Q1"): 1}
    assert world.waiting() == []
    world.status("locked").night(fact("A"), fact("B"))
    assert world.waiting() == [("A", "late", 0, 1)]


def test_what_no_body_returned_is_locked_by_itself(world):
    world.night(fact("G", None)).status("locked", "PROGRAMME").night()
    assert world.figures("programme") == {("programme", "Q1"): 1}
    assert world.waiting() == [("G", "gone", 1, 0)]


def test_another_cluster_of_a_locked_fact_is_a_restatement(world):
    world.night(fact("A")).status("locked").night(fact("A", cluster_key="aerospace"))
    assert world.figures("cluster") == {("creative", "Q1"): 1}
    assert world.waiting() == [("A", "moved", 1, 1)]


@pytest.mark.parametrize(
    ("locked", "known", "material"),
    [(100, 104, False), (100, 105, True), (10, 10.5, False), (10, 11, True), (0, 1, True)],
)
def test_what_is_material_follows_rule_12(world, locked, known, material):
    world.night(fact("A", quantity=locked, status="verified")).status("locked")
    world.night(fact("A", quantity=known, status="verified"))
    assert world.rows("SELECT is_material FROM mart.indicator_restatement") == [(material,)]
