"""One attack over every file reader: what is bad is refused or told of by name, and the good files beside it land.

All files of a kind, good and bad, are read in one night; each case looks at what became of its own. docs/fault-table.md
lists them.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingestion.catalogue import SOURCES
from ingestion.files import night_reader as file_readers
from ingestion.files.inbox import FileReport, printable, sha256_of
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.storage.latest import read_latest
from tests.ingestion.files.file_kinds import KINDS, ROWS, FileKind, landed_of, prepare
from tests.ingestion.files.test_reading import read_with_faults
from tests.ingestion.sources.nights import Nights

LONG = "9" * 400


@dataclass(frozen=True)
class Target:
    """What to attack in the good file of a kind: a needed heading, a text, a number; None where it has none."""

    heading: str
    other_heading: str
    text: str | None = None
    number: str | None = None


TARGETS = {
    "return.xlsx": Target("BUSINESS NAME *", "COMPANY NUMBER *", "Firm 1"),
    "grants.csv": Target("Award Date", "Title", "Firm Ltd", "1500.5"),
    "grants.xlsx": Target("Award Date", "Title", "Firm Ltd", "<v>1500.5</v>"),
    "grants.json": Target("awardDate", "title", "Firm Ltd", "1500.5"),
    "grants.zip": Target("awardDate", "title", "Firm Ltd", "1500.5"),
    "mapped.csv": Target("Decided", "Officer notes", "Aston Castings Ltd", "1,234.50"),
    "mapped.xlsx": Target("Decided", "Officer notes", "Aston Castings Ltd", "1,234.50"),
    "innovate_uk.csv": Target("Project Number", "Sector", "Aston Castings Ltd", "£60,000"),
    "innovate_uk.xlsx": Target("Project Number", "Sector", "Aston Castings Ltd", "£60,000"),
    "gateway_to_research.csv": Target("ProjectId", "Department", "Lighter castings", "123,456"),
    "companies_house.csv": Target(" CompanyNumber", "RegAddress.POBox"),
    "companies_house.zip": Target(" CompanyNumber", "RegAddress.POBox"),
    "charity_registers.json": Target("registered_charity_number", "charity_name"),
    "postcode_directory.csv": Target("lad25cd", "itl25cd"),
    "deflators.csv": Target("Financial year", "Calendar year", number="96.5"),
    "deflators.xlsx": Target("Financial year", "Calendar year", number="<v>96.5</v>"),
    "productivity.xlsx": Target("2021", "2022", "West Midlands", "<v>52001.25</v>"),
    "removals.csv": Target("content_sha256", "reason", "as agreed"),
    "partners.csv": Target("activity_starts_on", "cluster_key", "One"),
    "verification.csv": Target("decided_on", "evidence_grade", "as agreed"),
    "assumptions.csv": Target("value", "low", "as agreed", "0.5"),
    "claims.csv": Target("defrayal_evidence", "paid_gbp", None, "2.5"),
    "also_claimed.csv": Target("source_ref", "programme_share", "One", "0.5"),
    "groups.csv": Target("group_key", "company_number", "text"),
    "ratings.csv": Target("expires_on", "reason", "as agreed"),
    "waivers.csv": Target("expires_on", "reason", "as agreed"),
    "calendar.csv": Target("partner_code", "reason", "as agreed"),
    "teams.csv": Target("Join Time", "Duration", "Briefing"),
    "zoom_report.csv": Target("Join Time", "Guest", "Briefing"),
    "eventbrite_report.csv": Target("Attendee #", "Order Date", "Firm"),
}
REPORTS = ("teams.csv", "zoom_report.csv", "eventbrite_report.csv")


def _encoding(kind: FileKind) -> str:
    return "utf-16" if kind.name == "teams.csv" else "utf-8"


def replaced(content: bytes, kind: FileKind, old: str, new: str, count: int = 1) -> bytes:
    """A file with a text replaced, within its zip where it is one."""
    if kind.suffix not in {".zip", ".xlsx"}:
        encoding = _encoding(kind)
        text = content.decode(encoding)
        assert old in text, (kind.name, old)
        return text.replace(old, new, count).encode(encoding)
    into, found = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in archive.namelist():
            text = archive.read(name).decode()
            found = found or old in text
            changed.writestr(zipfile.ZipInfo(name), text.replace(old, new, count), zipfile.ZIP_DEFLATED)
    assert found, (kind.name, old)
    return into.getvalue()


@dataclass
class Night:
    """What became of the files of a kind: reports by file name, quarantine and findings as (place, rule, severity)."""

    nights: Nights
    kind: FileKind
    good: list[Path] = field(default_factory=list)
    bad: dict[str, Path] = field(default_factory=dict)
    reports: dict[str, FileReport] = field(default_factory=dict)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def landed(self, path: Path) -> int:
        return landed_of(self.nights, self.kind, sha256_of(path), self.reports.get(path.name))

    def rules(self, name: str) -> set[str]:
        """Rules of what was found in a file."""
        return {rule for place, rule, _ in self.told if place.partition("#")[0] == name}


# --- attacks on a file's content: (kinds it applies to, how) ----------------------------------------------------------

Attack = Callable[[bytes, FileKind], bytes]


def _with_target(name: str) -> list[str]:
    return [kind for kind, target in TARGETS.items() if getattr(target, name) is not None]


def _of(*suffixes: str) -> list[str]:
    return [name for name, kind in KINDS.items() if kind.suffix in suffixes]


def _missing_heading(content: bytes, kind: FileKind) -> bytes:
    return replaced(content, kind, TARGETS[kind.name].heading, "Zzz", -1)


def _doubled_heading(content: bytes, kind: FileKind) -> bytes:
    target = TARGETS[kind.name]
    return replaced(content, kind, target.other_heading, target.heading)


def _long_number(content: bytes, kind: FileKind) -> bytes:
    number = str(TARGETS[kind.name].number)
    return replaced(content, kind, number, f"<v>{LONG}</v>" if "<v>" in number else LONG)


def _contact(content: bytes, kind: FileKind) -> bytes:
    text = str(TARGETS[kind.name].text)
    return replaced(content, kind, text, f"{text} ask jane@planted.example")


def _control(content: bytes, kind: FileKind) -> bytes:
    text = str(TARGETS[kind.name].text)
    sign = "\\u0000" if kind.name in ("grants.json", "grants.zip") else "\x00"
    return replaced(content, kind, text, f"{text[:3]}{sign}{text[3:]}")


def _wrong_byte(content: bytes, kind: FileKind) -> bytes:
    text = str(TARGETS[kind.name].text)
    return replaced(content, kind, text, f"éé {text}~").replace(f"{text}~".encode(), text.encode() + b"\x96", 1)


def _windows(content: bytes, kind: FileKind) -> bytes:
    text = str(TARGETS[kind.name].text)
    return replaced(content, kind, text, f"{text} é").decode().lstrip("\ufeff").encode("cp1252")


def _cut_short(content: bytes, kind: FileKind) -> bytes:
    return content[: len(content) * 7 // 10]


def _doctype(content: bytes, kind: FileKind) -> bytes:
    return replaced(content, kind, "<worksheet ", "<!DOCTYPE a><worksheet ")


def _far_cell(content: bytes, kind: FileKind) -> bytes:
    return replaced(content, kind, "</sheetData>", '<row r="900000"><c r="Z900000"><v>1</v></c></row></sheetData>')


ATTACKS: dict[str, tuple[list[str], Attack]] = {
    "empty": (list(KINDS), lambda content, kind: b""),
    "another-format": (list(KINDS), lambda content, kind: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"),
    "cut-short": (list(KINDS), _cut_short),
    "missing-heading": (list(KINDS), _missing_heading),
    "doubled-heading": ([name for name in KINDS if name not in ("grants.json", "grants.zip")], _doubled_heading),
    "long-number": (_with_target("number"), _long_number),
    "contact-details": (_with_target("text"), _contact),
    "control-character": ([n for n in _with_target("text") if KINDS[n].suffix != ".xlsx"], _control),
    "wrong-byte": ([n for n in _with_target("text") if KINDS[n].suffix == ".csv" and n != "teams.csv"], _wrong_byte),
    "windows-1252": ([n for n in _with_target("text") if KINDS[n].suffix == ".csv" and n != "teams.csv"], _windows),
    "far-cell": (_of(".xlsx"), _far_cell),
    "doctype": (_of(".xlsx"), _doctype),
    "dies": (list(KINDS), lambda content, kind: content),
}
NO_FILES = ("link", "pipe", "folder", "twice")
ENTRIES = (*NO_FILES, "name")


@pytest.fixture(scope="module")
def nights(tmp_path_factory) -> Callable[[str], Night]:
    """The night of a kind, read once."""
    known: dict[str, Night] = {}

    def of(name: str) -> Night:
        if name not in known:
            known[name] = _read(tmp_path_factory.mktemp("attacks"), KINDS[name])
        return known[name]

    return of


def _read(home: Path, kind: FileKind) -> Night:
    prepare(home, kind)
    night = Night(Nights(kind.source, home, {}, {}), kind)
    night.good = [kind.drop(home, number) for number in (1, 98)]
    for number, (name, (kinds, attack)) in enumerate(ATTACKS.items(), 11):
        if kind.name in kinds:
            path = night.good[0].with_name(kind.file_name.format(f"{number}-{name}"))
            path.write_bytes(attack(kind.make(number), kind))
            night.bad[name] = path
    for number, name in enumerate(ENTRIES, 70):
        night.bad[name] = _enter(night.good[0].with_name(kind.file_name.format(f"{number}-{name}")), kind, name, number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_readers, "_read", read_with_faults)
        sources = [kind.source, *(name for name, source in SOURCES.items() if source.inbox == kind.folder)]
        awaited = {printable(path.name) for name, path in night.bad.items() if name not in NO_FILES}
        for source in dict.fromkeys(sources):
            report = Nights(source, home, {}, {}).night(1)
            night.reports |= {file.file.name: file for file in report.files}
            assert {stream.status for stream in report.streams} <= {"loaded", "unchanged"}, source
            if awaited <= night.reports.keys():
                break
    night.told = [
        *(
            (place, rule, "error")
            for place, rule in read_latest(home, "quarantine", QUARANTINE, ("place", "reason_code"))
        ),
        *read_latest(home, "findings", FINDINGS, ("place", "rule", "severity")),
    ]
    return night


def _enter(path: Path, kind: FileKind, how: str, number: int) -> Path:
    """Something in the inbox that is more, or less, than a file with a name of its own."""
    outside = path.parents[2] / "outside"
    outside.mkdir(exist_ok=True)
    match how:
        case "link":
            (outside / path.name).write_bytes(kind.make(number))
            path.symlink_to(outside / path.name)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "name":
            path = Path(os.fsdecode(os.fsencode(path.with_suffix("")) + b"\xe9" + os.fsencode(path.suffix)))
            path.write_bytes(kind.make(number))
        case "twice":
            path.write_bytes(path.with_name(kind.file_name.format(98)).read_bytes())
    return path


CASES = [
    pytest.param(kind, attack, id=f"{kind}-{attack}", marks=pytest.mark.xdist_group(f"attacks {kind}"))
    for kind in KINDS
    for attack, (kinds, _) in ATTACKS.items()
    if kind in kinds
]
OF_ENTRIES = [
    pytest.param(kind, entry, id=f"{kind}-{entry}", marks=pytest.mark.xdist_group(f"attacks {kind}"))
    for kind in KINDS
    for entry in ENTRIES
]


def test_every_source_of_files_is_attacked():
    assert {kind.source for kind in KINDS.values()} == {source.name for source in SOURCES.values() if source.inbox}


def test_every_case_is_in_the_fault_table():
    table = (Path(__file__).parents[3] / "docs" / "fault-table.md").read_text(encoding="utf-8")
    assert [case.id for case in (*CASES, *OF_ENTRIES) if f"`{case.id}`" not in table] == []


@pytest.mark.parametrize(("kind", "attack"), CASES)
def test_a_bad_file_is_told_of_and_takes_no_other_with_it(nights, kind, attack):
    night = nights(kind)
    assert [night.landed(path) for path in night.good] == [ROWS, ROWS]
    path = night.bad[attack]
    report = night.reports[path.name]
    EXPECTED[attack](night, path, report)
    if attack != "dies":
        assert report.error_class is None, report.reason


def _refused(night: Night, path: Path, report: FileReport) -> None:
    assert (report.status, night.landed(path)) == ("refused", 0)
    assert report.reason


def _refused_or_all_rows(night: Night, path: Path, report: FileReport) -> None:
    if night.kind.name not in ("grants.json", "grants.zip"):
        _refused(night, path, report)
    else:
        assert (report.rows_loaded, report.rows_quarantined, night.landed(path)) == (0, ROWS, 0)


def _refused_if_packed(night: Night, path: Path, report: FileReport) -> None:
    if night.kind.suffix != ".csv" or report.status == "refused":
        _refused(night, path, report)
        return
    assert report.rows_loaded + report.rows_quarantined >= 1
    assert night.landed(path) <= ROWS


def _one_row_refused(night: Night, path: Path, report: FileReport) -> None:
    # Equal texts of a workbook are one, for all its cells.
    refused = ROWS if night.kind.suffix == ".xlsx" and "<v>" not in str(TARGETS[night.kind.name].number) else 1
    assert (report.status, report.rows_quarantined, night.landed(path)) == ("loaded", refused, ROWS - refused)
    assert night.rules(path.name) & {"not_a_number", "too_large"}


def _withheld(night: Night, path: Path, report: FileReport) -> None:
    assert report.status == "loaded"
    landed = [row for stream in SOURCES[night.kind.source].streams for row in night.nights.rows(stream.name)]
    assert "planted.example" not in str(landed) + str(night.told)
    if night.kind.name not in REPORTS:
        assert night.rules(path.name) & {"contact_details_withheld", "names_a_person"}


def _noted(rule: str) -> Callable[[Night, Path, FileReport], None]:
    def check(night: Night, path: Path, report: FileReport) -> None:
        assert (report.status, night.landed(path)) == ("loaded", ROWS)
        assert rule in night.rules(path.name)

    return check


def _damaged(night: Night, path: Path, report: FileReport) -> None:
    if night.kind.name in REPORTS:
        _refused(night, path, report)
        assert re.search(r"line \d+", str(report.reason))
        return
    assert "damaged_text" in night.rules(path.name)
    assert report.rows_loaded + report.rows_quarantined == ROWS
    assert night.landed(path) == ROWS - report.rows_quarantined >= ROWS - 1


def _ended(night: Night, path: Path, report: FileReport) -> None:
    _refused(night, path, report)
    assert report.error_class == "code 7"


EXPECTED: dict[str, Callable[[Night, Path, FileReport], None]] = {
    "empty": _refused,
    "another-format": _refused,
    "cut-short": _refused_if_packed,
    "missing-heading": _refused_or_all_rows,
    "doubled-heading": _refused,
    "long-number": _one_row_refused,
    "contact-details": _withheld,
    "control-character": _noted("control_characters"),
    "wrong-byte": _damaged,
    "windows-1252": _noted("windows_1252"),
    "far-cell": _refused,
    "doctype": _refused,
    "dies": _ended,
}


@pytest.mark.parametrize(("kind", "entry"), OF_ENTRIES)
def test_what_is_no_file_of_its_own_is_told_of(nights, kind, entry):
    night = nights(kind)
    name = printable(night.bad[entry].name)
    if entry == "twice":
        assert name not in night.reports or night.good[1].name not in night.reports, "one content is read once"
    elif entry == "name":
        assert (night.reports[name].status, "not UTF-8" in night.reports[name].reason) == ("refused", True)
    else:
        assert (name, "no_plain_file", "warning") in night.told
        assert name not in night.reports
