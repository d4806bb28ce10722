"""A night scores only what is new, and says the same as one that scores everything."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from identity.matching import match
from tests.conftest import examples
from tests.identity.mentions import mentions

ROWS = [
    {"name": "Ackworth Turbines Ltd", "postcode": "B1 1AA", "company_number": "01234567"},
    {"name": "Ackworth Turbines", "postcode": "B1 1AB"},
    {"name": "Ackwerth Turbines Ltd", "postcode": "B1 1AA"},
    {"name": "Ackworth (Midlands) Ltd", "postcode": "B1 1AA", "company_number": "07654321"},
    {"name": "Students and Refugees Together", "postcode": "PL1 3HQ"},
    {"name": "Students and Refugees Together (START)", "domain": "ackworth.example"},
    {"name": "Students and Refugees Together (START)", "postcode": "PL4 8AA"},
]


def written(chosen: dict[int, int]) -> pa.Table:
    """Records by number, each saying what the row of the number it has says: so that one may be changed."""
    return mentions({"source_record_id": str(record), **ROWS[row]} for record, row in chosen.items())


def test_how_rare_a_name_is_may_hang_on_who_else_bears_it(tmp_path):
    """A bearer without the rare acronym comes: the two that were scored before are weighed anew."""
    known = tmp_path / "scores.parquet"
    match(written({0: 5, 1: 6}), known=known)
    table = written({0: 5, 1: 6, 2: 4})
    assert match(table, known=known).equals(match(table))


_night = st.dictionaries(st.integers(0, 6), st.integers(0, len(ROWS) - 1), min_size=2)


@examples(2)
@given(st.lists(_night, min_size=2, max_size=3))
def test_increments_say_what_matching_everything_anew_says(nights):
    """Records come, go and change; the scores of the nights before change nothing but the work."""
    with TemporaryDirectory() as folder:
        known = Path(folder) / "scores.parquet"
        for chosen in nights:
            table = written(chosen)
            assert match(table, known=known).equals(match(table))
