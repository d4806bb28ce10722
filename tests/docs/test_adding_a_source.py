"""The walk through adding a source, followed to the letter: the page's own blocks are what runs here."""

from __future__ import annotations

import re
import sys
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion import catalogue
from ingestion.declaration import load_declaration
from ingestion.ingest import ingest_source
from ingestion.storage.latest import read_latest
from sandbox.loopback import Loopback
from sandbox.transport_faults import FaultyTransport, rate_limited

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-source.md"
CLOCK = datetime(2024, 6, 1, 2, tzinfo=UTC)


def _block(language: str, path: str) -> str:
    """The first block of a language after the place where the page names the file."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text[text.index(f"`{path}`") :], re.DOTALL)
    assert found, path
    return found.group(1)


def _module(name: str, path: str) -> types.ModuleType:
    module = types.ModuleType(name)
    exec(compile(_block("python", path), path, "exec"), module.__dict__)
    return module


@pytest.fixture
def night(tmp_path, monkeypatch):
    folder = tmp_path / "roombook"
    folder.mkdir()
    (folder / "declaration.yaml").write_text(_block("yaml", "ingestion/sources/roombook/declaration.yaml"))
    declaration = load_declaration(folder)
    reader = _module("ingestion.sources.roombook.reader", "ingestion/sources/roombook/reader.py")
    monkeypatch.setitem(sys.modules, "ingestion.sources.roombook", types.ModuleType("ingestion.sources.roombook"))
    monkeypatch.setitem(sys.modules, "ingestion.sources.roombook.reader", reader)
    monkeypatch.setitem(catalogue.SOURCES, "roombook", declaration)
    server = _module("sandbox.roombook", "sandbox/roombook.py")

    def run(bookings, faults=()):
        transport = FaultyTransport(server.app(bookings))
        transport.plant(faults)
        with Loopback(transport) as loopback:
            report = ingest_source(
                "roombook",
                home=tmp_path / "home",
                config={"base_url": loopback.url, "requests_per_second": 1000, "backoff_seconds": 0.01},
                clock=CLOCK,
                run_id="r1",
                environment={"ROOMBOOK_TOKEN": server.TOKEN, "WMIP_PSEUDONYM_KEY": "key"},
            )
        (stream,) = declaration.streams
        rows = read_latest(tmp_path / "home", "roombook", stream, stream.columns)
        return report, [dict(zip(stream.columns, row, strict=True)) for row in rows]

    return run


def _tests_of_the_page() -> dict[str, types.FunctionType]:
    scope = {"rate_limited": rate_limited}
    exec(_block("python", "tests/ingestion/sources/test_roombook.py"), scope)
    return {name: test for name, test in scope.items() if name.startswith("test_")}


_TESTS = _tests_of_the_page()


@pytest.mark.parametrize("name", sorted(_TESTS))
def test_the_contract_tests_of_the_page_pass(night, name):
    _TESTS[name](night)
