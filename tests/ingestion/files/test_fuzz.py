"""Thousands of mutated files of every kind: none stops a night, none takes a good file with it, no row is lost.

The suite runs a slice; `make test-fuzz` all (WMIP_FUZZ_MUTATIONS of them, from WMIP_FUZZ_SEED on). What fails is named
by its kind and seed: `mutated(KINDS[kind].make(0), suffix, seed)` makes it again.
"""

from __future__ import annotations

import os
import resource
import sys
import time

import pytest

from ingestion.files.child import _Child
from ingestion.files.inbox import sha256_of
from tests.ingestion.files.file_kinds import KINDS, ROWS, landed_of, prepare
from tests.ingestion.files.mutations import mutated
from tests.ingestion.sources.nights import Nights

MUTATIONS = int(os.environ.get("WMIP_FUZZ_MUTATIONS", str(3 * len(KINDS))))
FIRST_SEED = int(os.environ.get("WMIP_FUZZ_SEED", "0"))
# On a machine that is busy with other things the time on the clock says little of a file.
IS_BUSY = os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
LIMITS = {"seconds": 60 if IS_BUSY else 10, "memory_megabytes": 1_000}
A_NIGHT = 72
EACH = -(-MUTATIONS // len(KINDS))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_mutation_stops_a_night_or_loses_a_row(tmp_path, kind):
    failed = {}
    for first in range(0, EACH, A_NIGHT):
        began = time.monotonic()
        seeds = range(FIRST_SEED + first, FIRST_SEED + min(first + A_NIGHT, EACH))
        failed |= _one_night(tmp_path / str(first), kind, seeds)
        if EACH > A_NIGHT:
            said = f"{kind.name}: {seeds.stop - FIRST_SEED:,} of {EACH:,} mutations, {time.monotonic() - began:.1f} s"
            print(said, failed or "", file=sys.__stderr__, flush=True)
    assert failed == {}, "seeds on which the reader failed, hung or took too much memory"


def _one_night(home, kind, seeds):
    prepare(home, kind)
    good = [kind.drop(home, number) for number in (90, 91)]
    of_seed = {kind.drop(home, at, mutated(kind.make(at), kind.suffix, seed)): seed for at, seed in enumerate(seeds)}
    nights = Nights(kind.source, home, {}, {})
    report = nights.night(1, limits=LIMITS)
    failed = {
        of_seed[file.file.path]: f"{file.error_class}: {file.reason}" for file in report.files if file.error_class
    }
    # A stream whose rows do not add up fails: rows read are landed, unchanged, repeated or quarantined.
    assert {stream.status for stream in report.streams} <= {"loaded", "unchanged"}, nights.messages
    of_file = {file.file.sha256: file for file in report.files}
    landed = [landed_of(nights, kind, sha, of_file.get(sha)) for sha in map(sha256_of, good)]
    assert landed == [ROWS, ROWS], f"seeds {seeds}"
    taken = {sha256_of(path) for path in of_seed if kind.source == _whose(path, kind)}
    assert taken <= set(of_file), "every file is loaded or refused by name"
    return failed


def _whose(path, kind):
    from ingestion.files.night_reader import addressee_of

    return addressee_of(path, kind.folder).source


@pytest.mark.skipif("WMIP_FUZZ_MUTATIONS" not in os.environ, reason="other tests take memory in this process")
def test_memory_stays_within_the_bound():
    _Child.end()
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    assert used < 1_000_000
