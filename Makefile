# What a person types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

bin := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Where it is set, as in many container images, every start would compile Ansible and boto3 anew.
unexport PYTHONDONTWRITEBYTECODE
# A shell that has sourced another checkout's .lab/env means this checkout's lab here.
unexport LAB_HOME LAB_NETWORK

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.PHONY: setup
setup: ## the locked environment and the pinned collections; a second time it does nothing
	@scripts/setup

.PHONY: demo
demo: setup ## CalStack's example on the local lab, end to end; leaves the lab running
	@scripts/demo

.PHONY: demo-release
demo-release: setup ## a release under 50,000 requests, live, then a broken one that goes back by itself (minutes)
	@scripts/demo-release

.PHONY: demo-commit
demo-commit: setup ## a commit is built, pushed and live, then a broken one that is not; on the lab, with Docker (minutes)
	@scripts/demo-commit

.PHONY: lab-up lab-down lab-status
lab-up: setup ## the local stand-in for AWS
	@$(bin)/python -m lab up
lab-down: ## stop the lab and forget what it held
	@$(bin)/python -m lab down
lab-status: ## what runs in the lab
	@$(bin)/python -m lab status

.PHONY: test
test: setup lint unit molecule ## everything CI runs: lint, unit tests, roles against a lab of their own

.PHONY: lint
lint: setup ## ruff, mypy, yamllint, ansible-lint, shellcheck, hadolint, checkov, documentation
	@scripts/lint

.PHONY: audit
audit: setup ## known weaknesses of the dependencies (asks OSV)
	@scripts/audit

.PHONY: unit
unit: setup ## unit and contract tests
	@$(bin)/pytest -n 2 --dist loadfile

.PHONY: molecule
molecule: setup ## every role and the whole site against a lab of their own
	@scripts/molecule

.PHONY: image
image: setup ## the example's container image, built and put to the test; says so where there is no container engine
	@scripts/image

.PHONY: integration
integration: setup ## what the lab and the site promise, under load (minutes)
	@$(bin)/pytest tests/integration

.PHONY: chaos
chaos: setup ## releases under every fault they must survive, with users at work (about 40 minutes)
	@$(bin)/pytest tests/chaos -vv --durations=10

.PHONY: migration
migration: setup ## a million documents move while they are written, killed three times, verified (about 15 minutes)
	@$(bin)/pytest tests/migration -vv --durations=3

.PHONY: costs
costs: setup ## what each inventory's environment costs a month
	@$(bin)/python scripts/costs.py

.PHONY: bench
bench: setup ## site and Terraform on the same stack and emulator, side by side (about 20 minutes)
	@tests/bench/run

.PHONY: bench-release
bench-release: setup ## what a release and a rollback take, measured on a lab of its own (about 20 minutes)
	@$(bin)/python -m tests.bench.release

.PHONY: bench-image
bench-image: setup ## size and start of the image beside plain ones of the same application
	@$(bin)/python -m tests.bench.image

.PHONY: clean
clean: ## remove what set-up and tests have made
	@test ! -d .lab || $(bin)/python -m lab down
	@test ! -d .cache/molecule-lab || LAB_HOME=.cache/molecule-lab LAB_NETWORK=127.86 $(bin)/python -m lab down
	rm -rf .venv .uv .cache .ansible .lab .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find collections/ansible_collections -mindepth 1 -maxdepth 1 ! -name calstack -exec rm -rf {} +
