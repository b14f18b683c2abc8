# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to do next: the whole release as one pure function of the record and of what AWS shows.

It is asked again and again, about once a second. A controller that was killed is no case of its own: the next one asks
the same question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import FAILED, STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release import roll_back, turns, way_back
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    Action,
    ArmDeadMan,
    CancelRetirement,
    DisarmDeadMan,
    KeepImage,
    RegisterRevision,
    RunOneOff,
    ScheduleRetirement,
    SetScaling,
    SetTestRule,
    UpdateService,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.decision import Decision, Now
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    RESTING,
    OneOff,
    Phase,
    Release,
    Request,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.rule import drift, forward, normal
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import MANUAL, pause_over

TICK = 1.0
READ_BACK_SECONDS = 30.0
"""How long a rule may take to show what ModifyRule has accepted."""
PROBED = frozenset({Phase.SMOKE, Phase.SHIFT, Phase.ANALYSE, Phase.BAKE})
"""The candidate is asked by the test rule."""
STOPPED_TASKS_KEPT = 3000.0
"""ECS shows a stopped task for an hour: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html"""


def decide(release: Release, now: Now, request: Request | None = None) -> Decision:
    """The next decision. A release in one of the RESTING phases is left alone."""
    if release.phase in RESTING:
        return Decision(release)
    # Neither of the two leads anywhere else: after the decision to promote there is nothing left to roll back.
    if release.phase not in (Phase.ROLL_BACK, Phase.PROMOTE) and (turned := _turned(release, now, request)):
        return turned
    return _HANDLERS[release.phase](release, now)


def _turned(release: Release, now: Now, request: Request | None) -> Decision | None:
    """What comes from outside: somebody's wish, or a rule that somebody has changed."""
    if request and request.verb == "abort":
        return Decision(turns.to_rollback(release, f"{request.by} asked for it", now.at))
    if words := drift(release, now.world):
        if not now.world.others and now.world.share(release.candidate) == 0:
            return Decision(turns.to_rollback(release, words, now.at))
        return _pause(release, turns.to_pause(release, words, now.at), now)
    if request and request.verb == "pause":
        return _pause(release, turns.to_pause(release, f"{request.by} asked for it", now.at), now)
    return _probed_again(release, now)


def _probed_again(release: Release, now: Now) -> Decision | None:
    """The test rule was pointed back by somebody: stable has answered the candidate's probes. What is known counts no
    more, but for a failure, which leads to the safe side."""
    asked = release.kind == "release" and release.phase in PROBED
    if not asked or now.world.test_colour == release.candidate or turns.first(now.verdicts, "fail"):
        return None
    words = f"somebody else changed the test rule: it is set to {release.candidate} again, and the evidence begins anew"
    return Decision(replace(release, since=now.at), (SetTestRule(release.candidate),), TICK, words, note=words)


def _pause(release: Release, paused: Release, now: Now) -> Decision:
    """Stop here. Nobody watches from now on, so the dead-man switch is set to the longest pause."""
    armed = release.pace.dead_man and now.world.share(release.candidate)
    actions = (ArmDeadMan(release.stable, now.at + release.pace.pause_limit),) if armed else (DisarmDeadMan(),)
    return Decision(release, actions, then=paused)


def _fail(release: Release, reason: str, now: Now) -> Decision:
    return Decision(turns.to_rollback(release, reason, now.at))


def _enter(release: Release, phase: Phase, now: Now) -> Decision:
    return Decision(turns.enter(release, phase, now.at))


def _prepare(release: Release, now: Now) -> Decision:
    """Hold what autoscaling would take away, point the test rule to the candidate, register, run the one-off tasks."""
    stable, candidate = release.colours
    if now.world.colours[stable].sticky or now.world.colours[candidate].sticky:
        return _fail(release, "a target group has sticky sessions of its own: run site.yml, which turns them off", now)
    held = {colour: replace(release.scaling[colour], scale_in=True) for colour in release.colours}
    held[candidate] = replace(held[candidate], minimum=0)
    actions: list[Action] = [
        SetScaling(colour, held[colour])
        for colour in release.colours
        if now.world.colours[colour].scaling != held[colour]
    ]
    if now.world.test_colour != candidate:
        actions.append(SetTestRule(candidate))
    if not release.task_definition:
        actions.append(RegisterRevision(candidate, release.base_task_definition, release.image))
    if actions:
        # A retirement left from the release before would stop the candidate's tasks in the middle of this one.
        return Decision(release, (CancelRetirement(), *actions), then=replace(release, retirement_cancelled=True))
    left = [item for item in release.one_offs if item.name not in release.one_offs_done]
    return _one_off(release, left[0], now) if left else _enter(release, Phase.START, now)


