"""What people are told of a night that ended: every alert looked at, raised or not, and one message by their choice.

`wmip.yaml` chooses (`notifications`); addresses stand in the environment. What was looked at, raised and told stays in
the night's record, and with it in the mart (`night_alert`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from orchestration.configuration import Configuration, NotificationsConfiguration
from orchestration.night import (
    BLOCKED,
    FAILED,
    PUBLISHED,
    STOPPED,
    UNCHANGED,
    NightRecord,
    write_record,
)
from orchestration.notifications import addresses_of, notify_once, send
from orchestration.release.integrity import DamagedRelease
from orchestration.release.store import current_release
from orchestration.reminders import Reminder, due_reminders
from orchestration.settings import load_settings

NIGHT, SOURCE, CLOCK, RETURN = "night_ended", "source_not_read", "clock_jumped", "return_late"
# Of the release that served when the night began.
ALTERED = "release_altered"
# Figures that the gate keeps back of a release that was published; told of when the release is new.
KEPT_BACK, WITHHELD = "figures_withheld", "withheld"
# Returns of which no body could be reminded.
REMINDERS = "reminders"
_TITLES = {
    BLOCKED: "WMIP: the night was blocked by its gate",
    FAILED: "WMIP: the night failed",
    STOPPED: "WMIP: the night was stopped",
    PUBLISHED: "WMIP: a release was published",
    UNCHANGED: "WMIP: nothing changed",
    WITHHELD: "WMIP: figures are withheld",
    REMINDERS: "WMIP: returns to ask for",
}


@dataclass(frozen=True)
class Alert:
    """One look at one alert. `scope`: of what (a source, a body's quarter; else empty); `is_told`: whether a message
    that says so went out.
    """

    alert: str
    scope: str
    is_raised: bool
    reason: str
    is_told: bool = False


def conclude(home: Path, record: NightRecord, configuration: Configuration) -> NightRecord:
    """Look at every alert of a night that ended, send what people chose to be told, and write it all down.

    Never raises for a message that cannot be sent: the night's own result matters more.
    """
    chosen = configuration.notifications
    # Of a night that broke off no table says what is owed; and of a query that was interrupted DuckDB 1.5 may hold the
    # warehouse open, so that opening it again in this process never ends.
    reminders = [] if record.outcome in {FAILED, STOPPED} else due_reminders(home, _day(record), chosen.reminders)
    alerts = [*_of_night(record, chosen, configuration.enabled_sources()), *map(_of_return, reminders)]
    wanted = [reminder for reminder in reminders if reminder.is_due]
    reminded = _remind(wanted)
    ended = WITHHELD if _withholds(record) and WITHHELD in chosen.nights else record.outcome
    if ended not in chosen.nights and not all(reminded.values()):
        # Whoever keeps no address of a body reminds it by hand, and has to hear of it on a good night too.
        ended = REMINDERS
    is_told = ended in {*chosen.nights, REMINDERS} and notify_once(
        home, record.run_id, _TITLES[ended], message(record, wanted)
    )
    record.returns_late = [reminder.scope for reminder in reminders if reminder.is_late]
    record.alerts = [asdict(_told(alert, is_told, reminded)) for alert in alerts]
    write_record(home, record)
    return record


def message(record: NightRecord, reminders: Sequence[Reminder] = ()) -> str:
    """What is said of a night: why it published nothing or what it published, what was late, what serves."""
    lines = [record.message or _said(record)]
    if record.outcome not in {PUBLISHED, UNCHANGED}:
        lines.append(f"{serving_said(record.serving)}.")
    if record.outcome in {PUBLISHED, UNCHANGED} and record.not_read:
        lines += [f"{source} was not read: {why}" for source, why in record.not_read.items()]
    if _withholds(record):
        lines.append(record.gate["kept_back"])
    if record.notices:
        lines.append(record.notices)
    lines += [reminder.text for reminder in reminders]
    return "\n".join(lines)


def _withholds(record: NightRecord) -> bool:
    return record.outcome == PUBLISHED and bool(record.gate.get(WITHHELD))


def serving_said(release_id: str | None) -> str:
    """What readers see after a night that published nothing."""
    if release_id is None:
        return "Nothing has been published yet"
    return f"Release {release_id}, the last good one, keeps serving since {release_id.partition('.')[0]}"


def serving(home: Path) -> str | None:
    """The release readers see; None where there is none, or the link to it is broken."""
    try:
        return current_release(home)
    except DamagedRelease:
        return None


def _said(record: NightRecord) -> str:
    if record.outcome == PUBLISHED:
        held = record.gate.get("outcomes", {})
        checks = f"{held.get('passed', 0)} checks hold, {held.get('failed', 0)} do not"
        return f"Release {record.release_id} was published; {checks}"
    return f"Nothing changed since release {record.release_id}" if record.outcome == UNCHANGED else record.outcome


def _day(record: NightRecord) -> date:
    return datetime.fromisoformat(record.clock).date()


def _of_night(record: NightRecord, chosen: NotificationsConfiguration, sources: Sequence[str]) -> Iterator[Alert]:
    said = (record.message or _said(record)).partition("\n")[0]
    yield Alert(NIGHT, record.outcome, record.outcome in chosen.nights, said)
    for source in sources:
        yield Alert(SOURCE, source, source in record.not_read, record.not_read.get(source, "read"))
    kept_back = "; ".join(record.gate.get(WITHHELD, ())) or "nothing is withheld"
    yield Alert(KEPT_BACK, "", _withholds(record) and WITHHELD in chosen.nights, kept_back)
    yield Alert(CLOCK, "", bool(record.notice), record.notice or "the clock went on as it should")
    yield Alert(ALTERED, "", bool(record.release_notice), record.release_notice or "what serves is what was published")


def _of_return(reminder: Reminder) -> Alert:
    return Alert(RETURN, reminder.scope, reminder.is_due, reminder.text if reminder.is_due else reminder.why_not)


def _remind(reminders: Sequence[Reminder]) -> Mapping[str, bool]:
    """Send each body the reminders of its own, where the environment has an address of it; what went out, by scope."""
    urls = load_settings().reminder_addresses()
    told: dict[str, bool] = {}
    for body in sorted({reminder.partner_key for reminder in reminders}):
        own = [reminder for reminder in reminders if reminder.partner_key == body]
        text = "\n".join(reminder.text for reminder in own)
        sent = body in urls and send(addresses_of(urls[body]), f"Returns of {body}", text)
        told |= {reminder.scope: sent for reminder in own}
    return told


def _told(alert: Alert, is_told: bool, reminded: Mapping[str, bool]) -> Alert:
    if not alert.is_raised:
        return alert
    # The message of the night says all that was raised, and a body is told of its own returns besides.
    return replace(alert, is_told=is_told or (alert.alert == RETURN and reminded.get(alert.scope, False)))
