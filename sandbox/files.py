"""Write the file sources: return workbooks, grants files, registers; and know where each planted bad row stands."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from sandbox.options import Options
from sandbox.spelling import Spelling
from sandbox.workbooks import HEADINGS, SHEETS, STREAMS, Workbook
from sandbox.world import Grant, World

WRITTEN_AT = datetime(2025, 1, 1)  # noqa: DTZ001 - a document property, the same in every file
WRONG_TEMPLATE = "CB99 old style return.xlsx"
MALFORMED_GRANTS = "grants export broken.json"
VERIFICATION = (
    "indicator_key",
    "partner_code",
    "source_ref",
    "decision",
    "evidence_grade",
    "decided_on",
    "decided_by_role",
    "reason",
)
Refused = dict[str, str]


def layout(book: Workbook, seed: int) -> dict[str, tuple[int, int]]:
    """Where each table's START cell stands: row and column from 0. Tables wander a little from file to file."""
    draw = random.Random(f"{seed}:{book.file_name}")
    starts: dict[str, tuple[int, int]] = {}
    for tables in SHEETS.values():
        row, column = draw.randint(1, 4), draw.randint(0, 1)
        for table in tables:
            starts[table] = (row, column)
            row += len(book.tables[table]) + 3 + draw.randint(1, 3)
    return starts


def planted(book: Workbook, seed: int) -> list[Refused]:
    """The bad rows of a workbook with their place."""
    starts = layout(book, seed)
    sheet_of = {table: sheet for sheet, tables in SHEETS.items() for table in tables}
    return [
        {
            "source": "returns",
            "stream": STREAMS[table],
            "place": f"{book.file_name}#{sheet_of[table]}!{starts[table][0] + 3 + position}",
            "reason": "planted",
        }
        for table, position in sorted(book.bad)
    ]


def write_workbook(book: Workbook, folder: Path, seed: int) -> None:
    """Write one return workbook."""
    with xlsxwriter.Workbook(str(folder / book.file_name), {"strings_to_numbers": False}) as workbook:
        workbook.set_properties({"created": WRITTEN_AT, "title": f"Quarterly return {book.period}"})
        styles = {
            "title": workbook.add_format({"bold": True, "font_size": 14}),
            "tag": workbook.add_format({"font_color": "#BBBBBB", "font_size": 7}),
            "heading": workbook.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "border": 1}),
            "date": workbook.add_format({"num_format": "dd/mm/yyyy"}),
        }
        _cover(workbook, styles, book)
        starts = layout(book, seed)
        for sheet_name, tables in SHEETS.items():
            sheet = workbook.add_worksheet(sheet_name)
            sheet.write(0, 3, f"{sheet_name}, {book.period}", styles["title"])
            sheet.set_column(0, 20, 16)
            for table in tables:
                _table(sheet, styles, book.tables[table], table, starts[table])


def _cover(workbook: Any, styles: dict[str, Any], book: Workbook) -> None:
    sheet = workbook.add_worksheet("Cover")
    sheet.set_column(0, 1, 28)
    sheet.write(0, 0, "Quarterly return", styles["title"])
    sheet.write(2, 0, "WMIP:COVER:START", styles["tag"])
    facts = {
        "Template": "WMIP-RETURN",
        "Template version": 1,
        "Programme": "WMIP",
        "Cluster body code": book.body.code,
        "Cluster body name": book.body.name,
        "Period": book.period,
        "Submission number": book.submission,
        "Submitted on": book.submitted_on,
    }
    sheet.write_row(3, 0, ["Field", "Value"], styles["heading"])
    for row, (name, value) in enumerate(facts.items(), start=4):
        sheet.write(row, 0, name)
        _cell(sheet, styles, row, 1, value)
    sheet.write(4 + len(facts), 0, "WMIP:COVER:END", styles["tag"])


def _table(sheet: Any, styles: dict[str, Any], rows: list[dict[str, Any]], table: str, start: tuple[int, int]) -> None:
    top, left = start
    sheet.write(top, left, f"WMIP:{table}:START", styles["tag"])
    headings = HEADINGS[table]
    for column, heading in enumerate(headings):
        sheet.write(top + 1, left + column, heading, styles["heading"])
    for index, row in enumerate(rows, start=top + 2):
        for column, heading in enumerate(headings):
            _cell(sheet, styles, index, left + column, row.get(heading))
    sheet.write(top + 2 + len(rows), left, f"WMIP:{table}:END", styles["tag"])


