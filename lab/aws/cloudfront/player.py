"""What a CloudFront function makes of answers, status by status: found out by running its code.

The edge is Envoy, which runs no JavaScript. So a function is run here, once for each status, on an event that notices
what is asked of it. What depends on the status alone can be said to Envoy beforehand; anything else cannot be played,
and is refused: see `UnplayableError`.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

import functools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATUSES = tuple(range(200, 400))
"""Those for which CloudFront runs a function on its answers.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

SECONDS = 2
"""Of processor time for all statuses together; CloudFront gives each run less than a millisecond."""
BYTES = 16 << 20


class UnplayableError(ValueError):
    """What the function does that the lab's edge cannot, or that CloudFront answers with 502."""


@dataclass(frozen=True)
class Outcome:
    """Headers that are set, with their values, and headers that are taken away."""

    put: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Play:
    """What is done to an answer by its status; `usual` where none is given."""

    usual: Outcome
    by_status: tuple[tuple[int, Outcome], ...] = ()


@functools.lru_cache(maxsize=64)
def play(code: bytes) -> Play:
    """Raises UnplayableError."""
    outcomes = _run(code.decode("utf-8", "replace"))
    usual = Counter(outcomes.values()).most_common(1)[0][0]
    return Play(usual, tuple((status, outcome) for status, outcome in outcomes.items() if outcome != usual))


def _run(code: str) -> dict[int, Outcome]:
    """Twice, there and back: what keeps a memory answers differently."""
    import quickjs  # it takes a thread, and most labs have no function

    context = quickjs.Context()
    context.set_memory_limit(BYTES)
    context.set_time_limit(SECONDS)
    stage = (Path(__file__).parent / "stage.js").read_text()
    try:
        context.eval(stage)
        context.eval(code)
        context.eval(f"stage.run({json.dumps([*STATUSES, *reversed(STATUSES)])})")
        while context.execute_pending_job():
            pass
        told = json.loads(context.eval("stage.told()"))
    except quickjs.JSException as error:
        raise UnplayableError(str(error).strip().splitlines()[0]) from error
    if told["cannot"]:
        raise UnplayableError(told["cannot"])
    return _outcomes(told["seen"])


def _outcomes(seen: list[list[Any]]) -> dict[int, Outcome]:
    found: dict[int, Outcome] = {}
    for status, put, removed in seen:
        outcome = Outcome(tuple(sorted(put.items())), tuple(sorted(removed)))
        if found.setdefault(status, outcome) != outcome:
            raise UnplayableError(f"it answers {status} differently the second time")
    if found.keys() != set(STATUSES):
        raise UnplayableError("its promise of an answer is never kept")
    return found
