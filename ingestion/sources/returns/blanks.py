"""Why a cell or a table of a return holds nothing: five kinds, which are never taken for each other or for nought.

| kind | a cell | a table |
|---|---|---|
| nil | says `nil`, where a number is asked: that is 0 | its one row, or the cover, says nil |
| not_asked | its column is not in this workbook | it is not in this version of the return |
| not_answered | is blank, a drop-down nobody touched, or says `tbc`, `unknown` | has no row |
| not_due | says `n/a`, `not applicable`, `not due` | its one row says so |
| withheld | says `withheld`, `confidential`, `refused` | its one row says so |

Open text stays as it was written: there `n/a` is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ingestion.files.values import NUMBERS, Column, NotGiven, is_empty
from ingestion.persons.contact_details import NAME_OF_ORGANISATION, OPEN_TEXT

NIL, NOT_ASKED, NOT_ANSWERED, NOT_DUE, WITHHELD = "nil", "not_asked", "not_answered", "not_due", "withheld"
STATES = {
    NIL: "there was nothing to report",
    NOT_ASKED: "it is not asked",
    NOT_ANSWERED: "it was not answered",
    NOT_DUE: "nothing is due yet, or it does not apply",
    WITHHELD: "it was withheld",
}
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("n/a", "na", "n.a.", "n/a.", "not applicable", "not due", "not yet due", "not due yet"), NOT_DUE),
    **dict.fromkeys(
        ("withheld", "confidential", "commercially sensitive", "commercial in confidence", "refused", "redacted"),
        WITHHELD,
    ),
    **dict.fromkeys(("prefer not to say", "not disclosed"), WITHHELD),
    **dict.fromkeys(("tbc", "tba", "to be confirmed", "unknown", "not known", "not yet known", "?"), NOT_ANSWERED),
    **dict.fromkeys(("-", "--", "\u2013", "\u2014"), NOT_ANSWERED),
}
_NIL = frozenset({"nil", "nil return", "none", "nothing to report", "nothing", "no data", "zero"})
_LONGEST = 30
# A firm may be called Nil or Unknown.
_OF_A_NAME = frozenset({NOT_DUE, WITHHELD})


def blank_or_value(column: Column, cell: Any) -> Any:
    """The cell, or why it holds nothing, where it says so in words; 0 for `nil` where a number is asked."""
    if not isinstance(cell, str) or len(cell) > _LONGEST or column.kind == OPEN_TEXT:
        return cell
    said = " ".join(cell.split())
    key = said.lower()
    if key in column.choices:
        return cell
    if column.kind in NUMBERS and key in _NIL:
        return 0
    why = _WORDS.get(key)
    if why is None or (column.kind == NAME_OF_ORGANISATION and why not in _OF_A_NAME):
        return cell
    return NotGiven(why, said)


def holds_something(cell: Any) -> bool:
    """Whether a cell holds a value, or says in words why it holds none."""
    return isinstance(cell, NotGiven) or not is_empty(cell)


def said_of_table(cells: Iterable[Any]) -> str | None:
    """What the one filled row of a table says of it, where that is why it has no rows. Its cells are as they stand, or
    as `blank_or_value` gives them.
    """
    filled = [cell for cell in cells if holds_something(cell)]
    if len(filled) != 1:
        return None
    (said,) = filled
    if isinstance(said, NotGiven):
        return said.why
    if not isinstance(said, str) or len(said) > _LONGEST:
        return None
    key = " ".join(said.split()).lower().rstrip(".")
    return NIL if key in _NIL else _WORDS.get(key)


def told(reasons: Mapping[str, str]) -> str | None:
    """Reasons by column as they land: `follow_up_on: not_due, sole_trader: not_asked`; None for none."""
    return ", ".join(f"{column}: {why}" for column, why in reasons.items()) or None
