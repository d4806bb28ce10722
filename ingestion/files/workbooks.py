"""Workbooks as people send them: of Excel (.xlsx, .xlsm, .xls) and LibreOffice (.ods), and sheets saved as .csv.

What a file is, is told from its content: a workbook keeps its right name when it is renamed, and a web page that is
called .xls is none. What cannot be read is refused with what to do in the program it comes from.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Protocol

from ingestion.files.archives import UNREADABLE_ARCHIVE
from ingestion.files.excel import DAMAGED, ExcelBook
from ingestion.files.excel97 import Excel97Book, IsEncryptedError
from ingestion.files.limits import limits
from ingestion.files.opendocument import OpenDocumentBook
from ingestion.files.sheets import MEGABYTE, NumberedCells, Sheet, refusal
from ingestion.findings import RefusedFile

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_LOCKED = (
    "asks for a password, so that nothing of it can be read; take the password off (in Excel: File > Info > Protect "
    "Workbook > Encrypt with Password, empty it, save) and give it again"
)
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<div", b"<style")


class _Book(Protocol):
    sheets: dict[str, Sheet]

    def cells(self, sheet: Sheet) -> NumberedCells: ...


class Workbook:
    """An open workbook that is within the limits. Raises RefusedFile when made of what is no workbook."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > limits().workbook_megabytes * MEGABYTE:
            raise RefusedFile(
                f"the workbook is larger than {limits().workbook_megabytes} MB; split it, or give it as CSV"
            )
        self._book = _opened(path)

    @property
    def sheet_names(self) -> list[str]:
        """Names of the sheets that hold cells, in the workbook's order; in place of one that holds contact details its
        number. Rows are landed and findings placed by these names.
        """
        return list(self._book.sheets)

    def rows(self, name: str) -> NumberedCells:
        """The rows of a sheet from the first, numbered from 1, their cells from column A."""
        sheet = self._book.sheets[name]
        return sheet.overlaid(self._book.cells(sheet))

    def hidden_rows(self, name: str) -> list[int]:
        """Numbers of the rows of a sheet that are hidden."""
        return self._book.sheets[name].hidden


def _opened(path: Path) -> _Book:
    with path.open("rb") as handle:
        start = handle.read(512)
    if start.startswith(b"PK"):
        return _of_archive(path)
    if start.startswith(_OLE):
        return _of_compound(path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        from ingestion.files.sheets_of_text import TextBook

        return TextBook.of_file(path)
    if not start:
        raise RefusedFile("the file is empty (0 bytes), and no workbook; save the workbook again and give that file")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise RefusedFile(
            "is a web page or XML, whatever its name says, and no workbook; open it in Excel and save it as Excel "
            "Workbook (.xlsx)"
        )
    raise RefusedFile(f"{DAMAGED}. Returns are workbooks: Excel Workbook (.xlsx)")


def _of_archive(path: Path) -> _Book:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
            is_opendocument = "content.xml" in names and "mimetype" in names
    except (*UNREADABLE_ARCHIVE, OSError, ValueError) as error:
        raise refusal(error, DAMAGED) from None
    if is_opendocument:
        return OpenDocumentBook(path)
    if any(name.startswith("xl/") and name.endswith("workbook.bin") for name in names):
        raise RefusedFile("is a binary workbook (.xlsb); open it in Excel and save it as Excel Workbook (.xlsx)")
    if path.suffix.lower() == ".zip" and not any(name.startswith("xl/") for name in names):
        from ingestion.files.sheets_of_text import TextBook

        return TextBook.of_archive(path)
    return ExcelBook(path)


def _of_compound(path: Path) -> _Book:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise RefusedFile(_LOCKED)
    try:
        return Excel97Book(content)
    except IsEncryptedError:
        raise RefusedFile(_LOCKED) from None
