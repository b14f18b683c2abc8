# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Putting everything back: stable first made sure of, then one rule change, then the tidying. Pure.

What is left to do is read off the world, so that it can begin anywhere and be begun again.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    Action,
    CancelRetirement,
    DisarmDeadMan,
    SetScaling,
    StopOneOff,
    UpdateService,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.decision import Decision, Now
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.rule import normal, only

TICK = 0.5

SMALL_SHARE = 25
"""Per cent that stable takes back with whatever it has: a third more load on each of its tasks, from the 60 % of
CPU that autoscaling aims at, stays below 80 %."""


def proceed(release: Release, now: Now) -> Decision:
    """The next thing that a rollback has to do."""
    if now.at - release.since > release.pace.rollback_timeout:
        return _give_up(release, now)
    if _has_users(release, now):
        return _restore(release, now)
    if not release.restored_at:
        return Decision(replace(release, restored_at=now.at, weight=0, weight_before=0))
    if not release.retirement_cancelled:
        return _cancel_retirement(release)
    return _strengthen(release, now) or _tidy(release, now)


def _has_users(release: Release, now: Now) -> bool:
    """Whether any request may still go to the candidate, or none to stable. Who sticks to a named group does."""
    weights = now.world.weights
    stuck = now.world.stickiness and release.candidate in weights
    return bool(weights.get(release.candidate) or stuck or now.world.others or not weights.get(release.stable))


def _restore(release: Release, now: Now) -> Decision:
    """ModifyRule, as soon as stable can take the load."""
    waited = now.at - release.since >= release.pace.capacity_wait
    if can_take_over(release, now) or (waited and now.world.colours[release.stable].healthy):
        if release.weight == 0:
            return Decision(release, (only(release.stable),))
        intent = replace(release, weight=0, weight_before=now.world.share(release.candidate))
        return Decision(intent, (only(release.stable),))
    if not release.retirement_cancelled:
        return _cancel_retirement(release)
    waiting = Decision(release, (), TICK, f"{_health(release, now)}: it could not take the load yet")
    return _strengthen(release, now) or waiting


def _cancel_retirement(release: Release) -> Decision:
    """Stable may be a colour that was kept warm. Not before the rule change: nothing may stand in the way of that one,
    and a retirement that comes first is made good by `_strengthen`."""
    return Decision(release, (CancelRetirement(),), then=replace(release, retirement_cancelled=True))


def _strengthen(release: Release, now: Now) -> Decision | None:
    """Stable as large as it was, before anything else is taken away; None where it is, and has a healthy task.

    Also before its scaling is put back: a least number above the desired count is refused.
    """
    stable, wanted = now.world.colours[release.stable], _wanted(release)
    if stable.desired < wanted:
        return Decision(release, (UpdateService(stable.name, wanted),), TICK, _health(release, now))
    if not stable.healthy:
        return Decision(release, (), TICK, f"{_health(release, now)}: what runs on {release.candidate} stays")
    return None


def _wanted(release: Release) -> int:
    return max(release.stable_tasks, 1)


def _health(release: Release, now: Now) -> str:
    return f"{now.world.colours[release.stable].healthy} of {_wanted(release)} targets of {release.stable} healthy"


def unseen(release: Release, now: Now) -> Decision:
    """The rule change while AWS shows nothing: harmless where it is made already. No action where stable is too small.

    `now.world` is what was seen last. Its weights may be older than the last change, its tasks count all the same.
    """
    healthy = now.world.colours[release.stable].healthy
    waited = now.at - release.since >= release.pace.capacity_wait
    share = max(release.weight, release.weight_before)
    if healthy >= _wanted(release) or (healthy and (waited or share <= SMALL_SHARE)):
        return Decision(replace(release, weight=0, weight_before=share), (only(release.stable),))
    return Decision(release)


def can_take_over(release: Release, now: Now) -> bool:
    """Whether stable can take the candidate's requests at once; whatever it has is better than a dead candidate."""
    healthy = now.world.colours[release.stable].healthy
    small = now.world.share(release.candidate) <= SMALL_SHARE or not now.world.colours[release.candidate].healthy
    return healthy >= max(release.stable_tasks, 1) or (healthy > 0 and small)


def _tidy(release: Release, now: Now) -> Decision:
    """No user is on the candidate any more: stop its tasks, give autoscaling back."""
    stable, candidate = (now.world.colours[colour] for colour in release.colours)
    before = release.scaling
    actions: list[Action] = [
        StopOneOff(state.arn) for state in now.world.one_offs.values() if state.status != "STOPPED"
    ]
    if candidate.desired:
        held = replace(before[candidate.name], minimum=0, scale_in=True, scale_out=True)
        actions += [SetScaling(candidate.name, held), UpdateService(candidate.name, 0)]
    if actions:
        return Decision(release, tuple(actions), TICK)
    if left := candidate.running + candidate.pending:
        return Decision(release, (), TICK, f"{left} tasks of {candidate.name} finish their last requests")
    rule = normal(release.stable)
    if now.world.weights != rule.weights or now.world.stickiness:
        actions.append(rule)
    actions += [
        SetScaling(colour.name, before[colour.name])
        for colour in (stable, candidate)
        if colour.scaling != before[colour.name]
    ]
    if actions:
        return Decision(release, tuple(actions))
    ended = replace(release, phase=Phase.ROLLED_BACK, since=now.at, ended_at=now.at, weight=0, weight_before=0)
    return Decision(release, (CancelRetirement(), DisarmDeadMan()), then=ended)


def _give_up(release: Release, now: Now) -> Decision:
    """Shout: somebody has to look. The dead-man switch stays armed where it is the last hope, which it is not for a
    stable without a healthy task."""
    dead = not now.world.colours[release.stable].healthy
    share = now.world.share(release.candidate)
    if share:
        state = f"{release.candidate} still has {share} % of the requests"
    elif _has_users(release, now):
        state = f"the production rule is not back on {release.stable} alone"
    else:
        state = f"all requests go to {release.stable}, but the tidying did not end"
    off = "; the dead-man switch is off, it would send everybody there" if dead else ""
    words = (
        f"{release.reason}. The rollback did not finish within {release.pace.rollback_timeout:.0f} s: {state}; "
        f"{_health(release, now)}{off}"
    )
    failed = replace(release, phase=Phase.ROLLBACK_FAILED, since=now.at, ended_at=now.at, reason=words)
    return Decision(release, (DisarmDeadMan(),), then=failed) if dead else Decision(failed)
