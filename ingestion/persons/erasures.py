"""Who was erased, and which key the landing's pseudonyms are of: `privacy/` in the home.

Neither file holds an address, a pseudonym or a key: an erased person is known by a keyed hash of their pseudonym, a key
by its fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from common.durable import write_text
from common.home import make_private, privacy_folder
from ingestion.persons.pseudonyms import PseudonymKey
from ingestion.storage.damage import DamagedFile, read_json

VARIABLE = "WMIP_PSEUDONYM_KEY"
PENDING, DONE = "pending", "done"
_ERASURES_WAY_OUT = (
    "Nothing was read: without it persons who were erased would come back. Put it back from your backup; if there is "
    "none, move it away and erase each of them again (`wmip erase --person`)"
)
_KEY_WAY_OUT = (
    "Put it back from your backup, or, if WMIP_PSEUDONYM_KEY is surely the key of before, remove it: the next night "
    "records it anew"
)


class WrongKey(Exception):
    """The pseudonym key is not the one the landing's pseudonyms are of."""


@dataclass
class Erasure:
    """One erased person. `mark`: keyed hash of the pseudonym. `counts`: values rewritten and files removed by store."""

    token: str
    mark: str
    reason: str
    requested_at: str
    status: str = PENDING
    finished_at: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


def erasures_file(home: Path) -> Path:
    """The ledger of erasures, which is the suppression list too."""
    return privacy_folder(home) / "erasures.json"


def key_file(home: Path) -> Path:
    """The fingerprints of the key the landing is written with."""
    return privacy_folder(home) / "key.json"


def as_text(content: Any) -> str:
    """A record as it is written."""
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def ledger_text(erasures: Sequence[Erasure]) -> str:
    """The ledger as it is written."""
    return as_text([asdict(erasure) for erasure in erasures])


def read_erasures(home: Path) -> list[Erasure]:
    """Every erasure, oldest first."""
    path = erasures_file(home)
    if not path.exists():
        return []
    try:
        return [Erasure(**entry) for entry in read_json(path, _ERASURES_WAY_OUT)]
    except TypeError:
        raise DamagedFile(f"{path} does not hold erasures. {_ERASURES_WAY_OUT}") from None


def write_erasures(home: Path, erasures: Sequence[Erasure]) -> None:
    """Write the ledger whole or not at all."""
    make_private(privacy_folder(home))
    write_text(erasures_file(home), ledger_text(erasures))


def new_erasure(erasures: Sequence[Erasure], mark: str, reason: str, clock: datetime) -> Erasure:
    """The next erasure: its token is `ERASED-n`."""
    return Erasure(f"ERASED-{len(erasures) + 1}", mark, reason, clock.isoformat())


def key_record(key: PseudonymKey, clock: datetime) -> str:
    """The record of a key as it is written."""
    return as_text({"fingerprints": key.fingerprints, "since": clock.isoformat()})


def recorded_fingerprints(home: Path) -> list[str] | None:
    """Fingerprints of the links of the key the landing is written with; None when no key was used yet."""
    path = key_file(home)
    if not path.exists():
        return None
    try:
        found: list[str] = read_json(path, _KEY_WAY_OUT)["fingerprints"]
    except (KeyError, TypeError):
        raise DamagedFile(f"{path} does not say a fingerprint. {_KEY_WAY_OUT}") from None
    return found


def pseudonym_key(home: Path, environment: Mapping[str, str], clock: datetime) -> PseudonymKey:
    """The key of `WMIP_PSEUDONYM_KEY` with everybody erased; its first use is recorded. Empty when it is not set.

    Raises WrongKey when the landing's pseudonyms are of another key: the same persons would be counted twice.
    """
    key = PseudonymKey.of(
        environment.get(VARIABLE, ""), {erasure.mark: erasure.token for erasure in read_erasures(home)}
    )
    if not key.links:
        return key
    recorded = recorded_fingerprints(home)
    if recorded is None:
        make_private(privacy_folder(home))
        write_text(key_file(home), key_record(key, clock))
    elif recorded != key.fingerprints:
        raise WrongKey(_wrong(recorded, key.fingerprints))
    return key


def _wrong(recorded: list[str], given: list[str]) -> str:
    if recorded[: len(given)] == given:
        remedy = f"the key was rotated: {VARIABLE} must hold its {len(recorded)} parts, oldest first, parted by a blank"
    elif given[: len(recorded)] == recorded:
        remedy = "a part was added: `wmip rotate-key` carries the landing over to a new key, setting it does not"
    else:
        remedy = "set the key of before; to change it, see `wmip rotate-key --help`"
    return (
        f"{VARIABLE} has the fingerprint {'+'.join(given)}, the landing's pseudonyms are of {'+'.join(recorded)}. "
        f"Nothing was read, as every person would be counted twice; {remedy}."
    )
