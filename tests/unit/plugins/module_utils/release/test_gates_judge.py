"""What the gates make of evidence: three outcomes, in words, and nothing by silence."""

import re
from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import FAILED, STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Evidence, Sample, Traffic
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates, parse
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.health import short_since
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.judge import judge, refusals
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Scaling
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, World
from hypothesis import given
from hypothesis import strategies as st

SINCE = 1_000.0
NOW = SINCE + 300.0
REVISION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/app-green:7"
URL = {"url": "https://app.example.org"}

RELEASE = Release(
    id="r1",
    kind="release",
    stack="app-dev",
    image="app@sha256:1",
    label="1.1.0",
    stable="blue",
    candidate="green",
    stable_image="app@sha256:0",
    stable_task_definition="arn:aws:ecs:eu-west-1:123456789012:task-definition/app-blue:3",
    base_task_definition=REVISION,
    steps=(),
    gates={},
    phase=Phase.ANALYSE,
    since=SINCE,
    tasks=2,
    task_definition=REVISION,
)
SMOKING = replace(RELEASE, phase=Phase.SMOKE)


def colour(name, **more):
    plain = Colour(name, REVISION, "app", 2, 2, 0, STEADY, "", 2, {"healthy": 2}, Scaling(2), 4, f"arn:{name}")
    return replace(plain, **more)


def world(candidate=10, stable=90, **green):
    colours = {"blue": colour("blue"), "green": colour("green", **green)}
    return World(NOW, colours, {"blue": stable, "green": candidate}, 0, False, "green")


def answers(pattern, route="candidate", seconds=0.02, path="/", end=NOW):
    """A sample a second up to `end`: a dot is a right answer, anything else a wrong one."""
    return tuple(
        Sample(end - len(pattern) + 1 + index, route, path, mark == ".", 200, seconds, "" if mark == "." else "is 500")
        for index, mark in enumerate(pattern)
    )


def heard(pattern="." * 40, users="." * 40):
    return answers(pattern) + answers(users, "production")


GOOD = Evidence(
    SINCE,
    samples=heard(),
    stable=Traffic(3000, 3, 0.2, NOW),
    candidate=Traffic(2000, 2, 0.21, NOW),
    metrics={"queue": (3.0, 5.0)},
    metrics_until={"queue": NOW},
    alarms={"busy": "OK"},
)
ALL = parse(
    {
        "probes": URL | {"latency_p95": 1.0},
        "metrics": [{"name": "queue", "namespace": "App", "metric": "QueueAge", "minimum": 0, "maximum": 120}],
        "alarms": ["busy"],
    }
)
BY_PROBES = parse({"probes": URL, "error_rate": False, "latency": False})


def verdict(gates, evidence, gate, release=RELEASE, there=None, now=NOW):
    (found,) = [item for item in judge(gates, evidence, release, there or world(), now) if item.gate == gate]
    return found


def by_counts(stable, candidate, gates=ALL, **more):
    return verdict(gates, replace(GOOD, stable=stable, candidate=candidate, **more), "error rate")


def by_time(stable, candidate, gates=ALL, there=None, **more):
    return verdict(gates, replace(GOOD, stable=stable, candidate=candidate, **more), "latency", there=there)


def test_with_good_evidence_each_gate_passes_in_the_order_of_their_speed():
    verdicts = judge(ALL, GOOD, RELEASE, world(), NOW)
    names = ["health", "probes", "error rate", "latency", "metric queue", "alarm busy"]
    assert [item.gate for item in verdicts] == names
    assert [item.words for item in verdicts if item.outcome != "pass"] == []


def test_without_evidence_nothing_but_health_passes():
    outcomes = {item.gate: item.outcome for item in judge(ALL, Evidence(SINCE), RELEASE, world(), NOW)}
    assert outcomes.pop("health") == "pass"
    assert set(outcomes.values()) == {"inconclusive"}


def test_a_gate_that_is_off_says_nothing():
    off = Gates(None, None, None)
    assert [item.gate for item in judge(off, Evidence(SINCE), RELEASE, world(), NOW)] == ["health"]


