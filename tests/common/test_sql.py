from pathlib import Path

import duckdb

from common.sql import listed, literal, quoted, same_key, sha256_of


def test_names_and_values_come_back_as_they_were():
    name, value, path = 'a "b" c', "O'Brien ''x''", Path("/tmp/it's")
    found = duckdb.sql(f"SELECT {literal(value)} AS {quoted(name)}, {literal(path)} AS d")
    assert found.columns == [name, "d"]
    assert found.fetchall() == [(value, str(path))]


def test_columns_of_a_table_in_a_row():
    assert listed(["a", "b"]) == '"a", "b"'
    assert listed(["a", "b"], "old") == 'old."a", old."b"'


def test_keys_are_the_same_where_both_lack_a_part():
    query = f"SELECT count(*) FROM (SELECT NULL AS a) AS new, (SELECT NULL AS a) AS old WHERE {same_key(['a'])}"
    assert duckdb.sql(query).fetchall() == [(1,)]


def test_null_and_empty_have_other_hashes():
    hashes = duckdb.sql(f"SELECT {sha256_of(['a'])} FROM (VALUES (NULL), ('')) AS t(a)").fetchall()
    assert len(set(hashes)) == 2
