"""The scorecard: indicators of the current release against target, the gate, what is late or refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from common.home import release_folder
from evaluation.numbers import millions
from orchestration.cli.options import current_mart, whole_table
from orchestration.night import BLOCKED, DAMAGED, FAILED, PUBLISHED, STOPPED, NightRecord, latest_record
from orchestration.release.integrity import DamagedRelease
from orchestration.release.store import current_release

RAG_STYLE = {
    "green": "green",
    "amber_green": "green",
    "amber": "yellow",
    "amber_red": "red",
    "red": "red",
}


MOST_DRIFTS = 8
MOST_NAMES = 12
MOST_TASKS = 6
# ONS and Treasury renew what is here once a year at least.
OLD_MONTHS = 12


def _number(value: Any, unit: str) -> str:
    return "withheld" if value is None else millions(Decimal(str(value)), unit)


def _query(connection: Any, query: str) -> list[dict[str, Any]]:
    """Rows as dictionaries; what looks like rich's markup in a text (a file may be called `[/b].xlsx`) is just text."""
    relation = connection.sql(query)
    return [
        {
            name: escape(value) if isinstance(value, str) else value
            for name, value in zip(relation.columns, row, strict=True)
        }
        for row in relation.fetchall()
    ]


def _target(row: dict[str, Any]) -> str:
    """The target, or both ends of a range; one that is still to be agreed has neither."""
    if row["target_status"] == "not_stated":
        return "not stated"
    ends = [row[name] for name in ("lower_value", "upper_value") if row[name] is not None] or [row["target_value"]]
    said = " to ".join(_number(end, row["unit"]) for end in ends if end is not None)
    return f"about {said}" if said and row["is_approximate"] else said or "to be agreed"


def _indicators(connection: Any) -> list[Any]:
    table = whole_table("Indicators against target", "", "Indicator", ">Target", ">Verified", ">Claimed", "Rating")
    rows = _query(
        connection,
        """
        SELECT i.indicator_code, i.name, i.unit, p.target_value, p.lower_value, p.upper_value, p.target_status,
            p.is_approximate, i.indicator_key, p.actual_value, p.claimed_value, p.rag, p.rag_reason
        FROM indicator_performance AS p
        INNER JOIN dim_indicator AS i USING (indicator_key)
        WHERE i.is_headline
        ORDER BY i.indicator_code
        """,
    )
    notes = []
    for row in rows:
        is_stated = row["target_status"] != "not_stated"
        rating = "not rated" if row["rag"] is None else row["rag"].replace("_", "/").upper()
        if is_stated:
            notes.append(f"  {row['indicator_code']}: {row['rag_reason']}")
        table.add_row(
            row["indicator_code"],
            f"{row['name']} (FTE)" if row["unit"] == "FTE" else row["name"],
            _target(row),
            _number(row["actual_value"], row["unit"]),
            _number(row["claimed_value"], row["unit"]),
            rating if is_stated else "no target stated",
            style=RAG_STYLE.get(row["rag"] or ""),
        )
    return [
        table,
        "Verified: counted once, with evidence. Claimed: as returned. Never add the two.",
        *notes,
        *_confidence(connection, rows),
    ]


def _confidence(connection: Any, indicators: list[dict[str, Any]]) -> list[str]:
    """How far the figures can be relied on: those of each grade, and why the lower ones are no higher."""
    from evaluation.pack.confidence import read_confidence

    found = read_confidence(connection)
    graded = [
        (row["indicator_code"], found[row["indicator_key"]]) for row in indicators if row["indicator_key"] in found
    ]
    lines = []
    for grade in ("high", "moderate", "low"):
        of_grade = [code if grade == "high" else f"{code} ({one.reason})" for code, one in graded if one.grade == grade]
        if of_grade:
            lines.append(f"[bold]Confidence {grade}[/bold]: {', '.join(of_grade)}")
    return lines


