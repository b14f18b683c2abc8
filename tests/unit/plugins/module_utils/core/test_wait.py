"""Waiting, with a clock of the test's own."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def waiting(states, seconds=60.0):
    clock, left = Clock(), list(states)
    task = Wait(
        "nat gateway n", lambda: left.pop(0) if len(left) > 1 else left[0], ("available",), ("failed",), seconds
    )
    wait(task, clock, clock.sleep)
    return clock.now


def test_it_returns_as_soon_as_the_state_is_there():
    assert waiting(["available"]) == 0
    assert waiting(["pending", "pending", "available"]) == pytest.approx(0.6)


def test_it_gives_up_with_what_was_last_seen():
    with pytest.raises(NotReadyError, match=r"nat gateway n was not ready after 60 s; last seen: pending"):
        waiting(["pending"])


def test_a_state_without_return_ends_it_at_once():
    with pytest.raises(CalstackError, match="nat gateway n is failed"):
        waiting(["pending", "failed"])
