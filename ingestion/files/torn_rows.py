"""Rows of a large CSV whose quotation marks do not close in their line: refused one by one, not with the whole file.

For lists that a machine writes, a record a line, and of which a name may have a mark that was not doubled
(`"ACME "THE" LTD"`). Elsewhere a line break may stand within a cell, and nobody can say where such a row ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.files.encodings import encoding_of
from ingestion.findings import Finding, RefusedFile

if TYPE_CHECKING:
    import pyarrow as pa

NOT_CLOSED = "quotation_mark_not_closed"
BLOCK_BYTES = 4 << 20
# So many say that the file is another one, or was saved with other signs.
MOST_TORN = 10_000
_CELL = r'(?:"(?:[^"]|"")*"|[^",][^,]*|)'
_WHOLE_LINE = f"^{_CELL}(?:,{_CELL})*$"


def torn_rows(path: Path) -> list[int]:
    """Numbers, from 1, of the lines in which a quotation mark is not closed, or text follows one that closes.

    In flat memory. Raises RefusedFile where there are more than MOST_TORN.
    """
    import pyarrow.compute as pc

    torn: list[int] = []
    if encoding_of(path).startswith(("utf-16", "utf-32")):
        return torn
    begins = 1
    for lines in _lines(path):
        wrong = pc.indices_nonzero(pc.invert(pc.match_substring_regex(lines, _WHOLE_LINE)))
        torn += [begins + at for at in wrong.to_pylist()]
        if len(torn) > MOST_TORN:
            raise RefusedFile(
                f"in more than {MOST_TORN:,} rows a quotation mark is not closed; download the file again"
            )
        begins += len(lines)
    return torn


def _lines(path: Path) -> Iterator[pa.Array]:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    reader = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(column_names=["line"], block_size=BLOCK_BYTES, use_threads=False),
        # A sign that stands in no text parts the columns, so that there is one.
        parse_options=arrow_csv.ParseOptions(delimiter="\x01", quote_char=False, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types={"line": pa.binary()}, strings_can_be_null=False, null_values=[]
        ),
    )
    with reader:
        for batch in reader:
            yield batch.column(0)


def without(path: Path, torn: list[int], into: Path) -> Path:
    """A copy of the file in which these lines are empty, so that all others keep their numbers."""
    copy, left_out = into / f"whole_rows{path.suffix}", set(torn)
    with path.open("rb") as source, copy.open("wb") as target:
        for number, line in enumerate(source, start=1):
            target.write(b"\n" if number in left_out else line)
    return copy


def refusals(torn: list[int], source: str, stream: str, place: str) -> list[Finding]:
    """The refusal of each such row; `place` is what stands before its number."""
    return [
        Finding(
            source=source,
            stream=stream,
            place=f"{place}{number}",
            column_name="row",
            reason_code=NOT_CLOSED,
            message="has a quotation mark that does not close where its cell ends, so that nobody knows which value "
            "belongs to which heading; a mark within a text is doubled",
            value_class="text",
        )
        for number in torn
    ]
