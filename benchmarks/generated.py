"""Generated files of real shapes and any size, for the benchmarks. Their rows are all different and all right."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.yamlfile import read_yaml
from ingestion.catalogue import SOURCES
from ingestion.declaration import FOLDER
from ingestion.sources.companies_house.reader import BEFORE, COMPANY

Rows = Iterator[Sequence[Any]]

_GRANT_HEADINGS = (
    "Identifier",
    "Title",
    "Description",
    "Currency",
    "Amount Awarded",
    "Award Date",
    "Recipient Org:Identifier",
    "Recipient Org:Name",
    "Recipient Org:Postal Code",
    "Funding Org:Identifier",
    "Funding Org:Name",
    "Grant Programme:Title",
)
_GRANT_PATHS = (
    "id",
    "title",
    "description",
    "currency",
    "amountAwarded",
    "awardDate",
    "recipientOrganization/0/id",
    "recipientOrganization/0/name",
    "recipientOrganization/0/postalCode",
    "fundingOrganization/0/id",
    "fundingOrganization/0/name",
    "grantProgramme/0/title",
)
# Two sentences, with a comma: about 500 bytes a grant, as published files have them.
_DESCRIPTION = "A generated grant, which stands for no real one, with words as real ones have. " * 4


def _grants(rows: int) -> Rows:
    """Grain: a grant."""
    for number in range(rows):
        charity = number % 90_000
        yield (
            f"360G-generated-{number}",
            f"Grant number {number}",
            _DESCRIPTION,
            "GBP",
            100 + number * 37 % 90_000 / 100,
            f"{2000 + number % 24}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            f"GB-CHC-{1_000_000 + charity}",
            f"Charity number {charity}",
            f"B{1 + charity % 30} 1AA",
            "GB-CHC-200051",
            "A generated funder",
            f"Programme {number % 20}",
        )


_UNREAD = [
    *SOURCES["companies_house"].stream("companies").ignores,
    *SOURCES["companies_house"].stream("companies").personal,
]
_COMPANY_HEADINGS = [*(column.heading for column in (*COMPANY, *BEFORE)), *_UNREAD]


def _companies(rows: int) -> Rows:
    """Grain: a company; every tenth has a previous name. In the 55 columns of the free company data product."""
    names = [column.name for column in (*COMPANY, *BEFORE)]
    blank = dict.fromkeys([*names, *_UNREAD], "")
    constant = {
        "post_town": "BIRMINGHAM",
        "country": "ENGLAND",
        "category": "Private Limited Company",
        "status": "Active",
        "country_of_origin": "United Kingdom",
        "accounts_category": "MICRO ENTITY",
        "accounts_made_up_to": "31/03/2024",
        "sic_text_1": "62012 - Business and domestic software development",
        "RegAddress.AddressLine1": "UNIT 1 GENERATED TRADING ESTATE",
    }
    for number in range(rows):
        row = {
            **blank,
            **constant,
            "company_number": f"{number:08d}",
            "name": f"GENERATED COMPANY {number} LIMITED",
            "postcode": f"B{1 + number % 30} 1AA",
            "incorporated_on": f"{1 + number % 28:02d}/{1 + number % 12:02d}/{1980 + number % 44}",
            "uri": f"http://business.data.gov.uk/id/company/{number:08d}",
        }
        if number % 10 == 0:
            row |= {"previous_1": f"OLD COMPANY {number} LIMITED", "changed_on_1": "01/02/2003"}
        yield list(row.values())


_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def _postcodes(rows: int) -> Rows:
    """Grain: a postcode. In the columns of the ONS postcode directory that are read."""
    for number in range(rows):
        rest, last = divmod(number, 20)
        rest, first = divmod(rest, 20)
        rest, digit = divmod(rest, 10)
        area, district = divmod(rest, 99)
        outward = f"{_LETTERS[area // 20 % 20]}{_LETTERS[area % 20]}{1 + district}"
        yield f"{outward} {digit}{_LETTERS[first]}{_LETTERS[last]}", "198001", "", "E08000025", "52.48", "-1.89"


def _headings(source: str) -> list[str]:
    return [entry["heading"] for entry in read_yaml(FOLDER / source / "columns.yaml", list[dict[str, Any]])]


_PARTICIPANT_HEADINGS = _headings("innovate_uk")
_PROJECT_HEADINGS = _headings("gateway_to_research")


def _participants(rows: int) -> Rows:
    """Grain: a participant of a project Innovate UK funds; three a project."""
    given = {"Project Title": "Lighter castings", "Award Offered": 60_000, "Total Costs": 100_000, "Postcode": "B7 4BB"}
    given |= {"Is Lead Participant": "Yes", "Project Start Date": 45_017, "Project Status": "Live"}
    for number in range(rows):
        row = {**given, "Project Number": 70_000 + number // 3, "Participant Name": f"Participant {number} Ltd"}
        row |= {"CRN": f"{number:08d}"}
        yield [row.get(heading, "") for heading in _PARTICIPANT_HEADINGS]


def _projects(rows: int) -> Rows:
    """Grain: a project of the research councils."""
    given = {
        "FundingOrgName": "EPSRC",
        "Title": "A generated project",
        "StartDate": "01/10/2022",
        "EndDate": "30/09/2025",
    }
    given |= {"AwardPounds": "250000", "Region": "West Midlands", "Status": "Active", "LeadROName": "A university"}
    for number in range(rows):
        row = {**given, "ProjectReference": f"EP/{number}", "ProjectId": f"P{number}", "LeadROId": f"L{number % 150}"}
        yield [row.get(heading, "") for heading in _PROJECT_HEADINGS]


def _write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(headings)
        writer.writerows(rows)


def _write_xlsx(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("rows")
        for row, cells in enumerate((headings, *rows)):
            sheet.write_row(row, 0, cells)


def _write_json(path: Path, _headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Grants as the standard's JSON has them."""
    with path.open("w", encoding="utf-8") as handle:
        handle.write('{"version": "1.4", "grants": [')
        for number, cells in enumerate(rows):
            grant: dict[str, Any] = {}
            for steps, value in zip(_GRANT_PATHS, cells, strict=True):
                first, *rest = steps.split("/")
                if rest:
                    grant.setdefault(first, [{}])[0][rest[-1]] = value
                else:
                    grant[first] = value
            handle.write(("," if number else "") + json.dumps(grant))
        handle.write("]}")


