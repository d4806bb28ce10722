"""The public page of a return contract says all that the contract asks; `test_source_lists` holds that it is kept."""

import pytest

from ingestion.catalogue import return_contract, return_contracts
from orchestration.dictionary.return_pages import contract_page, return_pages


@pytest.mark.parametrize("contract", return_contracts(), ids=lambda contract: f"{contract.template}-{contract.version}")
def test_a_page_has_every_column_with_what_it_takes_and_every_rule(contract):
    page = contract_page(contract, None)
    sections = page.split("\n## ")
    for table in contract.tables:
        (section,) = (one for one in sections if f"Table `{table.table}`," in one)
        rows = {row.split(" | ")[1].strip("`"): row for row in section.splitlines() if row.startswith("| ")}
        for column in table.columns:
            row = rows[column.name]
            assert column.heading in row
            assert all(f"`{slug}`" in row or label == slug for label, slug in column.allowed.items())
            assert ("required: " in row) == column.required
    assert all(f"| `{rule.id}` | {rule.severity} |" in page for rule in contract.rules)
    assert "{heading}" not in page


def test_a_newer_version_says_what_changed_in_words_and_as_compared():
    page = contract_page(return_contract(), return_contract(version=1))
    assert all(f"- {change}\n" in page for change in return_contract().changes)
    assert "table MEMBERS: stands on sheet Members, no longer on Collaborations" in page
    assert len(return_pages()) == len(return_contracts())
