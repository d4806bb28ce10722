"""The register of rules over returns: whole, and of what readers really say."""

import re

from ingestion.catalogue import return_contracts
from ingestion.sources.returns.rules import cell_rules
from orchestration.code_version import ROOT
from orchestration.dictionary.return_rules import PAGE, SEED, registered, rule_lists

READERS = ("ingestion/files/values.py", "ingestion/files/row_check.py", "ingestion/sources/returns/reader.py")
# Of files of other sources.
ELSEWHERE = {"ambiguous_date", "not_a_company_number", "not_a_postcode", "too_many_cells"}


def test_every_rule_has_a_row_with_all_that_is_asked_of_one():
    rows = registered()
    assert len({(row.template, row.template_version, row.rule) for row in rows}) == len(rows)
    assert {(row.template, row.template_version) for row in rows} == {
        (c.template, c.version) for c in return_contracts()
    }
    for contract in return_contracts():
        own = {
            row.rule for row in rows if (row.template, row.template_version) == (contract.template, contract.version)
        }
        assert {rule.id for rule in contract.rules} < own
    assert all(row.text and row.remedy and row.owner and row.stands_at for row in rows)
    assert not any("{" in row.text + row.remedy for row in rows)


def test_what_the_reader_says_of_cells_and_rows_is_in_the_register():
    said = set()
    for path in READERS:
        text = (ROOT / path).read_text(encoding="utf-8")
        said |= set(re.findall(r'(?:BadValue\(|reason_code=|finding\(number,|\n {8,}number,)\s*"([a-z_]+)"', text))
        said |= set(re.findall(r'\n[A-Z_]+ = "([a-z_]+)"', text)) & {"contact_details_withheld", "control_characters"}
    known = {rule.id for rule in cell_rules()}
    assert len(said) > 15
    assert said - known - ELSEWHERE == set()


def test_the_page_lists_the_newest_of_every_rule():
    page = rule_lists()[PAGE]
    assert "| `signed_in_far_above_headcount` | error | EVENTS: Signed in, Headcount | The cell is more" in page
    assert page.count("| `missing` |") == len({contract.template for contract in return_contracts()})
    assert (
        rule_lists()[SEED].splitlines()[0]
        == "template,template_version,rule,scope,severity,owner,stands_at,text,remedy"
    )
