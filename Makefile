# make setup CPU=1  the same without CUDA's libraries: torch from TORCH_INDEX
# make run     serve the app on http://localhost:8501     make setup    install without starting the server
# make test    install the test requirements, lint (ruff and mypy), test; with LONG=1 the tests marked as long as well
# make check   everything that a change has to pass: format, lint, spelling, types, tests
# make docs    build the documents as a site in site/     make results  rewrite their generated tables
# make lock    pin everything with hashes in requirements.lock; make setup LOCKED=1 installs exactly that
# make outdated  say which pins are behind; make image  build the container
# make pictures  take the documents' pictures of the pages again
# The first one that runs and is new enough: a shim of pyenv may be there without the Python behind it.
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3.14 python3; do \
  $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$one; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# What ruff formats; the other files are laid out by hand.
FORMATTED := docs/*.py

# What setup installs from: LOCKED=1 takes every package, its version and its hash from requirements.lock.
INSTALL := $(if $(LOCKED),--require-hashes -r requirements.lock,-r requirements.txt)
# CPU=1 takes torch from an index of builds without CUDA's libraries first; the rest then finds it installed.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
$(if $(CPU),$(if $(LOCKED),$(error requirements.lock has the hashes of the builds with CUDA: give CPU=1 or LOCKED=1, not both)))

.PHONY: lock outdated image run setup test check format lint spelling types docs results animation pictures hooks clean

# Streamlit looks into HOME before it serves a page, and ends where that is no folder that it may enter.
run: setup
	@[ -x "$${HOME:-/dev/null}/." ] || export HOME="$(CURDIR)"; echo "$(BIN)/streamlit run app.py"; exec $(BIN)/streamlit run app.py

setup: $(VENV)/installed

$(VENV)/installed: requirements.txt $(if $(LOCKED),requirements.lock)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, but '$(PYTHON)' is older or absent: install it, or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(CPU),grep -E '^torch' requirements.txt | $(BIN)/pip install --quiet --index-url $(TORCH_INDEX) -r /dev/stdin)
	$(BIN)/pip install --quiet $(INSTALL)
	@mkdir -p static && touch $@

$(VENV)/installed-test: $(VENV)/installed $(wildcard requirements-*.txt)
	$(BIN)/pip install --quiet -r requirements-test.txt
	@touch $@

test: $(VENV)/installed-test
	@sh tests/chromium.sh
	sh tests/run.sh $(BIN) $(LONG)

types: $(VENV)/installed-test
	$(BIN)/mypy

check: format spelling outdated test

outdated: $(VENV)/installed
	$(BIN)/python tests/outdated.py

lock: $(VENV)/installed-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
	  requirements.txt -o requirements.lock

image:
	docker build --tag unlearning-lab --build-arg DEVICE=$(or $(DEVICE),cpu) .

format: $(VENV)/installed-dev
	$(BIN)/ruff format --check $(FORMATTED)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy

spelling: $(VENV)/installed-dev
	$(BIN)/codespell

$(VENV)/installed-dev: $(VENV)/installed-test requirements-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch $@

hooks: $(VENV)/installed-dev
	$(BIN)/pre-commit install

docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "site/index.html"

$(VENV)/installed-docs: $(VENV)/installed requirements-docs.txt
	$(BIN)/pip install --quiet -r requirements-docs.txt
	@touch $@

results: setup
	$(BIN)/python docs/generate.py

animation: setup
	$(BIN)/python docs/make_animation.py

pictures: $(VENV)/installed-test
	@sh tests/chromium.sh
	$(BIN)/python docs/make_pictures.py

clean:
	rm -rf $(VENV) static site test-artifacts .mypy_cache
