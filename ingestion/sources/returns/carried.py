"""What a body returned before, with which its next workbook begins: the rows that its contract carries forward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from common.home import stream_folder
from ingestion.catalogue import SOURCES
from ingestion.sources.returns.contract import Carried, ReturnContract, Table
from ingestion.sources.returns.references import reference_key
from ingestion.storage.latest import read_latest

Row = Mapping[str, str | None]


def carried_rows(home: Path, contract: ReturnContract, partner_code: str, period_key: str) -> dict[str, list[Row]]:
    """Landed rows of a body by table, as its earlier quarters last said them; none from a home without returns.

    Of each quarter the workbook with the highest submission number counts, of each record the latest quarter's row.
    """
    if not stream_folder(home, "returns", "covers").is_dir():
        return {}
    files = _files(home, partner_code, period_key)
    return {
        table.table: list(_standing(home, table, table.carried, files, period_key))
        for table in contract.tables
        if table.carried is not None and stream_folder(home, "returns", table.stream).is_dir()
    }


def _files(home: Path, partner_code: str, period_key: str) -> dict[str, str]:
    """The workbooks that count of the quarters before, each with its quarter."""
    counted: dict[str, tuple[int, str]] = {}
    columns = ("partner_code", "period_key", "submission_number", "file_sha256")
    for partner, period, number, sha256 in read_latest(home, "returns", SOURCES["returns"].stream("covers"), columns):
        if partner == partner_code and period < period_key:
            counted[period] = max(counted.get(period, (0, "")), (int(number), sha256))
    return {sha256: period for period, (_, sha256) in counted.items()}


def _standing(home: Path, table: Table, carried: Carried, files: Mapping[str, str], period_key: str) -> Iterator[Row]:
    names = [column.name for column in table.columns]
    latest: dict[tuple[str, ...], tuple[str, Row]] = {}
    told_apart = (*table.reference, *((table.within[1],) if table.within else ()))
    for sha256, *landed in read_latest(
        home, "returns", SOURCES["returns"].stream(table.stream), ("file_sha256", *names)
    ):
        if sha256 not in files:
            continue
        row = dict(zip(names, landed, strict=True))
        record = tuple(reference_key(row[name]) for name in told_apart)
        if record not in latest or latest[record][0] <= files[sha256]:
            latest[record] = (files[sha256], row)
    for _, (_, standing) in sorted(latest.items()):
        if _is_carried(carried, standing, period_key):
            yield standing


def _is_carried(carried: Carried, row: Row, period_key: str) -> bool:
    if carried.from_period and (row[carried.from_period] or "") < period_key:
        return False
    return all((row[name] or "") in wanted for name, wanted in carried.where.items())
