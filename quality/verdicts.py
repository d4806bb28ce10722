"""Verdicts on disk: `verdicts/<candidate fingerprint>.json` of a home."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from common.durable import write_text
from common.home import make_private, verdict_file
from quality.consequence import Consequence
from quality.gate import CheckResult, Verdict

# In a verdict's file: the checksum of all else that it says, by which a hand in it is noticed.
_SEAL = "sha256"


def path_of(home: Path, candidate_fingerprint: str) -> Path:
    """Where the verdict on a candidate lies."""
    return verdict_file(home, candidate_fingerprint)


def save(home: Path, verdict: Verdict) -> Path:
    """Write a verdict with its seal, whole or not at all; a newer one on the same candidate replaces it."""
    path = path_of(home, verdict.candidate_fingerprint)
    make_private(path.parent)
    content = json.loads(json.dumps(asdict(verdict), default=_instant))
    write_text(path, json.dumps({**content, _SEAL: _seal(content)}, indent=1))
    return path


def load(home: Path, candidate_fingerprint: str) -> Verdict | None:
    """The verdict on a candidate, or None when the gate has not seen it or the file is not what the gate wrote."""
    path = path_of(home, candidate_fingerprint)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop(_SEAL, None) != _seal(content):
            return None
        results = [
            CheckResult(**{**result, "checked_at": datetime.fromisoformat(result["checked_at"])})
            for result in content.pop("results")
        ]
        checked_at = datetime.fromisoformat(content.pop("checked_at"))
        kept_back = [Consequence.read(said) for said in content.pop("consequences")]
        verdict = Verdict(**content, checked_at=checked_at, results=results, consequences=kept_back)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return verdict if verdict.candidate_fingerprint == candidate_fingerprint else None


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _instant(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"cannot write a {type(value).__name__}")
