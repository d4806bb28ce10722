"""What is read of a source is on disk, not in memory, however much it is."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pyarrow as pa
import pytest

from ingestion.catalogue import SOURCES
from ingestion.sources.tickettailor import reader as tickettailor
from ingestion.storage.spool import Spool, batches
from tests.ingestion.sources.nights import Nights

ORDERS = SOURCES["tickettailor"].stream("orders")
ROWS, WIDTH = 8_000, 4_000
MOST = 8_000_000
"""A quarter of the text that is read."""


def _orders(count):
    """Orders as wide as a form with long answers, made one after the other."""
    for number in range(count):
        record = f"tickettailor/orders/{number}"
        yield {"id": str(number), "status": f"{number:0{WIDTH}d}", "_source_record": record, "_extra": None}


@pytest.fixture
def narrow(monkeypatch):
    """The same bounds, a twentieth of them."""
    monkeypatch.setattr("ingestion.storage.spool.BATCH_ROWS", 1_000)
    monkeypatch.setattr("ingestion.storage.spool.BATCH_CHARACTERS", 800_000)
    monkeypatch.setattr("ingestion.storage.scratch.MEMORY_LIMIT", "64MB")


def _peak(read):
    """Most bytes that Python held at once, and most that Arrow held at an end of a batch."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_batch_ends_by_its_text_as_well_as_by_its_rows(narrow):
    sizes = [batch.num_rows for batch in batches(ORDERS, _orders(1_000))]
    assert sizes == [199] * 5 + [5]
    assert [batch.num_rows for batch in batches(ORDERS, ({"id": str(n)} for n in range(2_500)))] == [1_000, 1_000, 500]


def test_rows_are_taken_from_a_source_as_they_are_written(tmp_path, narrow):
    spool = Spool(tmp_path, ORDERS, "tickettailor")
    before = pa.total_allocated_bytes()
    assert _peak(lambda: spool.add(_orders(ROWS))) < MOST
    assert pa.total_allocated_bytes() - before < MOST
    part = spool.keep()
    assert part is not None
    assert part.rows == ROWS


def test_a_stream_of_an_api_is_landed_whole_in_bounded_memory(tmp_path, narrow, monkeypatch):
    streams = dict.fromkeys(tickettailor.READER.streams, lambda _read: iter(()))
    reader = replace(tickettailor.READER, streams={**streams, "orders": lambda _read: _orders(ROWS)})
    monkeypatch.setattr(tickettailor, "READER", reader)
    nights = Nights("tickettailor", tmp_path, {"base_url": "http://127.0.0.1:1/"}, {"TICKET_TAILOR_KEY": "key"})
    nights.night(0)  # what is needed once is there
    assert _peak(lambda: nights.good_night(1)) < MOST
    assert nights.stream("orders").rows_unchanged == ROWS
    assert len(nights.live("orders")) == ROWS
