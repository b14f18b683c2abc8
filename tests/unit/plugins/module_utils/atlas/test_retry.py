"""Which requests are repeated, and how long for: no clock ticks but the test's own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.retry import (
    PATIENCE,
    pause,
    persist,
    retry_after,
    worth_another,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import Response, UnansweredError
from hypothesis import given
from hypothesis import strategies as some

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REFUSED = UnansweredError("refused", "Connection refused", sent=False)
LOST = UnansweredError("lost", "reset", sent=True)
UNTRUSTED = UnansweredError("tls", "self-signed", sent=False, passing=False)


@dataclass
class Time:
    seconds: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds


def ask(time, outcomes, *, repeatable=True):
    left = list(outcomes)

    def once():
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, UnansweredError):
            raise outcome
        return outcome

    return persist(
        once, repeatable=repeatable, clock=lambda: time.seconds, sleep=time.sleep, chance=lambda: 0.5, now=lambda: NOW
    )


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 403, 404, 409, 410])
def test_an_answer_is_taken_at_its_word(status):
    assert not worth_another(Response(status), repeatable=True)


@pytest.mark.parametrize("repeatable", [True, False])
def test_what_was_certainly_not_carried_out_is_repeated_whatever_it_is(repeatable):
    for outcome in (Response(429), Response(503), REFUSED):
        assert worth_another(outcome, repeatable=repeatable)
    assert not worth_another(UNTRUSTED, repeatable=repeatable)


def test_what_may_have_been_carried_out_is_repeated_only_where_that_is_harmless():
    for outcome in (Response(500), Response(502), Response(504), LOST):
        assert worth_another(outcome, repeatable=True)
        assert not worth_another(outcome, repeatable=False)


def test_it_goes_on_until_there_is_an_answer():
    time = Time()
    response, tries = ask(time, [Response(429), LOST, Response(500), Response(200)])
    assert (response.status, tries, len(time.sleeps)) == (200, 4, 3)
    assert time.sleeps == sorted(time.sleeps)


def test_it_ends_after_six_tries_with_what_was_last_seen():
    time = Time()
    response, tries = ask(time, [Response(503)])
    assert (response.status, tries, len(time.sleeps)) == (503, PATIENCE.tries, 5)
    with pytest.raises(UnansweredError):
        ask(Time(), [REFUSED])


def test_it_ends_when_the_time_is_up():
    time = Time()
    response, tries = ask(time, [Response(429, {"retry-after": "60"})])
    assert (response.status, tries) == (429, 2)
    assert time.seconds <= PATIENCE.seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        (format_datetime(NOW + timedelta(seconds=9)), 9.0),
        (format_datetime(NOW - timedelta(seconds=9)), 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    assert retry_after(Response(429, {"retry-after": text}), NOW) == seconds


@given(
    attempt=some.integers(1, 50),
    chance=some.floats(0, 1, exclude_max=True),
    header=some.none() | some.integers(0, 10**9).map(str) | some.text(max_size=8),
)
def test_no_pause_is_longer_than_the_longest(attempt, chance, header):
    headers = {} if header is None else {"retry-after": header}
    waited = pause(PATIENCE, attempt, Response(429, headers), chance, NOW)
    assert 0 <= waited <= PATIENCE.longest_asked * 1.1


@given(attempt=some.integers(1, 6), chance=some.floats(0, 1, exclude_max=True))
def test_the_back_off_doubles_within_its_jitter(attempt, chance):
    whole = min(PATIENCE.first * 2 ** (attempt - 1), PATIENCE.longest)
    assert whole / 2 <= pause(PATIENCE, attempt, Response(500), chance, NOW) <= whole
