"""Check tables a batch at a time: what `ingestion.files.row_check.check_table` says of each row, for millions of them.

Text is brought into its plain form by Arrow; other kinds are read once per distinct value. A row that is wrong is given
to `check_table`, which alone knows what to say of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.files.row_check import RawRow, check_table
from ingestion.files.table_files import Cells, Table
from ingestion.files.values import CONTROLS, EMPTY, UNSTORABLE, BadValue, Column, holds_controls
from ingestion.findings import Finding
from ingestion.persons.contact_details import CODE, KINDS, SUSPICIOUS, SUSPICIOUS_CODE

NUMBER = "_number"
_MEMORY = 50_000
_LONGEST_EMPTY = max(len(value) for value in EMPTY)


@dataclass(frozen=True)
class CheckedBatch:
    """Right rows in landed form, text by column name, with their row numbers in `_number`; and what is wrong with the
    others.
    """

    rows: pa.RecordBatch
    findings: list[Finding]


@dataclass
class TableCheck:
    """The check of one table against its columns. `positions` says where a column stands, `place` what precedes a row
    number in a finding, `key` which columns say what record a row is of.
    """

    columns: Sequence[Column]
    positions: Mapping[str, int]
    source: str
    stream: str
    place: str
    key: Sequence[str] = ()
    _known: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def check(self, table: Table) -> Iterator[CheckedBatch]:
        """Check every row of a table. Blank rows are skipped."""
        for rows in table.rows:
            yield self.check_rows(rows) if isinstance(rows, list) else self.check_cells(rows)

    def check_rows(self, rows: Sequence[RawRow]) -> CheckedBatch:
        """Check rows one by one."""
        checked = check_table(
            self.columns,
            self.positions,
            rows,
            source=self.source,
            stream=self.stream,
            place=self.place,
            key=self.key,
        )
        columns = [pa.array([row[column.name] for _, row in checked.rows], pa.string()) for column in self.columns]
        numbers = pa.array([number for number, _ in checked.rows], pa.int64())
        return CheckedBatch(self._batch(columns, numbers), checked.findings)

    def check_cells(self, cells: Cells) -> CheckedBatch:
        """Check rows of text by column."""
        size = cells.batch.num_rows
        numbers = pa.array(range(cells.first, cells.first + size), pa.int64())
        read: list[pa.Array] = []
        right = pa.array([True] * size, pa.bool_())
        # A row without any value may be blank: check_table looks at what stands in the columns of no interest.
        given = pa.array([False] * size, pa.bool_())
        for column in self.columns:
            index = self.positions.get(column.name)
            values = pa.nulls(size, pa.string()) if index is None else cells.batch.column(index)
            value, wrong = self._read(column, values)
            read.append(value)
            right = pc.and_not(right, wrong)
            given = pc.or_(given, pc.is_valid(value))
        right = pc.and_(right, given)
        if any(column.required_when or column.required_unless for column in self.columns):
            right = pc.and_(right, False)
        doubtful = pc.indices_nonzero(pc.invert(right)).to_pylist()
        raw = [
            RawRow(cells.first + at, [cells.batch.column(i)[at].as_py() for i in range(cells.batch.num_columns)])
            for at in doubtful
        ]
        rest = self.check_rows(raw)
        good = self._batch([value.filter(right) for value in read], numbers.filter(right))
        if not rest.rows.num_rows:
            return CheckedBatch(good, rest.findings)
        both = pa.Table.from_batches([good, rest.rows]).sort_by(NUMBER).combine_chunks().to_batches()
        return CheckedBatch(both[0], rest.findings)

    def _batch(self, columns: list[pa.Array], numbers: pa.Array) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([*columns, numbers], [*(column.name for column in self.columns), NUMBER])

    def _read(self, column: Column, values: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Values in landed form, and which of them are wrong."""
        if column.kind in ("text", *KINDS):
            read = _plain(values)
            doubtful = pc.fill_null(
                pc.match_substring_regex(read, SUSPICIOUS_CODE if column.text_kind == CODE else SUSPICIOUS), False
            )
            if pc.any(pc.match_substring_regex(values, CONTROLS)).as_py():
                doubtful = pc.or_(doubtful, pc.fill_null(pc.match_substring_regex(values, CONTROLS), False))
            return read, pc.or_(pc.and_(pc.is_null(read), column.required), doubtful)
        encoded = values.dictionary_encode()
        known = self._known.setdefault(column.name, {})
        if len(known) > _MEMORY:
            known.clear()
        texts, wrong = [], []
        for raw in encoded.dictionary.to_pylist():
            try:
                if raw not in known:
                    known[raw] = column.read(raw)
                texts.append(known[raw])
                # `check_table` tells of them.
                wrong.append(holds_controls(raw))
            except BadValue:
                texts.append(None)
                wrong.append(True)
        # A null stands where the table has no such column.
        missing = pa.array([None], pa.string()), pa.array([column.required])
        texts_array = pa.concat_arrays([pa.array(texts, pa.string()), missing[0]])
        wrong_array = pa.concat_arrays([pa.array(wrong, pa.bool_()), missing[1]])
        at = pc.fill_null(encoded.indices, len(texts))
        return texts_array.take(at), wrong_array.take(at)


def _plain(values: pa.Array) -> pa.Array:
    """As `ingestion.files.values` brings text into its plain form; empty cells and untouched drop-downs are null."""
    # Arrow splits at Unicode's white space, Python at four separators more.
    spaced = pc.replace_substring_regex(values, r"[\x1c-\x1f]", " ")
    if pc.any(pc.match_substring_regex(spaced, UNSTORABLE)).as_py():
        spaced = pc.replace_substring_regex(spaced, UNSTORABLE, "")
    plain = pc.binary_join(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(spaced)), " ")
    short = pc.less_equal(pc.utf8_length(plain), _LONGEST_EMPTY)
    lowered = pc.utf8_lower(pc.if_else(short, plain, "long"))
    return pc.if_else(pc.is_in(lowered, value_set=pa.array(sorted(EMPTY))), None, plain)
