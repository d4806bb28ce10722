from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from evaluation.pack.build import build_pack
from tests.evaluation.pack.marts import LABELS, build_mart, build_previous_mart, build_public_mart


@dataclass(frozen=True)
class Marts:
    """Read-only connections to a small release."""

    mart: duckdb.DuckDBPyConnection
    public: duckdb.DuckDBPyConnection
    previous: duckdb.DuckDBPyConnection

    def one(self, query: str) -> tuple:
        row = self.mart.execute(query).fetchone()
        assert row is not None
        return row


@pytest.fixture(scope="session")
def marts(tmp_path_factory) -> Iterator[Marts]:
    folder = tmp_path_factory.mktemp("marts")
    paths = (
        build_mart(folder / "mart.duckdb"),
        build_public_mart(folder / "mart_public.duckdb"),
        build_previous_mart(folder / "previous.duckdb"),
    )
    with ExitStack() as stack:
        yield Marts(*(stack.enter_context(duckdb.connect(str(path), read_only=True)) for path in paths))


@pytest.fixture(scope="session")
def pack(marts, tmp_path_factory) -> Path:
    """The folder of a whole pack."""
    folder = tmp_path_factory.mktemp("pack")
    build_pack(marts.mart, folder, public=marts.public, previous=marts.previous, source_labels=LABELS)
    return folder


@pytest.fixture(scope="session")
def bare_pack(marts, tmp_path_factory) -> Path:
    """The pack of a release without public mart and without an earlier release."""
    folder = tmp_path_factory.mktemp("bare")
    build_pack(marts.mart, folder)
    return folder
