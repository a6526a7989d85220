# make run: set up and carry out the quick study.   make test: set up and run every check.   make bench: the claims of speed.   make calibrate: error rates of the tests.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test bench calibrate clean
.DELETE_ON_ERROR:

run: $(READY)
	$(BIN)/tide run quick

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -rs

bench: $(READY)
	$(BIN)/python benchmarks/start.py --out benchmarks/results/start.json
	$(BIN)/python benchmarks/rehearsal.py --out benchmarks/results/rehearsal.json
	$(BIN)/python benchmarks/scoring.py --conversations 2000 --systems 8 --bf16 --out benchmarks/results/scoring.json
	$(BIN)/python benchmarks/judge_calls.py --replies 6400 --out benchmarks/results/judge_calls.json
	$(BIN)/python benchmarks/power.py --out benchmarks/results/power.json
	$(BIN)/python benchmarks/teacher_calls.py --out benchmarks/results/teacher_calls.json
	$(BIN)/python benchmarks/checks.py --near --out benchmarks/results/checks.json
	$(BIN)/python benchmarks/teaching.py --out benchmarks/results/teaching.json
	$(BIN)/python benchmarks/plan.py --out benchmarks/results/plan.json
	$(BIN)/python benchmarks/answering.py --out benchmarks/results/answering.json
	$(BIN)/python benchmarks/study_load.py --database sqlite --participants 50 --out benchmarks/results/study_load_sqlite.json
	$(BIN)/python benchmarks/study_load.py --database postgres --participants 200 --out benchmarks/results/study_load_postgres.json
	$(BIN)/python benchmarks/report.py --out benchmarks/results/report.json
	$(BIN)/python benchmarks/analysis.py --out benchmarks/results/analysis.json
	$(BIN)/python benchmarks/quick.py --out benchmarks/results/quick.json

calibrate: $(READY)
	$(BIN)/python benchmarks/calibrate.py --out benchmarks/results/calibration.json

# The marker is written last, so an installation that broke off is done again, and a complete one is not.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "tidelab needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python"; exit 2; }
	@echo "setting up .venv (some minutes, once)"
	$(PYTHON) -m venv .venv || { echo "mend: install Python's venv module (Debian: apt install python3-venv)"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv build dist runs
