"""The door: neither contact details nor control characters pass from a reader into the landing, whichever it is; of an
answer to yes or no only these.

Readers of tables that people fill in withhold them at the cell (`ingestion.files.row_check`); this is the net behind
them, and the only one for what comes by API. It looks at every text column by its kind (`Stream.texts`), in
batches.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.declaration import Stream
from ingestion.files.row_check import CONTACT_DETAILS, CONTROL_CHARACTERS
from ingestion.files.text_columns import which_hold
from ingestion.files.values import CONTROLS, UNSTORABLE, clean_text
from ingestion.findings import NOTE, WARNING, Finding
from ingestion.persons.contact_details import CODE, SUSPICIOUS, SUSPICIOUS_ADDRESS, contact_in_code, withhold

# How people and platforms say yes and no, in lower case.
_YES, _NO = ("yes", "y", "true", "i agree"), ("no", "n", "false")


def withhold_contacts(source: str, stream: Stream, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Finding]]:
    """The batch without contact details, and a warning for each value that held some.

    An address in a code leaves it empty; a key is left alone, since a record without one is none.
    """
    columns, findings = batch.columns, []
    texts = {name: column for name, column in _texts(batch).items() if name not in stream.key and name[0] != "_"}
    codes = {name: column for name, column in texts.items() if stream.texts.get(name, CODE) == CODE}
    found_in = {*which_hold(codes, SUSPICIOUS_ADDRESS)}
    found_in |= {*which_hold({name: texts[name] for name in texts.keys() - codes.keys()}, SUSPICIOUS)}
    for at, name in enumerate(batch.schema.names):
        if name not in found_in:
            continue
        kind = stream.texts.get(name, CODE)
        doubtful = pc.match_substring_regex(columns[at], SUSPICIOUS_ADDRESS if kind == CODE else SUSPICIOUS)
        values = columns[at].to_pylist()
        for row in pc.indices_nonzero(pc.fill_null(doubtful, False)).to_pylist():
            kept, what = _of_code(values[row]) if kind == CODE else withhold(values[row], kind)
            if what is None:
                continue
            values[row] = kept
            findings.append(
                Finding(
                    source=source,
                    stream=stream.name,
                    place=_place(stream, batch, row),
                    column_name=name,
                    cell=name,
                    reason_code=CONTACT_DETAILS,
                    message=f"{name} holds {what}, which is withheld; take it out at the source. The record counts",
                    value_class="contact",
                    severity=WARNING,
                )
            )
        columns[at] = pa.array(values, pa.string())
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema), findings


def without_controls(source: str, stream: Stream, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Finding]]:
    """The batch without what no text column holds (`ingestion.files.values.UNSTORABLE`), and a note for each value that
    held control characters.
    """
    columns, findings = batch.columns, []
    for name in which_hold(_texts(batch), UNSTORABLE):
        at = batch.schema.get_field_index(name)
        with_controls = pc.fill_null(pc.match_substring_regex(columns[at], CONTROLS), False)
        findings += [
            Finding(
                source=source,
                stream=stream.name,
                place=clean_text(_place(stream, batch, row)),
                column_name=name,
                cell=name,
                reason_code=CONTROL_CHARACTERS,
                message=f"{name} holds control characters, which are left out",
                value_class="text",
                severity=NOTE,
            )
            for row in pc.indices_nonzero(with_controls).to_pylist()
        ]
        columns[at] = pc.replace_substring_regex(columns[at], UNSTORABLE, "")
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema), findings


def only_yes_or_no(source: str, stream: Stream, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Finding]]:
    """The batch with `yes` and `no`, `true` and `false`, or nothing in the columns that take these, and a warning for
    each other value.
    """
    columns, findings = batch.columns, []
    kinds = {**dict.fromkeys(stream.yes_no, ("yes", "no")), **dict.fromkeys(stream.true_false, ("true", "false"))}
    for name, (yes, no) in kinds.items():
        at = batch.schema.get_field_index(name)
        said = pc.utf8_lower(pc.utf8_trim_whitespace(columns[at]))
        known = pc.index_in(said, value_set=pa.array([*_YES, *_NO]))
        columns[at] = pa.array([yes] * len(_YES) + [no] * len(_NO)).take(known)
        other = pc.and_(pc.is_null(known), pc.greater(pc.fill_null(pc.utf8_length(said), 0), 0))
        findings += [
            Finding(
                source=source,
                stream=stream.name,
                place=_place(stream, batch, row),
                column_name=name,
                cell=name,
                reason_code="not_allowed",
                message=f"{name} is neither {yes} nor {no}, and is left empty; the record counts",
                value_class="text",
                severity=WARNING,
            )
            for row in pc.indices_nonzero(other).to_pylist()
        ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema), findings


def _texts(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    return {
        field.name: column
        for field, column in zip(batch.schema, batch.columns, strict=True)
        if pa.types.is_string(field.type)
    }


def _of_code(value: str) -> tuple[str | None, str | None]:
    found = contact_in_code(value)
    return (None, found.what) if found else (value, None)


def _place(stream: Stream, batch: pa.RecordBatch, row: int) -> str:
    """Where a row stands, as findings say it: in a file, by sheet and row where these are landed, or in an API."""

    def value(name: str) -> str | None:
        return batch.column(name)[row].as_py() if name in stream.columns or name == "_source_record" else None

    file, sheet, number, record = (value(name) for name in ("file_name", "sheet", "row_number", "_source_record"))
    if file is None:
        return str(record)
    if number is not None:
        return f"{file}#{sheet or ''}!{number}"
    # A row of a file: its content's hash, a colon, its place in the file.
    return f"{file}#{str(record).partition(':')[2]}"
