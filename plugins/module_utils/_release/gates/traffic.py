# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What CloudWatch's counts of the two colours say: the candidate against stable. Pure."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Evidence, Outcome, Traffic, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import ErrorRate, Latency
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.statistics import binomial, fisher
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.words import chance, counted, seconds

ERROR_RATE = "error rate"
LATENCY = "latency"

FEWEST_ERRORS = 5
"""Below `minimum_requests` a handful of errors may be one mishap; as many as these, where chance does not explain
them, fail at once: a service with little traffic would otherwise go on with a candidate that answers nothing right."""

DOUBTFUL = 0.05
"""A rate above the tolerance that is this unlikely by chance is no pass, even where it is not enough to fail."""


def error_rate(gate: ErrorRate, stable: Traffic, candidate: Traffic) -> Verdict:
    """The candidate's share of 5xx against stable's by Fisher's exact test, or against a fixed maximum."""
    there, here = _whole(stable), _whole(candidate)
    if not here.requests:
        return Verdict(ERROR_RATE, "inconclusive", "CloudWatch has counted no request to the candidate yet")
    if there.requests >= gate.minimum_requests:
        p = fisher(here.errors, here.requests, there.errors, there.requests)
        above = _rate(here) - _rate(there) > gate.tolerance
        words = f"candidate 5xx {counted(here)} against stable {counted(there)}"
    else:
        p = binomial(here.errors, here.requests, gate.maximum)
        above = _rate(here) > gate.maximum
        words = (
            f"candidate 5xx {counted(here)} against {100 * gate.maximum:g} % allowed, "
            f"as stable has only {there.requests} requests to compare with"
        )
    outcome = _outcome(gate, here, p, above)
    if outcome == "inconclusive" and here.requests < gate.minimum_requests:
        words += f"; {gate.minimum_requests} requests are needed"
    return Verdict(ERROR_RATE, outcome, f"{words}, {chance(p)}" if above else words)


def latency(gate: Latency, evidence: Evidence, stable_serves: bool) -> Verdict:
    """The candidate's p95 against a maximum and against stable's; once stable has no requests, what it was before."""
    here = evidence.candidate
    if here.requests < gate.minimum_requests or here.p95 is None:
        words = f"{here.requests} of the {gate.minimum_requests} requests that are needed"
        return Verdict(LATENCY, "inconclusive", words if here.p95 is not None else f"{words}, no response time")
    shown = f"candidate p95 {seconds(here.p95)}"
    if gate.maximum is not None and here.p95 > gate.maximum:
        return Verdict(LATENCY, "fail", f"{shown}, more than the {seconds(gate.maximum)} allowed")
    for words, there in (("stable", evidence.stable), ("stable before the shift", evidence.baseline)):
        if there.requests >= gate.minimum_requests and there.p95 is not None:
            outcome: Outcome = "fail" if _slower(gate, here.p95, there.p95) else "pass"
            return Verdict(LATENCY, outcome, f"{shown} against {words} {seconds(there.p95)}")
    if stable_serves:
        words = f"{shown}, but stable has only {evidence.stable.requests} requests to compare with"
        return Verdict(LATENCY, "inconclusive", words)
    limit = "no maximum is set" if gate.maximum is None else f"at most {seconds(gate.maximum)} allowed"
    return Verdict(LATENCY, "pass", f"{shown}; {limit}, and stable has no requests to compare with")


def _outcome(gate: ErrorRate, here: Traffic, p: float, above: bool) -> Outcome:
    enough = here.requests >= gate.minimum_requests
    if above and p < gate.significance and (enough or here.errors >= FEWEST_ERRORS):
        return "fail"
    doubtful = above and p < max(DOUBTFUL, gate.significance)
    return "pass" if enough and not doubtful else "inconclusive"


def _slower(gate: Latency, here: float, there: float) -> bool:
    return here > gate.ratio * there and here - there > gate.tolerance


def _rate(traffic: Traffic) -> float:
    return traffic.errors / traffic.requests if traffic.requests else 0.0


def _whole(traffic: Traffic) -> Traffic:
    """Errors can be counted before their requests are, and a connection that failed twice counts twice."""
    return replace(traffic, requests=max(traffic.requests, traffic.errors))
