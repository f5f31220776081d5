# Darkroom: `make` lists what there is.

PYTHON ?= python3
PYTEST_OPTIONS ?=
# Processes that share the tests, a file at a time; more would starve the workers of the tests.
PARALLEL ?= -n 2 --dist loadfile --no-loadscope-reorder

BIN := .venv/bin
UV ?= $(BIN)/uv
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header $(if $(UPGRADE),--upgrade)

export PYTHON

.DEFAULT_GOAL := help
# The steps of `test` come in order, and share one environment, under `make -j` too.
.NOTPARALLEL:
.PHONY: help run test lint types imports migrations deployment pytest pytest-postgres \
	format requirements packages messages screenshots audit-dependencies fuzz bench bench-codecs \
	bench-pages bench-scale bench-sizing bench-workers contact-sheet clean environment scripts bench-environment services load chaos test-containers

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) \
		| while IFS='|' read -r name text; do printf '  %-16s %s\n' "$$name" "$$text"; done

# PORT and DATA_DIR reach the command as environment variables, as make passes all that it is given.
run: ## Start everything with one command; PORT=, DATA_DIR= and IMAGES= change its defaults
	@sh bootstrap.sh demo
	@sh build_scripts.sh
	@exec $(BIN)/python manage.py demo $(if $(IMAGES),--images "$(IMAGES)")

test: environment services lint types imports migrations deployment pytest pytest-postgres ## Check everything, on real servers

lint: environment ## Check style and formatting
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: environment ## Check types
	$(BIN)/python -m mypy .

imports: environment ## Check that imports point one way
	$(BIN)/lint-imports

migrations: environment ## Check that no model change lacks its migration
	$(BIN)/python manage.py makemigrations --check --dry-run

deployment: environment ## Check the settings of a deployment
	@echo '$(BIN)/python manage.py check --deploy --fail-level WARNING'
	@DARKROOM_SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	DARKROOM_ALLOWED_HOSTS=example.org \
	DARKROOM_HTTPS=on DARKROOM_DEBUG=off \
	$(BIN)/python manage.py check --deploy --fail-level WARNING

pytest: environment scripts services ## Run the tests on SQLite
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_OPTIONS)

pytest-postgres: environment scripts services ## Run the tests marked `database` on PostgreSQL
	$(BIN)/python -m pytest -m database --database=postgres $(PARALLEL) $(PYTEST_OPTIONS)

format: environment ## Put the code into its one format
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .

requirements: environment ## Pin what pyproject.toml asks for; UPGRADE=1 takes newer versions
	@command -v $(UV) >/dev/null || { echo "uv is missing: name it with UV=/path/to/uv"; exit 1; }
	$(COMPILE) -o requirements/base.txt
	$(COMPILE) --extra demo -o requirements/demo.txt
	$(COMPILE) --extra heic -o requirements/heic.txt
	$(COMPILE) --extra otel -o requirements/otel.txt
	$(COMPILE) --extra flower -o requirements/flower.txt
	$(COMPILE) --extra demo --extra otel --extra flower --group dev -o requirements/dev.txt
	$(COMPILE) --extra demo --group bench --constraints requirements/base.txt \
		-o requirements/bench.txt
	$(subst compile pyproject.toml,compile --group thumbor,$(COMPILE)) -o requirements/thumbor.txt
	$(subst compile pyproject.toml,compile --group node,$(COMPILE)) -o requirements/node.txt

# Hashes without addresses: where a package comes from is for the reader's own npm to say.
packages: ## Pin what package.json asks for
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

# xgettext and msgfmt come with Debian's gettext.
messages: environment ## Bring the catalogue of translations up to date, and compile it
	$(BIN)/python manage.py makemessages --locale zh_Hans --no-obsolete --add-location file \
		--ignore 'tests/*' --ignore 'benchmarks/*' --ignore 'node_modules/*' --ignore 'var/*'
	$(BIN)/python manage.py compilemessages --locale zh_Hans --ignore '.venv*' --ignore node_modules

screenshots: environment scripts services ## Write pictures of every page into results/, or with README=1 its four
	$(BIN)/python -m tests.uploads.pages.$(if $(README),readme_pictures,screenshots)

# Exits with an error of its own where no advisory service can be reached: that is no clean bill.
audit-dependencies: environment ## Ask an advisory service about every pinned version; needs a network
	@for file in requirements/*.txt; do echo "$$file"; \
		$(BIN)/python -m pip_audit --disable-pip --require-hashes --strict --progress-spinner off \
			--requirement "$$file" || { status=$$?; \
			echo "$$file: not clean, or no advisory service could be reached: see above"; \
			exit $$status; }; done

fuzz: environment services ## Throw made-up files and requests at it; MINUTES= says how long (10)
	MINUTES=$${MINUTES:-10} $(BIN)/python -m pytest tests/hostile/fuzz --timeout 0 $(PYTEST_OPTIONS)

# PEOPLE, IMAGES and REDIS, and of the benchmarks CORPUS, SUBJECTS, PHOTOGRAPHS, ROUNDS, TARGETS and
# RESULTS, TIMES and IDLE_SECONDS, reach the commands by themselves.
load: environment services ## Let PEOPLE= (20) upload IMAGES= (10000) small pictures; REDIS=frozen or down
	$(BIN)/python -m benchmarks.load

bench: bench-environment ## Measure Darkroom beside its peers on photographs of CORPUS=
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python -m benchmarks
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python -m benchmarks.box

bench-codecs: bench-environment ## Measure codecs and settings at equal score: the table of docs
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python -m benchmarks.codecs

bench-scale: environment services ## Check the advice on workers by simulations and real runs
	$(BIN)/python -m benchmarks.scale

bench-sizing: environment ## Measure what a picture takes of cores, memory and disks, per queue
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.sizing

bench-workers: environment services ## Measure two worker processes against one, and the idle footprint
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.workers

bench-pages: environment scripts services ## Measure the pages of a library of IMAGES= (100000)
	@sh bootstrap.sh bench .venv-bench
	@sh benchmarks/install_packages.sh benchmarks/pages || echo "Lighthouse could not be installed: it is left out"
	$(BIN)/python -m benchmarks.pages

contact-sheet: bench-environment ## Draw crops at equal bytes into docs/
	OPENBLAS_NUM_THREADS=1 .venv-bench/bin/python -m benchmarks.contact_sheet

bench-environment:
	@sh bootstrap.sh bench .venv-bench
	@sh bootstrap.sh thumbor .venv-thumbor || echo "thumbor could not be installed: it is left out"
	@sh benchmarks/install_packages.sh benchmarks || echo "sharp could not be installed: it is left out"

# MINUTES, SEED, BROKER, STORAGE, DATABASE, NAIVE and RESULTS reach the command by themselves.
chaos: environment services ## Break a deployment at random under load: MINUTES=, SEED=, NAIVE=1
	$(BIN)/python -m tests.chaos

# Root, an engine and minutes: a part of its own. KEEP= names a folder whose images serve the next run.
test-containers: environment ## Build the image and run docker/compose.yaml on a private engine
	@sh tests/services/install.sh containers
	CONTAINERS=1 $(BIN)/python -m pytest tests/docker/containers --timeout 0 -x $(PYTEST_OPTIONS)

clean: ## Remove the environment and the caches; your pictures and data stay
	rm -rf .venv .venv-bench .venv-node .venv-thumbor node_modules benchmarks/node_modules benchmarks/pages/node_modules
	rm -rf uploads/static/bundles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

environment:
	@sh bootstrap.sh dev

scripts: ## Bundle the scripts of the pages
	@sh build_scripts.sh

services:
	@sh tests/services/install.sh
