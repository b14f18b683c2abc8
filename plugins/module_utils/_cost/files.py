# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An estimate as files: cost-ENV.txt and cost-ENV.svg for people, cost-ENV.json for programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._cost.picture import svg
from ansible_collections.calstack.aws.plugins.module_utils._cost.result import Result, as_json
from ansible_collections.calstack.aws.plugins.module_utils._cost.table import lines


def texts(given: Result) -> dict[str, str]:
    """The files' contents, by their names."""
    name = "cost-" + re.sub(r"[^\w.-]", "-", given.env.name)
    return {
        f"{name}.txt": "\n".join(lines(given)) + "\n",
        f"{name}.json": json.dumps(as_json(given), indent=2, ensure_ascii=False) + "\n",
        f"{name}.svg": svg(given) + "\n",
    }


def differing(directory: str, given: Result) -> tuple[list[str], dict[Path, str]]:
    """All files' paths, and the contents of those that are not there or are different. Raises CalstackError."""
    try:
        wanted = {Path(directory).expanduser() / name: text for name, text in texts(given).items()}
        changed = {path: text for path, text in wanted.items() if not _is_there(path, text)}
    except OSError as error:
        raise _refused(directory, error) from error
    return [str(path) for path in wanted], changed


def _is_there(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text


def write(directory: str, files: dict[Path, str]) -> None:
    """Each file is there wholly or not at all. Raises CalstackError where the file system refuses."""
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text)
    except OSError as error:
        raise _refused(directory, error) from error


def _refused(directory: str, error: OSError) -> CalstackError:
    return CalstackError(
        f"writing the estimate to {directory}: {error.strerror or error}. "
        f"Give cost_report_dir a folder that can be written."
    )


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
