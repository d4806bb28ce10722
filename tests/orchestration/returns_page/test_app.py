"""The page asked as a browser asks it: what it answers, what it keeps to itself, and what it refuses."""

import io
import re

import duckdb
import pytest
from openpyxl import load_workbook

from orchestration.returns_page.reading import safe_name
from orchestration.returns_page.sessions import ShortMemory
from orchestration.returns_page.tokens import registered
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_returns import BUSINESS, _write
from tests.orchestration.returns_page.conftest import Visitor


def inbox(home):
    return sorted(path.name for path in (home / "inbox" / "returns").glob("*")) if (home / "inbox").is_dir() else []


def test_a_workbook_is_looked_at_marked_up_and_stored_only_when_it_is_submitted(serve, home, filled):
    visitor = Visitor(serve())
    before = sorted(map(str, home.rglob("*")))
    answer = visitor.check(filled)
    page = visitor.ask("GET", answer)
    assert page.status == 200
    assert "1 row would be refused" in page.text
    assert re.search(r'<tr class="error"><th scope="row">Error</th><td>Businesses [A-Z]+\d+</td>', page.text)
    assert "is no postcode; type one such as B1 1AA" in page.text
    assert "Businesses assisted" in page.text
    marked = visitor.ask("GET", f"{answer}/marked.xlsx")
    assert "CB01%20return%20marked.xlsx" in marked.headers["content-disposition"]
    assert load_workbook(io.BytesIO(marked.body)).sheetnames[0] == "Findings"
    assert sorted(map(str, home.rglob("*"))) == before, "looking at it stores nothing"
    done = visitor.ask("POST", f"{answer}/submit")
    assert done.status == 200
    assert "submission 1" in done.text
    assert inbox(home) == ["CB01 return.xlsx"]
    assert (home / "inbox" / "returns" / "CB01 return.xlsx").read_bytes() == filled.read_bytes()
    assert visitor.ask("GET", answer).status == 404, "it is kept no longer"


def test_who_is_after_the_last_day_for_new_records_is_told(serve, home, filled):
    line = "period_key,partner_code,due_on,new_records_until,edits_until\n2023-24-Q1,ALL,,2023-07-13,2023-07-14\n"
    (home / "inbox" / "registers" / "calendar.csv").write_text(line, encoding="utf-8")
    Nights("registers", home, {}, {}).good_night(1)
    visitor = Visitor(serve())
    told = re.findall(r'<p class="problem">(.*)</p>', visitor.ask("GET", visitor.check(filled)).text)
    assert [sentence.partition(" (")[0] for sentence in told] == [
        "It is submitted on 2023-07-14, after the last day for new records of the quarter"
    ]


def test_what_would_be_refused_whole_is_told_and_not_taken(serve, home, tmp_path):
    visitor = Visitor(serve())
    for name, path in (
        ("empty.xlsx", _write(tmp_path / "empty.xlsx")),
        ("other.xlsx", _write(tmp_path / "other.xlsx", cover={"Cluster body code": "CB99"})),
    ):
        answer = visitor.check(path, name)
        page = visitor.ask("GET", answer).text
        assert "no return as it stands" in page or "refused whole" in page
        assert "/submit" not in page
        assert visitor.ask("POST", f"{answer}/submit").status == 422
    (tmp_path / "no.xlsx").write_bytes(b"no workbook")
    assert "refused whole" in visitor.ask("GET", visitor.check(tmp_path / "no.xlsx")).text
    assert inbox(home) == []


def test_the_workbook_of_another_body_than_is_signed_in_is_refused_as_such(serve, home, tokens, filled):
    # That one of its number waits already is the other body's to know.
    (home / "inbox" / "returns").mkdir()
    (home / "inbox" / "returns" / "waits.xlsx").write_bytes(filled.read_bytes())
    visitor = Visitor(serve(signs_in=True))
    visitor.sign_in(tokens["CB02"])
    answer = visitor.check(filled, "CB01 other.xlsx")
    page = visitor.ask("GET", answer).text
    assert "the workbook is of another body than CB02, which is signed in" in page
    assert "partners register" not in page
    assert "waits.xlsx" not in page
    assert visitor.ask("POST", f"{answer}/submit").status == 422


