# Needs Python 3.11 or newer with venv, and nothing else. `make help` lists the targets.

.DEFAULT_GOAL := help
.PHONY: help install install-spark demo docs test test-long test-desktop test-spark golden fuzz torture bench bench-cold bench-what-if bench-letters bench-nightly bench-spark bench-volume release-workspace lock clean

VENV := .venv
INSTALLED := $(VENV)/.installed
SPARK_INSTALLED := $(VENV)/.spark-installed
LOCK_VENV := build/lock-venv
N ?= 100000
ROUNDS ?= 3
SECONDS ?= 60
CLAIMS ?= 20000
MONTHS ?= 12
LETTERS ?= 2000
DECIDED ?= 200000

# The versions that the lock file was made for come first; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)
REQUIRE_PYTHON = @test -n "$(PYTHON)" || { \
	echo "No Python 3.11 or newer with venv was found. Install one (Debian, Ubuntu: apt install python3 python3-venv)" >&2; \
	echo "or name one: make PYTHON=/path/to/python3" >&2; exit 1; }

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

install: $(INSTALLED) ## create .venv from requirements.lock; .venv/bin/claims is the command

install-spark: $(SPARK_INSTALLED) ## add what `claims run --engine spark` needs to .venv, half a gigabyte; Java 17 or newer must be there

demo: install ## run the whole job on sample_data/
	@$(VENV)/bin/claims demo

docs: install ## build the documentation in build/docs/, links and anchors checked
	@$(VENV)/bin/python -m sphinx -q -W --keep-going -n -d build/doctrees docs build/docs
	@echo "Built: build/docs/index.html"

test: install ## run the tests
	@$(VENV)/bin/python -m pytest -n auto --dist loadfile

test-long: install ## run the tests that show more widely what those of `make test` show (a quarter of an hour)
	@$(VENV)/bin/python -m pytest -n auto --dist loadfile -m long

golden: install ## write the golden pages of the letters anew; look at the difference before it is committed
	@$(VENV)/bin/python -m tests.golden

test-desktop: install ## look at pages in Chromium and at workbooks in LibreOffice (both must be there)
	@$(VENV)/bin/python -m pytest -n 0 -m desktop

test-spark: install-spark ## assess the known cases and the constructs of policies on Spark in local mode (needs Java 17 or newer)
	@$(VENV)/bin/python -m pytest -n 0 -m spark tests/spark

fuzz: install ## give damaged and hostile files to everything that reads files, for SECONDS seconds (default 60)
	@$(VENV)/bin/python -m tests.fuzz --seconds $(SECONDS)

torture: install ## run the long checks (minutes; needs cc and strace), and print the figures of the crash matrix
	@$(VENV)/bin/python -m pytest -n auto -m torture; ended=$$?; $(VENV)/bin/python -m tests.crash.figures; exit $$ended

bench: install ## print the job beside floors and peers for N claims (default 100,000) in ROUNDS rounds (3); peers are installed under build/bench/
	@$(VENV)/bin/python -m benchmarks.bench --claims $(N) --rounds $(ROUNDS)

bench-cold: install ## print the seconds of 100 claims from cold start beside a bare import of great_expectations, and of `claims --help`
	@$(VENV)/bin/python -m benchmarks.cold_start

bench-what-if: install ## print the seconds of a what-if over N claims beside the assessment of their run
	@$(VENV)/bin/python -m benchmarks.what_if --claims $(N) --rounds $(ROUNDS)

bench-letters: install ## print the letters of LETTERS claims (2,000) beside the bare Typst compiler on all cores, and of a tenth of them
	@$(VENV)/bin/python -m benchmarks.letters --claims $(LETTERS) --rounds $(ROUNDS)

bench-nightly: install ## print a night of 1,000 claims in a workspace with DECIDED decided ones (200,000) beside one without history
	@$(VENV)/bin/python -m benchmarks.nightly --decided $(DECIDED) --rounds $(ROUNDS)

bench-spark: install-spark ## print seconds per stage for N claims, assessed by DuckDB and on Spark in local mode
	@$(VENV)/bin/python -m benchmarks.spark --claims $(N)

bench-volume: install ## print seconds of every command and sizes, month by month, for MONTHS months (12) of CLAIMS claims (20,000) in one workspace
	@$(VENV)/bin/python -m benchmarks.volume --claims $(CLAIMS) --months $(MONTHS)

release-workspace: install ## write tests/workspaces/VERSION.tar.xz: once, when a version is released; later programs must open it
	@$(VENV)/bin/python -m tests.all_acts tests/workspaces

$(INSTALLED): requirements.lock pyproject.toml
	$(REQUIRE_PYTHON)
	@echo "Creating $(VENV) with $(PYTHON) (a minute or two, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)

$(SPARK_INSTALLED): $(INSTALLED) requirements-spark.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $(SPARK_INSTALLED)

lock: ## bring requirements.lock and requirements-spark.lock up to date with pyproject.toml (keeps versions that still fit)
	$(REQUIRE_PYTHON)
	@$(PYTHON) -m venv --clear $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK_VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra dev --extra docs \
		--output-file requirements.lock pyproject.toml
	@$(LOCK_VENV)/bin/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['spark'], sep='\n')" \
		> $(LOCK_VENV)/spark.in
	$(LOCK_VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --constraint requirements.lock \
		--custom-compile-command "make lock" --output-file requirements-spark.lock $(LOCK_VENV)/spark.in
	@rm -rf $(LOCK_VENV)

clean: ## remove .venv, build results and caches; workspaces stay, they are records
	@rm -rf $(VENV) build dist .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
