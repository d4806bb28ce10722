from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.home import stream_folder
from ingestion.declaration import Stream
from ingestion.storage.landing import ABSENT, as_table, ensure_stream, land, latest_instant
from ingestion.storage.latest import read_latest
from ingestion.storage.spool import Spool, spooling
from tests.conftest import examples

STREAM = Stream(
    name="things",
    description="Things. Grain: a thing.",
    key=("id",),
    columns=("id", "value", "changed"),
    full_list=True,
)
CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)


def _land(home, rows, hours=0, **more):
    table = as_table(STREAM, [{"_source_record": f"t/{row['id']}", **row} for row in rows])
    return land(home, "test", STREAM, table, clock=CLOCK + timedelta(hours=hours), **more)


def _latest(home):
    return dict(read_latest(home, "test", STREAM, ("id", "value")))


loads = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), st.sampled_from("xyz")), max_size=6), max_size=6
)


@given(loads=loads)
@examples(25)
def test_the_latest_version_of_a_key_is_the_last_row_given_for_it(tmp_path_factory, loads):
    home = tmp_path_factory.mktemp("home")
    expected = {}
    for hours, load in enumerate(loads):
        _land(home, [{"id": key, "value": value} for key, value in load.items()], hours)
        expected |= load
        assert _land(home, [{"id": k, "value": v} for k, v in load.items()], hours).rows == 0, "again adds nothing"
    ensure_stream(home, "test", STREAM)
    assert _latest(home) == expected


@given(lists=st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=5))
@examples(20)
def test_a_complete_list_leaves_exactly_what_it_lists(tmp_path_factory, lists):
    home = tmp_path_factory.mktemp("home")
    for hours, listed in enumerate(lists):
        _land(home, [{"id": key, "value": "v"} for key in sorted(listed)], hours, complete_list=True)
        assert set(_latest(home)) == listed


def test_what_is_listed_but_cannot_be_read_is_not_absent(tmp_path):
    _land(tmp_path, [{"id": "1"}, {"id": "2"}, {"id": "3"}])
    assert _land(tmp_path, [{"id": "1"}], 1, complete_list=True, unreadable=["2"]).tombstones == 1
    assert set(_latest(tmp_path)) == {"1", "2"}
    assert _land(tmp_path, [{"id": "2"}], 2, complete_list=True, unreadable=[None]).rows == 0, "it may be any of them"


def test_new_fields_make_a_new_version_and_rows_without_any_keep_their_hash(tmp_path):
    _land(tmp_path, [{"id": "1", "value": "a"}])
    before = _hashes(tmp_path)
    assert _land(tmp_path, [{"id": "1", "value": "a", "_extra": None}], 1).rows == 0
    assert _land(tmp_path, [{"id": "1", "value": "a", "_extra": '{"size": 2}'}], 2).rows == 1
    assert _land(tmp_path, [], 3, complete_list=True).tombstones == 1
    assert len({*before, *_hashes(tmp_path)}) == 3
    assert read_latest(tmp_path, "test", STREAM, ("_extra",)) == []


def _hashes(home):
    paths = stream_folder(home, "test", "things").glob("*.parquet")
    return [value for path in paths for value in pq.read_table(path)["_row_hash"].to_pylist()]


def test_a_landing_from_before_there_were_new_fields_is_read(tmp_path):
    _land(tmp_path, [{"id": "1", "value": "a"}])
    for path in stream_folder(tmp_path, "test", "things").glob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns("_extra"), path)
    assert _land(tmp_path, [{"id": "1", "value": "a"}], 1).rows == 0
    assert _land(tmp_path, [{"id": "1", "value": "b", "_extra": "{}"}], 2).rows == 1
    assert _latest(tmp_path) == {"1": "b"}


def test_a_value_that_comes_back_is_a_new_version(tmp_path):
    for hours, value in enumerate("aba"):
        assert _land(tmp_path, [{"id": "1", "value": value}], hours).rows == 1
    assert _latest(tmp_path) == {"1": "a"}
    assert len(list(stream_folder(tmp_path, "test", "things").glob("*.parquet"))) == 4


