"""Data of which is known what is one organisation: labelled pairs of names, and the grants of two publishers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Mention = dict[str, Any]


@dataclass(frozen=True)
class LabelledPair:
    """Two names, and whether they are one organisation's."""

    left: str
    right: str
    is_match: bool


@dataclass(frozen=True)
class LabelledMentions:
    """Mentions, and of each the organisation it truly names. `sides`: publishers between which pairs are judged."""

    mentions: list[Mention]
    owners: list[str]
    sides: list[str]

    @property
    def recipients(self) -> list[tuple[str, str]]:
        """Of each mention the publisher and the organisation."""
        return list(zip(self.sides, self.owners, strict=True))

    @property
    def shared(self) -> set[str]:
        """Organisations that both sides name."""
        first, second = sorted(set(self.sides))
        of: dict[str, set[str]] = {first: set(), second: set()}
        for side, owner in zip(self.sides, self.owners, strict=True):
            of[side].add(owner)
        return of[first] & of[second]


def read_pairs(path: Path) -> list[LabelledPair]:
    """A file with the columns `name1`, `name2` and `is_match`."""
    with path.open(encoding="utf-8", newline="") as handle:
        return [LabelledPair(row["name1"], row["name2"], row["is_match"] == "true") for row in csv.DictReader(handle)]


def read_publishers(first: Path, second: Path) -> LabelledMentions:
    """Recipients of two publishers by name and postcode alone; the published identifiers are the truth.

    Grain: identifier, name and postcode of a publisher, as often as it writes them.
    """
    mentions: list[Mention] = []
    owners, sides = [], []
    for side, path in (("first", first), ("second", second)):
        listed = sorted({(one["id"], one["name"], one.get("postalCode") or "") for one in _recipients(path)})
        for number, (identifier, name, postcode) in enumerate(listed):
            mentions.append(
                {
                    "source_system": side,
                    "source_record_id": f"{side}-{number:05d}",
                    "name": name,
                    "postcode": postcode or None,
                }
            )
            owners.append(identifier.upper())
            sides.append(side)
    return LabelledMentions(mentions, owners, sides)


def _recipients(path: Path) -> Iterable[dict[str, Any]]:
    """Of a file of 360Giving, or a table with the columns `id`, `name` and `postalCode`."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as handle:
            yield from csv.DictReader(handle)
        return
    for grant in json.loads(path.read_text(encoding="utf-8"))["grants"]:
        yield from (one for one in grant.get("recipientOrganization", []) if one.get("id") and one.get("name"))


def is_other(one: str, other: str) -> bool:
    """Whether two published identifiers are surely of two organisations: of one register, and not the same.

    Of a charity number beside a company number nothing is known, nor of an identifier that its publisher made up.
    """
    scheme = _scheme(one)
    return one != other and scheme == _scheme(other) and scheme != "360G"


def _scheme(identifier: str) -> str:
    return "360G" if identifier.startswith("360G") else "-".join(identifier.split("-")[:2])
