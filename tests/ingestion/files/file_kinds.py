"""A small good file of each kind that the inbox takes, numbered so that no two share a key: for attacks on readers."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

from ingestion.catalogue import SOURCES
from ingestion.files.inbox import FileReport
from ingestion.ingest import ensure_landing
from ingestion.sources.registers.reader import CONTRACTS
from tests.ingestion.sources import test_gateway_to_research, test_innovate_uk, test_mapped_grants, test_returns
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_companies_house import ROWS as COMPANIES
from tests.ingestion.sources.test_postcode_directory import LIVE, NEW

ROWS = 3
Row = Mapping[str, Any]


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its source, the stream of its rows, its folder of the inbox, its name by number, its content."""

    name: str
    source: str
    stream: str
    file_name: str
    make: Callable[[int], bytes]
    replaces: bool = False
    """Whether a file takes the place of those read before it: then the last of a night is the one that is landed."""

    @property
    def suffix(self) -> str:
        return Path(self.file_name).suffix

    @property
    def folder(self) -> str:
        return str(SOURCES[self.source].inbox)

    def drop(self, home: Path, number: int, content: bytes | None = None) -> Path:
        """Put the good file of a number into the inbox, or another content under its name."""
        path = home / "inbox" / self.folder / self.file_name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.make(number) if content is None else content)
        return path


def as_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_xlsx(rows: Sequence[Row]) -> bytes:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, list(rows[0]))
        for at, row in enumerate(rows, 1):
            sheet.write_row(at, 0, list(row.values()))
    return _undated(into.getvalue())


