"""What is wrong or odd about a row or a file, in words for the person who sent it. Never holds the value itself."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from common.sql import listed, literal
from ingestion.declaration import Stream
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.storage.scratch import spilling

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.storage.spool import Spool

ERROR, WARNING, NOTE = "error", "warning", "note"
MOST_ALIKE = 1_000
"""Findings that are kept of one kind (stream, file, rule, column); of the rest it is said how many there are."""


class RefusedFile(Exception):
    """A file that cannot be read as what it should be: refused whole, kept in `originals/`."""


class ReaderFailed(RefusedFile):
    """A file on which its reader failed. The fault may be the reader's or the machine's: it is read again every night.

    `error_class`: the kind of error, or how the reader's process ended.
    """

    def __init__(self, message: str, error_class: str) -> None:
        super().__init__(message, error_class)
        self.error_class = error_class

    def __str__(self) -> str:
        return str(self.args[0])


def is_passing(error: BaseException) -> bool:
    """Whether an error says nothing of the file: the disk, the network or the system did not give it this time.

    Readers of zips raise OSError for damaged content too, without a number or with that of an invalid argument.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


@dataclass(frozen=True)
class Finding:
    """One thing found about a row. `value_class` says what kind of value stood there, not which.

    `severity`: `error` refuses the row; with `warning` or `note` it is landed all the same. `key`: which record it is,
    if that could be read: its stream's key in a file, its `_source_record` in an API. It is not kept; it says whose
    earlier version must not be taken for deleted.
    """

    source: str
    stream: str
    place: str
    column_name: str
    reason_code: str
    message: str
    cell: str | None = None
    value_class: str | None = None
    key: str | None = None
    severity: str = ERROR


def refusing(findings: Iterable[Finding]) -> list[Finding]:
    """Those that refuse their row."""
    return [finding for finding in findings if finding.severity == ERROR]


def places(findings: Iterable[Finding]) -> int:
    """How many rows the findings refuse."""
    return len({(finding.source, finding.stream, finding.place) for finding in refusing(findings)})


class FindingSpool:
    """The findings of one night's read of a source on their way into the landing: errors into `quarantine/rows`, the
    rest into `findings/rows`.
    """

    def __init__(self, folder: Path) -> None:
        from ingestion.storage.spool import Spool

        self.errors = Spool(folder, QUARANTINE.model_copy(update={"name": "quarantine"}))
        self.remarks = Spool(folder, FINDINGS.model_copy(update={"name": "findings"}))

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings to what is open."""
        found = list(findings)
        self.errors.add([{**vars(one), "_source_record": one.place} for one in found if one.severity == ERROR])
        self.remarks.add(
            [
                {**vars(one), "rule": one.reason_code, "_source_record": one.place}
                for one in found
                if one.severity != ERROR
            ]
        )

    def add_batch(self, found: pa.RecordBatch) -> None:
        """Add findings given as columns, named as those of `Finding`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        is_error = pc.equal(found.column("severity"), ERROR)
        for spool, wanted in ((self.errors, is_error), (self.remarks, pc.invert(is_error))):
            rows = found.filter(wanted)
            columns = {name: rows.column(name) for name in rows.schema.names}
            columns |= {"rule": columns["reason_code"], "_source_record": columns["place"]}
            names = [name for name in (*spool.stream.columns, "_source_record") if name in columns]
            spool.add(pa.RecordBatch.from_arrays([columns[name] for name in names], names))

    def keep(self) -> None:
        """Keep what is open."""
        for spool in (self.errors, self.remarks):
            spool.keep()

    def drop(self) -> None:
        """Forget what is open."""
        for spool in (self.errors, self.remarks):
            spool.drop()

    def land(self, home: Path, clock: datetime) -> None:
        """Land what was kept, of each kind at most `MOST_ALIKE`, and forget it; what is known is not repeated."""
        from ingestion.storage.landing import land

        for ledger, declared, spool in (
            ("quarantine", QUARANTINE, self.errors),
            ("findings", FINDINGS, self.remarks),
        ):
            if spool.parts:
                land(home, ledger, declared, _capped(home, spool, declared), clock=clock)
                spool.forget()


def _capped(home: Path, spool: Spool, declared: Stream) -> pa.Table:
    """The first of each kind, and for the rest of it one finding that says how many."""
    import pyarrow as pa

    from ingestion.storage.spool import row_schema

    files = ", ".join(literal(part.path) for part in spool.parts)
    names = ("source", "stream", "reason_code", "rule", "column_name", "severity")
    kind = listed([name for name in names if name in declared.columns])
    schema = row_schema(declared)
    with spilling(home) as connection:
        # The file is what stands before the `#` of a place; a place of an API has none.
        connection.execute(f"""
            CREATE TEMP TABLE numbered AS
            SELECT *, dense_rank() OVER (PARTITION BY {kind}, file ORDER BY first_at) AS nth
            FROM (
                SELECT
                    *, min(_position) OVER (PARTITION BY source, stream, place) AS first_at,
                    CASE WHEN contains(place, '#') THEN split_part(place, '#', 1) ELSE source || '/' || stream END
                        AS file
                FROM read_parquet([{files}])
            )
        """)
        kept = connection.sql(
            f"SELECT {listed(schema.names)} FROM numbered WHERE nth <= {MOST_ALIKE} ORDER BY _position"
        ).to_arrow_table()
        rest = connection.sql(f"""
            SELECT
                {kind}, file AS place, file AS _source_record,
                format('and {{:,}} more rows like this: ', count(DISTINCT place)) || arg_min(message, _position)
                    AS message
            FROM numbered WHERE nth > {MOST_ALIKE} GROUP BY {kind}, file ORDER BY ALL
        """).to_arrow_table()
    return pa.concat_tables([kept.cast(schema), pa.Table.from_pylist(rest.to_pylist(), schema=schema)])