class TestHealth:
    def test_enough_healthy_targets_of_a_steady_rollout_pass(self):
        found = verdict(ALL, GOOD, "health")
        assert (found.outcome, found.words) == ("pass", "2 of 2 targets of green healthy, rollout steady")

    @pytest.mark.parametrize(
        ("green", "outcome", "words"),
        [
            (
                {"task_definition": "x:task-definition/app-green:8"},
                "fail",
                "app-green:8 instead of app-green:7: somebo",
            ),
            ({"rollout": FAILED, "evidence": " Exit code 3."}, "fail", "circuit breaker. Exit code 3."),
            ({"rollout": "1 of 2 tasks running"}, "inconclusive", "healthy, but 1 of 2 tasks running"),
            ({"healthy": 0, "targets": {"unhealthy": 2}}, "fail", "0 of 2 .*2 unhealthy.*, and users are sent there"),
            ({"healthy": 1}, "inconclusive", "1 of 2 targets of green healthy .* ECS may still replace"),
        ],
    )
    def test_anything_else_does_not(self, green, outcome, words):
        found = verdict(ALL, GOOD, "health", there=world(**green))
        assert found.outcome == outcome
        assert re.search(words, found.words)

    def test_without_users_an_empty_candidate_may_still_come(self):
        assert verdict(ALL, GOOD, "health", there=world(candidate=0, healthy=0)).outcome == "inconclusive"

    def test_a_task_has_two_minutes_to_be_replaced(self):
        there = world(healthy=1)
        assert verdict(ALL, replace(GOOD, short_since=NOW - 119), "health", there=there).outcome == "inconclusive"
        found = verdict(ALL, replace(GOOD, short_since=NOW - 121), "health", there=there)
        assert found.outcome == "fail"
        assert "for 121 s" in found.words

    def test_what_has_not_been_started_does_not_pass(self):
        for unborn in (replace(RELEASE, task_definition=""), replace(RELEASE, tasks=0)):
            assert verdict(ALL, GOOD, "health", release=unborn).outcome == "inconclusive"

    def test_a_colour_that_is_gone_fails(self):
        there = world()
        gone = replace(there, colours={"blue": there.colours["blue"]})
        assert verdict(ALL, GOOD, "health", there=gone).outcome == "fail"

    def test_the_time_of_too_few_begins_once_and_ends_with_enough(self):
        short = short_since(0.0, RELEASE, world(healthy=1), 50.0)
        assert short == 50.0
        assert short_since(short, RELEASE, world(healthy=1), 60.0) == 50.0
        assert short_since(short, RELEASE, world(healthy=2), 60.0) == 0.0


