"""What must be true after every fault: users, weights, tasks, lock, scaling, schedules, record, and words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, other
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event

from tests.chaos.runs import Run
from tests.chaos.scene import COLOURS, Limits, Rule, Scene
from tests.chaos.users import Users, by_words
from tests.waiting import until

DRAIN_SECONDS = 60
FORWARD = (
    Phase.PREPARE,
    Phase.START,
    Phase.HEALTHY,
    Phase.SMOKE,
    Phase.SHIFT,
    Phase.ANALYSE,
    Phase.BAKE,
    Phase.PROMOTE,
    Phase.PROMOTED,
)
SHORTER = (
    (Phase.ANALYSE, Phase.SHIFT),
    (Phase.SHIFT, Phase.BAKE),
    (Phase.HEALTHY, Phase.SHIFT),
)
"""A step more, the last step, and a way back, which asks no smoke test of what has served before."""


@dataclass(frozen=True)
class Before:
    """The environment before the release."""

    stable: str
    images: dict[str, str]
    limits: dict[str, Limits]
    desired: dict[str, int]

    @classmethod
    def of(cls, scene: Scene) -> "Before":
        return cls(
            scene.stable,
            {colour: scene.image(colour) for colour in COLOURS},
            {colour: scene.limits(colour) for colour in COLOURS},
            {colour: scene.service(colour)["desiredCount"] for colour in COLOURS},
        )


@dataclass(frozen=True)
class Row:
    """A line of the table at the end."""

    fault: str
    outcome: str
    requests: int
    failed: int
    seconds: float | None
    """From the verdict to nothing on the candidate, by the record."""


def assert_settled(
    scene: Scene,
    before: Before,
    run: Run,
    crowd: Users | None = None,
    *,
    outcome: str = "rolled back",
    words: Sequence[str] = (),
    failed_at_most: float = 0,
    desired: int | None = None,
) -> Row:
    """AssertionError where something is left that should not be. `run` is the one that ended the release.

    `desired` is stable's count where somebody else has changed it meanwhile.
    """
    print(f"\n--- what a person is told\n{run.words}\n---")
    release, timeline = scene.record(), scene.timeline()
    assert release.phase == outcome, f"{release.phase}: {release.reason}"
    stable = before.stable if outcome == Phase.ROLLED_BACK else other(before.stable)
    _assert_rule(scene, stable)
    _assert_tasks(scene, before, stable, outcome, desired)
    _assert_scaling(scene, before, stable, outcome)
    assert scene.lock() == ""
    wanted = [] if outcome == Phase.ROLLED_BACK else ["retire-scaling", "retire-tasks"]
    assert scene.schedules() == wanted
    assert_recorded(release, timeline)
    for word in words:
        assert word.casefold() in run.words.casefold(), f"{word!r} is not in: {run.words}"
    if crowd:
        crowd.stop()
        failed = len(crowd.failed)
        print(f"{failed} of {len(crowd.answers)} requests failed, at most {failed_at_most:.0f} may: "
              f"{by_words(crowd.failed)}")  # fmt: skip
        assert failed <= failed_at_most, by_words(crowd.failed)
    return Row(
        "",
        outcome,
        len(crowd.answers) if crowd else 0,
        len(crowd.failed) if crowd else 0,
        release.restored_at - release.verdict_at if release.restored_at else None,
    )


def _assert_rule(scene: Scene, stable: str) -> None:
    assert scene.rule() == Rule({stable: 100, other(stable): 0})


def _assert_tasks(scene: Scene, before: Before, stable: str, outcome: str, desired: int | None) -> None:
    wanted = before.desired[before.stable] if desired is None else desired
    assert scene.service(stable)["desiredCount"] == wanted
    until(lambda: scene.healthy(stable) >= wanted, f"{stable} has {wanted} healthy tasks", DRAIN_SECONDS)
    if outcome == Phase.ROLLED_BACK:
        assert scene.image(stable) == before.images[stable]
        assert scene.service(other(stable))["desiredCount"] == 0
        until(lambda: not scene.tasks_of(other(stable)), f"{other(stable)} has no task", DRAIN_SECONDS)
    else:
        assert scene.image(other(stable)) == before.images[before.stable]
        assert scene.healthy(other(stable)) == wanted, "the old colour is not warm"
    strangers = [task["startedBy"] for task in scene.tasks() if not task.get("group", "").startswith("service:")]
    assert not strangers, strangers


def _assert_scaling(scene: Scene, before: Before, stable: str, outcome: str) -> None:
    """As before; once promoted, the colours have changed places and the warm one may not shrink yet."""
    if outcome == Phase.ROLLED_BACK:
        assert {colour: scene.limits(colour) for colour in COLOURS} == before.limits
        return
    assert scene.limits(stable) == before.limits[before.stable]
    resting = before.limits[stable]
    held = {**resting.suspended, "DynamicScalingInSuspended": True}
    assert scene.limits(other(stable)) == replace(resting, suspended=held)


def assert_recorded(release: Release, timeline: Sequence[Event]) -> None:
    """It has ended, its phases follow each other as they may, and nothing was done that was not recorded before."""
    assert release.ended_at > release.started_at > 0
    phases = [Phase(event.phase) for event in timeline if event.kind == "phase"]
    assert phases[0] == Phase.PREPARE
    assert phases[-1] == release.phase
    _assert_in_order(phases)
    announced: Counter[str] = Counter()
    for event in timeline:
        if event.kind == "intent":
            announced[event.words] += 1
        if event.kind == "done":
            announced[event.words] -= 1
            assert announced[event.words] >= 0, f"done without having been announced: {event.words}"
    if release.phase == Phase.ROLLED_BACK:
        assert release.reason
        assert release.verdict_at
        assert release.restored_at >= release.verdict_at


def _assert_in_order(phases: Sequence[Phase]) -> None:
    """Forward without a gap, round again from a bake to the next shift; a pause goes on, a rollback is the end."""
    going = [phase for phase in phases if phase != Phase.PAUSED]
    if Phase.ROLL_BACK in going:
        end = going.index(Phase.ROLL_BACK)
        assert set(going[end:]) <= {Phase.ROLL_BACK, Phase.ROLLED_BACK, Phase.ROLLBACK_FAILED}, going
        going = going[:end]
    assert set(going) <= set(FORWARD), f"no rollback led to its end: {going}"
    for one, two in pairwise(going):
        next_one = one == two or FORWARD.index(two) == FORWARD.index(one) + 1
        assert next_one or (one, two) in SHORTER, f"{one} → {two} in {phases}"


def exposed(timeline: Sequence[Event], crowd: Users, share: float = 1.0) -> float:
    """How many requests can have met the candidate's fault: those of each moment, by the weight of that moment.

    `share` is how many of the candidate's answers are wrong. Half as many again, and five, for chance.
    """
    steps = [(event.at, event.candidate_weight) for event in timeline
             if event.kind in ("intent", "done") and event.words.startswith("set the production rule")]  # fmt: skip
    met = 0.0
    for answer in crowd.answers:
        weights = [weight for at, weight in steps if at <= answer.at + answer.seconds]
        met += weights[-1] / 100 if weights else 0.0
    return met * share * 1.5 + 5
