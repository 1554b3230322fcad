# GradLab. `make demo` and `make test` set up everything they need, in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo test install sandbox build lint check-style bench constraints clean

help:
	@echo "make demo         a sample class, released, handed in, graded and reported"
	@echo "make test         every test"
	@echo "make install      the environment alone, in $(VENV)"
	@echo "make build        source/, release/ and solutions/ from labs/"
	@echo "make bench        measure against nbgrader and otter-grader; writes benchmarks/README.md"
	@echo "make constraints  pin anew what pip would install today"

demo: install sandbox
	$(BIN)/gradlab demo

test: install sandbox check-style
	$(BIN)/gradlab build --check
	$(BIN)/gradlab lint
	$(BIN)/pytest -n 2 --dist loadfile

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

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GradLab needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "cannot make a virtual environment; run: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

# Student code runs in bubblewrap and nowhere else. Installing it needs root.
sandbox:
	@command -v bwrap > /dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "installing bubblewrap"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq bubblewrap > /dev/null; \
	else \
	  echo "bubblewrap is missing, and student code runs nowhere else. Install it with:"; \
	  echo "    sudo apt-get install bubblewrap"; \
	  exit 1; \
	fi

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