def _by(connection: Any, scope: str) -> Table:
    rows = _query(
        connection,
        f"""
        SELECT v.scope_key, v.period_key, i.indicator_code, i.unit, v.value
        FROM indicator_value AS v
        INNER JOIN dim_indicator AS i USING (indicator_key)
        WHERE i.is_headline AND v.basis = 'verified'
            AND v.scope = '{"partner" if scope == "partner" else "programme"}'
        """,
    )
    label = "scope_key" if scope == "partner" else "period_key"
    codes = sorted({row["indicator_code"] for row in rows})
    cells: dict[tuple[str, str], Decimal | None] = {}
    units = {row["indicator_code"]: row["unit"] for row in rows}
    for row in rows:
        key = (row[label], row["indicator_code"])
        before = cells.get(key, Decimal(0))
        # A sum of which a part is withheld would be smaller in silence.
        cells[key] = None if before is None or row["value"] is None else before + Decimal(str(row["value"]))
    what = "Cluster body" if scope == "partner" else "Quarter"
    table = whole_table(f"Verified, by {what.lower()}", what, *(f">{code}" for code in codes))
    for line in sorted({key[0] for key in cells}):
        table.add_row(line, *_shown(cells, line, units))
    table.caption = _WITHHELD if None in cells.values() else None
    return table


_WITHHELD = "w: withheld; the gate's lines below say why"


def _shown(cells: Mapping[tuple[str, str], Decimal | None], line: str, units: Mapping[str, str]) -> list[str]:
    """A line of figures, by code of indicator; nothing said is nought, None is withheld."""
    found = {code: cells.get((line, code), Decimal(0)) for code in sorted(units)}
    return ["w" if value is None else _number(value, units[code]) for code, value in found.items()]


_NOT_SHOWN = """
    SELECT DISTINCT v.scope, v.scope_key, i.indicator_code
    FROM indicator_value AS v
    INNER JOIN dim_indicator AS i USING (indicator_key)
    WHERE i.is_headline AND v.basis = 'verified' AND v.scope IN ('programme', 'partner') AND v.value IS NULL
"""


# The key of a line of the own counts that is of what no body returned.
NO_BODY = "PROGRAMME"


def _overlap(connection: Any) -> list[Any]:
    """Each body's own count beside what the programme counts once; what several count is a line of its own."""
    # Releases of before November 2026 do not say it.
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'indicator_overlap'").fetchall():
        return []
    rows = _query(
        connection,
        """
        SELECT o.line, o.partner_key, i.indicator_code, i.unit, sum(o.value) AS value
        FROM indicator_overlap AS o
        INNER JOIN dim_indicator AS i USING (indicator_key)
        WHERE i.is_headline
        GROUP BY ALL
        ORDER BY o.partner_key
        """,
    )
    units = {row["indicator_code"]: row["unit"] for row in rows}
    codes = sorted(units)
    named = {"overlap": "less: counted by several", "programme": "the programme, once"}
    cells = {(named.get(row["line"], row["partner_key"]), row["indicator_code"]): row["value"] for row in rows}
    # A quarter of nothing has no line: what is withheld is asked of the figures, else a sum were smaller in silence.
    for row in _query(connection, _NOT_SHOWN):
        for line in named.values() if row["scope"] == "programme" else [row["scope_key"]]:
            cells[line, row["indicator_code"]] = None
    bodies = sorted({row["partner_key"] for row in rows if row["line"] == "partner"})
    table = whole_table("Verified, each body's own count", "Cluster body", *(f">{code}" for code in codes))
    # What no body returned comes from elsewhere, such as grants that were read: it has a line, and is no body.
    for line in (*(body for body in bodies if body != NO_BODY), *({NO_BODY} & {*bodies}), *named.values()):
        table.add_row("no body: read elsewhere" if line == NO_BODY else line, *_shown(cells, line, units))
    table.caption = _WITHHELD if None in cells.values() else None
    return [table]


def _drift(connection: Any) -> list[str]:
    rows = _query(
        connection,
        "SELECT source, stream, message, indicators FROM source_drift WHERE is_latest_run "
        "ORDER BY source, stream, kind, column_name, message",
    )
    if not rows:
        return []
    lines = [
        f"  {row['source']}/{row['stream']}: {row['message']}"
        + (f" (touches {row['indicators']})" if row["indicators"] else "")
        for row in rows[:MOST_DRIFTS]
    ]
    if len(rows) > MOST_DRIFTS:
        lines.append(f'  … and {len(rows) - MOST_DRIFTS} more: wmip sql "SELECT * FROM source_drift"')
    return [f"{len(rows)} change(s) in what sources send:", *lines]


