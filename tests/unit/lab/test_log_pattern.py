"""CloudWatch Logs' filter patterns for text."""

import pytest

from lab.log_pattern import matches

LINE = '[2026-11-22] ERROR in app: "bad auth" of user-7'


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", True),
        ("ERROR", True),
        ("error", False),
        ("ERROR app", True),
        ("ERROR missing", False),
        ("?missing ?ERROR", True),
        ("?missing ?absent", False),
        ('?missing ?"bad auth"', True),
        ('"ERROR in app"', True),
        ('"ERROR app"', False),
        ("ERROR -user", False),
        ("ERROR -nobody", True),
        ("{ $.level = ERROR }", False),
        ("[date, level=ERROR]", False),
        ("%ERROR%", False),
    ],
)
def test_a_line_is_found_or_not(pattern: str, found: bool) -> None:
    assert matches(pattern, LINE) is found
