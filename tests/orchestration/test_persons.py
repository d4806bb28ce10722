"""Erasure, rotation and retention on a released home: nothing of the person is left, no figure moves."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from common.home import links_file, registry_file
from identity.decisions import Decision, Record, Verdict, read_decisions, record
from identity.links import LINK_SCHEMA
from identity.resolve import REGISTRY_SCHEMA
from ingestion.persons.erasures import PENDING, pseudonym_key, read_erasures
from ingestion.persons.pseudonyms import PseudonymKey, person_key
from orchestration.cli.main import app
from orchestration.errors import NightFailed, UserError
from orchestration.privacy import persons, staging
from orchestration.privacy.retention import apply_retention, months_before
from orchestration.privacy.rewriting import change_text
from orchestration.release.integrity import verify
from orchestration.run_night import run_night
from tests.conftest import SMALL, wmip

KEY = "sandbox-pseudonym-key"
ENVIRONMENT = {"WMIP_PSEUDONYM_KEY": KEY}
CLOCK = datetime(2025, 6, 1, 2, tzinfo=UTC)
FIGURES = ("indicator_value", "indicator_performance")


def _key(home: Path, text: str = KEY) -> PseudonymKey:
    return pseudonym_key(home, {"WMIP_PSEUDONYM_KEY": text}, CLOCK)


def _rows(home: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str((home / "releases/current/mart.duckdb").resolve()), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _figures(home: Path) -> dict[str, list[tuple]]:
    totals = _rows(home, "SELECT event_key, count(*), count(DISTINCT person_key) FROM fct_event_attendance GROUP BY 1")
    return {"events": sorted(totals), **{name: _rows(home, f"FROM {name} ORDER BY ALL") for name in FIGURES}}


def _busiest(home: Path) -> str:
    """The address of the person at most events."""
    counts = dict(_rows(home, "SELECT person_key, count(*) FROM fct_event_attendance GROUP BY 1"))
    people = json.loads((home / "sandbox_truth.json").read_text(encoding="utf-8"))["people"]
    return max((person["email"] for person in people), key=lambda email: counts.get(person_key(email, KEY), 0))


def _forget_truth(home: Path) -> None:
    """What the sandbox tells its tests of persons is no part of a home."""
    path = home / "sandbox_truth.json"
    truth = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**truth, "people": []}), encoding="utf-8")


def _texts(path: Path) -> list[str]:
    """All a file can be read as: its bytes, the parts of an archive, the cells of a table."""
    content = path.read_bytes()
    texts = [content.decode("latin-1"), content.decode("utf-16-le", errors="replace")]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name).decode("latin-1") for name in archive.namelist()]
        texts += [*parts, *(re.sub("<[^>]*>", "", part) for part in parts)]
    elif path.suffix == ".parquet":
        table = pq.ParquetFile(path).read()
        texts += [str(value) for column in table.columns for value in column.to_pylist() if value is not None]
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                rows = connection.execute(f'FROM "{schema}"."{name}"').fetchall()
                texts += [str(value) for row in rows for value in row if isinstance(value, str)]
    return texts


def _traces(home: Path, address: str) -> list[str]:
    """Files of a home in which the person is named, by address, a variant of it, or pseudonym."""
    local, _, domain = address.partition("@")
    pseudonym = person_key(address, KEY)
    named = re.compile(rf"(?i){re.escape(local)}(?:\+\w+)?@{re.escape(domain)}|{pseudonym}")
    return [
        str(path.relative_to(home))
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.is_symlink() and any(named.search(text) for text in _texts(path))
    ]


def _workbook(path: Path, strings: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si>{strings}</si></sst>")


def _plant(home: Path, address: str) -> dict[str, Path]:
    """Files as people send them that name the person, kept as originals or lying in the inbox."""
    local, _, domain = address.partition("@")
    originals, inbox = home / "originals", home / "inbox" / "returns"
    planted = {
        "text": originals / "text",
        "utf-16": originals / "utf-16",
        "workbook": originals / "workbook",
        "rich workbook": originals / "rich",
        "picture": originals / "picture",
        "unread": inbox / "~not read yet.csv",
    }
    planted["text"].write_text(f"a,'{local}+news@{domain}',b\n", encoding="utf-8")
    planted["utf-16"].write_text(f"mailto:{address}\n", encoding="utf-16")
    _workbook(planted["workbook"], f"<t>{address.upper()}; other.person@{domain}</t>")
    _workbook(planted["rich workbook"], f"<r><t>{address[:3]}</t></r><r><t>{address[3:]}</t></r>")
    planted["picture"].write_bytes(b"\x89PNG\0\0" + address.encode() + b"\0\0")
    planted["unread"].write_text(f"name\n{address.title()}\n", encoding="utf-8")
    return planted


def test_an_erased_person_is_nowhere_and_no_figure_moves(small_copy, monkeypatch):
    home = small_copy
    address, before = _busiest(home), _figures(home)
    planted = _plant(home, address)
    _forget_truth(home)
    assert len(_traces(home, address)) > len(planted), "there must be something to erase"
    monkeypatch.setenv("WMIP_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "200")
    run = CliRunner()

    files = {path: path.read_bytes() for path in home.rglob("*.parquet")}
    shown = run.invoke(app, ["erase", "--person", "--dry-run", "--home", str(home)], input=address + "\n")
    assert shown.exit_code == 0, shown.output
    assert {path: path.read_bytes() for path in home.rglob("*.parquet")} == files, "a dry run changes nothing"
    assert read_erasures(home) == []

    local, _, domain = address.partition("@")
    variant = f" {local.upper()}+x@{domain.title()} "
    done = run.invoke(app, ["erase", "--person", "--home", str(home)], input=variant + "\n")
    assert done.exit_code == 0, done.output
    assert "ERASED-1" in done.output
    assert all("docs/privacy.md" in output for output in (shown.output, done.output)), "names stay: that is said"
    assert local.lower() not in (shown.output + done.output).lower()
    counted = [[cell for cell in line.split() if cell.isdigit()] for line in (shown.output, done.output)]
    assert counted[0] == counted[1], "the dry run says what is done"
    assert _traces(home, address) == []
    assert _figures(home) == before
    assert _rows(home, "SELECT count(*) FROM dim_person WHERE person_key = 'ERASED-1'") == [(1,)]
    assert _rows(home, "SELECT count(comment) > 100 FROM duckdb_columns()") == [(True,)], "descriptions stay"
    current = (home / "releases" / "current").resolve().name
    assert verify(home, current) == []
    manifest = json.loads((home / "releases" / current / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["reason"] for entry in manifest["rewritten"]] == ["erasure ERASED-1"]
    assert planted["text"].read_text(encoding="utf-8") == "a,'ERASED-1',b\n"
    with zipfile.ZipFile(planted["workbook"]) as archive:
        assert b"<t>ERASED-1; other.person@" in archive.read("xl/sharedStrings.xml")
    assert planted["utf-16"].read_text(encoding="utf-16") == "mailto:ERASED-1\n"
    assert not planted["rich workbook"].exists(), "an address in pieces goes with its file"
    assert not planted["picture"].exists()

    again = run.invoke(app, ["erase", "--person", "--home", str(home)], input=address + "\n")
    assert again.exit_code == 0, again.output
    (entry,) = read_erasures(home)
    assert (entry.token, entry.status) == ("ERASED-1", "done")
    assert person_key(address, _key(home)) == "ERASED-1"


@pytest.mark.slow
def test_the_next_night_does_not_bring_the_person_back(small_copy):
    home = small_copy
    address, before = _busiest(home), _figures(home)
    persons.erase_person(home, address, _key(home), CLOCK)
    landed = {path.name for path in (home / "landing/eventbrite/attendees").iterdir()}
    night = wmip("demo", "--home", home, "--scale", f"{SMALL:g}")
    assert night.returncode == 0, night.stdout + night.stderr
    _forget_truth(home)
    assert {path.name for path in (home / "landing/eventbrite/attendees").iterdir()} == landed
    assert _traces(home, address) == []
    assert _figures(home) == before


@pytest.mark.slow
def test_a_crash_leaves_all_or_the_next_start_completes(small_copy, monkeypatch):
    home = small_copy
    address, before = _busiest(home), _figures(home)
    _forget_truth(home)
    with monkeypatch.context() as patched:
        patched.setattr(persons, "_seal_releases", _die)
        with pytest.raises(KeyboardInterrupt):
            persons.erase_person(home, address, _key(home), CLOCK)
    assert [entry.status for entry in read_erasures(home)] == [PENDING]
    assert person_key(address, _key(home)) == "ERASED-1", "suppressed as soon as it was asked for"
    assert verify(home, (home / "releases" / "current").resolve().name) == []

    switched = []

    def dying(self: Path, target: Path) -> Path:
        switched.append(target)
        if len(switched) == 4:
            raise KeyboardInterrupt
        return Path.rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(staging.Path, "replace", dying)
        with pytest.raises(KeyboardInterrupt):
            persons.complete(home, _key(home), CLOCK)
    persons.settle(home, ENVIRONMENT, CLOCK)
    assert [entry.status for entry in read_erasures(home)] == ["done"]
    assert verify(home, (home / "releases" / "current").resolve().name) == []
    assert _traces(home, address) == []
    assert _figures(home) == before
    assert not (home / "privacy" / "staged").exists()


def _die(*_arguments: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_rotation_keeps_every_figure_and_every_person(small_copy):
    home = small_copy
    erased, other = "erased.person@example.org", _busiest(home)
    persons.erase_person(home, erased, _key(home), CLOCK)
    before, people = _figures(home), _rows(home, "SELECT count(*) FROM dim_person")
    old = person_key(other, KEY)
    with pytest.raises(UserError, match="WMIP_PSEUDONYM_KEY_NEXT"):
        persons.rotate(home, _key(home), ENVIRONMENT, CLOCK)
    persons.rotate(home, _key(home), {"WMIP_PSEUDONYM_KEY_NEXT": "second"}, CLOCK)
    assert _figures(home) == before
    assert _rows(home, "SELECT count(*) FROM dim_person") == people
    both = _key(home, f"{KEY} second")
    new = person_key(other, both)
    assert new != old
    assert _rows(home, f"SELECT count(*) FROM dim_person WHERE person_key = '{new}'") == [(1,)]
    assert not any(old in text for path in home.rglob("*.parquet") for text in _texts(path))
    assert person_key(erased, both) == "ERASED-1", "erased under the old key, erased under the new"
    assert verify(home, (home / "releases" / "current").resolve().name) == []

    for wrong, said in ((KEY, "2 parts"), ("another", "key of before"), (f"{KEY} second third", "rotate-key")):
        with pytest.raises(UserError, match=said):
            persons.settle(home, {"WMIP_PSEUDONYM_KEY": wrong}, CLOCK)
    persons.settle(home, {}, CLOCK)

    persons.erase_person(home, other, both, CLOCK)
    assert _rows(home, "SELECT count(*) FROM dim_person WHERE person_key = 'ERASED-2'") == [(1,)]
    assert _figures(home) == before


def test_a_night_with_another_key_is_refused_and_says_why(tmp_path, monkeypatch):
    _key(tmp_path, "first")
    monkeypatch.setenv("WMIP_PSEUDONYM_KEY", "other")
    record = run_night(tmp_path, lambda *_said: None)
    assert record.outcome == "failed"
    assert record.message.startswith("WMIP_PSEUDONYM_KEY has the fingerprint")
    assert not (tmp_path / "landing").exists()


@pytest.mark.slow
def test_retention_lets_go_by_the_clock_it_is_given(small_copy):
    home = small_copy
    before = _figures(home)
    originals = len(list((home / "originals").iterdir()))
    limits = {"person_keys_months": 24, "originals_months": 3}
    assert apply_retention(home, CLOCK, ENVIRONMENT, person_keys_months=None, originals_months=None) == {}
    assert apply_retention(home, CLOCK, ENVIRONMENT, **limits) == {"originals": 0, "person_keys": 0}
    assert not (home / "privacy" / "retention.jsonl").exists()
    summer = datetime(2025, 8, 16, tzinfo=UTC)
    gone = apply_retention(home, summer, ENVIRONMENT, **limits)
    assert gone["person_keys"] == 0
    assert gone["originals"] >= originals
    assert list((home / "originals").iterdir()) == []
    later = datetime(2027, 5, 16, tzinfo=UTC)
    gone = apply_retention(home, later, ENVIRONMENT, **limits)
    assert gone["person_keys"] == len(read_erasures(home)) > 100
    assert _rows(home, "SELECT count(*) FROM dim_person WHERE person_key LIKE 'p!_%' ESCAPE '!'") == [(0,)]
    assert _figures(home) == before
    assert apply_retention(home, later, ENVIRONMENT, **limits) == {"originals": 0, "person_keys": 0}
    log = [json.loads(line) for line in (home / "privacy" / "retention.jsonl").read_text().splitlines()]
    assert [line["at"] for line in log] == [summer.isoformat(), later.isoformat()]


@pytest.mark.parametrize(
    ("clock", "months", "expected"),
    [
        (datetime(2025, 3, 31, tzinfo=UTC), 1, datetime(2025, 2, 28, tzinfo=UTC)),
        (datetime(2025, 1, 15, tzinfo=UTC), 1, datetime(2024, 12, 15, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, datetime(2023, 2, 28, tzinfo=UTC)),
    ],
)
def test_months_end_on_days_that_exist(clock, months, expected):
    assert months_before(clock, months) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ("--person", "jane@example.org"),
        ("--person=jane@example.org",),
        ("--email", "jane@example.org"),
        ("jane@example.org",),
    ],
)
def test_an_address_on_the_command_line_is_refused_and_not_repeated(tmp_path, arguments):
    result = wmip("erase", *arguments, "--home", tmp_path)
    assert result.returncode == 2
    assert "jane" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("typed", ["", "jane", "jane@", "jane at example.org"])
def test_what_is_no_address_is_refused_and_not_repeated(tmp_path, monkeypatch, typed):
    monkeypatch.setenv("WMIP_PSEUDONYM_KEY", KEY)
    result = CliRunner().invoke(app, ["erase", "--person", "--home", str(tmp_path)], input=typed + "\n")
    assert isinstance(result.exception, UserError)
    assert "no e-mail address" in str(result.exception)
    assert "jane" not in str(result.exception) + result.output
    assert read_erasures(tmp_path) == []


def test_a_record_that_cannot_be_rewritten_stops_the_erasure_and_changes_nothing(tmp_path):
    home = tmp_path
    (home / "notes.txt").write_text("jo@example.org", encoding="utf-8")
    (home / "strange.bin").write_bytes(b"\0\0jo@example.org\0")
    with pytest.raises(NightFailed, match=r"strange\.bin"):
        persons.erase_person(home, "jo@example.org", _key(home), CLOCK)
    assert (home / "notes.txt").read_text(encoding="utf-8") == "jo@example.org"
    (home / "strange.bin").unlink()
    persons.settle(home, ENVIRONMENT, CLOCK)
    assert (home / "notes.txt").read_text(encoding="utf-8") == "ERASED-1"


def test_what_is_kept_of_organisations_is_reached(tmp_path):
    """The identifier of a record may hold a pseudonym, and a reason what somebody wrote into it."""
    pseudonym = person_key("jo@example.org", KEY)
    named, other = Record("zoom", f"9:{pseudonym}"), Record("returns", "CB01:business:B1")
    record(tmp_path, [Decision(named, other, Verdict.SAME, "jo@example.org says so", "evaluator", CLOCK.date())], CLOCK)
    kept = {"source_system": "zoom", "source_record_id": named.source_record_id, "organisation_key": "org_1"}
    link = {"left_source_system": "returns", "left_source_record_id": "B1", "right_source_system": "zoom",
            "right_source_record_id": named.source_record_id}  # fmt: skip
    for path, row, schema in (
        (registry_file(tmp_path), kept, REGISTRY_SCHEMA),
        (links_file(tmp_path), link, LINK_SCHEMA),
    ):
        pq.write_table(pa.Table.from_pylist([row], schema), path)
    persons.erase_person(tmp_path, "jo@example.org", _key(tmp_path), CLOCK)
    (decision,) = read_decisions(tmp_path)
    assert (decision.right, decision.reason) == (Record("zoom", "9:ERASED-1"), "ERASED-1 says so")
    assert pq.read_table(registry_file(tmp_path))["source_record_id"].to_pylist() == ["9:ERASED-1"]
    assert pq.read_table(links_file(tmp_path))["right_source_record_id"].to_pylist() == ["9:ERASED-1"]


_WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)


@given(
    local=_WORD,
    domain=_WORD,
    tag=_WORD,
    before=st.sampled_from(" \n\t,;:<(\"'|=/"),
    after=st.sampled_from([*" \n,;>)\"'|", ". "]),
)
def test_every_spelling_of_an_address_goes_and_no_other_address(local, domain, tag, before, after):
    address = f"{local}@{domain}.org"
    key = PseudonymKey.of(KEY)
    mark = key.mark(person_key(address, key))
    change = persons.erased(replace(key, erased={mark: "ERASED-1"}))
    for spelling in (
        address,
        address.upper(),
        address.title(),
        f"{local}+{tag}@{domain}.org",
        f"{local}+{tag}+@{domain}.ORG",
    ):
        assert change_text(f"x{before}{spelling}{after}y", change) == (f"x{before}ERASED-1{after}y", 1)
    for other in (
        f"q{address}",
        f"q.{address}",
        f"q-{address}",
        f"q_{address}",
        f"{local}.q@{domain}.org",
        f"{local}@{domain}.org.uk",
        f"{local}@q{domain}.org",
    ):
        assert change_text(other, change) == (other, 0)
