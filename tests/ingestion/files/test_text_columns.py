"""A whole column is searched without missing what a cell of it has."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.files.text_columns import FEW_ROWS, UNEVEN, holds, is_blank, plain, which_hold
from ingestion.files.values import CONTROLS, EMPTY, UNSTORABLE, clean_text
from ingestion.persons.contact_details import SUSPICIOUS, SUSPICIOUS_ADDRESS, SUSPICIOUS_CODE
from tests.conftest import examples

signs = st.sampled_from([*"ab01+@~ .-([{)]}", "at", " ", "\t", "\x1e", "\u200b", "AB", "123456789", "Please select"])
texts = st.lists(st.one_of(st.none(), st.lists(signs, max_size=6).map("".join)), max_size=5)


@pytest.mark.parametrize("pattern", [CONTROLS, UNSTORABLE, SUSPICIOUS, SUSPICIOUS_ADDRESS, SUSPICIOUS_CODE])
@given(some=texts, skipped=st.integers(0, 2))
@examples(40)
def test_a_column_holds_what_one_of_its_cells_holds(pattern, some, skipped):
    values = pa.array(some, pa.string()).slice(skipped)
    in_cells = any(holds(pa.array([text]), pattern) for text in values.to_pylist() if text is not None)
    # Joined, two texts that part contact details between them are no contact details.
    assert holds(values, pattern) == in_cells


@given(
    columns=st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.one_of(st.none(), st.sampled_from(["x", "a\x01", "ü"])), min_size=2, max_size=2),
    )
)
@examples(40)
def test_the_columns_that_hold_are_found_among_few_rows_and_many(columns):
    for times in (1, FEW_ROWS):
        values = {name: pa.array(some * times, pa.string()) for name, some in columns.items()}
        assert which_hold(values, CONTROLS) == [name for name, some in columns.items() if "a\x01" in some]


@given(some=texts.map(lambda found: [text or "" for text in found]))
@examples(100)
def test_the_plain_form_is_that_of_each_text(some):
    found = plain(pa.array(some, pa.string()), SUSPICIOUS)
    expected = [" ".join(clean_text(text).split()) for text in some]
    assert found.values.to_pylist() == [None if text.lower() in EMPTY else text for text in expected]
    if found.is_searched:
        assert not holds(pa.array(some, pa.string()), SUSPICIOUS)


def test_what_is_empty_has_no_text():
    assert is_blank(pa.array(["", None, ""]))
    assert is_blank(pa.array([], pa.string()))
    assert not is_blank(pa.array(["", " "]))


@pytest.mark.parametrize("blank", [chr(code) for code in range(0x3001) if chr(code).isspace() and code != 0x20])
def test_no_white_space_but_a_blank_is_even(blank):
    assert holds(pa.array([f"a{blank}b"]), UNEVEN)
    assert plain(pa.array([f"a{blank}b"]), SUSPICIOUS).values.to_pylist() == ["a b"]
