"""What cannot be is refused before a single call, by the name under which people gave it."""

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.inputs import parse
from ansible_collections.calstack.aws.plugins.modules import ecs_blue_green

SECRET = "T0SECRET"


def given(**params):
    done = ArgumentSpecValidator(ecs_blue_green.OPTIONS).validate(
        {"environment_name": "prod", "stack_name": "calstack-prod", **params}
    )
    assert not done.error_messages
    return done.validated_parameters


def test_a_webhook_in_clear_is_refused_before_a_release():
    with pytest.raises(InputError, match="release_notify_webhook must be") as refusal:
        parse(given(webhook=f"http://hooks.example.test/{SECRET}"))
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"commit": "abc123"}, "release_commit is 'abc123': give a commit's SHA"),
        ({"commit": "HEAD"}, "release_commit is 'HEAD'"),
        ({"commit": "3F1C9AB"}, "release_commit is '3F1C9AB'.*lower case"),
        ({"commit": "v1.1.0"}, "an image by its tag give release_image"),
        (
            {"commit": "3f1c9ab", "image": "calstack:v1"},
            "release_image is 'calstack:v1' and release_commit is '3f1c9ab'",
        ),
    ],
)
def test_what_is_no_commit_and_a_commit_beside_an_image_are_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        parse(given(**wrong))
    assert parse(given(commit="3f1c9ab")).commit == "3f1c9ab"


RELEASES_ONLY = [
    {"commit": "HEAD"},
    {"webhook": f"http://hooks.example.test/{SECRET}"},
    {"strategy": {"steps": [{"weight": 5}]}},
    {"gates": {"probs": {}}},
    {"one_off_tasks": [{"name": "no name", "command": []}]},
    {"pause_limit": 1, "dead_man": 1, "stickiness": 604801},
]


@pytest.mark.parametrize("wrong", RELEASES_ONLY, ids=lambda wrong: next(iter(wrong)))
@pytest.mark.parametrize("state", ["promoted", "paused", "aborted", "rolled_back"])
def test_what_only_a_release_uses_holds_up_no_way_on_or_back(state, wrong):
    with pytest.raises(InputError):
        parse(given(**wrong))
    inputs = parse(given(state=state, **wrong))
    assert (inputs.state, inputs.steps, inputs.one_offs, inputs.raw_gates) == (state, (), (), {})


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"rollback_timeout": 0}, "release_rollback_timeout is 0 and release_capacity_wait is 120.*more seconds"),
        ({"rollback_timeout": 0, "capacity_wait": 0}, "release_rollback_timeout is 0"),
        ({"rollback_timeout": 60, "capacity_wait": 60}, "would give up before it has sent anybody back"),
        ({"pause_limit": 119}, "release_pause_limit is 119.*at least 120"),
        ({"dead_man": 119}, "release_dead_man is 119.*at least 120"),
        ({"stickiness": 604801}, "release_stickiness is 604801.*at most 604800"),
        ({"lease": 1}, "release_lease is 1"),
        ({"patience": -1}, "release_patience is -1"),
        ({"keep_warm": float("nan")}, "release_keep_warm is nan"),
    ],
)
def test_numbers_that_no_rollback_survives_are_refused(numbers, words):
    with pytest.raises(InputError, match=words):
        parse(given(**numbers))


def test_the_outermost_numbers_can_be():
    pace = parse(given(rollback_timeout=1, capacity_wait=0, pause_limit=120, stickiness=604800, dead_man=0)).pace
    assert (pace.rollback_timeout, pace.capacity_wait, pace.pause_limit) == (1, 0, 120)
