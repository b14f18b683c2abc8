import io
from pathlib import Path

import pytest

from lab.commands.logs import find, logs
from lab.part import LabError
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, network="127.90", cache=tmp_path)
    (made.logs / "tasks").mkdir(parents=True)
    (made.logs / "lab.log").write_text("the lab\n")
    (made.logs / "aws-calls.jsonl").write_text("{}\n")
    for task in ("abc1", "abd2"):
        (made.logs / "tasks" / f"{task}.log").write_text(f"{task} says\n")
    return made


@pytest.mark.parametrize(
    ("name", "content"), [(None, "the lab\n"), ("aws-calls", "{}\n"), ("abd", "abd2 says\n"), ("abc1", "abc1 says\n")]
)
def test_a_log_is_found_by_part_or_by_the_start_of_a_task_id(
    settings: Settings, name: str | None, content: str
) -> None:
    output = io.BytesIO()
    assert logs(settings, name, follow=False, output=output) == 0
    assert output.getvalue().decode() == content


def test_what_is_unclear_or_unknown_is_said(settings: Settings) -> None:
    with pytest.raises(LabError, match="ab may be any of abc1, abd2"):
        find(settings, "ab")
    with pytest.raises(LabError, match="there is no log nothing: there are aws-calls, lab"):
        find(settings, "nothing")


def test_a_long_log_is_shown_from_a_line_start(settings: Settings) -> None:
    (settings.logs / "lab.log").write_text("".join(f"line {number}\n" for number in range(10_000)))
    output = io.BytesIO()
    logs(settings, None, follow=False, output=output)
    lines = output.getvalue().decode().splitlines()
    assert 100 < len(lines) < 10_000
    assert (lines[0][:5], lines[-1]) == ("line ", "line 9999")


def test_following_shows_what_is_added(settings: Settings) -> None:
    output = io.BytesIO()
    rounds = iter([True, False])

    def going_on() -> bool:
        with (settings.logs / "lab.log").open("a") as file:
            file.write("more\n")
        return next(rounds)

    logs(settings, None, follow=True, output=output, going_on=going_on)
    assert output.getvalue() == b"the lab\nmore\n"
