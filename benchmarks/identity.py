"""`make bench-identity`: precision, recall and F1 of the matcher and of what it must beat, on labelled data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import identity_baselines as baselines
from benchmarks.identity_curve import Point, accepted_from, draw, weights
from benchmarks.identity_labelled import LabelledMentions, LabelledPair, is_other, read_pairs, read_publishers
from benchmarks.identity_worlds import COUNTED, World, count_world
from identity.matching import match
from tests.identity.mentions import components_of, mentions

console = Console(width=140)
FIXTURES = Path(__file__).parents[1] / "tests/fixtures/real"
PAIRS = FIXTURES / "entity_resolution/name_pairs_org.csv"
PUBLISHERS = (
    FIXTURES / "threesixtygiving/ab_charitable_trust.json",
    FIXTURES / "threesixtygiving/lloyds_bank_foundation_recipients.csv",
)
# Below it a recipient is linked to hundreds of others.
_LEAST_RATIO = 85
OwnerPair = tuple[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Judged:
    """How many of the true pairs were found, how many found ones are wrong."""

    found: int
    wrong: int
    true: int

    @property
    def precision(self) -> float:
        """Share of what was found that is true; 1 where nothing was found."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.found / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def row(self) -> list[str]:
        """As a table prints it."""
        shares = (f"{share:.3f}" for share in (self.precision, self.recall, self.f1))
        return [f"{self.found:,} of {self.true:,}", f"{self.wrong:,}", *shares]


def judge_pairs(pairs: list[LabelledPair], linked: Iterable[bool]) -> Judged:
    """Labelled pairs against what was said of each."""
    said = list(zip(pairs, linked, strict=True))
    return Judged(
        sum(pair.is_match and yes for pair, yes in said),
        sum(not pair.is_match and yes for pair, yes in said),
        sum(pair.is_match for pair in pairs),
    )


def judge_owners(labelled: LabelledMentions, linked: set[OwnerPair]) -> Judged:
    """Recipients linked between the publishers. Of numbers of two registers nothing is known: no link is wrong."""
    between = {(one, other) for (side, one), (beside, other) in linked if side != beside}
    return Judged(
        sum(one == other for one, other in between), sum(is_other(*pair) for pair in between), len(labelled.shared)
    )


def wrong_within(linked: set[OwnerPair]) -> int:
    """Recipients of one publisher that were taken for one."""
    return sum(side == beside and is_other(one, other) for (side, one), (beside, other) in linked)


def owners_together(labelled: LabelledMentions, groups: np.ndarray) -> set[OwnerPair]:
    """Recipients, each with its publisher, of which some mentions are in one group."""
    of: dict[int, set[tuple[str, str]]] = {}
    for group, owner in zip(groups.tolist(), labelled.recipients, strict=True):
        of.setdefault(group, set()).add(owner)
    return {pair for members in of.values() for pair in combinations(sorted(members), 2)}


def best_token_set(judged: Callable[[float], Judged], least: int = 50) -> tuple[float, Judged]:
    """The threshold with the best F1, which no matcher would know beforehand."""
    return max(((at, judged(at)) for at in map(float, range(least, 101))), key=lambda found: found[1].f1)


def on_pairs(pairs: list[LabelledPair]) -> Table:
    """Every contestant on labelled pairs of names."""
    left, right = [pair.left for pair in pairs], [pair.right for pair in pairs]
    bare = list(zip(baselines.normalised(left), baselines.normalised(right), strict=True))
    ratios = np.diagonal(baselines.token_set(left, right))
    table = _table(f"{len(pairs)} labelled pairs of names")
    table.add_row("exact normalised name", *judge_pairs(pairs, [one == other for one, other in bare]).row())
    at, best = best_token_set(lambda at: judge_pairs(pairs, ratios >= at))
    table.add_row(f"rapidfuzz token-set, best at {at:g}", *best.row())
    table.add_row("this matcher", *judge_pairs(pairs, map(_are_one, pairs)).row())
    return table


def _are_one(pair: LabelledPair) -> bool:
    """Whether the matcher takes two names for one organisation's, of which it knows nothing else."""
    both = mentions({"name": name} for name in (pair.left, pair.right))
    return len(set(components_of(both, match(both)).values())) == 1


def on_publishers(labelled: LabelledMentions, *, tell: bool) -> tuple[Table, list[Point]]:
    """Every contestant on the recipients of two publishers, and what a threshold would buy."""
    table = _table(f"Recipients of two publishers: {len(labelled.mentions):,} mentions, {len(labelled.shared)} shared")
    for heading in ("wrong within one publisher", "of all wrong, one name at one postcode"):
        table.add_column(heading, justify="right")
    given = mentions(labelled.mentions)
    links = match(given)
    alike = _alike(labelled, given)
    fuzzy = _fuzzy_ratios(labelled)
    points: list[Point] = []

    def add(name: str, linked: set[OwnerPair]) -> None:
        judged = judge_owners(labelled, linked)
        both = {pair for pair in linked if is_other(pair[0][1], pair[1][1])} & alike
        table.add_row(name, *judged.row(), str(wrong_within(linked)), str(len(both)))
        points.append(Point(name, judged.precision, judged.recall))
        if tell:
            _tell(name, labelled, linked)

    add("exact rules", owners_together(labelled, baselines.exact_rules(given)))
    add("exact normalised name", owners_together(labelled, baselines.exact_name(given)))
    at, _ = best_token_set(lambda at: judge_owners(labelled, _from(fuzzy, at)), least=_LEAST_RATIO)
    add(f"rapidfuzz token-set, best at {at:g}", _from(fuzzy, at))
    add("this matcher", _owners_of(labelled, given, links))
    for least in sorted({math.floor(weight) for weight in weights(links) if weight < math.inf}):
        judged = judge_owners(labelled, _owners_of(labelled, given, accepted_from(links, least)))
        points.append(Point("this matcher, by weight alone", judged.precision, judged.recall, least))
    for least in range(_LEAST_RATIO, 101):
        judged = judge_owners(labelled, _from(fuzzy, least))
        points.append(Point("rapidfuzz token-set, by ratio", judged.precision, judged.recall, least))
    return table, points


