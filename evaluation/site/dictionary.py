"""Tables and columns of a mart as its own file describes them."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from evaluation.pack.mart_rows import rows


@dataclass(frozen=True)
class DescribedColumn:
    """One column."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class DescribedTable:
    """One table with its columns in order. `rows`: how many it has."""

    name: str
    description: str
    rows: int
    columns: tuple[DescribedColumn, ...]

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self.columns)


def read_dictionary(mart: duckdb.DuckDBPyConnection) -> list[DescribedTable]:
    """Every table of the file, by name."""
    columns: dict[str, list[DescribedColumn]] = {}
    for row in rows(
        mart,
        "SELECT table_name, column_name AS name, data_type AS type, coalesce(comment, '') AS description "
        "FROM duckdb_columns() WHERE NOT internal AND database_name = current_database() "
        "ORDER BY table_name, column_index",
    ):
        columns.setdefault(row.pop("table_name"), []).append(DescribedColumn(**row))
    return [
        DescribedTable(row["name"], row["description"], row["rows"], tuple(columns[row["name"]]))
        for row in rows(
            mart,
            "SELECT table_name AS name, coalesce(comment, '') AS description, estimated_size AS rows "
            "FROM duckdb_tables() WHERE NOT internal AND database_name = current_database() ORDER BY table_name",
        )
    ]
