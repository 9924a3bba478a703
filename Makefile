# Everything that people do with Mien, a word each. `make` lists the words.
# Needs GNU make 3.81 or newer (what macOS has) and Python 3.11 to 3.13.

PYTHON ?= python3
# `.python-version` is what Heroku reads. pyenv, too, would make it ours, and fail where that version is not installed.
export PYENV_VERSION := $(or $(PYENV_VERSION),$(shell cd .. && pyenv version-name 2>/dev/null))
VENV ?= .venv
BIN = $(VENV)/bin
STATE ?= .mien
WORKERS ?= 1
RUNTIME ?=
# With RUNTIME=keras: a worker on each of these GPUs, as nvidia-smi numbers them; GPUS= for the CPU.
GPUS ?= $(shell command -v nvidia-smi >/dev/null 2>&1 && echo all)
DATA ?= $(MIEN_DATA)
NETWORK ?= classic
JOBS ?= 2
UPGRADE ?=
UPLOT ?=
COUNT ?= 500000
STEPS ?= 1000000
SEED ?= 0
MINUTES ?= 30
ROUNDS ?= 3
FAULTS ?= /tmp/mien-faults.json
SOAK ?= /tmp/mien-soak.json
SBOM ?= sbom
CHECK ?=
CHECKED ?= tests/architecture tests/contract tests/deploy tests/unit
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
SBOM_ROLES ?= api worker gpu capture flower

PIP = $(BIN)/python -m pip install --disable-pip-version-check

LOCAL = $(VENV)/.installed-local
DEV = $(VENV)/.installed-dev
TRAINING = $(VENV)/.installed-training
KUBERNETES = .venv-kubernetes
ROLES = api worker capture flower local training

.PHONY: help
help: ## list these words
	@echo "make WORD, where WORD is"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-10s %s\n", $$1, $$2 }'

.PHONY: up up-litert up-keras
up: up-$(or $(RUNTIME),litert) ## run everything on this machine (WORKERS=2 for two workers, RUNTIME=keras for GPUs); Ctrl-C stops it

up-litert: $(LOCAL)
	@exec $(BIN)/python -m deploy.local --workers $(WORKERS) --data $(STATE)

# TensorFlow with CUDA is another package than the one for CPUs, of the same modules: it has an environment of its own.
up-keras: KERAS_VENV = $(VENV)$(if $(GPUS),-gpu)
up-keras:
	@if [ -z "$(GPUS)" ]; then \
	  echo "Keras computes on the CPU, where LiteRT is faster: GPUS names none, and without it nvidia-smi is looked for."; \
	elif ! command -v nvidia-smi >/dev/null; then \
	  echo "GPUS=$(GPUS) needs NVIDIA's driver, and there is no nvidia-smi here (docs/gpu.md)." >&2; exit 2; \
	fi
	@$(MAKE) --no-print-directory VENV=$(KERAS_VENV) MAKECMDGOALS="up RUNTIME=keras" \
	  $(KERAS_VENV)/.installed-local $(KERAS_VENV)/.installed-$(if $(GPUS),gpu,keras)
	@exec env MIEN_RUNTIME=keras $(KERAS_VENV)/bin/python -m deploy.local --workers $(WORKERS) --data $(STATE) \
	  $(if $(GPUS),--gpus $(GPUS))

up-%:
	@echo "RUNTIME=$* is none: keras is for GPUs (docs/gpu.md); without RUNTIME LiteRT computes on the CPU." >&2; exit 2

.PHONY: secrets
secrets: ## make the passwords that docker compose needs, as files in secrets/
	@$(PYTHON) -m deploy.secrets

.PHONY: env
env: $(DEV) ## write .env.example anew after a change of the settings or of docker-compose.yml
	@$(BIN)/python -m deploy.env_example

.PHONY: images
images: ## build the containers' images, with the version and the commit in their labels
	IMAGE_VERSION=$(VERSION) IMAGE_REVISION=$$(git rev-parse HEAD) docker compose build

.PHONY: docker-check
docker-check: $(DEV) ## docker-compose.yml on this machine's engine, half an hour (CHECK=--without-grafana leaves it out)
	PYTHONPATH=tests:clients/python $(BIN)/python -m containers $(CHECK)

.PHONY: test
test: $(DEV) ## all tests, on JOBS=2 processes, and how much of the code they run
	@PYTHONPATH=tests $(BIN)/python -m support.browser
	@PYTHONPATH=tests $(BIN)/python -m support.faketime
	@PYTHONPATH=tests $(BIN)/python -m support.rtsp
	@PYTHONPATH=tests $(BIN)/python -m support.nginx
	@PYTHONPATH=tests $(BIN)/python -m support.units
	@PYTHONPATH=tests $(BIN)/python -m support.cloud_init
	@PYTHONPATH=tests $(BIN)/python -m support.caddy
	@PYTHONPATH=tests $(BIN)/python -m support.prometheus
	@rm -rf .coverage
	$(BIN)/coverage run -m pytest -n $(JOBS) -m "not slow_fault"
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

.PHONY: check
check: $(DEV) ## style, types, import contracts, and the tests that need no second process
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level medium contracts models workers api capture training operate deploy
	$(BIN)/python -m pytest -n $(JOBS) -q $(CHECKED)

