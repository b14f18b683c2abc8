#!/usr/bin/env python3
"""What came of a release, as Markdown for a job's summary. usage: release_summary.py ENVIRONMENT REPORT_DIR

Reads the newest report in REPORT_DIR, the JSON that playbooks/release.yml writes. No report is said, and is no failure:
the release failed before it began, and its own step says why.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SIGNS = {"promoted": "✅", "rolled back": "↩️", "paused": "⏸️"}
UNKNOWN = "❌"


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    environment, folder = sys.argv[1:]
    reports = sorted(Path(folder).glob("*.json"))  # ids sort by time
    print("\n".join(summary(environment, json.loads(reports[-1].read_text()) if reports else None)))
    return 0


def summary(environment: str, report: Mapping[str, Any] | None) -> list[str]:
    """Lines of Markdown. Times and words are the report's own."""
    if report is None:
        return [f"## {environment}: no release", "", "It did not come as far as a release; the step before says why."]
    sign = SIGNS.get(report["outcome"], UNKNOWN)
    lines = [f"## {sign} {environment}: {_cell(report['label'])} {_cell(report['outcome'])}", ""]
    if report["reason"]:
        lines += [_cell(report["reason"]), ""]
    rows = [
        ("release", report["id"]),
        ("image", f"`{report['image']}`"),
        ("before it", f"`{report['stable_image']}`"),
        ("took", f"{report['seconds']:.0f} s"),
        ("steps", ", ".join(report["steps"])),
    ]
    if report["rollback_seconds"] is not None:
        rows.append(("rolled back in", f"{report['rollback_seconds']:.2f} s"))
    lines += ["| | |", "|---|---|", *(f"| {name} | {_cell(value)} |" for name, value in rows), ""]
    return lines + _advice(report["advice"])


def _advice(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to do next: the report's own words and commands."""
    commands = [f": `{item['command']}`" if item["command"] else "" for item in items]
    return [f"- {_cell(item['words'])}{command}" for item, command in zip(items, commands, strict=True)]


def _cell(text: object) -> str:
    """On one line, and nothing that Markdown or HTML takes as its own: a reason may quote what an application said."""
    plain = " ".join(str(text).split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