def _sources(connection: Any) -> Table:
    table = whole_table("Sources", "Source", "Tonight", ">Last good read", ">Age", ">Read", ">New", ">Refused")
    rows = _query(
        connection,
        """
        SELECT source,
            CASE
                WHEN bool_or(status = 'failed') THEN 'failed'
                WHEN bool_or(status = 'refused') THEN 'refused'
                WHEN bool_or(status = 'loaded') THEN 'loaded'
                ELSE 'unchanged'
            END AS status,
            min(last_good_read_at) AS last_good,
            max(last_good_read_age_days) AS age,
            sum(rows_read) AS rows_read,
            sum(rows_landed) AS rows_landed,
            sum(rows_quarantined) AS rows_quarantined
        FROM source_run
        WHERE is_latest_run AND status <> 'disabled'
        GROUP BY source
        ORDER BY source
        """,
    )
    for row in rows:
        table.add_row(
            row["source"],
            row["status"],
            "never" if row["last_good"] is None else f"{row['last_good']:%d %b %y %H:%M}",
            "" if row["age"] is None else f"{row['age']} d",
            f"{row['rows_read'] or 0:,}",
            f"{row['rows_landed'] or 0:,}",
            f"{row['rows_quarantined'] or 0:,}",
            style="red" if row["status"] in {"failed", "refused"} else None,
        )
    return table


def _reference(connection: Any) -> list[Any]:
    # Releases of before November 2026 do not say it.
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reference_edition'").fetchall():
        return []
    rows = _query(connection, "SELECT * FROM reference_edition ORDER BY reference_table")
    table = whole_table("Reference data", "Table", "Publisher", ">Edition", ">Age", "Renewed by, in inbox/reference")
    for row in rows:
        age = row["age_months"]
        table.add_row(
            row["reference_table"],
            row["publisher"],
            row["edition"] or "none",
            # A pretend programme's night is older than what the product came with.
            "" if age is None else "newer" if age < 0 else f"{age} months",
            row["renewed_by"],
            style="yellow" if age is not None and age > OLD_MONTHS else None,
        )
    return [table]


def _refusals(connection: Any) -> list[str]:
    lines = []
    rows = _query(
        connection,
        "SELECT source, stream, reason_code, count(DISTINCT place) AS n FROM quarantined_row GROUP BY ALL ORDER BY ALL",
    )
    if rows:
        total = sum(row["n"] for row in rows)
        lines.append(f"[bold]{total} rows in quarantine[/bold]: not counted, kept with their place and reason")
        lines += [f"  {row['n']:>4}  {row['source']}/{row['stream']}  {row['reason_code']}" for row in rows[:12]]
        if len(rows) > 12:
            lines.append(f"  … and {len(rows) - 12} more kinds")
        lines.append('  See them: wmip sql "SELECT place, cell, message FROM quarantined_row"')
    files = _query(connection, "SELECT file_name, reason FROM inbox_file WHERE status = 'refused' ORDER BY 1")
    if files:
        lines.append(f"[bold]{len(files)} files refused whole[/bold] (kept in originals/)")
        lines += [f"  {row['file_name']}: {row['reason']}" for row in files[:10]]
    held = _query(
        connection,
        "SELECT file_name, status, reason FROM inbox_file "
        "QUALIFY status = 'held' AND handled_at = max(handled_at) OVER (PARTITION BY kind, file_name) ORDER BY 1",
    )
    if held:
        lines.append(f"[bold]{len(held)} lists held[/bold]: all of their rows stay in use until this is confirmed")
        lines += [f"  {row['file_name']}: {row['reason']}" for row in held[:10]]
    return lines


