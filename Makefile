# One list of commands for people and for CI. `make help` shows it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
N ?=
export PATH := $(CURDIR)/.node/bin:$(PATH)

##@ Use
.PHONY: run
run: $(VENV)/.runtime frontend/dist/index.html ## Start Unity with its web interface; data in ./data
	@UNITY_DATA="$${UNITY_DATA:-$(CURDIR)/data}" $(BIN)/unity serve

.PHONY: frontend
frontend: frontend/dist/index.html ## Build the web interface

.PHONY: migrate
migrate: $(VENV)/.runtime ## Bring the database to this version
	@UNITY_DATA="$${UNITY_DATA:-$(CURDIR)/data}" $(BIN)/unity migrate

##@ Check
.PHONY: check
check: $(VENV)/.dev frontend/node_modules/.stamp ## Judge the code without running it
	cd backend && $(BIN)/ruff format --config pyproject.toml --check app unity_builtins tests migrations ../bench ../plugin-sdk
	cd backend && $(BIN)/ruff check --config pyproject.toml app unity_builtins tests ../bench ../plugin-sdk
	cd backend && $(BIN)/lint-imports
	cd backend && $(BIN)/mypy
	$(BIN)/python .ci/check-generated
	cd frontend && npm run --silent check

.PHONY: test
test: test-deps test-backend test-frontend test-e2e ## Install what the tests need, and run them

.PHONY: test-deps
test-deps: ## Install the packages that tests need (root on Debian or Ubuntu; NO_DEPS=1: leave out)
	@NO_DEPS="$(NO_DEPS)" .ci/test-deps

.PHONY: test-backend
test-backend: $(VENV)/.dev ## Run the backend's tests
	cd backend && $(BIN)/pytest -n 2 --dist loadgroup $(TESTS)

.PHONY: test-postgres
test-postgres: $(VENV)/.dev ## Run the backend's tests with PostgreSQL as the default engine
	cd backend && UNITY_TEST_ENGINE=postgresql $(BIN)/pytest -n 2 --dist loadgroup $(TESTS)

.PHONY: test-parts
test-parts: ## Build the servers that tests can use and no package brings (needs Go)
	@.ci/test-parts

.PHONY: test-frontend
test-frontend: frontend/node_modules/.stamp ## Run the web interface's unit tests
	cd frontend && npm run --silent test

.PHONY: test-e2e
test-e2e: $(VENV)/.dev frontend/dist/index.html ## Click through the real program in a real browser
	cd frontend && npm run --silent e2e

.PHONY: crash
crash: $(VENV)/.dev ## Kill Unity N times in the middle of its work, on both engines (N=50)
	cd backend && UNITY_TEST_KILLS=$(or $(N),50) $(BIN)/pytest -n 0 -s --timeout 3600 tests/crash

.PHONY: chaos-notify
chaos-notify: $(VENV)/.dev ## Kill sender, database, network and receivers N times over 1,000 alerts (N=100)
	cd backend && UNITY_TEST_KILLS=$(or $(N),100) $(BIN)/pytest -n 0 -s --timeout 3600 tests/chaos

.PHONY: compose-test
compose-test: $(VENV)/.dev frontend/dist/index.html ## Build the three images and run the compose file on a real engine
	$(BIN)/python lab/compose_test.py

.PHONY: lab-test
lab-test: $(VENV)/.dev ## Break real disks and pools of virtual machines, and see what Unity tells (UNITY_CORPORA; FAULTS="a b")
	@$(BIN)/python lab/lab_test.py $(FAULTS)

.PHONY: test-corpora
test-corpora: $(VENV)/.dev ## Read the published recordings that UNITY_CORPORA names, and compare verdicts
	@test -d "$(UNITY_CORPORA)" || { echo "Set UNITY_CORPORA to the folder of the recordings."; exit 1; }
	@cd backend && echo "With a twin: every field equal" && $(BIN)/pytest -q -n 0 tests/corpora/test_twins.py
	@cd backend && echo "Without a twin: read, and the verdict is the reviewed one" && $(BIN)/pytest -q -n 0 --timeout 600 tests/corpora/test_verdicts.py
	@cd backend && echo "Status tables of databases: through the real mapping, no field swapped" && $(BIN)/pytest -q -n 0 tests/corpora/test_databases.py
	@cd backend && echo "The rules of others beside ours" && $(BIN)/python -m tests.corpora.opinions

.PHONY: prove-move
prove-move: $(VENV)/.dev ## Move N rows from SQLite to PostgreSQL, and compare the hash of each table (N=100000)
	cd backend && UNITY_TEST_MOVE_ROWS=$(or $(N),100000) $(BIN)/pytest -n 0 -s -q tests/services/core/backup/test_move.py -k every_row

