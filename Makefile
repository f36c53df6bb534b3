# boltkb: `make report` is the main job, `make test` is every check. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
EXPORT ?=
REPORTS := docs/reports
SITE := site
LIGHTHOUSE := build/lighthouse
PORT ?= 8000
INPUTS ?= 100000
SEED ?= 1
# Of the captures, those that the site reports on; each takes a quarter of a minute.
REPORTED := leaked quiet saturated think-time
CAPTURES := $(addprefix data/captures/neo4j-5.26-,$(REPORTED))

export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help setup report site serve test lint compiled audit fuzz bench evidence compare pages lab lock clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make report EXPORT=/path/to/export   the same for your own files (folder, zip or file)"

setup: $(STAMP) ## create .venv and install; does nothing when nothing changed

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "boltkb needs Python 3.11 or later; say make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 -m venv failed; on Debian install the package python3-venv"; exit 1; }
	@echo "installing into $(VENV) (the first time takes about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

report: $(STAMP) ## reports on four committed captures (or on EXPORT=), then the site
ifeq ($(strip $(EXPORT)),)
	@$(BIN)/boltkb report $(CAPTURES) --no-redact --out $(REPORTS)
else
	@$(BIN)/boltkb report "$(EXPORT)" --out $(REPORTS)
endif
	@$(MAKE) --no-print-directory site
	@echo
	@echo "reports: $(CURDIR)/$(REPORTS)/*.html   (one file each, for mail)"
	@echo "site:    $(CURDIR)/$(SITE)/index.html   (or: make serve)"

site: $(STAMP) ## build the site with what is in docs/reports
	@$(BIN)/mkdocs build --strict --site-dir $(SITE)
	@$(BIN)/python -m handbook texts --site $(SITE)

serve: site ## build the site and serve it on loopback, PORT=8000
	@echo "http://127.0.0.1:$(PORT)/  (Ctrl-C ends it)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

lint: $(STAMP) ## ruff, mypy, the floors, spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config pyproject.toml
	@$(BIN)/codespell

# Made once for a clone, or each worker of the tests would make it, all at the same time.
compiled: $(STAMP)
	@$(BIN)/python -c 'import boltkb.twin'

test: $(STAMP) ## every check: lint, types, floors, tests, notebooks, site, browser
	@$(MAKE) --no-print-directory -j 2 lint compiled
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile \
	  --no-loadscope-reorder

audit: site ## what Lighthouse says of the built site; needs Node 20 and Chromium, not part of test
	@command -v npm >/dev/null || { echo "npm is missing; install nodejs and npm (Node 18.20 or later)"; exit 1; }
	@mkdir -p $(LIGHTHOUSE)
	@cp tests/site/lighthouse/* $(LIGHTHOUSE)/
	@cmp -s $(LIGHTHOUSE)/package-lock.json $(LIGHTHOUSE)/.installed || \
	  { npm ci --prefix $(LIGHTHOUSE) --ignore-scripts --no-audit --no-fund --loglevel=error && \
	    cp $(LIGHTHOUSE)/package-lock.json $(LIGHTHOUSE)/.installed; }
	@CHROME_PATH="$${CHROME_PATH:-$$(command -v chromium || command -v chromium-browser)}" \
	  node $(LIGHTHOUSE)/audit.mjs $(SITE)

fuzz: $(STAMP) ## the readers over 100,000 damaged files, about ten minutes (INPUTS=, SEED=)
	@$(BIN)/python tests/fuzz --inputs $(INPUTS) --seed $(SEED)

bench: $(STAMP) ## the benchmarks, as ratios against a named peer in the same run
	@$(BIN)/python -m benchmarks

evidence: $(STAMP) ## do intervals cover, is the twin real, is the diagnosis right? about an hour
	@$(BIN)/python -m evidence

compare: $(STAMP) ## run the real server anew for the twin to be compared with, about an hour
	@$(BIN)/python -m data.lab compare --folder build/compare --out evidence/real-server.json
	@$(BIN)/python -m evidence twin

pages: $(STAMP) ## write the generated pages anew: reference, cases, figures, notebooks
	@$(BIN)/python -m evidence cases examples
	@$(BIN)/python -m handbook
	@$(BIN)/python -m benchmarks.pages

lab: $(STAMP) ## a real Neo4j under load on this machine: one short capture into build/lab
	@$(BIN)/python -m data.lab capture --scenario saturated --minutes 2 --force --out build/lab/saturated

lock: $(STAMP) ## renew requirements.lock from pyproject.toml (needs the package uv)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate --extra site --extra lab --group dev \
	  --upgrade pyproject.toml --output-file requirements.lock

clean: ## remove what the commands made, but not .venv
	@rm -rf $(SITE) build .pytest_cache .mypy_cache .ruff_cache
	@git clean -fdXq $(REPORTS)