class TestProbes:
    @pytest.mark.parametrize(
        ("candidate", "users", "outcome", "words"),
        [
            ("." * 30, "." * 30, "pass", "30 of the last 30 answers right"),
            ("." * 30 + "xxx", "." * 33, "fail", "the candidate failed 3 times in a row, last /: is 500"),
            ("xxx" + "." * 60, "." * 30, "fail", "the candidate failed 3 times in a row"),
            (
                "x.x." + "." * 22 + "x.x.",
                "." * 30,
                "fail",
                "26 of the last 30 answers right, more wrong than the 10.0 %",
            ),
            ("x.x." + "." * 26 + "x", "." * 30, "pass", "28 of the last 30"),
            ("...x", "." * 4, "inconclusive", "3 of the last 4 answers right"),
            ("..", "..", "inconclusive", "only 2 of 3 answers so far"),
            ("", "." * 30, "inconclusive", "no answer on the candidate route yet"),
            ("." * 30, "", "inconclusive", "no answer on the production route yet"),
            ("." * 30, "." * 27 + "xxx", "fail", "users' own way failed 3 times in a row"),
        ],
    )
    def test_answers(self, candidate, users, outcome, words):
        found = verdict(BY_PROBES, replace(GOOD, samples=heard(candidate, users)), "probes")
        assert found.outcome == outcome
        assert words in found.words

    def test_before_users_are_sent_there_their_way_does_not_count(self):
        evidence = replace(GOOD, samples=heard(users="xxxxxx"))
        assert verdict(BY_PROBES, evidence, "probes", there=world(candidate=0)).outcome == "pass"

    def test_a_prober_that_fell_silent_is_no_candidate_that_is_well(self):
        last = NOW - 8.5
        for samples in (answers("." * 30, end=last) + answers("." * 30, "production"), heard()):
            found = verdict(BY_PROBES, replace(GOOD, samples=samples), "probes")
            assert found.outcome == ("pass" if samples == heard() else "inconclusive")
        silent = replace(GOOD, samples=answers("." * 30) + answers("." * 30, "production", end=last))
        assert "not heard anything on the production route for 8 s" in verdict(BY_PROBES, silent, "probes").words

    def test_one_path_of_three_that_always_fails(self):
        good = answers("." * 4, path="/a") + answers("." * 4, path="/b", end=NOW - 0.3)
        bad = answers("x" * 3, path="/c", end=NOW - 0.6)
        evidence = replace(GOOD, samples=good + bad + answers("....", "production"))
        found = verdict(BY_PROBES, evidence, "probes")
        assert (found.outcome, found.words) == ("fail", "the candidate failed 3 times in a row, last /c: is 500")

    def test_each_path_must_have_been_asked(self):
        gates = parse({"probes": URL | {"paths": [f"/{name}" for name in "abcde"]}})
        assert "only 4 of 5" in verdict(gates, replace(GOOD, samples=heard("....", "....")), "probes").words

    @pytest.mark.parametrize(
        ("slow", "right", "outcome"), [(0, 30, "pass"), (1, 29, "pass"), (2, 28, "fail"), (1, 5, "inconclusive")]
    )
    def test_p95(self, slow, right, outcome):
        samples = answers("." * right, end=NOW - slow) + answers("." * slow, seconds=1.5)
        samples += answers("." * 30, "production", seconds=9.0)
        found = verdict(ALL, replace(GOOD, samples=samples), "probes")
        assert found.outcome == outcome
        if outcome != "pass":
            assert f"{slow} of {slow + right} slower than 1.00 s" in found.words

    def test_a_wrong_answer_that_took_its_time_is_wrong_not_slow(self):
        late = answers("x", end=NOW - 20, seconds=5.0) + answers("x", end=NOW - 10, seconds=5.0)
        found = verdict(ALL, replace(GOOD, samples=heard() + late), "probes")
        assert found.outcome == "pass"
        assert "p95 0.02 s" in found.words

    def test_what_came_before_the_bake_is_no_evidence(self):
        early = answers("." * 30, end=SINCE - 1) + answers("xxxxx", end=SINCE - 1)
        assert verdict(BY_PROBES, replace(GOOD, samples=early), "probes").words.startswith("no answer on the candidate")


class TestSmoke:
    @pytest.mark.parametrize(
        ("pattern", "outcome", "words"),
        [
            ("xx.....", "pass", "5 right answers in a row"),
            (".....x....", "inconclusive", "4 of 5 right answers in a row; last wrong: /: is 500"),
            ("", "inconclusive", "no answer on the candidate route yet"),
            ("xxx.....", "fail", "the candidate failed 3 times in a row"),
        ],
    )
    def test_enough_right_answers_in_a_row(self, pattern, outcome, words):
        evidence = Evidence(SINCE, samples=answers(pattern))
        found = judge(ALL, evidence, SMOKING, world(candidate=0), NOW)
        assert [item.gate for item in found] == ["health", "probes"]
        assert found[1].outcome == outcome
        assert words in found[1].words

    def test_right_answers_that_have_become_old_are_none(self):
        evidence = Evidence(SINCE, samples=answers(".....", end=NOW - 20))
        assert verdict(ALL, evidence, "probes", release=SMOKING).outcome == "inconclusive"

    def test_without_probes_there_is_only_health(self):
        found = judge(parse({}), Evidence(SINCE), SMOKING, world(candidate=0), NOW)
        assert [item.gate for item in found] == ["health"]


