"""Every file of the rooms that make a release is seen, whatever its kind."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from orchestration.code_version import ROOMS, ROOT, fingerprint, source_files


def test_every_tracked_file_of_the_rooms_counts():
    listed = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    seen = {str(path.relative_to(ROOT)) for path in source_files()}
    assert set(listed.stdout.splitlines()) - seen == set()


@pytest.fixture
def root(tmp_path):
    for name in (
        "evaluation/pack/report.j2",
        "evaluation/pack/report.css",
        "ingestion/names.txt",
        "evaluation/disclosure/public_tables.yaml",
        "evaluation/disclosure/interval_audit.py",
        "bi/superset/bundle/chart.yaml",
        "dbt_project/seeds/indicator.csv",
        "orchestration/__pycache__/x.pyc",
        "dbt_project/target/manifest.json",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one")
    return tmp_path


def test_a_change_of_any_kind_of_file_is_another_version(root):
    seen = {fingerprint(root)}
    for path in list(source_files(root)):
        path.write_text("two")
        seen.add(fingerprint(root))
    assert len(seen) == 8


def test_what_is_made_as_it_runs_does_not_count(root):
    before = fingerprint(root)
    shutil.rmtree(root / "dbt_project" / "target")
    (root / "orchestration/__pycache__/x.pyc").write_text("two")
    (root / "dbt_project/.user.yml").write_text("two")
    assert fingerprint(root) == before
