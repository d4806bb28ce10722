"""What dbt made of the project is kept between nights: parsed anew when the project changed, or when it is damaged."""

from __future__ import annotations

import logging
import signal
from types import SimpleNamespace

import pytest

from orchestration import dbt_runner
from orchestration.errors import UserError


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A folder of the last parse, and how many parses there were."""
    parses = []

    def parse(_home):
        parses.append(sorted(path.name for path in tmp_path.iterdir()))
        for name in dbt_runner._KEPT:
            (tmp_path / name).write_text(f"{name} {'of the project, ' * 9}")

    monkeypatch.setattr(dbt_runner, "TARGET_DIR", tmp_path)
    monkeypatch.setattr(dbt_runner, "_parse", parse)
    dbt_runner.ensure_parsed(tmp_path)
    return tmp_path, parses


def test_a_project_that_did_not_change_is_parsed_once(kept, caplog):
    folder, parses = kept
    assert dbt_runner.ensure_parsed(folder) == folder / "manifest.json"
    assert (len(parses), caplog.records) == (1, [])


def test_a_project_that_changed_is_parsed_from_what_was_kept(kept, monkeypatch, caplog):
    folder, parses = kept
    monkeypatch.setattr(dbt_runner, "project_fingerprint", lambda: "another")
    dbt_runner.ensure_parsed(folder)
    assert (len(parses), "partial_parse.msgpack" in parses[1], caplog.records) == (2, True, [])


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        (dbt_runner._MARKER, "cut"),
        *((name, harm) for name in dbt_runner._KEPT for harm in ("cut", "changed", "removed")),
    ],
)
def test_what_is_damaged_is_named_and_parsed_anew(kept, caplog, name, harm):
    folder, parses = kept
    whole = (folder / name).read_bytes()
    match harm:
        case "cut":
            (folder / name).write_bytes(whole[: len(whole) // 2])
        case "changed":
            (folder / name).write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
        case "removed":
            (folder / name).unlink()
    with caplog.at_level(logging.WARNING):
        dbt_runner.ensure_parsed(folder)
    assert len(parses) == 2
    assert "partial_parse.msgpack" not in parses[1], "dbt does not begin with it"
    (said,) = [record.getMessage() for record in caplog.records]
    assert name in said
    assert "parsed anew" in said
    dbt_runner.ensure_parsed(folder)
    assert len(parses) == 2


def test_a_stop_while_the_project_is_parsed_is_a_stop_and_no_fault_of_the_project(tmp_path, monkeypatch, stoppable):
    def swallowing(_runner, _arguments):
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as stopped:
            return SimpleNamespace(success=False, exception=stopped)

    monkeypatch.setattr("dbt.cli.main.dbtRunner.invoke", swallowing)
    with pytest.raises(KeyboardInterrupt):
        dbt_runner._parse(tmp_path)


def test_a_project_that_does_not_parse_is_said_without_a_traceback(tmp_path, monkeypatch, capfd):
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: p\nprofile: wmip\nmodel-paths: [models]\n")
    (project / "profiles.yml").write_text((dbt_runner.PROJECT_DIR / "profiles.yml").read_text())
    (project / "models" / "a.sql").write_text("select * from {{ ref('gone') }}")
    monkeypatch.setattr(dbt_runner, "PROJECT_DIR", project)
    monkeypatch.setattr(dbt_runner, "TARGET_DIR", tmp_path / "target")
    with pytest.raises(UserError, match=r"(?s)does not parse: .*gone"):
        dbt_runner._parse(tmp_path)
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
