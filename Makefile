# GradLab. `make demo` and `make test` set up everything they need, in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# Install a Debian package as root; otherwise say which line does.
define apt
if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
  echo "installing $(1)" && apt-get update -qq && \
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1) > /dev/null; \
else \
  echo "$(1) is missing. Install it with:  sudo apt-get install $(1)"; exit 1; \
fi
endef

.PHONY: help demo test nightly faults hostile browser install sandbox chromium build lint check-style \
        bench bench-growth constraints clean

help:
	@echo "make demo         a sample class, released, handed in, graded and reported"
	@echo "make test         every test"
	@echo "make nightly      the suite itself: twenty secrets, mutants of every solution"
	@echo "make faults       grading killed and interrupted at many random points; takes an hour"
	@echo "make hostile      submissions that cheat and attack, and their pages in a browser"
	@echo "make install      the environment alone, in $(VENV)"
	@echo "make build        source/, release/ and solutions/ from labs/"
	@echo "make bench        measure against nbgrader and otter-grader; writes benchmarks/README.md"
	@echo "make bench-growth a class of 100 against one of 1000; a section of that page"
	@echo "make constraints  pin anew what pip would install today"

demo: install sandbox
	$(BIN)/gradlab demo

test: install sandbox chromium check-style
	$(BIN)/gradlab build --check
	$(BIN)/gradlab lint --secrets 2 --overview docs/course.md --check
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Every verdict under twenty secrets, and the solutions with one small fault at a time.
nightly: install sandbox
	$(BIN)/gradlab lint --secrets 20 --mutants

# The short form of these tests belongs to `make test`. GRADLAB_FAULTS_SEED=… repeats one.
faults: install sandbox
	GRADLAB_FAULTS=long $(BIN)/pytest -n 2 tests/faults

# All that cheats, attacks or is damaged, against the engine, the kernel's boundary and the pages.
hostile: install sandbox chromium
	$(BIN)/pytest tests/hostile tests/integration/kernel tests/unit/agent tests/browser

browser: install sandbox chromium
	$(BIN)/pytest tests/browser

check-style: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check gradlab tests nbgrader_config.py
	$(BIN)/mypy
	$(BIN)/lint-imports

build: install
	$(BIN)/gradlab build

lint: install
	$(BIN)/gradlab lint

# The peers get environments of their own, benchmarks/.envs; some 3 GB, once.
bench: install sandbox
	$(BIN)/python -m benchmarks.run

bench-growth: install sandbox
	$(BIN)/python -m benchmarks.growth

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GradLab needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) > /dev/null || \
	  { $(call apt,python3-venv) && $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

# Student code runs in bubblewrap and nowhere else.
sandbox:
	@command -v bwrap > /dev/null || { $(call apt,bubblewrap); }

# Only tests need a browser; without one those of tests/browser are skipped, which this says.
chromium:
	@command -v chromium > /dev/null || ( $(call apt,chromium) ) || \
	  echo "The tests of pages in a browser will be skipped."

constraints:
	rm -rf .constraints-venv
	$(PYTHON) -m venv .constraints-venv
	# jsonschema 4.25 parses a grammar when it is imported, which costs every command a second.
	.constraints-venv/bin/pip install --quiet 'torch==2.13.0' 'jsonschema<4.25' '.[dev]'
	( echo "# Exact pins of all that \`make\` installs; made by \`make constraints\`."; \
	  .constraints-venv/bin/pip freeze --exclude gradlab | sed 's/+cpu$$//' ) > constraints.txt
	rm -rf .constraints-venv

clean:
	rm -rf $(VENV) demo reports build *.egg-info