@pytest.mark.parametrize("gone", [[], ["00000", "00001", "00002"]], ids=["all new", "some landed"])
def test_rows_land_in_the_order_in_which_they_were_given_and_what_went_after_them(tmp_path, gone):
    _land(tmp_path, [{"id": key} for key in gone], complete_list=True)
    given = [f"{number * 7919 % 20_000:05d}" for number in range(3, 20_000)]
    with spooling(tmp_path, "test") as folder:
        spool = Spool(folder, STREAM)
        for first in range(0, len(given), 1_500):
            spool.add([{"id": key, "_source_record": f"t/{key}"} for key in given[first : first + 1_500]])
            spool.keep(f"{first}.csv")
        landed = land(tmp_path, "test", STREAM, spool, clock=CLOCK + timedelta(hours=1), complete_list=True)
    path = stream_folder(tmp_path, "test", "things") / f"{landed.load_id}.parquet"
    expected = [*(key for key in given if key not in gone), *(key for key in gone if key not in given)]
    assert pq.read_table(path)["id"].to_pylist() == expected


def test_absence_from_a_list_that_is_not_complete_deletes_nothing(tmp_path):
    _land(tmp_path, [{"id": "1"}, {"id": "2"}])
    assert _land(tmp_path, [{"id": "1"}], 1).rows == 0
    assert set(_latest(tmp_path)) == {"1", "2"}


def test_a_tombstone_keeps_the_data_and_says_why(tmp_path):
    _land(tmp_path, [{"id": "1", "value": "x"}, {"id": "2", "value": "y"}])
    landed = _land(tmp_path, [{"id": "1", "value": "x"}], 1, complete_list=True)
    assert (landed.rows, landed.tombstones) == (1, 1)
    path = stream_folder(tmp_path, "test", "things") / f"{landed.load_id}.parquet"
    (row,) = pq.read_table(path).to_pylist()
    assert (row["id"], row["value"], row["_delete_reason"]) == ("2", "y", ABSENT)
    assert row["_deleted_at"] == CLOCK + timedelta(hours=1)


def test_of_two_rows_of_a_key_in_a_load_the_last_stands(tmp_path):
    _land(tmp_path, [{"id": "1", "value": "old"}, {"id": "1", "value": "new"}])
    assert _latest(tmp_path) == {"1": "new"}


def test_files_are_named_by_clock_and_content_and_written_whole(tmp_path):
    first = _land(tmp_path / "a", [{"id": "1", "value": "x"}])
    second = _land(tmp_path / "b", [{"id": "1", "value": "x"}])
    assert first.load_id == second.load_id
    assert first.load_id.startswith("20250515T020000Z_")
    folder = stream_folder(tmp_path / "a", "test", "things")
    (folder / ".half.parquet.tmp").write_text("killed here")
    ensure_stream(tmp_path / "a", "test", STREAM)
    assert not list(folder.glob(".*"))


def test_the_cursor_is_the_newest_instant_landed(tmp_path):
    assert latest_instant(tmp_path, "test", STREAM, "changed") is None
    _land(tmp_path, [{"id": "1", "changed": "2024-01-02T03:04:05Z"}, {"id": "2", "changed": "2023-12-31T00:00:00Z"}])
    assert latest_instant(tmp_path, "test", STREAM, "changed") == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_rows_of_another_shape_are_an_error_of_ours():
    with pytest.raises(Exception, match="Expected bytes"):
        as_table(STREAM, [{"id": 5, "_source_record": "x"}])


def test_a_clock_that_was_put_back_does_not_hide_the_newer_version(tmp_path):
    _land(tmp_path, [{"id": "1", "value": "read by a clock a month fast"}], hours=24 * 30)
    assert _land(tmp_path, [{"id": "1", "value": "read by the right clock"}]).rows == 1
    assert _latest(tmp_path) == {"1": "read by the right clock"}


@pytest.mark.slow
def test_a_list_much_larger_than_the_memory_allowed_is_landed(tmp_path, monkeypatch):
    monkeypatch.setattr("ingestion.storage.scratch.MEMORY_LIMIT", "128MB")
    rows, part = 2_000_000, 50_000
    with spooling(tmp_path, "test") as folder:
        spool = Spool(folder, STREAM)
        for start in range(0, rows, part):
            ids = pa.array([f"{number:012d}" for number in range(start, start + part)])
            spool.add(pa.RecordBatch.from_arrays([ids, ids], ["id", "value"]))
        spool.keep()
        assert land(tmp_path, "test", STREAM, spool, clock=CLOCK).rows == rows
