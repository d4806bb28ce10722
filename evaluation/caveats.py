"""What is said beside every modelled figure (`data/caveats.yaml`), with the facts of the run filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from common.yamlfile import read_yaml

FILE = Path(__file__).parent / "data" / "caveats.yaml"


class Caveat(BaseModel):
    """One caveat; it belongs to every measure and level unless it names some."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    text: str
    measures: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


@cache
def caveats() -> tuple[Caveat, ...]:
    """Every caveat, in the order in which they are shown."""
    return read_yaml(FILE, tuple[Caveat, ...])


def caveat_rows(
    assumption_set: str, level: str, measures: Sequence[str], facts: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One row for each measure and caveat of one set at one level. Raises KeyError for a fact that is not given."""
    return [
        {
            "assumption_set": assumption_set,
            "spatial_level": level,
            "measure": measure,
            "caveat_key": caveat.key,
            "caveat_order": order,
            "caveat": caveat.text.format_map(dict(facts)),
        }
        for measure in measures
        for order, caveat in enumerate(caveats(), start=1)
        if (not caveat.measures or measure in caveat.measures) and (not caveat.levels or level in caveat.levels)
    ]
