"""Check tables a batch at a time: what `ingestion.files.row_check.check_table` says of each row, for millions of them.

Text is brought into its plain form by Arrow, and so is what of other kinds lands as it stands
(`ingestion.files.text_columns`); the rest is read once per distinct value. A row that is wrong is given to
`check_table`, which alone knows what to say of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.files.row_check import RawRow, check_table
from ingestion.files.table_files import Cells, Table
from ingestion.files.text_columns import as_they_stand, is_blank, plain
from ingestion.files.values import CONTROLS, BadValue, Column, holds_controls
from ingestion.findings import Finding
from ingestion.persons.contact_details import CODE, KINDS, SUSPICIOUS, SUSPICIOUS_CODE

NUMBER = "_number"
_MEMORY = 50_000


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
        right = pa.repeat(pa.scalar(True), size)
        # A row without any value may be blank: check_table looks at what stands in the columns of no interest.
        given = pa.repeat(pa.scalar(False), size)
        for column in self.columns:
            index = self.positions.get(column.name)
            values = None if index is None else cells.batch.column(index)
            if values is None or is_blank(values):
                read.append(pa.nulls(size, pa.string()))
                right = pc.and_(right, not column.required)
                continue
            value, wrong = self._read(column, values)
            read.append(value)
            right = right if wrong is None else pc.and_not(right, wrong)
            given = pc.or_(given, pc.is_valid(value))
        right = pc.and_(right, given)
        if any(column.required_when or column.required_unless for column in self.columns):
            right = pc.and_(right, False)
        if pc.all(right).as_py():
            return CheckedBatch(self._batch(read, numbers), [])
        doubtful = pc.indices_nonzero(pc.invert(right))
        texts = (column.take(doubtful).to_pylist() for column in cells.batch.columns)
        raw = [
            RawRow(cells.first + at, row)
            for at, row in zip(doubtful.to_pylist(), zip(*texts, strict=True), strict=True)
        ]
        rest = self.check_rows(raw)
        good = self._batch([value.filter(right) for value in read], numbers.filter(right))
        if not rest.rows.num_rows:
            return CheckedBatch(good, rest.findings)
        both = pa.Table.from_batches([good, rest.rows]).sort_by(NUMBER).combine_chunks().to_batches()
        return CheckedBatch(both[0], rest.findings)

    def _batch(self, columns: list[pa.Array], numbers: pa.Array) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([*columns, numbers], [*(column.name for column in self.columns), NUMBER])

    def _read(self, column: Column, values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
        """Values in landed form, and which of them are wrong; None for none."""
        if column.kind in ("text", *KINDS):
            pattern = SUSPICIOUS_CODE if column.text_kind == CODE else SUSPICIOUS
            read, is_searched = plain(values, pattern)
            missing = pc.is_null(read) if column.required else None
            if is_searched:
                return read, missing
            found = pc.match_substring_regex(read, pattern), pc.match_substring_regex(values, CONTROLS)
            doubtful = pc.or_(*(pc.fill_null(one, False) for one in found))
            return read, doubtful if missing is None else pc.or_(missing, doubtful)
        standing = as_they_stand(column, values)
        if standing is None:
            return self._read_each(column, values)
        read, is_known = standing
        if pc.all(is_known).as_py():
            return read, None
        others = pc.invert(is_known)
        texts, wrong = self._read_each(column, values.filter(others))
        return (
            pc.replace_with_mask(read, others, texts),
            pc.replace_with_mask(pa.repeat(pa.scalar(False), len(values)), others, wrong),
        )

    def _read_each(self, column: Column, values: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Every distinct value in landed form, and whether it is wrong."""
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
        at = encoded.indices
        return pa.array(texts, pa.string()).take(at), pa.array(wrong, pa.bool_()).take(at)
