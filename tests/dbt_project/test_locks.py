"""A lock keeps what a body's quarter said; what changes behind it waits for a decision (docs/decisions/0310)."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta

import pytest

from evaluation.trace.facts import Figure, facts_of, total, unexplained, value_of
from tests.dbt_project.lock_world import QUARTERS, World, compiled, fact

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


@pytest.mark.parametrize("let_in", ["approved", "excepted"])
def test_of_two_locked_bodies_none_gains_a_unit_before_the_other_lets_go_of_it(world, let_in):
    """Only the gain is approved, or excepted: the unit goes on counting once, where it was signed off."""
    mine, yours = fact("A1", unit_key="A"), fact("A2", "CB02", Q2, 0, unit_key="A", claimed=1)
    world.night(mine, yours).status("locked").status("locked", "CB02", Q2)
    now = fact("A1", quantity=0, claimed=1, unit_key="A"), fact("A2", "CB02", Q2, 1, unit_key="A")
    if let_in == "excepted":
        world.allow("CB02", Q2).night(*now)
    else:
        world.night(*now).decide("approved", *_keys(world, "A2")).night(*now)
    assert world.figures("programme") == {("programme", "Q1"): 1}
    assert [(key, old, new) for key, _, old, new in world.waiting()] == [("A1", 1, 0), ("A2", 0, 1)]
    world.decide("approved", *_keys(world, "A1")).night(*now)
    assert world.figures() == {("CB02", "Q2"): 1}
    assert world.waiting() == []


def test_the_last_word_on_a_restatement_holds(world):
    world.night(fact("A", quantity=3)).status("locked").night(fact("A", quantity=5))
    world.decide("approved").decide("rejected").night(fact("A", quantity=5))
    assert world.figures() == {("CB01", "Q1"): 3}
    assert world.waiting() == [("A", "amount", 3, 5)]
    world.decide("approved").night(fact("A", quantity=5))
    assert world.figures() == {("CB01", "Q1"): 5}
    assert world.waiting() == []


def test_an_exception_lets_nothing_in_that_was_rejected_by_name(world):
    world.night(fact("A")).status("locked").night(fact("A"), fact("B")).decide("rejected").allow()
    world.night(fact("A"), fact("B"), fact("C"))
    assert world.figures() == {("CB01", "Q1"): 2}
    assert world.rows("SELECT unit_key, state, is_open FROM mart.indicator_restatement ORDER BY 1") == [
        ("B", "rejected", True),
        ("C", "approved", False),
    ]


def test_a_locked_post_is_an_fte_also_when_no_post_is_known_any_more(world):
    world.night(fact("P", quantity=30, indicator="jobs_created", exact_per_unit=30), caps={"org-P": 1}).release()
    world.status("locked").night().release()
    assert world.as_of("as_locked") == {("CB01", "Q1"): 1}
    assert world.rows("SELECT locked_value, known_value FROM mart.indicator_restatement") == [(1, 0)]


def test_what_came_went_and_comes_again_waits_again(world):
    with_b = fact("A"), fact("B")
    world.night(fact("A")).status("locked").night(*with_b).decide().night(*with_b)
    world.night(fact("A")).decide().night(fact("A")).night(*with_b)
    assert world.waiting() == [("B", "late", 0, 1)]
    assert world.figures() == {("CB01", "Q1"): 1}


def _keys(world: World, record: str | None = None) -> list[str]:
    """The restatements that can be decided, of one record or all."""
    named = f"AND source_record_id = '{record}'" if record else ""
    found = world.rows(
        "SELECT restatement_key FROM mart.indicator_restatement "
        f"WHERE is_open AND follows_fact_key IS NULL {named} ORDER BY 1"
    )
    return [key for (key,) in found]


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


def test_a_move_that_is_material_where_it_goes_is_material(world):
    stay = fact("A", quantity=99, status="verified"), fact("B", quarter=Q2, quantity=5, status="verified")
    world.night(*stay, fact("C", status="verified")).status("locked").status("locked", quarter=Q2)
    world.night(*stay, fact("C", quarter=Q2, status="verified"))
    restated = world.rows(
        "SELECT restated_period_key, locked_value, known_value, is_material FROM mart.indicator_restatement"
    )
    assert restated == [(Q1, 100, 99, True)]


def test_the_three_questions_are_answered_on_any_date(world):
    """First reported by the day after the deadline, which is the second day here; locked; known and reported since."""
    world.night(fact("A", quantity=2)).release()
    first = world.now
    world.night(fact("A", quantity=3)).release()
    world.status("locked").night(fact("A", quantity=3)).release()
    locked = world.now
    world.night(fact("A", quantity=7)).release()
    waiting = world.now
    world.decide().night(fact("A", quantity=7)).release()
    world.night(fact("A", quantity=7)).release()
    here = ("CB01", "Q1")
    assert world.as_of("as_reported", first) == {here: 2}
    assert world.as_of("as_locked", first) == {}
    assert world.as_of("as_first_reported") == {here: 3}
    assert world.as_of("as_locked", locked) == world.as_of("as_locked") == {here: 3}
    assert (world.as_of("as_reported", waiting), world.as_of("as_known", waiting)) == ({here: 3}, {here: 7})
    assert world.as_of("as_reported") == world.as_of("as_known") == world.figures() == {here: 7}
    assert world.as_of("as_reported", scope="programme") == {("programme", "Q1"): 7}
    # What changed is kept, not what stayed.
    assert world.rows("SELECT count(*) FROM staging.stg_office__published_figure WHERE scope = 'partner'") == [(14,)]


def test_what_was_not_there_at_the_deadline_was_first_reported_as_nothing(world):
    """A late fact moves no first figure, not when it waits behind a lock nor when it is approved."""
    for _ in range(4):
        world.night(fact("A")).release()
    world.status("locked")
    for _ in range(3):
        world.night(fact("A"), fact("B", "CB02")).release()
        assert world.as_of("as_first_reported") == {("CB01", "Q1"): 1}
        assert world.as_of("as_known") == {("CB01", "Q1"): 1, ("CB02", "Q1"): 1}
        world.decide()


def test_a_home_that_begins_after_the_deadline_first_reports_what_its_first_release_says(world):
    world.now += timedelta(days=20)
    world.night(fact("A", quantity=2)).release().night(fact("A", quantity=3), fact("B", "CB02")).release()
    assert world.as_of("as_first_reported") == {("CB01", "Q1"): 2}
    assert world.as_of("as_reported") == {("CB01", "Q1"): 3, ("CB02", "Q1"): 1}


def test_a_figure_opens_to_its_facts_as_reported_as_known_and_as_locked(world):
    world.night(fact("A"), fact("B", "CB02")).release().status("locked")
    world.night(fact("A", quantity=3), fact("B", "CB02"), fact("C", "CB02")).release()
    mart = world.mart()

    def opened(view, **of):
        figure = Figure("pilots_funded", periods=(Q1,), view=view, **of)
        found = facts_of(mart, figure)
        assert total(found) == value_of(mart, figure)
        return {one.fact_key.partition(":")[2]: int(one.exact_quantity) for one in found}

    assert opened("as_reported") == {"A": 1, "B": 1, "C": 1}
    assert opened("as_known", basis="claimed") == {"A": 3, "B": 1, "C": 1}
    assert opened("as_locked") == {"A": 1}
    assert opened("as_locked", scope="partner", scope_key="CB02") == {}


def test_a_figure_that_is_not_the_sum_of_its_facts_is_found_in_each_view(world):
    world.night(fact("A")).release().status("locked").night(fact("A")).release()
    world.db.execute("UPDATE mart.indicator_value SET exact_value = 2 WHERE scope = 'cluster' AND exact_value = 1")
    world.db.execute("DELETE FROM mart.indicator_fact_locked")
    odd = {(figure.view, figure.scope, said, summed) for figure, said, summed in unexplained(world.mart())}
    assert ("as_reported", "cluster", 2, 1) in odd
    assert ("as_locked", "programme", 1, 0) in odd
    assert not [view for view, *_ in odd if view == "as_known"]


def _returned(random_of: random.Random) -> list[dict]:
    """Six units, each returned by one body or both, at some quarter; one of them has the credit."""
    facts = []
    for unit in "ABCDEF":
        claims = []
        for body in ("CB01", "CB02"):
            if random_of.random() < 0.7:
                quarter = random_of.choice(QUARTERS)
                claimed = random_of.choice(QUARTERS[: QUARTERS.index(quarter) + 1])
                claims.append((quarter, body, claimed, random_of.random() < 0.75))
        credited = min((claim for claim in claims if claim[3]), default=None)
        facts += [
            fact(
                f"{unit}-{claim[1]}", claim[1], claim[0], int(claim is credited), claimed=1, claimed_quarter=claim[2],
                unit_key=unit, cluster_key=random_of.choice(["creative", "aerospace"]),
            )
            for claim in claims
        ]  # fmt: skip
    return facts


def _sums(facts: list[dict]) -> dict[str, dict[tuple[str, str], float]]:
    """What is known, by hand."""
    found: dict = {"verified": defaultdict(float), "claimed": defaultdict(float)}
    for one in facts:
        for basis, quarter in (("verified", one["period_key"]), ("claimed", one["claimed_period_key"])):
            for key in (one["partner_key"], one["cluster_key"], one["local_authority_code"], "programme"):
                found[basis][(key, quarter[-2:])] += float(one[f"{basis}_amount"])
    return {basis: {cell: value for cell, value in cells.items() if value} for basis, cells in found.items()}


SCOPES = ("partner", "cluster", "local_authority", "programme")


def _all_scopes(figures, **given) -> dict[tuple[str, str], float]:
    return {cell: value for scope in SCOPES for cell, value in figures(scope=scope, **given).items()}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_all_three_views_are_the_truth(sql, seed):
    """Returns change every night; quarters are locked, opened, restated: in every cell and on both bases."""
    random_of, world = random.Random(seed), World(sql)
    locks: dict[tuple[str, str], dict[str, float]] = {}
    approved: set[tuple[str, str]] = set()
    facts = _returned(random_of)
    for _ in range(7):
        world.night(*facts).release()
        assert unexplained(world.mart()) == []
        known = _sums(facts)
        for basis in ("verified", "claimed"):
            assert _all_scopes(lambda scope, b=basis: world.as_of("as_known", scope=scope, basis=b)) == known[basis]
            reported = _all_scopes(world.figures, basis=basis)
            assert reported == _all_scopes(lambda scope, b=basis: world.as_of("as_reported", scope=scope, basis=b))
            assert _with_what_waits(world, reported, basis) == known[basis]
            for (body, quarter), was in locks.items():
                assert world.as_of("as_locked", basis=basis).get((body, quarter), 0) == was[basis]
                if (body, quarter) not in approved:
                    assert reported.get((body, quarter), 0) == was[basis]
        assert (
            world.rows(
                "SELECT unit_key FROM mart.indicator_fact WHERE is_counted GROUP BY unit_key HAVING count(*) > 1"
            )
            == []
        )
        assert _more_than_claimed(world) == []
        act = random_of.choice(("lock", "lock", "unlock", "approve", "reject", "nothing"))
        free = [(body, q) for body in ("CB01", "CB02") for q in QUARTERS if (body, q[-2:]) not in locks]
        if act == "lock" and free:
            body, quarter = random_of.choice(free)
            cell = (body, quarter[-2:])
            locks[cell] = {basis: world.figures(basis=basis).get(cell, 0) for basis in ("verified", "claimed")}
            approved.discard(cell)
            world.status("locked", body, quarter)
        elif act == "unlock" and locks:
            body, quarter = random_of.choice(sorted(locks))
            del locks[body, quarter]
            world.status("accepted", body, f"2023-24-{quarter}")
        elif act in {"approve", "reject"}:
            # Any part of what waits: a gain may be approved before the loss, or while that is rejected.
            some = [key for key in _keys(world) if random_of.random() < 0.5]
            if some:
                world.decide("approved" if act == "approve" else "rejected", *some)
                approved |= set(locks) if act == "approve" else set()
        if random_of.random() < 0.8:
            changed = {one["fact_key"]: one for one in _returned(random_of)}
            units = set(random_of.sample("ABCDEF", 2))
            facts = [one for one in facts if one["unit_key"] not in units]
            facts += [one for one in changed.values() if one["unit_key"] in units]
    # Everything approved, what is reported is what is known.
    for _ in range(3):
        world.night(*facts).decide()
    world.night(*facts)
    assert world.waiting() == []
    assert _all_scopes(world.figures) == _sums(facts)["verified"]


def _with_what_waits(world: World, reported: dict, basis: str) -> dict:
    """The figures with every open restatement taken from its old cell to its new one."""
    quantity, quarter = {
        "verified": ("exact_quantity", "period_key"),
        "claimed": ("exact_claimed_quantity", "claimed_period_key"),
    }[basis]
    found = defaultdict(float, reported)
    for side, sign in (("old", -1), ("new", 1)):
        for row in world.rows(
            f"SELECT {side}_partner_key, {side}_cluster_key, {side}_local_authority_code, 'programme', "
            f"{side}_{quarter}, {side}_{quantity} FROM mart.indicator_restatement WHERE is_open"
        ):
            for key in row[:4]:
                found[(key, row[4][-2:])] += sign * float(row[5])
    return {cell: value for cell, value in found.items() if value}


def _more_than_claimed(world: World) -> list[tuple]:
    return world.rows(
        "SELECT scope_key, period_key FROM mart.indicator_value AS v JOIN mart.indicator_value AS c "
        "USING (indicator_key, period_key, scope, scope_key) WHERE v.scope = 'partner' AND v.basis = 'verified' "
        "AND c.basis = 'claimed' AND v.exact_cumulative_value > c.exact_cumulative_value"
    )


def test_a_restatement_says_which_merge_of_organisations_it_comes_from(world):
    """Two firms, each counted in a locked quarter, turn out to be one: one of the two facts is a duplicate then."""
    a, b = fact("a"), fact("b")
    world.organisation_event("org-z", "org-a", reason="record_changed")
    world.night(a, b, fact("c")).status("locked")
    world.organisation_event("org-b", "org-a")
    world.night(a, fact("b", quantity=0, organisation_key="org-a", unit_key="a"), fact("c", quantity=0))
    assert world.rows(
        "SELECT fact_key, change, organisation_event_key, organisation_change, organisation_change_reason "
        "FROM mart.indicator_restatement ORDER BY 1"
    ) == [
        ("pilots_funded:b", "amount", "E-org-b-org-a", "merged", "record_new"),
        ("pilots_funded:c", "amount", None, None, None),
    ]
    world.decide().night(a, fact("b", quantity=0, organisation_key="org-a", unit_key="a"), fact("c", quantity=0))
    assert world.rows(
        "SELECT fact_key, organisation_change FROM mart.indicator_restatement WHERE state = 'approved' ORDER BY 1"
    ) == [("pilots_funded:b", "merged"), ("pilots_funded:c", None)], "what was decided keeps its reason"


def test_a_collaboration_whose_member_merged_says_so(world):
    world.db.execute("INSERT INTO intermediate.int_fact__new_collaborations VALUES ('pilots_funded:a', 'K')")
    world.db.execute("INSERT INTO intermediate.int_collaboration__member VALUES ('K', 'org-n')")
    world.night(fact("a", organisation_key=None)).status("locked")
    world.organisation_event("org-m", "org-n", reason="decision")
    world.night(fact("a", quantity=0, organisation_key=None))
    assert world.rows("SELECT organisation_change, organisation_change_reason FROM mart.indicator_restatement") == [
        ("merged", "decision")
    ]


def test_a_locked_fact_that_is_gone_stands_under_the_key_its_organisation_goes_on_under(world):
    world._fill("intermediate.int_organisation__resolved", [{"organisation_key": "org-x"}])
    world.night(fact("a")).status("locked").organisation_event("org-a", "org-x").night()
    assert world.rows("SELECT organisation_key FROM mart.indicator_fact") == [("org-x",)]
