"""`wmip organisations` on a release of the sandbox."""

from __future__ import annotations

import pytest

from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")


def test_explain_says_why_two_records_are_one(small_release, tmp_path):
    (pair,) = small_release.query(
        "SELECT source_system || ':' || source_record_id, organisation_key FROM bridge_organisation_record "
        "WHERE source_system = 'hubspot' AND match_method = 'company_number' ORDER BY ALL LIMIT 1"
    )
    result = wmip("organisations", "explain", *pair, "--home", small_release.path, "--output", tmp_path / "why.svg")
    assert result.returncode == 0, result.stderr
    assert "any two records" in result.stdout
    assert (tmp_path / "why.svg").read_text(encoding="utf-8").startswith("<svg")


def test_what_is_named_wrongly_is_said(small_release):
    result = wmip("organisations", "explain", "org_nobody", "returns:x", "--home", small_release.path)
    assert result.returncode == 2, result.stdout
    assert "org_nobody names no organisation here" in " ".join(result.stderr.split())
