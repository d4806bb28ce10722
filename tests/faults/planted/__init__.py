"""Every planted fault: where, what, and what must become of tonight's figures. One module a place."""

from __future__ import annotations

from tests.faults.fault import Planted
from tests.faults.planted.gate import faults as gate
from tests.faults.planted.landing import faults as landing
from tests.faults.planted.models import faults as models
from tests.faults.planted.publication import faults as publication
from tests.faults.planted.release import faults as release
from tests.faults.planted.sources import faults as sources


def planted() -> list[Planted]:
    """All of them, by place, each with a name of its own."""
    return [*sources(), *landing(), *models(), *gate(), *publication(), *release()]