def _owners_of(labelled: LabelledMentions, given: pa.Table, links: pa.Table) -> set[OwnerPair]:
    found = components_of(given, links)
    return owners_together(labelled, np.array([found[str(one["source_record_id"])] for one in labelled.mentions]))


def _alike(labelled: LabelledMentions, given: pa.Table) -> set[OwnerPair]:
    """Recipients with one name at one postcode: without their numbers nobody could tell them apart."""
    said = given.select(["source_record_id", "normalised_name", "postcode"]).to_pylist()
    place = {row["source_record_id"]: (row["normalised_name"], row["postcode"]) for row in said}
    known = [place[str(one["source_record_id"])] for one in labelled.mentions]
    groups = np.unique([f"{name}|{postcode}" for name, postcode in known], return_inverse=True)[1]
    return owners_together(labelled, groups)


def _fuzzy_ratios(labelled: LabelledMentions) -> dict[OwnerPair, float]:
    """The best ratio of any two names of each two recipients, from _LEAST_RATIO on."""
    names = [str(one["name"]) for one in labelled.mentions]
    near = np.triu(baselines.token_set(names, names), 1)
    best: dict[OwnerPair, float] = {}
    for row, column in zip(*(found.tolist() for found in np.nonzero(near >= _LEAST_RATIO)), strict=True):
        one, other = sorted((labelled.recipients[row], labelled.recipients[column]))
        if one != other:
            best[one, other] = max(best.get((one, other), 0.0), float(near[row, column]))
    return best


def _from(ratios: dict[OwnerPair, float], least: float) -> set[OwnerPair]:
    return {pair for pair, ratio in ratios.items() if ratio >= least}


def _tell(name: str, labelled: LabelledMentions, linked: set[OwnerPair]) -> None:
    """Each wrong and each missed one, by name and place."""
    said: dict[tuple[str, str], set[str]] = {}
    for mention, owner in zip(labelled.mentions, labelled.recipients, strict=True):
        said.setdefault(owner, set()).add(f"{mention['name']} ({mention['postcode']})")
    for one, other in sorted(linked):
        if is_other(one[1], other[1]):
            console.print(
                f"{name} wrong: {one[1]} {sorted(said[one])} = {other[1]} {sorted(said[other])}",
                style="red",
                soft_wrap=True,
            )
    found = {one[1] for one, other in linked if one[1] == other[1]}
    for number in sorted(labelled.shared - found):
        of = [sorted(names) for (_, owner), names in sorted(said.items()) if owner == number]
        console.print(f"{name} missed: {number} {of}", style="dim", soft_wrap=True)


def _table(title: str) -> Table:
    table = Table(title=title)
    for heading in ("", "found", "wrong", "precision", "recall", "F1"):
        table.add_column(heading, justify="right" if heading else "left")
    return table


def on_worlds(worlds: Iterable[World]) -> Table:
    """Pretend programmes: pairs of mentions by contestant, and the figures that hang on identity."""
    table = _table("Pretend programmes: pairs of mentions of one organisation")
    for name in COUNTED:
        table.add_column(f"{name}: true, counted, interval", justify="right")
    for world in worlds:
        for contestant, pairs in world.pairs.items():
            figures = [str(figure) for figure in world.figures.values()]
            row = Judged(*pairs).row()
            table.add_row(
                f"{world.title}: {contestant}", *row, *(figures if contestant == "this matcher" else ["", ""])
            )
    return table


def main(
    pairs: Annotated[Path, typer.Option(help="Labelled pairs: name1, name2, is_match.")] = PAIRS,
    publishers: Annotated[
        tuple[Path, Path], typer.Option(help="Two publishers: 360Giving JSON, or CSV with id, name, postalCode.")
    ] = PUBLISHERS,
    seed: Annotated[list[int] | None, typer.Option(help="Pretend programmes to count; 1 to 5, 0 for none.")] = None,
    dirt: Annotated[list[float] | None, typer.Option(help="Times the default rates of dirt; 1 and 2.")] = None,
    scale: Annotated[float, typer.Option(help="Size of the pretend programmes.")] = 1,
    chart: Annotated[Path | None, typer.Option(help="Draw precision against recall into this SVG.")] = None,
    tell: Annotated[bool, typer.Option("--tell", help="List what was linked wrongly and what was missed.")] = False,
) -> None:
    """Measure all and print the tables."""
    console.print(on_pairs(read_pairs(pairs)))
    labelled = read_publishers(*publishers)
    table, points = on_publishers(labelled, tell=tell)
    console.print(table)
    if chart is not None:
        draw(points, f"Recipients of two publishers ({len(labelled.shared)} shared), identifiers left out", chart)
    asked = [(one, times) for times in dirt or (1, 2) for one in seed or range(1, 6) if one]
    worlds: list[World] = []
    for one, times in asked:
        counted = count_world(one, times, scale)
        for world in counted:
            figures = ", ".join(f"{name} {figure}" for name, figure in world.figures.items())
            console.print(f"{world.title}: {figures}", style="dim", soft_wrap=True)
        worlds += counted
    if worlds:
        console.print(on_worlds(worlds))


if __name__ == "__main__":
    typer.run(main)
