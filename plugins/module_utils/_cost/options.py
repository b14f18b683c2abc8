# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The module's options. Defaults of an environment's parts are those of the model: nothing is said twice."""

from __future__ import annotations

from dataclasses import MISSING, Field, asdict, fields
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._cost.describe import PARTS
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread

CHOICES = {
    "nat": ["per_zone", "single", "none"],
    "architecture": ["X86_64", "ARM64"],
    "insights": ["enabled", "enhanced", "disabled"],
}

READ_ONLY = ("log_kept_gb",)
"""Known only from what runs."""

COMPUTED = ("tasks",)
"""Without a default: the traffic says."""


def _option(item: Field[Any]) -> dict[str, Any]:
    default = item.default if item.default is not MISSING else None
    if default is None and callable(item.default_factory):
        default = item.default_factory()
    if isinstance(default, Spread):
        option: dict[str, Any] = {"type": "raw", "default": asdict(default)}
    else:
        option = {"type": type(default).__name__, "default": default}
    if item.name in COMPUTED:
        del option["default"]
    return option | ({"choices": CHOICES[item.name]} if item.name in CHOICES else {})


def _part(kind: Any) -> dict[str, Any]:
    options = {item.name: _option(item) for item in fields(kind) if item.name not in READ_ONLY}
    if "tasks" in options:
        options["tasks_max"] = {"type": "int"}
    return {"type": "dict", "default": {}, "options": options}


OPTIONS: dict[str, Any] = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str"},
    "from": {"type": "str", "choices": ["variables", "running"], "default": "variables"},
    **{part: _part(kind) for part, kind in PARTS.items()},
    "free_allowances": {"type": "bool", "default": False},
    "prices": {"type": "dict", "default": {}},
    "price_file": {"type": "path"},
    "fetch": {"type": "bool", "default": False},
    "budget": {"type": "float"},
    "as_if": {"type": "bool", "default": False},
    "report_dir": {"type": "path"},
}
