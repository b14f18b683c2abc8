"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import ecr
from emulator import account
from module_answer import ANSIBLES_OWN

# Warnings are kept per process: here those of other tests may be among them.
BASE = {"environment_name": "dev", "stack_name": "calstack-dev", "repository": "calstack-dev"}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        ecr.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    documented = {
        name: {key: option[key] for key in ("type", "elements", "default", "required") if key in option}
        for name, option in yaml.safe_load(ecr.DOCUMENTATION)["options"].items()
    }
    assert documented == ecr.OPTIONS


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(ecr.RETURN).keys()
    assert answer["ecr_repository_uri"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev"
    assert not call(capsys)["changed"]


def test_check_mode_knows_the_address_only_after_apply(aws, capsys):
    answer = call(capsys, _ansible_check_mode=True)
    assert answer["changed"]
    assert answer["ecr_repository_uri"] == "(known after apply)"
    assert not aws("ecr").describe_repositories()["repositories"]


def test_how_many_images_stay_reaches_the_policy(aws, capsys):
    call(capsys, keep_images=7)
    text = aws("ecr").get_lifecycle_policy(repositoryName="calstack-dev")["lifecyclePolicyText"]
    assert [rule["selection"]["countNumber"] for rule in json.loads(text)["rules"]] == [7, 7, 7]


def test_a_name_ecr_would_refuse_is_one_message(aws, capsys):
    answer = call(capsys, repository="Calstack")
    assert answer["failed"]
    assert answer["msg"].startswith("ecr_repository is 'Calstack'")


def test_absent_publishes_nothing(aws, capsys):
    call(capsys)
    answer = call(capsys, state="absent")
    assert [change["action"] for change in answer["changes"]] == ["delete"]
    assert "ecr_repository_arn" not in answer
