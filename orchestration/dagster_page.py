"""`make serve`: Dagster's web server and daemon on one home, for this machine alone.

Dagster has no login: whoever reaches the page can start, stop and delete nights. docs/runbook.md says what to put
before it.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.run_night import prepare_dagster_home
from orchestration.settings import load_settings, switch_telemetry_off

ROOT = Path(__file__).resolve().parent.parent
_HOST_OPTIONS = ("-h", "--host", "--dagit-host")


def on_loopback(arguments: Sequence[str]) -> list[str]:
    """The arguments with an address of this machine alone to listen on. Raises SystemExit for another one."""
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if argument.startswith("-h") and not argument.startswith("--"):
            name, value = "-h", argument[2:]
        if name not in _HOST_OPTIONS:
            continue
        host = value or (arguments[at + 1] if at + 1 < len(arguments) else "")
        if not is_loopback(host):
            raise SystemExit(
                f"wmip: {host or 'no address'}: `make serve` is for this machine alone, as Dagster has no login; "
                "put a proxy with one before it (docs/runbook.md, Scheduled operation)"
            )
        return list(arguments)
    return ["--host", "127.0.0.1", *arguments]


def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main() -> None:
    """Replace this process by `dagster dev`; arguments are passed on (`--port 4000`)."""
    arguments = on_loopback(sys.argv[1:])
    switch_telemetry_off()
    home = load_settings().home.resolve()
    prepare_dagster_home(home)
    os.umask(0o077)  # what Dagster and its runs write is nobody else's to read
    dagster = Path(sys.executable).with_name("dagster")
    os.chdir(ROOT)
    # Dagster's processes know their home by their environment alone, and stand in another folder than ours.
    command = [str(dagster), "dev", "--workspace", str(ROOT / "workspace.yaml"), *arguments]
    os.execve(dagster, command, {**os.environ, "WMIP_HOME": str(home)})  # noqa: S606


if __name__ == "__main__":
    main()
