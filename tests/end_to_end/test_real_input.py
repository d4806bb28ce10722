"""Published files through the whole job: dropped, as the README does it, and fetched. Licences: beside the files."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from sandbox.loopback import Loopback
from sandbox.threesixtygiving_registry import RegistryApi, dataset
from tests.conftest import Home, wmip

FIXTURES = Path(__file__).parents[1] / "fixtures" / "real"
REAL = FIXTURES / "threesixtygiving"
LLOYDS = "lloyds_bank_foundation_west_midlands.json"


def test_published_grants_go_through_the_whole_job_to_a_release(tmp_path):
    home = tmp_path / "home"
    inbox = home / "inbox" / "grants"
    inbox.mkdir(parents=True)
    shutil.copy(REAL / "datagetter_invalid_file.xlsx", inbox)
    shutil.copy(REAL / "fundingproviders-grants_malformed.json", inbox)
    shutil.copy(FIXTURES / "gateway_to_research" / "ahrc_west_midlands.csv", inbox)
    registry = RegistryApi()
    registry.files[LLOYDS] = (REAL / LLOYDS).read_bytes(), "application/json"
    with Loopback(registry.app()) as server:
        registry.datasets = [dataset("lloyds", f"{server.url}files/{LLOYDS}")]
        block = f"base_url: '{server.url}', publishers: [360G-generated]"
        (home / "wmip.yaml").write_text(f"sources: {{threesixtygiving_registry: {{{block}}}}}", encoding="utf-8")
        result = wmip("run", "--home", home)
    assert result.returncode == 0, result.stdout + result.stderr
    mart = Home(home, result.stdout)
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
    assert {row[0] for row in mart.query("SELECT file_name FROM inbox_file WHERE status = 'refused'")} == {
        "fundingproviders-grants_malformed.json"
    }
    reasons = dict(mart.query("SELECT reason_code, count(*) FROM quarantined_row GROUP BY ALL"))
    assert reasons["not_a_number"] >= 1, "an amount of tbc"
    assert reasons["not_allowed"] >= 1, "a currency of GPB"
    # Nothing of it is the programme's, so nothing of it is counted.
    assert mart.query("SELECT DISTINCT value FROM indicator_value") == [(Decimal(0),)]
