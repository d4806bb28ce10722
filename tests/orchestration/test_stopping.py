"""SIGTERM at any moment of a night is said."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import clean_environment

COMMAND = """
import os, signal, sys
from orchestration.cli import main, nights

def stopped(*arguments, **more):
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()

setattr(nights, sys.argv.pop(1), stopped)
main.main()
"""


def test_a_night_that_is_stopped_before_it_was_opened_says_so(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", COMMAND, "run_night", "run", "--home", str(tmp_path)],
        env=clean_environment(COLUMNS="200"), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert "the night was stopped while starting. Nothing is half done: start it again. Nothing has" in result.stderr
    assert "Traceback" not in result.stderr
