"""What is a right answer, what header reaches the candidate, when the next probe is due."""

import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Path
from ansible_collections.calstack.aws.plugins.module_utils._release.probe import (
    BODY_LIMIT,
    Answer,
    cohort_header,
    fault,
    next_turn,
)
from hypothesis import given
from hypothesis import strategies as st

from lab.balancer.matching import wildcard

RIGHT = Answer(200, (("X-App-Version", "1.1.0"),), b"<h1>Calendar</h1>", 0.01)
PATH = Path("/", (200, 204), "<h1>.*</h1>", {"x-app-version": "1.1.0"})


def test_a_right_answer_has_no_fault() -> None:
    assert fault(PATH, RIGHT) == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (replace(RIGHT, status=500), "answered 500 instead of 200 or 204"),
        (
            replace(RIGHT, status=302, headers=(("Location", "https://u:secret@sso.test/login?token=secret#secret"),)),
            "answered 302 (to https://sso.test/login) instead of 200 or 204",
        ),
        (replace(RIGHT, status=302), "answered 302 instead of 200 or 204"),
        (
            replace(RIGHT, headers=(("X-App-Version", "1.0.0"),)),
            "answered version 1.0.0 (x-app-version) instead of 1.1.0",
        ),
        (replace(RIGHT, headers=()), "answered without the header x-app-version; wanted is version 1.1.0"),
        (
            replace(RIGHT, headers=(("X-App-Version", "1.1.0"), ("X-App-Version", "1.1.0"))),
            "answered version 1.1.0, 1.1.0 (x-app-version) instead of 1.1.0",
        ),
        (
            replace(RIGHT, headers=(("X-App-Version", "\x1b[2J" + "9" * 300),)),
            f"answered version ?[2J{'9' * 96}… (x-app-version) instead of 1.1.0",
        ),
        (replace(RIGHT, body=b"Sorry"), "answered 200, but nothing in its body matches '<h1>.*</h1>'"),
        (
            replace(RIGHT, body=b" " * BODY_LIMIT + RIGHT.body),
            "answered 200, but nothing in its body matches '<h1>.*</h1>'",
        ),
    ],
)
def test_a_wrong_answer_is_told_in_words(answer: Answer, words: str) -> None:
    assert fault(PATH, answer) == words


def test_a_header_that_is_no_version_is_shown_as_it_is() -> None:
    answer = replace(RIGHT, headers=(("X-Region", "us-east-1"),))
    assert (
        fault(Path(headers={"X-Region": "eu-west-1"}), answer) == "answered us-east-1 (X-Region) instead of eu-west-1"
    )


def test_a_body_of_no_known_encoding_can_be_searched() -> None:
    assert fault(Path(body="Kalender"), replace(RIGHT, body=b"\xff\xfe Kalender \xe4")) == ""


def condition(*values: str, name: str = "X-Calstack-Test", **more: Any) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values), **more}}


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("candidate", "candidate"),
        ("*cohort=candidate*", "cohort=candidate"),
        ("beta-??", "beta-xx"),
        (r"what\?\*", "what?*"),
        (r"back\slash", r"back\slash"),
        ("*", "x"),
    ],
)
def test_the_cohort_header_is_what_the_first_pattern_wants(pattern: str, value: str) -> None:
    other = {"Field": "host-header", "HostHeaderConfig": {"Values": ["app.test"]}, "Values": ["app.test"]}
    assert cohort_header([other, condition(pattern, "another")]) == ("X-Calstack-Test", value)


def test_the_edges_secret_header_is_not_the_candidates() -> None:
    edges = condition("the-edges-own-secret", name="x-origin-verify")
    assert cohort_header([edges, condition("candidate")]) == ("X-Calstack-Test", "candidate")
    assert cohort_header([condition("candidate"), edges]) == ("X-Calstack-Test", "candidate")
    with pytest.raises(InputError) as caught:
        cohort_header([edges])
    assert "it has no condition at all" in str(caught.value)
    assert "the-edges-own-secret" not in str(caught.value)


@given(st.text(alphabet="ab*?\\=;", min_size=1, max_size=20))
def test_the_balancer_takes_the_cohort_header(pattern: str) -> None:
    name, value = cohort_header([condition(pattern, name="Cookie")])
    assert name == "Cookie"
    assert value
    assert re.fullmatch(wildcard(pattern), value)


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([], "it has no condition at all"),
        ([{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}], "it has path-pattern"),
        ([condition("a"), condition("b")], "it has http-header, http-header"),
        ([condition(RegexValues=["^a$"])], "it has http-header by regular expression"),
    ],
)
def test_a_test_rule_that_one_header_cannot_satisfy_is_refused(conditions: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(InputError, match=f"{words}. Mend `alb_test_header`"):
        cohort_header(conditions)


@given(began=st.floats(0, 1e6), interval=st.floats(0.1, 3600), late=st.floats(0, 1e5))
def test_the_next_turn_is_on_the_schedule_and_at_most_an_interval_away(
    began: float, interval: float, late: float
) -> None:
    now = began + late
    turn = next_turn(began, interval, now)
    assert -1e-6 <= turn - now <= interval * (1 + 1e-6)
    turns = (turn - began) / interval
    assert abs(turns - round(turns)) < 1e-3
    assert turns > 0.5


def test_turns_that_a_slow_answer_has_missed_are_left_out() -> None:
    assert next_turn(100.0, 1.0, 100.2) == 101.0
    assert next_turn(100.0, 1.0, 103.7) == 104.0
