"""An archive whose packed bytes are damaged, whatever it was packed by, is told of wherever archives are opened."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingestion.files.editions import headings_of
from ingestion.files.table_files import unpacked
from ingestion.findings import RefusedFile
from orchestration.privacy import rewriting


@pytest.fixture(params=[zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2], ids=["deflate", "lzma", "bzip2"])
def damaged(request, tmp_path) -> Path:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w", request.param) as archive:
        archive.writestr("list.csv", "".join(f"row {number},{number * 7919}\n" for number in range(3000)))
    content = bytearray(path.read_bytes())
    content[80:200] = bytes(byte ^ 0x5A for byte in content[80:200])
    path.write_bytes(content)
    return path


def test_a_reader_refuses_it(damaged, tmp_path):
    with pytest.raises(RefusedFile, match="the zip cannot be opened"), unpacked(damaged, tmp_path / "into"):
        pass


def test_it_has_no_headings(damaged):
    assert headings_of(damaged) == frozenset()


def test_an_erasure_goes_by_it_and_changes_nothing(damaged):
    assert rewriting._rewrite_zip(damaged, str.upper, staging=None) == 0
