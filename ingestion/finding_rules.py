"""What readers say of a row, a cell or a file, each kind as a rule (`finding_rules.yaml`): id, severity, dimension."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from common.yamlfile import read_yaml
from ingestion.declaration import Declared, InvalidDeclaration

Dimension = Literal["completeness", "uniqueness", "consistency", "timeliness", "validity", "accuracy"]
"""The six of the UK Government Data Quality Framework."""
PATH = Path(__file__).with_suffix(".yaml")


class FindingRule(Declared):
    """A kind of finding: its `reason_code`. `text`: what is wrong, `remedy`: what to do; `in_returns`: said of return
    workbooks too; `fixed_by`: who puts it right.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Literal["error", "warning", "note"]
    dimension: Dimension
    text: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    in_returns: bool = False
    fixed_by: str = "who keeps the record or sent the file"


@cache
def finding_rules() -> tuple[FindingRule, ...]:
    """Every kind of finding that a reader may tell of. Raises InvalidDeclaration."""
    return read_yaml(PATH, tuple[FindingRule, ...], PATH.name, InvalidDeclaration)
