"""What joins two mentions, what forbids it, and what people are asked."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from identity import scoring
from identity.evidence import thresholds
from identity.links import DECISION_SCHEMA, PLACE_SCHEMA, Registers, State
from identity.matching import match
from identity.scoring import COMPARISONS, MODEL
from tests.identity import mentions as written

ACME = {"name": "Ackworth Turbines Ltd", "postcode": "B1 1AA"}
BOTH = {frozenset({"0", "1"})}

ONE_ORGANISATION = {
    "accents and legal form": [ACME | {"name": "Müller Café Ltd"}, ACME | {"name": "MULLER CAFE"}],
    "a trading name given once": [
        ACME | {"name": "Ackworth Turbines Ltd t/a Bellfield Rotors"},
        ACME | {"name": "Bellfield Rotors"},
    ],
    "a plural and another order": [ACME | {"name": "Storybook Dads"}, ACME | {"name": "Dad Storybook"}],
    "moved within the town": [ACME, ACME | {"postcode": "B29 4PY"}],
    "no place, a name that nobody else has": [ACME, {"name": "ackworth turbines"}],
    "a word of what kind of body it is": [
        ACME | {"name": "Ackworth Hospice"},
        ACME | {"name": "Ackworth Hospice Trust"},
    ],
    "initials beside the words": [
        ACME | {"name": "Bail for Immigration Detainees (BID)"},
        ACME | {"name": "Bail for Immigration Detainees"},
    ],
    "a letter mistyped at one address": [ACME, ACME | {"name": "Ackwerth Turbines Ltd"}],
    "one number, renamed at its address": [
        ACME | {"company_number": "01234567"},
        ACME | {"name": "Zephyr Dynamics Ltd", "company_number": "01234567"},
    ],
}
FOR_PEOPLE = {
    "one number, another name in another place": [
        ACME | {"company_number": "01234567"},
        {"name": "Zephyr Hotels Ltd", "postcode": "M1 1AA", "company_number": "01234567"},
    ],
    "one number, another name and domain, no place": [
        ACME | {"company_number": "01234567", "domain": "ackworth.example"},
        {"name": "Zephyr Hotels Ltd", "domain": "zephyr.example", "company_number": "01234567"},
    ],
    "one charity number, two company numbers": [
        ACME | {"charity_number": "1091263", "company_number": "01234567"},
        ACME | {"charity_number": "1091263", "company_number": "07654321"},
    ],
    "a charity under a new number": [ACME | {"charity_number": "1091263"}, ACME | {"charity_number": "1177990"}],
    "one name, two towns": [
        {"name": "Youth Project", "postcode": "NW10 8LB"},
        {"name": "Youth Project", "postcode": "HU6 9BX"},
    ],
    "a digit mistyped, without a register": [
        ACME | {"company_number": "01234567"},
        ACME | {"company_number": "01234568"},
    ],
    "a firm of the same group": [ACME, ACME | {"name": "Ackworth Turbines Holdings Ltd"}],
    "a branch in another place": [ACME, ACME | {"name": "Ackworth Turbines (Midlands) Ltd"}],
    "a council and a federation": [
        {"name": "Croxteth & Gillmoss Community Federation", "postcode": "L11 0BL"},
        {"name": "Croxteth and Gillmoss Community Council", "postcode": "L11 6LG"},
    ],
    "a word said twice": [
        ACME | {"name": "Ackworth Glass & Glass Ltd"},
        {"name": "Ackworth Glass Ltd", "postcode": "CV1 1AA"},
    ],
    "the same words in another order at another domain": [
        {"name": "Oak Plastics & Forge Ltd", "domain": "oak-plastics.example"},
        {"name": "Oak Forge & Plastics Ltd", "domain": "oak-forge.example"},
    ],
    "a trading name alone with a firm at one address": [
        ACME | {"company_number": "01234567"},
        ACME | {"name": "Maple Instruments"},
    ],
    "numbers in names": [ACME | {"name": "Ackworth Studio 4"}, ACME | {"name": "Ackworth Studio 5"}],
    "neighbours in one building": [ACME, ACME | {"name": "Bellfield Rotors Ltd"}],
}


def mentions(*rows: dict[str, str]) -> pa.Table:
    return written.mentions({"source_record_id": str(number), **row} for number, row in enumerate(rows))


def decided(one: str, other: str, decision: str) -> pa.Table:
    row = dict(zip(DECISION_SCHEMA.names, ("returns", one, "returns", other, decision), strict=True))
    return pa.Table.from_pylist([row], schema=DECISION_SCHEMA)


def joined(*rows: dict[str, str], **more: pa.Table) -> set[frozenset[str]]:
    """The records of each organisation, of those with more than one."""
    found = mentions(*rows)
    of: dict[int, set[str]] = {}
    for record, component in written.components_of(found, match(found, **more)).items():
        of.setdefault(component, set()).add(record)
    return {frozenset(records) for records in of.values() if len(records) > 1}


def states(*rows: dict[str, str], **more: pa.Table) -> set[State]:
    return {State(state) for state in match(mentions(*rows), **more).column("state").to_pylist()}


@pytest.mark.parametrize("rows", ONE_ORGANISATION.values(), ids=ONE_ORGANISATION)
def test_is_one_organisation(rows):
    assert joined(*rows) == BOTH


@pytest.mark.parametrize("rows", FOR_PEOPLE.values(), ids=FOR_PEOPLE)
def test_is_not_joined(rows):
    assert joined(*rows) == set()


def test_a_number_in_the_wrong_row_joins_no_two_firms_by_way_of_its_domain():
    rows = [
        *FOR_PEOPLE["one number, another name and domain, no place"],
        {"name": "Zephyr Hotels", "postcode": "M1 1AA"},
    ]
    rows[2]["domain"] = "zephyr.example"
    assert joined(*rows) == {frozenset({"1", "2"})}


def test_a_number_in_the_wrong_row_without_a_place_joins_no_two_firms():
    """Nothing of the row itself speaks against its number: what else is known of the firm does."""
    number = {"company_number": "01234567"}
    rows = [ACME | number, {"name": "Zephyr Hotels Ltd"} | number, {"name": "Zephyr Hotels", "postcode": "M1 1AA"}]
    assert joined(*rows) == {frozenset({"1", "2"})}
    assert State.REVIEW in states(*rows)
    assert joined(rows[0], rows[1]) == BOTH, "a firm renamed, of which nothing else is said"


def test_a_domain_that_a_third_firm_shares_says_nothing_for_a_number_in_the_wrong_row():
    number, incubator = {"company_number": "01234567"}, {"domain": "incubator.example"}
    rows = [
        ACME | number | incubator,
        {"name": "Zephyr Hotels Ltd"} | number | incubator,
        {"name": "Zephyr Hotels", "postcode": "M1 1AA"},
    ]
    own = joined(*rows)
    shared = joined(*rows, {"name": "Quill Bakery", "postcode": "LS1 1AA"} | incubator)
    assert own == {frozenset({"0", "1", "2"})}, "a domain of its own: two names of one firm"
    assert shared == {frozenset({"1", "2"})}


def test_neighbours_are_asked_about_only_where_two_are_alone_and_one_is_known():
    bare = ACME | {"name": "Maple Instruments"}
    assert states(ACME | {"company_number": "01234567"}, bare) == {State.REVIEW}
    assert states(ACME, bare) == set(), "neither has anything that tells it from a neighbour"
    third = ACME | {"name": "Quill Bakery", "domain": "quill.example"}
    assert states(ACME | {"company_number": "01234567"}, bare, third) == set()


def test_a_charity_and_the_company_that_its_register_says_it_is_are_one():
    rows = [
        {"name": "Ackworth Hospice Trading", "postcode": "B1 1AA", "company_number": "01234567"},
        {"name": "St Oswin's", "postcode": "CV1 1AA", "charity_number": "1091263"},
    ]
    assert joined(*rows) == set()
    said = {"charity_number": "1091263", "company_number": "01234567", "postcode": "B1 1AA"}
    known = written.charity_register(
        said | {"name": "Ackworth Hospice Trading"}, said | {"name": "St Oswin's Hospice", "is_previous": True}
    )
    assert joined(*rows) == set() == joined(*rows, registers=written.charity_register())
    rows[1]["name"] = "St Oswin's Hospice"
    assert joined(*rows) == set()
    assert joined(*rows, registers=known) == BOTH


def test_how_near_two_places_are_is_told_by_the_directory_where_it_knows_both():
    """Two sides of a boundary of postal areas, a walk apart."""
    rows = [
        {"name": "Ackworth Hospice", "postcode": "B70 8AJ"},
        {"name": "Ackworth Hospice Trust", "postcode": "WS10 0AA"},
    ]
    assert joined(*rows) == set()

    def places(*northings: int) -> Registers:
        postcodes = ("B70 8AJ", "WS10 0AA")
        return Registers(places=pa.table([postcodes, [400_000] * 2, northings], schema=PLACE_SCHEMA))

    assert joined(*rows, registers=places(294_000, 294_800)) == BOTH
    assert joined(*rows, registers=places(294_000, 394_800)) == set()


def test_one_charity_number_of_two_companies_waits_for_people():
    """Two tenants often bear the number of their landlord; a veto alone would say it to nobody."""
    shared = {"charity_number": "1091263"}
    rows = [ACME | shared | {"company_number": "01234567"}, ACME | shared | {"company_number": "07654321"}]
    assert states(*rows) == {State.REVIEW}
    chained = [ACME | {"company_number": "01234567"}, ACME | shared, rows[1]]
    assert not any({"0", "2"} <= group for group in joined(*chained))


def test_a_number_in_the_wrong_row_waits_for_people_and_says_why():
    """The one wrong register number of a real file joined two organisations a hundred miles apart."""
    (link,) = match(mentions(*FOR_PEOPLE["one number, another name in another place"])).to_pylist()
    assert (link["state"], link["match_method"]) == (State.REVIEW, "company_number")
    assert json.loads(link["evidence"])["vetoes"] == ["other name and other place"]


def test_two_company_numbers_hold_apart_what_a_third_record_would_chain():
    rows = [ACME | {"company_number": "01234567"}, ACME | {"company_number": "07654321"}, ACME]
    assert len(joined(*rows)) <= 1
    assert not any({"0", "1"} <= group for group in joined(*rows))
    assert State.VETOED in states(*rows)


def test_a_number_that_the_register_does_not_know_forbids_nothing():
    rows = [ACME | {"company_number": "01234567"}, ACME | {"company_number": "91234567"}]
    known = written.register(("01234567", "Ackworth Turbines Ltd", "B1 1AA"))
    assert joined(*rows) == set()
    assert joined(*rows, registers=known) == BOTH


def test_the_register_ties_a_former_name_to_the_new_one():
    rows = [{"name": "Bellfield Rotors", "postcode": "B1 1AA"}, {"name": "Ackworth Turbines", "postcode": "B1 1AA"}]
    known = written.register(
        ("01234567", "Ackworth Turbines Ltd", "B1 1AA"), ("01234567", "Bellfield Rotors Ltd", "B1 1AA", True)
    )
    assert joined(*rows) == set()
    assert joined(*rows, registers=known) == BOTH
    assert "register_name" in match(mentions(*rows), registers=known).column("match_method").to_pylist()


def test_a_registered_office_elsewhere_speaks_against_nothing_and_chains_nobody():
    known = written.register(
        ("01234567", "Ackworth Turbines Ltd", "EC1V 8AE"), ("01234567", "Bolt Ltd", "EC1V 8AE", True)
    )
    here = [ACME, {"name": "Ackworth Turbines", "domain": "ackworth.example"}]
    assert joined(*here, registers=known) == BOTH
    # Two of the name in two towns: the register's one firm is one of them, and nobody knows which.
    assert joined(ACME, ACME | {"postcode": "TR1 1AA"}, registers=known) == set()


def test_people_overrule_the_model_and_a_veto():
    apart = FOR_PEOPLE["a charity under a new number"]
    assert joined(*apart, decisions=decided("0", "1", "same")) == BOTH
    one = ONE_ORGANISATION["moved within the town"]
    assert joined(*one, decisions=decided("0", "1", "different")) == set()
    # Another record that says the same goes with the one that was decided about.
    assert joined(*one, one[1], decisions=decided("0", "1", "different")) == {frozenset({"1", "2"})}


@pytest.mark.parametrize("decision", ["same", "different"])
@pytest.mark.parametrize("other", [ACME, ACME | {"name": "Ackworth Turbine Works"}, {"name": "Bellfield Rotors"}])
def test_what_people_decide_about_a_bare_name_says_no_link_twice(decision, other):
    """A record decided about stands alone: its like is tied to it as its like and by its score, both by name."""
    bare = {"name": "Ackworth Turbines"}
    found = match(mentions(bare, bare, other), decisions=decided("0", "2", decision))
    pairs = found.select(["left_source_record_id", "right_source_record_id", "match_method"]).to_pylist()
    assert len(pairs) == len({tuple(pair.values()) for pair in pairs})
    assert any(link["match_method"] == "name_only" and link["state"] == State.ACCEPTED for link in found.to_pylist())


def test_a_bare_name_of_two_organisations_joins_neither():
    rows = [ACME, ACME | {"postcode": "TR1 1AA"}, {"name": "Ackworth Turbines"}]
    assert joined(*rows) == set()
    assert State.REVIEW in states(*rows)


LABS = {"name": "Bellfield Rotors", "domain": "ackworth.example"}
WITH_DOMAIN = {"name": "Ackworth Turbines Ltd", "domain": "ackworth.example"}


def test_a_trading_name_is_not_held_up_by_another_name_of_its_firm_that_two_bear():
    firm = ACME | {"name": "Ackworth Turbines Ltd t/a Bellfield Rotors", "company_number": "01234567"}
    mistyped = ACME | {"company_number": "01234568"}
    rows = [firm, mistyped, {"name": "Ackworth Turbines"}, {"name": "Bellfield Rotors"}]
    assert joined(*rows) == {frozenset({"0", "3"})}


def test_a_trading_name_that_two_firms_give_joins_neither():
    firm = ACME | {"name": "Ackworth Turbines Ltd t/a Bellfield Rotors"}
    other = {"name": "Zephyr Dynamics Ltd t/a Bellfield Rotors", "postcode": "TR1 1AA"}
    assert joined(firm, other, {"name": "Bellfield Rotors"}) == set()


def test_a_bare_name_is_of_one_where_those_that_bear_it_have_one_place():
    rows = [WITH_DOMAIN | {"postcode": "B1 1AA"}, LABS, {"name": "Bellfield Rotors", "postcode": "B1 1AA"}]
    assert joined(*rows) == {frozenset({"0", "1", "2"})}


def test_groups_of_one_domain_and_one_place_are_one_though_no_two_mentions_share_both():
    firm, labs = [WITH_DOMAIN, ACME], [LABS, {"name": "Bellfield Rotors", "postcode": "B1 1AA"}]
    assert joined(*firm, *labs) == {frozenset("0123")}
    assert joined(*firm, labs[0], labs[1] | {"postcode": "TR1 1AA"}) == {frozenset("01"), frozenset("23")}
    university = {"domain": "ackworth.ac.uk"}
    assert joined(firm[0] | university, firm[1], labs[0] | university, labs[1]) == {frozenset("01"), frozenset("23")}


def test_numbers_hold_apart_what_shares_a_domain_and_a_place():
    one, other = {"company_number": "01234567"}, {"company_number": "07654321"}
    rows = [WITH_DOMAIN | one, ACME | one, LABS | other, ACME | other | {"name": "Bellfield Rotors"}]
    assert joined(*rows) == {frozenset("01"), frozenset("23")}
    assert State.REVIEW not in states(*rows)


def test_another_name_at_a_domain_of_a_few_waits_for_people_and_at_one_of_many_for_nobody():
    third, fourth = LABS | {"name": "Zephyr Dynamics"}, LABS | {"name": "Solihull Tailors"}
    assert joined(WITH_DOMAIN, LABS) == set()
    (link,) = match(mentions(WITH_DOMAIN, LABS)).to_pylist()
    assert (link["state"], link["match_method"]) == (State.REVIEW, "name_domain")
    assert [one["level"] for one in json.loads(link["evidence"])["comparisons"]] == ["different", "same domain"]
    assert len(match(mentions(WITH_DOMAIN, LABS, third))) == 3
    assert len(match(mentions(WITH_DOMAIN, LABS, third, fourth))) == 0
    assert joined(*(row | {"postcode": "B1 1AA"} for row in (WITH_DOMAIN, LABS))) == BOTH


def test_what_people_hold_apart_a_shared_domain_does_not_ask_again():
    links = match(mentions(WITH_DOMAIN, LABS), decisions=decided("0", "1", "different"))
    assert set(links.column("state").to_pylist()) == {State.VETOED}


def test_one_weak_link_does_not_join_two_strong_groups():
    here = {"name": "Bilston Advice", "postcode": "B1 1AA", "company_number": "01234567"}
    there = {"name": "Bilston Advice", "postcode": "B29 4PY", "charity_number": "1091263"}
    assert joined(here, here, there, there) == {frozenset({"0", "1"}), frozenset({"2", "3"})}
    assert State.WEAK in states(here, here, there, there)


def test_records_of_which_nothing_is_said_are_one_only_where_their_source_says_so():
    rows = [ACME, {"same_as_record_id": "0"}, {}, {"postcode": "B1 1AA"}, {"postcode": "B1 1AA"}]
    assert joined(*rows) == BOTH


def test_every_scored_link_says_what_decided():
    links = match(mentions(*ONE_ORGANISATION["moved within the town"])).to_pylist()
    assert [(link["match_method"], link["state"]) for link in links] == [("name", State.ACCEPTED)]
    said = json.loads(links[0]["evidence"])["comparisons"]
    assert [(one["name"], one["level"]) for one in said] == [
        ("name", "equal"),
        ("place", "same postal area, or 20 km"),
    ]
    assert 0.9 < links[0]["match_probability"] < 1


def test_the_order_of_mentions_does_not_matter():
    rows = [row for pair in (*ONE_ORGANISATION.values(), *FOR_PEOPLE.values()) for row in pair]
    forward = mentions(*rows)
    assert match(forward.take(list(range(len(rows)))[::-1])).equals(match(forward))


def test_the_trained_model_is_of_the_comparisons_that_stand():
    model = json.loads(MODEL.read_text(encoding="utf-8"))
    trained = {
        one["output_column_name"]: [
            (each["label_for_charts"], each["sql_condition"]) for each in one["comparison_levels"]
        ]
        for one in model["comparisons"]
    }
    declared = {
        name: [(each["label_for_charts"], each["sql_condition"]) for each in levels]
        for name, levels in COMPARISONS.items()
    }
    assert trained == declared
    assert all(
        each.get("is_null_level") or 0 < each["m_probability"] < 1
        for one in model["comparisons"]
        for each in one["comparison_levels"]
    )
    assert set(thresholds().accept) < {one["label_for_charts"] for one in COMPARISONS["name"]}


def test_scoring_what_is_new_gives_what_scoring_everything_gives(tmp_path, monkeypatch):
    """A night that knows the night before: nothing new, new and changed mentions, and mentions that are gone."""
    rows = [row for pair in (*ONE_ORGANISATION.values(), *FOR_PEOPLE.values()) for row in pair]
    known, scored = tmp_path / "identity" / "scores.parquet", []
    predict = scoring._predict

    def counted(connection, made):
        scored.append(scoring._count(connection, "fresh"))
        predict(connection, made)

    monkeypatch.setattr(scoring, "_predict", counted)
    changed = [*rows[:9], ACME | {"postcode": "B2 2BB"}, *rows[9:]]
    for night, new in [(rows[::2], True), (rows[::2], False), (changed, True), (rows[3:], False)]:
        before = len(scored)
        with_known = match(mentions(*night), known=known)
        assert bool(scored[before:]) == new
        assert with_known.equals(match(mentions(*night)))
    first, everything = scored[0], scored[3:5]
    assert first == scored[1]
    assert everything[0] < everything[1]
