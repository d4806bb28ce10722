"""The shipped reference data, and how register and directory reach the models that use them."""

import csv
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion.ingest import ensure_landing, ingest_source
from tests.dbt_project.warehouses import make

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
REGISTER = Path(__file__).parents[1] / "fixtures/real/companies_house/BasicCompanyData-2018-02-01-part2_2.csv"
DIRECTORY = """pcds,doterm,oslaua,gridind,east1m,north1m,lat
B1 1AA,,E08000029,1,406649,286530,52.4
JE2 3AB,,L99999999,9,,,99.999999
CV1 9ZZ,200112,E08000026,1,433000,279000,52.4
"""
MODELS = (
    "cluster",
    "int_sic__cluster",
    "ref_area_productivity",
    "ref_gdp_deflator",
    "ref_gdp_deflator_financial",
    "reference_edition",
    "stg_companies_house__companies",
    "stg_reference__postcodes",
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Query of the models made from the published register sample and a small directory."""
    home = tmp_path_factory.mktemp("reference")
    folder = home / "inbox" / "reference"
    folder.mkdir(parents=True)
    shutil.copy(REGISTER, folder)
    with REGISTER.open(newline="") as handle:
        headings, row = list(csv.reader(handle))[:2]
    later = dict(zip(map(str.strip, headings), row, strict=True)) | {
        "CompanyNumber": "09999998",
        "SICCode.SicText_1": "62100 - Computer programming activities (SIC 2026)",
    }
    with (folder / "BasicCompanyData-2018-02-01-part1_2.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([headings, list(later.values())])
    (folder / "ONSPD_MAY_2025_UK.csv").write_text(DIRECTORY)
    ensure_landing(home)
    for source in ("companies_house", "postcode_directory"):
        ingest_source(source, home=home, config={}, clock=CLOCK, run_id="night", environment={})
    make(home, CLOCK, *MODELS)

    def query(sql):
        # The views name their files relative to the home.
        with closing(duckdb.connect(str(home / "warehouse.duckdb"))) as connection:
            connection.execute(f"SET file_search_path = '{home}'")
            return connection.execute(sql).fetchall()

    return query


def test_every_five_digit_code_resolves_and_360_are_other(ask):
    assert ask("SELECT count(DISTINCT sic_code) FROM intermediate.int_sic__cluster") == [(729,)]
    assert ask("SELECT count(*) FROM intermediate.int_sic__cluster WHERE cluster_key = 'other'") == [(360,)]


def test_the_shares_of_a_code_and_of_a_prefix_add_up_to_one_with_one_primary_cluster(ask):
    odd = "GROUP BY {0} HAVING sum(weight) <> 1 OR count(*) FILTER (is_primary) <> 1"
    assert ask(f"SELECT sic_code FROM intermediate.int_sic__cluster {odd.format('sic_code')}") == []
    assert ask(f"SELECT sic_prefix FROM seed.sic_cluster WHERE NOT needs_tag {odd.format('sic_prefix')}") == []
    assert ask("SELECT * FROM seed.sic_cluster WHERE needs_tag AND is_primary") == []
    assert ask("SELECT * FROM seed.sic_cluster ANTI JOIN seed.cluster USING (cluster_key)") == []


@pytest.mark.parametrize(
    ("code", "cluster"),
    [
        ("27200", "automotive_ev"),
        ("26600", "health_medtech"),
        ("26110", "advanced_manufacturing"),
        ("58290", "digital_tech"),
        ("58110", "creative"),
        ("62011", "creative"),
        ("62012", "digital_tech"),
        ("52212", "rail_vlr"),
        ("72190", "other"),
        ("86230", "other"),
    ],
)
def test_a_code_has_its_cluster(ask, code, cluster):
    assert ask(f"SELECT cluster_key FROM intermediate.int_sic__cluster WHERE sic_code = '{code}' AND is_primary") == [
        (cluster,)
    ]


def test_the_productivity_of_2021_is_that_of_the_workbook(ask):
    rows = dict(ask("SELECT itl_code, value FROM mart.ref_area_productivity WHERE measure = 'gva_per_filled_job'"))
    assert {code: float(value) for code, value in rows.items()} == {
        "TLG3": 50970.48,
        "TLG31": 49807.38,
        "TLG32": 64913.46,
        "TLG33": 57042.96,
        "TLG36": 42747.54,
        "TLG37": 50895.36,
        "TLG38": 42497.08,
        "TLG39": 46948.84,
    }
    ((area,),) = ask(
        "SELECT value FROM mart.ref_area_productivity WHERE measure = 'filled_jobs' AND itl_level = 'ITL2'"
    )
    ((parts,),) = ask(
        "SELECT sum(value) FROM mart.ref_area_productivity WHERE measure = 'filled_jobs' AND itl_level = 'ITL3'"
    )
    assert round(area) == 1_348_592
    assert abs(area - parts) < 1


def test_the_deflator_runs_from_1990_to_its_base(ask):
    rows = dict(ask("SELECT calendar_year, value FROM mart.ref_gdp_deflator"))
    assert sorted(rows) == list(range(1990, 2025))
    assert (float(rows[1990]), rows[2024]) == (42.7537, 100)


def test_without_a_dropped_edition_the_shipped_one_stands_and_its_age_is_told(ask):
    years = dict(ask("SELECT financial_year, value FROM mart.ref_gdp_deflator_financial"))
    assert (len(years), min(years), max(years)) == (25, "2000-01", "2024-25")
    assert (float(years["2013-14"]), float(years["2023-24"]), years["2024-25"]) == (73.0337, 96.1117, 100)
    found = {
        row[0]: row[1:]
        for row in ask("SELECT reference_table, edition, is_shipped, age_months FROM mart.reference_edition")
    }
    assert found["GDP deflator, calendar years"] == ("2025-12", True, -7)
    assert found["GDP deflator, financial years"] == ("2026-03", True, -10)
    assert found["Subregional productivity"] == ("2023-06", True, 23)
    assert found["Company register"][:2] == ("2018-02-01", False)


def test_the_register_gives_status_codes_and_edition(ask):
    assert ask(
        "SELECT company_status, sic_code_1, sic_code_2, sic_version, edition "
        "FROM staging.stg_companies_house__companies "
        "WHERE company_number IN ('10710570', '10460582') ORDER BY company_number"
    ) == [
        ("active_proposal_to_strike_off", "79901", None, "2007", "2018-02-01"),
        ("active", "41100", "41202", "2007", "2018-02-01"),
    ]
    assert ask(
        "SELECT sic_code_1, sic_version FROM staging.stg_companies_house__companies WHERE company_number = '09999998'"
    ) == [("62100", "2026")]


def test_the_directory_stands_over_the_extract_and_ended_postcodes_stay(ask):
    found = {
        postcode: (code, edition)
        for postcode, code, edition in ask(
            "SELECT postcode, local_authority_code, edition FROM staging.stg_reference__postcodes"
        )
    }
    assert found["B1 1AA"] == ("E08000029", "2025-05")
    assert found["CV1 9ZZ"] == ("E08000026", "2025-05")
    assert "JE2 3AB" not in found
    assert len(found) == 87_013
    assert ask(
        "SELECT local_authority_code, easting FROM staging.stg_postcode_directory__postcodes WHERE postcode = 'JE2 3AB'"
    ) == [(None, None)]