def _cell(sheet: Any, styles: dict[str, Any], row: int, column: int, value: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), styles["date"])  # noqa: DTZ001
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, value)


def write_wrong_workbook(folder: Path) -> None:
    """A return on a template of another programme."""
    with xlsxwriter.Workbook(str(folder / WRONG_TEMPLATE)) as workbook:
        workbook.set_properties({"created": WRITTEN_AT})
        sheet = workbook.add_worksheet("Cover")
        sheet.write_column(0, 0, ["WMIP:COVER:START", "Field", "Template", "WMIP:COVER:END"])
        sheet.write(1, 1, "Value")
        sheet.write(2, 1, "OTHER-FUND-RETURN")


COUNCIL = "council small grants.csv"
MAPPING = """\
title: Small grants of a pretend council
files: {name: "council small grants*"}
dates: day_first
columns:
  grant_id: Ref No
  title: Project
  award_date: Decided on
  amount_awarded: Amount
  recipient_name: Organisation
  recipient_company_number: Company no.
  recipient_postal_code: Post code
  programme_title: Scheme
  funding_org_id: Funder id
  funding_org_name: Funder
constants:
  currency: GBP
"""


class GrantFiles:
    """The grants of a world in three 360Giving files (JSON, CSV and XLSX, each with grants of its own and a few bad
    rows) and the export of another system that a mapping describes.
    """

    TITLES = (
        "Identifier", "Title", "Description", "Currency", "Amount Awarded", "Award Date", "Recipient Org:Identifier",
        "Recipient Org:Name", "Recipient Org:Company Number", "Recipient Org:Charity Number",
        "Recipient Org:Postal Code", "Funding Org:Identifier", "Funding Org:Name", "Grant Programme:Title",
    )  # fmt: skip

    def __init__(self, options: Options, world: World, spelling: Spelling) -> None:
        published = [grant for grant in world.grants if grant.system == "threesixtygiving"]
        self._mapped = [grant for grant in world.grants if grant.is_mapped]
        self._grants = [published[start::3] for start in range(3)]
        self._spelling = spelling
        self._spoil = options.dirt.invalid_row > 0
        self.refused: list[Refused] = []
        self._json = self._json_grants(self._grants[0])
        self._csv = self._flat(self._grants[1], "grants spreadsheet.csv#!")
        self._xlsx = self._flat(self._grants[2], "grants workbook.xlsx#grants!")
        # Spelt once, however often it is written.
        self._council = [self._council_row(grant) for grant in self._mapped]

    def write(self, folder: Path) -> None:
        """Write the three files, and one that breaks off."""
        package = {"version": "1.4", "grants": self._json}
        (folder / "grants export.json").write_text(json.dumps(package, indent=1), encoding="utf-8")
        with (folder / "grants spreadsheet.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, self.TITLES)
            writer.writeheader()
            writer.writerows(self._csv)
        with xlsxwriter.Workbook(str(folder / "grants workbook.xlsx")) as workbook:
            workbook.set_properties({"created": WRITTEN_AT})
            meta = workbook.add_worksheet("meta")
            meta.write_row(0, 0, ["Field", "Value"])
            sheet = workbook.add_worksheet("grants")
            sheet.write_row(0, 0, self.TITLES)
            for index, row in enumerate(self._xlsx, start=1):
                sheet.write_row(index, 0, [row[title] for title in self.TITLES])
        self._write_council(folder / COUNCIL)
        (folder / MALFORMED_GRANTS).write_text(
            '{"version": "1.4", "grants": [{"id": "360G-sandbox-cut', encoding="utf-8"
        )

    def write_mapping(self, folder: Path) -> None:
        """What the other system's columns mean, under the name that its grants are identified by."""
        if self._mapped:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "sandbox_council.yaml").write_text(MAPPING, encoding="utf-8")

    def _write_council(self, path: Path) -> None:
        if not self._mapped:
            return
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(
                [
                    "Ref No",
                    "Project",
                    "Decided on",
                    "Amount",
                    "Organisation",
                    "Company no.",
                    "Post code",
                    "Scheme",
                    "Funder id",
                    "Funder",
                ]
            )
            writer.writerows(self._council)

    def _council_row(self, grant: Grant) -> list[str | None]:
        organisation = grant.organisation
        assert organisation is not None
        return [
            grant.id,
            grant.title,
            f"{grant.awarded_on:%d/%m/%Y}",
            f"£{grant.amount:,}",
            self._spelling.name(organisation),
            organisation.company_number,
            organisation.postcode,
            grant.programme,
            grant.funder_id,
            grant.funder_name,
        ]

    def _recipient(self, grant: Grant) -> dict[str, str | None]:
        organisation = grant.organisation
        assert organisation is not None
        written = self._spelling.findably(organisation)
        return {
            "id": organisation.public_id,
            "name": written.name,
            "companyNumber": written.company_number,
            "charityNumber": written.charity_number,
            "postalCode": grant.postcode or written.postcode,
        }

    def _json_grants(self, grants: list[Grant]) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        for grant in grants:
            entry: dict[str, Any] = {
                "id": grant.id,
                "title": grant.title,
                "description": grant.title,
                "currency": "GBP",
                "amountAwarded": grant.amount,
                "awardDate": _awarded(grant),
                "fundingOrganization": [{"id": grant.funder_id, "name": grant.funder_name}],
                "grantProgramme": [{"title": grant.programme}],
            }
            if grant.organisation is None:
                entry["recipientIndividual"] = {"id": f"360G-sandbox-ind-{grant.id}", "name": "Anonymous"}
            else:
                recipient = {name: value for name, value in self._recipient(grant).items() if value}
                entry["recipientOrganization"] = [recipient]
            listed.append(entry)
        if self._spoil and listed:
            broken = {**listed[0], "id": "360G-sandbox-bad-1", "amountAwarded": "tbc"}
            listed.append(broken)
            self._refuse(f"grants export.json#grants/{len(listed) - 1}")
        return listed

    def _flat(self, grants: list[Grant], place: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for grant in grants:
            # The flattened heading of a grant to a person is not in these files' columns.
            if grant.organisation is None:
                continue
            recipient = self._recipient(grant)
            rows.append(
                {
                    "Identifier": grant.id,
                    "Title": grant.title,
                    "Description": grant.title,
                    "Currency": "GBP",
                    "Amount Awarded": str(grant.amount),
                    "Award Date": grant.awarded_on.isoformat(),
                    "Recipient Org:Identifier": recipient["id"],
                    "Recipient Org:Name": recipient["name"],
                    "Recipient Org:Company Number": recipient["companyNumber"],
                    "Recipient Org:Charity Number": recipient["charityNumber"],
                    "Recipient Org:Postal Code": recipient["postalCode"],
                    "Funding Org:Identifier": grant.funder_id,
                    "Funding Org:Name": grant.funder_name,
                    "Grant Programme:Title": grant.programme,
                }
            )
        if self._spoil and rows:
            for title, value in (("Currency", "GPB"), ("Award Date", "soon")):
                rows.append({**rows[0], "Identifier": f"360G-sandbox-bad-{2 + len(self.refused)}", title: value})
                self._refuse(f"{place}{len(rows) + 1}")
        return rows

    def _refuse(self, place: str) -> None:
        self.refused.append({"source": "threesixtygiving", "stream": "grants", "place": place, "reason": "planted"})


def _awarded(grant: Grant) -> str:
    """Midnight of the day; where the clocks of the place are ahead, told as an instant of the day before."""
    midnight = datetime.combine(grant.awarded_on, time(0), ZoneInfo("Europe/London"))
    if grant.is_instant and midnight.utcoffset():
        return midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{grant.awarded_on.isoformat()}T00:00:00+00:00"


def write_registers(folder: Path, world: World) -> None:
    """The registers of partners, verification and ratings."""
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["indicator_key", "rag", "reason", "approved_by_role", "expires_on"])
        for indicator, expires_on in world.ratings:
            writer.writerow([indicator, "amber", "agreed at the board", "programme manager", expires_on.isoformat()])
    with (folder / "partners.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["partner_code", "name", "cluster_key", "activity_starts_on", "eventbrite_organization_id"])
        for body in world.bodies:
            writer.writerow([body.code, body.name, body.cluster, "2023-04-01", body.eventbrite_organization])
    with (folder / "verification.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(VERIFICATION)
        for item in world.decisions:
            writer.writerow(
                [
                    item.indicator,
                    item.body,
                    item.source_ref,
                    item.decision,
                    item.grade or "",
                    item.decided_on.isoformat(),
                    "monitoring officer",
                    "evidence looked at on a visit",
                ]
            )
