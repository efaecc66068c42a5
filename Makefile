# Everything is in .venv and .local: `make clean` removes both.
PY := .venv/bin/python
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help up test tools check bench lock docs site clean rabbitmq chromium firefox node prometheus

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

up: .venv/runtime.stamp rabbitmq ## run everything on this machine; Ctrl-C stops it
	@exec $(PY) -m cli up

test: tools ## run all tests that this machine can run; ARGS go to pytest
	$(PY) -m pytest $(ARGS)

tools: .venv/dev.stamp rabbitmq chromium firefox node prometheus ## install what the tests need

check: .venv/dev.stamp ## format, lint, types, imports, unit tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command as lint; lint()"
	$(PY) -m pytest tests/unit

bench: .venv/dev.stamp rabbitmq ## measure, side by side with peers
	$(PY) -m bench

lock: .venv/dev.stamp ## write the lock files anew from pyproject.toml
	$(LOCK) pyproject.toml --extra tracing --output-file requirements.lock
	$(LOCK) pyproject.toml --extra tracing --group dev --output-file requirements-dev.lock
	$(LOCK) --group s3 --output-file deploy/cluster/s3/requirements.lock
	$(LOCK) --group peers --output-file bench/requirements-peers.lock

docs: .venv/dev.stamp ## write the generated documents anew
	$(PY) -m contracts
	$(PY) -m gateway.openapi >docs/gateway.openapi.json
	$(PY) -m notifier.openapi >docs/notifier.openapi.json

site: .venv/dev.stamp ## build the documentation as a site, in .local/site
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

clean: ## remove the virtual environment, all data and all caches
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

rabbitmq: .venv/runtime.stamp
	@deploy/local/rabbitmq.sh

chromium:
	@deploy/local/chromium.sh

firefox:
	@deploy/local/firefox.sh

node:
	@deploy/local/node.sh
	@deploy/local/tus_client.sh

prometheus:
	@deploy/local/prometheus.sh

.venv/runtime.stamp: requirements.lock deploy/local/venv.sh
	@deploy/local/venv.sh requirements.lock
	@touch $@

# The development lock holds all of the other, so both are done.
.venv/dev.stamp: requirements-dev.lock requirements.lock deploy/local/venv.sh
	@deploy/local/venv.sh requirements-dev.lock
	@touch .venv/runtime.stamp $@
