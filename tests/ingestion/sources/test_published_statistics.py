"""Reference tables in the layouts their offices publish. The figures here are made up; the layouts are not."""

import csv

import pytest
import xlsxwriter

from ingestion.findings import RefusedFile
from ingestion.sources.published_statistics.reader import edition_of, recognises
from tests.ingestion.sources.nights import Nights

TREASURY = [
    ["GDP DEFLATORS AT MARKET PRICES, AND MONEY GDP"],
    ["Outturn data are the Quarterly National Accounts figures from the ONS, 30 June 2026"],
    [],
    [None, "Financial year", None, None, None, None, None, "Calendar year"],
    [None, None, "GDP deflator at market prices", None, "Money GDP", None, None, None, "GDP deflator at market prices"],
    [None, "Financial year", "2025-26 = 100", "per cent change on previous year", "Cash £ million", None, None,
     "Calendar year", "2025 = 100", "per cent change on previous year", "Cash £ million"],
    [None, "2024-25", 96.5, 4.1, 2_900_000, None, None, 2024, 96.1, 3.9, 2_880_000],
    [None, "2025-26", 100, 3.6, 3_000_000, None, None, 2025, 100, 4.05, 2_990_000],
    [None, "2026-27 (1), (2)", "-", 2.2, None, None, None, "2026 (1), (2)", "-", 2.4, None],
]  # fmt: skip
ONS = {
    "B3": [
        ["Table B3: Current Price (smoothed) GVA (B) per filled job (£); ITL2 and ITL3 subregions"],
        [],
        [],
        ["ITL level", "ITL code", "Region name", 2021, 2022, 2023],
        [None, None, None, None, None, None],
        ["UK", "UKX", "United Kingdom less Extra-Regio", 1, 2, 3],
        ["ITL2", "TLG3", "West Midlands", 50970.5, "52,001.25", 54000],
        ["ITL3", "TLG31", "Birmingham", 49807.4, None, 53000],
    ],
    # The labels of this sheet stand in no heading.
    "Productivity Jobs": [["Productivity Jobs"], [], [], [None, None, None, 2021, 2022, 2023],
                          ["ITL2", "TLG3", "West Midlands", 1348592, 1350000, 1360000]],
}  # fmt: skip


def _workbook(path, sheets):
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def _csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)


@pytest.fixture
def nights(tmp_path):
    return Nights("published_statistics", tmp_path, {}, {})


def _inbox(nights):
    return nights.home / "inbox" / "reference"


def test_deflators_of_both_kinds_of_year_are_read_beside_each_other(nights):
    _workbook(_inbox(nights) / "GDP_Deflators_Qtrly_National_Accounts_June_2026_update.xlsx", {"Sheet1": TREASURY})
    nights.good_night(0)
    found = {key: (row["value"], row["base"], row["edition"]) for key, row in nights.latest("gdp_deflators").items()}
    assert found == {
        ("financial_year", "2024-25"): ("96.5", "2025-26 = 100", "2026-06"),
        ("financial_year", "2025-26"): ("100", "2025-26 = 100", "2026-06"),
        ("calendar_year", "2024"): ("96.1", "2025 = 100", "2026-06"),
        ("calendar_year", "2025"): ("100", "2025 = 100", "2026-06"),
    }


def test_the_same_table_as_csv_gives_the_same_figures(nights):
    folder = _inbox(nights)
    folder.mkdir(parents=True)
    lines = [",".join("" if cell is None else f'"{cell}"' for cell in row) for row in TREASURY]
    (folder / "deflators 2026-06.csv").write_text("\n".join(lines), encoding="utf-8")
    nights.good_night(0)
    assert len(nights.live("gdp_deflators")) == 4
    assert nights.latest("gdp_deflators")["financial_year", "2024-25"]["value"] == "96.5"


def test_an_edition_replaces_the_one_before_and_an_older_one_is_refused(nights):
    _workbook(_inbox(nights) / "deflators 2026-03.xlsx", {"Sheet1": TREASURY})
    nights.good_night(0)
    _workbook(_inbox(nights) / "deflators 2026-06.xlsx", {"Sheet1": [*TREASURY[:6], *TREASURY[7:]]})
    nights.good_night(1)
    assert nights.live("gdp_deflators") == {("financial_year", "2025-26"), ("calendar_year", "2025")}
    _workbook(_inbox(nights) / "deflators 2025-12.xlsx", {"Sheet1": [*TREASURY, [None, "2023-24", 90]]})
    nights.night(2)
    assert [file.reason for file in nights.last.files if file.status == "refused"] == [
        "edition 2025-12 is older than 2026-06, which is in use; drop the newest edition only"
    ]


@pytest.mark.parametrize("sign", ["-", "/", "\N{EN DASH}"])
def test_one_series_of_deflators_alone_leaves_the_other_whatever_parts_its_years(nights, sign):
    _workbook(_inbox(nights) / "deflators 2026-03.xlsx", {"Sheet1": TREASURY})
    nights.good_night(0)
    financial = [row[:3] for row in TREASURY[:7]]
    financial[5][2], financial[6][1:] = f"2025{sign}26 = 100", [f"2024{sign}25", 96.7]
    _csv(_inbox(nights) / "deflators 2026-06.csv", financial)
    nights.good_night(1)
    found = {key: (row["value"], row["base"], row["edition"]) for key, row in nights.latest("gdp_deflators").items()}
    assert found["financial_year", "2024-25"] == ("96.7", "2025-26 = 100", "2026-06")
    assert found["calendar_year", "2025"] == ("100", "2025 = 100", "2026-03")
    assert ("calendar_year", "2025") in nights.live("gdp_deflators")


