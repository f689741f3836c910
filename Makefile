# Every target sets up .venv when it is missing, out of date or half made. Nothing here asks a question.
#
#   make demo           train the distillation example, print its story, and train a plan
#   make test           the tests and the doctests, without the long ones
#   make test-thorough  all of them
#   make lint           ruff, mypy and the import contracts
#   make bench          the benchmarks, one after the other; with BEFORE=FOLDER also against the version in that checkout
#   make reproduce      the experiments on real data: paper/results, and the tables made of it
#   make regimes        write the pictures of the docs and the files of the regimes anew, from their functions
#   make figures        run the regimes that no experiment trains, for the pages of the site: some minutes
#   make gallery        write a contact sheet of every kind of picture: build/gallery/light.html
#   make notebooks      run the notebooks in place, so that their outputs are those of this version
#   make docs           build the site: build/site/index.html
#   make paper          write the generated parts of the paper anew, and build it: build/paper/paper.pdf
#   make test-pythons   the tests that need no PyTorch, on each Python of this machine: some minutes each
#   make release        build and check dist/, the sdist and the wheel, and say what to do next; it uploads nothing
#   make clean          remove build outputs, caches and runs/, keep .venv and .venv-peers (make distclean removes them)
#
# make test PYTHON=python3.12 VENV=.venv-312 chooses another Python, and another place to put it.

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin

# The stamp says that set-up ended well, and for which folder: a clone that was moved is set up again.
STAMP = $(VENV)/.ready
UNFINISHED = $(VENV)-unfinished
PEERS = .venv-peers
TESTS = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal
ifneq ($(shell $(BIN)/python -c 'print(open("$(STAMP)").read().strip())' 2>/dev/null),$(CURDIR))
STALE = stale
endif

.PHONY: demo test test-thorough lint bench regimes figures gallery reproduce notebooks docs paper test-pythons release clean distclean stale

demo: $(STAMP)
	@OMP_NUM_THREADS=1 $(BIN)/python examples/distillation.py
	@echo && echo "The same from a file, plans/distillation.yaml, smaller:" && rm -rf runs/plan
	@OMP_NUM_THREADS=1 $(BIN)/python -m learning_diagrams train plans/distillation.yaml --out runs/plan --report

test: $(STAMP)
	@$(TESTS) -m "not thorough"

test-thorough: $(STAMP)
	@$(TESTS)

lint: $(STAMP)
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m mypy
	@$(BIN)/python $(BIN)/lint-imports --no-logo

bench: $(STAMP) $(PEERS)/.ready
	@$(BIN)/python benchmarks/step_overhead.py && $(BIN)/python benchmarks/readme_table.py
	@$(BIN)/python benchmarks/compile_time.py
	@$(BIN)/python benchmarks/equality.py
	@$(BIN)/python benchmarks/peers_table.py $(PEERS)/bin/python
	@$(BIN)/python paper/parts/write_parts.py
	@if [ -n "$(BEFORE)" ]; then $(BIN)/python benchmarks/versions.py "$(BEFORE)"; fi

regimes: $(STAMP)
	@$(BIN)/python -m website.regimes.write_regimes && $(BIN)/python -m website.pictures.write_pictures

figures: $(STAMP)
	@$(BIN)/python -m website.regimes.write_figures

gallery: $(STAMP)
	@$(BIN)/python -m website.pictures.gallery

notebooks: $(STAMP)
	@OMP_NUM_THREADS=1 $(BIN)/python notebooks/run.py && $(BIN)/python notebooks/teaching/write_lecture.py

docs: $(STAMP)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet && echo build/site/index.html

reproduce: $(STAMP)
	@$(BIN)/python examples/reproduce/reproduce.py && $(BIN)/python paper/parts/write_parts.py

# Debian's packages: texlive-latex-base, texlive-latex-recommended, texlive-pictures, texlive-fonts-recommended, lmodern.
LATEX = TEXINPUTS=paper: pdflatex -halt-on-error -interaction=nonstopmode -output-directory build/paper paper/paper.tex
paper: $(STAMP)
	@$(BIN)/python paper/parts/write_parts.py
	@command -v pdflatex >/dev/null || { echo "The paper needs pdflatex; paper/README.md names the packages." >&2; exit 1; }
	@mkdir -p build/paper && $(LATEX) >/dev/null && BIBINPUTS=paper bibtex -terse build/paper/paper \
		&& $(LATEX) >/dev/null && $(LATEX) >/dev/null && echo build/paper/paper.pdf \
		|| { tail -n 20 build/paper/paper.log >&2; exit 1; }

