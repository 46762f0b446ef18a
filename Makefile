# Two commands do everything: `make map` (set-up and the page, from the sample, no network once
# set up) and `make test` (set-up and the tests).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEEPHOLE := $(BIN)/python -m peephole
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
SOURCES := spiders analysis maps peephole tests bench samples

# Where it is set, each of our short processes compiles its imports anew: 7 s instead of 2 (2026-11-23).
unexport PYTHONDONTWRITEBYTECODE

.PHONY: map test check bench serve clean constraints hooks audit
.DEFAULT_GOAL := map

map: $(RUN_STAMP)
	$(PEEPHOLE) run --sample

test: check
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(DEV_STAMP)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

bench: $(DEV_STAMP)
	$(BIN)/python -m bench

serve: $(RUN_STAMP)
	$(PEEPHOLE) serve

clean:
	rm -rf data .pytest_cache .ruff_cache .mypy_cache .hypothesis build *.egg-info

# Known holes of what is pinned; asks the database of PyPI.
audit: $(DEV_STAMP)
	$(BIN)/uv tool run pip-audit --strict --disable-pip --no-deps -r constraints.txt

hooks: $(DEV_STAMP)
	$(BIN)/pre-commit install

# uv where it is there already or can be put into the venv, pip where not; Debian's own python may
# lack venv, and then virtualenv beside it does.
$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  { command -v uv >/dev/null && uv venv -q --seed $(VENV); } || { \
	    $(PYTHON) -m pip install -q --target .bootstrap virtualenv && \
	    PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv -q $(VENV); }; }

define install
	@echo "installing $(1) into $(VENV)"
	@command -v uv >/dev/null || $(BIN)/python -m pip install -q --disable-pip-version-check uv || true
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) PATH="$$PATH:$(BIN)" uv pip install -q -c constraints.txt -e '$(1)' || \
	  $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '$(1)'
endef

$(RUN_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.)
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call install,.[dev])
	@touch $@ $(RUN_STAMP)

# Pin anew after a change of the dependencies in pyproject.toml.
constraints: $(DEV_STAMP)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --all-extras --no-annotate --no-header --no-emit-index-url pyproject.toml -o constraints.txt
