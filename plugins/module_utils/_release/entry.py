# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a wanted state means, given the last release and what is there: begin, go on, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import is_placeholder
from ansible_collections.calstack.aws.plugins.module_utils._release import turns
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    ENDED,
    OneOff,
    Pace,
    Phase,
    Release,
    Request,
    Scaling,
    Step,
    other,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


class CannotBeginError(CalstackError):
    """What is asked for cannot begin now. Nothing has been changed."""


@dataclass(frozen=True)
class Asked:
    """What the user wants. `image` is resolved (URI@sha256:…); empty means the one that stable runs."""

    state: str
    stack: str
    image: str = ""
    label: str = ""
    to: str = ""
    stable_colour: str = ""
    steps: tuple[Step, ...] = ()
    gates: Mapping[str, Any] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    one_offs: tuple[OneOff, ...] = ()
    by: str = ""


@dataclass(frozen=True)
class Circumstances:
    """What there is. `last` is the newest release, `target` the record that `to` names.

    `newest` are the newest revisions of the families, by colour; `unchanged`: stable runs the wanted image with the
    settings of its colour's newest revision.
    """

    world: World
    newest: Mapping[str, str]
    unchanged: bool = False
    last: Release | None = None
    target: Release | None = None


@dataclass(frozen=True)
class Outset:
    """`release` is None where nothing is to be done; `words` say why, or how it goes on.

    `request` is to be heeded at the first decision.
    """

    release: Release | None
    words: str
    new: bool = False
    request: Request | None = None

    def turns(self, last: Release | None) -> bool:
        """Whether the release comes to another phase by this, where `last` is the newest record."""
        return self.new or bool(self.release and last and self.release.phase != last.phase)


@dataclass(frozen=True)
class Case:
    """`ident` is the id that a new release would get, `at` is now."""

    asked: Asked
    there: Circumstances
    ident: str
    at: float

    @property
    def under_way(self) -> Release | None:
        last = self.there.last
        return last if last and last.phase not in ENDED else None


def outset(case: Case) -> Outset:
    """Where to start. Raises CannotBeginError."""
    if case.asked.stable_colour and case.asked.state != "rolled_back":
        raise CannotBeginError("release_stable_colour is for playbooks/rollback.yml only: leave it out.")
    return {
        "released": _released,
        "promoted": _promoted,
        "paused": _paused,
        "aborted": _aborted,
        "rolled_back": _rolled_back,
    }[case.asked.state](case)


def _released(case: Case) -> Outset:
    under_way = case.under_way
    if under_way:
        if case.asked.image and case.asked.image != under_way.image:
            raise CannotBeginError(
                f"the release {under_way.id} of {under_way.label} is {_state(under_way)}: let it go on with "
                f"playbooks/promote.yml or put everything back with playbooks/rollback.yml before another one begins."
            )
        if under_way.phase == Phase.PAUSED:
            return Outset(None, f"{under_way.label} is paused ({under_way.reason}). {NEXT_IN_A_PAUSE}")
        return _taken_over(under_way, case.at)
    stable = _stable(case.there.world)
    if case.there.unchanged:
        return Outset(None, f"{case.asked.label} is stable already, on {stable}, with the same settings")
    return Outset(_begin(case, stable), f"{case.asked.label} goes to {other(stable)}", new=True)


NEXT_IN_A_PAUSE = "playbooks/promote.yml lets it go on, playbooks/rollback.yml puts everything back"


def _taken_over(release: Release, at: float) -> Outset:
    words = f"the release {release.id} of {release.label} was left in {release.phase}: it goes on from there"
    return Outset(turns.taken_over(release, at), words)


def _promoted(case: Case) -> Outset:
    under_way = case.under_way
    if not under_way:
        return Outset(None, "no release is under way")
    if under_way.phase == Phase.PAUSED:
        return Outset(
            turns.promoted(under_way, case.there.world, case.at), f"{case.asked.by} lets {under_way.label} go on"
        )
    return _taken_over(under_way, case.at)


