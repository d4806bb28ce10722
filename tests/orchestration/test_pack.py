"""The pack of a real release: made in the night, and again by `wmip pack`, from the same figures."""

from __future__ import annotations

import pytest
from python_calamine import CalamineWorkbook

from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")


def test_the_night_leaves_a_pack_and_the_command_writes_the_same(small_release, tmp_path):
    result = wmip("pack", "--home", small_release.path, "--output", tmp_path / "again")
    assert result.returncode == 0, result.stderr
    made = (small_release.path / "releases" / "current" / "pack").resolve()
    for name in ("funder_pack.xlsx", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes(), name
        assert str(tmp_path / "again" / name) in result.stdout


def test_its_headline_is_the_mart(small_release):
    made = small_release.path / "releases" / "current" / "pack" / "funder_pack.xlsx"
    rows = CalamineWorkbook.from_path(made).get_sheet_by_name("Headline").to_python()
    shown = {row[0].split(" ", 1)[0]: (row[5], row[9]) for row in rows if row[0].startswith("H") and len(row[0]) > 3}
    stated = small_release.query("""
        SELECT indicator_code, actual_value::DOUBLE, claimed_value::DOUBLE
        FROM dim_indicator INNER JOIN indicator_performance USING (indicator_key) WHERE is_headline
    """)
    assert len(stated) == 7
    for code, verified, claimed in stated:
        assert shown[code] == (pytest.approx(verified), pytest.approx(claimed)), code


def test_a_release_is_never_written_into(small_release):
    inside = small_release.path / "releases" / "current" / "pack"
    result = wmip("pack", "--home", small_release.path, "--output", inside)
    assert result.returncode == 2
    assert "never rewritten" in result.stderr


def test_an_unknown_release_is_said_to_be_so(small_release, tmp_path):
    result = wmip("pack", "--home", small_release.path, "--release", "1999-01-01.1", "--output", tmp_path)
    assert result.returncode == 2
    assert "no release 1999-01-01.1" in result.stderr
