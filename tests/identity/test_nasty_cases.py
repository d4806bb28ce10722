"""Twenty cases that fool matchers, in one population: what is one organisation, what is two, and what people are asked.

Every case stands in mentions of its own, in places of their own; they are matched together, as a night does, once with
a register of companies and once without.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
import pytest

from identity.links import WAITING, State
from identity.matching import match
from tests.identity.mentions import components_of, mentions, register, said_of

CASES: dict[str, list[dict[str, str]]] = {
    "two_towns": [
        {"name": "Phoenix Engineering Ltd", "postcode": "B6 4AA"},
        {"name": "Phoenix Engineering Limited", "postcode": "CV1 2WT"},
    ],
    "renamed": [
        {"name": "Acme Widgets Ltd", "postcode": "B98 7AB"},
        {"name": "Boltwell Labs Limited", "company_number": "01234001"},
    ],
    "trading_name": [
        {"name": "Harbury Catering Ltd t/a Sunflower Kitchen", "postcode": "CV33 9HL"},
        {"name": "Sunflower Kitchen", "postcode": "CV33 9HL"},
    ],
    "spin_out": [
        {"name": "Quantum Sense Ltd", "postcode": "B15 2TT", "domain": "bham.ac.uk"},
        {"name": "University of Birmingham", "postcode": "B15 2TT", "domain": "bham.ac.uk"},
    ],
    "franchise": [
        {"name": "Sparkle Clean (Dudley) Ltd", "company_number": "01234002", "domain": "sparkleclean.co.uk"},
        {"name": "Sparkle Clean (Solihull) Ltd", "company_number": "01234003", "domain": "sparkleclean.co.uk"},
    ],
    "sole_trader": [
        {"name": "John Thornbury Plumbing", "postcode": "DY8 1AA"},
        {"name": "J Thornbury", "postcode": "ST16 2AA"},
    ],
    "number_typo": [
        {"name": "Kestrel Pressings Ltd", "company_number": "01234004", "postcode": "WS2 8AB"},
        {"name": "Kestrel Pressings Limited", "company_number": "01234040", "postcode": "WS2 8AB"},
    ],
    "number_in_the_wrong_row": [
        {"name": "Bright Futures Nursery Ltd", "company_number": "01234005", "postcode": "B31 2XX"},
        {"name": "Deltaform Castings Ltd", "company_number": "01234005", "postcode": "LN1 1AA"},
    ],
    "prefixes": [
        {"name": "Lomond Sensors Ltd", "company_number": "SC 123456", "postcode": "G2 1AA"},
        {"name": "Lomond Sensors Limited", "company_number": "sc123456", "postcode": "EH1 1AA"},
        {"name": "Lomond Sensors Ltd", "company_number": "123456", "postcode": "G2 1AA"},
        {"name": "Lagan Optics Ltd", "company_number": "NI012345"},
        {"name": "Lagan Optics", "company_number": "NI12345", "postcode": "BT1 1AA"},
    ],
    "incubator": [
        {"name": "Alphabot Robotics Ltd", "postcode": "B7 4BB"},
        {"name": "Genespan Diagnostics Ltd", "postcode": "B7 4BB"},
        {"name": "Innovation Birmingham Campus", "postcode": "B7 4BB"},
    ],
    "subsidiary": [
        {"name": "Marlowe Holdings plc", "company_number": "01234006", "postcode": "B3 2DG", "domain": "marlowe.co.uk"},
        {
            "name": "Marlowe (Midlands) Ltd",
            "company_number": "01234007",
            "postcode": "B3 2DG",
            "domain": "marlowe.co.uk",
        },
    ],
    "charity_and_company": [
        {
            "name": "Castle Vale Skills",
            "company_number": "01234008",
            "charity_number": "1023456",
            "postcode": "B35 6DR",
        },
        {"name": "Castle Vale Skills Ltd", "company_number": "1234008", "postcode": "B35 6DR"},
        {"name": "Castle Vale Skills", "charity_number": "1023456", "postcode": "B35 6DR"},
    ],
    "landlords_charity_number": [
        {
            "name": "Rooted Gardens CIC",
            "company_number": "01234009",
            "charity_number": "1099999",
            "postcode": "B12 9AA",
        },
        {
            "name": "Second Spin Bikes CIC",
            "company_number": "01234010",
            "charity_number": "1099999",
            "postcode": "B12 9AA",
        },
    ],
    "public_mail": [
        {"name": "Willowbank Ceramics", "domain": "gmail.com"},
        {"name": "Stourside Lighting", "domain": "gmail.com"},
    ],
    "accents": [
        {"name": "Müller & Söhne Café Ltd", "postcode": "CV6 5AA"},
        {"name": "MULLER AND SOHNE CAFE LIMITED", "postcode": "CV6 5AA"},
    ],
    "initials": [
        {"name": "Community Action for Oldbury Families and Carers", "postcode": "B69 4AA"},
        {"name": "CAOFC", "postcode": "B69 4AA"},
        {"name": "A.B.C. Drop Forgings Ltd", "postcode": "B64 5AA"},
        {"name": "ABC Drop Forgings", "postcode": "B64 5AA"},
    ],
    "plural": [
        {"name": "Netherton Storybook Dads", "postcode": "DY2 9AA"},
        {"name": "Netherton Storybook Dad", "postcode": "DY2 9AA"},
    ],
    "reordered": [
        {"name": "Aston Bearings & Gearbox Repairs Ltd", "postcode": "B6 7AA"},
        {"name": "Gearbox and Bearings Repairs Aston", "postcode": "B6 7AA"},
    ],
    "place_suffix": [
        {"name": "Trevithick House", "postcode": "PL4 6DR"},
        {"name": "Trevithick House - Plymouth", "postcode": "PL4 6DR"},
        {"name": "Mindwell Coventry", "postcode": "CV1 3AA"},
        {"name": "Mindwell Dudley", "postcode": "DY1 3AA"},
    ],
    "numbers": [
        {"name": "Studio 54 Prints Ltd", "postcode": "B5 5RS"},
        {"name": "Studio 55 Prints Ltd", "postcode": "B5 5RS"},
        {"name": "3D Foundry 2000 Ltd", "postcode": "B5 6AA"},
        {"name": "3d foundry 2000", "postcode": "B5 6AA"},
    ],
}
REGISTER = register(
    ("01234001", "BOLTWELL LABS LIMITED", "B98 7AB"),
    ("01234001", "ACME WIDGETS LIMITED", "B98 7AB", True),
    ("01234002", "SPARKLE CLEAN (DUDLEY) LTD", "DY1 1AA"),
    ("01234003", "SPARKLE CLEAN (SOLIHULL) LTD", "B91 1AA"),
    ("01234004", "KESTREL PRESSINGS LIMITED", "WS2 8AB"),
    ("01234005", "DELTAFORM CASTINGS LIMITED", "LN1 1AA"),
    ("SC123456", "LOMOND SENSORS LIMITED", "G2 1AA"),
    ("00123456", "SOMEBODY ELSE LIMITED", "SW1A 1AA"),
    ("NI012345", "LAGAN OPTICS LIMITED", "BT1 1AA"),
    ("01234006", "MARLOWE HOLDINGS PLC", "B3 2DG"),
    ("01234007", "MARLOWE (MIDLANDS) LIMITED", "B3 2DG"),
    ("01234008", "CASTLE VALE SKILLS", "B35 6DR"),
    ("01234009", "ROOTED GARDENS COMMUNITY INTEREST COMPANY", "B12 9AA"),
    ("01234010", "SECOND SPIN BIKES COMMUNITY INTEREST COMPANY", "B12 9AA"),
    ("01234020", "PHOENIX ENGINEERING LIMITED", "LS1 1AA"),
)


@dataclass(frozen=True)
class Matched:
    """The population as matched."""

    links: pa.Table
    groups: dict[str, int]

    def is_one(self, case: str, *numbers: int) -> bool:
        """Whether mentions of a case are one organisation; all of them where none is named."""
        chosen = numbers or range(len(CASES[case]))
        return len({self.groups[f"{case}.{number}"] for number in chosen}) == 1

    def are_apart(self, case: str, *numbers: int) -> bool:
        """Whether each of them is an organisation of its own."""
        chosen = numbers or range(len(CASES[case]))
        return len({self.groups[f"{case}.{number}"] for number in chosen}) == len(chosen)

    def states(self, case: str, one: int, other: int) -> set[State]:
        """What is said of two of them."""
        return said_of(self.links, f"{case}.{one}", f"{case}.{other}")


@pytest.fixture(scope="module")
def population() -> pa.Table:
    return mentions(
        {"source_record_id": f"{case}.{number}", **row}
        for case, rows in CASES.items()
        for number, row in enumerate(rows)
    )


@pytest.fixture(scope="module")
def alone(population) -> Matched:
    """Without a register."""
    links = match(population)
    return Matched(links, components_of(population, links))


@pytest.fixture(scope="module")
def registered(population) -> Matched:
    """With one."""
    links = match(population, REGISTER)
    return Matched(links, components_of(population, links))


@pytest.fixture(params=["alone", "registered"])
def matched(request) -> Matched:
    """With a register and without."""
    return request.getfixturevalue(request.param)


def test_nothing_of_one_case_is_one_with_anything_of_another(matched):
    cases: dict[int, set[str]] = {}
    for record, group in matched.groups.items():
        cases.setdefault(group, set()).add(record.split(".")[0])
    assert [found for found in cases.values() if len(found) > 1] == []


def test_firms_of_one_name_in_two_towns_are_two(matched):
    assert matched.are_apart("two_towns")


def test_a_renamed_firm_is_one_where_the_register_knows_its_former_name(registered, alone):
    assert registered.is_one("renamed")
    assert alone.are_apart("renamed"), "another name: nothing says that they are one"


def test_a_trading_name_is_that_of_its_firm(matched):
    assert matched.is_one("trading_name")


def test_a_spin_out_with_the_domain_of_its_university_is_not_the_university(matched):
    assert matched.are_apart("spin_out")


def test_two_franchisees_with_the_domain_of_the_brand_are_two(matched):
    assert matched.are_apart("franchise")


def test_a_sole_trader_is_no_other_of_the_same_family_name(matched):
    assert matched.are_apart("sole_trader")


def test_a_typo_in_a_company_number_is_seen_where_the_register_knows_but_one_of_the_two(registered, alone):
    assert registered.is_one("number_typo")
    assert alone.are_apart("number_typo"), "two well-formed numbers: only people can say"
    assert alone.states("number_typo", 0, 1) & {State.VETOED, *WAITING}


def test_a_company_number_typed_into_the_wrong_row_joins_nobody_and_goes_to_people(matched):
    assert matched.are_apart("number_in_the_wrong_row")
    assert matched.states("number_in_the_wrong_row", 0, 1) & {State.VETOED, *WAITING}


def test_scottish_and_northern_irish_numbers_are_read_with_their_prefixes(matched):
    assert matched.is_one("prefixes", 0, 1)
    assert matched.are_apart("prefixes", 0, 2), "SC123456 and 00123456 are two companies, whatever their names"
    assert matched.is_one("prefixes", 3, 4)


def test_tenants_of_an_incubator_share_a_postcode_and_nothing_else(matched):
    assert matched.are_apart("incubator")


def test_a_group_and_its_subsidiary_are_two(matched):
    assert matched.are_apart("subsidiary")


def test_a_charity_that_is_also_a_company_is_one(matched):
    assert matched.is_one("charity_and_company")


def test_two_companies_with_the_charity_number_of_their_landlord_stay_two_and_go_to_people(matched):
    assert matched.are_apart("landlords_charity_number")
    assert matched.states("landlords_charity_number", 0, 1) & set(WAITING)


def test_a_public_mail_domain_says_nothing(matched):
    assert matched.are_apart("public_mail")


def test_accents_and_the_ampersand_make_no_other_name(matched):
    assert matched.is_one("accents")


def test_initials_are_seen_against_the_words_they_stand_for(matched):
    assert matched.is_one("initials", 2, 3)
    assert matched.is_one("initials", 0, 1) or matched.states("initials", 0, 1) & set(WAITING)


def test_a_plural_makes_no_other_firm(matched):
    assert matched.is_one("plural")


def test_words_in_another_order_make_no_other_firm(matched):
    assert matched.is_one("reordered")


def test_a_place_after_the_name_is_left_out_by_some_and_tells_branches_apart(matched):
    assert matched.is_one("place_suffix", 0, 1) or matched.states("place_suffix", 0, 1) & set(WAITING)
    assert matched.are_apart("place_suffix", 0, 2, 3)


def test_numbers_in_names_tell_firms_apart(matched):
    assert matched.are_apart("numbers", 0, 1)
    assert matched.is_one("numbers", 2, 3)


def test_evidence_says_levels_and_weights_and_nobodys_name(matched):
    said = " ".join(link["evidence"].lower() for link in matched.links.to_pylist())
    words = {word for rows in CASES.values() for row in rows for word in row["name"].lower().split() if len(word) > 5}
    values = {value.lower() for rows in CASES.values() for row in rows for key, value in row.items() if key != "name"}
    assert "weight" in said
    assert {word for word in words - {"limited"} if f'"{word}' in said} == set()
    assert {value for value in values if value in said} == set()


def test_no_two_registered_numbers_are_ever_one(population, registered):
    known = set(REGISTER.companies.column("company_number").to_pylist())
    numbered = [row for row in population.to_pylist() if row["company_number"] in known]
    assert len(numbered) > 15
    for one, other in combinations(numbered, 2):
        if one["company_number"] != other["company_number"]:
            ends = one["source_record_id"], other["source_record_id"]
            assert registered.groups[ends[0]] != registered.groups[ends[1]], ends