def _returns(connection: Any) -> list[str]:
    """Who has not returned a quarter, and who returned it after its deadline, by name; how complete the newest is."""
    rows = _query(
        connection,
        """
        SELECT r.partner_key || ' ' || r.period_key AS what, r.is_received, r.first_submitted_on - p.ends_on AS days
        FROM return_expected AS r
        INNER JOIN dim_period AS p USING (period_key)
        WHERE NOT r.is_waived AND NOT r.is_on_time
        ORDER BY r.period_key DESC, r.partner_key
        """,
    )
    missing = [row["what"] for row in rows if not row["is_received"]]
    late = [f"{row['what']} ({row['days']} days after its end)" for row in rows if row["is_received"]]
    return [
        f"[bold]{label}[/bold]: {', '.join(names[:MOST_NAMES])}"
        + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
        for label, names in ((f"{len(missing)} returns missing", missing), (f"{len(late)} returns late", late))
        if names
    ]


def _reconciliation(connection: Any) -> list[Any]:
    """What bodies returned beside what platforms and CRMs hold, by who has to settle it, and the newest tasks."""
    # Releases of before November 2026 do not say it.
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reconciliation'").fetchall():
        return []
    rows = _query(
        connection,
        """
        SELECT owner,
            count(*) FILTER (agreement IN ('agrees', 'within_tolerance')) AS agree,
            count(*) FILTER (agreement = 'differs') AS differ,
            count(*) FILTER (agreement = 'only_returned') AS only_returned,
            count(*) FILTER (agreement = 'only_held') AS only_held,
            count(*) FILTER (agreement = 'awaiting_return') AS awaiting
        FROM reconciliation
        GROUP BY owner
        ORDER BY owner
        """,
    )
    if not rows:
        return []
    table = whole_table("Returned, beside event platforms and CRMs",
        "To settle by", ">Agree", ">Differ", ">Only returned", ">Only held", ">Awaited",
    )  # fmt: skip
    for row in rows:
        table.add_row(row["owner"], *(f"{count:,}" for name, count in row.items() if name != "owner"))
    tasks = _query(
        connection,
        "SELECT owner, period_key, task FROM reconciliation WHERE task IS NOT NULL "
        "ORDER BY period_key DESC, owner, reconciliation_key",
    )
    lines = [f"  {row['owner']} {row['period_key']}: {row['task']}" for row in tasks[:MOST_TASKS]]
    if len(tasks) > MOST_TASKS:
        lines.append(f'  … and {len(tasks) - MOST_TASKS} more: wmip sql "SELECT owner, task FROM reconciliation"')
    return [table, *lines]


def _restatements(connection: Any) -> list[str]:
    """What is known of locked quarters otherwise than they say, the material in full."""
    from evaluation.pack.restatement import read_locked_restatements

    material = read_locked_restatements(connection)
    (counts,) = (
        _query(connection, "SELECT count(*) FILTER (is_open) AS waiting FROM indicator_restatement")
        if connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'indicator_restatement'").fetchall()
        else [{"waiting": 0}]
    )
    lines = []
    if counts["waiting"]:
        lines.append(f"[bold]{counts['waiting']} restatement(s) wait[/bold]: `wmip returns restatements` lists them")
    if material:
        lines.append(f"[bold]{len(material)} material restatement(s)[/bold] of locked quarters")
        lines += [
            f"  {one.indicator_key} {one.partner_key} {one.period_key}: locked {one.locked:f}, known {one.known:f} "
            f"({one.standing}; {one.causes})"
            for one in material[:MOST_NAMES]
        ]
    return lines


def _identity(connection: Any) -> list[str]:
    """Pairs of organisations that wait for people, what hangs on them, and between what the figures lie."""
    from evaluation.pack.identity import read_waiting

    waiting = read_waiting(connection)
    if not waiting.pairs:
        return []
    figures = _query(
        connection,
        "SELECT i.indicator_code, i.indicator_key, i.unit, p.actual_value FROM indicator_performance AS p "
        "INNER JOIN dim_indicator AS i USING (indicator_key) ORDER BY i.indicator_code",
    )
    hanging = f"{waiting.counted_facts} counted fact(s) hang on them"
    lines = [f"[bold]{waiting.pairs} pair(s) of organisations wait[/bold], {hanging}: `wmip organisations review`"]
    for row in figures:
        if interval := waiting.intervals.get(row["indicator_key"]):
            least, most, same, now = (
                _number(value, row["unit"])
                for value in (interval.lower, interval.upper, interval.all_same, row["actual_value"])
            )
            lines.append(
                f"  {row['indicator_code']}: {now} while all are taken to be two, {same} if all are one; "
                f"{least} to {most} whatever is decided"
            )
    return lines


