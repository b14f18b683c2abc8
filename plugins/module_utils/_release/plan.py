# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a release would do, for check mode and for its beginning; and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import MANUAL
from ansible_collections.calstack.aws.plugins.module_utils._release.words import bar
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

ORDER = (Phase.PREPARE, Phase.START, Phase.HEALTHY, Phase.SMOKE)
"""What comes before the steps."""


def refusals(release: Release, world: World, free_addresses: Mapping[str, int]) -> list[str]:
    """Why the release cannot begin, each with what to do; empty where nothing speaks against it."""
    found = []
    for colour in world.colours.values():
        if colour.sticky:
            found.append(
                f"the target group of {colour.name} has sticky sessions of its own: users would not follow the "
                f"weights. Run site.yml, which turns them off; release_stickiness keeps a user with one colour"
            )
    need = _more_tasks(release, world)
    if need > (free := sum(free_addresses.values())):
        found.append(
            f"{release.candidate} needs {need} more address{'' if need == 1 else 'es'}, but its subnets "
            f"({', '.join(sorted(free_addresses))}) have {free} left: widen vpc_cidr, or let something else end first"
        )
    tasks = release.stable_tasks
    if tasks > (most := world.colours[release.candidate].maximum):
        found.append(
            f"{release.stable} runs {tasks} tasks, but {release.candidate} may have {most} at most: raise app_tasks_max"
        )
    return found


def _more_tasks(release: Release, world: World) -> int:
    """As many as stable has; less those that run already what is wanted. Others do not count: ECS starts the new ones
    before it stops those (maximumPercent)."""
    candidate = world.colours[release.candidate]
    same = candidate.task_definition == release.base_task_definition and candidate.image == release.image
    return max(0, release.stable_tasks - candidate.healthy) if same else release.stable_tasks


def plan(
    release: Release, world: World, gates: Gates, changes: Sequence[str], free_addresses: Mapping[str, int]
) -> list[str]:
    """The plan in lines of at most about 110 characters."""
    return list(_lines(release, world, gates, changes, free_addresses))


def _lines(
    release: Release, world: World, gates: Gates, changes: Sequence[str], free_addresses: Mapping[str, int]
) -> Iterator[str]:
    if release.phase == Phase.ROLL_BACK:
        yield f"{_title(release)}: all requests go back to {release.stable}, what runs on {release.candidate} stops"
        return
    yield _title(release)
    for number, words in enumerate(_now(release, world)):
        yield f"  {'' if number else 'now':<10} {words}"
    yield f"  candidate  {release.candidate}" + ("" if changes else ", with the same image and settings")
    yield from (f"               {line}" for line in changes)
    for number, (phase, words) in enumerate(_phases(release, gates, sum(free_addresses.values())), 1):
        yield f"  {number:>2} {phase:<8} {words}"
    yield f"  gates      {', '.join(_gates(gates)) or 'health of targets and tasks only'}"
    if release.phase == Phase.PROMOTE:
        return
    yield (f"  on failure {release.stable} has all requests again with one rule change, and everything is as before")
    bakes = sum(step.bake for step in release.steps[release.step :])
    besides = ", besides the start of the tasks" if release.phase in ORDER else ""
    yield f"  time       {duration(bakes)} of bakes{besides}"


def _now(release: Release, world: World) -> Iterator[str]:
    """Who serves, as the rule says."""
    images = {release.stable: release.stable_image, release.candidate: release.image}
    for name in release.colours:
        share, colour = world.share(name), world.colours[name]
        if share:
            part = "serves everybody" if share == 100 and not world.others else f"has {share} % of the requests"
            health = f"{colour.healthy} of {_count(colour.desired, 'task')} healthy"
            yield f"{name} {part} with {short_image(images[name])}, {health}"
    if world.others:
        yield "the production rule does not forward to the two colours only"


def _title(release: Release) -> str:
    what = "Rollback" if release.kind == "rollback" else "Release"
    return f"{what} {release.id}: {release.label or short_image(release.image)} ({short_image(release.image)})"


def _phases(release: Release, gates: Gates, free: int) -> Iterator[tuple[str, str]]:
    """What is still ahead: a release that goes on begins where it is."""
    ahead = ORDER[ORDER.index(release.phase) :] if release.phase in ORDER else ()
    if Phase.PREPARE in ahead:
        yield from _preparation(release)
    if Phase.START in ahead:
        tasks = _count(release.stable_tasks, "task")
        yield "start", f"{tasks} on {release.candidate}, as many as {release.stable} has ({free} addresses free)"
    if Phase.HEALTHY in ahead:
        yield "healthy", f"wait until all of them are, for {duration(release.pace.start_timeout)} at most"
    if Phase.SMOKE in ahead and gates.probes and release.kind == "release":
        yield "smoke", f"{gates.probes.smoke} right answers in a row by the test rule"
    for number, step in enumerate(release.steps):
        if release.phase != Phase.PROMOTE and number >= release.step:
            there = number == release.step and release.phase in (Phase.ANALYSE, Phase.BAKE)
            yield ("bake" if there or step.weight == 100 else "shift"), _step(step)
    yield "promote", f"{release.candidate} is stable; {_retirement(release)}"


def _preparation(release: Release) -> Iterator[tuple[str, str]]:
    yield "prepare", "hold scale-in on both colours, point the test rule to the candidate, register its revision"
    for one_off in release.one_offs:
        if one_off.name not in release.one_offs_done:
            yield "prepare", f"run the one-off task {one_off.name}: {' '.join(one_off.command)}"


def _step(step: Step) -> str:
    words = f"{bar(step.weight)} {step.weight:>3} % for {duration(step.bake)}"
    if step.weight == 0:
        words += ": only who matches the test rule"
    if step.pause == MANUAL:
        return f"{words}, then a pause until somebody promotes"
    return f"{words}, then a pause until {step.pause} UTC" if step.pause else words


def _retirement(release: Release) -> str:
    keep = release.pace.keep_warm
    return (
        f"{release.stable} stays warm for {duration(keep)}, then its tasks stop"
        if keep
        else (f"{release.stable}'s tasks stop")
    )


def _gates(gates: Gates) -> Iterator[str]:
    if gates.probes or gates.error_rate or gates.latency or gates.metrics or gates.alarms:
        yield "health"
    if gates.probes:
        yield f"probes of {gates.probes.url} every {duration(gates.probes.interval)}"
    if gates.error_rate:
        yield "5xx rate"
    if gates.latency:
        yield "p95 latency"
    yield from (f"metric {item.name}" for item in gates.metrics)
    yield from (f"alarm {name}" for name in gates.alarms)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