def _one_off(release: Release, one_off: OneOff, now: Now) -> Decision:
    state = now.world.one_offs.get(one_off.name)
    if state is None:
        begun = release if release.one_off == one_off.name else replace(release, one_off=one_off.name, since=now.at)
        if now.at - begun.since > min(one_off.timeout, STOPPED_TASKS_KEPT):
            return _fail(release, f"ECS does not show the one-off task {one_off.name}, nor how it ended", now)
        return Decision(
            begun,
            (RunOneOff(release.id, release.candidate, release.task_definition, one_off),),
            TICK,
        )
    if state.status != "STOPPED":
        if now.at - release.since > one_off.timeout:
            return _fail(release, f"the one-off task {one_off.name} took longer than {one_off.timeout:.0f} s", now)
        return Decision(release, (), TICK, f"the one-off task {one_off.name} is {state.status.lower()}")
    if state.exit_code != 0:
        code = "no exit code" if state.exit_code is None else f"exit code {state.exit_code}"
        return _fail(release, f"the one-off task {one_off.name} failed: {code}. {state.reason}".strip(), now)
    return Decision(replace(release, one_offs_done=(*release.one_offs_done, one_off.name)))


def _start(release: Release, now: Now) -> Decision:
    """At stable's size of this moment: what autoscaling has added it will need as well."""
    tasks = max(now.world.colours[release.stable].desired, release.scaling[release.stable].minimum, 1)
    warm = way_back.is_warm(release, now.world)
    if warm:
        tasks = max(tasks, now.world.colours[release.candidate].desired)
    tasks = min(tasks, now.world.colours[release.candidate].maximum)
    begun = replace(release, tasks=tasks, warm=warm, phase=Phase.HEALTHY, since=now.at)
    return Decision(begun, (UpdateService(release.candidate, tasks, release.task_definition),))


def _healthy(release: Release, now: Now) -> Decision:
    candidate = now.world.colours[release.candidate]
    if candidate.task_definition != release.task_definition:
        if now.at - release.since < READ_BACK_SECONDS:
            # Killed between the record and the call, or not read back yet.
            start = UpdateService(release.candidate, release.tasks, release.task_definition)
            return Decision(release, (start,), TICK, "the service does not show the new task definition yet")
        return _fail(release, f"somebody gave {candidate.name} another task definition", now)
    if candidate.rollout == FAILED:
        return _fail(release, f"the tasks of {candidate.name} do not start.{candidate.evidence}", now)
    if candidate.desired < release.tasks:
        return Decision(release, (UpdateService(release.candidate, release.tasks),), TICK)
    if way_back.suffices(release, now.world):
        shifting = turns.enter(release, Phase.SHIFT, now.at)
        return Decision(shifting, note=way_back.early_words(release, now.world))
    if candidate.rollout == STEADY and candidate.healthy >= release.tasks:
        # A way back is for emergencies, and what it leads to has served before.
        return _enter(release, Phase.SHIFT if release.kind == "rollback" else Phase.SMOKE, now)
    words = f"{candidate.healthy} of {release.tasks} targets of {candidate.name} healthy; {candidate.rollout}"
    if now.at - release.since > release.pace.start_timeout:
        return _fail(
            release,
            f"{candidate.name} is not healthy after {release.pace.start_timeout:.0f} s: {words}.{candidate.evidence}",
            now,
        )
    return Decision(release, (), TICK, words)


def _smoke(release: Release, now: Now) -> Decision:
    if failed := turns.first(now.verdicts, "fail"):
        return _fail(release, f"smoke test: {failed.words}", now)
    unclear = turns.first(now.verdicts, "inconclusive")
    if unclear is None:
        return _enter(release, Phase.SHIFT, now)
    if now.at - release.since > release.pace.smoke_timeout:
        return _fail(release, f"smoke test: {unclear.words} after {release.pace.smoke_timeout:.0f} s", now)
    return Decision(release, (), TICK, unclear.words)


def _shift(release: Release, now: Now) -> Decision:
    """One rung up. Verified by reading it back, with the candidate as large as stable is by now."""
    step = release.steps[release.step]
    wanted = forward(release, step.weight)
    if release.weight == step.weight and now.world.weights == wanted.weights:
        return Decision(turns.baking(release, now.at))
    if failed := turns.first(now.verdicts, "fail"):
        return _fail(release, f"{failed.gate}: {failed.words}", now)
    if waiting := _grow(release, now):
        return waiting
    if now.at - release.since > READ_BACK_SECONDS + release.pace.start_timeout:
        return _fail(release, f"the production rule does not come to {step.weight} %", now)
    arm = (ArmDeadMan(release.stable, now.at + release.pace.dead_man),) if release.pace.dead_man and step.weight else ()
    if release.weight == step.weight:
        return Decision(release, (*arm, wanted), TICK, "the rule does not show the new weights yet")
    intent = replace(release, weight_before=now.world.share(release.candidate), weight=step.weight)
    return Decision(intent, (*arm, wanted))


