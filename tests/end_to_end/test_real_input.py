"""Published files through the whole job: dropped, as the README does it, and fetched. Licences: beside the files."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.loopback import Loopback
from sandbox.threesixtygiving_registry import RegistryApi, dataset
from tests.conftest import Home, wmip

# One worker, so that the night of all published files is run once.
pytestmark = pytest.mark.xdist_group("published")
FIXTURES = Path(__file__).parents[1] / "fixtures" / "real"
REAL = FIXTURES / "threesixtygiving"
LLOYDS = "lloyds_bank_foundation_west_midlands.json"


# Where each published file is dropped; that of the registry is fetched, and records of APIs are none of these.
DROPPED = {
    "grants": [
        *(REAL / name for name in ("ab_charitable_trust.json", "ab_charitable_trust.xlsx")),
        *REAL.glob("datagetter_*.xlsx"),
        *REAL.glob("fundingproviders-grants_*"),
        FIXTURES / "gateway_to_research" / "ahrc_west_midlands.csv",
    ],
    "reference": [*(FIXTURES / "companies_house").glob("*.csv")],
    "events": [*(FIXTURES / "teams").glob("*.csv")],
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory):
    """One night of all published files."""
    home = tmp_path_factory.mktemp("real") / "home"
    for kind, files in DROPPED.items():
        (home / "inbox" / kind).mkdir(parents=True)
        for file in files:
            shutil.copy(file, home / "inbox" / kind)
    registry = RegistryApi()
    registry.files[LLOYDS] = (REAL / LLOYDS).read_bytes(), "application/json"
    with Loopback(registry.app()) as server:
        registry.datasets = [dataset("lloyds", f"{server.url}files/{LLOYDS}")]
        block = f"base_url: '{server.url}', publishers: [360G-generated]"
        (home / "wmip.yaml").write_text(f"sources: {{threesixtygiving_registry: {{{block}}}}}", encoding="utf-8")
        result = wmip("run", "--home", home, WMIP_PSEUDONYM_KEY="a key for published files")
    assert result.returncode == 0, result.stdout + result.stderr
    return Home(home, result.stdout)


def test_no_night_of_the_published_files_is_blocked(mart):
    """Every file was read, but for those that are broken; nothing of them stops the night."""
    [record] = [json.loads(path.read_text()) for path in (mart.path / "runs").glob("*/night.json")]
    assert record["outcome"] == "published"
    states = dict(mart.query("SELECT file_name, status FROM inbox_file"))
    assert states.keys() >= {file.name for files in DROPPED.values() for file in files}
    assert {name for name, status in states.items() if status != "loaded"} == {"fundingproviders-grants_malformed.json"}
    assert mart.query("SELECT count(*) > 0 FROM fct_event") == [(True,)]


def test_published_grants_go_through_the_whole_job_to_a_release(mart):
    lloyds = "a JOIN dim_organisation USING (organisation_key) WHERE funding_org_name LIKE 'Lloyds%' AND is_in_area"
    assert mart.query(
        f"SELECT count(*), sum(amount_gbp), count(DISTINCT organisation_key) FROM fct_grant_award AS {lloyds}"
    ) == [(220, Decimal("6980665.90"), 197)]
    assert mart.query("SELECT file_name, published_by, licence FROM inbox_file WHERE published_by IS NOT NULL") == [
        (
            "360G-generated_lloyds.json",
            "A generated trust",
            "Creative Commons Attribution 4.0 International (CC BY 4.0)",
        )
    ]
    councils = "fct_grant_award WHERE source_system = 'gateway_to_research'"
    assert mart.query(f"SELECT count(*), sum(amount_gbp) FROM {councils}") == [(240, Decimal("58580146.00"))]
    reasons = dict(mart.query("SELECT reason_code, count(*) FROM quarantined_row GROUP BY ALL"))
    assert reasons["not_a_number"] >= 1, "an amount of tbc"
    assert reasons["not_allowed"] >= 1, "a currency of GPB"
    # Nothing of it is the programme's, so nothing of it is counted.
    assert mart.query("SELECT DISTINCT value FROM indicator_value") == [(Decimal(0),)]
