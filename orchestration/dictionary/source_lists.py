"""Lists of sources that are kept where others read them, made from the declarations by `wmip docs index`.

dbt's sources, the seed `source_system`, two tables of docs/contracts.md, a page for each return contract. A test fails
where one is older than the declarations, so that nobody writes a source down twice.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from evaluation.spreadsheets import write_csv
from ingestion.catalogue import SOURCES
from ingestion.declaration import Source, Stream
from ingestion.ledgers import LEDGERS
from orchestration.dictionary.return_pages import return_pages
from orchestration.dictionary.return_rules import rule_lists

ROOT = Path(__file__).resolve().parents[2]
DBT_SOURCES = ROOT / "dbt_project" / "models" / "staging" / "_sources.yml"
TYPED_STREAMS = ROOT / "dbt_project" / "macros" / "typed_streams.sql"
SEED = ROOT / "dbt_project" / "seeds" / "source_system.csv"
CONTRACTS = ROOT / "docs" / "contracts.md"
SEED_COLUMNS = ("source", "source_system", "label", "kind", "provides")

_TYPED_HEAD = """\
{# Made by `wmip docs index` from ingestion/sources/*/declaration.yaml and the contracts of returns; do not edit. #}

{#
    By stream (`source.stream`): what its texts become (`types`), and which of these a row cannot do without (`needed`).
    `key`: of a stream whose latest version of each key counts; `is_list`: of one of lists that are sent again whole;
    without a key it is a table of the return workbooks. `place`: what says where a row stands, if not its file and row.
#}
{% macro typed_streams() %}
    {{ return({
"""
_DBT_HEAD = """\
# Made by `wmip docs index` from ingestion/sources/*/declaration.yaml; do not edit.
# Landed Parquet, named relative to the home (see profiles.yml). The asset key is that of the step that lands it.
version: 2
sources:
"""


def source_lists() -> dict[Path, str]:
    """Every such file as it is to be committed."""
    return {
        DBT_SOURCES: dbt_sources(SOURCES),
        TYPED_STREAMS: typed_streams(SOURCES),
        SEED: seed(SOURCES),
        CONTRACTS: contracts(SOURCES),
        **return_pages(),
        **rule_lists(),
    }


def dbt_sources(sources: Mapping[str, Source]) -> str:
    """The landed streams as sources of the dbt project."""
    return _DBT_HEAD + "".join(line for name in sorted(sources) for line in _dbt_source(sources[name]))


def _dbt_source(source: Source) -> Iterator[str]:
    files = f"read_parquet('landing/{source.name}/{{name}}/*.parquet', union_by_name = true)"
    yield f"  - name: {source.name}\n    description: {_text(source.title + '.')}\n    schema: landing\n"
    yield f"    config: {{meta: {{external_location: {_text(files)}}}}}\n    tables:\n"
    for stream in source.streams:
        yield f"      - name: {stream.name}\n        description: {_text(stream.description)}\n"
        yield f"        config: {{meta: {{dagster: {{asset_key: [landing, {source.name}, {stream.name}]}}}}}}\n"


def typed_streams(sources: Mapping[str, Source]) -> str:
    """A dbt macro that knows what staging makes of the texts of each stream."""
    typed = [(source, stream) for _, source in sorted(sources.items()) for stream in source.streams if stream.types]
    return _TYPED_HEAD + "".join(_typed_stream(*one) for one in typed) + "    }) }}\n{% endmacro %}\n"


def _typed_stream(source: Source, stream: Stream) -> str:
    is_cover = source.contracts is not None and "row_number" not in stream.key
    said = {
        "key": [] if source.contracts and not is_cover else [n for n in stream.key if n not in stream.listed_whole_by],
        "is_list": bool(stream.listed_whole_by),
        "has_file": source.contracts is None and "file_name" in stream.columns,
        "place": "file_name || '#' || sheet" if is_cover else "",
    }
    lines = "".join(f"            '{name}': {value!r},\n" for name, value in said.items() if value)
    types = "".join(f"                '{column}': '{kind}',\n" for column, kind in stream.types.items())
    return (
        f"        '{source.name}.{stream.name}': {{\n{lines}            'types': {{\n{types}            }},\n"
        f"            'needed': {list(stream.needed)!r},\n        }},\n"
    ).replace(": True", ": true")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def seed(sources: Mapping[str, Source]) -> str:
    """One row a source: what the mart calls its system, what reports call it, and what it gives."""
    written = io.StringIO()
    each = (sources[name] for name in sorted(sources))
    rows = [(one.name, one.system, one.spoken, one.kind, " ".join(one.gives)) for one in each]
    write_csv(written, SEED_COLUMNS, rows)
    return written.getvalue()


def contracts(sources: Mapping[str, Source]) -> str:
    """docs/contracts.md with its tables of streams and of record identifiers as the declarations have them."""
    page = CONTRACTS.read_text(encoding="utf-8")
    for name, lines in (("streams", _streams(sources)), ("records", _records(sources))):
        begins, ends = f"<!-- {name}: made by `wmip docs index` -->\n", f"<!-- end of {name} -->\n"
        before, found, rest = page.partition(begins)
        _, ended, after = rest.partition(ends)
        if not (found and ended):
            raise ValueError(f"docs/contracts.md: the marks of {name} are missing")
        page = before + begins + "".join(lines) + ends + after
    return page


def _streams(sources: Mapping[str, Source]) -> Iterator[str]:
    yield "| stream | key | columns |\n|---|---|---|\n"
    for name in sorted(sources):
        for stream in sources[name].streams:
            yield _stream(name, stream)
    for name, stream in LEDGERS.items():
        yield _stream(name, stream)


def _stream(source: str, stream: Stream) -> str:
    columns = (f"{name} (int64)" if name in stream.integers else name for name in stream.columns)
    return f"| `{source}/{stream.name}` | {', '.join(stream.key)} | {', '.join(columns)} |\n"


def _records(sources: Mapping[str, Source]) -> Iterator[str]:
    systems = sorted({source.system for source in sources.values() if source.gives})
    yield f"`source_system`: {', '.join(f'`{name}`' for name in systems)}.\n\n"
    yield "| record that bears an organisation | source_system | source_record_id |\n|---|---|---|\n"
    for name in sorted(sources):
        for record, identifier in sources[name].organisation_records.items():
            yield f"| {record} | {sources[name].system} | {identifier} |\n"
