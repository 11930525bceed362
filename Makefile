# Every command a person needs; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v /usr/bin/python3 || command -v python3)
BIN := .venv/bin

.PHONY: help setup setup-run run test check hosts bench vendor

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## everything `make run` and `make test` need, on a fresh Debian machine
	@$(PYTHON) scripts/setup.py test

setup-run:
	@$(PYTHON) scripts/setup.py run

run: setup-run ## the commons at http://127.0.0.1:5000 with a demo workshop (COMMONS_HOME=…, PORT=…)
	@COMMONS_HOME=$${COMMONS_HOME:-var} exec $(BIN)/commons run --port $${PORT:-5000}

test: setup ## every test, with a real PostgreSQL, the real slicer and a real browser
	@$(BIN)/pytest -n $${WORKERS:-3} --no-loadscope-reorder --max-worker-restart=0

check: setup ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

hosts: setup ## the bridge with the real OctoPrint and Moonraker (from PyPI; OctoPrint needs a C compiler)
	@$(BIN)/pytest -m real_hosts tests/integration/firmware_bridge

bench: setup ## the benchmarks, each a ratio against something run beside it
	@$(BIN)/python -m tests.benchmarks

vendor: ## rebuild the bundles under commons/static/vendor from their locked sources (needs Node)
	@cd commons/frontend && npm ci && npm run build