def _paused(case: Case) -> Outset:
    under_way = case.under_way
    if not under_way or under_way.phase in (Phase.PAUSED, Phase.ROLL_BACK, Phase.ROLLBACK_FAILED, Phase.PROMOTE):
        return Outset(None, f"{under_way.label} is {_state(under_way)}" if under_way else "no release is under way")
    request = Request("pause", case.asked.by, case.at)
    return replace(_taken_over(under_way, case.at), request=request)


def _aborted(case: Case) -> Outset:
    under_way = case.under_way
    if not under_way:
        return Outset(None, "no release is under way")
    if under_way.phase in (Phase.ROLL_BACK, Phase.ROLLBACK_FAILED):
        return _taken_over(under_way, case.at)
    reason = f"{case.asked.by} asked for it"
    return Outset(turns.to_rollback(under_way, reason, case.at), f"{under_way.label} is rolled back: {reason}")


def _rolled_back(case: Case) -> Outset:
    colour = case.asked.stable_colour
    if case.under_way:
        return _put_back(case, case.under_way)
    if colour and _serves_alone(case.there.world, colour):
        return Outset(None, f"{colour} has all requests already")
    if colour:
        return Outset(_put_right(case), f"all requests go to {colour}", new=True)
    stable = _stable(case.there.world)
    target = _target(case)
    if isinstance(target, str):
        return Outset(None, target)
    label, image, revision = target
    back = replace(
        case.asked,
        image=image,
        label=label,
        steps=(Step(100),),
        gates={},
        one_offs=(),
        pace=replace(case.asked.pace, dead_man=0.0),
    )
    begun = _begin(replace(case, asked=back), stable)
    begun = replace(begun, kind="rollback", base_task_definition=revision)
    return Outset(begun, f"{label} comes back, on {other(stable)}", new=True)


def _put_back(case: Case, under_way: Release) -> Outset:
    """What is under way ends; a way back that is under way is what was asked for, and goes on."""
    if case.asked.to:
        raise CannotBeginError(
            f"the release {under_way.id} of {under_way.label} is {_state(under_way)}: end it first, with "
            f"playbooks/rollback.yml without release_to."
        )
    if case.asked.stable_colour not in ("", under_way.stable):
        raise CannotBeginError(
            f"release_stable_colour is {case.asked.stable_colour}, but for the release {under_way.id}, which is "
            f"{_state(under_way)}, {under_way.stable} is stable: put that back first, without release_stable_colour."
        )
    if under_way.kind == "rollback" and under_way.phase != Phase.PAUSED:
        return _taken_over(under_way, case.at)
    if under_way.kind == "rollback" and not case.there.world.others:
        return Outset(turns.promoted(under_way, case.there.world, case.at), f"the way back {under_way.id} goes on")
    return _aborted(case)


def _target(case: Case) -> tuple[str, str, str] | str:
    """Label, image and revision to go back to, or why there is nothing to do."""
    asked, there = case.asked, case.there
    if asked.to:
        if there.target is None or not there.target.task_definition:
            raise CannotBeginError(f"no release {asked.to} is on record: playbooks/status.yml lists them.")
        if there.target.phase != Phase.PROMOTED:
            raise CannotBeginError(
                f"the release {asked.to} of {there.target.label} is {there.target.phase}: it never served everybody. "
                f"Name one that was promoted: playbooks/status.yml lists them."
            )
        return there.target.label, there.target.image, there.target.task_definition
    if there.last is None:
        raise CannotBeginError("there has been no release yet, so there is nothing to go back to.")
    if there.last.phase == Phase.ROLLED_BACK and there.last.kind == "rollback":
        # The way back failed, so that stable is still what somebody wants to be rid of: tried again.
        return there.last.label, there.last.image, there.last.base_task_definition
    if there.last.phase == Phase.ROLLED_BACK:
        return f"the last release ({there.last.label}) was rolled back already. {NAME_ONE}"
    if there.last.kind == "rollback":
        return f"{there.last.label} is back already, since the rollback {there.last.id}. {NAME_ONE}"
    label = there.last.stable_label or f"what ran before {there.last.label}"
    return label, there.last.stable_image, there.last.stable_task_definition


