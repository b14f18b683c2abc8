"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._vpc.component import ARGUMENTS
from ansible_collections.calstack.aws.plugins.modules import vpc
from emulator import account
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}
WANTED = {"cidr": "10.20.0.0/16"}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        vpc.main()
    return json.loads(capsys.readouterr().out)


def documented(option):
    """An option's documentation in the words of an argument spec."""
    spec = {key: option[key] for key in ("type", "elements", "choices", "default", "required") if key in option}
    if "suboptions" in option:
        spec["options"] = {name: documented(sub) for name, sub in option["suboptions"].items()}
    return spec


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(vpc.DOCUMENTATION)["options"]
    assert {name: documented(option) for name, option in options.items()} == ARGUMENTS


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, **WANTED, nat="single")
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(vpc.RETURN).keys()
    assert answer["changed"]
    assert len(answer["vpc_nat_addresses"]) == 1
    again = call(capsys, **WANTED, nat="single")
    assert not again["changed"]
    assert again["changes"] == []
    assert again["vpc_private_subnet_ids"] == answer["vpc_private_subnet_ids"]


def test_check_mode_shows_what_it_cannot_know_yet(aws, capsys):
    answer = call(capsys, **WANTED, _ansible_check_mode=True)
    assert answer["vpc_nat_addresses"] == ["(known after apply)"] * 2
    assert "+ VPC calstack-dev\n    cidr: 10.20.0.0/16" in answer["diff"]["prepared"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cidr": "10.20.0.0/24"}, "vpc_cidr is 10.20.0.0/24: too small"),
        ({}, "state is present but all of the following are missing: cidr"),
        (WANTED | {"zones": ["eu-west-1a", "eu-west-9z"]}, "Available zones: eu-west-1a, eu-west-1b, eu-west-1c"),
        (WANTED | {"task_egress": [{"to_port": 1}]}, "missing required arguments: from_port"),
    ],
)
def test_wrong_input_ends_in_one_message(aws, capsys, given, words):
    answer = call(capsys, **given)
    assert answer["failed"]
    assert words in answer["msg"]


def test_absent_needs_no_other_option(aws, capsys):
    call(capsys, **WANTED, nat="none")
    answer = call(capsys, state="absent")
    assert answer["changes"][-1] == {"action": "delete", "kind": "VPC", "name": "calstack-dev"}
    assert not call(capsys, state="absent")["changed"]
