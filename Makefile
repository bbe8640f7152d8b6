# Everything a person or CI runs. Only Python 3.11 or newer, make and git are needed.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= .demo
TEST   := $(BIN)/python -m pytest

# Compiled once, started fast: some machines turn the bytecode cache off.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: bench-dashboard docs help setup demo test test-slow check format lock faults fuzz e2e generators bench bench-cards bench-feeds bench-accounts bench-costs clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: $(VENV)/ready ## make the virtual environment with the locked dependencies

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## write a sample blog and run the main job on it, without network or account
	@sh deploy/demo.sh $(BIN)/syndicate $(DEMO)

# Each worker reads rooms of its own (tests/conftest.py), so that nothing is read and warmed up twice.
test: setup ## run the quick tests (fifteen seconds, loopback only)
	$(TEST) -n 2 --dist each -o console_output_style=classic -m "not slow and not e2e"

test-slow: setup ## run all tests, with the exhaustive tables, PostgreSQL and every drawn card
	$(TEST) -n 2 --dist worksteal -m "not e2e" --hypothesis-profile=thorough

check: setup ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

faults: setup ## run the fault campaign (half an hour): troubles of networks, processes and files; prints its table
	$(BIN)/python -m tests.faults

fuzz: setup ## look for posts, pictures, answers and texts that break a promise: 4 minutes, or MINUTES=30
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),4)

e2e: setup generators ## run the tests against real servers, validators, readers and site generators
	$(TEST) -m e2e -rs

generators: .generators/ready ## install the site generators that `make e2e` builds blogs with (npm and PyPI; some 500 MB)

.generators/ready: Makefile
	mkdir -p .generators
	$(PYTHON) -m venv .generators/python
	.generators/python/bin/pip install --quiet --disable-pip-version-check "pelican[markdown]==4.12.0"
	command -v npm >/dev/null || { echo "npm is missing: Eleventy, Astro and Docusaurus are not tried" >&2; exit 0; }; \
	npm install --prefix .generators --silent --no-audit --no-fund --no-package-lock @11ty/eleventy@3.1.8 astro@5 \
		@docusaurus/core@3.10.2 @docusaurus/preset-classic@3.10.2 react@18 react-dom@18
	@touch $@

bench: setup ## the table of docs/benchmarks.md in one run, beside what generators are there; takes long, or PARTS="deliveries serving"
	$(BIN)/python -m tests.benchmarks $(PARTS)

bench-cards: setup ## milliseconds per card beside its peers
	$(BIN)/python tests/benchmarks/bench_cards.py

bench-feeds: setup ## rendering alone beside plain feedgen
	$(BIN)/python tests/benchmarks/bench_feeds.py

bench-accounts: setup ## what twenty accounts that hang cost a healthy one
	$(BIN)/python -m tests.benchmarks.bench_accounts

bench-costs: setup ## what a post, a delivery and a site cost: the table of docs/scale.md
	$(BIN)/python -m tests.benchmarks.bench_costs

bench-dashboard: setup ## CPU and bytes of each page of the dashboard with 500 messages
	$(BIN)/python -m tests.benchmarks.bench_dashboard

docs: setup ## build the documentation site into .site/public, strictly
	$(BIN)/python -m tests.docs.generate
	$(BIN)/python -m tests.docs.site .site
	$(BIN)/zensical build --strict --config-file .site/mkdocs.yml

lock: ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --upgrade --output-file requirements.lock

clean: ## remove the environment, the demo and all caches
	rm -rf $(VENV) $(DEMO) .generators .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
