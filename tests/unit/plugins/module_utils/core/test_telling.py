"""What a module tells of its progress, and what is shown of it."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.screen import ERASE, Output
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller, ToldScreen
from hypothesis import given
from hypothesis import strategies as st

NOON = 1784721600.0
DAY = "2026-07-22, times in UTC"


def told(tmp_path, *entries):
    """The file of `entries`: (seconds after noon, method, its arguments)."""
    path = tmp_path / "progress"
    times = iter([NOON + entry[0] for entry in entries])
    with Teller(str(path), clock=lambda: next(times)) as teller:
        for _, method, *arguments in entries:
            getattr(teller, method)(*arguments)
    return path.read_bytes()


def texts(outputs: list[Output]) -> str:
    return "".join(output.text + ("\n" if output.stays else "") for output in outputs)


def test_a_line_stays_with_its_time_and_tone(tmp_path):
    outputs = ToldScreen(lambda: None).feed(told(tmp_path, (0, "line", "copied", "good"), (1, "line", "done")))
    assert outputs == [Output(DAY), Output("12:00:00  copied", "good"), Output("12:00:01  done")]


def test_without_a_terminal_a_status_is_a_line_at_most_once_a_minute(tmp_path):
    data = told(tmp_path, *[(second, "status", f"at {second}") for second in (0, 30, 59, 60, 61)])
    assert texts(ToldScreen(lambda: None).feed(data)) == f"{DAY}\n12:00:00  at 0\n12:01:00  at 60\n"


def test_on_a_terminal_a_status_is_redrawn_below_the_lines_and_taken_away_in_the_end(tmp_path):
    screen = ToldScreen(lambda: 8)
    data = told(tmp_path, (0, "status", "copying much"), (1, "line", "x"))
    assert texts(screen.feed(data)) == f"{ERASE}copyin…\r{ERASE}{DAY}\n12:00:01  x\ncopyin…\r"
    assert screen.close() == [Output(ERASE, stays=False)]
    assert screen.close() == []


def test_words_cannot_move_the_cursor(tmp_path):
    assert "\x1b" not in texts(ToldScreen(lambda: None).feed(told(tmp_path, (0, "line", "a\x1b[2Jb\nc"))))


@given(st.lists(st.integers(1, 40), max_size=20))
def test_it_does_not_matter_where_what_was_read_is_cut(sizes):
    lines = [{"told": "line", "at": NOON, "text": text} for text in ("one", "zwölf", "日本")]
    data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    whole, screen, outputs = ToldScreen(lambda: None).feed(data), ToldScreen(lambda: None), []
    for size in [*sizes, len(data)]:
        outputs += screen.feed(data[:size])
        data = data[size:]
    assert outputs == whole


@pytest.mark.parametrize(
    "strange",
    [
        b"{",
        b"[]",
        b"null",
        b'{"told": "line"}',
        b'{"told": "line", "at": "x", "text": ""}',
        b'{"told": "line", "at": 1e99, "text": ""}',
        b'{"told": "new", "at": 1, "text": ""}',
        b'{"at": 1, "text": ""}',
        b"\xff\xfe",
    ],
)
def test_what_is_not_understood_is_skipped(strange):
    assert ToldScreen(lambda: None).feed(strange + b"\n") == []


def test_it_is_silent_without_a_file_or_with_one_that_cannot_be_written(tmp_path):
    for path in (None, "", str(tmp_path / "nowhere" / "file"), "/dev/full"):
        with Teller(path) as teller:
            teller.line("x")
            teller.status("y")
