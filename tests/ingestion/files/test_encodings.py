"""One wrong byte is told of: it neither turns a file into another encoding nor becomes another letter in silence."""

from datetime import UTC, datetime

import pytest

from ingestion.catalogue import SOURCES
from ingestion.files.encodings import encoding_of, is_damaged, open_text
from ingestion.findings import RefusedFile
from ingestion.ingest import ingest_source
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.storage.latest import read_latest

GRANTS = SOURCES["threesixtygiving"].stream("grants")
HEADINGS = (
    "Identifier,Title,Currency,Amount Awarded,Award Date,"
    "Recipient Org:Identifier,Recipient Org:Name,Funding Org:Identifier,Planned Dates:0:Start Date"
)


def grants(*titles, planned=""):
    rows = [
        f"G{at},{title},GBP,{at}00,2024-01-02,GB-COH-01234567,Firm,F,{planned}" for at, title in enumerate(titles, 1)
    ]
    return "\n".join([HEADINGS, *rows]) + "\n"


def night(home, content, name="a.csv"):
    folder = home / "inbox" / "grants"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    report = ingest_source(
        "threesixtygiving", home=home, config={}, clock=datetime(2025, 5, 15, tzinfo=UTC), run_id="r", environment={}
    )
    landed = dict(read_latest(home, "threesixtygiving", GRANTS, ("grant_id", "title")))
    refused = read_latest(home, "quarantine", QUARANTINE, ("place", "cell", "reason_code"))
    told = read_latest(home, "findings", FINDINGS, ("place", "cell", "rule", "severity"))
    return report, landed, refused, told


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Café".encode(), "utf-8"),
        ("Café".encode() + b" \xe9", "utf-8"),
        (b"Caf\xe9", "cp1252"),
        ("Café, Zoë".encode("cp1252") + "é".encode(), "cp1252"),
        (b"plain", "utf-8"),
        (b"", "utf-8"),
        ("Café".encode("utf-16"), "utf-16"),
    ],
)
def test_the_encoding_is_that_of_most_letters(tmp_path, content, encoding):
    (tmp_path / "a.csv").write_bytes(content)
    assert encoding_of(tmp_path / "a.csv") == encoding


def _damaged_at(text, byte):
    """With a byte in the recipient's name on line 4."""
    lines = text.split(b"\n")
    lines[3] = lines[3].replace(b"Firm", b"Firm" + byte)
    return b"\n".join(lines)


def test_one_wrong_byte_refuses_its_row_and_no_other(tmp_path):
    text = _damaged_at(grants("Café", "Zoë", "X", "Ångström").encode(), b"\x96")
    (report, landed, refused, told) = night(tmp_path, text)
    assert landed == {"G1": "Café", "G2": "Zoë", "G4": "Ångström"}
    assert refused == [("a.csv#!4", "G4", "damaged_text")]
    assert told == []
    (stream,) = report.streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_quarantined) == (4, 3, 1)


def test_a_wrong_byte_in_what_is_not_essential_leaves_it_empty(tmp_path):
    text = grants("Café", planned="2024").encode().replace(b",2024\n", b",2024\xa0\n")
    _, landed, refused, told = night(tmp_path, text)
    assert (landed, refused) == ({"G1": "Café"}, [])
    assert told == [("a.csv#!2", "I2", "damaged_text", "warning")]


def test_a_wrong_byte_in_a_column_nobody_reads_is_nobodys_business(tmp_path):
    text = grants("Café").replace("Date\n", "Date,Notes\n").encode().replace(b"Firm,F,\n", b"Firm,F,,\x96\n")
    assert night(tmp_path, text)[1:] == ({"G1": "Café"}, [], [])


def test_windows_1252_is_read_with_a_note(tmp_path):
    _, landed, refused, told = night(tmp_path, grants("Café", "Zoë €5").encode("cp1252"))
    assert (landed, refused) == ({"G1": "Café", "G2": "Zoë €5"}, [])
    assert told == [("a.csv", None, "windows_1252", "note")]


def test_a_byte_that_windows_1252_has_not_refuses_its_row(tmp_path):
    text = _damaged_at(grants("Café", "Zoë", "X").encode("cp1252"), b"\x81")
    _, landed, refused, _ = night(tmp_path, text)
    assert (landed, refused) == ({"G1": "Café", "G2": "Zoë"}, [("a.csv#!4", "G4", "damaged_text")])


def test_utf_16_that_ends_within_a_letter_is_refused_in_words(tmp_path):
    report, landed, *_ = night(tmp_path, grants("Café").encode("utf-16")[:-1])
    assert landed == {}
    assert "it begins as UTF-16" in report.files[0].reason


def test_a_damaged_heading_is_shown_as_such(tmp_path):
    report, landed, *_ = night(tmp_path, grants("Café").encode().replace(b"Award Date", b"Award\xa0Date"))
    assert (report.files[0].status, landed) == ("refused", {})
    assert "Award Date is missing" in report.files[0].reason


def test_a_damaged_json_file_is_refused_whole(tmp_path):
    text = '{"grants": [{"id": "é", "title": "é"}, {"id": "X"}]}'.encode().replace(b"X", b"\x96")
    report, landed, *_ = night(tmp_path, text, "a.json")
    assert (report.files[0].status, report.files[0].error_class, landed) == ("refused", None, {})
    assert "not valid JSON" in report.files[0].reason


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b"])
def test_control_characters_go_at_the_cell_with_a_note(tmp_path, sign):
    # Of one cell too many, the file is read by the csv module; without, by pyarrow.
    for name, end in (("a.csv", "\n"), ("b.csv", ",\n")):
        text = grants(f"T{sign}itle")[:-1] + end
        _, landed, refused, told = night(tmp_path / name, text.encode(), name)
        assert (landed, refused) == ({"G1": "Title"}, [])
        assert told == [(f"{name}#!2", "B2", "control_characters", "note")]


def test_a_report_that_is_no_table_is_refused_with_the_line(tmp_path):
    (tmp_path / "a.csv").write_bytes("é\n".encode() * 3 + b"x\x96\n")
    with pytest.raises(RefusedFile, match=r"line 4 .*\(UTF-8\)"), open_text(tmp_path / "a.csv", whole=True):
        pass
    with open_text(tmp_path / "a.csv") as handle:
        assert [is_damaged(line) for line in handle] == [False, False, False, True]
