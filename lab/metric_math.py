"""CloudWatch's metric math, as much as the lab plays: arithmetic, comparison, IF, FILL, SUM, AVG, MIN, MAX (pure).

A time series has values at some times only. Of two series the result has a value where both have one; SUM and its like,
over a list of series, where any has one. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Series = Mapping[int, float]
"""By the beginning of the period, in seconds since the epoch."""
Value = float | Series | list[Series]

ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Lt: lambda left, right: float(left < right),
    ast.LtE: lambda left, right: float(left <= right),
    ast.Gt: lambda left, right: float(left > right),
    ast.GtE: lambda left, right: float(left >= right),
    ast.Eq: lambda left, right: float(left == right),
    ast.NotEq: lambda left, right: float(left != right),
}
TOGETHER: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class MetricMathError(Exception):
    """An expression that the lab cannot play, in words."""


@dataclass(frozen=True)
class Frame:
    """What expressions are evaluated over: the values by id, and the times of all periods asked for.

    AWS does not say whether FILL gives values to a metric that has had none at all; `fill_empty` chooses.
    """

    values: Mapping[str, Value]
    times: Sequence[int]
    fill_empty: bool = False


def evaluate(expression: str, frame: Frame) -> Value:
    """Raises MetricMathError."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError:
        raise MetricMathError(f"it is not understood: {expression}") from None
    return _value(tree.body, frame)


def used(expression: str) -> set[str]:
    """The ids that it names; none where it cannot be read."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _value(node: ast.expr, frame: Frame) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in frame.values:
            return frame.values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _pairwise(operator.sub, 0.0, _value(operand, frame))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in ARITHMETIC:
            return _pairwise(ARITHMETIC[type(sign)], _value(left, frame), _value(right, frame))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in ARITHMETIC:
            return _pairwise(ARITHMETIC[type(sign)], _value(left, frame), _value(right, frame))
        case ast.List(elts=items):
            return [_series(_value(item, frame), frame) for item in items]
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
            return _call(name.upper(), [_value(item, frame) for item in given], frame)
    raise MetricMathError(f"it is not understood: {ast.unparse(node)}")


def _call(name: str, given: Sequence[Value], frame: Frame) -> Value:
    match name, given:
        case "FILL", [series, float() as number] if isinstance(series, Mapping):
            if not series and not frame.fill_empty:
                return {}
            return {time: series.get(time, number) for time in frame.times}
        case "IF", [condition, yes, no]:
            return _choose(condition, yes, no, frame)
        case _, [list() as many] if name in TOGETHER:
            times = sorted({time for series in many for time in series})
            return {time: TOGETHER[name]([one[time] for one in many if time in one]) for time in times}
        case _, [one] if name in TOGETHER and isinstance(one, Mapping) and one:
            return TOGETHER[name](list(one.values()))
    raise MetricMathError(f"{name} with these arguments is not played")


def _choose(condition: Value, yes: Value, no: Value, frame: Frame) -> Value:
    if isinstance(condition, float):
        return yes if condition else no
    ifs, then, otherwise = (_series(value, frame) for value in (condition, yes, no))
    chosen = {time: then if truth else otherwise for time, truth in ifs.items()}
    return {time: series[time] for time, series in chosen.items() if time in series}


def _series(value: Value, frame: Frame) -> Series:
    if isinstance(value, list):
        raise MetricMathError("a list where a time series belongs")
    return dict.fromkeys(frame.times, value) if isinstance(value, float) else value


def _pairwise(sign: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """A division by zero has no value."""
    if isinstance(left, list) or isinstance(right, list):
        raise MetricMathError("a list where a time series or a number belongs")
    if isinstance(left, float) and isinstance(right, float):
        try:
            return sign(left, right)
        except ZeroDivisionError:
            return {}
    times = _times(left, right)
    found = {}
    for time in times:
        try:
            found[time] = sign(_at(left, time), _at(right, time))
        except ZeroDivisionError:
            continue
    return found


def _times(left: float | Series, right: float | Series) -> list[int]:
    sets = [set(value) for value in (left, right) if not isinstance(value, float)]
    return sorted(set.intersection(*sets))


def _at(value: float | Series, time: int) -> float:
    return value if isinstance(value, float) else value[time]
