"""Made-up releases, one promoted and one rolled back, as a report is given them."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Sample
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import ReportInput

START = 1784721600.0
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack"
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev"

RELEASE = Release(
    id="20260722-120000-7c1e",
    kind="release",
    stack="calstack-dev",
    image=f"{REPOSITORY}@sha256:{'9f' * 32}",
    label="1.1.0",
    stable="blue",
    candidate="green",
    stable_image=f"{REPOSITORY}@sha256:{'62' * 32}",
    stable_task_definition=f"{FAMILY}-blue:41",
    base_task_definition=f"{FAMILY}-blue:41",
    task_definition=f"{FAMILY}-green:17",
    steps=(Step(10, 180), Step(50, 180, "manual"), Step(100, 180)),
    gates={},
    by="arn:aws:sts::123456789012:assumed-role/deploy/kim",
    started_at=START,
    previous="20260715-091200-aa03",
)

CHANGES = (
    "image calstack@626262626262 → calstack@9f9f9f9f9f9f",
    "environment LOG_LEVEL: (none) → debug",
    "memory 512 → 1024",
)

BEGINNING = (
    (0, "phase", "the plan: 10 %, 50 %, 100 %", Phase.PREPARE, 0),
    (1, "intent", "register green's task definition", Phase.PREPARE, 0),
    (2, "done", "register green's task definition", Phase.PREPARE, 0),
    (3, "phase", "green starts with 4 tasks", Phase.START, 0),
    (41, "phase", "4 of 4 tasks run; their health is awaited", Phase.HEALTHY, 0),
    (62, "phase", "5 right answers in a row are awaited", Phase.SMOKE, 0),
    (67, "verdict", "probes: pass, 5 of 5 right", Phase.SMOKE, 0),
    (68, "phase", "step 1 of 3", Phase.SHIFT, 10),
    (68, "intent", "set the production rule to blue 90 % / green 10 %", Phase.SHIFT, 10),
    (68.3, "done", "set the production rule to blue 90 % / green 10 %", Phase.SHIFT, 10),
    (68.4, "phase", "10 % for 3 min", Phase.ANALYSE, 10),
    (69, "verdict", "error rate: inconclusive, 0 of at least 100 requests", Phase.ANALYSE, 10),
    (69, "verdict", "health: pass, 4 of 4 targets are healthy", Phase.ANALYSE, 10),
    (189, "verdict", "error rate: pass, candidate 5xx 0.0 % (0/412) against stable 0.1 % (3/3711)", Phase.ANALYSE, 10),
)
GOOD_END = (
    (250, "intent", "set the production rule to blue 50 % / green 50 %", Phase.SHIFT, 50),
    (250.2, "trouble", "ModifyRule: AWS answered Throttling: Rate exceeded; tried again in 1 s", Phase.SHIFT, 50),
    (251.4, "done", "set the production rule to blue 50 % / green 50 %", Phase.SHIFT, 50),
    (251.5, "phase", "50 % for 3 min", Phase.ANALYSE, 50),
    (431, "phase", "until somebody promotes", Phase.PAUSED, 50),
    (520, "phase", "promoted by kim", Phase.SHIFT, 50),
    (520.4, "done", "set the production rule to blue 0 % / green 100 %", Phase.SHIFT, 100),
    (520.5, "phase", "100 % for 3 min", Phase.BAKE, 100),
    (701, "phase", "green is to be stable", Phase.PROMOTE, 100),
    (724, "phase", "green serves everybody", Phase.PROMOTED, 100),
)
REASON = "error rate: candidate 5xx 4.1 % (82/2000) against stable 0.1 % (3/3000), p < 0.001"
BAD_END = (
    (250, "done", "set the production rule to blue 50 % / green 50 %", Phase.SHIFT, 50),
    (251, "phase", "50 % for 3 min", Phase.ANALYSE, 50),
    (318, "verdict", REASON.replace(": ", ": fail, ", 1), Phase.ANALYSE, 50),
    (318, "phase", REASON, Phase.ROLL_BACK, 50),
    (318, "intent", "set the production rule to blue 100 % / green 0 %", Phase.ROLL_BACK, 0),
    (318.42, "done", "set the production rule to blue 100 % / green 0 %", Phase.ROLL_BACK, 0),
    (350, "phase", "blue serves everybody", Phase.ROLLED_BACK, 0),
)


def promoted() -> ReportInput:
    """Twelve minutes, with a pause and a throttled call."""
    done = replace(RELEASE, phase=Phase.PROMOTED, weight=100, ended_at=START + 724, warm_until=START + 4324)
    return _given(done, (*BEGINNING, *GOOD_END), 724, bad_from=None)


def rolled_back() -> ReportInput:
    """Errors at half of the traffic, found after a minute, gone after 0.42 s."""
    done = replace(
        RELEASE,
        phase=Phase.ROLLED_BACK,
        ended_at=START + 350,
        reason=REASON,
        verdict_at=START + 318,
        restored_at=START + 318.42,
    )
    return _given(done, (*BEGINNING, *BAD_END), 350, bad_from=255)


def _given(
    release: Release, told: tuple[tuple[float, str, str, Phase, int], ...], end: int, bad_from: float | None
) -> ReportInput:
    timeline = tuple(Event(START + at, kind, words, str(phase), weight) for at, kind, words, phase, weight in told)
    random = Random(7)
    series = {"blue": list(_series(timeline, end, random, False, None))} | {
        "green": list(_series(timeline, end, random, True, bad_from))
    }
    return ReportInput(release, timeline, series, tuple(_probes(random, end, bad_from)), CHANGES, "inventories/dev")


def _series(
    timeline: tuple[Event, ...], end: int, random: Random, candidate: bool, bad_from: float | None
) -> Iterator[tuple[float, int, int]]:
    for at in range(0, end, 20):
        share = next(
            (told.candidate_weight for told in reversed(timeline) if told.at <= START + at and told.kind != "intent"), 0
        )
        requests = round(random.gauss(2400, 90) * (share if candidate else 100 - share) / 100)
        bad = candidate and bad_from is not None and at >= bad_from
        if requests or not candidate:
            yield START + at, requests, round(requests * 0.041) if bad else int(random.random() < 0.06)


def _probes(random: Random, end: int, bad_from: float | None) -> Iterator[Sample]:
    for second in range(end):
        yield Sample(START + second, "production", "/", True, 200, abs(random.gauss(0.021, 0.004)))
        if second >= 45:
            bad = bad_from is not None and bad_from <= second < 318 and random.random() < 0.05
            words = "answered 500 instead of 200" if bad else ""
            yield Sample(START + second, "candidate", "/", not bad, 500 if bad else 200, random.expovariate(55), words)
