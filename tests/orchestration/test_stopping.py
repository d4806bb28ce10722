"""SIGTERM at any moment of a night is said."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from orchestration.stopping import noticing_stop
from tests.conftest import clean_environment


class Finaliser:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def test_a_stop_that_python_loses_in_a_finaliser_comes_again_without_a_traceback(capsys, stoppable):
    with pytest.raises(KeyboardInterrupt), noticing_stop() as signals:
        Finaliser()
        time.sleep(30)
    assert signals == ["SIGTERM", "SIGTERM"]
    assert "Traceback" not in capsys.readouterr().err


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
