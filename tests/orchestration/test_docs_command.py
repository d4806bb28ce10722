"""`wmip docs build` makes a folder anew, but never one that holds something else."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.errors import UserError


def _build(folder):
    return CliRunner().invoke(
        app, ["docs", "build", "--output", str(folder)], catch_exceptions=False, standalone_mode=False
    )


def test_pages_that_are_no_more_do_not_stay(tmp_path):
    _build(tmp_path / "docs")
    (tmp_path / "docs" / "dictionary" / "old_table.md").touch()
    _build(tmp_path / "docs")
    assert (tmp_path / "docs" / "dictionary" / "indicator_value.md").exists()
    assert not (tmp_path / "docs" / "dictionary" / "old_table.md").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="holds something else"):
        _build(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
