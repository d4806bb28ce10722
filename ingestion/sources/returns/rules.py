"""Rules over a whole return: what its rows say beside each other, the cover and what is plausible.

A rule is data (`Rule`); what tests it is one of the checks below, each a function that yields the rows at which it
fires. The same rules are judged wherever a return is read: `wmip returns check`, the page, the night. A row that its
cells refuse is judged by the rules about single rows alone, where it holds what they ask; a rule that needs all rows of
a table is silent while one of them is wrong. So all that is wrong is told at once, and one mistake once.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from common.yamlfile import nearest
from ingestion.declaration import Declared
from ingestion.files.row_check import column_letter
from ingestion.files.values import BadValue, Column
from ingestion.finding_rules import Dimension, FindingRule, finding_rules
from ingestion.findings import ERROR, NOTE, WARNING, Finding
from ingestion.sources.returns.blanks import NIL, NOT_ANSWERED
from ingestion.sources.returns.confirmations import Confirmed
from ingestion.sources.returns.references import reference_key

if TYPE_CHECKING:
    from ingestion.sources.returns import contract

Row = dict[str, Any]
EMPTY, FILLED = "empty", "filled"
SEVERITIES = (ERROR, WARNING, NOTE)
"""From what must be mended to what is only said."""


class Rule(Declared):
    """A rule over the whole return.

    `at`: the tables and columns it is about; the finding stands in the first of the columns, or in each of them where a
    check judges one at a time. `text`: what is wrong ({heading} is that of the column, further names are the check's);
    `dimension`: what of quality is at stake; `remedy`: what to type instead; `owner`: who decides what the rule says.
    `when`: column -> values a row must have to be judged (`empty`, `filled` or landed ones). `check`: what tests it,
    with its settings `given`. `whole`: tables of which every row must be readable.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: str = Field(min_length=1)
    severity: Literal["error", "warning", "note"]
    dimension: Dimension
    remedy: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    at: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    check: str
    given: dict[str, Any] = Field(default_factory=dict)
    whole: tuple[str, ...] = ()

    @field_validator("check")
    @classmethod
    def _is_a_check(cls, check: str) -> str:
        if check not in CHECKS:
            raise ValueError(f"no such check; {nearest(check, sorted(CHECKS))}")
        return check


_FILLED_IN = {
    "heading": "the cell",
    "least": "least",
    "most": "most",
    "other": "another row",
    "total": "so many",
    "count": "so many",
    "band": "its size band",
    "returned": "as returned",
}


def worded(text: str) -> str:
    """A sentence of a rule without the names that are filled in when it is said."""
    for name, shown in _FILLED_IN.items():
        text = text.replace(f"{{{name}}}", shown)
    return text[:1].upper() + text[1:]


def cell_rules() -> tuple[FindingRule, ...]:
    """What the reader says of single cells and rows. Raises InvalidDeclaration."""
    return tuple(rule for rule in finding_rules() if rule.in_returns)


@dataclass
class ReadTable:
    """A table as it was read: its rows in landed form, where its columns stand, the rows that are refused already.

    `answers`: it says of which other tables there is nothing to report. `refused`: the rows that their cells refuse, as
    far as they can be read, each with the columns that cannot. `state`: why it has no rows, where its one row says so
    (`blanks`).
    """

    stream: str
    rows: list[Row] = field(default_factory=list)
    positions: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, contract.Column] = field(default_factory=dict)
    reference: Sequence[str] = ()
    is_whole: bool = True
    answers: bool = False
    state: str | None = None
    refused: Sequence[tuple[Row, frozenset[str]]] = ()

    def readable(self, columns: Collection[str]) -> ReadTable:
        """Of the rows that their cells refuse those of which these columns can be read."""
        return replace(self, rows=[row for row, unread in self.refused if unread.isdisjoint(columns)])