def _undated(workbook: bytes) -> bytes:
    """A workbook that does not say when it was made."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as made, zipfile.ZipFile(into, "w") as archive:
        for name in made.namelist():
            part = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2024-05-01T00:00:00Z", made.read(name))
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return into.getvalue()


def as_zip(name: str, content: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return into.getvalue()


def _numbered(number: int) -> range:
    return range(number * 10, number * 10 + ROWS)


def _grants(number: int) -> list[Row]:
    return [
        {
            "Identifier": f"360G-Trust-{at}",
            "Title": "Café training",
            "Currency": "GBP",
            "Amount Awarded": 1500.5,
            "Award Date": "2024-01-31",
            "Recipient Org:Identifier": "GB-COH-01234567",
            "Recipient Org:Name": "Firm Ltd",
            "Funding Org:Identifier": "GB-CHC-1",
            "Planned Dates:Start Date": "2024",
        }
        for at in _numbered(number)
    ]


def _grants_json(number: int) -> bytes:
    return json.dumps(
        {
            "grants": [
                {
                    "id": row["Identifier"],
                    "title": row["Title"],
                    "currency": "GBP",
                    "amountAwarded": 1500.5,
                    "awardDate": "2024-01-31T00:00:00Z",
                    "recipientOrganization": [{"id": "GB-COH-01234567", "name": "Firm Ltd"}],
                    "fundingOrganization": [{"id": "GB-CHC-1"}],
                    "plannedDates": [{"startDate": "2024-02"}],
                }
                for row in _grants(number)
            ]
        },
        ensure_ascii=False,
    ).encode()


def _mapped(number: int) -> list[Row]:
    return [{**test_mapped_grants.ROW, "Ref": f"G{at}"} for at in _numbered(number)]


def _funded(number: int) -> list[Row]:
    return [{**test_innovate_uk.ROW, "Project Number": str(at)} for at in _numbered(number)]


def _projects(number: int) -> list[Row]:
    return [{**test_gateway_to_research.ROW, "ProjectId": f"ABC-{at}"} for at in _numbered(number)]


def _companies(number: int) -> bytes:
    at_number, at_uri = COMPANIES[0].index(" CompanyNumber"), COMPANIES[0].index("URI")
    rows = [list(row) for row in COMPANIES[1 : 1 + ROWS]]
    for row, at in zip(rows, _numbered(number), strict=True):
        row[at_number] = f"{at:08d}"
        row[at_uri] = f"http://business.data.gov.uk/id/company/{at:08d}"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COMPANIES[0], *rows])
    return text.getvalue().encode()


def _postcodes(number: int) -> bytes:
    rows = [LIVE.replace("B1 1AA", f"B{at // 10 + 1} {at % 10}ZZ") for at in _numbered(number)]
    return "\n".join([NEW, *rows, ""]).encode()


def _register(stream: str, number: int) -> bytes:
    values = {
        "date": "2024-01-31",
        "whole": "1",
        "number": "0.5",
        "money": "2.5",
        "yes_no": "yes",
        "period": "2024-25-Q1",
        "open_text": "as agreed",
        "name_of_organisation": "One",
    }
    key = SOURCES["registers"].stream(stream).key
    return as_csv(
        [
            {
                column.heading: next(iter(column.allowed))
                if column.allowed
                else f"CB{at}"
                if column.name in key and column.kind == "text"
                else f"{at:08d}"
                if column.kind == "company_number"
                else values.get(column.kind, "text")
                for column in CONTRACTS[stream]
            }
            for at in _numbered(number)
        ]
    )


def _return(number: int) -> bytes:
    firms = [{**test_returns.BUSINESS, "Business ref": f"B{at}", "Business name": f"Firm {at}"} for at in range(ROWS)]
    sessions = [{**test_returns.SESSION, "Session ref": f"S{at}", "Business ref": f"B{at}"} for at in range(ROWS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "return.xlsx"
        cover = {"Submission number": number + 1}
        test_returns._write(path, cover=cover, rows={"BUSINESSES": firms, "SUPPORT": sessions})
        return _undated(path.read_bytes())


def _teams(number: int) -> bytes:
    joins = [
        f"Planted {at}\t14/05/24, 09:0{at}:00\t14/05/24, 09:50:00\t40m\tada{at}@firm.example\tAttendee"
        for at in range(ROWS)
    ]
    lines = [
        "1. Summary",
        f"Meeting title\tBriefing {number}",
        "Start time\t14/05/24, 09:00:00",
        "End time\t14/05/24, 10:00:00",
        "",
        "3. In-Meeting Activities",
        "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole",
        *joins,
        "",
    ]
    return "\n".join(lines).encode("utf-16")


def _zoom(number: int) -> bytes:
    joins = [f"P{at},ada{at}@firm.example,05/14/2024 09:0{at}:00 AM,05/14/2024 09:50:00 AM,19,No" for at in range(ROWS)]
    lines = [
        "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants",
        f"{85000000000 + number},Briefing,05/14/2024 08:59:00 AM,05/14/2024 10:00:00 AM,host@firm.example,61,3",
        "",
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest",
        *joins,
        "",
    ]
    return "\n".join(lines).encode("utf-8-sig")


def _eventbrite(number: int) -> bytes:
    headings = (
        "Order #,Order Date,First Name,Surname,Email,Quantity,Ticket Type,Attendee #,Attendee Status,Company,Event ID"
    )
    rows = [
        f"1{at},11/29/24 22:28,Planted,Ada,ada{at}@firm.example,1,Delegate,6905{at:05d},Checked In,Firm,1500000000001"
        for at in _numbered(number)
    ]
    return "\n".join([headings, *rows, ""]).encode("utf-8-sig")


def _charities(number: int) -> list[Row]:
    return [
        {
            "date_of_extract": "2026-09-20T00:00:00",
            "registered_charity_number": 1_100_000 + at,
            "linked_charity_number": 0,
            "charity_name": "KILN TRUST",
            "charity_registration_status": "Registered",
            "date_of_registration": "2015-03-02T00:00:00",
            "date_of_removal": None,
            "charity_contact_postcode": "B1 1AA",
            "charity_contact_web": "kiln.example",
            "charity_company_registration_number": "01234567",
        }
        for at in _numbered(number)
    ]


def _deflators(number: int) -> list[list[Any]]:
    """Three years of one kind; the other kind has forecasts alone."""
    kinds, first = ["Financial year", "Calendar year"], 3 * (number % 66)
    if number >= 66:
        kinds.reverse()
    years = [1900 + first + at for at in range(ROWS)]
    said = [f"{year}-{(year + 1) % 100:02d}" if number < 66 else str(year) for year in years]
    return [
        ["GDP DEFLATORS AT MARKET PRICES, AND MONEY GDP, June 2026"],
        [None, kinds[0], "2025 = 100", None, kinds[1], "2025 = 100"],
        *([None, year, 96.5, None, None, "-"] for year in said),
    ]


def _productivity(number: int) -> list[list[Any]]:
    return [
        ["Table B3: GVA per filled job (£); ITL2 and ITL3 subregions, June 2026"],
        ["ITL level", "ITL code", "Region name", "2021", "2022", "2023"],
        ["ITL2", f"TLG{number:02d}", "West Midlands", 50970.5, 52001.25, 54000],
    ]


def _sheet_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _sheet_xlsx(name: str, rows: Sequence[Sequence[Any]]) -> bytes:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return _undated(into.getvalue())


KINDS = {
    kind.name: kind
    for kind in (
        FileKind("return.xlsx", "returns", "support_sessions", "return {}.xlsx", _return),
        FileKind("grants.csv", "threesixtygiving", "grants", "grants {}.csv", lambda n: as_csv(_grants(n))),
        FileKind("grants.xlsx", "threesixtygiving", "grants", "grants {}.xlsx", lambda n: as_xlsx(_grants(n))),
        FileKind("grants.json", "threesixtygiving", "grants", "grants {}.json", _grants_json),
        FileKind(
            "grants.zip",
            "threesixtygiving",
            "grants",
            "grants {}.zip",
            lambda n: as_zip("grants.json", _grants_json(n)),
        ),
        FileKind("mapped.csv", "mapped_grants", "grants", "mapped {}.csv", lambda n: as_csv(_mapped(n))),
        FileKind("mapped.xlsx", "mapped_grants", "grants", "mapped {}.xlsx", lambda n: as_xlsx(_mapped(n))),
        FileKind("innovate_uk.csv", "innovate_uk", "participants", "funded {}.csv", lambda n: as_csv(_funded(n))),
        FileKind("innovate_uk.xlsx", "innovate_uk", "participants", "funded {}.xlsx", lambda n: as_xlsx(_funded(n))),
        FileKind(
            "gateway_to_research.csv",
            "gateway_to_research",
            "projects",
            "export {}.csv",
            lambda n: as_csv(_projects(n)),
        ),
        FileKind(
            "companies_house.csv", "companies_house", "companies", "BasicCompanyData-2024-05-01-{}.csv", _companies
        ),
        FileKind(
            "companies_house.zip",
            "companies_house",
            "companies",
            "BasicCompanyData-2024-05-01-{}.zip",
            lambda n: as_zip("companies.csv", _companies(n)),
        ),
        FileKind(
            "charity_registers.json",
            "charity_registers",
            "charities",
            "{}-publicextract.charity.json",
            lambda n: json.dumps(_charities(n)).encode(),
            replaces=True,
        ),
        FileKind("postcode_directory.csv", "postcode_directory", "postcodes", "{}-ONSPD_MAY_2025_B.csv", _postcodes),
        FileKind(
            "deflators.csv",
            "published_statistics",
            "gdp_deflators",
            "deflators {}.csv",
            lambda n: _sheet_csv(_deflators(n)),
            replaces=True,
        ),
        FileKind(
            "deflators.xlsx",
            "published_statistics",
            "gdp_deflators",
            "deflators {}.xlsx",
            lambda n: _sheet_xlsx("Sheet1", _deflators(n)),
            replaces=True,
        ),
        FileKind(
            "productivity.xlsx",
            "published_statistics",
            "area_productivity",
            "productivity {}.xlsx",
            lambda n: _sheet_xlsx("B3", _productivity(n)),
            replaces=True,
        ),
        *(
            FileKind(f"{stream}.csv", "registers", stream, f"{stream} {{}}.csv", lambda n, s=stream: _register(s, n))
            for stream in CONTRACTS
        ),
        FileKind("teams.csv", "teams", "segments", "meeting {}.csv", _teams),
        FileKind("zoom_report.csv", "zoom_report", "participants", "participants {}.csv", _zoom),
        FileKind("eventbrite_report.csv", "eventbrite_report", "attendees", "attendees {}.csv", _eventbrite),
    )
}


def prepare(home: Path, kind: FileKind) -> None:
    """What the reader of a kind needs of a home: a body that may send returns, a mapping."""
    if kind.source == "mapped_grants":
        path = home / "mappings" / "grants" / "council.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(test_mapped_grants.MAPPING, sort_keys=False), encoding="utf-8")
    if kind.source != "returns":
        return
    ensure_landing(home)
    (home / "inbox" / "registers").mkdir(parents=True, exist_ok=True)
    (home / "inbox" / "registers" / "partners.csv").write_text(
        "partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\nCB01,One,,2023-04-01,\n",
        encoding="utf-8",
    )
    Nights("registers", home, {}, {}).good_night(0)


def landed_of(nights: Nights, kind: FileKind, sha256: str, report: FileReport | None) -> int:
    """How many rows of a file are landed; of one that later files replaced, how many were to be."""
    landed = sum(row["_source_record"].startswith(f"{sha256}:") for row in nights.rows(kind.stream))
    if not kind.replaces or landed or report is None:
        return landed
    # Beside its rows, one in the list of editions.
    return report.rows_loaded - 1 if report.status == "loaded" else 0
