"""Whatever a reader lets pass, contact details do not get into the landing."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.catalogue import SOURCES
from ingestion.persons.contact_details import WITHHELD
from ingestion.persons.door import only_yes_or_no, withhold_contacts
from ingestion.storage.spool import Spool, batches

EVENTS = SOURCES["eventbrite"].stream("events")
TEXTS = [
    (source.name, stream, column)
    for source in SOURCES.values()
    for stream in source.streams
    for column in stream.texts
    if column not in stream.key
]


def offered(stream, **values):
    row = {**dict.fromkeys(stream.key, "1"), "_source_record": "place/1", **values}
    (batch,) = batches(stream, [row])
    return batch


@pytest.mark.parametrize(("source", "stream", "column"), TEXTS, ids=lambda value: getattr(value, "name", value))
def test_every_declared_text_of_every_source_is_looked_at(source, stream, column):
    batch, (finding,) = withhold_contacts(source, stream, offered(stream, **{column: "Ask jane@example.org"}))
    assert "jane" not in str(batch.to_pylist())
    assert (finding.source, finding.stream, finding.column_name) == (source, stream.name, column)
    assert (finding.severity, finding.key) == ("warning", None)


def test_an_address_in_a_code_leaves_it_empty():
    batch, (finding,) = withhold_contacts("eventbrite", EVENTS, offered(EVENTS, venue_postcode="jane@example.org"))
    assert batch.to_pylist()[0]["venue_postcode"] is None
    assert finding.message == (
        "venue_postcode holds an e-mail address, which is withheld; take it out at the source. The record counts"
    )


ANSWERS = [(s.name, stream) for s in SOURCES.values() for stream in s.streams if "consent" in stream.columns]


@pytest.mark.parametrize(("source", "stream"), ANSWERS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize(
    ("said", "landed", "told"),
    [
        (" I Agree ", "yes", 0),
        ("N", "no", 0),
        (None, None, 0),
        (" ", None, 0),
        ("by post, to jane@example.org", None, 1),
    ],
)
def test_an_answer_neither_yes_nor_no_is_left_empty_with_a_finding(source, stream, said, landed, told):
    batch, found = only_yes_or_no(source, stream, offered(stream, consent=said))
    assert batch.to_pylist()[0]["consent"] == landed
    assert [(one.column_name, one.reason_code, one.severity) for one in found] == [
        ("consent", "not_allowed", "warning")
    ] * told
    assert "jane" not in str(found)


FLAGS = [(s.name, stream, column) for s in SOURCES.values() for stream in s.streams for column in stream.true_false]


@pytest.mark.parametrize(("source", "stream", "column"), FLAGS, ids=lambda value: getattr(value, "name", value))
def test_a_flag_neither_true_nor_false_is_left_empty_with_a_finding(source, stream, column):
    for said, landed in {"True": "true", "yes": "true", "false": "false", "perhaps": None}.items():
        batch, found = only_yes_or_no(source, stream, offered(stream, **{column: said}))
        assert batch.to_pylist()[0][column] == landed
        assert [one.column_name for one in found] == ([] if landed else [column])


def test_no_flag_is_compared_in_staging_that_is_not_looked_at_by_the_door():
    staging = Path(__file__).parents[3] / "dbt_project" / "models" / "staging"
    compared = re.compile(r"(\w+)\)? = 'true'|coalesce\((?:lower\()?(?:\w+\.)?(\w+)[^)]*\)? = 'true'")
    made_by_readers = {"is_identified"}
    known = {column for _, _, column in FLAGS} | made_by_readers
    found = set()
    for path in staging.rglob("*.sql"):
        found |= {one or other for one, other in compared.findall(path.read_text(encoding="utf-8"))}
    assert "checked_in" in found
    assert found - known == set()


def test_a_number_in_a_code_stays():
    batch, found = withhold_contacts("eventbrite", EVENTS, offered(EVENTS, venue_id="01214960123"))
    assert (batch.to_pylist()[0]["venue_id"], found) == ("01214960123", [])


def test_the_place_is_that_of_the_file_or_of_the_record():
    _, (api,) = withhold_contacts("eventbrite", EVENTS, offered(EVENTS, name="Ask 0121 496 0123"))
    assert api.place == "place/1"
    grants = SOURCES["threesixtygiving"].stream("grants")
    values = {"title": "Ask 0121 496 0123", "file_name": "g.json", "_source_record": "abc:grants/3"}
    _, (file,) = withhold_contacts("threesixtygiving", grants, offered(grants, **values))
    assert file.place == "g.json#grants/3"


def test_the_spool_keeps_the_row_and_tells_once(tmp_path):
    spool = Spool(tmp_path, EVENTS, "eventbrite")
    assert spool.add([{"id": "1", "name": "Ask jane@example.org"}, {"id": "2", "name": "Launch 20/07/2014"}]) == 2
    assert len(spool.remarks()) == 1
    assert spool.remarks() == []
    part = spool.keep()
    assert part is not None
    assert pq.read_table(part.path)["name"].to_pylist() == [WITHHELD, "Launch 20/07/2014"]


def test_a_batch_without_contacts_is_passed_on_as_it_is():
    stream = EVENTS.model_copy(update={"texts": {}})
    batch = offered(stream, name="Launch")
    same, found = withhold_contacts("eventbrite", stream, batch)
    assert isinstance(same, pa.RecordBatch)
    assert (same.equals(batch), found) == (True, [])
