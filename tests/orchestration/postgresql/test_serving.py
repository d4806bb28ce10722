from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pytest

from orchestration.errors import PublicationFailed, UserError
from orchestration.postgresql.keys import Keys
from orchestration.postgresql.mart_file import MartFile
from orchestration.postgresql.serving import publish, rollback
from orchestration.postgresql.versions import only_publisher
from tests.orchestration.postgresql.conftest import KEYS, write_manifest

pytestmark = pytest.mark.xdist_group("postgresql")


def rows(address: str, query: str) -> list[tuple]:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def served(address: str, mart: str = "mart") -> list[str]:
    return [release for (release,) in rows(address, f"SELECT release_id FROM {mart}.release_info")]


def test_every_value_of_every_type_arrives_as_the_release_holds_it(database, make_release):
    home = make_release(1)
    made = publish(home, "R.1", database, KEYS)
    assert made.release_id == "R.1"
    assert made.rows["mart"]["indicator_fact"] == made.rows["mart_public"]["indicator_fact"] == 200
    with duckdb.connect(str(home / "releases" / "R.1" / "mart.duckdb"), read_only=True) as mart:
        for table in made.rows["mart"]:
            here = rows(database, f"SELECT * FROM mart.{table}")
            there = mart.execute(f"SELECT * FROM {table}").fetchall()
            assert sorted(map(repr, here)) == sorted(map(repr, there)), table
    (fact,) = rows(database, "SELECT quantity, is_counted, note, ratio FROM mart.indicator_fact WHERE fact_key = 'f1'")
    assert fact == (Decimal("1.0000"), False, "", 1 / 3)


