"""Rules of composite alarms."""

import pytest

from lab.alarms.rule import InvalidRuleError, holds, names

STATES = {"loud": "ALARM", "well": "OK", "new": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("rule", "truth"),
    [
        ('ALARM("loud")', True),
        ("ALARM(loud)", True),
        ("ALARM(well)", False),
        ("OK(well) AND INSUFFICIENT_DATA(new)", True),
        ("ALARM(well) OR ALARM(loud)", True),
        ("ALARM(loud) AND NOT ALARM(well)", True),
        ("NOT (ALARM(loud) OR OK(loud))", False),
        ("ALARM(loud) OR ALARM(well) AND ALARM(new)", True),
        ("TRUE", True),
        ("FALSE OR ALARM(nobody)", False),
    ],
)
def test_a_rule_holds_or_not(rule: str, truth: bool) -> None:
    assert holds(rule, STATES) is truth


@pytest.mark.parametrize("rule", ["", "ALARM(", "loud", "ALARM(loud) ALARM(well)", "(ALARM(loud)", "ALARM(loud) OR"])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(InvalidRuleError):
        holds(rule, STATES)


def test_the_alarms_it_is_about() -> None:
    assert names('ALARM("a b") OR NOT OK(c)') == ["a b", "c"]