@dataclass
class Return:
    """A whole return as it was read: its cover, its tables by name, and the warnings that were confirmed."""

    file_name: str
    sheet: str
    cover: Mapping[str, str | None]
    tables: dict[str, ReadTable]
    confirmed: Confirmed = field(default_factory=dict)

    @property
    def quarter(self) -> tuple[date, date]:
        """First and last day of the quarter it is about."""
        return quarter_days(str(self.cover["period_key"]))

    @property
    def sections(self) -> list[ReadTable]:
        """The tables that hold what is returned."""
        return [table for table in self.tables.values() if not table.answers]

    @property
    def is_nil(self) -> bool:
        """Whether it says that there is nothing to report: as a whole, or of each table, on the cover or in its row."""
        nothing = {row["section"] for row in self._answers if row["nothing_to_report"] == "yes"}
        nothing |= {table.stream for table in self.sections if table.state == NIL}
        return self.cover.get("nil_return") == "yes" or {table.stream for table in self.sections} <= nothing

    @property
    def _answers(self) -> list[Row]:
        return [row for table in self.tables.values() if table.answers for row in table.rows]

    @property
    def submitted_on(self) -> date:
        """The day it says it was submitted."""
        return date.fromisoformat(str(self.cover["submitted_on"]))


@dataclass(frozen=True)
class Hit:
    """A row at which a rule fires: in which column if not the first, and what its text has to fill in."""

    row: Row
    column: str | None = None
    said: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Rule, str, "ReadTable", Return], Iterable[Hit]]
CHECKS: dict[str, Check] = {}
_OF_A_ROW: set[Check] = set()
"""Those that look at each row by itself; they pass over columns that hold nothing."""


def _check(function: Check) -> Check:
    CHECKS[function.__name__] = function
    return function


def _check_of_a_row(function: Check) -> Check:
    _OF_A_ROW.add(function)
    return _check(function)


def quarter_days(period_key: str) -> tuple[date, date]:
    """First and last day of a financial quarter such as 2024-25-Q4."""
    year, quarter = int(period_key[:4]), int(period_key[-1])
    first = date(year + (quarter == 4), 3 * quarter + 1 - 12 * (quarter == 4), 1)
    following = date(first.year + (first.month == 10), 1 if first.month == 10 else first.month + 3, 1)
    return first, following - timedelta(days=1)


def judge(rules: Iterable[Rule], read: Return) -> list[Finding]:
    """What the rules find about a return, in order of rule, table and row. Of one cell only the gravest is told."""
    found: list[Finding] = []
    for rule in rules:
        if any(not read.tables[name].is_whole for name in rule.whole if name in read.tables):
            continue
        test = CHECKS[rule.check]
        if not rule.at:
            found += [_of_the_whole(rule, read, hit) for hit in test(rule, "", ReadTable(""), read)]
        for name in rule.at:
            table = read.tables.get(name)
            if table is None:
                continue
            hits = [*test(rule, name, table, read)]
            if test in _OF_A_ROW and table.refused:
                hits += test(rule, name, table.readable(rule.when), read)
            found += [_of_a_row(rule, name, table, read, hit) for hit in hits]
    return list(gravest(found))


def gravest(findings: Collection[Finding]) -> Iterator[Finding]:
    """The findings without those at whose cell stands a graver one: they follow from it."""
    grade: dict[tuple[str, str, str | None], int] = {}
    for one in findings:
        at = (one.stream, one.place, one.cell)
        grade[at] = min(SEVERITIES.index(one.severity), grade.get(at, len(SEVERITIES)))
    for one in findings:
        if SEVERITIES.index(one.severity) == grade[one.stream, one.place, one.cell]:
            yield one


def refused(read: Return, findings: Iterable[Finding]) -> None:
    """Take the rows that findings refuse out of a return."""
    wrong = {(finding.stream, finding.place) for finding in findings if finding.severity == ERROR}
    for table in read.tables.values():
        table.rows[:] = [row for row in table.rows if (table.stream, _place(read, row)) not in wrong]


def _place(read: Return, row: Row) -> str:
    return f"{read.file_name}#{row['sheet']}!{row['row_number']}"


def _of_a_row(rule: Rule, name: str, table: ReadTable, read: Return, hit: Hit) -> Finding:
    column = hit.column or rule.at[name][0]
    position = table.positions.get(column)
    record = " / ".join(reference_key(hit.row.get(name)) for name in table.reference)
    severity, message = _sentence(rule, read, record, {"heading": table.columns[column].heading, **hit.said})
    return Finding(
        source="returns",
        stream=table.stream,
        place=_place(read, hit.row),
        column_name=column,
        reason_code=rule.id,
        message=message,
        cell=None if position is None else f"{column_letter(position)}{hit.row['row_number']}",
        value_class="row",
        key=record,
        severity=severity,
    )