def test_nobody_sees_a_page_without_a_token_where_one_is_asked_for(serve, tokens, filled):
    visitor = Visitor(serve(signs_in=True))
    for path in ("/", "/history", "/feedback.csv", "/answers/x", "/answers/x/marked.xlsx"):
        assert visitor.ask("GET", path).headers["location"] == "/sign-in", path
    for path in ("/check", "/answers/x/submit"):
        assert visitor.ask("POST", path).headers["location"] == "/sign-in", path
    refused = visitor.sign_in("x" * 43)
    assert refused.status == 403
    assert visitor.cookie == ""
    signed_in = visitor.sign_in(tokens["CB01"])
    assert signed_in.headers["location"] == "/"
    assert {"HttpOnly", "SameSite=strict"} <= set(re.split(r"; ", signed_in.headers["set-cookie"]))
    assert "Sign out CB01" in visitor.ask("GET", "/").text
    visitor.ask("POST", "/sign-out")
    assert visitor.ask("GET", "/").headers["location"] == "/sign-in"


def test_a_body_sees_its_own_and_never_anothers(serve, home, tokens, filled, tmp_path):
    inbox_folder = home / "inbox" / "returns"
    inbox_folder.mkdir()
    (inbox_folder / "CB01 return.xlsx").write_bytes(filled.read_bytes())
    odd = {**BUSINESS, "Business name": "Second Ltd", "Postcode": "Coventry"}
    _write(inbox_folder / "theirs.xlsx", cover={"Cluster body code": "CB02"}, rows={"BUSINESSES": [odd]})
    Nights("returns", home, {}, {}).good_night(1)
    port = serve(signs_in=True)
    one, other = Visitor(port), Visitor(port)
    one.sign_in(tokens["CB01"])
    other.sign_in(tokens["CB02"])
    for visitor, own, foreign in ((one, "CB01 return.xlsx", "theirs.xlsx"), (other, "theirs.xlsx", "CB01 return.xlsx")):
        for path in ("/history", "/feedback.csv"):
            text = visitor.ask("GET", path).text
            assert own in text
            assert foreign not in text
    feedback = one.ask("GET", "/feedback.csv").text
    assert "error,CB01 return.xlsx,Businesses," in feedback
    assert "not_a_number" in feedback
    again = _write(tmp_path / "again.xlsx", cover={"Submission number": 2}, rows={"BUSINESSES": [BUSINESS]})
    answer = one.check(again)
    assert one.ask("GET", answer).status == 200
    for path in (answer, f"{answer}/marked.xlsx"):
        assert other.ask("GET", path).status == 404
    assert other.ask("POST", f"{answer}/submit").status == 404
    theirs = other.check(again)
    assert "refused whole" in other.ask("GET", theirs).text, "a body hands in no other's return"


TASKS_MART = """
    CREATE TABLE return_expected (partner_key VARCHAR, period_key VARCHAR, is_received BOOLEAN, is_waived BOOLEAN);
    CREATE TABLE dim_event (event_key VARCHAR, title VARCHAR);
    CREATE TABLE dim_organisation (organisation_key VARCHAR, name VARCHAR);
    INSERT INTO dim_event VALUES ('e1', 'Meet the buyer'), ('e2', 'Open day');
    INSERT INTO dim_organisation VALUES ('o1', 'Acme Ltd');
    CREATE TABLE reconciliation (reconciliation_key VARCHAR, partner_key VARCHAR, period_key VARCHAR, task VARCHAR,
        event_key VARCHAR, organisation_key VARCHAR, returned_place VARCHAR);
    INSERT INTO reconciliation VALUES
        ('event:e1', 'CB01', '2024-25-Q1', 'says 18, knows 20', 'e1', NULL, 'r.xlsx#Events!7'),
        ('event:e2', 'CB02', '2024-25-Q1', 'Return this event', 'e2', NULL, NULL),
        ('event:e3', NULL, '2024-25-Q1', 'Nobody returned it', 'e3', NULL, NULL),
        ('event:e4', 'CB01', '2024-25-Q1', NULL, 'e2', NULL, 'r.xlsx#Events!8'),
        ('support:o1', 'CB01', '2024-25-Q2', 'says 3 hours, 2', NULL, 'o1', 'r.xlsx#Support!7');
"""


