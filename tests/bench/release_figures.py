"""What one release or rollback took, from its report, the users' answers and the emulator's log. Pure.

Times are seconds since the epoch.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.load import Answer

WAITED_FOR = ("healthy", "smoke")
"""The phases in which a release waits for the candidate."""


@dataclass(frozen=True)
class Figure:
    """What is measured, in seconds unless `unit` says otherwise; its median should be below `aim`, 0 for none."""

    name: str
    aim: float = 0.0
    unit: str = "s"
    values: list[float] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return bool(self.aim and self.values) and statistics.median(self.values) >= self.aim


def overhead(report: Mapping[str, Any], bakes: float) -> tuple[float, float]:
    """What a release took beyond its bakes (seconds, in all) and its waits for the candidate: seconds, per cent.

    It is over when its last phase is: `ended_at` is the moment of the decision, before what promotion does.
    """
    waits = sum(phase["end"] - phase["start"] for phase in report["phases"] if phase["phase"] in WAITED_FOR)
    beyond = report["phases"][-1]["end"] - report["started_at"] - bakes - waits
    return beyond, 100 * beyond / (bakes + waits)


def last_answer(answers: Iterable[Answer], colour: str) -> float:
    """When `colour` answered a user last, rightly or with a fault of the lab."""
    return max(answer.at for answer in answers if answer.colour == colour or answer.fault)


def first_failure(answers: Iterable[Answer]) -> float:
    return min(answer.at for answer in answers if not answer.good)


def lock_taken(calls: Iterable[Mapping[str, Any]], since: float) -> float:
    """When the first write to the table of releases was answered.

    It is the lock's, or of a way back the question just before it, to whoever may hold the lock.
    """
    writes = (call for call in calls if call["service"] == "dynamodb" and call["writes"])
    return min(float(call["time"]) for call in writes if call["time"] >= since)


def calls_a_second(calls: Iterable[Mapping[str, Any]], report: Mapping[str, Any]) -> float:
    """AWS calls a second during the last bake."""
    bake = next(phase for phase in report["phases"] if phase["phase"] == "bake")
    within = sum(bake["start"] <= call["time"] <= bake["end"] for call in calls)
    seconds: float = bake["end"] - bake["start"]
    return within / seconds


def table(figures: Sequence[Figure]) -> str:
    """Medians, with the smallest and largest in brackets."""
    lines = ["| what | median | smallest to largest | n | aim |", "|---|---|---|---|---|"]
    for figure in figures:
        if not figure.values:
            continue
        low, high, unit = min(figure.values), max(figure.values), figure.unit
        aim = f"below {figure.aim:g} {unit}{' MISSED' if figure.missed else ''}" if figure.aim else ""
        middle = statistics.median(figure.values)
        cells = [figure.name, f"{middle:.2f} {unit}", f"{low:.2f} to {high:.2f}", str(len(figure.values)), aim]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
