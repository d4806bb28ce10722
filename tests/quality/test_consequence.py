"""What a failed rule keeps back, and what a waiver lets stand."""

from __future__ import annotations

from datetime import date

import pytest

from quality.consequence import Failure, Scope, UnknownScope, Waiver, consequences, parse_scope

HANGS_ON = {
    "fct_job": ["jobs_created"],
    "fct_event": ["event_attendees", "unique_people"],
    "indicator_fact": ["event_attendees", "jobs_created", "resource_levered", "unique_people"],
}


def scopes(grain, table, *about, waivers=()):
    failure = Failure("the_rule", "It does not hold", grain, (table,), tuple(about))
    return [str(found.scope) for found in consequences([failure], HANGS_ON, waivers)]


@pytest.mark.parametrize(
    ("grain", "table", "about", "expected"),
    [
        ("release", "fct_job", [], ["release"]),
        (None, "fct_job", [], ["indicator:jobs_created"]),
        (None, "fct_event", [], ["indicator:event_attendees", "indicator:unique_people"]),
        # All indicators is the whole release, and so is a table of which nothing is known.
        (None, "indicator_fact", [], ["release"]),
        (None, "source_run", [], ["release"]),
        ("indicator", "indicator_fact", [Scope("jobs_created")], ["indicator:jobs_created"]),
        ("indicator", "indicator_fact", [Scope("jobs_created", period_key="Q1")], ["indicator:jobs_created period:Q1"]),
        # A row that names no indicator is about all that hang on the table.
        ("indicator", "indicator_fact", [Scope(period_key="Q1")], ["release"]),
        ("indicator", "fct_job", [Scope(period_key="Q1")], ["indicator:jobs_created period:Q1"]),
        ("partner", "return_expected", [Scope("", "CB01", "Q1")], ["partner:CB01 period:Q1"]),
        ("partner", "fct_job", [Scope("", "CB01", "Q1")], ["indicator:jobs_created partner:CB01 period:Q1"]),
        ("partner", "return_expected", [Scope()], ["release"]),
        ("breakdown", "indicator_value", [Scope("jobs_created", breakdown="cluster")],
            ["indicator:jobs_created breakdown:cluster"]),
    ],
)  # fmt: skip
def test_a_rule_keeps_back_what_it_protects_and_all_where_that_is_not_known(grain, table, about, expected):
    assert scopes(grain, table, *about) == expected


def test_a_waiver_covers_what_is_within_its_scope_and_no_other_rule():
    missing = (Scope("", "CB01", "Q1"), Scope("", "CB02", "Q1"))
    failures = [Failure(name, "no return", "partner", ("return_expected",), missing) for name in ("returned", "other")]
    waiver = Waiver("returned", Scope(partner_key="CB01"), "programme manager", date(2025, 9, 30), "merged")
    found = consequences(failures, HANGS_ON, [waiver])
    assert [(one.rule_id, one.scope.partner_key, one.status) for one in found] == [
        ("returned", "CB01", "waived"),
        ("returned", "CB02", "withheld"),
        ("other", "CB01", "withheld"),
        ("other", "CB02", "withheld"),
    ]
    assert found[0].reason == "no return (waived by the programme manager until 2025-09-30: merged)"


def test_a_release_is_blocked_unless_it_is_waived_as_a_whole():
    failure = Failure("the_rule", "It does not hold", "release", ("dim_person",))
    for scope, blocks in ((Scope("jobs_created"), True), (Scope(), False)):
        waiver = Waiver("the_rule", scope, "programme manager", date(2025, 9, 30), "known")
        (found,) = consequences([failure], HANGS_ON, [waiver])
        assert found.blocks_release is blocks


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("release", Scope()),
        ("indicator:jobs_created", Scope("jobs_created")),
        ("CB01:2024-25-Q1", Scope("", "CB01", "2024-25-Q1")),
        ("partner:CB01 period:2024-25-Q1", Scope("", "CB01", "2024-25-Q1")),
        ("indicator:jobs_created breakdown:cluster", Scope("jobs_created", breakdown="cluster")),
    ],
)
def test_a_scope_is_read_as_it_is_written(text, scope):
    assert parse_scope(text) == scope
    assert parse_scope(str(scope)) == scope


@pytest.mark.parametrize(
    "text", ["", "jobs", "partner:", "CB01:Q1 more", "partner:A partner:B", "body:CB01 period:Q1", "a:b:c"]
)
def test_a_text_that_names_no_scope_says_how_one_is_written(text):
    with pytest.raises(UnknownScope, match="write release, or one or several of indicator"):
        parse_scope(text)
