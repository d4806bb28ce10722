"""A programme writes the same whenever it writes."""

from __future__ import annotations

import hashlib

from sandbox.options import Options
from sandbox.programme import Programme


def test_what_is_written_twice_is_the_same_byte_for_byte(tmp_path):
    programme = Programme.generate(Options(seed=1, scale=0.03))
    written = []
    for name in ("first", "second"):
        programme.write_inbox(tmp_path / name)
        written.append(
            {
                str(path.relative_to(tmp_path / name)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted((tmp_path / name).rglob("*.*"))
            }
        )
    assert "inbox/grants/council small grants.csv" in written[0]
    assert written[0] == written[1]
