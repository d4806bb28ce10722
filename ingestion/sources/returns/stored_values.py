"""Values that formulas had when a workbook was saved, put back after openpyxl, which keeps a formula or its value.

Without them whoever does not calculate (a reader, a preview) finds nothing in a formula's cell.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)(?: t="[a-z]+")?>(<f\b[^>]*(?:/>|>[^<]*</f>))<v ?/></c>')
Values = Mapping[str, Mapping[str, Any]]


def stored_values(path: Path) -> dict[str, dict[str, Any]]:
    """The stored value of every formula's cell, by sheet and cell."""
    from openpyxl import load_workbook

    formulas, values = load_workbook(path), load_workbook(path, data_only=True)
    return {
        sheet.title: {
            cell.coordinate: value
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f" and (value := values[sheet.title][cell.coordinate].value) is not None
        }
        for sheet in formulas.worksheets
    }


def put_back(path: Path, values: Values, parts: Mapping[str, str]) -> None:
    """Write stored values into a workbook that openpyxl wrote. `parts`: the part of each sheet in its archive."""
    by_part = {parts[sheet]: found for sheet, found in values.items() if found and sheet in parts}
    if not by_part:
        return
    whole = path.with_name(f"{path.name}.tmp")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as after:
        for member in before.infolist():
            content = before.read(member)
            if member.filename in by_part:
                content = _filled(content.decode(), by_part[member.filename]).encode()
            after.writestr(member, content)
    shutil.move(whole, path)


def _filled(xml: str, values: Mapping[str, Any]) -> str:
    def with_value(cell: re.Match[str]) -> str:
        at, style, formula = cell.groups()
        if at not in values:
            return cell[0]
        kind, text = _as_stored(values[at])
        return f'<c r="{at}"{style}{kind}>{formula}<v>{text}</v></c>'

    return _FORMULA.sub(with_value, xml)


def _as_stored(value: Any) -> tuple[str, str]:
    """The type and the text of a value in a sheet's XML."""
    from openpyxl.utils.datetime import to_excel

    if isinstance(value, bool):
        return ' t="b"', str(int(value))
    if isinstance(value, (datetime, date, time, timedelta)):
        return "", str(to_excel(value))
    if isinstance(value, str):
        return (' t="e"' if value.startswith("#") and value.isupper() else ' t="str"'), escape(value)
    return "", str(value)
