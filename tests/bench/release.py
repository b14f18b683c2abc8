"""Measure releases on a lab of their own, with users asking all the time: python -m tests.bench.release [--cycles N]

Each cycle releases a good version with three bakes, goes back to the version before while its tasks are warm, and
releases a version that begins to answer nothing but errors in the middle of its bake at 50 %, which only the probes
may notice. Exit code 1 when an aim is missed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lab.settings import CHECKOUT, Settings
from scripts.load import Load, load
from tests.bench.machine import wait_for_quiet
from tests.bench.release_figures import (
    Figure,
    calls_a_second,
    first_failure,
    last_answer,
    lock_taken,
    overhead,
    table,
)
from tests.integration.laboratory import Laboratory

NETWORK = "127.95"
BEFORE, GOOD, BAD = "calstack:1.0.0", "calstack:1.1.0", "calstack:1.2.0"
RATE = 100.0
"""Users' requests a second: one each 10 ms is how exact "the last answer" is."""
BAD_AFTER = 8.0
"""Seconds of right answers at 50 % before the bad version turns bad."""
LONGEST_BAKE = 90.0


class Bench:
    """The lab, and what has been measured on it. `bake`: seconds of each of the good version's three bakes."""

    def __init__(self, laboratory: Laboratory, reports: Path, bake: float) -> None:
        self._lab, self._reports, self._bake = laboratory, reports, bake
        self._overhead = Figure("a release beyond its bakes and its waits for the candidate")
        self._share = Figure("the same as a share of bakes and waits", 5, "%")
        self._around = Figure("the command around a release: start, plan, report")
        self._calls = Figure("AWS calls a second in the last bake", unit="calls")
        self._verdict = Figure("from the verdict to the candidate's last answer", 2)
        self._bad = Figure("from the first bad answer to the candidate's last answer", 15)
        self._failed = Figure("users' requests that failed of those to the bad version", unit="%")
        self._back = Figure("rollback while warm: from the command to the last answer of the version it leaves")
        self._locked = Figure("rollback while warm: from the lock to the last answer of the version it leaves")

    @property
    def figures(self) -> list[Figure]:
        return [
            self._overhead, self._share, self._around, self._calls, self._verdict, self._bad, self._failed,
            self._back, self._locked,
        ]  # fmt: skip

    def prepare(self) -> None:
        self._lab.up()
        self._lab.lab("image", BEFORE, "--source", "docker/example")
        self._lab.play("site.yml")
        for image in (GOOD, BAD):
            self._lab.lab("image", image, "--source", "docker/example")

    def good(self) -> None:
        """A release that is promoted; no user's request may fail."""
        steps = [{"weight": weight, "bake": self._bake} for weight in (10, 50)]
        strategy = {"type": "steps", "steps": steps, "final_bake": self._bake}
        with self._users() as users:
            began = time.time()
            self._lab.play("playbooks/release.yml", *self._options(image=GOOD, strategy=strategy))
            wall = time.time() - began
        self._expect("promoted", users)
        report = self._report()
        beyond, share = overhead(report, 3 * self._bake)
        self._overhead.values.append(beyond)
        self._share.values.append(share)
        self._around.values.append(wall - report["seconds"])
        self._calls.values.append(calls_a_second(self._lab.calls(), report))

    def back(self) -> None:
        """To the version before, whose tasks are warm."""
        with self._users() as users:
            began = time.time()
            self._lab.play("playbooks/rollback.yml", *self._options())
        self._expect("promoted", users)
        left = last_answer(users.answers, self._report()["stable"])
        self._back.values.append(left - began)
        self._locked.values.append(left - lock_taken(self._lab.calls(), began))

    def bad(self) -> None:
        """A release that is rolled back because of what the probes see."""
        strategy = {"type": "canary", "weight": 50, "bake": LONGEST_BAKE, "final_bake": 0}
        gates = {"error_rate": None, "latency": None}
        with self._users() as users:
            options = self._options(image=BAD, strategy=strategy, gates=gates)
            process = self._lab.start("playbooks/release.yml", *options)
            self._turn_bad(users, process)
            output, _ = process.communicate()
        self._lab.lab("fault", BAD, "none")
        report = self._report()
        if report["outcome"] != "rolled back" or report["image"] == report["stable_image"]:
            sys.exit(f"bench: {BAD} was not rolled back:\n{output}")
        last = last_answer(users.answers, report["candidate"])
        wrong = [answer for answer in users.answers if not answer.good]
        if any(not answer.fault for answer in wrong):
            sys.exit(f"bench: requests failed that the bad version had not answered: {wrong[:5]}")
        self._verdict.values.append(max(0.0, last - report["verdict_at"]))
        self._bad.values.append(last - first_failure(users.answers))
        answered = sum(answer.colour == report["candidate"] or bool(answer.fault) for answer in users.answers)
        self._failed.values.append(100 * len(wrong) / answered)

    def _turn_bad(self, users: Load, process: "subprocess.Popen[str]") -> None:
        version = BAD.partition(":")[2]
        while process.poll() is None and not any(answer.version == version for answer in users.answers[-50:]):
            time.sleep(0.1)
        time.sleep(BAD_AFTER)
        self._lab.lab("fault", BAD, "errors", "--share", "1.0")

    def _users(self) -> Any:
        wait_for_quiet(60)
        return load(self._lab.shell["LAB_URL"], self._lab.shell["LAB_CA"], RATE)

    def _options(self, **given: Any) -> list[str]:
        variables = {f"release_{name}": value for name, value in given.items()}
        return ["-e", json.dumps({**variables, "release_report_dir": str(self._reports)})]

    def _expect(self, outcome: str, users: Load) -> None:
        wrong = [answer for answer in users.answers if not answer.good]
        if self._report()["outcome"] != outcome or wrong:
            sys.exit(f"bench: {self._report()['outcome']} ({self._report()['reason']}), failed requests: {wrong[:5]}")

    def _report(self) -> dict[str, Any]:
        newest = max(self._reports.glob("*.json"))
        report: dict[str, Any] = json.loads(newest.read_text())
        return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=3, help="cycles (default 3)")
    parser.add_argument("--bake", type=float, default=30.0, help="seconds of a bake of the good version (default 30)")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="calstack-bench-release-"))
    laboratory = Laboratory(Settings(home=folder / "lab", network=NETWORK, cache=CHECKOUT / ".cache" / "lab"))
    bench = Bench(laboratory, folder / "releases", given.bake)
    try:
        bench.prepare()
        for number in range(1, given.cycles + 1):
            for part in (bench.good, bench.back, bench.bad):
                print(f"cycle {number}: {part.__name__}, load average {os.getloadavg()[0]:.1f}", file=sys.stderr)
                part()
    finally:
        laboratory.lab("down", code=None)
        print(table(bench.figures), flush=True)
    shutil.rmtree(folder)
    return int(any(figure.missed for figure in bench.figures))


if __name__ == "__main__":
    sys.exit(main())
