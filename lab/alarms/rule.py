"""The rule of a composite alarm (pure).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Mapping

_STATES = {"ALARM": "ALARM", "OK": "OK", "INSUFFICIENT_DATA": "INSUFFICIENT_DATA"}
_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\(\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<plain>[^\s\")]+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE|\(|\)))"
)


class InvalidRuleError(Exception):
    """A rule that cannot be read."""


def names(rule: str) -> list[str]:
    """The alarms it is about. Raises InvalidRuleError."""
    return [name for kind, name in _tokens(rule) if kind in _STATES]


def holds(rule: str, states: Mapping[str, str]) -> bool:
    """Whether it holds; an alarm that does not exist is in no state. Raises InvalidRuleError."""
    tokens = _tokens(rule)
    truth, rest = _either(tokens, states)
    if rest:
        raise InvalidRuleError(rule)
    return truth


def _tokens(rule: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = rule.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidRuleError(rule)
        name = match["quoted"] or match["plain"] or ""
        found.append((match["state"] or match["word"], name))
        position = match.end()
    return found


Tokens = list[tuple[str, str]]


def _either(tokens: Tokens, states: Mapping[str, str]) -> tuple[bool, Tokens]:
    truth, rest = _both(tokens, states)
    while rest and rest[0][0] == "OR":
        other, rest = _both(rest[1:], states)
        truth = truth or other
    return truth, rest


def _both(tokens: Tokens, states: Mapping[str, str]) -> tuple[bool, Tokens]:
    truth, rest = _single(tokens, states)
    while rest and rest[0][0] == "AND":
        other, rest = _single(rest[1:], states)
        truth = truth and other
    return truth, rest


def _single(tokens: Tokens, states: Mapping[str, str]) -> tuple[bool, Tokens]:
    match tokens:
        case [("NOT", _), *rest]:
            truth, left = _single(rest, states)
            return not truth, left
        case [("(", _), *rest]:
            truth, left = _either(rest, states)
            if not left or left[0][0] != ")":
                raise InvalidRuleError("a bracket is not closed")
            return truth, left[1:]
        case [(("TRUE" | "FALSE") as word, _), *rest]:
            return word == "TRUE", rest
        case [(kind, name), *rest] if kind in _STATES:
            return states.get(name) == kind, rest
    raise InvalidRuleError("something is missing")
