"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import monitoring
from module_answer import ANSIBLES_OWN
from monitoring_account import FULL, ready

# Warnings are kept per process: here those of other tests may be among them.
BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}
GIVEN = {key: FULL[key] for key in ("balancer_arn", "target_group_arns", "emails", "budget_usd")}


@pytest.fixture
def aws():
    with ready() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        monitoring.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    keys = ("type", "default", "elements")
    documented = yaml.safe_load(monitoring.DOCUMENTATION)["options"]
    assert {name: {key: option[key] for key in keys if key in option} for name, option in documented.items()} == {
        name: {key: option[key] for key in keys if key in option} for name, option in monitoring.OPTIONS.items()
    }


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, **GIVEN)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(monitoring.RETURN).keys()
    assert not call(capsys, **GIVEN)["changed"]


def test_its_plan_is_shown(aws, capsys):
    answer = call(capsys, **GIVEN, _ansible_check_mode=True, _ansible_diff=True)
    assert answer["changed"]
    shown = answer["diff"]["prepared"]
    assert "+ alarm calstack-dev-latency" in shown
    assert "threshold: 2.0" in shown
    assert not aws.writes


def test_a_missing_balancer_is_one_message(aws, capsys):
    answer = call(capsys)
    assert answer["failed"]
    assert answer["msg"].startswith("monitoring_balancer_arn is empty")


def test_absent_needs_nothing_but_names(aws, capsys):
    call(capsys, **GIVEN)
    assert call(capsys, state="absent")["changed"]
    assert not call(capsys, state="absent")["changed"]
