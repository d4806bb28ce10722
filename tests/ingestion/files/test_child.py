import mmap
import os
import time
from pathlib import Path

import psutil
import pytest

from ingestion.apis.mapping import InvalidMapping
from ingestion.files.child import _Child, bounded
from ingestion.files.limits import Limits, limits
from ingestion.findings import RefusedFile

LIMITS = Limits(memory_megabytes=400, seconds=5)


@pytest.fixture(autouse=True)
def no_process_of_an_earlier_test():
    _Child.end()
    yield
    _Child.end()


def numbers(count):
    yield from range(count)
    yield os.getpid()


def told(error):
    yield 1
    raise error


def ends(code):
    os._exit(code)
    yield


def sleeps():
    yield os.getpid()
    time.sleep(600)


def takes(megabytes):
    yield len(bytearray(megabytes * 1_000_000))


def holds(share):
    """Holds so much of the memory of LIMITS, and touches none of it."""
    more = int(share * LIMITS.memory_megabytes * 1_000_000) - psutil.Process().memory_info().data
    _HELD.append(mmap.mmap(-1, more, flags=mmap.MAP_PRIVATE))
    yield os.getpid()


_HELD = []


def what_it_sees():
    print("to nobody")
    yield {"cells": limits().cells, "secrets": [name for name in os.environ if name.endswith(("TOKEN", "KEY"))]}


def test_items_come_from_another_process_which_is_kept_for_the_next():
    *items, first = bounded(numbers, 3, within=LIMITS)
    *_, second = bounded(numbers, 1, within=LIMITS)
    assert items == [0, 1, 2]
    assert first == second != os.getpid()


def test_the_memory_of_who_asks_is_not_the_readers():
    ballast = bytearray(250_000_000)
    ballast[::4096] = bytes(len(ballast[::4096]))
    (*_, first), (*_, second) = (bounded(numbers, 1, within=LIMITS) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("error", [RefusedFile("no list"), InvalidMapping("line 3")])
def test_what_of_ours_is_raised_there_is_raised_here(error):
    with pytest.raises(type(error), match=str(error)):
        list(bounded(told, error, within=LIMITS))


def test_another_error_is_a_refused_file_that_says_where_and_not_what():
    with pytest.raises(RefusedFile, match=r"ValueError in test_child.py:\d+") as refusal:
        list(bounded(told, ValueError("ada@lovelace.example"), within=LIMITS))
    assert "ada" not in str(refusal.value)


def test_a_process_that_dies_is_a_refused_file_and_the_next_is_read():
    with pytest.raises(RefusedFile, match=r"ended \(code 7\)"):
        list(bounded(ends, 7, within=LIMITS))
    assert next(iter(bounded(numbers, 1, within=LIMITS))) == 0


def test_a_process_that_gives_nothing_is_stopped():
    given = bounded(sleeps, within=Limits(seconds=1))
    process = next(given)
    with pytest.raises(RefusedFile, match="nothing came of it for 1 seconds"):
        next(given)
    assert not psutil.pid_exists(process), "it would sleep for ten minutes"


def test_more_memory_than_allowed_is_a_refused_file():
    assert list(bounded(takes, 1, within=LIMITS)) == [1_000_000]
    with pytest.raises(RefusedFile, match="more than 400 MB of memory"):
        list(bounded(takes, 500, within=LIMITS))


def test_a_process_that_holds_most_of_its_memory_reads_no_other_file():
    (little,) = bounded(holds, 0.6, within=LIMITS)
    (much,) = bounded(holds, 0.9, within=LIMITS)
    *_, third = bounded(numbers, 1, within=LIMITS)
    assert little == much != third


def test_it_is_given_the_limits_and_no_secrets(monkeypatch):
    _Child.end()
    monkeypatch.setenv("HUBSPOT_TOKEN", "x")
    monkeypatch.setenv("WMIP_PSEUDONYM_KEY", "x")
    assert list(bounded(what_it_sees, within=Limits(cells=12))) == [{"cells": 12, "secrets": []}]


def test_unread_items_stop_the_process():
    some = bounded(numbers, 10**9, within=LIMITS)
    assert next(some) == 0
    some.close()
    assert _Child._idle is None


@pytest.mark.parametrize("limits", [{"cell": 1}, {"cells": 0}, {"cells": "many"}, {"cells": True}])
def test_limits_are_checked(limits):
    with pytest.raises(ValueError, match="limits: "):
        Limits.of({"limits": limits})


def where():
    yield os.environ["TMPDIR"]


def test_what_it_leaves_behind_is_removed_with_it():
    _Child.end()
    (scratch,) = bounded(where, within=LIMITS)
    assert Path(scratch).is_dir()
    with pytest.raises(RefusedFile):
        list(bounded(ends, 7, within=LIMITS))
    assert not Path(scratch).exists()
