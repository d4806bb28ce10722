"""Every source's reader is one object of known parts, and reads what its declaration says."""

from __future__ import annotations

import sys
import types

import pytest

from ingestion.catalogue import SOURCES
from ingestion.declaration import InvalidDeclaration
from ingestion.reader import Reader


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_a_reader_of_all_it_declares(name):
    assert isinstance(SOURCES[name].reader(), Reader)


def test_a_misspelt_part_of_a_reader_is_an_error():
    with pytest.raises(TypeError, match="recognizes"):
        Reader(open=lambda _read: None, recognizes=lambda _path: True)


@pytest.mark.parametrize(
    ("source", "reader", "said"),
    [
        ("eventbrite", Reader(streams={"events": iter, "attendees": iter}), "streams attendees, events, orders"),
        ("eventbrite", Reader(open=lambda _read: None), "streams attendees, events, orders"),
        ("returns", Reader(streams={"covers": iter}), "`open`"),
        ("returns", Reader(), "`open`"),
    ],
)
def test_a_reader_of_something_else_than_is_declared_is_refused(monkeypatch, source, reader, said):
    module = types.ModuleType("reader")
    module.READER = reader
    monkeypatch.setitem(sys.modules, f"ingestion.sources.{source}.reader", module)
    with pytest.raises(InvalidDeclaration, match=said):
        SOURCES[source].reader()
