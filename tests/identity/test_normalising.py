"""Names and identifiers have one form, in SQL and here."""

from __future__ import annotations

import pytest

from identity.normalising import normalised

NAMES = {
    "Müller Café": "muller cafe",
    "STRASSE & Søn Ltd": "strasse and son",
    "Привет Мир Ltd": "привет мир",
    "हिन्दी सेवा Ltd": "हिन्दी सेवा",
    "தமிழ் சங்கம்": "தமிழ் சங்கம்",
    # As East Asian keyboards write it.
    "".join(chr(ord(sign) + 0xFEE0) if sign > " " else "\u3000" for sign in "ACME (UK) & Co."): "acme uk",
    "Cafe\u0301 Nero": "cafe nero",
    "Acme " * 4000: ("acme " * 60).strip(),
    "The Anvil & Forge Co. LTD": "anvil and forge",
    "anvil and forge company limited": "anvil and forge",
    "Smith + Co": "smith",
    "Cwmni Da Cyf": "cwmni da",
    "Bright Futures C.I.C.": "bright futures",
    "Bright Futures CIO": "bright futures",
    "Bright Futures Community Interest Company": "bright futures",
    "Hart LLP": "hart",
    "O'Brien, Plastics P.L.C.": "obrien plastics",
    "Acme Ltd t/a Acme Labs": "acme",
    "Acme (formerly Bolt Ltd)": "acme",
    "Rent Advice (t/a Advice4Renters)": "rent advice",
    "Trading As One Ltd": "trading as one",
    "Ltd": None,
    "(withheld)": None,
    "N/A": None,
    "Self-Employed": None,
    "Home Office": "home office",
    "Students and Refugees Together (START)": "students and refugees together",
    "Cleveland Housing Advice Centre CIO (CHAC)": "cleveland housing advice centre",
    "Acme (UK) Ltd": "acme uk",
    "ACME (MIDLANDS) LTD": "acme midlands",
}
OTHER_NAMES = {
    "Acme Ltd t/a Acme Labs": "acme labs",
    "Acme (formerly Bolt Ltd)": "bolt",
    "Trailblazers (known as Switchback)": "switchback",
    "Oxford Legal - t/a The Speakeasy": "speakeasy",
    "Students and Refugees Together (START)": "start",
    "Acme (UK) Ltd": None,
    "Acme Ltd": None,
}
POSTCODES = {
    "b11aa": "B1 1AA",
    "ECIM 4XA": "EC1M 4XA",
    "S014 2AA": "SO14 2AA",
    "BI 1AA": "B1 1AA",
    "0X1 2JD": "OX1 2JD",
    "CV1 IFB": "CV1 1FB",
    "SL0 9AA": "SL0 9AA",
    "BS1 O00": None,
    "hello": None,
}
IDENTIFIERS = {
    "company_number_of": {
        "GB-COH-1234567": "01234567",
        "gb-coh-sc12345": "SC012345",
        "GB-COH-NI012345": "NI012345",
        "GB-COH-IP12345R": "IP12345R",
        "GB-CHC-1091263": None,
    },
    "charity_number_of": {
        "GB-CHC-1091263": "1091263",
        "GB-CHC-0225971": "225971",
        "GB-CHC-SC027577": "SC027577",
        "GB-SC-SC027577": "SC027577",
        "GB-SC-027577": "SC027577",
        "GB-SC-27577": "SC027577",
        "GB-SC-1091263": None,
        "GB-NIC-103772": "NIC103772",
        "GB-NIC-NIC103772": "NIC103772",
        "GB-CHC-1091263-ORG:12": None,
        "GB-COH-01234567": None,
    },
    "register_identifier": {
        "GB-EDU-133839": "GB-EDU-133839",
        "gb-ukprn-10007794": "GB-UKPRN-10007794",
        "GB-NHS-RRK": "GB-NHS-RRK",
        "GB-LAE-BIR": "GB-LAE-BIR",
        "GB-EDU-": None,
        "360G-ABCT-1": None,
    },
    "publisher_identifier": {
        "360G-ABCT-ORG:0015I": "360G-ABCT-ORG:0015I",
        "GB-CHC-1091263-ORG:12": "GB-CHC-1091263-ORG:12",
        "GB-CHC-1091263": None,
        "GB-EDU-133839": None,
        "360G-ABCT-": None,
    },
    "normalise_company_number": {
        "1234567": "01234567",
        "1234567.0": "01234567",
        "12345678.00": "12345678",
        "GB123456": None,
        "sc 12345": "SC012345",
        "00000000": None,
    },
    "normalise_charity_number": {
        "1091263.0": "1091263",
        "Registered charity no. 1091263": "1091263",
        "1091263-1": "1091263",
        "SCO27577": "SC027577",
        "06402143": None,
        "TBC": None,
    },
}


@pytest.mark.parametrize(
    ("rule", "forms"),
    [
        ("normalise_name", NAMES),
        ("other_name", OTHER_NAMES),
        ("normalise_postcode", POSTCODES),
        *IDENTIFIERS.items(),
    ],
)
def test_what_is_written_in_many_ways_has_one_form(rule, forms):
    assert dict(zip(forms, normalised(rule, *forms), strict=True)) == forms
