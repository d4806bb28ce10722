"""Real published files; licences beside them."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.findings import RefusedFile
from ingestion.sources.threesixtygiving.reader import GrantReader
from ingestion.sources.threesixtygiving.standard_json import ShortNumerals

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
    assert any("(found: " in f.message for f in findings)


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


HEADINGS = {
    "Identifier": "G1",
    "Currency": "GBP",
    "Amount Awarded": "1500",
    "Award Date": "2024-01-31",
    "Recipient Org:Identifier": "GB-COH-01234567",
    "Recipient Org:Name": "Firm",
    "Recipient Org:Postal Code": "B1 1AA",
    "Funding Org:Identifier": "F",
    "Grant Programme:Title": "WMIP",
}


def _csv(tmp_path, headings):
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([headings, headings.values()])
    return path


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("Grant Programme: Title", "Grant Programme:Title"),
        ("Recipient Org: Postal Code", "Recipient Org:Postal Code"),
        ("Recipient Org : 0 :Postal\u00a0Code", "Recipient Org:Postal Code"),
        ("Amount  Awarded", "Amount Awarded"),
        ("recipientOrganization / 0 / postalCode", "Recipient Org:Postal Code"),
    ],
)
def test_a_heading_with_blanks_in_it_is_read(tmp_path, given, known):
    plain, _ = _rows(_csv(tmp_path, HEADINGS))
    spaced, findings = _rows(_csv(tmp_path, {given if name == known else name: v for name, v in HEADINGS.items()}))
    assert findings == []
    assert spaced == plain
    assert plain[0]["programme_title"] == "WMIP"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Recipient Org:Identifier": None}, "the heading Recipient Org:Identifier is missing"),
        ({"Award Date": None, "Awrd Date": "x"}, "is 'Awrd Date' meant for Award Date"),
        ({"amount AWARDED": "2"}, "stands twice, in columns C and J"),
    ],
)
def test_a_needed_heading_refuses_the_file_once(tmp_path, change, said):
    headings = {name: value for name, value in {**HEADINGS, **change}.items() if value is not None}
    with pytest.raises(RefusedFile, match=said):
        _rows(_csv(tmp_path, headings))


@pytest.mark.parametrize(
    ("column", "value", "landed"),
    [
        ("Planned Dates:Start Date", "2019", ("planned_start", "2019")),
        ("Planned Dates:End Date", "2019-05", ("planned_end", "2019-05")),
        ("Planned Dates:End Date", "soon", ("planned_end", None)),
        ("Amount Disbursed", "tbc", ("amount_disbursed", None)),
        ("For Regrant Type", "FRG010", ("regrant_type", "FRG010")),
        ("regrantType", "common regrant", ("regrant_type", "FRG010")),
        ("For Regrant Type", "FRG999", ("regrant_type", None)),
    ],
)
def test_a_value_that_is_not_essential_never_drops_the_money(tmp_path, column, value, landed):
    ((row,), findings) = _rows(_csv(tmp_path, {**HEADINGS, column: value}))
    assert (row["amount_awarded"], row[landed[0]]) == ("1500", landed[1])
    assert [finding.severity for finding in findings] == ([] if landed[1] else ["warning"])


def test_what_the_standard_allows_to_be_null_is_accepted(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{"grants": [{"id": "1", "title": null, "plannedDates": null, "grantProgramme": [null], "currency": "GBP",'
        '"amountAwarded": 5, "awardDate": "2024-01-01", "beneficiaryLocation": null, "dateModified": null,'
        '"recipientOrganization": [{"id": "R", "name": "Firm", "postalCode": null}],'
        '"fundingOrganization": [{"id": "F", "name": "F"}]}]}'
    )
    ((row,), findings) = _rows(path)
    assert (row["recipient_count"], findings) == ("1", [])


def test_several_recipients_are_counted_and_the_money_stands_once(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{"grants": [{"id": "1", "currency": "GBP", "amountAwarded": 5000, "awardDate": "2024-01-01",'
        '"recipientOrganization": [{"id": "R", "name": "Firm"}, {"id": "S", "name": "Other"}],'
        '"fundingOrganization": [{"id": "F", "name": "F"}]}]}'
    )
    ((row,), _) = _rows(path)
    assert (row["recipient_count"], row["amount_awarded"], row["recipient_id"]) == ("2", "5000", "R")
    others = {"Recipient Org:1:Identifier": "S", "Recipient Org:1:Name": "Other", "Recipient Org:2:Name": ""}
    ((row,), _) = _rows(_csv(tmp_path, {**HEADINGS, **others}))
    assert row["recipient_count"] == "2"


SECOND = {"id": "GB-CHC-1091263", "name": "Aston Trust", "charity_number": "1091263", "postal_code": "B6 6JD"}
FOURTH = {"id": "GB-COH-00000006", "name": 'Firm, t/a "Firm"; Ö', "company_number": "00000006"}
FURTHER = [{"number": "1"} | SECOND, {"number": "3"} | FOURTH]


def _several(*recipients, **more):
    grant = {"id": "360G-F-1", "currency": "GBP", "amountAwarded": 5000, "awardDate": "2024-01-01"}
    first = {"id": "R", "name": "Firm"}
    return {**grant, "recipientOrganization": [first, *recipients], "fundingOrganization": [{"id": "F"}], **more}


def _json(tmp_path, *grants):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"grants": grants}))
    return path


def test_every_recipient_lands_from_json_and_from_a_table(tmp_path):
    steps = {"charity_number": "charityNumber", "company_number": "companyNumber", "postal_code": "postalCode"}
    second, fourth = ({steps.get(name, name): value for name, value in one.items()} for one in (SECOND, FOURTH))
    ((row,), findings) = _rows(_json(tmp_path, _several(second, {"id": None}, {**fourth, "description": "not read"})))
    assert (json.loads(row["further_recipients"]), findings) == (FURTHER, [])
    titles = {name: name.replace("_", " ").title() for name in steps} | {"id": "Identifier", "name": "Name"}
    table = {f"Recipient Org:1:{titles[name]}": value for name, value in SECOND.items()}
    table |= {f"recipientOrganization/3/{steps.get(name, name)}": value for name, value in FOURTH.items()}
    table |= {"Recipient Org:2:Postal Code": "B1 1AA", "Recipient Org:4:Name": ""}
    ((row,), findings) = _rows(_csv(tmp_path, {**HEADINGS, **table}))
    assert (json.loads(row["further_recipients"]), row["recipient_count"], findings) == (FURTHER, "3", [])
    ((row,), _) = _rows(_csv(tmp_path, HEADINGS))
    assert row["further_recipients"] is None


def test_what_cannot_be_read_of_a_further_recipient_is_told_of_and_the_grant_counts(tmp_path):
    name = "Aston Trust, info@aston.example"
    ((row,), findings) = _rows(_json(tmp_path, _several({"id": "S", "name": name, "postalCode": ["B1 1AA"]}, "Firm")))
    assert (row["recipient_count"], json.loads(row["further_recipients"])) == (
        "3",
        [{"number": "1", "id": "S", "name": "Aston Trust"}],
    )
    assert {(f.place, f.column_name, f.severity) for f in findings} >= {
        ("a.json#grants/0/recipientOrganization/1", "recipient_name", "warning"),
        ("a.json#grants/0/recipientOrganization/1", "recipient_postal_code", "warning"),
        ("a.json#grants/0/recipientOrganization/2", "recipient_id", "warning"),
    }
    ((row,), (finding,)) = _rows(_csv(tmp_path, {**HEADINGS, "Recipient Org:1:Name": name}))
    assert json.loads(row["further_recipients"]) == [{"number": "1", "name": "Aston Trust"}]
    assert (finding.column_name, finding.reason_code) == ("recipient_name", "contact_details_withheld")


def test_persons_among_several_recipients_never_land(tmp_path):
    grant = _several({"id": "S", "name": "Jane Roe Studio"}, recipientIndividual={"id": "p", "name": "Jane Roe"})
    ((row,), _) = _rows(_json(tmp_path, grant))
    assert (row["recipient_count"], row["further_recipients"]) == ("2", None)
    persons = {"Recipient Ind:1:Identifier": "person-77", "Recipient Ind:1:Name": "Jane Roe"}
    ((row,), _) = _rows(_csv(tmp_path, {**HEADINGS, **persons}))
    assert (row["recipient_count"], row["further_recipients"]) == ("2", None)
    assert "Jane" not in str(row)


@pytest.mark.parametrize("amount", ["2e16", "1" * 10_000, "1e9999999"])
def test_a_numeral_out_of_bounds_is_refused_at_its_cell(tmp_path, amount):
    path = tmp_path / "a.json"
    grant = (
        '{"id": "%d", "currency": "GBP", "amountAwarded": %s, "awardDate": "2024-01-01", "recipientOrganization":'
        '[{"id": "R", "name": "Firm"}], "fundingOrganization": [{"id": "F"}]}'
    )
    path.write_text('{"grants": [' + grant % (1, amount) + ", " + grant % (2, "12.5") + "]}")
    ((row,), (finding,)) = _rows(path)
    assert (row["grant_id"], row["amount_awarded"]) == ("2", "12.5")
    assert (finding.place, finding.column_name) == ("a.json#grants/0", "amount_awarded")


@pytest.mark.parametrize("size", [1, 7, 100, 101, 1000])
def test_digits_are_cut_off_wherever_a_block_ends(size):
    text = b"12 " + b"7" * 250 + b"." + b"5" * 100 + b"x" + b"1" * 99 + b"e5"
    short = ShortNumerals(io.BytesIO(text))
    assert b"".join(iter(lambda: short.read(size), b"")) == (
        b"12 " + b"7" * 100 + b"." + b"5" * 100 + b"x" + b"1" * 99 + b"e5"
    )


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('"title": "Work"', '"title": ["Work", "Play"]', ("title", "a list stands where the standard has one value")),
        ('"title": "Work"', '"title": "Work", "title": "Play"', ("title", "its key stands twice")),
        ('"amountAwarded": 10', '"amountAwarded": 10, "amountAwarded": 99', ("amount_awarded", "its key stands twice")),
        (
            '"grantProgramme": [{"title": "Care"}]',
            '"grantProgramme": {"title": "Care"}',
            ("programme_title", "an object stands where the standard has a list"),
        ),
    ],
)
def test_json_of_another_shape_than_the_standards_is_told_at_its_column(tmp_path, before, after, found):
    path = tmp_path / "a.json"
    good = (
        '{"grants": [{"id": "360G-a-1", "title": "Work", "currency": "GBP", "amountAwarded": 10, '
        '"awardDate": "2024-01-31", "recipientOrganization": [{"id": "GB-COH-1", "name": "Firm"}], '
        '"fundingOrganization": [{"id": "GB-CHC-1"}], "grantProgramme": [{"title": "Care"}]}]}'
    )
    path.write_text(good)
    assert _rows(path)[1] == []
    path.write_text(good.replace(before, after))
    rows, findings = _rows(path)
    column, said = found
    of_column = [one for one in findings if one.column_name == column]
    assert [(one.reason_code, said in one.message) for one in of_column] == [("not_one_value", True)]
    assert [row[column] for row in rows] == ([] if column == "amount_awarded" else [None])


def test_a_key_that_stands_twice_with_one_value_says_nothing_wrong(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"grants": [{"id": "360G-a-1", "id": "360G-a-1"}]}')
    assert not [one for one in _rows(path)[1] if one.column_name == "grant_id"]
