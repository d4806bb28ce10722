"""The registers of charities, in the forms in which the three of them are published."""

from __future__ import annotations

import csv
import json
import zipfile

import pytest

from ingestion.catalogue import addressee
from ingestion.findings import RefusedFile
from ingestion.sources.charity_registers.reader import day_in
from tests.ingestion.sources.nights import Nights

DAY = "2026-09-20T00:00:00"
CHARITY = {
    "date_of_extract": DAY,
    "organisation_number": 5001,
    "registered_charity_number": 1100001,
    "linked_charity_number": 0,
    "charity_name": "KILN COMMUNITY TRUST",
    "charity_registration_status": "Registered",
    "date_of_registration": "2015-03-02T00:00:00",
    "date_of_removal": None,
    "charity_contact_address1": "12 Volunteer Lane",
    "charity_contact_postcode": "B1 1AA",
    "charity_contact_phone": "0121 496 0000",
    "charity_contact_email": "secretary@kiln.example",
    "charity_contact_web": "www.kiln.example",
    "charity_company_registration_number": "01234567",
    "charity_activities": 'Runs "the Kiln".\nAnd a food bank.',
}
REMOVED = CHARITY | {
    "registered_charity_number": 1100002,
    "charity_name": "Anvil",
    "charity_registration_status": "Removed",
    "date_of_removal": "2020-01-31T00:00:00",
    "charity_contact_web": None,
    "charity_company_registration_number": None,
}
LINKED = CHARITY | {"linked_charity_number": 1, "charity_name": "KILN YOUTH WING"}
OTHER_NAME = {
    "date_of_extract": DAY,
    "registered_charity_number": 1100001,
    "linked_charity_number": 0,
    "charity_name_id": 77,
    "charity_name_type": "Previous Name",
    "charity_name": "BOLT SOCIETY",
}
SCOTTISH = ["Charity Number", "Charity Name", "Registered Date", "Known As", "Charity Status", "Postcode"]
SCOTTISH += ["Constitutional Form", "Principal Office/Trustees Address", "Website"]
SCOT = ["SC012345", "Lomond Trust", "03/04/2004", "The Lomond", "Active", "G2 1AA"]
SCOT += ["Trust", "1 High St", "lomond.example"]
IRISH = ["Reg charity number", "Sub charity number", "Charity name", "Date registered", "Status", "Public address"]
IRISH += ["Website", "Email", "Telephone", "Company number"]
LAGAN = ["100012", "0", "Lagan Hospice", "28/02/2014", "Up-to-date", "4 The Quay, Belfast, bt1 3lg. "]
LAGAN += ["", "", "", "32542"]


@pytest.fixture
def nights(tmp_path):
    return Nights("charity_registers", tmp_path, {}, {})


def _folder(nights):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _extract(nights, rows, name="publicextract.charity", zipped="publicextract.charity.zip"):
    """As the register writes it: UTF-8 with a mark, one list of objects, alone in a zip."""
    with zipfile.ZipFile(_folder(nights) / zipped, "w") as archive:
        archive.writestr(f"{name}.json", b"\xef\xbb\xbf" + json.dumps(rows).encode())


def _csv(nights, name, *rows):
    with (_folder(nights) / name).open("w", encoding="cp1252", newline="") as handle:
        csv.writer(handle).writerows(rows)


def test_the_extract_of_england_and_wales_is_read_and_nobody_is_landed(nights):
    _extract(nights, [CHARITY, REMOVED, LINKED])
    report = nights.good_night(0)
    landed = nights.latest("charities")
    assert set(landed) == {("GB-CHC", "1100001", "0"), ("GB-CHC", "1100002", "0"), ("GB-CHC", "1100001", "1")}
    kiln = landed["GB-CHC", "1100001", "0"]
    assert (kiln["name"], kiln["company_number"], kiln["postcode"]) == ("KILN COMMUNITY TRUST", "01234567", "B1 1AA")
    assert (kiln["registered_on"], kiln["removed_on"], kiln["website"]) == ("2015-03-02", None, "www.kiln.example")
    assert landed["GB-CHC", "1100002", "0"]["removed_on"] == "2020-01-31"
    said = str(landed) + str(report)
    assert "secretary" not in said
    assert "0121" not in said
    assert "Volunteer" not in said
    (edition,) = nights.rows("editions")
    assert (edition["list_name"], edition["edition"], edition["rows_read"]) == ("england_and_wales", "2026-09-20", "3")
    assert [drift for drift in nights.drifts if drift[1] == "new_column"] == []


def test_its_other_names_come_in_a_file_of_their_own(nights):
    _extract(nights, [CHARITY])
    _extract(nights, [OTHER_NAME], "publicextract.charity_other_names", "names.zip")
    nights.good_night(0)
    ((key, row),) = nights.latest("other_names").items()
    assert key == ("GB-CHC", "1100001", "0", "77")
    assert (row["name"], row["name_type"]) == ("BOLT SOCIETY", "Previous Name")