class TestErrorRate:
    def test_the_words_of_a_failure(self):
        found = by_counts(Traffic(3000, 3, 0.2, NOW), Traffic(2000, 82, 0.2, NOW))
        words = "candidate 5xx 4.1 % (82/2000) against stable 0.1 % (3/3000), p < 0.001"
        assert (found.outcome, found.words) == ("fail", words)

    @pytest.mark.parametrize(
        ("stable", "candidate", "outcome"),
        [
            ((3000, 3), (2000, 2), "pass"),
            ((1_000_000, 100), (1_000_000, 500), "pass"),  # significant, and within the tolerance
            ((3000, 600), (2000, 400), "inconclusive"),  # as bad as stable is: both may be broken
            ((3000, 40), (2000, 25), "pass"),  # as bad as stable is, and chance explains what is above the maximum
            ((3000, 3), (100, 1), "pass"),  # chance explains it
            ((3000, 3), (100, 2), "inconclusive"),  # chance hardly explains it
            ((3000, 3), (100, 4), "fail"),
            ((3000, 3), (99, 0), "inconclusive"),  # too few to pass
            ((3000, 3), (20, 4), "inconclusive"),  # may be one mishap
            ((3000, 3), (20, 5), "fail"),  # no need to wait for more
            ((3000, 3), (0, 0), "inconclusive"),
            ((3000, 3), (0, 5), "fail"),  # errors that are counted before their requests
            ((0, 0), (2000, 2), "pass"),
            ((0, 0), (2000, 82), "fail"),
            ((99, 0), (2000, 30), "inconclusive"),  # 1.5 % where 1 % is allowed
            ((99, 0), (50, 0), "inconclusive"),
        ],
    )
    def test_outcomes(self, stable, candidate, outcome):
        assert by_counts(Traffic(*stable, 0.2, NOW), Traffic(*candidate, 0.2, NOW)).outcome == outcome

    def test_without_stable_the_maximum_is_named(self):
        found = by_counts(Traffic(), Traffic(2000, 82, 0.2, NOW))
        words = "candidate 5xx 4.1 % (82/2000) against 1 % allowed, as stable has only 0 requests to compare with"
        assert found.words == f"{words}, p < 0.001"

    def test_what_both_colours_share_does_not_pass_above_the_maximum(self):
        """A migration that locks the shared database."""
        found = by_counts(Traffic(3000, 900, 0.2, NOW), Traffic(2000, 600, 0.2, NOW))
        assert found.outcome == "inconclusive"
        assert found.words.startswith("candidate 5xx 30.0 % (600/2000) against stable 30.0 % (900/3000); but 30.0 %")
        assert "is more than the 1 % allowed: what both colours use may be broken" in found.words
        lately = Traffic(90_000, 300, 0.2, NOW, recent=Traffic(900, 270, until=NOW))
        found = by_counts(lately, replace(lately, requests=80_000))
        assert found.outcome == "inconclusive"
        assert "but 30.0 % (270/900) in the newest 5 periods is more than the 1 % allowed" in found.words

    def test_errors_that_began_late_in_a_long_bake(self):
        """3 % of the last minutes are 0.25 % of the hour."""
        stable = Traffic(90_000, 90, 0.2, NOW, recent=Traffic(7500, 8, until=NOW))
        candidate = Traffic(60_000, 150, 0.2, NOW, recent=Traffic(5000, 150, until=NOW))
        assert by_counts(stable, replace(candidate, recent=None)).outcome == "pass"
        found = by_counts(stable, candidate)
        words = "in the newest 5 periods: candidate 5xx 3.0 % (150/5000) against stable 0.1 % (8/7500), p < 0.001"
        assert (found.outcome, found.words) == ("fail", words)
        quiet = replace(stable, recent=Traffic(50, 0, until=NOW))
        assert "against stable 0.1 % (90/90000)" in by_counts(quiet, candidate).words
        assert by_counts(stable, replace(candidate, recent=Traffic(5000, 10, until=NOW))).outcome == "pass"

    def test_requests_without_an_answer_are_called_so(self):
        found = by_counts(GOOD.stable, Traffic(2000, 82, 0.2, NOW, unanswered=80))
        assert found.words.startswith("candidate 5xx or no answer 4.1 % (82/2000) against")

    def test_how_many_requests_are_needed(self):
        assert by_counts(GOOD.stable, Traffic(12, 0, 0.2, NOW)).words.endswith("; 100 requests are needed")


