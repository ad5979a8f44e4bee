# Everything a person or CI does here is one of these. `make help` lists them.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
UV := $(BIN)/uv
PORT ?= 8080
DATA ?= data
ARGS ?=
ROUNDS ?= 34000

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test fuzz check bench eval train fmt lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## make .venv with what the program needs
setup-test: .venv/.ready-test ## … and with what its tests need

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found on the PATH."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

.venv/.ready: requirements.txt pyproject.toml | .venv/bin/uv
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m compileall -q bot adapters storage
	@touch $@

.venv/.ready-test: requirements-test.txt .venv/.ready
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-test.txt
	@touch $@

run: setup ## start the demo firm at http://127.0.0.1:8080 (PORT=, DATA=)
	@KEQING_PORT=$(PORT) KEQING_DATA_DIR=$(DATA) $(BIN)/keqing demo

test: setup-test ## set up what the tests need and run all of them (ARGS= for pytest)
	@$(BIN)/python tests/browser.py
	@$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

fuzz: setup-test ## 100 000 mutated requests to the platforms' addresses (ROUNDS= for each)
	@KEQING_FUZZ_ROUNDS=$(ROUNDS) $(BIN)/pytest -n 2 --timeout 1200 tests/adapters -k fuzz $(ARGS)

check: setup-test ## style, types and import rules alone
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright --warnings

bench: setup ## measure speed, each figure beside its floor (ARGS= passed on)
	@$(BIN)/python -m benchmarks $(ARGS)

eval: setup ## measure mood and signals on labelled texts, and filing in an invented firm (ARGS="--json")
	@$(BIN)/keqing eval $(ARGS)
	@$(BIN)/keqing eval filing --customers 10000 --seed 1 $(ARGS)

train: setup-test ## train the regression anew; with CORRECTIONS=file for the firm in DATA alone
	@$(BIN)/python -m benchmarks.train $(if $(CORRECTIONS),--corrections $(CORRECTIONS) --out $(DATA)/kept/weights.json)

fmt: setup-test ## format and fix what can be fixed
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: .venv/bin/uv ## pin requirements anew, with hashes
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --extra test -c requirements.txt pyproject.toml -o requirements-test.txt

clean: ## remove .venv and caches; the data folder stays
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .import_linter_cache
