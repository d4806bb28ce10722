"""Attendance reports of Teams as organisers download them: encodings, languages, layouts, orders of dates."""

import shutil
from pathlib import Path

import pytest

from ingestion.catalogue import addressee
from ingestion.ledgers import QUARANTINE
from ingestion.persons.contact_details import WITHHELD
from ingestion.storage.latest import read_latest
from tests.ingestion.sources.nights import Nights

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "teams" / "IDL-14-11-22.csv"
REPORT = """1. Summary
Meeting title\tBreakfast briefing
Attended participants\t3
Start time\t14/05/24, 09:00:00
End time\t14/05/24, 10:00:00
Meeting duration\t1h 0m 0s

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Planted, Ada\t14/05/24, 09:01:00\t14/05/24, 09:50:00\t40m\tAda@Firm.example\tada.upn@firm.example\tOrganizer
Planted Bo\t14/05/24, 09:02:00\t14/05/24, 09:30:00\t28m\t\tbo@other.example\tPresenter
Planted Cy (Guest)\t14/05/24, 09:03:00\t14/05/24, 09:40:00\t20m\t\t\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Planted, Ada\t14/05/24, 09:01:00\t14/05/24, 09:20:00\t19m\tAda@Firm.example\tOrganizer
Planted, Ada\t14/05/24, 09:30:00\t14/05/24, 09:50:00\t20m\tada+x@firm.example\tOrganizer
Planted Bo\t14/05/24, 09:02:00\t14/05/24, 09:30:00\t28m\tbo@other.example\tPresenter
Planted Cy (Guest)\t14/05/24, 09:03:00\t14/05/24, 09:13:00\t10m\t\tAttendee
Planted Cy\t14/05/24, 09:30:00\t14/05/24, 09:40:00\t10m\t\tAttendee

4. Meeting Engagement
Name\tHand raised
Planted Bo\t2
"""
POLISH = """1. Podsumowanie
Tytuł spotkania\tŚniadanie
Godzina rozpoczęcia\t14.05.2024, 09:00:00
Godzina zakończenia\t14.05.2024, 10:00:00
Czas trwania\t1 godz. 0 min

3. Działania w trakcie spotkania
Imię i nazwisko\tCzas dołączenia\tCzas opuszczenia\tCzas trwania\tAdres e-mail\tRola
Planted Ola\t14.05.2024, 09:01:00\t14.05.2024, 09:50:00\t49 min\tola@firm.example\tPrezenter
"""
LIST = """Full Name\tUser Action\tTimestamp
Planted Ada\tJoined\t5/14/2024, 9:00:00 AM
Planted Bo\tJoined before\t5/14/2024, 9:00:00 AM
Planted Ada\tLeft\t5/14/2024, 9:20:00 AM
Planted Ada\tJoined\t5/14/2024, 9:30:00 AM
Planted Bo\tLeft\t5/14/2024, 9:45:00 AM
"""


@pytest.fixture
def reports(tmp_path):
    (tmp_path / "inbox" / "events").mkdir(parents=True)
    return Nights("teams", tmp_path, {}, {})


def _drop(nights, text=REPORT, name="meetingAttendanceReport.csv", encoding="utf-16"):
    path = nights.home / "inbox" / "events" / name
    path.write_bytes(text.encode(encoding))
    return path


def _segments(nights):
    kept = ("person_key", "is_identified", "joined_at", "left_at", "role", "email_domain")
    return sorted(tuple(row[name] for name in kept) for row in nights.rows("segments"))


def test_a_real_report_is_read_to_its_last_row(reports):
    shutil.copy(REAL, reports.home / "inbox" / "events")
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["title"], meeting["started_at"]) == ("Scrum Meeting", "2022-11-14T09:29:07+00:00")
    segments = reports.rows("segments")
    assert len(segments) == 7
    assert {row["is_identified"] for row in segments} == {"true"}
    assert min(row["joined_at"] for row in segments) == "2022-11-14T09:30:46+00:00"


def test_a_row_a_join_with_local_times_turned_to_utc(reports):
    _drop(reports)
    reports.good_night(0)
    assert reports.rows("meetings")[0]["started_at"] == "2024-05-14T08:00:00+00:00", "summer time"
    assert len(reports.rows("segments")) == 5


def test_an_address_its_variant_and_a_guest_by_name_are_one_person_each(reports):
    _drop(reports)
    reports.good_night(0)
    people = {}
    for row in reports.rows("segments"):
        people.setdefault(row["person_key"], []).append(row["is_identified"])
    assert sorted(people.values()) == [["false", "false"], ["true"], ["true", "true"]]


