from __future__ import annotations

from orchestration.dbt_runner import PROJECT_DIR, ensure_parsed
from orchestration.postgresql.columns import Column
from orchestration.postgresql.keys import Keys, read_keys
from orchestration.postgresql.mart_file import Table


def table(name: str, *columns: str) -> Table:
    return Table(name, None, tuple(Column(name, column, "VARCHAR", None) for column in columns))


def test_every_table_of_the_mart_has_a_key_from_its_test_of_grain():
    keys = read_keys(ensure_parsed(PROJECT_DIR)).identity
    models = {path.stem for path in (PROJECT_DIR / "models" / "marts").rglob("*.sql")}
    without = models - set(keys)
    # Findings have no key of their own: the same cell can be wrong twice.
    assert without <= {"quarantined_row", "finding", "evaluation_assumption"}
    assert keys["indicator_fact"] == ("fact_key",)
    assert keys["indicator_value"] == ("indicator_key", "period_key", "scope", "scope_key", "basis")


def test_a_column_refers_to_the_dimension_whose_key_it_is_named_for():
    keys = Keys({"dim_period": ("period_key",), "dim_event": ("event_key",), "fct_event": ("event_key",)})
    tables = [table("dim_period", "period_key"), table("dim_event", "event_key", "period_key")]
    fact = table("fct_event", "event_key", "period_key", "partner_key")
    assert keys.references(fact, tables) == [("period_key", "dim_period"), ("event_key", "dim_event")]
    assert keys.references(tables[1], tables) == [("period_key", "dim_period")]
    assert keys.references(tables[0], tables) == []


def test_a_key_of_which_a_column_is_missing_is_none():
    assert Keys({"t": ("a", "b")}).identity_of(table("t", "a")) == ()