def _sentence(rule: Rule, read: Return, record: str, said: Mapping[str, str]) -> tuple[str, str]:
    """Severity and message; those of a warning that was confirmed keep the reason."""
    text, reason = rule.text.format(**said), read.confirmed.get((rule.id, record))
    if rule.severity == WARNING and reason:
        return NOTE, f"{text}; confirmed by the body: {reason}"
    return rule.severity, f"{text}; {rule.remedy.format(**said)}"


def _of_the_whole(rule: Rule, read: Return, hit: Hit) -> Finding:
    severity, message = _sentence(rule, read, "", hit.said)
    return Finding(
        source="returns",
        stream="covers",
        place=f"{read.file_name}#{read.sheet}!1",
        column_name=hit.column or "",
        reason_code=rule.id,
        message=message,
        value_class="return",
        severity=severity,
    )


def _judged(rule: Rule, table: ReadTable) -> list[Row]:
    """The rows that meet the rule's conditions."""
    return [row for row in table.rows if all(_is(row.get(name), wanted) for name, wanted in rule.when.items())]


def _is(value: str | None, wanted: Collection[str]) -> bool:
    return (EMPTY in wanted and value is None) or (value is not None and (FILLED in wanted or value in wanted))


def _number(row: Row, column: str) -> Decimal:
    return Decimal(row.get(column) or 0)


def _grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


