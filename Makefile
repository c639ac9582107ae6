# `make run` and `make test` set everything up by themselves; a second time they start at once, without network.
# For `make run`: PORT=8000, DEMO=0, GUANXI_HOME=folder. Python: make PYTHON=python3.12 run

PYTHON ?= python3
BIN := .venv/bin
export DJANGO_SETTINGS_MODULE := guanxi.settings
# Guanxi starts processes of its own (web, worker, tests): without compiled files each takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

# The checks look at no data of a running Guanxi.
CHECK_HOME := $(CURDIR)/var/check
CHECKS := ruff format types layers migrations deploy holes postgres tests

.PHONY: help run setup setup-test lock long test lint fix screenshots pictures bench $(CHECKS)

help:
	@echo "make run          set up and start Guanxi with a demo company"
	@echo "make test         set up and run every check: $(CHECKS) (each is also a target of its own)"
	@echo "make long         every benchmark on a tiny company, which is not part of make test"
	@echo "make lint         ruff, format, types, layers"
	@echo "make fix          let ruff mend and format what it can"
	@echo "make screenshots  take every page x role x width x language, with an index page in var/screenshots"
	@echo "make pictures     take the pictures of the README from the demo"
	@echo "make bench        run the benchmarks"
	@echo "make setup        only the set-up of make run"
	@echo "make holes        compare what is locked with the holes that are known (ARGS=fetch asks for news)"
	@echo "make lock         write requirements/*.txt anew (ARGS=--upgrade)"

run: setup
	@exec $(BIN)/guanxi run

setup:
	@$(PYTHON) scripts/setup.py run

setup-test:
	@$(PYTHON) scripts/setup.py test

lock:
	@$(PYTHON) scripts/setup.py lock $(ARGS)
	@[ ! -x $(BIN)/python ] || $(MAKE) --no-print-directory holes ARGS=

# Locked versions against the holes that are known; ARGS=fetch asks for news first.
holes: setup-test
	@$(BIN)/python scripts/holes.py $(ARGS)

# Every check runs even when an earlier one fails; the failing ones are named at the end.
test: setup-test
	@$(MAKE) --no-print-directory together CHECKS="$(CHECKS)"

lint: setup-test
	@$(MAKE) --no-print-directory together CHECKS="ruff format types layers"

.PHONY: together
together:
	@failed=""; \
	for check in $(CHECKS); do \
		printf '\n== %s\n' "$$check"; \
		$(MAKE) --no-print-directory "$$check" || failed="$$failed $$check"; \
	done; \
	if [ -n "$$failed" ]; then printf '\nFailed:%s\n' "$$failed"; exit 1; fi

ruff: setup-test
	@$(BIN)/ruff check

format: setup-test
	@$(BIN)/ruff format --check

fix: setup-test
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: setup-test
	@$(BIN)/mypy

layers: setup-test
	@$(BIN)/lint-imports --no-logo

migrations: setup-test
	@GUANXI_HOME=$(CHECK_HOME) $(BIN)/python -m django makemigrations --check --dry-run

deploy: setup-test
	@GUANXI_HOME=$(CHECK_HOME) GUANXI_MODE=production $(BIN)/python -m django check --deploy --fail-level WARNING

tests: setup-test
	@$(BIN)/python -m pytest $(ARGS)

# The parts that touch the database most, once more on PostgreSQL; pages and who may what ask it nothing of their own.
postgres: setup-test
	@if [ -z "$$GUANXI_TEST_POSTGRES" ]; then echo "skipped: GUANXI_TEST_POSTGRES names no PostgreSQL"; else \
	DATABASE_URL="$$GUANXI_TEST_POSTGRES" $(BIN)/python -m pytest guanxi/platform/journal guanxi/platform/jobs \
	guanxi/platform/regulations guanxi/platform/approvals guanxi/platform/messages/tests/test_inbox.py guanxi/domains tests/histories \
	-k "not pages and not test_rights and (not seeds or seeds-0-)"; fi

# Every benchmark on a tiny company: whether they measure, not how fast anything is.
long: setup-test
	@GUANXI_TEST_LONG=1 $(BIN)/python -m pytest tests/operations/test_benchmarks.py

# ROLE=lin,auditor PAGE=visits. LANG=en WIDTH=360 DARK=1 JOBS=4 narrow or change it.
screenshots: setup-test
	@$(BIN)/python -m tests.pictures --role "$(ROLE)" --page "$(PAGE)" --language "$(filter zh en,$(LANG))" \
	$(if $(WIDTH),--width $(WIDTH)) $(if $(DARK),--dark) $(if $(JOBS),--jobs $(JOBS)) $(ARGS)

# The pictures in the README. ARGS="--home FOLDER" takes a demo that is there already.
pictures: setup-test
	@$(BIN)/python -m tests.pictures.readme $(ARGS)

bench: setup-test
	@$(BIN)/python -m benchmarks $(ARGS)
