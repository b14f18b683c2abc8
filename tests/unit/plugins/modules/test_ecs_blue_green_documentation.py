"""What the module documents is what it takes and returns."""

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.calstack.aws.plugins.module_utils._release.gates import config
from ansible_collections.calstack.aws.plugins.module_utils._release.inputs import parse
from ansible_collections.calstack.aws.plugins.module_utils._release.job import Done
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.module import facts
from ansible_collections.calstack.aws.plugins.modules import ecs_blue_green

KEYS = ("type", "elements", "choices", "default", "required")
NAMES = {"environment_name": "prod", "stack_name": "calstack-prod"}


def told(options, inner):
    """Of each option what documentation and specification must agree on."""
    return {
        name: {key: option[key] for key in KEYS if key in option}
        | ({inner: told(option[inner], inner)} if inner in option else {})
        for name, option in options.items()
    }


def renamed(options):
    return {
        name: {"options" if key == "suboptions" else key: value for key, value in option.items()}
        | ({"options": renamed(option["suboptions"])} if "suboptions" in option else {})
        for name, option in options.items()
    }


def documented(module):
    return yaml.safe_load(module.DOCUMENTATION)["options"]


def taken(**given):
    done = ArgumentSpecValidator(ecs_blue_green.OPTIONS).validate(NAMES | given)
    assert not done.error_messages
    return done.validated_parameters


def test_what_is_documented_is_what_is_taken():
    assert told(renamed(documented(ecs_blue_green)), "options") == told(ecs_blue_green.OPTIONS, "options")


def test_the_defaults_are_a_release_that_can_be():
    inputs = parse(taken())
    assert [step.weight for step in inputs.steps] == [10, 100]
    assert inputs.pace.keep_warm == 3600
    assert inputs.state == "released"


def test_gates_that_are_left_out_stay_on():
    gates = parse(taken(gates={"period": 30})).gates
    assert gates.error_rate
    assert gates.latency
    assert parse(taken(gates={"latency": None})).gates.latency is None


def test_every_gate_and_its_options_are_documented():
    text = " ".join(documented(ecs_blue_green)["gates"]["description"])
    parts = (config.Gates, config.Probes, config.Path, config.ErrorRate, config.Latency, config.Metric)
    names = {name for part in parts for name in part.__dataclass_fields__}
    assert not {name for name in names if f"C({name})" not in text}


@pytest.mark.parametrize("task", yaml.safe_load(ecs_blue_green.EXAMPLES), ids=lambda task: task["name"])
def test_the_examples_can_be(task):
    given = task["calstack.aws.ecs_blue_green"]
    parse(taken(**{name: value for name, value in given.items() if name not in NAMES}))


def test_the_webhook_is_a_secret():
    assert ecs_blue_green.OPTIONS["webhook"]["no_log"] is True


def test_every_key_it_returns_is_documented():
    words = ("id", "release", "stack", "image", "label", "blue", "green", "image", "arn", "arn")
    answer = facts(Done(True, "", Release(*words, (Step(100),), {})))
    returned = yaml.safe_load(ecs_blue_green.RETURN)
    assert answer.keys() - {"changed", "diff"} | {"message", "reports"} == returned.keys()
    assert answer["release"].keys() == returned["release"]["contains"].keys()
