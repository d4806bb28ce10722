"""What every step of building a release is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from common.home import warehouse_file
from orchestration.release.integrity import MART
from quality.gate import Verdict


@dataclass(frozen=True)
class BuildContext:
    """A release that is being built in a hidden folder no reader looks into.

    A step reads the home and what earlier steps made, and writes below `building`; everything it leaves there is
    published with a checksum.
    """

    home: Path
    building: Path
    release_id: str
    clock: datetime
    code_version: str
    input_fingerprint: str
    verdict: Verdict
    # Everything it is made of, as fingerprints: orchestration/release/ingredients.py.
    made_of: dict[str, str]
    # The release readers have until this one is switched to; what changed is told against it.
    previous: str | None = None
    # What had changed since that one.
    because: list[str] = field(default_factory=list)
    # The night that makes it.
    run_id: str = ""

    @property
    def warehouse(self) -> Path:
        """The candidate the gate passed. Read only."""
        return warehouse_file(self.home)

    @property
    def mart(self) -> Path:
        """The release's own mart file."""
        return self.building / MART


@dataclass(frozen=True)
class Step:
    """One product of a release. `doing` completes the sentence "… failed" and is shown while it runs."""

    doing: str
    build: Callable[[BuildContext], None]
