# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What CloudWatch's counts of the two colours say: the candidate against stable. Pure."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Evidence, Outcome, Traffic, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import ErrorRate, Latency
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.queries import RECENT_PERIODS
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.statistics import binomial, fisher
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.words import chance, counted, seconds

ERROR_RATE = "error rate"
LATENCY = "latency"

FEWEST_ERRORS = 5
"""Below `minimum_requests` a handful of errors may be one mishap; as many as these, where chance does not explain
them, fail at once: a service with little traffic would otherwise go on with a candidate that answers nothing right."""

DOUBTFUL = 0.05
"""A rate above the tolerance that is this unlikely by chance is no pass, even where it is not enough to fail."""


RECENT_CAUTION = 0.1
"""There are as many newest periods to judge as a bake has periods: each may give a tenth of the false alarms."""


def error_rate(gate: ErrorRate, stable: Traffic, candidate: Traffic) -> Verdict:
    """The candidate's share of 5xx and of requests without an answer, in the whole bake and in its newest periods,
    against stable's by Fisher's exact test, or against a fixed maximum.

    What both colours share is no fault of the candidate's, but above the maximum it is not well either.
    """
    if not _whole(candidate).requests:
        return Verdict(ERROR_RATE, "inconclusive", "CloudWatch has counted no answer of the candidate yet")
    judged = _compared(gate, stable, candidate)
    if judged.outcome == "fail":
        return judged
    if candidate.recent:
        before = stable.recent if stable.recent and stable.recent.requests >= gate.minimum_requests else stable
        strict = replace(gate, significance=gate.significance * RECENT_CAUTION)
        lately = _compared(strict, before, candidate.recent)
        if lately.outcome == "fail":
            return replace(lately, words=f"in the newest {RECENT_PERIODS} periods: {lately.words}")
    for part, when in ((candidate.recent, f" in the newest {RECENT_PERIODS} periods"), (candidate, "")):
        if judged.outcome == "pass" and part and _beyond(gate, part):
            words = (
                f"{judged.words}; but {counted(_whole(part))}{when} is more than the {100 * gate.maximum:g} % allowed"
            )
            return Verdict(ERROR_RATE, "inconclusive", f"{words}: what both colours use may be broken, look at stable")
    return judged


def _compared(gate: ErrorRate, stable: Traffic, candidate: Traffic) -> Verdict:
    there, here = _whole(stable), _whole(candidate)
    what = "5xx or no answer" if there.unanswered or here.unanswered else "5xx"
    if there.requests >= gate.minimum_requests:
        p = fisher(here.errors, here.requests, there.errors, there.requests)
        above = _rate(here) - _rate(there) > gate.tolerance
        words = f"candidate {what} {counted(here)} against stable {counted(there)}"
    else:
        p = binomial(here.errors, here.requests, gate.maximum)
        above = _rate(here) > gate.maximum
        words = (
            f"candidate {what} {counted(here)} against {100 * gate.maximum:g} % allowed, "
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


def _beyond(gate: ErrorRate, traffic: Traffic) -> bool:
    here = _whole(traffic)
    return _rate(here) > gate.maximum and binomial(here.errors, here.requests, gate.maximum) < gate.significance


def _slower(gate: Latency, here: float, there: float) -> bool:
    return here > gate.ratio * there and here - there > gate.tolerance


def _rate(traffic: Traffic) -> float:
    return traffic.errors / traffic.requests if traffic.requests else 0.0


def _whole(traffic: Traffic) -> Traffic:
    """Errors can be counted before their requests are, and a connection that failed twice counts twice."""
    return replace(traffic, requests=max(traffic.requests, traffic.errors))