.PHONY: fuzz
fuzz: $(VENV)/.dev .venv-fuzz/.stamp ## Throw noise at every parser for SECONDS each (30); PARSERS="a b": only these
	@cd backend && PYTHONPATH="$$(echo $(CURDIR)/.venv-fuzz/lib/python3*/site-packages)" $(BIN)/python -m tests.fuzz $(or $(SECONDS),30) $(PARSERS)

##@ Measure
.PHONY: bench-collect
bench-collect: $(VENV)/.dev .venv-bench/.stamp ## One collection cycle over N sshd, beside Ansible (N=50)
	@cd bench && $(BIN)/python bench_collect.py --ansible $(CURDIR)/.venv-bench/bin $(if $(N),--n $(N))

.PHONY: bench-cycle
bench-cycle: $(VENV)/.dev ## One cycle of N servers by `unity serve`, with recorded far ends (N=1000; UNITY_CORPORA: real drives)
	@cd bench && $(BIN)/python bench_cycle.py $(if $(N),--n $(N))

.PHONY: bench-metrics
bench-metrics: $(VENV)/.dev ## A year of metrics, beside Prometheus (N=20 servers)
	@cd bench && $(BIN)/python bench_metrics.py $(if $(N),--n $(N))

.PHONY: bench-api
bench-api: $(VENV)/.dev ## Lists and overview with N servers, memory and start (N=1000)
	@cd bench && $(BIN)/python bench_api.py $(if $(N),--n $(N))

.PHONY: bench-alerts
bench-alerts: $(VENV)/.dev ## One cycle of alert rules, beside Prometheus (N=1000 servers)
	@cd bench && $(BIN)/python bench_alerts.py $(if $(N),--n $(N))

.PHONY: bench-audit
bench-audit: $(VENV)/.dev ## Search in an audit log of N entries, on both engines (N=1000000)
	@cd bench && $(BIN)/python bench_audit.py $(if $(N),--n $(N))

.PHONY: bench-forecast
bench-forecast: $(VENV)/.dev ## Forecasts tried on N made-up file systems of each kind, beside netdata's and Prometheus' (N=12)
	@cd bench && $(BIN)/python bench_forecast.py $(if $(N),--n $(N))

##@ Develop
.PHONY: openapi
openapi: $(VENV)/.dev ## Write backend/openapi.json from the code
	cd backend && $(BIN)/unity openapi > openapi.json.part && mv openapi.json.part openapi.json

.PHONY: api-client
api-client: openapi frontend/node_modules/.stamp ## Write the web interface's client from the API
	cd frontend && npm run --silent api-client

.PHONY: lock
lock: ## Choose the newest stable versions at least seven days old, and lock them by hash
	.ci/lock

.PHONY: format
format: $(VENV)/.dev frontend/node_modules/.stamp ## Format everything
	cd backend && $(BIN)/ruff format --config pyproject.toml app unity_builtins tests migrations ../bench ../plugin-sdk
	cd backend && $(BIN)/ruff check --config pyproject.toml --fix app unity_builtins tests ../bench ../plugin-sdk
	cd frontend && npm run --silent format

.PHONY: clean
clean: ## Remove what was built and installed here (never ./data)
	rm -rf $(VENV) .venv-bench .venv-fuzz .node frontend/node_modules frontend/dist

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z0-9_-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What the targets stand on.

$(VENV)/bin/python:
	@.ci/venv "$(PYTHON)" $(VENV)

$(VENV)/.runtime: backend/requirements.lock backend/pyproject.toml plugin-sdk/pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r backend/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e plugin-sdk -e backend
	@touch $@

$(VENV)/.dev: backend/requirements-dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r backend/requirements-dev.lock
	@touch $@

.venv-bench/.stamp: backend/requirements-bench.lock
	@.ci/venv "$(PYTHON)" .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r backend/requirements-bench.lock
	@touch $@

.venv-fuzz/.stamp: backend/requirements-fuzz.lock
	@.ci/venv "$(PYTHON)" .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check --require-hashes -r backend/requirements-fuzz.lock
	@touch $@

# Node 22 or newer: the one on the PATH, or the one that the Python package index carries.
.node/bin/node: frontend/requirements-node.lock
	@.ci/node "$(PYTHON)" .node

frontend/node_modules/.stamp: frontend/package-lock.json frontend/package.json | .node/bin/node
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: frontend/node_modules/.stamp $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts -type f 2>/dev/null)
	cd frontend && npm run --silent build
	@touch $@