class TestLatency:
    @pytest.mark.parametrize(
        ("stable", "candidate", "outcome"),
        [
            ((3000, 0.2), (2000, 0.21), "pass"),
            ((3000, 0.2), (2000, 0.31), "fail"),
            ((3000, 0.01), (2000, 0.1), "pass"),  # ten times, and nobody feels it
            ((3000, 2.0), (2000, 2.5), "pass"),  # half a second, and only a quarter more
            ((3000, 0.2), (99, 0.9), "inconclusive"),
            ((3000, 0.2), (2000, None), "inconclusive"),
            ((99, 0.2), (2000, 0.2), "inconclusive"),
            ((3000, None), (2000, 0.2), "inconclusive"),
        ],
    )
    def test_outcomes(self, stable, candidate, outcome):
        there, here = Traffic(stable[0], 0, stable[1], NOW), Traffic(candidate[0], 0, candidate[1], NOW)
        assert by_time(there, here).outcome == outcome

    def test_words(self):
        found = by_time(Traffic(3000, 0, 0.2, NOW), Traffic(2000, 0, 0.48, NOW))
        assert found.words == "candidate p95 0.48 s against stable 0.20 s"

    def test_a_maximum_needs_no_stable(self):
        gates = parse({"latency": {"maximum": 0.5}})
        assert by_time(Traffic(3000, 0, 0.6, NOW), Traffic(2000, 0, 0.6, NOW), gates).outcome == "fail"

    def test_once_stable_has_no_requests_its_time_before_the_shift_counts(self):
        there, before = world(candidate=100, stable=0), Traffic(3000, 0, 0.2, SINCE)
        found = by_time(Traffic(), Traffic(2000, 0, 0.48, NOW), there=there, baseline=before)
        assert (found.outcome, found.words) == ("fail", "candidate p95 0.48 s against stable before the shift 0.20 s")

    def test_where_no_comparison_can_be_it_says_so(self):
        found = by_time(Traffic(), Traffic(2000, 0, 0.48, NOW), there=world(candidate=100, stable=0))
        assert found.outcome == "pass"
        assert "no maximum is set, and stable has no requests" in found.words


def test_counts_that_stopped_coming_do_not_pass():
    found = by_counts(GOOD.stable, replace(GOOD.candidate, until=NOW - 361))
    assert found.outcome == "inconclusive"
    assert "has got no request to the candidate for more than 240 s" in found.words
    assert by_counts(GOOD.stable, replace(GOOD.candidate, until=NOW - 359)).outcome == "pass"
    bad = Traffic(2000, 82, 0.2, NOW - 1000)
    assert by_counts(GOOD.stable, bad).outcome == "fail"


def test_why_evidence_is_missing_is_said():
    found = judge(ALL, Evidence(SINCE, trouble="reading the metrics: AWS answered Throttling."), RELEASE, world(), NOW)
    told = {item.gate for item in found if item.words.endswith("(reading the metrics: AWS answered Throttling)")}
    assert told == {"error rate", "latency", "metric queue", "alarm busy"}


@pytest.mark.parametrize(
    ("values", "outcome", "words"),
    [
        ((3.0, 5.0), "pass", "Average of QueueAge is 5, at least 0 and at most 120"),
        ((0.0, 120.0), "pass", "120"),
        ((3.0, 340.0, 5.0), "fail", "Average of QueueAge was 340, not at least 0 and at most 120, in 1 of 3 periods"),
        ((-1.0,), "fail", "was -1"),
        ((float("nan"),), "fail", "nan"),
        ((), "inconclusive", "no Average of QueueAge yet"),
    ],
)
def test_a_metric_of_the_users_own(values, outcome, words):
    found = verdict(ALL, replace(GOOD, metrics={"queue": values}), "metric queue")
    assert found.outcome == outcome
    assert words in found.words


def test_a_metric_of_the_users_own_that_fell_silent_does_not_pass():
    found = verdict(ALL, replace(GOOD, metrics_until={"queue": NOW - 361}), "metric queue")
    assert found.outcome == "inconclusive"
    assert found.words.startswith("CloudWatch has got no Average of QueueAge for more than 240 s; before: Average")
    assert verdict(ALL, replace(GOOD, metrics_until={"queue": NOW - 359}), "metric queue").outcome == "pass"
    bad = replace(GOOD, metrics={"queue": (340.0,)}, metrics_until={"queue": NOW - 999})
    assert verdict(ALL, bad, "metric queue").outcome == "fail"


