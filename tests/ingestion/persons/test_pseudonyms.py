import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.persons.pseudonyms import email_domain, normalise_email, person_key

locals_ = st.from_regex(r"[a-z][a-z0-9.]{0,10}", fullmatch=True)


@given(local=locals_, tag=st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True))
def test_case_tag_and_spaces_are_one_person(local, tag):
    plain = f"{local}@example.co.uk"
    for variant in (plain.upper(), f"  {plain} ", f"{local}+{tag}@Example.co.uk"):
        assert person_key(variant, "k") == person_key(plain, "k")


@given(local=locals_, other=locals_)
def test_different_addresses_and_different_keys_give_different_people(local, other):
    address = f"{local}@example.co.uk"
    assert person_key(address, "k") != person_key(address, "another")
    if other != local:
        assert person_key(address, "k") != person_key(f"{other}@example.co.uk", "k")


def test_a_key_is_no_address():
    key = person_key("ada@example.co.uk", "k")
    assert key.startswith("p_")
    assert len(key) == 34
    assert "ada" not in key


@pytest.mark.parametrize("address", [None, "", "nobody", "@example.com", "a@b", "a b@example.com"])
def test_what_is_no_address_is_nobody(address):
    assert normalise_email(address) is None
    assert person_key(address, "k") is None
    assert email_domain(address) is None


def test_public_providers_say_nothing_of_an_organisation():
    assert email_domain("ada@GMAIL.com") is None
    assert email_domain("ada@firm.co.uk") == "firm.co.uk"


def test_without_a_key_there_is_no_pseudonym():
    with pytest.raises(ValueError, match="key is empty"):
        person_key("ada@example.co.uk", "")
