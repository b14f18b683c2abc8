"""Releases and worlds for tests of what is pure: green is released beside blue, two tasks each."""

from __future__ import annotations

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release.decide import decide
from ansible_collections.calstack.aws.plugins.module_utils._release.decision import Decision, Now
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Pace, Phase, Release, Scaling, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, World

AT = 1_763_812_800.0
"""2025-11-22 12:00 UTC."""
BUSY, IDLE = Scaling(minimum=2), Scaling(minimum=0)
HELD = {"blue": Scaling(minimum=2, scale_in=True), "green": Scaling(minimum=0, scale_in=True)}
STEPS = (Step(10, 60.0), Step(50, 60.0), Step(100, 60.0))


def release(phase: Phase = Phase.PREPARE, **more: Any) -> Release:
    given: dict[str, Any] = {
        "id": "20251122-120000",
        "kind": "release",
        "stack": "calstack-test",
        "image": "v2",
        "label": "v2",
        "stable": "blue",
        "candidate": "green",
        "stable_image": "v1",
        "stable_task_definition": "blue:1",
        "base_task_definition": "green:1",
        "steps": STEPS,
        "gates": {},
        "pace": Pace(),
        "since": AT,
        "phase": phase,
        "stable_tasks": 2,
        "tasks": 0 if phase in (Phase.PREPARE, Phase.START) else 2,
        "task_definition": "" if phase == Phase.PREPARE else "green:2",
        "scaling": {"blue": BUSY, "green": IDLE},
    }
    return Release(**given | more)


def colour(name: str, tasks: int = 2, **more: Any) -> Colour:
    given: dict[str, Any] = {
        "name": name,
        "task_definition": {"blue": "blue:1", "green": "green:2"}[name],
        "image": {"blue": "v1", "green": "v2"}[name],
        "desired": tasks,
        "running": tasks,
        "pending": 0,
        "rollout": STEADY,
        "evidence": "",
        "healthy": tasks,
        "targets": {"healthy": tasks},
        "scaling": HELD[name],
        "maximum": 10,
        "group": f"group/{name}",
    }
    return Colour(**given | more)


def world(green: int = 0, **more: Any) -> World:
    """`green` is its weight; `blue_` and `green_` give a colour other properties."""
    colours = {
        name: colour(
            name, **{key.partition("_")[2]: value for key, value in more.items() if key.startswith(f"{name}_")}
        )
        for name in ("blue", "green")
    }
    given: dict[str, Any] = {
        "at": AT,
        "colours": colours,
        "weights": {"blue": 100 - green, "green": green},
        "stickiness": 0,
        "others": False,
        "test_colour": "green",
    }
    own = {key: value for key, value in more.items() if not key.startswith(("blue_", "green_"))}
    return World(**given | own)


def verdict(outcome: Outcome) -> Verdict:
    return Verdict("probes", outcome, f"it is {outcome}")


def decided(there: Release, seen: World, *outcomes: Outcome, after: float = 0.0, request: Any = None) -> Decision:
    """What is decided `after` seconds of the phase."""
    return decide(there, Now(seen, [verdict(item) for item in outcomes], there.since + after), request)
