"""`make serve`: Dagster's web server and daemon on one home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orchestration.nightly import prepare_dagster_home
from orchestration.settings import load_settings, switch_telemetry_off

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Replace this process by `dagster dev`; arguments are passed on (`--port 4000`)."""
    switch_telemetry_off()
    home = load_settings().home.resolve()
    os.environ["WMIP_HOME"] = str(home)
    prepare_dagster_home(home)
    os.umask(0o077)  # what Dagster and its runs write is nobody else's to read
    dagster = Path(sys.executable).with_name("dagster")
    os.chdir(ROOT)
    os.execv(dagster, [str(dagster), "dev", "--workspace", str(ROOT / "workspace.yaml"), *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