test-pythons: $(STAMP)
	@$(BIN)/python release/interpreters.py build/pythons

# cffconvert needs an older jsonschema than the tests do, so it has an environment of its own.
release: $(STAMP)
	@$(BIN)/python -m virtualenv -q build/cffconvert && build/cffconvert/bin/python -m pip install -qq cffconvert==2.0.0
	@build/cffconvert/bin/cffconvert --validate
	@$(BIN)/python release/distributions.py build/release
	@rm -rf dist && cp -R build/release/dist dist
	@$(BIN)/python release/version.py

clean:
	@rm -rf build dist runs *.egg-info .coverage htmlcov
	@rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -path './.*' -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	@rm -rf $(VENV) $(UNFINISHED) $(PEERS)

# ---- set-up ----------------------------------------------------------------------------------------------------------

WORKS = import sys; sys.exit(sys.version_info < (3, 11))

# A file beside .venv marks a set-up under way. Who finds it knows that an earlier one was cut off, and starts from nothing.
# A .venv that somebody else made is used as it is, if its Python runs and pip is there or can be brought. What is installed is
# always installed by pip: uv reads other settings and would find another torch.
# pip compiles nothing ahead: Python compiles the modules that are imported, a small part of PyTorch.
$(STAMP): pyproject.toml constraints.txt $(STALE)
	@set -e; \
	if [ -e $(UNFINISHED) ]; then rm -rf $(VENV); fi; \
	: > $(UNFINISHED); \
	rm -f $(STAMP); \
	runs() { $(BIN)/python -c '$(WORKS)' >/dev/null 2>&1; }; \
	has_pip() { $(BIN)/python -m pip --version >/dev/null 2>&1; }; \
	bring_pip() { $(BIN)/python -m ensurepip || uv pip install --python $(BIN)/python pip; }; \
	usable() { runs && { has_pip || { bring_pip >/dev/null 2>&1 </dev/null && has_pip; }; }; }; \
	try() { rm -rf $(VENV); "$$@" >/dev/null 2>&1 </dev/null && usable; }; \
	if ! usable; then \
		if ! $(PYTHON) -c '$(WORKS)' 2>/dev/null; then \
			echo "learning_diagrams needs Python 3.11 or later, and '$(PYTHON)' is" \
				"$$($(PYTHON) --version 2>/dev/null || echo missing). Name another one: make PYTHON=python3.12" >&2; \
			rm -rf $(VENV) $(UNFINISHED); exit 1; \
		fi; \
		echo "Setting up $(VENV) with $$($(PYTHON) --version): some minutes, once."; \
		try $(PYTHON) -m venv $(VENV) || \
		try $(PYTHON) -m virtualenv $(VENV) || \
		try virtualenv --python $(PYTHON) $(VENV) || \
		try uv venv --seed --python $(PYTHON) $(VENV) || { \
			rm -rf $(VENV) $(UNFINISHED); \
			echo "No virtual environment could be made: install python3-venv (Debian, Ubuntu), virtualenv or uv." >&2; \
			exit 1; \
		}; \
	else \
		echo "Bringing $(VENV) up to date."; \
	fi; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-compile -c constraints.txt -e '.[torch,dev,docs]' </dev/null \
		|| { rm -f $(UNFINISHED); exit 1; }; \
	printf '%s\n' '$(CURDIR)' > $(STAMP); \
	rm -f $(UNFINISHED)

# What the benchmarks compare with has an environment of its own. Where it cannot be installed the benchmarks run without
# it and say so, and the next `make bench` tries again.
$(PEERS)/.ready: benchmarks/peers.txt | $(STAMP)
	@echo "Setting up $(PEERS), for the benchmarks."; \
	rm -rf $(PEERS); \
	install="$(PEERS)/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps"; \
	if $(BIN)/python -m virtualenv -q $(PEERS) </dev/null && $$install -r benchmarks/peers.txt </dev/null; then \
		: > $@; \
	else \
		rm -rf $(PEERS); \
		echo "$(PEERS) could not be set up: the benchmarks run without it." >&2; \
	fi
