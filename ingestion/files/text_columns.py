"""Columns of text as they land, by Arrow: what `ingestion.files.values` does to one cell, for many at once.

Most columns of most batches hold nothing that would have to be changed or looked at. So a whole column is searched
first, as one text, which costs a fraction of searching its cells; only where something is found are cells taken one by
one. A column that holds nothing is never taken for one that does: what is searched for has no beginning and no end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.files.values import EMPTY, NUMBERS, UNSTORABLE, WHOLE, Column

FEW_ROWS = 500
# Four signs that stand in no word: what is found of contact details reaches over three at most.
_BETWEEN = "~~~~"
_WORDS = sorted(EMPTY - {""})
# Letter by letter: RE2's own way takes two letters of Unicode for one of these.
_EMPTY_WORDS = "|".join(
    "".join(f"[{sign.upper()}{sign}]" if sign.isalpha() else sign for sign in word) for word in _WORDS
)
_EMPTY = f"^(?:{_EMPTY_WORDS})$"
UNEVEN = rf"[\x00-\x1f\x7f\x{{85}}\x{{180e}}\x{{200b}}\x{{2060}}\x{{feff}}]|  |[^\PZ ]|{_EMPTY_WORDS}"
"""What a text has that is not in its plain form once it is trimmed: white space other than one blank between words,
what no text column holds (`ingestion.files.values.UNSTORABLE`), a drop-down nobody touched. Others have it too.
"""
_FRACTION = r"(?:\.[0-9]{1,15})?"
_AS_IT_STANDS = {
    "company_number": "^[A-Z0-9]{8}$",
    "postcode": "^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$",
    **dict.fromkeys(NUMBERS.keys() - WHOLE - {"hours"}, rf"^(?:-?[1-9][0-9]{{0,14}}|0){_FRACTION}$"),
    **dict.fromkeys(WHOLE, "^(?:[1-9][0-9]{0,14}|0)$"),
}
"""By kind of column: values that land as they stand, numbers without the zeros that end a fraction."""


def holds(values: pa.Array, pattern: str) -> bool:
    """Whether any of the texts has what the pattern, of RE2 and without anchors, describes. It may say so of a column
    where only two texts beside each other have it.
    """
    some = values if not values.null_count else values.drop_null()
    if not len(some):
        return False
    together = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(some)], pa.int32()), some), _BETWEEN)
    return bool(pc.match_substring_regex(together, pattern)[0].as_py())


def which_hold(columns: Mapping[str, pa.Array], pattern: str) -> list[str]:
    """Names of the columns of a batch that `holds` the pattern. Few rows are searched together first, as to begin a
    search costs more than they do.
    """
    some = list(columns.values())
    if some and len(some[0]) <= FEW_ROWS and not holds(pa.concat_arrays(some), pattern):
        return []
    return [name for name, values in columns.items() if holds(values, pattern)]


def is_blank(values: pa.Array) -> bool:
    """Whether there is no text in any of the cells."""
    return values.null_count == len(values) or not pc.max(pc.binary_length(values)).as_py()


class Plain(NamedTuple):
    """Texts in their plain form; not `is_searched`: some may have what was searched for, or are not as they stood."""

    values: pa.Array
    is_searched: bool


def plain(values: pa.Array, searched_for: str) -> Plain:
    """Texts in their plain form; empty cells and untouched drop-downs are null. `searched_for`: a pattern as `holds`
    takes it.
    """
    trimmed = pc.utf8_trim_whitespace(values)
    is_searched = not holds(trimmed, f"{UNEVEN}|{searched_for}")
    if not is_searched:
        uneven = pc.fill_null(pc.match_substring_regex(trimmed, UNEVEN), False)
        if pc.any(uneven).as_py():
            trimmed = pc.replace_with_mask(trimmed, uneven, _evened(trimmed.filter(uneven)))
    empty = pc.equal(pc.binary_length(trimmed), 0)
    if not is_searched:
        empty = pc.or_(empty, pc.match_substring_regex(trimmed, _EMPTY))
    return Plain(pc.if_else(empty, None, trimmed) if pc.any(empty).as_py() else trimmed, is_searched)


def _evened(values: pa.Array) -> pa.Array:
    # Arrow splits at Unicode's white space, Python at four separators more.
    spaced = pc.replace_substring_regex(values, r"[\x1c-\x1f]", " ")
    storable = pc.replace_substring_regex(spaced, UNSTORABLE, "")
    return pc.binary_join(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(storable)), " ")


def as_they_stand(column: Column, values: pa.Array) -> tuple[pa.Array, pa.Array] | None:
    """The values of a column that is no text as they land, and of which of them this is known without reading each.

    None for a column of another kind. Of a number at one of its bounds, or beyond, it is not known.
    """
    pattern = _AS_IT_STANDS.get(column.kind)
    if pattern is None:
        return None
    fits = pc.fill_null(pc.match_substring_regex(values, pattern), False)
    if column.kind not in NUMBERS:
        return values, fits
    # Rounding keeps the order: what is less than a bound as a double is less than it.
    numbers = pc.cast(pc.if_else(fits, values, "0"), pa.float64())
    within = pc.and_(pc.greater(numbers, float(column.least)), pc.less(numbers, float(column.most)))
    has_fraction = pc.match_substring(values, ".")
    if pc.any(has_fraction).as_py():
        short = pc.ascii_rtrim(pc.ascii_rtrim(values, "0"), ".")
        values = pc.if_else(has_fraction, short, values)
    return values, pc.and_(fits, within)
