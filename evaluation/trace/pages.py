"""The pages that the report's figures open to: every fact of an indicator, with its place, by quarter.

A page a headline or supplementary indicator, in the folder beside the pack. What stands behind the `#` of a link says
which figure is meant: `2023-24-Q3` or `2023-24/partner/CB01`; a script of the page itself leaves that figure's facts
and adds them up, without one all quarters stand there, each with its sum. They name records of bodies, so they are no
part of the pack, which is passed on: whoever has the report alone has the command instead (`wmip trace`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from evaluation.numbers import whole
from evaluation.pack import programme
from evaluation.pack.report import environment
from evaluation.trace.facts import (
    CLAIMED,
    PROGRAMME,
    SCOPE_COLUMNS,
    VERIFIED,
    Figure,
    Traced,
    facts_of,
    not_counted,
    not_shown,
    total,
)
from evaluation.trace.places import in_words

TEMPLATES = Path(__file__).parent / "templates"
ReadAt = Callable[[str, set[str]], Mapping[str, datetime]]


@dataclass(frozen=True)
class Listed:
    """Facts as rows of a table, how many they are, and what they add up to in the exact unit; `is_shown`: whether the
    release shows the figure of the whole programme that this would be.
    """

    html: Markup
    facts: int
    exact_sum: Decimal
    is_shown: bool = True


@dataclass(frozen=True)
class OfQuarter:
    """What a quarter's figures of an indicator are the sum of, and what does not count."""

    period_key: str
    verified: Listed
    claimed: Listed
    not_counted: Listed


def write_pages(mart: duckdb.DuckDBPyConnection, folder: Path, read_at: ReadAt) -> list[Path]:
    """Write a page an indicator. `read_at`: when records of a source system were read, which stands beside those of an
    API. The same mart gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    release = programme.read_release(mart)
    quarters = [row[0] for row in mart.execute(_QUARTERS).fetchall()]
    page = environment(TEMPLATES).get_template("facts_of_indicator.html.j2")
    read: dict[str, datetime] = {}
    written = []
    for indicator in programme.read_definitions(mart):
        found = {basis: facts_of(mart, Figure(indicator.key, basis)) for basis in (VERIFIED, CLAIMED)}
        lost, hidden = not_counted(mart, Figure(indicator.key)), not_shown(mart, indicator.key)
        read |= _read(read_at, [*found[VERIFIED], *found[CLAIMED], *lost], read.keys())
        every = [*found[VERIFIED], *found[CLAIMED], *lost]
        path = folder / f"{indicator.key}.html"
        context: dict[str, Any] = {
            "release": release,
            "indicator": indicator,
            "exact_unit": every[0].exact_unit if every else indicator.unit,
            "per_unit": every[0].exact_per_unit if every else Decimal(1),
            "quarters": [_of_quarter(key, found, lost, read, hidden) for key in quarters],
            "hidden": sorted("/".join(cell) for cell in hidden),
            "outside": _listed((fact for fact in lost if fact.period_key not in quarters), read),
        }
        path.write_text(page.render(context), encoding="utf-8")
        written.append(path)
    return written


_QUARTERS = "SELECT period_key FROM dim_period WHERE is_programme_period ORDER BY 1"


def _read(read_at: ReadAt, facts: Iterable[Traced], known: Iterable[str]) -> dict[str, datetime]:
    wanted: dict[str, set[str]] = {}
    have = set(known)
    for fact in facts:
        if not fact.is_of_file and fact.source_record_id not in have:
            wanted.setdefault(fact.source_system, set()).add(fact.source_record_id)
    return {record: at for system, records in wanted.items() for record, at in read_at(system, records).items()}


def _of_quarter(
    period_key: str,
    found: Mapping[str, list[Traced]],
    lost: list[Traced],
    read: Mapping[str, datetime],
    hidden: Collection[tuple[str, str, str, str]],
) -> OfQuarter:
    def of(facts: Iterable[Traced], is_shown: bool = True) -> Listed:
        return _listed((one for one in facts if one.period_key == period_key), read, is_shown)

    verified, claimed = (
        of(found[basis], (period_key, basis, PROGRAMME, PROGRAMME) not in hidden) for basis in (VERIFIED, CLAIMED)
    )
    return OfQuarter(period_key, verified, claimed, of(lost))


def _listed(facts: Iterable[Traced], read: Mapping[str, datetime], is_shown: bool = True) -> Listed:
    listed = list(facts)
    # A template spends as long on a cell as this on a row.
    html = "\n".join(_row(fact, read.get(fact.source_record_id)) for fact in listed)
    return Listed(Markup(html), len(listed), total(listed), is_shown)  # noqa: S704 - every cell is escaped


def _row(fact: Traced, read_at: datetime | None) -> str:
    keys = "".join(
        f' data-{scope}="{escape(getattr(fact, column) or "")}"' for scope, column in SCOPE_COLUMNS.items() if column
    )
    cells = (
        in_words(fact.source_record_id, fact.source_place, read_at),
        str(fact.dated or ""),
        f"{whole(fact.exact_quantity):,f}",
        fact.evidence_grade or "none",
        fact.reason.replace("_", " "),
    )
    place, dated, quantity, *rest = (f"<td>{escape(cell)}</td>" for cell in cells)
    number = quantity.replace("<td>", '<td class="n">', 1)
    return f'<tr{keys} data-q="{fact.exact_quantity}">{place}{dated}{number}{"".join(rest)}</tr>'