def test_types_comments_keys_and_indexes_are_declared(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    types = dict(
        rows(
            database,
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'mart.indicator_fact'::regclass AND attnum > 0",
        )
    )
    assert types == {
        "fact_key": "text",
        "indicator_key": "text",
        "partner_key": "text",
        "quantity": "numeric(18,4)",
        "is_counted": "boolean",
        "achieved_on": "date",
        "note": "text",
        "ratio": "double precision",
    }
    comments = rows(
        database,
        "SELECT obj_description('mart.indicator_fact'::regclass), col_description('mart.indicator_fact'::regclass, 4)",
    )
    assert comments == [('What counts. Grain: fact. It\'s "quoted".', "In the indicator's unit.")]
    constraints = {
        definition
        for (definition,) in rows(
            database,
            "SELECT regexp_replace(pg_get_constraintdef(c.oid), 'mart_r[^.]*[.]', '') FROM pg_constraint AS c "
            "JOIN pg_class AS t ON t.oid = conrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace "
            "WHERE n.nspname LIKE 'mart_r%' AND contype IN ('p', 'f') AND relname = 'indicator_fact' AND convalidated",
        )
    }
    assert constraints == {
        "PRIMARY KEY (fact_key)",
        "FOREIGN KEY (indicator_key) REFERENCES dim_indicator(indicator_key)",
        "FOREIGN KEY (partner_key) REFERENCES dim_partner(partner_key)",
    }
    indexed = rows(
        database,
        "SELECT indexdef FROM pg_indexes WHERE schemaname LIKE 'mart_r%' AND tablename = 'indicator_fact' ORDER BY 1",
    )
    assert [definition.rpartition("(")[2] for (definition,) in indexed] == [
        "indicator_key)",
        "partner_key)",
        "fact_key)",
    ]


def test_the_same_release_again_loads_nothing_but_other_content_of_that_name_does(database, make_release, tmp_path):
    home = make_release(1)
    assert publish(home, "R.1", database, KEYS).rows
    assert publish(home, "R.1", database, KEYS).rows == {}
    (home / "releases" / "R.1").rename(tmp_path / "elsewhere")
    make_release(1, facts=10)
    assert publish(home, "R.1", database, KEYS).rows["mart"]["indicator_fact"] == 10
    assert rows(database, "SELECT count(*) FROM mart.indicator_fact") == [(10,)]


def test_rollback_goes_to_the_release_before_and_back(database, make_release):
    for number in (1, 2, 3):
        home = make_release(number)
        publish(home, f"R.{number}", database, KEYS)
    assert served(database) == served(database, "mart_public") == ["R.3"]
    assert rollback(home, database).release_id == "R.2"
    assert served(database) == served(database, "mart_public") == ["R.2"]
    assert rollback(home, database).release_id == "R.3"
    assert publish(home, "R.1", database, KEYS).rows == {}
    assert served(database) == ["R.1"]


def test_three_versions_are_held_and_older_ones_dropped(database, make_release):
    for number in range(1, 6):
        publish(make_release(number), f"R.{number}", database, KEYS)
    schemas = rows(database, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^mart_r' ORDER BY 1")
    assert [schema[:8] for (schema,) in schemas] == ["mart_r_3", "mart_r_4", "mart_r_5"]
    register = rows(database, "SELECT release_id, state FROM wmip_publication.version ORDER BY 1")
    assert register == [("R.1", "dropped"), ("R.2", "dropped"), ("R.3", "kept"), ("R.4", "kept"), ("R.5", "kept")]


def test_there_is_nothing_to_roll_back_to_at_first(database, make_release):
    home = make_release(1)
    publish(home, "R.1", database, KEYS)
    with pytest.raises(UserError, match="keeps no earlier release"):
        rollback(home, database)


def one_row_lost(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def one_character_changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"i0"', b'"i1"'), *lines[1:]]


@pytest.mark.parametrize("damage", [one_row_lost, one_character_changed])
def test_what_does_not_arrive_whole_is_not_shown(database, make_release, monkeypatch, damage):
    publish(make_release(1), "R.1", database, KEYS)
    whole = MartFile.rows_as_csv

    def damaged(self, table):
        content = b"".join(whole(self, table)).splitlines(keepends=True)
        yield b"".join(damage(content) if table.name == "indicator_value" else content)

    monkeypatch.setattr(MartFile, "rows_as_csv", damaged)
    with pytest.raises(PublicationFailed, match="indicator_value in PostgreSQL is not what the release holds"):
        publish(make_release(2), "R.2", database, KEYS)
    assert served(database) == ["R.1"]
    monkeypatch.undo()
    publish(make_release(3), "R.3", database, KEYS)
    assert served(database) == ["R.3"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            "INSERT INTO dim_partner VALUES ('CB01')",
            PublicationFailed,
            "partner_key should identify a row",
        ),
        ("ALTER TABLE waiver ADD COLUMN scopes VARCHAR[]", UserError, r"waiver, column scopes: .*VARCHAR\[\]"),
        ("INSERT INTO waiver VALUES (chr(0), true)", PublicationFailed, "what served before still serves"),
    ],
)
def test_a_release_that_cannot_be_loaded_leaves_the_old_one(database, make_release, change, error, message):
    publish(make_release(1), "R.1", database, KEYS)
    home = make_release(2, change=change)
    with pytest.raises(error, match=message):
        publish(home, "R.2", database, KEYS)
    assert served(database) == ["R.1"]
    assert len(rows(database, "SELECT 1 FROM pg_namespace WHERE nspname ~ '^mart_r'")) == 1


def test_a_damaged_release_is_refused_before_anything_is_sent(make_release):
    home = make_release(1)
    (home / "releases" / "R.1" / "mart_public.duckdb").write_bytes(b"")
    with pytest.raises(UserError, match=r"R\.1 is damaged .*mart_public\.duckdb has changed"):
        publish(home, "R.1", "postgresql://nowhere.invalid/x", KEYS)


def test_a_release_without_public_mart_does_not_leave_that_of_an_earlier_one(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    home = make_release(2, public=False)
    publish(home, "R.2", database, KEYS)
    assert (served(database), served(database, "mart_public")) == (["R.2"], [])
    rollback(home, database)
    assert served(database, "mart_public") == ["R.1"]


def test_new_columns_come_last_so_that_a_view_built_on_the_mart_moves_on(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    rows(database, "CREATE VIEW public.mine AS SELECT fact_key, quantity FROM mart.indicator_fact")
    change = (
        "CREATE TABLE fresh AS SELECT 'x' AS inserted, * FROM indicator_fact; DROP TABLE indicator_fact;"
        "ALTER TABLE fresh RENAME TO indicator_fact; CREATE TABLE waiver_note AS SELECT 1 AS n; DROP TABLE waiver"
    )
    home = make_release(2, change=change)
    publish(home, "R.2", database, KEYS)
    assert rows(database, "SELECT DISTINCT quantity FROM public.mine") == [(Decimal("2.0000"),)]
    assert rows(database, "SELECT DISTINCT inserted FROM mart.indicator_fact") == [("x",)]
    assert rows(database, "SELECT count(*) FROM mart.waiver_note") == [(1,)]
    rollback(home, database)
    assert rows(database, "SELECT DISTINCT quantity, inserted FROM mart.indicator_fact") == [(Decimal("1.0000"), None)]
    assert rows(database, "SELECT count(*) FROM mart.waiver_note") == [(0,)]


def test_a_column_or_table_that_is_gone_is_gone(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    change = "ALTER TABLE indicator_fact DROP COLUMN note; DROP TABLE waiver"
    for number in (2, 3, 4):
        publish(make_release(number, change=change), f"R.{number}", database, KEYS)
    with pytest.raises(psycopg.errors.UndefinedColumn):
        rows(database, "SELECT note FROM mart.indicator_fact")
    with pytest.raises(psycopg.errors.UndefinedTable):
        rows(database, "SELECT * FROM mart.waiver")


def test_a_reference_to_a_missing_dimension_row_is_declared_but_not_valid(database, make_release):
    publish(
        make_release(1, change="UPDATE indicator_fact SET partner_key = 'gone' WHERE fact_key = 'f1'"),
        "R.1",
        database,
        KEYS,
    )
    valid = rows(
        database,
        "SELECT convalidated FROM pg_constraint WHERE contype = 'f' AND conname = 'indicator_fact_partner_key_fkey' "
        "AND connamespace::regnamespace::text LIKE 'mart_r%'",
    )
    assert valid == [(False,)]


def test_a_key_with_gaps_is_unique_but_not_primary(database, make_release):
    keys = Keys({"indicator_fact": ("note", "fact_key")})
    publish(make_release(1), "R.1", database, keys)
    kinds = rows(
        database,
        "SELECT contype::text FROM pg_constraint WHERE conname LIKE 'indicator_fact%' AND contype <> 'n'",
    )
    assert kinds == [("u",), ("u",)]


def test_a_mart_that_somebody_else_made_is_left_alone(database, make_release):
    rows(database, "CREATE SCHEMA mart_public")
    with pytest.raises(UserError, match="has a schema mart_public that `wmip publish` did not make"):
        publish(make_release(1), "R.1", database, KEYS)


def test_a_second_publisher_is_refused_and_the_first_named(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    with closing(psycopg.connect(database, autocommit=True)) as other:
        only_publisher(other)
        with pytest.raises(
            UserError, match=rf"another `wmip publish`.*process {other.info.backend_pid}, user postgres"
        ):
            publish(make_release(2), "R.2", database, KEYS)
    publish(make_release(3), "R.3", database, KEYS)
    assert served(database) == ["R.3"]


def test_no_lock_that_a_reader_can_take_keeps_a_publisher_out(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    with closing(psycopg.connect(database, autocommit=True)) as reader:
        reader.execute("SET ROLE evaluator")
        # The number by which an earlier version of this program told its publishers apart.
        reader.execute("SELECT pg_advisory_lock(5203190417)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
            reader.execute("LOCK TABLE wmip_publication.publisher IN ACCESS SHARE MODE")
        publish(make_release(2), "R.2", database, KEYS)
    assert served(database) == ["R.2"]


def test_a_database_of_an_earlier_version_gets_what_is_locked(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    rows(database, "DROP TABLE wmip_publication.publisher")
    publish(make_release(2), "R.2", database, KEYS)
    assert served(database) == ["R.2"]


@pytest.mark.parametrize("way", ["environment", "address", "role"])
def test_text_arrives_whatever_encoding_the_client_is_told(database, make_release, monkeypatch, way):
    address = database
    if way == "environment":
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    elif way == "address":
        address += "&client_encoding=LATIN1"
    else:
        rows(database, "ALTER ROLE postgres SET client_encoding = 'LATIN1'")
        rows(database, "ALTER ROLE postgres SET datestyle = 'German'")
    try:
        publish(make_release(1, change="UPDATE waiver SET check_name = ''; INSERT INTO waiver VALUES ('Łódź €', true)"),
                "R.1", address, KEYS)  # fmt: skip
    finally:
        rows(database, "ALTER ROLE postgres RESET ALL")
        monkeypatch.delenv("PGCLIENTENCODING", raising=False)
    assert rows(database, "SELECT check_name FROM mart.waiver") == [("Łódź €",)]


def _rewrite(home: Path, number: int) -> None:
    """As an erasure does: the same release, other content, a manifest that fits."""
    folder = home / "releases" / f"R.{number}"
    with duckdb.connect(str(folder / "mart.duckdb")) as mart:
        mart.execute("UPDATE indicator_fact SET note = 'ERASED-1' WHERE fact_key = 'f2'")
    write_manifest(folder, {})


def test_what_the_home_rewrote_leaves_with_the_next_publication(database, make_release):
    for number in (1, 2, 3):
        home = make_release(number)
        publish(home, f"R.{number}", database, KEYS)
    for number in (2, 3):
        _rewrite(home, number)
    publish(home, "R.3", database, KEYS)
    assert served(database) == ["R.3"]
    states = rows(database, "SELECT release_id, state FROM wmip_publication.version ORDER BY 1, 2")
    assert states == [("R.1", "kept"), ("R.2", "dropped"), ("R.3", "dropped"), ("R.3", "kept")]
    assert len(rows(database, "SELECT 1 FROM pg_namespace WHERE nspname ~ '^mart_r'")) == 2
    assert rows(database, "SELECT note FROM mart.indicator_fact WHERE fact_key = 'f2'") == [("ERASED-1",)]
    assert rollback(home, database).release_id == "R.1"


def test_a_rewritten_release_that_served_before_leaves_though_the_current_one_is_the_same(database, make_release):
    for number in (1, 2):
        home = make_release(number)
        publish(home, f"R.{number}", database, KEYS)
    _rewrite(home, 1)
    with pytest.raises(UserError, match="keeps no earlier release of this home"):
        rollback(home, database)
    assert publish(home, "R.2", database, KEYS).rows == {}
    assert rows(database, "SELECT release_id FROM wmip_publication.version WHERE state <> 'dropped'") == [("R.2",)]
    assert served(database) == ["R.2"]


def test_a_rewritten_release_that_somebody_still_reads_is_told_of(database, make_release):
    for number in (1, 2):
        home = make_release(number)
        publish(home, f"R.{number}", database, KEYS)
    (schema,) = rows(database, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^mart_r_1'")[0]
    rows(database, f"CREATE VIEW public.theirs AS SELECT note FROM {schema}.indicator_fact")
    _rewrite(home, 1)
    with pytest.raises(PublicationFailed, match=r"R\.2 serves, but PostgreSQL still holds .* in release R\.1"):
        publish(home, "R.2", database, KEYS)
    rows(database, "DROP VIEW public.theirs")
    publish(home, "R.2", database, KEYS)
    assert rows(database, "SELECT 1 FROM pg_namespace WHERE nspname ~ '^mart_r_1'") == []


def test_a_database_of_the_public_mart_alone_shows_nothing_of_the_other(database, make_release):
    home = make_release(1)
    publish(home, "R.1", database, KEYS, public_only=True)
    assert served(database, "mart_public") == ["R.1"]
    counted = (
        "SELECT count(*) FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname ~ '^mart(_r.*)?$'"
    )
    assert rows(database, counted) == [(0,)]
    with pytest.raises(UserError, match="holds the public mart alone"):
        publish(make_release(2), "R.2", database, KEYS)
    publish(home, "R.2", database, KEYS, public_only=True)
    assert rows(database, counted) == [(0,)]


def test_the_public_mart_alone_goes_to_a_database_of_its_own(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    with pytest.raises(UserError, match="to another database"):
        publish(make_release(2), "R.2", database, KEYS, public_only=True)