def _gate(connection: Any) -> list[str]:
    from evaluation.pack.assurance import read_kept_back

    (counts,) = _query(
        connection,
        "SELECT count(*) AS checks, count(*) FILTER (outcome = 'passed') AS passed, "
        "count(*) FILTER (outcome = 'not_applicable') AS not_applicable FROM quality_result",
    )
    aside = f", {counts['not_applicable']} do not apply" if counts["not_applicable"] else ""
    lines = [f"[bold]Gate passed[/bold]: {counts['passed']} of {counts['checks']} checks hold{aside}"]
    warnings = _query(
        connection,
        "SELECT check_name, table_name, meaning, observed FROM quality_result WHERE outcome = 'failed' ORDER BY 1",
    )
    kept_back = read_kept_back(connection)
    lines += [f"  [red]{row.status}[/red]: {row.what}: {row.reason} ({row.rule})" for row in kept_back[:MOST_NAMES]]
    if len(kept_back) > MOST_NAMES:
        lines.append(f'  … and {len(kept_back) - MOST_NAMES} more: wmip sql "FROM quality_consequence"')
    told = {row.rule for row in kept_back}
    lines += [
        f"  warning: {row['meaning']} ({row['check_name']}: {row['observed']})"
        for row in warnings
        if row["check_name"] not in told
    ]
    return lines


_BECAME = {
    BLOCKED: "The night was blocked by its gate",
    FAILED: "The night failed",
    STOPPED: "The night was stopped",
    DAMAGED: "What the night said of itself is damaged",
}


def what_became_of(record: NightRecord) -> str:
    """How a night that published nothing ended, in a few words."""
    return _BECAME.get(record.outcome, "The night did not end")


def _last_night(record: NightRecord | None, serves: str) -> Panel | None:
    if record is None or record.outcome in {PUBLISHED, "unchanged"}:
        return None
    return Panel(
        escape(f"{record.message or 'It left no message.'}\n\n{serves}."),
        title=what_became_of(record).replace("night", "last night", 1),
        border_style="red",
    )


def what_serves(home: Path) -> str:
    """What readers see, as the end of a sentence about a night that published nothing."""
    try:
        serving = current_release(home)
    except DamagedRelease as damage:
        return str(damage)
    return f"Release {serving} keeps serving" if serving else "Nothing has been published yet"


def print_night(console: Console, home: Path, record: NightRecord | None) -> None:
    """Print the banner of a night when it published nothing, on its own."""
    banner = _last_night(record, what_serves(home))
    if banner is not None:
        console.print(banner)


def print_scorecard(console: Console, home: Path, by: str | None = None) -> None:
    """Print the scorecard of the current release, and of the last night when that published nothing.

    `by` adds a table of verified figures by `quarter` or `partner`. Raises UserError when there is no release to show,
    NightFailed when it is not the one that was published.
    """
    import duckdb

    print_night(console, home, latest_record(home))
    mart = current_mart(home)
    with duckdb.connect(str(mart.resolve()), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        (info,) = _query(connection, "SELECT * FROM release_info")
        parts: list[Any] = [
            Panel(
                f"Release [bold]{info['release_id']}[/bold], "
                f"data as of {info['data_as_of']:%d %b %Y %H:%M} UTC, "
                f"code {info['code_version']}",
                title="Scorecard",
                title_align="left",
            ),
            *_indicators(connection),
        ]
        if by:
            parts.append(_by(connection, by))
            parts += _overlap(connection) if by == "partner" else []
        parts.append(_sources(connection))
        parts += _reference(connection)
        parts += _drift(connection)
        parts += _returns(connection)
        parts += _reconciliation(connection)
        parts += _restatements(connection)
        parts += _identity(connection)
        parts += _gate(connection)
        parts += _refusals(connection)
    release = release_folder(home, info["release_id"])
    parts.append(f"Report: {release / 'pack' / 'report.html'}\nReceipt: {release / 'receipt.html'}")
    console.print(Group(*parts))
