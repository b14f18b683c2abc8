# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An action plugin that runs a module without packing it, where the connection is warm."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

try:
    BUILT: Any = import_module("ansible.executor.module_common")._BuiltModule
    LOADER = import_module("ansible.module_utils._internal._ansiballz._loader").__name__
except (ImportError, AttributeError):
    # These two are Ansible's own, and not for others: where they are gone, modules are packed as ever.
    BUILT, LOADER = None, ""

WARM = "calstack.aws.warm"
PROFILE = "legacy"
"""How arguments and results are written as JSON: what AnsibleAWSModule speaks."""

SOURCE = """
_ANSIBALLZ_WRAPPER = True
from {loader} import run_module
run_module(json_params={params!r}, profile={profile!r}, module_fqn={name!r}, modlib_path="", extensions={{}})
"""
"""What a fork executes instead of Ansible's wrapper, which unpacks what is already at hand."""


class WarmAction(ActionBase):
    """What Ansible runs for a module of this collection.

    Ansible's way is to collect all that a module imports, to zip it, and to unpack it where the module runs: half a
    second of CPU each. A fork of this process finds the same files by itself. Anything but the plain case goes
    Ansible's way.

    `meta/runtime.yml` says for which, where there is no action plugin of the module's own name.
    """

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the module; its result is the task's."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        later = self._task.async_val
        with self._arguments() as arguments:
            done = self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=later)
        result = merge_hash(result, done)
        if not later:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    @contextmanager
    def _arguments(self) -> Iterator[dict[str, Any]]:
        """The module's arguments, good while this is open."""
        yield dict(self._task.args)

    def _configure_module(
        self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]
    ) -> tuple[Any, str]:
        """What Ansible hands to the connection: the module by its name, or, where that would not do, packed."""
        interpreter = self._interpreter(task_vars)
        module = self._shared_loader_obj.module_loader.find_plugin_with_context(module_name, ".py")
        if interpreter is None or not (module.resolved and module.plugin_resolved_collection):
            packed: tuple[Any, str] = super()._configure_module(module_name, module_args, task_vars)
            return packed
        params = json.dumps(
            {"ANSIBLE_MODULE_ARGS": module_args}, cls=get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        )
        path = module.plugin_resolved_path
        name = f"ansible_collections.{module.plugin_resolved_collection}.plugins.modules.{Path(path).stem}"
        source = SOURCE.format(loader=LOADER, params=params.encode(), profile=PROFILE, name=name).encode()
        built = BUILT(
            b_module_data=source, module_style="new", shebang=f"#!{interpreter}", serialization_profile=PROFILE
        )
        return built, path

    def _interpreter(self, task_vars: Mapping[str, Any]) -> str | None:
        """This process's interpreter, where the connection runs the module in a fork of it; else None."""
        given = self._templar.template(task_vars.get("ansible_python_interpreter"))
        plain = (
            BUILT is not None
            and self._connection.transport == WARM
            and not self._connection.become
            and not self._task.async_val
            and self._is_pipelining_enabled("new")
            and given is not None
            and Path(given).resolve() == Path(sys.executable).resolve()
        )
        return str(given) if plain else None
