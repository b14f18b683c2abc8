# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Two revisions of task definitions: the one made from the other, and what differs between them. Pure.

A revision is DescribeTaskDefinition's `taskDefinition`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.inputs import COLOUR_VARIABLE
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import CONTAINER
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import REGISTERABLE
from ansible_collections.calstack.aws.plugins.module_utils._ecs.secret_versions import LABEL, from_labels

Revision = Mapping[str, Any]

HIDDEN = frozenset({"logConfiguration", "firelensConfiguration", "dockerLabels"})
"""Of a container: a log router's options may hold its token."""

HIDDEN_OF_OTHERS = frozenset({"command", "entryPoint", "healthCheck"})
"""A sidecar's are not ours to know: some take their token as an argument."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|DSN|AUTH|PRIVATE", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^\s/@]*@|(key|token|secret|password|pwd)[\w-]*=", re.IGNORECASE)
"""A URI with somebody's credentials, or a secret as a parameter."""

NONE = "(none)"
NOTHING: tuple[Any, ...] = (None, "", (), [], {}, 0, False)


def derive(base: Revision, family: str, colour: str, image: str) -> dict[str, Any]:
    """RegisterTaskDefinition's arguments: `base` with `image`, for `colour`.

    Everything else stays, also what others have added: a sidecar is as much part of the service as our container.
    """
    containers = [
        _released(item, colour, image) if item["name"] == CONTAINER else item for item in base["containerDefinitions"]
    ]
    kept = {key: base[key] for key in REGISTERABLE if key in base}
    return kept | {"family": family, "containerDefinitions": containers}


def _released(container: Mapping[str, Any], colour: str, image: str) -> dict[str, Any]:
    others = [item for item in container.get("environment", ()) if item["name"] != COLOUR_VARIABLE]
    environment = sorted([*others, {"name": COLOUR_VARIABLE, "value": colour}], key=lambda item: str(item["name"]))
    return {**container, "image": image, "environment": environment}


def equal(one: Revision, another: Revision) -> bool:
    """Whether they are the same but for their family, number and tags."""
    return _normal(one) == _normal(another)


def same(one: Revision, another: Revision) -> bool:
    """Whether they are the same but for their family, number, tags and colour."""
    return _colourless(_normal(one)) == _colourless(_normal(another))


def changes(before: Revision, after: Revision) -> list[str]:
    """A line for each difference, for people: "environment LOG_LEVEL: (none) → debug".

    Our container first, without its name, then the others', then the task's. Colours are not a difference. What may
    hold a secret is "changed", without its values: these lines go into logs and reports.
    """
    old, new = _colourless(_normal(before)), _colourless(_normal(after))
    old_containers, new_containers = old.pop("containerDefinitions"), new.pop("containerDefinitions")
    names = sorted(old_containers.keys() | new_containers.keys(), key=lambda name: (name != CONTAINER, name))
    lines: list[str] = []
    for name in names:
        prefix = "" if name == CONTAINER else f"container {name}: "
        if name not in old_containers or name not in new_containers:
            lines.append(f"container {name}: {'added' if name in new_containers else 'removed'}")
            continue
        own = name == CONTAINER
        lines += [f"{prefix}{line}" for line in _container_lines(old_containers[name], new_containers[name], own)]
    return lines + list(_differences(old, new))


def _container_lines(old: dict[str, Any], new: dict[str, Any], own: bool) -> Iterator[str]:
    if old["image"] != new["image"]:
        before, after = short_image(old["image"]), short_image(new["image"])
        yield f"image {before} → {after}" if before != after else f"image {old['image']} → {new['image']}"
    apart = {"image", "environment", "secrets", "secret_versions"}
    was, will = ({key: item[key] for key in item.keys() - apart} for item in (old, new))
    yield from _differences(was, will, hidden=lambda key: key in HIDDEN or (not own and key in HIDDEN_OF_OTHERS))
    variables = _differences(
        old["environment"], new["environment"], hidden=lambda key: not own or bool(_SECRET_NAME.search(key))
    )
    yield from (f"environment {line}" for line in variables)
    yield from (f"secret {line}" for line in _differences(old["secrets"], new["secrets"]))
    yield from _new_versions(old["secret_versions"], new["secret_versions"])


def _new_versions(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            words = "version noted" if name not in old else "new version" if name in new else "version no longer noted"
            yield f"secret {name}: {words}"


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], hidden: Callable[[str], bool] = lambda _key: False
) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        before, after = _text(old, key), _text(new, key)
        if old.get(key) == new.get(key):
            continue
        if hidden(key) or _SECRET_VALUE.search(f"{before} {after}"):
            yield f"{key}: {'added' if key not in old else 'changed' if key in new else 'removed'}"
        else:
            yield f"{key}: {before} → {after}"


def _text(values: Mapping[str, Any], key: str) -> str:
    if key not in values:
        return NONE
    value = values[key]
    if value == "":
        return '""'
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _normal(revision: Revision) -> dict[str, Any]:
    """What can be registered, without what AWS adds to it and without the order that means nothing."""
    kept = {key: revision[key] for key in REGISTERABLE if revision.get(key) not in NOTHING and key != "family"}
    containers = {item["name"]: _normal_container(item) for item in revision["containerDefinitions"]}
    return kept | {"containerDefinitions": containers}


def _normal_container(container: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in container.items() if value not in NOTHING and key != "name"}
    kept["image"] = container.get("image", "")
    kept["environment"] = {item["name"]: item["value"] for item in container.get("environment", ())}
    kept["secrets"] = {item["name"]: item["valueFrom"] for item in container.get("secrets", ())}
    labels = kept.pop("dockerLabels", {})
    kept["secret_versions"] = from_labels(labels)
    if others := {key: value for key, value in labels.items() if not key.startswith(LABEL)}:
        kept["dockerLabels"] = others
    if ports := container.get("portMappings"):
        kept["portMappings"] = [_port(item) for item in ports]
    # ECS answers true where nothing was said.
    kept["essential"] = container.get("essential", True)
    return kept


def _port(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """In a task's own network the host's port is the container's, said or not."""
    return {"protocol": "tcp", "hostPort": mapping.get("containerPort"), **mapping}


def _colourless(normal: dict[str, Any]) -> dict[str, Any]:
    containers = {
        name: {**item, "environment": {key: one for key, one in item["environment"].items() if key != COLOUR_VARIABLE}}
        for name, item in normal["containerDefinitions"].items()
    }
    return {**normal, "containerDefinitions": containers}
