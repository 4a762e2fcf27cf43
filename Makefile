# make run    serves the app on http://localhost:8501     make setup  installs and stops before serving
# make test   installs the test requirements and runs everything
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Waiting threads spin shortly, then sleep: the server and a training share a laptop's cores (benchmarks/waiting_threads.py).
export GOMP_SPINCOUNT ?= 2000

.PHONY: run setup test lint clean

run: setup
	$(BIN)/streamlit run app.py

setup: $(VENV)/installed

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, but '$(PYTHON)' is older or absent: install it, or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements.txt
	@mkdir -p static && touch $@

$(VENV)/installed-test: $(VENV)/installed requirements-test.txt
	$(BIN)/pip install --quiet -r requirements-test.txt
	@touch $@

test: $(VENV)/installed-test
	@sh tests/chromium.sh
	$(BIN)/ruff check .
	sh tests/run.sh $(BIN)/python

lint: $(VENV)/installed-test
	$(BIN)/ruff check .

clean:
	rm -rf $(VENV) static test-artifacts
