# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""From evidence to verdicts: one of each gate that is on. Pure.

Missing evidence is inconclusive: nothing passes by silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Evidence, Outcome, Sample, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates, Metric
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.health import health
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.probing import answers, probes
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.traffic import error_rate, latency
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

LAG = 240.0
"""Seconds after which a balancer's metrics are in CloudWatch at the latest (seen by others, AWS promises nothing)."""

REQUEST = "request to the candidate"


def judge(gates: Gates, evidence: Evidence, release: Release, world: World, now: float) -> tuple[Verdict, ...]:
    """In the order of the gates' speed.

    In the phase SMOKE only the candidate's health and the probes are asked: nobody but the prober has sent a request,
    so there is nothing for CloudWatch to count.
    """
    verdict = health(release, world, evidence.short_since, now)
    if release.phase == Phase.SMOKE:
        return (verdict, answers(gates.probes, _samples(evidence), now)) if gates.probes else (verdict,)
    verdicts = [verdict]
    if gates.probes:
        verdicts.append(probes(gates.probes, _samples(evidence), world.share(release.candidate) > 0, now))
    return (*verdicts, *(_explained(verdict, evidence) for verdict in _measured(gates, evidence, release, world, now)))


def _samples(evidence: Evidence) -> list[Sample]:
    return [sample for sample in evidence.samples if sample.at >= evidence.since]


def _measured(gates: Gates, evidence: Evidence, release: Release, world: World, now: float) -> Iterator[Verdict]:
    """What CloudWatch knows."""
    oldest = now - LAG - 2 * gates.period
    counted = evidence.candidate.until >= oldest
    if gates.error_rate:
        yield _fresh(error_rate(gates.error_rate, evidence.stable, evidence.candidate), counted, REQUEST)
    if gates.latency:
        yield _fresh(latency(gates.latency, evidence, world.share(release.stable) > 0), counted, REQUEST)
    for metric in gates.metrics:
        verdict = _metric(metric, evidence.metrics.get(metric.name, ()))
        known = evidence.metrics_until.get(metric.name, 0.0) >= oldest
        yield _fresh(verdict, known, f"{metric.statistic} of {metric.metric}")
    yield from (_alarm(name, evidence.alarms.get(name, "")) for name in gates.alarms)


def _fresh(verdict: Verdict, is_new: bool, what: str) -> Verdict:
    """Good news that has become old is none."""
    if verdict.outcome != "pass" or is_new:
        return verdict
    words = f"CloudWatch has got no {what} for more than {LAG:.0f} s; before: {verdict.words}"
    return replace(verdict, outcome="inconclusive", words=words)


def _explained(verdict: Verdict, evidence: Evidence) -> Verdict:
    if verdict.outcome != "inconclusive" or not evidence.trouble:
        return verdict
    return replace(verdict, words=f"{verdict.words} ({evidence.trouble.rstrip('.')})")


def refusals(gates: Gates, alarms: Mapping[str, str]) -> list[str]:
    """Why these gates cannot judge a release that begins now. `alarms`: state by name, of those that exist."""
    found = []
    for name in gates.alarms:
        state = alarms.get(name)
        if state is None:
            found.append(f"release_gates.alarms: there is no alarm {name} in this region: correct its name")
        elif state == "ALARM":
            found.append(
                f"the alarm {name} is in ALARM already, so it could not tell what the release does: "
                f"wait until it is OK, or take it out of release_gates.alarms"
            )
    return found


def _metric(metric: Metric, values: Sequence[float]) -> Verdict:
    gate = f"metric {metric.name}"
    if not values:
        return Verdict(gate, "inconclusive", f"CloudWatch has no {metric.statistic} of {metric.metric} yet")
    wrong = [value for value in values if not _within(metric, value)]
    if wrong:
        words = f"{metric.statistic} of {metric.metric} was {wrong[-1]:g}, not {_bounds(metric)}"
        return Verdict(gate, "fail", f"{words}, in {len(wrong)} of {len(values)} periods")
    return Verdict(gate, "pass", f"{metric.statistic} of {metric.metric} is {values[-1]:g}, {_bounds(metric)}")


def _within(metric: Metric, value: float) -> bool:
    low = metric.minimum is None or value >= metric.minimum
    return low and (metric.maximum is None or value <= metric.maximum)


def _bounds(metric: Metric) -> str:
    bounds = ((metric.minimum, "at least"), (metric.maximum, "at most"))
    return " and ".join(f"{words} {bound:g}" for bound, words in bounds if bound is not None)


def _alarm(name: str, state: str) -> Verdict:
    outcomes: Mapping[str, Outcome] = {"OK": "pass", "ALARM": "fail"}
    words = f"it is {state}" if state else "CloudWatch has not told its state"
    return Verdict(f"alarm {name}", outcomes.get(state, "inconclusive"), words)
