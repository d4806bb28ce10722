"""What readers see while releases are published: no failed query, no mixture, whatever they read and in which order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from orchestration.errors import PublicationFailed
from orchestration.postgresql.serving import publish
from tests.orchestration.postgresql.conftest import KEYS

pytestmark = pytest.mark.xdist_group("postgresql")

INFO = "SELECT number, number FROM mart.release_info"
VALUES = "SELECT min(value), max(value) FROM mart.indicator_value"
FACTS = "SELECT min(quantity), max(quantity) FROM mart.indicator_fact"
PUBLIC = "SELECT min(value), max(value) FROM mart_public.indicator_value"
TOGETHER = (
    "SELECT least(min(quantity), min(number)), greatest(max(quantity), max(number)) "
    "FROM mart.indicator_fact CROSS JOIN mart.release_info"
)

Read = Callable[[psycopg.Connection], list[tuple]]


def _in_one_transaction(*queries: str, isolation: psycopg.IsolationLevel | None = None) -> Read:
    def read(connection: psycopg.Connection) -> list[tuple]:
        connection.isolation_level = isolation
        with connection.transaction():
            return [row for query in queries for row in connection.execute(query).fetchall()]

    return read


def _prepared(connection: psycopg.Connection) -> list[tuple]:
    return connection.execute(TOGETHER, prepare=True).fetchall()


READS: dict[str, Read] = {
    "one query": _in_one_transaction(TOGETHER),
    "release first": _in_one_transaction(INFO, VALUES, FACTS, PUBLIC),
    "release last": _in_one_transaction(PUBLIC, FACTS, VALUES, INFO),
    "one snapshot": _in_one_transaction(FACTS, INFO, VALUES, isolation=psycopg.IsolationLevel.REPEATABLE_READ),
    "prepared": _prepared,
}


class Readers:
    """Readers that go on until told to stop, each looking at one release at a time."""

    def __init__(self, address: str, count: int) -> None:
        self._address = address
        self._stop = threading.Event()
        kinds = list(READS.items())
        self._threads = [
            threading.Thread(target=self._read, args=kinds[number % len(kinds)]) for number in range(count)
        ]
        self.failures: list[str] = []
        self.mixtures: list[tuple[str, list[tuple]]] = []
        self.seen: dict[str, set[int]] = {kind: set() for kind in READS}

    def _read(self, kind: str, read: Read) -> None:
        try:
            with psycopg.connect(self._address, autocommit=True) as connection:
                while not self._stop.is_set():
                    rows = read(connection)
                    found = {None if value is None else int(value) for row in rows for value in row}
                    if len(found) == 1 and None not in found:
                        self.seen[kind] |= found
                    else:
                        self.mixtures.append((kind, rows))
                    time.sleep(0.01)
        except psycopg.Error as error:
            self.failures.append(f"{kind}: {error}")

    @contextmanager
    def reading(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def wait_until_all_kinds_saw(self, number: int) -> None:
        while not all(number in seen for seen in self.seen.values()):
            assert not self.failures, self.failures
            time.sleep(0.01)


def test_fifty_readers_through_three_publishes_see_no_failure_and_no_mixture(database, make_release):
    for number in (1, 2, 3, 4):
        home = make_release(number)
    publish(home, "R.1", database, KEYS)
    readers = Readers(database, 50)
    with readers.reading():
        readers.wait_until_all_kinds_saw(1)
        for number in (2, 3, 4):
            publish(home, f"R.{number}", database, KEYS)
            readers.wait_until_all_kinds_saw(number)
    assert readers.failures == []
    assert readers.mixtures == []
    assert all(seen == {1, 2, 3, 4} for seen in readers.seen.values())


def test_a_reader_that_stays_long_is_named_and_holds_nobody_up(database, make_release):
    for number in (1, 2):
        home = make_release(number)
    publish(home, "R.1", database, KEYS)
    with psycopg.connect(database, application_name="a notebook") as staying:
        assert staying.execute(INFO).fetchone() == (1, 1)
        time.sleep(1.1)
        with pytest.raises(
            PublicationFailed, match=r"no gap for view mart\.release_info in 0 s.*a notebook, idle in trans"
        ):
            publish(home, "R.2", database, KEYS, patience=0)
        with psycopg.connect(database) as other:
            assert other.execute(VALUES).fetchone() == (1, 1)
        assert staying.execute(VALUES).fetchone() == (1, 1)
    publish(home, "R.2", database, KEYS)
    with psycopg.connect(database) as after:
        assert after.execute(INFO).fetchone() == (2, 2)


def test_a_snapshot_from_before_the_switch_goes_on_seeing_its_release(database, make_release):
    for number in (1, 2):
        home = make_release(number)
    publish(home, "R.1", database, KEYS)
    with psycopg.connect(database) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")
        publish(home, "R.2", database, KEYS)
        assert reader.execute(INFO).fetchone() == (1, 1)
        assert reader.execute(FACTS).fetchone() == (1, 1)
        reader.commit()
        assert reader.execute(INFO).fetchone() == (2, 2)