def test_no_name_and_no_address_is_landed(reports):
    _drop(reports)
    reports.good_night(0)
    text = str(reports.rows("segments") + reports.rows("meetings"))
    assert not [word for word in ("Planted", "Ada", "ada", "@", "Cy") if word in text]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_encoding_changes_nothing(reports, tmp_path_factory, encoding, end):
    _drop(reports)
    reports.good_night(0)
    other = Nights("teams", tmp_path_factory.mktemp("other"), {}, {})
    (other.home / "inbox" / "events").mkdir(parents=True)
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    (other.home / "inbox" / "events" / "r.csv").write_bytes((mark + REPORT.replace("\n", end)).encode(encoding))
    other.good_night(0)
    assert _segments(other) == _segments(reports)


def test_commas_part_the_cells_where_there_are_no_tabs(reports):
    lines = [",".join(f'"{cell}"' if "," in cell else cell for cell in line.split("\t")) for line in REPORT.split("\n")]
    _drop(reports, "\n".join(lines), encoding="utf-8")
    reports.good_night(0)
    assert len(reports.rows("segments")) == 5


def test_without_activities_a_person_is_there_from_first_join_to_last_leave(reports):
    _drop(reports, REPORT.partition("3. In-Meeting")[0])
    reports.good_night(0)
    segments = reports.rows("segments")
    assert sorted((row["joined_at"][11:16], row["left_at"][11:16]) for row in segments) == [
        ("08:01", "08:50"),
        ("08:02", "08:30"),
        ("08:03", "08:40"),
    ]
    assert sum(row["is_identified"] == "true" for row in segments) == 2, "the UPN stands in for a missing e-mail"


def test_a_report_in_another_language(reports):
    _drop(reports, POLISH)
    reports.good_night(0)
    assert reports.rows("meetings")[0]["title"] == "Śniadanie"
    assert [row["joined_at"] for row in reports.rows("segments")] == ["2024-05-14T08:01:00+00:00"]


def test_a_language_that_is_not_known_is_refused_by_name(reports):
    _drop(reports, REPORT.replace("Join Time", "Liittymisaika").replace("First Join", "Ensimmäinen"))
    report = reports.night(0)
    assert report.files[0].status == "refused"
    assert "no column was found for joined" in report.files[0].reason


def test_the_older_list_of_actions(reports):
    _drop(reports, LIST, name="meetingAttendanceList.csv")
    reports.good_night(0)
    assert sorted((row["joined_at"][11:16], row["left_at"][11:16]) for row in reports.rows("segments")) == [
        ("08:00", "08:20"),
        ("08:00", "08:45"),
        ("08:30", "08:45"),
    ]
    assert reports.rows("meetings")[0]["title"] == "meetingAttendanceList"


def test_dates_that_can_be_read_both_ways_are_refused_unless_the_settings_say(reports):
    _drop(reports, REPORT.replace("14/05/24", "04/05/24"))
    report = reports.night(0)
    assert report.files[0].status == "refused"
    assert "date_order" in report.files[0].reason
    _drop(reports, REPORT.replace("14/05/24", "04/05/24") + "\n", name="again.csv")
    reports.good_night(1, date_order="mdy")
    assert reports.rows("meetings")[0]["started_at"] == "2024-04-05T08:00:00+00:00"


def test_a_row_without_a_time_is_quarantined_alone(reports):
    _drop(reports, REPORT.replace("14/05/24, 09:13:00", "later"))
    report = reports.night(0)
    assert report.files[0].rows_quarantined == 1
    assert len(reports.rows("segments")) == 4


def test_the_same_meeting_downloaded_again_adds_only_what_is_new(reports):
    _drop(reports)
    reports.good_night(0)
    more = "Planted Di\t14/05/24, 09:05:00\t14/05/24, 09:25:00\t20m\tdi@firm.example\tAttendee\n\n4. Meeting"
    _drop(reports, REPORT.replace("\n4. Meeting", more), name="again.csv")
    reports.good_night(1)
    assert len(reports.live("segments")) == 6
    assert len(reports.live("meetings")) == 1


def test_an_empty_report_is_refused(reports):
    _drop(reports, REPORT.partition("2. Participants")[0])
    assert "lists nobody" in reports.night(0).files[0].reason


def test_a_report_is_told_by_how_it_begins(reports):
    assert addressee(_drop(reports), "events").name == "teams"


