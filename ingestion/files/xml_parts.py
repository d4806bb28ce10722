"""The XML inside a workbook, read block by block."""

from __future__ import annotations

import zipfile
from typing import Any
from xml.parsers import expat

from ingestion.findings import RefusedFile

_BLOCK = 1 << 20


def xml_parser(damaged: str) -> expat.XMLParserType:
    """A parser that refuses, with these words, a document type: no workbook has one, and its entities could be as large
    as they like.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise RefusedFile(damaged)

    parser.StartDoctypeDeclHandler = refuse
    return parser


def feed(parser: expat.XMLParserType, archive: zipfile.ZipFile, part: str) -> None:
    """Parse a part of an archive."""
    with archive.open(part) as packed:
        while block := packed.read(_BLOCK):
            parser.Parse(block, False)
    parser.Parse(b"", True)
