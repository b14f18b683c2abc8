# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a release would do, for check mode and for its beginning; and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import MANUAL
from ansible_collections.calstack.aws.plugins.module_utils._release.words import bar, duration
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


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
    stable = world.colours[release.stable]
    yield _title(release)
    yield (
        f"  now        {release.stable} serves everybody with {short_image(release.stable_image)}, "
        f"{stable.healthy} of {_count(stable.desired, 'task')} healthy"
    )
    yield f"  candidate  {release.candidate}" + ("" if changes else ", with the same image and settings")
    yield from (f"               {line}" for line in changes)
    for number, (phase, words) in enumerate(_phases(release, gates, sum(free_addresses.values())), 1):
        yield f"  {number:>2} {phase:<8} {words}"
    yield f"  gates      {', '.join(_gates(gates)) or 'health of targets and tasks only'}"
    yield (f"  on failure {release.stable} has all requests again with one rule change, and everything is as before")
    bakes = sum(step.bake for step in release.steps)
    yield f"  time       {duration(bakes)} of bakes, besides the start of the tasks"


def _title(release: Release) -> str:
    what = "Rollback" if release.kind == "rollback" else "Release"
    return f"{what} {release.id}: {release.label or short_image(release.image)} ({short_image(release.image)})"


def _phases(release: Release, gates: Gates, free: int) -> Iterator[tuple[str, str]]:
    yield "prepare", "hold scale-in on both colours, point the test rule to the candidate, register its revision"
    for one_off in release.one_offs:
        yield "prepare", f"run the one-off task {one_off.name}: {' '.join(one_off.command)}"
    tasks = _count(release.stable_tasks, "task")
    yield "start", f"{tasks} on {release.candidate}, as many as {release.stable} has ({free} addresses free)"
    yield "healthy", f"wait until all of them are, for {duration(release.pace.start_timeout)} at most"
    if gates.probes and release.kind == "release":
        yield "smoke", f"{gates.probes.smoke} right answers in a row by the test rule"
    for step in release.steps:
        yield ("bake" if step.weight == 100 else "shift"), _step(step)
    yield "promote", f"{release.candidate} is stable; {_retirement(release)}"


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
