"""One reading of a Pathfinders return in a process of its own. Prints JSON, as `benchmarks.returns_pandera` does."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from ingestion.files.inbox import FileRead
from ingestion.sources.returns.reader import ReturnReader

path = Path(sys.argv[1])
seconds = []
for _ in range(int(sys.argv[2])):
    before = time.process_time()
    rows, findings = ReturnReader(None, FileRead(path.parent), templates=["PATHFINDERS"]).read(path, "0" * 64)
    seconds.append(time.process_time() - before)
whole = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "seconds": seconds,
            "whole": whole.ru_utime + whole.ru_stime,
            "megabytes": whole.ru_maxrss / 1024,
            "values": sum(map(len, rows.values())),
            "wrong": [f"{one.stream}:{one.cell}" for one in findings if one.severity == "error"],
        }
    )
)
