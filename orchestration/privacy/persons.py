"""Erase persons, rotate the key that names them, keep both whole when the machine dies.

An erased person's pseudonym becomes `ERASED-n` wherever the home has it. What was counted stays counted: the token is
still one person at the same events, but nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from common.home import landing_folder, release_folder
from ingestion.ledgers import INBOX_FILES
from ingestion.persons.erasures import (
    DONE,
    PENDING,
    VARIABLE,
    Erasure,
    WrongKey,
    erasures_file,
    key_file,
    key_record,
    ledger_text,
    new_erasure,
    pseudonym_key,
    read_erasures,
    recorded_fingerprints,
    write_erasures,
)
from ingestion.persons.pseudonyms import PSEUDONYM, PseudonymKey, next_pseudonym, normalise_email, person_key
from ingestion.storage.latest import read_latest
from orchestration.errors import UserError
from orchestration.privacy.rewriting import Change, rewrite_home
from orchestration.privacy.staging import Staging, finish
from orchestration.release.integrity import MANIFEST, file_facts, is_as_sealed, read_manifest, sealed, write_json

NEXT_VARIABLE = "WMIP_PSEUDONYM_KEY_NEXT"
REQUEST = "request"
# What texts put in front of an address without a blank, and is allowed in one; no sign that addresses really have.
_PREFIXES = "!#$&'*/=?`{|}"


def needed_key(home: Path, environment: Mapping[str, str], clock: datetime) -> PseudonymKey:
    """The landing's pseudonym key. Raises UserError when it is not set or another."""
    try:
        key = pseudonym_key(home, environment, clock)
    except WrongKey as error:
        raise UserError(str(error)) from None
    if not key.links:
        raise UserError(f"environment variable {VARIABLE} is not set; without it no person can be found")
    return key


def erased(key: PseudonymKey) -> Change:
    """The change that puts the tokens of erased persons in the place of their pseudonyms and addresses."""
    known: dict[str, str] = {}

    def change(found: str) -> str:
        if found not in known:
            known[found] = _erased(found, key)
        return known[found]

    return change


def _erased(found: str, key: PseudonymKey) -> str:
    if PSEUDONYM.fullmatch(found):
        return key.replacement(found)
    # The address may begin after any sign that the text has in front of it.
    starts = [0, *(at + 1 for at, sign in enumerate(found.partition("@")[0]) if sign in _PREFIXES)]
    for start in starts:
        address = person_key(found[start:], key)
        if address is not None and PSEUDONYM.fullmatch(address) is None:
            return found[:start] + address
    return found


def count_person(home: Path, address: str, key: PseudonymKey) -> Counter[str]:
    """What an erasure would change, by store; changes nothing."""
    mark = _mark_of(address, key)
    staging = Staging(home)
    try:
        return rewrite_home(home, erased(_with(key, {mark: "ERASED-0"})), staging, _handled(home))
    finally:
        finish(home)


def erase_person(home: Path, address: str, key: PseudonymKey, clock: datetime) -> Erasure:
    """Erase the person of an address from the home, for good; repeated, it looks once more and changes what came since.

    The request is written down first, without the address: whatever happens then, the next night completes it.
    """
    finish(home)
    pseudonym = person_key(address, key)
    erasures = read_erasures(home)
    known = next((entry for entry in erasures if entry.token == pseudonym), None)
    if known is None:
        known = new_erasure(erasures, _mark_of(address, key), REQUEST, clock)
        erasures.append(known)
    else:
        known.status = PENDING
    write_erasures(home, erasures)
    complete(home, _with(key, {entry.mark: entry.token for entry in erasures}), clock)
    return next(entry for entry in read_erasures(home) if entry.token == known.token)


def erase_pseudonyms(home: Path, pseudonyms: Iterable[str], key: PseudonymKey, reason: str, clock: datetime) -> int:
    """Erase persons by their pseudonyms; how many."""
    erasures = read_erasures(home)
    before = len(erasures)
    for pseudonym in sorted(pseudonyms):
        erasures.append(new_erasure(erasures, key.mark(pseudonym), reason, clock))
    if len(erasures) > before:
        write_erasures(home, erasures)
        complete(home, _with(key, {entry.mark: entry.token for entry in erasures}), clock)
    return len(erasures) - before


def _with(key: PseudonymKey, tokens: Mapping[str, str]) -> PseudonymKey:
    return replace(key, erased={**key.erased, **tokens})