.PHONY: faults
faults: $(DEV) ## every fault that Mien has to outlive, also those that last for minutes; writes docs/reliability.md
	$(BIN)/python -m pytest -n $(JOBS) -q tests/faults --reliability-report $(FAULTS)
	$(BIN)/python -m pytest -n $(JOBS) -q -m slow_fault tests/browser
	$(BIN)/python -m pytest -n $(JOBS) -q tests/simulation --simulation-steps $(STEPS) --simulation-first-seed $(SEED)
	@PYTHONPATH=tests $(BIN)/python -m support.reliability $(FAULTS)

.PHONY: soak
soak: $(DEV) ## MINUTES=30 of mixed load with a fault every 20 s, in the order of SEED=0; writes docs/reliability.md
	$(BIN)/python -m pytest -q -s tests/faults/test_soak.py --soak-minutes $(MINUTES) --soak-seed $(SEED) --reliability-report $(SOAK)
	@PYTHONPATH=tests $(BIN)/python -m support.reliability $(SOAK)

.PHONY: failover
failover: $(DEV) ## what a failover of Redis costs, ROUNDS=3 of each kind: killed, parted (root and nft), latency
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.failover --rounds $(ROUNDS)

.PHONY: docs-check
docs-check: $(DEV) ## type what README and the pages on running, operating and machines tell people to type, on a system of its own
	@PYTHONPATH=tests $(BIN)/python -m support.docs_check
	$(BIN)/python -m pytest -q -m slow_fault tests/integration/test_vm.py

.PHONY: bench
bench: $(DEV) ## measure the pipeline: images a second, CPU by stage, latency
	$(BIN)/python -m benchmarks.pipeline

.PHONY: fuzz
fuzz: $(DEV) ## thousands of requests made from /openapi.json, sound and broken ones
	$(BIN)/python -m benchmarks.fuzz

.PHONY: fuzz-images
fuzz-images: $(DEV) ## damaged images and bodies, COUNT=500000 in all, half of them each
	$(BIN)/python -m benchmarks.fuzz_images --count $$(( $(COUNT) / 2 ))
	$(BIN)/python -m benchmarks.repeats
	$(BIN)/python -m benchmarks.lengths --pairs $$(( $(COUNT) / 10 ))
	$(BIN)/python -m benchmarks.fuzz_bodies --count $$(( $(COUNT) / 2 ))
	$(BIN)/python -m benchmarks.body_lengths --every $$(( 500000 / $(COUNT) ))

.PHONY: train
train: $(TRAINING) ## train a network (DATA=fer2013.zip, NETWORK=classic)
	@test -n "$(DATA)" || { echo "Where is FER2013? make train DATA=/path/to/fer2013.zip (or set MIEN_DATA)"; exit 2; }
	$(BIN)/python -m training fit --network $(NETWORK) --data "$(DATA)"

.PHONY: lock
lock: $(DEV) ## write requirements/*.txt anew after a change of pyproject.toml (UPGRADE=1 for newer versions)
	$(BIN)/python -m deploy.lock $(if $(UPGRADE),--upgrade)

.PHONY: vendor
vendor: $(DEV) ## fetch the library that the page brings along (UPLOT=1.6.33 for another version)
	@PYTHONPATH=tests $(BIN)/python -m support.vendor $(UPLOT)

.PHONY: pictures
pictures: $(DEV) ## take the pictures of the page in docs/ anew, on a system of its own
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.page_pictures

.PHONY: dashboards-picture
dashboards-picture: $(DEV) ## draw the panels of the dashboards' overview anew, from a Prometheus beside a system of its own
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.dashboard_picture

.PHONY: trace-picture
trace-picture: $(DEV) ## draw the traces of two jobs into docs/trace.png, on a system of its own
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.trace_picture

.PHONY: audit
audit: $(DEV) ## look for known vulnerabilities of what requirements/ holds
	$(BIN)/python -m deploy.audit

.PHONY: sbom
sbom: $(DEV) ## write a bill of materials (CycloneDX) of each role, from its lock file, into SBOM=sbom
	@mkdir -p $(SBOM)
	@for role in $(SBOM_ROLES); do \
	  $(BIN)/python -W ignore -m cyclonedx_py requirements requirements/$$role.txt --pyproject pyproject.toml \
	    --output-reproducible --output-format JSON --output-file $(SBOM)/$$role.json || exit 1; \
	done

.PHONY: kubernetes-rules
kubernetes-rules: $(DEV) ## write Prometheus' rules anew as the object that its operator for Kubernetes reads
	@PYTHONPATH=tests $(BIN)/python -m support.prometheus_rule

.PHONY: kubernetes-check
kubernetes-check: $(DEV) $(KUBERNETES)/.installed ## hold deploy/kubernetes against the schemas of operators, and checkov's rules
	@PYTHONPATH=tests $(BIN)/python -m support.kubernetes_check $(KUBERNETES)

.PHONY: clean
clean: ## remove the virtual environment, caches and the local Redis' data
	rm -rf $(VENV) $(VENV)-gpu $(KUBERNETES) $(STATE) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage build dist *.egg-info

# What checks objects for Kubernetes asks for other versions of libraries than Mien: it has an environment of its own.
$(KUBERNETES)/.installed: requirements/kubernetes.txt
	$(PYTHON) -m venv $(KUBERNETES)
	$(KUBERNETES)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements/kubernetes.txt
	@touch $@

# A virtual environment knows by a stamp what was installed in it and is brought up to date when a lock file changes.
$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and 'Mien needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)')"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-%: requirements/%.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "Installing requirements/$*.txt into $(VENV); the first time this takes a few minutes."
	$(PIP) --require-hashes -r requirements/build.txt -r requirements/$*.txt
	$(PIP) --quiet --no-build-isolation --no-deps -e .
	@touch $@
