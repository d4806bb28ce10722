"""The cases of Dataverse's contract (sources.md B3 and E), each against the sandbox server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion import ingest
from ingestion.readiness import probe_source
from sandbox.dataverse import CLIENT_ID, CLIENT_SECRET, TENANT_ID, DataverseApi, Table
from sandbox.loopback import Loopback
from sandbox.transport_faults import FaultyTransport, TransportFault
from tests.ingestion.sources.nights import FIRST_NIGHT, Nights

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "dataverse"
START = datetime(2024, 1, 1, tzinfo=UTC)
SECRETS = {
    "DATAVERSE_CLIENT_ID": CLIENT_ID,
    "DATAVERSE_CLIENT_SECRET": CLIENT_SECRET,
}
MERGE = ("statecode", "merged", "masterid")


def tables() -> dict[str, Table]:
    return {
        "accounts": Table(
            "account",
            (
                *(
                    "name",
                    "accountnumber",
                    "telephone1",
                    "fax",
                    "wmip_companynumber",
                    "wmip_charitynumber",
                    "websiteurl",
                ),
                *("address1_postalcode", "wmip_organisationtype", "wmip_cluster", "wmip_sizeband", *MERGE),
            ),
        ),
        "contacts": Table("contact", ("emailaddress1", "fullname", "parentcustomerid", *MERGE)),
        "appointments": Table(
            "appointment",
            (
                *("regardingobjectid", "scheduledstart", "scheduledend", "actualdurationminutes", "statecode"),
                *("wmip_partnercode", "wmip_channel", "wmip_evidence", "instancetypecode"),
            ),
            key="activityid",
        ),
        "opportunities": Table(
            "opportunity",
            ("customerid", "estimatedvalue", "transactioncurrencyid", "statecode", "stepname", "estimatedclosedate"),
        ),
    }


class Environment(Nights):
    """A small environment and the home it is read into."""

    api: DataverseApi
    transport: FaultyTransport

    def account(self, identifier: str, changed: datetime = START, **values: Any) -> None:
        known = {"name": "Monte Orton", "wmip_companynumber": "01234567", "statecode": 0, "statecode__label": "Active"}
        choice = {"wmip_sizeband": 171000001, "wmip_sizeband__label": "Small", "merged": False}
        self.api.put("accounts", identifier, changed, **{**known, **choice, **values})

    def appointment(self, identifier: str, changed: datetime = START, **values: Any) -> None:
        known = {
            "_regardingobjectid_value": "a1",
            "_regardingobjectid_value__table": "account",
            "scheduledstart": "2024-03-01T10:00:00Z",
            "scheduledend": "2024-03-01T12:30:00Z",
            "actualdurationminutes": 150,
            "statecode": 1,
            "statecode__label": "Completed",
            "wmip_partnercode": "CB01",
            "wmip_evidence": 1,
            "wmip_evidence__label": "Signed support log",
        }
        self.api.put("appointments", identifier, changed, **{**known, **values})


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    api = DataverseApi(tables())
    transport = FaultyTransport(api.app())
    with Loopback(transport) as server:
        config = {
            "base_url": server.url,
            "tenant_id": TENANT_ID,
            "token_url": "{base_url}{tenant_id}/oauth2/v2.0/token",
        }
        made = Environment("dataverse", tmp_path / "home", config, SECRETS)
        made.api, made.transport = api, transport
        made.account("a1")
        made.appointment("m1")
        api.put("contacts", "c1", START, emailaddress1="Ada@Example.org", fullname="Ada Lovelace")
        api.put(
            "opportunities",
            "o1",
            START,
            estimatedvalue=500.0,
            _transactioncurrencyid_value="x",
            _transactioncurrencyid_value__label="Pound Sterling",
            _customerid_value="c1",
            _customerid_value__table="contact",
        )
        yield made


def test_the_sandbox_answers_in_the_shape_of_microsofts_page(environment):
    url = environment.config["base_url"]
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scope": f"{url}.default"}
    token = requests.post(f"{url}{TENANT_ID}/oauth2/v2.0/token", data=form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Prefer": "odata.track-changes"}
    where = f"{url}api/data/v9.2/accounts?$select=name,accountnumber,telephone1,fax"
    first = requests.get(where, headers=headers, timeout=10).json()
    real = json.loads((REAL / "track_changes_initial_response.json").read_text())
    assert list(first) == list(real)
    assert set(first["value"][0]) == set(real["value"][0])
    assert first["@odata.context"].partition("$metadata")[2] == real["@odata.context"].partition("$metadata")[2]

    environment.account("a2")
    environment.api.delete("accounts", "a1")
    delta = requests.get(first["@odata.deltaLink"], headers=headers, timeout=10).json()
    real = json.loads((REAL / "track_changes_delta_response.json").read_text())
    assert list(delta) == list(real)
    assert delta["@odata.context"].endswith("/$delta")
    assert set(delta["value"][-1]) == set(real["value"][-1])
    assert delta["value"][-1]["@odata.context"].endswith("$metadata#accounts/$deletedEntity")
    refused = requests.get(f"{where}&$filter=name eq 'x'", headers=headers, timeout=10)
    assert refused.status_code == 400


# Paging and change tracking


def test_next_links_are_followed_verbatim_and_the_first_read_gives_everything(environment):
    for number in range(2, 30):
        environment.account(f"a{number}")
    environment.good_night(0, rows_a_page=7)
    assert len(environment.live("accounts")) == 29
    assert environment.stream("accounts").mode == "full"


def test_a_next_link_to_another_server_is_not_followed(environment):
    for number in range(2, 30):
        environment.account(f"a{number}")
    environment.api.elsewhere = "http://elsewhere.example/api/data/v9.2/accounts?"
    environment.night(0, rows_a_page=7)
    assert "names elsewhere.example for what comes next" in environment.messages


def test_a_delta_brings_what_changed_and_what_was_deleted(environment):
    environment.account("a2")
    environment.good_night(0)
    environment.account("a3", FIRST_NIGHT)
    environment.account("a1", FIRST_NIGHT, name="Orton & Sons")
    environment.api.delete("accounts", "a2")
    environment.good_night(1)
    assert environment.stream("accounts").mode == "incremental"
    assert environment.stream("accounts").rows_landed == 3
    latest = environment.latest("accounts")
    assert (latest["a1"]["name"], latest["a2"]["_delete_reason"], latest["a2"]["name"]) == (
        "Orton & Sons",
        "deleted",
        "Monte Orton",
    )
    environment.good_night(2)
    assert environment.stream("accounts").rows_landed == 0


def test_a_delta_over_several_pages_is_read_to_its_end(environment):
    environment.good_night(0)
    for number in range(2, 30):
        environment.account(f"a{number}", FIRST_NIGHT)
    environment.good_night(1, rows_a_page=5)
    assert len(environment.live("accounts")) == 29
    environment.good_night(2)
    assert environment.stream("accounts").rows_read == 0


def test_a_delete_for_an_id_never_seen_is_nothing(environment):
    environment.good_night(0)
    environment.account("came-and-went", FIRST_NIGHT)
    environment.api.delete("accounts", "came-and-went")
    environment.good_night(1)
    assert set(environment.latest("accounts")) == {"a1"}


def test_an_expired_delta_token_means_a_whole_read_in_which_absence_is_deletion(environment):
    for number in range(2, 12):
        environment.account(f"a{number}")
    environment.good_night(0)
    environment.api.delete("accounts", "a2")
    environment.api.oldest_token = 1000
    environment.night(1)
    environment.api.oldest_token = 0
    assert environment.stream("accounts").mode == "full"
    assert environment.latest("accounts")["a2"]["_delete_reason"] == "absent_from_complete_list"
    environment.account("a20", FIRST_NIGHT)
    environment.good_night(2)
    assert environment.stream("accounts").mode == "incremental"
    assert "a20" in environment.live("accounts")


def test_a_whole_read_that_lost_half_the_rows_is_refused_and_the_old_token_stays(environment):
    for number in range(2, 12):
        environment.account(f"a{number}")
    environment.good_night(0)
    kept = environment.api.tables["accounts"]
    environment.api.tables["accounts"] = tables()["accounts"]
    environment.account("a1")
    environment.night(1, read_whole=True)
    assert environment.stream("accounts").status == "refused"
    environment.api.tables["accounts"] = kept
    environment.account("a12", FIRST_NIGHT)
    environment.good_night(2)
    assert len(environment.live("accounts")) == 12


def test_a_night_killed_before_its_log_was_written_loses_and_repeats_nothing(environment, monkeypatch):
    environment.good_night(0)
    environment.account("a2", FIRST_NIGHT)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ingest, "write_log", killed)
        with pytest.raises(KeyboardInterrupt):
            environment.night(1)
    environment.account("a3", FIRST_NIGHT)
    environment.good_night(2)
    assert environment.live("accounts") == {"a1", "a2", "a3"}
    assert len(environment.rows("accounts")) == 3


def test_a_landing_restored_from_an_older_backup_does_not_skip_what_it_lacks(environment, tmp_path):
    environment.good_night(0)
    backup = shutil.copytree(environment.home / "landing", tmp_path / "backup")
    environment.account("a2", FIRST_NIGHT)
    environment.good_night(1)
    shutil.rmtree(environment.home / "landing")
    shutil.copytree(backup, environment.home / "landing")
    environment.good_night(2)
    assert environment.live("accounts") == {"a1", "a2"}


def test_a_lost_log_of_reads_costs_a_whole_read_and_nothing_else(environment):
    environment.account("a2")
    environment.good_night(0)
    shutil.rmtree(environment.home / "runs")
    environment.api.delete("accounts", "a2")
    environment.good_night(1, shrink_guard=0.4)
    assert environment.live("accounts") == {"a1"}
    assert len(environment.rows("accounts")) == 3


def test_a_table_without_change_tracking_is_read_by_date_with_a_window(environment):
    environment.api.tables["accounts"].is_tracked = False
    environment.good_night(0)
    environment.account("a2", FIRST_NIGHT)
    environment.good_night(1)
    environment.account("a3", FIRST_NIGHT - timedelta(hours=20))  # visible late
    environment.good_night(2)
    assert environment.live("accounts") == {"a1", "a2", "a3"}
    assert environment.stream("accounts").mode == "incremental"


def test_a_table_without_change_tracking_is_listed_whole_every_week_for_its_deletions(environment):
    environment.api.tables["accounts"].is_tracked = False
    for number in range(2, 12):
        environment.account(f"a{number}")
    environment.good_night(0)
    environment.api.delete("accounts", "a2")
    environment.good_night(3)
    assert "a2" in environment.live("accounts")
    environment.good_night(8)
    assert "a2" not in environment.live("accounts")


# What records say


def test_choices_are_landed_as_what_they_are_shown_as(environment):
    environment.good_night(0)
    assert environment.latest("accounts")["a1"]["size_band"] == "Small"
    row = environment.latest("activities")["m1"]
    assert (row["outcome"], row["evidence"], row["regarding_table"]) == ("Completed", "Signed support log", "account")
    assert environment.latest("opportunities")["o1"]["currency"] == "Pound Sterling"


def test_an_opportunity_of_a_contact_has_no_account(environment):
    environment.good_night(0)
    assert environment.latest("opportunities")["o1"]["account_id"] is None


def test_a_deactivated_account_is_not_deleted(environment):
    environment.good_night(0)
    environment.account("a1", FIRST_NIGHT, statecode=1, statecode__label="Inactive")
    environment.good_night(1)
    row = environment.latest("accounts")["a1"]
    assert (row["state"], row["_deleted_at"]) == ("Inactive", None)


def test_the_loser_of_a_merge_points_to_its_master(environment):
    environment.account("a2")
    environment.good_night(0)
    environment.account("a2", FIRST_NIGHT, statecode=1, statecode__label="Inactive", merged=True, _masterid_value="a1")
    environment.good_night(1)
    row = environment.latest("accounts")["a2"]
    assert (row["merged_into"], row["_delete_reason"]) == ("a1", "merged")


def test_no_person_is_landed(environment):
    environment.good_night(0)
    landed = str(environment.rows("contacts"))
    assert "Lovelace" not in landed
    assert "Ada@" not in landed
    assert environment.latest("contacts")["c1"]["email_domain"] == "example.org"


# Token, limits, drift


def test_a_service_protection_limit_is_waited_out_as_long_as_it_says(environment, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    environment.api.busy = "0x80072322"
    environment.good_night(0)
    assert waited == [1]


def test_a_wait_longer_than_the_night_allows_is_never_cut_short(environment):
    environment.transport.plant([TransportFault("status", 429, (("retry-after", "400"),))], let_through=1)
    environment.night(0)
    assert "asks to wait 400 seconds" in environment.messages
    assert len(environment.transport.requests) == 2
    environment.good_night(1)


def test_an_access_token_that_expires_mid_run_is_renewed(environment):
    environment.transport.plant([TransportFault("status", 401)], let_through=5)
    environment.good_night(0)
    assert len([request for request in environment.transport.requests if "oauth2" in request]) == 2


def test_a_column_that_is_gone_fails_instead_of_emptying(environment):
    environment.good_night(0)
    table = environment.api.tables["appointments"]
    table.columns = tuple(name for name in table.columns if name != "wmip_evidence")
    environment.night(1)
    assert "appointments has no column wmip_evidence (any more)" in environment.messages
    assert environment.latest("activities")["m1"]["evidence"] == "Signed support log"


def test_a_table_that_is_not_there_is_named(environment):
    (environment.home / "mappings").mkdir(parents=True)
    (environment.home / "mappings" / "dataverse.yaml").write_text("activities: {object: wmip_visits}")
    environment.night(0)
    assert "has no table wmip_visits: name another in mappings/dataverse.yaml" in environment.messages


def test_doctor_and_the_record_of_the_version(environment):
    variables = {**SECRETS, "WMIP_PSEUDONYM_KEY": "x"}
    assert all(
        p.passed for p in probe_source("dataverse", environment.config, variables, environment.home, datetime.now(UTC))
    )
    wrong = probe_source(
        "dataverse",
        environment.config,
        {**variables, "DATAVERSE_CLIENT_SECRET": "no"},
        environment.home,
        datetime.now(UTC),
    )
    assert "refused the client" in wrong[-1].message
    environment.good_night(0)
    assert environment.stream("accounts").api_version == "v9.2"
    assert environment.stream("accounts").api_usage == "5999 requests left in five minutes"


def test_the_record_of_a_series_is_no_session_and_its_occurrences_are(environment):
    environment.appointment("master", instancetypecode=1)
    environment.appointment("occurrence", instancetypecode=2)
    environment.appointment("moved", instancetypecode=3)
    environment.good_night(0)
    assert environment.live("activities") == {"m1", "occurrence", "moved"}
    assert environment.latest("activities")["master"]["_delete_reason"] == "series"


def test_a_table_without_kinds_of_occurrence_is_read_without_them(environment):
    table = environment.api.tables["appointments"]
    table.columns = tuple(name for name in table.columns if name != "instancetypecode")
    environment.good_night(0)
    assert environment.live("activities") == {"m1"}


def test_a_label_that_changes_without_its_record_is_read_again_on_a_rhythm(environment):
    environment.good_night(0)
    environment.api.tables["accounts"].records["a1"]["wmip_sizeband__label"] = "Small (10 to 49)"
    environment.good_night(20)
    assert environment.latest("accounts")["a1"]["size_band"] == "Small"
    environment.good_night(29)
    assert environment.stream("accounts").mode == "full"
    assert environment.latest("accounts")["a1"]["size_band"] == "Small (10 to 49)"
