from __future__ import annotations

import pytest

from orchestration.errors import PublicationFailed, UserError
from orchestration.postgresql.address import choose_address, connect, describe

SECRET = "s3cret-of-the-publisher"


def test_the_command_line_goes_before_the_environment():
    assert choose_address("postgresql://a/x", {"WMIP_POSTGRES_URL": "postgresql://b/y"}) == "postgresql://a/x"
    assert choose_address(None, {"WMIP_POSTGRES_URL": "postgresql://b/y"}) == "postgresql://b/y"


def test_without_an_address_it_says_where_to_put_one():
    with pytest.raises(UserError, match=r"--to postgresql://.*WMIP_POSTGRES_URL"):
        choose_address(None, {})


def test_a_server_is_named_without_user_and_password():
    assert describe(f"postgresql://publisher:{SECRET}@db.example.org:5433/wmip") == "db.example.org:5433/wmip"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://publisher:{SECRET}@db.example.org:port/wmip?{SECRET}",
        f"publisher:{SECRET}@db.example.org",
        f"postgresql://publisher:{SECRET}@[db/wmip",
        f"mysql://publisher:{SECRET}@db/wmip",
        f"postgresql://publisher:p@{SECRET}@db.example.org/wmip",
        f"postgresql://publisher:p/{SECRET}@db.example.org/wmip",
        f"postgresql://publisher:1/{SECRET}@db.example.org/wmip",
        f"postgresql://publisher:{SECRET}/p@db.example.org/wmip",
        f"postgresql://publisher:p@{SECRET}/w?sslmode=require@db.example.org/wmip",
        f"postgresql://publisher:{SECRET}%zz@db.example.org/wmip",
    ],
)
def test_an_address_that_is_none_is_not_repeated(address):
    with pytest.raises(UserError, match="address is not one") as caught:
        describe(address)
    assert SECRET not in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_the_password():
    with pytest.raises(PublicationFailed, match=r"no connection to PostgreSQL at 127\.0\.0\.1:1/wmip") as caught:
        connect(f"postgresql://publisher:{SECRET}@127.0.0.1:1/wmip")
    assert SECRET not in str(caught.value)
