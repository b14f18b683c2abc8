"""The figures as tables: each phase of each tool, and the ratios by pair."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.tools import PHASES


@dataclass(frozen=True)
class Row:
    """One run of one phase. `cycle` pairs the tools' runs."""

    tool: str
    phase: str
    cycle: int
    code: int
    wall: float
    cpu: float
    calls: int
    writes: int
    modules: int | None
    peak_mb: float
    others: float


def table(rows: Sequence[Row]) -> str:
    """Medians, with the smallest and largest in brackets."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.phase, row.tool].append(row)
    lines = ["| phase | tool | n | wall s | CPU s | API calls | of them writing | modules | peak MB | others' CPU |"]
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    for (phase, tool), group in sorted(groups.items(), key=lambda item: (PHASES.index(item[0][0]), item[0][1])):
        cells = [
            phase, tool, str(len(group)),
            _spread((row.wall for row in group), 1), _spread((row.cpu for row in group), 1),
            _spread((row.calls for row in group), 0), _spread((row.writes for row in group), 0),
            _spread((row.modules for row in group if row.modules is not None), 0),
            _spread((row.peak_mb for row in group), 0), _spread((row.others for row in group), 2),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ratios(rows: Sequence[Row], tool: str, beside: str) -> str:
    """`tool` divided by `beside`, phase by phase, medians over the cycles in which both ran."""
    lines = []
    for phase in PHASES:
        for name in ("wall", "cpu", "calls"):
            mine, theirs = _medians(rows, tool, phase, name), _medians(rows, beside, phase, name)
            pairs = [mine[cycle] / theirs[cycle] for cycle in mine.keys() & theirs.keys() if theirs[cycle]]
            if pairs:
                lines.append(f"{tool} / {beside}, {phase}, {name}: {_spread(pairs, 2)} ({len(pairs)} pairs)")
    return "\n".join(lines)


def _medians(rows: Iterable[Row], tool: str, phase: str, name: str) -> dict[int, float]:
    values: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if row.tool == tool and row.phase == phase:
            values[row.cycle].append(getattr(row, name))
    return {cycle: statistics.median(some) for cycle, some in values.items()}


def _spread(values: Iterable[float], digits: int) -> str:
    some = list(values)
    if not some:
        return "-"
    middle = f"{statistics.median(some):.{digits}f}"
    return middle if min(some) == max(some) else f"{middle} [{min(some):.{digits}f}-{max(some):.{digits}f}]"
