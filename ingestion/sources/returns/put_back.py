"""What openpyxl drops of a workbook that it reads and writes, put back.

It keeps a formula or the value it had: without the value whoever does not calculate (a reader, a preview) finds nothing
in a formula's cell. And it drops the drop-downs and colours that Excel writes as an extension of a sheet, which are all
those that take their values from another sheet.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

from ingestion.files.excel import sheet_parts

_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)(?: t="[a-z]+")?>(<f\b[^>]*(?:/>|>[^<]*</f>))<v ?/></c>')
_EXTENSIONS = {"{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}", "{78C0D931-6437-407d-A8EE-F0AAD7539E65}"}
"""Drop-downs, and colours by condition (MS-XLSX 2.2.4.2 and 2.2.4.1)."""
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_PREFIXES = {"x14": _X14, "xm": "http://schemas.microsoft.com/office/excel/2006/main"}
_REVISION = "{http://schemas.microsoft.com/office/spreadsheetml/20"
_UNKEPT = re.compile(rb"</(?:\w+:)?(?:pic|sp)>")


@dataclass(frozen=True)
class Dropped:
    """What openpyxl drops: the stored value of every formula's cell, by sheet and cell; the extensions of a sheet as
    XML. `has_pictures`: there are pictures or shapes, which are not put back.
    """

    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
    has_pictures: bool = False


def dropped_of(path: Path) -> Dropped:
    """What openpyxl drops of a workbook."""
    with zipfile.ZipFile(path) as archive:
        extensions = {sheet: _extensions(archive.open(part)) for sheet, part in sheet_parts(archive).items()}
        drawings = [name for name in archive.namelist() if name.startswith("xl/drawings/drawing")]
        has_pictures = any(_UNKEPT.search(archive.read(name)) for name in drawings)
    return Dropped(_values(path), {sheet: xml for sheet, xml in extensions.items() if xml}, has_pictures)


def put_back(path: Path, dropped: Dropped, parts: Mapping[str, str]) -> None:
    """Write what was dropped into a workbook that openpyxl wrote. `parts`: the part of each sheet in its archive."""
    sheets = {part: sheet for sheet, part in parts.items() if dropped.values.get(sheet) or sheet in dropped.extensions}
    if not sheets:
        return
    whole = path.with_name(f"{path.name}.tmp")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as after:
        for member in before.infolist():
            content = before.read(member)
            sheet = sheets.get(member.filename)
            if sheet is not None:
                xml = _filled(content.decode(), dropped.values.get(sheet, {}))
                # The last of what a sheet may hold.
                content = xml.replace("</worksheet>", f"{dropped.extensions.get(sheet, '')}</worksheet>").encode()
            after.writestr(member, content)
    shutil.move(whole, path)


def _extensions(part: IO[bytes]) -> str:
    """The extensions of a sheet that are put back, as its `extLst`; empty where it has none."""
    from openpyxl.xml.functions import register_namespace as register
    from openpyxl.xml.functions import tostring

    for prefix, uri in _PREFIXES.items():
        register(prefix, uri)
    found = []
    for extension in _of_sheet(part):
        for element in extension.iter():
            for name in [name for name in element.attrib if name.startswith(_REVISION)]:
                # Whose edit it was: openpyxl's sheets do not say that readers may pass over it.
                del element.attrib[name]
        inner = "".join(tostring(child, encoding="unicode") for child in extension)
        found.append(f'<ext uri="{extension.get("uri")}" xmlns:x14="{_X14}">{inner}</ext>')
    return f"<extLst>{''.join(found)}</extLst>" if found else ""


def _of_sheet(part: IO[bytes]) -> Iterator[Any]:
    """The elements of a sheet's own extensions, its rows forgotten as they pass."""
    from openpyxl.xml.functions import iterparse

    depth = 0
    for event, element in iterparse(part, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 2 and element.get("uri") in _EXTENSIONS:
            yield element
        elif event == "end" and element.tag.endswith("}row"):
            element.clear()


def _values(path: Path) -> dict[str, dict[str, Any]]:
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
    from openpyxl.cell.cell import ERROR_CODES
    from openpyxl.utils.datetime import to_excel

    if isinstance(value, bool):
        return ' t="b"', str(int(value))
    if isinstance(value, (datetime, date, time, timedelta)):
        return "", str(to_excel(value))
    if isinstance(value, str):
        return (' t="e"' if value in ERROR_CODES else ' t="str"'), escape(value)
    return "", str(value)
