"""Measure site.yml beside Terraform: the same stack, the same emulator, in turn, phase by phase.

apply    build the stack from nothing
plan     read everything, change nothing (terraform plan; site.yml --check)
noop     the tool's own apply with nothing to do
change   one change (Terraform: a new image tag; site.yml: a new setting, a new revision of both task definitions)
destroy  take it all down

Each cycle starts a fresh emulator. Without `terraform` on the PATH its half is left out, and the output says so.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench.emulator import Emulator
from tests.bench.machine import run_measured, wait_for_quiet
from tests.bench.report import Row, ratios, table
from tests.bench.tools import HERE, PHASES, Site, Terraform, Tool

REPEATED = ("plan", "noop", "change")
ROWS = "rows.json"
"""Lies in a folder of results from the first moment: no other folder is ever removed."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=3, help="cycles of each tool (default 3)")
    parser.add_argument("--repeat", type=int, default=3, help="plan, noop and change runs in a cycle (default 3)")
    parser.add_argument("--only", choices=["site.yml", "terraform"], help="one tool alone")
    parser.add_argument("--seconds", type=float, default=900, help="the longest a phase may take (default 900)")
    parser.add_argument("--quiet-wait", type=float, default=60, help="longest wait for a quiet machine before a phase")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    given = parser.parse_args()
    tools = [tool for tool in (Terraform(), Site()) if given.only in (None, tool.name)]
    if not shutil.which("terraform") and any(tool.name == "terraform" for tool in tools):
        print("bench: SKIPPED Terraform: it is not on the PATH")
        tools = [tool for tool in tools if tool.name != "terraform"]
    rows: list[Row] = []
    start_afresh(given.out)
    for number in range(1, given.cycles + 1):
        for tool in tools if number % 2 else tools[::-1]:
            rows += cycle(tool, number, given)
    given.out.joinpath(ROWS).write_text(json.dumps([asdict(row) for row in rows], indent=1))
    print(table(rows))
    if len(tools) == 2:
        print(f"\n{ratios(rows, 'site.yml', 'terraform')}")
    return int(any(row.code for row in rows if row.phase != "plan"))


def start_afresh(out: Path) -> None:
    """An empty folder for the results; earlier results in it go, anything else stays and ends us."""
    if out.joinpath(ROWS).is_file():
        shutil.rmtree(out)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        sys.exit(f"bench: {out} is there, but holds no results of ours ({ROWS}): name another --out, or remove it")
    out.mkdir(parents=True, exist_ok=True)
    out.joinpath(ROWS).write_text("[]")


def cycle(tool: Tool, number: int, given: argparse.Namespace) -> Iterator[Row]:
    folder = given.out / f"{number:02d}-{tool.name}"
    folder.mkdir(parents=True)
    emulator = Emulator(folder / "emulator")
    try:
        for step in tool.prepare(folder, emulator):
            output = folder / "prepare.out"
            cost = run_measured(step.command, step.folder, step.env, output, given.seconds, emulator.pid)
            if cost.code:
                sys.exit(f"bench: {' '.join(step.command)}: exit {cost.code}, see {output}")
        changes = 1
        for phase in PHASES:
            for _ in range(given.repeat if phase in REPEATED else 1):
                changes += phase == "change"
                wait_for_quiet(given.quiet_wait)
                row = measured(tool, phase, f"v{changes}", number, emulator, folder / f"{phase}.out", given.seconds)
                print(f"{tool.name} {phase}: exit {row.code}, {row.wall} s, {row.calls} calls", file=sys.stderr)
                if row.code and phase != "plan":
                    print(f"  see {folder / phase}.out", file=sys.stderr)
                yield row
    finally:
        emulator.stop()


def measured(tool: Tool, phase: str, value: str, number: int, emulator: Emulator, output: Path, seconds: float) -> Row:
    emulator.calls()
    step = tool.step(phase, value)
    cost = run_measured(step.command, step.folder, step.env, output, seconds, emulator.pid)
    calls = emulator.calls()
    return Row(
        tool=tool.name,
        phase=phase,
        cycle=number,
        code=cost.code,
        wall=round(cost.wall, 2),
        cpu=round(cost.cpu, 2),
        calls=len(calls),
        writes=sum(bool(call["writes"]) for call in calls),
        modules=tool.modules(),
        peak_mb=round(cost.peak_mb),
        others=round(cost.others, 2),
    )


if __name__ == "__main__":
    sys.exit(main())
