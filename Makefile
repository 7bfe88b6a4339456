# make demo and make test set up everything they need; `make help` lists the rest.
VENV   ?= .venv
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help demo test check bench soak lock setup clean

help:
	@echo "make demo   a whole platform on this machine: centres, jobs, money, proofs (3 minutes)"
	@echo "make test   check and test everything (under 10 minutes on 2 cores)"
	@echo "make check  formatting, lint, types and the import contract only"
	@echo "make bench  measure, and write benchmarks/RESULTS.md"
	@echo "make soak   the long tests"
	@echo "make lock   resolve the dependencies again"

setup: $(READY)

$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Debian, Ubuntu: apt-get install python3 python3-venv make"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older or does not run. Name another: make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing. Debian, Ubuntu: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/suanwang warm
	@touch $@

demo: $(READY)
	$(BIN)/suanwang demo --once

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright

test: check
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not soak" -rs

soak: $(READY)
	$(BIN)/python -m pytest -m soak -rs --timeout 0

bench: $(READY)
	$(BIN)/python -m benchmarks --write

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.lock

clean:
	rm -rf $(VENV) build
