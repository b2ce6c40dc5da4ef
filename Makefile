# Quầy Thu. Bare `make` lists what there is.

PYTHON ?= python3
N ?= 1000
SEED ?= 1
VENV := .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/.demo
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench faults fuzz simulate chaos test-install generate format clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(DEV)  ## Make the environment in .venv with everything that demo and tests need

$(DEV) $(DEMO): $(VENV)/.%: setup.cfg pyproject.toml provisioning/make-environment
	PYTHON=$(PYTHON) provisioning/make-environment $(VENV) $*
	@touch $@

demo: $(DEMO)  ## Run the whole appliance on this machine (ARGS="--once --out DIR", ARGS=--window)
	@$(BIN)/quaythu demo $(ARGS)

# Both processes must list the same tests in the same order, also those that come out of a set: hence the seed.
test: $(DEV)  ## Run the tests (ARGS=... goes to pytest)
	PYTHONHASHSEED=0 $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(DEV)  ## Look for faults without running: ruff and mypy (strict)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV)  ## Measure against a Chromium kiosk and python-escpos; writes build/bench.json
	$(BIN)/python -m tests.bench $(ARGS)

test-install: $(DEV)  ## Install both roles into a fresh Debian root and start them there (needs root)
	provisioning/test-install

faults: $(DEV)  ## Print slips through every fault of printer and counter, and count what became of them
	$(BIN)/python -m tests.support.faults
	$(BIN)/python -m tests.support.restarts

fuzz: $(DEV)  ## Print slips of 100,000 random fee names; read a million broken messages
	$(BIN)/python -m tests.support.fuzz 100000
	$(BIN)/python -m tests.attack.fuzz 1000000

simulate: $(DEV)  ## Play payments in virtual time with everything going wrong (N=payments SEED=n)
	$(BIN)/python -m tests.simulation $(N) $(SEED) $(ARGS)

chaos: $(DEV)  ## Kill real processes and cut real lines during 1,000 payments, with both brokers (ARGS=...)
	$(BIN)/python -m tests.chaos $(ARGS)

generate: $(DEV)  ## Write the generated files anew: schemas, AsyncAPI, diagrams, gallery
	$(BIN)/python -m mqtt_schema.generate
	$(BIN)/python docs/lifecycle.py
	$(BIN)/python -m tests.support.gallery

format: $(DEV)  ## Lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove what was built
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
