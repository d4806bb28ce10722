"""The public site of the current release beside the pages for returns; the evaluators' site is not served."""

from __future__ import annotations

import pytest

from tests.orchestration.returns_page.conftest import Visitor


@pytest.mark.parametrize("signs_in", [True, False])
def test_the_public_site_of_the_current_release_is_served_without_a_token(serve, home, signs_in):
    release = home / "releases" / "2025-05-15.1"
    for name in ("site", "site_public"):
        (release / name).mkdir(parents=True)
        (release / name / "index.html").write_text(f"this is {name}")
    (release / "mart.duckdb").write_text("secret")
    visitor = Visitor(serve(signs_in=signs_in))
    assert visitor.ask("GET", "/site/").status == 404, "no release readers use yet"
    (home / "releases" / "current").symlink_to("2025-05-15.1")
    assert visitor.ask("GET", "/site/").text == "this is site_public"
    for path in ("/site/../mart.duckdb", "/site/%2e%2e/mart.duckdb", "/site/%2e%2e/site/index.html", "/site/none.html"):
        assert visitor.ask("GET", path).status == 404
