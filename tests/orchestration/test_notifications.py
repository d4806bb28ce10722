"""Notifications go over the wire to a server of the test's own."""

import pytest

from orchestration.cli import doctor
from orchestration.errors import UserError
from orchestration.notifications import notify_once, probe


def test_one_message_a_night(tmp_path, monkeypatch, received):
    address, messages = received
    monkeypatch.setenv("WMIP_NOTIFY_URLS", address)
    assert notify_once(tmp_path, "n1", "blocked", "why")
    assert not notify_once(tmp_path, "n1", "blocked", "why")
    assert notify_once(tmp_path, "n2", "blocked", "why")
    assert [message["message"] for message in messages] == ["why", "why"]


def test_without_an_address_nothing_is_sent(tmp_path, monkeypatch):
    monkeypatch.delenv("WMIP_NOTIFY_URLS", raising=False)
    assert not notify_once(tmp_path, "n1", "blocked", "why")


def test_a_message_that_cannot_be_sent_is_logged_without_the_address_and_tried_again(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("WMIP_NOTIFY_URLS", "json://user:secret@127.0.0.1:9/")
    assert not notify_once(tmp_path, "n1", "blocked", "why")
    assert "no notification could be sent" in caplog.text
    assert "secret" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("orchestration"))
    assert not (tmp_path / "runs" / "n1" / "notified").exists()


def test_a_bad_address_is_found_without_sending_or_showing_it(received):
    address, messages = received
    assert probe(address) is None
    assert messages == [], "nothing is sent"
    for wrong in ("nothing-of-the-kind", "jsn://127.0.0.1/", "mailto://"):
        assert "not an address that apprise understands" in probe(wrong)
    silent = probe("json://user:secret@127.0.0.1:9/")
    assert silent.startswith("its server does not answer")
    assert "secret" not in silent


def test_the_doctor_names_a_bad_address_by_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("WMIP_NOTIFY_URLS", "jsn://user:secret@127.0.0.1/")
    monkeypatch.setenv("WMIP_REMINDER_URLS", "CB01=nothing")
    found = doctor._notifications()
    assert [(passed, what) for passed, what, _ in found] == [(False, "Notifications")] * 2
    assert found[0][2].startswith("WMIP_NOTIFY_URLS, address 1: not an address")
    assert "address 1 of CB01" in found[1][2]
    assert "secret" not in str(found)
    monkeypatch.setenv("WMIP_REMINDER_URLS", "mailto://someone@example.org")
    with pytest.raises(UserError, match="part 1 does not begin with a body"):
        doctor._notifications()
    monkeypatch.delenv("WMIP_NOTIFY_URLS")
    monkeypatch.delenv("WMIP_REMINDER_URLS")
    assert [passed for passed, _, _ in doctor._notifications()] == [None]
