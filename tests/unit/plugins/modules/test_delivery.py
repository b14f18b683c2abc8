"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import delivery
from emulator import account
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}
RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/x/1/2/3"
GIVEN = {
    "repository": "example/calstack",
    "rule_arns": {"production": RULE, "test": RULE + "4"},
    "image_repository_arn": "arn:aws:ecr:eu-west-1:123456789012:repository/calstack-dev",
}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        delivery.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    documented = {
        name: {key: option[key] for key in ("type", "default") if key in option}
        for name, option in yaml.safe_load(delivery.DOCUMENTATION)["options"].items()
    }
    assert documented == delivery.OPTIONS


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, **GIVEN)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(delivery.RETURN).keys()
    assert not call(capsys, **GIVEN)["changed"]


def test_a_repository_that_is_none_is_one_message(aws, capsys):
    answer = call(capsys, **GIVEN | {"repository": "calstack"})
    assert answer["failed"]
    assert answer["msg"].startswith("delivery_repository is 'calstack'")


def test_absent_needs_nothing_but_names(aws, capsys):
    call(capsys, **GIVEN)
    assert call(capsys, state="absent")["changed"]
    assert not call(capsys, state="absent")["changed"]


def test_no_repository_makes_nothing(aws, capsys):
    answer = call(capsys)
    assert not answer["changed"]
    assert answer["delivery_role_arn"] == ""
