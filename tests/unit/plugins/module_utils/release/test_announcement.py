"""The words of a notification, and their bounds."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.announcement import (
    REASON_LIMIT,
    Notification,
    What,
    payload,
    subject,
    text,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.words import advice
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = (f"1.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:{digit * 64}" for digit in "49")
RELEASE = Release(
    id="20261122-141503",
    kind="release",
    stack="calstack-prod",
    image=NEW,
    label="1.1.0",
    stable="blue",
    candidate="green",
    stable_image=OLD,
    stable_task_definition="",
    base_task_definition="",
    steps=(Step(100),),
    gates={},
    by="arn:aws:iam::123456789012:user/ada",
    weight=10,
)
PROMOTE = "ansible-playbook calstack.aws.promote -i inventories/prod"


def test_a_pause_says_what_why_and_how_to_go_on() -> None:
    told = Notification("paused", RELEASE, "error rate: too few requests", PROMOTE)
    assert subject(told) == "calstack-prod: the release of 1.1.0 is paused"
    assert text(told).splitlines() == [
        "calstack-prod: the release of 1.1.0 is paused, with 10 % of the requests on green.",
        "Reason: error rate: too few requests",
        "Image: calstack@444444444444 -> calstack@999999999999",
        "Release: 20261122-141503, by arn:aws:iam::123456789012:user/ada",
        f"To go on: {PROMOTE}",
    ]


@pytest.mark.parametrize(
    ("what", "first", "last"),
    [
        ("started", "the release of 1.1.0 has started: green is to take over from blue.", "To look"),
        ("promoted", "the release of 1.1.0 is promoted: green serves all requests.", "To go back"),
        ("rolled_back", "the release of 1.1.0 was rolled back: blue serves all requests.", "To look"),
        (
            "failed",
            "the release of 1.1.0 could not be rolled back: green may still serve users, somebody must look now.",
            "To look",
        ),
    ],
)
def test_each_news_has_its_words(what: What, first: str, last: str) -> None:
    lines = text(Notification(what, RELEASE, next_command="command")).splitlines()
    assert lines[0] == f"calstack-prod: {first}"
    assert lines[-1] == f"{last}: command"


@pytest.mark.parametrize(
    ("what", "phase", "playbook"),
    [
        ("started", Phase.PREPARE, "status"),
        ("paused", Phase.PAUSED, "promote"),
        ("promoted", Phase.PROMOTED, "rollback"),
        ("rolled_back", Phase.ROLLED_BACK, "status"),
        ("failed", Phase.ROLLBACK_FAILED, "status"),
    ],
)
def test_the_command_does_what_its_words_say(what: What, phase: Phase, playbook: str) -> None:
    first = advice(replace(RELEASE, phase=phase), "inventories/prod")[0].command
    purpose = {"status": "To look", "promote": "To go on", "rollback": "To go back"}[playbook]
    said = text(Notification(what, RELEASE, next_command=first)).splitlines()[-1]
    assert said.startswith(f"{purpose}: ansible-playbook calstack.aws.{playbook} -i inventories/prod")


def test_a_rollback_is_called_so_and_an_image_without_a_label_by_its_digest() -> None:
    told = Notification("promoted", replace(RELEASE, kind="rollback", label=""))
    assert subject(told) == "calstack-prod: the rollback to calstack@999999999999 is promoted"
    assert "To " not in text(told)
    assert "Reason" not in text(told)


def test_a_webhook_gets_the_text_and_the_fields() -> None:
    told = Notification("rolled_back", RELEASE, "probes: 3 wrong answers in a row", PROMOTE)
    got = payload(told)
    assert got["text"] == text(told)
    assert (got["event"], got["stack"], got["label"], got["image"]) == ("rolled_back", "calstack-prod", "1.1.0", NEW)
    assert (got["release"], got["kind"], got["candidate"], got["stable"]) == (RELEASE.id, "release", "green", "blue")
    assert (got["reason"], got["next_command"]) == ("probes: 3 wrong answers in a row", PROMOTE)


def test_a_long_subject_is_cut_to_what_sns_takes() -> None:
    assert len(subject(Notification("paused", replace(RELEASE, label="1" * 200)))) == 99


def test_a_long_reason_is_cut() -> None:
    assert len(text(Notification("paused", RELEASE, "x" * 1_000_000))) < REASON_LIMIT + 500


@given(
    what=st.sampled_from(["started", "paused", "promoted", "rolled_back", "failed"]), label=st.text(), stack=st.text()
)
def test_sns_takes_every_subject(what: What, label: str, stack: str) -> None:
    line = subject(Notification(what, replace(RELEASE, label=label, stack=f"s{stack}")))
    assert len(line) < 100
    assert line.isascii()
    assert line.isprintable()