def test_a_figure_that_is_no_number_is_quarantined_and_takes_nothing_away(nights):
    _workbook(_inbox(nights) / "deflators 2026-03.xlsx", {"Sheet1": TREASURY})
    nights.good_night(0)
    wrong = [*TREASURY[:6], [None, "2024-25", "n/a (3)"], *TREASURY[7:]]
    _workbook(_inbox(nights) / "deflators 2026-06.xlsx", {"Sheet1": wrong})
    nights.night(1)
    assert nights.stream("gdp_deflators").rows_quarantined == 1
    assert ("financial_year", "2024-25") in nights.live("gdp_deflators")


@pytest.mark.parametrize("figure", ["9" * 400, "1e300", "1 5"])
def test_a_figure_out_of_bounds_is_quarantined_before_it_becomes_a_number(nights, figure):
    _workbook(_inbox(nights) / "deflators 2026-03.xlsx", {"Sheet1": [*TREASURY, [None, "2023-24", figure]]})
    nights.night(0)
    assert (nights.stream("gdp_deflators").rows_quarantined, len(nights.live("gdp_deflators"))) == (1, 4)


def test_a_figure_beside_no_year_is_quarantined_and_a_footnote_is_none(nights):
    rows = [*TREASURY, [None, "2O23-24", 93.5], [None, "(1) Forecasts of the OBR", None], [None, "(2)", "see notes"]]
    _workbook(_inbox(nights) / "deflators 2026-03.xlsx", {"Sheet1": rows})
    nights.night(0)
    assert (nights.stream("gdp_deflators").rows_quarantined, len(nights.live("gdp_deflators"))) == (1, 4)


@pytest.mark.parametrize(
    ("name", "sheets", "said"),
    [
        (
            "deflators 2026-03.xlsx",
            {"Sheet1": [*TREASURY[:5], [None, "Financial year", "2025-26 = 100", "Financial year", "2024-25 = 100"],
                        [None, "2024-25", 96.5, "2024-25", 100]]},
            "financial year stands over two columns of deflators; keep the one that counts",
        ),
        (
            "itlproductivity 2026-06.xlsx",
            {**ONS, "B3": [[*row[:5], 2022 if row[0] == "ITL level" else row[5]] if len(row) > 5 else row
                           for row in ONS["B3"]]},
            "B3: 2022 stands over two columns; keep the one that counts",
        ),
    ],
)  # fmt: skip
def test_a_heading_that_stands_twice_refuses_the_file(nights, name, sheets, said):
    _workbook(_inbox(nights) / name, sheets)
    nights.night(0)
    assert [(file.status, file.reason) for file in nights.last.files] == [("refused", said)]


def test_productivity_is_read_from_its_two_sheets(nights):
    _workbook(_inbox(nights) / "itlproductivity 2026-06.xlsx", {"Contents": [["Release date: 17 June 2026"]], **ONS})
    nights.good_night(0)
    found = nights.latest("area_productivity")
    assert len(found) == 8
    row = found["TLG3", "2022", "gva_per_filled_job"]
    assert (row["value"], row["itl_level"], row["name"]) == ("52001.25", "ITL2", "West Midlands")
    assert found["TLG3", "2021", "filled_jobs"]["value"] == "1348592"
    assert ("TLG31", "2022", "gva_per_filled_job") not in found, "an empty cell is no figure"


def test_a_sheet_of_productivity_saved_as_csv_leaves_the_other_as_it_is(nights):
    _workbook(_inbox(nights) / "itlproductivity 2026-06.xlsx", ONS)
    nights.good_night(0)
    jobs = ONS["Productivity Jobs"][3:]
    # Named by its title above the headings, and, where that was left out, by the file's name.
    _csv(
        _inbox(nights) / "itlproductivity 2027-06.csv", [*ONS["B3"][:-2], ["ITL2", "TLG3", "West Midlands", "1", 2, 3]]
    )
    nights.good_night(1)
    found = nights.latest("area_productivity")
    assert found["TLG3", "2021", "gva_per_filled_job"]["edition"] == "2027-06"
    assert found["TLG3", "2021", "filled_jobs"]["edition"] == "2026-06"
    assert ("TLG3", "2021", "filled_jobs") in nights.live("area_productivity")
    _csv(
        _inbox(nights) / "itl_Productivity_Jobs_2027-06.csv",
        [*jobs[:-1], ["ITL2", "TLG3", "West Midlands", "1,400,000", 2, 3]],
    )
    nights.good_night(2)
    row = nights.latest("area_productivity")["TLG3", "2021", "filled_jobs"]
    assert (row["value"], row["sheet"], row["edition"]) == ("1400000", "Productivity Jobs", "2027-06")


def test_another_sheet_of_productivity_saved_as_csv_is_not_taken(tmp_path):
    path = tmp_path / "itlproductivity 2027-06.csv"
    _csv(path, [["Table A1: GVA per hour worked"], *ONS["B3"][3:]])
    assert not recognises(path)


def test_the_edition_stands_in_the_name_or_on_the_first_sheets(tmp_path):
    path = tmp_path / "itlproductivity.xlsx"
    _workbook(path, {"Contents": [["Release date: 17 June 2025"]], **ONS})
    assert edition_of(path) == "2025-06"
    _workbook(path, ONS)
    with pytest.raises(RefusedFile, match=r"such as itlproductivity 2026-06\.xlsx"):
        edition_of(path)


def test_other_reference_files_are_not_taken(tmp_path):
    (tmp_path / "ONSPD_AUG_2026_UK.csv").write_text("pcds,doterm,lad26cd\nB1 1AA,,E08000025\n")
    _workbook(tmp_path / "plan.xlsx", {"Sheet1": [["Financial year", "Calendar year"], ["2024-25", 2024]]})
    assert not any(recognises(path) for path in tmp_path.iterdir())
