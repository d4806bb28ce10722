"""What a text says of how to reach a person, and the text without it. Source: domain.md section 5.

Searched for are e-mail addresses, telephone numbers as they are written in the United Kingdom, and National Insurance
numbers. Dates, ranges of years and company or charity numbers are none. Error rates are given in docs/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WITHHELD = "(withheld)"
"""Stands for a text that held contact details."""

NAME_OF_ORGANISATION, OPEN_TEXT, CODE = "name_of_organisation", "open_text", "code"
KINDS = (NAME_OF_ORGANISATION, OPEN_TEXT, CODE)
"""What a text column holds. A `code` is an id, a code, a number, a date or one of a list of labels: not searched."""

SUSPICIOUS_ADDRESS = r"[@＠]|%40|[\[({] ?[Aa][Tt] ?[\])}]"  # noqa: RUF001 - the full-width sign is what is meant
"""What any text with an e-mail address has: the sign, as East Asian keyboards and links write it too, or `[at]`."""

_SUSPICIOUS_INSURANCE = r"[A-Za-z]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[A-Da-d]"

SUSPICIOUS = rf"{SUSPICIOUS_ADDRESS}|[0-9](?:[^0-9A-Za-z]{{0,3}}[0-9]){{8}}|{_SUSPICIOUS_INSURANCE}"
"""What any text with contact details has, as a pattern that RE2 (Arrow, DuckDB) knows too: few others have it."""

SUSPICIOUS_CODE = (
    rf"{SUSPICIOUS_ADDRESS}|{_SUSPICIOUS_INSURANCE}"
    r"|\+[0-9]{8}|[+0][0-9]*[^0-9A-Za-z]{1,3}[0-9](?:[^0-9A-Za-z]{0,3}[0-9])"
)
"""The same of a code, where bare digits are no telephone number: few ids have it."""

_SUSPICIOUS = re.compile(SUSPICIOUS)
_EMAIL = re.compile(
    rf"[\w.+'-]+ ?(?:{SUSPICIOUS_ADDRESS}) ?[\w-]+(?:(?:\.| ?[\[({{] ?dot ?[\])}}] ?)[\w-]+)+", re.IGNORECASE
)
# HMRC: two letters (never D, F, I, Q, U or V; the second no O either), six digits, one of A to D. Written with blanks,
# or with one sign throughout: a date between a word and a letter is none.
_NATIONAL_INSURANCE = re.compile(
    r"(?<![A-Z0-9])[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z]"
    r"(?: ?\d{2} ?\d{2} ?\d{2} ?|(?P<sign>[.-])\d{2}(?P=sign)\d{2}(?P=sign)\d{2}(?P=sign))[A-D](?![A-Z0-9])",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}[/.-]\d{1,2}[/.-]\d{1,2})(?!\d)")
TELEPHONE = "a telephone number"
_GOES_ON = re.compile(r"[\w-]")
# Shorter ones are of helplines, or no telephone numbers.
_FEWEST_DIGITS = 9
# What is left hanging at the end of a name once contact details are cut out of it, and empty brackets.
_HANGING = re.compile(
    r"(?:[\s,;:/|-]|\b(?:tel|telephone|phone|mobile|mob|call|e-?mail|contact|ask|attn|c/o|on|at|or)\b\.?)+$|[(]\s*[)]",
    re.IGNORECASE,
)
# A given name, an initial perhaps, and a surname, where they end the text or a sign follows.
_PERSON = re.compile(r"\b([A-Z][a-z]+) (?:[A-Z][.]? )?[A-Z][a-z]+(?:-[A-Z][a-z]+)?(?=\s*(?:$|[,;:()/|-]))")


@dataclass(frozen=True)
class Found:
    """Contact details in a text: where they stand, and what they are, in words."""

    start: int
    end: int
    what: str


def contact_details(text: str) -> list[Found]:
    """Every address and number by which a person is reached or known, in the order in which they stand."""
    if not _SUSPICIOUS.search(text):
        return []
    found = [Found(match.start(), match.end(), "an e-mail address") for match in _EMAIL.finditer(text)]
    found += [Found(m.start(), m.end(), "a National Insurance number") for m in _NATIONAL_INSURANCE.finditer(text)]
    found += [Found(start, end, TELEPHONE) for start, end in _telephone_numbers(text)]
    return sorted(found, key=lambda one: one.start)


def _telephone_numbers(text: str) -> Iterator[tuple[int, int]]:
    import phonenumbers

    without_dates = _DATE.sub(lambda match: "~" * len(match[0]), text)
    matcher = phonenumbers.PhoneNumberMatcher(without_dates, "GB", leniency=phonenumbers.Leniency.POSSIBLE)
    for match in matcher:
        # Ofcom's numbers for fiction are in use nowhere, and people write them for real ones: possible is enough.
        dialled = match.raw_string.lstrip("( ").startswith(("0", "+"))
        if dialled and len(str(match.number.national_number)) >= _FEWEST_DIGITS:
            yield match.start, match.end


def contact_in_code(text: str) -> Found | None:
    """The first contact details in a code, reference or file name, where bare digits may be no telephone number, nor is
    what a longer code goes on from (a UUID).
    """
    return next((one for one in contact_details(text) if _stands_in_code(text, one)), None)


def _stands_in_code(text: str, found: Found) -> bool:
    if text[found.start : found.end].isdecimal():
        return False
    goes_on = _GOES_ON.match(text[found.end :]) or _GOES_ON.match(text[: found.start][::-1])
    return found.what != TELEPHONE or goes_on is None


def withhold(text: str, kind: str) -> tuple[str, str | None]:
    """The text as it may be kept, and what was found in it, in words; None when nothing was.

    An open text with contact details is withheld whole: a name stands beside them more often than not. Of the name of
    an organisation they are cut out, with a person's name beside them, and what is left stands.
    """
    found = [] if kind == CODE else contact_details(text)
    if not found:
        return text, None
    what = " and ".join(dict.fromkeys(one.what for one in found))
    if kind == OPEN_TEXT:
        return WITHHELD, what
    left, end = "", 0
    for one in found:
        left += text[end : one.start]
        end = one.end
    left = _without_persons(_tidied(left + text[end:]))
    return _tidied(left) or WITHHELD, what


def _tidied(name: str) -> str:
    return " ".join(_HANGING.sub("", _HANGING.sub("", name)).split())


def _without_persons(name: str) -> str:
    return _PERSON.sub(lambda match: "" if match[1].lower() in _given_names() else match[0], name)


@cache
def _given_names() -> frozenset[str]:
    text = files("ingestion.persons").joinpath("given_names.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
