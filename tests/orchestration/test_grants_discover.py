"""`wmip grants discover`: the registry's list, and what is said when there is none."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.cli.options import console
from orchestration.configuration import load_configuration
from orchestration.errors import UserError
from sandbox.loopback import Loopback
from sandbox.threesixtygiving_registry import RegistryApi, dataset

REAL = Path(__file__).parents[1] / "fixtures" / "real" / "threesixtygiving" / "datagetter_registry.json"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """A terminal in which no line of a table is broken, whatever the machine's is."""
    monkeypatch.setattr(console, "_width", 200)


def discover(home, *arguments):
    return CliRunner().invoke(app, ["grants", "discover", "--home", str(home), *arguments])


def test_the_registrys_real_listing_is_shown(tmp_path):
    said = discover(tmp_path, "--registry", str(REAL)).stdout
    assert said.count("CC BY 4.0") == 4
    assert "4 of 4 datasets" in said
    assert "publishers: [GB-CHC-000000]" in said


def test_a_homes_registry_is_asked_and_what_its_nights_fetch_is_marked(tmp_path):
    api = RegistryApi()
    api.datasets = [
        dataset("a", "http://x/a.json"),
        dataset(
            "b", "http://x/b.json", license="https://creativecommons.org/licenses/by-nc/4.0/", license_name="CC BY-NC"
        ),
    ]
    with Loopback(api.app()) as server:
        block = f"base_url: '{server.url}', publishers: [360G-generated]"
        (tmp_path / "wmip.yaml").write_text(f"sources: {{threesixtygiving_registry: {{{block}}}}}")
        said = discover(tmp_path, "--publisher", "GENERATED").stdout
    rows = {line.split("│")[3].strip(): line for line in said.splitlines() if "Grants of" in line}
    assert "yes" in rows["Grants of a"]
    assert "CC BY-NC (not allowed)" in rows["Grants of b"]
    assert "no" in rows["Grants of b"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--registry", "nowhere.json"], "neither an address"),
        (["--registry", __file__], "sent no JSON"),
        (["--registry", "http://127.0.0.1:1/data.json"], "cannot be reached"),
        (["--registry", str(REAL), "--publisher", "nobody"], "none of the 4 datasets"),
    ],
)
def test_what_cannot_be_listed_is_said(tmp_path, arguments, said):
    result = discover(tmp_path, *arguments)
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)


def test_what_is_fetched_is_read_without_being_switched_on(tmp_path):
    (tmp_path / "wmip.yaml").write_text("sources: {threesixtygiving_registry: {publishers: [360G-generated]}}")
    enabled = load_configuration(tmp_path).enabled_sources()
    assert enabled.index("threesixtygiving_registry") < enabled.index("threesixtygiving")
