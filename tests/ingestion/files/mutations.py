"""Mutations of good files that know their structure: bytes, cells, JSON values, members and XML of workbooks.

Every one follows from its seed. They are made when the tests run; none is kept.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

NASTY = (
    "",
    " ",
    "\u00a0",
    "1 5",
    "£2e16",
    "-1",
    "9" * 400,
    "NaN",
    "inf",
    "1e308",
    "-0.000000000000000000000000001",
    "0x10",
    "31/02/2024",
    "2024-13-01",
    "9999-12-31T23:59:60Z",
    "0000-00-00",
    "=1+1",
    "@SUM(A1)",
    "\x00\x07",
    "\ufffe\ufeff",
    "\u202egnirts",
    "a@b.example",
    "07700 900123",
    "x" * 10_000,
    "true",
    "1,234",
    "\uff11\uff12",
    "\u0663",
    "#REF!",
    'a"b',
    "a\nb",
    "Total",
    "null",
)
_XML_VALUES = ("", "-1", "4294967296", "1e999", "NaN", "abc", "99999999999999999999", "0.1", "2958466", "&#65;")
_NO_XML = re.compile("[<&\x00-\x08\ufffe]")
_KINDS = ("s", "str", "inlineStr", "b", "e", "d", "n", "zz")
_JSON = (
    None,
    True,
    False,
    0,
    -1,
    1e300,
    10**60,
    "",
    "x",
    [],
    {},
    [[]],
    [None],
    {"id": 1},
    [{"id": {"id": []}}],
    "\ud83d",
)


def mutated(content: bytes, suffix: str, seed: int) -> bytes:
    """The content with one to three mutations of the kinds that its structure has; never the same content."""
    chance = random.Random(seed)
    changed = content
    for _ in range(chance.choice((1, 1, 2, 3))):
        change = chance.choice((*_STRUCTURED.get(suffix, ()), _bytes))
        changed = change(changed, chance)
    return changed if changed != content else changed + b"\n"


def _bytes(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return b"\x00"
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.choice((1, 2, 8, 64, 512)))
    return chance.choice(
        (
            lambda: content[:start] + bytes([content[start] ^ (1 << chance.randrange(8))]) + content[start + 1 :],
            lambda: content[:start] + content[end:],
            lambda: content[:end] + content[start:],
            lambda: content[:start],
            lambda: content[:start] + chance.randbytes(end - start) + content[end:],
            lambda: (
                content[:start]
                + chance.choice((b"\x00", b"\xff", b"\xe9", b'"', b"\r", b"\xef\xbb\xbf", b"\t"))
                + content[start:]
            ),
            lambda: content.replace(b"\n", b"\r\n"),
            lambda: content * 2,
            lambda: b"",
        )
    )()


def _encoding(content: bytes) -> str:
    return "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"


def _table(content: bytes, chance: random.Random) -> bytes:
    """A table as text: cells, headings, rows, what parts them, the encoding."""
    encoding = _encoding(content)
    text = content.decode(encoding, "replace")
    sign = "\t" if "\t" in text else ","
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign) if row]
    if not rows:
        return content + b"a,b\n"
    _change_rows(rows, chance)
    if chance.random() < 0.15:
        sign = chance.choice((";", "|", "\t", ","))
    if chance.random() < 0.2:
        encoding = chance.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"))
    into = io.StringIO(newline="")
    csv.writer(into, delimiter=sign, lineterminator=chance.choice(("\n", "\r\n", "\r"))).writerows(rows)
    return into.getvalue().encode(encoding, "replace")


def _change_rows(rows: list[list[str]], chance: random.Random) -> None:
    row = chance.choice(rows)
    at = chance.randrange(len(row))
    match chance.randrange(9):
        case 0 | 1 | 2:
            row[at] = chance.choice(NASTY)
        case 3:
            row[at] += chance.choice(NASTY)
        case 4:
            del row[at]
            row.extend([] if row else [""])
        case 5:
            row.insert(at, chance.choice(NASTY))
        case 6:
            rows.insert(chance.randrange(len(rows) + 1), list(row))
        case 7:
            rows.remove(row)
            rows.extend([] if rows else [["x"]])
        case _:
            one, other = (chance.randrange(len(rows[0]) or 1) for _ in "ab")
            for cells in rows:
                if max(one, other) < len(cells):
                    cells[one], cells[other] = cells[other], cells[one]


def _json(content: bytes, chance: random.Random) -> bytes:
    """A value, key or list of a JSON file."""
    try:
        whole = json.loads(content)
    except ValueError:
        return _bytes(content, chance)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            places.append((value, key))
            walk(value[key])

    walk(whole)
    if not places:
        return b"[]"
    holder, key = chance.choice(places)
    match chance.randrange(6):
        case 0 | 1:
            holder[key] = chance.choice(_JSON)
        case 2:
            holder[key] = chance.choice(NASTY)
        case 3:
            del holder[key]
        case 4:
            holder[key] = [holder[key]] * chance.choice((1, 2, 50))
        case _:
            for _ in range(chance.choice((1, 5, 40))):
                holder[key] = {"a": holder[key]} if chance.random() < 0.5 else [holder[key]]
    text = json.dumps(whole, ensure_ascii=chance.random() < 0.5)
    return text.encode(chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")), "surrogatepass")


def _archive(content: bytes, chance: random.Random) -> bytes:
    """Members of a zip: taken out, doubled, renamed, emptied, cut short, damaged within."""
    parts = _parts(content)
    if not parts:
        return _bytes(content, chance)
    name = chance.choice(list(parts))
    match chance.randrange(7):
        case 0:
            del parts[name]
        case 1:
            parts[chance.choice(("x.txt", "../x", name.upper(), "a/b/c.csv", "é.json"))] = parts[name]
        case 2:
            parts[name] = b""
        case 3:
            parts[name] = parts[name][: len(parts[name]) // 2]
        case 4:
            parts[name] = _bytes(parts[name], chance)
        case 5:
            parts[chance.choice(list(parts))] = parts[name]
        case _:
            parts[name] += b" " * chance.choice((1, 1 << 16, 1 << 21))
    return _packed(parts, chance)


def _parts(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - an earlier mutation may have damaged it in any way
        return {}


def _packed(parts: dict[str, bytes], chance: random.Random) -> bytes:
    into = io.BytesIO()
    how = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(into, "w", how) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, how)
    return into.getvalue()


def _sheet(content: bytes, chance: random.Random) -> bytes:
    """The XML of a workbook: a cell's value, type, place or style, rows, names of sheets, shared texts."""
    parts = _parts(content)
    names = [name for name in parts if re.search(r"xl/(worksheets/sheet\d+|workbook|sharedStrings|styles)\.xml", name)]
    if not names:
        return _bytes(content, chance)
    name = chance.choice([*names, *(name for name in names if "worksheets" in name)])
    text = parts[name].decode("utf-8", "replace")
    pattern, change = chance.choice(_XML)
    found = list(re.finditer(pattern, text))
    if not found:
        return _archive(content, chance)
    match = chance.choice(found)
    parts[name] = (text[: match.start()] + change(match, chance) + text[match.end() :]).encode()
    return _packed(parts, chance)


