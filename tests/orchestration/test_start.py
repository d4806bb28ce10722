"""How a command starts: with what it needs and nothing else. Imports are nearly all of what a short command costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import clean_environment

ALONE = """
import sys
from orchestration.cli.main import main
try:
    main()
except SystemExit:
    pass
print("imported:", *sorted(HEAVY & set(sys.modules)))
"""
HEAVY = {"dagster", "dbt", "duckdb", "pandas", "pyarrow", "great_expectations", "ingestion.catalogue", "networkx"}


@pytest.mark.parametrize("command", ["sql", "scorecard", "trace"])
def test_a_question_to_a_release_imports_nothing_of_a_night(command):
    started = subprocess.run(
        [sys.executable, "-c", f"HEAVY = {HEAVY}{ALONE}", command, "--help"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.stdout.splitlines()[-1] == "imported:", started.stdout[-500:] + started.stderr[-2000:]
