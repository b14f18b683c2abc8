# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the probes' answers say. Pure.

A share is judged before its window is full as well: it fails once the full window would fail however it goes on, and
passes when what there is would pass; in between it is inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Route, Sample, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Probes
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.statistics import quantile
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.words import percent, seconds

GATE = "probes"
SLOW_SHARE = 0.05
"""What a p95 leaves out."""

_ROUNDING = 1e-9
"""0.29 * 100 is a little less than 29."""

Finding = tuple[Outcome, str]


def probes(gate: Probes, samples: Iterable[Sample], serves: bool, now: float) -> Verdict:
    """The candidate through the test rule and, where it `serves` users, their own way as well."""
    asked = list(samples)
    findings = _candidate(gate, _of(asked, "candidate"), now)
    if serves:
        findings += _production(gate, _of(asked, "production"), now)
    return _verdict(findings)


def answers(gate: Probes, samples: Iterable[Sample], now: float) -> Verdict:
    """Before the shift: the last `gate.smoke` answers, and the last of every path, must be right."""
    asked = _of(samples, "candidate")
    findings = [_in_a_row(gate, asked, "candidate"), _heard(gate, asked, "candidate", now)]
    wanted = max(gate.smoke, len(gate.paths))
    right = next((count for count, sample in enumerate(reversed(asked)) if not sample.ok), len(asked))
    if right < wanted:
        words = f"{right} of {wanted} right answers in a row"
        return _verdict([*findings, ("inconclusive", f"{words}{_last_words(asked)}")])
    return _verdict([*findings, ("pass", f"{right} right answers in a row")])


def _candidate(gate: Probes, asked: Sequence[Sample], now: float) -> list[Finding]:
    window = asked[-gate.window :]
    findings = [_in_a_row(gate, asked, "candidate"), _heard(gate, asked, "candidate", now)]
    if len(asked) < (enough := max(gate.failures, len(gate.paths))):
        findings.append(("inconclusive", f"only {len(asked)} of {enough} answers so far"))
    findings.append(_wrong_share(gate, window))
    if gate.latency_p95 is not None:
        findings.append(_slow_share(gate, gate.latency_p95, [sample for sample in asked if sample.ok]))
    return findings


def _production(gate: Probes, asked: Sequence[Sample], now: float) -> list[Finding]:
    return [_in_a_row(gate, asked, "production"), _heard(gate, asked, "production", now)]


def _in_a_row(gate: Probes, asked: Sequence[Sample], route: Route) -> Finding:
    """Also of one path alone: among several, one that always fails would never make a row."""
    paths = sorted({sample.path for sample in asked})
    rows = [asked, *([sample for sample in asked if sample.path == path] for path in paths if len(paths) > 1)]
    for row in rows:
        if last := _last_of_row(row, gate.failures):
            whose = "the candidate" if route == "candidate" else "users' own way"
            return "fail", f"{whose} failed {gate.failures} times in a row, last {last.path}: {_why(last)}"
    return "pass", ""


def _last_of_row(asked: Iterable[Sample], length: int) -> Sample | None:
    """The one that made a row of failures complete, the first time it happened."""
    row = 0
    for sample in asked:
        row = 0 if sample.ok else row + 1
        if row == length:
            return sample
    return None


def _heard(gate: Probes, asked: Sequence[Sample], route: Route, now: float) -> Finding:
    """A prober that has died must not look like a candidate that is well."""
    if not asked:
        return "inconclusive", f"no answer on the {route} route yet"
    silent = now - asked[-1].at
    if silent > 3 * gate.interval + gate.timeout:
        return "inconclusive", f"the prober has not heard anything on the {route} route for {silent:.0f} s"
    return "pass", ""


def _wrong_share(gate: Probes, window: Sequence[Sample]) -> Finding:
    wrong = sum(not sample.ok for sample in window)
    words = f"{len(window) - wrong} of the last {len(window)} answers right"
    outcome = _share(wrong, len(window), gate.window, gate.failure_rate)
    if outcome == "pass":
        return outcome, words
    return outcome, f"{words}, more wrong than the {percent(gate.failure_rate)} allowed{_last_words(window)}"


def _slow_share(gate: Probes, limit: float, right: Sequence[Sample]) -> Finding:
    """Of right answers only: a wrong one has been counted already, and may be wrong quickly."""
    window = [sample.seconds for sample in right[-gate.window :]]
    if not window:
        return "inconclusive", "no right answer whose time could be taken"
    slow = sum(value > limit for value in window)
    outcome = _share(slow, len(window), gate.window, SLOW_SHARE)
    p95 = f"p95 {seconds(quantile(window, 1 - SLOW_SHARE))}"
    return outcome, p95 if outcome == "pass" else f"{p95}, {slow} of {len(window)} slower than {seconds(limit)}"


def _share(bad: int, count: int, full: int, allowed: float) -> Outcome:
    if bad > allowed * full + _ROUNDING:
        return "fail"
    return "inconclusive" if bad > allowed * count + _ROUNDING else "pass"


def _of(samples: Iterable[Sample], route: Route) -> list[Sample]:
    return sorted((sample for sample in samples if sample.route == route), key=lambda sample: sample.at)


def _last_words(asked: Sequence[Sample]) -> str:
    wrong = next((sample for sample in reversed(asked) if not sample.ok), None)
    return f"; last wrong: {wrong.path}: {_why(wrong)}" if wrong else ""


def _why(sample: Sample) -> str:
    return sample.words or (f"status {sample.status}" if sample.status else "no answer")


def _verdict(findings: Sequence[Finding]) -> Verdict:
    """The worst of them, with all that is as bad."""
    for outcome in ("fail", "inconclusive", "pass"):
        if words := [text for found, text in findings if found == outcome and text]:
            return Verdict(GATE, outcome, "; ".join(words))
    return Verdict(GATE, "inconclusive", "nothing was asked")
