"""The arithmetic of the benchmark of releases."""

import pytest

from scripts.load import Answer
from tests.bench.release_figures import (
    Figure,
    calls_a_second,
    first_failure,
    last_answer,
    lock_taken,
    overhead,
    table,
)

REPORT = {
    "started_at": 100.0,
    "ended_at": 149.5,
    "phases": [
        {"phase": "prepare", "start": 100.0, "end": 101.0},
        {"phase": "healthy", "start": 101.0, "end": 108.0},
        {"phase": "smoke", "start": 108.0, "end": 113.0},
        {"phase": "analyse", "start": 114.0, "end": 129.5},
        {"phase": "bake", "start": 130.0, "end": 150.0},
    ],
}


def answer(at: float, colour: str = "", status: int = 200, fault: str = "") -> Answer:
    return Answer(at, 0.01, status, colour, "1", fault)


def test_the_overhead_is_all_but_bakes_and_waits() -> None:
    assert overhead(REPORT, bakes=35.0) == (pytest.approx(3.0), pytest.approx(100 * 3 / 47))


def test_a_fault_is_an_answer_of_the_candidate() -> None:
    answers = [answer(1, "green"), answer(3, status=500, fault="errors"), answer(4, "blue")]
    assert last_answer(answers, "green") == 3
    assert first_failure(answers) == 3


def test_the_lock_is_the_first_write_to_the_table() -> None:
    calls = [
        {"time": 1.0, "service": "dynamodb", "writes": True},
        {"time": 2.0, "service": "dynamodb", "writes": False},
        {"time": 3.0, "service": "elbv2", "writes": True},
        {"time": 4.0, "service": "dynamodb", "writes": True},
    ]
    assert lock_taken(calls, since=1.5) == 4.0


def test_calls_are_counted_in_the_last_bake() -> None:
    assert calls_a_second([{"time": time} for time in (129.0, 130.0, 131.0, 149.0, 151.0)], REPORT) == 3 / 20


def test_the_table_says_what_is_missed_in_the_middle() -> None:
    figures = [Figure("fast", 2, values=[0.5, 1.0, 2.9]), Figure("slow", 2, values=[1.5, 2.7]), Figure("none", 1)]
    assert table(figures).splitlines()[2:] == [
        "| fast | 1.00 s | 0.50 to 2.90 | 3 | below 2 s |",
        "| slow | 2.10 s | 1.50 to 2.70 | 2 | below 2 s MISSED |",
    ]
