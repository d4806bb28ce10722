"""How a command starts: with what it needs and nothing else. Imports are nearly all of what a short command costs."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from typer.main import get_command

from orchestration.cli.main import app
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


@pytest.mark.parametrize("command", [[], ["sql"], ["scorecard"], ["trace"]])
def test_a_question_to_a_release_imports_nothing_of_a_night(command):
    started = subprocess.run(
        [sys.executable, "-c", f"HEAVY = {HEAVY}{ALONE}", *command, "--help"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.stdout.splitlines()[-1] == "imported:", started.stdout[-500:] + started.stderr[-2000:]


def test_the_list_of_commands_says_what_each_says_of_itself():
    group = get_command(app)
    context = click.Context(group)
    for name in group.list_commands(context):
        listed = group.get_command(context, name)
        _, typed, _ = group.resolve_command(context, [name])
        assert listed.help == typed.help
        assert listed.get_short_help_str()
