"""What a list no longer has is undone: registers by file, grants by file and publisher or dataset."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.catalogue import SOURCES
from ingestion.files.inbox import sha256_of
from ingestion.ingest import ingest_source
from ingestion.ledgers import INBOX_FILES
from ingestion.storage.landing import as_table, land
from ingestion.storage.latest import read_latest

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
HEADINGS = {
    "partners": "partner_code,name,cluster_key,activity_starts_on",
    "waivers": "check_name,scope_key,reason,approved_by_role,expires_on",
    "verification": "indicator_key,partner_code,source_ref,decision,evidence_grade,decided_on,decided_by_role,reason",
    "claims": "partner_code,period_key,eligible_spend_gbp,intervention_rate,paid_gbp,defrayal_evidence",
    "also_claimed": "indicator_key,partner_code,source_ref,also_claimed_under,programme_share",
    "groups": "company_number,group_key",
    "ratings": "indicator_key,rag,reason,approved_by_role,expires_on",
    "calendar": "period_key,partner_code,due_on,new_records_until,edits_until,is_due,reason",
    "removals": "file_name,content_sha256,reason,approved_by_role",
}
ROWS = {
    "partners": "{0},Body {0},,2023-04-01",
    "claims": "{0},2024-25-Q1,1000,0.5,,yes",
    "also_claimed": "pilots_funded,CB01,{0},Another fund,0.5",
    "groups": "{0}000000,01111111",
    "ratings": "{0},amber,one large pilot is late,programme manager,2026-01-01",
    "waivers": "every_expected_return_is_here,{0}:2024-25-Q1,merged,programme manager,2026-01-01",
    "calendar": "2024-25-Q1,{0},2024-08-15,2024-09-30,2024-10-31,,as agreed",
    "verification": "pilots_funded,CB01,{0},rejected,,2025-01-01,monitoring officer,no agreement seen",
}
KEYS = {
    "claims": "partner_code",
    "also_claimed": "source_ref",
    "groups": "company_number",
    "ratings": "indicator_key",
    "partners": "partner_code",
    "waivers": "scope_key",
    "calendar": "partner_code",
    "verification": "source_ref",
}


@pytest.fixture
def night(tmp_path):
    nights = iter(range(100))

    def read(source="registers"):
        number = next(nights)
        return ingest_source(
            source,
            home=tmp_path,
            config={},
            clock=CLOCK + timedelta(days=number),
            run_id=f"r{number}",
            environment={},
        )

    return read


@pytest.fixture
def drop(tmp_path):
    """Writes a register of one kind with one row for each of the given references."""

    def write(register, refs, name=None, extra=()):
        folder = tmp_path / "inbox" / "registers"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [HEADINGS[register], *(ROWS[register].format(ref) for ref in refs), *extra]
        (folder / (name or f"{register}.csv")).write_text("\n".join(rows) + "\n", encoding="utf-8")

    return write


def in_force(home, register):
    stream = SOURCES["registers"].stream(register)
    return [row[0] for row in read_latest(home, "registers", stream, (KEYS[register],))]


def ledger(home):
    return dict(read_latest(home, "inbox", INBOX_FILES, ("file_name", "status")))


def test_a_row_taken_out_of_a_register_is_undone_and_put_back_is_in_force_again(tmp_path, night, drop):
    def of_each(number):
        return dict.fromkeys(KEYS, number)

    def drop_each(refs):
        for register in KEYS:
            drop(register, refs)

    def each_in_force():
        return {register: len(in_force(tmp_path, register)) for register in KEYS}

    drop_each(["P1", "P2"])
    night()
    drop_each(["P1"])
    assert {one.stream: one.rows_deleted for one in night().streams if one.stream in KEYS} == of_each(1)
    assert each_in_force() == of_each(1)
    # The same content as on the first night: the file is known, but its list held another content since.
    drop_each(["P1", "P2"])
    night()
    assert each_in_force() == of_each(2)
    assert [file.file.path.name for file in night().files] == [], "it is read once"
    drop_each([])
    night()
    assert each_in_force() == of_each(0), "up to three rows may always go"


def test_another_file_of_a_register_removes_nothing(tmp_path, night, drop):
    drop("verification", ["P1", "P2"])
    night()
    drop("verification", ["P3"], name="verification-2024.csv")
    night()
    assert in_force(tmp_path, "verification") == ["P1", "P2", "P3"]


def test_a_register_kept_under_another_name_while_its_own_begins_anew_stays_in_force(tmp_path, night, drop):
    drop("verification", ["P1", "P2"])
    night()
    folder = tmp_path / "inbox" / "registers"
    (folder / "verification.csv").rename(folder / "verification_2023.csv")
    drop("verification", ["P3"])
    night()
    assert in_force(tmp_path, "verification") == ["P1", "P2", "P3"]


def test_a_fall_beyond_the_guard_is_held_until_it_is_confirmed(tmp_path, night, drop):
    before = [f"P{number:02d}" for number in range(20)]
    drop("verification", before)
    night()
    drop("verification", ["P00", "P99"])
    report = night()
    (file,) = report.files
    assert file.status == "held"
    assert "19 of 20 rows" in file.reason
    assert in_force(tmp_path, "verification") == [*before, "P99"], "new rows count, none goes"
    assert [one.status for one in night().files] == ["held"], "said again every night"
    sha256 = file.file.sha256[:12]
    assert sha256 in file.reason
    (tmp_path / "inbox" / "registers" / "removals.csv").write_text(
        f"{HEADINGS['removals']}\nverification.csv,{sha256},the register starts anew,programme manager\n",
        encoding="utf-8",
    )
    night()
    assert in_force(tmp_path, "verification") == ["P00", "P99"]
    assert ledger(tmp_path)["verification.csv"] == "loaded"
    # It was confirmed for that content only.
    drop("verification", [f"P{number:02d}" for number in range(30)])
    night()
    drop("verification", ["P00"])
    assert [one.status for one in night().files] == ["held"]


def test_a_fifth_of_a_long_register_may_go_and_three_rows_of_a_short_one(tmp_path, night, drop):
    refs = [f"P{number:02d}" for number in range(40)]
    drop("verification", refs)
    night()
    drop("verification", refs[8:])
    assert [one.status for one in night().files] == ["loaded"]
    assert in_force(tmp_path, "verification") == refs[8:]


def test_a_row_that_is_refused_is_not_taken_for_removed(tmp_path, night, drop):
    drop("verification", ["P1", "P2", "P3"])
    night()
    drop("verification", ["P1"], extra=["pilots_funded,CB01,P2,perhaps,,2025-01-01,monitoring officer,unclear"])
    night()
    assert in_force(tmp_path, "verification") == ["P1", "P2"], "P2 stays as it was, P3 is gone"
    drop("verification", ["P1"], extra=["pilots_funded,CB01,,rejected,,2025-01-01,monitoring officer,which one"])
    (file,) = night().files
    assert in_force(tmp_path, "verification") == ["P1", "P2"], "it may be P2 that is meant"
    assert "nothing is taken for removed" in file.reason


def test_rows_landed_before_lists_were_told_apart_stay_readable(tmp_path, night, drop):
    stream = SOURCES["registers"].stream("partners")
    row = {"partner_code": "CB01", "name": "Body", "activity_starts_on": "2023-04-01", "_source_record": "x:2"}
    land(tmp_path, "registers", stream, as_table(stream, [row]), clock=CLOCK - timedelta(days=9))
    drop("partners", ["CB02"])
    night()
    assert in_force(tmp_path, "partners") == ["CB01", "CB02"]


# Grants


def grants(home, name, *ids, amount=5):
    folder = home / "inbox" / "grants"
    folder.mkdir(parents=True, exist_ok=True)
    listed = [
        {
            "id": identifier,
            "currency": "GBP",
            "amountAwarded": amount,
            "awardDate": "2024-01-01",
            "recipientOrganization": [{"id": "GB-COH-01234567", "name": "Firm"}],
            "fundingOrganization": [{"id": "F"}],
        }
        for identifier in ids
    ]
    (folder / name).write_text(json.dumps({"grants": listed}), encoding="utf-8")


def live(home):
    stream = SOURCES["threesixtygiving"].stream("grants")
    return sorted({row[0] for row in read_latest(home, "threesixtygiving", stream, ("grant_id",))})


def test_a_grant_that_its_publisher_took_out_is_gone_and_one_that_moved_is_not(tmp_path, night):
    grants(tmp_path, "trust.json", "360G-trust-1", "360G-trust-2", "360G-trust-3")
    night("threesixtygiving")
    grants(tmp_path, "trust.json", "360G-trust-1")
    grants(tmp_path, "trust-2024.json", "360G-trust-3")
    night("threesixtygiving")
    assert live(tmp_path) == ["360G-trust-1", "360G-trust-3"]


def test_a_grant_that_two_files_list_stays_while_one_of_them_lists_it(tmp_path, night):
    grants(tmp_path, "a.json", "360G-trust-1", "360G-trust-2")
    night("threesixtygiving")
    grants(tmp_path, "b.json", "360G-trust-1", "360G-trust-2", amount=6)
    night("threesixtygiving")
    grants(tmp_path, "b.json", "360G-trust-2", amount=6)
    night("threesixtygiving")
    assert live(tmp_path) == ["360G-trust-1", "360G-trust-2"]


def test_another_publishers_file_under_the_same_name_removes_nothing(tmp_path, night):
    grants(tmp_path, "grants.json", "360G-trust-1", "360G-trust-2")
    night("threesixtygiving")
    grants(tmp_path, "grants.json", "360G-other-1")
    night("threesixtygiving")
    assert live(tmp_path) == ["360G-other-1", "360G-trust-1", "360G-trust-2"]


def test_a_dataset_of_the_registry_is_one_list_whatever_its_file_is_called(tmp_path, night):
    grants(tmp_path, "trust.json", "360G-trust-1", "360G-trust-2", "x3")
    fetched = SOURCES["threesixtygiving_registry"].stream("files")

    def say(sha256):
        row = {"id": "a001", "file_sha256": sha256, "_source_record": "a001"}
        land(tmp_path, "threesixtygiving_registry", fetched, as_table(fetched, [row]), clock=CLOCK)

    folder = tmp_path / "inbox" / "grants"
    say(sha256_of(folder / "trust.json"))
    night("threesixtygiving")
    (folder / "trust.json").unlink()
    grants(tmp_path, "trust-new.json", "360G-trust-1")
    say(sha256_of(folder / "trust-new.json"))
    night("threesixtygiving")
    assert live(tmp_path) == ["360G-trust-1"]