BRAZILIAN = """1. Resumo
Título da reunião\tCafé da manhã
Horário de início\t14/05/2024, 09:00:00
Horário de término\t14/05/2024, 10:00:00
Duração da reunião\t1h

2. Participantes
Nome\tPrimeira Entrada\tÚltima Saída\tDuração na Reunião\tEmail\tID do Participante (UPN)\tFunção
Planted Ana\t14/05/2024, 09:01:00\t14/05/2024, 09:50:00\t49m\tana@firm.example\t\tOrganizador
Planted Rui\t14/05/2024, 09:05:00\t14/05/2024, 09:45:00\t40m\trui@firm.example\t\tParticipante

3. Atividades em Reunião
Nome\tHorário de Entrada\tHorário de Saída\tDuração\tEmail\tFunção
Planted Ana\t14/05/2024, 09:01:00\t14/05/2024, 09:50:00\t49m\tana@firm.example\tOrganizador
Planted Rui\t14/05/2024, 09:05:00\t14/05/2024, 09:25:00\t20m\trui@firm.example\tParticipante
Planted Rui\t14/05/2024, 09:35:00\t14/05/2024, 09:45:00\t10m\trui@firm.example\tParticipante
"""


def _roles(reports):
    return sorted((row["role"], row["joined_at"][11:16]) for row in reports.rows("segments"))


def _remarks(reports):
    return [(row["severity"], row["rule"], row["place"]) for row in reports.rows("rows", source="findings")]


def test_a_report_from_brazil_is_read_and_roles_are_the_same_in_every_language(reports):
    _drop(reports, BRAZILIAN)
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["title"], meeting["started_at"][:16]) == ("Café da manhã", "2024-05-14T08:00")
    assert _roles(reports) == [("attendee", "08:05"), ("attendee", "08:35"), ("organizer", "08:01")]


def test_a_section_that_cannot_be_read_leaves_the_next_one_and_is_told_of(reports):
    """The activities under a heading nobody knows: a row a person from the participants, first join to last leave."""
    _drop(reports, BRAZILIAN.replace("Horário de Entrada", "Ingresso"), "r.csv")
    reports.good_night(0)
    assert _roles(reports) == [("attendee", "08:05"), ("organizer", "08:01")]
    assert _remarks(reports) == [("warning", "section_not_read", "r.csv#13")]


def test_a_summary_that_cannot_be_read_leaves_the_joins_and_is_told_of(reports):
    _drop(reports, BRAZILIAN.replace("Horário de início", "Alku").replace("Título da reunião", "Otsikko"), "Aamu.csv")
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["title"], meeting["started_at"][:16]) == ("Aamu", "2024-05-14T08:01")
    assert _remarks(reports) == [("warning", "section_not_read", "Aamu.csv#1")]


def test_a_title_with_contact_details_is_withheld_with_a_finding_and_the_meeting_keeps_its_key(reports):
    text = REPORT.replace("Breakfast briefing", "Briefing, call 0121 496 0000")
    _drop(reports, text, "one.csv")
    _drop(reports, text.replace("Planted Bo", "Planted Bob"), "other.csv")
    reports.good_night(0)
    meetings = reports.rows("meetings")
    assert {row["title"] for row in meetings} == {WITHHELD}
    assert len({row["meeting_key"] for row in meetings}) == 1, "whatever the file is called"
    found = {(row["place"], row["cell"], row["severity"]) for row in reports.rows("rows", "findings")}
    assert found == {("one.csv#1", "title", "warning"), ("other.csv#1", "title", "warning")}


def test_a_row_with_more_values_than_headings_is_refused_with_its_place(reports):
    shifted = REPORT.replace("Planted Bo\t14/05/24, 09:02:00", "Planted\tBo\t14/05/24, 09:02:00")
    _drop(reports, shifted)
    reports.good_night(0)
    assert len(reports.rows("segments")) == 4
    assert read_latest(reports.home, "quarantine", QUARANTINE, ("place", "reason_code")) == [
        ("meetingAttendanceReport.csv#!18", "too_many_cells")
    ]


def test_so_is_one_of_the_older_list(reports):
    _drop(reports, LIST.replace("Planted Ada\tLeft", "Planted\tAda\tLeft"))
    reports.good_night(0)
    assert read_latest(reports.home, "quarantine", QUARANTINE, ("place", "reason_code")) == [
        ("meetingAttendanceReport.csv#!4", "too_many_cells")
    ]


def test_a_report_of_shifted_rows_alone_is_refused(reports):
    lines = LIST.splitlines()
    _drop(reports, "\n".join([lines[0], *(f"{line}\tx" for line in lines[1:])]))
    (file,) = reports.night(0).files
    assert (file.status, "every row has more values" in file.reason) == ("refused", True)