def test_a_body_sees_what_it_has_to_settle_and_no_others_tasks(serve, home, tokens):
    release = home / "releases" / "2025-05-15.1"
    release.mkdir(parents=True)
    (release / "manifest.json").touch()
    (home / "releases" / "current").symlink_to(release.name)
    with duckdb.connect(str(release / "mart.duckdb")) as mart:
        mart.execute(TASKS_MART)
    port, pages = serve(signs_in=True), {}
    for body in ("CB01", "CB02"):
        visitor = Visitor(port)
        visitor.sign_in(tokens[body])
        pages[body] = re.findall(r"<tr><td>(.*)</td></tr>", visitor.ask("GET", "/history").text)
    assert pages["CB01"] == [
        "2024-25-Q2</td><td>Acme Ltd</td><td>says 3 hours, 2</td><td>r.xlsx#Support!7",
        "2024-25-Q1</td><td>Meet the buyer</td><td>says 18, knows 20</td><td>r.xlsx#Events!7",
    ]
    assert pages["CB02"] == ["2024-25-Q1</td><td>Open day</td><td>Return this event</td><td>"]


def test_a_file_name_that_two_bodies_used_says_nothing_of_whose_a_finding_is(serve, home, tokens):
    folder = home / "inbox" / "returns"
    folder.mkdir()
    for night, body in enumerate(("CB01", "CB02"), 1):
        _write(
            folder / "return.xlsx",
            cover={"Cluster body code": body},
            rows={"BUSINESSES": [{**BUSINESS, "Postcode": body}]},
        )
        Nights("returns", home, {}, {}).good_night(night)
    visitor = Visitor(serve(signs_in=True))
    visitor.sign_in(tokens["CB01"])
    assert len(visitor.ask("GET", "/feedback.csv").text.splitlines()) == 1


def test_the_home_keeps_hashes_and_no_token(home, tokens):
    text = (home / "return_tokens.yaml").read_text()
    assert not any(token in text for token in tokens.values())
    assert set(registered(home)) == {"CB01", "CB02"}
    assert (home / "return_tokens.yaml").stat().st_mode & 0o077 == 0


def test_what_is_too_large_of_no_stated_length_or_from_another_site_is_refused(serve, filled, home):
    visitor = Visitor(serve(most_bytes=1_000_000))
    large = visitor.send("/check", workbook=("large.xlsx", b"0" * 1_000_001))
    assert large.status == 413
    assert "larger than 1 MB" in large.text
    assert visitor.ask("POST", "/check", iter([b"x"])).status == 411
    assert visitor.ask("POST", "/check", b"x", Origin="http://other.example").status == 403
    assert visitor.ask("POST", "/check", b"x", Sec_Fetch_Site="cross-site").status == 403
    assert visitor.ask("GET", "/", Host="other.example").status == 400
    assert visitor.send("/check", workbook=("", b"")).status == 400
    answer = visitor.check(filled)
    assert visitor.ask("POST", f"{answer}/submit", Origin="http://other.example").status == 403
    assert inbox(home) == []


def test_no_text_of_a_workbook_becomes_markup(serve, tmp_path):
    visitor = Visitor(serve())
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Postcode": "x"}]})
    page = visitor.ask("GET", visitor.check(path, "<b>return<script>.xlsx"))
    assert "<script>.xlsx" not in page.text
    assert "&lt;b&gt;return" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("CB01.xlsx", "CB01.xlsx"),
        ("../../etc/CB01.xlsx", "CB01.xlsx"),
        ("C:\\returns\\CB01.xlsx", "CB01.xlsx"),
        (".hidden", "return.xlsx"),
        ("~$CB01.xlsx", "CB01.xlsx"),
        ("a\nb.xlsx", "ab.xlsx"),
        ("", "return.xlsx"),
    ],
)
def test_a_name_leads_nowhere(given, kept):
    assert safe_name(given) == kept


def test_what_is_kept_in_memory_is_little_and_not_for_long():
    now = [0.0]
    memory = ShortMemory(2, 10, clock=lambda: now[0])
    first, second = memory.keep("a"), memory.keep("b")
    third = memory.keep("c")
    assert [memory.find(name) for name in (first, second, third)] == [None, "b", "c"]
    now[0] = 10
    assert memory.find(second) is None
    assert first not in (second, third)
