# Everything a person or CI runs. `make help` lists it. CI calls these targets and nothing else.

PYTHON ?= python3
VENV := .venv/bin
# Where the two editing traces lie; the tests that need them are skipped elsewhere.
export FOLKMOOT_TRACES ?= $(abspath ../shared/traces)

have-python = command -v $(PYTHON) >/dev/null || { \
	echo "folkmoot: $(PYTHON) is missing; install it: apt install python3 python3-venv" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: up test check unit docs web web-test web-types trace bench cluster-soak sim sim-soak format lock clean distclean help
.PHONY: environment test-environment

up: environment ## install what is missing, start Folkmoot (ARGS="--port 9000")
	@$(VENV)/folkmoot up $(ARGS)

test: test-environment ## install what the tests need and run them all (PYTEST="-k chat")
	@sh scripts/test.sh $(PYTEST)

check: test-environment ## style, types, import contract, generated files, the page's lint and types
	@sh scripts/check.sh

unit: test-environment ## the quick tests only
	@$(VENV)/python -m pytest tests/unit tests/property $(PYTEST)

web: environment ## build the page (into src/folkmoot/web_dist) when it changed

web-test: test-environment ## the page's and the TypeScript client's own tests
	@$(VENV)/python scripts/page.py --test

docs: test-environment ## write the tables of docs/ from the code
	@$(VENV)/python scripts/doc_tables.py

web-types: test-environment ## write the TypeScript frames, codes, limits and examples from the Python ones
	@$(VENV)/python -m folkmoot.protocol.typescript
	@$(VENV)/python -m folkmoot.testing.frames
	@$(VENV)/python -m folkmoot.testing.room_settings

trace: test-environment ## replay the two editing traces while processes are killed
	@$(VENV)/python -m bench trace $(ARGS)

bench: test-environment ## the measurements of the README's promises (ARGS="failover")
	@$(VENV)/python -m bench $(ARGS)

cluster-soak: test-environment ## random faults on five hosts (MINUTES=30, SEED= repeats, ARGS="--faults cut,freeze")
	@$(VENV)/python -m folkmoot.testing.machines.soak --minutes $(or $(MINUTES),30) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

sim: test-environment ## 10,000 simulated rooms and 2,000 zones (SEED=7, ZONE_SEED=7 for one again, ARGS=--shrink)
	@$(VENV)/python -m folkmoot.simulation $(if $(SEED),--seed $(SEED)) \
		$(if $(ZONE_SEED),--zone-seed $(ZONE_SEED)) $(ARGS)

sim-soak: test-environment ## simulate on and on from a random seed (MINUTES=60)
	@$(VENV)/python -m folkmoot.simulation --minutes $(or $(MINUTES),60) $(ARGS)

format: test-environment ## put the Python files into the house's format
	@$(VENV)/ruff check --fix-only --quiet . && $(VENV)/ruff format .

lock: test-environment ## write requirements/constraints.txt from what .venv holds now
	@{ head -n 1 requirements/constraints.txt; \
		$(VENV)/python -m pip freeze --exclude-editable; } > .constraints.tmp
	@mv .constraints.tmp requirements/constraints.txt

clean: ## remove what builds and tests leave; keeps .venv and node_modules
	@rm -rf src/folkmoot/web_dist dist .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache test-results .venv.tmp
	@find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## also remove .venv and node_modules
	@rm -rf .venv web/node_modules web/packages/*/node_modules

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

environment:
	@$(have-python)
	@$(PYTHON) scripts/environment.py

test-environment:
	@$(have-python)
	@$(PYTHON) scripts/environment.py test
