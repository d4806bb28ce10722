"""Real published files; licences beside them."""

from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.findings import RefusedFile
from ingestion.sources.threesixtygiving.reader import GrantReader

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "threesixtygiving"


def _rows(path):
    chunks = list(GrantReader().read(path, "sha", path.name))
    return [row for chunk in chunks for row in chunk.rows.to_pylist()], [f for chunk in chunks for f in chunk.findings]


def _read(name):
    return _rows(REAL / name)


def _data(row):
    return {name: value for name, value in row.items() if name not in ("file_name", "list_name", "_source_record")}


def test_workbook_and_json_of_one_publisher_give_the_same_rows():
    sheet, _ = _read("ab_charitable_trust.xlsx")
    json, _ = _read("ab_charitable_trust.json")
    assert len(sheet) == 783
    assert sum(Decimal(row["amount_awarded"]) for row in sheet) == 12_785_625
    assert [_data(row) for row in sheet] == [_data(row) for row in json]


def test_the_grants_of_the_area_add_up():
    rows, findings = _read("lloyds_bank_foundation_west_midlands.json")
    assert (len(rows), findings) == (220, [])
    assert sum(Decimal(row["amount_awarded"]) for row in rows) == Decimal("6980665.90")


def test_injected_faults_are_quarantined_by_row_and_kind():
    rows, findings = _read("datagetter_invalid_file.xlsx")
    assert len(rows) == 108
    by_place = {f.place: (f.column_name, f.reason_code) for f in findings}
    assert by_place["datagetter_invalid_file.xlsx#Sheet1!4"] == ("currency", "not_allowed")
    assert by_place["datagetter_invalid_file.xlsx#Sheet1!11"] == ("amount_awarded", "not_a_number")
    assert not any("tbc" in f.message or "GPB" in f.message for f in findings)


def test_a_file_that_breaks_off_is_refused_whole():
    with pytest.raises(RefusedFile, match="not valid JSON"):
        _read("fundingproviders-grants_malformed.json")


def test_a_windows_file_is_read_and_a_row_without_recipient_refused():
    rows, findings = _read("fundingproviders-grants_2_grants_cp1252.csv")
    assert [row["amount_awarded"] for row in rows] == ["178990"]
    assert rows[0]["award_date"] == "2014-07-24"
    assert [(f.place, f.reason_code) for f in findings] == [
        ("fundingproviders-grants_2_grants_cp1252.csv#!2", "missing")
    ]


def test_a_grant_to_a_person_lands_without_the_person(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{"grants": [{"id": "1", "title": "For Jane Roe", "currency": "GBP", "amountAwarded": 5,'
        '"awardDate": "2024-01-01",'
        '"recipientIndividual": {"id": "person-77", "name": "Jane Roe"},'
        '"fundingOrganization": [{"id": "F", "name": "F"}]}]}'
    )
    ((row,), _) = _rows(path)
    assert row["recipient_is_individual"] == "yes"
    assert "Jane" not in str(row)
    assert "person-77" not in str(row)


def test_headings_as_json_paths_are_legal(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "id,currency,amountAwarded,awardDate,recipientOrganization/0/id,recipientOrganization/0/name,fundingOrganization/0/id\n"
        "1,GBP,10,2024-01-01,GB-COH-01234567,Firm,F\n"
    )
    ((row,), _) = _rows(path)
    assert (row["grant_id"], row["recipient_id"]) == ("1", "GB-COH-01234567")


@pytest.mark.parametrize("name", ["notes.txt", "a.csv"])
def test_what_is_no_grants_file_is_refused(tmp_path, name):
    (tmp_path / name).write_text("hello,world\n1,2\n")
    with pytest.raises(RefusedFile):
        _rows(tmp_path / name)