def _grow(release: Release, now: Now) -> Decision | None:
    """None where the candidate is as large as stable and healthy, or large enough for a way back."""
    candidate, stable = now.world.colours[release.candidate], now.world.colours[release.stable]
    if candidate.task_definition != release.task_definition:
        return _fail(release, f"somebody gave {candidate.name} another task definition", now)
    tasks = min(max(release.tasks, stable.desired), candidate.maximum)
    if candidate.desired < tasks:
        grown = replace(release, tasks=tasks)
        return Decision(grown, (UpdateService(release.candidate, tasks),), TICK, "the candidate grows to stable's size")
    if candidate.healthy < tasks and not way_back.suffices(release, now.world):
        words = f"{candidate.healthy} of {tasks} targets of {candidate.name} healthy"
        if now.at - release.since > release.pace.start_timeout:
            return _fail(release, f"{words} after {release.pace.start_timeout:.0f} s.{candidate.evidence}", now)
        return Decision(release, (), TICK, words)
    return None


def _analyse(release: Release, now: Now) -> Decision:
    step = release.steps[release.step]
    if failed := turns.first(now.verdicts, "fail"):
        return _fail(release, f"{failed.gate}: {failed.words}", now)
    baked_at = release.since + step.bake
    if now.at < baked_at:
        return Decision(release, (), min(TICK, baked_at - now.at), f"baking at {step.weight} %")
    unclear = turns.first(now.verdicts, "inconclusive")
    if step.bake and (unclear or not now.verdicts):
        return _unclear(release, f"{unclear.gate}: {unclear.words}" if unclear else "no gate is on", now)
    if step.pause == MANUAL:
        return _pause_before_the_next(release, f"as planned, at {step.weight} %", now)
    if now.at < (over := pause_over(step.pause, baked_at)):
        return Decision(release, (), min(TICK, over - now.at), f"pausing at {step.weight} % until {step.pause} UTC")
    return Decision(turns.next_step(release, now.at))


def _unclear(release: Release, words: str, now: Now) -> Decision:
    """The bake goes on until the evidence is there, a few times as long at most; then somebody has to judge."""
    step = release.steps[release.step]
    if now.at < release.since + step.bake * (1 + release.extended):
        return Decision(release, (), TICK, words)
    if release.extended >= release.pace.extensions:
        return _pause_before_the_next(release, f"inconclusive at {step.weight} %: {words}", now)
    longer = f"inconclusive, so the bake at {step.weight} % goes on for up to {step.bake:.0f} s: {words}"
    return Decision(replace(release, extended=release.extended + 1), note=longer)


def _pause_before_the_next(release: Release, reason: str, now: Now) -> Decision:
    """Who ends this pause accepts the step as it is."""
    return _pause(release, turns.to_pause(turns.next_step(release, now.at), reason, now.at), now)


def _promote(release: Release, now: Now) -> Decision:
    """The candidate is stable from here on, unless the dead-man switch put the old one back before a successor came."""
    old, new = release.colours
    if not now.world.share(new):
        return _fail(release, drift(release, now.world), now)
    keep = release.pace.keep_warm
    before = release.scaling
    retirement: tuple[Action, ...] = (
        (SetScaling(old, replace(before[new], scale_in=True)), ScheduleRetirement(old, now.at + keep, before[new]))
        if keep
        else (SetScaling(old, before[new]), UpdateService(old, 0))
    )
    ended = replace(
        release, phase=Phase.PROMOTED, since=now.at, ended_at=now.at, warm_until=now.at + keep if keep else 0.0
    )
    rule = normal(new)
    turning: tuple[Action, ...] = ()
    if now.world.weights != rule.weights or now.world.stickiness or now.world.others:
        turning += (rule,)
    if now.world.test_colour != old:
        turning += (SetTestRule(old),)
    if turning:
        return Decision(release, turning)
    # Disarmed first: it would send everybody to a colour that is about to be retired.
    actions = (DisarmDeadMan(), SetScaling(new, before[old]), *retirement, KeepImage(release.image, release.id))
    return Decision(release, actions, then=ended)


_HANDLERS: dict[Phase, Callable[[Release, Now], Decision]] = {
    Phase.PREPARE: _prepare,
    Phase.START: _start,
    Phase.HEALTHY: _healthy,
    Phase.SMOKE: _smoke,
    Phase.SHIFT: _shift,
    Phase.ANALYSE: _analyse,
    Phase.BAKE: _analyse,
    Phase.PROMOTE: _promote,
    Phase.ROLL_BACK: roll_back.proceed,
}
