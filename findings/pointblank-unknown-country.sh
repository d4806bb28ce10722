#!/usr/bin/env bash
# Pointblank checks the postcodes of a country that it does not know (UK, which is GB; JE, GG and IM, which are right) by a
# rule that nearly any words or digits meet, and says nothing of it. Of a specification that it does not know it does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pointblank==1.1.1 polars==2.1.0
"$work/venv/bin/python" -W error::UserWarning - <<'PY'
import pointblank
import polars

postcodes = polars.DataFrame({"postcode": ["B1 1AA", "not known", "12345"]})


def passed(country):
    checked = pointblank.Validate(postcodes).col_vals_within_spec("postcode", f"postal_code[{country}]").interrogate()
    return checked.n_passed(i=1, scalar=True)


seen = {country: passed(country) for country in ("GB", "UK", "JE", "GG", "IM")}
try:
    pointblank.Validate(postcodes).col_vals_within_spec("postcode", "post").interrogate()
    said = "nothing"
except ValueError as error:
    said = str(error)
print(f"pointblank {pointblank.__version__}: of 3 pass as postcodes of {seen}; of the specification 'post': {said}")
assert seen == {"GB": 1, "UK": 3, "JE": 3, "GG": 3, "IM": 3}
assert "Unknown specification" in said
PY
