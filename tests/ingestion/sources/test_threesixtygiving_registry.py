"""The 360Giving registry and API: what is fetched, under which licence, and what is left alone."""

import json
from pathlib import Path

import pytest

from ingestion.catalogue import SOURCES
from ingestion.drift import DriftWatch
from ingestion.sources.threesixtygiving_registry.reader import is_open
from sandbox.loopback import Loopback
from sandbox.threesixtygiving_registry import OPEN, RegistryApi, dataset, grant
from tests.ingestion.sources.nights import Nights

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "threesixtygiving" / "datagetter_registry.json"
ORG = "GB-CHC-1000000"


def _json(*grants):
    return json.dumps({"grants": list(grants)}).encode(), "application/json"


@pytest.fixture
def api():
    made = RegistryApi()
    made.files["a.json"] = _json(grant(1), grant(2))
    return made


@pytest.fixture
def nights(api, tmp_path):
    with Loopback(api.app()) as server:
        api.datasets = [dataset("a001", f"{server.url}files/a.json")]
        config = {"base_url": server.url, "api_url": f"{server.url}api/v1/", "publishers": [ORG]}
        yield Nights("threesixtygiving_registry", tmp_path, config, {})


def _inbox(nights):
    folder = nights.home / "inbox" / "grants"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _grants(nights, day):
    """What the reader of grants files makes of the inbox."""
    files = Nights("threesixtygiving", nights.home, {}, {})
    files.good_night(day)
    return {grant_id for _list, grant_id in files.live("grants")}


def test_a_publishers_file_is_fetched_with_its_licence_and_read_the_same_night(nights, api):
    nights.good_night(0)
    assert _inbox(nights) == ["360G-generated_a001.json"]
    row = nights.latest("files")["a001"]
    assert (row["licence"], row["publisher_org_id"], row["file_name"]) == (OPEN, ORG, "360G-generated_a001.json")
    assert _grants(nights, 0) == {"360G-generated-1", "360G-generated-2"}
    assert list(SOURCES).index("threesixtygiving_registry") < list(SOURCES).index("threesixtygiving")


@pytest.mark.parametrize("named", [ORG, "360G-generated"])
def test_publishers_are_named_by_id_or_prefix_and_others_are_left_alone(nights, api, named):
    api.datasets.append(dataset("b001", "http://127.0.0.1:1/b.json", publisher={"prefix": "360G-other"}))
    nights.good_night(0, publishers=[named])
    assert set(nights.latest("files")) == {"a001"}


def test_without_names_nothing_is_asked(nights, api):
    nights.good_night(0, publishers=[], base_url="http://127.0.0.1:1/")
    assert nights.rows("files") == []


def test_a_file_that_did_not_change_is_not_fetched_again_until_its_turn(nights, api):
    nights.good_night(0)
    nights.good_night(1)
    assert api.asked == ["a.json"]
    for day in range(2, 32):
        nights.good_night(day)
    assert api.asked == ["a.json", "a.json"]


def test_a_changed_file_takes_the_place_of_the_one_before(nights, api):
    nights.good_night(0)
    _grants(nights, 0)
    api.files["a.json"] = _json(grant(1), grant(2), grant(3))
    api.datasets[0]["modified"] = "2025-06-01T00:00:00.000+0000"
    nights.good_night(1)
    assert len(_grants(nights, 1)) == 3


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        (OPEN, True),
        ("http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", True),
        ("https://creativecommons.org/licenses/by-nc/4.0/", False),
        ("", False),
        (None, False),
    ],
)
def test_licences(licence, expected):
    allowed = SOURCES["threesixtygiving_registry"].settings["licences"]
    assert is_open(licence, allowed) is expected


def test_what_cannot_be_fetched_is_said_and_the_others_are_fetched(nights, api):
    url = api.datasets[0]["distribution"][0]["downloadURL"]
    api.datasets += [
        dataset("closed", url, license="https://creativecommons.org/licenses/by-nc/4.0/"),
        dataset("gone", url.replace("a.json", "gone.json")),
        dataset("strange", url.replace("a.json", "page")),
        dataset("down", "http://127.0.0.1:1/x.json"),
        dataset("nowhere", ""),
    ]
    api.files["page"] = (b"<html>", "text/html")
    nights.good_night(0)
    assert set(nights.latest("files")) == {"a001"}
    assert nights.stream("files").rows_quarantined == 5
    assert _inbox(nights) == ["360G-generated_a001.json"]


def test_a_file_that_is_too_large_is_not_kept(nights, api):
    nights.good_night(0, largest_megabytes=0)
    assert _inbox(nights) == []
    assert nights.stream("files").rows_quarantined == 1


@pytest.mark.parametrize("listed", [{}, [], "text"])
def test_what_is_no_registry_is_said(nights, api, listed):
    api.datasets = listed
    nights.night(0)
    assert nights.stream("files").status == "failed"
    assert "lists no datasets" in nights.messages


def test_grants_made_and_received_are_asked_of_the_api_page_by_page_and_count_once(nights, api):
    api.grants["grants_made", ORG] = [grant(number) for number in range(1, 26)]
    api.grants["grants_received", "GB-COH-01234567"] = [grant(number) for number in range(20, 31)]
    asked = {"grants_made": [ORG], "grants_received": ["GB-COH-01234567"], "grants_a_page": 10}
    nights.good_night(0, **asked)
    assert _inbox(nights)[1:] == ["api_GB-CHC-1000000_grants_made.json", "api_GB-COH-01234567_grants_received.json"]
    assert len(_grants(nights, 0)) == 30
    nights.good_night(1, **asked)
    assert nights.stream("files").status == "unchanged"


def test_fewer_grants_than_the_api_counts_are_no_file(nights, api):
    api.grants["grants_made", ORG] = [grant(1), grant(1)]
    nights.night(0, publishers=[], grants_made=[ORG])
    assert nights.stream("files").status == "failed"
    assert "1 of 2 grants" in nights.messages
    assert _inbox(nights) == []


def test_an_organisation_without_grants_is_said(nights):
    nights.good_night(0, publishers=[], grants_made=["GB-CHC-9"])
    assert nights.stream("files").rows_quarantined == 1


def test_the_sandbox_lists_datasets_as_the_registry_does():
    real = json.loads(REAL.read_text(encoding="utf-8"))
    made = dataset("a", "b")
    assert set(real[0]) == set(made)
    assert set(real[0]["publisher"]) == set(made["publisher"])
    assert set(real[0]["distribution"][0]) == set(made["distribution"][0])
    watch = DriftWatch(SOURCES["threesixtygiving_registry"].stream("files"))
    for one in real:
        watch.record(one)
    assert [drift for drift in watch.drifts("r", "s") if drift.kind != "vanished_column"] == []
