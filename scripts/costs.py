"""What each inventory's environment costs a month, as a Markdown table. usage: costs.py (in the checkout)

Runs playbooks/cost.yml for each of them, which needs neither an account nor a network.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ENVIRONMENTS = ("local", "dev", "staging", "prod")
NOTHING = "-"

Estimate = Mapping[str, Any]
"""What cost_estimate writes as JSON; USD a month."""


def estimate(environment: str) -> Estimate:
    """Raises CalledProcessError where the play fails."""
    play = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/cost.yml"]
    with tempfile.TemporaryDirectory() as folder:
        options = ["-i", f"inventories/{environment}", "-e", f"cost_report_dir={folder}"]
        subprocess.run([*play, *options], check=True, capture_output=True, text=True)
        found: Estimate = json.loads(Path(folder, f"cost-{environment}.json").read_text())
    return found


def table(estimates: Sequence[Estimate]) -> Iterator[str]:
    """Lines of Markdown: what an expected month costs by component, then the whole of it, by traffic."""
    yield _row("USD a month", [f"`{item['environment']}`" for item in estimates])
    yield "|---|" + "--:|" * len(estimates)
    components = {name: None for item in estimates for name in item["components"]}
    for name in components:
        yield _row(name, [_usd(item["components"].get(name)) for item in estimates])
    yield _row("**expected month**", [f"**{_usd(item['month_usd'])}**" for item in estimates])
    for traffic in ("low", "high"):
        yield _row(f"{traffic} traffic", [_usd(item["month_usd"], traffic) for item in estimates])
    yield _row("highly available", [_usd(item["highly_available_usd"]) for item in estimates])


def _row(head: str, cells: Sequence[str]) -> str:
    return f"| {head} | {' | '.join(cells)} |"


def _usd(spread: Mapping[str, float] | None, traffic: str = "expected") -> str:
    return f"{spread[traffic]:.2f}" if spread and spread[traffic] else NOTHING


def main() -> int:
    try:
        print("\n".join(table([estimate(name) for name in ENVIRONMENTS])))
    except subprocess.CalledProcessError as failed:
        print(f"costs: {failed.cmd[3]}:\n{failed.stdout}{failed.stderr}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
