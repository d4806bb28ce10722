"""What differs between two trees is found, in rows as in columns, and nothing else."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.unchanged import Difference, differing_streams, differing_tables


def _warehouse(path, *statements):
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA mart")
        for statement in statements:
            connection.execute(statement)
    return path


def _landed(home, stream, hashes):
    folder = home / "landing" / "source" / stream
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"_row_hash": pa.array(hashes, pa.string())}), folder / "1.parquet")
    return home


def test_a_figure_that_moved_is_found_by_table_and_column(tmp_path):
    made = "CREATE TABLE mart.figure AS SELECT key, {} AS value, 'r{}' AS run_id FROM range(3) AS numbers(key)"
    same = "CREATE TABLE mart.same AS SELECT 1.5::DOUBLE AS value, NULL AS nothing"
    before = _warehouse(
        tmp_path / "before.duckdb", made.format("key", 1), same, "CREATE TABLE mart.gone AS SELECT 1 AS a"
    )
    after = _warehouse(
        tmp_path / "after.duckdb",
        made.format("if(key = 2, 9, key)", 2),
        same,
        "CREATE TABLE mart.added AS SELECT 1 AS a",
    )
    assert list(differing_tables(before, after)) == [
        Difference("figure", 1, 1, ("value",)),
        Difference("gone", 1, 0),
    ]
    assert not list(differing_tables(before, before))


def test_a_row_that_stands_once_more_is_a_difference(tmp_path):
    before = _warehouse(tmp_path / "before.duckdb", "CREATE TABLE mart.t AS SELECT 1 AS a")
    after = _warehouse(tmp_path / "after.duckdb", "CREATE TABLE mart.t AS SELECT 1 AS a FROM range(2)")
    assert [str(found) for found in differing_tables(before, after)] == [
        "t: 0 row(s) of the older tree alone, 1 of this one, in a"
    ]


def test_landed_streams_are_compared_by_their_hashes(tmp_path):
    before, after = _landed(tmp_path / "a", "rows", ["x", "y"]), _landed(tmp_path / "b", "rows", ["y", "z"])
    _landed(after, "more", ["x"])
    assert list(differing_streams(before, after)) == [
        Difference("source/more", 0, 1),
        Difference("source/rows", 1, 1),
    ]
    assert not list(differing_streams(before, before))