def _mark_of(address: str, key: PseudonymKey) -> str:
    value = person_key(address, replace(key, erased={}))
    if value is None:
        raise UserError("that is no e-mail address; expected one such as name@example.org (it is not shown here)")
    return key.mark(value)


def is_address(text: str) -> bool:
    """Whether a text is an e-mail address."""
    return normalise_email(text) is not None


def complete(home: Path, key: PseudonymKey, clock: datetime) -> list[Erasure]:
    """Complete every erasure that was asked for and not finished; which these were."""
    finish(home)
    erasures = read_erasures(home)
    pending = [entry for entry in erasures if entry.status == PENDING]
    if not pending:
        return []
    staging = Staging(home)
    counts = rewrite_home(home, erased(key), staging, _handled(home))
    for entry in pending:
        entry.status, entry.finished_at = DONE, clock.isoformat()
        # Of several persons at once only the sum is known.
        entry.counts = dict(sorted((Counter(entry.counts) + counts).items()))
    _seal_releases(home, staging, "erasure " + ", ".join(entry.token for entry in pending), clock)
    staging.place(erasures_file(home)).write_text(ledger_text(erasures), encoding="utf-8")
    staging.switch()
    return pending


def rotate(home: Path, key: PseudonymKey, environment: Mapping[str, str], clock: datetime) -> Counter[str]:
    """Carry every pseudonym of the home over to the key with one link more; how many values changed, by store.

    Raises UserError when the next key is missing or one of before, or an erasure is pending.
    """
    finish(home)
    link = environment.get(NEXT_VARIABLE, "")
    if len(link.split()) != 1:
        raise UserError(f"set the environment variable {NEXT_VARIABLE} to the new key: one word, at random")
    if link in key.links:
        raise UserError(f"{NEXT_VARIABLE} is a part of {VARIABLE} already; take a new one")
    if any(entry.status == PENDING for entry in read_erasures(home)):
        raise UserError("an erasure is not finished yet: `wmip erase --resume` first")
    staging = Staging(home)
    known: dict[str, str] = {}

    def change(found: str) -> str:
        if PSEUDONYM.fullmatch(found) is None:
            return found
        if found not in known:
            known[found] = next_pseudonym(found, link)
        return known[found]

    counts = rewrite_home(home, change, staging, only_records=True)
    _seal_releases(home, staging, "rotation of the pseudonym key", clock)
    new = replace(key, links=(*key.links, link.strip()))
    staging.place(key_file(home)).write_text(key_record(new, clock), encoding="utf-8")
    staging.switch()
    return counts


def settle(home: Path, environment: Mapping[str, str], clock: datetime) -> list[Erasure]:
    """What a night does first: complete what was begun, and refuse a key that is not the landing's.

    Returns the erasures it completed. Raises UserError.
    """
    finish(home)
    pending = any(entry.status == PENDING for entry in read_erasures(home))
    if pending:
        return complete(home, needed_key(home, environment, clock), clock)
    if recorded_fingerprints(home) is not None:
        try:
            pseudonym_key(home, environment, clock)
        except WrongKey as error:
            raise UserError(str(error)) from None
    return []


def _handled(home: Path) -> frozenset[str]:
    if not landing_folder(home).is_dir():
        return frozenset()
    # A refused file may be read yet, once its mapping is put right: it stays where it is, changed.
    files = read_latest(home, "inbox", INBOX_FILES, ("file_sha256", "status"))
    return frozenset(sha256 for sha256, status in files if status != "refused")


def _seal_releases(home: Path, staging: Staging, reason: str, clock: datetime) -> None:
    """Give every release that is changed a manifest that fits, and says why."""
    changed: dict[Path, list[Path]] = {}
    for target in staging.targets:
        parts = target.relative_to(home).parts
        if parts[0] == "releases":
            changed.setdefault(release_folder(home, parts[1]), []).append(target)
    for folder, targets in changed.items():
        manifest_path = folder / MANIFEST
        if not manifest_path.exists():
            continue
        manifest = read_manifest(home, folder.name)
        was_whole = is_as_sealed(manifest)
        for target in targets:
            content = staging.content_of(target)
            name = str(target.relative_to(folder))
            if name in manifest["files"]:
                manifest["files"][name] = file_facts(content)
        manifest.setdefault("rewritten", []).append({"at": clock.isoformat(), "reason": reason})
        # What a hand changed in it before stays to be told of.
        write_json(staging.place(manifest_path), sealed(manifest) if was_whole else manifest)