@_check_of_a_row
def always(rule: Rule, _name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """Fires at every row that meets the conditions."""
    yield from map(Hit, _judged(rule, table))


@_check_of_a_row
def days_from(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A date more than so many days `after`, or `before`, a day of the return (`of`)."""
    first, last = read.quarter
    of = {"quarter_start": first, "quarter_end": last, "submitted_on": read.submitted_on}[rule.given["of"]]
    for row in _judged(rule, table):
        for column in rule.at[name]:
            if row.get(column) is None:
                continue
            after = (date.fromisoformat(row[column]) - of).days
            if after > rule.given.get("after", after) or -after > rule.given.get("before", -after):
                yield Hit(row, column)


@_check_of_a_row
def later(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """The first column's date is before the second's, more than `days` (0) apart."""
    one, other = rule.at[name]
    for row in _judged(rule, table):
        if row.get(one) and row.get(other):
            apart = date.fromisoformat(row[other]) - date.fromisoformat(row[one])
            if apart.days > rule.given.get("days", 0):
                yield Hit(row)


@_check_of_a_row
def exceeds(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """The first column's number is more than `times` (1) the second's, and more than `by` (0) beyond it."""
    one, other = rule.at[name]
    times, by = Decimal(str(rule.given.get("times", 1))), rule.given.get("by", 0)
    for row in _judged(rule, table):
        if row.get(one) is not None and row.get(other) is not None:
            large, small = _number(row, one), _number(row, other)
            if large > small * times and large - small > by:
                yield Hit(row)


@_check_of_a_row
def unusual(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """A number outside what is expected of its column, or from `least` to `most`."""
    for column in rule.at[name]:
        expected, given = table.columns[column], rule.given
        least, most = given.get("least", expected.expected_from), given.get("most", expected.expected_to)
        assert least is not None and most is not None, f"{rule.id}: nothing is expected of {column}"
        for row in _judged(rule, table):
            if row.get(column) is not None and not least <= _number(row, column) <= most:
                yield Hit(row, column, {"least": f"{least:,}", "most": f"{most:,}"})


@_check_of_a_row
def form(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """A text that is not written as its `kind` is."""
    for row in _judged(rule, table):
        for column in rule.at[name]:
            if row.get(column) is not None and not _FORMS[rule.given["kind"]](row[column]):
                yield Hit(row, column)


_AREAS = (
    " AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY "
    "G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR "
    "NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA "
    "WC WD WF WN WR WS WV YO ZE "
)
"""The postcode areas of the United Kingdom and the islands."""
_COMPANY = re.compile(r"[0-9]{8}|[A-Z]{2}[0-9]{6}|R[0-9]{7}|IP[0-9]{5}R|SP[0-9]{5}R")
_CHARITY = re.compile(r"[0-9]{6,7}(-[0-9]{1,3})?|SC0?[0-9]{5,6}|(NIC)?1[0-9]{5}")


def _reads_as(kind: str) -> Callable[[str], str | None]:
    column = Column(kind, kind, kind)

    def read(text: str) -> str | None:
        try:
            return column.read(text)
        except BadValue:
            return None

    return read


_as_postcode, _as_company_number = _reads_as("postcode"), _reads_as("company_number")


def _is_in_a_known_area(text: str) -> bool:
    postcode = _as_postcode(text)
    # One that is no postcode is told of by another rule.
    return postcode is None or f" {re.split('[0-9]', postcode)[0]} " in _AREAS


def _is_company_number(text: str) -> bool:
    number = _as_company_number(text)
    return number is not None and _COMPANY.fullmatch(number) is not None and number.strip("0") != ""


_FORMS: dict[str, Callable[[str], bool]] = {
    "postcode": lambda text: _as_postcode(text) is not None,
    "postcode_area": _is_in_a_known_area,
    "company_number": _is_company_number,
    "charity_number": lambda text: _CHARITY.fullmatch(text.replace(" ", "").upper()) is not None,
}


def _plain(text: str | None) -> str:
    return re.sub(r"[^a-z0-9]+", " ", (text or "").lower()).strip()


def _comparable(column: str, text: str) -> str:
    """A value of a column in a form in which the same values are the same, however they are written."""
    read = _WRITTEN_IN_MANY_WAYS.get(column)
    return (read(text) if read else None) or _plain(text)


_WRITTEN_IN_MANY_WAYS = {"company_number": _as_company_number, "postcode": _as_postcode}


@_check
def alike(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """Rows with references of their own that are the same in the columns of `same`, all of which are filled; with
    `lacking` those that have nothing in that column, beside others that may have something in it.
    """
    same, lacking = rule.given["same"], rule.given.get("lacking")
    rows = [row for row in _judged(rule, table) if all(row.get(column) for column in same)]
    for group in _grouped(rows, lambda row: tuple(_comparable(column, row[column]) for column in same)).values():
        if len({tuple(reference_key(row[column]) for column in table.reference) for row in group}) > 1:
            first, *others = sorted(group, key=lambda row: lacking is not None and row.get(lacking) is None)
            for row in others:
                if lacking is None or row.get(lacking) is None:
                    yield Hit(row, rule.at[name][0], {"other": f"row {first['row_number']}"})


@_check
def differs_within(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """Rows of one thing (`within`) that say different things of it in the rule's column."""
    column, within = rule.at[name][0], rule.given["within"]
    rows = [row for row in _judged(rule, table) if row.get(column) is not None and row.get(within)]
    for group in _grouped(rows, lambda row: _comparable(within, row[within])).values():
        first, *others = group
        for row in others:
            if row[column] != first[column]:
                yield Hit(row, column, {"other": f"row {first['row_number']}"})


@_check
def unknown_reference(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A value that does not stand in a column of another table (`of: [table, column]`), unless that is not there."""
    column = rule.at[name][0]
    other, key = rule.given["of"]
    known = {reference_key(row.get(key)) for row in read.tables[other].rows}
    for row in _judged(rule, table):
        if row.get(column) is not None and reference_key(row[column]) not in known:
            yield Hit(row, column)


@_check_of_a_row
def same_as(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """Two columns of one row that hold the same reference."""
    one, other = rule.at[name]
    for row in _judged(rule, table):
        if row.get(one) is not None and reference_key(row[one]) == reference_key(row.get(other)):
            yield Hit(row)


@_check
def sum_exceeds(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """The numbers of the rule's column add up to more than `most` for one value of the columns `within`."""
    column, within = rule.at[name][0], rule.given["within"]
    above = rule.given["more_than"]
    rows = _judged(rule, table)
    for group in _grouped(rows, lambda row: tuple(reference_key(row.get(part)) for part in within)).values():
        total = sum((_number(row, column) for row in group), Decimal())
        if len(group) > 1 and total > above:
            for row in group:
                yield Hit(row, column, {"total": f"{total.normalize():f}"})


@_check
def children(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """Rows that have fewer than `least` rows of `of: [table, column]` which are as `are` says."""
    other, key = rule.given["of"]
    are = {column: tuple(wanted) for column, wanted in rule.given.get("are", {}).items()}
    wanted = [row for row in read.tables[other].rows if all(_is(row.get(c), values) for c, values in are.items())]
    counts = Counter(reference_key(row[key]) for row in wanted)
    column = rule.at[name][0]
    for row in _judged(rule, table):
        count = counts[reference_key(row[column])]
        if count < rule.given["least"]:
            yield Hit(row, column, {"count": str(count)})


@_check
def realised_beyond_committed(rule: Rule, name: str, table: ReadTable, _read: Return) -> Iterator[Hit]:
    """What is realised of a tranche is more than what was committed of it."""
    rows = _judged(rule, table)

    def tranche(row: Row) -> tuple[str, ...]:
        return tuple(reference_key(row.get(c)) for c in ("source_organisation", "agreement_ref", "tranche", "kind"))

    for group in _grouped(rows, tranche).values():
        stages = {stage: [row for row in group if row["stage"] == stage] for stage in ("committed", "realised")}
        committed, realised = (sum(_number(row, rule.at[name][0]) for row in of) for of in stages.values())
        if stages["committed"] and realised > committed:
            yield from map(Hit, stages["realised"])


@_check
def beyond_size_band(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A firm's employment in the rule's column is beyond the size band it has in another table (`of`)."""
    most = {band: Decimal(str(bound)) for band, bound in rule.given["most"].items()}
    bands = {
        _as_company_number(row["company_number"]): row["size_band"]
        for row in read.tables[rule.given["of"]].rows
        if row.get("company_number") and row.get("size_band") in most
    }
    for row in _judged(rule, table):
        band = bands.get(_as_company_number(row["company_number"])) if row.get("company_number") else None
        if band is not None and _number(row, rule.at[name][0]) >= most[band]:
            yield Hit(row, None, {"band": band})


@_check_of_a_row
def earlier_period(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A quarter before that of the return."""
    for row in _judged(rule, table):
        if (row[rule.at[name][0]] or "9") < str(read.cover["period_key"]):
            yield Hit(row)


@_check
def below_returned(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A forecast of the return's own quarter that is less than the return itself holds of the indicator.

    `given`: indicator -> the table, the column of the day, conditions (`when`), and the column to add, else rows.
    """
    first, last = map(str, read.quarter)
    for row in _judged(rule, table):
        of = rule.given.get(row["indicator_key"])
        if of is None or row["forecast_period_key"] != read.cover["period_key"]:
            continue
        held = [
            one
            for one in read.tables[of["table"]].rows
            if first <= (one.get(of["on"]) or "") <= last
            and all(_is(one.get(column), tuple(wanted)) for column, wanted in of["when"].items())
        ]
        returned = sum((_number(one, of["add"]) if "add" in of else Decimal(1) for one in held), Decimal())
        if _number(row, rule.at[name][0]) < returned:
            yield Hit(row, None, {"returned": f"{returned:,f}"})


@_check
def no_rows(_rule: Rule, _name: str, _table: ReadTable, read: Return) -> Iterator[Hit]:
    """Not one row in any table, and neither the cover nor each table says that there is nothing to report."""
    if not read.is_nil and all(not table.rows and table.is_whole for table in read.sections):
        yield Hit({})


@_check
def rows_of_a_nil_return(_rule: Rule, _name: str, _table: ReadTable, read: Return) -> Iterator[Hit]:
    """Rows although the cover says that there is nothing to report."""
    if read.cover.get("nil_return") == "yes" and any(table.rows for table in read.sections):
        yield Hit({})


@_check
def nil_table_with_rows(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A table of which it is said that there is nothing to report, and which holds rows."""
    filled = {one.stream for one in read.sections if one.rows or not one.is_whole}
    for row in _judged(rule, table):
        if row[rule.at[name][0]] == "yes" and row["section"] in filled:
            yield Hit(row)


@_check
def unanswered_table(rule: Rule, name: str, table: ReadTable, read: Return) -> Iterator[Hit]:
    """A table without rows, of which neither the cover nor its own row says why."""
    silent = (None, NOT_ANSWERED)
    empty = {one.stream for one in read.sections if not one.rows and one.is_whole and one.state in silent}
    for row in _judged(rule, table):
        if row[rule.at[name][0]] != "yes" and row["section"] in empty:
            yield Hit(row)


@_check
def submitted(rule: Rule, _name: str, _table: ReadTable, read: Return) -> Iterator[Hit]:
    """The return was submitted before the quarter's end, or more than `days` after it."""
    last = read.quarter[1]
    days = rule.given.get("days")
    if read.submitted_on < last if days is None else read.submitted_on > last + timedelta(days=days):
        yield Hit({}, "submitted_on")
