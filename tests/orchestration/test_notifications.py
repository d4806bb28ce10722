"""Notifications go over the wire to a server of the test's own."""

from orchestration.notifications import notify_once


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
