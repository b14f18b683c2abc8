# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Collections' options and indexes: what is created when, and when two are the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection

NEVER = 2_147_483_647
"""Seconds that a document stays while the migration is under way: the most that MongoDB takes for expireAfterSeconds.
With the true value the target would delete documents while they are compared."""

_VALIDATION = ("validator", "validationLevel", "validationAction")
# Choices of the server's storage, which the target makes for itself, and what listCollections adds.
_NOT_OURS = ("uuid", "autoIndexId", "storageEngine", "indexOptionDefaults", "flags", "recordPreImages", "temp")
_NOT_INDEX = ("v", "ns", "background", "clustered")
# The server's versions of what an index or a collation is made with.
_VERSIONS = ("textIndexVersion", "2dsphereIndexVersion", "2dIndexVersion")
_DEFAULTS: Mapping[str, Any] = {"unique": False, "sparse": False, "hidden": False}
_VALIDATION_DEFAULTS: Mapping[str, Any] = {"validationLevel": "strict", "validationAction": "error", "validator": {}}


def creation(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a collection is created with.

    Validation comes when all is copied: old documents need not be valid. So does expiry.
    """
    made = {key: value for key, value in options.items() if key not in (*_NOT_OURS, *_VALIDATION)}
    if "clusteredIndex" in made:
        made["clusteredIndex"] = {key: value for key, value in made["clusteredIndex"].items() if key != "v"}
    if "expireAfterSeconds" in made:
        made["expireAfterSeconds"] = NEVER
    return made


def validation(options: Mapping[str, Any]) -> dict[str, Any]:
    """What collMod adds when all is copied; empty: nothing."""
    return {key: options[key] for key in _VALIDATION if key in options}


def is_id(index: Mapping[str, Any]) -> bool:
    """Whether the server makes this index by itself with the collection."""
    return list(index["key"].items()) == [("_id", 1)]


def is_unique(index: Mapping[str, Any]) -> bool:
    return bool(index.get("unique"))


def request(index: Mapping[str, Any]) -> dict[str, Any]:
    """What createIndexes is asked for; expiry is held back."""
    made = {key: value for key, value in index.items() if key not in _NOT_INDEX}
    if "expireAfterSeconds" in made:
        made["expireAfterSeconds"] = NEVER
    return made


def missing(source: Sequence[Mapping[str, Any]], target: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The source's indexes that the target has none of that name for."""
    there = {index["name"] for index in target}
    return [index for index in source if not is_id(index) and index["name"] not in there]


def expiries(collection: Collection) -> list[dict[str, Any]]:
    """The collMod requests that let documents expire as on the source, one an index, each with its database."""
    whole = collection.options.get("expireAfterSeconds")
    changes: list[dict[str, Any]] = [] if whole is None else [{"expireAfterSeconds": whole}]
    changes += [
        {"index": {"name": index["name"], "expireAfterSeconds": index["expireAfterSeconds"]}}
        for index in collection.indexes
        if "expireAfterSeconds" in index
    ]
    name = collection.namespace
    return [{"database": name.database, "request": {"collMod": name.collection, **change}} for change in changes]


def differences(source: Collection, target: Collection | None) -> list[str]:
    """How the target's definition differs from the source's, each in a few words.

    An expiry that is held back is no difference.
    """
    name = source.namespace
    if target is None:
        return [f"{name} is not on the target"]
    if source.kind != target.kind:
        return [f"{name} is a {source.kind} on the source and a {target.kind} on the target"]
    found = []
    here, there = _options(source.options), _options(target.options)
    for key in sorted(here.keys() | there.keys()):
        if not _same(key, here.get(key), there.get(key)):
            found.append(f"{name}: option {key} is {here.get(key)!r} on the source, {there.get(key)!r} on the target")
    indexes = {index["name"]: _index(index) for index in source.indexes if not is_id(index)}
    made = {index["name"]: _index(index) for index in target.indexes if not is_id(index)}
    found += [f"{name}: index {key} is not on the target" for key in sorted(indexes.keys() - made.keys())]
    found += [f"{name}: index {key} is not on the source" for key in sorted(made.keys() - indexes.keys())]
    for key in sorted(indexes.keys() & made.keys()):
        one, other = indexes[key], made[key]
        parts = [part for part in sorted(one.keys() | other.keys()) if not _same(part, one.get(part), other.get(part))]
        if parts:
            found.append(f"{name}: index {key} differs in {', '.join(parts)}")
    return found


def _same(key: str, source: Any, target: Any) -> bool:
    if key == "expireAfterSeconds" and source is not None and NEVER in (source, target):
        return True
    return bool(source == target)


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in options.items() if key not in _NOT_OURS}
    return {
        key: _plain(value)
        for key, value in kept.items()
        if key not in _VALIDATION_DEFAULTS or value != _VALIDATION_DEFAULTS[key]
    }


def _index(index: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in index.items() if key not in (*_NOT_INDEX, *_VERSIONS, "name")}
    made = {key: _plain(value) for key, value in kept.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}
    made["key"] = [(field, _number(way)) for field, way in index["key"].items()]
    return made


def _number(way: Any) -> Any:
    return float(way) if isinstance(way, int | float) else way


def _plain(value: Any) -> Any:
    """A value whose documents are plain dictionaries, without the collation's version."""
    if isinstance(value, Mapping):
        inner = {key: _plain(item) for key, item in value.items()}
        if "locale" in inner or "key" in inner:
            inner = {key: item for key, item in inner.items() if key not in ("version", "v")}
        return inner
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
