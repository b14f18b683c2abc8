"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import ecs
from ecs_account import catch_up, ready, services
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev", "wait_seconds": 0}
KEYS = ("type", "elements", "choices", "default", "required")


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        ecs.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(ecs.DOCUMENTATION)["options"]
    documented = {name: {key: option[key] for key in KEYS if key in option} for name, option in options.items()}
    taken = {name: {key: option[key] for key in KEYS if key in option} for name, option in ecs.OPTIONS.items()}
    assert documented == taken


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, **aws.given)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(ecs.RETURN).keys()
    assert answer["ecs_waiting_for_image"] is True
    assert not call(capsys, **aws.given)["changed"]


def test_check_mode_publishes_what_it_cannot_know_yet(aws, capsys):
    answer = call(capsys, _ansible_check_mode=True, **aws.given)
    assert answer["ecs_service_arns"] == {"blue": "(known after apply)", "green": "(known after apply)"}
    assert "+ service calstack-dev-blue" in answer["diff"]["prepared"]
    assert not services()


def test_wrong_input_ends_in_one_message(aws, capsys):
    answer = call(capsys, **(aws.given | {"memory": 4096}))
    assert answer["failed"]
    assert answer["msg"].startswith("app_memory is 4096 MiB; with app_cpu 256 Fargate offers")
    assert not services()


def test_absent_needs_nothing_but_names(aws, capsys):
    call(capsys, **aws.given)
    catch_up()
    aws("ecs").delete_service(cluster="calstack-dev", service="calstack-dev-blue", force=True)
    aws("ecs").delete_service(cluster="calstack-dev", service="calstack-dev-green", force=True)
    catch_up()
    assert call(capsys, state="absent")["changed"]
    assert not call(capsys, state="absent")["changed"]