@dataclass(frozen=True)
class Generated:
    """A kind of file: whose it is, how it is called in its inbox folder, and what stands in it."""

    source: str
    file_name: str
    headings: Sequence[str]
    rows: Callable[[int], Rows]

    def write(self, home: Path, rows: int) -> None:
        """Put a file with so many rows into the inbox of a home."""
        folder = home / "inbox" / str(SOURCES[self.source].inbox)
        folder.mkdir(parents=True)
        path = folder / self.file_name
        {".csv": _write_csv, ".xlsx": _write_xlsx, ".json": _write_json}[path.suffix](
            path, self.headings, self.rows(rows)
        )


KINDS = {
    **{
        f"grants.{suffix}": Generated("threesixtygiving", f"generated.{suffix}", _GRANT_HEADINGS, _grants)
        for suffix in ("csv", "json", "xlsx")
    },
    "companies": Generated(
        "companies_house", "BasicCompanyDataAsOneFile-2025-05-01.csv", _COMPANY_HEADINGS, _companies
    ),
    "postcodes": Generated(
        "postcode_directory",
        "ONSPD_MAY_2025_UK.csv",
        ["pcds", "dointr", "doterm", "oslaua", "lat", "long"],
        _postcodes,
    ),
    "participants": Generated("innovate_uk", "generated.csv", _PARTICIPANT_HEADINGS, _participants),
    "projects": Generated("gateway_to_research", "generated.csv", _PROJECT_HEADINGS, _projects),
}
