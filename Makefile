# Two commands do all set-up on a fresh machine:
#   make demo   train and compare the classifiers on real images, write a page
#   make test   lint, then run the fast tests
# They need python3 (>= 3.11) with venv and headers, a C compiler and make.

PYTHON ?= python3
VENV ?= .venv
OUT ?= skwfm-compare
BIN := $(VENV)/bin
SOURCES := pyproject.toml meson.build README.md LICENSE \
	$(shell find skwfm -type f -not -name '*.pyc' -not -name '*.so' -not -path '*/__pycache__/*')

.PHONY: demo test test-slow lint docs dist bench sanitize clean

demo: $(VENV)/.installed-plot
	$(BIN)/skwfm compare --out $(OUT)

# There are as many workers as cores: BLAS threads of their own would only get in the way.
test test-slow: export OPENBLAS_NUM_THREADS = 1

test: lint $(VENV)/.installed-test
	$(BIN)/pytest -n auto -m "not slow"
	$(BIN)/pytest -n auto --pyargs skwfm --doctest-modules -p no:cacheprovider

test-slow: $(VENV)/.installed-test
	$(BIN)/pytest -n auto -m slow

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(abspath $(BIN)):$$PATH" cython-lint skwfm/_kernels
	$(BIN)/numpydoc lint $$(find skwfm -name '*.py')

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build -j auto -W --keep-going -b html docs docs/_build/html

# Source distribution and wheel, the latter built from the former, as an index takes them.
dist: $(VENV)/.installed-release
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/run_all.py

# Kernels built with AddressSanitizer and UBSan, in an environment of their own, under
# their tests. Leaks are not looked for: Python itself has some. What a sanitizer says
# before it ends the process must not be captured.
SANITIZED := $(VENV)-sanitized
sanitize: export PYTHONMALLOC = malloc
sanitize: export ASAN_OPTIONS = detect_leaks=0:halt_on_error=1
sanitize: export UBSAN_OPTIONS = print_stacktrace=1:halt_on_error=1
sanitize:
	$(MAKE) VENV=$(SANITIZED) $(SANITIZED)/.created
	$(SANITIZED)/bin/python -m pip install --quiet ".[test]" \
	  -Csetup-args=-Db_sanitize=address,undefined -Csetup-args=-Db_lundef=false \
	  -Csetup-args=-Dbuildtype=debugoptimized
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	  $(SANITIZED)/bin/python -P -m pytest -q --capture=sys -p no:cacheprovider -m "not slow" \
	  tests/kernels

clean:
	rm -rf $(VENV) $(SANITIZED) build dist docs/_build docs/auto_examples docs/api/generated

# What a missing part of the system looks like, in words, before pip fails in code.
$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "skwfm needs Python >= 3.11: apt install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "skwfm needs Python >= 3.11, found $$($(PYTHON) -V):" \
	    "call make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python has no venv: apt install python3-venv" >&2; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { \
	  echo "skwfm compiles its loops and found no C compiler: apt install gcc" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join( \
	  sysconfig.get_paths()["include"], "Python.h")))' || { \
	  echo "Python.h is missing: apt install python3-dev" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	touch $@

# The package is installed anew, with one of its extras, when a source has changed.
$(VENV)/.installed-%: $(SOURCES) | $(VENV)/.created
	$(BIN)/python -m pip install --quiet ".[$*]"
	touch $@
