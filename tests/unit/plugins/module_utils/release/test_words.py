"""The small words of releases."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.words import (
    advice,
    bar,
    parse_verdict,
    rollback_seconds,
    verdict_words,
)
from conftest import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st

DIGEST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/calstack@sha256:" + "9f" * 32


def release(phase: Phase, **known: object) -> Release:
    return Release(
        "r-1", "release", "calstack-dev", DIGEST, "1.1.0", "blue", "green", "", "", "", (), {}, phase=phase, **known
    )


@given(st.integers(0, 100), st.integers(2, 40))
def test_a_bar_is_empty_only_at_0_and_full_only_at_100(weight, length):
    drawn = bar(weight, length)
    assert len(drawn) == length
    assert (drawn == "░" * length) == (weight == 0)
    assert (drawn == "█" * length) == (weight == 100)


@given(
    st.text("abc: 5-", min_size=1).filter(lambda gate: parse_verdict(f"{gate}: ") is None),
    st.sampled_from(["pass", "fail", "inconclusive"]),
    st.text(),
)
def test_a_verdict_is_found_again_in_its_words(gate, outcome, words):
    verdict = Verdict(gate, outcome, words)
    assert parse_verdict(verdict_words(verdict)) == verdict


def test_other_words_are_no_verdict():
    assert parse_verdict("the candidate is healthy") is None


def test_images_are_short():
    assert short_image(DIGEST) == "calstack@9f9f9f9f9f9f"
    assert short_image("registry.example:5000/calstack:1.2") == "calstack:1.2"
    assert short_image("") == "no image"


def test_the_rollback_is_measured_from_the_verdict_to_the_rule():
    assert rollback_seconds(release(Phase.ROLLED_BACK, verdict_at=10.0, restored_at=10.5)) == 0.5
    assert rollback_seconds(release(Phase.ROLL_BACK, verdict_at=10.0)) is None
    assert rollback_seconds(release(Phase.PROMOTED)) is None


@pytest.mark.parametrize("phase", list(Phase))
def test_there_is_always_something_to_do_next_in_the_inventory(phase):
    commands = [item.command for item in advice(release(phase), "inventories/prod")]
    commands = [command for command in commands if not command.startswith("aws ")]
    assert commands
    for command in commands:
        program, playbook, option, inventory = command.split()[:4]
        assert (program, option, inventory) == ("ansible-playbook", "-i", "inventories/prod")
        assert (CHECKOUT / "playbooks" / f"{playbook.removeprefix('calstack.aws.')}.yml").is_file()


@pytest.mark.parametrize("phase", [Phase.ROLLED_BACK, Phase.ROLLBACK_FAILED, Phase.ANALYSE])
def test_who_is_to_look_sees_that_release(phase):
    first = advice(release(phase), "inventories/prod")[0].command
    assert first == "ansible-playbook calstack.aws.status -i inventories/prod -e release_show=r-1"


def test_after_a_rollback_the_tasks_words_are_a_command_away():
    commands = [item.command for item in advice(release(Phase.ROLLED_BACK, started_at=1795385280.9), "inventories/x")]
    assert "aws logs tail /calstack-dev/app --since 2026-11-22T22:08:00Z" in commands


def test_only_who_is_not_back_is_told_to_go_back():
    assert not any("aws.rollback" in item.command for item in advice(release(Phase.ROLLED_BACK), "inventories/x"))
    assert any("aws.rollback" in item.command for item in advice(release(Phase.ROLLBACK_FAILED), "inventories/x"))


def test_after_a_way_back_another_one_must_be_told_where_to():
    back = replace(release(Phase.PROMOTED), kind="rollback", previous="20261122-100000")
    assert advice(back, "inventories/x")[0].command.endswith("-e release_to=20261122-100000")
