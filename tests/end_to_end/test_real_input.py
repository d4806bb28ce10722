"""A published file through the whole job, as the README does it. Licence of the file: beside it."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from tests.conftest import Home, wmip

REAL = Path(__file__).parents[1] / "fixtures" / "real" / "threesixtygiving"


def test_published_grants_go_through_the_whole_job_to_a_release(tmp_path):
    home = tmp_path / "home"
    inbox = home / "inbox" / "grants"
    inbox.mkdir(parents=True)
    shutil.copy(REAL / "lloyds_bank_foundation_west_midlands.json", inbox)
    shutil.copy(REAL / "datagetter_invalid_file.xlsx", inbox)
    shutil.copy(REAL / "fundingproviders-grants_malformed.json", inbox)
    result = wmip("run", "--home", home)
    assert result.returncode == 0, result.stdout + result.stderr
    mart = Home(home, result.stdout)
    lloyds = "a JOIN dim_organisation USING (organisation_key) WHERE funding_org_name LIKE 'Lloyds%' AND is_in_area"
    assert mart.query(
        f"SELECT count(*), sum(amount_gbp), count(DISTINCT organisation_key) FROM fct_grant_award AS {lloyds}"
    ) == [(220, Decimal("6980665.90"), 197)]
    assert {row[0] for row in mart.query("SELECT file_name FROM inbox_file WHERE status = 'refused'")} == {
        "fundingproviders-grants_malformed.json"
    }
    reasons = dict(mart.query("SELECT reason_code, count(*) FROM quarantined_row GROUP BY ALL"))
    assert reasons["not_a_number"] >= 1, "an amount of tbc"
    assert reasons["not_allowed"] >= 1, "a currency of GPB"
    # Nothing of it is the programme's, so nothing of it is counted.
    assert mart.query("SELECT DISTINCT value FROM indicator_value") == [(Decimal(0),)]
