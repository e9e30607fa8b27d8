# Two commands do all the set-up: `make demo` and `make test`. Python 3.11 or newer and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := asean_social/campaign.py,asean_social/plan.py,asean_social/checks.py,asean_social/ledger.py,asean_social/records.py,asean_social/decisions.py,asean_social/states.py,asean_social/sync.py,asean_social/delivery.py

.PHONY: demo test catalogs lock clean

demo: $(VENV)/.installed
	$(BIN)/asean-social demo

test: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --cov --cov-report=term:skip-covered
	$(BIN)/coverage report --fail-under=95 --include="$(CORE)"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group test
	touch $@

# after a sentence was added or changed: catalogs from the wording, and the compiled form
catalogs: $(VENV)/.tested
	$(BIN)/python scripts/catalogs.py

# all versions, after a dependency was changed
lock:
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --upgrade pip
	.lock/bin/python -m pip install --quiet . tzdata colorama --group test --group media
	.lock/bin/python -m pip freeze --exclude asean-social | grep -v ' @ ' > constraints.txt
	rm -rf .lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
