# make demo    train and report the built-in demonstration
# make test    run the tests
# make check   lint, format, types, layers, documentation of public names
# Each creates .venv with everything it needs; another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check docs clean

demo: .venv/installed
	$(BIN)/multihot demo

test: .venv/installed
	$(BIN)/pytest -n 2

check: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed
	$(BIN)/pdoc -o docs/reference multihot

clean:
	rm -rf .venv multihot-demo docs/reference

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[offline,dev]'
	touch $@
