# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A report as files: ID.html for people and ID.json for programs."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import Report
from ansible_collections.calstack.aws.plugins.module_utils._release.report.page import html


def as_json(report: Report) -> str:
    """The report as a JSON object with the fields of `Report`."""
    return json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n"


def write(directory: str, report: Report) -> tuple[str, str]:
    """Write both files into `directory`, which is made where it is missing; each is there wholly or not at all.

    Returns the paths of the page and of the JSON. Raises CalstackError where the file system refuses.
    """
    name = re.sub(r"[^\w.-]|^\.+", "-", report.id)
    page, data = Path(directory) / f"{name}.html", Path(directory) / f"{name}.json"
    try:
        Path(directory).mkdir(parents=True, exist_ok=True)
        _replace(page, html(report))
        _replace(data, as_json(report))
    except OSError as error:
        raise CalstackError(
            f"writing the report of {report.kind} {report.id} to {directory}: {error.strerror}. "
            f"The {report.kind} itself is {report.outcome}; give release_report_dir a folder that can be written."
        ) from error
    return str(page), str(data)


def _replace(path: Path, text: str) -> None:
    """Two controllers may write the same report: each its own temporary file, the last one stays."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