def test_scotland_lists_those_that_ceased_in_a_file_of_their_own(nights):
    _csv(nights, "CharityExport-19-Sep-2026.csv", SCOTTISH, SCOT)
    ceased = ["SC000001", "Old Trust", "01/01/1990 00:00", "", "Removed", "", "Trust", "", "", "31/12/2019 00:00"]
    _csv(nights, "CharityExport-Removed-19-Sep-2026.csv", [*SCOTTISH, "Ceased Date"], ceased)
    nights.good_night(0)
    landed = nights.latest("charities")
    assert landed["GB-SC", "SC000001", "0"]["removed_on"] == "2019-12-31"
    assert landed["GB-SC", "SC012345", "0"]["registered_on"] == "2004-04-03"
    (name,) = nights.rows("other_names")
    assert (name["charity_number"], name["name"]) == ("SC012345", "The Lomond")
    assert "High St" not in str(landed)


def test_of_northern_ireland_the_postcode_at_the_end_of_an_address_is_all_that_is_kept_of_it(nights):
    _csv(nights, "charitydetails_2026_09_20_01_10_06.csv", IRISH, LAGAN)
    nights.good_night(0)
    ((_, row),) = nights.latest("charities").items()
    assert (row["postcode"], row["company_number"], row["register"]) == ("bt1 3lg", "32542", "GB-NIC")
    assert "Quay" not in str(nights.rows("charities"))


def test_what_leaves_a_list_is_gone_and_another_register_is_left_alone(nights):
    _extract(nights, [CHARITY | {"registered_charity_number": 1100000 + n} for n in range(10)])
    _csv(nights, "charitydetails_2026_09_20_01_10_06.csv", IRISH, LAGAN)
    nights.good_night(0)
    later = {"date_of_extract": "2026-10-20T00:00:00"}
    _extract(nights, [CHARITY | later | {"registered_charity_number": 1100000 + n} for n in range(9)])
    nights.good_night(1)
    gone = ("GB-CHC", "1100009", "0")
    assert nights.live("charities") == set(nights.latest("charities")) - {gone}
    assert len(nights.live("charities")) == 10
    assert nights.stream("charities").rows_landed == 0


def test_a_list_that_is_cut_short_takes_nobody_away(nights):
    _extract(nights, [CHARITY | {"registered_charity_number": 1100000 + n} for n in range(100)])
    nights.good_night(0)
    _extract(nights, [CHARITY | {"date_of_extract": "2026-10-20T00:00:00"}])
    nights.night(1)
    assert len(nights.live("charities")) == 100
    assert [file.status for file in nights.last.files] == ["held"]


def test_a_charity_without_a_name_is_refused_alone_and_stays_as_it_was(nights):
    _extract(nights, [CHARITY, REMOVED])
    nights.good_night(0)
    later = {"date_of_extract": "2026-10-20T00:00:00"}
    _extract(nights, [CHARITY | later, REMOVED | later | {"charity_name": None}])
    nights.night(1)
    assert nights.stream("charities").rows_quarantined == 1
    assert len(nights.live("charities")) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("publicextract.charity.json", b'[{"date_of_extract": "2026-09-20"', "not valid JSON after 0 charities"),
        ("publicextract.charity.json", b"[]", "no charity in it"),
        ("publicextract.charity.json", b'[{"charity_name": "A"}]', "no date_of_extract"),
        ("publicextract.charity.txt", b"date_of_extract\tcharity_name\n", "take the file offered as JSON"),
        ("charities.csv", b"Reg charity number,Sub charity number,Charity name\n1,0,A\n", "of which day it is"),
    ],
)
def test_what_is_no_register_is_refused_with_what_to_do(nights, name, content, said):
    (_folder(nights) / name).write_bytes(content)
    nights.night(0)
    ((status, reason),) = [(file.status, file.reason) for file in nights.last.files]
    assert status == "refused"
    assert said in reason


def test_an_older_list_is_refused_and_one_of_another_register_is_not(nights):
    _csv(nights, "CharityExport-19-Sep-2026.csv", SCOTTISH, SCOT)
    nights.good_night(0)
    _csv(nights, "CharityExport-19-Aug-2026.csv", SCOTTISH, [*SCOT[:4], "Older", *SCOT[5:]])
    _csv(nights, "charitydetails_2026_07_20_01_10_06.csv", IRISH, LAGAN)
    nights.night(1)
    assert sorted(file.status for file in nights.last.files) == ["loaded", "refused"]


def test_a_file_goes_to_the_registers_by_what_it_is(nights):
    _csv(nights, "CharityExport-19-Sep-2026.csv", SCOTTISH, SCOT)
    _extract(nights, [CHARITY])
    assert {addressee(path, "reference").name for path in _folder(nights).iterdir()} == {"charity_registers"}


def test_the_day_stands_in_the_name():
    assert day_in(["CharityExport-Removed-9-Sep-2026.csv"]) == "2026-09-09"
    assert day_in(["register_charitydetails_2026_09_20_01_10_06.csv"]) == "2026-09-20"
    with pytest.raises(RefusedFile):
        day_in(["CharityExport-31-Xxx-2026.csv"])
