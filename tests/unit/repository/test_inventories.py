"""Each environment's inventory holds the shared values, its own on top, and what every role asks for."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from conftest import CHECKOUT

ENVIRONMENTS = ["local", "dev", "staging", "prod"]
COMPONENTS = {"vpc", "ecr", "secrets", "atlas", "alb", "ecs", "dns", "release", "monitoring", "delivery"}


@cache
def inventory(environment: str) -> dict[str, dict]:
    command = [Path(sys.executable).with_name("ansible-inventory"), "-i", f"inventories/{environment}", "--list"]
    answer = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True, text=True).stdout
    return json.loads(answer)["_meta"]["hostvars"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_shared_values_are_loaded_and_the_environments_own_lie_on_top(environment):
    hosts = inventory(environment)
    assert set(hosts) == COMPONENTS
    for variables in hosts.values():
        assert variables["app_port"] == 5000
        assert variables["env_name"] == environment
        assert (variables["app_cpu"], variables["app_memory"]) == (256, 512)


def test_production_is_protected_and_development_is_cheap():
    prod, dev = inventory("prod")["vpc"], inventory("dev")["vpc"]
    assert (prod["app_tasks_min"], prod["app_tasks_max"]) == (2, 10)
    assert prod["alb_deletion_protection"] is True
    assert prod["release_deletion_protection"] is True
    assert prod["atlas_termination_protection"] is True
    assert dev["atlas_instance_size"] == "M0"


def test_networks_do_not_overlap():
    networks = [inventory(environment)["vpc"]["vpc_cidr"] for environment in ENVIRONMENTS]
    assert len(set(networks)) == len(networks)


def test_only_the_lab_is_reached_over_loopback():
    endpoints = {environment: inventory(environment)["vpc"]["aws_endpoint"] for environment in ENVIRONMENTS}
    assert endpoints == {"local": "loopback", "dev": "aws", "staging": "aws", "prod": "aws"}


def test_an_environments_own_values_name_only_what_something_reads():
    known = set(yaml.safe_load((CHECKOUT / "group_vars/all.yml").read_text()))
    for specs in CHECKOUT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(specs.read_text())["argument_specs"].values():
            known |= set(entry.get("options", {}))
    known |= {"env_name", "aws_region", "aws_endpoint", "app_domain", "cost_budget"}
    for playbook in CHECKOUT.glob("playbooks/**/*.yml"):
        known |= set(re.findall(r"\b(?:build|smoke)_[a-z_]+", playbook.read_text()))
    for own in CHECKOUT.glob("inventories/*/group_vars/all/10_*.yml"):
        assert set(yaml.safe_load(own.read_text())) <= known, own
