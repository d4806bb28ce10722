"""The models of locks over hand-made facts: dbt's SQL, compiled once, run by DuckDB without a night."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from ingestion.storage.office import REGISTERS
from tests.dbt_project.by_hand import run_dbt

CHAIN = (
    "int_lock__quarter", "int_lock__decision", "int_lock__fact", "int_lock__difference", "int_lock__excepted",
    "int_lock__credit", "int_lock__restatement", "int_fact__reported", "indicator_fact", "int_lock__signed",
    "int_lock__leg", "int_lock__cell", "int_lock__organisation_event", "indicator_fact_locked", "indicator_restatement",
    "indicator_value",
    "int_figure__tonight", "int_figure__version", "indicator_value_as_of",
)  # fmt: skip
CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
QUARTERS = ("2023-24-Q1", "2023-24-Q2", "2023-24-Q3", "2023-24-Q4")
TYPES = {"text": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "timestamp[us]": "TIMESTAMP"}
FACT = {
    "indicator_key": "VARCHAR", "fact_key": "VARCHAR", "unit_key": "VARCHAR", "achieved_on": "DATE",
    "period_key": "VARCHAR", "claimed_on": "DATE", "claimed_period_key": "VARCHAR", "partner_key": "VARCHAR",
    "organisation_key": "VARCHAR", "cluster_key": "VARCHAR", "local_authority_code": "VARCHAR",
    "exact_quantity": "DECIMAL(18,4)", "exact_claimed_quantity": "DECIMAL(18,4)", "exact_unit": "VARCHAR",
    "exact_per_unit": "DECIMAL(18,4)", "status": "VARCHAR", "evidence_grade": "VARCHAR", "source_system": "VARCHAR",
    "source_record_id": "VARCHAR", "source_place": "VARCHAR", "source_ref": "VARCHAR", "not_counted_reason": "VARCHAR",
    "verified_amount": "DECIMAL(18,4)", "claimed_amount": "DECIMAL(18,4)",
}  # fmt: skip

# What locks read of organisations and of who is a member of what.
ORGANISATIONS = {
    "int_organisation__key_redirect": dict.fromkeys(("old_organisation_key", "current_organisation_key"), "VARCHAR"),
    "int_organisation__key_event": {
        "happened_at": "TIMESTAMP",
        **dict.fromkeys(("event_key", "change", "old_organisation_key", "new_organisation_key", "reason"), "VARCHAR"),
    },
    "int_fact__new_collaborations": dict.fromkeys(("fact_key", "collaboration_key"), "VARCHAR"),
    "int_collaboration__member": dict.fromkeys(("collaboration_key", "organisation_key"), "VARCHAR"),
}


def compiled(home: Path) -> dict[str, str]:
    """The SQL of each model of the chain, as dbt compiles it."""
    run = run_dbt(["compile", "--no-introspect", "--select", *CHAIN], home=home, clock=CLOCK)
    assert run.success, run.failures
    folder = home / "dbt" / "target" / "compiled"
    return {name: next(folder.rglob(f"{name}.sql")).read_text(encoding="utf-8") for name in CHAIN}


def fact(key, partner="CB01", quarter="2023-24-Q1", quantity=1, *, claimed=None, claimed_quarter=None, **given):
    """A fact as known tonight. One that does not count is given a quantity of nothing."""
    claimed = quantity if claimed is None else claimed
    indicator = given.pop("indicator", "pilots_funded")
    status = given.pop("status", "verified" if quantity else "claimed")
    start = date(2023 + (quarter > "2023-24-Q3"), {"1": 4, "2": 7, "3": 10, "4": 1}[quarter[-1]], 1)
    row = {
        "indicator_key": indicator, "fact_key": f"{indicator}:{key}", "unit_key": key, "achieved_on": start,
        "period_key": quarter, "claimed_on": start, "claimed_period_key": claimed_quarter or quarter,
        "partner_key": partner, "organisation_key": f"org-{key}", "cluster_key": "creative",
        "local_authority_code": "E08000025", "exact_quantity": quantity, "exact_claimed_quantity": claimed,
        "exact_unit": "n", "exact_per_unit": 1, "status": status, "evidence_grade": "A", "source_system": "returns",
        "source_record_id": key, "source_place": f"f.xlsx#S!{key}", "source_ref": key,
        "not_counted_reason": None if quantity else "duplicate",
    }  # fmt: skip
    row.update(given)
    row["verified_amount"] = row["exact_quantity"] if row["status"] == "verified" else 0
    row["claimed_amount"] = 0 if row["status"] == "withdrawn" else row["exact_claimed_quantity"]
    assert set(row) == set(FACT)
    return row


class World:
    """A programme of two bodies and four quarters; nights of given facts, and what the office does between them."""

    def __init__(self, sql: dict[str, str]) -> None:
        self.sql, self.now = sql, CLOCK.replace(tzinfo=None)
        self.db = duckdb.connect()
        self.db.execute("ATTACH ':memory:' AS warehouse; USE warehouse")
        for schema in ("staging", "intermediate", "seed", "mart"):
            self.db.execute(f"CREATE SCHEMA {schema}")
        for register, columns in REGISTERS.items():
            typed = {name: TYPES.get(kind, "DECIMAL(18,4)") for name, kind in columns.items()}
            typed |= {"return_status": {"is_latest": "BOOLEAN"}, "lock_exception": {"is_in_force": "BOOLEAN"}}.get(
                register, {}
            )
            self._table(f"staging.stg_office__{register}", typed)
        self._table("intermediate.int_fact__known", FACT)
        self._table("intermediate.int_organisation__resolved", {"organisation_key": "VARCHAR"})
        for name, columns in ORGANISATIONS.items():
            self._table(f"intermediate.{name}", columns)
        self._table(
            "intermediate.int_fact__job_cap",
            {"organisation_key": "VARCHAR", "employment_increase_fte": "DECIMAL(18,4)"},
        )
        self._table(
            "intermediate.int_fact__elsewhere",
            dict.fromkeys(("indicator_key", "partner_code", "reference_key", "also_claimed_under"), "VARCHAR")
            | {"programme_share": "DECIMAL(18,4)"},
        )
        self.db.execute("""
            CREATE TABLE seed.indicator AS SELECT unnest(['pilots_funded', 'jobs_created']) AS indicator_key;
            CREATE TABLE mart.dim_indicator AS SELECT * FROM seed.indicator;
            CREATE TABLE seed.programme AS SELECT 'programme' AS programme_key;
            CREATE TABLE mart.dim_partner AS SELECT unnest(['CB01', 'CB02']) AS partner_key;
            CREATE TABLE mart.dim_cluster AS SELECT unnest(['creative', 'aerospace']) AS cluster_key;
            CREATE TABLE mart.dim_local_authority AS SELECT unnest(['E08000025', 'E08000026']) AS local_authority_code;
            CREATE TABLE seed.parameter AS
            SELECT *, CAST(NULL AS DATE) AS valid_from, NULL AS change_request
            FROM (VALUES ('ft_hours', 30), ('breakdown_unknown_limit', 1)) AS given (parameter, value);
        """)
        quarters = ", ".join(f"'{quarter}'" for quarter in QUARTERS)
        self.db.execute(
            f"CREATE TABLE mart.dim_period AS SELECT unnest([{quarters}]) AS period_key, true AS is_programme_period;"
            "CREATE TABLE intermediate.int_period__calendar AS FROM mart.dim_period;"
            "CREATE TABLE intermediate.int_return__period AS SELECT period_key, CAST(? AS DATE) AS due_on "
            "FROM mart.dim_period",
            [self.now.date() + timedelta(days=2)],
        )

    def _table(self, name: str, columns: dict[str, str]) -> None:
        self.db.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")

    def night(self, *facts: dict, caps: dict[str, float] | None = None) -> World:
        """Everything is known as these facts say; the models are built."""
        self.now += timedelta(days=1)
        self._fill("intermediate.int_fact__known", facts)
        rows = [{"organisation_key": key, "employment_increase_fte": fte} for key, fte in (caps or {}).items()]
        self._fill("intermediate.int_fact__job_cap", rows)
        self.db.execute(
            "UPDATE staging.stg_office__lock_exception SET is_in_force = expires_on >= ?", [self.now.date()]
        )
        for name in CHAIN:
            schema = "mart" if name.startswith("indicator_") else "intermediate"
            sql = re.sub(r"cast\('2025[^']*' as timestamp\)", f"TIMESTAMP '{self.now}'", self.sql[name])
            self.db.execute(f"CREATE OR REPLACE TABLE {schema}.{name} AS {sql}")
        return self

    def release(self) -> World:
        """The night was published: what it said otherwise than the one before is kept."""
        self.db.execute(
            "INSERT INTO staging.stg_office__published_figure SELECT view_name, indicator_key, period_key, scope, "
            "scope_key, basis, exact_value, known_from, 'r' FROM mart.indicator_value_as_of "
            "WHERE view_name <> 'as_first_reported' AND known_from = ?",
            [self.now],
        )
        return self

    def as_of(self, view: str, when: datetime | None = None, scope="partner", basis="verified") -> dict:
        """The figures of one view on a date, but for zeros: by key and quarter."""
        return {
            (key, quarter[-2:]): float(value)
            for key, quarter, value in self.db.execute(
                "SELECT scope_key, period_key, value FROM mart.indicator_value_as_of WHERE view_name = ? AND scope = ? "
                "AND basis = ? AND known_from <= ? AND (known_until IS NULL OR known_until > ?) AND value <> 0",
                [view, scope, basis, when or self.now, when or self.now],
            ).fetchall()
        }

    def _fill(self, table: str, rows) -> None:
        self.db.execute(f"DELETE FROM {table}")
        for row in rows:
            self.db.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
            )

    def status(self, status: str, partner="CB01", quarter="2023-24-Q1") -> World:
        """The office changes the status of a body's quarter; a lock keeps the facts of the last night."""
        self.now += timedelta(hours=1)
        lock = f"{partner}:{quarter}:{self.now:%Y%m%dT%H%M%S}" if status == "locked" else None
        self.db.execute(
            "UPDATE staging.stg_office__return_status SET is_latest = false WHERE partner_code = ? AND period_key = ?",
            [partner, quarter],
        )
        self.db.execute(
            "INSERT INTO staging.stg_office__return_status VALUES (?, ?, ?, ?, 'manager', 'why', 'r', ?, true)",
            [partner, quarter, status, self.now, lock],
        )
        if lock:
            columns = ", ".join(REGISTERS["locked_fact"]).removeprefix("lock_key, ")
            self.db.execute(
                f"INSERT INTO staging.stg_office__locked_fact SELECT ?, {columns} FROM mart.indicator_fact "
                "WHERE coalesce(partner_key, 'PROGRAMME') = ? AND (period_key = ? OR claimed_period_key = ?)",
                [lock, partner, quarter, quarter],
            )
        return self

    def decide(self, decision="approved", *keys: str) -> World:
        """The office decides what waits: the restatements of these keys, or all of them."""
        self.now += timedelta(hours=1)
        columns = ", ".join(c for c in REGISTERS["restatement_decision"] if c not in {"decision", "decided_at"})
        named = ", ".join(f"'{key}'" for key in keys)
        self.db.execute(
            f"INSERT INTO staging.stg_office__restatement_decision ({columns}, decision, decided_at) "
            f"SELECT {columns}, ?, ? FROM mart.indicator_restatement WHERE is_open AND follows_fact_key IS NULL "
            + (f"AND restatement_key IN ({named})" if keys else ""),
            [decision, self.now],
        )
        return self

    def organisation_event(self, old: str, new: str, change="merged", reason="record_new") -> World:
        """An organisation's key changed in the night that comes."""
        self.db.execute(
            "INSERT INTO intermediate.int_organisation__key_event BY NAME SELECT ? AS happened_at, ? AS event_key, "
            "? AS change, ? AS old_organisation_key, ? AS new_organisation_key, ? AS reason",
            [self.now + timedelta(days=1), f"E-{old}-{new}", change, old, new, reason],
        )
        if change == "merged":
            self.db.execute("INSERT INTO intermediate.int_organisation__key_redirect VALUES (?, ?)", [old, new])
        return self

    def allow(self, partner="CB01", quarter="2023-24-Q1", indicator="pilots_funded", days=3) -> World:
        """The office lets changes of one indicator in for some days."""
        self.db.execute(
            "INSERT INTO staging.stg_office__lock_exception VALUES (?, ?, ?, ?, ?, 'manager', 'late sheet', true)",
            [partner, quarter, indicator, self.now, (self.now + timedelta(days=days)).date()],
        )
        return self

    def mart(self) -> duckdb.DuckDBPyConnection:
        """The mart alone, as a release has it: its tables need no schema."""
        alone = self.db.cursor()
        alone.execute("USE warehouse.mart")
        return alone

    def rows(self, sql: str) -> list[tuple]:
        """What a query finds."""
        return self.db.execute(sql).fetchall()

    def figures(self, scope="partner", basis="verified", indicator="pilots_funded") -> dict[tuple[str, str], float]:
        """The figures that are reported, but for zeros: by key and quarter."""
        return {
            (key, quarter[-2:]): float(value)
            for key, quarter, value in self.rows(
                "SELECT scope_key, period_key, value FROM mart.indicator_value "
                f"WHERE scope = '{scope}' AND basis = '{basis}' AND indicator_key = '{indicator}' AND value <> 0"
            )
        }

    def waiting(self) -> list[tuple]:
        """What waits: fact, what changed, old and new."""
        return [
            (key.partition(":")[2], change, float(old), float(new))
            for key, change, old, new in self.rows(
                "SELECT fact_key, change, old_value, new_value FROM mart.indicator_restatement WHERE is_open ORDER BY 1"
            )
        ]
