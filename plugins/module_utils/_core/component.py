# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A component as a module: parameters in, the converged component's outputs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import Result, converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted, known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show

ARGUMENTS: dict[str, dict[str, Any]] = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
"""The options every component has: see the documentation fragment `component`."""


@dataclass(frozen=True)
class Component:
    """What makes a component: its kinds in order of use, what is wanted of them, and what it publishes.

    A kind that needs a parameter besides (a secret its value) comes as a functools.partial.

    `wanted` and `outputs` are pure functions of the module's parameters and the scope; `wanted` raises
    InputError for parameters that cannot be built. Outputs may hold Refs. `survey`, where there is one, reads what
    the parameters leave to the account (its zones, its own number) and returns it as further parameters.
    `notes`, where there are any, are warnings about what is there now. `guard`, where there is one, is given the plan
    and `check`, and raises what speaks against it.
    """

    name: str
    kinds: Sequence[Callable[[Clients, Scope], Kind]]
    wanted: Callable[[Mapping[str, Any], Scope], Sequence[Wanted]]
    outputs: Callable[[Mapping[str, Any], Scope], Mapping[str, Any]]
    survey: Callable[[Clients, Mapping[str, Any], Scope], Mapping[str, Any]] | None = None
    notes: Callable[[Sequence[Found], Scope], Sequence[str]] | None = None
    guard: Callable[..., None] | None = None


def run(module: Any, component: Component) -> None:
    """Converge `component` as `module` (an AnsibleAWSModule) asks, and end the module."""
    params = module.params
    scope = Scope(params["environment_name"], component.name, params["stack_name"])
    try:
        present = params["state"] == "present"
        clients = AwsClients(module)
        if present and component.survey:
            params = {**params, **component.survey(clients, params, scope)}
        wanted = component.wanted(params, scope) if present else ()
        guard = partial(component.guard, clients, scope, check=module.check_mode) if component.guard else None
        kinds = [kind(clients, scope) for kind in component.kinds]
        result = converge(kinds, wanted, check=module.check_mode, guard=guard)
        outputs = resolve(dict(component.outputs(params, scope)), known(result.found)) if present else {}
    except CalstackError as error:
        module.fail_json(msg=str(error))
    for note in component.notes(result.found, scope) if component.notes else ():
        module.warn(note)
    module.exit_json(**report(result), **outputs)


def report(result: Result) -> dict[str, Any]:
    """`changed`, `changes` and `diff`, all from the one plan."""
    changes = result.changes
    return {
        "changed": bool(changes),
        "changes": [{key: asdict(change)[key] for key in ("action", "kind", "name")} for change in changes],
        "diff": {"prepared": show(changes)},
    }
