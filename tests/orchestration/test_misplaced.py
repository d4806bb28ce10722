"""Files of the inbox that lie where no source looks."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from orchestration.cli import nights
from orchestration.cli.main import app


def test_a_night_tells_of_files_where_no_source_looks(tmp_path, monkeypatch):
    monkeypatch.setattr(nights, "_night", lambda *_, **__: None)
    monkeypatch.setattr(nights, "_conclude", lambda *_: None)
    for folder in ("grants", "returns"):
        (tmp_path / "inbox" / folder).mkdir(parents=True)
    (tmp_path / "inbox" / ".DS_Store").touch()
    result = CliRunner().invoke(app, ["run", "--home", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, "")
    (tmp_path / "inbox" / "grant").mkdir()
    (tmp_path / "inbox" / "Return jane@example.org.xlsx").touch()
    result = CliRunner().invoke(app, ["run", "--home", str(tmp_path)])
    said = re.sub(r"\s+", " ", result.output)
    assert "no source reads Return, grant in inbox/; move the files to inbox/" in said
    assert "inbox/returns" in said