@pytest.mark.parametrize(
    ("alarms", "outcome"),
    [
        ({"busy": "OK"}, "pass"),
        ({"busy": "ALARM"}, "fail"),
        ({"busy": "INSUFFICIENT_DATA"}, "inconclusive"),
        ({}, "inconclusive"),
        ({"other": "OK"}, "inconclusive"),
    ],
)
def test_an_alarm(alarms, outcome):
    assert verdict(ALL, replace(GOOD, alarms=alarms), "alarm busy").outcome == outcome


def test_alarms_that_could_not_tell_anything_are_refused():
    gates = parse({"alarms": ["busy", "gone", "quiet", "fresh"]})
    found = refusals(gates, {"busy": "ALARM", "quiet": "OK", "fresh": "INSUFFICIENT_DATA"})
    assert len(found) == 2
    assert found[0].startswith("the alarm busy is in ALARM already")
    assert found[1].startswith("release_gates.alarms: there is no alarm gone")


MARKS = st.text(".x", max_size=50)
COUNTS = st.integers(0, 3000).flatmap(lambda requests: st.tuples(st.just(requests), st.integers(0, requests)))
P95 = st.none() | st.floats(0.001, 5)
TRAFFIC = st.builds(lambda counts, p95, age: Traffic(*counts, p95, NOW - age), COUNTS, P95, st.floats(0, 600))
EVIDENCE = st.builds(
    lambda candidate, users, stable, here, values, state: Evidence(
        SINCE, heard(candidate, users), stable, here, {"queue": values}, {"busy": state}, metrics_until={"queue": NOW}
    ),
    MARKS,
    MARKS,
    TRAFFIC,
    TRAFFIC,
    st.lists(st.floats(-10, 200), max_size=4).map(tuple),
    st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"]),
)


def outcomes(evidence, there=None):
    return {item.gate: item.outcome for item in judge(ALL, evidence, RELEASE, there or world(), NOW)}


@given(EVIDENCE)
def test_more_bad_evidence_never_mends_a_failure(evidence):
    later = tuple(replace(sample, at=sample.at - 2) for sample in evidence.samples)
    here = evidence.candidate
    worse = replace(
        evidence,
        samples=later + answers("x") + answers("x", "production"),
        candidate=replace(here, requests=here.requests + 1, errors=here.errors + 1, p95=here.p95 and here.p95 * 2),
        metrics={"queue": (*evidence.metrics["queue"], 1e6)},
    )
    before, after = outcomes(evidence), outcomes(worse)
    for gate in before:
        if before[gate] == "fail":
            assert after[gate] == "fail", gate
    assert after["metric queue"] == "fail"


@given(EVIDENCE, st.sampled_from(["samples", "candidate", "metrics", "alarms"]))
def test_taking_evidence_away_never_makes_a_pass(evidence, missing):
    less = replace(evidence, **{missing: getattr(Evidence(SINCE), missing)})
    gates = {
        "samples": ["probes"],
        "candidate": ["error rate", "latency"],
        "metrics": ["metric queue"],
        "alarms": ["alarm busy"],
    }
    for gate in gates[missing]:
        assert outcomes(less)[gate] == "inconclusive"


@given(EVIDENCE)
def test_a_pass_rests_on_what_was_seen(evidence):
    found = outcomes(evidence)
    asked = [sample for sample in evidence.samples if sample.route == "candidate"]
    if found["probes"] == "pass":
        assert len(asked) >= 3
        assert sum(sample.ok for sample in asked) >= 0.9 * min(len(asked), 30) - 3
    if found["error rate"] == "pass":
        assert evidence.candidate.requests >= 100
    if found["latency"] == "pass":
        assert evidence.candidate.p95 is not None
        assert evidence.candidate.requests >= 100


@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 5), st.sampled_from([STEADY, FAILED, "1 of 2 running"]))
def test_health_passes_only_when_counted(healthy, unhealthy, tasks, rollout):
    there = world(healthy=healthy, rollout=rollout, targets={"healthy": healthy, "unhealthy": unhealthy})
    found = verdict(ALL, GOOD, "health", release=replace(RELEASE, tasks=tasks), there=there)
    assert (found.outcome == "pass") == (healthy >= tasks and rollout == STEADY)