_XML: tuple[tuple[str, Callable[[re.Match[str], random.Random], str]], ...] = (
    (r"<v>[^<]*</v>", lambda _, chance: f"<v>{chance.choice(_XML_VALUES)}</v>"),
    (r"<v>[^<]*</v>", lambda _, chance: f"<f>A1+1</f>{chance.choice(('', '<v/>', '<v>1</v>'))}"),
    (r"<v>[^<]*</v>", lambda match, _: match[0] * 2),
    (r' t="\w+"', lambda _, chance: f' t="{chance.choice(_KINDS)}"'),
    (r' s="\d+"', lambda _, chance: f' s="{chance.choice(("0", "99", "-1", "x"))}"'),
    (
        r' r="[A-Z]+\d+"',
        lambda _, chance: f' r="{chance.choice(("A1", "C3", "ZZ9", "B70000", "1A", "a1", "AAAA1", "A0"))}"',
    ),
    (r'<row r="\d+"', lambda _, chance: f'<row r="{chance.choice(("1", "0", "-1", "x", "70000"))}"'),
    (r"<row .*?</row>", lambda match, chance: match[0] * chance.choice((0, 2))),
    (r"<t[^>]*>[^<]*</t>", lambda _, chance: "<t>" + _NO_XML.sub("", chance.choice(NASTY)) + "</t>"),
    (r'<dimension ref="[^"]*"', lambda _, chance: f'<dimension ref="{chance.choice(("A1", "A1:ZZ9", "", "B2:A1"))}"'),
    (r'sheet name="[^"]*"', lambda _, chance: f'sheet name="{chance.choice(("", "Cover", "x", "Jobs"))}"'),
    (r' r:id="[^"]*"', lambda _, chance: f' r:id="{chance.choice(("rId1", "rId99", ""))}"'),
    (r"</\w+>", lambda _, __: ""),
    (r"<\w+[ />]", lambda match, chance: chance.choice(("<zz>", "<!-- a -->", "<![CDATA[a]]>", "&lt;")) + match[0]),
    (r"numFmtId=\"\d+\"", lambda _, chance: f'numFmtId="{chance.choice(("14", "46", "0", "9999", "x"))}"'),
    (r"count=\"\d+\"", lambda _, chance: f'count="{chance.choice(("0", "1", "100"))}"'),
)
_STRUCTURED: dict[str, tuple[Callable[[bytes, random.Random], bytes], ...]] = {
    ".csv": (_table, _table, _table),
    ".json": (_json, _json, _json),
    ".zip": (_archive, _archive),
    ".xlsx": (_sheet, _sheet, _sheet, _archive),
}
