"""What people are told of a night that ended, by their choice; and what was looked at, told or not."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from orchestration.alerts import conclude
from orchestration.configuration import Configuration, RemindersConfiguration
from orchestration.night import NightRecord, read_record
from orchestration.night_log import keep_ended
from orchestration.reminders import due_reminders

CLOCK = "2025-06-10T02:00:00+00:00"
TODAY = date(2025, 6, 10)
ON = RemindersConfiguration(enabled=True)


@pytest.fixture
def home(tmp_path):
    """A home whose candidate says who owes what: late, soon, far off, sent back, in, waived."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("""
            CREATE SCHEMA mart;
            CREATE TABLE mart.return_expected AS FROM (VALUES
                ('CB01', '2024-25-Q4', DATE '2025-05-30', false, false, false),
                ('CB02', '2024-25-Q4', DATE '2025-06-15', false, false, false),
                ('CB03', '2024-25-Q4', DATE '2025-08-29', false, false, false),
                ('CB04', '2024-25-Q4', DATE '2025-05-30', true, false, false),
                ('CB05', '2024-25-Q4', DATE '2025-05-30', true, false, false),
                ('CB06', '2024-25-Q4', DATE '2025-05-30', false, true, false)
            ) AS t (partner_key, period_key, due_on, is_received, is_waived, is_locked);
            CREATE TABLE mart.return_status AS FROM (VALUES
                ('CB04', '2024-25-Q4', 'returned', 'page 2 is missing', true),
                ('CB05', '2024-25-Q4', 'returned', 'an older word', false),
                ('CB05', '2024-25-Q4', 'accepted', '', true)
            ) AS t (partner_key, period_key, status, reason, is_latest);
        """)
    return tmp_path


def record(outcome="blocked", **more):
    said = {"message": "1 of 129 checks keeps this candidate from being published.\n\nmore", "serving": "2025-06-01.1"}
    return NightRecord("20250610T020000Z", CLOCK, outcome=outcome, number=7, **{**said, **more})


def settings(**notifications):
    return Configuration.model_validate({"notifications": notifications, "sources": {"hubspot": {"enabled": True}}})


def alerts_of(home):
    return {(a["alert"], a["scope"]): a for a in read_record(home, "20250610T020000Z").alerts}


def test_a_body_is_reminded_of_what_is_late_soon_or_sent_back_and_of_nothing_else(home):
    found = {reminder.partner_key: reminder for reminder in due_reminders(home, TODAY, ON)}
    assert [body for body, reminder in found.items() if reminder.is_due] == ["CB01", "CB02", "CB04"]
    assert "was due on 30 May 2025, 11 day(s) ago" in found["CB01"].text
    assert "is due in 5 days, on 15 June 2025" in found["CB02"].text
    assert found["CB04"].text == (
        "CB04: the return of 2024-25-Q4 was sent back to you: page 2 is missing. Please hand it in again."
    )
    assert {body: found[body].why_not for body in ("CB03", "CB06")} == {
        "CB03": "due on 2025-08-29", "CB06": "waived or locked",
    }  # fmt: skip
    off = due_reminders(home, TODAY, RemindersConfiguration())
    assert {reminder.why_not for reminder in off if reminder.partner_key in {"CB01", "CB02"}} == {"reminders are off"}
    assert due_reminders(home / "elsewhere", TODAY, ON) == []


def test_a_reminder_goes_to_the_body_once_a_week_and_every_look_is_logged(home, monkeypatch, received):
    address, messages = received
    monkeypatch.setenv("WMIP_REMINDER_URLS", f"CB01={address}")
    conclude(home, record(), settings(nights=[], reminders={"enabled": True}))
    (sent,) = messages
    assert (sent["title"], "was due on" in sent["message"]) == ("Returns of CB01", True)
    looked_at = alerts_of(home)
    assert looked_at["return_late", "CB01:2024-25-Q4"]["is_told"]
    assert not looked_at["return_late", "CB02:2024-25-Q4"]["is_told"], "nobody said where to reach it"
    assert not looked_at["return_late", "CB03:2024-25-Q4"]["is_raised"]
    assert not looked_at["source_not_read", "hubspot"]["is_raised"]
    assert read_record(home, "20250610T020000Z").returns_late == ["CB01:2024-25-Q4"], "CB02 is not due yet, CB06 waived"
    keep_ended(home)
    for days, is_due in ((6, False), (7, True)):
        found = {r.partner_key: r for r in due_reminders(home, TODAY + timedelta(days=days), ON)}
        assert found["CB01"].is_due is is_due
        assert found["CB02"].is_due, "it was never told"
    assert {r.partner_key: r.why_not for r in due_reminders(home, TODAY, ON)}["CB01"] == "reminded on 2025-06-10"


def test_a_night_that_published_nothing_is_told_with_what_serves_and_a_good_one_by_choice(home, monkeypatch, received):
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    conclude(home, record(not_read={"hubspot": "it answered 503"}), settings())
    (blocked,) = messages
    assert blocked["title"] == "WMIP: the night was blocked by its gate"
    assert "Release 2025-06-01.1, the last good one, keeps serving since 2025-06-01." in blocked["message"]
    looked_at = alerts_of(home)
    ended = looked_at["night_ended", "blocked"]
    assert (ended["is_raised"], ended["is_told"]) == (True, True)
    assert looked_at["source_not_read", "hubspot"]["reason"] == "it answered 503"

    good = record("published", message="", release_id="2025-06-10.1", gate={"outcomes": {"passed": 128, "failed": 1}})
    good.run_id = "20250611T020000Z"
    conclude(home, good, settings())
    assert len(messages) == 1, "good nights are told of by choice"
    good.run_id = "20250612T020000Z"
    conclude(home, good, settings(nights=["published"]))
    assert messages[1]["title"] == "WMIP: a release was published"
    assert "Release 2025-06-10.1 was published; 128 checks hold, 1 do not" in messages[1]["message"]


def test_a_release_that_was_altered_is_told_of_and_is_no_clock_that_jumped(home, monkeypatch, received):
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    damage = "release 2025-06-01.1 is not what was published: mart.duckdb has changed"
    conclude(home, record(release_notice=damage), settings())
    assert damage in messages[0]["message"]
    raised = {alert: looked_at["is_raised"] for (alert, _scope), looked_at in alerts_of(home).items()}
    assert (raised["release_altered"], raised["clock_jumped"]) == (True, False)


def test_a_message_of_reminders_goes_with_the_night_where_a_body_has_no_address(home, monkeypatch, received):
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    chosen = settings(nights=["unchanged"], reminders={"enabled": True})
    conclude(home, record("unchanged", message="", release_id="r"), chosen)
    assert "CB02: the return of 2024-25-Q4 is due in 5 days" in messages[0]["message"]
    assert alerts_of(home)["return_late", "CB02:2024-25-Q4"]["is_told"]


def test_a_return_of_a_body_without_an_address_is_told_of_on_a_good_night_too(home, monkeypatch, received):
    """By default no message goes out on such a night, and the reminder reached nobody until a bad one."""
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    monkeypatch.setenv("WMIP_REMINDER_URLS", f"CB01={address} CB04={address}")
    conclude(home, record("unchanged", message="", release_id="r"), settings(reminders={"enabled": True}))
    assert {message["title"] for message in messages} == {
        "Returns of CB01",
        "Returns of CB04",
        "WMIP: returns to ask for",
    }
    assert "CB02: the return of 2024-25-Q4 is due in 5 days" in messages[-1]["message"]
    assert alerts_of(home)["return_late", "CB02:2024-25-Q4"]["is_told"]


def test_a_good_night_is_silent_where_every_body_was_reached(home, monkeypatch, received):
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    monkeypatch.setenv("WMIP_REMINDER_URLS", " ".join(f"CB0{number}={address}" for number in (1, 2, 4)))
    conclude(home, record("unchanged", message="", release_id="r"), settings(reminders={"enabled": True}))
    assert {message["title"] for message in messages} == {"Returns of CB01", "Returns of CB02", "Returns of CB04"}


def test_a_wrong_choice_is_explained():
    with pytest.raises(ValueError, match="published"):
        settings(nights=["good"])


@pytest.mark.parametrize(
    ("nights", "titles"),
    [
        (None, ["WMIP: figures are withheld"]),
        (["published", "withheld"], ["WMIP: figures are withheld"]),
        (["blocked"], []),
    ],
)
def test_a_release_without_all_its_figures_is_told_of_by_default(home, monkeypatch, received, nights, titles):
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    gate = {"withheld": ["returned: partner:CB01 period:2024-25-Q4"], "kept_back": "1 of 129 checks keep figures back"}
    chosen = {} if nights is None else {"nights": nights}
    conclude(home, record("published", gate=gate, message="", release_id="2025-06-10.1"), settings(**chosen))
    assert [message["title"] for message in messages] == titles
    assert all("1 of 129 checks keep figures back" in message["message"] for message in messages)
    alert = alerts_of(home)["figures_withheld", ""]
    assert (alert["is_raised"], alert["reason"]) == (bool(titles), gate["withheld"][0])


@pytest.mark.parametrize("outcome", ["failed", "stopped"])
def test_a_night_that_broke_off_asks_no_table_who_owes_what(home, outcome):
    conclude(home, record(outcome), settings(reminders={"enabled": True}))
    assert {scope for _, scope in alerts_of(home) if ":" in scope} == set()
    conclude(home, record("published"), settings(reminders={"enabled": True}))
    assert {scope for _, scope in alerts_of(home) if ":" in scope} >= {"CB01:2024-25-Q4", "CB04:2024-25-Q4"}