NAME_ONE = "To go further back, name a release: -e release_to=ID (playbooks/status.yml lists them)"


def _put_right(case: Case) -> Release:
    """Both colours serve and nobody knows why: a rollback that begins with its end."""
    asked, there = case.asked, case.there
    begun = _begin(case, asked.stable_colour)
    candidate = there.world.colours[begun.candidate]
    share = there.world.share(begun.candidate)
    begun = replace(
        begun,
        image=candidate.image,
        label=f"what is on {candidate.name}",
        steps=(Step(100),),
        weight=share,
        weight_before=share,
    )
    return turns.to_rollback(begun, f"{asked.by} says that {asked.stable_colour} is stable", case.at)


def _begin(case: Case, stable: str) -> Release:
    asked, there = case.asked, case.there
    candidate = other(stable)
    now = there.world.colours[stable]
    if is_placeholder(now.image) or not now.desired:
        raise CannotBeginError(
            f"{stable} serves, but runs no task: run site.yml with an image first. A release replaces what serves."
        )
    return Release(
        id=case.ident,
        kind="release",
        stack=asked.stack,
        image=asked.image or now.image,
        label=asked.label,
        stable=stable,
        candidate=candidate,
        stable_image=now.image,
        stable_label=_stable_label(there),
        stable_task_definition=now.task_definition,
        base_task_definition=there.newest.get(candidate, ""),
        steps=asked.steps,
        gates=asked.gates,
        pace=asked.pace,
        one_offs=asked.one_offs,
        by=asked.by,
        started_at=case.at,
        since=case.at,
        stable_tasks=now.desired,
        scaling={stable: _serving(there, stable), candidate: _resting(there, candidate)},
        previous=there.last.id if there.last else "",
    )


def _stable_label(there: Circumstances) -> str:
    if there.last is None:
        return ""
    return there.last.label if there.last.phase == Phase.PROMOTED else there.last.stable_label


def _serving(there: Circumstances, stable: str) -> Scaling:
    """As it is while the colour serves. One that was kept warm and got everybody back by hand had it before."""
    last = there.last
    if last and last.phase == Phase.PROMOTED and last.warm_until and last.stable == stable:
        before = last.scaling[stable]
        return replace(before, minimum=min(before.minimum, there.world.colours[stable].desired))
    return there.world.colours[stable].scaling


def _resting(there: Circumstances, candidate: str) -> Scaling:
    """As it is when the colour rests. While it is kept warm, its scale-in is held only until it retires."""
    last = there.last
    if last and last.phase == Phase.PROMOTED and last.warm_until and last.stable == candidate:
        return last.scaling[last.candidate]
    return replace(there.world.colours[candidate].scaling, minimum=0)


def _serves_alone(world: World, colour: str) -> bool:
    return not world.others and world.share(colour) == 100 and not world.share(other(colour))


def _stable(world: World) -> str:
    """The colour that serves. Raises CannotBeginError where that is not one."""
    serving = [colour for colour in world.colours if world.share(colour)]
    if len(serving) == 1 and not world.others:
        return serving[0]
    shares = ", ".join(f"{colour} {world.share(colour)} %" for colour in world.colours)
    strangers = ", and other target groups" if world.others else ""
    raise CannotBeginError(
        f"the production rule is not as a release leaves it ({shares}{strangers}), and no release is under way. Say "
        f"which colour is stable: playbooks/rollback.yml -e release_stable_colour=COLOUR"
    )


def _state(release: Release) -> str:
    return f"paused ({release.reason})" if release.phase == Phase.PAUSED else f"under way ({release.phase})"
